"""How data move on a cluster: Ray Data's maps and shuffles, and files in a folder that all nodes see.

A step takes what it needs from files and leaves what it makes in files, each there whole or not at all. So what is
between two steps is on disk and not in the memory of Ray, a step that lost a node is done again without the ones before
it, and the driver knows nothing but the names of the files and how many rows they hold. Within a step, rows go through
Ray's object store, which has a bound of its own and spills to the disks of the nodes.

Shuffles are sorts of Ray Data by the number of a part: they are made of tasks only, each of which is done again
wherever it was lost. (Shuffles by hash keep what they have in actors, and a node takes those with it.)
"""

from __future__ import annotations

import logging
import os
import pickle
import socket
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.engines.outcome import RunError

__all__ = [
    "ANYWHERE",
    "Part",
    "by",
    "connected",
    "each",
    "files",
    "hashed",
    "packed",
    "part",
    "processors",
    "relay",
    "save",
    "shuffle",
]

T = TypeVar("T")
R = TypeVar("R")
ANYWHERE = 0.0  # processors that a task asks for which only reads: it may run beside those that work
_SMALL, _LARGE = 1 << 20, 1 << 27  # bytes from which on Ray Data makes a block of what a task yields
_BLOCKS = 2_000  # of a list that the driver gives out, at most
_TRIES = 4  # of a step, before a run ends because of what nodes do
_WAIT = 5.0  # seconds for an address to answer


class Part(NamedTuple):
    """A file that a shuffle made: the number of the part, its path, and its rows."""

    number: int
    path: str
    rows: int


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Be connected with a cluster: that at an address, or one of this machine for as long as it takes. If this process
    is connected already, it stays so, whatever the address."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    if not address or address.startswith(("127.", "localhost")):
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # then Ray stays on loopback, on any system
    import ray
    import ray.data

    ours = not ray.is_initialized()
    if ours:
        _answers(address)
        try:
            chosen: dict[str, Any] = (
                {"address": address} if address else {"address": "local", "include_dashboard": False}
            )
            ray.init(**chosen, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise RunError(
                f"Cannot run on Ray at {address or 'this machine'}: {str(error).splitlines()[0]} "
                "Check that `ray status` shows a cluster there, of the same version of Ray and Python."
            ) from None
    log = logging.getLogger("ray.data")
    level = log.level
    log.setLevel(logging.CRITICAL)  # what fails is told by us
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"ray\.")
            yield
    finally:
        log.setLevel(level)
        if ours:
            ray.shutdown()


def _answers(address: str | None) -> None:
    """Raise `RunError` if nobody is at an address: Ray itself would wait for minutes."""
    if not address:
        return
    host, _, port = address.rpartition(":")
    try:
        if not (host and port.isdigit()):
            raise ValueError("it is not HOST:PORT")
        socket.create_connection((host, int(port)), _WAIT).close()
    except (OSError, ValueError) as error:
        raise RunError(
            f"Cannot run on Ray at {address}: {getattr(error, 'strerror', None) or error}. "
            "Start a cluster by `ray start --head`, and give the address that it tells."
        ) from None


def processors() -> int:
    """How many there are in the cluster."""
    import ray

    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return max(1, int(resources.get("CPU", 1)))


def packed(job: Any) -> bytes:
    """A job for other processes; functions of the caller's own go along."""
    from ray import cloudpickle

    done: bytes = cloudpickle.dumps(job)  # type: ignore[no-untyped-call]
    return done


def each(work: Callable[[T], R], items: Sequence[T], processors: float = 1.0) -> Iterator[R]:
    """Yield what becomes of items that the driver holds, in any order."""

    def rows(batch: dict[str, Any]) -> dict[str, Any]:
        return {"row": [pickle.dumps(work(pickle.loads(item))) for item in batch["row"]]}

    if items:
        done = _given(items, _SMALL).map_batches(rows, batch_size=1, num_cpus=processors)
        for row in _rows(done):
            yield pickle.loads(row["row"])


