"""The run on a cluster: what is done on one machine (see `local`), as maps and shuffles over files that all nodes see.

What waits is in OUT/.clean-corpus/cluster: units of documents (see `units`), and what each step leaves for the next.
The driver knows names and counts; it puts the manifest together, and shards if there are any, of what tasks have made.
"""

from __future__ import annotations

import marshal
import os
import pickle
import shutil
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.corpus.duplicates import merged, unpack
from pipeline.engines import finishing, local
from pipeline.engines.cluster import Sizes, moving, passes, planning, units, years
from pipeline.engines.cluster.moving import Part
from pipeline.engines.cluster.units import Work, decoded, encoded
from pipeline.engines.lock import alone
from pipeline.engines.outcome import Problem, RunReport
from pipeline.engines.profile import Profile
from pipeline.engines.spool import Spot
from pipeline.engines.workers import Job, deduplicates
from pipeline.engines.writing import BATCH, Task, Written, batches, writer
from pipeline.formats import jsonio, shards

__all__ = ["drive"]

_PART = 256_000_000  # bytes of text whose rows one task takes
_PARTS = 1000  # of a shuffle, at most: it has as many pieces as the square of that
_PIECE = 32 * BATCH  # documents that one task writes
_SAMPLES = 4  # ids of a unit that tell where parts of the same size begin


