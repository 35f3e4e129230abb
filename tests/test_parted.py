"""Rows of numbers by way of a file, and what tells of most rows that they need no look: laws."""

from __future__ import annotations

import tracemalloc
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.corpus.decided import Decided
from pipeline.corpus.decisions import Decision
from pipeline.corpus.index import often
from pipeline.corpus.known import Known
from pipeline.corpus.parted import Parted, ordered

# Few different numbers, so that some are equal, and some are the same but for bits that are looked at last.
NUMBERS = st.lists(st.sampled_from([0, 1, 2, 3, 1 << 15, 1 << 16, 1 << 31, (1 << 48) + 1, 1 << 60, (1 << 64) - 1]))


@pytest.mark.parametrize(
    ("high", "apart", "bits", "one"),
    [(57, 0, 64, False), (57, 58, 64, False), (0, 0, 6, False), (0, 3, 6, False), (0, 0, 64, True)],
)
def test_rows_come_sorted_and_those_that_belong_together_come_together(
    monkeypatch: pytest.MonkeyPatch, high: int, apart: int, bits: int, one: bool
) -> None:
    """`one`: all numbers are in one cell, whatever its size."""
    monkeypatch.setattr("pipeline.corpus.parted.IN_MEMORY", 100)
    monkeypatch.setattr("pipeline.corpus.parted.MOST_ROWS", 7)
    numbers = np.random.default_rng(5).integers(0, 40, 500).astype(np.uint64) << np.uint64(high)
    parted = Parted("<u8", "<u4", bits=bits, apart=apart)
    for first in range(0, 500, 60):
        some = numbers[first : first + 60]
        parted.add(some, np.arange(first, first + len(some)))
    for _ in range(2):  # they may be asked for again
        parts = [(some.tolist(), rows.tolist()) for some, rows in parted.parts()]
        assert [row for _, rows in parts for row in rows] == np.argsort(numbers, kind="stable").tolist()
        heads = [{number >> apart for number in numbers} for numbers, _ in parts]
        assert sum(map(len, heads)) == len(set().union(*heads))
        assert len(parts) == 1 if one else len(parts) > 3


@pytest.mark.parametrize("most", [10, 1 << 18])
def test_only_what_is_chosen_comes_back(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr("pipeline.corpus.parted.IN_MEMORY", most)
    parted = Parted("<u8", bits=6)
    assert [*parted.parts()] == []
    for _ in range(3):
        parted.add(np.arange(40, dtype=np.uint64))
    found = [number for (numbers,) in parted.parts(lambda numbers: numbers % 2 == 0) for number in numbers.tolist()]
    assert found == sorted(3 * [*range(0, 40, 2)])
    assert [*parted.parts(lambda numbers: numbers > 40)] == []


@given(NUMBERS)
def test_numbers_are_ordered_as_by_comparing_them(some: list[int]) -> None:
    numbers = np.array(some, np.uint64)
    assert ordered(numbers).tolist() == np.argsort(numbers, kind="stable").tolist()


@given(NUMBERS, NUMBERS)
def test_what_is_known_is_told(known: list[int], some: list[int]) -> None:
    found = Known(np.unique(np.array(known, np.uint64)))
    asked = np.array(some, np.uint64)
    among = found.among(asked).tolist()
    assert among == [number in known for number in some]
    assert all(maybe for maybe, there in zip(found.maybe(asked).tolist(), among, strict=True) if there)


def test_most_of_what_is_not_known_is_told_of() -> None:
    numbers = np.random.default_rng(1).integers(0, 1 << 63, (2, 10_000)).astype(np.uint64) << np.uint64(1)
    assert 0 < Known(np.unique(numbers[0])).maybe(numbers[1]).mean() < 0.1


def test_no_pair_that_is_there_often_enough_goes() -> None:
    """And nearly all go that are not."""
    chance = np.random.default_rng(2)
    chosen = chance.integers(0, 1000, (2, 30_000)).astype(np.uint64)
    often_enough = np.repeat(np.array([[7], [900]], np.uint64), 5, axis=1)
    numbers, of = np.concatenate([chosen, often_enough], axis=1)
    pairs = np.sort(numbers << np.uint64(32) | of)
    needed = np.full(1000, 4, np.uint8)
    needed[900] = 5
    kept = pairs[often(pairs, needed)]
    before, after = Counter(pairs.tolist()), Counter(kept.tolist())
    assert [pair for pair, count in before.items() if count >= 4 and after[pair] != count] == []
    assert after[7 << 32 | 900] == 5
    assert len(kept) < 0.1 * len(pairs)


def test_counting_pairs_takes_memory_by_their_number() -> None:
    """Not by how many paragraphs lie between the first and the last of them."""
    needed = np.ones(1_000_000, np.uint8)
    pairs = np.array([1, 999_999 << 32 | 1], np.uint64)
    tracemalloc.start()
    try:
        assert often(pairs, needed).all()
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


@given(st.dictionaries(st.integers(0, 30), st.lists(st.integers(0, 30), max_size=3)), st.integers(0, 30))
def test_what_was_decided_is_found_by_range_and_one_by_one(rows: dict[int, list[int]], start: int) -> None:
    decided = Decided()
    decided.take({number: Decision(tuple(of), "near" if of else "", 0.9, 0.8) for number, of in rows.items()})
    asked = range(start, 25)
    found = decided.among(asked)
    assert found == decided.among([*asked])
    assert [*found] == sorted(found)
    for number in asked:
        going = sorted(goes for goes, of in rows.items() for stays in of if stays == number)
        known = (decided.get(number), going)
        assert found.get(number, (None, [])) == known
