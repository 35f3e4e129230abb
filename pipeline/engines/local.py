"""The folder run: every text of RAW is cleaned into OUT, by worker processes on this machine.

First all documents are cleaned, and wait on disk (see `spool`), but for those that an earlier run has kept (see
`kept`); what stays in memory is some 50 bytes a paragraph. Then it is decided what the corpus changes of them (years,
duplicates), and they are written. Any number of workers gives the same bytes.

A document that cannot be cleaned is a problem of the report, and the others go on. Of OUT the run only touches what
it writes itself, and what the manifest of an earlier run names.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

from pipeline.engines import sources
from pipeline.engines.kept import FOLDER, LOCK, Kept
from pipeline.engines.outcome import Cleaned, Outcome, RunError, RunReport, WrongFolders
from pipeline.engines.sources import Sources
from pipeline.engines.spool import Spool, Spot
from pipeline.engines.workers import Job, Task, cleaner, deduplicates, problem, save, spread, why, writer
from pipeline.formats import manifest, sidecar, text
from pipeline.formats.text import printable
from pipeline.rules.engine import RuleSet
from pipeline.settings import Settings
from pipeline.stages import STAGE_RULES, Stage

if TYPE_CHECKING:
    from pipeline.corpus.duplicates import Duplicates
    from pipeline.corpus.index import Index

__all__ = ["Progress", "run", "save"]

Progress = Callable[[int, int], None]  # documents done, documents in all
_BATCH = 32  # documents that a worker takes at once, at most
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
) -> RunReport:
    """Clean the documents of the folder `raw` into the folder `out`, and return the report.

    `settings`, `rules` and `stages` are those of `Pipeline`; `workers` is the number of processes (default: one for
    each core, and one alone for little work); `progress` is called after each step. With
    `force`, all documents are cleaned, also those that an earlier run has kept.

    Raises `RunError` if the run cannot begin or cannot go on. A document that fails is in `report.problems`.
    """
    raw, out = os.fspath(raw), os.fspath(out)
    _refuse_nesting(raw, out)
    found = sources.find(raw)
    if workers is None:
        workers = 1 if found.size < _SMALL else _cores()
    with _alone(out):
        return _run(raw, out, found, settings or Settings(), rules, stages, workers, progress, force)


def _run(
    raw: str,
    out: str,
    found: Sources,
    settings: Settings,
    rules: RuleSet | None,
    stages: Sequence[Stage] | None,
    workers: int,
    progress: Progress | None,
    force: bool,
) -> RunReport:
    """A run that has the folder `out` for itself."""
    _prepare(out)
    report = RunReport(skipped=found.skipped, problems=found.problems)
    kept = Kept(raw, out, _made(settings, rules) if stages is None else None, force)
    job = Job(raw, out, settings, rules, stages, kept.folder, str(kept.run))
    steps = _steps(progress, 2 * len(found.entries))
    tasks = _clean(job, found, workers, kept, report, steps)
    with closing(spread(job, writer, tasks, workers)) as outcomes:
        _finish(out, outcomes, kept, report, steps)
    kept.close()
    return report


def _made(settings: Settings, rules: RuleSet | None) -> dict[str, Any]:
    """How documents are made: with another, nothing of an earlier run can be reused."""
    digest = (rules or RuleSet.builtin()).without(settings.off, also=STAGE_RULES).digest()
    return sidecar.making(settings, digest) | {"python": sys.implementation.cache_tag}


def _clean(
    job: Job, found: Sources, workers: int, kept: Kept, report: RunReport, step: Callable[[], None]
) -> Iterator[Task]:
    """Clean all documents; return the tasks to write them, with what the corpus changes of them."""
    index = _index(job.settings) if deduplicates(job.settings) else None
    by_id = {entry.id: entry for entry in found.entries}
    spots: dict[str, Spot] = {}
    damaged: list[str] = []
    for cleaned in _cleaned(job, found, workers, kept, report):
        step()
        if cleaned.spot is None:
            report.problems += [cleaned.problem] if cleaned.problem else []
            continue
        kept.keep(by_id[cleaned.id], cleaned.spot, cleaned.damaged)
        spots[cleaned.id] = cleaned.spot
        if cleaned.damaged:
            damaged.append(cleaned.id)
        elif index is not None:
            index.add(cleaned.id, cleaned.marks)
    if damaged:
        spots = _restore(job, sorted(damaged), spots, index, report)
    twins: Mapping[str, Duplicates] = {} if index is None else _decide(job, index, spots)
    return (Task(id, by_id[id].suffix, spot, twins.get(id)) for id, spot in sorted(spots.items()))


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
            yield Cleaned(entry.id, seen.spot, spool.marks(seen.spot), seen.damaged)
    size = max(1, min(_BATCH, len(fresh) // (4 * workers)))  # few documents are shared out, too
    coming = sources.read(job.raw, found.containers, fresh)
    with closing(spread(job, cleaner, coming, min(workers, max(1, len(fresh))), size)) as documents:
        yield from documents


def _restore(
    job: Job, damaged: Sequence[str], spots: Mapping[str, Spot], index: Index | None, report: RunReport
) -> dict[str, Spot]:
    """Restore what can be in documents that lost years; return where all documents wait now."""
    from pipeline.engines.restoring import restore_years

    now = dict(spots)
    with Spool(job.waiting, f"{job.run}-restored") as spool:
        for id, document in restore_years(damaged, spots, index, spool, job.settings).items():
            if isinstance(document, Exception):
                report.problems.append(problem(id, document))
                del now[id]
                continue
            now[id] = spool.add(document)
            if index is not None:
                from pipeline.corpus.fingerprints import marks

                index.add(id, marks(document))
    return now


def _index(settings: Settings) -> Index:
    from pipeline.corpus.index import Index  # numpy comes with it: a run that needs none is spared it

    return Index(settings.scope)


def _decide(job: Job, index: Index, spots: Mapping[str, Spot]) -> Mapping[str, Duplicates]:
    """Decide which paragraphs go, by id of the document; texts are read from the documents that wait."""
    from pipeline.corpus.decisions import decide
    from pipeline.corpus.duplicates import Rows
    from pipeline.corpus.texts import Texts

    proposals = index.proposals()
    with Spool(job.waiting) as spool, Texts(index, proposals, lambda id: spool.text(spots[id])) as texts:
        return Rows(index, decide(index, proposals, texts.get, job.settings))


def _steps(progress: Progress | None, total: int) -> Callable[[], None]:
    """A function to be called after each step, which tells `progress` how many there were."""
    done = count(1)

    def step() -> None:
        if progress:
            progress(next(done), total)

    return step


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# Before and after


def _refuse_nesting(raw: str, out: str) -> None:
    """Raise `RunError` if one of the folders lies in the other: results would be taken for sources."""
    real_raw, real_out = os.path.realpath(raw), os.path.realpath(out)
    if real_raw == real_out:
        how = "both are the same folder"
    elif os.path.commonpath([real_raw, real_out]) == real_raw:
        how = "it lies in the folder of the raw texts"
    elif os.path.commonpath([real_raw, real_out]) == real_out:
        how = "the folder of the raw texts lies in it"
    else:
        return
    raise WrongFolders(f"Cannot write to {printable(out)}: {how}, {printable(raw)}. Choose a folder beside it.")


@contextmanager
def _alone(out: str) -> Iterator[None]:
    """Make the folder of the results, and keep other runs out of it until this one has ended, in whatever way."""
    from filelock import FileLock, Timeout

    lock = FileLock(os.path.join(out, FOLDER, LOCK), timeout=0)
    try:
        os.makedirs(os.path.join(out, FOLDER), exist_ok=True)
        if not os.access(out, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
        lock.acquire()
    except Timeout:
        raise RunError(
            f"Cannot write to {printable(out)}: another run writes there now. Wait until it has ended, or choose "
            "another folder."
        ) from None
    except OSError as error:
        raise RunError(f"Cannot write to {printable(out)}: {why(error)}. Choose another folder.") from None
    try:
        yield
    finally:
        lock.release()


def _prepare(out: str) -> None:
    """Refuse a folder whose manifest is not ours, before anything is written; what a run that was killed left
    half-written goes."""
    path = os.path.join(out, manifest.NAME)
    try:
        text.remove_parts(out)
        foreign = os.path.lexists(path) and not all(_named(row) for _, row in manifest.rows(path))
    except OSError as error:
        raise RunError(f"Cannot write to {printable(out)}: {why(error)}. Choose another folder.") from None
    if foreign:
        raise RunError(
            f"Cannot write {printable(path)}: a file of that name is there, and is not a manifest of clean-corpus. "
            "Choose another folder, or move that file away."
        )


def _named(row: object) -> str:
    """The id that a row of a manifest names, or nothing if the row is not ours or the id leads out of the folder."""
    match row:
        case {"id": str() as id, "clean": {"sha256": str()}, "seal": str()} if not (
            {"", ".", ".."} & set(id.split("/")) or "\0" in id or (os.sep != "/" and os.sep in id)
        ):
            return id
    return ""


def _remove_stale(out: str, ids: set[str]) -> list[str]:
    """Remove what an earlier run wrote for documents that this run has not written; return their ids.

    A file goes only if the manifest of that run names it and it still reads as the manifest says.
    """
    path = os.path.join(out, manifest.NAME)
    removed = []
    for _, row in manifest.rows(path) if os.path.exists(path) else ():
        if _named(row) in ids:
            continue
        text_path, sidecar_path = text.paths(out, row["id"])
        try:
            with open(text_path, "rb") as clean, open(sidecar_path, "rb") as side:
                same = hashlib.sha256(clean.read()).hexdigest() == row["clean"]["sha256"]
                same = same and sidecar.seal(side.read()) == row["seal"]
        except OSError:
            continue
        if same:
            os.unlink(text_path)
            os.unlink(sidecar_path)
            removed.append(row["id"])
    return removed


def _finish(out: str, outcomes: Iterable[Outcome], kept: Kept, report: RunReport, step: Callable[[], None]) -> None:
    """Count the outcomes, and write the manifest; then the files of documents that an earlier run wrote can go."""

    def lines() -> Iterator[bytes]:
        ids: set[str] = set()
        for outcome in outcomes:
            step()
            report.add(outcome)
            if outcome.row is not None:
                if outcome.written and kept.was_reused(outcome.id):
                    report.rewritten.append(outcome.id)
                ids.add(outcome.id)
                yield manifest.line(outcome.row)
        report.removed = _remove_stale(out, ids)  # the manifest of the earlier run is still there

    try:
        text.write(os.path.join(out, manifest.NAME), lines())
    except OSError as error:
        raise RunError(
            f"Cannot write the manifest in {printable(out)}: {why(error)}. Make room or rights, and run again."
        ) from None
