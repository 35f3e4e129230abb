"""Duplicates: paragraphs whose text stands elsewhere in the corpus, of which one copy stays.

The `index` proposes pairs of paragraphs that share words; here it is decided on their texts, the best copies first.
A paragraph may go because one that stays says all that it says:

- **exact**: their words, numbers and signs are the same (see `alignment.words`);
- **near**: they differ in a few words that mean little (see `comparison`), a lost year, a tail that was cut off;
- **covered**: it is a part of a longer one, or all of it stands in up to four others.

What differs in a number, a name or a *not* stays, however alike the rest is. What goes matches what stays, itself:
there are no chains. Counted are paragraphs of at least 8 words and 60 letters: prose, a list or a block that is kept as
it is (verse, a table, code) of at least 200 characters, or a list of one item that is a sentence, of at least 120.
Headings are none, and within its document a block that is kept as it is may repeat.

The copy that stays is the least damaged (no year lost and no U+FFFD in it, its end not cut off), then the longest, then
the first by the id of its document and its position. So the order in which documents come makes no difference. What
stays and what goes is a row of the sidecar on both sides: `duplicates` names the copies that stay, `copies` those that
are not needed; `alike` names paragraphs that stay though nearly all of their words stand elsewhere, and says why.

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

import marshal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from pipeline.corpus import HEADING, fingerprints
from pipeline.corpus.amend import amend
from pipeline.corpus.cases import cases
from pipeline.corpus.decided import Decided
from pipeline.corpus.decisions import KINDS, judge
from pipeline.corpus.fingerprints import Place
from pipeline.corpus.index import Index
from pipeline.document import Document, Flag, Paragraph
from pipeline.edits import Edit
from pipeline.settings import Settings
from pipeline.stages.utf8 import count_words

__all__ = ["HEADING", "RULES", "Alike", "Copy", "Duplicate", "Duplicates", "Rows", "drop", "edits", "find", "merged"]

STAGE = "duplicates"
RULES = {kind: f"duplicates.{kind}" for kind in KINDS}


class Duplicate(NamedTuple):
    """A paragraph, `here`, that may go because another stays, `of` (one of several, if they cover it together).

    `kind` is how it is one, `similarity` the share of its words that stand there, and `shared` the share of its
    shingles by which it was found.
    """

    here: Place
    of: Place
    kind: str = "exact"
    similarity: float = 1.0
    shared: float = 1.0


class Copy(NamedTuple):
    """A paragraph that stays, `here`, and one that it stays for, `by`."""

    here: Place
    by: Place


class Alike(NamedTuple):
    """A paragraph that stays, `here`, though it is much like another, `of`; `why` says what speaks against it."""

    here: Place
    of: Place
    similarity: float
    shared: float
    why: str


@dataclass(slots=True)
class Duplicates:
    """What the corpus knows of one document: its paragraphs that may go, that stay for others, and that are alike."""

    duplicates: list[Duplicate] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)
    alike: list[Alike] = field(default_factory=list)

    def __reduce__(self) -> tuple[Callable[[bytes], Duplicates], tuple[bytes]]:
        return unpack, (pack(self),)  # it goes to workers for each document


def pack(found: Duplicates) -> bytes:
    """What is known of a document, as bytes: by marshal, in a third of the time that pickle takes for named tuples.

    >>> place = Place("a", 0, 9, 0, 9)
    >>> some = Duplicates([Duplicate(place, place)], [Copy(place, place)], [Alike(place, place, 1.0, 1.0, "a number")])
    >>> unpack(pack(some)) == some
    True
    """
    return marshal.dumps(
        [
            [(tuple(here), tuple(of), *rest) for here, of, *rest in rows]
            for rows in (found.duplicates, found.copies, found.alike)
        ]
    )


def unpack(packed: bytes) -> Duplicates:
    """What `pack` packed."""
    duplicates, copies, alike = marshal.loads(packed)
    place = Place._make
    return Duplicates(
        [Duplicate(place(here), place(of), *rest) for here, of, *rest in duplicates],
        [Copy(place(here), place(by)) for here, by in copies],
        [Alike(place(here), place(of), *rest) for here, of, *rest in alike],
    )


def find(documents: Iterable[Document], settings: Settings | None = None) -> dict[str, Duplicates]:
    """Return, by id, what there is to say of the paragraphs of documents; those of which there is nothing are left out.

    Ids must differ. The texts are kept until all is decided.
    """
    settings = settings or Settings()
    index = Index(settings.scope)
    texts: dict[str, str] = {}
    for document in sorted(documents, key=lambda document: document.id):
        packed = fingerprints.marks(document)
        if packed:
            index.add(document.id, packed)
            texts[document.id] = document.text
    marks = index.marks

    def texts_of(numbers: Sequence[int]) -> list[str]:
        return [
            texts[index.document_of(number)][row["start"] : row["end"]]
            for number, row in zip(numbers, marks[numbers], strict=True)
        ]

    decided = Decided()
    for case in cases(index, index.proposals(), texts_of):
        decided.take(judge(case, settings))
    return dict(Rows(index, decided))


class Paragraphs(Protocol):
    """Paragraphs by their numbers, as an index has them."""

    def numbers(self, id: str) -> Sequence[int]:
        """Those of a document, in order."""

    def documents(self, numbers: Sequence[int]) -> list[str]:
        """The documents that they are of."""

    def places(self, numbers: Sequence[int]) -> list[Place]:
        """Where they stand."""


class Rows(Mapping[str, Duplicates]):
    """What decisions say of each document, on both sides, by id; made when it is asked for, since it is much."""

    def __init__(self, index: Paragraphs, decided: Decided) -> None:
        self._index = index
        self._decided = decided

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(self._index.documents(self._decided.numbers())))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, id: str) -> Duplicates:
        rows = self._decided.among(self._index.numbers(id))
        if not rows:
            raise KeyError(id)
        named = {at for one, going in rows.values() for at in (*(one.of if one else ()), *going)}
        numbers = sorted({*rows, *named})
        places = dict(zip(numbers, self._index.places(numbers), strict=True))
        found = Duplicates()
        for number, (one, going) in rows.items():
            here = places[number]
            if one:
                scores = (one.similarity, one.shared)
                if one.kind:
                    found.duplicates += [Duplicate(here, places[of], one.kind, *scores) for of in one.of]
                else:
                    found.alike += [Alike(here, places[of], *scores, one.why) for of in one.of]
            found.copies += [Copy(here, places[by]) for by in going]
        return merged([found])


def merged(parts: Iterable[Duplicates]) -> Duplicates:
    """All that is known of one document, in order."""
    found = Duplicates()
    for part in parts:
        found.duplicates += part.duplicates
        found.copies += part.copies
        found.alike += part.alike
    found.duplicates.sort(key=lambda row: (row.here.start, row.of.id, row.of.start))
    found.copies.sort(key=lambda row: (row.here.start, row.by.id, row.by.start))
    found.alike.sort(key=lambda row: row.here.start)
    return found


def edits(document: Document, gone: Mapping[int, str], *, headings: bool = True) -> list[Edit]:
    """Return the edits that take paragraphs, given by their numbers with the rule for each, and their blank lines.

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


