"""Which of many shingles are among those that are known: a table tells of most that they are not.

Shingles are hashes, so their upper bits are places in a table without more ado: one that is known marks its place, and
what falls on a place that has no mark is none of them (Bloom, 1970, with one hash function). Only the others have to be
looked up.

>>> known = Known(np.array([3 << 60, 5 << 60], np.uint64))
>>> some = np.array([5 << 60, 4 << 60, 3 << 60], np.uint64)
>>> known.maybe(some).tolist(), known.among(some).tolist()
([True, False, True], [True, False, True])
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus.shingles import Numbers

__all__ = ["Known"]

SPARSE = 16  # places for each that is known, at least
LEAST = 10  # bits of a place, at least
_THREE, _SEVEN, _BITS = np.uint64(3), np.uint64(7), np.uint8(1) << np.arange(8, dtype=np.uint8)


class Known:
    """Shingles that are known: `numbers`, sorted, each once."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers
        bits = max(LEAST, (SPARSE * len(numbers)).bit_length())
        self._shift = np.uint64(64 - bits)
        places = numbers >> self._shift
        self._table = np.zeros(1 << bits - 3, np.uint8)  # a bit for each place
        first = np.flatnonzero(np.append(True, places[1:] >> _THREE != places[:-1] >> _THREE)[: len(places)])
        if len(first):
            self._table[places[first] >> _THREE] = np.bitwise_or.reduceat(_BITS[places & _SEVEN], first)

    def maybe(self, some: Numbers) -> NDArray[np.bool_]:
        """Whether each of some shingles may be known: false for those that are not, but for one in twenty or so."""
        places = some >> self._shift
        found: NDArray[np.bool_] = self._table[places >> _THREE] & _BITS[places & _SEVEN] != 0
        return found

    def among(self, some: Numbers) -> NDArray[np.bool_]:
        """Whether each of some shingles is known. If they are sorted, it is fast."""
        if not len(self.numbers):
            return np.zeros(len(some), bool)
        found: NDArray[np.bool_] = self.numbers[np.searchsorted(self.numbers[:-1], some)] == some
        return found
