"""Pages, from source to text: cases as data, laws, and work that grows no faster than the page."""

from __future__ import annotations

import gc
import html
import json
import re
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core import Pipeline, default_stages
from pipeline.document import Document
from pipeline.settings import Settings
from pipeline.stages import STAGE_RULES

HERE = Path(__file__).parent
CASES: list[dict[str, Any]] = tomllib.loads((HERE / "cases" / "html.toml").read_text("utf-8"))["case"]


FTFY = HERE.parent.parent / "shared" / "ftfy"


def ftfy_cases() -> list[Any]:
    if not FTFY.is_dir():
        return [pytest.param(None, marks=pytest.mark.skip(reason="ftfy's cases are not at ../shared/ftfy"))]
    cases = [case for path in sorted(FTFY.glob("*.json")) for case in json.loads(path.read_text(encoding="utf-8"))]
    return [pytest.param(case, id=case["label"]) for case in cases if case["expect"] == "pass"]


def choices(case: dict[str, Any]) -> Settings:
    chosen = case.get("settings", {})
    return Settings(**{"labeller": "none"} | chosen | {"off": tuple(chosen.get("off", ()))})


def pipeline(chosen: Settings) -> Pipeline:
    """A pipeline that only makes text of pages."""
    return Pipeline(chosen, stages=default_stages(chosen)[:2])


PAGES = pipeline(Settings(labeller="none"))
WHOLE = Pipeline(Settings(labeller="none"))


def rendered(source: str) -> Document:
    return PAGES.clean(source, media="html")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    chosen = choices(case)
    page = pipeline(chosen).clean(case["html"], media="html")
    assert page.text == case["text"]
    assert {edit.rule for step in page.ledger for edit in step.edits} <= set(STAGE_RULES)
    clean = Pipeline(chosen).clean(case["html"], media="html").text
    assert clean == case.get("clean", case["text"].removesuffix("\n"))
    for words in case.get("keep", []):
        assert words in clean


def test_a_fifth_of_the_cases_say_what_must_stay() -> None:
    assert sum("keep" in case for case in CASES) * 5 >= len(CASES)


# ----------------------------------------------------------------------------------------------------- the laws

WORDS = "rook crow daw raven elm oak harbour mill sea Northport élan naïve 漢字 привет don’t sea-green".split()
INLINE = "b i em strong a span code u small font x-y sup sub ruby q mark time abbr".split()
OUTER = "div section article main blockquote li td dd center form x-page".split()
TAGS = [
    *(f"<{name}>" for name in [*INLINE, *OUTER]), *(f"</{name}>" for name in [*INLINE, *OUTER]), "<p>", "</p>", "<ul>",
    "</ul>", "<ol start=3>", "</ol>", "<table>", "</table>", "<tr>", "</tr>", "<th>", "<caption>", "<tbody>", "<dl>",
    "</dl>", "<dt>", "<h1>", "</h1>", "<h4>", "<pre>", "</pre>", "<br>", "<br/>", "<hr>", "<wbr>", "<img alt='a rook'>",
    "<input>", "<rt>", "<rp>", "<noscript>", "</noscript>", "<a href='x y'>", "<a href=x>", "<p class='a\"b'>",
    "<span hidden>", "<div style='display:none'>", "<tr hidden>", "<button>", "</button>", "<body>", "</body>",
    "</html>", "<!DOCTYPE html>", "<?php x ?>", "<![CDATA[x]]>", "<!-- rook -->", "<!-->", "<!--", "-->", "<script>",
    "</script>", "<style>", "</style>", "<title>", "</title>", "<svg>", "</svg>", "<select><option>", "</select>",
    "<textarea>", "</textarea>", "<template>", "</template>", "<iframe>", "</iframe>", "<object>", "</object>",
    "<details><summary>",
]  # fmt: skip
TORN_TAGS = ["<p class='", '<a href="x', "<div", "<b <i", "</p", "<span hidden", "<img alt=", "<!-", "<td x=y"]
TEXTS = [*WORDS, " ", "\n", "  \t", "\u00a0", "&nbsp;", "&shy;", "\u200b", "1", "[1]", "†", "6", ". ", ", ", "\r\n"]
ENTITIES = [
    "&amp;",
    "&lt;p&gt;",
    "&eacute;",
    "&#150;",
    "&#xD800;",
    "&#1;",
    "&copy",
    "&",
    "&;",
    "AT&T",
    "&#10;",
    "cafÃ©",
]
ODD = ["<", ">", " < ", '"', "'", "=", "--", "\x00", "\x0c", "\ud83d", "\ufeff", "</", "<3", "/>", "<>"]

