"""What a run wrote to a folder, or to where a URL says: the clean text and the sidecar of each document, in
files of its own or in shards."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import suppress
from errno import ENOENT
from os import SEEK_END
from typing import IO, Any, NamedTuple, Protocol, cast

from pipeline.document import Ledger, Pass
from pipeline.edits import from_json
from pipeline.formats import folder, jsonio, shards, sidecar, text
from pipeline.formats.shards import ATTRIBUTES, Row, listed
from pipeline.formats.stores import Store, store

__all__ = ["Item", "Results", "open_results"]


_UNREADABLE = (OSError, EOFError, ValueError, zlib.error)  # what damaged files come to


class Item(NamedTuple):
    """A document as it stands there: the bytes of its text and its sidecar, or what is wrong; and where they stand."""

    id: str
    text: bytes | str
    sidecar: bytes | str
    text_name: str
    sidecar_name: str


class Results(Protocol):
    """The documents of a folder."""

    def ids(self) -> list[str]:
        """The ids of all documents, in order."""

    def get(self, id: str) -> Item | None:
        """A document by its id, or none."""

    def walk(self) -> Iterator[Item]:
        """All documents, by id, one after the other."""

    def changed(self, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        """The files that are not as a run wrote them, as far as documents do not tell; each with what is wrong.
        `ids` are those of all documents."""


def open_results(out: str) -> Results:
    """The results in a folder, or of a URL; raises `OSError` if it cannot be read, and `ValueError` if its list of
    shards is not ours."""
    rows = listed(out)
    return Shards(store(out), rows) if rows else Files(store(out))


class Files:
    """Documents that have each two files of their own."""

    def __init__(self, there: Store) -> None:
        self._there = there

    def ids(self) -> list[str]:
        """The ids of all documents, in order: also of those that have but one of the two files."""
        return sorted({name.rpartition(".")[0] for name in folder.results(self._there)})

    def walk(self) -> Iterator[Item]:
        """All documents."""
        return map(self._item, self.ids())

    def get(self, id: str) -> Item | None:
        """A document by its id, if there is a sidecar."""
        inside = not {"", ".", ".."} & set(id.split("/"))
        return self._item(id) if inside and self._there.exists(id + ".json") else None

    def changed(self, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        """None: there are no others."""
        return iter(())

    def _item(self, id: str) -> Item:
        text_name, sidecar_name = id + ".txt", id + ".json"
        file, clean = self._file(sidecar_name), self._file(text_name)
        return Item(
            id,
            "it has no text beside it" if clean is None else clean,
            "it has no sidecar" if file is None else file,
            sidecar_name if clean is None else text_name,
            text_name if file is None else sidecar_name,
        )

    def _file(self, name: str) -> bytes | str | None:
        """The bytes of a file, or why it cannot be read; none if it is not there."""
        try:
            return self._there.read(name)
        except OSError as error:
            return None if error.errno == ENOENT else f"it cannot be read: {error.strerror or error}"


class Shards:
    """Documents in shards: each is a row in two files."""

    def __init__(self, there: Store, rows: list[Row]) -> None:
        self._there = there
        self._rows = rows
        self._texts = [row for row in rows if row.file.startswith("documents/")]
        self._raw = any(row.file.startswith(ATTRIBUTES) for row in rows)  # of Dolma
        self._sidecars = [row for row in rows if row.file.startswith("provenance/")]
        self._firsts = [row.first for row in self._texts]

    def ids(self) -> list[str]:
        """The ids of all documents, but for those behind damage in a file."""
        found: list[str] = []
        for shard in self._sidecars:
            with suppress(*_UNREADABLE):
                found += [str(row["id"]) for row in _rows(self._there, shard.file) if "id" in row]
        return found

    def walk(self) -> Iterator[Item]:
        """All documents; two files are open at a time."""
        for texts, sidecars in zip(self._texts, self._sidecars, strict=True):
            yield from self._shard(texts, sidecars)

    def get(self, id: str) -> Item | None:
        """A document by its id: the shard is known, and read up to it."""
        number = bisect_right(self._firsts, id) - 1
        if number < 0:
            return None
        return next((item for item in self._shard(self._texts[number], self._sidecars[number]) if item.id == id), None)

    def changed(self, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        """The files of shards, and those beside them, that are not those of the list; else the list, if no run would
        write it."""
        found: list[Row] = []
        for row in self._rows:
            try:
                with self._there.open(row.file) as file:
                    if hashlib.file_digest(file, "sha256").hexdigest() != row.sha256:
                        yield row.file, f"it was changed: its SHA-256 is not the one in {shards.NAME}"
                    else:
                        found.append(row._replace(bytes=file.seek(0, SEEK_END)))
            except OSError as error:
                yield row.file, f"it cannot be read: {error.strerror or error}"
        if len(found) == len(self._rows):
            written = shards.listing(shards.relisted(found, ids))
            if written != self._there.read(shards.NAME):
                yield shards.NAME, "it was changed: it is not the list that a run writes of these files"

    def _shard(self, texts: Row, sidecars: Row) -> Iterator[Item]:
        clean, files = _rows(self._there, texts.file), _rows(self._there, sidecars.file)
        try:
            for number in range(max(texts.documents, sidecars.documents)):
                row, data = next(clean, {}), next(files, {})
                where = f", row {number + 1}"
                id = str(row.get("id", data.get("id", "")))
                yield Item(
                    id, _text(row, data, self._raw), _sidecar(data, id), texts.file + where, sidecars.file + where
                )
        except _UNREADABLE as error:  # what comes behind it cannot be read
            reason = f"it cannot be read: {error}"
            yield Item("", reason, reason, texts.file, sidecars.file)


def _text(row: dict[str, Any], data: dict[str, Any], raw: bool) -> bytes | str:
    """The clean text of a document; of a `raw` one it is what its ledger makes of it."""
    found = row.get("text")
    try:
        if data.get("exact") is not None:
            found = bytes.fromhex(data["exact"]).decode("utf-8", "surrogatepass")
        elif raw and isinstance(found, str):
            ledger = jsonio.loads(data["sidecar"].encode())["ledger"]
            found = Ledger(Pass(step["stage"], from_json(step["edits"])) for step in ledger).apply(found)
    except (KeyError, TypeError, ValueError, AttributeError):
        return "its text is not the one that its ledger begins with"
    return text.encode(found) if isinstance(found, str) else "it has no text"


def _sidecar(data: dict[str, Any], id: str) -> bytes | str:
    """The file of a sidecar, as it was before it became a line."""
    try:
        found = jsonio.loads(data["sidecar"].encode())
        file = sidecar.dump(found)
        return (
            file.replace(sidecar.seal(file).encode(), found["seal"].encode())
            if found["id"] == id
            else (f"it is the sidecar of another document, {text.printable(str(found['id']))}")
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return "it is no sidecar"


def _rows(there: Store, name: str) -> Iterator[dict[str, Any]]:
    """The rows of a file of a shard."""
    with there.open(name) as file:
        if name.endswith(".parquet"):
            from pipeline.formats import parquet_shards

            yield from cast(Iterator[dict[str, Any]], parquet_shards.rows(file))
            return
        for line in _lines(file, name):
            row = jsonio.loads(line)
            yield row if isinstance(row, dict) else {}


def _lines(file: IO[bytes], name: str) -> IO[bytes]:
    if name.endswith(".gz"):
        return cast(IO[bytes], gzip.open(file))
    if name.endswith(".zst"):
        from pipeline.formats.zstd import open_zstd

        return open_zstd(file)
    return file
