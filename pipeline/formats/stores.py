"""Where texts are: a folder of this machine, or one that a URL names (`s3://bucket/raw`), which takes fsspec.

Both list the same names for the same files, and give the same bytes. Whatever goes wrong is an `OSError`; of a URL, an
`Unreachable`, since what a store of the net raises hangs on the store.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from errno import ENOENT
from functools import lru_cache, partial
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from pipeline.formats import text
from pipeline.formats.folder import walk

__all__ = ["GONE", "Found", "Local", "Remote", "Stamp", "Store", "Unreachable", "is_url", "local", "store"]

Stamp = tuple[int, int, int]  # size, and two numbers that change with the content: of a file, its times in nanoseconds
GONE = (-1, -1, -1)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_BUFFER = 1 << 20  # bytes
# What is fetched at once, and how much of it is remembered: the columns of Parquet are read in turn, so there are many
# places to go on from.
_FETCH = {"block_size": 4 << 20, "cache_type": "blockcache", "cache_options": {"maxblocks": 16}}
# What stores tell of a file that is another when its content is; the first that is there.
_VERSIONS = (
    "ETag",
    "etag",
    "generation",
    "md5Hash",
    "content_md5",
    "LastModified",
    "last_modified",
    "mtime",
    "created",
)
T = TypeVar("T")


class Found(NamedTuple):
    """A file, by its path below the folder (`/` between the parts): why it can be no document, and its bytes."""

    name: str
    reason: str
    size: int


class Store(Protocol):
    """A folder that is read. All methods raise `OSError`."""

    def files(self) -> Iterator[Found]:
        """What is in the folder, and in those below it; part by part of the names, in order."""

    def open(self, name: str) -> io.BufferedReader:
        """Open a file, to be read from its start or from anywhere."""

    def read(self, name: str, size: int = 0) -> bytes:
        """All bytes of a file, which are most likely this many."""

    def exists(self, name: str) -> bool:
        """Whether there is something of this name."""

    def stamp(self, name: str) -> Stamp:
        """What tells whether a file is as it was; `GONE` if it is not there."""


class Unreachable(OSError):
    """What a URL names cannot be read."""


@lru_cache(maxsize=8)
def _store(raw: str, process: int) -> Store:
    return Remote(raw) if is_url(raw) else Local(raw)


def store(raw: str) -> Store:
    """The store of a path or URL; a process has one of each. Raises `OSError` if nothing here reads such URLs."""
    return _store(local(raw), os.getpid())  # connections are not for the children of a process


def is_url(raw: str) -> bool:
    r"""Whether a folder is named by a URL.

    >>> is_url("s3://bucket/raw"), is_url("raw"), is_url("C:\\raw")
    (True, False, False)
    """
    return bool(_URL.match(raw))


def local(raw: str) -> str:
    """The path that a `file://` or `local://` URL names, to the letter, as fsspec takes it; anything else as it is.

    >>> local("file:///srv/50%20#1"), local("local://raw"), local("s3://bucket/texts")
    ('/srv/50%20#1', 'raw', 's3://bucket/texts')
    """
    return raw.removeprefix("file://").removeprefix("local://") if os.sep == "/" else raw


class Local:
    """A folder of this machine."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def files(self) -> Iterator[Found]:
        """See `Store`."""
        for name, entry in walk(self._folder):
            reason = _why_not(entry)
            yield Found(name, reason, 0 if reason or _is_dead_link(entry) else entry.stat().st_size)

    def open(self, name: str) -> io.BufferedReader:
        """See `Store`."""
        return open(self._path(name), "rb")

    def read(self, name: str, size: int = 0) -> bytes:
        """See `Store`."""
        return text.read(self._path(name), size)

    def exists(self, name: str) -> bool:
        """See `Store`."""
        return os.path.lexists(self._path(name))

    def stamp(self, name: str) -> Stamp:
        """See `Store`."""
        try:
            found = os.stat(self._path(name))
        except OSError:
            return GONE
        return found.st_size, found.st_mtime_ns, found.st_ctime_ns

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)


def _why_not(entry: os.DirEntry[str]) -> str:
    if entry.name.startswith("."):
        return "hidden"
    if not _is_dead_link(entry):  # what a dead link lacks is told when it is read
        if entry.is_dir():
            return "a link to a folder"
        if not entry.is_file():
            return "not a regular file"
    return ""


