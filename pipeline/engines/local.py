"""The folder run: every text of RAW is cleaned into OUT, by worker processes on this machine.

A worker makes its pipeline once, takes documents in batches, and writes the clean text and the sidecar of each. Then
the documents that the corpus changes (duplicates) are read back and written again. The outcomes are kept in a temporary
file, in the order of ids; what stays in memory is about 100 bytes a paragraph, to find duplicates. Any number of
workers gives the same bytes.

A document that cannot be cleaned is a problem of the report, and the others go on. Of OUT the run only touches what
it writes itself, and what the manifest of an earlier run names.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from typing import IO

from pipeline.corpus.duplicates import Index
from pipeline.engines.outcome import Outcome, Problem, RunError, RunReport, WrongFolders
from pipeline.engines.workers import Job, cleaner, rewriter, save, spread, why
from pipeline.formats import jsonio, manifest, sidecar, text
from pipeline.formats.text import printable
from pipeline.rules.engine import RuleSet
from pipeline.settings import Settings
from pipeline.stages import Stage

__all__ = ["Progress", "run", "save"]

Progress = Callable[[int, int], None]  # documents done, documents in all
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
    if workers is None:
        workers = 1 if sum(entry.size for entry in entries) < _SMALL else _cores()
    with tempfile.TemporaryFile() as spool, tempfile.TemporaryFile() as changes:
        ids: set[str] = set()
        index = Index()
        with closing(spread(job, cleaner, entries, workers)) as outcomes:
            for done, outcome in enumerate(outcomes, 1):
                _write(spool, outcome)
                index.add(outcome.id, outcome.marks)
                if outcome.row is not None:
                    ids.add(outcome.id)
                if progress:
                    progress(done, len(entries))
        for outcome in corpus_passes(job, index, workers):
            _write(changes, outcome)
        report.removed = _remove_stale(job.out, ids)
        _finish(job.out, _merged(_read(spool), _read(changes)), report)
    return report


def corpus_passes(job: Job, index: Index, workers: int) -> Iterator[Outcome]:
    """Make the passes over the whole corpus: every document is cleaned and on disk, the manifest is not written.

    Documents that a pass changes are read back, and written again; yields their new outcomes, in the order of ids.
    """

    def clean_text(id: str) -> str:
        try:
            return text.decode(text.read(text.paths(job.out, id)[0]))
        except (OSError, ValueError):
            raise RunError(
                f"Cannot go on: {printable(id)}.txt in {printable(job.out)} was changed while the run was under way. "
                "Run again, and let nothing else write there."
            ) from None

    found = index.find(clean_text)
    with closing(spread(job, rewriter, sorted(found.items()), workers)) as outcomes:
        yield from outcomes


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
        raise RunError(f"Cannot read {where}: {why(error)}. Give a folder that can be read.") from None
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
        raise RunError(f"Cannot write to {printable(out)}: {why(error)}. Choose another folder.") from None
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


def _write(spool: IO[bytes], outcome: Outcome) -> None:
    spool.write(jsonio.dumps(outcome[:-1]) + b"\n")


def _read(spool: IO[bytes]) -> Iterator[Outcome]:
    spool.seek(0)
    for line in spool:
        yield Outcome(*jsonio.loads(line))


def _merged(outcomes: Iterator[Outcome], changes: Iterator[Outcome]) -> Iterator[Outcome]:
    """Yield all outcomes, with those of documents that were changed in their place; both are in the order of ids."""
    change = next(changes, None)
    for outcome in outcomes:
        if change is None or change.id != outcome.id:
            yield outcome
            continue
        yield change if change.row is not None else outcome._replace(problem=change.problem)
        change = next(changes, None)


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
            f"Cannot write the manifest in {printable(out)}: {why(error)}. Make room or rights, and run again."
        ) from None
