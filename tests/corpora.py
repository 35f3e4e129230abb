"""A corpus in shards, as the run writes it, made of a few texts by the functions that the run uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline import Document, Pipeline
from pipeline.formats import manifest, shards, sidecar, text
from pipeline.formats.card import NAME as CARD
from pipeline.formats.card import card
from pipeline.formats.croissant import NAME as CROISSANT
from pipeline.formats.croissant import File, croissant
from pipeline.formats.dolma import MIXER, dump, mixer
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
    layout = shards.LAYOUTS[format]
    with shards.Writer(str(folder), layout) as writer:
        for shard in range(0, len(sources), 2):
            part = slice(shard, shard + 2)
            found = [
                shards.rows(layout, replace(document, metadata=more), side)
                for document, (_, _, more), side in zip(documents[part], sources[part], sides[part], strict=True)
            ]
            names.update(name for rows in found for name in rows.attributes)
            writer.add(shard // 2, [document.id for document in documents[part]], shards.encode(layout, found))
    (folder / manifest.NAME).write_bytes(b"".join(map(manifest.line, rows)))
    if format == "dolma":
        (folder / MIXER).write_bytes(dump(mixer(names)))
    said = about("A corpus: of mills", format, rows, making)
    files = [File.of(str(path), path.relative_to(folder).as_posix()) for path in sorted(folder.rglob("*.*"))]
    (folder / CARD).write_bytes(card(said))
    (folder / CROISSANT).write_bytes(croissant(said, files))
    return documents
