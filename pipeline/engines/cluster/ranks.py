"""The order of the paragraphs of a corpus on a cluster: each gets its rank as its number, without one list of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.corpus.fingerprints import MARK, Marks, unpack
from pipeline.corpus.index import heads, salted
from pipeline.corpus.shingles import Numbers
from pipeline.engines.cluster.moving import each
from pipeline.engines.cluster.units import Work, encoded
from pipeline.engines.spool import Spool

__all__ = ["Ranks", "rank"]

_MARKS = [name for name in MARK.names or () if name != "shingles"]
_LONGEST = 0xFFFFFFFF


class Ranks(NamedTuple):
    """The order of paragraphs: by `key` (damage, then length, the longer first), then by document and place. `firsts`
    is the rank of the first paragraph of each key, and `parts` in which part all of a key are."""

    work: Work
    keys: Numbers
    firsts: NDArray[np.int64]
    parts: NDArray[np.int64]

    def read(self, units: Sequence[int]) -> Iterator[pa.Table]:
        """The paragraphs of some units."""
        for unit in units:
            for table in _paragraphs(self.work, unit):
                place = np.searchsorted(self.keys, table["order"].to_numpy())
                yield table.append_column("part", pa.array(self.parts[place]))

    def number(self, part: int, table: pa.Table) -> pa.Table:
        """Give paragraphs their ranks as numbers."""
        table = table.take(
            pc.sort_indices(table, [("order", "ascending"), ("id", "ascending"), ("start", "ascending")])
        )
        order = table["order"].to_numpy()
        numbers = self.firsts[np.searchsorted(self.keys, order)] + np.arange(len(order)) - heads(order)
        return table.drop_columns(["order"]).add_column(0, "number", pa.array(numbers))

    def by_number(self, path: str) -> Iterator[pa.Table]:
        """Proposals or stars, where the paragraphs are that they are of; of a star the middle, too."""
        table = pq.read_table(path, partitioning=None)
        if "shared" not in table.column_names:
            number, of = table["number"].to_numpy(), table["of"].to_numpy()
            number, of = np.concatenate([number, np.unique(of)]), np.concatenate([of, np.unique(of)])
            table = pa.table({"number": number, "of": of, "shared": np.full(len(of), -1.0)})
        first = np.searchsorted(self.firsts, table["number"].to_numpy(), side="right") - 1
        yield table.append_column("part", pa.array(self.parts[first]))


def rank(work: Work, parts: int) -> Ranks:
    """Count the paragraphs of each key: that is all of them that the driver has to know."""

    def count(units: Sequence[int]) -> Counter[int]:
        found: Counter[int] = Counter()
        for unit in units:
            for table in _paragraphs(work, unit):
                keys, counts = np.unique(table["order"].to_numpy(), return_counts=True)
                found.update(dict(zip(keys.tolist(), counts.tolist(), strict=True)))
        return found

    total: Counter[int] = Counter()
    for found in each(count, work.shares(parts)):
        total.update(found)
    keys = np.array(sorted(total), np.uint64)
    counts = np.array([total[key] for key in keys.tolist()], np.int64)
    firsts = np.cumsum(counts) - counts
    return Ranks(work, keys, firsts, firsts * parts // max(1, int(counts.sum())))


def _paragraphs(work: Work, unit: int) -> Iterator[pa.Table]:
    """The paragraphs of the documents of a unit that may have duplicates."""
    apart = work.unpacked().settings.scope == "document"
    homes, ids, marks, shingles = [], [], list[Marks](), list[Numbers]()
    with Spool(work.folder) as spool:
        for doc in work.docs(unit):
            packed = spool.marks(doc.spot) if doc.spot and not doc.damaged else b""
            if packed:
                rows, prints = unpack(packed)
                if apart:
                    rows, prints = salted(doc.id, rows, prints)
                homes += [doc.home] * len(rows)
                ids += [encoded(doc.id)] * len(rows)
                marks.append(rows)
                shingles.append(prints)
    if not marks:
        return
    row = np.concatenate(marks)
    ends = np.append(0, np.cumsum(row["shingles"], dtype=np.int32))
    length = (row["end"] - row["start"]).astype(np.uint64)
    yield pa.table(
        {
            "order": row["damage"].astype(np.uint64) << np.uint64(32) | np.uint64(_LONGEST) - length,
            "home": np.array(homes, np.int64),
            "id": pa.array(ids, pa.binary()),
            **{name: np.ascontiguousarray(row[name]) for name in _MARKS},
            "shingles": pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(np.concatenate(shingles))),
        }
    )
