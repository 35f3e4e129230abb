"""The labeller of pages: forests, features, what is kept, and why the rest goes."""

from __future__ import annotations

import random
import sys
import types
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core import Pipeline, default_stages
from pipeline.document import Document, Found
from pipeline.edits import Edit, apply
from pipeline.html import cues, features
from pipeline.html.blocks import Block, Outline
from pipeline.html.context import context
from pipeline.html.forest import Forest
from pipeline.html.labeller import kept, labeller
from pipeline.html.page import Page
from pipeline.html.trafilatura import shares
from pipeline.settings import Settings
from pipeline.stages import STAGE_RULES, Stage
from pipeline.stages.page import dropped, is_page

SAMPLE = (Path(__file__).parent.parent / "raw" / "lighthouse-page.html").read_text(encoding="utf-8")


def page_of(source: str, **choices: Any) -> Page:
    """A page as the labeller gets it."""
    seen: list[Page] = []

    def look(document: Document) -> Found:
        assert document.page is not None
        seen.append(document.page)
        return Found()

    usual = {stage.name: stage for stage in default_stages(Settings(**choices))}
    Pipeline(stages=[usual["cut"], usual["markup"], Stage("look", look, whole=True)]).clean(source, media="html")
    return seen[0]


# --- forests

trees = st.recursive(
    st.integers(-1000, 1000),
    lambda below: st.tuples(st.integers(0, 3), st.sampled_from([-1.0, 0.0, 0.5, 2.0]), below, below).map(list),
    max_leaves=16,
)


def walk(tree: Any, row: list[float]) -> int:
    while not isinstance(tree, int):
        tree = tree[2] if row[tree[0]] <= tree[1] else tree[3]
    return tree


@given(
    st.lists(trees, min_size=1, max_size=5),
    st.lists(st.lists(st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0]), min_size=4, max_size=4), max_size=20),
)
def test_a_forest_sums_what_its_trees_say(grown: list[Any], rows: list[list[float]]) -> None:
    forest = Forest.from_json(grown)
    sums = forest.sums(np.array(rows, dtype=np.float32).reshape(len(rows), 4))
    assert sums.tolist() == [sum(walk(tree, row) for tree in grown) for row in rows]


# --- features


def test_the_features_of_a_page_do_not_depend_on_what_stands_beside_it_in_memory() -> None:
    one, two = page_of(SAMPLE), page_of(SAMPLE)
    random.seed(1)
    assert labeller("forest")(one) == labeller("forest")(two)


def test_every_column_that_a_forest_asks_for_is_there() -> None:
    page = page_of(SAMPLE)
    model = labeller("forest")
    columns, measures = features.rows(page, model.scores)  # type: ignore[attr-defined]
    first = np.full(len(page.blocks), 0.5)
    known = columns | context(measures, first)
    assert all(len(values) == len(page.blocks) for values in known.values())
    assert {name for names in model.columns for name in names} <= set(known)  # type: ignore[attr-defined]
    assert all(np.isfinite(np.asarray(values, dtype=float)).all() for values in known.values())


@pytest.mark.parametrize("source", ["x", "<p>x", "<p>x<p>y", "<table><tr><td>a<td>b</table>", "<ul><li>x</ul>"])
def test_the_smallest_pages_have_chances(source: str) -> None:
    page = page_of(source)
    chances = labeller("forest")(page)
    assert len(chances) == len(page.blocks)
    assert all(0 <= chance <= 1 for chance in chances)
    assert any(kept(page, chances))


# --- what is kept


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 50)), min_size=1, max_size=12))
@settings(max_examples=60)
def test_what_is_kept_has_the_best_f1_that_can_be_expected(blocks: list[tuple[float, int]]) -> None:
    page = Page(blocks=[Block("paragraph", 0, 0, [], text="w " * count) for _, count in blocks])
    chances = [round(chance, 4) for chance, _ in blocks]
    words = [count for _, count in blocks]

    def expected(stays: list[bool]) -> float:
        hits = sum(chance * count for chance, count, stay in zip(chances, words, stays, strict=True) if stay)
        sizes = sum(count for count, stay in zip(words, stays, strict=True) if stay)
        wanted = sum(chance * count for chance, count in zip(chances, words, strict=True))
        return 2 * hits / (sizes + wanted) if sizes + wanted else 0.0

    found = expected(kept(page, chances))
    order = sorted(range(len(blocks)), key=lambda place: -chances[place])
    for size in range(1, len(blocks) + 1):
        assert found >= expected([place in order[:size] for place in range(len(blocks))]) - 1e-6


