"""Results in shards: large files of many documents, which other tools read as they are.

A shard is a file of the same number in each of some folders: `documents` (id, text, metadata), and `provenance` (the
sidecars, in the same order); for Dolma, also the attributes. `shards.jsonl` names these files and others that describe
the corpus, with their size, hash, and first and last document. Documents are in the order of their ids. Where a shard
ends hangs on the texts alone, as they wait for the corpus: so whoever writes, and with however many workers, writes the
same files.

What can be done for some documents apart from the others (`encode`) is done by workers; to write the files takes their
chunks in order (`Writer`).
"""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from types import TracebackType
from typing import Any, NamedTuple, Protocol

from pipeline.document import Document
from pipeline.formats import dolma, jsonio, text
from pipeline.formats.dolma import dolma_row
from pipeline.formats.stores import store
from pipeline.stages.utf8 import utf8

__all__ = [
    "ATTRIBUTES",
    "LAYOUTS",
    "NAME",
    "SIZE",
    "Layout",
    "Row",
    "Rows",
    "Writer",
    "digest",
    "encode",
    "listed",
    "listing",
    "number_all",
    "relisted",
    "rows",
]

NAME = "shards.jsonl"
ATTRIBUTES = f"attributes/{dolma.ATTRIBUTES}"
# In the list: of a shard, the files by their folders; and behind all shards, what describes them.
_ORDER = ("documents", ATTRIBUTES, "provenance", "README.md", dolma.MIXER, "croissant.json")
SIZE = 256_000_000  # bytes of the texts of a shard
_LEVEL = 6  # of gzip
_GROUP = 32_000_000  # bytes of a group of rows of Parquet
Chunk = Any  # bytes, or the rows of Parquet


class Layout(NamedTuple):
    """How shards are written: what their files end with, and the folders."""

    suffix: str
    folders: tuple[str, ...] = ("documents", "provenance")

    def files(self, number: int) -> list[str]:
        """The files of a shard.

        >>> LAYOUTS["parquet"].files(7)
        ['documents/00007.parquet', 'provenance/00007.parquet']
        """
        return [f"{folder}/{number:05}{self.suffix}" for folder in self.folders]


LAYOUTS = {
    "jsonl": Layout(".jsonl"),
    "jsonl.gz": Layout(".jsonl.gz"),
    "jsonl.zst": Layout(".jsonl.zst"),
    "parquet": Layout(".parquet"),
    "dolma": Layout(".jsonl.gz", ("documents", ATTRIBUTES, "provenance")),
}


class Row(NamedTuple):
    """What `shards.jsonl` says of a file."""

    file: str
    bytes: int
    sha256: str
    documents: int
    first: str
    last: str


def number_all(sizes: Iterable[int], size: int = SIZE) -> Iterator[int]:
    """Yield the numbers of the shards of documents, of which these are the sizes in bytes.

    >>> list(number_all([3, 3, 3, 9, 1], 5))
    [0, 0, 1, 1, 2]
    """
    number = held = 0
    for more in sizes:
        if held >= size:
            number, held = number + 1, 0
        yield number
        held += more


class Rows(NamedTuple):
    """The rows of a document, one for each folder of its shard, and the attributes of Dolma that are in them."""

    rows: tuple[Any, ...]
    attributes: Collection[str] = ()


def rows(layout: Layout, document: Document, sidecar: bytes) -> Rows:
    """Return the rows of a document; raises `ValueError` if the layout cannot hold it."""
    row = {"id": document.id, "text": document.text, "metadata": dict(document.metadata)}
    attributes: dict[str, Any] = {}
    if ATTRIBUTES in layout.folders:
        raw = replace(document, raw=document.ledger.rebuild(document.text))
        row, attributes = dolma_row(raw, metadata=document.metadata)
        exact = None if row["text"] == raw.raw else document.text  # else the ledger leads there
    else:
        row = jsonio.well_formed(row)
        exact = None if row["text"] == document.text else document.text
    side = {"id": row["id"], "sidecar": one_line(sidecar), "exact": exact and utf8(exact).hex()}
    if layout.suffix == ".parquet":
        row["metadata"] = jsonio.dumps(row["metadata"]).decode()
        return Rows((row, side))
    if attributes:
        lines = (jsonio.dumps(one) + b"\n" for one in (row, attributes, side))
        return Rows(tuple(lines), attributes["attributes"].keys())
    return Rows((jsonio.dumps(row) + b"\n", jsonio.dumps(side) + b"\n"))


def encode(layout: Layout, found: Sequence[Rows]) -> list[Chunk]:
    """Return the chunks of the rows of some documents: one for each folder of the shard."""
    columns = list(zip(*(rows for rows, _ in found), strict=True))
    if layout.suffix == ".parquet":
        return columns
    chunks = [b"".join(column) for column in columns]
    # Each chunk is a member of its own, so that workers compress; zstd is fast, and its readers want one frame.
    return [gzip.compress(chunk, _LEVEL, mtime=0) for chunk in chunks] if layout.suffix.endswith(".gz") else chunks


