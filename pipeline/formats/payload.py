"""What HTTP did to the bytes of a page for the way, undone: chunks, and compression by gzip, deflate or brotli.

Archives keep bodies as they came, or undo this and leave the headers as they were. So a body that is not what the
headers say, and cannot be, is taken as it is; one that begins as they say and then goes wrong is an error.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable

from pipeline.formats.records import LONGEST

__all__ = ["Undecodable", "decode"]

_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_PLAIN = ("", "identity", "none", "utf-8")  # the last two are mistakes that servers make
_TOO_LONG = f"its body is longer than {LONGEST:,} bytes"


class Undecodable(ValueError):
    """A body that is not what its headers say."""


def decode(body: bytes, transfer: str = "", content: str = "") -> bytes:
    r"""Return the body without what its headers `Transfer-Encoding` and `Content-Encoding` tell of.

    >>> decode(b"4\r\nfish\r\n0\r\n\r\n", "chunked"), decode(b"fish", "chunked", "gzip")
    (b'fish', b'fish')
    """
    for coding in [*reversed(transfer.lower().split(",")), *reversed(content.lower().split(","))]:
        name = coding.strip().removeprefix("x-")
        if name in _PLAIN or not body:
            continue
        if name not in _CODINGS:
            raise Undecodable(f"its body is encoded in a way that is not known, {name!r:.40}")
        body = _CODINGS[name](body)
    return body


def _unchunked(body: bytes) -> bytes:
    """Put the chunks of a body together."""
    if not _CHUNK.match(body):
        return body
    pieces: list[bytes] = []
    at = 0
    while head := _CHUNK.match(body, at):
        size = int(head[1], 16)
        if not size:
            return b"".join(pieces)
        pieces.append(body[head.end() : head.end() + size])
        if len(pieces[-1]) < size:
            break
        at = head.end() + size
        at += len(body[at : at + 2]) - len(body[at : at + 2].lstrip(b"\r\n"))
    raise Undecodable("its chunks end too early")


def _gunzipped(body: bytes) -> bytes:
    return _inflated(body, zlib.MAX_WBITS | 16) if body.startswith(b"\x1f\x8b") else body


def _deflated(body: bytes) -> bytes:
    """Servers send deflated data with the frame of zlib, which the standard asks for, or without."""
    framed = len(body) > 1 and body[0] & 15 == 8 and not (body[0] << 8 | body[1]) % 31
    return _inflated(body, zlib.MAX_WBITS if framed else -zlib.MAX_WBITS)


def _inflated(body: bytes, window: int) -> bytes:
    inflate = zlib.decompressobj(window)
    try:
        data = inflate.decompress(body, LONGEST)
    except zlib.error:
        return _as_it_is(body)
    if inflate.unconsumed_tail:
        raise Undecodable(_TOO_LONG)
    if not inflate.eof:
        raise Undecodable("its compressed body ends too early")
    return data


def _unbrotlied(body: bytes) -> bytes:
    import brotli

    decompress = brotli.Decompressor()
    data, size, given = [], 0, body
    try:
        while not decompress.is_finished():
            data.append(decompress.process(given, output_buffer_limit=LONGEST))
            size += len(data[-1])
            if size > LONGEST:
                raise Undecodable(_TOO_LONG)
            if not data[-1] and not decompress.is_finished():
                raise Undecodable("its compressed body ends too early")
            given = b""
    except brotli.error:
        return _as_it_is(body)
    return b"".join(data)


def _as_it_is(body: bytes) -> bytes:
    """A body that cannot be decompressed is one that was: if it begins like markup."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return body
    raise Undecodable("its compressed body is damaged")


_CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "chunked": _unchunked,
    "gzip": _gunzipped,
    "deflate": _deflated,
    "br": _unbrotlied,
}
