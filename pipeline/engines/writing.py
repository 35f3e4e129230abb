"""The work of one process when all of the corpus is known: to write documents, each to files of its own or into shards.

Of shards it makes the chunks of some documents, which whoever writes the files puts one behind the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import tee
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.corpus import HEADING
from pipeline.document import Document
from pipeline.engines.outcome import Outcome, Spent
from pipeline.engines.profile import Profile
from pipeline.engines.spool import Spool, Spot
from pipeline.engines.workers import Job, cut, problem
from pipeline.formats import manifest, shards, sidecar, text
from pipeline.formats.folder import Entry
from pipeline.rules.engine import RuleSet
from pipeline.settings import Settings, is_off
from pipeline.stages import other_rules

if TYPE_CHECKING:
    from pipeline.corpus.duplicates import Duplicates

__all__ = ["APART", "BATCH", "Task", "Written", "batches", "making", "outcome", "tasks", "writer"]

BATCH = 32  # documents of a shard that make a chunk
APART = 256  # documents with files of their own that wait for the disk together, at most


class Task(NamedTuple):
    """A document that waits to be written: where, the suffix of its file, what the corpus knows of it, the number of
    its shard, and how many bytes of it count for what is written at once: in shards none, whose chunks are of as many
    documents, whatever these hold."""

    id: str
    suffix: str
    spot: Spot
    found: Duplicates | None = None
    shard: int = 0
    weight: int = 0


class Written(NamedTuple):
    """What came of some documents; of those in a shard, also its number, the chunks of its files, and the attributes
    of Dolma in them."""

    outcomes: list[Outcome]
    shard: int = 0
    chunks: Sequence[shards.Chunk] = ()
    attributes: Collection[str] = ()
    spent: Spent | None = None

    def ids(self) -> list[str]:
        """The documents that are in the chunks."""
        return [outcome.id for outcome in self.outcomes if outcome.row is not None]


def tasks(
    spots: Mapping[str, Spot], suffix_of: Callable[[str], str], found: Mapping[str, Duplicates], size: int, apart: bool
) -> Iterator[Task]:
    """Yield the tasks to write all documents, by id; `size` is that of a shard, in bytes. With `apart`, each document
    has files of its own."""
    ids = sorted(spots)
    one, other = tee(map(spots.__getitem__, ids))
    for id, spot, shard in zip(ids, one, shards.number_all((spot.text for spot in other), size), strict=True):
        yield Task(id, suffix_of(id), spot, found.get(id), shard, spot.text if apart else 0)


def making(settings: Settings, rules: RuleSet | None) -> dict[str, Any]:
    """How documents are made: see `sidecar.making`; without `rules`, by those that come with the package."""
    used = (rules or RuleSet.builtin()).without(settings.off, also=other_rules())
    return sidecar.making(settings, used.digest())


def batches(tasks: Iterable[Task]) -> Iterator[list[Task]]:
    """Yield tasks in the batches in which they are written; those of a shard have a chunk each, so any engine must have
    the same ones."""
    for _, batch in cut(tasks, BATCH):
        yield batch


def writer(job: Job) -> Callable[[Sequence[Task]], list[Written]]:
    """Return the function that writes documents, all of one shard. It never raises an `Exception`."""
    made = making(job.settings, job.rules)
    dropping = job.settings.dedup == "drop"
    headings = not is_off(HEADING, job.settings.off)
    spool = Spool(job.waiting)
    profile = Profile()

    def describe(task: Task) -> tuple[text.Pair, Outcome, shards.Rows]:
        document = spool.get(task.spot)
        if dropping and task.found and task.found.duplicates:
            from pipeline.corpus import duplicates

            document = duplicates.drop(document, task.found, headings=headings)
        pair, one = outcome(document, made, task.suffix, task.found)
        return pair, one, shards.rows(job.layout, document, pair.sidecar) if job.layout else shards.Rows(())

    def write(tasks: Sequence[Task]) -> list[Written]:
        done: dict[str, Outcome] = {}
        described = []
        with profile.time("work", "sidecars"):
            for task in tasks:
                try:
                    described.append(describe(task))
                except Exception as error:
                    done[task.id] = _failed(task, error)
        with profile.time("work", "to write"):
            written = put(tasks, described, done)
        return [written._replace(spent=profile.take()) if job.profile else written]

    def put(
        tasks: Sequence[Task], described: Sequence[tuple[text.Pair, Outcome, shards.Rows]], done: dict[str, Outcome]
    ) -> Written:
        done |= {one.id: one for _, one, _ in described}
        if job.layout is None:
            by_id = {task.id: task for task in tasks}
            pairs = [pair for pair, _, _ in described]
            for pair, new in zip(pairs, text.write_pairs(job.out, pairs), strict=True):
                if isinstance(new, Exception):
                    done[pair.id] = _failed(by_id[pair.id], new)
            return Written([done[task.id] for task in tasks])
        rows = [found for _, _, found in described]
        attributes = {name for found in rows for name in found.attributes}
        chunks = shards.encode(job.layout, rows)
        return Written([done[task.id] for task in tasks], tasks[0].shard, chunks, attributes)

    return write


def outcome(
    document: Document, made: Mapping[str, Any], suffix: str, found: Duplicates | None = None
) -> tuple[text.Pair, Outcome]:
    """Return the files of a document, and what the report and the manifest say of it."""
    clean = text.encode(document.text)
    data = sidecar.describe(document, clean, made, suffix, found)
    file = sidecar.dump(data)
    counts = manifest.counts(data["ledger"])
    return text.Pair(document.id, clean, file), Outcome(
        document.id,
        manifest.row(data, sidecar.seal(file), counts),
        counts,
        Counter([fact.kind for fact in document.facts]) if document.facts else {},
        Counter([gap.kind for gap in document.gaps]) if document.gaps else {},
        [(flag.kind, flag.message) for flag in document.flags],
    )


def _failed(task: Task, error: Exception) -> Outcome:
    return Outcome(task.id, problem=problem(Entry(task.id, task.suffix, 0).name, error))
