"""The text that a page becomes: the edits that turn its source into lines, one after another, as a browser shows them.

Markup goes, entities become characters, white space that a browser does not show goes too. Blocks stand apart by an
empty line, except for the items of a list and the rows of a table; a line break within a block is one in the text.
The first of these edits in a gap between two texts brings the white space that stands there instead.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence, Set

from pipeline.edits import Edit
from pipeline.html.blocks import Block, Outline
from pipeline.html.tree import BREAK, HIDDEN, IMAGE, LINK, RAISED, RUBY, Piece

SPACE = " \t\n\f\r"
ODD = re.compile(r"[\t\n\f\r]|  |&")
INSIDE = re.compile(r"[ \t\n\f\r]{2,}|[\t\n\f\r]|&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[a-zA-Z][a-zA-Z0-9]{1,31};?)")
TIGHT = frozenset(("item", "row", "term", "definition"))  # they stand in lines, one below the other
CELL = " | "
# A raised mark that leads to a note, as a browser shows it; without a link, only what stands in brackets.
NOTE = re.compile(r"\s*[\[(]?\s*(?:\d{1,3}|[a-z]|[*†‡§#¶]{1,3}|(?:note|nb|n|fn)\s*\d{1,3})\s*[\])]?\s*", re.IGNORECASE)
BARE_NOTE = re.compile(r"\s*\[\s*(?:\d{1,3}|[a-z]|(?:note|nb|n|fn)\s*\d{1,3})\s*\]\s*", re.IGNORECASE)
MARK = 8  # pieces, and more are no mark
HIGH = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
POWER = re.compile(r"[+\-−]?\d{1,4}")
ALT = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)


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
        separator = "" if before is None else "\n" if before.kind in TIGHT and block.kind in TIGHT else "\n\n"
        marker = "#" * block.level + " " if markdown and block.kind == "heading" else block.marker
        if writer.block(block, separator, marker):
            before = block
    writer.finish()
    return writer.edits


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
        parts: list[str] = []
        cells = frozenset(block.cells[1:])
        lead, space = separator + marker, False  # what stands before the next text, if any comes
        for place, (begin, end, style) in enumerate(block.pieces):
            if place in cells and parts:
                lead, space = CELL, False
            if style >= RAISED:
                if style & BREAK:
                    if parts and not style & self.without:
                        lead, space = "\n", False
                    continue
                if style & self.without:
                    self.drop(begin, end, "html.ruby" if style & RUBY & self.without else "html.hidden")
                    continue
                if style & IMAGE:
                    begin, end = self._alt(begin, end)
                elif style & RAISED and "footnote" not in self.show and self._is_note(block.pieces, place):
                    self.drop(begin, end, "html.footnote")
                    continue
            text = source[begin:end]
            if code and not style & IMAGE:
                left = right = 0
                if not parts:
                    text = text.strip("\n") and text  # a code block does not begin with empty lines
            else:
                shown = text.strip(SPACE)
                if not shown:
                    space = space or bool(text)
                    continue
                left = text.index(shown[0])
                right = len(text) - left - len(shown)
                space = space or left > 0
            if not text:
                continue
            before = lead or (" " if space and parts else "")
            self._gap(begin + left, before)
            if parts:
                parts.append(before)
            power = bool(style & RAISED) and self._is_power(parts)
            parts.append(self._text(begin + left, end - right, code, power))
            lead, space = "", right > 0
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

    def _text(self, start: int, end: int, code: bool, power: bool) -> str:
        """Keep the source from `start` to `end`, white space and entities put right; return the text."""
        text = self.source[start:end]
        self.at = end
        if power and POWER.fullmatch(text):
            self.edits.append(Edit(start, text, text.translate(HIGH), "html.raised"))
            return text.translate(HIGH)
        if not ODD.search(text):
            return text
        parts = []
        at = 0
        for match in INSIDE.finditer(text):
            old = match[0]
            if old[0] == "&":
                new, rule = html.unescape(old), "html.entity"
                new = " " if new in SPACE else new
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

    def _is_power(self, parts: Sequence[str]) -> bool:
        """Whether a number that is raised behind these parts of a text has to be shown so: 10⁶ is not 106."""
        return "raised" not in self.show and len(parts) > 1 and parts[-1] == "" and parts[-2][-1:].isalnum()

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
        if len(mark) > 40:
            return False
        linked = any(piece.style & LINK for piece in pieces[first : last + 1])
        return bool((NOTE if linked else BARE_NOTE).fullmatch(html.unescape(mark)))