SOUP = st.lists(st.sampled_from([*TAGS, *TEXTS, *TEXTS, *TEXTS]), max_size=40).map("".join)
ANY = st.lists(
    st.one_of(st.sampled_from([*TAGS, *TORN_TAGS, *TEXTS, *ENTITIES, *ODD]), st.text(max_size=3)), max_size=40
).map("".join)
SOURCES = [case["html"] for case in CASES]
MUTATED = st.tuples(
    st.sampled_from(SOURCES), st.integers(0), st.integers(0), st.one_of(ANY, st.binary(max_size=4))
).map(lambda torn: mutated(*torn))


def mutated(source: str, first: int, second: int, between: str | bytes) -> str:
    """A source from which something was cut, or in which something stands twice, with something else there instead."""
    if isinstance(between, bytes):
        between = between.decode("utf-8", "surrogateescape")
    return source[: first % (len(source) + 1)] + between + source[second % (len(source) + 1) :]


def keep_laws(document: Document) -> None:
    """Check that what no edit wrote is a character of the source (the pipeline has replayed the ledger)."""
    for place, character in enumerate(document.text):
        origin = document.origin(place)
        assert character == (document.raw[origin] if isinstance(origin, int) else character)
        assert isinstance(origin, int) or character in origin.new


@given(st.one_of(SOUP, ANY, MUTATED))
@settings(deadline=None, max_examples=400)
def test_any_source_becomes_text(source: str) -> None:
    document = rendered(source)
    keep_laws(document)
    assert document.text == "" or document.text.endswith("\n")
    keep_laws(WHOLE.clean(source, media="html"))


@pytest.mark.parametrize("source", SOURCES)
def test_a_page_may_end_anywhere(source: str) -> None:
    for end in range(len(source)):
        keep_laws(rendered(source[:end]))
    for doubled in re.findall(r"<[^>]*>", source):
        keep_laws(rendered(source.replace(doubled, doubled * 2)))
    keep_laws(rendered(re.sub(r"</[^>]*>", "", source)))


@given(st.lists(st.sampled_from([*TAGS, *TORN_TAGS, *TEXTS]), max_size=40).map("".join))
@settings(deadline=None, max_examples=300)
def test_no_tag_is_left(source: str) -> None:
    assert not re.search(r"<[/!?a-zA-Z]", rendered(source).text)


LETTERS = st.tuples(st.sampled_from(["", "", "", "b", "i", "a", "span", "x-y", "code"]), st.sampled_from(WORDS))
SPACES = st.sampled_from([" ", " ", "\n", "\t ", "&nbsp;", "<br>", " <!-- x --> ", "<br/> <br>"])
WORD = st.lists(LETTERS, min_size=1, max_size=3)
LINE = st.lists(st.tuples(WORD, SPACES), min_size=1, max_size=6)
BLOCK = st.recursive(
    LINE.map(lambda line: ("p", line)),
    lambda inner: st.tuples(
        st.sampled_from(
            ["div", "section", "li", "ul", "ol", "blockquote", "table", "tr", "td", "h2", "dl", "dd", "pre"]
        ),
        st.lists(inner, min_size=1, max_size=4),
    ),
    max_leaves=8,
)


def written(block: tuple[str, Any]) -> tuple[str, list[str]]:
    """The source of a block, and the words in it."""
    name, inner = block
    if name == "p":
        words = ["".join(letters for _, letters in word) for word, _ in inner]
        source = "".join(
            "".join(f"<{tag}>{letters}</{tag}>" if tag else letters for tag, letters in word) + space
            for word, space in inner
        )
        return f"<p>{source}</p>", words
    parts = [written(one) for one in inner]
    return f"<{name}>{''.join(source for source, _ in parts)}</{name}>", [word for _, words in parts for word in words]


@given(st.lists(BLOCK, max_size=4))
@settings(deadline=None, max_examples=300)
def test_the_words_that_are_shown_are_all_there_in_order(blocks: list[tuple[str, Any]]) -> None:
    source = "".join(written(block)[0] for block in blocks)
    shown = [word for block in blocks for word in written(block)[1]]
    text = re.sub(r"^ *(?:-|\d+\.) | \| ", " ", rendered(source).text, flags=re.M)
    assert text.split() == shown
    assert "".join(shown) == "".join(BeautifulSoup(source, "html.parser").get_text().split())


