"""The rules of the web: whole pages as cases, and the law that the automaton of cues misses none."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.edits import apply
from pipeline.rules.engine import RuleSet
from pipeline.rules.rule import Example
from pipeline.rules.structural import cues

CASES = tomllib.loads((Path(__file__).parent / "cases" / "rules-web.toml").read_text(encoding="utf-8"))["case"]
RULES = RuleSet.builtin()
ROUNDS = 6


def cleaned(text: str) -> str:
    for _ in range(ROUNDS):
        edits, _ = RULES.find(text)
        if not edits:
            break
        text = apply(text, edits)
    return text


def filled(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_pages(case: dict[str, str]) -> None:
    text, spans = Example.parse(case["text"])
    wanted = list(text)
    for start, end in spans:
        wanted[start:end] = [""] * (end - start)
    once = cleaned(text)
    assert filled(once) == filled("".join(wanted))
    assert cleaned(once) == once


def test_a_fifth_of_the_pages_must_not_change() -> None:
    assert sum("⟦" not in case["text"] for case in CASES) * 5 >= len(CASES)


WORDS = st.sampled_from(sorted(cues.LEVELS)) | st.sampled_from(
    [
        "1,204 replies",
        "Posts: 12",
        "May 3, 2019 at 4:12 pm",
        "Ann Hill",
        "© 2014 Mill",
        "« Prev 1 2 3 Next »",
        "★★★★",
        "#7",
    ]
)
BETWEEN = st.sampled_from([" ", " | ", "  ", "\t", " / ", " - "])


@given(
    st.lists(st.tuples(WORDS, BETWEEN), min_size=1, max_size=4),
    st.sampled_from(["", "• ", "  ", "› ", "|", "/ ", "-- "]),
    st.booleans(),
)
def test_the_automaton_finds_every_cue(parts: list[tuple[str, str]], before: str, loud: bool) -> None:
    line = "".join(word + between for word, between in parts[:-1]) + parts[-1][0]
    row = before + (line.upper() if loud else line)
    if cues.strength(row.strip()):
        text = f"The mill stood by the river.\n{row}\nIt fell."
        found = {text.count("\n", 0, match.start()) for match in cues.maybe().finditer(text)}
        assert 1 in found
