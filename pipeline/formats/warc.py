"""Web archives (WARC, and WET, which has texts): the pages and texts that were fetched.

A record is a document if it is a response with success, a resource or a conversion, and says that it is HTML or plain
text. Its bytes are those of the page: HTTP's headers are taken off, and what was done to the bytes for the way
(chunks, compression) is undone, as a browser does before it reads.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.document import Fact, Media
from pipeline.formats.payload import Undecodable, decode
from pipeline.formats.records import LONGEST, Broken, Item, Omitted, Record, fact

if TYPE_CHECKING:
    from fastwarc.warc import WarcRecord

__all__ = ["TYPES", "read"]

# What is a document, by its type of content; plain text that begins like a page is one.
TYPES: dict[str, Media | None] = {"text/html": "html", "application/xhtml+xml": "html", "text/plain": None}
_TAKEN = ("response", "resource", "conversion")
_FACTS = {
    "WARC-Target-URI": ("url", "record.url"),
    "WARC-Date": ("record_date", "record.date"),
    "WARC-Payload-Digest": ("payload_digest", "record.digest"),
    "WARC-Record-ID": ("record_id", "record.id"),
}
_NUMBER = re.compile(r"[0-9]{1,18}")
_TYPE = re.compile(r"\s*([a-z0-9.+-]+/[a-z0-9.+-]+)\s*(?:;|,|$)", re.I)
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([A-Za-z0-9._:+-]+)", re.I)
_REST = "Fetch the file again; what comes before is taken."
_OTHERS = "The other records are taken."


class _Stream(io.RawIOBase):
    """A file as fastwarc can read it: an error ends it, and is told when what came before was taken."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self.error: Exception | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._file.seekable()

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        try:
            return self._file.read1(size)  # what is there already is not lost to an error
        except Exception as error:
            self.error = error
            return b""


def read(file: io.BufferedReader) -> Iterator[Item]:
    """Yield the records of a file; all are counted, from 1. What can no longer be told apart ends it."""
    from fastwarc.warc import ArchiveIterator

    stream = _Stream(file)
    place = 0
    try:
        for record in ArchiveIterator(stream, parse_http=False, stream_detect=False):
            place += 1
            size = record.headers.get("Content-Length") or ""
            if stream.error is None and not _NUMBER.fullmatch(size):
                yield Broken(f"record {place}", "it does not say how long it is, so the rest cannot be read", _REST)
                return
            item = _item(record, place, int(size or 0))
            if stream.error is None or not isinstance(item, Broken):
                yield item
    except OSError as error:
        if stream.error is None:
            reason = "it does not begin as a record of WARC does, so the rest cannot be read"
            yield Broken(f"record {place + 1}", reason if "header" in str(error) else str(error), _REST)
    if stream.error is not None:
        raise stream.error


def _item(record: WarcRecord, place: int, size: int) -> Item:
    """What a record is; `size` is what it says of its length."""
    where = f"record {place}"
    kind = (record.headers.get("WARC-Type") or "no type").lower()
    if kind not in _TAKEN:
        return Omitted(f"of type {kind:.40}")
    if size > LONGEST:
        return Broken(where, f"it is longer than {LONGEST:,} bytes", _OTHERS)
    try:
        if record.is_http:
            record.parse_http(auto_decode="none", quirks_mode=True)
    except OSError as error:
        return Broken(where, f"its HTTP headers cannot be read: {error}", _OTHERS)
    head = record.http_headers if record.is_http else record.headers
    said = head.get("Content-Type") or ""
    found = _TYPE.match(said)
    type = found[1].lower() if found else ""
    if reason := _why_not(head.status_code if record.is_http else 200, type):
        return Omitted(reason)
    left = record.content_length
    body = record.reader.read()
    if len(body) != left:
        return Broken(where, "it ends too early", _REST)
    try:
        if record.is_http:
            body = decode(body, head.get("Transfer-Encoding") or "", head.get("Content-Encoding") or "")
    except Undecodable as error:
        return Broken(where, str(error), _OTHERS)
    charset = _CHARSET.search(said)
    return Record(f"{place:08}", body, TYPES[type], charset[1] if charset else "", tuple(_facts(record)))


def _why_not(status: int | None, type: str) -> str:
    """Why a record of this HTTP status and type of content is no document, or nothing."""
    if not status:
        return "without an HTTP status"
    if status // 100 != 2:
        return f"of HTTP status {status}"
    if not type:
        return "that do not say what they contain"
    return "" if type in TYPES else f"of content {type:.60}"


def _facts(record: WarcRecord) -> Iterator[Fact]:
    for name, (kind, rule) in _FACTS.items():
        if value := (record.headers.get(name) or "").strip("<> "):
            yield fact(kind, value, rule)
