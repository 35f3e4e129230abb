"""The folder run: every text of RAW is cleaned into OUT, by worker processes on this machine.

First all documents are cleaned, and wait on disk (see `spool`), but for those that an earlier run has kept (see
`kept`); what stays in memory is some 50 bytes a paragraph. Then it is decided what the corpus changes of them (years,
duplicates), and they are written. Any number of workers gives the same bytes.

A document that cannot be cleaned is a problem of the report, and the others go on. Of OUT the run only touches what
it writes itself, and what the manifest of an earlier run names.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from importlib.util import find_spec
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from pipeline.engines import finishing, publishing, sources, writing
from pipeline.engines.kept import Kept, Seen, code
from pipeline.engines.lock import alone
from pipeline.engines.outcome import Cleaned, Problem, RunError, RunReport
from pipeline.engines.profile import Profile, counted
from pipeline.engines.sources import Sources
from pipeline.engines.spool import Spool, Spot
from pipeline.engines.workers import Job, cleaner, decider, deduplicates, seldom_collecting, spread, why
from pipeline.formats import shards
from pipeline.formats.stores import local
from pipeline.formats.text import printable
from pipeline.rules.engine import RuleSet
from pipeline.settings import Settings
from pipeline.stages import Stage
from pipeline.version import __version__

if TYPE_CHECKING:
    from pipeline.corpus.duplicates import Duplicates
    from pipeline.corpus.index import Index

__all__ = ["Progress", "check_layout", "corpus_of", "made", "run", "steps"]

Progress = Callable[[int, int], None]  # documents done, documents in all
_ZSTD = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
_NEEDS = {"parquet": ("pyarrow", "parquet"), "jsonl.zst": (_ZSTD, "zstd")}  # layouts: a module and its extra
_BATCH = 32  # documents that a worker takes at once, at most
_MANY = 2_000  # proposals: below it, one process decides
_SMALL = 2_000_000  # bytes: below it, starting workers takes longer than the work


def run(
    raw: str | os.PathLike[str],
    out: str | os.PathLike[str],
    settings: Settings | None = None,
    *,
    rules: RuleSet | None = None,
    stages: Sequence[Stage] | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    force: bool = False,
    layout: str = "folder",
    shard: int = shards.SIZE,
    name: str = "corpus",
    profile: bool = False,
    work: str | os.PathLike[str] | None = None,
) -> RunReport:
    """Clean the documents of the folder `raw` into the folder `out`, and return the report. Both may be URLs.

    `settings`, `rules` and `stages` are those of `Pipeline`; `workers` is the number of processes (default: one for
    each core, and one alone for little work); `progress` is called after each step. With
    `force`, all documents are cleaned, also those that an earlier run has kept. `layout` tells how they are written:
    `folder`, each to files of its own, or one of `shards.LAYOUTS`, in shards of some `shard` bytes of text, with a
    description of the corpus, which is called `name`. With `profile`, the report tells where the time went. Results for
    a URL are made in the folder `work`, for the next run to go on from, or in one that is removed (see `publishing`).

    Raises `RunError` if the run cannot begin or cannot go on, and `ValueError` for a layout that there is not, for no
    `workers`, or for a `shard` of no bytes. A document that fails is in `report.problems`.
    """
    raw, settings = local(os.fspath(raw)), settings or Settings()
    check_layout(layout)
    if (workers is not None and workers < 1) or shard < 1:
        raise ValueError(f"Cannot run with {workers} workers and shards of {shard} bytes: both must be 1 at least.")
    asked = {"settings": settings.as_json(), "layout": layout, "shard": shard, "name": name, "version": __version__}

    def run_in(out: str) -> RunReport:
        sources.reach(raw)
        with alone(out):
            finishing.prepare(out)
            times = Profile()
            with times.time("phase", "to look what there is"):
                kept = Kept(raw, out, made(settings, rules) if stages is None else None, force)
                found = sources.find(raw, kept.box)
            before = None if found.problems else kept.unchanged(found.entries, asked)
            if before is not None:
                before.skipped = found.skipped
                return before
            number = workers or (1 if found.size < _SMALL else _cores())
            shape = shards.LAYOUTS.get(layout)
            job = Job(raw, out, settings, rules, stages, kept.folder, str(kept.run), shape, profile)
            corpus, step = corpus_of(job, layout, name), steps(progress, 2 * len(found.entries))
            try:
                with seldom_collecting():
                    report = _run(job, corpus, found, number, kept, step, asked, times)
            except OSError as error:
                raise RunError(
                    f"Cannot go on: {why(error)}. Make room on the disk of {printable(out)} and for temporary files, "
                    "and run again: it goes on where it last wrote down what it had done."
                ) from None
            report.spent = times.take() if profile else {}
            return report

    return publishing.run_to(local(os.fspath(out)), raw, work, run_in)


def _run(
    job: Job,
    corpus: finishing.Corpus,
    found: Sources,
    workers: int,
    kept: Kept,
    step: Callable[[], None],
    asked: Mapping[str, Any],
    times: Profile,
) -> RunReport:
    """A run that has the folder of the results for itself."""
    report = RunReport(skipped=found.skipped, problems=found.problems)
    waiting, twins = _clean(job, found, workers, kept, report, step, times)
    apart = job.layout is None
    tasks = writing.tasks(waiting, lambda id: kept.now[id].suffix, twins, asked["shard"], apart)
    share = len(waiting) // (4 * workers) if apart else 0
    size = max(writing.BATCH, min(writing.APART, share))
    with (
        times.time("phase", "to write"),
        closing(spread(job, writing.writer, tasks, workers, size)) as written,
    ):
        files = finishing.finish(corpus, counted(written, times), kept.was_reused, report, step)
    with times.time("phase", "to keep it for the next run"):
        pairs = (f"{id}{suffix}" for id in (waiting if apart else ()) for suffix in (".txt", ".json"))
        kept.close(asked, report, chain(files, pairs), found.containers)
    return report


def corpus_of(job: Job, layout: str, name: str) -> finishing.Corpus:
    """What a run writes."""
    return finishing.Corpus(job.out, layout, name, writing.making(job.settings, job.rules))


def made(settings: Settings, rules: RuleSet | None) -> dict[str, Any]:
    """How documents are made, before the corpus is asked: with another, nothing of an earlier run can be reused."""
    of_corpus = {"dedup": deduplicates(settings), "scope": "", "similarity": 0}
    return writing.making(settings, rules) | {
        "python": sys.implementation.cache_tag,
        "code": code(),
        "settings": settings.as_json() | of_corpus,
    }


def _clean(
    job: Job,
    found: Sources,
    workers: int,
    kept: Kept,
    report: RunReport,
    step: Callable[[], None],
    times: Profile,
) -> tuple[Mapping[str, Spot], Mapping[str, Duplicates]]:
    """Clean all documents; return where they wait to be written, and what the corpus changes of them."""
    index = _index(job.settings) if deduplicates(job.settings) else None
    damaged: list[str] = []
    with times.time("phase", "to clean"):
        for cleaned in counted(_cleaned(job, found, workers, kept, report), times):
            step()
            if cleaned.spot is None:
                report.problems += [cleaned.problem] if cleaned.problem else []
                continue
            kept.keep(cleaned.id, cleaned.suffix, cleaned.spot, cleaned.damaged, cleaned.digest)
            if cleaned.damaged:
                damaged.append(cleaned.id)
            elif index is not None:
                index.add(cleaned.id, cleaned.marks)
    spots = _Waiting(kept.now, {})
    if damaged:
        with times.time("phase", "to restore years"):
            spots = _Waiting(kept.now, _restore(job, sorted(damaged), spots, index, workers, report))
    if index is None:
        return spots, {}
    with times.time("phase", "to find duplicates"):
        return spots, _decide(job, index, spots, workers)


def _cleaned(job: Job, found: Sources, workers: int, kept: Kept, report: RunReport) -> Iterator[Cleaned]:
    """Yield all documents, those that are kept first, then those that had to be cleaned."""
    fresh = []
    with Spool(job.waiting) as spool:
        for entry in found.entries:
            seen = kept.reuse(entry)
            if seen is None:
                fresh.append(entry)
                continue
            report.reused += 1
            yield Cleaned(entry.id, seen.spot, spool.marks(seen.spot), seen.damaged, digest=seen.digest)
    found.entries.clear()  # they may be millions, and are not asked for again
    size = max(1, min(_BATCH, len(fresh) // (4 * workers)))  # few documents are shared out, too
    workers = min(workers, max(1, len(fresh)))
    coming = sources.read(job.raw, found.containers, kept.stamped(fresh))
    with closing(spread(job, cleaner, coming, workers, size)) as documents:
        yield from documents


class _Waiting(Mapping[str, Spot]):
    """Where documents wait: as they were cleaned, or where they `moved`; those that moved nowhere are none."""

    def __init__(self, now: Mapping[str, Seen], moved: Mapping[str, Spot | None]) -> None:
        self._now = now
        self._moved = moved

    def __getitem__(self, id: str) -> Spot:
        spot = self._moved[id] if id in self._moved else self._now[id].spot
        if spot is None:
            raise KeyError(id)
        return spot

    def __iter__(self) -> Iterator[str]:
        return (id for id in self._now if id not in self._moved or self._moved[id])

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _restore(
    job: Job, damaged: Sequence[str], spots: Mapping[str, Spot], index: Index | None, workers: int, report: RunReport
) -> dict[str, Spot | None]:
    """Restore what can be in documents that lost years; return where they wait then, if they do."""
    from pipeline.engines.restoring import restore_years

    moved: dict[str, Spot | None] = {}
    problems: list[Problem] = []
    for restored in restore_years(job, damaged, spots, index, workers):
        moved[restored.id] = restored.spot
        if restored.problem:
            problems.append(restored.problem)
        elif index is not None:
            index.add(restored.id, restored.marks)
    report.problems += sorted(problems)
    return moved


def _index(settings: Settings) -> Index:
    from pipeline.corpus.index import Index  # numpy comes with it: a run that needs none is spared it

    return Index(settings.scope)


def _decide(job: Job, index: Index, spots: Mapping[str, Spot], workers: int) -> Mapping[str, Duplicates]:
    """Decide which paragraphs go, by id of the document; texts are read from the documents that wait."""
    proposals = index.proposals(workers)
    if not len(proposals.numbers):  # what it takes to compare texts is not needed
        return {}
    from pipeline.corpus.cases import cases
    from pipeline.corpus.decided import Decided
    from pipeline.corpus.duplicates import Rows
    from pipeline.corpus.texts import Texts

    decided = Decided()
    with Spool(job.waiting) as spool, Texts(index, proposals, lambda id: spool.text(spots[id])) as texts:
        workers = workers if len(proposals.numbers) >= _MANY else 1
        with closing(spread(job, decider, cases(index, proposals, texts.get_all), workers, 1)) as parts:
            for part in parts:
                decided.take(part)
    return Rows(index, decided)


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # what it would stand in
        return False


def steps(progress: Progress | None, total: int) -> Callable[[], None]:
    """A function to be called after each step, which tells `progress` how many there were."""
    done = count(1)

    def step() -> None:
        if progress:
            progress(next(done), total)

    return step


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# Before and after


def check_layout(layout: str) -> None:
    """Raise `ValueError` for a layout that there is not, and `RunError` for one that needs what is not installed."""
    if layout not in ("folder", *shards.LAYOUTS):
        raise ValueError(f"Cannot write {layout!r}: it is not one of folder, {', '.join(shards.LAYOUTS)}.")
    if layout in _NEEDS and not _is_there(_NEEDS[layout][0]):
        module, extra = _NEEDS[layout]
        raise RunError(f"Cannot write {layout}: {module} is not installed. Use pip install 'clean-corpus[{extra}]'.")
