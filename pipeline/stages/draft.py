"""The edits and paragraphs of one round of reflow, as they grow block by block."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate

from pipeline.document import Paragraph
from pipeline.edits import Edit
from pipeline.stages import hyphens
from pipeline.stages.blocks import SPACES, Line, Rows, width_of
from pipeline.stages.seams import BREAK, KEEP, Link, join
from pipeline.stages.sentences import bridges, ended, is_shouted, is_title, marker

RUN = re.compile(r"[ \t\f\v]{2,}|[\t\f\v]")
NAMED = re.compile(r"(?!(?:I|He|She|It|We|You|They|This|That|There)\b)[A-Z][\w'’-]*(?: [\w'’-]+){0,3}\.")
Block = tuple[str, int, int, str]  # kind ("title" may become a heading), start, end, text of the first line
JOINTS = frozenset("-\u2010\u00ad([{“‘«—$€£¥,;:.)]}%’…")
MARKS = frozenset("•·‣◦▪●○■□►§*+–—-(0123456789#")


def kind_of(text: str) -> str:
    """The kind of a block of one line; a `title` is a heading if text follows."""
    if text.startswith("# ") or is_shouted(text):
        return "heading"
    if marker(text):
        return "list"
    if text[-1] == "." and len(text) < 40:  # headings of some encyclopedia dumps: `Early years.`
        return "title" if NAMED.fullmatch(text) else "prose"
    return "title" if is_title(text) and text.count(" ") < 12 else "prose"


def headed(blocks: Sequence[Block], markdown: bool) -> tuple[list[Edit], list[Paragraph]]:
    """The paragraphs of the blocks, titles decided; and the edits that mark headings, if asked for."""
    paragraphs: list[Paragraph] = []
    edits: list[Edit] = []
    under = long = False  # whether the block below is one that a title can stand over
    for kind, start, end, text in reversed(blocks):
        if kind == "title":
            kind = "heading" if under and (text[-1] != "." or long) else "prose"
        under = kind in ("heading", "list") or len(text) > 100 or (len(text) > 40 and ended(text))
        long = len(text) > 100 or (kind == "heading" and text[-1] == ".")
        paragraphs.append(Paragraph(kind, start, end))
        if markdown and kind == "heading" and not text.startswith("# "):
            edits.append(Edit(start, "", "# ", "reflow.heading"))
    return edits[::-1], paragraphs[::-1]


class Draft:
    """The edits of a round as they grow; `at` is where the last line ended."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spare = "  " in text  # whether there are runs of spaces at all
        self.decide = hyphens.judge(text)
        self.edits: list[Edit] = []
        self.blocks: list[Block] = []
        self.at = 0
        self.last = ""  # the text of that line
        self.usual = 0  # the width at which the blocks are wrapped, 0 if none is
        self.kept: set[str] = set()  # the blocks that stay as they are, whatever is around them
        self.settled = True  # all blocks are one line now, without a space to spare

    def gap(self, start: int, new: str) -> None:
        """Replace what stands from the end of the last line to `start` by a break: one newline, two, or none."""
        old = self.text[self.at : start]
        if old != new:
            if old.count("\n") != len(new):
                rule = "reflow.paragraph"
            else:
                rule = "spaces.trailing" if old[:1] not in ("", "\n") else "spaces.indent"
            self.edits.append(Edit(self.at, old, new, rule))

    def open(self, start: int, text: str, kind: str) -> int:
        """Begin a block with the line at `start`; returns where its paragraph starts.

        That is earlier if the block goes on with a sentence which the one above left open, at a page break or where
        something was removed.
        """
        above = self.blocks[-1] if self.blocks else None
        prose = above and text[0].islower() and kind == "prose" and above[0] in ("prose", "title")
        if above and prose and self.at - above[1] >= 60 and (bridges(self.last, text) or self.is_cut(above[1], text)):
            self.join(self.last, text, start, join(self.last, text, "reflow.seam"))
            self.blocks.pop()
            return above[1]
        self.gap(start, "\n\n" if above else "")
        return start

    def is_cut(self, begin: int, text: str) -> bool:
        """Whether a page ended within the paragraph that begins there: its last line was full, and ends no sentence."""
        usual, edge = self.usual, self.at - self.text.rfind("\n", 0, self.at) - 1
        if not usual or self.at - begin <= usual or text.startswith("where"):
            return False
        if not self.last[self.last.rfind(" ") + 1 :].isalpha():
            return False  # an address is often longer than what was left of its line
        return edge <= usual < edge + 1 + width_of(text) and (len(text) > usual - 20 or ended(text))

    def spaces(self, start: int, text: str, item: bool) -> None:
        """Collapse the runs of spaces within a line of prose, but not those behind the marker of a list item."""
        if "  " in text or "\t" in text or "\f" in text or "\v" in text:
            floor = len(marker(text)) if item else 0
            for run in RUN.finditer(text):
                if not floor or run.start() > floor:
                    self.edits.append(Edit(start + run.start(), run[0], " ", "spaces.run"))

    def join(self, a: str, b: str, start: int, link: Link) -> None:
        """Join line `b`, which begins at `start`, to line `a`, and settle the hyphen between them."""
        at, new, rule = self.at, link.new, link.rule
        if a[-1] in "-\u2010\u00ad":
            at, new, rule = self.hyphen(a, b, link)
        self.edits.append(Edit(at, self.text[at:start], new, rule))

    def hyphen(self, a: str, b: str, link: Link) -> tuple[int, str, str]:
        """Where the edit of a line end with a hyphen starts, what it writes, and its rule."""
        if a[-1] == "\u00ad":
            return self.at - 1, "", "reflow.hyphen"
        if a[-2:-1] in ("", " "):
            return self.at, " ", link.rule
        if a.endswith("--"):
            return self.at, link.new, "reflow.compound" if not link.new else link.rule
        verdict = self.decide(a, b)
        if verdict == "undo":
            return self.at - 1, "", "reflow.hyphen"
        return (self.at, " ", link.rule) if verdict == "apart" else (self.at, "", "reflow.compound")

    def line(self, start: int, text: str) -> None:
        """Write the edits of a block of one line without spaces to spare."""
        kind = kind_of(text) if len(text) < 100 or text[0] in MARKS else "prose"
        begin = self.open(start, text, kind)
        self.at = start + len(text)
        self.last = text
        self.blocks.append((kind, begin, self.at, text if begin == start else text + " " * 100))

    def wrapped(self, block: Rows) -> None:
        """Write the edits of a plain block of wrapped prose: a line break becomes a space, or a hyphen is settled."""
        at, bare, text = block.start, block.bare, self.text
        even = block.smooth or bare == block.rows
        begin = at if even else at + len(block.rows[0]) - len(block.rows[0].lstrip(SPACES))
        kind = "list" if bare[0][0] in MARKS and marker(bare[0]) else "prose"
        first = self.open(begin, bare[0], kind)
        size = sum(map(len, bare)) + len(bare) - 1
        if block.smooth and (not self.spare or text.find("  ", at, at + size) < 0):
            ends = accumulate([len(line) + 1 for line in bare[1:-1]], initial=at + len(bare[0]))
            self.edits += [Edit(end, "\n", " ", "reflow.join") for end in ends]
            self.at, self.last = at + size, bare[-1]
        else:
            self.rough(block, begin, even, kind)
        self.settled = self.settled and kind == "prose"
        self.blocks.append((kind, first, self.at, bare[0] + " " * 100))

    def rough(self, block: Rows, begin: int, even: bool, kind: str) -> None:
        """Write the edits of a plain block line by line; `begin` is where the first starts, without its indent."""
        at, edits, before, end = block.start, self.edits, "", begin
        for row, line in zip(block.rows, block.bare, strict=True):
            start = at if even else at + len(row) - len(row.lstrip(SPACES))
            if before:
                if before[-1] in JOINTS or line[0] in JOINTS or not line[0].isascii():
                    self.at = end
                    self.join(before, line, start, join(before, line, "reflow.join"))
                else:
                    edits.append(Edit(end, "\n" if even else self.text[end:start], " ", "reflow.join"))
            if "  " in line:
                self.spaces(start, line, not before and kind == "list")
            end = start + len(line)
            at += len(row) + 1
            before = line
        self.at, self.last = end, before

    def block(self, lines: Sequence[Line], between: Sequence[Link], kept: bool) -> None:
        """Write the edits of a block of lines with links between them."""
        first = 0
        for at in range(len(lines)):
            if at == len(between) or between[at] is BREAK:
                if at == first and not kept:
                    self.alone(lines[at])
                else:
                    self.segment(lines[first : at + 1], between[first:at], kept)
                first = at + 1

    def alone(self, line: Line) -> None:
        """Write the edits of a paragraph of one line, or of a list of one item."""
        text = line.text
        kind = "list" if line.mark else kind_of(text) if len(text) < 100 or text[0] == "#" else "prose"
        begin = line.start
        if line.mark:
            begin, self.settled = line.head, False
        start = self.open(begin, text, kind)
        self.spaces(line.start, text, bool(line.mark))
        self.at = line.end
        self.last = text
        self.blocks.append((kind, start, self.at, text if start == begin else text + " " * 100))

    def segment(self, lines: Sequence[Line], between: Sequence[Link], kept: bool) -> None:
        """Write the edits of one paragraph, or of lines that stay together."""
        top = lines[0]
        stays = KEEP in between
        if kept or (stays and not top.mark):
            kind = "kept"
            if len(lines) == 2 and not any(map(str.isalnum, lines[1].text)) and is_title(top.text):
                kind = "heading"
        elif stays or top.mark:
            kind = "list"
        else:
            kind = kind_of(top.text) if len(lines) == 1 else "prose"
        raw = kind in ("kept", "heading") and (kept or stays)
        self.settled = self.settled and not (raw or stays or kind == "list")
        begin = top.head if raw or kind == "list" else top.start
        start = self.open(begin, top.text, kind)
        for number, line in enumerate(lines):
            if number:
                link = between[number - 1]
                if link is KEEP:
                    self.gap(line.head, "\n")
                else:
                    self.join(lines[number - 1].text, line.text, line.start, link)
            if not raw:
                self.spaces(line.start, line.text, kind == "list" and (not number or between[number - 1] is KEEP))
            self.at = line.end
        self.last = lines[-1].text
        alone = len(lines) == 1 and start == begin
        self.blocks.append((kind, start, self.at, top.text if alone else top.text + " " * 100))

    def close(self) -> None:
        """Take the white space at the end of the text away."""
        if self.at < len(self.text):
            self.gap(len(self.text), "")
