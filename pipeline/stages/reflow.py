"""Reflow: from lines to paragraphs, one on a line, with one blank line between them.

Input is text after the removal of debris, so sentences may be broken where something was taken out. The output has
no hard wraps and no seams in prose; lists, verse, tables and code keep their lines. Only white space changes, and the
hyphens of words that were broken at the end of a line (and, if asked for, `# ` before headings).

The stage is idempotent by construction: a round of decisions is repeated on its own result until it changes nothing.
A round can only join lines, part them, or take spaces away, so there is an end; as a rule the second finds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set

from pipeline.document import Found, Paragraph
from pipeline.edits import Edit, PositionMap, apply, compose
from pipeline.settings import Settings
from pipeline.stages.blocks import SPACES, Line, Rows, Shape, shape
from pipeline.stages.draft import MARKS, Block, Draft, headed, kind_of
from pipeline.stages.fixed import WIDE
from pipeline.stages.seams import BREAK, KEEP, links
from pipeline.stages.sentences import bridges, marker
from pipeline.stages.verbatim import fenced

SPARE = ("  ", "\t", " \n", "\n ", "\n\n\n", "\f", "\v")
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
        bare = text.rstrip("\n")
        clean = clean_blocks(bare, markdown) if is_clean(bare) else None
        if clean:
            if len(bare) < len(text):
                clean.edits = [*clean.edits, Edit(len(bare), text[len(bare) :], "", BREAK.rule)]
            return clean
        edits, paragraphs, draft = one_round(text, markdown)
        if not edits or (draft.settled and not markdown and not any(block[3][0].islower() for block in draft.blocks)):
            return Found(edits, paragraphs=paragraphs)
        whole, now = edits, apply(text, edits)
        if not markdown and is_still(now, draft.kept):
            return Found(edits, paragraphs=paragraphs)
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
    found = clean_blocks(text, markdown) if is_clean(text) else None
    if found:
        return list(found.edits), list(found.paragraphs)
    return one_round(text, markdown)[:2]


def is_still(text: str, kept: Set[str] = frozenset()) -> bool:
    """Whether it is plain that a round would find nothing to do in a text that a round made.

    Only blocks that are not one neat line need a look, each by itself: apart from the width that is usual, a block
    bears only on the one below, if that goes on with its sentence. `kept` are blocks that had their look and are
    left as they are, if no width is usual. False means that a round must tell.

    >>> is_still("The end.\\n\\n- one\\n- two"), is_still("Of  the"), is_still("It is one of the\\n\\nlast.")
    (True, False, False)
    """
    pieces = text.split("\n\n")
    if "```" in text or "~~~" in text or not all(pieces):
        return False
    if sum([piece[0].islower() for piece in pieces]) * 3 >= len(pieces):
        return False
    spare = [spaces for spaces in ("\n", "  ", "\t", "\f", "\v") if spaces in text]
    rough: list[str] = []
    above = ""
    for piece in pieces:
        first = piece[0]
        if first.islower() and above and bridges(above[above.rfind("\n") + 1 :], piece):
            return False
        if first.isspace() or piece[-1] == " " or any(map(piece.__contains__, spare)):
            if first.isspace() and piece.lstrip(SPACES)[:1].islower():
                return False
            if piece not in kept:
                rough.append(piece)
        above = piece
    together = "\n\n".join(rough)
    blocks = read(together)
    if sum(map(len, blocks)) != sum(piece.count("\n") + 1 for piece in rough):
        return False
    draft = drafted(together, blocks)
    return not draft.edits and (not draft.usual or not kept)


def is_clean(text: str) -> bool:
    """Whether each block is one line and no spaces are superfluous; a few scans tell, so clean text costs nothing."""
    if not text:
        return True
    if text[0].isspace() or text[-1].isspace() or text.count("\n") != 2 * text.count("\n\n"):
        return False
    return not any(map(text.__contains__, SPARE))


def clean_blocks(text: str, markdown: bool) -> Found | None:
    """The paragraphs of a text that needs no reflow, or None if a blank line stands within a sentence after all."""
    pieces = text.split("\n\n") if text else []
    small = [at for at, piece in enumerate(pieces) if at and piece[0].islower()]
    if small and (
        len(small) * 3 > len(pieces)
        or any(len(pieces[at - 1]) >= 60 and bridges(pieces[at - 1], pieces[at]) for at in small)
    ):
        return None
    blocks: list[Block] = []
    at = 0
    for piece in pieces:
        kind = kind_of(piece) if len(piece) < 100 or piece[0] in MARKS else "prose"
        blocks.append((kind, at, at + len(piece), piece))
        at += len(piece) + 2
    edits, paragraphs = headed(blocks, markdown)
    return Found(edits, paragraphs=paragraphs)


def one_round(text: str, markdown: bool) -> tuple[list[Edit], list[Paragraph], Draft]:
    """The edits of one round of decisions, sorted, the paragraphs, and the draft that they are of."""
    draft = drafted(text, unspaced(read(text)))
    marks, paragraphs = headed(draft.blocks, markdown)
    return merge(draft.edits, marks), paragraphs, draft


def drafted(text: str, blocks: Sequence[Rows]) -> Draft:
    """The draft of a round of decisions about the blocks of a text."""
    draft = Draft(text)
    shapes: list[Shape | None] = []
    widths: list[int] = []
    for block in blocks:
        found = None
        if len(block) == 1:
            found = None if block.is_neat() else single(block.lines()[0])
        elif block.spaced or not block.plain(draft.spare):
            found = shape(block.lines())
            if found.kind == "wrapped" and len(block) > 3:
                widths.append(found.width)
        elif len(block) > 3:
            widths.append(block.width)
        shapes.append(found)
    usual = sorted(widths)[len(widths) // 2] if widths else 0
    draft.usual = usual
    for block, found in zip(blocks, shapes, strict=True):
        if found is None:
            if len(block) == 1:
                draft.line(block.start, block.rows[0])
            else:
                draft.wrapped(block)
            continue
        lines = block.lines()
        if found.kind == "kept" and not block.spaced:
            draft.kept.add("\n".join(block.rows))
        if usual and len(lines) > 1 and not block.spaced and (found.kind == "kept" or len(lines) == 2):
            found = shape(lines, usual)
        between = links(lines, found)
        if block.spaced:
            between = [BREAK if link is KEEP else link for link in between]
        draft.block(lines, between, found.kind == "kept")
    draft.close()
    return draft


def unspaced(blocks: list[Rows]) -> list[Rows]:
    """The blocks, with the lines of text that has a blank line after each put together again.

    Such text shows: four lines or more, most of them going on with a small letter, that are wrapped at one width.
    """
    if sum(len(block) == 1 and block.bare[0][0].islower() for block in blocks) * 3 < len(blocks):
        return blocks
    joined: list[Rows] = []
    run: list[Rows] = []
    for block in [*blocks, None]:
        above = run[-1] if run else None
        if block and len(block) == 1 and (not above or block.start - above.start - len(above.rows[0]) == 2):
            run.append(block)
            continue
        whole = Rows.of(run) if len(run) > 3 else None
        joined.extend([whole] if whole and shape(whole.lines()).kind == "wrapped" else run)
        run = [block] if block and len(block) == 1 else []
        joined.extend([block] if block and not run else [])
    return joined


def merge(edits: list[Edit], marks: list[Edit]) -> list[Edit]:
    """The edits with the insertions of `marks` among them; at one place, an insertion comes last."""
    return sorted([*edits, *marks], key=lambda edit: (edit.start, edit.end)) if marks else edits


def single(line: Line) -> Shape:
    """The shape of a block of one line: kept if spaces within it set columns, or if it is fenced code."""
    if "\n" in line.text:
        return Shape("kept")
    text = line.text[len(marker(line.text)) :].lstrip()
    columns = ROUGH.search(text) is not None and (len(text) <= WIDE or text.count("\t") > 1)
    aside = line.indent >= 3 and "  " in text and len(text) < 60  # a part of a dialogue, or of a table
    return Shape("kept") if columns or aside else Shape("lines")


def read(text: str) -> list[Rows]:
    """The blocks of a text: runs of lines that are not blank, and fenced code."""
    blocks: list[Rows] = []
    at = 0
    for start, end in fenced(text):
        blocks += runs(text[at:start], at)
        blocks.append(Rows(start, [text[start:end]]))
        at = end
    return blocks + runs(text[at:] if at else text, at)


def runs(text: str, at: int) -> list[Rows]:
    """The runs of lines that are not blank, of a text that starts at `at`."""
    blocks: list[Rows] = []
    rows = [*text.split("\n"), ""]
    first = 0
    for last in [number for number, row in enumerate(rows) if not row or row.isspace()]:
        if last > first:
            run = rows[first:last]
            blocks.append(Rows(at, run))
            at += sum(map(len, run)) + len(run)
        at += len(rows[last]) + 1
        first = last + 1
    return blocks
