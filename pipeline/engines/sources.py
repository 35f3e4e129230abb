"""What a run reads: the documents of a folder, each a file of its own or a record in a file that holds many.

Files of many documents are read twice from start to end, whatever their kind: first to know which documents there are,
since two of one id are both refused; then, for those that have to be cleaned, by the process that gives out the work.
So what is in memory is a few records on their way, and what came of a record does not hang on the number of workers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from pipeline.engines.outcome import Problem, RunError
from pipeline.formats import folder, records
from pipeline.formats.folder import Collision, Container, Entry, Skipped
from pipeline.formats.records import Broken, Omitted, Record, named
from pipeline.formats.stores import store
from pipeline.formats.text import printable

__all__ = ["Source", "Sources", "find", "listed", "load", "look", "nothing", "reach", "read", "refuse", "scan"]

Known = Callable[[Container], tuple[list[Entry], list[Skipped]] | None]
RESULTS = (".txt", ".json")  # of a document
_TOLD = 10  # of the records of one file that cannot be read


class Source(NamedTuple):
    """A document to be cleaned; of a record, what was read, or None if it is gone."""

    entry: Entry
    record: Record | None = None

    @property
    def weight(self) -> int:
        """How much of it is in memory."""
        return len(self.record.data) + len(self.record.metadata) if self.record else 0

    @property
    def shard(self) -> int:
        """Documents that are cleaned are of no shard yet."""
        return 0


class Sources(NamedTuple):
    """What a folder holds: documents, sorted by id, and the files that hold many; how many bytes that is, what is left
    out, and what cannot be read."""

    entries: list[Entry]
    containers: list[Container]
    size: int
    skipped: list[Skipped]
    problems: list[Problem]


def find(raw: str, known: Known = lambda container: None) -> Sources:
    """List what a folder holds; `known` tells what is in a file of many, and what is left out of it, if that was seen
    before. Raises `RunError` if the folder cannot be read, or holds no document."""
    entries, containers, size, skipped, problems = listed(raw)
    for container in containers:
        seen = known(container)
        if seen is not None:
            entries += seen[0]
            skipped += seen[1]
            size += container.size
            continue
        inside = look(raw, container)
        entries += inside.entries
        size += inside.size
        skipped += inside.skipped
        problems += inside.problems
    if not entries:  # and an existing OUT stays as it is
        raise RunError(str(problems[0]) if problems else nothing(raw))
    entries.sort()
    same, refused = refuse(entries)
    problems += refused
    return Sources([entry for entry in entries if entry.id not in same], containers, size, skipped, problems)


def look(raw: str, container: Container) -> Sources:
    """List what a file of many holds, in its order."""
    entries: list[Entry] = []
    problems: list[Problem] = []
    left: Counter[str] = Counter()
    broken = size = 0
    for item in records.walk(container.name, container.suffix, store(raw).open):
        match item:
            case Record():
                entries.append(container.entry(item.name, item.digest()))
                size += len(item.data)
            case Omitted():
                left[item.reason] += 1
            case Broken():
                broken += 1
                problems += [_broken(container, item)] if broken <= _TOLD else []
    skipped = [Skipped(container.name, f"{named(n, 'record')} {reason}") for reason, n in sorted(left.items())]
    if broken > _TOLD:
        more = f"{named(broken - _TOLD, 'record')} more of it cannot be read"
        problems.append(Problem(container.name, more, "Look at those that are told first."))
    return Sources(entries, [container], size, skipped, problems)


def refuse(entries: Sequence[Entry]) -> tuple[set[str], list[Problem]]:
    """The ids that several documents would have, and what is told of them; `entries` are sorted."""
    same = {found.id: found for found in folder.collisions(entries)}
    of_records = {entry.id for entry in entries if entry.id in same and entry.is_record}
    problems = []
    for found in same.values():
        what = "Give all but one of them another id." if found.id in of_records else "Rename all but one of them."
        problems.append(_collision(found, f"{found.id}.txt", what))
    return set(same), problems


def listed(raw: str) -> Sources:
    """List the files of a folder: documents, and those that hold many, which are not opened. Raises `RunError` if the
    folder cannot be read."""
    listing = scan(raw)
    twins = {found.id: found for found in folder.collisions(listing.containers)}
    problems = [_collision(found, f"{found.id}/…", "Rename all but one of them.") for found in twins.values()]
    results = {container.id.rpartition(".")[0] for container in listing.containers if container.id.endswith(RESULTS)}
    files = {f"{entry.id}{end}": entry.name for entry in listing.entries if entry.id in results for end in RESULTS}
    for container in listing.containers:  # the folder of its documents
        if container.id in files:
            twins[container.id] = found = Collision(container.id, [container.name, files[container.id]])
            problems.append(_collision(found, container.id, "Rename one of them."))
    containers = [container for container in listing.containers if container.id not in twins]
    size = sum(entry.size for entry in listing.entries)
    return Sources([*listing.entries], containers, size, [*listing.skipped], problems)


def read(raw: str, containers: Sequence[Container], entries: Iterable[Entry]) -> Iterator[Source]:
    """Yield the documents that are wanted: files, which whoever cleans them reads, then records, as they stand in their
    files. Those that are gone from there meanwhile come last."""
    wanted: dict[str, dict[str, Entry]] = {container.name: {} for container in containers}
    for entry in entries:
        if entry.is_record:
            wanted[entry.file][entry.id] = entry
        else:
            yield Source(entry)
    for container in containers:
        left = wanted[container.name]
        if not left:
            continue
        for item in records.walk(container.name, container.suffix, store(raw).open):
            if isinstance(item, Record) and (id := container.entry(item.name).id) in left:
                yield Source(left.pop(id), item)
                if not left:
                    break
        yield from map(Source, left.values())


def load(raw: str, source: Source) -> Record:
    """Return a document as it is to be cleaned; raises `OSError` if it cannot be read."""
    entry, record = source
    if record is not None:
        return record
    if entry.is_record:
        raise FileNotFoundError(2, "it is no longer in that file")
    return Record(entry.id, store(raw).read(entry.file, entry.size), folder.media(entry.suffix))


def reach(raw: str) -> None:
    """Raise `RunError` if nothing here reads what is called so."""
    try:
        store(raw)
    except OSError as error:
        raise RunError(f"Cannot read {printable(raw)}: {error.strerror or error}.") from None


def scan(raw: str) -> folder.Listing:
    try:
        return folder.scan(store(raw))
    except OSError as error:
        where = printable(str(error.filename or raw))
        raise RunError(f"Cannot read {where}: {error.strerror or error}. Give a folder that can be read.") from None


def nothing(raw: str) -> str:
    """Why a folder cannot be cleaned that holds no document."""
    kinds = ", ".join((*folder.SUFFIXES, *records.SUFFIXES))
    return (
        f"Cannot clean {printable(raw)}: there is no document in it. "
        f"Give a folder with texts ({kinds}, or files without a suffix)."
    )


def _broken(container: Container, item: Broken) -> Problem:
    return Problem(f"{container.name}, {item.where}" if item.where else container.name, item.reason, item.advice)


def _collision(found: Collision, what: str, advice: str) -> Problem:
    names = [printable(name) for name in found.names]
    if len(names) > _TOLD:
        names = [*names[:_TOLD], f"{len(names) - _TOLD:,} more"]
    reason = f"{names[0]} and {names[1]} would both be" if len(names) == 2 else f"{' and '.join(names)} would all be"
    return Problem(found.names[0], f"{reason} {printable(what)}", advice)
