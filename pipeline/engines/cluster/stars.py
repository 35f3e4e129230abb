"""Components on a cluster: which paragraphs are connected by proposals, however many there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.corpus.cases import components
from pipeline.corpus.index import heads
from pipeline.engines.cluster.moving import Part, each, files, hashed, shuffle
from pipeline.engines.cluster.units import Work

__all__ = ["stars"]

Column = NDArray[Any]


def stars(work: Work, proposals: Sequence[Part], edges: int) -> list[Part]:
    """Find the components of the graph of the proposals: of each paragraph the best that it is connected with.

    What one task can take, it does at once. Of more, each task first does so for what it has, then the small stars that
    are left are joined in rounds: the large-star and small-star operations of Kiveris and others (2014).
    """
    rows = sum(part.rows for part in proposals)
    parts = -(-rows // edges)

    def read(path: str) -> Iterator[pa.Table]:
        table = pq.read_table(path, columns=["number", "of"], partitioning=None)
        number, of = table["number"].to_numpy(), table["of"].to_numpy()
        yield pa.table({"part": hashed(number, parts), "number": number, "of": of})

    def joined(part: int, table: pa.Table) -> pa.Table:
        number, of = table["number"].to_numpy(), table["of"].to_numpy()
        names, own = np.unique(np.concatenate([number, of]), return_inverse=True)
        root = components(own[: len(number)], own[len(number) :], len(names))
        leaves = np.flatnonzero(root != np.arange(len(names)))
        return pa.table({"number": names[leaves], "of": names[root[leaves]]})

    found = shuffle(work.path("steps/stars"), files(proposals), read, joined)
    before = b""
    turn = 0
    while parts > 1:
        turn += 1
        large = shuffle(work.path(f"steps/stars-{turn}-large"), files(found), _both_ways(parts), _large_star)
        found = shuffle(work.path(f"steps/stars-{turn}"), files(large), read, _small_star)
        now = b"".join(each(_sum, [files(found)]))
        if now == before:
            break
        before = now
    return found


def _both_ways(parts: int) -> Any:
    def read(path: str) -> Iterator[pa.Table]:
        table = pq.read_table(path, partitioning=None)
        number, of = table["number"].to_numpy(), table["of"].to_numpy()
        number, of = np.concatenate([number, of]), np.concatenate([of, number])
        yield pa.table({"part": hashed(number, parts), "number": number, "of": of})

    return read


def _large_star(part: int, table: pa.Table) -> pa.Table:
    """Connect what is worse than a paragraph and beside it with the best beside it, or itself."""
    number, of, least = _least(table)
    return _edges(of[of > number], np.minimum(least, number)[of > number])


def _small_star(part: int, table: pa.Table) -> pa.Table:
    """Connect a paragraph, and what is better and beside it, with the best of these."""
    number, of, least = _least(table)
    return _edges(np.concatenate([number, of]), np.concatenate([least, least]))


def _least(table: pa.Table) -> tuple[Column, Column, Column]:
    number, of = table["number"].to_numpy(), table["of"].to_numpy()
    order = np.lexsort((of, number))
    number, of = number[order], of[order]
    return number, of, of[heads(number)]


def _edges(number: Column, of: Column) -> pa.Table:
    pairs = np.unique(np.stack([number, of], axis=1)[number != of], axis=0)
    return pa.table({"number": np.ascontiguousarray(pairs[:, 0]), "of": np.ascontiguousarray(pairs[:, 1])})


def _sum(paths: Sequence[str]) -> bytes:
    """What tells stars from others, in whatever order they are given."""
    total = 0
    for path in paths:
        table = pq.read_table(path, partitioning=None)
        mixed = table["number"].to_numpy().astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ table["of"].to_numpy().astype(np.uint64)) * np.uint64(0xD6E8FEB86659FD93)
        total += int((mixed ^ mixed >> np.uint64(31)).sum(dtype=np.uint64))
    return total.to_bytes(16, "little")
