"""Files of texts and pages: which files of a folder are documents, what they are called, and how results get to disk.

The id of a document is its path below the folder without the suffix, with `/` between its parts. A result is there
whole or not at all: what fails is taken back, and what was there before is replaced in one step.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from pipeline.document import Media
from pipeline.formats import records
from pipeline.stages.utf8 import utf8

__all__ = [
    "PAGES",
    "PART",
    "SUFFIXES",
    "Collision",
    "Container",
    "Entry",
    "ForeignFile",
    "Listing",
    "Skipped",
    "collisions",
    "decode",
    "encode",
    "media",
    "part",
    "paths",
    "printable",
    "read",
    "remove_parts",
    "results",
    "scan",
    "walk",
    "write",
    "write_pair",
]

PART = ".clean-corpus-part"  # how the names of files end that are being written
PAGES = (".html", ".htm", ".xhtml")  # suffixes of pages
SUFFIXES = (".txt", ".text", ".md", *PAGES)
_SUFFIX = re.compile(r"(?<=.)\.[A-Za-z][A-Za-z0-9]{0,7}$")  # `v1.5` and `Dr. Who` have none
_BINARY = getattr(os, "O_BINARY", 0)  # of Windows
_LONGEST = 255  # bytes: the longest name of a file
_UNICODE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


class Entry(NamedTuple):
    """A document in a folder: its id, the suffix of its file, and the size of that in bytes.

    >>> Entry("a/b", ".txt", 1).name, Entry("a/b", ".warc.gz", 1).name
    ('a/b.txt', 'a.warc.gz, record b')
    """

    id: str
    suffix: str
    size: int

    @property
    def is_record(self) -> bool:
        """Whether it is one of many in its file."""
        return bool(records.split("x" + self.suffix)[1])

    @property
    def file(self) -> str:
        """The path of the file below the folder, with `/` between its parts."""
        return (self.id.rpartition("/")[0] if self.is_record else self.id) + self.suffix

    @property
    def name(self) -> str:
        """What people call it: its file, and the record in it."""
        return f"{self.file}, record {self.id.rpartition('/')[2]}" if self.is_record else self.file


class Container(NamedTuple):
    """A file that holds many documents: what their ids begin with, its suffix, and its size in bytes."""

    id: str
    suffix: str
    size: int

    @property
    def name(self) -> str:
        """The path of the file below the folder."""
        return self.id + self.suffix

    def entry(self, name: str) -> Entry:
        """One of its documents."""
        return Entry(f"{self.id}/{name}", self.suffix, self.size)


class Skipped(NamedTuple):
    """A file that is not a document, and why."""

    name: str
    reason: str


class Collision(NamedTuple):
    """Documents that would have the same id."""

    id: str
    names: list[str]


class Listing(NamedTuple):
    """What a folder holds; documents, and files that hold many, are sorted by id."""

    entries: list[Entry]
    containers: list[Container]
    skipped: list[Skipped]


class ForeignFile(OSError):
    """A file stands where a result should go, and it is not one of ours."""


def walk(folder: str, below: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield the files below a folder with their names (`/` between the parts), and the folders that are not entered.

    Hidden folders and links to folders are not entered. Raises `OSError` for a folder that cannot be read.
    """
    with os.scandir(folder) as found:
        inside = sorted(found, key=lambda entry: entry.name)
    for entry in inside:
        name = below + entry.name
        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
            yield from walk(entry.path, name + "/")
        else:
            yield name, entry


def results(folder: str) -> set[str]:
    """Return the names of the files below a folder that could be clean texts and sidecars."""
    return {name for name, entry in walk(folder) if name.endswith((".txt", ".json")) and not entry.name.startswith(".")}


def scan(folder: str) -> Listing:
    """List the documents of a folder and its subfolders: files of one of `SUFFIXES`, and text files without a suffix.

    Files that hold many documents are not opened. Everything else is listed as skipped. Raises `OSError` if the folder,
    or one in it, cannot be read.
    """
    entries, containers, skipped = [], [], []
    for name, entry in walk(folder):
        id, suffix = split(name)
        container = records.split(name)
        reason = _why_not(entry, container[1] or suffix)
        size = 0 if reason or _is_dead_link(entry) else entry.stat().st_size
        if reason:
            skipped.append(Skipped(name, reason))
        elif container[1]:
            containers.append(Container(*container, size))
        else:
            entries.append(Entry(id, suffix, size))
    return Listing(sorted(entries), sorted(containers), skipped)


def split(name: str) -> tuple[str, str]:
    """Cut a file name into the id of the document and the suffix.

    >>> split("a/b.txt"), split("Dr. Who"), split("a.b/c"), split("notes.v1.md")
    (('a/b', '.txt'), ('Dr. Who', ''), ('a.b/c', ''), ('notes.v1', '.md'))
    """
    found = _SUFFIX.search(name.rpartition("/")[2])
    return (name[: -len(found[0])], found[0]) if found else (name, "")


def media(suffix: str) -> Media | None:
    """What a file is by its suffix: a page, or None where only its beginning can tell.

    >>> media(".HTM"), media(".txt")
    ('html', None)
    """
    return "html" if suffix.lower() in PAGES else None


def _why_not(entry: os.DirEntry[str], suffix: str) -> str:
    """The reason why a directory entry is not a document, or nothing."""
    if entry.name.startswith("."):
        return "hidden"
    if not _is_dead_link(entry):  # what a dead link lacks is told when it is read
        if entry.is_dir():
            return "a link to a folder"
        if not entry.is_file():
            return "not a regular file"
    if not suffix:
        return "" if _looks_like_text(entry.path) else "no suffix, and not a text"
    return "" if suffix.lower() in SUFFIXES or records.split("x" + suffix)[1] else f"suffix {suffix}"


