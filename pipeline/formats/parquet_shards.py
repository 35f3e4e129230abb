"""Shards of Parquet: the rows of documents and of their provenance, of which all columns are strings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import IO

import pyarrow
from pyarrow import parquet

__all__ = ["Stream", "rows"]

_Row = Mapping[str, str | None]


class Stream:
    """A file of Parquet that is being written, in groups of rows of at least `group` characters."""

    def __init__(self, path: str, group: int) -> None:
        self._path = path
        self._group = group
        self._rows: list[_Row] = []
        self._held = 0
        self._file: parquet.ParquetWriter | None = None

    def write(self, rows: Sequence[_Row]) -> None:
        """Take rows."""
        for row in rows:
            self._rows.append(row)
            self._held += sum(len(value or "") for value in row.values())
            if self._held >= self._group:
                self._flush()

    def close(self) -> None:
        """Write what is left."""
        self._flush()
        if self._file is not None:
            self._file.close()

    def _flush(self) -> None:
        if not self._rows:
            return
        schema = pyarrow.schema([(name, pyarrow.string()) for name in self._rows[0]])
        if self._file is None:
            self._file = parquet.ParquetWriter(self._path, schema, compression="zstd")
        self._file.write_table(pyarrow.Table.from_pylist(self._rows, schema))
        self._rows, self._held = [], 0


def rows(path: str | IO[bytes]) -> Iterator[dict[str, str | None]]:
    """Yield the rows of a file, as mappings; some hundred are in memory."""
    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=256):
            yield from batch.to_pylist()
