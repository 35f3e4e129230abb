"""Measure a run on a Ray cluster on this machine: against the local engine, and with one and two workers.

    python benchmarks/ray_scale.py --megabytes 30 --repeat 2

The corpus is `mixed` of `generate.py`. The head has no CPU for work, each worker has one; all are processes on this
machine, so two workers share its cores with whatever else runs. Times are those of the wall clock from the call of the
engine to its return, without the start of the cluster, the shortest of `--repeat`; of that run, those of its phases,
too. Before runs on a cluster are timed, one of a small corpus starts its processes. The bytes of all runs are compared.
Then: what a megabyte of the corpus comes to on disk and in the shuffles, and what the process that starts a run holds,
of corpora of two sizes, each as one file of JSON lines.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import shutil
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple
from unittest.mock import patch

import pyarrow.compute as pc
import pyarrow.parquet as pq
from generate import generate

os.environ |= {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}

from pipeline.engines.cluster import Sizes, driver
from pipeline.engines.cluster import run as run_cluster
from pipeline.engines.kept import CLUSTER, FOLDER
from pipeline.engines.local import run
from pipeline.engines.outcome import RunReport
from pipeline.formats import jsonio

SHINGLE = 40  # bytes of a row in the shuffle of shingles and keys: part, value, number, key, size
UNIT = Sizes(unit=4_000_000)  # so that there are enough for two workers


class Took(NamedTuple):
    """What a run took: seconds of the clock, and those of its phases."""

    clock: float
    phases: dict[str, float]


def main() -> None:
    """Measure, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=float, default=30)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = corpus(folder / "large", asked.megabytes)
        small = corpus(folder / "small", asked.megabytes / 4)
        raw = folder / "large/raw"
        load = os.getloadavg()[0]
        print(f"{size:.1f} MB, {len(list(raw.iterdir())):,} documents, {os.cpu_count()} cores, load {load:.1f} before")
        print(f"{'':18}{'seconds':>9}{'MB/s':>7}")
        for workers in asked.workers:
            local = folder / "local"
            took = timed(asked.repeat, local, lambda out, w=workers: run(raw, out, workers=w, profile=True))
            told(f"local, {workers} workers", size, took)
        for workers in asked.workers:
            with cluster(workers) as address:
                out = folder / "ray"
                clean = cleaner(address)
                timed(1, out, lambda out, c=clean: c(folder / "small/raw", out))
                took = timed(asked.repeat, out, lambda out, c=clean: c(raw, out))
                told(f"ray, {workers} workers", size, took)
                print(f"{'':18}{'the same bytes' if same(folder / 'local', out) else 'OTHER BYTES'}", flush=True)
                if workers == asked.workers[-1]:
                    with patch.object(driver, "_tidy", lambda *_: None):
                        peaks = [peak(clean, records(folder / which), out) for which in ("small", "large")]
                    sizes(out / FOLDER / CLUSTER, size)
                    print(f"the driver: {peaks[0]:.2f} MB for {small:.1f} MB, {peaks[1]:.2f} MB for {size:.1f} MB")


def corpus(folder: Path, megabytes: float) -> float:
    """Make a corpus; return its megabytes."""
    generate(folder, megabytes, "mixed")
    return sum(file.stat().st_size for file in (folder / "raw").iterdir()) / 1e6


def records(folder: Path) -> Path:
    """The same corpus as one file of JSON lines, in a folder of its own."""
    (folder / "lines").mkdir()
    with (folder / "lines/all.jsonl").open("wb") as file:
        for path in sorted((folder / "raw").iterdir()):
            file.write(jsonio.dumps({"id": path.stem, "text": path.read_text(encoding="utf-8")}) + b"\n")
    return folder / "lines"


def cleaner(address: str) -> Callable[[Path, Path], RunReport]:
    """A run on a cluster."""
    return lambda raw, out: run_cluster(raw, out, address=address, sizes=UNIT, profile=True)


