"""The lock that keeps two runs out of one folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.engines.kept import CLUSTER, FOLDER, LOCK
from pipeline.engines.outcome import RunError
from pipeline.engines.workers import why
from pipeline.formats.text import printable

__all__ = ["alone"]


@contextmanager
def alone(out: str) -> Iterator[None]:
    """Make the folder of the results, and keep other runs out of it until this one has ended, in whatever way."""
    from filelock import FileLock, Timeout

    new = not os.path.exists(out)
    lock_folder = os.path.join(out, FOLDER)
    lock = FileLock(os.path.join(lock_folder, LOCK), timeout=0)
    try:
        os.makedirs(lock_folder, exist_ok=True)
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
        if (
            new
            and os.listdir(out) == [FOLDER]
            and not any(name[0].isdigit() or name == CLUSTER for name in os.listdir(lock_folder))
        ):
            shutil.rmtree(out, ignore_errors=True)  # the run did not begin
        lock.release()
