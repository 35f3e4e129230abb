"""The labelled corpus of duplicates is what its labels say, and the scores are what the labels mean."""

from __future__ import annotations

import doctest
import importlib
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from random import Random

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import copies  # noqa: E402
import duplicates  # noqa: E402
from copies import Corpus, Paragraph  # noqa: E402
from copy_peers import shingles  # noqa: E402
from prose import Writer  # noqa: E402
from variants import Variants  # noqa: E402

SIZE = 1000


@pytest.fixture(scope="module")
def made() -> Corpus:
    return copies.corpus(SIZE, seed=5)


@pytest.fixture(scope="module")
def texts(made: Corpus) -> dict[str, str]:
    """The raw texts of the paragraphs, by id."""
    return {p.id: made.documents[p.document][p.start : p.end] for p in made.paragraphs}


@pytest.fixture(scope="module")
def named(made: Corpus) -> dict[str, Paragraph]:
    return {paragraph.id: paragraph for paragraph in made.paragraphs}


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


# The corpus


def test_same_seed_same_corpus(made: Corpus) -> None:
    assert copies.corpus(SIZE, seed=5) == made
    assert copies.corpus(SIZE, seed=6) != made


def test_another_process_writes_the_same_bytes(tmp_path: Path) -> None:
    copies.write(copies.corpus(120, seed=2), tmp_path / "here")
    command = [sys.executable, BENCHMARKS / "copies.py", tmp_path / "there", "--paragraphs", "120", "--seed", "2"]
    subprocess.run(command, check=True, capture_output=True)
    here, there = (
        [(f.name, f.read_bytes()) for f in sorted((tmp_path / run).rglob("*.*"))] for run in ("here", "there")
    )
    assert here == there


