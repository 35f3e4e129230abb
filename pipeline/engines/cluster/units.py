"""Units: what a cluster cleans at once, and finds again after whatever ended a run.

A unit is some files, or some records in a row of a file of many, about eight megabytes. What comes of it are two files
in the folder of the results: the documents as they wait (see `spool`), and a table of them, which is written last. Both
are called by a digest of what they were made of and how, so the next run knows what is done, in the middle of a large
file, too.
"""

from __future__ import annotations

import marshal
import os
import pickle
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import Any, NamedTuple
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.engines.cluster import moving
from pipeline.engines.outcome import Cleaned, Problem
from pipeline.engines.sources import Source
from pipeline.engines.spool import Spool, Spot
from pipeline.engines.workers import Job, cleaner
from pipeline.formats import records
from pipeline.formats.folder import Container, Entry
from pipeline.formats.records import Record
from pipeline.formats.stores import GONE, Stamp, store

__all__ = ["Doc", "Unit", "Work", "clean", "decoded", "encoded", "put", "tidy", "unpacked"]

_BATCH = 32  # documents that are cleaned at once
_FED = 16  # processors that one task that reads a file of many keeps busy
_LOW = 32  # bits of a home that tell the document in its unit


class Unit(NamedTuple):
    """Files, or `length` records from the `first` on of a file of many, which has this stamp; records of the ids in
    `same` are left out. `name` is that of what comes of it."""

    name: str
    entries: Sequence[Entry] = ()
    container: Container | None = None
    first: int = 0
    length: int = 0
    stamp: Stamp = GONE
    same: frozenset[str] = frozenset()


class Doc(NamedTuple):
    """A document that waits, or a problem: `home` is a number that no other has, `damaged` tells whether it lost years,
    and `reused` whether a run before has cleaned it."""

    id: str
    home: int
    suffix: str
    spot: Spot | None = None
    damaged: bool = False
    problem: Problem | None = None
    reused: bool = False


