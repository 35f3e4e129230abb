"""Numbers of lines in the margin: bills, transcripts of courts and editions for students count their lines so.

Items, verses and rows of tables are counted, too, but each of them is a thing of its own. Here the count goes by lines,
each of them or every fifth, and sentences go on from one line to the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import regex

from pipeline.rules.lines import Lines, ends_sentence, prose_like
from pipeline.rules.rule import Span, Structural, examples

ID = "footer.line-number"
LEFT = regex.compile(r"[ \t]*(?P<number>\d{1,4})(?:[ \t]+(?P<text>\S.*?))?[ \t]*")
RIGHT = regex.compile(r"[ \t]*(?P<text>\S.*?)[ \t]{2,}(?P<number>\d{1,4})[ \t]*")
WIDE = 116  # characters of a line, at most
STEPS = {1: 8, 5: 3, 10: 3}  # from one number to the next, and how many of them make sure that lines are counted
BROKEN = 0.2  # of the lines with a number start in the midst of a sentence, at least
FULL = 0.6  # of the lines that end no sentence are nearly as long as the longest, at least
FEW = 2  # numbers on a page, where other pages make sure
CODE = regex.compile(r"[;{}]$")
# Ten lines or more are counted, and a ten stands before or behind one of them.
GATE = r"\n[ \t]*10[ \t]+\S|\S[ \t]{2,}10[ \t]*\n"


class Counted(NamedTuple):
    """A line with a number: its index, its place among lines that are not blank, and where the number stands in it."""

    line: int
    place: int
    number: int
    start: int
    end: int
    text: str


def find(lines: Lines) -> Sequence[Span]:
    """Propose to drop the numbers of lines on one side of the text, be they on each line or on every fifth."""
    for side, pattern in ((0, LEFT), (-1, RIGHT)):
        counted = list(_counted(lines, side, pattern))
        for step, least in STEPS.items():
            runs = list(_runs(counted, step))
            if any(len(run) >= least and _is_prose(lines, run) for run in runs):
                return [_span(lines, one) for run in runs if len(run) >= FEW for one in run]
    return []


def _counted(lines: Lines, side: int, pattern: regex.Pattern[str]) -> Iterator[Counted]:
    """The lines with a number on a `side`: at their beginning (0) or end (-1)."""
    place = 0
    for index, (row, text) in enumerate(zip(lines.rows, lines.texts, strict=True)):
        place += text != ""
        if text and text[side].isdigit() and len(row) <= WIDE and (match := pattern.fullmatch(row)):
            start, end = match.span("number")
            yield Counted(index, place, int(match["number"]), start, end, match["text"] or "")


def _runs(counted: Sequence[Counted], step: int) -> Iterator[list[Counted]]:
    """Yield the lines whose numbers go up by `step` every so many lines."""
    run: list[Counted] = []
    for one in counted:
        if step > 1 and one.number % step:
            continue
        if run and not (one.number - run[-1].number == one.place - run[-1].place == step):
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _is_prose(lines: Lines, run: Sequence[Counted]) -> bool:
    """Whether sentences go on over the numbers, on lines that are about as long as each other."""
    texts = [one.text for one in run if one.text]
    above = [lines.beside(one.line, -1) for one in run]
    broken = sum(
        one.text[:1].islower() and at is not None and not ends_sentence(lines.texts[at])
        for one, at in zip(run, above, strict=True)
    )
    if broken < max(1, BROKEN * len(run)) or sum(CODE.search(text) is not None for text in texts) * 5 > len(texts) * 2:
        return False
    span = range(run[0].line, run[-1].line + 1)
    sizes = [len(lines.rows[at].rstrip()) for at in span if lines.texts[at] and not ends_sentence(lines.texts[at])]
    full = sum(size >= 0.7 * max(sizes) for size in sizes)
    return full >= FULL * len(sizes) and _reads(lines, run)


def _reads(lines: Lines, run: Sequence[Counted]) -> bool:
    """Whether the lines of a run, without the numbers, read like prose."""
    bare = {one.line: one.text for one in run}
    whole = " ".join(bare.get(at, lines.texts[at]) for at in range(run[0].line, run[-1].line + 1))
    return prose_like(whole.lstrip("(0123456789). "))


def _span(lines: Lines, one: Counted) -> Span:
    """What goes: a number before a line leaves its room, so that the indents stay what they are."""
    at = lines.starts[one.line]
    if not one.text or lines.rows[one.line][: one.start].strip():
        row = lines.rows[one.line]
        return Span(at + len(row[: one.start].rstrip()), at + len(row), "", ID)
    return Span(at + one.start, at + one.end, " " * (one.end - one.start), ID)


_BILL = (
    "the owner of a weir on the stream shall keep it",
    "in repair, and if he does not do so within one year",
    "of the notice, the county may mend it at his cost,",
    "(2) Whoever breaks a weir shall pay the owner of it",
    "a fine of not more than forty shillings, or he may",
    "mend it with his own hands, if the owner agrees to",
    "that and if the bailiff of the county has been told",
    "of it by a letter. This Act does not apply to weirs",
    "that are made of hurdles and are taken away in the",
    "winter, nor to those which belong to the abbey.",
)
RULE = Structural(
    id=ID,
    about="The numbers of lines in the margin of a bill or a transcript.",
    find=find,
    gate=GATE,
    phase=1,
    match=examples(
        "\n".join(f"⟦{n}⟧  {line}" for n, line in enumerate(_BILL, 1)),
        "\n".join(f"⟦{n}⟧ {line}" if n % 5 == 0 else f"   {line}" for n, line in enumerate((_BILL * 2)[:18], 1)),
        "\n".join(f"{line}⟦   {n}⟧" if n % 5 == 0 else line for n, line in enumerate((_BILL * 2)[:18], 1)),
    ),
    keep=examples(
        "\n".join(f"{n}  {line}." for n, line in enumerate(["The mill is old", "It stands by a weir"] * 6, 1)),
        "\n".join(f"{n} {line}" for n, line in enumerate(["red sandstone", "grey slate of the north", "oak"] * 4, 1)),
        "\n".join(f"{n}  wheel = turn(weir, {n})" for n in range(1, 13)),
        "\n".join(
            f"And so the mill stood still, and so we slept,{'   ' + str(n) if n % 5 == 0 else ''}" for n in range(1, 19)
        ),
        "\n".join(f"The lock of the weir is kept by {n}  men{'' if n % 2 else ' and a boy'}" for n in range(8, 13)),
    ),
)
