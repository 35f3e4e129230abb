"""Runs of words that a scraper drops: years, decades, ranges, dates.

A run is given by its span in the words of a `Reading`; what stands between its words is no part of it, but tells the
end of a range (`1904–5`) from a number.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipeline.corpus.alignment import telling, words

if TYPE_CHECKING:
    from pipeline.corpus.witness import Reading

__all__ = ["ASKING", "MONTHS", "canonical", "dates", "glued", "is_year", "kind_of"]

MONTHS = frozenset(
    "january february march april may june july august september october november december"
    " jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
ASKING = MONTHS | frozenset(  # words behind which a year may be missing
    "in since until till by during of from to before after between circa ca about around year years early late as"
    " mid through throughout than".split()
)
_YEAR = re.compile(r"1\d{3}|20\d{2}")
_DASH = re.compile(r"\s?(?:[-–—/]|--)\s?")


def is_year(form: str) -> bool:
    """Whether a word is a year, from 1000 on.

    >>> is_year("1809"), is_year("1,809"), is_year("809")
    (True, False, False)
    """
    return bool(_YEAR.fullmatch(form))


def dates(other: Reading) -> Iterator[tuple[int, int]]:
    """Yield the runs of words of a passage, but for its first word, that are nothing but a date with a year in it.

    >>> from pipeline.corpus.witness import read
    >>> reading = read("It ran from May 1936 to 1938 (or 1904–5).")
    >>> [reading.forms[start:end] for start, end in dates(reading)]
    [['may', '1936'], ['1936'], ['1938'], ['1904', '5'], ['1904']]
    """
    forms = other.forms
    end = 0
    while end < len(forms):
        start = end
        while end < len(forms) and _is_of_date(other, end, start):
            end += 1
        cuts = [place for place in range(start, end + 1) if place in (start, end) or _is_parted(other, place)]
        for first in cuts:
            for last in reversed(cuts):
                if 0 < first < last and any(is_year(form) for form in forms[first:last]):
                    yield first, last
        end = max(end, start + 1)


def _is_parted(other: Reading, place: int) -> bool:
    """Whether what is before a word of a date may stay where the rest is lost: no year, or one with a dash or comma."""
    before, form = other.forms[place - 1 : place + 1]
    between = other.text[other.words.ends[place - 1] : other.words.starts[place]]
    if form == "s" or not (is_year(before) or before == "s"):
        return True
    return before != form and (between == ", " or bool(_DASH.fullmatch(between)))


def _is_of_date(other: Reading, place: int, start: int) -> bool:
    """Whether a word can be of the date that starts at `start`: year, month, day, end of a range, s of a decade."""
    form = other.forms[place]
    if is_year(form) or form in MONTHS:
        return True
    before = other.text[other.words.ends[place - 1] : other.words.starts[place]] if place > start else ""
    if form == "s":
        return place > start and before in ("", "'", "’") and is_year(other.forms[place - 1])
    if not form.isdigit() or len(form) > 2:
        return False
    if place > start and is_year(other.forms[place - 1]):
        return bool(_DASH.fullmatch(before))
    beside = other.forms[place - 1 : place] if place > start else []
    return not MONTHS.isdisjoint(beside + other.forms[place + 1 : place + 2])


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


def glued(text: str, others: Sequence[Reading]) -> list[int]:
    """The places in words that are two words of another passage, between which that has a date: `Inthe`.

    The word before or behind must be the same.

    >>> from pipeline.corpus.witness import read
    >>> glued("Inthe spring", [read("It ran; in 1809 the spring broke.")])
    [2]
    """
    pairs: dict[str, list[tuple[int, list[str], list[str]]]] = defaultdict(list)
    for other in others:
        forms = other.forms
        for start, end in dates(other):
            if end < len(other) and (forms[start - 1] in ASKING or forms[start - 1] in ("and", "or")):
                beside = forms[max(0, start - 2) : start - 1], forms[end + 1 : end + 2]
                pairs[forms[start - 1] + forms[end]].append((len(forms[start - 1]), *beside))
    if not pairs:
        return []
    found = words(text)
    cuts = []
    for place, form in enumerate(found.forms):
        if form in pairs and form not in telling().common:
            before, after = found.forms[max(0, place - 1) : place], found.forms[place + 1 : place + 2]
            cuts += [
                found.starts[place] + size for size, *beside in pairs[form] if before == beside[0] or after == beside[1]
            ]
    return sorted(set(cuts))