def relay(
    read: Callable[[T], Iterable[Any]], work: Callable[[Any], R], items: Sequence[T], readers: int
) -> Iterator[R]:
    """Yield what `work` makes of what `read` finds in items that the driver holds: one task reads an item, and any work
    on what it finds. What waits between them is in the object store, and reading waits if it is much."""

    def found(batch: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for item in batch["row"]:
            for one in read(pickle.loads(item)):
                yield {"row": [pickle.dumps(one)]}

    def made(batch: dict[str, Any]) -> dict[str, Any]:
        return {"row": [pickle.dumps(work(pickle.loads(item))) for item in batch["row"]]}

    if items:
        reading = _given(items, _SMALL).map_batches(found, batch_size=1, num_cpus=ANYWHERE, concurrency=readers)
        for row in _rows(reading.map_batches(made, batch_size=1, num_cpus=1.0)):
            yield pickle.loads(row["row"])


def shuffle(
    folder: str,
    sources: Sequence[T],
    read: Callable[[T], Iterable[pa.Table]],
    reduce: Callable[[int, pa.Table], pa.Table | None],
) -> list[Part]:
    """Bring rows that belong together to one place, and return the files of what becomes of them there.

    `read` yields the rows of a source, with the number of their part in the column `part`; `reduce` takes the rows of a
    part, in any order, and returns rows, which go to a file of the folder.
    """

    def found(batch: dict[str, Any]) -> Iterator[pa.Table]:
        for item in batch["row"]:
            for table in read(pickle.loads(item)):
                if len(table):
                    yield table

    def reduced(table: pa.Table) -> pa.Table:
        number = table["part"][0].as_py()
        made = reduce(number, table.drop_columns(["part"]))
        if made is None or not len(made):
            return pa.table({"part": pa.array([], pa.int64()), "path": pa.array([], pa.string()), "rows": _NO_ROWS})
        path = os.path.join(folder, f"{number:06}.parquet")
        save(path, made)
        return pa.table({"part": [number], "path": [path], "rows": [len(made)]})

    def attempt() -> list[Part]:
        if not sources:
            return []
        rows = _given(sources, _LARGE).map_batches(found, batch_size=1, num_cpus=1.0)
        done = rows.groupby("part").map_groups(reduced, batch_format="pyarrow", num_cpus=1.0)
        return sorted(Part(row["part"], row["path"], row["rows"]) for row in done.iter_rows())

    os.makedirs(folder, exist_ok=True)
    return _tried(attempt)


_NO_ROWS = pa.array([], pa.int64())


def files(parts: Iterable[Part]) -> list[str]:
    """The paths of the files of a shuffle."""
    return [part.path for part in parts]


def save(path: str, table: pa.Table) -> None:
    """Write rows to a file, which is there whole or not at all."""
    part_of = part(path)
    pq.write_table(table, part_of, compression="zstd")
    settle(part_of, path)


def part(path: str) -> str:
    """A name for a file while it is written. If two tasks do the same, since one seemed lost, either is as good."""
    return f"{path}.{uuid4().hex}.part"


def settle(written: str, path: str) -> None:
    """Give a file that is written its name, once it is on the disk."""
    with open(written, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(written, path)


def hashed(numbers: np.ndarray[Any, Any], parts: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The part of each of some numbers: any is as likely as another."""
    mixed = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return ((mixed >> np.uint64(33)) % np.uint64(parts)).astype(np.int64)


def by(column: str, parts: int) -> Any:
    """A reader of files whose rows come together if a column is the same."""

    def read(path: str) -> Iterator[pa.Table]:
        table = pq.read_table(path, partitioning=None)
        yield table.append_column("part", pa.array(hashed(table[column].to_numpy(), parts)))

    return read


def _given(items: Sequence[Any], block: int) -> Any:
    """A data set of items that the driver holds; what is made of it comes in blocks of about so many bytes."""
    import ray.data

    context = ray.data.DataContext.get_current()
    quiet = {"enable_progress_bars": False, "print_on_execution_start": False, "target_max_block_size": block}
    chosen = quiet | {"shuffle_strategy": ray.data.context.ShuffleStrategy.SORT_SHUFFLE_PULL_BASED}
    before = {name: getattr(context, name) for name in chosen}
    try:
        for name, value in chosen.items():
            setattr(context, name, value)
        rows = [{"row": pickle.dumps(item)} for item in items]
        return ray.data.from_items(rows, override_num_blocks=min(len(rows), _BLOCKS))  # which keeps the context
    finally:
        for name, value in before.items():
            setattr(context, name, value)


def _rows(dataset: Any) -> Iterator[dict[str, Any]]:
    """The rows of a data set, as they are made."""
    try:
        yield from dataset.iter_rows()
    except _failures() as error:
        raise _failed(error) from None


def _tried(attempt: Callable[[], R]) -> R:
    """Do a step, and again if nodes were lost with what they had."""
    for left in reversed(range(_TRIES)):
        try:
            return attempt()
        except _failures() as error:
            if not left or _is_ours(error):
                raise _failed(error) from None
    raise AssertionError


def _failures() -> tuple[type[BaseException], ...]:
    import ray.exceptions

    return (ray.exceptions.RayError,)


def _is_ours(error: BaseException) -> bool:
    """Whether our code failed in a task, as it would again."""
    import ray.exceptions

    return isinstance(getattr(error, "cause", None), ray.exceptions.UserCodeException)


def _failed(error: BaseException) -> RunError:
    """What is told of a task that failed: the error itself, which Ray gives as the last line of its trace only."""
    trace = str(error).partition("\n\nThe above exception")[0] if _is_ours(error) else str(error)
    said = ([line for line in trace.splitlines() if line.strip()] or [type(error).__name__])[-1].strip().rstrip(".")
    return RunError(
        f"Cannot go on: a task of the cluster failed: {said}. Mend that, and run again: what is done is found again."
    )
