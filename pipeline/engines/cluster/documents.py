"""The documents that wait, as columns: what every machine needs to find one, or a paragraph, by its number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus.fingerprints import Marks, marks_all, unpack
from pipeline.corpus.index import salted
from pipeline.corpus.shingles import Numbers
from pipeline.engines.spool import Spool, Spot

__all__ = ["Documents", "Row", "stretches", "table"]

_STRETCH = 512  # documents whose marks one task reads


class Row(NamedTuple):
    """Where a document waits, and how many of its paragraphs have marks."""

    spot: Spot
    paragraphs: int


class Documents(NamedTuple):
    """Documents by number, in the order in which an index would take them: their ids, in one piece, with their ends;
    the place of each id among all; the number of its first paragraph, and of the one behind the last; where it waits,
    with the number of the file."""

    letters: NDArray[np.uint8]
    ends: NDArray[np.int64]
    ranks: NDArray[np.int64]
    firsts: NDArray[np.int64]
    files: list[str]
    spots: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ranks)

    def id(self, number: int) -> str:
        """The id of a document."""
        start = int(self.ends[number - 1]) if number else 0
        return self.letters[start : int(self.ends[number])].tobytes().decode("utf-8", "surrogatepass")

    def spot(self, number: int) -> Spot:
        """Where a document waits."""
        file, *places = self.spots[number].tolist()
        return Spot(self.files[file], *places)

    def of(self, paragraphs: Any) -> Any:
        """The documents that paragraphs are of."""
        return np.searchsorted(self.firsts, paragraphs, side="right") - 1

    def marks(self, number: int, spool: Spool, apart: bool = False) -> tuple[Marks, Numbers]:
        """The marks of a document, and its shingles; with `apart`, such that no other has."""
        spot = self.spot(number)
        packed = spool.marks(spot) if spot.marks else marks_all([spool.get(spot)])[0]
        marks, shingles = unpack(packed or bytes(4))
        return salted(self.id(number), marks, shingles) if apart else (marks, shingles)


def table(rows: Mapping[str, Row], ids: Sequence[str]) -> Documents:
    """The columns of some documents, in their order; `ids` are all there are, sorted."""
    places = {id: place for place, id in enumerate(ids)}
    files: dict[str, int] = {}
    names = [id.encode("utf-8", "surrogatepass") for id in rows]
    spots = [(files.setdefault(row.spot.name, len(files)), *row.spot[1:]) for row in rows.values()]
    return Documents(
        np.frombuffer(b"".join(names), np.uint8),
        np.cumsum([len(name) for name in names], dtype=np.int64),
        np.array([places[id] for id in rows], np.int64),
        np.cumsum([0, *(row.paragraphs for row in rows.values())], dtype=np.int64),
        list(files),
        np.array(spots, np.int64).reshape(-1, 5),
    )


def stretches(size: int) -> list[range]:
    """The numbers of documents, cut into stretches for one task each."""
    return [range(at, min(size, at + _STRETCH)) for at in range(0, size, _STRETCH)]
