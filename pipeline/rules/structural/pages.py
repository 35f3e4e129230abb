"""Page numbers and running heads: what a printed page has above and below its text, and a text made of it in its midst.

A number alone on a line may be that of a chapter, a verse or a step. Those of pages count up, with much text between
them, and do not care for sentences: in the middle of some of them they stand. What is beside them again and again is
the running head.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import regex

from pipeline.rules.lines import Lines, ends_sentence, prose_like
from pipeline.rules.rule import Span, Structural, examples
from pipeline.stages.sentences import is_open

ID = "footer.running-head"
WIDE = 70  # characters of such a line, at most
PAGE = 150  # characters of text between two numbers, at least
STEP = 4  # from one number to the next, at most: of blank pages, and of those with pictures
FEW = 3  # numbers that count up; two are enough if both break a sentence
BROKEN, SHARE = 2, 0.25  # sentences that are broken by them, at least, and by which share of the numbers
MOST = 0.75  # of the numbers, beside which one head makes sure of them, so that one broken sentence is enough
HEADS = 2  # beside a number, on one side of it, at most
BACK = 40  # numbers before one that may be that of the page before
BARE = regex.compile(  # but `(4)` is the number of a formula
    r"[-–—\[]?\s?(?:[Pp](?:age|\.)\s)?(?P<number>\d{1,4})(?:\s(?:of|/)\s\d{1,4})?\s?[-–—\]]?|\(\s(?P<number>\d{1,4})\s\)"
)
HEADED = regex.compile(
    r"(?P<number>\d{1,4})[\s|·•]+(?P<head>[\p{Lu}\p{Lo}][^\n]*[\p{L}\d)’'.])|(?P<head>[\p{Lu}\p{Lo}][^\n]*?)[\s|·•]+(?P<number>\d{1,4})"
)
LAST_NUMBER = regex.compile(r"(?<![\d.,:-])\d{1,4}$")
GAP = regex.compile(r"\s{2,}")  # between a head and its number, at the two margins
# What is numbered, but no page.
COUNTED = regex.compile(
    r"(?i)(?:table|tab|fig(?:ure)?|plate|chapter|section|part|appendix|example|exercise|question|answer|step|act|scene"
    r"|canto|book|psalm|verse|article|rule|clause|lesson|unit|item|note|no|volume|vol|issue|day|week|round|game|match"
    r"|tabelle|abbildung|kapitel|tableau|chapitre|january|february|march|april|may|june|july|august|september|october"
    r"|november|december)\b\.?[^\p{L}]*"
)
# A number alone on a line, before a capital, or at the end of a line: simple, for all texts are looked at for it.
GATE = (
    r"\n[ \t\f]*[-–—\[(]?[ \t]?\d{1,4}(?:[ \t\f]?[-–—\])]?[ \t]*\n|[ \t|]+[A-Z])"
    r"|(?:[^\d\s.,;:][ \t|]+|\d[ \t]{2,})\d{1,4}[ \t]*\n"
)


class Number(NamedTuple):
    """A line that may be that of a page number."""

    line: int
    number: int


class Furniture(NamedTuple):
    """The lines `first` to `last` around a page number, and the lines of text above and below, if there are any."""

    first: int
    last: int
    above: int | None
    below: int | None


def find(lines: Lines) -> Sequence[Span]:
    """Propose to drop page numbers that count up through a text, and the heads beside them."""
    spans: list[Span] = []
    for chain in _chains(lines, list(_numbers(lines))):
        nearest = [at for line, _ in chain for step in (-1, 1) if (at := lines.beside(line, step)) is not None]
        beside = Counter(lines.texts[at] for at in nearest if _is_head(lines.texts[at]))
        heads = {text for text, count in beside.items() if count >= (FEW if prose_like(text) else FEW - 1)}
        heads |= _farther(lines, chain, heads)
        found = [_furniture(lines, line, heads) for line, _ in chain]
        broken = [_is_broken(lines, one) for one in found]
        sure = _is_two_sided(lines, chain) or any(beside[text] >= max(FEW, MOST * len(chain)) for text in heads)
        least = 1 if sure else max(BROKEN, SHARE * len(chain))
        if sum(broken) >= least and (len(chain) >= FEW or all(broken)):
            spans += [_span(lines, one, breaks) for one, breaks in zip(found, broken, strict=True)]
            taken = {at for one in found for at in range(one.first, one.last + 1)}
            alone = [_furniture(lines, at, set()) for at in _unnumbered(lines, chain) if at not in taken]
            spans += [_span(lines, one, _is_broken(lines, one)) for one in alone]
    return spans


def _unnumbered(lines: Lines, chain: Sequence[Number]) -> list[int]:
    """The lines that are the head of other pages without its number, as on each second page of a journal."""
    matches = (HEADED.fullmatch(lines.texts[line]) for line, _ in chain)
    heads = Counter(match["head"] for match in matches if match and match["head"])
    often = {head for head, count in heads.items() if count >= FEW}
    return [index for index in range(chain[0].line, len(lines)) if lines.texts[index] in often] if often else []


def _farther(lines: Lines, chain: Sequence[Number], heads: set[str]) -> set[str]:
    """The lines that stand beside the heads of most pages: a page may have a head and a foot, and both are here."""
    farther: Counter[str] = Counter()
    for line, _ in chain:
        for step in (-1, 1):
            head = lines.beside(line, step)
            if head is not None and lines.texts[head] in heads and (next_one := lines.beside(head, step)) is not None:
                farther[lines.texts[next_one]] += 1
    return {text for text, count in farther.items() if count >= max(FEW, MOST * len(chain)) and _is_head(text)}


def _numbers(lines: Lines) -> Iterator[Number]:
    """The lines that may be page numbers."""
    for index, text in enumerate(lines.texts):
        if not text or not (text[0].isdigit() or text[-1].isdigit() or text[-1] in "-–—])"):
            continue
        if len(text) > WIDE and len(GAP.sub(" ", text)) > WIDE:
            continue
        match = BARE.fullmatch(text) or HEADED.fullmatch(text)
        if match and _is_row(lines, index, int(match["number"])):
            continue
        if match and not ("head" in match.groupdict() and match["head"] and _is_counted(match["head"])):
            yield Number(index, int(match["number"]))


def _is_row(lines: Lines, index: int, number: int) -> bool:
    """Whether a line is a row of a table or of a list: whether one right beside it ends with nearly the same number."""
    beside = [lines.texts[at] for at in (index - 1, index + 1) if 0 <= at < len(lines)]
    last = [match for text in beside if len(text) <= WIDE and (match := LAST_NUMBER.search(text[-12:]))]
    return any(abs(int(match[0]) - number) <= STEP for match in last)


def _is_two_sided(lines: Lines, chain: Sequence[Number]) -> bool:
    """Whether one head has its number on the left on some pages and on the right on others, as in a book.

    The pages on the left have even numbers and those on the right odd ones.
    """
    sides: dict[str, set[tuple[bool, int]]] = {}
    for line, number in chain:
        text = lines.texts[line]
        match = HEADED.fullmatch(text)
        if match:
            sides.setdefault(match["head"], set()).add((text[0].isdigit(), number % 2))
    return any(len(found) == 2 and len({left for left, _ in found}) == 2 for found in sides.values())


def _is_counted(head: str) -> bool:
    """Whether the words beside a number say that it is of something else, or are a part of a sentence or of code."""
    if head[0].islower() or head[-1] in ",;:=<>+*/" or "  " in head.strip():
        return True
    return COUNTED.fullmatch(head) is not None or prose_like(head)


def _chains(lines: Lines, numbers: Sequence[Number]) -> Iterator[list[Number]]:
    """Yield the numbers that count up through a text, the longest rows first; each number is of one row."""
    lengths, befores = [1] * len(numbers), [-1] * len(numbers)
    for place, (line, number) in enumerate(numbers):
        for before in range(max(0, place - BACK), place):
            other = numbers[before]
            far = lines.starts[line] - lines.starts[other.line] >= PAGE
            if far and 0 < number - other.number <= STEP and lengths[before] >= lengths[place]:
                lengths[place], befores[place] = lengths[before] + 1, before
    used: set[int] = set()
    for end in sorted(range(len(numbers)), key=lambda place: -lengths[place]):
        chain: list[int] = []
        place = end
        while place >= 0 and place not in used:
            chain.append(place)
            place = befores[place]
        if len(chain) < BROKEN:
            continue
        used.update(chain)
        yield [numbers[place] for place in reversed(chain)]


def _is_head(text: str) -> bool:
    """Whether a line may be a running head. One that reads like a sentence must be there more often."""
    return len(text) <= WIDE and not (text[0].islower() and " " in text) and not ends_sentence(text)


def _furniture(lines: Lines, line: int, heads: set[str]) -> Furniture:
    """A page number with the heads above and below it."""
    first = last = line
    above, below = lines.beside(line, -1), lines.beside(line, 1)
    for _ in range(HEADS):
        if above is not None and lines.texts[above] in heads:
            first, above = above, lines.beside(above, -1)
        if below is not None and lines.texts[below] in heads:
            last, below = below, lines.beside(below, 1)
    return Furniture(first, last, above, below)


def _is_broken(lines: Lines, found: Furniture) -> bool:
    """Whether a sentence goes on behind a page number."""
    if found.above is None or found.below is None:
        return False
    above, below = lines.texts[found.above], lines.texts[found.below]
    if ends_sentence(above) or above[-1] in ":;" or len(above) <= 20:
        return False
    return below[0].islower() or (is_open(above) and len(below) > 20)


def _span(lines: Lines, found: Furniture, broken: bool) -> Span:
    """What goes: of a broken sentence, also the blank lines; else those above stay, if there are any."""
    parted = broken or (found.first > 0 and not lines.texts[found.first - 1])
    start = lines.end(found.above) if broken and found.above is not None else lines.starts[found.first]
    end = lines.starts[found.below] if parted and found.below is not None else lines.end(found.last)
    return Span(start, end, "", ID)


_ONE = "The mill was built by the monks of the abbey, and it ground the corn of the valley for three hundred years. "
_TWO = "The weir was raised by a foot in the summer, and the meadows above it lay under water when the snow melted. "
_HEAD = "Hill and Marsh: On the mills of the valley and what they were for"

RULE = Structural(
    id=ID,
    about="Page numbers in the midst of a text, which count up, and the running heads beside them.",
    find=find,
    gate=GATE,
    match=examples(
        f"{_ONE}{_TWO}The last of them was a miller\n⟦\n1\n\nTHE MILLS\n\n⟧who kept bees. {_TWO}{_ONE}"
        f"He went to the town\n⟦\n2\n\nTHE MILLS\n\n⟧when it was over. {_ONE}{_TWO}"
        "\n\n⟦3\n\nTHE MILLS\n\n⟧It was sold.",
        f"{_ONE}{_TWO}The last of them was a miller\n⟦40 THE MILLS\n⟧who kept bees. {_TWO}{_ONE}He went to the town\n"
        f"⟦WEIRS 41\n⟧when it was over. {_ONE}{_TWO}He sold it to a man\n⟦42 THE MILLS\n⟧who was called Harper.",
        f"⟦40 THE MILLS\n⟧\n{_ONE}{_TWO}The last of them was a miller\n⟦\nTHE MILLS 41\n\n⟧who kept bees. {_TWO}{_ONE}"
        f"\n\n⟦42 THE MILLS\n\n⟧{_ONE}{_TWO}\n\n⟦THE MILLS 43\n\n⟧It was sold.",
        f"{_ONE}{_TWO}The last of them was a miller\n⟦\n4\n\n⟧who kept bees. {_TWO}{_ONE}"
        "He went to the town\n⟦\n5\n\n⟧when it was over.",
        f"{_ONE}{_TWO}The last of them was a miller\n⟦4\n\n{_HEAD}"
        f"\n\n⟧who kept bees. {_TWO}{_ONE}\n\n⟦5\n\n{_HEAD}\n\n⟧"
        f"{_ONE}{_TWO}\n\n⟦6\n\n{_HEAD}\n\n⟧It was sold.",
        f"{_ONE}{_TWO}The last was a miller\n⟦www.mills.example\nOld mills\n4\n⟧who kept bees. {_TWO}{_ONE}He sold it\n"
        f"⟦www.mills.example\nOld mills\n5\n⟧when it was over. {_ONE}{_TWO}And then he went to the sea\n"
        f"⟦www.mills.example\nOld mills\n6\n⟧and stayed. {_TWO}",
        f"{_ONE}{_TWO}The last was a miller\n⟦Lowford Report 2008   4\n⟧who kept bees. {_TWO}{_ONE}He sold it to men\n"
        f"⟦Lowford Report 2008   5\n⟧when it was over. {_ONE}{_TWO}And then he went to the sea\n"
        f"⟦Lowford Report 2008   6\n⟧and stayed.",
        f"{_ONE}{_TWO}The last was a miller\n⟦40 Hill and Marsh (1904)\n⟧who kept bees. {_TWO}{_ONE}He sold it to men\n"
        f"⟦Hill and Marsh (1904)\n⟧when it was over. {_ONE}{_TWO}And then he went to the sea\n"
        f"⟦42 Hill and Marsh (1904)\n⟧and stayed. {_ONE}{_TWO}It was too far\n⟦44 Hill and Marsh (1904)\n⟧for him.",
        f"{_ONE}{_TWO}The last of them was a miller\n⟦101\n\nHill / Mills 4 (1904)\n⟧who kept bees. {_TWO}{_ONE}"
        f"\n⟦102\n\nHill / Mills 4 (1904)\n⟧{_ONE}{_TWO}\n⟦103\n\nHill / Mills 4 (1904)\n⟧It was sold.",
    ),
    keep=examples(
        f"THE MILLS 1\n\n{_ONE}{_TWO}The last of them was a miller\n\nTHE MILLS 2\n\nwho kept bees. {_TWO}{_ONE}"
        f"\n\nTHE MILLS 3\n\n{_ONE}{_TWO}",
        f"1\n\nTHE MILLS\n\n{_ONE}{_TWO}\n\n2\n\nTHE MILLS\n\n{_TWO}{_ONE}\n\n3\n\nTHE MILLS\n\n{_ONE}{_TWO}",
        f"1\n\n{_ONE}{_TWO}\n\n2\n\n{_ONE}{_TWO}\n\n3\n\n{_ONE}{_TWO}",
        f"{_ONE}{_TWO}The last of them was a miller\n\n4\n\nwho kept bees. {_TWO}{_ONE}\n\n5\n\nIt was sold.",
        f"{_ONE}{_TWO}The wheel\n1 file changed, 2 lines\ncommit was next. {_TWO}{_ONE}The weir of the abbey\n"
        f"2 files changed, 4 lines\ncommit was next. {_ONE}{_TWO}The bridge of the town\n3 files changed, 1 line\n"
        "commit was next.",
        f"{_ONE}{_TWO}The work of the wheel is\n(1)\nof which the weir is a part. {_TWO}{_ONE}It follows that\n(2)\n"
        f"is smaller. {_ONE}{_TWO}and that of the miller is\n(3)\nas was to be shown.",
        "In the first year of his reign the king sent\n1\nto all of the towns by the river and the\n2\nsea, that they "
        "should send him their millers and\n3\ntheir bakers.",
        f"Weights of chains, which all of the millers know\nby heart and tell to their heirs\nlong chain 5\n"
        f"ring chain 6\nand others. {_ONE}{_TWO}They come\nby twos and threes in the good\nold chain 7\nthin chain 8\n"
        f"which is sold. {_ONE}{_TWO}It is of\nuse in all of the\nnew chain 9\nlast chain 10\nmills.",
        f"{_ONE}{_TWO}It is set by the line of the file that says\n    wheel = 1\nand by that\n{_TWO}{_ONE}One is\n"
        f"    wheel = 2\nwhich is for the weir. {_ONE}{_TWO}and so it goes on to\n    wheel = 3\nat last.",
        f"{_ONE}{_TWO}as is shown in the\nTable 1\nbelow. {_ONE}{_TWO}and as can be seen in the\nTable 2\nhere. "
        f"{_ONE}{_TWO}and in what is said in the\nTable 3\nthere.",
    ),
)
