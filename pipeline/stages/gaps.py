"""Gaps: places where a scraper dropped a year, a decade, a date or a value, found by what it left behind.

`in , with`, `during the s`, `(November 30, )`, `In JanuarySmith`: a careful writer leaves none of these. Such patterns
are *certain*. Others (`was third in but lost`) also occur in intact text and count only near certain gaps, of which
there must be two near each other. A space before punctuation is no sign in a text that has it behind ordinary words
too (tokenised text, old scans, hasty writers), and only English text is looked at: the patterns know its prepositions.

What becomes of a gap is a choice. `keep` leaves the text alone, `mark` shows a certain gap as `[…]`, and `drop` takes
the sentence that holds a certain gap. Probable gaps are told, and never change the text.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache
from operator import itemgetter

import re2
import regex

from pipeline.document import Document, Found, Gap
from pipeline.edits import Edit
from pipeline.settings import Settings
from pipeline.stages.gap_patterns import GapRule, Gate, rules
from pipeline.stages.utf8 import utf8

MARK = "[…]"
POLICY = {"mark": "gaps.marked", "drop": "gaps.sentence"}  # the rules that change the text
SAMPLE = 20_000  # how much of a text tells its language and habits, in code points or bytes
TOGETHER = 2  # certain gaps near each other, from which on more may be lost around them
AROUND = 30_000  # characters: how near that is, and how far around


def finder(settings: Settings) -> Callable[[str], Found]:
    """Make the stage: a function from a text to its gaps, and the edits that the policy of `settings` asks for.

    >>> find = finder(Settings(gaps="mark"))
    >>> found = find("The mill was built in , with two wheels.")
    >>> found.gaps
    [Gap(at=22, kind='year', rule='gaps.preposition', certain=True, raw=-1)]
    >>> found.edits
    [Edit(start=22, old='', new='[…]', rule='gaps.marked')]
    """
    search = searcher(settings.off)

    def find(text: str) -> Found:
        gaps = search(text)
        return Found(gaps=gaps, edits=policy(text, gaps, settings))

    return find


def searcher(off: Collection[str] = ()) -> Callable[[str], list[Gap]]:
    """Make a function from a text to its gaps. `off` are the rules that are not used.

    >>> [gap.at for gap in searcher()("The mill was built in , with two wheels.")]
    [22]
    """
    known = [rule for rule in rules() if not {f"gaps.{rule.id}", "gaps.*"} & set(off)]
    certain = Gate([rule for rule in known if rule.certain])
    every = Gate(known)

    def search(text: str) -> list[Gap]:
        data = utf8(text)
        if not certain.sees(data) or not is_english(text):
            return []
        loose = is_loose(data)
        places = [place for place in scan(every, text, data) if not (loose and place[0].spaced)]
        gaps = merge([gap for rule, part, at in places if rule.certain for gap in rule.gaps(part, at)])
        probable = (gap for rule, part, at in places if not rule.certain for gap in rule.gaps(part, at))
        stretches = doubtful(gaps)
        more = [gap for gap in probable if meets(stretches, gap.at, gap.at)] if stretches else []
        return merge([*gaps, *more]) if more else gaps

    return search


def doubtful(gaps: Iterable[Gap]) -> list[tuple[int, int]]:
    """The stretches of a text in which more may be lost than is certain, in order: those around certain gaps, of which
    two or more are near each other. A text of some pages is doubtful or not; of a long one, which may be many
    put together, only a part is.

    >>> gaps = [Gap(at, "year", "gaps.preposition") for at in (100, 90_000, 90_050)]
    >>> doubtful(gaps)
    [(60000, 120050)]
    """
    ats = sorted(gap.at for gap in gaps if gap.certain)
    found: list[tuple[int, int]] = []
    for first, last in zip(ats, ats[TOGETHER - 1 :], strict=False):
        if last - first <= AROUND:
            start, end = max(0, first - AROUND), last + AROUND
            if found and start <= found[-1][1]:
                start, _ = found.pop()
            found.append((start, end))
    return found


def meets(stretches: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether a span of a text has a part, or an end, in one of some stretches, which are in order and apart.

    >>> meets([(5, 9), (20, 30)], 10, 20), meets([(5, 9), (20, 30)], 10, 19)
    (True, False)
    """
    before = bisect_right(stretches, end, key=itemgetter(0)) - 1
    return before >= 0 and stretches[before][1] >= start


def is_damaged(document: Document) -> bool:
    """Whether a document lost something without any doubt: it has a certain gap."""
    return any(gap.certain for gap in document.gaps)


