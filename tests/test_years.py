"""Dropped years and what restores them: cases as data, and the laws of restoring."""

from __future__ import annotations

import random
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import years as benchmark
from families import unmark

from pipeline.core import Pipeline
from pipeline.corpus.amend import amend
from pipeline.corpus.dates import PARTS, dates
from pipeline.corpus.reading import read
from pipeline.corpus.siblings import Siblings, propose, restore_all
from pipeline.corpus.years import ALIGNMENT, STAGE, Passage, fill, remaining, restore
from pipeline.document import Document
from pipeline.edits import Edit, apply, invert
from pipeline.engines.local import run
from pipeline.settings import Settings
from pipeline.stages.gaps import AROUND, doubtful, is_damaged

DAMAGE = "The town hall was empty during the s, and again in the late s, when it rained."
CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "cases" / "years.toml").read_text("utf-8"))["case"]
CLEAN = Pipeline(Settings(gaps="keep", dedup="off"))
MILL = (
    "The mill at Lowford was built in {}by monks from the abbey, and sold in {}to a baker from Highford. "
    "In {}the baker of Lowford gave it to his daughter Jane, who let it fall to ruin."
)
YEARS = ("1702 ", "1809 ", "1850 ")


def damaged(text: str, id: str = "lost") -> Document:
    """The document of a paragraph, with another that shows the damage."""
    return CLEAN.clean(f"{text}\n\n{DAMAGE}\n", id)


def mill() -> Document:
    return damaged(MILL.format("", "", ""))