def test_labels_as_they_are_written_give_the_spans(made: Corpus, tmp_path: Path) -> None:
    copies.write(made, tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    by_document: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        text = (tmp_path / "raw" / f"{row['document']}.txt").read_bytes().decode()
        by_document[row["document"]].append(text[slice(*row["span"])])
    assert [row["class"] for row in rows] == [paragraph.kind for paragraph in made.paragraphs]
    assert by_document == {name: text.strip().split("\n\n") for name, text in made.documents.items()}


def test_documents_are_of_the_size_that_is_said(made: Corpus) -> None:
    sizes = [len(text) for text in made.documents.values()]
    assert min(sizes) >= 2000
    assert max(sizes) <= 20_500


@pytest.mark.parametrize("size", [200, 1000, 3001])
def test_classes_have_their_shares(size: int) -> None:
    made = copies.corpus(size, seed=1)
    kinds = Counter(paragraph.kind for paragraph in made.paragraphs)
    assert len(made.paragraphs) == size
    for kind, share in copies.SHARES.items():
        assert kinds[kind] / size == pytest.approx(share, abs=0.01)
    assert kinds["unique"] > 0.2 * size


def test_exact_copies_have_the_same_words(made: Corpus, texts: dict[str, str]) -> None:
    exact = [p for p in made.paragraphs if p.kind == "exact"]
    assert all(words(texts[p.id]) == words(texts[p.of[0]]) for p in exact)
    assert sum(texts[p.id] != texts[p.of[0]] for p in exact) > len(exact) / 2
    assert any(p.document == p.of[0].split("#")[0] for p in exact), "some stand in the same document"


def test_near_copies_are_near(made: Corpus, texts: dict[str, str], named: dict[str, Paragraph]) -> None:
    done = set()
    for paragraph in made.paragraphs:
        if paragraph.kind == "near":
            here, base = (re.sub(r"\s+", " ", texts[id]) for id in (paragraph.id, paragraph.of[0]))
            shared = len(set(words(here.lower())) & set(words(base.lower())))
            assert here != base
            assert paragraph.says == named[paragraph.of[0]].says
            assert shared / len(set(words(base.lower()))) > 0.65, (here, base)
            done.update(paragraph.how.split("+"))
    assert done == set(Variants(Writer(Random(0))).gentle)


def test_groups_drift_and_have_negatives_beside_them(made: Corpus, named: dict[str, Paragraph]) -> None:
    def depth(paragraph: Paragraph) -> int:
        base = named[paragraph.of[0]] if paragraph.of else None
        return 0 if base is None else (paragraph.kind == "near") + depth(base)

    groups = Counter(p.says for p in made.paragraphs if p.kind in ("original", "exact", "near"))
    assert max(groups.values()) >= 6
    assert max(map(depth, made.paragraphs)) >= 3
    assert any(p.kind == "negative" and named[p.of[0]].kind == "original" for p in made.paragraphs if p.of)


def test_covered_paragraphs_are_covered(made: Corpus, texts: dict[str, str], named: dict[str, Paragraph]) -> None:
    seen = set()
    for paragraph in made.paragraphs:
        if paragraph.kind == "covered" and paragraph.how != "part edited":
            here, bases = " ".join(words(texts[paragraph.id])), [" ".join(words(texts[id])) for id in paragraph.of]
            assert here == " ".join(bases) if paragraph.how == "merged" else here in bases[0]
            assert set(paragraph.says) <= {content for id in paragraph.of for content in named[id].says}
            seen.add(paragraph.how)
    assert seen == {"merged", "split", "part"}


def test_negatives_differ_in_their_words(made: Corpus, texts: dict[str, str], named: dict[str, Paragraph]) -> None:
    negatives = [p for p in made.paragraphs if p.kind == "negative"]
    assert all(words(texts[p.id].lower()) != words(texts[p.of[0]].lower()) for p in negatives if p.of)
    spoken = Counter(p.says for p in made.paragraphs)
    assert all(spoken[p.says] == 1 for p in negatives), "each says something of its own"


def test_every_change_and_every_mould_is_used() -> None:
    variants = Variants(Writer(Random(0)))
    assert {variants.harmful(variants.writer.paragraph())[0] for _ in range(300)} == set(variants.changes)
    assert {variants.reports(2)[0] for _ in range(300)} == set(variants.moulds)


def test_unrelated_paragraphs_are_unrelated(made: Corpus, texts: dict[str, str]) -> None:
    runs = [set(shingles(texts[p.id])) for p in made.paragraphs if p.kind in ("unique", "original")]
    where: dict[str, list[int]] = defaultdict(list)
    for number, found in enumerate(runs):
        for run in sorted(found):
            where[run].append(number)
    shared = Counter((one, other) for numbers in where.values() for one in numbers for other in numbers if one < other)
    assert max(count / len(runs[one] | runs[other]) for (one, other), count in shared.items()) < 0.1


def test_no_slot_is_left_open(made: Corpus) -> None:
    assert not re.search(r"\{\w*\}", "".join(made.documents.values()))


# The score


def say(id: str, kind: str, form: int, *says: int) -> Paragraph:
    return Paragraph(id, "d", 0, 1, kind, "", form, says)


# Two forms of one text, of two copies each: a and b, c and d.
GROUP = [say("a", "original", 0, 0), say("b", "exact", 0, 0), say("c", "near", 1, 0), say("d", "exact", 1, 0)]
MERGED = [say("p", "original", 0, 0), say("q", "original", 1, 1), say("m", "covered", 2, 0, 1)]
SPLIT = [say("w", "original", 0, 0, 1), say("x", "covered", 1, 0), say("y", "covered", 2, 1)]
PART = [say("w", "original", 0, 0, 1), say("x", "covered", 1, 1)]
APART = [say("o", "original", 0, 0), say("e", "exact", 0, 0), say("n", "negative", 1, 1), say("u", "unique", 2, 2)]

CASES = [  # paragraphs, what goes, exact, near, covered, lost
    (GROUP, "", (0, 2), (0, 1), (0, 0), {}),
    (GROUP, "bcd", (2, 2), (1, 1), (0, 0), {}),
    (GROUP, "abc", (2, 2), (1, 1), (0, 0), {}),
    (GROUP, "bd", (2, 2), (0, 1), (0, 0), {}),
    (GROUP, "bc", (2, 2), (0, 1), (0, 0), {}),
    (GROUP, "abcd", (2, 2), (1, 1), (0, 0), {"group": 1}),
    (MERGED, "", (0, 0), (0, 0), (0, 2), {}),
    (MERGED, "m", (0, 0), (0, 0), (2, 2), {}),
    (MERGED, "pq", (0, 0), (0, 0), (2, 2), {}),
    (MERGED, "p", (0, 0), (0, 0), (1, 2), {}),
    (MERGED, "mq", (0, 0), (0, 0), (2, 2), {"group": 1}),
    (MERGED, "mpq", (0, 0), (0, 0), (2, 2), {"group": 1}),
    (SPLIT, "xy", (0, 0), (0, 0), (2, 2), {}),
    (SPLIT, "w", (0, 0), (0, 0), (2, 2), {}),
    (SPLIT, "wx", (0, 0), (0, 0), (2, 2), {"group": 1}),
    (PART, "x", (0, 0), (0, 0), (1, 1), {}),
    (PART, "w", (0, 0), (0, 0), (1, 1), {"group": 1}),
    (APART, "e", (1, 1), (0, 0), (0, 0), {}),
    (APART, "en", (1, 1), (0, 0), (0, 0), {"negative": 1}),
    (APART, "oe", (1, 1), (0, 0), (0, 0), {"group": 1}),
    (APART, "enu", (1, 1), (0, 0), (0, 0), {"negative": 1, "unique": 1}),
]


@pytest.mark.parametrize(("paragraphs", "gone", "exact", "near", "covered", "lost"), CASES)
def test_score(
    paragraphs: list[Paragraph], gone: str, exact: object, near: object, covered: object, lost: dict[str, int]
) -> None:
    score = duplicates.score(paragraphs, set(gone))
    assert (score.exact, score.near, score.covered, score.lost) == (exact, near, covered, lost)
    assert score.precision == (len(gone) - sum(lost.values()), len(gone))


def test_what_must_go_is_what_the_labels_call_a_copy(made: Corpus) -> None:
    kinds = Counter(paragraph.kind for paragraph in made.paragraphs)
    nothing = duplicates.score(made.paragraphs, set())
    assert (nothing.exact.of, nothing.near.of) == (kinds["exact"], kinds["near"])
    labelled = {p.id for p in made.paragraphs if p.kind in ("exact", "near", "covered")}
    everything = duplicates.score(made.paragraphs, labelled)
    assert everything.cells()[:4] == ("1.0000",) * 4
    assert not everything.lost


def test_a_paragraph_went_if_nearly_all_its_letters_did() -> None:
    text = f"{'word ' * 20}\n\n{'more ' * 20}"
    made = Corpus({"d": text}, [Paragraph("a", "d", 0, 100, "unique", "", 0, (0,))])
    made.paragraphs.append(Paragraph("b", "d", 102, 202, "unique", "", 1, (1,)))
    assert duplicates.within(made, {"d": [(0, 96)]}) == {"a"}
    assert duplicates.within(made, {"d": [(0, 93)]}) == set()
    assert duplicates.within(made, {"d": [(0, 50), (50, 202)]}) == {"a", "b"}


def test_the_command_says_how_to_get_peers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("environments.BENCH", tmp_path)
    monkeypatch.setattr(sys, "argv", ["duplicates.py", "--paragraphs", "60", "--peers", "--detail"])
    duplicates.main()
    printed = capsys.readouterr()
    assert "install datasketch rensa" in printed.err
    assert re.search(r"clean-corpus --dedup mark +[01]\.\d{4}", printed.out)
    assert "near: " in printed.out


@pytest.mark.parametrize("module", ["copies", "copy_peers", "duplicates", "variants"])
def test_examples(module: str) -> None:
    results = doctest.testmod(importlib.import_module(module))
    assert results.attempted
    assert not results.failed
