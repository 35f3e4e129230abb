"""What a corpus in shards holds, as data: the kinds of files, and the columns of their rows.

The dataset card and the Croissant description are made of this, and of what the manifest says of the documents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from pipeline.formats import jsonio
from pipeline.formats.shards import ATTRIBUTES, LAYOUTS

__all__ = ["About", "Column", "Contents", "Table", "about", "contents"]

# A string, an object of JSON, or a string that says one: in Parquet, all shards must have the same columns.
Type = Literal["text", "json", "packed"]


class Column(NamedTuple):
    """A column of rows: its name, its type, and what it says."""

    name: str
    type: Type
    about: str


class Table(NamedTuple):
    """Files of rows of one kind, NNNNN in a folder of their own."""

    name: str
    files: str
    about: str
    columns: tuple[Column, ...]


class Contents(NamedTuple):
    """The tables of a format, the documents first, and the media type of their files."""

    media: str
    tables: tuple[Table, ...]


_ID = Column("id", "text", "The id of the document, unique in the corpus.")
_TEXT = Column("text", "text", "The clean text.")
_RAW = Column("text", "text", "The text as it was, before it was cleaned.")
_SOURCE = Column("source", "text", "What the documents were collected by.")
_ATTRIBUTES = Column("attributes", "json", "By rule, the spans of the text that cleaning takes or rewrites.")
_METADATA = Column("metadata", "json", "What else the source says of the document.")
# Strings, since half a character, which a ledger may have to name, has a place in a string of JSON in a string only.
_SIDECAR = (
    _ID,
    Column("sidecar", "packed", "Source, facts, gaps, paragraphs, ledger …, as docs/provenance.md tells, in JSON."),
    Column("exact", "text", "The clean text, if `text` has U+FFFD for what it may not hold: its bytes, as hex digits."),
)
_DOCUMENTS = "The documents, a row each."
_SPANS = "The spans that each rule takes or rewrites, in the order of the documents."
_PROVENANCE = "Where each document comes from, and every edit that was made of it, in the order of the documents."


def contents(format: str) -> Contents:
    """Return what a corpus of this format, one of `shards.LAYOUTS`, holds.

    >>> [(table.name, table.files) for table in contents("jsonl.gz").tables]
    [('documents', 'documents/*.jsonl.gz'), ('provenance', 'provenance/*.jsonl.gz')]
    """
    suffix, folders = LAYOUTS[format]
    packed = suffix == ".parquet"
    metadata = _METADATA._replace(type="packed") if packed else _METADATA
    texts = (_ID, _RAW, _SOURCE, metadata) if ATTRIBUTES in folders else (_ID, _TEXT, metadata)
    of = {
        "documents": ("documents", _DOCUMENTS, texts),
        ATTRIBUTES: ("attributes", _SPANS, (_ID, _ATTRIBUTES)),
        "provenance": ("provenance", _PROVENANCE, _SIDECAR),
    }
    tables = (Table(of[folder][0], f"{folder}/*{suffix}", *of[folder][1:]) for folder in folders)
    return Contents("application/x-parquet" if packed else "application/jsonlines", tuple(tables))


class About(NamedTuple):
    """What is said of a corpus as a whole: its `name` and `format`; how many `documents`, `words` and `characters` it
    has; how often each licence and language was found in it; and how it was made, as `sidecar.making` has it."""

    name: str
    format: str
    documents: int
    words: int
    characters: int
    licences: Mapping[str, int]
    languages: Mapping[str, int]
    making: Mapping[str, Any]


def about(name: str, format: str, rows: Iterable[Mapping[str, Any]], making: Mapping[str, Any]) -> About:
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
