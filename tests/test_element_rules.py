"""Rules for the elements of a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.core import Pipeline
from pipeline.rules.engine import RuleSet
from pipeline.rules.pack import PackError, parse
from pipeline.settings import Settings

HEAD = '[pack]\nname = "house"\nabout = "Of the house."\n'
RULE = """
[[rule]]
id = "house.promo"
about = "What sells the yearbook."
where = "element"
needs = ["promo"]
pattern = "div.promo, td[data-kind=promo]"
match = ["<p>Old.⟦<div class='promo wide'>Order!<p>Now!</div>⟧<p>Good."]
keep = ["<p class=promo>A captain.", "<div class=promotion>A captain.</div>"]
"""
KEEP = """
[[rule]]
id = "house.notes"
about = "Notes that readers want."
where = "element"
needs = ["notes"]
pattern = "aside.notes"
do = "keep"
match = ["⟦<aside class=notes>A note.</aside>⟧"]
keep = ["<aside>Advert.</aside>"]
"""


def rules(tmp_path: Path, text: str = RULE + KEEP) -> RuleSet:
    pack = tmp_path / "house.toml"
    pack.write_text(HEAD + text, encoding="utf-8")
    return RuleSet.builtin().with_packs([pack])


@pytest.mark.parametrize("labeller", ["none", "forest"])
def test_what_a_rule_chooses_goes_by_that_rule(tmp_path: Path, labeller: str) -> None:
    pipeline = Pipeline(Settings(labeller=labeller), rules=rules(tmp_path))  # type: ignore[arg-type]
    prose = "The mill ground the corn of the whole valley, and of the next one too, until the flood took its wheel."
    source = f"<p>{prose}<div class='wide promo'><b>Order!</b><ul><li>Now!</ul></div><p>{prose}"
    document = pipeline.clean(source, media="html")
    assert document.text == f"{prose}\n\n{prose}"
    assert [edit.old for step in document.ledger for edit in step.edits if edit.rule == "house.promo"] == [
        "Order!\n\n- Now!\n\n"
    ]


def test_what_a_rule_keeps_stays_whatever_the_labeller_says(tmp_path: Path) -> None:
    source = "<body><nav><a href=/>Home</a></nav><article><p>" + "The mill is old. " * 30 + "</article>"
    source += "<aside class='sidebar notes'><a href=/x>Read more</a></aside><footer>Contact</footer>"
    assert "Read more" not in Pipeline().clean(source, media="html").text
    text = Pipeline(rules=rules(tmp_path)).clean(source, media="html").text
    assert "Read more" in text
    assert "Home" not in text


def test_the_innermost_rule_counts(tmp_path: Path) -> None:
    pipeline = Pipeline(Settings(labeller="none"), rules=rules(tmp_path))
    source = "<div class=promo>Order!<aside class=notes>A note.<div class=promo>Again!</div></aside></div><p>Old."
    assert pipeline.clean(source, media="html").text == "A note.\n\nOld."


def test_a_cell_can_be_chosen(tmp_path: Path) -> None:
    pipeline = Pipeline(Settings(labeller="none"), rules=rules(tmp_path))
    source = "<table><tr><td>Oil<td data-kind=promo>Order!</table>"
    assert pipeline.clean(source, media="html").text == "Oil"


def test_a_rule_that_is_off_chooses_nothing(tmp_path: Path) -> None:
    pipeline = Pipeline(Settings(labeller="none", off=("house.promo",)), rules=rules(tmp_path))
    assert pipeline.clean("<div class=promo>Order!</div>", media="html").text == "Order!"


def test_texts_are_not_looked_at(tmp_path: Path) -> None:
    text = "He wrote <div class=promo> at the top."
    assert Pipeline(rules=rules(tmp_path)).clean(text, media="text").text == text


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("div.promo, td[data-kind=promo]", "div..promo", "Cannot use rule house.promo: Malformed class selector"),
        ('where = "element"', 'where = "element"\ndo = "replace"\nwith = "x"', "knows only 'drop' and 'keep'"),
        ('where = "element"', 'where = "line"\ndo = "keep"', "do = 'keep' is for where = 'element'"),
    ],
)
def test_a_rule_that_cannot_be_is_an_error(old: str, new: str, message: str) -> None:
    with pytest.raises(PackError, match=message):
        parse(HEAD + RULE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<p class=promo>A captain.", "<div class=promo>A captain.", "takes 'A captain.'"),
        ("<p>Good.", "<p>Good.⟦<p>Better.⟧", "leaves 'Better.'"),
    ],
)
def test_an_example_that_fails_is_told(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(PackError, match=f"house:6: rule house.promo {message}"):
        rules(tmp_path, RULE.replace(old, new))
