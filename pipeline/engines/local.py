"""The folder run: every text of RAW is cleaned into OUT, by worker processes on this machine.

A worker makes its pipeline once, takes documents in batches, and writes the clean text and the sidecar of each. What
comes back is small: the row of the manifest, and counts. The outcomes are kept in a temporary file, in the order of
ids; so no number of documents fills the memory, and any number of workers gives the same bytes.

A document that cannot be cleaned is a problem of the report, and the others go on. Of OUT the run only touches what
it writes itself, and what the manifest of an earlier run names.
"""

from __future__ import annotations

import hashlib
import os
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import IO

from pipeline.core import LedgerMismatch, Pipeline
from pipeline.document import Document
from pipeline.engines.outcome import Outcome, Problem, RunError, RunReport, WrongFolders
from pipeline.formats import jsonio, manifest, sidecar, text
from pipeline.formats.text import Entry, printable
from pipeline.rules.engine import RuleSet
from pipeline.settings import Settings
from pipeline.stages import Stage

__all__ = ["Progress", "run", "save"]

Progress = Callable[[int, int], None]  # documents done, documents in all
_BATCH = 64  # documents that a worker takes at once, at most
_SMALL = 2_000_000  # bytes: below it, starting workers takes longer than the work


@dataclass(frozen=True, slots=True)
class Job:
    """What every worker needs to know."""

    raw: str
    out: str
    settings: Settings
    rules: RuleSet | None
    stages: Sequence[Stage] | None


