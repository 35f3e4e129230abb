"""The folder run on a Ray cluster: the same stages, the same decisions and the same bytes as on one machine.

All machines must see RAW and OUT at the same paths. Documents are cleaned in units, and wait on disk in OUT (see
`units`); what the corpus changes of them is found by shuffles (see `shuffles`); then they are written. The process
that starts the run holds the list of documents, some hundred bytes each, one bit a paragraph, and what damaged
documents ask of others; never all texts, nor what is remembered of paragraphs. Of shards it also puts the chunks
together.

A document that fails is a problem of the report, and the others go on. What dies, a process or a machine, is replaced:
its tasks are done again elsewhere, and take up the units that are there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import NamedTuple

from pipeline.engines import finishing, sources, writing
from pipeline.engines.cluster import maps, units
from pipeline.engines.cluster.documents import Row, table
from pipeline.engines.cluster.units import Listed
from pipeline.engines.kept import CLAIMED, FOLDER, LOCK
from pipeline.engines.local import Progress, alone, check_layout, corpus_of, made, refuse_nesting
from pipeline.engines.outcome import RunReport
from pipeline.engines.sources import Sources
from pipeline.engines.workers import Job, deduplicates
from pipeline.engines.writing import Task, Written
from pipeline.formats import jsonio, shards, text
from pipeline.formats.folder import Container, Entry, Skipped
from pipeline.formats.stores import is_url, local
from pipeline.rules.engine import RuleSet
from pipeline.settings import Settings
from pipeline.stages import Stage

__all__ = ["run"]

BLOCK = 256  # documents that one task writes
_STAY = (LOCK, CLAIMED, ".gitignore")


def run(
    raw: str | os.PathLike[str],
    out: str | os.PathLike[str],
    settings: Settings | None = None,
    *,
    address: str,
    rules: RuleSet | None = None,
    stages: Sequence[Stage] | None = None,
    progress: Progress | None = None,
    force: bool = False,
    layout: str = "folder",
    shard: int = shards.SIZE,
    name: str = "corpus",
) -> RunReport:
    """Clean the documents of the folder `raw` into the folder `out` on the cluster at `address`, `HOST:PORT`, and
    return the report; what else there is to choose is as in `local.run`.

    Raises `RunError` if the run cannot begin or cannot go on. A document that fails is in `report.problems`.
    """
    raw, out = local(os.fspath(raw)), os.fspath(out)
    refuse_nesting(raw, out)
    sources.reach(raw)
    raw, out = raw if is_url(raw) else os.path.abspath(raw), os.path.abspath(out)
    check_layout(layout)
    settings = settings or Settings()
    with maps.connected(address), alone(out):
        finishing.prepare(out)
        waiting = os.path.join(out, FOLDER)
        how = os.urandom(16) if stages is not None else jsonio.dumps(made(settings, rules))
        if force or stages is not None:
            _clear(waiting, set())
        job = Job(raw, out, settings, rules, stages, waiting, "0", shards.LAYOUTS.get(layout))
        corpus = corpus_of(job, layout, name)
        return _run(job, corpus, how, shard, progress)


def _run(job: Job, corpus: finishing.Corpus, how: bytes, shard: int, progress: Progress | None) -> RunReport:
    """A run that has the folder of the results for itself."""
    found, listed = _found(job)
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, 2 * len(found.entries))

    report = RunReport(skipped=found.skipped, problems=found.problems)
    rows, reused, damaged, names = _cleaned(job, found, listed, how, report, step)
    if damaged:
        _restore(job, rows, damaged, report)
    documents = table(rows, [entry.id for entry in found.entries])
    blocks = False
    if deduplicates(job.settings):
        from pipeline.engines.cluster.shuffles import find

        blocks = find(job, documents, BLOCK)
    written = maps.mapped(job, _writer if blocks else _plain_writer, _tasks(rows, found, shard))
    with closing(_flat(written)) as outcomes:
        finishing.finish(corpus, outcomes, reused.__contains__, report, step)
    report.reused = len(reused)
    _clear(job.waiting, names)
    return report


def _found(job: Job) -> tuple[Sources, dict[str, Listed]]:
    """List what there is: files of many documents are read by the workers, those that are broken once more here."""
    listing = sources.scan(job.raw)
    listed = {
        container.name: one
        for container, one in zip(listing.containers, maps.mapped(job, units.lister, listing.containers), strict=True)
    }

    def known(container: Container) -> tuple[list[Entry], list[Skipped]] | None:
        one = listed[container.name]
        return None if one.broken else (list(one.entries), one.skipped)

    return sources.find(job.raw, known), listed


def _cleaned(
    job: Job, found: Sources, listed: dict[str, Listed], how: bytes, report: RunReport, step: Callable[[], None]
) -> tuple[dict[str, Row], set[str], list[str], set[str]]:
    """Clean all documents; return where they wait, in order, which were there before, which lost years, and the files
    that the next run can use."""
    from functools import partial

    left = {entry.id: entry for entry in found.entries}
    rows: dict[str, Row] = {}
    reused: set[str] = set()
    damaged: list[str] = []
    names: set[str] = set()
    make = partial(units.unit_cleaner, made=how)
    for some in maps.mapped(job, make, list(units.segments(found, listed))):
        for (id, spot, _, is_damaged, problem, *_), paragraphs, unit, before in some:
            if left.pop(id, None) is None:
                continue  # it is new in its file, or was there twice
            step()
            if spot is None:
                report.problems += [problem] if problem else []
                continue
            rows[id] = Row(spot, paragraphs)
            names |= {unit, spot.name}
            reused.update([id] if before else [])
            damaged += [id] if is_damaged else []
    report.problems += map(units.gone, left.values())
    return rows, reused, sorted(damaged), names


def _restore(job: Job, rows: dict[str, Row], damaged: Sequence[str], report: RunReport) -> None:
    """Restore what can be in documents that lost years; they come after the others then, and wait elsewhere."""
    from pipeline.engines.cluster.sharing import Shared
    from pipeline.engines.restoring import restore_years

    spots = {id: row.spot for id, row in rows.items()}
    lost = set(damaged)
    whole = table({id: row for id, row in rows.items() if id not in lost}, sorted(rows))
    restored = restore_years(job, damaged, spots, Shared(job, whole), 2, maps.spread)  # type: ignore[arg-type]
    for one in sorted(restored, key=lambda one: one.id):
        del rows[one.id]
        if one.spot is None:
            report.problems += [one.problem] if one.problem else []
        else:
            rows[one.id] = Row(one.spot, int.from_bytes(one.marks[:4], "little"))


class _Part(NamedTuple):
    """What one task writes: batches of documents, as one machine has them, and the blocks in which is told what the
    corpus knows of them."""

    batches: list[list[Task]]
    blocks: list[int]


def _tasks(rows: dict[str, Row], found: Sources, size: int) -> list[_Part]:
    """What is to be written, in parts."""
    numbers = {entry.id: number for number, entry in enumerate(found.entries)}
    suffixes = {entry.id: entry.suffix for entry in found.entries}
    tasks = writing.tasks({id: row.spot for id, row in rows.items()}, suffixes, {}, size)
    parts: list[_Part] = []
    coming = writing.batches(tasks)
    while some := list(islice(coming, BLOCK // writing.BATCH)):
        blocks = sorted({numbers[task.id] // BLOCK for batch in some for task in batch})
        parts.append(_Part(some, blocks))
    return parts


def _writer(job: Job) -> Callable[[_Part], list[Written]]:
    """Return the function that writes documents, with what the corpus knows of them."""
    from pipeline.engines.cluster.shuffles import load

    write = _plain_writer(job)

    def write_part(part: _Part) -> list[Written]:
        known = {id: found for block in part.blocks for id, found in load(job.waiting, block).items()}
        told = [[task._replace(found=known.get(task.id)) for task in batch] for batch in part.batches]
        return write(part._replace(batches=told))

    return write_part


def _plain_writer(job: Job) -> Callable[[_Part], list[Written]]:
    write = writing.writer(job)
    return lambda part: [written for batch in part.batches for written in write(batch)]


def _flat(written: Iterator[list[Written]]) -> Generator[Written, None, None]:
    for some in written:
        yield from some


def _clear(folder: str, names: set[str]) -> None:
    """Remove all but some files of the folder in which documents wait; what it holds is of no use to git."""
    for name in os.listdir(folder):
        if name not in names and name not in _STAY:
            os.unlink(os.path.join(folder, name))
    text.write(os.path.join(folder, ".gitignore"), b"*\n")
