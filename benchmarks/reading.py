"""How fast files of many documents are read, by format, and how much memory that takes.

    python benchmarks/reading.py [MB [SUFFIX ...]]

Rows of some 2 to 20 KB of words are written to a temporary folder, as many as make MB of text (default: 100); each file
is read from start to end by a process of its own, three times, of which the median counts. The peak is that of the
process (on Linux), with Python and the libraries; what these alone take is the peak of one document. All files
are removed.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

FORMATS = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet", ".warc", ".warc.gz")
WORDS = (Path(__file__).parent / "words.txt").read_text(encoding="utf-8").split()
TIMES = 3


def rows(size: int) -> Iterator[dict[str, object]]:
    """Rows of this many bytes of text in all."""
    chance = random.Random(1)
    number = 0
    while size > 0:
        text = " ".join(chance.choices(WORDS, k=chance.randint(300, 3000)))
        yield {"id": f"d{number}", "text": text, "score": chance.random(), "tags": ["a", "b"]}
        size -= len(text.encode())
        number += 1


def write(path: Path, size: int) -> None:
    """Write a file in the format of its suffix."""
    if path.suffix == ".parquet":
        import pyarrow
        from pyarrow import parquet

        schema = pyarrow.schema(
            [("id", "string"), ("text", "string"), ("score", "float64"), ("tags", pyarrow.list_(pyarrow.string()))]
        )
        with parquet.ParquetWriter(path, schema, compression="zstd") as table:
            batch: list[dict[str, object]] = []
            for row in rows(size):
                batch.append(row)
                if len(batch) == 10_000:
                    table.write_table(pyarrow.Table.from_pylist(batch, schema))
                    batch = []
            table.write_table(pyarrow.Table.from_pylist(batch, schema))
        return
    with opened(path) as file:
        for row in rows(size):
            file.write(archived(row) if ".warc" in path.name else json.dumps(row).encode() + b"\n")


def opened(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return io.BufferedWriter(gzip.open(path, "wb", compresslevel=6))  # type: ignore[arg-type]
    if path.suffix == ".zst":
        from backports import zstd

        return zstd.open(path, "wb")
    return open(path, "wb")


def archived(row: dict[str, object]) -> bytes:
    body = str(row["text"]).encode()
    head = f"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: http://a.example/{row['id']}\r\n"
    return f"{head}Content-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body + b"\r\n\r\n"


def read(path: str) -> None:
    """Read a file; print how many documents, bytes of text, seconds and MB of memory that were."""
    from pipeline.formats import records

    begin = time.perf_counter()
    found = size = 0
    for item in records.walk(path, records.split(path)[1]):
        if not isinstance(item, records.Record):
            raise SystemExit(f"Cannot measure {path}: {item}.")
        found += 1
        size += len(item.data)
    seconds = time.perf_counter() - begin
    print(found, size, seconds, peak())


def peak() -> float:
    """The most memory that this process had, in MB; getrusage would count that of the parent before it."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6


def main(megabytes: float, formats: Sequence[str]) -> None:
    """Print a row for each format."""
    print(f"| format | file, MB | MB of text a second | peak, MB | of one document |\n|{'---|' * 5}")
    with tempfile.TemporaryDirectory() as folder:
        for suffix in formats:
            path, empty = Path(folder) / f"a{suffix}", Path(folder) / f"empty{suffix}"
            write(path, int(megabytes * 1e6))
            write(empty, 1)
            runs = [measured(path) for _ in range(TIMES)]
            speed = statistics.median(size / 1e6 / seconds for _, size, seconds, _ in runs)
            peaks = max(peak for *_, peak in runs), measured(empty)[3]
            print(f"| `{suffix}` | {os.path.getsize(path) / 1e6:.0f} | {speed:.0f} | {peaks[0]:.0f} | {peaks[1]:.0f} |")
            path.unlink()


def measured(path: Path) -> list[float]:
    done = subprocess.run([sys.executable, __file__, "--read", str(path)], check=True, stdout=subprocess.PIPE)
    return [*map(float, done.stdout.split())]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read"]:
        read(sys.argv[2])
    else:
        main(float(sys.argv[1]) if sys.argv[1:] else 100, sys.argv[2:] or FORMATS)