def _is_dead_link(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() and not os.path.exists(entry.path)


class Remote:
    """A folder that a URL names. What was listed of its files is remembered, so that no file is asked about twice."""

    def __init__(self, url: str) -> None:
        try:
            from fsspec.core import url_to_fs
        except ImportError:
            raise Unreachable("it needs fsspec; use pip install 'clean-corpus[fsspec]'") from None
        self._url = url
        self._fs, root = _asked(lambda: url_to_fs(url))
        self._root = root.rstrip("/") + "/"
        self._stamps: dict[str, Stamp] = {}

    def files(self) -> Iterator[Found]:
        """See `Store`."""
        infos = self._list()
        self._stamps = {name: _stamp(info) for name, info in infos.items()}
        hidden = ""
        for name in sorted(infos, key=lambda name: name.split("/")):
            parts = name.split("/")
            at = next((at for at, part in enumerate(parts) if part.startswith(".")), None)
            if at is not None:
                folder = "/".join(parts[: at + 1])
                if folder != hidden:
                    yield Found(folder, "hidden", 0)
                hidden = folder
            elif "" in parts or "\0" in name:
                yield Found(name, "no name of a file", 0)
            else:
                yield Found(name, "", self._stamps[name][0])

    def _list(self) -> Mapping[str, Mapping[str, Any]]:
        """What the store tells of each file, by its name below the root."""
        _asked(self._fs.invalidate_cache)
        found = _asked(lambda: self._fs.find(self._root.rstrip("/") or "/", detail=True))
        top = self._root.rstrip("/")
        if not found and not _asked(lambda: self._fs.exists(top)):
            raise Unreachable(2, "No such file or directory", self._url)
        if top in found:
            raise Unreachable(20, "Not a directory", self._url)
        files = {path: info for path, info in found.items() if info.get("type", "file") == "file"}
        return {path.removeprefix(self._root): info for path, info in files.items() if not path.endswith("/")}

    def open(self, name: str) -> io.BufferedReader:
        """See `Store`."""
        file = _asked(lambda: self._fs.open(self._root + name, "rb", **_FETCH))
        return io.BufferedReader(_Told(file), _BUFFER)

    def read(self, name: str, size: int = 0) -> bytes:
        """See `Store`."""
        return cast(bytes, _asked(lambda: self._fs.cat_file(self._root + name)))

    def exists(self, name: str) -> bool:
        """See `Store`."""
        return name in self._stamps or cast(bool, _asked(lambda: self._fs.exists(self._root + name)))

    def stamp(self, name: str) -> Stamp:
        """See `Store`: as it was listed, so that what changed since then is not taken for known."""
        return self._stamps.get(name, GONE)

    def sizes(self) -> dict[str, int]:
        """The bytes of each file there now, hidden ones too; none if there is no such folder yet."""
        self._stamps = {}
        try:
            return {name: int(info.get("size") or 0) for name, info in self._list().items()}
        except Unreachable as error:
            if error.errno != ENOENT:
                raise
            return {}

    def put(self, folder: str, names: Sequence[str]) -> None:
        """Write files there as they stand in a folder of this machine, some at a time if the store can do that."""
        paths = [os.path.join(folder, *name.split("/")) for name in names]
        _asked(lambda: self._fs.put(paths, [self._root + name for name in names]))
        for name in names:
            self._stamps.pop(name, None)

    def remove(self, names: Iterable[str]) -> None:
        """Remove files, all of which are there."""
        for name in names:
            _asked(partial(self._fs.rm_file, self._root + name))  # what removes many takes `*` in a name for a pattern
            self._stamps.pop(name, None)


class _Told(io.RawIOBase):
    """A file of fsspec, of which all errors are `Unreachable`."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = _asked(lambda: self._file.read(len(buffer)))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return cast(int, _asked(lambda: self._file.seek(offset, whence)))

    def tell(self) -> int:
        return cast(int, self._file.tell())

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def _asked(ask: Callable[[], T]) -> T:
    """What a store says; whatever it raises is an `Unreachable`, of one line."""
    try:
        return ask()
    except Unreachable:
        raise
    except FileNotFoundError:
        raise Unreachable(2, "No such file or directory") from None
    except Exception as error:
        said = " ".join(str(error).split())[:200].rstrip(".")
        raise Unreachable(said or type(error).__name__) from error


def _stamp(info: Mapping[str, Any]) -> Stamp:
    """What a store tells of a file; where that is its size alone, something that is never the same."""
    size = int(info.get("size") or 0)
    version = next((info[name] for name in _VERSIONS if info.get(name)), None)
    if version is None:
        return size, -2, time.monotonic_ns()
    shown = version.isoformat() if isinstance(version, datetime.datetime) else str(version)
    return size, int.from_bytes(hashlib.blake2b(shown.encode(), digest_size=7).digest(), "big"), 0
