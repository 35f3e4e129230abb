"""What describes a corpus in shards as a whole: the dataset card, Croissant, and the configuration of Dolma's mixer.

A publisher may want to say more there. So a file that was changed since a run wrote it is left as it is, and told of.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pipeline.engines.claims import Claims
from pipeline.formats import card, croissant, dolma, manifest, tables, text
from pipeline.formats.folder import Skipped
from pipeline.formats.shards import Row

__all__ = ["describe"]

_CHANGED = "it was changed, or not made by a run, and is left as it is"


def describe(
    out: str,
    layout: str,
    name: str,
    making: Mapping[str, Any],
    rows: Sequence[Row],
    attributes: Collection[str],
    claims: Claims,
    skipped: list[Skipped],
) -> list[Row]:
    """Write the files that describe a corpus whose shards and manifest are there; return what the list of shards says
    of them. Those that are not ours are added to `skipped`."""
    said = tables.about(name, layout, _rows(out), making)
    made: list[Row] = []

    def write(name: str, data: bytes) -> None:
        digest = hashlib.sha256(data).hexdigest()
        if not claims.file(name, digest):
            skipped.append(Skipped(name, _CHANGED))
            return
        text.write(os.path.join(out, name), data)
        made.append(Row(name, len(data), digest, said.documents, rows[0].first, rows[-1].last))

    write(card.NAME, card.card(said))
    if layout == "dolma":
        write(dolma.MIXER, dolma.dump(dolma.mixer(attributes)))
    listed = croissant.File.of(os.path.join(out, manifest.NAME), manifest.NAME)
    files = [listed, *(croissant.File(row.file, row.bytes, row.sha256) for row in (*rows, *made))]
    write(croissant.NAME, croissant.croissant(said, files))
    return made


def _rows(out: str) -> Iterator[Mapping[str, Any]]:
    return (row for _, row in manifest.rows(out))
