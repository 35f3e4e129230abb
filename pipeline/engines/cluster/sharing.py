"""Which documents of a corpus share shingles with those that lost years: a map over all, of which little comes back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus.index import are_alike, are_among, weighed
from pipeline.corpus.shingles import Numbers
from pipeline.engines.cluster import maps
from pipeline.engines.cluster.documents import Documents, stretches
from pipeline.engines.spool import Spool
from pipeline.engines.workers import Job

__all__ = ["Shared"]


class Shared:
    """Which documents of a corpus share shingles with some: what `restoring` asks an index about."""

    apart = False

    def __init__(self, job: Job, documents: Documents) -> None:
        self._job = job
        self._documents = documents

    def sharing(self, shingles: Numbers) -> dict[str, set[int]]:
        """As `Index.sharing`. Only the rows of these shingles come here."""
        import ray

        table = ray.put((self._documents, shingles))

        def make(job: Job) -> Callable[[range], tuple[Numbers, NDArray[np.int64], NDArray[np.int64]]]:
            documents, wanted = ray.get(table)
            spool = Spool(job.waiting)

            def held(some: range) -> tuple[Numbers, NDArray[np.int64], NDArray[np.int64]]:
                found = [(np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0, np.int64))]
                for number in some:
                    marks, shingles = documents.marks(number, spool)
                    places = np.repeat(np.arange(len(marks)), marks["shingles"])
                    among = are_among(shingles, wanted)
                    owners = (np.int64(number) << 32) + places[among]
                    found.append((shingles[among], owners, marks["start"][places[among]].astype(np.int64)))
                held, owners, starts = (np.concatenate(column) for column in zip(*found, strict=True))
                return held, owners, starts

            return held

        rows = list(maps.mapped(self._job, make, stretches(len(self._documents))))
        held, owners, starts = (np.concatenate(column) for column in zip(*rows, strict=True))
        _, weights = weighed(held, shingles)
        named, places, inverse = np.unique(owners, return_index=True, return_inverse=True)
        sums = np.bincount(inverse, weights, len(named)).astype(float)
        chosen = are_alike(sums, np.bincount(inverse, minlength=len(named)))
        found: dict[str, set[int]] = {}
        for owner, start in zip(named[chosen].tolist(), starts[places[chosen]].tolist(), strict=True):
            found.setdefault(self._documents.id(owner >> 32), set()).add(start)
        return found
