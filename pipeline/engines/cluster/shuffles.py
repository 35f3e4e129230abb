"""The index of a corpus and the decisions on it, as shuffles of Ray Data.

Paragraphs are numbered as `Index` numbers them, and rank by a number of their own, `order`: damage, length, and the
place of the id of the document; where that is equal, by their numbers. What is done to the rows of a group is what
`Index` does to the rows of a part, by the same functions.

1. *Twins*: paragraphs grouped by their keys; each pairs with the best of its key. The others are `alone`, as bits.
2. *Pairs*: shingles of those that are alone, grouped by their first bits, are paired; then counted, grouped by the
   number of the paragraph, which keeps its best few.
3. *Components*: each block of pairs comes down to a forest of its paragraphs, and forests to one, by a tree of tasks.
4. *Cases*: pairs grouped by component are decided on, with the texts that they need, which are read where they wait.
5. What was decided goes to both sides, grouped by the block of documents that a task writes, in a file of its own.

Between shuffles rows are in the object store of Ray, which puts on disk what does not fit in memory.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus.cases import Case, components
from pipeline.corpus.decisions import Decision, judge
from pipeline.corpus.duplicates import Alike, Copy, Duplicate, Duplicates
from pipeline.corpus.fingerprints import MARK, Place
from pipeline.corpus.index import LEAST, Proposal, best, equal, paired, summed
from pipeline.corpus.shingles import Numbers
from pipeline.engines.cluster import maps
from pipeline.engines.cluster.documents import Documents, stretches
from pipeline.engines.spool import Spool
from pipeline.engines.workers import Job
from pipeline.formats import text

__all__ = ["FOUND", "find", "load"]

FOUND = "found-"  # how the names of files begin that tell what the corpus knows of a block of documents
_ROWS = 1 << 20  # of a group
_PAIRS = 4096  # of a group of cases
_MERGED = 8  # forests that one task makes one of
_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_LENGTH = (1 << 30) - 1

Columns = dict[str, Any]


def find(job: Job, documents: Documents, block: int) -> bool:
    """Find what the corpus knows of documents, and write it down for each block of them: see `load`. Returns whether
    there is any."""
    import ray

    for name in os.listdir(job.waiting):
        if name.startswith(FOUND):  # of a run that was killed
            os.unlink(os.path.join(job.waiting, name))
    size = int(documents.firsts[-1])
    if not size:
        return False
    table = ray.put(documents)
    ranges = maps.dataset(stretches(len(documents)))
    parts = 1 + size // _ROWS
    keys = ranges.map_batches(maps.rows_of, batch_size=1, fn_kwargs=maps.worker(_keys(table, parts), job))
    twins = keys.groupby("part").map_groups(_twins, batch_format="numpy").materialize()
    alone = np.ones(size, bool)
    for batch in twins.iter_batches(batch_size=None, batch_format="numpy"):
        alone[batch["number"]] = False
    shingles = int(documents.spots[:, 3].sum()) // 8  # at most
    rows = _shingles(table, ray.put(np.packbits(alone)), 1 + shingles // _ROWS)
    held = ranges.map_batches(maps.rows_of, batch_size=1, fn_kwargs=maps.worker(rows, job))
    pairs = held.groupby("part").map_groups(_pairs, batch_format="numpy", fn_kwargs={"parts": parts})
    kept = twins.map_batches(_again, batch_format="numpy", fn_kwargs={"parts": parts}).union(pairs)
    proposals = kept.groupby("part").map_groups(_best, batch_format="numpy").materialize()
    count = proposals.count()
    if not count:
        return False
    forest = ray.put(_forest(proposals))
    named = proposals.map_batches(
        _cased, batch_format="numpy", fn_kwargs={"forest": forest, "cases": 1 + count // _PAIRS}
    )
    judging = maps.worker(_judged(table, block), job)
    decided = named.groupby("case").map_groups(_grouped, batch_format="numpy", fn_kwargs=judging)
    saving = {"folder": job.waiting}
    for _ in decided.groupby("block").map_groups(_save, batch_format="numpy", fn_kwargs=saving).iter_batches():
        pass
    return True


def _keys(table: Any, parts: int) -> Callable[[Job], Callable[[range], Columns]]:
    """Paragraphs with their keys and orders."""

    def make(job: Job) -> Callable[[range], Columns]:
        return lambda some: _columns(job, table, some, lambda rows, _: {
            "part": ((rows["key"] >> _HALF) % np.uint64(parts)).astype(np.int64),
            "key": rows["key"],
            "number": rows["number"],
            "order": rows["order"],
        })  # fmt: skip

    return make


def _shingles(table: Any, bits: Any, parts: int) -> Callable[[Job], Callable[[range], Columns]]:
    """Shingles of paragraphs that are alone, with these."""
    import ray

    def make(job: Job) -> Callable[[range], Columns]:
        packed = ray.get(bits)

        def columns(rows: Columns, shingles: Numbers) -> Columns:
            number = rows["number"]
            alone = (packed[number >> 3] >> (7 - (number & 7)).astype(np.uint8)) & 1
            owners = np.repeat(np.arange(len(number)), rows["shingles"])
            held = alone[owners].astype(bool)
            owners, shingles = owners[held], shingles[held]
            return {
                "part": ((shingles >> _HALF) % np.uint64(parts)).astype(np.int64),
                "shingle": shingles,
                "number": number[owners],
                "order": rows["order"][owners],
                "count": rows["shingles"][owners],
            }

        return lambda some: _columns(job, table, some, columns)

    return make


def _columns(job: Job, table: Any, some: range, made: Callable[[Columns, Numbers], Columns]) -> Columns:
    """What is made of the paragraphs of some documents, and of their shingles."""
    import ray

    documents: Documents = ray.get(table)
    with Spool(job.waiting) as spool:
        counts = np.diff(documents.firsts[some.start : some.stop + 1])
        numbers = (some.start + np.flatnonzero(counts)).tolist()
        found = [documents.marks(number, spool, job.settings.scope == "document") for number in numbers]
    found.append((np.empty(0, MARK), np.empty(0, np.uint64)))
    marks = np.concatenate([marks for marks, _ in found])
    first, last = documents.firsts[[some.start, some.stop]]
    length = np.minimum(marks["end"] - marks["start"], _LENGTH)
    order = marks["damage"].astype(np.uint64) << np.uint64(62) | (_LENGTH - length).astype(np.uint64) << _HALF
    order |= np.repeat(documents.ranks[some.start : some.stop], counts).astype(np.uint64)
    rows = {"key": marks["key"], "shingles": marks["shingles"].astype(np.int64), "order": order}
    return made({"number": np.arange(first, last), **rows}, np.concatenate([shingles for _, shingles in found]))


class _Own(NamedTuple):
    """Paragraphs of a group with numbers of their own, in the order of the others: those, the orders, the ranks, and
    the own number for each row."""

    numbers: NDArray[np.int64]
    orders: Numbers
    ranks: NDArray[np.uint32]
    of: NDArray[np.int64]


def _own(numbers: NDArray[np.int64], orders: Numbers) -> _Own:
    """Number the paragraphs of a group."""
    named, firsts, of = np.unique(numbers, return_index=True, return_inverse=True)
    order = np.lexsort((named, orders[firsts]))
    ranks = np.empty(len(named), np.uint32)
    ranks[order] = np.arange(len(named), dtype=np.uint32)
    return _Own(named, orders[firsts], ranks, of.reshape(-1))


def _twins(rows: Columns) -> Columns:
    """Of paragraphs of the same keys, each but the best with that."""
    own = _own(rows["number"], rows["order"])
    keys = np.empty(len(own.numbers), np.uint64)
    keys[own.of] = rows["key"]
    first = equal(keys, own.ranks)
    twins = np.flatnonzero(first != np.arange(len(first)))
    return _pair_rows(own, twins, first[twins], np.ones(len(twins)), 1)


def _again(rows: Columns, parts: int) -> Columns:
    """Pairs, for a shuffle of other parts."""
    return {**rows, "part": rows["number"] % parts}


def _pairs(rows: Columns, parts: int) -> Columns:
    """Pairs of paragraphs that share shingles, with what share of the fewer that is for each of them."""
    own = _own(rows["number"], rows["order"])
    counts = np.empty(len(own.numbers), np.int64)
    counts[own.of] = rows["count"]
    found, times = np.unique(paired(rows["shingle"], own.of.astype(np.uint32), own.ranks), return_counts=True)
    left, right = (found >> _HALF).astype(np.int64), (found & _LOW).astype(np.int64)
    made = _pair_rows(own, left, right, times.astype(float), parts)
    return made | {"least": np.minimum(counts[left], counts[right])}


def _pair_rows(own: _Own, left: Any, right: Any, shared: Any, parts: int) -> Columns:
    number = own.numbers[left]
    return {
        "part": number % parts,
        "number": number,
        "of": own.numbers[right],
        "order": own.orders[left],
        "order_of": own.orders[right],
        "shared": shared,
        "least": np.ones(len(left), np.int64),
    }


def _best(rows: Columns) -> Columns:
    """Of all pairs of some paragraphs, the best few of each; what they share is counted."""
    both = np.concatenate([rows["number"], rows["of"]])
    own = _own(both, np.concatenate([rows["order"], rows["order_of"]]))
    number, of = np.split(own.of, 2)
    packed = number.astype(np.uint64) << _HALF | of.astype(np.uint64)
    pairs, counts = summed(packed, rows["shared"].astype(np.int64))
    _, firsts = np.unique(packed, return_index=True)
    shared = counts / rows["least"][firsts]
    enough = shared >= LEAST
    number, of = (pairs >> _HALF).astype(np.int64)[enough], (pairs & _LOW).astype(np.int64)[enough]
    number, of, shared = best(number, of, np.minimum(shared[enough], 1.0), own.ranks)
    return _pair_rows(own, number, of, shared, 1)


def _forest(proposals: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The paragraphs of all pairs, in order, with the smallest that each is connected with."""
    import ray

    @ray.remote
    def grown(blocks: Sequence[Any]) -> tuple[Any, Any]:
        some = [_edges(block) for block in ray.get(list(blocks))]
        left, right = (np.concatenate(column) for column in zip(*some, strict=True))
        named = np.unique(np.concatenate([left, right]))
        smallest = components(np.searchsorted(named, left), np.searchsorted(named, right), len(named))
        return named, named[smallest]

    blocks = proposals.select_columns(["number", "of"]).to_arrow_refs()
    while True:
        blocks = [grown.remote(blocks[at : at + _MERGED]) for at in range(0, len(blocks), _MERGED)]
        if len(blocks) == 1:
            found: tuple[NDArray[np.int64], NDArray[np.int64]] = ray.get(blocks[0])
            return found


