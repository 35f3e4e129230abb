"""The words that two sequences have in common, in order: the longest common subsequence, or nearly that of long ones.

What is found exactly (Hyyrö, *Bit-parallel LCS-length computation revisited*, 2004) takes a bit for each pair of words.
Of two sequences for which these are too many, what they begin and end with alike is set aside, and the rest is cut
where runs of words stand that both sides have just once: at as many of them as are in the same order on both. That is
Bram Cohen's patience diff, with runs of words in the place of lines. What is between two cuts is shorter, and is found
in the same way, with shorter runs; where there are none either, both sides are cut into equal parts. So what is equal
may be missed where text was moved, or says the same again and again, but nothing takes more than long texts must.

>>> common("a b c d e".split(), "o a b c y d".split())
[Block(left=0, right=1, size=3), Block(left=3, right=5, size=1)]
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import isqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq

__all__ = ["Block", "common"]

MOST = 1 << 28  # pairs of words that are looked at: 32 MB, or two paragraphs of 16,000 words, which take 0.1 s
RUNS = (24, 8, 3)  # words in a row at which is cut: the longest first, since they do not stand together by chance


class Block(NamedTuple):
    """Words that are the same on both sides: where they start, left and right, and how many they are."""

    left: int
    right: int
    size: int


def common(left: Sequence[str], right: Sequence[str]) -> list[Block]:
    """The words that two sequences have in common, in order, as blocks between which at least one side has others."""
    if len(left) * len(right) <= MOST:
        return _exact(left, right)
    blocks: list[Block] = []
    for block in filter(lambda block: block.size, _cut(left, right, RUNS)):
        last = blocks[-1] if blocks else None
        if last and (last.left + last.size, last.right + last.size) == (block.left, block.right):
            blocks[-1] = last._replace(size=last.size + block.size)
        else:
            blocks.append(block)
    return blocks


def _exact(left: Sequence[str], right: Sequence[str]) -> list[Block]:
    opcodes = LCSseq.opcodes(left, right)
    return [Block(op.src_start, op.dest_start, op.src_end - op.src_start) for op in opcodes if op.tag == "equal"]


def _cut(left: Sequence[str], right: Sequence[str], runs: Sequence[int]) -> list[Block]:
    """What two sequences have in common, cut at runs of so many words where they are too long; in blocks of any size,
    of which one may go on where another ends."""
    if len(left) * len(right) <= MOST:
        return _exact(left, right) if left and right else []
    start = _alike(left, right)
    ours, theirs = left[start:], right[start:]
    end = _alike(ours[::-1], theirs[::-1])
    ours, theirs = ours[: len(ours) - end], theirs[: len(theirs) - end]
    blocks = [Block(0, 0, start)]
    if len(ours) * len(theirs) <= MOST:
        blocks += _moved(_exact(ours, theirs), start, start)
    else:
        at = to = 0
        cuts = _anchors(ours, theirs, runs[0]) if runs else _parts(len(ours), len(theirs))
        for here, there, size in [*cuts, Block(len(ours), len(theirs), 0)]:
            blocks += _moved(_cut(ours[at:here], theirs[to:there], runs[1:]), start + at, start + to)
            blocks.append(Block(start + here, start + there, size))
            at, to = here + size, there + size
    return [*blocks, Block(len(left) - end, len(right) - end, end)]


def _parts(left: int, right: int) -> list[Block]:
    """Where to cut two sequences of such lengths into as many equal parts as are needed."""
    count = 1 + isqrt(left * right // MOST)
    return [Block(left * part // count, right * part // count, 0) for part in range(1, count)]


def _moved(blocks: Sequence[Block], left: int, right: int) -> list[Block]:
    return [Block(block.left + left, block.right + right, block.size) for block in blocks]


def _alike(left: Sequence[str], right: Sequence[str]) -> int:
    """With how many words two sequences begin alike.

    >>> _alike("abcd", "abdc"), _alike("ab", "abc")
    (2, 2)
    """
    pairs = enumerate(zip(left, right, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(left), len(right)))


def _anchors(left: Sequence[str], right: Sequence[str], size: int) -> list[Block]:
    """The first words of runs that either side has just once: as many of them as are in the same order on both.

    >>> _anchors("abxcxd", "dabxxc", 1)
    [Block(left=0, right=1, size=1), Block(left=1, right=2, size=1), Block(left=3, right=5, size=1)]
    """
    names = _names([*left, *right], size)
    ours, theirs = names[: max(0, len(left) - size + 1)], names[len(left) :]  # and none that is of both
    once = (np.bincount(ours, minlength=len(names)) == 1) & (np.bincount(theirs, minlength=len(names)) == 1)
    here = np.flatnonzero(once[ours])
    places = np.zeros(len(names), np.int64)
    places[theirs] = np.arange(len(theirs))
    there = places[ours[here]].tolist()
    return [Block(int(here[number]), there[number], 1) for number in _increasing(there)]


def _names(forms: Sequence[str], size: int) -> NDArray[np.int64]:
    """Numbers for the runs of so many words, below that of the words: two are equal if the runs are (Karp, Miller and
    Rosenberg, *Rapid identification of repeated patterns in strings, trees and arrays*, 1972).

    >>> _names("abcabcc", 3).tolist()
    [0, 1, 3, 0, 2]
    """
    known: dict[str, int] = {}
    names = np.array([known.setdefault(form, len(known)) for form in forms], np.int64)
    length = 1
    while length < size:
        step = min(length, size - length)  # a run is two shorter ones, which may have words in common
        pairs = names[:-step] * len(forms) + names[step:]
        names = np.unique(pairs, return_inverse=True)[1].astype(np.int64)
        length += step
    return names


def _increasing(numbers: Sequence[int]) -> list[int]:
    """The places of a longest increasing subsequence, by patience sorting (Fredman, *On computing the length of longest
    increasing subsequences*, 1975): each number goes on the first pile on which no smaller one lies.

    >>> _increasing([3, 1, 4, 2, 5])
    [1, 3, 4]
    """
    tops: list[int] = []  # of each pile, the number that lies there
    places: list[int] = []  # and its place
    before: list[int] = []  # for each number, the place of the one on the pile before
    for place, number in enumerate(numbers):
        pile = bisect_left(tops, number)
        before.append(places[pile - 1] if pile else -1)
        tops[pile : pile + 1], places[pile : pile + 1] = [number], [place]
    found: list[int] = []
    place = places[-1] if places else -1
    while place >= 0:
        found.append(place)
        place = before[place]
    return found[::-1]