def one_line(sidecar: bytes) -> str:
    r"""The file of a sidecar as a line: strings of JSON hold no line breaks, so it loses nothing but its layout.

    >>> one_line(b'{\n"a": [\n1\n]\n}\n')
    '{"a": [1]}'
    """
    return sidecar.replace(b"\n", b"").decode()


class Stream(Protocol):
    """A file that is being written."""

    def write(self, chunk: Chunk, /) -> object:
        """Take a chunk."""

    def close(self) -> None:
        """Write what is left."""


class Writer:
    """Writes the shards of a folder, one after the other; each file is there whole or not at all. `claim` is told the
    names of files before they are written, and may refuse."""

    def __init__(self, out: str, layout: Layout, claim: Callable[[list[str]], None] = lambda names: None) -> None:
        self.rows: list[Row] = []
        self._claim = claim
        self._out = out
        self._layout = layout
        self._number = -1
        self._streams: list[Stream] = []
        self._ids: tuple[int, str, str] = (0, "", "")

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self.end()
            return
        for stream, file in zip(self._streams, self._files(), strict=False):
            with suppress(OSError, ValueError):
                stream.close()
            with suppress(FileNotFoundError):
                os.unlink(text.part(file))

    def add(self, number: int, ids: Sequence[str], chunks: Sequence[Chunk]) -> None:
        """Take the chunks of documents of a shard; numbers go up."""
        if number != self._number:
            self.end()
            self._number = number
            self._claim(self._layout.files(number))
            for file in self._files():
                os.makedirs(os.path.dirname(file), exist_ok=True)
                self._streams.append(_open(text.part(file), self._layout.suffix))
        for stream, chunk in zip(self._streams, chunks, strict=True):
            stream.write(chunk)
        count, first, _ = self._ids
        self._ids = (count + len(ids), first or ids[0], ids[-1])

    def _files(self) -> list[str]:
        return [os.path.join(self._out, *name.split("/")) for name in self._layout.files(self._number)]

    def end(self) -> None:
        """Close the files of the last shard, and move them to their places."""
        for stream, file, name in zip(self._streams, self._files(), self._layout.files(self._number), strict=False):
            stream.close()
            with open(text.part(file), "rb+") as written:
                os.fsync(written.fileno())
            found = digest(text.part(file))
            os.replace(text.part(file), file)
            self.rows.append(Row(name, os.path.getsize(file), found, *self._ids))
        self._streams, self._ids = [], (0, "", "")


def _open(path: str, suffix: str) -> Stream:
    if suffix == ".parquet":
        from pipeline.formats import parquet_shards

        return parquet_shards.Stream(path, _GROUP)
    if suffix.endswith(".zst"):
        from pipeline.formats.zstd import ZstdFile

        return ZstdFile(path, "wb")
    return open(path, "wb")


def digest(path: str) -> str:
    """The SHA-256 of a file, which is read piece by piece."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def listed(out: str) -> list[Row]:
    """The files of the shards that a run wrote to a folder, which may be a URL; none if it wrote none.

    Raises `OSError` if the list cannot be read, and `ValueError` if it is not ours.
    """
    there = store(out)
    if not there.exists(NAME):
        return []
    try:
        with there.open(NAME) as file:
            found = [Row(**jsonio.loads(line)) for line in file]
    except TypeError:
        raise ValueError("it is not a list of shards of clean-corpus") from None
    for row in found:
        if [*map(type, row)] != [str, int, str, int, str, str]:
            raise ValueError(f"its row of {row.file!r:.80} is not one of clean-corpus")
        if {"", ".", ".."} & set(row.file.split("/")) or "\0" in row.file:
            raise ValueError(f"it names {row.file!r:.80}, which is no file of a shard")
    numbers = [
        [row.file.rpartition("/")[2] for row in found if row.file.startswith(f"{folder}/")]
        for folder in ("documents", "provenance")
    ]
    if numbers[0] != numbers[1]:
        raise ValueError("it does not name the same shards of documents and of provenance")
    return found


def listing(rows: Iterable[Row]) -> bytes:
    """The content of `shards.jsonl`."""
    return b"".join(jsonio.dumps(row._asdict()) + b"\n" for row in rows)


def relisted(rows: Iterable[Row], ids: Sequence[str]) -> list[Row]:
    """The rows of a list as a run writes them: each file once, in order, with the first and the last that it holds of
    all `ids`, which are those of the shards in their order."""
    found: list[Row] = []
    at = 0
    for (_, _, number), shard in groupby(sorted({row.file: row for row in rows}.values(), key=_place), key=_shard):
        some = list(shard)
        held = ids[at : at + some[0].documents] if number else ids
        found += [row._replace(documents=len(held), first=held[0], last=held[-1]) for row in some if held]
        at += len(held)
    return found


def _shard(row: Row) -> tuple[bool, int, str]:
    """The number of the shard of a file, so that it can be sorted; nothing, which comes last, of what describes all."""
    number = row.file.rpartition("/")[2].partition(".")[0] if "/" in row.file else ""
    return not number, len(number), number


def _place(row: Row) -> tuple[tuple[bool, int, str], int]:
    name = row.file.rpartition("/")[0] or row.file
    return _shard(row), _ORDER.index(name) if name in _ORDER else len(_ORDER)
