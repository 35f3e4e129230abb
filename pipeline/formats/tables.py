"""What a corpus in shards holds, as data: the kinds of files, and the columns of their rows.

The dataset card and the Croissant description are made of this, and of what the manifest says of the documents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from pipeline.formats import jsonio
from pipeline.formats.dolma import ATTRIBUTES

__all__ = ["About", "Column", "Format", "Layout", "Table", "about", "layout"]

Format = Literal["jsonl", "jsonl.gz", "jsonl.zst", "parquet", "dolma"]
# A string, a whole number, bytes, an object or list of JSON, or a string that says one, since Parquet needs one schema.
Type = Literal["text", "integer", "bytes", "json", "packed"]


class Column(NamedTuple):
    """A column of rows: its name, its type, and what it says; of an object, or of the objects of a list (`many`), the
    members that all have (`of`)."""

    name: str
    type: Type
    about: str
    of: tuple[Column, ...] = ()
    many: bool = False


class Table(NamedTuple):
    """Files of rows of one kind, NNNNN in a folder of their own."""

    name: str
    files: str
    about: str
    columns: tuple[Column, ...]


class Layout(NamedTuple):
    """The tables of a format, the documents first, and the media type of their files."""

    media: str
    tables: tuple[Table, ...]


def _members(texts: str, integers: str = "") -> tuple[Column, ...]:
    """The members of an object, whose names say enough."""
    named: list[tuple[str, Type]] = [(name, "text") for name in texts.split()]
    named += [(name, "integer") for name in integers.split()]
    return tuple(Column(name, type, f"See `{name}` in docs/provenance.md.") for name, type in named)


_ID = Column("id", "text", "The id of the document, unique in the corpus.")
_TEXT = Column("text", "text", "The clean text.")
_RAW = Column("text", "text", "The text as it was, before it was cleaned.")
_METADATA = Column("metadata", "json", "What else the source says of the document.")
_SIDECAR = (
    Column("format", "text", "The name and version of this format."),
    _ID,
    Column("source", "json", "The bytes of the source.", _members("sha256 encoding how suffix", "bytes characters")),
    Column("clean", "json", "The clean text.", _members("sha256", "characters words")),
    Column("versions", "json", "The versions of the programs that made it.", _members("clean_corpus")),
    Column("settings", "json", "The settings it was made with."),
    Column("rules", "text", "The hash of the rules it was made with."),
    Column("facts", "json", "What was learnt of the document: licence, title …", _members("kind value rule"), True),
    Column("gaps", "json", "Where something is missing still.", _members("kind rule", "at"), True),
    Column("repairs", "json", "What came back.", _members("kind old new found_by"), True),
    Column("flags", "json", "What a person should look at.", _members("kind message"), True),
    Column("paragraphs", "json", "The paragraphs, and where they stand.", _members("kind"), True),
    Column("duplicates", "json", "The paragraphs that stand elsewhere, too.", _members("kind action"), True),
    Column("copies", "json", "The paragraphs of which others are copies."),
    Column("alike", "json", "The paragraphs that are alike to others and stay.", _members("why"), True),
    Column("ledger", "json", "Every edit, from the source to the clean text.", _members("stage"), True),
    Column("seal", "text", "The hash of all before it."),
)
_DOCUMENTS = "The documents, a row each."
_PROVENANCE = "Where each document comes from, and every edit that was made of it, in the order of the documents."


def layout(format: Format) -> Layout:
    """Return what a corpus of this format holds.

    >>> [(table.name, table.files) for table in layout("jsonl.gz").tables]
    [('documents', 'documents/*.jsonl.gz'), ('provenance', 'provenance/*.jsonl.gz')]
    """
    if format == "dolma":
        source = Column("source", "text", "What the documents were collected by.")
        spans = Column("attributes", "json", "By rule, the spans of the text that cleaning takes or rewrites.")
        about = "The spans that each rule takes or rewrites, in the order of the documents."
        tables = (
            Table("documents", "documents/*.jsonl.gz", _DOCUMENTS, (_ID, _RAW, source, _METADATA)),
            Table("attributes", f"attributes/{ATTRIBUTES}/*.jsonl.gz", about, (_ID, spans)),
            Table("provenance", "provenance/*.jsonl.gz", _PROVENANCE, _SIDECAR),
        )
        return Layout("application/jsonlines", tables)
    columns: tuple[Column, ...] = _SIDECAR
    metadata = _METADATA
    media = "application/jsonlines"
    if format == "parquet":
        columns = (
            _ID,
            Column("sidecar", "packed", "What the rows of `provenance` are in other formats, as JSON."),
            Column("exact", "bytes", "The clean text, if it has what UTF-8 cannot hold and `text` has U+FFFD for."),
        )
        metadata = _METADATA._replace(type="packed")
        media = "application/x-parquet"
    documents = Table("documents", f"documents/*.{format}", _DOCUMENTS, (_ID, _TEXT, metadata))
    return Layout(media, (documents, Table("provenance", f"provenance/*.{format}", _PROVENANCE, columns)))


class About(NamedTuple):
    """What is said of a corpus as a whole: its `name` and `format`; how many `documents`, `words` and `characters` it
    has; how often each licence and language was found in it; and how it was made, as `sidecar.making` has it."""

    name: str
    format: Format
    documents: int
    words: int
    characters: int
    licences: Mapping[str, int]
    languages: Mapping[str, int]
    making: Mapping[str, Any]


def about(name: str, format: Format, rows: Iterable[Mapping[str, Any]], making: Mapping[str, Any]) -> About:
    """Sum up the rows of a manifest; `name` is what the corpus is called. A document counts once for each licence."""
    documents = words = characters = 0
    licences: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    for row in rows:
        documents += 1
        words += row["clean"]["words"]
        characters += row["clean"]["characters"]
        facts = jsonio.well_formed(row["facts"])
        licences.update(_named(facts, "licence"))
        languages.update(_named(facts, "language"))
    return About(
        jsonio.well_formed(name), format, documents, words, characters, _ordered(licences), _ordered(languages), making
    )


def _named(facts: Mapping[str, list[str]], kind: str) -> set[str]:
    """The values of the facts of a kind, such as `licence` or `source_licence`."""
    return {value for key, values in facts.items() if key.rpartition("_")[2] == kind for value in values}


def _ordered(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts, the highest first, and else by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
