"""Years that a scraper dropped are restored from other passages of the corpus, each with its evidence.

A document in which patterns show a certain gap is *damaged*. The gap may be filled; and around two or more that are
near each other, places are looked for that no pattern shows. A place is filled when a passage of another document (or
another paragraph of the same one) has, between two words that stand side by side here, nothing but a year, a decade, a
range or a date, and bears witness by what surrounds it (see `claims`). What the passage has between the two words
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

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pipeline.corpus.alignment import words
from pipeline.corpus.amend import amend, traces
from pipeline.corpus.claims import Claim, Evidence, Passage, ask, between, hear
from pipeline.corpus.dates import glued
from pipeline.corpus.reading import Reading
from pipeline.corpus.witness import dissents
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
COPY = "years.copy"  # what found one that nothing shows, until it is known that the passage is of a copy
EMPTIED = "wiki.empty-brackets"  # the rule that takes brackets in which nothing was left: a year may have stood there


class Restored(NamedTuple):
    """A place that can be filled: the edit of the clean text, what kind of thing it brings back, the rule of the gap
    that showed the place (or `years.alignment`), and all the evidence there is, the best first."""

    edit: Edit
    kind: str
    found_by: str
    evidence: tuple[Evidence, ...]


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
    copies = {evidence.id for one in found if one.found_by not in (ALIGNMENT, COPY) for evidence in one.evidence}
    return [
        one._replace(found_by=ALIGNMENT) if one.found_by == COPY else one
        for one in found
        if one.found_by != COPY or any(evidence.id in copies for evidence in one.evidence)
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
    passages = sorted(passage for passage in set(passages) if (passage.id, passage.start) != (here.id, here.start))
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


def _paragraph(here: Passage, gaps: Sequence[Gap], passages: Sequence[Passage], doubtful: bool) -> Iterator[Restored]:
    """Yield what passages restore in one paragraph, in order; gaps are given by their places in it."""
    whole, asked = words(here.text), [ask(passage, here.text) for passage in passages]
    cuts = glued(whole, [other for _, other in asked]) if doubtful else []
    one = Reading(whole, [*(gap.at for gap in gaps), *cuts])
    known: dict[int, list[Gap]] = defaultdict(list)
    for gap in gaps:
        known[bisect_left(one.words.starts, gap.at) - 1].append(gap)
    claims = hear(one, asked, known, doubtful)
    years = {form for some in claims.values() for claim in some for form in claim.key}.union(one.forms)
    for place in sorted(claims):
        witnesses = {(claim.evidence.id, claim.at) for claim in claims[place]}
        others = (other for passage, other in asked if (passage.id, passage.start) not in witnesses)
        keys = {claim.key for claim in claims[place]}
        if len(keys) > 1 or any(dissents(one, other, place, years) for other in others):
            continue  # they disagree
        ranked = sorted(claims[place], key=Claim.rank)
        start, end = between(one, place)
        edit = Edit(here.start + start, here.text[start:end], ranked[0].new, _rule(ranked[0].kind))
        found_by = (
            known[place][0].rule if place in known else ALIGNMENT if any(claim.shows for claim in ranked) else COPY
        )
        yield Restored(edit, ranked[0].kind, found_by, tuple(claim.evidence for claim in ranked))


def _rule(kind: str) -> str:
    return RULES["value" if kind == "value" else "year"]
