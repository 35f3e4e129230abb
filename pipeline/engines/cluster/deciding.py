"""Cases on a cluster: the paragraphs of some components, with their texts, are decided as on one machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.corpus.cases import SIZE, Case
from pipeline.corpus.decided import Decided
from pipeline.corpus.decisions import judge
from pipeline.corpus.duplicates import Rows, pack
from pipeline.corpus.fingerprints import Place
from pipeline.engines.cluster.units import Work, decoded, encoded
from pipeline.engines.spool import Spool

__all__ = ["decider", "named"]


def named(files: dict[int, str]) -> Any:
    """Tell proposals and members of components (rows that share less than nothing) what paragraphs they are."""

    def reduce(part: int, table: pa.Table) -> pa.Table:
        shared = table["shared"].to_numpy()
        number, of = table["number"].to_numpy(), table["of"].to_numpy()
        members, at = np.unique(number[shared < 0], return_index=True)
        component = of[shared < 0][at]
        proposals = np.flatnonzero(shared >= 0)
        known = pq.read_table(files[part], partitioning=None).drop_columns(["shingles"])
        rows = known.take(np.searchsorted(known["number"].to_numpy(), members))
        rows = rows.append_column("component", pa.array(component))
        pairs = pa.table(
            {
                "number": number[proposals],
                "of": of[proposals],
                "shared": shared[proposals],
                "component": component[np.searchsorted(members, number[proposals])],
            }
        )
        return pa.concat_tables([rows, pairs], promote_options="default")

    return reduce


class _Members:
    """The paragraphs of some components, as an index has them: see `duplicates.Paragraphs`."""

    def __init__(self, table: pa.Table) -> None:
        rows = table.sort_by("number")
        self._at = {number: at for at, number in enumerate(rows["number"].to_pylist())}
        self.home = rows["home"].to_pylist()
        self.kept = [bool(kept) for kept in rows["kept"].to_pylist()]
        self.key, self.digest = rows["key"].to_pylist(), rows["digest"].to_pylist()
        ids = [*map(decoded, rows["id"].to_pylist())]
        columns = [rows[name].to_pylist() for name in ("start", "end", "raw_start", "raw_end", "damage")]
        self.place = [Place(*row) for row in zip(ids, *columns, self.kept, strict=True)]
        self._numbers: dict[str, list[int]] = {}
        for number, at in sorted(self._at.items(), key=lambda row: self.place[row[1]].start):
            self._numbers.setdefault(ids[at], []).append(number)

    def at(self, numbers: Iterable[int]) -> list[int]:
        return [self._at[number] for number in numbers]

    def numbers(self, id: str) -> list[int]:
        return self._numbers.get(id, [])

    def documents(self, numbers: Sequence[int]) -> list[str]:
        return [self.place[at].id for at in self.at(numbers)]

    def places(self, numbers: Sequence[int]) -> list[Place]:
        return [self.place[at] for at in self.at(numbers)]


def decider(work: Work) -> Any:
    """Decide on components, and tell what that says of documents."""

    def reduce(part: int, table: pa.Table) -> pa.Table:
        settings = work.unpacked().settings
        is_pair = pc.is_valid(table["of"])
        members = _Members(table.filter(pc.invert(is_pair)))
        decided = Decided()
        with Spool(work.folder) as spool:
            for case in _cases(work, spool, members, table.filter(is_pair)):
                decided.take(judge(case, settings))
        rows = Rows(members, decided)
        ids = sorted(rows)
        return pa.table(
            {
                "id": pa.array([*map(encoded, ids)], pa.binary()),
                "found": pa.array([pack(rows[id]) for id in ids], pa.binary()),
            }
        )

    return reduce


def _cases(work: Work, spool: Spool, members: _Members, table: pa.Table) -> Iterator[Case]:
    """The cases of some proposals."""
    number, of, shared, component = (table[name].to_numpy() for name in ("number", "of", "shared", "component"))
    order = np.lexsort((of, -shared, number, component))
    cuts = np.flatnonzero(np.diff(component[order], prepend=-1)).tolist()
    find = work.finder()
    shared = np.minimum(shared, 1.0).round(4)
    start = 0
    for end in [*cuts[1:], len(order)]:
        if end - start >= SIZE or end == len(order):
            rows = order[start:end]
            named = np.unique(np.concatenate([number[rows], of[rows]]))
            left, right = (np.searchsorted(named, column[rows]).tolist() for column in (number, of))
            numbers: list[int] = named.tolist()
            at = members.at(numbers)
            digest = [members.digest[one] for one in at]
            pairs = zip(left, right, strict=True)
            differ = {numbers[one] for pair in pairs if digest[pair[0]] != digest[pair[1]] for one in pair}
            homes, places = [members.home[one] for one in at], [members.place[one] for one in at]
            texts: dict[int, str] = {}
            last, text = -1, ""
            for home, one, place in sorted(zip(homes, numbers, places, strict=True)):
                if one in differ:
                    if home != last:
                        spot = find(home).spot
                        assert spot is not None
                        text, last = spool.text(spot), home
                    texts[one] = text[place.start : place.end]
            yield Case(
                numbers,
                homes,
                [members.kept[one] for one in at],
                [members.key[one] for one in at],
                digest,
                [texts.get(one) for one in numbers],
                (left, right, shared[rows].tolist()),
            )
            start = end
