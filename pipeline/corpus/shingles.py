"""Shingles: runs of four words as numbers, by which paragraphs that share text find each other.

The words of a text are its runs of letters and digits, in small letters; a character of a script without spaces is a
word of its own. A word becomes a number by a polynomial hash, taken from prefix sums, so that all words of a document
cost a few operations of numpy; four words in a row are a shingle (Broder, 1997). Of a long paragraph not all shingles
are kept but those that winnowing chooses (Schleimer, Wilkerson and Aiken, 2003): of each four in a row the smallest.
Two paragraphs that share seven words in a row then share a shingle, and so do two short ones that share four.

This is for proposing. What two paragraphs have in common is decided on their texts (see `comparison`).

    >>> found = fingerprints([b"The mill burnt down in May.", b"In spring, the MILL burnt down."])
    >>> found.sizes.tolist(), len(set(found.shingles.tolist()))
    ([3, 3], 5)
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["SHINGLE", "Fingerprints", "batches", "fingerprints"]

SHINGLE = 4  # words
WINDOW = 4  # shingles, of which one is kept
SHORT = 32  # words; of a paragraph that has no more, all shingles are kept
BATCH = 1 << 20  # bytes that are looked at at once: each takes some 20 bytes meanwhile

Numbers = NDArray[np.uint64]
Places = NDArray[np.int64]
Text = TypeVar("Text", str, bytes)

_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse; the golden ratio's bits are well mixed
_INVERSE = pow(_BASE, -1, 1 << 64)
_STEP = np.uint64(0xD6E8FEB86659FD93)
_WORDLY = bytes(byte >= 0x80 or chr(byte).isalnum() for byte in range(256))  # for `bytes.translate`
_THAI = np.array([0xB8 <= byte <= 0xBB for byte in range(256)])  # the second byte of Thai and Lao, behind E0
_BURMESE = np.array([byte in (0x80, 0x81, 0x82, 0x9E, 0x9F) for byte in range(256)])  # Myanmar and Khmer, behind E1
_NO_LETTERS = np.array([0x80 <= byte <= 0xBF and byte not in (0xAA, 0xB5, 0xBA) for byte in range(256)])  # behind C2


class Fingerprints(NamedTuple):
    """What is known of some paragraphs: how many words each has, a key that those with equal words share, the number
    of shingles that are kept of each, and these, one paragraph after the other."""

    words: Places
    keys: Numbers
    sizes: Places
    shingles: Numbers


def fingerprints(texts: Sequence[bytes], every: bool = False) -> Fingerprints:
    """Return the fingerprints of some paragraphs, given in UTF-8; with `every`, no shingle of a long one is left out.

    >>> fingerprints([b"Two words.", b"", "三つ".encode()]).words.tolist()
    [2, 0, 2]
    >>> text = b" ".join(b"%d" % number for number in range(100))
    >>> fingerprints([text]).sizes.tolist(), fingerprints([text], every=True).sizes.tolist()
    ([43], [97])
    """
    made = [_fingerprints(some, every) for some in batches(texts)]
    return made[0] if len(made) == 1 else Fingerprints(*map(np.concatenate, zip(*made, strict=True)))


def batches(texts: Sequence[Text]) -> Iterator[Sequence[Text]]:
    """Yield texts, as many as may be in memory with all that is made of them; once at least."""
    ends = list(accumulate(map(len, texts)))
    first = done = 0
    while first < len(texts) and ends[-1] - done > BATCH:
        last = max(first + 1, bisect_right(ends, done + BATCH))
        yield texts[first:last]
        first, done = last, ends[last - 1]
    if first < len(texts) or not texts:
        yield texts[first:]


def _fingerprints(texts: Sequence[bytes], every: bool) -> Fingerprints:
    whole = b"\n".join(texts).lower() + b"\n"
    starts, ends = _words(whole)
    bounds = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1)
    counts = np.diff(np.searchsorted(starts, bounds), prepend=0)
    words = _hashes(np.frombuffer(whole, np.uint8), starts, ends)
    owners = np.repeat(np.arange(len(texts)), counts)
    kept, of = _winnowed(words, owners, counts, every)
    return Fingerprints(counts, _keys(words, counts), np.bincount(of, minlength=len(texts)), kept)


def _words(text: bytes) -> tuple[Places, Places]:
    """Where words start and end, in bytes."""
    inside = np.frombuffer(text.translate(_WORDLY), bool)
    if text.isascii():
        return _edges(inside)
    inside = inside.copy()
    data = np.frombuffer(text, np.uint8)
    first, second = data[:-2], data[1:-1]
    signs = ((first == 0xE2) & ((second == 0x80) | (second == 0x81))) | ((first == 0xE3) & (second == 0x80))
    latin = np.flatnonzero(first == 0xC2)
    for places, size in (np.flatnonzero(signs), 3), (latin[_NO_LETTERS[second[latin]]], 2):
        for offset in range(size):  # quotation marks, dashes, spaces, and the signs of Latin-1
            inside[places + offset] = False
    alone = first - np.uint8(0xE3) <= 0xE9 - 0xE3  # what Chinese and Japanese characters begin with, in UTF-8
    for lead, seconds in (0xE0, _THAI), (0xE1, _BURMESE):
        places = np.flatnonzero(first == lead)
        alone[places] = seconds[second[places]]
    alone &= inside[:-2]
    if not alone.any():
        return _edges(inside)
    cuts = np.zeros(len(data) + 1, bool)  # a word starts or ends before the byte
    cuts[1:-1] = inside[1:] != inside[:-1]
    cuts[0] = inside[0]
    places = np.flatnonzero(alone)
    cuts[places] = True
    cuts[places + 3] = True
    bounds = np.flatnonzero(cuts)
    is_word = inside[np.minimum(bounds, len(data) - 1)]
    return bounds[is_word], np.append(bounds[1:], len(data))[is_word]


def _edges(inside: NDArray[np.bool_]) -> tuple[Places, Places]:
    """Where runs of what is inside start and end; the last has an end."""
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    if inside[0]:
        edges = np.concatenate(([0], edges))
    return edges[::2], edges[1::2]


_powers = np.ones((2, 1), np.uint64)


def _tables(size: int) -> NDArray[np.uint64]:
    """The powers of the base, and of its inverse."""
    global _powers
    if _powers.shape[1] < size:
        grown = np.full((2, max(size, 1 << 16)), [[_BASE], [_INVERSE]], np.uint64)
        grown[:, 0] = 1
        _powers = np.cumprod(grown, axis=1, dtype=np.uint64)
    return _powers


def _hashes(data: NDArray[np.uint8], starts: Places, ends: Places) -> Numbers:
    """The number of each word: the same wherever it stands."""
    powers, inverses = _tables(len(data) + 1)
    sums = _sums(data, powers)
    return _mixed((sums[ends] - sums[starts]) * inverses[starts])


def _sums(numbers: NDArray[Any], powers: Numbers) -> Numbers:
    """The sums of the first numbers, each times its power: of none, of one, and so on."""
    sums = np.empty(len(numbers) + 1, np.uint64)
    sums[0] = 0
    np.multiply(numbers, powers[: len(numbers)], out=sums[1:])
    np.cumsum(sums, out=sums)
    return sums


def _mixed(numbers: Numbers) -> Numbers:
    """Numbers whose bits all depend on all bits of the given ones."""
    numbers = numbers ^ (numbers >> np.uint64(32))
    numbers *= _STEP
    numbers ^= numbers >> np.uint64(29)
    numbers *= _STEP
    return numbers ^ (numbers >> np.uint64(32))


def _keys(words: Numbers, counts: Places) -> Numbers:
    """One number for the words of each paragraph, in their order."""
    powers = _tables(len(words) + 1)[0]
    ends = np.cumsum(counts)
    sums = _sums(words, powers)
    starts = ends - counts
    return _mixed((sums[ends] - sums[starts]) * _tables(len(words) + 1)[1][starts] + counts.astype(np.uint64))


def _winnowed(words: Numbers, owners: Places, counts: Places, every: bool) -> tuple[Numbers, Places]:
    """The shingles that are kept, and the paragraph of each; in the order of paragraphs."""
    if len(words) < SHINGLE:
        return np.empty(0, np.uint64), np.empty(0, np.int64)
    size = len(words) - SHINGLE + 1
    shingles = words[:size].copy()
    for offset in range(1, SHINGLE):
        shingles *= _STEP
        shingles += words[offset : offset + size]
    shingles = _mixed(shingles)
    of = owners[:size]
    whole = of == owners[SHINGLE - 1 :]
    if every:
        return shingles[whole], of[whole]
    kept = whole & (counts[of] <= SHORT)
    if size >= WINDOW:
        least = np.minimum(shingles[:-1], shingles[1:])
        least = np.minimum(least[:-2], least[2:])  # of four in a row
        inside = whole[: len(least)] & whole[WINDOW - 1 :] & (of[: len(least)] == of[WINDOW - 1 :])
        for offset in range(WINDOW):
            kept[offset : offset + len(least)] |= inside & (shingles[offset : offset + len(least)] == least)
    return shingles[kept], of[kept]
