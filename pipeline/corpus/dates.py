"""Runs of words that a scraper drops: years, decades, ranges, dates, and values.

A run is given by its span in the words of a `Reading`; what stands between its words is no part of it, but tells the
end of a range (`1904–5`) from a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pipeline.corpus.telling import telling
from pipeline.document import Gap

if TYPE_CHECKING:
    from pipeline.corpus.alignment import Words
    from pipeline.corpus.reading import Reading

__all__ = [
    "ASKING",
    "MONTHS",
    "SPACED",
    "canonical",
    "dates",
    "glued",
    "is_year",
    "kind_of",
    "reordered",
    "valueless",
    "values",
]

_NAMES = "january february march april may june july august september october november december".split()
_MONTH = "|".join(map(str.capitalize, _NAMES))
MONTHS = frozenset([*_NAMES, *"jan feb mar apr jun jul aug sep sept oct nov dec".split()])
ASKING = MONTHS | frozenset(  # words behind which a year may be missing
    "in since until till by during of from to before after between circa ca about around year years early late as"
    " mid through throughout than".split()
)
VALUE_WORDS, VALUE_LEAD = 8, 3  # of a value, at most, and those among which a number is
PARTS = 16  # of a date, at the most: a list of years is not lost as one
UNIT = 3  # letters of a unit with a capital
_YEAR = re.compile(r"1\d{3}|20\d{2}")
SPACED = re.compile(r"\s+[,.;)]")  # what a value that went leaves behind `of`
_DAY = re.compile(rf"\b(?:(\d{{1,2}}) ({_MONTH})|({_MONTH}) (\d{{1,2}}))\b(,(?= \d{{4}}\b)|)")
_SOME_MONTH = re.compile(_MONTH)
_DASH = re.compile(r"\s?(?:[-–—/]|--)\s?")


def is_year(form: str) -> bool:
    """Whether a word is a year, from 1000 on.

    >>> is_year("1809"), is_year("1,809"), is_year("809")
    (True, False, False)
    """
    return bool(_YEAR.fullmatch(form))


@lru_cache(maxsize=1024)  # a passage is asked once for words that are glued together, and once for years
def dates(other: Reading) -> tuple[tuple[int, int], ...]:
    """The runs of words of a passage, but for its first word, that are nothing but a date with a year in it.

    >>> from pipeline.corpus.reading import read
    >>> reading = read("It ran from May 1936 to 1938 (or 1904–5).")
    >>> [reading.forms[start:end] for start, end in dates(reading)]
    [['may', '1936'], ['1936'], ['1938'], ['1904', '5'], ['1904']]
    """
    return tuple(_dates(other))


def _dates(other: Reading) -> Iterator[tuple[int, int]]:
    forms = other.forms
    end = 0 if other.years else len(forms)
    for start in other.dated:
        if start < end:
            continue
        end = start
        while end < len(forms) and _is_of_date(other, end, start):
            end += 1
        cuts = [place for place in range(start, end + 1) if place in (start, end) or _is_parted(other, place)]
        for number, first in enumerate(cuts):
            for last in reversed(cuts[number + 1 : number + 1 + PARTS]):
                if first and not other.years.isdisjoint(forms[first:last]):
                    yield first, last


def _is_parted(other: Reading, place: int) -> bool:
    """Whether what is before a word of a date may stay where the rest is lost: no year, or one with a dash or comma."""
    before, form = other.forms[place - 1 : place + 1]
    between = other.text[other.words.ends[place - 1] : other.words.starts[place]]
    if form == "s" or not (before in other.years or before == "s"):
        return True
    return before != form and (between == ", " or bool(_DASH.fullmatch(between)))


def _is_of_date(other: Reading, place: int, start: int) -> bool:
    """Whether a word can be of the date that starts at `start`: year, month, day, end of a range, s of a decade."""
    form = other.forms[place]
    if form in MONTHS or form in other.years:
        return True
    if form != "s" and not (form.isdigit() and len(form) <= 2):
        return False
    if place > start and other.forms[place - 1] in other.years:
        before = other.text[other.words.ends[place - 1] : other.words.starts[place]]
        return before in ("", "'", "’") if form == "s" else bool(_DASH.fullmatch(before))
    if form == "s":
        return False
    beside = other.forms[place - 1 : place] if place > start else []
    return not MONTHS.isdisjoint(beside + other.forms[place + 1 : place + 2])


def reordered(text: str, like: str) -> str:
    """A text with the dates that another one has the other way around (`May 9` for `9 May`) written as there; it stays
    as long as it is, so that places in it are the same.

    >>> reordered("It fell on 9 May 1809 and on 11 May.", "It fell on May 9, and stood.")
    'It fell on May 9 1809 and on 11 May.'
    >>> reordered("On May 9, 1809, it fell.", "It fell on 9 May , they say.")
    'On 9 May  1809, it fell.'
    """
    here = _days(like)
    if not here:
        return text
    turned = {(day, month, first) for day, month, first in _days(text) - here if (day, month, not first) in here}

    def swap(found: re.Match[str]) -> str:
        day, month, first = found[1] or found[4], found[2] or found[3], bool(found[1])
        if (day, month, first) not in turned:
            return found[0]
        return f"{month} {day}{found[5]}" if first else f"{day} {month}{' ' * len(found[5])}"

    return _DAY.sub(swap, text) if turned else text


@lru_cache(maxsize=256)
def _days(text: str) -> frozenset[tuple[str, str, bool]]:
    """The days of a text: day and month, and whether the day is first."""
    month = _SOME_MONTH.search(text)  # found ten times as fast: half the texts have none
    days = _DAY.finditer(text, max(0, month.start() - len("31 "))) if month else ()
    return frozenset((found[1] or found[4], found[2] or found[3], bool(found[1])) for found in days)


def kind_of(other: Reading, run: range) -> str:
    """What the words of a run are: a year, decade, range, date or value."""
    forms = other.forms[run.start : run.stop]
    if not all(is_year(form) or form in MONTHS or form == "s" or form.isdigit() for form in forms) or not any(
        map(is_year, forms)
    ):
        return "value"
    if not MONTHS.isdisjoint(forms):
        return "date"
    if "s" in forms or other.forms[run.stop : run.stop + 1] == ["s"]:
        return "decade"
    return "range" if len(forms) > 1 else "year"


def canonical(forms: Sequence[str]) -> tuple[str, ...]:
    """The words of a date or value, the ends of ranges written out.

    >>> canonical(["1904", "5"]) == canonical(["1904", "1905"])
    True
    """
    key: list[str] = []
    for form in forms:
        if key and is_year(key[-1]) and form.isdigit() and len(form) < 4:
            form = key[-1][: 4 - len(form)] + form
        key.append(form)
    return tuple(key)


def glued(found: Words, others: Sequence[Reading]) -> list[int]:
    """The places in words that are two words of another passage, between which that has a date: `Inthe`.

    The word before or behind must be the same.

    >>> from pipeline.corpus.alignment import words
    >>> from pipeline.corpus.reading import read
    >>> glued(words("Inthe spring"), [read("It ran; in 1809 the spring broke.")])
    [2]
    """
    forms = set(found.forms) - telling().common
    pairs = [pair for other in others for pair in _pairs(other) if pair.joined in forms]
    cuts = set()
    for place, form in enumerate(found.forms if pairs else ()):
        before, after = found.forms[max(0, place - 1) : place], found.forms[place + 1 : place + 2]
        for pair in pairs:
            if pair.joined == form and (before == pair.before or after == pair.after):
                cuts.add(found.starts[place] + pair.size)
    return sorted(cuts)


class _Pair(NamedTuple):
    """Two words with a date between them, as they are `joined` where it went: the `size` of the first, and the words
    `before` and `after` them, if there are such."""

    joined: str
    size: int
    before: list[str]
    after: list[str]


@lru_cache(maxsize=1024)
def _pairs(other: Reading) -> list[_Pair]:
    """The pairs of words of a passage, the first of which may stand before a year, that have a date between them."""
    forms = other.forms
    pairs = []
    for start, end in dates(other):
        first = forms[start - 1]
        if end < len(other) and (first in ASKING or first in ("and", "or")):
            pairs.append(_Pair(first + forms[end], len(first), forms[start - 2 : start - 1], forms[end + 1 : end + 2]))
    return pairs


def values(other: Reading, lacking: Iterable[tuple[str, str]]) -> Iterator[tuple[int, int]]:
    """Yield the runs of words of a passage, with a number in them, that can be values where others are `lacking`."""
    for before, after in lacking:
        for start in (place + 1 for place, form in enumerate(other.forms) if form == before):
            for end in range(start + 1, min(start + VALUE_WORDS, len(other)) + 1):
                ends = other.ends(end - 1)
                if ends if not after else end < len(other) and other.forms[end] == after:
                    if _is_value(other, range(start, end)):
                        yield start, end
                    break
                if ends:
                    break


def _is_value(other: Reading, run: range) -> bool:
    """Whether words can be a value: there is a number among the first, and no name (short ones are units)."""
    if any(other.is_name(place) and len(other.forms[place]) > UNIT for place in run):
        return False
    return any(other.forms[place][0].isdigit() for place in run[:VALUE_LEAD])


def valueless(one: Reading, known: Mapping[int, Sequence[Gap]]) -> list[tuple[str, str]]:
    """The words around places where a value may be gone (the second is "" at the end of a sentence), in order.

    That is where a pattern says so, and where another gap, or a space before punctuation, is behind `of`, as in
    `a width of , says`.
    """
    places = {place for place, gaps in known.items() if any(gap.kind == "value" for gap in gaps)}
    places |= {place for place in known if place >= 0 and one.forms[place] == "of"}
    if SPACED.search(one.text):
        behind = [place for place, form in enumerate(one.forms) if form == "of"]
        places |= {place for place in behind if SPACED.match(one.text, one.words.ends[place])}
    return sorted(
        {(one.forms[place], "" if one.ends(place) else one.forms[place + 1]) for place in places if place >= 0}
    )
