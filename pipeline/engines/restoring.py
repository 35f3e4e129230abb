"""The years of a run: documents that lost some are asked about in the corpus, filled, and put down again.

It stands between the cleaning of documents, which finds the gaps, and the decision on duplicates, so that what was
repaired can be seen to be a copy. Documents that are whole are only read if they share text with a damaged one. What
they have to offer is looked for by all workers, and so is what comes back.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import lru_cache, partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from pipeline.corpus.years import RULES, Evidence, Passage, Restored, fill, remaining, restore
from pipeline.document import Document, Repair, Witness
from pipeline.engines.outcome import Cleaned
from pipeline.engines.spool import Spool, Spot
from pipeline.engines.workers import Job, deduplicates, problem, spread
from pipeline.settings import is_off

if TYPE_CHECKING:
    from pipeline.corpus.index import Index
    from pipeline.corpus.shingles import Numbers
    from pipeline.corpus.siblings import Offers

__all__ = ["Ask", "restore_years", "restorer"]

_FEW = 8  # documents to be read by one process


_Passage = tuple[str, int, int]


class _Read(NamedTuple):
    """A document that may have passages to offer."""

    number: int
    spot: Spot
    weight: int = 0
    shard: int = 0


class Ask(NamedTuple):
    """A document that lost something, the passages that may be asked, for each of its paragraphs (the id of a document,
    start and end in the clean text), and where the documents of these wait."""

    id: str
    spot: Spot
    passages: Mapping[int, Sequence[_Passage]]
    spots: Mapping[str, Spot]
    weight: int = 0
    shard: int = 0


def restore_years(
    job: Job,
    damaged: Sequence[str],
    spots: Mapping[str, Spot],
    index: Index | None,
    workers: int,
) -> Iterator[Cleaned]:
    """Restore what can be in the damaged documents, and do to the rest what `settings.gaps` asks for.

    Yields these documents, which wait where they tell now, or what went wrong. `index` tells which others share text
    with them; one is made if there is none of the whole corpus.
    """
    ids = list(spots)
    asked: Mapping[str, array[int]] = {}
    if not all(is_off(rule, job.settings.off) for rule in RULES.values()):
        asked = _asked(job, damaged, spots, ids, index, workers)
    most = sorted(damaged, key=lambda id: (-len(asked.get(id, ())), id))  # the longest first: no worker waits
    asks = (_ask(id, spots, ids, asked.get(id, ())) for id in most)
    with closing(spread(job, restorer, asks, workers if len(most) >= _FEW else 1, 1)) as restored:
        yield from restored


def _ask(id: str, spots: Mapping[str, Spot], ids: Sequence[str], rows: Sequence[int]) -> Ask:
    passages: dict[int, list[_Passage]] = {}
    for paragraph, of, start, end in zip(*[iter(rows)] * 4, strict=True):
        passages.setdefault(paragraph, []).append((ids[of], start, end))
    others = {other for found in passages.values() for other, _, _ in found}
    return Ask(id, spots[id], passages, {other: spots[other] for other in sorted(others)})


def _asked(
    job: Job,
    damaged: Sequence[str],
    spots: Mapping[str, Spot],
    ids: Sequence[str],
    index: Index | None,
    workers: int,
) -> dict[str, array[int]]:
    """Which passages may be asked, for the damaged documents, by id. They may be many, so they are numbers: that of a
    paragraph, of the document of the passage (its place in `ids`), and where it starts and ends."""
    from pipeline.corpus.siblings import Siblings  # numpy comes with it: a run that restores nothing is spared

    numbers = {id: number for number, id in enumerate(ids)}
    lost = set(damaged)
    siblings = Siblings()
    with Spool(job.waiting) as spool:
        for id in damaged:
            siblings.want(numbers[id], spool.get(spots[id]))
        if index is None or index.apart:
            index = _index((id, spool.get(spots[id])) for id in ids if id not in lost)
    read = [*damaged, *(id for id in index.sharing(siblings.shingles) if id not in lost)]
    reads = (_Read(numbers[id], spots[id]) for id in read)
    offering = partial(offerer, wanted=siblings.shingles)
    with closing(spread(job, offering, reads, workers if len(read) >= _FEW else 1)) as offered:
        for some, found in offered:
            siblings.offer(some, found)
    asked: dict[str, array[int]] = {}
    for place, best in siblings.found(ids):
        rows = asked.setdefault(ids[place.document], array("q"))
        for passage in best:
            rows.extend((place.paragraph, *passage))
    return asked


def offerer(job: Job, wanted: Numbers) -> Callable[[Sequence[_Read]], list[tuple[list[int], Offers]]]:
    """Return the function that reads documents for what they have to offer, all of them together."""
    from pipeline.corpus.known import Known
    from pipeline.corpus.siblings import offers, passages

    spool = Spool(job.waiting)
    known = Known(wanted)

    def offer(reads: Sequence[_Read]) -> list[tuple[list[int], Offers]]:
        documents = [spool.get(read.spot) for read in reads]
        found = offers([document.text for document in documents], [*map(passages, documents)], known)
        return [([read.number for read in reads], found)]

    return offer


def restorer(job: Job, spool: Spool | None = None) -> Callable[[Sequence[Ask]], list[Cleaned]]:
    """Return the function that restores documents, and puts them down to wait. It never raises an `Exception`."""
    spool = spool or Spool(job.waiting, f"{job.run}-restored")
    marking = deduplicates(job.settings)

    def restore_one(ask: Ask) -> Cleaned:
        document = spool.get(ask.spot)
        known = lru_cache(maxsize=256)(lambda id: spool.get(ask.spots[id]) if id != ask.id else document)
        try:
            asked = _Passages(ask.passages, lambda id: spool.text(ask.spots[id]) if id != ask.id else document.text)
            found = [one for one in restore(document, asked) if not is_off(one.edit.rule, job.settings.off)]
            restored = remaining(_filled(document, found, known), job.settings)
        except Exception as error:  # a defect: told of, and the others go on
            return Cleaned(ask.id, problem=problem(ask.id, error))
        if not marking:
            return Cleaned(ask.id, spool.add(restored))
        from pipeline.corpus.fingerprints import marks

        packed = marks(restored)
        return Cleaned(ask.id, spool.add(restored, packed), packed)

    return lambda asks: [*map(restore_one, asks)]


class _Passages(Mapping[int, Sequence[Passage]]):
    """The passages that may be asked, for each paragraph, taken from their documents when they are: all at once may be
    many times the document that asks."""

    def __init__(self, places: Mapping[int, Sequence[_Passage]], text_of: Callable[[str], str]) -> None:
        self._places = places
        self._text_of = lru_cache(maxsize=256)(text_of)

    def __getitem__(self, paragraph: int) -> list[Passage]:
        return [Passage(id, self._text_of(id)[start:end], start) for id, start, end in self._places[paragraph]]

    def __iter__(self) -> Iterator[int]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _filled(document: Document, restored: Sequence[Restored], known: Callable[[str], Document]) -> Document:
    if not restored:
        return document
    filled = fill(document, restored)
    filled.repairs = [_repair(document, found, known) for found in restored]
    return filled


def _index(documents: Iterator[tuple[str, Document]]) -> Index:
    """The index of some documents, given with their ids."""
    from pipeline.corpus.fingerprints import marks_all
    from pipeline.corpus.index import Index

    index = Index()
    while batch := list(islice(documents, 32)):
        for (id, _), marks in zip(batch, marks_all([document for _, document in batch]), strict=True):
            index.add(id, marks)
    return index


def _repair(document: Document, restored: Restored, known: Callable[[str], Document]) -> Repair:
    """What the sidecar says of a place that was filled, with places in raw texts."""
    edit = restored.edit
    start = document.ledger.to_raw(edit.start, side="right")
    end = max(start, document.ledger.to_raw(edit.end, side="left"))
    witnesses = tuple(_witness(found, known(found.id)) for found in restored.evidence)
    return Repair(start, end, edit.old, edit.new, restored.kind, restored.found_by, witnesses)


def _witness(found: Evidence, source: Document) -> Witness:
    start = source.ledger.to_raw(found.start, side="right")
    end = source.ledger.to_raw(found.end, side="left")
    return Witness(found.id, start, max(start, end), found.before, found.after, found.score)
