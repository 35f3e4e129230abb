"""Reflow: cases as data, and the laws: idempotent, nothing lost but white space and broken words' hyphens."""

from __future__ import annotations

import re
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.document import Found
from pipeline.edits import Edit, apply, check, invert
from pipeline.lists import some
from pipeline.settings import Settings
from pipeline.stages import reflow
from pipeline.stages.blocks import Rows, shape
from pipeline.stages.hyphens import judge
from pipeline.stages.seams import links

HERE = Path(__file__).parent
DATA = tomllib.loads((HERE / "cases" / "reflow.toml").read_text(encoding="utf-8"))
CASES: list[dict[str, Any]] = DATA["case"]
HYPHENS: list[dict[str, Any]] = DATA["hyphen"]
SHARED = HERE.parent.parent / "shared"
RULES = some(
    "reflow.join reflow.seam reflow.hyphen reflow.compound reflow.paragraph reflow.heading "
    "spaces.run spaces.trailing spaces.indent"
)
SPACE_OR_HYPHEN = re.compile(r"[\s\-\u2010\u00ad]+")

plain = reflow.finder(Settings())
markdown = reflow.finder(Settings(headings="markdown"))


def reflowed(text: str) -> str:
    return apply(text, plain(text).edits)


def keep_laws(text: str) -> None:
    """Check the laws that hold for every text."""
    found = plain(text)
    check(found.edits)
    clean = apply(text, found.edits)
    assert apply(clean, invert(found.edits)) == text
    assert {edit.rule for edit in found.edits} <= RULES
    assert plain(clean).edits == [], "a second run finds something to do"
    assert SPACE_OR_HYPHEN.sub("", clean) == SPACE_OR_HYPHEN.sub("", text)
    for edit in found.edits:
        assert not edit.new.strip()
        assert edit.old != edit.new
        assert not edit.old.strip() or (edit.rule == "reflow.hyphen" and edit.old.strip() in "-\u2010\u00ad")
    assert clean == clean.strip("\n")
    assert "\n\n\n" not in clean or "```" in clean or "~~~" in clean
    paragraphs_tile(text, found)
    paragraphs_tile(clean, plain(clean))


def paragraphs_tile(text: str, found: Found) -> None:
    """Check that the paragraphs are in order and leave nothing out but white space."""
    at = 0
    for kind, start, end, _, _ in found.paragraphs:
        assert kind in ("heading", "prose", "list", "kept")
        assert at <= start < end <= len(text)
        assert not text[at:start].strip()
        at = end
    assert not text[at:].strip()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    text = case["text"].removesuffix("\n")
    assert reflowed(text) == case.get("out", text).removesuffix("\n")
    if "rules" in case:
        assert sorted({edit.rule for edit in plain(text).edits}) == case["rules"]
    if "kinds" in case:
        assert [paragraph.kind for paragraph in plain(text).paragraphs] == case["kinds"]
    keep_laws(text)


def test_a_fifth_of_the_cases_must_not_change() -> None:
    assert len(CASES) >= 40
    assert sum("out" not in case for case in CASES) * 5 >= len(CASES)


@pytest.mark.parametrize("case", HYPHENS, ids=lambda case: case["name"])
def test_hyphen(case: dict[str, Any]) -> None:
    decide = judge(case.get("text", ""))
    assert decide(case["before"], case["after"]) == case["verdict"]


WORDS = st.sampled_from(
    sorted(some("the Ship of a sailed Harbour, and then. It (was) grey- sea-green — -- well: 1990 * • ) ( , . an S s"))
    + sorted(some("«Oui» 漢字 。 | = ; 1. b) ' … ™"))
)
LINES = st.one_of(
    st.lists(WORDS, max_size=14).map(" ".join),
    st.lists(WORDS, max_size=14).map("  ".join),
    st.lists(WORDS, max_size=60).map(" ".join),
    st.sampled_from(
        ["", " ", "\t", "* * *", "=====", "```", "CHAPTER II", "From: a", "x = f(1);", "> so", "--", "# A"]
    ),
)
PREFIXES = st.sampled_from(["", "", "", " ", "    ", "\t", "- ", "1. ", "• ", "   * ", "o  ", "> "])
ENDS = st.sampled_from(["", "", "", " ", "  ", "\t", "-"])
WRAPPED = st.builds(
    lambda words, width: textwrap.fill(" ".join(words), width, break_on_hyphens=False),
    st.lists(WORDS, min_size=8, max_size=60),
    st.sampled_from([30, 50, 72]),
)
PIECES = st.one_of(st.tuples(PREFIXES, LINES, ENDS).map("".join), WRAPPED)
TEXTS = st.lists(PIECES, max_size=20).map("\n".join)


