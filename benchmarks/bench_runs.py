"""What every measure of `bench.py` needs: how much it measures, our own command, and rows of results."""

from __future__ import annotations

import json
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from generate import corpus_folder
from measured import Run, run

PROGRAM = str(Path(sysconfig.get_path("scripts")) / "clean-corpus")
RUN_ONE = "taskset --cpu-list 0 clean-corpus run RAW OUT --workers 1 --quiet"
RUN_TWO = "taskset --cpu-list 0,1 clean-corpus run RAW OUT --workers 2 --quiet"


class Mode(NamedTuple):
    """How much is measured: megabytes of the corpus, runs of each command, and the sizes of the course."""

    megabytes: float
    repeat: int
    sizes: tuple[float, ...]
    starts: int


MODES = {
    "quick": Mode(10, 2, (2, 5, 10), 10),
    "bench": Mode(50, 3, (20, 50, 125), 20),
    "full": Mode(50, 5, (50, 125, 410, 1000, 2000), 40),
}


class Bench(NamedTuple):
    """What a measure needs: how much, the cores it may use, and a folder for results.

    That goes when all is measured, and not before: ext4 takes a hundred times as long to make a file where thousands
    have just been deleted.
    """

    mode: Mode
    one: list[int]
    both: list[int]
    work: Path


Row = dict[str, Any]
Commands = dict[str, Callable[[], Run]]


def in_turn(commands: Commands, repeat: int) -> dict[str, list[Run]]:
    """Run the commands in turn, that many times each."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(repeat):
        for name, command in commands.items():
            runs[name].append(command())
    return runs


def row(what: str, runs: Iterable[Run], command: str, **more: Any) -> Row:
    """What the results say of a command: all of its runs; whatever is derived of them is made for the page."""
    runs = list(runs)
    return {
        "what": what,
        "command": command,
        "seconds": [round(run.wall, 4) for run in runs],
        "cpu_seconds": [round(run.cpu, 4) for run in runs],
        "peak_bytes": [run.peak for run in runs],
        **more,
    }


def fresh(work: Path) -> Path:
    """A folder that was never there."""
    return Path(tempfile.mkdtemp(dir=work))


def ours(work: Path, raw: Path, workers: int, on: Sequence[int], *options: str) -> Run:
    """Clean a folder into a new one, everything on."""
    out = str(fresh(work) / "out")
    return run([PROGRAM, "run", str(raw), out, "--workers", str(workers), "--quiet", *options], on)


def mixed(megabytes: float) -> Path:
    """The corpus of a size."""
    return corpus_folder("mixed", megabytes, gold=False)


def facts(corpus: Path) -> Row:
    """What a generated corpus is made of."""
    found: Row = json.loads((corpus / "facts.json").read_text(encoding="utf-8"))
    return found


def say(text: str) -> None:
    """Tell what is being measured."""
    print(text, file=sys.stderr, flush=True)