def passages(*texts: str) -> list[Passage]:
    return [Passage(f"source-{n}", text, 0) for n, text in enumerate(texts)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    lost = CLEAN.clean(case["text"], "lost") if case.get("intact") else damaged(case["text"])
    sources = [CLEAN.clean(text, f"source {n}") for n, text in enumerate(case["sources"])]
    filled = restore_all([lost, *sources])[0]
    assert filled.text.strip().removesuffix(DAMAGE).strip() == case.get("filled", case["text"])
    if "filled" in case:
        rules = {edit.rule for step in filled.ledger if step.stage == STAGE for edit in step.edits}
        assert rules == {case.get("rule", "years.restored")}
    else:
        assert filled is lost


def test_a_quarter_of_the_cases_must_not_change() -> None:
    assert 4 * sum("filled" not in case for case in CASES) >= len(CASES)


# ------------------------------------------------------------------------------------------------------ the laws

SOURCES = passages(
    MILL.format(*YEARS),
    "It is known. " + MILL.format(*YEARS),
    MILL.format("1702, ", "1809, ", "1850, "),
    MILL.format("1702 ", "1809 ", "1851 "),
    MILL.format("", "1809 ", ""),
    "The mill at Highford was built in 1600 by monks from the abbey.",
)


@given(st.permutations(SOURCES), st.integers(0, len(SOURCES)))
def test_the_order_of_candidates_makes_no_difference(order: list[Passage], size: int) -> None:
    lost = mill()
    chosen = order[:size]
    assert restore(lost, {0: chosen}) == restore(lost, {0: sorted(chosen)}) == restore(lost, {0: chosen + chosen})


@given(st.lists(st.sampled_from(SOURCES), min_size=1, max_size=4))
def test_text_outside_of_the_edits_is_untouched_and_the_pass_can_be_undone(chosen: list[Passage]) -> None:
    lost = mill()
    restored = restore(lost, {0: chosen})
    filled = fill(lost, restored)
    edits = [found.edit for found in restored]
    assert filled.text == apply(lost.text, edits)
    assert apply(filled.text, invert(edits)) == lost.text
    assert filled.ledger.apply(lost.raw) == filled.text
    assert filled.ledger.rebuild(filled.text) == lost.raw
    for found in restored:
        assert not found.edit.old.strip()
        assert any(map(str.isdigit, found.edit.new))


@given(st.lists(st.sampled_from(SOURCES), min_size=1, max_size=4))
def test_restoring_again_changes_nothing(chosen: list[Passage]) -> None:
    filled = fill(mill(), restore(mill(), {0: chosen}))
    assert restore(filled, {0: chosen}) == []


@pytest.mark.parametrize("kind", ["exact", "edited", "split", "object"])
def test_restoring_generated_documents_again_changes_nothing(kind: str) -> None:
    maker = benchmark.Maker(f"again/{kind}")
    for case in (maker.case(kind) for _ in range(25)):
        texts = [unmark(case.text).raw, *case.siblings]
        lost, *siblings = [CLEAN.clean(text, str(number)) for number, text in enumerate(texts)]
        candidates = propose([lost, *siblings])[0]
        filled = fill(lost, restore(lost, candidates))
        assert restore(filled, candidates) == []


def test_a_corpus_that_was_restored_stays_as_it_is() -> None:
    documents = [mill(), damaged(MILL.format("", "1809 ", ""), "other"), CLEAN.clean(MILL.format(*YEARS), "source")]
    once = restore_all(documents)
    assert [document.text for document in restore_all(once)] == [document.text for document in once]
    assert all(document.text.startswith(MILL.format(*YEARS)) for document in once)


def test_the_order_of_documents_makes_no_difference() -> None:
    documents = [mill(), *(CLEAN.clean(source.text, source.id) for source in SOURCES)]
    texts = {document.id: document.text for document in restore_all(documents)}
    assert texts == {document.id: document.text for document in restore_all(documents[::-1])}


# ------------------------------------------------------------------------------------------------------ evidence


def test_the_evidence_says_where_and_in_which_context() -> None:
    whole = MILL.format(*YEARS)
    first = restore(mill(), {0: [Passage("b", whole, 100), Passage("a", whole, 7)]})[0]
    assert [one.id for one in first.evidence] == ["a", "b"], "of equal ones the first by id"
    one = first.evidence[0]
    assert whole[one.start - 7 : one.end - 7] == "Lowford was built in 1702 by monks from the"
    assert (one.before, one.after) == ("Lowford was built in", "by monks from the")
    assert 0 < one.score <= 1
    assert (first.kind, first.found_by) == ("year", ALIGNMENT)


def test_a_nearer_source_comes_first() -> None:
    lost, near = mill(), MILL.format(*YEARS)
    far = near.replace("built", "built,").replace("monks", "Monks")
    assert [one.id for one in restore(lost, {0: [Passage("a", far, 0), Passage("b", near, 0)]})[0].evidence] == [
        "b",
        "a",
    ]


def test_gaps_that_were_filled_are_gone_and_others_move_along() -> None:
    lost = damaged(
        "The mill at Lowford was built in , by monks from the abbey. Jane Harper bought it in , for her son."
    )
    source = "The mill at Lowford was built in 1702, by monks from the abbey. Nobody bought it."
    filled = fill(lost, restore(lost, {0: passages(source)}))
    assert filled.text.startswith("The mill at Lowford was built in 1702, by monks from the abbey.")
    assert len(lost.gaps) == 4
    assert [gap._replace(at=gap.at - 4) for gap in filled.gaps] == lost.gaps[1:]


def test_of_a_document_with_one_gap_only_that_is_filled() -> None:
    says = (
        "The mill at Lowford was built in {} by monks from the abbey. In {}the baker of Lowford gave it to Jane Harper."
    )
    once, whole = CLEAN.clean(says.format(",", ""), "once"), CLEAN.clean(says.format("1702,", "1850 "), "whole")
    assert len(once.gaps) == 1
    assert is_damaged(once)
    assert restore_all([once, whole])[0].text.strip() == says.format("1702,", "")


def test_a_long_list_of_years_is_no_work_without_end() -> None:
    years = list(dates(read("It sold flour in " + ", ".join(map(str, range(1000, 2000))) + ".")))
    assert len(years) == sum(min(PARTS, left) for left in range(1, 1001))


FAR = f"{'The baker sleeps.' * 4} " * (AROUND // 60)


def test_a_long_text_is_doubtful_only_around_its_gaps() -> None:
    apart = CLEAN.clean(f"The mill was built in , by monks.\n\n{FAR}\n\nThe town hall was built in , by monks.\n", "a")
    assert len(apart.gaps) == 2
    assert not doubtful(apart.gaps)
    lost = damaged(f"{MILL.format(*YEARS[:2], '')}\n\n{FAR}\n\n{MILL.format('', '', '')}")
    (filled,) = [one for one in restore_all([lost, CLEAN.clean(MILL.format(*YEARS), "whole")]) if one.id == "lost"]
    assert filled.text.count("In 1850 the baker") == 1, "the first one is far from what shows the damage"
    assert filled.text.rstrip().splitlines()[-3] == MILL.format(*YEARS)


@pytest.mark.parametrize("near", [True, False])
def test_brackets_that_went_are_asked_about_near_damage_alone(near: bool) -> None:
    lost = "Anna Harper of Lowford won the Prize of the Bakers{}, the Medal for Cakes of the Fair, and a cup."
    between = "" if near else "\n\n".join(f"The {n}th house of the street is {n} feet high." for n in range(2_000))
    document = CLEAN.clean(f"{DAMAGE}\n\n{between}\n\n{lost.format(' ()')}\n", "lost")
    assert len(document.text) > 2 * AROUND or near
    filled = restore_all([document, CLEAN.clean(lost.format(" (1871)"), "source")])[0]
    assert ("(1871)" in filled.text) == near


def test_an_undamaged_corpus_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Siblings, "offer", None)
    documents = [CLEAN.clean(MILL.format(*YEARS), id) for id in "ab"]
    assert propose(documents) == {}
    assert restore_all(documents) == documents


def test_another_paragraph_of_the_same_document_is_a_source() -> None:
    lost = damaged(MILL.format("", "", "") + "\n\nAgain. " + MILL.format(*YEARS))
    assert restore_all([lost])[0].text.startswith(MILL.format(*YEARS))


def test_what_was_restored_is_no_evidence() -> None:
    source = CLEAN.clean(MILL.format(*YEARS), "source")
    filled = restore_all([mill(), source])[0]
    late = damaged(MILL.format("", "", ""), "late")
    assert restore_all([filled, late])[1] is late


# ----------------------------------------------------------------------------------------------------- what is left


@pytest.mark.parametrize(
    ("policy", "left", "stages"),
    [
        ("keep", " Jane sold the mill in , with its land.", [STAGE]),
        ("mark", " Jane sold the mill in […], with its land.", [STAGE, "gaps"]),
        ("drop", "", [STAGE, "gaps"]),
    ],
)
def test_what_is_left_follows_the_policy(policy: Any, left: str, stages: list[str]) -> None:
    built = "The mill at Lowford was built in {}by monks from the abbey."
    lost = damaged(built.format("") + " Jane sold the mill in , with its land.")
    filled = fill(lost, restore(lost, {0: passages(built.format("1702 "))}))
    done = remaining(filled, Settings(gaps=policy))
    assert done.text.split("\n\n")[0].strip() == built.format("1702 ") + left
    assert [step.stage for step in done.ledger][-len(stages) :] == stages
    assert done.ledger.rebuild(done.text) == lost.raw


def test_a_probable_gap_never_drops_a_sentence() -> None:
    lost = CLEAN.clean("The treaty was signed in May and a protocol too. It was in , he said. It was in , she said.")
    probable = [gap for gap in lost.gaps if not gap.certain]
    assert probable
    assert "signed in May and a protocol" in remaining(lost, Settings(gaps="drop")).text


def test_the_habits_that_count_are_those_of_the_text_before_years_came_back() -> None:
    """With three of four gaps filled, the one space before a comma that is no gap would look like a habit."""
    text = "He was born in , and she was born in , and it was built in . He died in . It rained , and that was all."
    lost = CLEAN.clean(text, "lost")
    *filled, left = lost.gaps
    edits = [Edit(gap.at, "", "1809", "years.restored") for gap in filled]
    done = remaining(amend(lost, STAGE, edits, [left]), Settings(gaps="drop"))
    assert (len(filled), "He died in" in done.text, "born in 1809" in done.text) == (3, False, True)


def test_siblings_are_the_same_from_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit into memory is parted, and gives the same passages in the same order."""
    chance = random.Random(7)
    words = [f"word{number}" for number in range(60)]
    lost = "The mill was built in , and sold in , and burnt in ."
    pools = [" ".join(chance.choices(words, k=20)) for _ in range(12)]
    texts = ["\n\n".join(f"{pool} {lost}" for pool in chance.sample(pools, 4)) for _ in range(4)]
    texts += ["\n\n".join(f"{pool} It stood there." for pool in chance.sample(pools, 6)) for _ in range(12)]
    documents = [Pipeline(Settings(gaps="keep")).clean(text, f"d{number:02}") for number, text in enumerate(texts)]
    whole = propose(documents)
    assert sum(len(passages) for found in whole.values() for passages in found.values()) > 40
    for rows, most in ((100, 1 << 17), (100, 10)):
        monkeypatch.setattr("pipeline.corpus.parted.IN_MEMORY", rows)
        monkeypatch.setattr("pipeline.corpus.parted.MOST_ROWS", most)
        assert propose(documents) == whole


def test_a_document_that_shares_nothing_offers_nothing() -> None:
    lost = "The mill was built in , and sold in , to the bakers of the town who had asked for it."
    texts = [lost, "A ferry leaves from another harbour at seven on every day of the week.", "", "Short."]
    documents = [Pipeline(Settings(gaps="keep")).clean(text, f"d{number}") for number, text in enumerate(texts)]
    assert propose(documents) == {0: {}}


@pytest.mark.parametrize(("others", "found"), [(9, 4), (11, 0)])
def test_what_many_share_says_little(others: int, found: int) -> None:
    """Of six shingles that twelve have, each counts a twelfth: less than a half, as the sum of floats goes."""
    lost = "The mill was built in , and sold in , to the bakers of the town who had asked for it."
    shared = "Seven grey herons stood beside old wooden sluice gates."
    documents = [Pipeline(Settings(gaps="keep")).clean(f"{lost}\n\n{shared}", "lost")]
    documents += [Pipeline().clean(shared, f"d{number:02}") for number in range(others)]
    assert len(propose(documents)[0].get(1, [])) == found


def test_a_run_asks_short_items_of_a_document_that_shares_a_long_paragraph(tmp_path: Path) -> None:
    item = "- The mill at Lowford was sold to bakers in {}by the abbey.\n- It is red.\n"
    other = "The ferry to the island of Skerry leaves from the old harbour at seven, and comes back at nine.\n\n"
    raw, out = tmp_path / "raw", tmp_path / "out"
    raw.mkdir()
    (raw / "lost.txt").write_text(f"{DAMAGE}\n\n{other}{item.format('')}")
    (raw / "whole.txt").write_text(other + item.format("1809 "))
    (raw / "apart.txt").write_text(other.replace("ferry", "bus").replace("harbour", "market"))
    run(raw, out, Settings(gaps="keep", dedup="off"), workers=1)
    assert item.format("1809 ").strip() in (out / "lost.txt").read_text()


@given(
    st.lists(
        st.sampled_from([*"Inst 1809.!?…)”[2]\n\r\x85\u2028", "In ", "the ", "The ", " 1809", ". ", " [2] "]),
        max_size=30,
    ),
    st.lists(st.integers(0, 60), max_size=3),
)
def test_a_sentence_ends_only_where_what_follows_shows_it(parts: list[str], gaps: list[int]) -> None:
    reading = read("".join(parts), gaps)
    assert [place for place in range(len(reading)) if reading.ends(place)] == sorted(reading.lasts)