def _is_dead_link(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() and not os.path.exists(entry.path)


def _looks_like_text(path: str) -> bool:
    """Whether a file without a suffix is a text: no zero byte at its beginning, or the mark of a Unicode encoding."""
    try:
        with open(path, "rb") as file:
            head = file.read(8192)
    except OSError:
        return True  # the error is told when the document is read
    return b"\0" not in head or head.startswith(_UNICODE_MARKS)


def collisions(entries: Sequence[Entry | Container]) -> list[Collision]:
    """Find the ids that several entries share; `entries` are sorted.

    >>> collisions([Entry("a", ".md", 1), Entry("a", ".txt", 1), Entry("b", ".txt", 1)])
    [Collision(id='a', names=['a.md', 'a.txt'])]
    """
    names: dict[str, list[str]] = {}
    for before, entry in pairwise(entries):
        if before.id == entry.id:
            names.setdefault(entry.id, [before.name]).append(entry.name)
    return [Collision(id, found) for id, found in names.items()]


def paths(folder: str, id: str) -> tuple[str, str]:
    """The files of a clean document: its text and its sidecar."""
    path = os.path.join(folder, id if os.sep == "/" else id.replace("/", os.sep))
    return path + ".txt", path + ".json"


def encode(text: str) -> bytes:
    """Return the file of a clean text: UTF-8, and a newline at its end if it is not empty.

    A lone surrogate, which strict UTF-8 cannot hold, is written as the three bytes that it would have.

    >>> encode("a"), encode(""), decode(encode("\\ud800"))
    (b'a\\n', b'', '\\ud800')
    """
    return utf8(text) + b"\n" if text else b""


def decode(file: bytes) -> str:
    """Return the clean text of a file that `encode` made; raises `ValueError` if it cannot be one."""
    text = file.decode("utf-8", "surrogatepass")
    if text and not text.endswith("\n"):
        raise ValueError("it does not end with a newline")
    if text == "\n":
        raise ValueError("it is a newline and nothing more")
    return text[:-1]


def read(path: str, size: int = 0) -> bytes:
    """Return the bytes of a file, of which `size` are expected: one that has not grown takes two system calls less."""
    file = os.open(path, os.O_RDONLY | _BINARY)
    try:
        pieces = [os.read(file, size + 1)]
        if len(pieces[0]) != size:  # it is another size, or a read came back early
            while pieces[-1]:
                pieces.append(os.read(file, 1 << 20))
        return b"".join(pieces) if pieces[1:] else pieces[0]
    finally:
        os.close(file)


def write(path: str, data: bytes | Iterable[bytes]) -> None:
    """Write a file whole or not at all: beside its place (see `part`), and from there to it. Its folder is made."""
    temporary = part(path)
    try:
        file = _open_new(temporary)
        if isinstance(data, bytes):
            _write_all(file, data)
        else:
            with open(file, "wb") as stream:
                stream.writelines(data)
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def part(path: str) -> str:
    """The file that becomes `path` once it is whole; a run that is killed may leave one.

    >>> part("clean/tale.txt").replace(os.sep, "/")
    'clean/.tale.txt.clean-corpus-part'
    """
    folder, name = os.path.split(path)
    if 4 * len(name) + len(PART) >= _LONGEST <= len(os.fsencode(name)) + len(PART):
        name = hashlib.blake2b(os.fsencode(name), digest_size=16).hexdigest()
    return os.path.join(folder, f".{name}{PART}")


def remove_parts(folder: str) -> None:
    """Remove what a run that was killed left half-written."""
    for _, entry in walk(folder):
        if entry.name.endswith(PART) and entry.name.startswith("."):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)


def write_pair(folder: str, id: str, text: bytes, sidecar: bytes) -> bool:
    """Write a clean text and its sidecar, unless they are there already; return whether they were written.

    The sidecar goes first: so a text file without a sidecar was never written by us. Raises `ForeignFile` rather than
    overwrite a file that is not ours.
    """
    text_path, sidecar_path = paths(folder, id)
    new = not os.path.lexists(sidecar_path)
    if new and os.path.lexists(text_path):
        raise ForeignFile(f"{printable(text_path)} is there, and clean-corpus did not make it")
    if not new:
        from pipeline.formats.sidecar import HEAD

        before = read(sidecar_path)
        if not before.startswith(HEAD):
            raise ForeignFile(f"{printable(sidecar_path)} is there, and clean-corpus did not make it")
        if before == sidecar and _is(text_path, text):
            return False
    write(sidecar_path, sidecar)
    try:
        write(text_path, text)
    except BaseException:
        if new:
            os.unlink(sidecar_path)
        raise
    return True


def _open_new(path: str) -> int:
    """Open a file to be written from its beginning; its folder is made if it is not there."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY
    try:
        return os.open(path, flags, 0o666)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, flags, 0o666)


def _write_all(file: int, data: bytes) -> None:
    """Write to an open file, and close it: less to do than what Python's own files do."""
    try:
        done = os.write(file, data)
        while done < len(data):
            done += os.write(file, data[done:])
    finally:
        os.close(file)


def _is(path: str, data: bytes) -> bool:
    """Whether there is a file with these bytes."""
    try:
        return read(path, len(data)) == data
    except FileNotFoundError:
        return False


def printable(name: str) -> str:
    r"""A name that any terminal takes: control characters, and bytes that are not UTF-8, are shown as escapes.

    >>> printable("caf\udce9\x1b東京")
    'caf\\udce9\\x1b東京'
    """
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