def policy(text: str, gaps: Iterable[Gap], settings: Settings, found_in: str = "") -> list[Edit]:
    """The edits that `settings.gaps` asks for. Only certain gaps change a text, and none in a loosely spaced one.

    `found_in` is the text that the gaps were found in, if it has changed since: its habits count.

    >>> policy("It was built in , with two wheels. It stands.", [Gap(16, "year", "demo")], Settings(gaps="drop"))
    [Edit(start=0, old='It was built in , with two wheels. ', new='', rule='gaps.sentence')]
    """
    certain = [gap for gap in gaps if gap.certain]
    if settings.gaps == "keep" or not certain or {POLICY[settings.gaps], "gaps.*"} & set(settings.off):
        return []
    if is_loose(utf8((found_in or text)[:SAMPLE])):
        return []
    if settings.gaps == "mark":
        return [mark(text, gap) for gap in certain]
    return drop(text, [gap.at for gap in certain if gap.rule not in spare()])


@cache
def spare() -> frozenset[str]:
    """The rules whose gaps leave a sentence whole: it is never dropped for them."""
    return frozenset(f"gaps.{rule.id}" for rule in rules() if rule.spare)


def scan(gate: Gate, text: str, data: bytes) -> Iterator[tuple[GapRule, str, int]]:
    """Yield the rules that can match in a text (`data` in UTF-8), each with a paragraph and where that starts.

    >>> text = "é\\n\\nIt ran from to , one hears."
    >>> [(rule.id, start) for rule, _, start in scan(Gate(rules()), text, text.encode())]
    [('from_to', 3), ('value_end', 3)]
    """
    start = 0
    for paragraph, encoded in zip(text.split("\n\n"), data.split(b"\n\n"), strict=True):
        for rule in gate.rules_in(encoded):
            yield rule, paragraph, start
        start += len(paragraph) + 2


def merge(gaps: Iterable[Gap]) -> list[Gap]:
    """Sort gaps by place; of several at one place the first that was given stays.

    >>> [gap.rule for gap in merge([Gap(9, "year", "b"), Gap(3, "year", "c"), Gap(3, "value", "a")])]
    ['c', 'b']
    """
    first: dict[int, Gap] = {}
    for gap in gaps:
        first.setdefault(gap.at, gap)
    return [first[at] for at in sorted(first)]


# -------------------------------------------------------------------------------------- what kind of text it is

# Compiled where they are used: re2 and regex keep what they have compiled, and most texts need none of it.
_SPACED = rb"[\pL\d] (?:[,;)](?:[\s,.;)]|$)|\.(?:\s+\p{Lu}|\s*\n|\s*$))"
_SPACED_GAP = (
    rb"\b(?:[Ii]n|[Ss]ince|[Uu]ntil|[Tt]ill|[Bb]y|[Dd]uring|[Bb]efore|[Aa]fter|[Cc]irca|[Oo]f|[Aa]t|[Tt]han|[Bb]etween"
    rb"|[Oo]n|[Aa]ged|[Dd]ied|[Bb]orn|[Ff]rom|[Tt]o|[Ff]or|[Nn]ear|[Ww]ith|[Aa]pproximately|[Ll]ate|[Ee]arly"
    rb"|(?:January|February|March|April|May|June|July|August|September|October|November|December)(?: \d{1,2})?"
    rb") (?:[,;)](?:[\s,.;)]|$)|\.(?:\s+\p{Lu}|\s*\n|\s*$))"
)
_ENGLISH = ("the", "of", "and", "was", "is", "to", "with")
_OTHER = ("der", "die", "und", "ist", "den", "de", "la", "le", "les", "est", "el", "que", "het", "een", "van", "och",
          "di", "il", "che", "em", "do", "og", "en")  # fmt: skip


def is_loose(data: bytes) -> bool:
    """Whether the space before punctuation is a habit of the text: it stands behind ordinary words too.

    >>> is_loose(b"We like it , and we stay . It is the town I live in .")
    True
    >>> is_loose(b"He was born in , and died in . No more is known.")
    False
    >>> is_loose(b"It was won on 3 March , and on 4 May . He died on , aged , in bed.")
    False
    """
    sample = data[:SAMPLE]
    spaced = sum(1 for _ in re2.compile(_SPACED).finditer(sample))
    after_preposition = sum(1 for _ in re2.compile(_SPACED_GAP).finditer(sample))
    return 2 * (spaced - after_preposition) > after_preposition


def is_english(text: str) -> bool:
    """Whether common English words outnumber those of its neighbours; true for a text with none of either.

    >>> is_english("The cat sat on the mat and was fed."), is_english("Er kam in , und die Katze schlief.")
    (True, False)
    """
    words = Counter(text[:SAMPLE].split(" ")[1:-1])
    return sum(map(words.__getitem__, _ENGLISH)) >= sum(map(words.__getitem__, _OTHER))


# ------------------------------------------------------------------------------------------------- the policies

