"""The UTF-8 encoding of a text, which several stages look at, made once.

Automata and scans of bytes are the fast way to see that there is nothing to do, and a text passes through most stages
unchanged. The last text is remembered by identity, which needs no hash of it.
"""

from __future__ import annotations

from pipeline.recent import forgets

_last: tuple[str, bytes] = ("", b"")


def utf8(text: str) -> bytes:
    """Return the text in UTF-8; a lone surrogate becomes the three bytes that it would have.

    >>> utf8("é"), utf8("\\ud800")
    (b'\\xc3\\xa9', b'\\xed\\xa0\\x80')
    """
    global _last
    before, data = _last
    if before is not text:
        data = text.encode("utf-8", "surrogatepass")
        _last = text, data
    return data


@forgets
def _forget() -> None:
    global _last
    _last = "", b""


def remember(text: str, data: bytes) -> None:
    """Tell that `data` is the text in UTF-8, as who has decoded it knows."""
    global _last
    _last = text, data
