"""A corpus in shards, as the run writes it, made of a few texts by the functions that the run uses."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from pipeline import Document, Pipeline
from pipeline.formats import jsonio, manifest, sidecar, text
from pipeline.formats.card import NAME as CARD
from pipeline.formats.card import card
from pipeline.formats.croissant import NAME as CROISSANT
from pipeline.formats.croissant import File, croissant
from pipeline.formats.dolma import ATTRIBUTES, MIXER, dolma_row, dump, mixer
from pipeline.formats.tables import about

FORMATS = ("jsonl", "jsonl.gz", "jsonl.zst", "parquet", "dolma")
SOURCES: Sequence[tuple[str, str, Mapping[str, Any]]] = (
    ("mill", "The mill is old.[4] It stands by the river.\n", {}),
    (
        "pages/1",
        "Le café 😀 is\u200b open.\nText is available under the Creative Commons License CC BY 4.0\n",
        {"n": 1},
    ),
    ("pages/2", "A page.\r\n", {"n": "two", "more": {"a": [1, None]}, "date": "2020-01-01T00:00:00Z"}),
    ("pages/3", "It was built in , and burnt in 1809.\n", {"n": None, "date": "long ago"}),
    ("plain", "Nothing goes here.", {"other": [[1, "x"]]}),
)


def write(
    folder: Path, format: str, sources: Sequence[tuple[str, str | bytes, Mapping[str, Any]]] = SOURCES
) -> list[Document]:
    """Write a corpus of two documents a shard; return the documents."""
    cleaner = Pipeline()
    making = sidecar.making(cleaner.settings, cleaner.rules.digest())
    documents = [cleaner.clean(raw, id) for id, raw, _ in sources]
    sides = [sidecar.dump(sidecar.describe(found, text.encode(found.text), making)) for found in documents]
    rows = [manifest.row(sidecar.load(side), sidecar.seal(side)) for side in sides]
    names: set[str] = set()
    for shard in range(0, len(sources), 2):
        part = slice(shard, shard + 2)
        tables = _tables(format, documents[part], [metadata for _, _, metadata in sources[part]], sides[part], names)
        for table, lines in tables.items():
            suffix = "jsonl.gz" if format == "dolma" else format
            _write(folder / table / f"{shard // 2:05}.{suffix}", lines)
    (folder / manifest.NAME).write_bytes(b"".join(map(manifest.line, rows)))
    if format == "dolma":
        (folder / MIXER).write_bytes(dump(mixer(names)))
    said = about("A corpus: of mills", format, rows, making)  # type: ignore[arg-type]
    files = [File.of(str(path), path.relative_to(folder).as_posix()) for path in sorted(folder.rglob("*.*"))]
    (folder / CARD).write_bytes(card(said))
    (folder / CROISSANT).write_bytes(croissant(said, files))
    return documents


def _tables(
    format: str, documents: Sequence[Document], metadata: Sequence[Any], sides: Sequence[bytes], names: set[str]
) -> dict[str, list[dict[str, Any]]]:
    provenance = [json.loads(side) for side in sides]
    if format == "dolma":
        pairs = [dolma_row(found, "raw", more) for found, more in zip(documents, metadata, strict=True)]
        names.update(name for _, row in pairs for name in row["attributes"])
        return {
            "documents": [row for row, _ in pairs],
            f"attributes/{ATTRIBUTES}": [row for _, row in pairs],
            "provenance": provenance,
        }
    rows: list[dict[str, Any]] = [
        {"id": found.id, "text": found.text, "metadata": dict(more)}
        for found, more in zip(documents, metadata, strict=True)
    ]
    rows = jsonio.well_formed(rows)
    if format == "parquet":
        rows = [row | {"metadata": jsonio.dumps(row["metadata"]).decode()} for row in rows]
        provenance = [{"id": side["id"], "sidecar": jsonio.dumps(side).decode(), "exact": None} for side in provenance]
    return {"documents": rows, "provenance": provenance}


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        table = pa.Table.from_pylist(list(rows))
        if "exact" in table.column_names:
            table = table.set_column(2, "exact", table["exact"].cast(pa.binary()))
        pq.write_table(table, path)
        return
    data = b"".join(jsonio.dumps(row) + b"\n" for row in rows)
    if path.suffix == ".gz":
        data = gzip.compress(data, mtime=0)
    elif path.suffix == ".zst":
        data = zstandard.compress(data)
    path.write_bytes(data)
