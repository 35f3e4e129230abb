"""Years that a scraper dropped are restored from other passages of the corpus, each with its evidence.

A document in which patterns show a certain gap is *damaged*. The gap may be filled; and around two or more that are
near each other, places are looked for that no pattern shows. A place is filled when a passage of another document (or
another paragraph of the same one) has, between two words that stand side by side here, nothing but a year, a decade, a
range or a date, and bears witness by what surrounds it (see `witness`). What the passage has between the two words
replaces what is there: the punctuation that went with the year comes back with it. Where a pattern shows that another
value is gone, a few words with a number in them are taken in the same way.

Many places that alignment finds no pattern can see: `In the Soviet government` is wrong only beside `In 1960 the Soviet
government`. So that a year which another author added is no gap, the word before must ask for one (`in`, `of`,
`January`), or something must be left of the year (`(–)`, `the s`), or else the passage must be of a document that fills
a gap which a pattern shows, and be equal for longer: then this is a copy of it (`the 1964 Olympics`). Where witnesses
disagree in the digits, nothing is filled; the order in which they are given does not matter.

    >>> from pipeline import clean
    >>> mill = "The mill by the bridge was built in {}by monks of the abbey and sold in {}to a miller from the town."
    >>> lost = clean(mill.format("", "") + " It stood idle in , and was bought in , with its land.", gaps="keep")
    >>> [found] = restore(lost, {0: [Passage("b", mill.format("1702 ", "") + " It is gone.", 0)]})
    >>> found.edit, found.kind, found.found_by, found.evidence[0].before
    (Edit(start=35, old=' ', new=' 1702 ', rule='years.restored'), 'year', 'years.alignment', 'bridge was built in')
    >>> fill(lost, [found]).text[:50]
    'The mill by the bridge was built in 1702 by monks '
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from pipeline.corpus.amend import amend, traces
from pipeline.corpus.dates import (
    ASKING,
    MONTHS,
    SPACED,
    canonical,
    dates,
    glued,
    is_year,
    kind_of,
    reordered,
    valueless,
    values,
)
from pipeline.corpus.reading import Reading, read
from pipeline.corpus.witness import FAR, Reach, agree, dissents, one_sentence, reach, same_subject
from pipeline.document import Document, Gap
from pipeline.edits import Edit, PositionMap, apply, unapply
from pipeline.settings import Settings
from pipeline.stages import gaps as patterns

__all__ = [
    "ALIGNMENT",
    "RULES",
    "STAGE",
    "Evidence",
    "Passage",
    "Restored",
    "fill",
    "remaining",
    "restore",
]

STAGE = "years"
RULES = {"year": "years.restored", "value": "values.restored"}
ALIGNMENT = "years.alignment"  # what found a place that no pattern shows
COPY = "years.copy"  # what found one that not even the word before shows
ALONE = 6  # words of a context, if nothing but the copy shows that something is gone
EMPTIED = "wiki.empty-brackets"  # the rule that takes brackets in which nothing was left: a year may have stood there
QUOTED = 4  # words of context that the evidence quotes on each side
VALUE_LENGTH = 60  # characters of a value, at most

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


class Restored(NamedTuple):
    """A place that can be filled: the edit of the clean text, what kind of thing it brings back, the rule of the gap
    that showed the place (or `years.alignment`), and all the evidence there is, the best first."""

    edit: Edit
    kind: str
    found_by: str
    evidence: tuple[Evidence, ...]


class _Claim(NamedTuple):
    """What one passage says of a place. Those with equal `key` agree; `fits`: what stands there is a part of it."""

    key: tuple[str, ...]
    kind: str
    new: str
    fits: bool
    asked: bool  # whether a pattern, or the word before, shows that something is gone
    at: int  # where the passage starts
    evidence: Evidence

    def rank(self) -> tuple[bool, float, int, Evidence]:
        return not self.fits, -self.evidence.score, len(self.new), self.evidence


def restore(document: Document, candidates: Mapping[int, Sequence[Passage]]) -> list[Restored]:
    """Return what can be restored in a document. `candidates` are, for the number of a paragraph, passages to ask.

    Undamaged documents cost nothing. Nothing is changed: see `fill`.
    """
    found: list[Restored] = []
    if not patterns.is_damaged(document):
        return found
    stretches = patterns.doubtful(document.gaps)
    every = sorted([*document.gaps, *_emptied(document, stretches)], key=lambda gap: gap.at)
    ats = [gap.at for gap in every]
    for number in sorted(candidates):
        block = document.paragraphs[number]
        if block.kind == "kept":  # verse, tables, code
            continue
        inside = every[bisect_left(ats, block.start) : bisect_right(ats, block.end)]
        gaps = [gap._replace(at=gap.at - block.start) for gap in inside]
        here = Passage(document.id, document.text[block.start : block.end], block.start)
        found += _rounds(here, gaps, candidates[number], patterns.meets(stretches, block.start, block.end))
    shown = {evidence.id for one in found if one.found_by not in (ALIGNMENT, COPY) for evidence in one.evidence}
    return [
        one._replace(found_by=ALIGNMENT) if one.found_by == COPY else one
        for one in found
        if one.found_by != COPY or any(evidence.id in shown for evidence in one.evidence)
    ]


def _emptied(document: Document, stretches: Sequence[tuple[int, int]]) -> Iterator[Gap]:
    """Where brackets went that were empty, in stretches in which more may be lost than is certain."""
    places = traces(document.ledger, lambda step: (edit for edit in step.edits if edit.rule == EMPTIED))
    return (Gap(at, "year", EMPTIED, certain=False) for at in places if patterns.meets(stretches, at, at))


def fill(document: Document, restored: Sequence[Restored]) -> Document:
    """Return the document with all that was restored, as one pass; the gaps at these places are no longer told."""
    edits = sorted(found.edit for found in restored)
    return amend(document, STAGE, edits, _open(document.gaps, edits))


def _open(gaps: Sequence[Gap], edits: Sequence[Edit]) -> list[Gap]:
    """The gaps that edits, which are in order, do not fill."""
    ends = [edit.end for edit in edits]
    places = [bisect_left(ends, gap.at) for gap in gaps]
    return [gap for gap, at in zip(gaps, places, strict=True) if at == len(edits) or edits[at].start > gap.at]


def remaining(document: Document, settings: Settings) -> Document:
    """Return the document with what `settings.gaps` asks for done to the gaps that are left, as a pass of stage `gaps`.

    >>> from pipeline import clean
    >>> lost = clean("The mill was built in , with two wheels. It stands.", gaps="keep")
    >>> remaining(lost, Settings(gaps="drop")).text
    'It stands.'
    """
    before = document.text
    if document.ledger.passes and document.ledger.passes[-1].stage == STAGE:
        before = unapply(before, document.ledger.passes[-1].edits)
    return amend(document, "gaps", patterns.policy(document.text, document.gaps, settings, found_in=before))


# ---------------------------------------------------------------------------------------------- one paragraph


def _rounds(here: Passage, gaps: Sequence[Gap], passages: Sequence[Passage], doubtful: bool) -> list[Restored]:
    """Return what passages restore in one paragraph; if it is `doubtful`, also where no gap shows. What is filled is a
    context for more: so they are asked again."""
    found: list[Restored] = []
    while True:
        edits = [one.edit._replace(start=one.edit.start - here.start) for one in found]
        positions = PositionMap(edits)
        left = [gap._replace(at=positions.forward(gap.at, side="left")) for gap in _open(gaps, edits)]
        fresh = []
        for one in _paragraph(here._replace(text=apply(here.text, edits)), left, passages, doubtful):
            start = positions.back(one.edit.start - here.start, side="right")
            end = positions.back(one.edit.end - here.start, side="left")
            apart = not any((edit.start < end and start < edit.end) or edit.start == start for edit in edits)
            if apart and here.text[start:end] == one.edit.old:
                fresh.append(one._replace(edit=one.edit._replace(start=here.start + start)))
        more = [one for one in fresh if one.found_by != COPY]
        if not more:
            return sorted([*found, *fresh])
        found = sorted([*found, *more])


def _paragraph(here: Passage, gaps: Sequence[Gap], passages: Iterable[Passage], doubtful: bool) -> Iterator[Restored]:
    """Yield what passages restore in one paragraph, in order; gaps are given by their places in it."""
    passages = sorted(passage for passage in set(passages) if (passage.id, passage.start) != (here.id, here.start))
    cuts = glued(here.text, [_read_as(passage.text, here.text) for passage in passages]) if doubtful else []
    one = read(here.text, [*(gap.at for gap in gaps), *cuts])
    known: dict[int, list[Gap]] = defaultdict(list)
    for gap in gaps:
        known[bisect_left(one.words.starts, gap.at) - 1].append(gap)
    places, lacking = _places(one), valueless(one, known)
    claims: dict[int, list[_Claim]] = defaultdict(list)
    for passage in passages:
        other = _read_as(passage.text, here.text)
        for start, end in (*dates(other), *values(other, lacking)):
            before, after = other.forms[start - 1], other.forms[end] if end < len(other) else ""
            ends = places.get((before, ""))
            for place in places.get((before, after), set()) | (ends if ends and other.ends(end - 1) else set()):
                run, shown = range(start, end), known.get(place, ())
                asked = bool(shown) or (doubtful and _asks(one, other, place, run))
                if not (asked or (doubtful and len(run) == 1 and is_year(other.forms[start]))):
                    continue
                claim = _claim(one, other, place, run, shown, passage, asked)
                if claim:
                    claims[place].append(claim)
    for place in sorted(claims):
        if len({claim.key for claim in claims[place]}) > 1 or _is_denied(one, place, claims, passages):
            continue  # witnesses disagree
        ranked = sorted(claims[place], key=_Claim.rank)
        start, end = _between(one, place)
        edit = Edit(here.start + start, here.text[start:end], ranked[0].new, _rule(ranked[0].kind))
        found_by = known[place][0].rule if place in known else ALIGNMENT if ranked[0].asked else COPY
        yield Restored(edit, ranked[0].kind, found_by, tuple(claim.evidence for claim in ranked))


def _is_denied(one: Reading, place: int, claims: Mapping[int, Sequence[_Claim]], passages: Iterable[Passage]) -> bool:
    """Whether a passage that is no witness of a place has the same sentence, with a year that nobody else knows."""
    said = {form for some in claims.values() for claim in some for form in claim.key}
    known = said.union(one.forms)
    witnesses = {(claim.evidence.id, claim.at) for claim in claims[place]}
    others = (passage for passage in passages if (passage.id, passage.start) not in witnesses)
    return any(dissents(one, _read_as(passage.text, one.text), place, known) for passage in others)


def _places(one: Reading) -> dict[tuple[str, str], set[int]]:
    """Where in a passage two words stand side by side (a word and "": where one ends a sentence)."""
    places: dict[tuple[str, str], set[int]] = defaultdict(set)
    for place, pair in enumerate(zip(one.forms, [*one.forms[1:], ""], strict=False)):
        places[pair].add(place)
    for sentence in one.sentences:
        places[one.forms[sentence.stop - 1], ""].add(sentence.stop - 1)
    return places


@lru_cache(maxsize=256)
def _read(text: str) -> Reading:
    return read(text)


def _read_as(text: str, like: str) -> Reading:
    """The words of a passage, its dates in the order of another one."""
    return _read(reordered(text, like))


def _rule(kind: str) -> str:
    return RULES["value" if kind == "value" else "year"]


def _between(one: Reading, place: int) -> tuple[int, int]:
    """The span between a word and the next, or to the end of the text."""
    starts, ends = one.words.starts, one.words.ends
    return ends[place], starts[place + 1] if place + 1 < len(one) else len(one.text)


# -------------------------------------------------------------------------------------- one place, one witness


def _claim(
    one: Reading, other: Reading, place: int, run: range, gaps: Sequence[Gap], passage: Passage, asked: bool
) -> _Claim | None:
    """What a passage says of what stood behind a word: the `run` of its words, if it may bear witness."""
    kind = kind_of(other, run)
    old, new = _between(one, place), (other.words.ends[run.start - 1], _between(other, run.stop - 1)[1])
    if kind == "value" and new[1] - new[0] > VALUE_LENGTH:
        return None
    reaches = _reaches(one, other, place, run)
    if reaches is None or not agree(*reaches):
        return None
    if not asked and not all(side.words and (side.bounded or side.words >= ALONE) for side in reaches):
        return None
    joined, parted = not one.ends(place), other.ends(run.stop - 1)
    if joined and parted and one.surface(place + 1)[0].islower():
        return None
    if not one_sentence(one, other, place, run.start - 1, -1):
        return None
    if joined and not one_sentence(one, other, place + 1, run.stop, 1):
        return None
    if not same_subject(one, other, place, reaches[0].words + reaches[1].words):
        return None
    at = gaps[0].at - old[0] if gaps else 0
    text, fits = _written(one, other, old, new, at, run, follows=reaches[1].words > 0)
    if not text or text == one.text[slice(*old)]:
        return None
    score = round((reaches[0].score + reaches[1].score) / (2 * FAR), 4)
    return _Claim(
        canonical(other.forms[run.start : run.stop]),
        kind,
        text,
        fits,
        asked,
        passage.start,
        _evidence(other, run, passage, score),
    )


def _reaches(one: Reading, other: Reading, place: int, run: range) -> tuple[Reach, Reach] | None:
    """How far the passages are equal to the left and the right of the place; none, if not at all."""
    right = Reach()
    if place + 1 < len(one) and run.stop < len(other):
        right = reach(one, other, place + 1, run.stop, 1)
    if one.ends(place) and other.ends(run.stop - 1):
        right = right._replace(bounded=True)
    elif one.ends(place) or not right.words or one.forms[place + 1] != other.forms[run.stop]:
        return None
    return reach(one, other, place, run.start - 1, -1), right


def _asks(one: Reading, other: Reading, place: int, run: range) -> bool:
    """Whether a place that no pattern shows looks as if it had lost a year."""
    form = one.forms[place]
    start, end = _between(one, place)
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
