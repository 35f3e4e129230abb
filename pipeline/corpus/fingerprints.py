r"""When two paragraphs are the same: their normal form, and a key that is cheap enough to make of every paragraph.

Paragraphs are the same if their normal forms are: the same words, numbers and symbols in the same order. Case, white
space, punctuation, the shapes of quotation marks and dashes, and Unicode's compatibility forms do not count, nor does
U+FFFD unless it is at a number. What has a meaning does count: `$5` and `€5`, `5` and `-5`, `1.5` and `15`, `10²` and
`102`, `C` and `C++` differ.

    >>> normal("“It’s 5,000 km,” he SAID…") == normal('"It\'s 5,000 km", he said.')
    True
    >>> normal("It is 1.5 °C") == normal("It is −1.5 °C")
    False

Of each paragraph that may have duplicates a run keeps a `Mark` of some 40 bytes, and its shingles (see `shingles`);
paragraphs of equal words have equal keys, and those few are then compared by their normal forms.
"""

from __future__ import annotations

from typing import NamedTuple
from unicodedata import normalize

import numpy as np
import regex
from numpy.typing import NDArray

from pipeline.corpus.shingles import Numbers, fingerprints
from pipeline.document import Document

__all__ = ["MARK", "Marks", "Place", "counted", "marks", "normal", "unpack"]

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

_WHOLE = regex.compile(r"[.!?:;…。！？][\"'”’»)\]」』）]*$")
_DOTS = ("...", "…")
LOST, CUT = 2, 1  # damage: a year or a character of it is gone, or its end
# Of each paragraph the key, its spans, how many words and shingles it has, its damage, and whether it is kept as it is.
MARK = np.dtype("<u8, <u4, <u4, <i4, <i4, <u4, <u4, u1, u1")
MARK.names = ("key", "start", "end", "raw_start", "raw_end", "words", "shingles", "damage", "kept")

Marks = NDArray[np.void]  # of `MARK`


class Place(NamedTuple):
    """A paragraph of a corpus: the document, and the spans in its clean text (before any pass over the corpus) and its
    raw text; how much `damage` it shows, and whether it is `kept` (verse, a table, code)."""

    id: str
    start: int
    end: int
    raw_start: int
    raw_end: int
    damage: int = 0
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


def marks(document: Document) -> bytes:
    """Return the marks of the paragraphs of a document that may have duplicates, and their shingles, packed.

    >>> from pipeline import clean
    >>> prose = "The ferry to the island leaves from the old harbour at seven every day of the year."
    >>> found, shingles = unpack(marks(clean(f"Ferries\\n\\n{prose}\\n\\nSee there.")))
    >>> found[["start", "end", "words"]].tolist(), len(shingles)
    ([(9, 92, 17)], 14)
    """
    text = document.text
    found, texts = [], []
    for kind, start, end, raw_start, raw_end in document.paragraphs:
        if end - start < (LETTERS if kind == "prose" else BLOCK) or kind == "heading":
            continue
        paragraph = text[start:end]
        if end - start < 2 * LETTERS and not counted(paragraph, normal(paragraph)):
            continue
        found.append((0, start, end, raw_start, raw_end, 0, 0, _damage(kind, paragraph), kind == "kept"))
        texts.append(paragraph)
    if not texts:
        return b""
    packed = np.array(found, MARK)
    for gap in document.gaps:
        packed["damage"][(packed["start"] <= gap.at) & (gap.at <= packed["end"])] = LOST
    prints = fingerprints(texts)
    packed["key"], packed["words"], packed["shingles"] = prints.keys, prints.words, prints.sizes
    return len(packed).to_bytes(4, "little") + packed.tobytes() + prints.shingles.tobytes()


def _damage(kind: str, paragraph: str) -> int:
    """How much a paragraph shows that something of it was lost."""
    if "\ufffd" in paragraph:
        return LOST
    whole = kind != "prose" or (_WHOLE.search(paragraph[-8:]) and not paragraph.endswith(_DOTS))
    return 0 if whole else CUT


def unpack(packed: bytes) -> tuple[Marks, Numbers]:
    """Return the marks that `marks` packed, and the shingles of all of them."""
    count = int.from_bytes(packed[:4], "little")
    end = 4 + count * MARK.itemsize
    return np.frombuffer(packed[4:end], MARK), np.frombuffer(packed[end:], np.uint64)
