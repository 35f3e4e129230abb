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

import marshal
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pipeline.corpus.cases import SIZE, Case, case_of, components
from pipeline.corpus.decisions import Decision, judge
from pipeline.corpus.duplicates import Alike, Copy, Duplicate, Duplicates, Rows
from pipeline.corpus.fingerprints import MARK, Marks, Place, unpack
from pipeline.corpus.index import LEAST, Proposal, best, equal, heads, paired, salted
from pipeline.corpus.shingles import Numbers
from pipeline.engines.cluster.moving import Part, each, hashed, shuffle
from pipeline.engines.cluster.units import Work
from pipeline.engines.spool import Spool

__all__ = ["find", "pack", "stars", "unpack_found"]

_MARKS = [name for name in MARK.names or () if name not in ("words", "shingles")]
_LONGEST = 0xFFFFFFFF
Column = NDArray[Any]


def find(work: Work, parts: int, edges: int) -> list[Part]:
    """Find the duplicates of all documents that wait, with so many parts to a shuffle; return the files of what is
    known, with the columns `id` and `found` (see `unpack_found`). `edges` are the pairs that one task takes."""
    ranks = _ranks(work, parts)
    if not len(ranks.firsts):
        return []
    paragraphs = shuffle(work.path("steps/paragraphs"), work.shares(parts), ranks.read, ranks.number)
    pairs = shuffle(work.path("steps/pairs"), _files(paragraphs), _shingles_of(parts), _pairs)
    proposals = shuffle(work.path("steps/proposals"), _files(pairs), _by("number", parts), _proposals)
    if not proposals:
        return []
    middles = stars(work, proposals, edges)
    files = {part.number: part.path for part in paragraphs}
    named = shuffle(work.path("steps/named"), [*_files(proposals), *_files(middles)], ranks.by_number, _named(files))
    return shuffle(work.path("steps/found"), _files(named), _by("component", parts), _decider(work))


def _files(parts: Iterable[Part]) -> list[str]:
    return [part.path for part in parts]


def _by(column: str, parts: int) -> Any:
    """A reader of files whose rows come together if a column is the same."""

    def read(path: str) -> Iterator[pa.Table]:
        table = pq.read_table(path, partitioning=None)
        yield table.append_column("part", pa.array(hashed(table[column].to_numpy(), parts)))

    return read


# Ranks


class _Ranks(NamedTuple):
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


def _ranks(work: Work, parts: int) -> _Ranks:
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
    return _Ranks(work, keys, firsts, firsts * parts // max(1, int(counts.sum())))


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
                ids += [doc.id.encode("utf-8", "surrogatepass")] * len(rows)
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


# Components


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

    found = shuffle(work.path("steps/stars"), _files(proposals), read, joined)
    before = b""
    turn = 0
    while parts > 1:
        turn += 1
        large = shuffle(work.path(f"steps/stars-{turn}-large"), _files(found), _both_ways(parts), _large_star)
        found = shuffle(work.path(f"steps/stars-{turn}"), _files(large), read, _small_star)
        now = b"".join(each(_sum, [_files(found)]))
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


# Cases


def _named(files: dict[int, str]) -> Any:
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
        ids = [id.decode("utf-8", "surrogatepass") for id in rows["id"].to_pylist()]
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


def _decider(work: Work) -> Any:
    """Decide on components, and tell what that says of documents."""

    def reduce(part: int, table: pa.Table) -> pa.Table:
        settings = work.unpacked().settings
        is_pair = pc.is_valid(table["of"])
        members = _Members(table.filter(pc.invert(is_pair)))
        decided: dict[int, Decision] = {}
        with Spool(work.folder) as spool:
            for case in _cases(work, spool, members, table.filter(is_pair)):
                decided |= judge(case, settings)
        rows = Rows(members, decided)
        ids = sorted(rows)
        return pa.table(
            {
                "id": pa.array([id.encode("utf-8", "surrogatepass") for id in ids], pa.binary()),
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
            proposals = [*map(Proposal, number[rows].tolist(), of[rows].tolist(), shared[rows].tolist())]
            numbers = sorted({one for row in proposals for one in row[:2]})
            at = members.at(numbers)
            digest = dict(zip(numbers, (members.digest[one] for one in at), strict=True))
            differ = {one for row in proposals if digest[row[0]] != digest[row[1]] for one in row[:2]}
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
            yield case_of(
                numbers,
                homes,
                [members.kept[one] for one in at],
                [members.key[one] for one in at],
                [members.digest[one] for one in at],
                [texts.get(one) for one in numbers],
                proposals,
            )
            start = end


def pack(found: Duplicates) -> bytes:
    """What is known of a document, as bytes.

    >>> place = Place("a", 0, 9, 0, 9)
    >>> some = Duplicates([Duplicate(place, place)], [Copy(place, place)], [Alike(place, place, 1.0, 1.0, "a number")])
    >>> unpack_found(pack(some)) == some
    True
    """
    return marshal.dumps(
        [
            [tuple(tuple(one) if isinstance(one, Place) else one for one in row) for row in rows]
            for rows in (found.duplicates, found.copies, found.alike)
        ]
    )


def unpack_found(packed: bytes) -> Duplicates:
    """What `pack` packed."""
    duplicates, copies, alike = marshal.loads(packed)
    return Duplicates(
        [Duplicate(Place(*here), Place(*of), *rest) for here, of, *rest in duplicates],
        [Copy(Place(*here), Place(*by)) for here, by in copies],
        [Alike(Place(*here), Place(*of), *rest) for here, of, *rest in alike],
    )
