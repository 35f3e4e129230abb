"""The work of one process: to clean documents, which then wait for the corpus (see `writing`); and how work is spread.

What comes back of a document is small: where it waits, and the marks of its paragraphs.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from errno import ENAMETOOLONG
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pipeline.core import LedgerMismatch, Pipeline
from pipeline.corpus import HEADING
from pipeline.document import Document
from pipeline.engines.outcome import Cleaned, Problem, RunError
from pipeline.engines.profile import ALL, Profile, watch
from pipeline.engines.sources import Source, load
from pipeline.engines.spool import Spool
from pipeline.formats import jsonio, text
from pipeline.formats.dolma import DolmaError
from pipeline.formats.folder import Entry
from pipeline.formats.records import Record, digest
from pipeline.formats.shards import Layout
from pipeline.rules.engine import RuleSet
from pipeline.settings import Settings, is_off
from pipeline.stages import STAGE_RULES, Stage
from pipeline.stages.gaps import is_damaged

__all__ = [
    "Job",
    "cleaner",
    "cut",
    "decider",
    "deduplicates",
    "problem",
    "restores",
    "seldom_collecting",
    "spread",
    "why",
]


if TYPE_CHECKING:
    from pipeline.corpus.cases import Case
    from pipeline.corpus.decisions import Decision


class Work(Protocol):
    """Something to be done for a document."""

    @property
    def weight(self) -> int:
        """How many bytes of it are in memory."""

    @property
    def shard(self) -> int:
        """The number of the shard that it belongs to: a batch is of one."""


T = TypeVar("T", bound=Work)
R = TypeVar("R")
_AHEAD = 4  # batches that wait for each worker
_HEAVY = 1_000_000  # bytes in memory: a batch that has them is full
_ROOM = 32_000_000  # bytes in memory that wait for each worker
_SELDOM = (100_000, 20, 50)  # objects that are new, and collections of these, and of those, before one of each kind
_DEFECT = "This is a defect of clean-corpus: please report it. Nothing was written for this document."


@dataclass(frozen=True, slots=True)
class Job:
    """What every worker needs to know."""

    raw: str
    out: str
    settings: Settings
    rules: RuleSet | None
    stages: Sequence[Stage] | None
    waiting: str  # the folder of documents that are not yet written
    run: str  # what the names of the files there begin with
    layout: Layout | None = None  # of shards; with none, each document has files of its own
    profile: bool = False  # whether to tell where the time goes


def deduplicates(settings: Settings) -> bool:
    """Whether duplicates are to be looked for."""
    rules = [rule for rule in STAGE_RULES if rule.startswith("duplicates.") and rule != HEADING]
    return settings.dedup != "off" and not all(is_off(rule, settings.off) for rule in rules)


def cleaner(job: Job, spool: Spool | None = None) -> Callable[[Sequence[Source]], list[Cleaned]]:
    """Return the function that cleans documents, and puts them down to wait. It never raises an `Exception`."""
    later = restores(job)
    profile = Profile()
    make = _maker(job, profile)
    marking = deduplicates(job.settings)
    spool = spool or Spool(job.waiting, job.run)

    def put(entry: Entry, known: bytes, made: Document | Problem, marks: Mapping[str, bytes]) -> Cleaned:
        if isinstance(made, Problem):
            return Cleaned(entry.id, problem=made)
        own = marks.get(entry.id, b"")
        damaged = later and is_damaged(made)
        return Cleaned(entry.id, spool.add(made, own), own, damaged, digest=known, suffix=entry.suffix)

    def clean(sources: Sequence[Source]) -> list[Cleaned]:
        made = [(source.entry, *make(source)) for source in sources]
        marks: Mapping[str, bytes] = {}
        if marking:
            from pipeline.corpus.fingerprints import marks_all  # numpy comes with it: a run without is spared it

            whole = [one for _, _, one in made if isinstance(one, Document) and not (later and is_damaged(one))]
            with profile.time("work", "shingles"):
                marks = dict(zip([one.id for one in whole], marks_all(whole), strict=True))
        with profile.time("work", "to wait on disk"):
            done = [put(*one, marks) for one in made]
        return [done[0]._replace(spent=profile.take()), *done[1:]] if job.profile else done

    return clean


def _maker(job: Job, profile: Profile) -> Callable[[Source], tuple[bytes, Document | Problem]]:
    """Return the function that makes a document of a source, and tells the digest of what it read."""
    later = restores(job)  # then gaps are dealt with when the corpus was asked about them
    settings = replace(job.settings, gaps="keep") if later and job.stages is None else job.settings
    pipeline = _pipeline(job, settings, profile)

    def make(source: Source) -> tuple[bytes, Document | Problem]:
        entry = source.entry
        try:
            if job.layout is None:  # of one that will not be written, nothing may be said in the others
                text.refuse_foreign(job.out, entry.id)
            record = load(job.raw, source)
        except text.ForeignFile as error:
            return b"", problem(entry.name, error)
        except OSError as error:
            return b"", Problem(entry.name, why(error), "Check that the file can be read.")
        known = record.digest() if entry.is_record else digest(record.data)  # of what it is now
        return known, clean(entry, record)

    def clean(entry: Entry, record: Record) -> Document | Problem:
        _, data, media, charset, facts, metadata = record
        try:
            with profile.time("work", ALL):
                document = pipeline.clean(data, entry.id, media, declared=charset, facts=facts)
            document.metadata = jsonio.loads(metadata) if metadata else {}
            if later and document.gaps and not is_damaged(document):
                from pipeline.corpus.years import remaining

                return remaining(document, job.settings)
            return document
        except Exception as error:
            return problem(entry.name, error)

    return make


def _pipeline(job: Job, settings: Settings, profile: Profile) -> Pipeline:
    def make(rules: RuleSet | None) -> Pipeline:
        return Pipeline(settings, rules=rules, stages=job.stages)

    return watch(make, job.rules or RuleSet.builtin(), profile) if job.profile else make(job.rules)


def decider(job: Job) -> Callable[[Sequence[Case]], list[dict[int, Decision]]]:
    """Return the function that decides which paragraphs of cases go."""
    from pipeline.corpus.decisions import judge

    return lambda cases: [judge(case, job.settings) for case in cases]


def restores(job: Job) -> bool:
    """Whether dropped years are looked for in the corpus: not if stages of the caller have done away with them."""
    return job.stages is None or job.settings.gaps == "keep"


def problem(name: str, error: Exception) -> Problem:
    """Why a document came to nothing, and what to do."""
    if isinstance(error, text.ForeignFile):
        return Problem(name, str(error), "Choose another folder for the results, or move that file away.")
    if isinstance(error, OSError) and error.errno == ENAMETOOLONG:
        return Problem(name, f"its result was not written: {why(error)}", "Give it a shorter name.")
    if isinstance(error, OSError):
        advice = "Check that the folder of the results can be written to, and that the disk is not full."
        return Problem(name, f"its result was not written: {why(error)}", advice)
    if isinstance(error, DolmaError):
        return Problem(name, error.reason, error.ADVICE)
    if isinstance(error, LedgerMismatch):
        return Problem(name, str(error).rstrip("."), _DEFECT.replace("clean-corpus", "a stage"))
    if isinstance(error, RunError):  # of the spool
        return Problem(name, "what was kept of it is damaged", "Run again with --force, which cleans all again.")
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


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Let Python look for cycles seldom, here and in the processes that are forked meanwhile: documents come and go
    without any, and to look at them again and again takes a tenth of the time of a run."""
    before = gc.get_threshold()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)


