"""Code in plain texts stays as it is; what is around it does not."""

from __future__ import annotations

import pytest

from pipeline.core import Pipeline
from pipeline.settings import Settings

PIPELINE = Pipeline(Settings(gaps="keep"))
PROSE = "The keeper writes down the height of the tide, and the harbour office puts it into a list.[1]"
CLEAN = "The keeper writes down the height of the tide, and the harbour office puts it into a list."

# What must not change, between prose that loses its marker.
CODE = {
    "an index": "```\nprint(tides[1], tides[2])\n```",
    "a test of a shell, and an entity": '```sh\nif [[ -f "$list" ]]; then echo "&amp;&lt;br&gt;"; fi\n```',
    "a template": "````md\n```\n{{tide|low}} ''so'' [[Bay|the bay]]\n```\n````",
    "in a line": "Write `tides[1] [2]`, or `{{tide|low}}`, or `&nbsp;`.",
    "an index without fences": "print(tides[0], tides[1])",
}
# What is no code, and what becomes of it.
OTHER = {
    "a line of tildes is an ornament": ("~~~~~\n\nIt rose.[2]\n\n~~~~~", "~~~~~\n\nIt rose.\n\n~~~~~"),
    "apostrophes": ("The `70s were dry.[2] The `80s were not.", "The `70s were dry. The `80s were not."),
    "quotation marks of TeX": ("He called it `the bar'.[2] So did `she'.", "He called it `the bar'. So did `she'."),
    "a fence that is never closed": ("```\nIt rose.[2]", "```\nIt rose."),
}


@pytest.mark.parametrize("name", CODE)
def test_code_stays(name: str) -> None:
    text = f"{PROSE}\n\n{CODE[name]}\n\n{PROSE}"
    assert PIPELINE.clean(text).text == f"{CLEAN}\n\n{CODE[name]}\n\n{CLEAN}"


@pytest.mark.parametrize("name", OTHER)
def test_what_is_no_code_does_not(name: str) -> None:
    text, clean = OTHER[name]
    assert PIPELINE.clean(f"{PROSE}\n\n{text}\n\n{PROSE}").text == f"{CLEAN}\n\n{clean}\n\n{CLEAN}"


def test_code_goes_with_the_section_that_it_stands_in() -> None:
    text = f"{PROSE}\n\n{PROSE}\n\nSee also\n\n`tide`\nHarbour\nBay\n"
    assert PIPELINE.clean(text).text == f"{CLEAN}\n\n{CLEAN}"
