"""Files that hold many documents: what they are called, and how they are read, record by record.

A reader takes an open file and yields what it finds, in order: records, what is left out, what is broken. At most one
record is in memory. A format more is a module more, with a line in `_READERS`.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import NamedTuple, cast

from pipeline.document import Fact, Media

__all__ = [
    "LONGEST",
    "SUFFIXES",
    "Broken",
    "Item",
    "Omitted",
    "Record",
    "digest",
    "fact",
    "named",
    "safe",
    "split",
    "walk",
]

LONGEST = 1 << 28  # bytes of a record: a longer one is hardly a text, and has no place in memory
# The suffixes of such files, without `.gz`, and the module that reads them.
_READERS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".warc": "warc", ".wet": "warc"}
SUFFIXES = tuple(suffix + end for suffix in _READERS for end in ("", ".gz"))
_SUFFIX = re.compile(r"(?<=.)(?:\.warc(?=\.wet))?(?:" + "|".join(map(re.escape, _READERS)) + r")(?:\.gz)?$", re.I)
# What the name of a file cannot hold, here or on another system; a name that begins with a dot is hidden.
_UNSAFE = re.compile(r'[%/\\:*?"<>|\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|^\.|[. ]$')
_NAME = 200  # bytes of a name, at most


class Record(NamedTuple):
    """A document of such a file. `name` is the last part of its id, and `data` what is cleaned: a text, or bytes in an
    encoding that `charset` may name. `media` is None where only the beginning of the document can tell."""

    name: str
    data: str | bytes
    media: Media | None = None
    charset: str = ""
    facts: Sequence[Fact] = ()

    def digest(self) -> bytes:
        """What tells it from another of its name."""
        return digest(self.data, *self[2:])


class Omitted(NamedTuple):
    """A record that is no document; the reason goes on after `3 records`: `of type request`."""

    reason: str


class Broken(NamedTuple):
    """What cannot be read: where in the file (`line 12`, or nothing for the file itself), why, and what to do."""

    where: str
    reason: str
    advice: str


Item = Record | Omitted | Broken


def split(name: str) -> tuple[str, str]:
    """Cut the name of a file that holds many documents into what their ids begin with and the suffix, which is empty
    for another file.

    >>> split("a/b.jsonl.gz"), split("CC-1.warc.wet.gz"), split("a.txt"), split(".jsonl")
    (('a/b', '.jsonl.gz'), ('CC-1', '.warc.wet.gz'), ('a.txt', ''), ('.jsonl', ''))
    """
    found = _SUFFIX.search(name.rpartition("/")[2])
    return (name[: -len(found[0])], found[0]) if found else (name, "")


def walk(path: str, suffix: str) -> Iterator[Item]:
    """Yield what is in a file, in order. What cannot be read is an item, and no error; `suffix` is that of the file."""
    kind = suffix.lower().removesuffix(".gz")
    seen = 0
    try:
        reader: Callable[[io.BufferedReader], Iterator[Item]]
        reader = import_module(f"pipeline.formats.{_READERS['.' + kind.rpartition('.')[2]]}").read
        with gzip.open(path) if suffix.lower().endswith(".gz") else open(path, "rb") as file:
            for item in reader(cast(io.BufferedReader, file)):
                seen += isinstance(item, Record)
                yield item
    except ImportError as error:
        yield Broken("", f"it needs {str(error.name).partition('.')[0]}", "Use pip install 'clean-corpus[warc]'.")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        what = "its compressed data end too early" if isinstance(error, EOFError) else "its compressed data are damaged"
        yield Broken("", f"{what}, after {named(seen, 'document')}", "Fetch it again; what comes before is taken.")
    except OSError as error:
        yield Broken("", error.strerror or str(error), "Check that the file can be read.")


def digest(data: str | bytes, *more: object) -> bytes:
    """What tells a document from another: 16 bytes, of its text, and of what else decides how it is cleaned.

    >>> digest("a") == digest(b"a"), digest("a") == digest("a", "html")
    (True, False)
    """
    found = hashlib.blake2b(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data, digest_size=16)
    for one in more:
        found.update(b"\0" + repr(one).encode("utf-8", "surrogatepass"))
    return found.digest()


def named(number: int, noun: str) -> str:
    """A number with its noun.

    >>> named(1, "record"), named(1200, "record")
    ('1 record', '1,200 records')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def fact(kind: str, value: str, rule: str) -> Fact:
    """What stands beside the document in its record, and nowhere in it."""
    return Fact(kind, value, 0, 0, rule)


def safe(id: str) -> str:
    """The id of a record as the name of a file: what no name may hold is written as in an address (`%2F`), and a name
    that is too long ends with a digest.

    >>> safe("en/wiki?id=7"), safe("Ålesund, 1904"), safe("..")
    ('en%2Fwiki%3Fid=7', 'Ålesund, 1904', '%2E%2E')
    """
    name = _UNSAFE.sub(lambda found: "".join(f"%{b:02X}" for b in found[0].encode("utf-8", "surrogatepass")), id)
    data = name.encode()
    if len(data) <= _NAME:
        return name
    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
    return f"{data[: _NAME - len(digest) - 1].decode('utf-8', 'ignore')}-{digest}"
