"""Rows of numbers that may be more than memory has room for: they are sorted by way of a file, as in an external sort.

The file holds runs of rows, each of which is parted by the upper bits of their numbers; a range of numbers is read from
all runs, and sorted, when its turn comes (a bucket sort with buckets on disk). Numbers are sorted by radix, sixteen
bits at a time, for which numpy has a sort that takes a few nanoseconds a row.

>>> rows = Parted("<u8", "<u4")
>>> rows.add(np.array([7, 3], np.uint64), np.array([1, 2]))
>>> [(numbers.tolist(), others.tolist()) for numbers, others in rows.parts()]
[([3, 7], [2, 1])]
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus.shingles import Numbers

__all__ = ["Parted", "joined", "ordered"]

IN_MEMORY = 1 << 20  # rows: more are put down, as a run
MOST_ROWS = 1 << 18  # what is given back at once, about
CELLS = 11  # bits of numbers, by which runs are parted
DIGIT, DIGITS = 16, 48  # bits that are sorted by at once, and bits that are sorted by at all, as a rule

Columns = tuple[NDArray[Any], ...]


class _Run(NamedTuple):
    """Rows that lie in the file: where they begin there, in bytes, how many they are, and how many are before each
    cell."""

    start: int
    size: int
    before: NDArray[np.int32]


class Parted:
    """Rows of numbers in columns of some `types`. They come back in the order of the first column, and with the same
    number in that in which they were added. They are in memory while they are few, else in a file.

    The first column has numbers below two to the power of `bits`. Rows whose numbers are the same but for the lowest
    bits, `apart`, come back together.
    """

    def __init__(self, *types: str, bits: int = 64, apart: int = 0) -> None:
        self._types = [*map(np.dtype, types)]
        shift = max(apart, bits - CELLS)
        self._shift = np.uint64(shift)
        self._cells = 1 << max(0, bits - shift)
        self._pending: list[Columns] = []
        self._held = 0
        self._file: IO[bytes] | None = None
        self._runs: list[_Run] = []

    def add(self, *columns: NDArray[Any]) -> None:
        """Take rows."""
        self._pending.append(tuple(c.astype(t, copy=False) for c, t in zip(columns, self._types, strict=True)))
        self._held += len(columns[0])
        if self._held > IN_MEMORY:
            self._spill()

    def parts(self, chosen: Callable[..., NDArray[np.bool_]] | None = None) -> Iterator[Columns]:
        """Yield the rows, sorted, a range of them after the other; none of these is empty. Only rows that are `chosen`
        come back: that is asked of all rows of a range at once, before they are sorted."""
        for columns in self._ranges():
            if chosen is not None and len(columns[0]):
                some = np.flatnonzero(chosen(*columns))
                columns = tuple(column[some] for column in columns)
            if len(columns[0]):
                order = ordered(columns[0])
                yield tuple(column[order] for column in columns)

    def _ranges(self) -> Iterator[Columns]:
        """The rows of one range after the other."""
        if not self._runs:
            if self._held:
                yield _joined(self._pending)
            return
        self._spill()
        for low, high in pairwise(self._cuts()):
            read = [self._read(run, low, high) for run in self._runs]
            yield tuple(
                np.frombuffer(b"".join(pieces), type)
                for pieces, type in zip(zip(*read, strict=True), self._types, strict=True)
            )

    def _spill(self) -> None:
        """Put down the rows that are in memory."""
        if not self._held:
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (closed with the rows)
        columns = _joined(self._pending)
        cells = (columns[0] >> self._shift).astype(np.uint16)
        order = np.argsort(cells, kind="stable")
        before = np.cumsum(np.bincount(cells, minlength=self._cells)).astype(np.int32)
        start = self._file.seek(0, 2)
        for column in columns:
            self._write(column[order].tobytes())
        self._runs.append(_Run(start, len(order), np.append(np.int32(0), before)))
        self._pending, self._held = [], 0

    def _write(self, data: bytes) -> None:
        """Write bytes, all of them: an unbuffered file may take less than it is given."""
        assert self._file is not None
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]

    def _cuts(self) -> list[int]:
        """The cells with which ranges begin, and the end of the last."""
        cuts, size = [0], 0
        for cell, rows in enumerate(
            np.diff(np.sum([run.before for run in self._runs], axis=0, dtype=np.int64)).tolist()
        ):
            if size and size + rows > MOST_ROWS:
                cuts.append(cell)
                size = 0
            size += rows
        return [*cuts, self._cells]

    def _read(self, run: _Run, low: int, high: int) -> list[bytes]:
        """The columns of the rows of a run that are in some cells."""
        assert self._file is not None
        first, last = run.before[[low, high]].tolist()
        found = []
        start = run.start
        for type in self._types:
            self._file.seek(start + first * type.itemsize)
            found.append(self._file.read((last - first) * type.itemsize))
            start += run.size * type.itemsize
        return found


def joined(parts: Iterable[Columns], size: int) -> Iterator[Columns]:
    """Yield parts put together, of `size` rows or more.

    >>> [rows.tolist() for (rows,) in joined([(np.arange(2),), (np.arange(2, 4),), (np.arange(4, 6),)], 3)]
    [[0, 1, 2, 3], [4, 5]]
    """
    held: list[Columns] = []
    for part in parts:
        held.append(part)
        if sum(len(columns[0]) for columns in held) >= size:
            yield _joined(held)
            held.clear()
    if held:
        yield _joined(held)


def _joined(parts: Sequence[Columns]) -> Columns:
    return tuple(map(np.concatenate, zip(*parts, strict=True)))


def ordered(numbers: Numbers) -> NDArray[np.intp]:
    """The places of numbers in their order, and of equal ones, as they stand: a stable sort by radix.

    Numbers of more than 48 bits are sorted by the upper ones; it is a rare case that these do not tell, and then they
    are compared.

    >>> ordered(np.array([7, 1 << 60, 3, 7], np.uint64)).tolist()
    [2, 0, 3, 1]
    """
    if not len(numbers):
        return np.empty(0, np.intp)
    least = numbers.min()
    bits = int(numbers.max() - least).bit_length()
    keys = (numbers - least) >> np.uint64(max(0, bits - DIGITS))
    order = np.argsort(keys.astype(np.uint16), kind="stable")
    for shift in range(DIGIT, min(bits, DIGITS), DIGIT):
        digits = (keys >> np.uint64(shift)).astype(np.uint16)
        order = order[np.argsort(digits[order], kind="stable")]
    if bits > DIGITS:
        found = numbers[order]
        if (found[1:] < found[:-1]).any():
            return np.argsort(numbers, kind="stable")
    return order
