"""Measure how fast one core cleans: the command as a user runs it, the library in one process, and each stage.

    python benchmarks/speed.py
    python benchmarks/speed.py --kinds wrapped --megabytes 20 --repeat 5
    python benchmarks/speed.py --kinds prose --profile
    python benchmarks/speed.py --peers

The corpora are generated into .bench/, which git ignores, and are the same on every machine (`generate.py`). The
times are those of the wall clock for the whole corpus: the shortest, the median and the longest of `--repeat` runs.
The spread, (longest - shortest) / median, tells how far to trust a row: two rows that differ by less than that do not
differ. MB/s are millions of raw bytes by the median; `by cpu` counts only the time that the processor worked for it,
which is the better figure on a machine that has other things to do. `clean-corpus run` counts everything, from the
start of Python to the last sidecar on disk; `read`, `sidecar` and `write` are its parts beside `Pipeline.clean`. It
runs with `--dedup off --gaps keep --without years.restored --without values.restored`, so that each document is alone;
`everything on` runs with no options; `bench.py` compares that with other tools. `--peers` times what cleans one text.

Results go to new folders in .bench/, or in `--out FOLDER` (/dev/shm leaves the disk out of it), and are deleted at the
end: ext4 does not use the inode of a deleted file again for some minutes, and to make a file where thousands have just
been deleted takes it a hundred times as long.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import json
import os
import platform
import pstats
import resource
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import NamedTuple

from environments import BENCH, python_of
from generate import KINDS, MEGABYTE, corpus_folder

from pipeline.core import Pipeline
from pipeline.document import Found
from pipeline.engines.writing import outcome
from pipeline.formats import sidecar, text
from pipeline.settings import Settings
from pipeline.stages import Stage, decode

HERE = Path(__file__).parent
PACKAGES = "ftfy justext trafilatura lxml_html_clean datatrove[processing] spacy"  # of the other tools
ALONE = "--dedup off --gaps keep --without years.restored --without values.restored".split()
AS_IT_IS = Settings(dedup="off", gaps="keep")
HEADER = ("corpus", "what", "min ms", "median", "max ms", "spread", "MB/s", "by cpu")

Corpus = list[tuple[str, bytes]]


class Lap(NamedTuple):
    """Seconds that something took: by the clock on the wall, and of the processor."""

    wall: float = 0.0
    cpu: float = 0.0

    def since(self, start: Lap) -> Lap:
        """The seconds between two laps."""
        return Lap(self.wall - start.wall, self.cpu - start.cpu)

    def plus(self, other: Lap) -> Lap:
        """The sum of two laps."""
        return Lap(self.wall + other.wall, self.cpu + other.cpu)


def now() -> Lap:
    """The clocks as they stand, the processor's for this process alone."""
    return Lap(perf_counter(), process_time())


class Timing(NamedTuple):
    """How long each run of a thing took, on a corpus of `size` bytes."""

    corpus: str
    what: str
    laps: list[Lap]
    size: int

    def row(self) -> tuple[str, ...]:
        """The timing as a row of the table.

        >>> Timing("prose", "all", [Lap(0.5, 0.4), Lap(0.4, 0.4), Lap(0.8, 0.5)], 5_000_000).row()
        ('prose', 'all', '400.0', '500.0', '800.0', '80%', '10.0', '12.5')
        """
        walls = [lap.wall for lap in self.laps]
        low, mid, high = min(walls), median(walls), max(walls)
        times = [f"{1000 * time:.1f}" for time in (low, mid, high)]
        spread = f"{(high - low) / mid:.0%}" if mid else "-"
        return (self.corpus, self.what, *times, spread, *map(self.rate, (mid, median(lap.cpu for lap in self.laps))))

    def rate(self, seconds: float) -> str:
        """Megabytes a second, or a dash where there is nothing to tell."""
        return f"{self.size / MEGABYTE / seconds:.1f}" if self.size and seconds > 0 else "-"


def read(folder: Path) -> Corpus:
    """The documents of a corpus: (id, bytes), by id."""
    return [(file.stem, file.read_bytes()) for file in sorted((folder / "raw").iterdir())]


def size_of(corpus: Corpus) -> int:
    """The bytes of a corpus."""
    return sum(len(data) for _, data in corpus)