def drive(
    job: Job,
    corpus: finishing.Corpus,
    address: str | None,
    progress: local.Progress | None,
    force: bool,
    shard: int,
    sizes: Sizes,
    profile: bool,
) -> RunReport:
    """Run on a cluster: see `run` of the package."""
    times = Profile()
    with moving.connected(address), alone(job.out):
        finishing.prepare(job.out)
        work = Work(job.waiting, moving.packed(job))
        how = os.urandom(16) if job.stages is not None else jsonio.dumps(local.made(job.settings, job.rules))
        _make_room(work, force)
        with times.time("phase", "to look what there is"):
            plan = planning.plan(job.raw, work, how, sizes.unit)
        step = local.steps(progress, 2 * plan.documents)

        def done(documents: int) -> None:
            for _ in range(documents):
                step()

        with times.time("phase", "to clean"):
            work = units.clean(work, plan.units, done)
        parts = sizes.parts or max(moving.processors(), min(_PARTS, -(-plan.size // _PART)))
        damaged, failed, ids = _survey(work, parts)
        report = RunReport(skipped=plan.skipped, problems=[*plan.problems, *(problem for _, problem in failed)])
        whole = work
        if damaged:
            with times.time("phase", "to restore years"):
                work = years.restore(work, parts)
                restored = work._replace(names=work.names[len(whole.names) :])
                report.problems += sorted(problem for _, problem in _survey(restored, parts)[1])
        with times.time("phase", "to find duplicates"):
            found = passes.find(work, parts, sizes.edges) if deduplicates(job.settings) else []
        with times.time("phase", "to write"):
            _write(work, corpus, _known(work, found, ids, parts), report, shard, step)
        # What failed is tried again by the next run, and with it the unit that it is in.
        _tidy(work, set(whole.names) - {whole.unit_of(home) for home, _ in failed})
    report.spent = times.take() if profile else {}
    return report


def _make_room(work: Work, force: bool) -> None:
    """Make the folders; what steps of a run before have left goes, and with `force`, the units."""
    for name in ("steps", "restored", *(["units"] if force else [])):
        shutil.rmtree(work.path(name), ignore_errors=True)
    for name in ("steps", "restored", "units", "scans"):
        os.makedirs(work.path(name), exist_ok=True)


def _tidy(work: Work, names: set[str]) -> None:
    """Remove what is of no use for the next run."""
    for name in ("steps", "restored"):
        shutil.rmtree(work.path(name), ignore_errors=True)
    units.tidy(work, names)


# What the corpus says


class _Seen(NamedTuple):
    """What the driver knows of a share of the units: whether documents lost years, what could not be cleaned, and some
    ids."""

    damaged: bool
    problems: list[tuple[int, Problem]]
    ids: list[bytes]


def _survey(work: Work, parts: int) -> tuple[bool, list[tuple[int, Problem]], list[bytes]]:
    """Whether documents lost years, what could not be cleaned, by its home, and some ids, sorted."""

    def look(some: Sequence[int]) -> _Seen:
        seen = _Seen(False, [], [])
        for unit in some:
            docs = work.docs(unit)
            seen = seen._replace(damaged=seen.damaged or any(doc.damaged for doc in docs))
            seen.problems.extend((doc.home, doc.problem) for doc in docs if doc.problem)
            seen.ids.extend(encoded(doc.id) for doc in docs[:: -(-len(docs) // _SAMPLES) or 1])
        return seen

    found = [*moving.each(look, work.shares(parts))]
    problems = sorted(row for one in found for row in one.problems)
    return any(one.damaged for one in found), problems, sorted(id for one in found for id in one.ids)


def _known(work: Work, found: Sequence[Part], ids: Sequence[bytes], parts: int) -> list[Part]:
    """Bring together what is known of each document, in the order of ids."""
    bounds = [ids[len(ids) * part // parts] for part in range(1, parts)] if ids else []
    sources = [*work.shares(parts), *moving.files(found)]
    return moving.shuffle(work.path("steps/documents"), sources, _documents(work, bounds), _by_id)


def _documents(work: Work, bounds: Sequence[bytes]) -> Any:
    """A reader of documents, and of what is known of some."""

    def read(source: str | Sequence[int]) -> Iterator[pa.Table]:
        if isinstance(source, str):
            yield parted(pq.read_table(source, partitioning=None))
            return
        for unit in source:
            docs = [doc for doc in work.docs(unit) if doc.spot and not doc.damaged]
            columns: dict[str, Any] = {
                "id": pa.array([encoded(doc.id) for doc in docs], pa.binary()),
                "suffix": pa.array([encoded(doc.suffix) for doc in docs], pa.binary()),
                "spot": pa.array([marshal.dumps(tuple(doc.spot or ())) for doc in docs], pa.binary()),
                "text": pa.array([doc.spot.text for doc in docs if doc.spot], pa.int64()),
                "reused": pa.array([doc.reused for doc in docs], pa.bool_()),
            }
            yield parted(pa.table(columns))

    def parted(table: pa.Table) -> pa.Table:
        names = dict.fromkeys(("id", "suffix", "spot", "found"), pa.binary())
        names |= {"text": pa.int64(), "reused": pa.bool_()}
        columns = {
            name: table[name] if name in table.column_names else pa.nulls(len(table), kind)
            for name, kind in names.items()
        }
        part = [bisect_right(bounds, id) for id in table["id"].to_pylist()]
        return pa.table({"part": pa.array(part, pa.int64()), **columns})

    return read


def _by_id(part: int, table: pa.Table) -> pa.Table:
    """The documents of a part in order, with all that is known of each."""
    known: dict[bytes, list[bytes]] = {}
    is_found = pc.is_valid(table["found"])
    for id, found in zip(*(table.filter(is_found)[name].to_pylist() for name in ("id", "found")), strict=True):
        known.setdefault(id, []).append(found)
    docs = table.filter(pc.invert(is_found)).sort_by("id").drop_columns(["found"])
    found = [marshal.dumps(sorted(known[id])) if id in known else None for id in docs["id"].to_pylist()]
    return docs.append_column("found", pa.array(found, pa.binary()))


# What is written


class _Piece(NamedTuple):
    """Documents that a task writes: the number of the piece and of its shard, and rows of files of documents."""

    number: int
    shard: int
    rows: list[tuple[str, int, int]]


def _pieces(documents: Sequence[Part], shard: int) -> Iterator[_Piece]:
    """Part the documents for writing: no piece is of two shards, and all but the last of a shard are of one size."""

    def places() -> Iterator[tuple[str, int, int]]:
        for part in documents:
            for row, size in enumerate(
                pq.read_table(part.path, columns=["text"], partitioning=None)["text"].to_pylist()
            ):
                yield part.path, row, size

    numbers = shards.number_all((size for _, _, size in places()), shard)
    piece, held = _Piece(0, 0, []), 0
    for (path, row, _), number in zip(places(), numbers, strict=True):
        if held == _PIECE or (held and number != piece.shard):
            yield piece
            piece, held = _Piece(piece.number + 1, number, []), 0
        piece = piece._replace(shard=number)
        if piece.rows and piece.rows[-1][0] == path:
            piece.rows[-1] = (path, piece.rows[-1][1], row + 1)
        else:
            piece.rows.append((path, row, row + 1))
        held += 1
    if held:
        yield piece


def _write(
    work: Work,
    corpus: finishing.Corpus,
    documents: Sequence[Part],
    report: RunReport,
    shard: int,
    step: Callable[[], None],
) -> None:
    """Write the documents, then what there is for all of them."""
    os.makedirs(work.path("steps/written"), exist_ok=True)

    def write(piece: _Piece) -> int:
        return _write_piece(work, piece)

    numbers = sorted(moving.each(write, [*_pieces(documents, shard)]))
    reused: set[str] = set()  # of the piece that is at hand

    def written() -> Iterator[Written]:
        for number in numbers:
            with open(work.path(f"steps/written/{number:08}"), "rb") as file:
                some, before = pickle.load(file)
            reused.clear()
            reused.update(before)
            report.reused += len(before)
            yield from some

    finishing.finish(corpus, written(), reused.__contains__, report, step)


@cache
def _writer(packed: bytes) -> Callable[[Sequence[Task]], list[Written]]:
    """The writer of this process."""
    return writer(units.unpacked(packed))


def _write_piece(work: Work, piece: _Piece) -> int:
    """Write documents, and what is to be told of them to a file."""
    tasks, reused = [], []
    for path, start, stop in piece.rows:
        for row in pq.read_table(path, partitioning=None).slice(start, stop - start).to_pylist():
            found = merged(map(unpack, marshal.loads(row["found"]))) if row["found"] else None
            id = decoded(row["id"])
            tasks.append(Task(id, decoded(row["suffix"]), Spot(*marshal.loads(row["spot"])), found, piece.shard))
            reused += [id] if row["reused"] else []
    write = _writer(work.job)
    done = [one for batch in batches(tasks) for one in write(batch)]
    path = work.path(f"steps/written/{piece.number:08}")
    part = moving.part(path)
    with open(part, "wb") as file:
        pickle.dump((done, reused), file)
    moving.settle(part, path)
    return piece.number
