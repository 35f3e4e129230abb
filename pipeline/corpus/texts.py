"""The texts of the paragraphs that are to be compared, by their numbers: in memory while they are few, else on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from tempfile import SpooledTemporaryFile
from types import TracebackType

import numpy as np

from pipeline.corpus.index import Index, Proposals
from pipeline.stages.utf8 import utf8

__all__ = ["Texts"]

_IN_MEMORY = 1 << 24  # bytes


class Texts:
    """The texts of all paragraphs of some proposals; each document is read once, by `text_of`, which takes its id."""

    def __init__(self, index: Index, proposals: Proposals, text_of: Callable[[str], str]) -> None:
        marks = index.marks
        differ = marks["digest"][proposals.numbers] != marks["digest"][proposals.of]  # equal texts need no look
        named = np.zeros(len(index), bool)
        named[proposals.numbers[differ]] = named[proposals.of[differ]] = True
        self._numbers = np.flatnonzero(named)
        self._ends = np.zeros(len(self._numbers) + 1, np.int64)
        self._file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (closed with the texts)
        numbers = self._numbers.tolist()
        spans = zip(index.documents(numbers), marks["start"][numbers], marks["end"][numbers], strict=True)
        place = 0
        for id, rows in groupby(spans, key=lambda row: row[0]):
            text = text_of(id)
            for _, start, end in rows:
                place += 1
                self._ends[place] = self._ends[place - 1] + self._file.write(utf8(text[start:end]))

    def __enter__(self) -> Texts:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def get_all(self, numbers: Sequence[int]) -> list[str | None]:
        """The texts of paragraphs, which are in order; none for one that has only equals."""
        places = np.minimum(np.searchsorted(self._numbers, numbers), len(self._numbers) - 1)
        found: list[str | None] = [None] * len(numbers)
        if not len(self._numbers):
            return found
        there = np.flatnonzero(self._numbers[places] == numbers)
        spans = zip(self._ends[places[there]].tolist(), self._ends[places[there] + 1].tolist(), strict=True)
        for number, (start, end) in zip(there.tolist(), spans, strict=True):
            self._file.seek(start)
            found[number] = self._file.read(end - start).decode("utf-8", "surrogatepass")
        return found