def timed(repeat: int, out: Path, clean: Callable[[Path], RunReport]) -> Took:
    """What the fastest of some runs took, each into a new folder."""
    times = []
    for _ in range(repeat):
        shutil.rmtree(out, ignore_errors=True)
        start = perf_counter()
        report = clean(out)
        phases = {name: seconds for (kind, name), seconds in report.spent.items() if kind == "phase"}
        times.append(Took(perf_counter() - start, phases))
    return min(times, key=lambda took: took.clock)


@contextmanager
def cluster(workers: int) -> Iterator[str]:
    """The address of a cluster of a head without a CPU and some workers with one each."""
    from ray.cluster_utils import Cluster

    node = {"object_store_memory": 500_000_000, "node_ip_address": "127.0.0.1"}
    made = Cluster(initialize_head=True, head_node_args={**node, "num_cpus": 0, "include_dashboard": False})
    try:
        for _ in range(workers):
            made.add_node(**node, num_cpus=1)
        yield made.address
    finally:
        made.shutdown()


def same(one: Path, other: Path) -> bool:
    """Whether two folders have the same files with the same bytes."""
    names = [{str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()} for folder in (one, other)]
    some, others = ({name for name in found if not name.startswith(".clean-corpus")} for found in names)
    return some == others and not any(filecmp.cmpfiles(one, other, some, shallow=False)[1:])


def peak(clean: Callable[[Path, Path], Any], raw: Path, out: Path) -> float:
    """What the driver holds at its peak while it runs, in megabytes of Python objects and arrays."""
    shutil.rmtree(out, ignore_errors=True)
    tracemalloc.start()
    clean(raw, out)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found / 1e6


def sizes(work: Path, megabytes: float) -> None:
    """Print what a run has left on disk, and what goes through its shuffles, for each megabyte of raw text."""
    documents = sum(pq.read_metadata(path).num_rows for path in (work / "units").glob("*.parquet"))
    waiting = sum(path.stat().st_size for name in ("units", "restored") for path in (work / name).iterdir())
    paragraphs = shingles = 0
    for path in (work / "steps/paragraphs").glob("*.parquet"):
        column = pq.read_table(path, columns=["shingles"], partitioning=None)["shingles"]
        paragraphs += len(column)
        shingles += pc.sum(pc.list_value_length(column)).as_py()
    print(
        f"of a megabyte: {documents / megabytes:,.0f} documents, {paragraphs / megabytes:,.0f} paragraphs with marks,"
    )
    print(f"  {shingles / megabytes:,.0f} shingles, {waiting / megabytes / 1e6:.2f} MB that wait on disk; by step:")
    print(f"  {'':12}{'rows':>9}{'kB on disk':>12}{'kB in memory':>14}")
    for folder in sorted((work / "steps").iterdir()):
        files = sorted(folder.glob("*.parquet"))
        if files:
            told_step(folder.name, megabytes, files)
    moved = (shingles + paragraphs) * SHINGLE / megabytes / 1e3
    print(f"  into the shuffle of shingles and keys: {moved:,.0f} kB in memory", flush=True)


def told_step(name: str, megabytes: float, files: Sequence[Path]) -> None:
    """Print what a step has left."""
    read = [pq.read_table(path, partitioning=None) for path in files]
    rows, held = sum(map(len, read)), sum(table.nbytes for table in read)
    disk = sum(path.stat().st_size for path in files)
    print(f"  {name:12}{rows / megabytes:9,.0f}{disk / megabytes / 1e3:12,.1f}{held / megabytes / 1e3:14,.1f}")


def told(name: str, size: float, took: Took) -> None:
    """Print what a run took."""
    print(f"{name:18}{took.clock:9.1f}{size / took.clock:7.2f}")
    print(f"{'':18}{', '.join(f'{phase} {seconds:.1f}' for phase, seconds in took.phases.items())}", flush=True)


if __name__ == "__main__":
    main()
