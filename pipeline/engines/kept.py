"""What a run keeps for the next: documents as they were cleaned, so that only new and changed ones are cleaned again.

They stand in the hidden folder `.clean-corpus` of OUT, before any pass over the corpus. Those passes are made anew,
since a new document can change what becomes of the others: so a run that reuses gives the bytes of one that does not.
A document is reused if its file has the size and the time of change that it had, and if the settings, the rules and the
versions are the same. What cannot be used any more is thrown away.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from pipeline.engines.spool import Spot
from pipeline.formats import jsonio, text
from pipeline.formats.folder import Entry

__all__ = ["FOLDER", "LOCK", "Kept", "Seen"]

FOLDER = ".clean-corpus"
LOCK = "lock"  # the file that a run holds, so that no other writes to the same OUT
_STATE = "state"
_LEAST = 0.5  # of what is kept, that must be of use
_FORMAT = 2


class Seen(NamedTuple):
    """A document that is kept: its file as it was, where it stands, and whether it lost years."""

    suffix: str
    size: int
    changed: int  # nanoseconds
    spot: Spot
    damaged: bool


class Kept:
    """The documents that an earlier run kept, and those that this one will. `made` tells how documents are made, and is
    none if that cannot be told; with `force`, nothing is reused."""

    def __init__(self, raw: str, out: str, made: Mapping[str, Any] | None, force: bool = False) -> None:
        self._raw = raw
        self.folder = os.path.join(out, FOLDER)
        self._made = jsonio.dumps(made) if made is not None else b""
        self._seen: dict[str, Seen] = {} if force or made is None else self._load()
        self._now: dict[str, Seen] = {}
        self._clear({seen.spot.name for seen in self._seen.values()})
        self.run = 1 + max(
            (int(name.partition("-")[0]) for name in os.listdir(self.folder) if name[0].isdigit()), default=0
        )

    def reuse(self, entry: Entry) -> Seen | None:
        """What is kept of a document, if its file is as it was."""
        seen = self._seen.get(entry.id)
        if seen and (entry.suffix, entry.size, self._changed(entry)) == seen[:3]:
            self._now[entry.id] = seen
            return seen
        return None

    def was_reused(self, id: str) -> bool:
        """Whether a document is one that was kept before."""
        return id in self._now and self._now[id] is self._seen.get(id)

    def keep(self, entry: Entry, spot: Spot, damaged: bool) -> None:
        """Remember where a document stands that was cleaned."""
        if self.was_reused(entry.id):
            return
        self._now[entry.id] = Seen(entry.suffix, entry.size, self._changed(entry), spot, damaged)

    def close(self) -> None:
        """Write down what is kept, for the next run; what is of no use goes."""
        live: dict[str, int] = {}
        for seen in self._now.values():
            live[seen.spot.name] = live.get(seen.spot.name, 0) + seen.spot.size
        self._clear(set(live))
        held = sum(os.path.getsize(os.path.join(self.folder, name)) for name in live)
        if not self._made or sum(live.values()) < _LEAST * held:
            self._clear(set())
            return
        rows = {id: (*seen[:3], tuple(seen.spot), seen.damaged) for id, seen in self._now.items()}
        text.write(os.path.join(self.folder, _STATE), marshal.dumps((_FORMAT, self._made, rows)))

    def _changed(self, entry: Entry) -> int:
        try:
            return os.stat(os.path.join(self._raw, entry.file)).st_mtime_ns
        except OSError:
            return -1

    def _load(self) -> dict[str, Seen]:
        try:
            with open(os.path.join(self.folder, _STATE), "rb") as file:
                kind, made, rows = marshal.load(file)
            if kind != _FORMAT or made != self._made:
                return {}
            seen = {
                id: Seen(suffix, size, changed, Spot(*spot), damaged)
                for id, (suffix, size, changed, spot, damaged) in rows.items()
            }
            names = {found.spot.name: 0 for found in seen.values()}
            for name in names:
                names[name] = os.path.getsize(os.path.join(self.folder, name))
        except (OSError, ValueError, TypeError, EOFError, AttributeError):
            return {}
        whole = all(found.spot.start + found.spot.size <= names[found.spot.name] for found in seen.values())
        return seen if whole else {}

    def _clear(self, names: set[str]) -> None:
        """Remove all but these files, and the state that names them."""
        os.makedirs(self.folder, exist_ok=True)
        for name in os.listdir(self.folder):
            if name not in names | {_STATE, LOCK, ".gitignore"} or (name == _STATE and not names):
                os.unlink(os.path.join(self.folder, name))
        ignore = os.path.join(self.folder, ".gitignore")
        if not os.path.exists(ignore):
            text.write(ignore, b"*\n")
