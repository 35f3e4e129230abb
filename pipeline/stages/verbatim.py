"""Code in plain texts: what stands between the fences and the backticks of Markdown is an example, and stays as it is.

Entities, footnote markers and wiki markup in it are what it is about. Fences are those of CommonMark 0.31, section 4.5;
of the spans of section 6.1 only those on one line, of one backtick and without spaces at their ends, since a backtick
is an apostrophe in some texts, and a quotation mark in others.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from pipeline.edits import Edit

__all__ = ["Spans", "fenced", "spans", "untouched"]

Spans = Sequence[tuple[int, int]]
FENCE = re.compile(r"^(```+|~~~+)(.*)$", re.M)
TICKED = re.compile(r"(?<![\w`])`(?![\s`])[^`\n]{1,120}(?<!\s)`(?![\w`])")


def fenced(text: str) -> list[tuple[int, int]]:
    """Where fenced code stands: it is one block, whatever blank lines are in it.

    >>> fenced("a\\n```\\nb\\n\\nc\\n```\\nd")
    [(2, 14)]
    """
    found: list[tuple[int, int]] = []
    if "`" not in text and "~" not in text:
        return found
    start, fence = -1, ""
    for line in FENCE.finditer(text):
        if start < 0:
            start, fence = line.start(), line[1]
        elif line[1].startswith(fence) and not line[2].strip():
            found.append((start, line.end(1)))
            start = -1
    return found


def spans(text: str) -> list[tuple[int, int]]:
    """Where code stands that backticks fence or enclose. A line of tildes is more often an ornament than a fence.

    >>> text = "Write `a[1]` or `b`.\\n```\\nc[2]\\n```\\nThe `70s and `80s."
    >>> [text[start:end] for start, end in spans(text)]
    ['`a[1]`', '`b`', '```\\nc[2]\\n```']
    """
    if "`" not in text:
        return []
    blocks = [(start, end) for start, end in fenced(text) if text[start] == "`"]
    ends = [end for _, end in blocks]
    inline = [
        span
        for span in (match.span() for match in TICKED.finditer(text))
        if (place := bisect_right(ends, span[0])) == len(blocks) or blocks[place][0] > span[0]
    ]
    return sorted(blocks + inline)


def untouched(edits: Sequence[Edit], code: Spans) -> Sequence[Edit]:
    """The edits that leave code as it is, or take it whole with what is around it.

    >>> untouched([Edit(2, "[1]", "", "a.b"), Edit(9, "[2]", "", "a.b")], [(0, 6)])
    [Edit(start=9, old='[2]', new='', rule='a.b')]
    """
    if not code:
        return edits
    ends = [end for _, end in code]
    return [edit for edit in edits if not _is_within(edit, code, bisect_right(ends, edit.start))]


def _is_within(edit: Edit, code: Spans, place: int) -> bool:
    """Whether an edit would change some of a block of code, of which the one at `place` is the first that it may."""
    if place == len(code):
        return False
    start, end = code[place]
    return max(edit.end, edit.start + 1) > start and not (edit.start <= start and edit.end >= end)
