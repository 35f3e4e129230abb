"""Duplicates on a cluster: which paragraphs share text, which of them belong to one case, and what is decided of it.

What is done with columns is what `corpus` does on one machine; here it is said which rows must come together for it.
A paragraph's number is its rank, so "the best" is the smallest number, everywhere.

    marks of the documents  → by rank: numbers          → paragraphs
    paragraphs              → by shingle, and by key    → pairs, and how many shingles of one part they share
    pairs                   → by the worse of the two   → proposals, the best few of each paragraph
    proposals               → by paragraph, in rounds   → stars: of each paragraph the best of its component
    stars, proposals        → by number: the paragraphs they are of, by component: cases → what is known of a document
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.corpus.index import LEAST, best, equal, heads, paired
from pipeline.engines.cluster.deciding import decider, named
from pipeline.engines.cluster.moving import Part, by, files, hashed, shuffle
from pipeline.engines.cluster.ranks import rank
from pipeline.engines.cluster.stars import stars
from pipeline.engines.cluster.units import Work

__all__ = ["find"]


def find(work: Work, parts: int, edges: int) -> list[Part]:
    """Find the duplicates of all documents that wait, with so many parts to a shuffle; return the files of what is
    known, with the columns `id` and `found` (see `duplicates.unpack`). `edges` are the pairs that one task takes."""
    ranks = rank(work, parts)
    if not len(ranks.firsts):
        return []
    paragraphs = shuffle(work.path("steps/paragraphs"), work.shares(parts), ranks.read, ranks.number)
    pairs = shuffle(work.path("steps/pairs"), files(paragraphs), _shingles_of(parts), _pairs)
    proposals = shuffle(work.path("steps/proposals"), files(pairs), by("number", parts), _proposals)
    if not proposals:
        return []
    middles = stars(work, proposals, edges)
    of = {part.number: part.path for part in paragraphs}
    members = shuffle(work.path("steps/named"), [*files(proposals), *files(middles)], ranks.by_number, named(of))
    return shuffle(work.path("steps/found"), files(members), by("component", parts), decider(work))


# Pairs


def _shingles_of(parts: int) -> Any:
    """A reader of paragraphs, which come where their shingles are, and, as rows of no size, where their keys are."""

    def read(path: str) -> Iterator[pa.Table]:
        table = pq.read_table(path, columns=["number", "key", "shingles"], partitioning=None)
        number, key = table["number"].to_numpy(), table["key"].to_numpy()
        size = pc.list_value_length(table["shingles"]).to_numpy().astype(np.int64)
        shingles = pc.list_flatten(table["shingles"]).to_numpy()
        value = np.concatenate([key, shingles])
        yield pa.table(
            {
                "part": hashed(value, parts),
                "value": value,
                "number": np.concatenate([number, np.repeat(number, size)]),
                "key": np.concatenate([key, np.repeat(key, size)]),
                "size": np.concatenate([np.zeros_like(size), np.repeat(size, size)]),
            }
        )

    return read


def _pairs(part: int, table: pa.Table) -> pa.Table:
    """Pair paragraphs of equal words (none is counted), and those that share some of the shingles of a part.

    Of paragraphs of equal words, which have equal shingles, only the best is paired with others.
    """
    value, number, key, size = (table[name].to_numpy() for name in ("value", "number", "key", "size"))
    whole = size == 0
    names = number[whole]
    first = names[equal(value[whole], names)]
    twins = names != first
    value, number, key, size = (column[~whole] for column in (value, number, key, size))
    order = np.lexsort((number, key, value))
    value, number, key, size = (column[order] for column in (value, number, key, size))
    group = np.maximum(heads(value), heads(key))  # where the shingle or the key becomes another
    alone = number == number[group]
    value, number, size = value[alone], number[alone], size[alone]
    names_, at, own = np.unique(number, return_index=True, return_inverse=True)
    size = size[at]
    some, times = np.unique(
        paired(value, own.astype(np.uint32), np.arange(len(names_), dtype=np.uint32)), return_counts=True
    )
    worse, better = (some >> np.uint64(32)).astype(np.int64), (some & np.uint64(0xFFFFFFFF)).astype(np.int64)
    return pa.table(
        {
            "number": np.concatenate([names[twins], names_[worse]]),
            "of": np.concatenate([first[twins], names_[better]]),
            "count": np.concatenate([np.zeros(int(twins.sum()), np.int64), times]),
            "least": np.concatenate([np.ones(int(twins.sum()), np.int64), np.minimum(size[worse], size[better])]),
        }
    )


def _proposals(part: int, table: pa.Table) -> pa.Table:
    """The pairs that share enough, of each paragraph the few that share most."""
    number, of, count, least = (table[name].to_numpy() for name in ("number", "of", "count", "least"))
    order = np.lexsort((of, number))
    number, of, count, least = number[order], of[order], count[order], least[order]
    first = np.flatnonzero(np.append(True, (number[1:] != number[:-1]) | (of[1:] != of[:-1])))
    number, of, least = number[first], of[first], least[first]
    shared = np.add.reduceat(count, first) / least
    enough = (shared >= LEAST) | (shared == 0)
    shared = np.where(shared == 0, 2.0, np.minimum(shared, 1.0))  # equal words: the best pair there is
    number, of, shared = number[enough], of[enough], shared[enough]
    names, own = np.unique(np.concatenate([number, of]), return_inverse=True)
    few, ofs, shares = best(own[: len(number)], own[len(number) :], shared, np.arange(len(names), dtype=np.uint32))
    return pa.table({"number": names[few], "of": names[ofs], "shared": shares})