def timed(work: Callable[[], object], repeat: int) -> list[Lap]:
    """Run `work` that many times, garbage collected before; return how long each run took."""
    laps = []
    for _ in range(repeat):
        gc.collect()
        start = now()
        work()
        laps.append(now().since(start))
    return laps


def library(kind: str, corpus: Corpus, repeat: int) -> Timing:
    """Time `Pipeline.clean` over a corpus in memory, in this process."""
    pipeline = Pipeline(AS_IT_IS)

    def work() -> None:
        for id, data in corpus:
            pipeline.clean(data, id)

    return Timing(kind, "Pipeline.clean", timed(work, repeat), size_of(corpus))


def stages(kind: str, corpus: Corpus, repeat: int) -> Iterator[Timing]:
    """Time each stage on its own, within whole runs; what remains is the ledger: applying, mapping, replaying."""
    pipeline = Pipeline(AS_IT_IS)
    names = ["decode", *(stage.name for stage in pipeline.stages), "ledger"]
    spent: dict[str, Lap] = defaultdict(Lap)
    pipeline.stages = [stopwatch(stage, spent) for stage in pipeline.stages]

    def decode_all() -> None:
        for id, data in corpus:
            decode.document(data, id)

    def clean_all() -> None:
        for id, data in corpus:
            pipeline.clean(data, id)

    runs = []
    for _ in range(repeat):
        spent.clear()
        (whole,) = timed(clean_all, 1)
        (spent["decode"],) = timed(decode_all, 1)
        spent["ledger"] = reduce(Lap.since, spent.values(), whole)
        runs.append(dict(spent))
    for name in names:
        yield Timing(kind, f"  {name}", [run.get(name, Lap()) for run in runs], size_of(corpus))


def stopwatch(stage: Stage, spent: dict[str, Lap]) -> Stage:
    """The same stage, which adds the time that it takes to `spent`."""

    def find(text: str) -> Found:
        start = now()
        found = stage.find(text)
        spent[stage.name] = spent[stage.name].plus(now().since(start))
        return found

    return stage._replace(find=find)


def files(kind: str, raw: Path, corpus: Corpus, out: Path, repeat: int) -> Iterator[Timing]:
    """Time what a run does beside cleaning: it reads a file, describes the document in a sidecar, writes two files."""
    pipeline = Pipeline(AS_IT_IS)
    made = sidecar.making(AS_IT_IS, pipeline.rules.digest())
    documents = [pipeline.clean(data, id) for id, data in corpus]
    sizes = [(str(raw / f"{id}.txt"), len(data)) for id, data in corpus]

    def read_all() -> None:
        for path, size in sizes:
            text.read(path, size)

    def describe_all() -> None:
        for document in documents:
            clean = text.encode(document.text)
            sidecar.dump(sidecar.describe(document, clean, made, ".txt"))

    def save_all() -> None:
        folder = str(fresh(out))
        pairs = [outcome(document, made, ".txt")[0] for document in documents]
        for at in range(0, len(pairs), 32):
            text.write_pairs(folder, pairs[at : at + 32])

    described, saved = timed(describe_all, repeat), timed(save_all, repeat)
    written = [lap.since(other) for lap, other in zip(saved, described, strict=True)]
    laps = {"read": timed(read_all, repeat), "sidecar": described, "write": written}
    for name, times in laps.items():
        yield Timing(kind, f"  {name}", times, size_of(corpus))


def fresh(out: Path) -> Path:
    """A folder that was never there."""
    out.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=out))


def command(
    kind: str,
    raw: Path,
    size: int,
    out: Path,
    repeat: int,
    what: str = "clean-corpus run",
    options: Sequence[str] = ALONE,
) -> Timing:
    """Time `clean-corpus run` with one worker, as a user gets it: from start to exit, sidecars and manifest written."""
    program = Path(sysconfig.get_path("scripts")) / "clean-corpus"
    laps = []
    for _ in range(repeat):
        arguments = [str(program), "run", str(raw), str(fresh(out)), "--workers", "1", "--quiet", *options]
        before, start = os.times(), perf_counter()
        done = subprocess.run(arguments, capture_output=True, text=True)
        wall, after = perf_counter() - start, os.times()
        if done.returncode:
            raise SystemExit(f"Cannot time clean-corpus run: it ended with {done.returncode}.\n{done.stderr}")
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        laps.append(Lap(wall, cpu))
    return Timing(kind, what, laps, size)


