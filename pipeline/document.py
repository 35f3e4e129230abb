"""What the pipeline knows of one document: its text, the ledger of its edits, facts, gaps and paragraphs.

The ledger is the record: the list of passes that lead from the raw text to the clean text, one per
stage that changed something. Everything else here (where a character comes from, the raw text
again, what a rule took) is a question to the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pipeline.edits import Edit, PositionMap, Side, apply, compose, unapply

if TYPE_CHECKING:
    from pipeline.html.page import Page

Media = Literal["text", "html"]


class Pass(NamedTuple):
    """The edits that one stage made, in the coordinates of the text that it saw."""

    stage: str
    edits: Sequence[Edit]


class Fact(NamedTuple):
    """Something learnt before the debris that said it went: `kind` is `licence`, `source_title`, …

    `start` and `end` are offsets into the text at hand: of the stage while it runs, of the raw text in a result.
    """

    kind: str
    value: str
    start: int
    end: int
    rule: str


class Gap(NamedTuple):
    """A place where a scraper dropped something: `kind` is `year`, `decade`, `range`, `date` or `value`.

    `at` is where the lost text stood, between two characters, as an offset into the text at hand: of the
    stage while it runs, of the clean text in a result, where `raw` is the place in the raw text.
    `certain` is false for a pattern that intact text can show too.
    """

    at: int
    kind: str
    rule: str
    certain: bool = True
    raw: int = -1


class Paragraph(NamedTuple):
    """A block of clean text: `kind` is `prose`, `heading`, `list` or `kept` (verse, tables, code, dialogue)."""

    kind: str
    start: int
    end: int
    raw_start: int = -1
    raw_end: int = -1


class Witness(NamedTuple):
    """A passage that told what a document lost: its document, where it stands in the raw text there, what is before and
    behind it, and how well that agrees (up to 1)."""

    id: str
    raw_start: int
    raw_end: int
    before: str
    after: str
    score: float


class Repair(NamedTuple):
    """Something lost that came back: `new` took the place of `old`, which comes from these places of the raw text.

    `found_by` is the rule of the gap that a pattern showed, or `years.alignment`.
    """

    raw_start: int
    raw_end: int
    old: str
    new: str
    kind: str
    found_by: str
    witnesses: tuple[Witness, ...]


class Flag(NamedTuple):
    """Something that a person should look at: `kind` is `guard`, `undecodable`, …"""

    kind: str
    message: str


@dataclass(slots=True)
class Found:
    """What a stage saw in a text: the edits that it asks for, and what it learnt. A stage never edits text itself."""

    edits: Sequence[Edit] = ()
    facts: Sequence[Fact] = ()
    gaps: Sequence[Gap] = ()
    paragraphs: Sequence[Paragraph] = ()
    flags: Sequence[Flag] = ()
    page: Page | None = None


class Ledger:
    """The passes from a raw text to a clean one, and the questions one can ask of them.

    >>> ledger = Ledger([Pass("demo", [Edit(0, "x", "", "demo.x")]), Pass("more", [Edit(2, "", "!", "demo.bang")])])
    >>> ledger.apply("xab")
    'ab!'
    >>> ledger.rebuild("ab!")
    'xab'
    >>> ledger.origin(0), ledger.origin(2)
    (1, Edit(start=2, old='', new='!', rule='demo.bang'))
    """

    def __init__(self, passes: Iterable[Pass] = ()) -> None:
        self.passes: list[Pass] = list(passes)
        self._maps: list[PositionMap] = []

    def __iter__(self) -> Iterator[Pass]:
        return iter(self.passes)

    def __len__(self) -> int:
        return len(self.passes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ledger) and self.passes == other.passes

    def add(self, stage: str, edits: Sequence[Edit]) -> None:
        """Append the pass of a stage; a pass without edits leaves no trace."""
        if edits:
            self.passes.append(Pass(stage, edits))

    def apply(self, raw: str) -> str:
        """Return the clean text of `raw`, every step checked."""
        for step in self.passes:
            raw = apply(raw, step.edits)
        return raw

    def rebuild(self, clean: str) -> str:
        """Return the raw text that `clean` was made of, every step checked."""
        for step in reversed(self.passes):
            clean = unapply(clean, step.edits)
        return clean

    def shrinks(self) -> int:
        """How many characters the raw text has more than the clean one.

        >>> Ledger([Pass("demo", [Edit(0, "abc", "x", "demo.x")])]).shrinks()
        2
        """
        return sum(len(edit.old) - len(edit.new) for step in self.passes for edit in step.edits)

    def edits(self) -> list[Edit]:
        """Return all passes as one, in raw coordinates (edits that touch are merged, their rules joined by `+`)."""
        composed: list[Edit] = []
        for step in self.passes:
            composed = compose(composed, step.edits)
        return composed

    def maps(self) -> list[PositionMap]:
        """The position maps of the passes, made once."""
        while len(self._maps) < len(self.passes):
            self._maps.append(PositionMap(self.passes[len(self._maps)].edits))
        return self._maps

    def to_raw(self, position: int, *, side: Side) -> int:
        """Map a position of the clean text to the raw text."""
        for positions in reversed(self.maps()):
            position = positions.back(position, side=side)
        return position

    def all_to_raw(self, positions: Iterable[int], *, side: Side) -> list[int]:
        """Map positions of the clean text, which are in order, to the raw text, each as `to_raw` does."""
        mapped = list(positions)
        for edits in reversed(self.maps()):
            mapped = edits.back_all(mapped, side=side)
        return mapped

    def to_clean(self, position: int, *, side: Side) -> int:
        """Map a position of the raw text to the clean text."""
        for positions in self.maps():
            position = positions.forward(position, side=side)
        return position

    def origin(self, index: int) -> int | Edit:
        """Tell where a character of the clean text comes from: its index in the raw text, or the edit that wrote it."""
        origin: int | Edit = index
        for positions in reversed(self.maps()):
            origin = positions.origin(index)
            if isinstance(origin, Edit):
                return origin
            index = origin
        return origin


@dataclass(slots=True)
class Source:
    """How the bytes became text: enough, with the raw text, to write the bytes again.

    - `sha256` and `size` (in bytes) are those of the bytes; of a text, those of its UTF-8 encoding.
    - `how` the encoding was found: by a `bom` (byte-order mark), as `declared` by HTTP or in the markup, `valid` as
      UTF-8 (lone surrogates allowed), `damaged` UTF-8 (mostly valid; each bad byte 0xNN is the lone surrogate U+DCNN of
      the text), `detected` by what the bytes look like, `fallback` to windows-1252, or `text`, which never was bytes.
    - `patches` are the places where encoding the text does not give the bytes: (offset, length, bytes to put there),
      in bytes of what encoding gives, without the byte-order mark.
    """

    sha256: str = ""
    size: int = 0
    encoding: str = "utf-8"
    how: str = "text"
    bom: bytes = b""
    patches: Sequence[tuple[int, int, bytes]] = ()


@dataclass(slots=True)
class Document:
    """One document on its way: `text` is as the last pass left it, the ledger tells how it came from `raw`.

    `media` is what the raw text is: `text`, or the `html` source of a page; then `page` is what its markup says.
    `metadata` is what stands beside the text in a record.
    """

    id: str
    raw: str
    text: str
    source: Source = field(default_factory=Source)
    ledger: Ledger = field(default_factory=Ledger)
    facts: list[Fact] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    paragraphs: list[Paragraph] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    media: Media = "text"
    page: Page | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def edits(self) -> list[Edit]:
        """All edits as one pass over the raw text."""
        return self.ledger.edits()

    def origin(self, index: int) -> int | Edit:
        """Where character `index` of the clean text comes from: an index of the raw text, or the edit that wrote it."""
        return self.ledger.origin(index)
