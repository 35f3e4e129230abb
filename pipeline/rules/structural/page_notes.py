"""Footnotes at the end of a printed page: a text made of it has them in its midst, each behind its bare number.

`1 Hill, p. 12.` may be a footnote, an item or the heading of a section. It is a footnote if its number stands at the
end of a word above it, where the notes before it have ended; if the page ends behind it, or a sentence goes on there
that it had broken; and if there are more of them, which are counted through. A star needs only a broken
sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import regex

from pipeline.rules.lines import Lines, ends_sentence
from pipeline.rules.rule import Span, Structural, examples
from pipeline.rules.structural.pages import BARE, HEADED

ID = "markers.page-note"
NOTE = regex.compile(
    r"(?P<mark>\d{1,3}|\*{1,3}|[†‡§¶])(?:\.?[ \t]|(?=\p{Lu}))[ \t]*(?:[\p{Lu}\"“‘(]|(?:see|cf|ibid|id|supra|in)\b)"
)
FAR = 8000  # characters from a marker to its note, at most
LONG = 12  # lines of a note
SURE, SHARE = 2, 0.8  # notes that are counted through, at least, and their share of all that have a number
STEP = 2  # from one number to the next, at most: one of them may have lost its marker
GATE = r"\n[ \t]*\n[ \t]*(?:\d{1,3}|\*{1,3}|[†‡§¶])\.?[ \t]*[\p{Lu}\"“‘(]"


class Note(NamedTuple):
    """A footnote: its mark, the lines that it stands on, and where its marker stands in the text above."""

    mark: str
    first: int
    last: int
    marker: int


def find(lines: Lines) -> Sequence[Span]:
    """Propose to drop the footnotes at the end of pages, and their markers."""
    groups = list(_groups(lines))
    numbers = [int(note.mark) for notes, _ in groups for note in notes if note.mark.isdigit()]
    counted = 1 + sum(b == 1 or 0 < b - a <= STEP for a, b in pairwise(numbers))
    by_number = counted >= max(SURE, SHARE * len(numbers))
    starred = [note for notes, _ in groups for note in notes if note.mark[0] == "*"]
    by_star = sum(not notes[0].mark.isdigit() for notes, _ in groups) >= SURE
    if len(starred) < sum(text.startswith("*") for text in lines.texts):  # it has lists with stars
        groups = [(notes, broken) for notes, broken in groups if notes[0].mark[0] != "*"]
    spans: list[Span] = []
    for notes, broken in groups:
        if not (by_number if notes[0].mark.isdigit() else by_star or broken):
            continue
        spans += [Span(note.marker, note.marker + len(note.mark), "", ID) for note in notes]
        above, below = lines.beside(notes[0].first, -1), lines.beside(notes[-1].last, 1)
        if broken and above is not None and below is not None:
            spans.append(Span(lines.end(above), lines.starts[below], "", ID))
        else:
            spans.append(Span(lines.starts[notes[0].first], lines.end(notes[-1].last), "", ID))
    return spans


def _groups(lines: Lines) -> Iterator[tuple[list[Note], bool]]:
    """Yield the notes of each page, and whether a sentence goes on behind them."""
    at, since = 1, 0
    while at < len(lines):
        notes = list(_notes(lines, at, since)) if not lines.texts[at - 1] and lines.texts[at] else []
        if notes and (ended := _ends_page(lines, notes)) is not None:
            yield notes, ended
            since = lines.end(notes[-1].last)
            at = notes[-1].last
        at += 1


def _notes(lines: Lines, at: int, since: int) -> Iterator[Note]:
    """Yield the notes that follow each other from a line on, each with its marker in the text from `since` on."""
    top = lines.starts[at]
    while at < len(lines) and (match := NOTE.match(lines.texts[at])):
        mark, last = match["mark"], at
        marker = _marker(lines.text, mark, max(since, top - FAR), top)
        if marker is None:
            return
        while last + 1 < len(lines) and not _ends(lines, last + 1, mark):
            last += 1
        if last - at >= LONG:
            return
        yield Note(mark, at, last, marker)
        since = marker + 1 if mark.isdigit() else since
        below = lines.beside(last, 1)
        if below is None or not _is_next(lines.texts[below], mark):
            return
        at = below


def _ends(lines: Lines, index: int, mark: str) -> bool:
    """Whether a note ends above a line: that is blank, another note, or the number of the page."""
    text = lines.texts[index]
    return not text or _is_next(text, mark) or BARE.fullmatch(text) is not None


def _is_next(text: str, mark: str) -> bool:
    """Whether a line starts the note behind that with this mark."""
    match = NOTE.match(text)
    if not match:
        return False
    if mark.isdigit():
        return match["mark"].isdigit() and int(match["mark"]) == int(mark) + 1
    return not match["mark"].isdigit() and match["mark"] != mark


def _marker(text: str, mark: str, start: int, end: int) -> int | None:
    """Where a mark stands at the end of a word, once."""
    before = r"(?<=\p{Ll}{2}[.,;:!?)\]\"”’]{0,3})"
    found = [
        match.start()
        for match in regex.finditer(
            rf"{before}{regex.escape(mark)}(?=[\s,.;:)—–]|$)(?![.,]\d)", text, pos=start, endpos=end
        )
    ]
    return found[0] if len(found) == 1 else None


def _ends_page(lines: Lines, notes: Sequence[Note]) -> bool | None:
    """Whether a sentence goes on behind the notes, or None if the page does not end there."""
    above, below = lines.beside(notes[0].first, -1), lines.beside(notes[-1].last, 1)
    if above is None or below is None:
        return False if above is not None else None
    text = lines.texts[below]
    broken = text[0].islower() and not ends_sentence(lines.texts[above]) and len(lines.texts[above]) > 20
    if broken:
        return True
    number = BARE.fullmatch(text) or HEADED.fullmatch(text)
    return False if number else None


_ONE = "The mill was built by the monks.⟦1⟧ It ground the corn of the valley,⟦2⟧ which was sold at the fair of the\n"
_TWO = "town, and the rest of it was kept. The weir was raised in the summer,⟦3⟧ and the meadows above it lay\n"
_BARE = _ONE.replace("⟦", "").replace("⟧", "")
RULE = Structural(
    id=ID,
    about="Footnotes at the end of a page in the midst of a text, behind bare numbers or stars, and their markers.",
    find=find,
    gate=GATE,
    phase=1,
    match=examples(
        f"{_ONE}⟦\n1 Hill, Mills, p. 12.\n2 The monks kept a tenth of it, as the rolls say, and\nate it.\n\n⟧{_TWO}"
        "⟦\n3 Hill, Mills, p. 40.\n\n⟧under water until the autumn.",
        f"{_ONE}\n⟦1 Hill, Mills, p. 12.\n2 So he said.\n⟧\n12\n\n{_TWO}\n⟦3 Hill, p. 40.\n⟧\n13\n\nunder water.",
        "The mill was built by the monks,⟦*⟧ who had come to the valley from the\n⟦\n* Hill, Mills, p. 12.\n\n⟧"
        "south, and who stayed until the flood.",
    ),
    keep=examples(
        "The mill was built by the monks of the abbey, who had come to the valley from\n\n1 Hill, Mills, p. 12.\n\n"
        "the south.",
        "The water holds CO2 and lime, which the mill does not mind, but the fish in the pond\n\n2 Methods\nWe took "
        "water from the pond.\n\n12\n\nand counted the fish.",
        "The mills.1 The weirs.2\n\n1 Hill, Mills, p. 12.\n2 Hill, Mills, p. 40.\n\nThe third mill is younger.",
        "You need a lamp and a\n\n1 Lamp\n2 Rope\n\n12\n\nand nothing else.",
        "Bread*\n\n* Not on Sundays.\n\nMilk",
        f"{_BARE}\n1 Hill, p. 12.\n2 So he said.\n\n12\n\nThe weir was raised,9 and the meadows lay\n\n9 Hill, p. 3."
        "\n\n13\n\nunder water,30 until the autumn came\n\n30 Hill, p. 4.\n\n14\n\nat last.",
        "* The weirs are called weir*, whatever their name was in the\n\n* New names for mills.\n\nold list.",
    ),
)
