"""Pages, from source to text: cases as data, laws, and work that grows no faster than the page."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from pipeline.core import Pipeline, default_stages
from pipeline.document import Document
from pipeline.settings import Settings
from pipeline.stages import STAGE_RULES

CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "cases" / "html.toml").read_text("utf-8"))["case"]


def choices(case: dict[str, Any]) -> Settings:
    chosen = case.get("settings", {})
    return Settings(**{"labeller": "none"} | chosen | {"off": tuple(chosen.get("off", ()))})


def pipeline(settings: Settings) -> Pipeline:
    """A pipeline that only makes text of pages."""
    return Pipeline(settings, stages=default_stages(settings)[:2])


PAGES = pipeline(Settings(labeller="none"))
WHOLE = Pipeline(Settings(labeller="none"))


def rendered(source: str) -> Document:
    return PAGES.clean(source, media="html")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    settings = choices(case)
    page = pipeline(settings).clean(case["html"], media="html")
    assert page.text == case["text"]
    assert {edit.rule for step in page.ledger for edit in step.edits} <= set(STAGE_RULES)
    clean = Pipeline(settings).clean(case["html"], media="html").text
    assert clean == case.get("clean", case["text"].removesuffix("\n"))
    for words in case.get("keep", []):
        assert words in clean


def test_a_fifth_of_the_cases_say_what_must_stay() -> None:
    assert sum("keep" in case for case in CASES) * 5 >= len(CASES)
