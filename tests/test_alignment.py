"""What two paragraphs have in common, and what may go for the other: cases, and laws of the alignment."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from unicodedata import normalize

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core import Pipeline
from pipeline.corpus import alignment, duplicates
from pipeline.corpus.alignment import Block, align, differences, words
from pipeline.corpus.comparison import compare
from pipeline.corpus.decided import Decided
from pipeline.corpus.decisions import Decision
from pipeline.corpus.index import Index
from pipeline.corpus.shingles import SHINGLE, SHORT, WINDOW, fingerprints
from pipeline.corpus.telling import are_opposed, are_opposites, telling
from pipeline.settings import Settings

CASES = tomllib.loads((Path(__file__).parent / "cases/copies.toml").read_text(encoding="utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_cases(case: dict[str, Any]) -> None:
    """The comparison says what the case says, and so does the decision on a corpus of the two."""
    found = compare(words(case["other"]), words(case["stays"]))
    assert found.accepted == ("goes" in case)
    assert found.why == case.get("why", "")
    clean = Pipeline(Settings(gaps="keep")).clean
    rows = duplicates.find([clean(case["other"], "other"), clean(case["stays"], "stays")]).values()
    gone = [row for found in rows for row in found.duplicates]
    assert [row.kind for row in gone] == ([case["goes"]] if "goes" in case else [])
    assert all(0 < row.similarity <= 1 for row in gone)


def test_a_third_of_the_cases_stay() -> None:
    assert 3 * sum("why" in case for case in CASES) >= len(CASES)


@given(
    st.text(
        st.sampled_from(
            "ab zE129.,:/-_#$&+='\"()\n\t\x00 –−’é²½ßİKǆº๑ไ漢\u0301\u1100\u1161\ufffd\xa0\u2028٣[]·ж£\ud800"
        )
    )
)
@settings(max_examples=1000)
def test_words_are_what_the_pattern_finds(text: str) -> None:
    """The short way by splitting finds the very words that the pattern does, which also tells where they stand."""
    found = words(text)
    folded = alignment._folded(text)
    assert found.spans == [match.span() for match in alignment._pattern(text).finditer(folded)]
    forms = [folded[start:end] for start, end in found.spans]
    assert found.forms == [alignment._DASHES.get(form) or normalize("NFKC", form) for form in forms]


@pytest.mark.parametrize("scope", ["corpus", "document"])
def test_the_scope_says_where_copies_are_looked_for(scope: str) -> None:
    text = CASES[1]["stays"]
    documents = [Pipeline().clean(f"{text}\n\n{text}", "a"), Pipeline().clean(text, "b")]
    found = duplicates.find(documents, Settings(scope=scope))  # type: ignore[arg-type]
    assert len(found["a"].duplicates) == 1
    assert ("b" in found) == (scope == "corpus")


def test_what_lost_its_end_goes_though_it_has_more_words() -> None:
    """The one that stays may rank behind: a year was lost in the longer one."""
    whole = (
        "The bridge over the Ardle was opened in 1873 by the mayor, and was closed again in the same week of the year."
    )
    damaged = whole.replace("1873 ", "").replace("the same week", "just the very same week")
    clean = Pipeline(Settings(gaps="keep")).clean
    found = duplicates.find([clean(damaged, "a"), clean(whole, "b")])
    assert [row.of.id for row in found["a"].duplicates] == ["b"]


def test_there_are_no_chains() -> None:
    """Of paragraphs that drift apart step by step, what goes is like the one that stays, itself."""
    base = "the old miller walked along the river path and counted each of the grey stones that his father laid".split()
    fillers = ["quite", "really", "rather", "perhaps", "simply", "almost", "fairly", "truly", "nearly"]
    texts = [" ".join([*base[: 2 * n], *fillers[:n], *base[2 * n :]]) + "." for n in range(len(fillers))]
    documents = [Pipeline().clean(text, f"d{n}") for n, text in enumerate(texts)]
    found = duplicates.find(documents)
    by_id = {document.id: document.text for document in documents}
    for id, rows in found.items():
        for row in rows.duplicates:
            assert not found[row.of.id].duplicates
            assert compare(words(by_id[id]), words(by_id[row.of.id])).accepted


def test_a_paragraph_that_two_others_cover_goes() -> None:
    one = "The weir is older than the mill by far, and its stones were cut in a quarry that the river has taken back."
    two = "The millers of the valley paid their rent in eels, which the abbot sold to the town at a fair profit."
    other, more = (
        "Nobody remembers the first of the floods, though a stone marks it.",
        "The last of them died rich and alone.",
    )
    clean = Pipeline().clean
    documents = [clean(f"{other} {one} {other}", "a"), clean(f"{two} {more}", "b"), clean(f"{one} {two}", "c")]
    rows = duplicates.find(documents)["c"].duplicates
    assert [(row.kind, row.of.id) for row in rows] == [("covered", "a"), ("covered", "b")]


WORDS = st.lists(st.sampled_from("a b c d e f g".split()), max_size=30)


@given(WORDS, WORDS)
@settings(max_examples=300, deadline=None)
def test_blocks_are_in_order_equal_and_as_many_as_can_be(left: list[str], right: list[str]) -> None:
    blocks = align(left, right)
    at = to = 0
    for block in blocks:
        assert block.size > 0
        assert block.left >= at
        assert block.right >= to
        at, to = block.left + block.size, block.right + block.size
        assert left[block.left : at] == right[block.right : to]
    if len(right) <= 2 * len(left) + 20:
        table = np.zeros((len(left) + 1, len(right) + 1), int)
        for i, a in enumerate(left, 1):
            for j, b in enumerate(right, 1):
                table[i, j] = table[i - 1, j - 1] + 1 if a == b else max(table[i - 1, j], table[i, j - 1])
        assert sum(block.size for block in blocks) == table[-1, -1]
    one, other = words(" ".join(left)), words(" ".join(right))
    missing = [place for gone, _ in differences(one, other, blocks) for place in gone]
    common = [block.left + step for block in blocks for step in range(block.size)]
    assert sorted(missing + common) == list(range(len(left)))


@given(WORDS, st.lists(st.sampled_from("a b c d e f g".split()), max_size=120))
@settings(deadline=None)
def test_runs_of_words_are_found_at_their_places(run: list[str], forms: list[str]) -> None:
    run = run[: alignment.CONTEXT]
    found = [*alignment._places(f" {' '.join(forms)} ", f" {' '.join(run)} ")] if run else []
    assert found == [at for at in range(len(forms)) if run and forms[at : at + len(run)] == run]


def test_what_says_the_same_again_and_again_takes_no_longer_than_its_length() -> None:
    """A frequent run of words is looked for only so often, and the text before it is not counted anew each time."""

    class Counted(str):
        counted = 0

        def count(self, sub: str, start: int = 0, end: int = 0) -> int:  # type: ignore[override]
            Counted.counted += end - start
            return super().count(sub, start, end)

    whole = Counted(" ha" * 20_000 + " ")
    assert [*alignment._places(whole, " ha ha ha ")] == [*range(alignment.HITS)]
    assert Counted.counted <= len(whole)
    assert align(["ha"] * 40, ["ha"] * 20_000) == [Block(0, 0, 40)]


@given(st.text(alphabet="ab é½İß[1]-−$€.,’ \n漢字ไทย", max_size=60), st.lists(st.integers(0, 60), max_size=3))
@settings(deadline=None)
def test_words_stand_where_they_say(text: str, cuts: list[int]) -> None:
    found = words(text).cut(cuts)
    spans = found.spans
    assert len(spans) == len(found)
    assert all(start < end for start, end in spans)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    assert all(not start < cut < end for start, end in spans for cut in cuts)


def test_the_telling_words_are_told_once() -> None:
    known = telling()
    assert known.negations.keys() < known.facts
    assert not known.facts & known.common - known.negations.keys() - {"may", "two", "three", "second", "third"}


OPPOSITES = [*telling().opposites, *telling().kinds]
TURNED = st.builds(
    lambda before, word, behind: before + word + behind,
    st.sampled_from(["", "un", "in", "a", "dis"]),
    st.sampled_from(["happy", "hope", "able", "ful", "less", "use"]) | st.sampled_from(OPPOSITES),
    st.sampled_from(["", "s", "ed", "ful", "less"]),
)


@given(st.lists(TURNED, max_size=8), st.lists(TURNED, max_size=8))
@settings(max_examples=300, deadline=None)
def test_opposites_are_found_as_if_each_pair_were_compared(some: list[str], others: list[str]) -> None:
    assert are_opposed(some, others) == any(are_opposites(one, other) for one in some for other in others)


def test_words_beside_many_others_are_compared_with_few(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    monkeypatch.setattr("pipeline.corpus.telling.are_opposites", lambda *pair: compared.append(pair))
    left, right = ([f"{side}{number}" for number in range(1000)] for side in "no")
    assert not are_opposed([*left, "warm"], ["cold", *right])
    assert compared == [("warm", "cold")]


# Shingles and the index

TEXTS = st.lists(st.text(alphabet="abcXYZ09 .,’–「£ªé漢龥カไມမខ\n", max_size=80), max_size=6)


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_words_are_counted_and_told_apart_as_a_loop_would(texts: list[str]) -> None:
    found = fingerprints([*map(str.encode, texts)])
    plain = [re.findall(r"[漢龥カไມမខ]|[a-z0-9éª]+", text.lower()) for text in texts]
    assert found.words.tolist() == [len(each) for each in plain]
    for one in range(len(texts)):
        for other in range(one):
            assert (found.keys[one] == found.keys[other]) == (plain[one] == plain[other])


@given(TEXTS, st.booleans(), st.integers(1, 100))
@settings(deadline=None)
def test_paragraphs_have_the_same_fingerprints_however_many_are_looked_at_at_once(
    texts: list[str], every: bool, batch: int
) -> None:
    data = [*map(str.encode, texts)]
    whole = fingerprints(data, every)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.corpus.shingles.BATCH", batch)
        parts = fingerprints(data, every)
    assert [column.tolist() for column in parts] == [column.tolist() for column in whole]


@given(st.integers(0, 1000), st.integers(0, 60), st.integers(0, 60))
@settings(deadline=None)
def test_paragraphs_that_share_enough_words_share_a_shingle(seed: int, before: int, behind: int) -> None:
    chance = random.Random(seed)

    def some(count: int) -> list[str]:
        return [f"w{chance.randrange(10**6)}" for _ in range(count)]

    shared = some(SHINGLE + WINDOW - 1)
    texts = [" ".join([*some(before), *shared, *some(behind)]), " ".join([*some(behind), *shared, *some(before)])]
    assert share_a_shingle(texts)
    texts = [" ".join(shared[:SHINGLE]), " ".join(some(SHORT - SHINGLE) + shared[:SHINGLE])]
    assert share_a_shingle(texts)
    assert not share_a_shingle([" ".join(some(SHORT)), " ".join(f"v{number}" for number in range(SHORT))])


def share_a_shingle(texts: Sequence[str]) -> bool:
    """Whether two texts have a shingle in common."""
    found = fingerprints([*map(str.encode, texts)])
    one, other = np.split(found.shingles, [found.sizes[0]])
    return bool(np.intersect1d(one, other).size)


def test_an_index_on_disk_proposes_what_one_in_memory_does(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.corpus import fingerprints as marks
    from pipeline.corpus import parted as module

    chance = random.Random(3)
    pool = [f"w{number}" for number in range(300)]
    texts = [" ".join(chance.choices(pool, k=60)) + "." for _ in range(40)]
    texts += [text.replace(" ", " really ", 1) for text in texts[:20]]
    documents = [Pipeline().clean("\n\n".join(texts[at : at + 4]), f"d{at:03}") for at in range(0, len(texts), 4)]

    def proposals(workers: int = 1) -> list[tuple[int, int, float]]:
        index = Index()
        for document in documents:
            index.add(document.id, marks.marks(document))
        return [tuple(found) for found in index.proposals(workers).rows()]

    whole = proposals()
    assert len(whole) >= 20
    monkeypatch.setattr(module, "IN_MEMORY", 100)
    assert proposals() == whole
    assert proposals(workers=3) == whole
    monkeypatch.setattr(module, "MOST_ROWS", 10)
    assert proposals() == whole
    assert proposals(workers=3) == whole


def test_words_are_parted_at_every_cut_inside() -> None:
    """Cuts at the edges of a word, or twice at a place, part nothing."""
    found = words("abcdefgh ij").cut([0, 2, 5, 5, 8, 9, 11])
    assert (found.forms, found.spans) == (["ab", "cde", "fgh", "ij"], [(0, 2), (2, 5), (5, 8), (9, 11)])


def test_reasons_may_be_many() -> None:
    """A reason names what differs, so a corpus has about as many as paragraphs that stay."""
    decided = Decided()
    decided.take({number: Decision((0,), "", 1.0, 1.0, f"the number {number}") for number in range(1, 70_000)})
    assert decided[69_999].why == "the number 69999"


def test_what_is_the_same_as_one_that_goes_goes_for_the_same(tmp_path: Any) -> None:
    """The copy that stays need not be among the pairs of all that are equal."""
    from pipeline.engines.local import run

    whole = "The bridge over the Ardle was opened in 1873 by the mayor, and was closed again in the same week of May."
    (tmp_path / "raw").mkdir()
    for name, text in (("a", whole), ("b", whole.replace("again ", "")), ("c", whole.replace("again ", ""))):
        (tmp_path / f"raw/{name}.txt").write_text(text)
    report = run(tmp_path / "raw", tmp_path / "out", Settings(), workers=1)
    assert (report.duplicates, report.problems) == (2, [])
    assert [(tmp_path / f"out/{name}.txt").read_text() for name in "abc"] == [f"{whole}\n", "", ""]


def test_within_a_document_copies_are_found_though_a_better_one_is_elsewhere() -> None:
    text = CASES[1]["stays"]
    documents = [Pipeline().clean(f"{text}\n\n{text}", "b"), Pipeline().clean(f"{text}\n\n{text}", "a")]
    found = duplicates.find(documents, Settings(scope="document"))
    assert [len(found[id].duplicates) for id in "ab"] == [1, 1]


def test_copies_of_copies_are_taken_over_as_well(tmp_path: Any) -> None:
    """Of texts that are equal only one is at hand, whatever becomes of them."""
    from pipeline.engines.local import run

    stays = (
        "The bridge over the Ardle was opened by the mayor in spring, and was shut again for repair a week after that."
    )
    near = stays.replace("again ", "")
    better = stays.replace("opened by", "opened in 1873 by") + " It is \ufffd old."
    (tmp_path / "raw").mkdir()
    for name, text in (("a", stays), ("b", near), ("c", near), ("d", near), ("e", better)):
        (tmp_path / f"raw/{name}.txt").write_text(text)
    report = run(tmp_path / "raw", tmp_path / "out", Settings(), workers=1)
    assert (report.problems, report.duplicates) == ([], 4)
    assert (tmp_path / "out/e.txt").read_text() == f"{better}\n"
