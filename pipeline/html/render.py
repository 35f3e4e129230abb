"""The text that a page becomes: the edits that turn its source into lines, one after another, as a browser shows them.

Markup goes, entities become characters, white space that a browser does not show goes too. Blocks stand apart by an
empty line, except for the items of a list and the rows of a table; a line break within a block is one in the text.
The first of these edits in a gap between two texts brings the white space that stands there instead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from pipeline.edits import Edit
from pipeline.html.blocks import KINDS, Block, Outline
from pipeline.html.tokens import unescape
from pipeline.html.tree import BREAK, HIDDEN, IMAGE, LINK, QUOTE, RAISED, RUBY, Piece, is_blank

SPACE = " \t\n\f\r"
ODD = re.compile(r"[\t\n\f\r]|  |&")
INSIDE = re.compile(r"[ \t\n\f\r]{2,}|[\t\n\f\r]|&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[a-zA-Z][a-zA-Z0-9]{1,31};?)")
# What stands in lines, one below the other, if it is of one family.
TIGHT = {"item": "list", "row": "table", "term": "definitions", "definition": "definitions"}
ONE_LINE = frozenset(("heading", "row"))  # a line break in one is a space
CELL = " | "
QUOTES = ("‘“", "’”")  # inner and outer, where they begin and where they end
# A raised mark that leads to a note, as a browser shows it; without a link, only what stands in brackets.
_NUMBER = r"(?:\d{1,3}|[a-z]|(?:note|nb|n|fn)\s*+\d{1,3})\s*+"
_ANY = rf"\s*+[\[(]?\s*+(?:{_NUMBER}|[*†‡§#¶]{{1,3}}\s*+)[\])]?\s*+"
NOTE = re.compile(rf"{_ANY}(?:(?:[,;–-]|(?<=\])){_ANY})*+", re.IGNORECASE)
BARE_NOTE = re.compile(rf"(?:\s*+\[\s*+{_NUMBER}\])++\s*+", re.IGNORECASE)
MARK = 24  # pieces, and more are no mark
HIGH = str.maketrans("0123456789+-−–n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻ⁿ")
POWER = re.compile(r"[+\-−–]?(?:[0-9]{1,4}|n(?![0-9]))(?:[+\-−–,][0-9]{1,4})*")
ALT = re.compile(r"""\salt\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)


def render(
    source: str, blocks: Sequence[Block], outline: Outline, show: Set[str] = frozenset(), markdown: bool = False
) -> list[Edit]:
    """Return the edits that make text of a page, and set `text`, `start` and `end` of its blocks.

    `show` names what is shown that usually is not: `alt`, `hidden`, `ruby`, `footnote`; `raised` leaves digits alone.
    """
    writer = Writer(source, show)
    before: Block | None = None
    for block in blocks:
        if outline.hidden[block.place] and "hidden" not in show:
            writer.drop(block.pieces[0].start, block.pieces[-1].end, "html.hidden")
            continue
        separator = "" if before is None else "\n" if _is_tight(before, block, outline) else "\n\n"
        marker = "#" * block.level + " " if markdown and block.kind == "heading" else block.marker
        if writer.block(block, separator, marker):
            before = block
    writer.finish()
    return writer.edits


def _is_word(parts: Sequence[str], text: str) -> bool:
    """Whether a text would make one word with what stands before it."""
    return bool(parts) and parts[-1][-1].isalnum() and text[0].isalnum()


def _is_tight(above: Block, below: Block, outline: Outline) -> bool:
    """Whether nothing but a line end is between two blocks: two of a list, or of one block of code."""
    if below.kind != "code":
        return below.kind in TIGHT and TIGHT[below.kind] == TIGHT.get(above.kind)
    return above.kind == "code" and _code(above.place, outline) == _code(below.place, outline)


def _code(place: int, outline: Outline) -> int:
    """The place of the element that makes code of what is in it."""
    while place > 0 and KINDS.get(outline.elements[place]) != "code":
        place = outline.parents[place]
    return place


def _trimmed(pieces: Sequence[Piece], source: str) -> list[Piece]:
    """The pieces of a block of code, without the empty lines at its beginning and the white space at its end."""
    first = begin = 0
    for number, (start, end, style) in enumerate(pieces):
        text = "" if style >= BREAK else source[start:end]
        blank = text[: len(text) - len(text.lstrip())]
        if style & BREAK:
            first, begin = number + 1, end
        elif "\n" in blank:
            first, begin = number, start + blank.rindex("\n") + 1
        if len(blank) < len(text):
            break
    last = len(pieces)
    while last > first and (
        pieces[last - 1].style & BREAK or is_blank(source[pieces[last - 1].start : pieces[last - 1].end])
    ):
        last -= 1
    trimmed = list(pieces[first:last])
    if trimmed:
        start, end, style = trimmed[0]
        trimmed[0] = Piece(max(start, begin), end, style)
        start, end, style = trimmed[-1]
        trimmed[-1] = Piece(start, start + len(source[start:end].rstrip()), style)
    return trimmed