def test_the_sample_keeps_its_article_and_loses_what_is_around_it() -> None:
    text = Pipeline().clean(SAMPLE, media="html").text
    for there in ("None of them could swim", "2. wind the clock", "Coal | 9 tons", "gave it to the school"):
        assert there in text
    for gone in ("cookies", "Contact", "Related posts", "Subscribe", "All rights reserved", "Tweet", "Draft"):
        assert gone not in text


def test_a_fragment_stays_whole() -> None:
    fragment = "<p>See also:</p><ul><li><a href=/a>Tides</a></li></ul>"
    assert Pipeline().clean(fragment, media="html").text == "See also:\n\n- Tides"
    for whole in ("<html>", "<body>", "<title>Sea</title>", "<meta charset=utf-8>"):
        assert page_of(whole + fragment).whole
    assert not page_of(fragment).whole


def test_with_no_labeller_all_stays_that_a_browser_shows() -> None:
    text = Pipeline(Settings(labeller="none")).clean("<nav><a href=/>Home</a></nav><p>A river rose.", media="html").text
    assert text == "Home\n\nA river rose."


# --- why the rest goes


@pytest.mark.parametrize(
    ("element", "names", "rule"),
    [
        ("nav", "", "page.navigation"),
        ("div", "breadcrumb-list", "page.navigation"),
        ("div", "Pagination", "page.navigation"),
        ("footer", "", "page.footer"),
        ("div", "site_footer", "page.footer"),
        ("aside", "", "page.aside"),
        ("div", "relatedPosts", "page.related"),
        ("ul", "share-buttons", "page.share"),
        ("div", "cookie-notice", "page.consent"),
        ("div", "newsletter", "page.subscribe"),
        ("form", "", "page.controls"),
        ("div", "entry-content", "page.boilerplate"),
        ("div", "shareholders", "page.boilerplate"),
        ("div", "", "page.boilerplate"),
    ],
)
def test_a_block_goes_by_the_rule_of_what_is_around_it(element: str, names: str, rule: str) -> None:
    outline = Outline(["[document]", element, "p"], ["", names, ""], ["", names, ""], [-1, 0, 1])
    assert cues.reasons(outline) == ["page.boilerplate", rule, rule]
    assert rule in STAGE_RULES


def test_blocks_stay_whose_rule_is_off() -> None:
    page = (
        "<body><nav>Home | Ships</nav><div class=content><p>"
        + "The ship came in at noon, and left at four. " * 9
        + "</div>"
    )
    assert "Home" not in Pipeline().clean(page, media="html").text
    for off in ("page.navigation", "page.*"):
        assert "Home" in Pipeline(Settings(off=(off,))).clean(page, media="html").text


rules = st.sampled_from(["", "page.share", "page.meta"])
spans = st.lists(
    st.tuples(st.text("ab", min_size=1, max_size=3), st.sampled_from(["\n", "\n\n"]), rules), min_size=1, max_size=9
)


@given(spans)
def test_dropping_blocks_leaves_the_others_apart(parts: list[tuple[str, str, str]]) -> None:
    text, places = "", []
    for word, separator, rule in parts:
        places.append((len(text), len(text) + len(word), rule))
        text += word + separator
    text = text[: places[-1][1]] + "\n"
    left = apply(text, list(dropped(text, places)))
    stay = [word for word, _, rule in parts if not rule]
    assert left.split() == stay
    assert left == "" or (left[-1] == "\n" and left[0] != "\n")
    if len(stay) == len(parts):
        assert left == text


