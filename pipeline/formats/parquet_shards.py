"""Shards of Parquet: documents (id, text, metadata) and provenance (id, sidecar, exact).

The metadata are a string of JSON: their members may differ from document to document, and the columns of all shards
must be the same. Parquet holds no lone surrogates (halves of astral characters): a text that has some is written with
U+FFFD in their place, and as it is, in bytes, in the column `exact` of its provenance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow
from pyarrow import parquet

from pipeline.document import Document
from pipeline.formats import jsonio

__all__ = ["Stream", "rows", "rows_of"]

_STRING, _BINARY = pyarrow.string(), pyarrow.binary()
_DOCUMENTS = pyarrow.schema([("id", _STRING), ("text", _STRING), ("metadata", _STRING)])
_PROVENANCE = pyarrow.schema([("id", _STRING), ("sidecar", _STRING), ("exact", _BINARY)])
_Row = tuple[bool, str, str, str | bytes | None]  # whether it is of a document, and not of a sidecar; the columns


def rows_of(document: Document, sidecar: bytes) -> tuple[_Row, _Row]:
    """The row of a document, and that of its sidecar."""
    exact = document.text.encode("utf-8", "surrogatepass")
    shown = exact.decode("utf-8", "replace") if _has_surrogates(document.text) else document.text
    id = document.id.encode("utf-8", "backslashreplace").decode()
    metadata = jsonio.dumps(document.metadata).decode()
    line = sidecar.replace(b"\n", b"").decode()
    return (True, id, shown, metadata), (False, id, line, None if shown is document.text else exact)


def _has_surrogates(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


class Stream:
    """A file of Parquet that is being written, in groups of rows of at least `group` bytes."""

    def __init__(self, path: str, group: int) -> None:
        self._path = path
        self._group = group
        self._rows: list[_Row] = []
        self._held = 0
        self._file: parquet.ParquetWriter | None = None
        self._schema = _DOCUMENTS

    def write(self, rows: Iterable[_Row]) -> None:
        """Take rows."""
        for row in rows:
            self._schema = _DOCUMENTS if row[0] else _PROVENANCE
            self._rows.append(row)
            self._held += len(row[2])
            if self._held >= self._group:
                self._flush()

    def close(self) -> None:
        """Write what is left."""
        self._flush()
        if self._file is not None:
            self._file.close()

    def _flush(self) -> None:
        if self._file is None:
            self._file = parquet.ParquetWriter(self._path, self._schema, compression="zstd")
        if self._rows:
            _, *columns = zip(*self._rows, strict=True)
            arrays = [pyarrow.array(column, kind) for column, kind in zip(columns, self._schema.types, strict=True)]
            self._file.write_table(pyarrow.table(arrays, schema=self._schema))
        self._rows, self._held = [], 0


def rows(path: str) -> Iterator[dict[str, object]]:
    """Yield the rows of a file, as mappings; some hundred are in memory."""
    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=256):
            yield from batch.to_pylist()
