"""The stages of text on pages: cases, and what the labeller makes superfluous."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from pipeline.core import Pipeline
from pipeline.rules.engine import RuleSet
from pipeline.settings import Settings
from pipeline.stages.on_pages import JUDGED

CASES: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "cases" / "on-pages.toml").read_text(encoding="utf-8")
)["case"]
ALL = Pipeline(Settings(labeller="none"))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    document = ALL.clean(case["page"], media="html")
    assert document.text == case["text"]
    for paragraph in document.paragraphs:
        assert document.text[paragraph.start : paragraph.end].strip()
    if case.get("same"):
        changed = [edit for step in document.ledger if step.stage in ("debris", "reflow") for edit in step.edits]
        assert [edit.old.strip() + edit.new.strip() for edit in changed] == [""] * len(changed)


def test_enough_cases_must_not_change() -> None:
    assert sum("same" in case for case in CASES) * 5 >= len(CASES)


def test_paragraphs_have_the_kinds_that_markup_tells() -> None:
    page = (
        "<h2>Tides</h2><p>They rise and they fall.</p><ul><li>twice</ul><pre>x = 1</pre><table><tr><td>a<td>b</table>"
    )
    document = ALL.clean(page, media="html")
    found = [(one.kind, document.text[one.start : one.end]) for one in document.paragraphs]
    assert found == [
        ("heading", "Tides"),
        ("prose", "They rise and they fall."),
        ("list", "- twice"),
        ("kept", "x = 1"),
        ("kept", "a | b"),
    ]


def test_headings_have_the_level_that_markup_tells() -> None:
    page = "<h1>Sea</h1><h3>Tides</h3><p>They rise and they fall.</p><p>Notes</p><p>None are known of this year.</p>"
    text = Pipeline(Settings(labeller="none", headings="markdown")).clean(page, media="html").text
    assert text.split("\n\n")[:4] == ["# Sea", "### Tides", "They rise and they fall.", "Notes"]


def test_work_grows_no_faster_than_the_rows_of_a_page() -> None:
    """Generously: work that grew with the square would take thirty-six times as long."""
    rows = "<p>The stores of the year</p><table>" + "<tr><td>Oil and candles<td>By the tender" * 8 + "</table>"

    def seconds(size: int) -> float:
        start = time.process_time()
        ALL.clean(rows * size, media="html")
        return time.process_time() - start

    small = min(seconds(500), seconds(500))
    assert seconds(3_000) < 16 * small


def test_what_a_labeller_has_judged_is_not_judged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """All examples of the rules that look for chrome above and below a text, as pages all of which a labeller keeps."""
    monkeypatch.setattr("pipeline.html.labeller.labeller", lambda name: lambda page: [1.0] * len(page.blocks))
    judging, without = Pipeline(), Pipeline(Settings(labeller="none"))
    taken = set()
    for rule in RuleSet.builtin().structural:
        for example in rule.match if rule.id in JUDGED else ():
            page = "<body>" + "".join(f"<p>{line}" for line in example.text.splitlines() if line.strip())
            rules = [
                {edit.rule for edit in pipeline.clean(page, media="html").edits} for pipeline in (without, judging)
            ]
            taken |= {name for joined in rules[0] for name in joined.split("+")}
            assert not {name for joined in rules[1] for name in joined.split("+")} & set(JUDGED)
    assert taken & set(JUDGED)
