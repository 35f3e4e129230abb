"""Tooltips below the line that their link ends: the title of its target, a summary, and mostly a blank line.

    They sent the grain to a mill
    Mill
    A mill is a house in which corn is ground between two stones. The lower one does not...

     that stood by the river.

The sentence goes on behind the blank line, or behind the summary if blank lines did not come along. A document is of
this layout if it has several of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from pipeline.rules.lines import Lines, ends_sentence
from pipeline.rules.rule import Span, Structural, examples
from pipeline.rules.structural import tooltips

ID = "wiki.tooltip-titled"
TITLE = regex.compile(r"(?=[\p{Lu}\d])[^\n.!?;:]{2,90}(?<=[\p{L}\p{N})’'])")
LONGEST = 1200  # characters of a summary
SHORTEST = 60
NEAR = 100  # characters at the end of a line, in which a link stands
SURE = 3  # tooltips beyond doubt that a document of this layout has


def find(view: Lines) -> Sequence[Span]:
    """Propose to cut each title and summary, with the line ends around them."""
    lines = view.rows
    ends = [index for index, line in enumerate(lines) if line.endswith("...") and _is_tooltip(lines, index)]
    sure = [end for end in ends if _tells(*lines[end - 2 : end + 1])]
    rests = [lines[_rest(lines, end)] for end in ends]
    if len(sure) < SURE or len(sure) * 2 < len(ends) or len(set(rests)) * 2 <= len(rests):
        return ()  # what is the same below each is no sentence that goes on: a link to the rest of a teaser
    spans = []
    for end in ends:
        start = view.starts[end - 1] - 1  # with the line end behind the link
        goes_on = _rest(lines, end)
        spans.append(Span(start, view.starts[goes_on], tooltips.seam(lines, end - 2, goes_on), ID))
    return spans


def _is_tooltip(lines: Sequence[str], end: int) -> bool:
    """Whether a line ends a summary: a title above, a sentence that is not at its end, and its rest below."""
    if end < 2 or not SHORTEST <= len(lines[end]) <= LONGEST or not TITLE.fullmatch(lines[end - 1].strip()):
        return False
    above = lines[end - 2].rstrip()
    if not above or ends_sentence(above) or tooltips.OWN_LINE.match(above):
        return False
    rest = _rest(lines, end)
    if rest == end + 1 and tooltips.CUT.search(lines[end]):
        return False  # a tooltip of the other layout, with its link above it
    return rest < len(lines) and tooltips.GOES_ON.match(lines[rest]) is not None


def _rest(lines: Sequence[str], end: int) -> int:
    """The line on which the sentence goes on behind a summary."""
    return end + 2 if end + 1 < len(lines) and not lines[end + 1].strip() else end + 1


def _tells(above: str, title: str, summary: str) -> bool:
    """Whether a summary says what its title is, and a link of that name ends the line above."""
    named = tooltips.names(title, above[-NEAR:]) and tooltips.names(title, summary)
    return named and tooltips.DEFINING.match(summary) is not None


RULE = Structural(
    id=ID,
    about="The title and the summary of a link's target, cut with `...`, below the line that the link ends.",
    find=find,
    gate=r"\.\.\.\n",
    phase=1,
    match=examples(
        "They sent the grain to a mill⟦\nMill\nA mill is a house in which corn is ground between two stones. The "
        "lower one does not...\n\n⟧ that stood in Lowford⟦\nLowford\nLowford is a town of bakers by the river Lowe, "
        "where five bridges and a ferry take people to...\n\n⟧, by the weir⟦\nWeir\nA weir is a low dam that holds a "
        "river back, so that its water runs to a wheel or to a....\n\n⟧. It was burnt in the war.",
        "They sent the grain to a mill⟦\nMill\nA mill is a house in which corn is ground between two stones. The "
        "lower one does not...\n⟧ that stood in Lowford⟦\nLowford\nLowford is a town of bakers by the river Lowe, "
        "where five bridges and a ferry take people to...\n⟧, by the weir⟦\nWeir\nA weir is a low dam that holds a "
        "river back, so that its water runs to a wheel or to a....\n⟧. It was burnt in the war.",
    ),
    keep=examples(
        "They sent the grain to a\nmill\nA mill is a house in which corn is ground between two stones. The lower one"
        "...\nthat stood in\nLowford\nLowford is a town of bakers by the river Lowe, where five bridges and a ferry..."
        "\n, by the\nweir\nA weir is a low dam that holds a river back, so that its water runs to a wheel or to a..."
        "\n. It was burnt in the war.",
        "They sent the grain away\nMill\nA mill is a house in which corn is ground between two stones. The lower "
        "one does not...\n\nand it was gone by noon\nLowford\nLowford is a town of bakers by the river Lowe, where "
        "five bridges take people to...\n\n, by the old road\nWeir\nA weir is a low dam that holds a river back, so "
        "that its water runs to a wheel or to a...\n\n. It was burnt in the war.",
        "The mill stood by the river\nMill\nA mill is a house in which corn is ground between stones, of which...\n\n"
        "and so on.",
        "Old mills\nMill\nA mill is a house in which corn is ground between two stones. The lower one does not...\n\n"
        "Lowford\nLowford is a town of bakers by the river Lowe, where five bridges and a ferry take the people...\n\n"
        "Weir\nA weir is a low dam that holds a river back, so that its water runs to a wheel or to a...\n\n"
        "Ferry\nA ferry is a boat that takes people over a river or a lake, in places where there is no...",
        "3 May 2012\nMills\nA mill is a house in which corn is ground between two stones. The lower one does not...\n\n"
        "read on\n\n4 May 2012\nWeirs\nA weir is a low dam that holds a river back, so that its water runs to a...\n\n"
        "read on\n\n5 May 2012\nFerries\nA ferry is a boat that takes people over a river, in places where no...\n\n"
        "read on",
    ),
)
