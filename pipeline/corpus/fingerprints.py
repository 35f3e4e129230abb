r"""When two paragraphs are the same: their normal form, and a key that is cheap enough to make of every paragraph.

Paragraphs are the same if their normal forms are: the same words, numbers and symbols in the same order. Case, white
space, punctuation, the shapes of quotation marks and dashes, and Unicode's compatibility forms do not count, nor does
U+FFFD unless it is at a number. What has a meaning does count: `$5` and `€5`, `5` and `-5`, `1.5` and `15`, `10²` and
`102`, `C` and `C++` differ.

    >>> normal("“It’s 5,000 km,” he SAID…") == normal('"It\'s 5,000 km", he said.')
    True
    >>> normal("It is 1.5 °C") == normal("It is −1.5 °C")
    False

The key of a paragraph is made of its first and last ASCII letters and digits alone. Equal paragraphs have equal keys;
those few that have equal keys are then compared by their normal forms.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from struct import Struct
from typing import NamedTuple
from unicodedata import normalize
from zlib import crc32

import regex

from pipeline.document import Document

__all__ = ["Mark", "Place", "counted", "digest", "marks", "normal", "places", "unpack"]

LETTERS = 60  # letters and digits that a paragraph must have: shorter ones are the same by chance
WORDS = 8
BLOCK = 200  # characters that a list or a block that is kept as it is must have

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"  # scripts without spaces
_TOKENS = regex.compile(
    rf"(?:(?<![\p{{L}}\p{{N}}])-)?\p{{N}}+(?:[.,:/-]\p{{N}}+)*|[{_UNSPACED}]|[[\p{{L}}\p{{M}}]--[{_UNSPACED}]]+"
    r"|[[\p{Sc}\p{Sm}\p{So}%‰#&@^]--[\ufffd]]|(?<=\p{N} ?)\ufffd|\ufffd(?= ?\p{N})",
    regex.V1,
)
_UNSPACED_LETTER = regex.compile(f"[{_UNSPACED}]")
_DASHES = regex.compile("[\u2010-\u2015\u2212]")
_SMALL_DIGITS = regex.compile("[²³¹⁰-₎¼-¾⅐-↉①-⓿]+")  # NFKC writes them as plain ones

_LOWER = bytes(byte + 32 if 65 <= byte <= 90 else byte for byte in range(256))
_NO_LETTERS = bytes(byte for byte in range(256) if not chr(byte).isalnum() or byte > 127)
_WINDOW = 160  # characters at the ends of a paragraph, which nearly always have so many letters
_KEY = Struct("<II")
_MARK = Struct("<8sIIiiB")
_DAMAGED, _KEPT = 1, 2


class Mark(NamedTuple):
    """What is remembered of a paragraph: its key, its spans in the clean and the raw text, and whether it is `damaged`
    (a gap or U+FFFD is in it) and `kept` (verse, a table, code)."""

    key: bytes
    start: int
    end: int
    raw_start: int
    raw_end: int
    damaged: bool = False
    kept: bool = False


class Place(NamedTuple):
    """A paragraph of a corpus: the document, and the spans in its clean text (before any pass over the corpus) and its
    raw text; the rest is as for `Mark`."""

    id: str
    start: int
    end: int
    raw_start: int
    raw_end: int
    damaged: bool = False
    kept: bool = False


def normal(text: str) -> str:
    """Return the normal form of a paragraph: its words, numbers and symbols, with one space between them.

    >>> normal("The C++ course: $1,000 (or −5 %); 3½ weeks at most…")
    'the c + + course $ 1,000 or -5 % 3 ^ 1 ⁄ 2 weeks at most'
    """
    if not text.isascii():
        text = _DASHES.sub("-", normalize("NFKC", _SMALL_DIGITS.sub(r" ^ \g<0> ", text)))
    return " ".join(_TOKENS.findall(text.lower()))


def counted(text: str, form: str) -> bool:
    """Whether a paragraph, of which `form` is the normal form, is long enough to be called the duplicate of another.

    >>> text = "The ferry to the island leaves from the old harbour every day at seven sharp."
    >>> counted(text, normal(text)), counted(text[:40], normal(text[:40]))
    (True, False)
    """
    words = len(text.split()) >= WORDS or _UNSPACED_LETTER.search(form)
    return bool(words) and sum(map(str.isalnum, form)) >= LETTERS


def digest(form: str) -> bytes:
    """Return 16 bytes that stand for a normal form."""
    return hashlib.blake2b(_utf8(form), digest_size=16).digest()


def marks(document: Document) -> bytes:
    """Return the marks of the paragraphs of a document that may have duplicates, packed.

    >>> from pipeline import clean
    >>> prose = "The ferry to the island leaves from the old harbour at seven every day of the year."
    >>> [(mark.start, mark.end) for mark in unpack(marks(clean(f"Ferries\\n\\n{prose}\\n\\nSee there.")))]
    [(9, 92)]
    """
    text = document.text
    gaps = [gap.at for gap in document.gaps]
    pack = _MARK.pack
    packed = []
    for kind, start, end, raw_start, raw_end in document.paragraphs:
        if end - start < (LETTERS if kind == "prose" else BLOCK) or kind == "heading":
            continue
        paragraph = text[start:end]
        key = _key(paragraph)
        if key:
            flags = _KEPT if kind == "kept" else 0
            if "\ufffd" in paragraph or (gaps and any(start <= at <= end for at in gaps)):
                flags |= _DAMAGED
            packed.append(pack(key, start, end, raw_start, raw_end, flags))
    return b"".join(packed)


def unpack(packed: bytes) -> Iterator[Mark]:
    """Yield the marks that `marks` packed."""
    for key, start, end, raw_start, raw_end, flags in _MARK.iter_unpack(packed):
        yield Mark(key, start, end, raw_start, raw_end, bool(flags & _DAMAGED), bool(flags & _KEPT))


def keys(packed: bytes) -> list[bytes]:
    """Return the keys of the marks that `marks` packed."""
    return [packed[at : at + 8] for at in range(0, len(packed), _MARK.size)]


def places(id: str, text: str, found: Iterable[Mark]) -> Iterator[tuple[bytes, Place]]:
    """Yield the paragraphs of a document that are long enough to be called duplicates, each with its digest.

    `text` is the clean text that the marks are of.
    """
    for mark in found:
        paragraph = text[mark.start : mark.end]
        form = normal(paragraph)
        if counted(paragraph, form):
            yield digest(form), Place(id, *mark[1:])


def _key(paragraph: str) -> bytes:
    """Eight bytes that are the same for paragraphs of the same normal form; none for those that are too short.

    They are made of the first and the last ASCII letters and digits, which are looked for at the ends.
    """
    if len(paragraph) > 2 * _WINDOW:
        first, last = _letters(paragraph[:_WINDOW]), _letters(paragraph[-_WINDOW:])
    else:
        first = last = _letters(paragraph)
    if len(first) < LETTERS or len(last) < LETTERS:
        first = last = _letters(paragraph)
        if len(first) < LETTERS:  # few of its letters are ASCII, if it is long enough at all
            form = "" if paragraph.isascii() else normal(paragraph)
            if not counted(paragraph, form):
                return b""
            return hashlib.blake2b(_utf8(form), digest_size=8).digest()
    return _KEY.pack(crc32(first[:LETTERS]), crc32(last[-LETTERS:]))


def _letters(text: str) -> bytes:
    """The ASCII letters, small, and digits of a text."""
    return _utf8(text if text.isascii() else normalize("NFKC", text)).translate(_LOWER, _NO_LETTERS)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
