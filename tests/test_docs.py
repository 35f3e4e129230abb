"""What the documents say is what the code does. `REWRITE=1` writes the parts that are made of the code."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from pipeline import clean
from pipeline.report.rules import reasons
from pipeline.rules.engine import RuleSet, failures
from pipeline.rules.pack import parse

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def fenced(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_readme_shows_what_cleaning_does() -> None:
    before, after = fenced(ROOT / "README.md", "text")[:2]
    assert clean(before).text + "\n" == after


@pytest.mark.parametrize("page", ["README.md", "docs/rules.md"])
def test_the_pack_that_is_shown_loads_and_passes(page: str) -> None:
    text = "\n".join(fenced(ROOT / page, "toml"))
    assert failures(RuleSet([parse(text)])) == []


def test_the_table_of_rules_is_current() -> None:
    page = ROOT / "docs" / "rules.md"
    rows = [f"| `{id}` | {about.replace('|', chr(92) + '|')} |" for id, about in reasons(RuleSet.builtin()).items()]
    table = "\n".join(["<!-- rules -->", "| rule | what it is for |", "|---|---|", *rows, "<!-- /rules -->"])
    text = page.read_text(encoding="utf-8")
    current = re.sub(r"<!-- rules -->.*<!-- /rules -->", lambda _: table, text, flags=re.DOTALL)
    if os.environ.get("REWRITE"):
        page.write_text(current, encoding="utf-8")
        text = current
    assert text == current, "docs/rules.md is not current: run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"
