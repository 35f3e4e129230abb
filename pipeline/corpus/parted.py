"""Rows of numbers that may be more than memory has room for: in files, parted by ranges of the numbers.

>>> rows = Parted(bits=3)
>>> rows.add(np.array([7, 3], np.uint64), np.array([1, 2]))
>>> [(numbers.tolist(), others.tolist()) for numbers, others in rows.parts()]
[([7, 3], [1, 2])]
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus.shingles import Numbers

__all__ = ["Parted"]

PARTS_BITS = 6  # the number of files, as a power of two
IN_MEMORY = 1 << 18  # rows
MOST_ROWS = 1 << 17
_ROW = np.dtype([("first", "<u8"), ("second", "<u4")])


class Parted:
    """Rows of a number and a smaller one, in memory while they are few, else in files of parts that each hold a range
    of the rows. No number has more than `bits`. What is given back at once are `MOST_ROWS`, about; those whose numbers
    are the same but for the lowest bits, `apart`, come together."""

    def __init__(self, bits: int, apart: int = 0) -> None:
        self._apart = np.uint64(apart)
        self._shift = np.uint64(max(apart, bits - PARTS_BITS))
        self._pending: list[tuple[Numbers, NDArray[np.uint32]]] = []
        self._held = 0
        self._files: list[IO[bytes]] = []

    def add(self, first: Numbers, second: NDArray[Any]) -> None:
        """Take rows."""
        self._pending.append((first, second.astype(np.uint32)))
        self._held += len(first)
        if self._held > IN_MEMORY:
            self._spill()

    def parts(self) -> Iterator[tuple[Numbers, NDArray[np.uint32]]]:
        """Yield the rows, part by part."""
        if not self._files:
            if self._pending:
                firsts, seconds = zip(*self._pending, strict=True)
                yield np.concatenate(firsts), np.concatenate(seconds)
            return
        self._spill()
        for file in self._files:
            file.seek(0)
            rows = np.frombuffer(file.read(), _ROW)
            for some in _pieces(rows, self._apart):
                yield some["first"].astype(np.uint64), some["second"].astype(np.uint32)

    def _spill(self) -> None:
        """Write the rows that are in memory to the files of their parts."""
        if not self._pending:
            return
        if not self._files:
            self._files = [tempfile.TemporaryFile() for _ in range(1 << PARTS_BITS)]  # noqa: SIM115 (closed with the rows)
        rows = np.empty(self._held, _ROW)
        rows["first"], rows["second"] = (np.concatenate(column) for column in zip(*self._pending, strict=True))
        parts = (rows["first"] >> self._shift).astype(np.int64)
        rows = rows[np.argsort(parts, kind="stable")]
        ends = np.cumsum(np.bincount(parts, minlength=1 << PARTS_BITS))
        for file, start, end in zip(self._files, np.append(0, ends), ends, strict=False):
            file.write(rows[start:end].tobytes())
        self._pending, self._held = [], 0


def _pieces(rows: NDArray[np.void], apart: np.uint64) -> Iterator[NDArray[np.void]]:
    """Yield rows, some at a time; those whose numbers are the same but for so many of the lowest bits come together."""
    if len(rows) <= MOST_ROWS:
        yield rows
        return
    order = np.argsort(rows["first"], kind="stable")
    heads = rows["first"][order] >> apart
    cuts = np.append(np.flatnonzero(heads[1:] != heads[:-1]) + 1, len(rows))
    start = 0
    while start < len(rows):
        place = max(int(np.searchsorted(cuts, start + MOST_ROWS, side="right")) - 1, 0)
        end = int(cuts[place] if cuts[place] > start else cuts[place + 1])
        yield rows[order[start:end]]
        start = end
