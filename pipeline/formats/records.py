"""Files that hold many documents: what they are called, and how they are read, record by record.

A reader takes an open file and yields what it finds, in order: records, what is left out, what is broken. At most one
record is in memory. A format more is a module more, with a line in `_READERS`.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import NamedTuple, cast

from pipeline.document import Fact, Media

__all__ = [
    "LONGEST",
    "SUFFIXES",
    "Broken",
    "Damaged",
    "Item",
    "Omitted",
    "Record",
    "cut",
    "digest",
    "fact",
    "named",
    "safe",
    "split",
    "walk",
]

LONGEST = 1 << 28  # bytes of a record: a longer one is hardly a text, and has no place in memory
# The suffixes of such files, without that of a compression, and the module that reads them.
_READERS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".warc": "warc", ".wet": "warc", ".parquet": "parquet_rows"}
_COMPRESSED = (".gz", ".zst")
_WHOLE = (".parquet",)  # is compressed inside
SUFFIXES = tuple(suffix + end for suffix in _READERS for end in ("", *(() if suffix in _WHOLE else _COMPRESSED)))
_SUFFIX = re.compile(r"(?<=.)(?:\.warc(?=\.wet))?(?:" + "|".join(map(re.escape, SUFFIXES)) + ")$", re.I)
_EXTRAS = {
    "backports": "zstd",
    "brotli": "warc",
    "fastwarc": "warc",
    "pyarrow": "parquet",
}  # where what a reader needs comes from
# What the name of a file cannot hold, here or on another system; a name that begins with a dot is hidden.
_UNSAFE = re.compile(r'[%/\\:*?"<>|\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|^\.|[. ]$')
_NAME = 200  # bytes of a name, at most


class Damaged(ValueError):
    """Compressed data that cannot be read; says why, and what to do."""

    def __init__(self, reason: str, advice: str = "Fetch it again") -> None:
        super().__init__(reason)
        self.advice = advice


class Record(NamedTuple):
    """A document of such a file. `name` is the last part of its id, and `data` what is cleaned: a text, or bytes in an
    encoding that `charset` may name. `media` is None where only the beginning of the document can tell. `metadata` is
    what stands beside the text, as an object of JSON, or nothing."""

    name: str
    data: str | bytes
    media: Media | None = None
    charset: str = ""
    facts: Sequence[Fact] = ()
    metadata: bytes = b""

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
    return cut(name, _SUFFIX)


def cut(name: str, suffix: re.Pattern[str]) -> tuple[str, str]:
    """Cut the name of a file before its suffix, if its last part ends with one."""
    found = suffix.search(name.rpartition("/")[2])
    return (name[: -len(found[0])], sys.intern(found[0])) if found else (name, "")  # there are few, of many names


def walk(path: str, suffix: str, opened: Callable[[str], io.BufferedReader] | None = None) -> Iterator[Item]:
    """Yield what is in a file, in order. What cannot be read is an item, and no error; `suffix` is that of the file,
    and `opened` opens it, if it is not simply a file of this machine."""
    kind, compression = _parts(suffix)
    seen = 0
    try:
        reader: Callable[[io.BufferedReader], Iterator[Item]]
        reader = import_module(f"pipeline.formats.{_READERS[kind]}").read
        with opened(path) if opened else open(path, "rb") as file, _unpacked(file, compression) as data:
            for item in reader(data):
                seen += isinstance(item, Record)
                yield item
    except ImportError as error:
        needed = str(error.name).partition(".")[0]
        yield Broken("", f"it needs {needed}", f"Use pip install 'clean-corpus[{_EXTRAS.get(needed, needed)}]'.")
    except (EOFError, zlib.error, gzip.BadGzipFile, Damaged) as error:
        why = "end too early" if isinstance(error, EOFError) else "are damaged"
        damage = error if isinstance(error, Damaged) else Damaged(why)
        reason = f"its compressed data {damage}, after {named(seen, 'document')}"
        yield Broken("", reason, f"{damage.advice}; what comes before is taken.")
    except OSError as error:
        yield Broken("", error.strerror or str(error), "Check that the file can be read.")


def _parts(suffix: str) -> tuple[str, str]:
    """Cut a suffix into the one that tells what is in the file, and that of the compression, which may be none.

    >>> _parts(".warc.WET.gz"), _parts(".jsonl")
    (('.wet', '.gz'), ('.jsonl', ''))
    """
    suffix = suffix.lower()
    end = next((end for end in _COMPRESSED if suffix.endswith(end)), "")
    return "." + suffix.removesuffix(end).rpartition(".")[2], end


def _unpacked(file: io.BufferedReader, compression: str) -> io.BufferedReader:
    if compression and not file.peek(1):
        raise EOFError  # as the tools say; Python's gzip takes it for nothing, compressed
    if compression == ".zst":
        from pipeline.formats.zstd import open_zstd

        return open_zstd(file)
    return cast(io.BufferedReader, gzip.open(file)) if compression else file


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