_work: Callable[[Any], Any] | None = None  # of a worker process


def _start(make: Callable[[Job], Callable[[Any], Any]], job: Job) -> None:
    global _work
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the run, which lets workers finish what they have begun
    _work = make(job)


def _end_with_parent() -> None:
    """End this process when the one that started it has died, which may have been killed: nobody else would."""
    from multiprocessing import connection, parent_process

    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _work_all(tasks: Sequence[Any]) -> list[Any]:
    assert _work is not None
    done: list[Any] = _work(tasks)
    return done


def spread(
    job: Job, make: Callable[[Job], Callable[[Sequence[T]], list[R]]], tasks: Iterable[T], workers: int, size: int = 32
) -> Generator[R, None, None]:
    """Yield what comes of all tasks, in their order; each of the processes makes its function once, by `make`.

    Tasks are taken from the iterable in batches of `size`, or fewer heavy ones, a few ahead of what is done.
    """
    batches = cut(tasks, size)
    if workers <= 1:
        work = make(job)
        for _, batch in batches:
            yield from work(batch)
        return
    from concurrent.futures import Future, ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    try:
        pool = ProcessPoolExecutor(workers, initializer=_start, initargs=(make, job))
    except OSError as error:  # of semaphores, which are files of a kind
        raise RunError(
            f"Cannot start {workers} workers: {why(error)}. Make room where the system has its shared memory (on Linux "
            "/dev/shm), or run with one worker."
        ) from None
    ahead: deque[tuple[int, Future[list[R]]]] = deque()
    waiting = 0
    try:
        for weight, batch in batches:
            ahead.append((weight, pool.submit(_work_all, batch)))
            waiting += weight
            while len(ahead) > _AHEAD * workers or (ahead and waiting > _ROOM * workers):
                weight, done = ahead.popleft()
                yield from done.result()
                waiting -= weight
        for _, done in ahead:
            yield from done.result()
    except BrokenProcessPool:
        raise RunError(
            "Cannot go on: a worker process died, most likely for want of memory. "
            "Run again with fewer workers; documents that are done are simply done again."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def cut(tasks: Iterable[T], size: int) -> Iterator[tuple[int, list[T]]]:
    """Yield the tasks in batches, each of one shard, with the bytes of the records in it."""
    batch: list[T] = []
    heavy = 0
    for task in tasks:
        if batch and task.shard != batch[-1].shard:
            yield heavy, batch
            batch, heavy = [], 0
        batch.append(task)
        heavy += task.weight
        if len(batch) == size or heavy >= _HEAVY:
            yield heavy, batch
            batch, heavy = [], 0
    if batch:
        yield heavy, batch
