"""What was decided of the paragraphs of a corpus: columns, of some 80 bytes each, since they may be millions."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus.decisions import Decision

if TYPE_CHECKING:
    Column = array[int]

__all__ = ["Decided"]


class Decided(Mapping[int, Decision]):
    """Decisions by the number of the paragraph, in order. First all are taken, then they are asked for.

    >>> decided = Decided()
    >>> decided.take({7: Decision((2, 3), "covered", 1.0, 0.5), 4: Decision((2,), "", 0.9, 0.8, "a number")})
    >>> list(decided), decided[7].of, decided[4].why, decided.among(range(4)), decided.numbers(), 5 in decided
    ([4, 7], (2, 3), 'a number', {2: (None, [7]), 3: (None, [7])}, [2, 3, 4, 7], False)
    """

    def __init__(self) -> None:
        self._numbers, self._of, self._ends = array("q"), array("q"), array("q", [0])
        self._scores = array("d")  # similarity and shared
        self._told = array("I")  # the place of kind and reason among those that there are
        self._tellings: dict[tuple[str, str], int] = {}

    def take(self, some: Mapping[int, Decision]) -> None:
        """Take decisions, each of a paragraph of which none was taken."""
        for number, decision in some.items():
            self._numbers.append(number)
            self._of.extend(decision.of)
            self._ends.append(len(self._of))
            self._scores.extend((decision.similarity, decision.shared))
            self._told.append(self._tellings.setdefault((decision.kind, decision.why), len(self._tellings)))

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[int]:
        return iter(self._order[0])

    def __getitem__(self, number: int) -> Decision:
        numbers = self._order[0]
        place = bisect_left(numbers, number)
        if place == len(numbers) or numbers[place] != number:
            raise KeyError(number)
        return self._decision(place)

    def _decision(self, place: int) -> Decision:
        """That of the paragraph at a place in the order."""
        at = self._order[1][place]
        kind, why = self._words[self._told[at]]
        similarity, shared = self._scores[2 * at : 2 * at + 2]
        return Decision(tuple(self._of[self._ends[at] : self._ends[at + 1]]), kind, similarity, shared, why)

    def among(self, numbers: Sequence[int]) -> dict[int, tuple[Decision | None, list[int]]]:
        """Those of some paragraphs, in order, of which there is something to say: what was decided of each, if it was,
        and which go because it stays, in order."""
        found: dict[int, tuple[Decision | None, list[int]]] = {}
        decided = self._order[0]
        stays, goes = self._pairs
        for some in [numbers] if isinstance(numbers, range) else [range(number, number + 1) for number in numbers]:
            first = bisect_left(decided, some.start)
            last = bisect_left(decided, some.stop, first)
            rows: dict[int, tuple[Decision | None, list[int]]] = {
                decided[place]: (self._decision(place), []) for place in range(first, last)
            }
            first = bisect_left(stays, some.start)
            for place in range(first, bisect_left(stays, some.stop, first)):
                rows.setdefault(stays[place], (None, []))[1].append(goes[place])
            found |= dict(sorted(rows.items()))
        return found

    def numbers(self) -> list[int]:
        """The paragraphs that something was decided of, and those that stay for them, in order."""
        found: list[int] = np.union1d(self._order[0], self._pairs[0]).tolist()
        return found

    @cached_property
    def _words(self) -> list[tuple[str, str]]:
        return list(self._tellings)

    @cached_property
    def _order(self) -> tuple[Column, Column]:
        """The numbers in order, and where each was taken."""
        numbers = np.array(self._numbers, np.int64)
        order = np.argsort(numbers, kind="stable")
        return _column(numbers[order]), _column(order)

    @cached_property
    def _pairs(self) -> tuple[Column, Column]:
        """What stays, in order, and what goes for it."""
        ends = np.array(self._ends, np.int64)
        times = ends[1:] - ends[:-1]
        goes = np.array([bool(kind) for kind, _ in self._words], bool)[np.array(self._told, np.int64)]
        goes = np.repeat(goes, times)
        stays = np.array(self._of, np.int64)[goes]
        number = np.repeat(np.array(self._numbers, np.int64), times)[goes]
        order = np.lexsort((number, stays))
        return _column(stays[order]), _column(number[order])


def _column(numbers: NDArray[np.int64]) -> Column:
    return array("q", numbers.tobytes())
