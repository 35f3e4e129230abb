"""What a run keeps for the next: documents as they were cleaned, so that only new and changed ones are cleaned again.

They stand in the hidden folder `.clean-corpus` of OUT, before any pass over the corpus. Those passes are made anew,
since a new document can change what becomes of the others: so a run that reuses gives the bytes of one that does not.
If nothing at all is new, in RAW, in OUT or in what was asked for, nothing is done.

A document is reused if its bytes are what they were (a file that has the size and the times that it had is not read),
and if the settings that it was cleaned by, the rules and the code are the same. What is asked of the corpus only, as
`dedup`, may differ. What cannot be used any more is thrown away. While documents are cleaned, what is done is written
down from time to time, so that a run that is killed is taken up there.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cache, cached_property
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, NamedTuple

from pipeline.engines.outcome import RunReport
from pipeline.engines.spool import SUM, Spot, checksum
from pipeline.formats import jsonio, records, text
from pipeline.formats.folder import Container, Entry, Skipped
from pipeline.formats.stores import GONE, Local, Stamp, store

__all__ = ["CLAIMED", "CLUSTER", "FOLDER", "LOCK", "Kept", "Seen", "code"]

FOLDER = ".clean-corpus"
LOCK = "lock"  # the file that a run holds, so that no other writes to the same OUT
CLAIMED = "claimed"  # the names of the files of shards that a run has begun to write
CLUSTER = "cluster"  # the folder of what a run on a cluster keeps
_STATE = "state"
_LEAST = 0.5  # of what is kept, that must be of use
_FORMAT = 6
_ROWS = 4096  # documents that are written down at once
_UNREADABLE = (OSError, ValueError, TypeError, EOFError, AttributeError)  # what a state that is not whole raises
_PAUSE = 60.0  # seconds from one time that is written down what is done to the next


class Seen(NamedTuple):
    """A document that is kept: its file as it was, a digest of its bytes, where it stands, whether it lost years."""

    suffix: str
    stamp: Stamp
    digest: bytes
    spot: Spot
    damaged: bool


class _Rows(Mapping[str, Seen]):
    """What is known of documents, by id; `packed`, since they may be millions."""

    def __init__(self) -> None:
        self.packed: dict[str, bytes] = {}

    def __getitem__(self, id: str) -> Seen:
        suffix, stamp, digest, spot, damaged = marshal.loads(self.packed[id])
        return Seen(suffix, stamp, digest, Spot(*spot), damaged)

    def __setitem__(self, id: str, seen: Seen) -> None:
        self.packed[id] = marshal.dumps((*seen[:3], tuple(seen.spot), seen.damaged))

    def __contains__(self, id: object) -> bool:
        return id in self.packed

    def __iter__(self) -> Iterator[str]:
        return iter(self.packed)

    def __len__(self) -> int:
        return len(self.packed)


class Box(NamedTuple):
    """A file of many documents, of which each was cleaned: as it was, and what was left out of it."""

    stamp: Stamp
    skipped: list[Skipped]


class Kept:
    """The documents that an earlier run kept, and those that this one will. `made` tells how documents are made, and is
    none if that cannot be told; with `force`, nothing is reused."""

    def __init__(self, raw: str, out: str, made: Mapping[str, Any] | None, force: bool = False) -> None:
        self._raw = store(raw)
        self._out = Local(out)
        self.folder = os.path.join(out, FOLDER)
        self._made = jsonio.dumps(made) if made is not None else b""
        self._seen = _Rows()  # those of an earlier run; what is reused goes from here to `now`
        self.now = _Rows()  # the documents of this run that are cleaned
        self._boxes: dict[str, Box] = {}
        self._stamps: dict[str, Stamp] = {}  # of files that are being read, as they were before
        self._done: tuple[Any, ...] = ()  # what all of the run was, if all of it is there
        self._behind = 0  # where the state goes on with what that run wrote
        self._told = time.monotonic()
        if made is not None and not force:
            self._load()
        self._clear({seen.spot.name for seen in self._seen.values()})
        self.run = 1 + max(
            (int(name.partition("-")[0]) for name in os.listdir(self.folder) if name[0].isdigit()), default=0
        )

    def box(self, container: Container) -> tuple[list[Entry], list[Skipped]] | None:
        """The documents of a file of many, and what is left out of it, if the file is as it was."""
        box = self._boxes.get(container.name)
        stamp = self._stamps[container.name] = self._raw.stamp(container.name)
        if box is None or box.stamp != stamp:
            return None
        inside = self._inside.get((container.id, container.suffix), [])
        return [Entry(id, container.suffix, container.size, self._seen[id].digest) for id in inside], box.skipped

    @cached_property
    def _inside(self) -> dict[tuple[str, str], list[str]]:
        """The documents of each file of many."""
        found: dict[tuple[str, str], list[str]] = {}
        for id, seen in self._seen.items():
            found.setdefault((id.rpartition("/")[0], seen.suffix), []).append(id)
        return found

    def reuse(self, entry: Entry) -> Seen | None:
        """What is kept of a document, if its bytes are what they were."""
        if entry.id in self.now:  # it was asked for before
            return self.now[entry.id]
        seen = self._seen.get(entry.id)
        if seen is None or seen.suffix != entry.suffix:
            return None
        stamp = GONE if entry.digest else self._raw.stamp(entry.file)
        if not self._is_same(entry, stamp, seen):
            return None
        self.now[entry.id] = seen = seen._replace(stamp=stamp)
        del self._seen.packed[entry.id]
        return seen

    def stamped(self, entries: list[Entry]) -> Iterator[Entry]:
        """Yield the documents that are about to be read, and remember how their files are before that. The list, which
        may be one of millions, is emptied meanwhile."""
        entries.reverse()
        while entries:
            entry = entries.pop()
            if not entry.digest:
                self._stamps[entry.id] = self._raw.stamp(entry.file)
            yield entry

    def _is_same(self, entry: Entry, stamp: Stamp, seen: Seen) -> bool:
        """Whether a document is as it was seen; a file is read only if its stamp does not tell."""
        if entry.digest:
            return entry.digest == seen.digest
        return stamp == seen.stamp or (stamp[0] == seen.stamp[0] and self._digest(entry) == seen.digest)

    def was_reused(self, id: str) -> bool:
        """Whether a document is one that was kept before."""
        return id in self.now and not self.now[id].spot.name.startswith(f"{self.run}-")

    def keep(self, id: str, suffix: str, spot: Spot, damaged: bool, digest: bytes) -> None:
        """Remember where a document stands that was cleaned."""
        if id in self.now:
            return
        stamp = self._stamps.pop(id, GONE)  # if it has changed since, it is not the one that was read
        self.now[id] = Seen(suffix, stamp, digest, spot, damaged)
        if time.monotonic() - self._told > _PAUSE:
            before = ((id, packed) for id, packed in self._seen.packed.items() if id not in self.now)
            self._write(chain(before, self.now.packed.items()), {}, (), ())
            self._told = time.monotonic()

    def unchanged(self, entries: Iterable[Entry], asked: Mapping[str, Any]) -> RunReport | None:
        """The report of the run before, if this one would do nothing else: the same documents, `asked` for the same,
        and all that it wrote is there as it was."""
        if not self._done or self._done[0] != jsonio.dumps(asked):
            return None
        if not all(self.reuse(entry) for entry in entries) or len(self._seen):
            return None
        try:
            if any(self._out.stamp(name) != stamp for name, stamp in self._written()):
                return None
        except _UNREADABLE:
            return None
        return _unpacked(self._done[1], reused=len(self.now))

    def _written(self) -> Iterator[tuple[str, Stamp]]:
        """What the run before wrote, as it was."""
        with open(os.path.join(self.folder, _STATE), "rb") as file:
            file.seek(self._behind)
            while rows := _part(file):
                yield from rows

    def close(
        self,
        asked: Mapping[str, Any],
        report: RunReport,
        written: Iterable[str],
        containers: Iterable[Container],
    ) -> None:
        """Write down what is kept, for the next run, and what this one was: what it was `asked` for, and the files that
        it has `written`. What is of no use goes."""
        live: dict[str, int] = {}
        for seen in self.now.values():
            live[seen.spot.name] = live.get(seen.spot.name, 0) + seen.spot.size
        self._clear(set(live))
        held = sum(os.path.getsize(os.path.join(self.folder, name)) for name in live)
        if not self._made or sum(live.values()) < _LEAST * held:
            self._clear(set())
            return
        boxes: dict[str, Any] = {}
        done: tuple[Any, ...] = ()
        stamps: Iterable[tuple[str, Stamp]] = ()
        if not report.problems:
            left: dict[str, list[tuple[str, ...]]] = {}
            for skipped in report.skipped:
                left.setdefault(skipped.name, []).append(tuple(skipped))
            names = [container.name for container in containers]
            boxes = {name: (self._stamps[name], left.get(name, [])) for name in names}
            done = (jsonio.dumps(asked), _packed(report))
            stamps = ((name, self._out.stamp(name)) for name in written)
        self._write(self.now.packed.items(), boxes, done, stamps)

    def _write(
        self,
        rows: Iterable[tuple[str, bytes]],
        boxes: dict[str, Any],
        done: tuple[Any, ...],
        written: Iterable[tuple[str, Stamp]],
    ) -> None:
        """Write the state: what it is of, then what is known of documents, some at a time, then nothing; then what was
        written, in the same way."""
        # What it names is on the disk before it.
        text.settle([os.path.join(self.folder, name) for name in os.listdir(self.folder) if name[0].isdigit()])

        def parts() -> Iterator[bytes]:
            yield marshal.dumps((_FORMAT, self._made, boxes, done))
            for each in (rows, written):
                coming = iter(each)
                while some := list(islice(coming, _ROWS)):
                    yield marshal.dumps(some)
                yield marshal.dumps([])

        sealed = (len(one).to_bytes(8, "little") + checksum(one) + one for one in parts())
        text.write(os.path.join(self.folder, _STATE), sealed)

    def _digest(self, entry: Entry) -> bytes:
        """The digest of a file, as that of a record; nothing, if it cannot be read."""
        try:
            return records.digest(self._raw.read(entry.file, entry.size))
        except OSError:
            return b""

    def _load(self) -> None:
        """Take up the state of the run before, if it is whole and was made in the same way."""
        try:
            with open(os.path.join(self.folder, _STATE), "rb") as file:
                kind, made, boxes, done = _part(file)
                if kind != _FORMAT or made != self._made:
                    return
                seen = _Rows()
                while rows := _part(file):
                    seen.packed.update(rows)
                self._behind = file.tell()
            ends: dict[str, int] = {}
            for one in seen.values():
                ends[one.spot.name] = max(ends.get(one.spot.name, 0), one.spot.start + one.spot.size)
            whole = all(os.path.getsize(os.path.join(self.folder, name)) >= end for name, end in ends.items())
            found = {name: Box(stamp, [*map(Skipped._make, skipped)]) for name, (stamp, skipped) in boxes.items()}
        except _UNREADABLE:
            return
        if whole:
            self._seen, self._boxes, self._done = seen, found, done

    def _clear(self, names: set[str]) -> None:
        """Remove all but these files, and the state that names them."""
        os.makedirs(self.folder, exist_ok=True)
        for name in os.listdir(self.folder):
            if name not in names | {_STATE, LOCK, CLAIMED, CLUSTER, ".gitignore"} or (name == _STATE and not names):
                os.unlink(os.path.join(self.folder, name))
        ignore = os.path.join(self.folder, ".gitignore")
        if not os.path.exists(ignore):
            text.write(ignore, b"*\n")


def _part(file: IO[bytes]) -> Any:
    """The next part of a state; raises `ValueError` if it is not as it was written."""
    size, checked = int.from_bytes(file.read(8), "little"), file.read(SUM)
    packed = file.read(size) if size <= os.fstat(file.fileno()).st_size else b""
    if checksum(packed) != checked:
        raise ValueError("no state of ours")
    return marshal.loads(packed)


@cache
def code() -> str:
    """A digest of the code and the data of this package: with another, texts may be cleaned in another way."""
    home = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for path in sorted(home.rglob("*")):
        if path.suffix in (".py", ".toml", ".json", ".txt"):
            digest.update(path.relative_to(home).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _packed(report: RunReport) -> dict[str, Any]:
    """A report as plain data, for marshal."""
    plain = {field.name: getattr(report, field.name) for field in fields(report) if field.name != "spent"}
    for name, value in plain.items():
        if isinstance(value, dict):
            plain[name] = dict(value)
        elif isinstance(value, list):
            plain[name] = [tuple(row) if isinstance(row, tuple) else row for row in value]
    return plain


def _unpacked(plain: Mapping[str, Any], reused: int) -> RunReport:
    report = RunReport(**plain)
    report.facts, report.gaps = Counter(report.facts), Counter(report.gaps)
    report.skipped = [*map(Skipped._make, report.skipped)]
    report.reused, report.rewritten, report.removed = reused, [], []
    return report