def _rules(blocks: Sequence[Paragraph], gone: Mapping[int, str], headings: bool) -> dict[int, str]:
    """The rule by which each block that goes is taken, by number."""
    rules = dict(gone)
    if not headings:
        return rules
    following = ""  # the kind of the next block that stays
    for number in reversed(range(len(blocks))):
        if blocks[number].kind == "heading" and number + 1 in rules:
            own = rules[number + 1] != HEADING and number > 0
            if not following or (own and following == "heading"):
                rules[number] = HEADING
        if number not in rules:
            following = blocks[number].kind
    return rules


def drop(document: Document, found: Duplicates, *, headings: bool = True) -> Document:
    """Return the document without its duplicates: with one pass more in its ledger, checked both ways.

    A document that loses more than half of its words, or all its paragraphs, is flagged.
    """
    here = {(row.here.start, row.here.end): RULES[row.kind] for row in found.duplicates}
    spans = [(block.start, block.end) for block in document.paragraphs]
    gone = {number: here[span] for number, span in enumerate(spans) if span in here}
    changed = amend(document, STAGE, edits(document, gone, headings=headings))
    changed.flags += _flags(document, found, changed)
    return changed


def _flags(document: Document, found: Duplicates, changed: Document) -> list[Flag]:
    """What a person should look at: a document of which little is left."""
    if 3 * len(changed.text) > 2 * len(document.text) and any(block.kind != "heading" for block in changed.paragraphs):
        return []  # far too much is left, whatever the number of words
    words = count_words(document.text)
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
