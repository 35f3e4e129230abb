"""Dropped years and values: the rules' own examples, cases as data, and the laws of the policies."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.document import Gap
from pipeline.edits import apply
from pipeline.settings import Settings
from pipeline.stages import gaps
from pipeline.stages.gap_patterns import PLACE, GapRule, Gate, PatternError, read, rules, without_lookarounds

FIND = {policy: gaps.finder(Settings(gaps=policy)) for policy in ("keep", "mark", "drop")}  # type: ignore[arg-type]
CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "cases" / "gaps.toml").read_text("utf-8"))["case"]
INTACT = [case for case in CASES if PLACE not in case["text"]]


def places(text: str) -> tuple[str, list[int]]:
    """The text without its marks of place, and where they stood."""
    parts = text.split(PLACE)
    ends = [sum(map(len, parts[: count + 1])) for count in range(len(parts) - 1)]
    return "".join(parts), ends


def named(rule: GapRule) -> str:
    return rule.id


@pytest.mark.parametrize("rule", rules(), ids=named)
def test_rule_finds_its_examples(rule: GapRule) -> None:
    for example in rule.match:
        text, wanted = places(example)
        assert wanted, f"{rule.id}: {example!r} does not show where the gap is"
        assert [gap.at for gap in rule.gaps(text)] == wanted, example


@pytest.mark.parametrize("rule", rules(), ids=named)
def test_rule_leaves_its_counterexamples(rule: GapRule) -> None:
    assert [text for text in rule.intact if rule.gaps(text)] == []


@pytest.mark.parametrize("rule", rules(), ids=named)
def test_gate_lets_through_what_a_rule_matches(rule: GapRule) -> None:
    gate = Gate([rule])
    texts = [places(text)[0].encode() for text in rule.match]
    assert [text for text in texts if not gate.sees(text) or gate.rules_in(text) != [rule]] == []


def test_ids_are_unique() -> None:
    ids = [rule.id for rule in rules()]
    assert len(ids) == len(set(ids))


def test_a_fifth_of_the_cases_must_not_change() -> None:
    assert len(INTACT) * 5 >= len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any], request: pytest.FixtureRequest) -> None:
    if case.get("fails"):
        request.applymarker(pytest.mark.xfail(reason=case["why"], strict=True))
    text, wanted = places(case["text"])
    found = FIND["keep"](text)
    assert [gap.at for gap in found.gaps] == wanted
    assert [gap.kind for gap in found.gaps] == case.get("kinds", ["year"] * len(wanted))
    assert not found.edits
    for policy in ("drop", "mark"):
        result = FIND[policy](text)
        assert list(result.gaps) == list(found.gaps), "a policy changes the text, not what is found"
        if policy in case or not wanted:
            assert apply(text, result.edits) == case.get(policy, text)


def test_probable_gaps_alone_are_not_told() -> None:
    assert not FIND["drop"]("She was the third judge in but did not sit.").gaps


def test_one_certain_gap_is_not_enough_for_probable_ones() -> None:
    found = FIND["drop"]("She was the third judge in but did not sit. She left in , at last.").gaps
    assert [gap.rule for gap in found] == ["gaps.preposition"]


def test_rules_can_be_switched_off() -> None:
    text = "She was born in , and left during the s, at last."
    only = gaps.finder(Settings(off=("gaps.preposition",)))(text)
    assert [gap.rule for gap in only.gaps] == ["gaps.decade"]
    assert not gaps.finder(Settings(off=("gaps.*",)))(text).gaps
    kept = gaps.finder(Settings(off=("gaps.sentence",)))(text)
    assert len(kept.gaps) == 2
    assert not kept.edits


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("id = 'x'", "missing"),
        ("id='x'\nabout=''\nkinds=['year']\npattern='‸s'\nmatch=['s']\nnot=['t']\ncolour=1", "colour unknown"),
        ("id='x'\nabout=''\nkinds=['year']\npattern='‸s'\nmatch=['s']\nnot=[]", "lacks examples"),
        ("id='x'\nabout=''\nkinds=['era']\npattern='‸s'\nmatch=['s']\nnot=['t']", "no kind era"),
    ],
)
def test_a_broken_pattern_file_says_why(toml: str, words: str) -> None:
    with pytest.raises(PatternError, match=words):
        read(f"[[rule]]\n{toml}")


def test_lookarounds_with_brackets_and_classes_inside_go() -> None:
    assert without_lookarounds(r"a(?!b(?:c|[)])\))d(?<=[(])[(?=]e") == "ad[(?=]e"


# ----------------------------------------------------------------------------------------------------- the laws

SENTENCES = [places(case["text"])[0] for case in CASES if case["text"]]
texts = st.lists(
    st.sampled_from(
        [*SENTENCES, "In , it fell.", "It rose in .", "He said so. ", "a", "U.S. in ,", "the s, ", "June 5, "]
    ),
    max_size=6,
).flatmap(lambda parts: st.sampled_from([" ", "\n", "\n\n", "\n \n", ""]).map(lambda joint: joint.join(parts)))


@given(texts, st.sampled_from(["mark", "drop"]))
def test_policies_are_idempotent(text: str, policy: str) -> None:
    once = apply(text, FIND[policy](text).edits)
    assert not FIND[policy](once).edits


@given(texts)
def test_drop_only_takes_and_mark_only_adds(text: str) -> None:
    assert all(edit.old and not edit.new for edit in FIND["drop"](text).edits)
    marked = apply(text, FIND["mark"](text).edits)
    assert marked.replace(gaps.MARK, "").replace(" ", "") == text.replace(gaps.MARK, "").replace(" ", "")


@given(texts)
def test_drop_takes_every_certain_gap_that_it_may(text: str) -> None:
    found = FIND["drop"](text)
    if found.edits:
        spare = {f"gaps.{rule.id}" for rule in rules() if rule.spare}
        for gap in found.gaps:
            if gap.certain and gap.rule not in spare:
                assert any(edit.start <= gap.at <= edit.end for edit in found.edits), gap


@given(st.text(alphabet="äß€🏰 .,\n", max_size=30), texts)
def test_places_are_code_points(before: str, text: str) -> None:
    shifted = before + "\n\n"
    alone = FIND["keep"]("x\n\n" + text).gaps
    behind = FIND["keep"](shifted + text).gaps
    strong = [gap for gap in alone if gap.rule == "gaps.from_to"]
    assert [gap.at - 3 for gap in strong] == [gap.at - len(shifted) for gap in behind if gap.rule == "gaps.from_to"]


@given(st.text(max_size=200))
def test_any_text_is_safe(text: str) -> None:
    for policy in ("mark", "drop"):
        apply(text, FIND[policy](text).edits)


def test_the_first_rule_wins_at_a_place() -> None:
    first, second = Gap(4, "value", "a"), Gap(4, "year", "b")
    assert gaps.merge([first, second]) == [first]
