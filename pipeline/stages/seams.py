"""Links: what a line break within a block becomes, the end of a paragraph, a break that stays, or a space.

A *seam* is a break in the midst of a sentence that no width explains: there a link stood on a line of its own, or
debris was taken out. It is known by what stands on both sides of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from pipeline.lists import some
from pipeline.stages import blocks
from pipeline.stages.blocks import NUMBERED, RULE, RULED, Line, Shape, is_numbered, width_of
from pipeline.stages.fixed import FIELD
from pipeline.stages.sentences import (
    ABBREVIATED,
    BULLET,
    FIRST_WORDS,
    OPEN_WORDS,
    WEAK_WORDS,
    goes_on,
    is_broken,
    is_cjk,
    is_formula,
    is_open,
    is_running,
    is_shouted,
    is_title,
    last_word,
    leads_on,
)


class Link(NamedTuple):
    """What stands between two lines afterwards, and the rule that says so; `KEEP` is the line break as it is."""

    new: str
    rule: str


KEEP = Link("\n", "")
BREAK = Link("\n\n", "reflow.paragraph")

QUESTION = re.compile(
    r"(?:Who|What|Where|When|How|Why)\b(?!.*\b(?:the|a|an|of|and|or)$)"
)  # headings may end with `for`
CAPTION = re.compile(r"(?:Fig(?:ure|\.)|Table) \d{1,2}[.:] [A-Z]")
OPTION = re.compile(r"--[a-z][\w-]*(?:[=\s,.;:)\]]|$)")
PROMPT = re.compile(r"\$ [a-z./~]")
LEADING = some(  # words before the name of an option
    "the to with of by or via use using for from option options flag flags mit von durch oder avec de con o ou"
)
COUNT = re.compile(r"(?:\d{1,3}:)?\[?(\d{1,3})[.)\]]? ")
FRAGMENTS = frozenset(("s", "n", "es", "ese", "ns"))
TAIL = 400  # of the paragraph so far, that is looked at
SURE = 70  # a line of this length that leaves a sentence open is no line of verse or of a list
SHORT = 60  # a line below this can be one of a list of short lines; a longer one is running text


def join(a: str, b: str, rule: str) -> Link:
    """The link that joins two lines of one sentence: a space, or nothing at a dash, a bracket, or beside Han and kana.

    >>> join("the sea", "and", "r").new, join("the sea--", "and", "r").new, join("the (", "sea", "r").new
    (' ', '', '')
    >>> join("sagt: „Ja.“", "Er ging", "r").new, join("he said “", "Yes", "r").new
    (' ', '')
    >>> join("the sea", "— and", "r").new, join("the sea —", "and", "r").new, join("the sea", "—and", "r").new
    (' ', ' ', '')
    """
    last, first = a[-1], b[0]
    if first.isascii() and first.isalnum() and last.isalnum():
        return Link(" ", rule)
    if last in "([{“‘«$€£¥" and (last not in "$€£¥" or first.isdigit()) and not closes(a):
        return Link("", rule)
    if (last == "—" and a[-2:-1] != " ") or (a.endswith("--") and len(a) > 2 and a[-3:-2] != " "):
        return Link("", rule)
    if (first == "—" and b[1:2] != " ") or (b.startswith("--") and b[2:3] not in ("", " ") and not is_option(a, b)):
        return Link("", rule)
    if goes_on(b) and not first.islower() and not (first == ":" and b[1:2].isalnum()):
        return Link("", rule)
    if first in "…」』" or (is_cjk(first) and is_cjk(last)):
        return Link("", rule)
    return Link(" ", rule)


def is_option(a: str, b: str) -> bool:
    """Whether the two dashes that a line starts with are those of a program's option, and not a dash of the text.

    >>> is_option("is the same as using", "--all, but faster"), is_option("the sea", "--and what a sea")
    (True, False)
    """
    return OPTION.match(b) is not None and last_word(a) in LEADING


def closes(a: str) -> bool:
    """Whether the quotation mark at the end of a line closes, as “ and « do in German: no space is before it.

    >>> closes("sagt: „Ja.“"), closes("he said “")
    (True, False)
    """
    return a[-1] in "“‘«" and a[-2:-1] not in ("", " ", "\u00a0", "(", "[", "—", "–", "“", "„", "‘", "«")


def links(lines: Sequence[Line], shape: Shape) -> list[Link]:
    """The links between the lines of a block, one fewer than the lines."""
    if shape.kind == "kept":
        return [KEEP] * (len(lines) - 1)
    return wrapped(lines, shape) if shape.kind == "wrapped" else apart(lines, shape.nodes)


def framed(a: Line, b: Line, first: bool) -> Link | None:
    """The link beside a ruled line or a heading in capitals, which stand apart; `first`: `a` starts its paragraph.

    A break behind a backslash is meant, wherever it stands, and so is one beside a command after its prompt.
    """
    if a.text[-1] == "\\" or (is_session(a.text, b.text) and not is_broken(a.text, b.text)):
        return KEEP
    if b.text[0] in RULED and RULE.match(b.text):
        return KEEP if first and len(a.text) < 80 and not a.stop else BREAK
    if a.text[0] in RULED and RULE.match(a.text):
        return BREAK
    if first and is_shouted(a.text):
        return KEEP if is_shouted(b.text) else BREAK
    return None


def is_session(a: str, b: str) -> bool:
    """Whether one of two lines is a command after the prompt of a shell.

    >>> is_session("$ mill --help", "usage: mill"), is_session("it cost", "$ 40 in all")
    (True, False)
    """
    return (a[0] == "$" and PROMPT.match(a) is not None) or (b[0] == "$" and PROMPT.match(b) is not None)


def wrapped(lines: Sequence[Line], shape: Shape) -> list[Link]:
    """The links of a block that was wrapped at `shape.width`."""
    found: list[Link] = []
    base = min(line.indent for line in lines)
    hung = sum(line.indent >= base + 2 for line in lines) * 2 >= len(lines)
    width, rooms = logical(lines, shape)
    first, item = True, bool(lines[0].mark)
    for a, b, room in zip(lines, lines[1:], rooms, strict=False):
        stop = a.stop and not (0 <= room < 16 and ABBREVIATED.search(a.text[-6:]))
        link = framed(a, b, first)
        if link:
            pass
        elif BULLET.fullmatch(a.text):
            link = join(a.text, b.text, "reflow.join")
        elif not (a.mark or b.mark) and is_numbered(a, b, width):
            link = KEEP if NUMBERED.match(a.text) and NUMBERED.match(b.text) else BREAK
        elif stop and CAPTION.match(b.text):
            link = BREAK
        elif b.mark and (item or stop or room >= 0 or a.text[-1] in ":;"):
            link, item = KEEP if item else BREAK, True
        elif (is_shouted(b.text) and (stop or room >= 0)) or (
            stop and not item and not hung and b.indent >= base + 2 > a.indent
        ):
            link = BREAK
        elif room < 0:
            link = join(a.text, b.text, "reflow.join")
        elif first and room > width // 5 and not (item or shape.twice) and b.indent >= a.indent + 4:
            link = KEEP  # a term, and below it what it is
        elif b.low:
            link = join(a.text, b.text, "reflow.join" if shape.twice else "reflow.seam")
        elif (
            stop
            or (first and room > width // 5 and is_title(a.text) and (not is_open(a.text) or QUESTION.match(a.text)))
            or (item and b.indent <= base)
        ):
            link = BREAK
        else:
            link = join(a.text, b.text, "reflow.join" if shape.twice else "reflow.seam")
        found.append(link)
        first = "\n" in link.new
        if link is BREAK:
            item = bool(b.mark)
    return found


def logical(lines: Sequence[Line], shape: Shape) -> tuple[int, list[int]]:
    """The width of the lines, and the room after each: columns left once the next word is set; below 0, it did not fit.

    In text that was wrapped twice, a full line and its short rest are one line, and the room is that after the rest.
    """
    width = shape.width
    rooms = blocks.rooms(lines, width)
    if not shape.twice:
        return width, rooms
    for at, room in enumerate(rooms[1:]):  # a line above a short rest was full, whatever was cut from it
        if 0 <= rooms[at] < 12 and room > width // 2 and not lines[at + 1].stop:
            rooms[at] = -1
    lengths: list[int] = []
    total = 0
    for line, room in zip(lines, [*rooms, 0], strict=False):
        total += len(line.text) + (1 if total else 0)
        lengths.append(total)
        if room >= 0:
            total = 0
    ends = sorted(length for length, room in zip(lengths, rooms, strict=False) if room >= 0)
    first_width = ends[len(ends) * 9 // 10] if ends else width
    return first_width, [
        room if room < 0 else first_width - length - 1 - width_of(b.text)
        for room, length, b in zip(rooms, lengths, lines[1:], strict=False)
    ]


def apart(lines: Sequence[Line], nodes: bool) -> list[Link]:
    """The links of a block with a paragraph on each line; `nodes`: some lines are links in the midst of a sentence."""
    found: list[Link] = []
    running = lines[0].text  # the paragraph so far
    first, item = True, bool(lines[0].mark)
    lowered = sum(a.stop and b.text[0].islower() for a, b in pairwise(lines)) > 1
    for a, b, below in zip(lines, lines[1:], [*lines[2:], None], strict=False):
        link = framed(a, b, first and not (nodes and b.low))
        lone = first and BULLET.fullmatch(a.text) is not None
        bullet = b.mark
        if link:
            pass
        elif lone:
            link, item = Link(" ", "reflow.seam"), True
        elif bullet and not (nodes and item and bullet in "–—" and not a.stop):
            link, item = KEEP if item else BREAK, True
        else:
            # nothing else goes on with a sentence that has ended
            if (not a.stop or b.text[0] in ")—") and not is_counted(a.text, b.text):
                link = seam(running, a, b, Sight(nodes, lowered, item, below))
            if link is None:
                link = BREAK if item else between(a, b, first, found)
        if "\n" in link.new:
            running, first = b.text, True
            item = item if link is KEEP else bool(b.mark)
        else:
            running, first = (running + link.new + b.text)[-TAIL:], False
        found.append(link)
    return settle(lines, found)


def is_counted(a: str, b: str) -> bool:
    """Whether two lines start with a number and the next one, as verses do.

    >>> is_counted("3 He said,", "4 Go"), is_counted("1:9 He said,", "1:10 Go"), is_counted("3 He said,", "40 men")
    (True, True, False)
    """
    above, below = COUNT.match(a), COUNT.match(b)
    return bool(above and below) and int(below[1]) == int(above[1]) + 1  # type: ignore[index]


def between(a: Line, b: Line, first: bool, found: Sequence[Link]) -> Link:
    """A break between two lines that are not one sentence: short lines stay together, others are paragraphs."""
    if len(a.text) >= SHORT or len(b.text) >= SHORT or not first:
        return BREAK
    together = bool(found) and found[-1] is KEEP
    return KEEP if together or not (a.stop or b.stop) else BREAK


def settle(lines: Sequence[Line], found: list[Link]) -> list[Link]:
    """Part two short lines above a paragraph: they are a heading and the heading below it, not a list."""
    for at, link in enumerate(found):
        above, below = found[at - 1] if at else BREAK, found[at + 1] if at + 1 < len(found) else KEEP
        alone = link is KEEP and above is BREAK and below is not KEEP
        pair = lines[at : at + 2]
        if alone and all(is_title(line.text) and not FIELD.match(line.text) and not line.mark for line in pair):
            found[at] = BREAK
    return found


class Sight(NamedTuple):
    """What is seen around two lines: of their block, whether links stand on lines of their own (`nodes`) and whether
    small letters start lines anyway (`lowered`); whether they are in a list item, and the line `below` the second."""

    nodes: bool
    lowered: bool
    item: bool
    below: Line | None


def seam(running: str, a: Line, b: Line, sight: Sight) -> Link | None:
    """The link that joins `b` to the sentence that `a` leaves open, or None if it does not belong to it.

    `running` is the end of the paragraph that ends with `a`.
    """
    first, last = b.text[0], a.text[-1]
    stop = a.stop
    if b.low and not first.islower():
        inside = running.count("(") + running.count("[") > running.count(")") + running.count("]")
        return (
            None if (stop and first != ")") or (first in ")]" and not inside) else join(a.text, b.text, "reflow.seam")
        )
    if is_formula(a.text) or is_formula(b.text):
        return None
    if is_broken(a.text, b.text) or last in "([—" or (last in "$€£¥" and first.isdigit()):
        return join(a.text, b.text, "reflow.seam")
    if sight.nodes and first == "—" and b.text[1:2].isalpha():
        return join(a.text, b.text, "reflow.seam")
    if stop:
        return None
    if sight.nodes and last.isalpha() and b.text.split(" ", 1)[0] in FRAGMENTS:
        return Link("", "reflow.seam")
    return join(a.text, b.text, "reflow.seam") if is_same(running, a.text, b.text, sight) else None


def is_same(running: str, a: str, b: str, sight: Sight) -> bool:
    """Whether two lines are of one sentence, to judge by their words; `a` ends none."""
    last, first = a[-1], b[0]
    if first.islower():
        loose = (running[0].islower() and len(running) < SHORT) if sight.nodes else len(running) < SHORT
        return ((not loose or last == ",") and (sight.nodes or not sight.lowered)) or is_open(a)
    word = last_word(a)
    if word in OPEN_WORDS:
        return True
    if len(a) >= SURE and is_running(a) and (word in WEAK_WORDS or last == ","):
        return True
    if not sight.nodes or not (first.isalnum() or first in "([\"'“‘«–—*_/"):
        return False
    if first in "(/" or last == "/" or running.count("(") > running.count(")") or (sight.item and first in "–—"):
        return True
    goes = sight.below is not None and leads_on(b, sight.below.text)
    return (goes or word in WEAK_WORDS or last == ",") and (
        sight.item
        or is_running(running)
        or (goes and (word in WEAK_WORDS or last == "," or running.split(" ", 1)[0] in FIRST_WORDS))
    )
