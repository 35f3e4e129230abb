"""Decision trees as arrays: what a boosted model (Friedman, 2001) says of many rows at once, by numpy alone.

A row is compared with all nodes of a tree, in no order: a node that it fails (its value is above the threshold) rules
out the leaves to the node's left, and the first leaf that is left is where the row ends (QuickScorer; Lucchese et al.,
2015). Leaves are whole numbers, whose sum is exact: the same rows give the same bytes on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

SCALE = 1 << 16  # of the leaves: one in log-odds
LEAVES = 16  # of a tree, at the most: a bit each
TREES, ROWS = 32, 512  # at a time: what is compared should fit into the cache


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees of at most 16 leaves, a column each: of their nodes the `columns`, the `thresholds` and the leaves that one
    rules out if a row fails it, as bits (`outs`); and their `leaves`, a row each."""

    columns: NDArray[np.intp]
    thresholds: NDArray[np.float32]
    outs: NDArray[np.uint16]
    leaves: NDArray[np.int32]

    @classmethod
    def from_json(cls, trees: list[Any]) -> Forest:
        """Make a forest of plain data: trees as lists of `[column, threshold, low, high]`, where `low` and `high` are
        trees or leaves.

        >>> forest = Forest.from_json([[0, 1.5, 100, [1, 0.5, -7, 8]]])
        >>> forest.sums(np.array([[1, 0], [2, 0], [2, 1]], dtype=np.float32)).tolist()
        [100, -7, 8]
        """
        shape = (LEAVES - 1, len(trees))
        columns, thresholds = np.zeros(shape, dtype=np.intp), np.full(shape, np.inf, dtype=np.float32)
        outs, leaves = np.zeros(shape, dtype=np.uint16), np.zeros((len(trees), LEAVES), dtype=np.int32)
        for number, tree in enumerate(trees):
            nodes, ends = _flat(tree)
            leaves[number, : len(ends)] = ends
            for place, (column, threshold, first, last) in enumerate(nodes):
                columns[place, number], thresholds[place, number] = column, threshold
                outs[place, number] = (1 << last) - (1 << first)
        return cls(columns, thresholds, outs, leaves)

    def sums(self, rows: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the sum of the leaves that each row comes to."""
        found = np.zeros(len(rows), dtype=np.int64)
        for at in range(0, len(rows), ROWS):
            values = np.ascontiguousarray(rows[at : at + ROWS].T)
            for tree in range(0, len(self.leaves), TREES):
                found[at : at + ROWS] += self._sums(values, slice(tree, tree + TREES))
        return found

    def _sums(self, values: NDArray[np.float32], some: slice) -> NDArray[np.int64]:
        """The sums of some trees, for rows whose values stand in columns."""
        fails = values.take(self.columns[:, some], axis=0) > self.thresholds[:, some, None]
        out = np.bitwise_or.reduce(fails * self.outs[:, some, None], axis=0)
        leaves = self.leaves[some]
        first = _first_zeros().take(out) + LEAVES * np.arange(len(leaves))[:, None]
        sums: NDArray[np.int64] = leaves.ravel().take(first).sum(axis=0, dtype=np.int64)
        return sums


def _flat(tree: Any) -> tuple[list[tuple[int, float, int, int]], list[int]]:
    """The nodes of a tree, each with the range of the leaves to its left, and the leaves from left to right."""
    if isinstance(tree, int):
        return [], [tree]
    column, threshold, low, high = tree
    nodes, leaves = _flat(low)
    more, others = _flat(high)
    shift = len(leaves)
    moved = [(column, threshold, first + shift, last + shift) for column, threshold, first, last in more]
    return [(column, threshold, 0, shift), *nodes, *moved], leaves + others


@cache
def _first_zeros() -> NDArray[np.intp]:
    """The place of the lowest bit that is zero, for every number of 16 bits."""
    numbers = ~np.arange(1 << LEAVES) & 0xFFFF
    places: NDArray[np.intp] = np.log2(np.maximum(numbers & -numbers, 1)).astype(np.intp)
    return places


def probability(sums: NDArray[np.int64]) -> NDArray[np.float64]:
    """The probabilities that sums of leaves stand for, rounded: they are compared and added up, and must not differ in
    their last bits from machine to machine."""
    return np.rint(10_000 / (1 + np.exp(-np.clip(sums / SCALE, -30, 30)))) / 10_000
