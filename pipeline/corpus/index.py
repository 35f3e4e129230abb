"""The index of a corpus: which paragraphs share text, so that they are worth comparing.

A paragraph is known by its number, in the order in which documents are added, and by its *rank*: the order in which
copies are to stay, the least damaged first, then the longest, then the first by the id of its document and its place.
`proposals` pairs each paragraph with such of a better rank that have equal words, or shingles in common with it: with
the eight that share most, at the most. A shingle that stands in hundreds of paragraphs (of one mould) pairs each with
the best few and with its neighbours in rank only, so the work grows with the corpus and not with its square.

In memory are some 50 bytes a paragraph. Shingles go to a temporary file once they are many, and come back sorted, some
at a time (see `parted`).

    >>> from pipeline import clean
    >>> from pipeline.corpus.fingerprints import marks
    >>> prose = "The ferry to the island leaves from the old harbour at seven every day of the year."
    >>> index = Index()
    >>> index.add("a", marks(clean(prose)))
    >>> index.add("b", marks(clean(prose + " It comes back at nine.")))
    >>> [proposal[:2] for proposal in index.proposals().rows()]
    [(0, 1)]
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import blake2b
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus.fingerprints import MARK, Marks, Place, unpack
from pipeline.corpus.known import Known
from pipeline.corpus.parted import Parted, joined, ordered
from pipeline.corpus.shingles import Numbers
from pipeline.settings import Scope

__all__ = [
    "LEAST",
    "Index",
    "Proposal",
    "Proposals",
    "are_alike",
    "best",
    "equal",
    "heads",
    "paired",
    "salted",
    "weighed",
]

BEST, NEAR = 3, 2  # of the paragraphs that share a shingle: how many a paragraph is paired with
COMMON = 0.5  # the weight of what paragraphs of a common origin share at least: each shingle one, by those that have it
MOST = 8  # pairs of a paragraph
MANY = 1 << 20  # rows that are summed at once
PART = 4  # bits of keys, by which they are parted to be sorted
LEAST = 0.15  # of the shingles of a paragraph, that the other must have as well
_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_MIXED = np.uint64(0x9E3779B97F4A7C15)  # times it, the upper bits of a number depend on all (Knuth, 1973)
T = TypeVar("T")
R = TypeVar("R")


class Proposal(NamedTuple):
    """Two paragraphs, by their numbers, that share text: `of` has the better rank. `shared` is the share of the
    shingles of `number` that both have, and 1 where all words are equal."""

    number: int
    of: int
    shared: float


class Proposals(NamedTuple):
    """Pairs of paragraphs as columns: see `Proposal`."""

    numbers: NDArray[np.int64]
    of: NDArray[np.int64]
    shared: NDArray[np.float64]

    def rows(self) -> Iterator[Proposal]:
        """The pairs one by one."""
        return map(Proposal, self.numbers.tolist(), self.of.tolist(), self.shared.tolist())


class Index:
    """The paragraphs of a corpus and their shingles. With the scope `document`, those of two documents have nothing in
    common."""

    def __init__(self, scope: Scope = "corpus") -> None:
        self.apart = scope == "document"
        self._ids: dict[str, int] = {}  # and their order
        self._names: list[str] = []
        self._marks = bytearray()  # grows in its place, as a rule
        self._firsts = array("q", [0])  # the number of the first paragraph of each document, and that of the next
        self._shingles = Parted("<u8", "<u4")

    def __len__(self) -> int:
        return self._firsts[-1]

    def add(self, id: str, packed: bytes) -> None:
        """Take the marks of a document, as `fingerprints.marks` packs them."""
        if not packed:
            return
        marks, shingles = unpack(packed)
        if self.apart:
            marks, shingles = salted(id, marks, shingles)
        owners = np.repeat(np.arange(len(self), len(self) + len(marks), dtype=np.uint32), marks["shingles"])
        self._ids[id] = len(self._names)
        self._names.append(id)
        self._marks += marks.tobytes()
        self._firsts.append(len(self) + len(marks))
        self._shingles.add(shingles, owners)

    @property
    def marks(self) -> Marks:
        """The marks of all paragraphs, by number. No document can be added while they are held."""
        return np.frombuffer(self._marks, MARK)

    def document_of(self, number: int) -> str:
        """The id of the document that a paragraph is of."""
        return self._names[bisect_right(self._firsts, number) - 1]

    def numbers(self, id: str) -> range:
        """The paragraphs of a document."""
        place = self._ids.get(id)
        return range(0) if place is None else range(self._firsts[place], self._firsts[place + 1])

    def homes(self, numbers: Sequence[int]) -> list[int]:
        """A number for the document that each paragraph is of."""
        found: list[int] = (np.searchsorted(np.asarray(self._firsts), numbers, side="right") - 1).tolist()
        return found

    def documents(self, numbers: Sequence[int]) -> list[str]:
        """The ids of the documents that paragraphs are of."""
        return [*map(self._names.__getitem__, self.homes(numbers))]

    def places(self, numbers: Sequence[int]) -> list[Place]:
        """Where paragraphs stand."""
        rows = self.marks[np.asarray(numbers, np.int64)]
        fields = ["start", "end", "raw_start", "raw_end", "damage", "kept"]
        return [
            Place(id, start, end, raw_start, raw_end, damage, bool(kept))
            for id, (start, end, raw_start, raw_end, damage, kept) in zip(
                self.documents(numbers), rows[fields].tolist(), strict=True
            )
        ]

    def sharing(self, shingles: Numbers) -> list[str]:
        """The documents with a paragraph that has two or more of some shingles (sorted), of which few have any: what is
        shared with many says little of a common origin. By their ids, in order."""
        weights = np.zeros(len(self))
        counts = np.zeros(len(self), np.uint32)
        known = Known(shingles)
        for held, owners in joined(self._shingles.parts(lambda held, _: known.maybe(held)), MANY):
            among = np.flatnonzero(known.among(held))
            weights += np.bincount(owners[among], weighed(held[among]), len(self))
            counts += np.bincount(owners[among], minlength=len(self)).astype(np.uint32)
        chosen = np.flatnonzero(are_alike(weights, counts)).tolist()
        return sorted({*self.documents(chosen)})

    def ranks(self) -> NDArray[np.uint32]:
        """The rank of each paragraph, by number."""
        marks = self.marks
        names = np.argsort(np.argsort(np.array(self._names, dtype=object))) if self._names else np.empty(0, np.int64)
        document = np.repeat(names.astype(np.uint32), np.diff(self._firsts))  # those that are added late, by their id
        order = np.lexsort((document, marks["start"].astype(np.int32) - marks["end"].astype(np.int32), marks["damage"]))
        ranks = np.empty(len(order), np.uint32)
        ranks[order] = np.arange(len(order), dtype=np.uint32)
        return ranks

    def proposals(self, workers: int = 1) -> Proposals:
        """Return the pairs that are worth comparing, by the rank of the first; of one paragraph, the best first.

        So many `workers`, which are threads, look for them: most of it is done outside of Python."""
        marks, ranks = self.marks, self.ranks()
        first = equal(marks["key"], ranks)
        alone = first == np.arange(len(marks), dtype=np.uint32)  # for the others, those that they equal stand in
        twins = np.flatnonzero(~alone)
        found = [(twins, first[twins].astype(np.int64), np.full(len(twins), 2.0))]  # the best pair there is
        sizes = marks["shingles"].copy()
        for pairs, counts in self._pairs(ranks, alone, sizes, workers):
            numbers, of = (pairs >> _HALF).astype(np.int64), (pairs & _LOW).astype(np.int64)
            shared = counts / np.minimum(sizes[numbers], sizes[of])
            enough = shared >= LEAST
            found.append(best(numbers[enough], of[enough], np.minimum(shared[enough], 1.0), ranks))
        columns = [np.concatenate(column) for column in zip(*found, strict=True)]
        numbers, of, shared = best(columns[0], columns[1], columns[2], ranks)
        return Proposals(numbers, of, np.minimum(shared, 1.0).round(4))

    def _pairs(
        self, ranks: NDArray[np.uint32], alone: NDArray[np.bool_], sizes: NDArray[np.uint32], workers: int
    ) -> Iterator[tuple[Numbers, NDArray[np.int64]]]:
        """Yield the pairs that may share enough, each as one number (`number` in its upper half, `of` below), and how
        many shingles they share. Each pair comes once. Pairs wait in a file until all shingles were looked at.
        """

        def pair(rows: tuple[NDArray[Any], ...]) -> Numbers:
            shingles, owners = rows
            counted = alone[owners]
            return paired(shingles[counted], owners[counted], ranks)

        waiting = Parted("<u8", bits=32 + len(self).bit_length(), apart=32)
        for some in ahead(pair, self._shingles.parts(), workers):
            waiting.add(some)
        needed = np.minimum(np.ceil(sizes * LEAST - 1e-6), 255).astype(np.uint8)
        for (pairs,) in waiting.parts(lambda pairs: often(pairs, needed)):
            counts = times(pairs)
            yield pairs[np.cumsum(counts) - 1], counts


def ahead(work: Callable[[T], R], tasks: Iterable[T], workers: int) -> Iterator[R]:
    """Yield what comes of tasks, in their order; if there are several workers, by threads, which are a few ahead.

    >>> [*ahead(abs, [3, -2, -1], workers=2)]
    [3, 2, 1]
    """
    if workers <= 1:
        yield from map(work, tasks)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[R]] = deque()
        for task in tasks:
            waiting.append(pool.submit(work, task))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        yield from (one.result() for one in waiting)


def salted(id: str, marks: Marks, shingles: Numbers) -> tuple[Marks, Numbers]:
    """Marks and shingles of a document that no other document has."""
    salt = np.uint64(int.from_bytes(blake2b(id.encode(errors="replace"), digest_size=8).digest()))
    marks = marks.copy()
    marks["key"] ^= salt
    return marks, shingles ^ salt


def weighed(held: Numbers) -> NDArray[np.float64]:
    """What each row of shingles weighs, which are sorted, and those of one shingle all there: one by their number."""
    counts = times(held)
    return np.repeat(1 / counts, counts)


def are_alike(weights: NDArray[np.float64], counts: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether what is shared, by its weight and the number of shingles, tells of a common origin. Sums are rounded, for
    they come together in more than one order."""
    found: NDArray[np.bool_] = (weights.round(6) >= COMMON) & (counts > 1)
    return found


