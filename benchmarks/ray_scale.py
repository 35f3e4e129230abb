"""Measure a run on a Ray cluster on this machine: against the local engine, and with one and two workers.

    python benchmarks/ray_scale.py --megabytes 30 --repeat 2

The corpus is `mixed` of `generate.py`. The head has no CPU for work, each worker has one; all are processes on this
machine, so two workers share its cores with whatever else runs. Times are those of the wall clock from the call of the
engine to its return, without the start of the cluster, the shortest of `--repeat`. The bytes of all runs are compared.
Then: what one megabyte of the corpus comes to in the index and in the shuffles.
"""

from __future__ import annotations

import argparse
import filecmp
import marshal
import os
import shutil
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from generate import generate

os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}

from pipeline.corpus.fingerprints import MARK, unpack
from pipeline.engines.cluster.documents import Row, table
from pipeline.engines.cluster.ray_run import run as run_cluster
from pipeline.engines.kept import FOLDER
from pipeline.engines.local import run
from pipeline.engines.spool import Spool, Spot
from pipeline.formats.folder import Entry

SHINGLE = 40  # bytes of a row: part, shingle, number, order, count


def main() -> None:
    """Measure, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=float, default=30)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder, asked.megabytes, "mixed")
        raw = folder / "raw"
        size = sum(file.stat().st_size for file in raw.iterdir()) / 1e6
        print(f"{size:.1f} MB, {len(list(raw.iterdir())):,} documents, {os.cpu_count()} cores")
        print(f"{'':22}{'seconds':>9}{'MB/s':>8}")
        for workers in asked.workers:
            took = timed(asked.repeat, folder / "local", lambda out, w=workers: run(raw, out, workers=w))
            told(f"local, {workers} workers", size, took)
        for workers in asked.workers:
            with cluster(workers) as address:
                took = timed(asked.repeat, folder / "ray", lambda out, a=address: run_cluster(raw, out, address=a))
            told(f"ray, {workers} workers", size, took)
            print(f"{'':22}{'the same bytes' if same(folder / 'local', folder / 'ray') else 'OTHER BYTES'}")
        sizes(folder / "ray", size)
        driver()


def timed(repeat: int, out: Path, clean: Callable[[Path], Any]) -> float:
    """The seconds of the fastest of some runs, each into a new folder."""
    times = []
    for _ in range(repeat):
        shutil.rmtree(out, ignore_errors=True)
        start = perf_counter()
        clean(out)
        times.append(perf_counter() - start)
    return min(times)


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


def sizes(out: Path, megabytes: float) -> None:
    """Print what the documents of a run come to, for each megabyte of raw text."""
    spool = Spool(str(out / FOLDER))
    documents = paragraphs = shingles = waiting = 0
    for file in (out / FOLDER).glob("unit-*"):
        for _, spot, *_, count in marshal.loads(file.read_bytes()):
            documents += 1
            paragraphs += count
            waiting += Spot(*spot).size
            if count:
                shingles += len(unpack(spool.marks(Spot(*spot)))[1])
    held, marks = shingles * SHINGLE / 1e3, paragraphs * MARK.itemsize / 1e3
    print(
        f"of a megabyte: {documents / megabytes:,.0f} documents, {paragraphs / megabytes:,.0f} paragraphs with marks,"
    )
    print(f"  {shingles / megabytes:,.0f} shingles, {waiting / megabytes / 1e6:.2f} MB that wait on disk,")
    print(f"  {marks / megabytes:,.0f} kB of marks, {held / megabytes:,.0f} kB of shingles in their shuffle")


def driver(documents: int = 100_000) -> None:
    """Print what the process that starts a run holds of each document, and what every machine is sent of it."""
    tracemalloc.start()
    found = [Entry(f"crawl-{n // 5000:05}/{n:08}", ".jsonl", 4000, os.urandom(16)) for n in range(documents)]
    rows = {
        entry.id: Row(Spot("0-0123456789ab-4242", 5000 * n, 4000, 600, 400 + n), 8) for n, entry in enumerate(found)
    }
    by_id = {entry.id: entry for entry in found}
    columns = table(rows, list(by_id))
    peak = tracemalloc.get_traced_memory()[1] / documents
    sent = sum(part.nbytes for part in columns if isinstance(part, np.ndarray)) / documents
    print(f"of a document: {peak:,.0f} bytes in the process that starts the run, {sent:,.0f} sent to every machine")


def told(name: str, size: float, took: float) -> None:
    """Print a row of the table."""
    print(f"{name:22}{took:9.1f}{size / took:8.2f}", flush=True)


if __name__ == "__main__":
    main()
