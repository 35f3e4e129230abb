"""Laws of the words that two sequences have in common, where these are too long for all pairs of words."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import LCSseq

from pipeline.corpus import subsequence
from pipeline.corpus.alignment import align
from pipeline.corpus.subsequence import Block, common

FEW = st.lists(st.sampled_from("a b c d e f g".split()), max_size=60)
SMALL = st.tuples(st.integers(1, 200), st.sampled_from([(), (1,), (3,), (5, 2, 1)]))


@contextmanager
def cut(most: int, runs: tuple[int, ...] = subsequence.RUNS) -> Iterator[None]:
    """Let no more pairs of words than these be looked at."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subsequence, "MOST", most)
        patch.setattr(subsequence, "RUNS", runs)
        yield


def size(blocks: Sequence[Block]) -> int:
    return sum(block.size for block in blocks)


def lawful(left: Sequence[str], right: Sequence[str], blocks: Sequence[Block]) -> bool:
    """Whether blocks are in order, equal on both sides, and not longer than they could be."""
    at = to = 0
    for number, block in enumerate(blocks):
        apart = number == 0 or (block.left, block.right) != (at, to)
        if block.size < 1 or block.left < at or block.right < to or not apart:
            return False
        at, to = block.left + block.size, block.right + block.size
        if left[block.left : at] != right[block.right : to]:
            return False
    return at <= len(left) and to <= len(right)


@given(FEW, FEW, SMALL)
@settings(max_examples=500, deadline=None)
def test_what_is_found_of_long_sequences_is_in_order_equal_and_no_more_than_there_is(
    left: list[str], right: list[str], small: tuple[int, tuple[int, ...]]
) -> None:
    with cut(*small):
        blocks, joined = common(left, right), align(left, right)
    assert lawful(left, right, blocks)
    assert lawful(left, right, joined)
    assert size(blocks) <= LCSseq.similarity(left, right)


@given(FEW, FEW, SMALL, FEW, FEW)
@settings(max_examples=300, deadline=None)
def test_what_both_begin_and_end_with_is_in_common(
    left: list[str], right: list[str], small: tuple[int, tuple[int, ...]], before: list[str], behind: list[str]
) -> None:
    with cut(*small):
        blocks = common([*before, *left, *behind], [*before, *right, *behind])
    assert size(blocks) >= min(len(before) + len(behind), len(before) + len(left), len(before) + len(right))


EDITS = st.lists(st.tuples(st.integers(0, 150), st.integers(0, 3), st.integers(0, 3)), max_size=20)


@given(EDITS, st.integers(0, 10), SMALL)
@settings(max_examples=300, deadline=None)
def test_words_that_were_put_in_or_taken_out_hide_nothing_of_a_text_that_does_not_repeat_itself(
    edits: list[tuple[int, int, int]], every: int, small: tuple[int, tuple[int, ...]]
) -> None:
    """Between edits nothing is missed where each word stands once, if it is cut at single words last of all."""
    left = [f"w{number}" for number in range(150)]
    right = left[:]
    for place, gone, more in sorted(edits, reverse=True):
        right[place : place + gone] = [f"new{place}-{number}" for number in range(more)]
    most, runs = small
    with cut(most, (*runs, 1)):
        blocks = common(left, right)
    assert size(blocks) == LCSseq.similarity(left, right)


@given(st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_a_long_copy_is_found_as_if_it_were_short(seed: int) -> None:
    """In a text as texts are, with frequent words and rare ones, some of which were changed, moved or left out."""
    chance = random.Random(seed)
    left = [f"w{int(chance.paretovariate(0.6)) % 5000}" for _ in range(3000)]
    right = left[:]
    for _ in range(60):
        place = chance.randrange(len(right) - 10)
        right[place : place + chance.randrange(5)] = chance.sample(left, chance.randrange(5))
    with cut(400 * 400):
        blocks = common(left, right)
    assert lawful(left, right, blocks)
    assert size(blocks) >= 0.995 * LCSseq.similarity(left, right)


def test_without_runs_that_stand_once_both_sides_are_cut_into_equal_parts() -> None:
    left, right = ["x", *["ha"] * 500, "y"], ["z", *["ha"] * 510, "u"]
    with cut(100):
        assert size(common(left, right)) >= 480


def test_what_is_looked_at_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long two sequences are, no more pairs of words are compared at once; of short ones, all of them are."""
    sizes: list[int] = []
    exact = subsequence._exact

    def counted(left: Sequence[str], right: Sequence[str]) -> list[Block]:
        sizes.append(len(left) * len(right))
        return exact(left, right)

    monkeypatch.setattr(subsequence, "_exact", counted)
    chance = random.Random(2)
    left, right = ([f"w{chance.randrange(300)}" for _ in range(2000)] for _ in range(2))
    blocks = common(left, right)
    assert (sizes, blocks) == ([4_000_000], exact(left, right))
    sizes.clear()
    with cut(10_000):
        common(left, right)
    assert len(sizes) > 1
    assert max(sizes) <= 10_000