def often(pairs: Numbers, needed: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which of some pairs may be there as often as is `needed` for either of the two: nearly all are there once, by
    chance, and a table in which pairs share their places tells of most of these, before any is sorted."""
    numbers, of = (pairs >> _HALF).astype(np.int64), (pairs & _LOW).astype(np.int64)
    places = (pairs * _MIXED >> np.uint64(64 - len(pairs).bit_length())).astype(np.int64)
    counts = np.bincount(places)[places]
    found: NDArray[np.bool_] = counts >= np.minimum(needed[numbers], needed[of])
    return found


def best(
    numbers: NDArray[np.int64], of: NDArray[np.int64], shared: NDArray[np.float64], ranks: NDArray[np.uint32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """The pairs in order, of each paragraph the few that share most."""
    order = np.lexsort((ranks[of], -shared, ranks[numbers]))
    numbers, of, shared = numbers[order], of[order], shared[order]
    few = np.arange(len(numbers)) - heads(numbers) < MOST
    return numbers[few], of[few], shared[few]


def equal(keys: Numbers, ranks: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """For each paragraph the number of the one with the same key that has the best rank. The keys are sorted in parts,
    by their upper bits: it takes a fifth of the memory.

    >>> equal(np.array([7, 1 << 63, 7, 1 << 63], np.uint64), np.array([3, 0, 2, 1], np.uint32)).tolist()
    [2, 1, 2, 1]
    """
    first = np.empty(len(keys), np.uint32)
    parts = (keys >> np.uint64(64 - PART)).astype(np.uint8)
    for part in range(1 << PART):
        some = np.flatnonzero(parts == part)
        order = some[np.lexsort((ranks[some], keys[some]))]
        first[order] = order[heads(keys[order])]
    return first


def heads(values: NDArray[Any]) -> NDArray[np.int64]:
    """For each of some values the place of the first of those beside it that are the same."""
    at = np.arange(len(values))
    return np.maximum.accumulate(np.where(np.append(True, values[1:] != values[:-1])[: len(values)], at, 0))


def times(values: NDArray[Any]) -> NDArray[np.int64]:
    """How often each of some values comes, which are sorted.

    >>> times(np.array([2, 2, 3])).tolist()
    [2, 1]
    """
    ends = np.flatnonzero(np.append(values[1:] != values[:-1], True)[: len(values)])
    return np.diff(ends, prepend=-1)


def paired(shingles: Numbers, owners: NDArray[np.uint32], ranks: NDArray[np.uint32]) -> Numbers:
    """Pairs of paragraphs that share a shingle, which are sorted; of those that share one, each with the best few and
    those near it."""
    if not len(shingles):
        return np.empty(0, np.uint64)
    twice = np.append(shingles[1:] == shingles[:-1], False)
    twice[1:] |= twice[:-1]
    order = np.flatnonzero(twice)  # most stand once, and pair nothing
    width = np.uint64(len(ranks).bit_length())
    order = order[ordered(heads(shingles[order]).astype(np.uint64) << width | ranks[owners[order]])]
    shingles, owners = shingles[order], owners[order].astype(np.uint64)
    at = np.arange(len(order))
    top = heads(shingles)
    pairs = [np.empty(0, np.uint64)]
    behind = [(at - back, at) for back in range(1, NEAR + 1)]
    best = [(top + ahead, at - NEAR) for ahead in range(BEST)]
    for partner, below in (*behind, *best):
        fits = np.flatnonzero((partner >= top) & (partner < below))
        worse, better = owners[at[fits]], owners[partner[fits]]
        pairs.append((worse << np.uint64(32) | better)[worse != better])
    return np.concatenate(pairs)
