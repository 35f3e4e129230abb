"""Run a command and measure it: the time on the wall, that of the processor, and the memory of all its processes.

Memory is measured from outside. Every tenth of a second the PSS of the command and of all its descendants is added up
(`/proc/PID/smaps_rollup`: what several processes share is counted once), and the kernel says at the end what the
largest single process had (its RSS at the highest, which no sampling misses). The peak is the larger of the two: short
peaks of several processes at once can be missed, those of one cannot. The kernel begins that count with what this
process has, so it tells nothing of a command that has less. Linux only: elsewhere the sum is not taken.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

PROC = Path("/proc")
EVERY = 0.1  # seconds between two samples
KILOBYTE = 1024


class Failed(Exception):
    """A command ended with an error."""


class Run(NamedTuple):
    """What a run of a command took: seconds by the clock and of the processor, and bytes of memory at the peak."""

    wall: float
    cpu: float
    peak: int
    output: str = ""


def cores() -> list[int]:
    """The cores that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def run(command: Sequence[str], on: Sequence[int] = (), surroundings: Mapping[str, str] | None = None) -> Run:
    """Run a command, bound to the cores `on` (none: to whichever it likes); raise `Failed` if it ends with an error.

    Python keeps the bytecode of what it imports, even where the surroundings forbid it: that of packages is there in
    any case, and that of the project would be made anew by each run.

    >>> run(["python3", "-c", "print('done')"]).output
    'done\\n'
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    bound = [*(["taskset", "--cpu-list", ",".join(map(str, on))] if on else []), *command]
    samples: list[int] = []
    ended = threading.Event()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = perf_counter()
        process = subprocess.Popen(bound, stdout=output, stderr=errors, env={**kept, **(surroundings or {})})
        sampler = threading.Thread(target=_sample, args=(process.pid, samples, ended), daemon=True)
        sampler.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = perf_counter() - start
        ended.set()
        sampler.join()
        process.returncode = code = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if code:
            said = errors.read()[-2000:].decode(errors="replace").strip()
            raise Failed(f"{' '.join(command)} ended with {code}:\n{said}")
        largest = usage.ru_maxrss * KILOBYTE if usage.ru_maxrss * KILOBYTE > highest() else 0
        peak = max(largest, *samples)
        return Run(wall, usage.ru_utime + usage.ru_stime, peak, output.read().decode(errors="replace"))


def _sample(pid: int, samples: list[int], ended: threading.Event) -> None:
    """Add the memory of a process and its descendants to `samples`, until the end."""
    while True:
        samples.append(sum(map(memory, descendants(pid))))
        if ended.wait(EVERY):
            return


def descendants(pid: int) -> list[int]:
    """A process, its children, and theirs; those that end meanwhile may be missing."""
    found, at = [pid], 0
    while at < len(found):
        try:
            for task in (PROC / str(found[at]) / "task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:  # it has ended
            pass
        at += 1
    return found


def memory(pid: int) -> int:
    """The PSS of a process in bytes, 0 if it has ended."""
    return _bytes(PROC / str(pid) / "smaps_rollup", "Pss:")


def highest() -> int:
    """The highest RSS that this process had, in bytes."""
    return _bytes(PROC / "self" / "status", "VmHWM:")


def _bytes(file: Path, name: str) -> int:
    """What a file of the kernel says of a name, in bytes; 0 if it says nothing."""
    try:
        lines = file.read_text().splitlines()
    except OSError:  # the process has ended
        return 0
    return next((int(line.split()[1]) * KILOBYTE for line in lines if line.startswith(name)), 0)
