"""What passages say of what another one lost: each claims a text for a place, and says where that is evidence for it.

A place is asked about if a pattern shows that something is gone there, or if it looks as if a year was lost. The run of
words that a passage has there, and the words around it, are all that counts here (see `dates` and `witness`).

    >>> lost = read("The mill was built in by monks of Lowford, and sold to a miller.")
    >>> some = ask(Passage("b", "The mill was built in 1702 by monks of Lowford, and sold.", 0), lost.text)
    >>> [(place, claim.new) for place, claims in hear(lost, [some], {}, doubtful=True).items() for claim in claims]
    [(4, ' 1702 ')]
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from pipeline.corpus.dates import (
    ASKING,
    MONTHS,
    SPACED,
    canonical,
    dates,
    is_year,
    kind_of,
    reordered,
    valueless,
    values,
)
from pipeline.corpus.reading import Reading, read
from pipeline.corpus.witness import FAR, Context, agree, context, may_agree, one_sentence, reach, same_subject
from pipeline.document import Gap

__all__ = ["Asked", "Claim", "Evidence", "Passage", "ask", "between", "hear"]

QUOTED = 4  # words of context that the evidence quotes on each side
VALUE_LENGTH = 60  # characters of a value, at most
ALONE = 6  # words on each side, or a sentence's end, where nothing but the passage tells that a year is gone

_RESIDUE = re.compile(r"[(\[]\W*[)\]]|[–—-]|\s[,.;)]")  # of a year that went
_PLAIN = re.compile(r"[\s(,;.:)\"”»]*")


class Passage(NamedTuple):
    """A paragraph of clean text: the `id` of its document, and where it starts there."""

    id: str
    text: str
    start: int


class Evidence(NamedTuple):
    """Where a restored text was taken from: the document, the span in its clean text (a few words of context with it),
    the contexts as text, and how much of the words that are looked at on both sides are the same."""

    id: str
    start: int
    end: int
    before: str
    after: str
    score: float


class Claim(NamedTuple):
    """What one passage says of a place. Those with equal `key` agree; `fits`: what stands there is a part of it;
    `shows`: a pattern, or what stands around it, shows that something is gone."""

    key: tuple[str, ...]
    kind: str
    new: str
    fits: bool
    shows: bool
    at: int  # where the passage starts
    evidence: Evidence

    def rank(self) -> tuple[bool, float, int, Evidence]:
        return not self.fits, -self.evidence.score, len(self.new), self.evidence


class Asked(NamedTuple):
    """A passage that is asked, and its words."""

    passage: Passage
    words: Reading


@lru_cache(maxsize=256)
def _read(text: str) -> Reading:
    return read(text)


def ask(passage: Passage, like: str) -> Asked:
    """Read a passage, its dates in the order of another text."""
    return Asked(passage, _read(reordered(passage.text, like)))


def hear(
    one: Reading, asked: Sequence[Asked], known: Mapping[int, Sequence[Gap]], doubtful: bool
) -> dict[int, list[Claim]]:
    """What passages say of the places of another, by the words behind which these are; `known`: the gaps that patterns
    show there. In a `doubtful` passage, other places are asked about, too."""
    lacking = valueless(one, known)
    runs = [
        (passage, other, range(start, end))
        for passage, other in asked
        for start, end in (*dates(other), *values(other, lacking))
    ]
    places = _places(one, {other.forms[run.start - 1] for _, other, run in runs})
    claims: dict[int, list[Claim]] = defaultdict(list)
    for passage, other, run in runs:
        for place in _beside(one, other, places[other.forms[run.start - 1]], run):
            contexts, gaps = _contexts(one, other, place, run), known.get(place, ())
            if not contexts or not (gaps or doubtful):
                continue
            shows = bool(gaps) or _asks(one, other, place, run)
            claim = _claim(one, other, place, run, contexts, gaps, passage, shows=shows)
            if claim:
                claims[place].append(claim)
    return claims


def _places(one: Reading, wanted: Collection[str]) -> dict[str, list[int]]:
    """Where the words that are wanted stand in a passage."""
    places: dict[str, list[int]] = {form: [] for form in wanted}
    for place in [place for place, form in enumerate(one.forms) if form in places]:
        places[one.forms[place]].append(place)
    return places


def _beside(one: Reading, other: Reading, places: Sequence[int], run: range) -> Sequence[int]:
    """Those of the places behind which the same word stands as behind the run; all, if a sentence ends with that."""
    if not places or other.ends(run.stop - 1):
        return places
    behind, forms = other.forms[run.stop], one.forms
    return [place for place in places if place + 1 < len(forms) and forms[place + 1] == behind]


def _contexts(one: Reading, other: Reading, place: int, run: range) -> tuple[Context, Context] | None:
    """What is equal to the left and the right of a place; none, if that can be no context. A sentence must end there on
    both sides, or the next words be the same."""
    left, right = context(one, other, place, run.start - 1, -1), context(one, other, place + 1, run.stop, 1)
    if not may_agree(left, right):
        return None
    fits = other.ends(run.stop - 1) if one.ends(place) else right[:1] == [(place + 1, run.stop)]
    return (left, right) if fits else None


def between(one: Reading, place: int) -> tuple[int, int]:
    """The span between a word and the next, or to the end of the text."""
    starts, ends = one.words.starts, one.words.ends
    return ends[place], starts[place + 1] if place + 1 < len(one) else len(one.text)


def _claim(
    one: Reading,
    other: Reading,
    place: int,
    run: range,
    contexts: tuple[Context, Context],
    gaps: Sequence[Gap],
    passage: Passage,
    *,
    shows: bool,
) -> Claim | None:
    """What a passage says of what stood behind a word: the `run` of its words, if it may bear witness."""
    kind = kind_of(other, run)
    old, new = between(one, place), (other.words.ends[run.start - 1], between(other, run.stop - 1)[1])
    if kind == "value" and new[1] - new[0] > VALUE_LENGTH:
        return None
    left, right = reach(one, other, contexts[0], -1), reach(one, other, contexts[1], 1)
    if one.ends(place):  # and so the other does
        right = right._replace(bounded=True)
    if not agree(left, right):
        return None
    if not shows and not all(side.words and (side.bounded or side.words >= ALONE) for side in (left, right)):
        return None
    joined, parted = not one.ends(place), other.ends(run.stop - 1)
    if joined and parted and one.surface(place + 1)[0].islower():
        return None
    if not one_sentence(one, other, place, run.start - 1, -1):
        return None
    if joined and not one_sentence(one, other, place + 1, run.stop, 1):
        return None
    if not same_subject(one, other, place, left.words + right.words):
        return None
    at = gaps[0].at - old[0] if gaps else 0
    text, fits = _written(one, other, old, new, at, run, follows=right.words > 0)
    if not text or text == one.text[slice(*old)]:
        return None
    score = round((left.score + right.score) / (2 * FAR), 4)
    return Claim(
        canonical(other.forms[run.start : run.stop]),
        kind,
        text,
        fits,
        shows,
        passage.start,
        _evidence(other, run, passage, score),
    )


def _asks(one: Reading, other: Reading, place: int, run: range) -> bool:
    """Whether a place that no pattern shows looks as if it had lost a year."""
    form = one.forms[place]
    start, end = between(one, place)
    if kind_of(other, run) == "value":
        return form == "of" and bool(SPACED.match(one.text, start))
    if form in ASKING or one.forms[place + 1 : place + 2] == ["s"] or _RESIDUE.search(one.text, start, end):
        return True
    if form in ("and", "or"):  # 1936 and 1938
        return run.start > 1 and (other.forms[run.start - 2] == "s" or is_year(other.forms[run.start - 2]))
    return form.isdigit() and len(form) <= 2 and not MONTHS.isdisjoint(one.forms[max(0, place - 1) : place])


def _written(
    one: Reading, other: Reading, old: tuple[int, int], new: tuple[int, int], at: int, run: range, follows: bool
) -> tuple[str, bool]:
    """The text that replaces what stands at the place, and whether that is a part of it.

    What the passage has there, if nothing of the place would be lost by it; otherwise only its words, at `at`.
    """
    there, said = one.text[slice(*old)], other.text[slice(*new)].replace("  ", " ")
    first, last = other.words.starts[run.start], other.words.ends[run.stop - 1]
    if not follows or old[1] == len(one.text):  # only the end of the sentence is the same
        said = other.text[new[0] : last] + re.match(r"\S*", other.text[last:])[0]  # type: ignore[index]
        said += there[len(there.rstrip()) :] if there.strip() or "\n" in there else " " * (old[1] < len(one.text))
    if "\n" not in there and "\n" not in said and _is_part(there, said):
        return said, True
    if not _PLAIN.fullmatch(there):
        return "", False
    left, right = there[:at], there[at:]
    if not left.endswith((" ", "(", "\n")):
        left += " "
    if right.lstrip(" ")[:1] in tuple(',;.:)"”»'):
        right = right.lstrip(" ")
    if not right and old[1] < len(one.text):
        right = " "
    return left + other.text[first:last] + right, False


def _is_part(some: str, whole: str) -> bool:
    """Whether the characters of a text, but for its spaces, stand in another, in order."""
    rest = iter(whole)
    return all(char in rest for char in some if not char.isspace())


def _evidence(other: Reading, run: range, passage: Passage, score: float) -> Evidence:
    """Name what was taken, with its contexts."""
    starts, ends = other.words.starts, other.words.ends
    start, end = starts[max(0, run.start - QUOTED)], ends[min(len(other), run.stop + QUOTED) - 1]
    before, after = passage.text[start : starts[run.start]], passage.text[ends[run.stop - 1] : end]
    return Evidence(passage.id, passage.start + start, passage.start + end, before.strip(), after.strip(), score)
