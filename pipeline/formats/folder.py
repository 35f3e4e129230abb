"""Folders of documents: which files are documents, or hold many, and what they are called.

The id of a document is its path below the folder without the suffix, with `/` between its parts; of a record, the path
of its file, and its name there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from pipeline.document import Media
from pipeline.formats import records

if TYPE_CHECKING:
    from pipeline.formats.stores import Store

__all__ = [
    "PAGES",
    "SUFFIXES",
    "Collision",
    "Container",
    "Entry",
    "Listing",
    "Skipped",
    "collisions",
    "media",
    "results",
    "scan",
    "split",
    "walk",
]

PAGES = (".html", ".htm", ".xhtml")  # suffixes of pages
SUFFIXES = (".txt", ".text", ".md", *PAGES)
_SUFFIX = re.compile(r"(?<=.)\.[A-Za-z][A-Za-z0-9]{0,7}$")  # `v1.5` and `Dr. Who` have none
_UNICODE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


class Entry(NamedTuple):
    """A document in a folder: its id, the suffix of its file, and the size of that in bytes; of a record, a digest.

    >>> Entry("a/b", ".txt", 1).name, Entry("a/b", ".warc.gz", 1).name
    ('a/b.txt', 'a.warc.gz, record b')
    """

    id: str
    suffix: str
    size: int
    digest: bytes = b""

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

    def entry(self, name: str, digest: bytes = b"") -> Entry:
        """One of its documents."""
        return Entry(f"{self.id}/{name}", self.suffix, self.size, digest)


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


def walk(folder: str, below: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield the files below a folder with their names (`/` between the parts), and the folders that are not entered.

    Hidden folders and links to folders are not entered. Raises `OSError` for a folder that cannot be read.
    """
    with os.scandir(folder) as found:
        inside = sorted(found, key=lambda entry: entry.name, reverse=True)
    while inside:  # they may be millions, and each holds what is asked of it
        entry = inside.pop()
        name = below + entry.name
        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
            yield from walk(entry.path, name + "/")
        else:
            yield name, entry


def results(store: Store) -> set[str]:
    """Return the names of the files of a folder that could be clean texts and sidecars."""
    return {found.name for found in store.files() if found.name.endswith((".txt", ".json")) and not found.reason}


def scan(store: Store) -> Listing:
    """List the documents of a folder and its subfolders: files of one of `SUFFIXES`, and text files without a suffix.

    Files that hold many documents are not opened. Everything else is listed as skipped. Raises `OSError` if the folder,
    or one in it, cannot be read.
    """
    entries, containers, skipped = [], [], []
    for name, reason, size in store.files():
        id, suffix = split(name)
        container = records.split(name)
        reason = reason or _why_not(store, name, container[1] or suffix)
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
    return records.cut(name, _SUFFIX)


def media(suffix: str) -> Media | None:
    """What a file is by its suffix: a page, or None where only its beginning can tell.

    >>> media(".HTM"), media(".txt")
    ('html', None)
    """
    return "html" if suffix.lower() in PAGES else None


def _why_not(store: Store, name: str, suffix: str) -> str:
    """The reason why a file is not a document, or nothing."""
    if not suffix:
        return "" if _looks_like_text(store, name) else "no suffix, and not a text"
    return "" if suffix.lower() in SUFFIXES or records.split("x" + suffix)[1] else f"suffix {suffix}"


def _looks_like_text(store: Store, name: str) -> bool:
    """Whether a file without a suffix is a text: no zero byte at its beginning, or the mark of a Unicode encoding."""
    try:
        with store.open(name) as file:
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