class Writer:
    """Goes over the pieces of a page in order, and collects edits."""

    def __init__(self, source: str, show: Set[str]) -> None:
        self.source = source
        self.show = show
        self.edits: list[Edit] = []
        self.at = 0  # up to where the source is dealt with
        self.length = 0  # of the text so far
        self.without = 0 if "ruby" in show else RUBY
        if "hidden" not in show:
            self.without |= HIDDEN

    def block(self, block: Block, separator: str, marker: str) -> bool:
        """Take a block; return whether it has any text."""
        source, code = self.source, block.kind == "code"
        pieces = _trimmed(block.pieces, source) if code else block.pieces
        parts: list[str] = []
        cells = frozenset(block.cells[1:])
        lead, space = separator + marker, False  # what stands before the next text, if any comes
        image, quotes, before_style = False, 0, 0
        for place, (begin, end, style) in enumerate(pieces):
            if place in cells and parts:
                lead, space = CELL, False
            if style >= RAISED:
                if style & BREAK:
                    if block.kind in ONE_LINE:
                        space = True
                    elif parts and not style & self.without:
                        lead, space = "\n", False
                    continue
                if self._is_left_out(pieces, place):
                    continue
                if style & IMAGE:
                    begin, end = self._alt(begin, end)
                    image = True
                elif style & QUOTE:
                    quotes += -1 if source[begin + 1] == "/" else 1
                    if quotes < 0:
                        quotes = 0
                        continue
            text = source[begin:end]
            left = right = 0
            if not code:
                shown = text.strip(SPACE)
                if not shown or (lead and not shown[0].isalnum() and is_blank(shown)):
                    space = space or bool(text)
                    continue
                left = text.index(shown[0])
                right = len(text) - left - len(shown)
                space = space or left > 0 or (image and _is_word(parts, shown))
                if before_style & style & LINK and not space and "</a" in source[self.at : begin].lower():
                    space = _is_word(parts, shown)  # two links side by side, which a style sheet sets apart
            if not text:
                continue
            before = lead or (" " if space and parts else "")
            self._gap(begin + left, before)
            if parts:
                parts.append(before)
            parts.append(self._text(begin + left, end - right, style, code, quotes))
            lead, space, image, before_style = "", right > 0, False, style
        if not parts:
            return False
        block.text = "".join(parts)
        block.start = self.length + len(separator)
        block.end = self.length = block.start + len(marker) + len(block.text)
        return True

    def drop(self, start: int, end: int, rule: str) -> None:
        """Leave out text that is not shown, with a rule of its own."""
        if start < end:
            self._gap(start, "")
            self.edits.append(Edit(start, self.source[start:end], "", rule))
            self.at = end

    def finish(self) -> None:
        """Drop what is left of the source; a text ends with a newline."""
        self._gap(len(self.source), "\n" if self.length else "")

    def _gap(self, to: int, new: str) -> None:
        """Drop the source from where it is dealt with up to `to`; `new` stands there instead."""
        old = self.source[self.at : to]
        if old != new:
            self.edits.append(Edit(self.at, old, new, "html.tag" if "<" in old else "html.space"))
        self.at = to

    def _text(self, start: int, end: int, style: int, code: bool, quotes: int) -> str:
        """Keep the source from `start` to `end`, white space and entities put right; return the text."""
        text = self.source[start:end]
        self.at = end
        if style >= RAISED:
            if style & QUOTE:
                return self._write(start, text, QUOTES[text[1] == "/"][(quotes + (text[1] == "/")) % 2], "html.quote")
            if style & RAISED and "raised" not in self.show and POWER.fullmatch(unescape(text)):
                return self._write(start, text, unescape(text).translate(HIGH), "html.raised")
        if not ODD.search(text):
            return text
        parts = []
        at = 0
        for match in INSIDE.finditer(text):
            old = match[0]
            if old[0] == "&":
                new, rule = unescape(old), "html.entity"
                new = " " if new and new in SPACE and not code else new
            elif code:
                continue
            else:
                new, rule = " ", "html.space"
            if new != old:
                self.edits.append(Edit(start + match.start(), old, new, rule))
            parts += [text[at : match.start()], new]
            at = match.end()
        parts.append(text[at:])
        return "".join(parts)

    def _write(self, start: int, old: str, new: str, rule: str) -> str:
        """Write something else than the source has, and return it."""
        self.edits.append(Edit(start, old, new, rule))
        return new

    def _is_left_out(self, pieces: Sequence[Piece], place: int) -> bool:
        """Leave out a piece that is hidden, a reading or a note; return whether it is."""
        start, end, style = pieces[place]
        if style & self.without:
            self.drop(start, end, "html.ruby" if style & RUBY & self.without else "html.hidden")
        elif style & RAISED and "footnote" not in self.show and self._is_note(pieces, place):
            self.drop(start, end, "html.footnote")
        else:
            return False
        return True

    def _alt(self, start: int, end: int) -> tuple[int, int]:
        """Where the text stands that is shown instead of an image: nowhere, unless that is wanted."""
        match = ALT.search(self.source, start, end) if "alt" in self.show else None
        return match.span(match.lastindex or 0) if match else (start, start)

    def _is_note(self, pieces: Sequence[Piece], place: int) -> bool:
        """Whether a raised piece is part of a mark that leads to a note."""
        first = last = place
        while first and pieces[first - 1].style & RAISED and last - first < MARK:
            first -= 1
        while last + 1 < len(pieces) and pieces[last + 1].style & RAISED and last - first < MARK:
            last += 1
        if last - first == MARK:
            return False
        mark = "".join([self.source[piece.start : piece.end] for piece in pieces[first : last + 1]])
        if len(mark) > 80:
            return False
        linked = any(piece.style & LINK for piece in pieces[first : last + 1])
        return bool((NOTE if linked else BARE_NOTE).fullmatch(unescape(mark)))
