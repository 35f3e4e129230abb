"""The years of a run: documents that lost some are asked about in the corpus, filled, and put down again.

It stands between the cleaning of documents, which finds the gaps, and the decision on duplicates, so that what was
repaired can be seen to be a copy. Documents that are whole are only read if they share text with a damaged one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from pipeline.corpus.years import RULES, Evidence, Passage, Restored, fill, remaining, restore
from pipeline.document import Document, Repair, Witness
from pipeline.engines.spool import Spool, Spot
from pipeline.settings import Settings, is_off

if TYPE_CHECKING:
    from pipeline.corpus.index import Index

__all__ = ["restore_years"]


def restore_years(
    damaged: Sequence[str], spots: Mapping[str, Spot], index: Index | None, spool: Spool, settings: Settings
) -> dict[str, Document | Exception]:
    """Restore what can be in the damaged documents, and do to the rest what `settings.gaps` asks for.

    Returns these documents, by id, with their `repairs`, or what went wrong. `index` tells which others share text with
    them; one is made if there is none of the whole corpus.
    """
    known = lru_cache(maxsize=256)(lambda id: spool.get(spots[id]))
    documents = {id: spool.get(spots[id]) for id in damaged}
    off = frozenset(settings.off)
    found: dict[str, list[Restored]] = {}
    if not all(is_off(rule, off) for rule in RULES.values()):
        found = _found(documents, spots, index, known)
    made: dict[str, Document | Exception] = {}
    for id, document in documents.items():
        allowed = [restored for restored in found.get(id, ()) if not is_off(restored.edit.rule, off)]
        try:
            made[id] = remaining(_filled(document, allowed, known), settings)
        except Exception as error:  # a defect: told of, and the others go on
            made[id] = error
    return made


def _filled(document: Document, restored: Sequence[Restored], known: Callable[[str], Document]) -> Document:
    if not restored:
        return document
    filled = fill(document, restored)
    filled.repairs = [_repair(document, found, known) for found in restored]
    return filled


def _found(
    documents: Mapping[str, Document],
    spots: Mapping[str, Spot],
    index: Index | None,
    known: Callable[[str], Document],
) -> dict[str, list[Restored]]:
    """What can be restored in the damaged documents, by id; all are read before one is changed."""
    from pipeline.corpus.siblings import Siblings  # numpy comes with it: a run that restores nothing is spared it

    ids = list(spots)
    numbers = {id: number for number, id in enumerate(ids)}
    siblings = Siblings()
    for id, document in documents.items():
        siblings.want(numbers[id], document)
    if index is None or index.apart:
        index = _index((id, known(id)) for id in ids if id not in documents)
    for id, document in documents.items():
        siblings.offer(numbers[id], document)
    for id, starts in sorted(index.sharing(siblings.shingles).items()):
        if id not in documents:
            siblings.offer(numbers[id], known(id), starts)
    candidates: dict[str, dict[int, list[Passage]]] = {}
    for place, passages in siblings.found():
        candidates.setdefault(ids[place.document], {})[place.paragraph] = passages
    return {id: restore(documents[id], asked) for id, asked in sorted(candidates.items())}


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
