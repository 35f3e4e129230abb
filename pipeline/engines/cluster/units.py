"""Units: some documents that are cleaned together, of which either all is there or nothing.

The work of a run is cut into segments, which are files, or a stretch of a file that holds many documents. Whoever
takes a segment reads it from its start, in units that end where the id of a document says so: a document more or less
changes one of them. What a unit came to is put down in the folder of the run, which all machines share: the documents
first (see `spool`), then a small file that tells where they are. Its name is a digest of all that the unit is made of,
so a later run, or another machine that does the segment again, finds it, whatever killed the one before.
"""

from __future__ import annotations

import hashlib
import marshal
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise
from typing import NamedTuple
from zlib import crc32

from pipeline.engines import sources
from pipeline.engines.outcome import Cleaned, Problem
from pipeline.engines.sources import Source, Sources
from pipeline.engines.spool import Spot
from pipeline.engines.workers import Job, cleaner
from pipeline.formats import records, text
from pipeline.formats.folder import Container, Entry, Skipped
from pipeline.formats.records import Broken, Omitted, Record, named
from pipeline.formats.stores import store

__all__ = ["PREFIX", "Done", "Listed", "Segment", "gone", "lister", "segments", "unit_cleaner"]

PREFIX = "unit-"  # how the names of the files of units begin
_STRETCH = 64_000_000  # bytes of a file of many that are one segment
_UNIT = 64  # documents of a unit, about
_MOST, _HEAVY = 512, 8_000_000  # documents and bytes of one, at most


class Listed(NamedTuple):
    """What is in a file of many documents: the documents, in order; what is left out; whether some cannot be read."""

    entries: list[Entry]
    skipped: list[Skipped]
    broken: bool


class Segment(NamedTuple):
    """Documents in files of their own, or those in a stretch of a file of many, by their numbers there; not those of
    some ids."""

    entries: list[Entry]
    container: Container | None = None
    first: int = 0
    last: int = 0
    without: frozenset[str] = frozenset()


class Done(NamedTuple):
    """A document that waits, without its marks, but with the number of its paragraphs that have some; the name of its
    unit, and whether that was there before."""

    cleaned: Cleaned
    paragraphs: int
    unit: str
    reused: bool


def lister(job: Job) -> Callable[[Container], Listed]:
    """Return the function that lists what is in a file of many documents."""

    def listed(container: Container) -> Listed:
        entries: list[Entry] = []
        left: dict[str, int] = {}
        broken = False
        for item in records.walk(container.name, container.suffix, store(job.raw).open):
            match item:
                case Record():
                    entries.append(container.entry(item.name, item.digest()))
                case Omitted():
                    left[item.reason] = left.get(item.reason, 0) + 1
                case Broken():
                    broken = True
        skipped = [Skipped(container.name, f"{named(n, 'record')} {reason}") for reason, n in sorted(left.items())]
        return Listed(entries, skipped, broken)

    return listed


def segments(found: Sources, listed: dict[str, Listed]) -> Iterator[Segment]:
    """Cut what there is to be cleaned into segments: files, then files of many, in order."""
    files = [entry for entry in found.entries if not entry.is_record]
    for unit in _units(map(Source, files)):
        yield Segment([entry for entry, _ in unit])
    wanted = {entry.id for entry in found.entries if entry.is_record}
    for container in found.containers:
        inside = listed[container.name].entries
        without = frozenset(entry.id for entry in inside if entry.id not in wanted)
        stretches = max(1, min(len(inside), -(-container.size // _STRETCH)))
        bounds = [len(inside) * number // stretches for number in range(stretches + 1)]
        for first, last in pairwise(bounds):
            if first < last:
                yield Segment([], container, first, last, without)


def unit_cleaner(job: Job, made: bytes) -> Callable[[Segment], list[Done]]:
    """Return the function that cleans a segment; `made` tells how documents are made, as part of the name of units."""
    clean = cleaner(job)

    def done(segment: Segment) -> list[Done]:
        return [one for unit in _units(_read(job.raw, segment)) for one in clean_unit(unit)]

    def clean_unit(unit: Sequence[Source]) -> list[Done]:
        name = PREFIX + _name(unit, made)
        before = _load(job.waiting, name)
        if before is not None:
            return before
        rows = [
            Done(one._replace(marks=b"", spent=None), int.from_bytes(one.marks[:4], "little"), name, False)
            for one in clean(unit)
        ]
        if not any(row.cleaned.problem for row in rows):
            _save(job.waiting, name, rows)
        return rows

    return done


def _read(raw: str, segment: Segment) -> Iterator[Source]:
    """Yield the documents of a segment, read as far as they can be."""
    for entry in segment.entries:
        try:
            yield Source(entry, sources.load(raw, Source(entry)))
        except OSError:
            yield Source(entry)  # why, is told when it is cleaned
    if segment.container is None:
        return
    container = segment.container
    items = records.walk(container.name, container.suffix, store(raw).open)
    for item in islice((one for one in items if isinstance(one, Record)), segment.first, segment.last):
        entry = container.entry(item.name, item.digest())
        if entry.id not in segment.without:
            yield Source(entry, item)


def _units(coming: Iterator[Source]) -> Iterator[list[Source]]:
    """Cut documents into units, where an id says so: so a change of one document leaves the other units as they are."""
    unit: list[Source] = []
    heavy = 0
    for source in coming:
        unit.append(source)
        heavy += source.weight
        if _ends(source.entry.id) or len(unit) == _MOST or heavy >= _HEAVY:
            yield unit
            unit, heavy = [], 0
    if unit:
        yield unit


def _ends(id: str) -> bool:
    """Whether a unit ends with this document."""
    return crc32(id.encode("utf-8", "surrogatepass")) % _UNIT == 0


def _name(unit: Sequence[Source], made: bytes) -> str:
    digest = hashlib.blake2b(made, digest_size=20)
    for entry, record in unit:
        digest.update(repr((entry.id, entry.suffix, record.digest() if record else b"")).encode(errors="replace"))
    return digest.hexdigest()


def _save(folder: str, unit: str, rows: Sequence[Done]) -> None:
    """Write down what a unit came to, once its documents are on the disk."""
    for name in {row.cleaned.spot.name for row in rows if row.cleaned.spot}:
        with open(os.path.join(folder, name), "rb") as file:
            os.fsync(file.fileno())
    packed = [
        (row.cleaned.id, tuple(row.cleaned.spot or ()), row.cleaned.damaged, row.cleaned.digest, row.paragraphs)
        for row in rows
    ]
    text.write(os.path.join(folder, unit), marshal.dumps(packed))


def _load(folder: str, unit: str) -> list[Done] | None:
    """What a unit came to before, if that is all there."""
    try:
        with open(os.path.join(folder, unit), "rb") as file:
            packed = marshal.load(file)
        rows = [
            Done(Cleaned(id, Spot(*spot), damaged=damaged, digest=digest), paragraphs, unit, True)
            for id, spot, damaged, digest, paragraphs in packed
        ]
        ends: dict[str, int] = {}
        for row in rows:
            if row.cleaned.spot:
                name, start, *_ = row.cleaned.spot
                ends[name] = max(ends.get(name, 0), start + row.cleaned.spot.size)
        if any(os.path.getsize(os.path.join(folder, name)) < end for name, end in ends.items()):
            return None
    except (OSError, ValueError, TypeError, EOFError):
        return None
    return rows


def gone(entry: Entry) -> Problem:
    """That a record has left its file since it was listed."""
    return Problem(entry.name, "it is no longer in that file", "Check that the file can be read.")
