"""Which files in the folder of the results are ours: what the list of shards names, and what a run has begun to write.

A run writes down what it is going to write, so that, if it is killed, the next one may write there.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from pipeline.engines.kept import CLAIMED, FOLDER
from pipeline.formats import shards, text

__all__ = ["Claims"]


class Claims:
    """The files of shards that are ours, by their names, and of those beside them also what they hold."""

    def __init__(self, out: str) -> None:
        self._out = out
        self._path = os.path.join(out, FOLDER, CLAIMED)
        self._ours = {claim for row in shards.listed(out) for claim in (row.file, f"{row.sha256} {row.file}")}
        if os.path.exists(self._path):
            with open(self._path, encoding="utf-8", errors="replace") as file:  # what is damaged claims nothing
                self._ours.update(file.read().split("\n"))

    def shard(self, names: Sequence[str]) -> None:
        """Claim the files of a shard; raises `ForeignFile` if there is one that is not ours."""
        for name in names:
            if name not in self._ours and os.path.lexists(os.path.join(self._out, name)):
                raise text.ForeignFile(f"{name} is there, and clean-corpus did not make it")
        self._add(names)

    def file(self, name: str, digest: str) -> bool:
        """Claim a file beside the shards, with the digest that it will have, and return whether it may be written: not
        if there is one that we did not write, or that was changed since."""
        path = os.path.join(self._out, name)
        if os.path.lexists(path) and f"{shards.digest(path)} {name}" not in self._ours:
            return False
        self._add([f"{digest} {name}"])
        return True

    def _add(self, claims: Sequence[str]) -> None:
        if not self._ours.issuperset(claims):
            self._ours.update(claims)
            text.write(self._path, "\n".join(sorted(self._ours)).encode())
