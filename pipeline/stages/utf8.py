"""The UTF-8 encoding of a text, which several stages look at, made once.

Automata and scans of bytes are the fast way to see that there is nothing to do, and a text passes through most stages
unchanged. The last text is remembered by identity, which needs no hash of it.
"""

from __future__ import annotations

from pipeline.recent import forgets

_last: tuple[str, bytes] = ("", b"")
_ASCII = bytes(range(128))
_SPACES = bytes(0x20 if byte < 128 and chr(byte).isspace() else 0x78 for byte in range(256))  # what is no space is an x


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


def count_words(text: str) -> int:
    """How many words a text has: runs of what is no white space, as by `str.split`, but without making them.

    >>> count_words("Two words.\\n\\n And two. ")
    4
    """
    data = utf8(text)
    beyond = () if text.isascii() else {*data.translate(None, _ASCII).decode("utf-8", "surrogatepass")}
    if any(map(str.isspace, beyond)):
        return sum(map(len, map(str.split, text.split("\n"))))
    marked = data.translate(_SPACES)
    return marked.count(b" x") + marked.startswith(b"x")
