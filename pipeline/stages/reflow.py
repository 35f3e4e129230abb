"""Reflow: from lines to paragraphs, one on a line, with one blank line between them.

Input is text after the removal of debris, so sentences may be broken where something was taken out. The output has
no hard wraps and no seams in prose; lists, verse, tables and code keep their lines. Only white space changes, and the
hyphens of words that were broken at the end of a line (and, if asked for, `# ` before headings).

The stage is idempotent by construction: a round of decisions is repeated on its own result until it changes nothing.
A round can only join lines, part them, or take spaces away, so there is an end; as a rule the second finds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pipeline.document import Found, Paragraph
from pipeline.edits import Edit, PositionMap, apply, compose
from pipeline.settings import Settings
from pipeline.stages import hyphens
from pipeline.stages.blocks import SPACES, Line, Rows, Shape, ended, is_shouted, is_title, marker, shape
from pipeline.stages.seams import BREAK, KEEP, Link, join, links

RUN = re.compile(r"[ \t\f\v]{2,}|[\t\f\v]")
NAMED = re.compile(r"(?!(?:I|He|She|It|We|You|They|This|That|There)\b)[A-Z][\w'’-]*(?: [\w'’-]+){0,3}\.")
SPARE = ("  ", "\t", " \n", "\n ", "\n\n\n", "\f", "\v")
FENCED = re.compile(r"^(```+|~~~+)[^`\n]*\n(?:.*\n)*?\1(?=[ \t]*$)", re.M)
ROUGH = re.compile(r" {3,}|[\t\f\v]")


def finder(settings: Settings) -> Callable[[str], Found]:
    """Return the stage: text in, the edits that reflow it and its paragraphs (in the coordinates of that text) out.

    >>> find = finder(Settings())
    >>> found = find("A ship had come with sails that were all white as the snow was\\nin those days, and it stayed.")
    >>> found.edits
    [Edit(start=62, old='\\n', new=' ', rule='reflow.join')]
    >>> found.paragraphs
    [Paragraph(kind='prose', start=0, end=92, raw_start=-1, raw_end=-1)]
    """
    markdown = settings.headings == "markdown"

    def find(text: str) -> Found:
        if is_clean(text):
            return clean_blocks(text, markdown)
        edits, paragraphs, settled = one_round(text, markdown)
        if settled or not edits:
            return Found(edits, paragraphs=paragraphs)
        whole, now = edits, apply(text, edits)
        while True:
            more, later = again(now, markdown)
            if not more:
                break
            whole, now, paragraphs = compose(whole, more), apply(now, more), []
        if not paragraphs:
            positions = PositionMap(whole)
            paragraphs = [
                Paragraph(kind, positions.back(start, side="right"), positions.back(end, side="left"))
                for kind, start, end, _, _ in later
            ]
            whole = [edit._replace(rule=edit.rule.rsplit("+", 1)[-1]) for edit in whole]
        return Found(whole, paragraphs=paragraphs)

    return find


def again(text: str, markdown: bool) -> tuple[list[Edit], list[Paragraph]]:
    """One more round, on the text that a round made."""
    if is_clean(text):
        found = clean_blocks(text, markdown)
        return list(found.edits), list(found.paragraphs)
    return one_round(text, markdown)[:2]


def is_clean(text: str) -> bool:
    """Whether each block is one line and no spaces are superfluous; a few scans tell, so clean text costs nothing."""
    if not text:
        return True
    if any(spaces in text for spaces in SPARE) or text[0].isspace() or text[-1].isspace():
        return False
    return text.count("\n") == 2 * text.count("\n\n")


def clean_blocks(text: str, markdown: bool) -> Found:
    """The paragraphs of a text that needs no reflow."""
    blocks: list[Block] = []
    at = 0
    for block in text.split("\n\n") if text else ():
        blocks.append(
            (kind_of(block) if len(block) < 100 or block[0] in MARKS else "prose", at, at + len(block), block)
        )
        at += len(block) + 2
    edits, paragraphs = headed(blocks, markdown)
    return Found(edits, paragraphs=paragraphs)


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
        self.decide = hyphens.judge(text)
        self.edits: list[Edit] = []
        self.blocks: list[Block] = []
        self.at = 0
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

    def spaces(self, start: int, text: str) -> None:
        """Collapse the runs of spaces within a line of prose."""
        if "  " in text or "\t" in text or "\f" in text or "\v" in text:
            for run in RUN.finditer(text):
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
        self.gap(start, "\n\n" if self.blocks else "")
        self.at = start + len(text)
        kind = kind_of(text) if len(text) < 100 or text[0] in MARKS else "prose"
        self.blocks.append((kind, start, self.at, text))

    def wrapped(self, block: Rows) -> None:
        """Write the edits of a plain block of wrapped prose: a line break becomes a space, or a hyphen is settled."""
        at, bare, text = block.start, block.bare, self.text
        even = bare == block.rows
        begin = at if even else at + len(block.rows[0]) - len(block.rows[0].lstrip(SPACES))
        self.gap(begin, "\n\n" if self.blocks else "")
        edits, before, end = self.edits, "", begin
        for row, line in zip(block.rows, bare, strict=True):
            start = at if even else at + len(row) - len(row.lstrip(SPACES))
            if before:
                if before[-1] in JOINTS or line[0] in JOINTS or not line[0].isascii():
                    self.at = end
                    self.join(before, line, start, join(before, line, "reflow.join"))
                else:
                    edits.append(Edit(end, "\n" if even else text[end:start], " ", "reflow.join"))
            if "  " in line:
                self.spaces(start, line)
            end = start + len(line)
            at += len(row) + 1
            before = line
        self.at = end
        kind = "list" if bare[0][0] in MARKS and marker(bare[0]) else "prose"
        self.blocks.append((kind, begin, end, bare[0] + " " * 100))

    def block(self, lines: Sequence[Line], between: Sequence[Link], kept: bool) -> None:
        """Write the edits of a block of lines with links between them."""
        first = 0
        for at in range(len(lines)):
            if at == len(between) or between[at] is BREAK:
                self.segment(lines[first : at + 1], between[first:at], kept)
                first = at + 1

    def segment(self, lines: Sequence[Line], between: Sequence[Link], kept: bool) -> None:
        """Write the edits of one paragraph, or of lines that stay together."""
        top = lines[0]
        stays = KEEP in between
        if kept or (stays and not marker(top.text)):
            kind = "kept"
            if len(lines) == 2 and not any(map(str.isalnum, lines[1].text)) and is_title(top.text):
                kind = "heading"
        elif stays or marker(top.text):
            kind = "list"
        else:
            kind = kind_of(top.text) if len(lines) == 1 else "prose"
        raw = kind in ("kept", "heading") and (kept or stays)
        self.settled = self.settled and not (raw or stays or kind == "list")
        begin = top.head if raw or kind == "list" else top.start
        self.gap(begin, "\n\n" if self.blocks else "")
        for number, line in enumerate(lines):
            if number:
                link = between[number - 1]
                if link is KEEP:
                    self.gap(line.head, "\n")
                else:
                    self.join(lines[number - 1].text, line.text, line.start, link)
            if not raw:
                self.spaces(line.start, line.text)
            self.at = line.end
        self.blocks.append((kind, begin, self.at, top.text if len(lines) == 1 else top.text + " " * 100))

    def close(self) -> None:
        """Take the white space at the end of the text away."""
        if self.at < len(self.text):
            self.gap(len(self.text), "")


def one_round(text: str, markdown: bool) -> tuple[list[Edit], list[Paragraph], bool]:
    """The edits of one round of decisions, sorted, the paragraphs, and whether another round can find nothing."""
    blocks = read(text)
    shapes: list[Shape | None] = []
    widths: list[int] = []
    for block in blocks:
        found = None
        if len(block) == 1:
            found = None if block.is_neat() else single(block.lines()[0])
        elif not block.plain():
            found = shape(block.lines())
            if found.kind == "wrapped" and len(block) > 3:
                widths.append(found.width)
        elif len(block) > 3:
            widths.append(block.width)
        shapes.append(found)
    usual = sorted(widths)[len(widths) // 2] if widths else 0
    draft = Draft(text)
    for block, found in zip(blocks, shapes, strict=True):
        if found is None:
            if len(block) == 1:
                draft.line(block.start, block.rows[0])
            else:
                draft.wrapped(block)
            continue
        lines = block.lines()
        if usual and len(lines) > 1 and (found.kind == "kept" or len(lines) == 2):
            found = shape(lines, usual)
        draft.block(lines, links(lines, found), found.kind == "kept")
    draft.close()
    marks, paragraphs = headed(draft.blocks, markdown)
    return merge(draft.edits, marks), paragraphs, draft.settled and not markdown


def merge(edits: list[Edit], marks: list[Edit]) -> list[Edit]:
    """The edits with the insertions of `marks` among them; at one place, an insertion comes last."""
    return sorted([*edits, *marks], key=lambda edit: (edit.start, edit.end)) if marks else edits


def single(line: Line) -> Shape:
    """The shape of a block of one line: kept if spaces within it set columns, or if it is fenced code."""
    if "\n" in line.text:
        return Shape("kept")
    return Shape("kept") if ROUGH.search(line.text) or (line.indent >= 3 and "  " in line.text) else Shape("lines")


def fenced(text: str) -> list[tuple[int, int]]:
    """Where fenced code stands: it is one block, whatever blank lines are in it."""
    return [found.span() for found in FENCED.finditer(text)] if "```" in text or "~~~" in text else []


def read(text: str) -> list[Rows]:
    """The blocks of a text: runs of lines that are not blank."""
    blocks: list[Rows] = []
    rows: list[str] = []
    at = begin = 0
    fences = fenced(text)
    for line in text.split("\n"):
        if fences and at >= fences[0][0]:
            start, end = fences[0]
            if at == start:
                if rows:
                    blocks.append(Rows(begin, rows))
                    rows = []
                blocks.append(Rows(start, [text[start:end]]))
            at += len(line) + 1
            if at > end:
                fences.pop(0)
            continue
        if line and not line.isspace():
            if not rows:
                begin = at
            rows.append(line)
        elif rows:
            blocks.append(Rows(begin, rows))
            rows = []
        at += len(line) + 1
    if rows:
        blocks.append(Rows(begin, rows))
    return blocks
