"""Lines and blocks: what a line looks like, and what kind of block a few lines make.

A block is a run of lines without a blank one between them. Its `Shape` says how its line breaks are to be read:

- `wrapped`: prose broken at a width; a break is a space, unless the line ends a sentence and had room for more.
- `lines`: a paragraph on each line; a break ends a paragraph, unless a removed link or tooltip broke a sentence.
- `kept`: verse, tables, code, addresses, mail headers …; every break and space has a meaning.

All decisions are made from the shape of the text, never from its subject, and in doubt a block is `kept`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from pipeline.stages.fixed import HINTS, WIDE, is_fixed, is_row
from pipeline.stages.sentences import (
    ABBREVIATED,
    ended,
    goes_on,
    is_broken,
    is_caseless,
    is_cjk,
    is_open,
    is_shouted,
    is_title,
    marker,
)

SPACES = " \t\f\v"


class Line(NamedTuple):
    """A line that is not blank: `text` without the spaces around it, from `start` to `end` of the whole text.

    `head` is where the line starts, its indent included; `indent` is that in columns, and `edge` the column where the
    line ends. What is asked of a line again and again is told once: whether it ends a sentence (`stop`), the `mark` of
    a list item, and whether it starts in the midst of a sentence (`low`).
    """

    head: int
    start: int
    end: int
    indent: int
    text: str
    edge: int
    stop: bool
    mark: str
    low: bool


class Rows:
    """A block as it was read: its lines as they are, from `start` of the text."""

    __slots__ = ("_lines", "bare", "rows", "smooth", "spaced", "start", "width")

    def __init__(self, start: int, rows: list[str]) -> None:
        self.start = start
        self.rows = rows
        self.bare = [row.strip(SPACES) for row in rows]
        self.width = 0
        self.smooth = False
        self.spaced = False
        self._lines: list[Line] = []

    @classmethod
    def of(cls, blocks: Sequence[Rows]) -> Rows:
        """One block of blocks that a blank line parts."""
        whole = cls(blocks[0].start, [row for block in blocks for row in block.rows])
        whole.spaced = True
        whole._lines = [line for block in blocks for line in block.lines()]
        return whole

    def __len__(self) -> int:
        return len(self.rows)

    def lines(self) -> list[Line]:
        """The lines, each with its place and indent."""
        if not self._lines:
            at = self.start
            for row, bare in zip(self.rows, self.bare, strict=True):
                lead = len(row) - len(row.lstrip(SPACES)) if row is not bare else 0
                indent = len(row[:lead].expandtabs()) if lead else 0
                size, start = len(bare), at + lead
                self._lines.append(
                    Line(at, start, start + size, indent, bare, indent + size, ended(bare), marker(bare), goes_on(bare))
                )
                at += len(row) + 1
        return self._lines

    def is_neat(self) -> bool:
        """Whether the first line has no spaces to spare."""
        row = self.rows[0]
        return row is self.bare[0] and not ("  " in row or "\t" in row or "\n" in row or "\f" in row or "\v" in row)

    def plain(self, spare: bool = True) -> bool:
        """Whether this is wrapped prose without any doubt, so that no line needs a second look.

        What `shape` and the links would say of it is then known: all breaks are full, so all lines are joined. Sets
        `width`, and `smooth` if each break becomes a space. `spare` tells whether the text has runs of spaces.
        """
        bare = self.bare
        if len(bare) < 3 or bare[0].startswith("o  "):
            return False
        sizes = [*map(len, bare)]
        even = bare == self.rows
        if not even and not self._is_even(sizes):
            return False
        width = max(sizes)
        if not 40 <= width <= WIDE:
            return False
        below = bare[1:]
        for size, line in zip(sizes, below, strict=False):
            if size + line.find(" ") < width and (" " in line or size + len(line) < width):
                return False
        firsts, lasts = "".join([line[0] for line in below]), "".join([line[-1] for line in bare])
        if sum(map(str.islower, firsts)) * 2 < len(below) or not any(
            first.islower() and last.isalpha() for first, last in zip(firsts, lasts, strict=False)
        ):
            return False
        whole = "\n".join(bare)
        if (spare and "   " in whole) or "\t" in whole or any(map(str.isupper, bare)):
            return False
        if any(map(whole.__contains__, HINTS)) and is_fixed(bare, sizes):
            return False
        if ")" in whole and any(line[1:2] == ")" for line in below):
            return False
        if not ODD.isdisjoint(firsts):
            if "".join(line[0] for line in bare).count(">") > 1:
                return False  # a reply with what it quotes
            odd = [line for line in below if line[0] in ODD]
            if any(marker(line) or RULE.match(line) for line in odd):
                return False
            if any(map(is_row, odd)) and (any(map(marker, bare)) or is_fixed(bare, sizes)):
                return False  # but prose has a number at the start of a line now and then
        self.width = width
        self.smooth = even and firsts.isascii() and FIRSTS.isdisjoint(firsts) and LASTS.isdisjoint(lasts[:-1])
        return True

    def _is_even(self, sizes: list[int]) -> bool:
        """Whether the lines have one indent, but for that of the first; adds the indents to `sizes`."""
        leads = [len(row) - len(row.lstrip(SPACES)) for row in self.rows]
        if len(set(leads[1:])) > 1 or not 0 <= leads[0] - leads[1] <= 8 or any("\t" in row for row in self.rows):
            return False
        sizes[:] = map(int.__add__, sizes, leads)
        return True


class Shape(NamedTuple):
    """How the line breaks of a block are to be read; `width` is the right edge of wrapped lines, in columns."""

    kind: str  # "wrapped", "lines" or "kept"
    width: int = 0
    twice: bool = False  # wrapped lines that were wrapped again, narrower: a long line, then its short rest
    nodes: bool = False  # links stood on lines of their own, in the midst of sentences


APART = re.compile(r"[.!?][\"'”’)\]]*  \S")  # sentences that two spaces part, as typists did
MARKED = frozenset(",;:.!?…—–")  # ends of lines of verse
ODD = frozenset("•·‣◦▪●○■□►§*+–—-(0123456789=~_#`|>")
# Beside these, at the start of a line and at its end, a break may become something else than a space.
FIRSTS = frozenset("-,;:.)]%")
LASTS = frozenset("-\u2010\u00ad([{“‘«—$€£¥")
RULE = re.compile(r"([=\-_*~#+.·•—–])(?:\s*\1){2,}$")
RULED = frozenset("=-_*~#+.·•—–")
NUMBERED = re.compile(r"\d{1,2}(?:\.\d{1,2}){0,3}\.? {1,3}[A-Z]")
PROSE = re.compile(r"[.;:!?…](?:\s|$)")


def width_of(first: str) -> int:
    """Columns that the first word of a line takes; a character of a script without spaces is a word."""
    if not first.isascii() and is_cjk(first[0]):
        return 1
    at = first.find(" ")
    return at if at > 0 else len(first)


def rooms(lines: Sequence[Line], width: int) -> list[int]:
    """The columns left after each line but the last, once the next word is set; below 0, it did not fit.

    >>> whole = Rows(0, ["It is the end.  Of it,", "so far.", "The"]).lines()
    >>> rooms(whole, 22), rooms(whole[1:], 22)
    ([-3, 10], [11])
    """
    after = 2 if any("  " in line.text and APART.search(line.text) for line in lines) else 1
    return [width - a.edge - (after if a.stop else 1) - width_of(b.text) for a, b in pairwise(lines)]


def shape(lines: Sequence[Line], usual: int = 0) -> Shape:
    """Say how the breaks of a block of two lines or more are to be read.

    `usual` is the width at which other blocks of the document are wrapped, 0 if that is not known.
    """
    edges = [line.edge for line in lines]
    if is_fixed([line.text for line in lines], edges):
        return Shape("kept")
    edges.sort()
    width = edges[-1]
    if len(edges) > 6 and width > edges[-2] * 1.2 and edges[-2] > 30:
        width = edges[-2]  # one line that a removal made longer, or an address
    if width <= WIDE:
        wrapped = wrapping(lines, width, usual)
        if wrapped:
            return wrapped
    return apart(lines, edges)


def is_numbered(a: Line, b: Line, width: int) -> bool:
    """Whether `a` or `b` is a short line with the number and the name of a section, and the other may stand beside it.

    >>> line = Rows(0, ["It is old.", "2.1 Sites", "We chose ten of the harbours."]).lines()
    >>> is_numbered(line[0], line[1], 60), is_numbered(line[1], line[2], 60), is_numbered(line[0], line[2], 60)
    (True, True, False)
    """
    over = NUMBERED.match(a.text) is not None and is_title(a.text) and a.edge * 3 < width * 2
    under = NUMBERED.match(b.text) is not None and is_title(b.text) and b.edge * 3 < width * 2
    return (over and not b.low) or (under and (a.stop or over))


def wrapping(lines: Sequence[Line], width: int, usual: int) -> Shape | None:
    """The shape of a block that was broken at `width`, or None.

    A break is *full* if the next word did not fit, *middle* if the sentence goes on with a small letter after it.
    In wrapped prose all breaks are full but those of paragraph ends; lines of verse have room for a word or more, or
    all of them end with a mark.
    """
    bare = middle = unexplained = small = tall = rests = breaks = full = stops = 0
    was_full = False
    spare = rooms(lines, width)
    if width < 60 and lines[0].low and max(spare) >= 0 and not any(PROSE.search(line.text) for line in lines):
        return None  # verse without capitals and stops
    for (a, b), room in zip(pairwise(lines), spare, strict=True):
        if b.mark or is_numbered(a, b, width):
            was_full = False
            continue
        breaks += 1
        end = a.stop and not (room < 16 and ABBREVIATED.search(a.text[-6:]))
        stops += end
        low = b.low or (not end and is_caseless(b.text[0]))
        small += low
        tall += not end and a is not lines[0] and b.text[0].isupper() and not a.text.isupper()
        if room < 0 or is_broken(a.text, b.text):
            full += 1
            middle += not end and (low or a.stop or is_open(a.text))
            bare += a.text[-1] not in MARKED
        elif a is lines[0] and (is_title(a.text) or is_shouted(a.text)) and not low:
            pass  # a heading right above its paragraph
        elif room > 3 and not (end and not low):
            unexplained += 1
            rests += was_full
        was_full = room < 0
    if usual and breaks and is_full(lines, usual):
        return Shape("wrapped", usual)
    if not small and tall > (2 if width < 60 else 4):
        return None  # verse, each line of which has a capital
    if not middle or width < 20 or (breaks > 2 and not bare and not usual):
        return None
    if full < 2 and breaks > 3 and stops > breaks - 3:
        return None  # sentences on lines of their own: no line is full but the longest
    if len(lines) == 2:  # any longer line above a shorter one looks full
        return Shape("wrapped", width) if len(lines[0].text) >= 55 and not usual else None
    if unexplained <= breaks * 0.2 and (width >= 40 or small * 2 >= breaks > 3 or is_caseless(lines[0].text[0])):
        return Shape("wrapped", width)
    if small * 5 >= breaks * 2 and breaks > 5 and rests * 5 >= unexplained * 4:
        return Shape("wrapped", width, twice=True)
    if small * 5 >= breaks * 3 and width >= 50 and unexplained <= breaks * 0.4:
        return Shape("wrapped", width)
    return None


def is_full(lines: Sequence[Line], usual: int) -> bool:
    """Whether every line but the last reaches the width at which the document is wrapped."""
    return max(line.edge for line in lines) <= usual + 2 and all(
        a.edge + 1 + width_of(b.text) > usual - 3 and not b.mark and not is_set_in(a, b) for a, b in pairwise(lines)
    )


def is_set_in(a: Line, b: Line) -> bool:
    """Whether `b` is a line of its own below `a`, indented and then further: of a signature, or of a title page."""
    return b.indent > a.indent > 2 and not b.low and not a.mark


def apart(lines: Sequence[Line], edges: Sequence[int]) -> Shape:
    """The shape of a block whose lines are not wrapped: a paragraph on each, or lines to be kept."""
    count = len(lines)
    sentences = sum(line.stop for line in lines)
    if edges[-1] > WIDE or any(line.mark for line in lines):
        return Shape("lines", nodes=is_noded(lines))
    if sentences * 5 >= count * 3 and edges[count // 2] >= 50:
        return Shape("lines")
    above, below = lines[0].text, lines[1].text
    if count == 2 and is_title(above) and lines[1].stop and len(below) > max(50, len(above) * 1.5):
        return Shape("lines")
    return Shape("lines", nodes=True) if is_noded(lines, sure=True) else Shape("kept")


def is_noded(lines: Sequence[Line], sure: bool = False) -> bool:
    """Whether links stood on lines of their own in the midst of sentences: lines start with a comma or a full stop,
    or (unless we must be `sure`) go on with a small letter, more often than the lines of a word list would."""
    closing = low = listed = 0
    for a, b in pairwise(lines):
        if b.text[0].islower():
            if a.stop or a.mark:
                listed += 1
            else:
                low += 1
        elif b.low and not a.stop:
            closing += 1
    if closing >= 2 or (closing and low >= 2 * max(1, listed)):
        return True
    return not sure and low >= 3 and low > listed * 2 and low * 8 >= len(lines)