def run(
    raw: str | os.PathLike[str],
    out: str | os.PathLike[str],
    settings: Settings | None = None,
    *,
    rules: RuleSet | None = None,
    stages: Sequence[Stage] | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> RunReport:
    """Clean the documents of the folder `raw` into the folder `out`, and return the report.

    `settings`, `rules` and `stages` are those of `Pipeline`; `workers` is the number of processes (default: one for
    each core, and one alone for little work); `progress` is called after each batch.

    Raises `RunError` if the run cannot begin or cannot go on. A document that fails is in `report.problems`.
    """
    job = Job(os.fspath(raw), os.fspath(out), settings or Settings(), rules, stages)
    _refuse_nesting(job.raw, job.out)
    listing = _scan(job.raw)
    _prepare(job.out)
    twins = {found.id: found for found in text.collisions(listing.entries)}
    entries = [entry for entry in listing.entries if entry.id not in twins]
    report = RunReport(skipped=listing.skipped)
    for found in twins.values():
        report.problems.append(_collision(found))
    with tempfile.TemporaryFile() as spool:
        ids: set[str] = set()
        with closing(_clean_all(job, entries, workers)) as outcomes:
            for done, outcome in enumerate(outcomes, 1):
                spool.write(jsonio.dumps(tuple(outcome)) + b"\n")
                if outcome.row is not None:
                    ids.add(outcome.id)
                if progress:
                    progress(done, len(entries))
        changed = corpus_passes(job, ids, report)
        report.removed = _remove_stale(job.out, ids)
        _finish(job.out, (changed.get(outcome.id, outcome) for outcome in _read(spool)), report)
    return report


def corpus_passes(job: Job, ids: set[str], report: RunReport) -> dict[str, Outcome]:
    """Where passes over the whole corpus belong: every document is cleaned and on disk, the manifest is not written.

    A pass reads the documents `ids` back, writes those that it changes again with `save`, and returns their new
    outcomes by id; what it counts goes to the report. There is no such pass yet.
    """
    return {}


def save(folder: str, document: Document, made: dict[str, object], suffix: str) -> Outcome:
    """Write the clean text and the sidecar of a document to the folder; return its outcome."""
    clean = text.encode(document.text)
    data = sidecar.describe(document, clean, made, suffix)
    file = sidecar.dump(data)
    text.write_pair(folder, document.id, clean, file)
    counts = manifest.counts(data["ledger"])
    return Outcome(
        document.id,
        manifest.row(data, sidecar.seal(file), counts),
        counts,
        Counter([fact.kind for fact in document.facts]) if document.facts else {},
        Counter([gap.kind for gap in document.gaps]) if document.gaps else {},
        [(flag.kind, flag.message) for flag in document.flags],
    )


# The work of a worker


def _cleaner(job: Job) -> Callable[[Entry], Outcome]:
    """Return the function that takes one document from RAW to OUT. It never raises an `Exception`."""
    pipeline = Pipeline(job.settings, rules=job.rules, stages=job.stages)
    made = sidecar.making(job.settings, pipeline.rules.digest())

    def clean(entry: Entry) -> Outcome:
        try:
            source = text.read(os.path.join(job.raw, entry.id + entry.suffix), entry.size)
        except OSError as error:
            return Outcome(entry.id, problem=Problem(entry.name, _why(error), "Check that the file can be read."))
        try:
            return save(job.out, pipeline.clean(source, entry.id), made, entry.suffix)
        except text.ForeignFile as error:
            advice = "Choose another folder for the results, or move that file away."
            return Outcome(entry.id, problem=Problem(entry.name, str(error), advice))
        except OSError as error:
            advice = "Check that the folder of the results can be written to, and that the disk is not full."
            return Outcome(entry.id, problem=Problem(entry.name, f"its result was not written: {_why(error)}", advice))
        except LedgerMismatch as error:
            advice = "This is a defect of a stage: please report it. Nothing was written for this document."
            return Outcome(entry.id, problem=Problem(entry.name, str(error).rstrip("."), advice))
        except Exception as error:
            advice = "This is a defect of clean-corpus: please report it. Nothing was written for this document."
            return Outcome(entry.id, problem=Problem(entry.name, _where(error), advice))

    return clean


_clean_one: Callable[[Entry], Outcome] | None = None  # of a worker process


def _start(job: Job) -> None:
    global _clean_one
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the run, which lets workers finish what they have begun
    _clean_one = _cleaner(job)


def _clean_batch(entries: list[Entry]) -> list[Outcome]:
    assert _clean_one is not None
    return [_clean_one(entry) for entry in entries]


def _clean_all(job: Job, entries: list[Entry], workers: int | None) -> Generator[Outcome, None, None]:
    """Yield the outcomes of all documents, in the order of `entries`."""
    if workers is None:
        workers = 1 if sum(entry.size for entry in entries) < _SMALL else _cores()
    workers = min(workers, len(entries))
    if workers <= 1:
        yield from map(_cleaner(job), entries)
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    size = max(1, min(_BATCH, len(entries) // (workers * 4)))
    batches = [entries[at : at + size] for at in range(0, len(entries), size)]
    pool = ProcessPoolExecutor(workers, initializer=_start, initargs=(job,))
    try:
        for outcomes in pool.map(_clean_batch, batches):
            yield from outcomes
    except BrokenProcessPool:
        raise RunError(
            "Cannot go on: a worker process died, most likely for want of memory. "
            "Run again with fewer workers; documents that are done are simply done again."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


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


def _scan(raw: str) -> text.Listing:
    try:
        listing = text.scan(raw)
    except OSError as error:
        where = printable(error.filename or raw)
        raise RunError(f"Cannot read {where}: {_why(error)}. Give a folder that can be read.") from None
    if not listing.entries:  # and an existing OUT stays as it is
        raise RunError(
            f"Cannot clean {printable(raw)}: there is no document in it. "
            f"Give a folder with texts ({', '.join(text.SUFFIXES)}, or files without a suffix)."
        )
    return listing


def _prepare(out: str) -> None:
    """Make the folder of the results; refuse one whose manifest is not ours, before anything is written.

    What a run that was killed left half-written goes.
    """
    path = os.path.join(out, manifest.NAME)
    try:
        os.makedirs(out, exist_ok=True)
        if not os.access(out, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
        text.remove_parts(out)
        foreign = os.path.lexists(path) and not all(_named(row) for _, row in manifest.rows(path))
    except OSError as error:
        raise RunError(f"Cannot write to {printable(out)}: {_why(error)}. Choose another folder.") from None
    if foreign:
        raise RunError(
            f"Cannot write {printable(path)}: a file of that name is there, and is not a manifest of clean-corpus. "
            "Choose another folder, or move that file away."
        )


def _collision(found: text.Collision) -> Problem:
    names = [printable(name) for name in found.names]
    return Problem(
        found.names[0],
        f"{' and '.join(names)} would all be {printable(found.id)}.txt"
        if names[2:]
        else f"{names[0]} and {names[1]} would both be {printable(found.id)}.txt",
        "Rename all but one of them.",
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


def _read(spool: IO[bytes]) -> Iterator[Outcome]:
    spool.seek(0)
    for line in spool:
        yield Outcome(*jsonio.loads(line))


def _finish(out: str, outcomes: Iterable[Outcome], report: RunReport) -> None:
    """Count the outcomes, and write the manifest."""

    def lines() -> Iterator[bytes]:
        for outcome in outcomes:
            report.add(outcome)
            if outcome.row is not None:
                yield manifest.line(outcome.row)

    try:
        text.write(os.path.join(out, manifest.NAME), lines())
    except OSError as error:
        raise RunError(
            f"Cannot write the manifest in {printable(out)}: {_why(error)}. Make room or rights, and run again."
        ) from None


def _why(error: OSError) -> str:
    return error.strerror or str(error)


def _where(error: Exception) -> str:
    """An unexpected error as one line: what it is, what it says, and the line of code that it comes from."""
    at = error.__traceback__
    while at and at.tb_next:
        at = at.tb_next
    place = f" ({os.path.basename(at.tb_frame.f_code.co_filename)}:{at.tb_lineno})" if at else ""
    said = " ".join(str(error).split())
    return f"{type(error).__name__}{': ' + said[:200] if said else ''}{place}".rstrip(".")
