"""Maps over a Ray cluster: the functions that worker processes make of a job, called wherever there is room.

What is mapped goes through Ray Data, in blocks of one item each. A task whose process or machine dies is done again by
another, so it may be done twice: what it writes has a name of its own, or is the same again.
"""

from __future__ import annotations

import logging
import os
import pickle
import socket
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from pipeline.engines.outcome import RunError
from pipeline.engines.workers import Job

__all__ = ["called", "connected", "dataset", "mapped", "rows_of", "spread", "worker"]

_ANSWER = 10.0  # seconds that an address has to answer
_BATCH = 32  # small things that are done by one task

Make = Callable[[Job], Callable[[Any], Any]]


@contextmanager
def connected(address: str) -> Iterator[None]:
    """Be connected with the cluster at an address, `HOST:PORT`. Raises `RunError` if Ray is missing, nothing answers,
    or the cluster cannot go on."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
    if find_spec("ray") is None:
        raise RunError("Cannot use the engine ray: ray is not installed. Use pip install 'clean-corpus[ray]'.")
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), _ANSWER).close()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise RunError(
            f"Cannot use the cluster at {address or 'no address'}: {reason}. Give the HOST:PORT that ray start told."
        ) from None
    import ray
    from ray.exceptions import RayError

    ours = not ray.is_initialized()
    try:
        if ours:
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR, configure_logging=False)
        _configure()
        yield
    except (RayError, ConnectionError) as error:
        said = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        raise RunError(
            f"Cannot go on with the cluster at {address}: {said[0]}. Run again: what is done is taken up."
        ) from error
    finally:
        if ours:
            ray.shutdown()


def _configure() -> None:
    """Let Ray Data be silent, and give things back in their order."""
    from ray.data import DataContext
    from ray.data.context import ShuffleStrategy

    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True
    context.shuffle_strategy = ShuffleStrategy.SORT_SHUFFLE_PULL_BASED  # tasks, not actors: any of them can be redone
    logging.getLogger("ray.data").setLevel(logging.ERROR)


def dataset(items: Iterable[Any]) -> Any:
    """A Ray Data set of things, each a block of its own, packed."""
    import ray.data

    rows = [{"item": pickle.dumps(item)} for item in items]
    return ray.data.from_items(rows, override_num_blocks=max(1, len(rows)))


def worker(make: Make, job: Job) -> dict[str, Any]:
    """What tasks need to know for `called`: it is sent to each machine once."""
    import ray

    return {"ref": ray.put((make, job))}


_made: dict[str, Callable[[Any], Any]] = {}  # of a worker process, by what it was made of


def called(ref: Any) -> Callable[[Any], Any]:
    """The function of this process for a job; made once."""
    import ray

    if ref.hex() not in _made:
        make, job = ray.get(ref)
        # Processes of two machines may have the same number.
        here = replace(job, run=f"{job.run}-{ray.get_runtime_context().get_node_id()[:12]}")
        _made[ref.hex()] = make(here)
    return _made[ref.hex()]


def rows_of(batch: dict[str, Any], ref: Any) -> Any:
    """Call the function of a job, for Ray Data, which gives a batch of one item: the function makes columns of it."""
    return called(ref)(pickle.loads(batch["item"][0]))


def _packed(batch: dict[str, Any], ref: Any) -> dict[str, Any]:
    return {"done": [pickle.dumps(rows_of(batch, ref))]}


def mapped(job: Job, make: Make, items: Sequence[Any]) -> Iterator[Any]:
    """Yield what comes of each item, in their order, by the function that `make` makes in each process."""
    if not items:
        return
    done = dataset(items).map_batches(_packed, batch_size=1, fn_kwargs=worker(make, job))
    for batch in done.iter_batches(batch_size=None, batch_format="numpy"):
        for one in batch["done"]:
            yield pickle.loads(one)


def spread(
    job: Job, make: Make, tasks: Iterable[Any], workers: int = 0, size: int = _BATCH
) -> Generator[Any, None, None]:
    """Yield what comes of all tasks, in their order, as `workers.spread` does on one machine."""
    some = list(tasks)
    for done in mapped(job, make, [some[at : at + size] for at in range(0, len(some), size)]):
        yield from done
