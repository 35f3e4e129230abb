"""What is remembered of the paragraphs of a corpus: of each some 40 bytes, its mark, and its shingles (see `shingles`).

Paragraphs of equal words have equal keys; those that share text share shingles. Which paragraphs are copies is then
decided on their texts (see `comparison` and `decisions`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from hashlib import blake2b
from itertools import pairwise
from struct import Struct
from typing import NamedTuple

import numpy as np
import regex
from numpy.typing import NDArray

from pipeline.corpus import UNSPACED
from pipeline.corpus.shingles import Numbers, fingerprints
from pipeline.document import Document

__all__ = ["MARK", "Marks", "Place", "marks", "marks_all", "unpack"]

LETTERS = 60  # letters and digits that a paragraph must have: shorter ones are the same by chance
WORDS = 8
BLOCK = 200  # characters that a list or a block that is kept as it is must have
ITEM = 120  # those of a list that is one item, which ends as a sentence does

_UNSPACED = regex.compile(f"[{UNSPACED}]")
_WHOLE = regex.compile(r"[.!?:;…。！？][\"'”’»)\]」』）]*$")
_DOTS = ("...", "…")
LOST, CUT = 2, 1  # damage: a year or a character of it is gone, or its end
# Of each paragraph the key, a digest of its text, its spans, how many shingles it has, its damage, and whether it is
# kept as it is.
MARK = np.dtype("<u8, <u8, <u4, <u4, <i4, <i4, <u4, u1, u1")
MARK.names = ("key", "digest", "start", "end", "raw_start", "raw_end", "shingles", "damage", "kept")
_ROW = Struct("<Q8sIIiiIBB")  # the same, packed fast

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


def marks(document: Document) -> bytes:
    """Return the marks of the paragraphs of a document that may have duplicates, and their shingles, packed.

    >>> from pipeline import clean
    >>> prose = "The ferry to the island leaves from the old harbour at seven every day of the year."
    >>> found, shingles = unpack(marks(clean(f"Ferries\\n\\n{prose}\\n\\nSee there.")))
    >>> found[["start", "end", "shingles"]].tolist(), len(shingles)
    ([(9, 92, 14)], 14)
    """
    return marks_all([document])[0]


def marks_all(documents: Sequence[Document]) -> list[bytes]:
    """Return the marks of some documents: many at once are less work."""
    rows: list[bytes] = []
    texts: list[bytes] = []
    ends = []
    for document in documents:
        text = document.text
        gaps = sorted(gap.at for gap in document.gaps)
        for kind, start, end, raw_start, raw_end in document.paragraphs:
            least = LETTERS if kind == "prose" else ITEM if kind == "list" else BLOCK
            if end - start < least or kind == "heading":
                continue
            paragraph = text[start:end]
            if kind == "list" and end - start < BLOCK and ("\n" in paragraph or paragraph[-1] not in ".!?"):
                continue
            if paragraph.count(" ") < WORDS - 1 and not _UNSPACED.search(paragraph):
                continue
            if end - start < 2 * LETTERS and sum(map(str.isalnum, paragraph)) < LETTERS:
                continue
            behind = bisect_right(gaps, start)  # at its edge, a gap went with what stood there
            lost = behind < len(gaps) and gaps[behind] < end
            damage = LOST if lost else _damage(kind, paragraph)
            texts.append(paragraph.encode("utf-8", "surrogatepass"))
            digest = blake2b(texts[-1], digest_size=8).digest()
            rows.append(_ROW.pack(0, digest, start, end, raw_start, raw_end, 0, damage, kind == "kept"))
        ends.append(len(texts))
    if not texts:
        return [b""] * len(documents)
    packed = np.frombuffer(bytearray(b"".join(rows)), MARK)
    prints = fingerprints(texts)
    packed["key"], packed["shingles"] = prints.keys, prints.sizes
    enough = prints.words >= WORDS
    packed, shingles = packed[enough], prints.shingles[np.repeat(enough, prints.sizes)]
    firsts = np.append(0, np.cumsum(enough))[[0, *ends]].tolist()  # of each document
    bounds = np.append(0, np.cumsum(packed["shingles"], dtype=np.int64))[firsts].tolist()  # of its shingles
    return [
        (last - first).to_bytes(4, "little") + packed[first:last].tobytes() + shingles[start:end].tobytes()
        if last > first
        else b""
        for (first, last), (start, end) in zip(pairwise(firsts), pairwise(bounds), strict=True)
    ]


def _damage(kind: str, paragraph: str) -> int:
    """How much a paragraph shows that something of it was lost."""
    if "\ufffd" in paragraph:
        return LOST
    if paragraph[-1] in "!?" or (paragraph[-1] == "." and paragraph[-2:] != ".."):
        return 0  # as most do
    whole = kind != "prose" or (_WHOLE.search(paragraph[-8:]) and not paragraph.endswith(_DOTS))
    return 0 if whole else CUT


def unpack(packed: bytes) -> tuple[Marks, Numbers]:
    """Return the marks that `marks` packed, and the shingles of all of them."""
    count = int.from_bytes(packed[:4], "little")
    end = 4 + count * MARK.itemsize
    return np.frombuffer(packed[4:end], MARK), np.frombuffer(packed[end:], np.uint64)
