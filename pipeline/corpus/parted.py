"""Rows of numbers that may be more than memory has room for: they are sorted by way of a file, as in an external sort.

>>> rows = Parted()
>>> rows.add(np.array([7, 3], np.uint64), np.array([1, 2]))
>>> [(numbers.tolist(), others.tolist()) for numbers, others in rows.parts()]
[([3, 7], [2, 1])]
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import pairwise
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus.shingles import Numbers

__all__ = ["Parted", "Rows"]

IN_MEMORY = 1 << 18  # rows: more are put down, sorted, as a run
MOST_ROWS = 1 << 17  # what is given back at once, about
STEP = 1 << 8  # rows of a run, of which the number of the first is remembered: ranges are cut and found by these
_ROW = np.dtype([("first", "<u8"), ("second", "<u4")])

Rows = tuple[Numbers, NDArray[np.uint32]]


class _Run(NamedTuple):
    """Rows that lie sorted in the file: where they begin there, in rows, how many they are, and the number of each row
    at a step."""

    start: int
    size: int
    steps: Numbers


class Parted:
    """Rows of a number and a smaller one, which come back in the order of the number, and with the same one in that in
    which they were added. They are in memory while they are few, else in a file. Rows whose numbers are the same but
    for the lowest bits, `apart`, come back together."""

    def __init__(self, apart: int = 0) -> None:
        self._apart = np.uint64(apart)
        self._pending: list[Rows] = []
        self._held = 0
        self._file: IO[bytes] | None = None
        self._runs: list[_Run] = []

    def add(self, first: Numbers, second: NDArray[Any]) -> None:
        """Take rows."""
        self._pending.append((first, second.astype(np.uint32)))
        self._held += len(first)
        if self._held > IN_MEMORY:
            self._spill()

    def parts(self) -> Iterator[Rows]:
        """Yield the rows, sorted, a range of them after the other; none of these is empty."""
        if self._runs:
            self._spill()
            cuts = self._cuts()
            for low, high in pairwise([None, *cuts, None]):
                yield _sorted(np.concatenate([self._read(run, low, high) for run in self._runs]))
        elif self._held:
            yield _sorted(self._rows())

    def _rows(self) -> NDArray[np.void]:
        """The rows that are in memory."""
        rows = np.empty(self._held, _ROW)
        rows["first"], rows["second"] = (np.concatenate(column) for column in zip(*self._pending, strict=True))
        return rows

    def _spill(self) -> None:
        """Put down the rows that are in memory."""
        if not self._held:
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the rows)
        rows = self._rows()
        rows["first"], rows["second"] = _sorted(rows)
        start = self._runs[-1].start + self._runs[-1].size if self._runs else 0
        self._file.seek(start * _ROW.itemsize)
        self._file.write(rows.tobytes())
        self._runs.append(_Run(start, len(rows), rows["first"][::STEP].copy()))
        self._pending, self._held = [], 0

    def _cuts(self) -> list[np.uint64]:
        """The numbers with which a range begins, but for the first range."""
        steps = np.sort(np.concatenate([run.steps for run in self._runs]))
        cuts = steps[:: max(1, MOST_ROWS // STEP)] >> self._apart << self._apart
        return [*np.unique(cuts[cuts > steps[0]])]

    def _read(self, run: _Run, low: np.uint64 | None, high: np.uint64 | None) -> NDArray[np.void]:
        """The rows of a run in a range."""
        assert self._file is not None
        first = 0 if low is None else max(0, int(np.searchsorted(run.steps, low)) - 1) * STEP
        last = run.size if high is None else min(run.size, int(np.searchsorted(run.steps, high)) * STEP)
        self._file.seek((run.start + first) * _ROW.itemsize)
        rows = np.frombuffer(self._file.read(max(0, last - first) * _ROW.itemsize), _ROW)
        start = None if low is None else np.searchsorted(rows["first"], low)
        end = None if high is None else np.searchsorted(rows["first"], high)
        return rows[start:end]


def _sorted(rows: NDArray[np.void]) -> Rows:
    """The columns of rows in their order. What is sorted in pieces is done fast."""
    order = np.argsort(rows["first"], kind="stable")
    return rows["first"][order], rows["second"][order]