class Work(NamedTuple):
    """What every task knows: the folder for what waits (with the units in `units`), the job, packed, the names of the
    units by number, and those of them that a run before has done."""

    folder: str
    job: bytes
    names: tuple[str, ...] = ()
    reused: frozenset[str] = frozenset()

    def path(self, name: str) -> str:
        """Where a file is."""
        return os.path.join(self.folder, name)

    def docs(self, unit: int) -> list[Doc]:
        """The documents of a unit."""
        name = self.names[unit]
        table = pq.read_table(self.path(f"{name}.parquet"), partitioning=None)
        spool = table.schema.metadata[b"spool"].decode()
        rows = table.to_pydict()
        return [
            Doc(
                decoded(id),
                unit << _LOW | number,
                decoded(suffix),
                None if packed else Spot(spool, start, text, marks, rest),
                damaged,
                Problem(*marshal.loads(packed)) if packed else None,
                name in self.reused or before,
            )
            for number, (id, suffix, start, text, marks, rest, damaged, packed, before) in enumerate(
                zip(*rows.values(), strict=True)
            )
        ]

    def shares(self, parts: int) -> list[list[int]]:
        """The units, parted for so many tasks at the most."""
        size = -(-len(self.names) // parts)
        return [[*range(first, min(first + size, len(self.names)))] for first in range(0, len(self.names), size or 1)]

    def unit_of(self, home: int) -> str:
        """The name of the unit that a document is of."""
        return self.names[home >> _LOW]

    def finder(self) -> Callable[[int], Doc]:
        """A function that finds documents by their homes; the tables of a few units are kept in memory."""
        docs = lru_cache(maxsize=64)(self.docs)
        return lambda home: docs(home >> _LOW)[home & ((1 << _LOW) - 1)]

    def unpacked(self) -> Job:
        """The job."""
        return unpacked(self.job)


@cache
def unpacked(packed: bytes) -> Job:
    """The job that was packed for other processes; each has one."""
    job: Job = pickle.loads(packed)
    return job


def clean(work: Work, units: Sequence[Unit], step: Callable[[int], None]) -> Work:
    """Clean the units that no run before has done. Returns the work with all units; `step` is told of documents."""
    there = set(os.listdir(work.path("units")))
    files: list[Unit] = []
    boxes: dict[Container, list[Unit]] = {}
    reused: set[str] = set()
    for unit in units:
        if f"{unit.name}.parquet" in there:
            reused.add(f"units/{unit.name}")
            step(unit.length or len(unit.entries))
        elif unit.container:
            boxes.setdefault(unit.container, []).append(unit)
        else:
            files.append(unit)
    raw = work.unpacked().raw

    def of_files(unit: Unit) -> int:
        return _clean_unit(work, unit.name, [*map(Source, unit.entries)])

    def read(some: Sequence[Unit]) -> Iterator[tuple[str, list[Source]]]:
        return _read(raw, some)

    def of_records(found: tuple[str, list[Source]]) -> int:
        return _clean_unit(work, *found)

    readers = 1 + moving.processors() // _FED
    for done in chain(
        moving.each(of_files, files), moving.relay(read, of_records, [*boxes.values()], min(readers, len(boxes)))
    ):
        step(done)
    return work._replace(names=tuple(f"units/{unit.name}" for unit in units), reused=frozenset(reused))


def _read(raw: str, units: Sequence[Unit]) -> Iterator[tuple[str, list[Source]]]:
    """Yield units of one file of many, in order, with their documents."""
    container = units[0].container
    assert container is not None
    coming = iter(units)
    unit, number, inside = next(coming), 0, list[Source]()
    for item in records.walk(container.name, container.suffix, store(raw).open):
        if not isinstance(item, Record) or (entry := container.entry(item.name)).id in unit.same:
            continue
        if number >= unit.first:
            inside.append(Source(entry, item))
        number += 1
        if len(inside) == unit.length:
            yield unit.name, inside
            following = next(coming, None)
            if following is None:
                break
            unit, inside = following, []
    if len(inside) != unit.length or store(raw).stamp(container.name) != unit.stamp:
        raise OSError(f"{container.name} was changed while it was read")


@cache
def _cleaner(packed: bytes, spool_folder: str) -> tuple[Spool, Callable[[Sequence[Source]], list[Cleaned]]]:
    """The cleaner of this process."""
    spool = Spool(spool_folder)
    return spool, cleaner(unpacked(packed), spool)


def _clean_unit(work: Work, name: str, documents: Sequence[Source]) -> int:
    """Clean the documents of a unit, and put down what comes of them; return how many they are."""
    spool, clean = _cleaner(work.job, work.folder)
    part = f"units/{moving.part(name)}"
    spool.begin(part)
    done = [one for first in range(0, len(documents), _BATCH) for one in clean(documents[first : first + _BATCH])]
    spool.close()
    known = {source.entry.id: Doc(source.entry.id, 0, source.entry.suffix) for source in documents}
    put(work, f"units/{name}", part, done, known)
    return len(documents)


def put(work: Work, name: str, spooled: str, documents: Sequence[Cleaned], known: Mapping[str, Doc]) -> None:
    """Put down a unit: its documents, which stand in a file of their own, under its name, then the table of them, with
    what is known of each by its id."""
    spool = f"{name}.{uuid4().hex}.spool"  # two tasks may do the same, if one seemed lost: each table has its own
    moving.settle(work.path(spooled), work.path(spool))
    nowhere = Spot("", 0, 0, 0, 0)
    spots = [one.spot or nowhere for one in documents]
    columns: dict[str, Any] = {
        "id": pa.array([encoded(one.id) for one in documents], pa.binary()),
        "suffix": pa.array([encoded(known[one.id].suffix) for one in documents], pa.binary()),
        **{field: pa.array([getattr(spot, field) for spot in spots], pa.int64()) for field in Spot._fields[1:]},
        "damaged": pa.array([one.damaged for one in documents], pa.bool_()),
        "problem": pa.array([marshal.dumps(tuple(one.problem)) if one.problem else b"" for one in documents]),
        "reused": pa.array([known[one.id].reused for one in documents], pa.bool_()),
    }
    moving.save(work.path(f"{name}.parquet"), pa.table(columns).replace_schema_metadata({"spool": spool}))


def tidy(work: Work, names: Collection[str]) -> None:
    """Remove the units of other names than these, and what tasks have left that were lost."""
    spools: dict[str, list[str]] = {}
    for file in sorted(os.listdir(work.path("units"))):
        name = f"units/{file.partition('.')[0]}"
        if name not in names or file.endswith(".part"):
            os.unlink(work.path(f"units/{file}"))
        elif file.endswith(".spool"):
            spools.setdefault(name, []).append(f"units/{file}")
    for name, files in spools.items():
        if len(files) > 1:
            metadata = pq.read_schema(work.path(f"{name}.parquet")).metadata
            for file in files:
                if file.encode() != metadata[b"spool"]:
                    os.unlink(work.path(file))


def encoded(name: str) -> bytes:
    """A name as a table holds it: what Python makes of names of files may not be UTF-8.

    >>> decoded(encoded("caf\\udce9")) == "caf\\udce9"
    True
    """
    return name.encode("utf-8", "surrogatepass")


def decoded(name: bytes) -> str:
    """A name of a table."""
    return name.decode("utf-8", "surrogatepass")
