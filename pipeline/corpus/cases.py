"""Cases: the paragraphs of a corpus, parted so that no proposal pairs two of different cases.

What becomes of a paragraph hangs on those that it is paired with, on what these are paired with, and so on: on its
connected component in the graph of the proposals. So components can be decided on apart, by other processes, and it
comes to the same. Small ones are put together. A case holds all that the decision needs, with numbers of its own that
are the order of ranks: so nothing hangs on the order in which documents came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus.index import Index, Proposals

__all__ = ["SIZE", "Case", "cases", "components"]

SIZE = 512  # proposals that make a case worth its way
Numbers = NDArray[np.int64]
TextsOf = Callable[[Sequence[int]], Sequence[str | None]]


class Case(NamedTuple):
    """Paragraphs that are to be decided on, in the order of their ranks: the columns `numbers` (those in the index),
    `homes` (a number for each document), `kept`, `key` and `digest` (see `fingerprints`), and `texts`, where they are
    needed; and the `proposals`, in order, as columns that name them by their places here."""

    numbers: list[int]
    homes: list[int]
    kept: list[bool]
    key: list[int]
    digest: list[int]
    texts: list[str | None]
    proposals: tuple[list[int], list[int], list[float]]

    @property
    def weight(self) -> int:
        """How many bytes of it are in memory, about."""
        return sum(map(len, filter(None, self.texts)))

    @property
    def shard(self) -> int:
        """Cases are of no shard."""
        return 0


def cases(index: Index, proposals: Proposals, texts_of: TextsOf) -> Iterator[Case]:
    """Yield the cases of a corpus; `texts_of` gives the texts of paragraphs by their numbers, where they are needed."""
    if not len(proposals.numbers):
        return
    named = np.zeros(len(index), bool)
    named[proposals.numbers] = named[proposals.of] = True
    places = np.cumsum(named)
    places -= 1
    left, right = places[proposals.numbers], places[proposals.of]
    component = components(left, right, int(named.sum()))
    order = np.argsort(component[left], kind="stable")  # by component; within one, as they were
    ranks = index.ranks()
    heads = np.flatnonzero(np.diff(component[left][order], prepend=-1)).tolist()
    start = 0
    for end in [*heads[1:], len(order)]:
        if end - start >= SIZE or end == len(order):
            some = order[start:end]
            pairs = Proposals(proposals.numbers[some], proposals.of[some], proposals.shared[some])
            yield _case(index, ranks, pairs, texts_of)
            start = end


def _case(index: Index, ranks: NDArray[np.uint32], pairs: Proposals, texts_of: TextsOf) -> Case:
    named = np.unique(np.concatenate([pairs.numbers, pairs.of]))
    order = np.argsort(ranks[named])
    places = np.empty(len(named), np.int64)
    places[order] = np.arange(len(named))
    left, right = (places[np.searchsorted(named, column)].tolist() for column in (pairs.numbers, pairs.of))
    numbers: list[int] = named[order].tolist()
    marks = index.marks[numbers]
    return Case(
        numbers,
        index.homes(numbers),
        marks["kept"].astype(bool).tolist(),
        marks["key"].tolist(),
        marks["digest"].tolist(),
        list(texts_of(numbers)),
        (left, right, pairs.shared.tolist()),
    )


def components(left: Numbers, right: Numbers, size: int) -> Numbers:
    """Return for each of `size` things the smallest of those that it is connected with by pairs, `left` and `right`.

    >>> components(np.array([0, 3, 4]), np.array([1, 4, 1]), 6).tolist()
    [0, 0, 2, 0, 0, 5]
    """
    smallest = np.arange(size)
    while True:
        before = smallest.copy()
        least = np.minimum(smallest[left], smallest[right])
        np.minimum.at(smallest, smallest[left], least)  # the roots, too: so chains are short
        np.minimum.at(smallest, smallest[right], least)
        np.minimum.at(smallest, left, least)
        np.minimum.at(smallest, right, least)
        smallest = smallest[smallest]
        if np.array_equal(smallest, before):
            return smallest