def test_the_edits_of_dropped_blocks_name_their_rules() -> None:
    text = "Menu\n\nOne.\n\nShare\n\nLike\n\nTwo.\n"
    places = [(0, 4, "page.navigation"), (6, 10, ""), (12, 17, "page.share"), (19, 23, "page.meta"), (25, 29, "")]
    assert list(dropped(text, places)) == [
        Edit(0, "Menu\n\n", "", "page.navigation"),
        Edit(12, "Share\n\n", "", "page.share"),
        Edit(19, "Like\n\n", "", "page.meta"),
    ]


# --- cues for stages after the markup


def test_a_stage_sees_where_blocks_stand_and_what_they_are_in() -> None:
    seen: list[tuple[str, str, str]] = []

    def look(document: Document) -> Found:
        page = document.page
        assert page is not None
        for block in page.blocks:
            assert document.text[block.start : block.end] == block.marker + block.text
            seen.append((block.kind, block.text, page.outline.names[block.place]))
        return Found()

    stages = [
        stage for stage in default_stages(Settings(labeller="none")) if stage.name in ("cut", "markup", "content")
    ]
    source = "<h1>Tides</h1><div class=intro>They&nbsp;rise.</div><ul><li>twice<li>a day</ul>"
    Pipeline(stages=[*stages, Stage("look", look, whole=True)]).clean(source, media="html")
    assert seen == [
        ("heading", "Tides", ""),
        ("paragraph", "They\xa0rise.", "intro"),
        ("item", "twice", ""),
        ("item", "a day", ""),
    ]


def test_blocks_move_with_the_edits_before_them() -> None:
    seen: list[str] = []

    def look(document: Document) -> Found:
        assert document.page is not None
        seen.extend(document.text[block.start : block.end] for block in document.page.blocks)
        return Found()

    usual = {stage.name: stage for stage in default_stages(Settings(labeller="none"))}
    chosen = [usual[name] for name in ("cut", "markup", "characters")]
    source = "<p>Low\u200b water.<p>High\u00a0\u200bwater."
    Pipeline(stages=[*chosen, Stage("look", look, whole=True)]).clean(source, media="html")
    assert seen == ["Low water.", "High water."]


# --- pages among texts


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("<!DOCTYPE html><p>x", True),
        ("<!doctype HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'>\n<html>", True),
        ("\ufeff\n <html lang=en>", True),
        ("<?xml version='1.0'?>\n<html xmlns='http://www.w3.org/1999/xhtml'>", True),
        ("<!-- saved from url -->\n<html>", True),
        ("<p>A paragraph that somebody typed.", False),
        ("<html-parser> is a name", False),
        ("To make a page, write <html>.", False),
        ("<doc id=1>\nA text.\n</doc>", False),
        ("", False),
    ],
)
def test_a_page_is_known_by_its_beginning(text: str, page: bool) -> None:
    assert is_page(text) is page


def test_a_text_that_speaks_of_markup_is_no_page() -> None:
    text = "Write <b>bold</b> for bold text, and <p> for a paragraph."
    assert Pipeline().clean(text, media="text").text == text


def test_settings_refuse_what_a_page_needs() -> None:
    with pytest.raises(ValueError, match=r"Cannot switch off html\.tag"):
        Settings(off=("html.tag",))
    with pytest.raises(ValueError, match="Cannot use labeller='best'"):
        Settings(labeller="best")  # type: ignore[arg-type]


def test_the_choice_of_another_tool_is_laid_beside_the_blocks() -> None:
    texts = ["Menu Home", "The tide comes in.", "The tide", "Home"]
    assert shares(texts, "the tide comes in the tide".split()) == [0.0, 1.0, 1.0, 0.0]
    assert shares(texts, []) == [0.0] * 4


def test_trafilatura_chooses_among_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = types.ModuleType("trafilatura")
    chosen.__spec__ = ModuleSpec("trafilatura", None)
    chosen.extract = lambda source: "The tide comes in." if "<nav>" in source else None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "trafilatura", chosen)
    pipeline = Pipeline(Settings(labeller="trafilatura"))
    assert pipeline.clean("<body><nav>Home</nav><p>The tide comes in.", media="html").text == "The tide comes in."


def test_trafilatura_has_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.settings.find_spec", lambda name: None)
    with pytest.raises(ValueError, match="trafilatura': it is not installed"):
        Settings(labeller="trafilatura")