@given(st.one_of(SOUP, MUTATED))
@settings(deadline=None, max_examples=200)
def test_a_clean_page_is_a_text_without_debris(source: str) -> None:
    """But for code, of which nothing tells in a text that it is code; for lines, which may be joined where nothing
    tells that they are items or rows; and for entities, which a page that writes of markup shows."""
    source = re.sub(r"(?i)</?(?:pre|xmp|listing)\b", "<div", source)
    clean = WHOLE.clean(source, media="html").text
    again = WHOLE.clean(clean, media="text").text
    bare, bare_again = (re.sub(r"[\s-]+", "", html.unescape(text)) for text in (clean, again))
    assert bare_again == bare


@pytest.mark.parametrize("case", ftfy_cases())
def test_a_page_is_repaired_as_a_text_is(case: dict[str, str]) -> None:
    text = case["original"]
    page = WHOLE.clean(f"<p>{html.escape(text)}</p>", media="html").text
    assert page.split() == WHOLE.clean(text, media="text").text.split()


# ------------------------------------------------------------------------------------- work that grows with the page


HUGE: dict[str, Callable[[int], str]] = {
    "elements in one another": lambda n: "<div>" * n + "x" + "</div>" * n,
    "elements that are not closed": lambda n: "".join(f"<{name}>x" * (n // 20) for name in NOT_CLOSED),
    "tags that are not closed": lambda n: "".join(f"<{name} " * (n // 20) for name in NOT_CLOSED),
    "end tags of nothing": lambda n: "".join(f"x</{name}>" * (n // 20) for name in NOT_CLOSED),
    "lists in one another": lambda n: "<ol><li>x" * n,
    "tables in one another": lambda n: "<table><tr><td>x" * n,
    "styles in one another": lambda n: "<b>x<a href=y>" * n,
    "rows": lambda n: "<table>" + "<tr><td>x<td>y" * n,
    "cells": lambda n: "<table><tr>" + "<td>x" * n,
    "line breaks": lambda n: "x<br>" * n + "<br>" * n,
    "raised marks": lambda n: "<sup><a href=x>1</a></sup>" * n,
    "raised brackets": lambda n: "<sup>" + "[" * n,
    "an attribute": lambda n: "<p style='" + "display " * n + "'>x",
    "attributes": lambda n: "<p " + "a=\"b' " * n + ">x",
    "spaces in a tag": lambda n: "<p a" + " " * n + "= " + ">x",
    "a line": lambda n: "word " * n,
    "ampersands": lambda n: "&" * n + "&#" * n + "&amp" * n,
    "an entity": lambda n: "&" + "a" * n + " &#" + "1" * n + " &#x" + "1" * n,
    "brackets": lambda n: "<" * n + "</" * n + "< " * n,
    "comments that never end": lambda n: "<!-- x " * n,
    "empty lines in code": lambda n: "<pre>" + "\n" * n + "<b>\n</b>" * n + "x" + "\n" * n,
    "scripts in a comment of a script": lambda n: "<script><!--" + "<script></script>" * n,
    "images for browsers without scripts": lambda n: "<noscript>" + "<img>" * n + "<noscript><img>" * n,
    "readings": lambda n: "<ruby>x<rt>y" * n,
}
NOT_CLOSED = (
    "p li dd td tr table ul h1 b a sup q span svg script style select textarea title iframe template object button"
).split()


@pytest.mark.parametrize("name", HUGE)
def test_four_times_the_page_takes_about_four_times_as_long(name: str) -> None:
    """Generously: work that grew with the square would take sixteen times as long."""

    def seconds(size: int) -> float:
        source = HUGE[name](size)
        gc.disable()  # what other tests have left behind takes time to look at
        try:
            start = time.process_time()
            rendered(source)
            return time.process_time() - start
        finally:
            gc.enable()

    small = min(seconds(4_000), seconds(4_000))
    assert min(seconds(16_000), seconds(16_000)) < 10 * small + 0.2


def test_elements_are_nested_up_to_a_depth() -> None:
    assert rendered("<div>" * 10_000 + "x" + "</div>" * 10_000 + "<p>y").text == "x\n\ny\n"
    assert rendered("<b>" * 10_000 + "x" + "</b>" * 10_000 + "<p>y").text == "x\n\ny\n"
    assert rendered("<ul><li>x" * 1_000).text.count("x\n") == 1_000
