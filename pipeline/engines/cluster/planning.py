"""What a cluster has to clean: the files of RAW, and the records of those that hold many, parted into units.

Units are cut so that one document more or less changes few of them, and what was seen of a file of many is kept: so the
next run finds again what it knows.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from zlib import crc32

from pipeline.engines import sources
from pipeline.engines.cluster import moving
from pipeline.engines.cluster.units import Unit, Work, encoded
from pipeline.engines.outcome import Problem, RunError
from pipeline.formats import records
from pipeline.formats.folder import Container, Entry, Skipped
from pipeline.formats.stores import Stamp, store

__all__ = ["Plan", "plan"]

_FILES = 2_048  # of a unit, about, at most
_MOST = 4  # times what a unit has, about, that it may have


class Plan(NamedTuple):
    """What is to be cleaned: the units, and what of the files is left out, or cannot be read."""

    units: list[Unit]
    skipped: list[Skipped]
    problems: list[Problem]
    documents: int
    size: int


class _Scan(NamedTuple):
    """What is known of a file of many: for each unit its name, its first record and how many it has; the ids that it
    cannot have, what is left out and what is wrong, how many documents it has and how many bytes these are."""

    cuts: list[tuple[str, int, int]]
    same: frozenset[str]
    skipped: list[Skipped]
    problems: list[Problem]
    documents: int
    size: int


def plan(raw: str, work: Work, made: bytes, size: int) -> Plan:
    """Look what there is to clean; files of many are looked through by the cluster, and once only. `made` tells how
    documents are made, `size` how many bytes a unit has, about. Raises `RunError` if there is none."""
    files = sources.listed(raw)
    beside: dict[str, list[Entry]] = {container.id: [] for container in files.containers}
    for entry in files.entries:
        parent = entry.id.rpartition("/")[0]
        if parent in beside:
            beside[parent].append(entry)
    tasks = [(one, store(raw).stamp(one.name), beside[one.id]) for one in files.containers]

    def scan(task: tuple[Container, Stamp, list[Entry]]) -> tuple[str, _Scan]:
        return task[0].name, _scanned(raw, work, made, size, *task)

    scans = dict(moving.each(scan, tasks, moving.ANYWHERE))
    found = [scans[container.name] for container in files.containers]
    same = frozenset[str]().union(*(one.same for one in found))
    alone, refused = sources.refuse([entry for entry in files.entries if entry.id not in same])
    entries = [entry for entry in files.entries if entry.id not in same | alone]
    problems = [*files.problems, *(problem for one in found for problem in one.problems)]
    if not files.entries and not any(one.documents or one.same for one in found):
        raise RunError(str(problems[0]) if problems else sources.nothing(raw))
    units = [
        Unit(_name((made, [(*entry, store(raw).stamp(entry.file)) for entry in some])), some)
        for some in _parted(entries, files.size, size)
    ]
    units += [
        Unit(name, (), container, first, length, stamp, one.same)
        for (container, stamp, _), one in zip(tasks, found, strict=True)
        for name, first, length in one.cuts
    ]
    return Plan(
        units,
        [*files.skipped, *(row for one in found for row in one.skipped)],
        [*problems, *refused],
        len(entries) + sum(one.documents for one in found),
        files.size + sum(one.size for one in found),
    )


def _scanned(
    raw: str, work: Work, made: bytes, size: int, container: Container, stamp: Stamp, beside: list[Entry]
) -> _Scan:
    """Look through a file of many, or take up what a run before has seen there."""
    path = work.path(f"scans/{_name((made, container, stamp, size, beside))}")
    try:
        with open(path, "rb") as file:
            known: _Scan = pickle.load(file)
            return known
    except FileNotFoundError:
        pass
    inside = sources.look(raw, container)
    same, refused = sources.refuse(sorted([*inside.entries, *beside]))
    accepted = [entry for entry in inside.entries if entry.id not in same]
    cuts, first = [], 0
    for some in _parted(accepted, inside.size, size):
        cuts.append((_name((made, container.name, [(entry.id, entry.digest) for entry in some])), first, len(some)))
        first += len(some)
    found = _Scan(cuts, frozenset(same), inside.skipped, [*inside.problems, *refused], len(accepted), inside.size)
    part = moving.part(path)
    with open(part, "wb") as file:
        pickle.dump(found, file)
    moving.settle(part, path)
    return found


def _parted(entries: Sequence[Entry], held: int, size: int) -> Iterator[list[Entry]]:
    """Part documents, which have so many bytes together, into units of about a size. A unit ends where an id says so:
    so one document more or less changes one of them."""
    share = min(_FILES, max(1.0, size * len(entries) / max(1, held)))
    few = 1 << round(math.log2(share))  # it seldom becomes another when documents come and go
    some: list[Entry] = []
    for entry in entries:
        some.append(entry)
        if crc32(encoded(entry.id)) % few == 0 or len(some) == _MOST * few:
            yield some
            some = []
    if some:
        yield some


def _name(told: object) -> str:
    return records.digest(repr(told)).hex()
