"""The work of one process: a document from RAW to OUT, or one in OUT that the corpus changes, and how it is spread.

What comes back of a document is small: the row of the manifest, counts, and the marks of its paragraphs.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pipeline.core import LedgerMismatch, Pipeline, is_off
from pipeline.corpus import duplicates, fingerprints
from pipeline.corpus.duplicates import Duplicates
from pipeline.document import Document
from pipeline.engines.outcome import Outcome, Problem, RunError
from pipeline.formats import manifest, sidecar, text
from pipeline.formats.text import Entry
from pipeline.rules.engine import RuleSet
from pipeline.settings import Settings
from pipeline.stages import Stage

__all__ = ["Job", "cleaner", "deduplicates", "rewriter", "save", "spread", "why"]

T = TypeVar("T")
_BATCH = 64  # documents that a worker takes at once, at most
_DEFECT = "This is a defect of clean-corpus: please report it. Nothing was written for this document."


@dataclass(frozen=True, slots=True)
class Job:
    """What every worker needs to know."""

    raw: str
    out: str
    settings: Settings
    rules: RuleSet | None
    stages: Sequence[Stage] | None


def save(
    folder: str, document: Document, made: dict[str, Any], suffix: str, found: Duplicates | None = None
) -> Outcome:
    """Write the clean text and the sidecar of a document to the folder; return its outcome."""
    clean = text.encode(document.text)
    data = sidecar.describe(document, clean, made, suffix, found)
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


def deduplicates(settings: Settings) -> bool:
    """Whether duplicates are to be looked for."""
    return settings.dedup != "off" and not is_off(duplicates.EXACT, frozenset(settings.off))


def cleaner(job: Job) -> Callable[[Entry], Outcome]:
    """Return the function that takes one document from RAW to OUT. It never raises an `Exception`."""
    pipeline = Pipeline(job.settings, rules=job.rules, stages=job.stages)
    made = sidecar.making(job.settings, pipeline.rules.digest())
    marking = deduplicates(job.settings)

    def clean(entry: Entry) -> Outcome:
        try:
            source = text.read(os.path.join(job.raw, entry.id + entry.suffix), entry.size)
        except OSError as error:
            return Outcome(entry.id, problem=Problem(entry.name, why(error), "Check that the file can be read."))
        try:
            document = pipeline.clean(source, entry.id)
            outcome = save(job.out, document, made, entry.suffix)
            return outcome._replace(marks=fingerprints.marks(document)) if marking else outcome
        except Exception as error:
            return Outcome(entry.id, problem=_problem(entry.name, error))

    return clean


def rewriter(job: Job) -> Callable[[tuple[str, Duplicates]], Outcome]:
    """Return the function that brings what the corpus knows of a document to its files in OUT, as `cleaner` does."""
    dropping = job.settings.dedup == "drop"
    headings = not is_off(duplicates.HEADING, frozenset(job.settings.off))

    def rewrite(task: tuple[str, Duplicates]) -> Outcome:
        from pipeline.verify import read

        id, found = task
        try:
            data, document = read(job.out, id)
            if dropping and found.duplicates:
                document = duplicates.drop(document, found, headings=headings)
            made = {name: data[name] for name in sidecar.MAKING}
            return save(job.out, document, made, data["source"]["suffix"], found)
        except Exception as error:
            return Outcome(id, problem=_problem(id + ".txt", error))

    return rewrite


def _problem(name: str, error: Exception) -> Problem:
    """Why a document came to nothing, and what to do."""
    if isinstance(error, text.ForeignFile):
        return Problem(name, str(error), "Choose another folder for the results, or move that file away.")
    if isinstance(error, OSError):
        advice = "Check that the folder of the results can be written to, and that the disk is not full."
        return Problem(name, f"its result was not written: {why(error)}", advice)
    if isinstance(error, LedgerMismatch):
        return Problem(name, str(error).rstrip("."), _DEFECT.replace("clean-corpus", "a stage"))
    return Problem(name, _where(error), _DEFECT)


def why(error: OSError) -> str:
    """The reason of an error of the system."""
    return error.strerror or str(error)


def _where(error: Exception) -> str:
    """An unexpected error as one line: what it is, what it says, and the line of code that it comes from."""
    at = error.__traceback__
    while at and at.tb_next:
        at = at.tb_next
    place = f" ({os.path.basename(at.tb_frame.f_code.co_filename)}:{at.tb_lineno})" if at else ""
    said = " ".join(str(error).split())
    return f"{type(error).__name__}{': ' + said[:200] if said else ''}{place}".rstrip(".")


_work: Callable[[Any], Outcome] | None = None  # of a worker process


def _start(make: Callable[[Job], Callable[[Any], Outcome]], job: Job) -> None:
    global _work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the run, which lets workers finish what they have begun
    _work = make(job)


def _work_all(tasks: list[Any]) -> list[Outcome]:
    assert _work is not None
    return [_work(task) for task in tasks]


def spread(
    job: Job, make: Callable[[Job], Callable[[T], Outcome]], tasks: Sequence[T], workers: int
) -> Generator[Outcome, None, None]:
    """Yield the outcomes of all tasks, in their order; each of the processes makes its function once, by `make`."""
    workers = min(workers, len(tasks))
    if workers <= 1:
        yield from map(make(job), tasks)
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    size = max(1, min(_BATCH, len(tasks) // (workers * 4)))
    batches = [list(tasks[at : at + size]) for at in range(0, len(tasks), size)]
    pool = ProcessPoolExecutor(workers, initializer=_start, initargs=(make, job))
    try:
        for outcomes in pool.map(_work_all, batches):
            yield from outcomes
    except BrokenProcessPool:
        raise RunError(
            "Cannot go on: a worker process died, most likely for want of memory. "
            "Run again with fewer workers; documents that are done are simply done again."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)