@given(st.one_of(TEXTS, st.text(alphabet="aA .,-\n\t(=漢\u00a0", max_size=80)))
@settings(deadline=None, max_examples=300)
def test_laws(text: str) -> None:
    keep_laws(text)


@given(TEXTS)
@settings(deadline=None, max_examples=100)
def test_markdown_headings_are_marked_once(text: str) -> None:
    found = markdown(text)
    check(found.edits)
    clean = apply(text, found.edits)
    again = markdown(clean)
    assert again.edits == []
    for kind, start, end, _, _ in again.paragraphs:
        assert kind != "heading" or clean[start:end].startswith("# ")


PLAIN = st.lists(WORDS.filter(str.isalpha), max_size=40).map(lambda words: " ".join(["It", *words]) + ".")


@given(st.lists(PLAIN, max_size=8))
@settings(deadline=None, max_examples=100)
def test_a_paragraph_on_each_line_stays(paragraphs: list[str]) -> None:
    assert plain("\n\n".join(paragraphs)).edits == []


SHIPS = sorted(some("old ships carried their grey timber slowly along every northern harbour road"))
PROSE = st.lists(st.sampled_from(SHIPS * 2 + sorted(some("then. S (so) It of 1990 * a) LAMP sea- -- -v"))), min_size=20)


@given(PROSE, st.integers(45, 75))
@settings(deadline=None, max_examples=300)
def test_the_short_way_and_the_long_way_agree(words: list[str], width: int) -> None:
    text = textwrap.fill(" ".join(words), width, break_on_hyphens=False)
    block = Rows(0, text.split("\n"))
    if block.plain():
        lines = block.lines()
        found = shape(lines)
        assert found.kind == "wrapped"
        assert not any("\n" in link.new for link in links(lines, found))


SENTENCES = st.lists(st.sampled_from(SHIPS), min_size=30, max_size=90)


@given(st.lists(SENTENCES.map(" ".join), min_size=1, max_size=4), st.integers(45, 90))
@settings(deadline=None, max_examples=100)
def test_wrapping_is_undone(paragraphs: list[str], width: int) -> None:
    paragraphs = [f"The {paragraph}." for paragraph in paragraphs]
    wrapped = "\n\n".join(textwrap.fill(paragraph, width) for paragraph in paragraphs)
    assert reflowed(wrapped) == "\n\n".join(paragraphs)


def real_texts() -> list[tuple[str, str]]:
    """Real documents beside the repository, where there are any: raw, and with what is labelled as debris dropped."""
    texts = []
    for gold in sorted(SHARED.glob("*/gold/*.gold.tsv")):
        name = gold.name.removesuffix(".gold.tsv")
        raw = (gold.parent.parent / "raw" / f"{name}.txt").read_bytes().decode("utf-8").replace("\r\n", "\n")
        rows = [line.split("\t") for line in gold.read_text(encoding="utf-8").splitlines()]
        kept = "".join(raw[int(row[0]) : int(row[1])] for row in rows if row[2] != "debris")
        texts += [(f"{name} raw", raw), (f"{name} without debris", kept)]
    return texts


REAL = real_texts()


@pytest.mark.skipif(not REAL, reason="there are no real documents in ../shared")
def test_laws_on_real_documents() -> None:
    for name, text in REAL:
        try:
            keep_laws(text)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error
        first = markdown(text)
        assert markdown(apply(text, first.edits)).edits == [], name


def test_a_heading_is_marked() -> None:
    text = "Tides\n\nThe tide comes twice a day to the harbour, and it goes as often, which is all that is known of it."
    assert markdown(text).edits == [Edit(0, "", "# ", "reflow.heading")]