_SENTENCE_END = r"""([.!?…]+)["'”’)\]]*\s+(?=["'“‘(\[]*[\p{Lu}\p{N}])"""
_NO_END = r"""(?x)
    (?:(?:^|[\s("“‘\[])(?:\p{Lu}|[Mm]rs?|Ms|Dr|Drs|Prof|St|Sts|Jr|Sr|Rev|Hon|Gen|Col|Capt|Lt|Sgt|Gov|Sen|Rep|Mt|Ft|No|Nos|no
    |vs?|vol|Vol|pp?|ca?|cf|b|d|fl|r|est|approx|fig|Fig|figs|ed|eds|e\.g|i\.e|Inc|Ltd|Co|Corp|Bros|Jan|Feb|Mar|Apr|Jun|Jul|Aug
    |Sept?|Oct|Nov|Dec|Art|Sec|Ch|al)|\p{Lu}\.\p{Lu})$"""


def mark(text: str, gap: Gap) -> Edit:
    """The edit that shows a gap, with the spaces that the words at its sides need.

    >>> mark("In JanuarySmith left.", Gap(10, "year", "demo")).new, mark("the s", Gap(4, "decade", "demo")).new
    (' […] ', '[…]')
    """
    before, after = text[gap.at - 1 : gap.at], text[gap.at : gap.at + 1]
    left = " " if before.isalnum() or before in {":", ","} else ""
    right = " " if after.isalnum() or after in {'"', "“", "‘", "("} else ""
    return Edit(gap.at, "", MARK if gap.kind == "decade" else left + MARK + right, POLICY["mark"])


def drop(text: str, places: Sequence[int]) -> list[Edit]:
    """The edits that take the sentences which hold the places, each with the space that joins it to its paragraph.

    Sentences do not reach over line ends. A line that loses all its sentences goes with the blank lines behind it.

    >>> drop("One is here. Two was in . Three is here.", [24])
    [Edit(start=13, old='Two was in . ', new='', rule='gaps.sentence')]
    """
    spans: list[tuple[int, int]] = []
    at = 0
    while at < len(places):
        start = text.rfind("\n", 0, places[at]) + 1
        end = text.find("\n", places[at])
        end = len(text) if end < 0 else end
        here = places[at : bisect_right(places, end)]
        at += len(here)
        lost = [span for span in sentences(text, start, end) if bisect_left(here, span[0]) < bisect_left(here, span[1])]
        for lower, upper in _with_joints(text, start, end, lost):
            if spans and lower <= spans[-1][1]:
                spans[-1] = spans[-1][0], max(upper, spans[-1][1])
            else:
                spans.append((lower, upper))
    if spans and not text[spans[-1][1] :].strip() and text[: spans[-1][0]].endswith("\n"):
        spans[-1] = _last_lines(text, spans[-1][0])
    return [Edit(start, text[start:end], "", POLICY["drop"]) for start, end in spans]


def _with_joints(text: str, start: int, end: int, lost: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join the sentences of one line that go, and widen them, so that no space hangs and no empty line stays."""
    joined: list[tuple[int, int]] = []
    for first, last in lost:
        if joined and joined[-1][1] == first:
            joined[-1] = joined[-1][0], last
        else:
            joined.append((first, last))
    if not joined or joined[-1][1] < end:
        return joined
    if joined[-1][0] > start:  # the end of the line goes: so does the space before it
        joined[-1] = start + len(text[start : joined[-1][0]].rstrip(" ")), end
        return joined
    blank = end  # the whole line goes: so do the line ends up to the next line
    while blank < len(text) and text[blank].isspace():
        blank += 1
    return [(start, text.rfind("\n", end, blank) + 1 if blank < len(text) else len(text))]


def _last_lines(text: str, start: int) -> tuple[int, int]:
    """The span of the last lines of a text, from `start`, with the blank lines before them; the last line end stays."""
    before = len(text[:start].rstrip())
    return (before, len(text.rstrip("\n"))) if before else (0, len(text))


def sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The sentences of a line, as spans that follow one another; each holds the spaces behind it.

    >>> line = "Mr. A. Fox (b. 1900) lived in the U.S. until then. He left!"
    >>> [line[start:end] for start, end in sentences(line, 0, len(line))]
    ['Mr. A. Fox (b. 1900) lived in the U.S. until then. ', 'He left!']
    """
    cuts, (sentence_end, no_end) = [start], _ends()
    for stop in sentence_end.finditer(text, start, end):
        if text[stop.start()] == "." and no_end.search(text, max(start, stop.start() - 12), stop.start()):
            continue
        cuts.append(stop.end())
    return list(zip(cuts, [*cuts[1:], end], strict=True))


@cache
def _ends() -> tuple[regex.Pattern[str], regex.Pattern[str]]:
    """The patterns of the end of a sentence, and of what stands before a full stop that is none: compiled once, for to
    ask `regex` for what it has compiled takes as long as to find the sentences of a line."""
    return regex.compile(_SENTENCE_END), regex.compile(_NO_END)
