"""Decision trees as arrays: what a boosted model (Friedman, 2001) says of many rows at once, by numpy alone.

All trees are as deep as the deepest may be, so that a row goes down every tree in the same number of steps: from node
n to 2n + 1 if its value is at most the threshold, to 2n + 2 if not. Leaves are whole numbers, whose sum is exact: the
same rows give the same bytes on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SCALE = 1 << 16  # of the leaves: one in log-odds
ROWS = 1024  # at a time: what goes down the trees together should fit into the cache


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees of one depth: `columns` and `thresholds` of the nodes, a row a tree; `leaves` below them; `bias` before
    any tree."""

    columns: NDArray[np.int32]
    thresholds: NDArray[np.float32]
    leaves: NDArray[np.int32]
    bias: int = 0

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Forest:
        """Make a forest of plain data: trees as lists of `[column, threshold, low, high]`, where `low` and `high` are
        trees or leaves.

        >>> forest = Forest.from_json({"depth": 2, "bias": 0, "trees": [[0, 1.5, 100, [1, 0.5, -7, 8]]]})
        >>> forest.sums(np.array([[1, 0], [2, 0], [2, 1]], dtype=np.float32)).tolist()
        [100, -7, 8]
        """
        depth, trees = data["depth"], data["trees"]
        inner = (1 << depth) - 1
        columns = np.zeros((len(trees), inner), dtype=np.int32)
        thresholds = np.zeros((len(trees), inner), dtype=np.float32)
        leaves = np.zeros((len(trees), inner + 1), dtype=np.int32)
        for number, tree in enumerate(trees):
            waiting = [(tree, 0, depth)]
            while waiting:
                node, at, left = waiting.pop()
                if isinstance(node, int):  # a leaf, for all that is below
                    first = ((at + 1) << left) - 1 - inner
                    leaves[number, first : first + (1 << left)] = node
                    continue
                columns[number, at], thresholds[number, at] = node[0], node[1]
                waiting += [(node[2], 2 * at + 1, left - 1), (node[3], 2 * at + 2, left - 1)]
        return cls(columns, thresholds, leaves, data["bias"])

    def sums(self, rows: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return the sum of the leaves that each row comes to."""
        return np.concatenate(
            [self._sums(rows[at : at + ROWS]) for at in range(0, len(rows), ROWS)] or [np.zeros(0, np.int64)]
        )

    def _sums(self, rows: NDArray[np.float32]) -> NDArray[np.int64]:
        trees, inner = self.columns.shape
        count, width = rows.shape
        values = np.ascontiguousarray(rows).ravel()
        columns, thresholds = self.columns.ravel(), self.thresholds.ravel()
        first = (np.arange(trees, dtype=np.int32) * inner)[:, None]
        start = (np.arange(count, dtype=np.int32) * width)[None, :]
        node = np.zeros((trees, count), dtype=np.int32)
        for _ in range(inner.bit_length()):
            at = node + first
            node = 2 * node + 1 + (values.take(start + columns.take(at)) > thresholds.take(at))
        leaves = self.leaves.ravel().take(node - inner + np.arange(trees, dtype=np.int32)[:, None] * (inner + 1))
        sums: NDArray[np.int64] = leaves.sum(axis=0, dtype=np.int64) + self.bias
        return sums


def probability(sums: NDArray[np.int64]) -> NDArray[np.float64]:
    """The probabilities that sums of leaves stand for, in whole percents of a percent: they are compared and added up,
    and must not differ in their last bits from machine to machine."""
    return np.rint(10_000 / (1 + np.exp(-np.clip(sums / SCALE, -30, 30)))) / 10_000
