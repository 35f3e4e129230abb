"""Which store finds what shares shingles: the index of the package, or an embedded database; time and peak memory.

    python benchmarks/stores.py --paragraphs 200000

Each gets the same rows (shingle, paragraph) in batches, as documents give them, and counts the pairs of paragraphs that
share a shingle that stands in two or three of them. Databases are measured if they are installed in the environment
.bench/stores (`pip install duckdb polars`); SQLite comes with Python. Each runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

import numpy as np

HERE = Path(__file__).parent
STORES = HERE.parent / ".bench" / "stores" / "bin" / "python"
EACH = 32  # shingles of a paragraph
BATCH = 2000  # paragraphs
SHARED = 0.3  # of the paragraphs are copies of others

Rows = tuple["np.ndarray[tuple[int], np.dtype[np.uint64]]", "np.ndarray[tuple[int], np.dtype[np.uint32]]"]


def batches(paragraphs: int) -> Iterator[Rows]:
    """Rows of shingles, each with its paragraph; of the paragraphs, some share all with an earlier one."""
    random = np.random.default_rng(0)
    for first in range(0, paragraphs, BATCH):
        numbers = np.arange(first, min(first + BATCH, paragraphs), dtype=np.uint32)
        copied = (random.random(len(numbers)) < SHARED) & (numbers > 0)
        source = np.where(copied, (random.random(len(numbers)) * numbers).astype(np.uint32), numbers)
        seeds = source.astype(np.uint64)[:, None] * np.uint64(EACH) + np.arange(EACH, dtype=np.uint64)
        yield (seeds.ravel() * np.uint64(0x9E3779B97F4A7C15), np.repeat(numbers, EACH))


def own(paragraphs: int) -> int:
    """Rows that are sorted by way of a file: what `corpus/index.py` does."""
    from pipeline.corpus.index import times
    from pipeline.corpus.parted import Parted

    rows = Parted("<u8", "<u4")
    for shingles, owners in batches(paragraphs):
        rows.add(shingles, owners)
    pairs = 0
    for shingles, _ in rows.parts():
        sizes = times(shingles)
        pairs += int((sizes[sizes < 4] * (sizes[sizes < 4] - 1) // 2).sum())
    return pairs


COUNT = "select sum(n * (n - 1) / 2) from (select count(*) n from rows group by shingle having n between 2 and 3)"


def sqlite(paragraphs: int) -> int:
    """A table of SQLite, grouped without an index: the sort is SQLite's own."""
    import sqlite3

    with tempfile.TemporaryDirectory() as folder:
        table = sqlite3.connect(str(Path(folder, "rows.db")))
        table.executescript(
            "pragma journal_mode=off; pragma synchronous=off; create table rows (shingle int, owner int)"
        )
        for shingles, owners in batches(paragraphs):
            rows = zip(shingles.view(np.int64).tolist(), owners.tolist(), strict=True)
            table.executemany("insert into rows values (?, ?)", rows)
        return int(table.execute(COUNT).fetchone()[0])


def duckdb(paragraphs: int) -> int:
    """A table of DuckDB on disk, with one thread and 512 MB."""
    import duckdb as module

    with tempfile.TemporaryDirectory() as folder:
        table = module.connect(str(Path(folder, "rows.db")), config={"threads": 1, "memory_limit": "512MB"})
        table.execute("create table rows (shingle ubigint, owner uinteger)")
        for shingles, owners in batches(paragraphs):
            columns = {"shingle": shingles, "owner": owners}  # noqa: F841 (the query names it)
            table.execute("insert into rows select shingle, owner from columns")
        return int(table.execute(COUNT).fetchone()[0])


def polars(paragraphs: int) -> int:
    """A frame of Polars in memory."""
    import polars as module

    frame = module.concat(
        [module.DataFrame({"shingle": shingles, "owner": owners}) for shingles, owners in batches(paragraphs)]
    )
    sizes = frame.group_by("shingle").len().filter(module.col("len").is_between(2, 3))["len"].cast(module.Int64)
    return int((sizes * (sizes - 1) // 2).sum())


TOOLS: dict[str, Callable[[int], int]] = {"own": own, "sqlite": sqlite, "duckdb": duckdb, "polars": polars}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Compare stores for the shingles of a corpus.")
    parser.add_argument("--paragraphs", type=int, default=200_000, help="default: 200000")
    parser.add_argument("--tool", choices=TOOLS, help="only this one, in this process")
    options = parser.parse_args()
    if options.tool:
        start = perf_counter()
        try:
            pairs = TOOLS[options.tool](options.paragraphs)
        except ImportError as error:
            print(json.dumps({"absent": str(error)}))
            return
        seconds, peak = perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"pairs": pairs, "seconds": seconds, "peak": peak}))
        return
    print(f"{options.paragraphs:,} paragraphs, {EACH * options.paragraphs:,} shingles")
    print(f"{'':8}{'pairs':>14}{'seconds':>10}{'peak MB':>10}")
    for tool in TOOLS:
        python = str(STORES) if tool in ("duckdb", "polars") and STORES.exists() else sys.executable
        command = [python, __file__, "--tool", tool, "--paragraphs", str(options.paragraphs)]
        done = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
        if "absent" in done:
            print(f"{tool:8} not measured: {done['absent']}")
        else:
            print(f"{tool:8}{done['pairs']:>14,}{done['seconds']:>10.2f}{done['peak']:>10.0f}")


if __name__ == "__main__":
    main()