def start(out: Path, repeat: int) -> Timing:
    """Time `clean-corpus run` on a document of one line: what it costs to start."""
    raw = BENCH / "one-line"
    raw.mkdir(parents=True, exist_ok=True)
    (raw / "line.txt").write_text("A line.\n", encoding="utf-8")
    return command("-", raw, 0, out, repeat, "clean-corpus run, one line")


def peers(kind: str, raw: Path, size: int, repeat: int) -> Iterator[Timing]:
    """Time other tools on the same corpus, in an environment of their own; say which are not there."""
    python = python_of("peers", PACKAGES)
    if python is None:
        return
    arguments = [str(python), str(HERE / "peers.py"), str(raw), "--repeat", str(repeat)]
    done = subprocess.run(arguments, stdout=subprocess.PIPE, text=True, check=True)
    for line in done.stdout.splitlines():
        result = json.loads(line)
        if "absent" in result:
            print(f"{result['name']} was not timed: {result['absent']}", file=sys.stderr)
        else:
            laps = [Lap(*lap) for lap in result["laps"]]
            yield Timing(kind, f"{result['name']} {result['version']}", laps, size)


def profile(corpus: Corpus) -> None:
    """Print the 25 functions that take most time of their own."""
    pipeline = Pipeline(AS_IT_IS)
    profiler = cProfile.Profile()
    profiler.enable()
    for id, data in corpus:
        pipeline.clean(data, id)
    profiler.disable()
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(25)


def machine() -> str:
    """What the figures were measured on."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        name = models[0] if models else name
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{name}, {os.cpu_count()} cores (one is used){load}\n{system}"


def show(rows: Iterable[tuple[str, ...]]) -> None:
    """Print rows as they come, the figures in columns."""
    for corpus, what, *figures in rows:
        print(f"{corpus:8} {what:28}" + "".join(f"{figure:>10}" for figure in figures), flush=True)


def measure(kinds: list[str], megabytes: float, out: Path, repeat: int, with_peers: bool) -> Iterator[Timing]:
    """All timings, corpus by corpus."""
    yield start(out, repeat)
    for kind in kinds:
        folder = corpus_folder(kind, megabytes)
        corpus = read(folder)
        size = size_of(corpus)
        yield command(kind, folder / "raw", size, out, repeat)
        yield command(kind, folder / "raw", size, out, repeat, "everything on", ())
        yield library(kind, corpus, repeat)
        yield from stages(kind, corpus, repeat)
        yield from files(kind, folder / "raw", corpus, out, repeat)
        if with_peers:
            yield from peers(kind, folder / "raw", size, repeat)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Measure how fast one core cleans generated text.")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS, help="which corpora (default: all)")
    parser.add_argument("--megabytes", type=float, default=5, help="millions of bytes of each corpus (default: 5)")
    parser.add_argument("--repeat", type=int, default=3, help="runs of everything (default: 3)")
    parser.add_argument("--out", type=Path, default=BENCH, help="where results are written (default: .bench)")
    parser.add_argument("--peers", action="store_true", help="time other tools, too, from the environment .bench/peers")
    parser.add_argument("--profile", action="store_true", help="print where the time goes, function by function")
    options = parser.parse_args()
    if options.profile:
        for kind in options.kinds:
            print(f"{kind}, {options.megabytes:g} MB")
            profile(read(corpus_folder(kind, options.megabytes)))
        return
    options.out.mkdir(parents=True, exist_ok=True)
    print(machine())
    print(f"{options.megabytes:g} MB of each corpus, {options.repeat} runs\n")
    show([HEADER])
    out = Path(tempfile.mkdtemp(prefix="clean-corpus-speed-", dir=options.out))
    try:
        timings = measure(options.kinds, options.megabytes, out, options.repeat, options.peers)
        show(timing.row() for timing in timings)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"\nThe largest of the processes that were run took {peak:.0f} MB of memory.")
    finally:
        shutil.rmtree(out)


if __name__ == "__main__":
    main()
