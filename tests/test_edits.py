"""The laws of the edit algebra, tested at random: ties, astral characters and empty texts included."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.edits import (
    Edit,
    EditError,
    PositionMap,
    Side,
    apply,
    check,
    compose,
    from_json,
    invert,
    survivors,
    unapply,
)

SIDES: tuple[Side, ...] = ("left", "right")
LETTERS = st.text(alphabet="ab \ńé😀\U00010348", max_size=12)


@st.composite
def passes(draw: st.DrawFn, text: str) -> list[Edit]:
    """A valid pass on `text`: sorted cuts, each range perhaps replaced, with ties of insertions."""
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    edits = []
    for number, (start, end) in enumerate(zip(cuts[::2], cuts[1::2], strict=False)):
        if draw(st.booleans()):
            end = start
        edits.append(Edit(start, text[start:end], draw(LETTERS), f"rule.{number}"))
    return edits


@st.composite
def texts_with_pass(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    text = draw(LETTERS)
    return text, draw(passes(text))


@st.composite
def texts_with_two(draw: st.DrawFn) -> tuple[str, list[Edit], list[Edit]]:
    text, first = draw(texts_with_pass())
    return text, first, draw(passes(apply(text, first)))


@given(texts_with_pass())
def test_invert_undoes_apply(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    clean = apply(text, edits)
    assert apply(clean, invert(edits)) == text
    assert invert(invert(edits)) == edits


@given(texts_with_pass())
def test_unapply_is_to_apply_the_inverse(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    clean = apply(text, edits)
    assert unapply(clean, edits) == apply(clean, invert(edits)) == text
    try:  # of a text that the pass may not have made
        before = apply(text, invert(edits))
    except EditError as error:
        with pytest.raises(EditError, match=f"^{re.escape(str(error))}$"):
            unapply(text, edits)
    else:
        assert unapply(text, edits) == before


@given(texts_with_pass())
def test_survivors_and_old_cover_the_input_once(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    clean = apply(text, edits)
    covered = sorted(
        [p for start, end, _ in survivors(edits, len(text)) for p in range(start, end)]
        + [p for edit in edits for p in range(edit.start, edit.end)]
    )
    assert covered == list(range(len(text)))
    for start, end, out in survivors(edits, len(text)):
        assert text[start:end] == clean[out : out + end - start]


@given(texts_with_two())
def test_compose_agrees_with_one_after_the_other(case: tuple[str, list[Edit], list[Edit]]) -> None:
    text, first, second = case
    composed = compose(first, second)
    check(composed)
    assert apply(text, composed) == apply(apply(text, first), second)
    assert {name for edit in composed for name in edit.rule.split("+")} == {e.rule for e in [*first, *second]}


@given(texts_with_two())
def test_composition_inverts(case: tuple[str, list[Edit], list[Edit]]) -> None:
    text, first, second = case
    clean = apply(apply(text, first), second)
    assert apply(clean, invert(compose(first, second))) == text


@given(texts_with_pass())
def test_map_is_monotone(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    clean = apply(text, edits)
    positions = PositionMap(edits)
    for move, size, reached in ((positions.forward, len(text), len(clean)), (positions.back, len(clean), len(text))):
        lefts = [move(place, side="left") for place in range(size + 1)]
        rights = [move(place, side="right") for place in range(size + 1)]
        assert lefts == sorted(lefts)
        assert rights == sorted(rights)
        assert all(left <= right for left, right in zip(lefts, rights, strict=True))
        assert lefts[0] == 0
        many = positions.forward_all if move == positions.forward else positions.back_all
        assert many(range(size + 1), side="left") == lefts
        assert many(range(size + 1), side="right") == rights
        assert rights[-1] == reached


@given(texts_with_pass())
def test_the_way_back_is_the_way_forward_through_the_inverse(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    positions, inverse = PositionMap(edits), PositionMap(invert(edits))
    places = range(len(apply(text, edits)) + 1)
    for side in SIDES:
        assert positions.back_all(places, side=side) == inverse.forward_all(places, side=side)
        assert [positions.back(place, side=side) for place in places] == positions.back_all(places, side=side)


@given(texts_with_pass())
def test_survivors_map_there_and_back(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    positions = PositionMap(edits)
    for start, end, out in survivors(edits, len(text)):
        for place in range(start, end):
            assert positions.forward(place, side="right") == out + place - start
            assert positions.back(out + place - start, side="right") == place


@given(texts_with_pass())
def test_origin_is_a_survivor_or_the_edit_that_wrote_it(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    clean = apply(text, edits)
    positions = PositionMap(edits)
    written: dict[int, int] = {}
    for index, char in enumerate(clean):
        origin = positions.origin(index)
        if isinstance(origin, int):
            assert text[origin] == char
        else:
            assert char in origin.new
            written[id(origin)] = written.get(id(origin), 0) + 1
    assert sum(written.values()) == sum(len(edit.new) for edit in edits)


@given(texts_with_pass())
def test_json_round_trips(case: tuple[str, list[Edit]]) -> None:
    _, edits = case
    assert from_json([list(edit) for edit in edits]) == edits


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ([Edit(0, "abc", "", "one"), Edit(2, "c", "", "two")], "the edit before it ends at 3"),
        ([Edit(3, "", "x", "one"), Edit(0, "a", "", "two")], "the edit before it ends at 3"),
        ([Edit(0, "b", "", "one")], "the text reads 'a'"),
        ([Edit(2, "cd", "", "one")], "past the end"),
        ([Edit(4, "", "x", "one")], "past the end"),
    ],
)
def test_a_wrong_pass_is_an_error(edits: list[Edit], words: str) -> None:
    with pytest.raises(EditError, match=words):
        apply("abc", edits)


WRONG_ROWS = [[1, "a", "b"], [-1, "a", "b", "r"], ["1", "a", "b", "r"], [1.0, "a", "b", "r"], 7]
WRONG_ROWS += [[True, "a", "b", "r"], [False, "a", "b", "r"], [0, "a", "b", False]]


@pytest.mark.parametrize("row", WRONG_ROWS)
def test_a_wrong_row_is_an_error(row: object) -> None:
    with pytest.raises(EditError, match="Cannot read edit 0"):
        from_json([row])
