"""What the markup of a page says of it: cases as data, laws, and the time that broken pages take."""

from __future__ import annotations

import json
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.document import Fact
from pipeline.html import cut, head
from pipeline.stages import STAGE_RULES

HEAD_RULES = {rule for rule in STAGE_RULES if rule.startswith("head.")}

CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "cases" / "html-head.toml").read_text("utf-8"))[
    "case"
]


def facts(source: str) -> list[Fact]:
    return head.facts(source, cut.find(source))


def scripts(*data: Any) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps(each)}</script>' for each in data)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    found: dict[str, list[str]] = {}
    for fact in facts(case["html"]):
        found.setdefault(fact.kind, []).append(fact.value)
        assert case["html"][fact.start : fact.end] == case.get("at", {}).get(fact.kind, fact.value)
    wanted = case.get("facts", {})
    assert found == {kind: [value] if isinstance(value, str) else value for kind, value in wanted.items()}


def test_a_fifth_of_the_cases_must_not_give_a_fact() -> None:
    assert sum("facts" not in case for case in CASES) * 5 >= len(CASES)


def test_every_kind_has_a_rule() -> None:
    assert {f"head.{kind.replace('_', '-')}" for kind in head.SOURCES} == HEAD_RULES
    assert all(STAGE_RULES[rule].endswith(".") for rule in HEAD_RULES)


def test_every_kind_is_in_a_case() -> None:
    assert {kind for case in CASES for kind in case.get("facts", {})} == set(head.SOURCES)


def test_a_page_does_not_say_too_much() -> None:
    many = {"@type": "Article", "author": [f"Rook {number}" for number in range(1000)]}
    found = facts(scripts(many, *({"@type": f"Type{number}"} for number in range(1000))))
    assert sum(fact.kind == "author" for fact in found) == head.MOST
    assert sum(fact.kind == "schema_type" for fact in found) == head.MOST


# ----------------------------------------------------------------------------------------------------- the laws

PARTS = [
    "<html lang=en>", "<body", "<title>", "</title>", "<meta ", "<link ", "<!--", "-->", "<script>", "</script>", ">",
    '<script type="application/ld+json">', "name=", "property=", "content=", "itemprop=date", "rel=canonical href=",
    "<", '"', "'", "author", "og:title", "og:site_name", "Of Rooks | Birds", "https://fen.example/", "2024-03-05",
    "May 5, 2024", "/3/2024", '{"@type": "Article", ', '"headline": "Rooks"', '"author": {"@id": ', '"@graph": [', "]",
    "}", ",", "\\", "\\ud83d", "\ud83d", "&amp;", "&#8217;", " - ", "\n", "\x00", "<![CDATA[", "//", "/*",
]  # fmt: skip
SOUP = st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=4)), max_size=40).map("".join)
TORN = st.sampled_from([case["html"] for case in CASES]).flatmap(
    lambda page: st.tuples(st.integers(0, len(page)), st.integers(0, len(page)), SOUP).map(
        lambda torn: page[: torn[0]] + torn[2] + page[torn[1] :]
    )
)


@given(st.one_of(SOUP, TORN, st.text()))
def test_facts_stand_in_the_source(source: str) -> None:
    found = facts(source)
    assert all(0 <= fact.start < fact.end <= len(source) for fact in found)
    assert all(fact.value and fact.value == " ".join(fact.value.split()) for fact in found)
    assert len({(fact.kind, fact.value) for fact in found}) == len(found)
    assert {fact.rule for fact in found} <= HEAD_RULES


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.floats(allow_nan=False), st.text(max_size=5), st.sampled_from(["Article", "#1"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["@type", "@id", "@graph", "name", "headline", "author", "url"]), inner, max_size=5
        ),
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_any_json_can_be_heard(one: Any, two: Any) -> None:
    facts(scripts(one, two))


@pytest.mark.parametrize(
    "source",
    [
        '<meta name="author" content="Ann">' * 10_000,
        '<meta name="author" content=>' * 10_000,
        "<title>" * 10_000,
        "<title>a</title>" * 10_000,
        "<title>&#" + "1" * 5_000 + ";</title>",
        "<meta name='author' content='" + "x " * 100_000 + "'>",
        "<meta property='og:url' content='//" + "a." * 100_000 + " '>",
        "<meta property='og:title' content='" + " - a" * 50_000 + "'>",
        "<meta " + "a=\"b' " * 50_000 + '="' * 50_000 + " " * 100_000 + ">",
        "<meta name=date content='" + "1-1-jan - " * 20_000 + "'>",
        scripts({"@type": "Article"}) * 5_000,
        scripts([{"@type": f"Type{number}", "@id": number} for number in range(20_000)]),
        scripts({"@type": "Article", "author": [[{"name": ["Ann"] * 300}] * 300] * 3}),
        f'<script type="application/ld+json">{"[" * 100_000}',
        f'<script type="application/ld+json">{"[" * 900 + "]" * 900}</script>',
        '<script type="application/ld+json">{"a' + '\\"' * 100_000,
        '<script type="application/ld+json">{"a": ' + "/* " * 50_000 + ", " * 50_000 + "// " * 50_000,
        '<script type="application/ld+json"><!--' + " " * 200_000 + "\n\x01",
    ],
    ids=lambda source: source[:40],
)
def test_broken_and_huge_pages_take_no_time(source: str) -> None:
    cuts = cut.find(source)
    start = time.process_time()
    head.facts(source, cuts)
    assert time.process_time() - start < 1


def test_only_the_first_root_is_looked_at() -> None:
    start = time.process_time()
    assert not head.facts("<html lang=en" * 50_000, [])
    assert time.process_time() - start < 1
