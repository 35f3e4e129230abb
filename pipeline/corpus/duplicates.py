"""Duplicates: paragraphs that stand in the corpus more than once, of which one copy stays.

Two paragraphs are duplicates if their normal forms are the same (see `fingerprints`); at least 8 words and 60 letters
long, prose, or a list or a block that is kept as it is (verse, a table, code) of at least 200 characters. Headings are
none, and within its document a block that is kept as it is may repeat.

The copy that stays is the least damaged (no gap and no U+FFFD in it), then the longest, then the first by the id of its
document and its position. So the order in which documents come makes no difference. What stays and what goes is a row
of the sidecar on both sides: `duplicates` names the copy that stays, `copies` those that are not needed.

    >>> from pipeline import Pipeline
    >>> prose = "The ferry to the island leaves from the old harbour at seven every day of the year."
    >>> sources = [("a", f"{prose}\\n\\nThe island is green."), ("b", f"{prose}\\n\\nThe harbour is old.")]
    >>> documents = list(Pipeline().stream(sources))
    >>> found = find(documents)
    >>> found["b"].duplicates[0].of.id, found["a"].copies[0].by.id
    ('a', 'b')
    >>> drop(documents[1], found["b"]).text
    'The harbour is old.'
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from tempfile import SpooledTemporaryFile
from typing import NamedTuple

from pipeline.core import replay, settle, take
from pipeline.corpus import fingerprints
from pipeline.corpus.fingerprints import Mark, Place
from pipeline.document import Document, Flag, Found, Ledger, Paragraph
from pipeline.edits import Edit, PositionMap

__all__ = ["EXACT", "HEADING", "Copy", "Duplicate", "Duplicates", "Index", "decide", "drop", "edits", "find"]

STAGE = "duplicates"
EXACT, HEADING = "duplicates.exact", "duplicates.heading"
_IN_MEMORY = 1 << 24  # bytes of marks; more go to a temporary file

Groups = dict[bytes, list[Place]]  # digest → the paragraphs that have it


class Duplicate(NamedTuple):
    """A paragraph, `here`, that says the same as the one that stays, `of`. `kind` is `exact`, `similarity` up to 1."""

    here: Place
    of: Place
    kind: str = "exact"
    similarity: float = 1.0


class Copy(NamedTuple):
    """A paragraph that stays, `here`, and one that says the same, `by`."""

    here: Place
    by: Place


@dataclass(slots=True)
class Duplicates:
    """What the corpus knows of one document: its paragraphs that are duplicates, and those that stay for others."""

    duplicates: list[Duplicate] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)


def find(documents: Iterable[Document]) -> dict[str, Duplicates]:
    """Return, by id, the documents that have duplicates, or copies that stay for others.

    The documents are looked at one at a time; 16 bytes and some numbers are kept of each paragraph. Ids must differ.
    """
    groups: Groups = {}
    for document in documents:
        marks = fingerprints.unpack(fingerprints.marks(document))
        _group(groups, document.id, document.text, marks)
    return decide(groups.values())


def decide(groups: Iterable[Sequence[Place]]) -> dict[str, Duplicates]:
    """Return what there is to do, by id of the document, for groups of paragraphs that say the same.

    >>> decide([[Place("b", 0, 70, 0, 70), Place("a", 9, 79, 12, 82)]])["b"].duplicates[0].of.id
    'a'
    """
    found: dict[str, Duplicates] = {}
    for group in groups:
        if len(group) < 2:
            continue
        first, *others = sorted(group, key=_rank)
        for place in others:
            if place.kept and place.id == first.id:
                continue  # a refrain
            found.setdefault(place.id, Duplicates()).duplicates.append(Duplicate(place, first))
            found.setdefault(first.id, Duplicates()).copies.append(Copy(first, place))
    for rows in found.values():
        rows.duplicates.sort(key=lambda row: row.here.start)
        rows.copies.sort(key=lambda row: (row.here.start, row.by.id, row.by.start))
    return found


def _rank(place: Place) -> tuple[bool, int, str, int]:
    """The order in which the copies of a paragraph are to stay."""
    return place.damaged, place.start - place.end, place.id, place.start


def _group(groups: Groups, id: str, text: str, marks: Iterable[Mark]) -> None:
    for name, place in fingerprints.places(id, text, marks):
        groups.setdefault(name, []).append(place)


class Index:
    """The marks of all paragraphs of a corpus, to tell which documents may have duplicates without reading them again.

    >>> index = Index()
    >>> index.add("a", b"")
    >>> list(index.suspects())
    []
    """

    def __init__(self) -> None:
        self._seen: set[bytes] = set()
        self._twice: set[bytes] = set()
        self._names: list[tuple[str, int]] = []
        self._spool = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (closed with the index)

    def add(self, id: str, packed: bytes) -> None:
        """Take the marks of a document, as `fingerprints.marks` packs them."""
        if not packed:
            return
        for key in fingerprints.keys(packed):
            (self._twice if key in self._seen else self._seen).add(key)
        self._names.append((id, len(packed)))
        self._spool.write(packed)

    def suspects(self) -> Iterator[tuple[str, list[Mark]]]:
        """Yield the documents that have keys in common with others, or twice, with the marks of those keys."""
        self._spool.seek(0)
        for id, size in self._names:
            packed = self._spool.read(size)
            if not self._twice.isdisjoint(fingerprints.keys(packed)):
                yield id, [mark for mark in fingerprints.unpack(packed) if mark.key in self._twice]

    def find(self, text_of: Callable[[str], str]) -> dict[str, Duplicates]:
        """Return what `find` returns; `text_of` gives the clean text of a document of which that has to be known."""
        groups: Groups = {}
        for id, marks in self.suspects():
            _group(groups, id, text_of(id), marks)
        return decide(groups.values())


def edits(document: Document, gone: Collection[int], *, headings: bool = True) -> list[Edit]:
    """Return the edits that take paragraphs, given by their numbers, each with its blank line.

    With `headings`, one whose whole body goes is taken, too: what follows it is another heading, or nothing. The
    first heading stays as the title, if anything stays.
    """
    text, blocks = document.text, document.paragraphs
    rules = _rules(blocks, gone, headings)
    stays = max((number for number in range(len(blocks)) if number not in rules), default=-1)
    made = []
    for number in sorted(rules):
        start, end = blocks[number].start, blocks[number].end
        if number < stays:
            end = _reach(text, end, blocks[number + 1].start)
        elif number:
            before = blocks[number - 1].end
            start = before if _reach(text, before, start) == start else start
        made.append(Edit(start, text[start:end], "", rules[number]))
    return made


def _reach(text: str, end: int, start: int) -> int:
    """Where the blank line behind a block ends: at the start of the next, unless something else stands between."""
    return start if not text[end:start].strip() else end


def _rules(blocks: Sequence[Paragraph], gone: Collection[int], headings: bool) -> dict[int, str]:
    """The rule by which each block that goes is taken, by number."""
    rules = dict.fromkeys(gone, EXACT)
    if not headings:
        return rules
    following = ""  # the kind of the next block that stays
    for number in reversed(range(len(blocks))):
        if blocks[number].kind == "heading" and number + 1 in rules:
            own = rules[number + 1] == EXACT and number > 0
            if not following or (own and following == "heading"):
                rules[number] = HEADING
        if number not in rules:
            following = blocks[number].kind
    return rules


def drop(document: Document, found: Duplicates, *, headings: bool = True) -> Document:
    """Return the document without its duplicates: with one pass more in its ledger, which is replayed.

    A document that loses more than half of its words, or all its paragraphs, is flagged.
    """
    here = {(row.here.start, row.here.end) for row in found.duplicates}
    gone = {n for n, block in enumerate(document.paragraphs) if (block.start, block.end) in here}
    made = edits(document, gone, headings=headings)
    positions = PositionMap(made)
    changed = replace(
        document,
        ledger=Ledger(document.ledger),
        facts=list(document.facts),
        gaps=[gap._replace(at=positions.forward(gap.at, side="left")) for gap in document.gaps],
        flags=list(document.flags),
    )
    take(changed, STAGE, Found(made))
    settle(changed)
    replay(changed)
    changed.flags += _flags(document, found, changed)
    return changed


def _flags(document: Document, found: Duplicates, changed: Document) -> list[Flag]:
    """What a person should look at: a document of which little is left."""
    words = len(document.text.split())
    lost = sum(len(document.text[row.here.start : row.here.end].split()) for row in found.duplicates)
    if 2 * lost <= words and any(block.kind != "heading" for block in changed.paragraphs):
        return []
    sources: dict[str, int] = {}
    for row in found.duplicates:
        sources[row.of.id] = sources.get(row.of.id, 0) + row.of.end - row.of.start
    most = min(sources, key=lambda id: (-sources[id], id))
    return [
        Flag("duplicates", f"{lost} of its {words} words stand elsewhere, most of them in {most}, and were dropped.")
    ]