def _edges(block: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The edges of a block of pairs, or of a forest."""
    if isinstance(block, tuple):
        return block
    if not block.num_rows:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return block["number"].to_numpy(), block["of"].to_numpy()


def _cased(rows: Columns, forest: Any, cases: int) -> Columns:
    """Pairs with the number of the case that they belong to."""
    import ray

    named, smallest = ray.get(forest)
    return {**rows, "case": smallest[np.searchsorted(named, rows["number"])] % cases}


def _grouped(rows: Columns, ref: Any) -> Columns:
    found: Columns = maps.called(ref)(rows)
    return found


def _judged(table: Any, block: int) -> Callable[[Job], Callable[[Columns], Columns]]:
    """Decide on the pairs of a case; what is decided goes to the documents of both sides."""
    import ray

    def make(job: Job) -> Callable[[Columns], Columns]:
        documents: Documents = ray.get(table)

        def decide(rows: Columns) -> Columns:
            case, places = _case(job, documents, rows)
            found = [row for number, one in judge(case, job.settings).items() for row in _rows(number, one, places)]
            homes = documents.of(np.array([number for number, _ in found], np.int64))
            return {
                "block": documents.ranks[homes] // block,
                "row": np.array([marshal.dumps(row) for _, row in found], object),
            }

        return decide

    return make


def _case(job: Job, documents: Documents, rows: Columns) -> tuple[Case, dict[int, Place]]:
    """The case of some pairs, and where its paragraphs stand."""
    both = np.concatenate([rows["number"], rows["of"]])
    own = _own(both, np.concatenate([rows["order"], rows["order_of"]]))
    number, of = np.split(own.of, 2)
    order = np.lexsort((own.ranks[of], -rows["shared"], own.ranks[number]))
    number, of, shared = number[order], of[order], np.minimum(rows["shared"][order], 1.0).round(4)
    homes = documents.of(own.numbers)
    marks = np.empty(len(own.numbers), MARK)
    texts: list[str | None] = []
    with Spool(job.waiting) as spool:
        for home in np.unique(homes).tolist():
            here = homes == home
            found, _ = documents.marks(home, spool, job.settings.scope == "document")
            marks[here] = found[own.numbers[here] - documents.firsts[home]]
        differ = marks["digest"][number] != marks["digest"][of]  # equal texts need no look
        needed = np.zeros(len(marks), bool)
        needed[number[differ]] = needed[of[differ]] = True
        last, whole = -1, ""
        for home, (start, end), wanted in zip(homes.tolist(), marks[["start", "end"]].tolist(), needed, strict=True):
            if wanted and home != last:
                last, whole = home, spool.text(documents.spot(home))
            texts.append(whole[start:end] if wanted else None)
    fields = ["start", "end", "raw_start", "raw_end", "damage", "kept"]
    numbers = own.numbers.tolist()
    places = {
        one: Place(documents.id(home), start, end, raw_start, raw_end, damage, bool(kept))
        for one, home, (start, end, raw_start, raw_end, damage, kept) in zip(
            numbers, homes.tolist(), marks[fields].tolist(), strict=True
        )
    }
    proposals = [Proposal(*row) for row in zip(number.tolist(), of.tolist(), shared.tolist(), strict=True)]
    kept = marks["kept"].astype(bool).tolist()
    columns = (marks["key"].tolist(), marks["digest"].tolist(), own.ranks.tolist())
    return Case(numbers, homes.tolist(), kept, *columns, texts, proposals), places


def _rows(number: int, decision: Decision, places: dict[int, Place]) -> list[tuple[int, tuple[Any, ...]]]:
    """What a decision says of each document, as a kind and plain values."""
    here = tuple(places[number])
    scores = (decision.similarity, decision.shared)
    found: list[tuple[int, tuple[Any, ...]]] = []
    for of in decision.of:
        there = tuple(places[of])
        if decision.kind:
            found.append((number, ("duplicate", here, there, decision.kind, *scores)))
            found.append((of, ("copy", there, here)))
        else:
            found.append((number, ("alike", here, there, *scores, decision.why)))
    return found


def _save(rows: Columns, folder: str) -> Columns:
    """Write down what is known of a block of documents."""
    number = int(rows["block"][0])
    packed = sorted(rows["row"].tolist())
    text.write(os.path.join(folder, f"{FOUND}{number}"), marshal.dumps(packed))
    return {"block": np.array([number])}


def load(folder: str, block: int) -> dict[str, Duplicates]:
    """What the corpus knows of the documents of a block, by id; those of which it knows nothing are left out."""
    try:
        with open(os.path.join(folder, f"{FOUND}{block}"), "rb") as file:
            packed = marshal.load(file)
    except FileNotFoundError:
        return {}
    found: dict[str, Duplicates] = {}
    for kind, one, other, *rest in map(marshal.loads, packed):
        here, there = Place(*one), Place(*other)
        mine = found.setdefault(here.id, Duplicates())
        match kind:
            case "duplicate":
                mine.duplicates.append(Duplicate(here, there, *rest))
            case "copy":
                mine.copies.append(Copy(here, there))
            case _:
                mine.alike.append(Alike(here, there, *rest))
    for mine in found.values():
        mine.duplicates.sort(key=lambda row: (row.here.start, row.of.id, row.of.start))
        mine.copies.sort(key=lambda row: (row.here.start, row.by.id, row.by.start))
        mine.alike.sort(key=lambda row: (row.here.start, row.of.id, row.of.start))
    return found
