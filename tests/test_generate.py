"""The generated corpora: the same for the same seed, labelled to the last character, and as dirty as they say."""

from __future__ import annotations

import doctest
import importlib
import json
import re
import subprocess
import sys
from collections import Counter
from itertools import islice
from pathlib import Path
from random import Random

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import families  # noqa: E402
import generate  # noqa: E402
import prose  # noqa: E402

# Text with marks, the raw text, the text before it was damaged. The last rows have no marks: nothing may change.
MARKED = [
    ("It rose.⟦[1]⟧ Then it fell.", "It rose.[1] Then it fell.", "It rose. Then it fell."),
    ("In⟮ 1920⟯ it fell.", "In it fell.", "In 1920 it fell."),
    ("⟦Menu\n⟧⦅Title\n⦆Text.", "Menu\nTitle\nText.", "Text."),
    ("⟦[[river|⟧rivers⟦]]⟧.", "[[river|rivers]].", "rivers."),
    ("⟦⟧Text.", "Text.", "Text."),
    ("", "", ""),
    ("No marks [at] all (in 1920).", None, None),
    ("“Quoted…” – with dashes", None, None),
]


@pytest.mark.parametrize(("marked", "raw", "before"), MARKED)
def test_marks(marked: str, raw: str | None, before: str | None) -> None:
    assert families.unmark(marked).raw == (marked if raw is None else raw)
    assert families.before_loss(marked) == (marked if before is None else before)


@pytest.mark.parametrize("kind", generate.KINDS)
def test_labels_tile_the_text(kind: str) -> None:
    for name, document in islice(generate.documents(kind, seed=3), 26):
        ends = [0, *(end for _, end, _ in document.labels)]
        assert [start for start, _, _ in document.labels] == ends[:-1], name
        assert ends[-1] == len(document.raw), name
        assert all(start < end for start, end, _ in document.labels), name
        assert not set("⟦⟧⦅⦆⟮⟯") & set(document.raw), name
        assert not re.search(r"\{[a-zA-Z]*\}", document.raw), name


def test_debris_has_its_share_in_every_family() -> None:
    seen = set()
    dirty = total = 0
    for name, document in islice(generate.documents("debris", seed=5), 52):
        debris = sum(end - start for start, end, label in document.labels if label == "debris")
        family = name.rsplit("-", 1)[1]
        seen.add(family)
        if family == "source":
            assert debris == 0
            continue
        assert 0.08 < debris / len(document.raw) < 0.42, name
        dirty, total = dirty + debris, total + len(document.raw)
    assert seen == {family.name for family in families.load()} | {"source"}
    assert 0.1 < dirty / total < 0.4


def test_what_is_lost_stands_in_the_source() -> None:
    documents = dict(islice(generate.documents("debris", seed=2), 30))
    damaged = [name for name in documents if name.endswith("-keyword")]
    assert damaged
    for name in damaged:
        raw, _, lost = documents[name]
        source = documents[name.replace("-keyword", "-source")].raw
        assert len(lost) > 3
        whole, done = "", 0
        for at, text in lost:
            whole, done = whole + raw[done:at] + text, at
        whole += raw[done:]
        prose_lines = [line for line in source.split("\n") if len(line) > 80]
        assert prose_lines
        assert all(line in whole for line in prose_lines)


@pytest.mark.parametrize("kind", generate.KINDS)
def test_same_seed_same_bytes(kind: str, tmp_path: Path) -> None:
    made = [generate.generate(tmp_path / run, 0.06, kind, seed) for run, seed in (("a", 1), ("b", 1), ("c", 2))]
    a, b, c = ({file.name: file.read_bytes() for file in (tmp_path / run / "raw").iterdir()} for run in "abc")
    assert a == b
    assert a != c
    assert made[0] == len(a)
    assert sum(map(len, a.values())) >= 60_000


def test_another_process_writes_the_same_bytes(tmp_path: Path) -> None:
    generate.generate(tmp_path / "here", 0.02, "debris", seed=4)
    command = [sys.executable, BENCHMARKS / "generate.py", tmp_path / "there", "--megabytes", "0.02"]
    subprocess.run([*command, "--kind", "debris", "--seed", "4"], check=True, capture_output=True)
    here, there = (
        [(f.name, f.read_bytes()) for f in sorted((tmp_path / run).rglob("*.t*"))] for run in ("here", "there")
    )
    assert here == there


def test_wrapped_is_the_prose_with_other_line_ends() -> None:
    for (_, prose_document), (_, wrapped) in islice(
        zip(generate.documents("prose", 7), generate.documents("wrapped", 7), strict=False), 5
    ):
        assert max(map(len, wrapped.raw.split("\n"))) <= 72
        assert wrapped.raw.split() == prose_document.raw.split()
        assert wrapped.raw.count("\n\n") == prose_document.raw.count("\n\n")


def test_prose_reads_like_text() -> None:
    text = "".join(document.raw for _, document in islice(generate.documents("prose", 0), 40))
    words = re.findall(r"\w+", text)
    common = sorted(map(words.count, set(words[:3000])), reverse=True)
    assert common[0] > 20 * common[100] > 0, "a few words are frequent, most are rare"
    assert re.search(r"\b1[789]\d\d\b", text)
    assert all(mark in text for mark in "“”’–£…é")
    assert "  " not in text
    assert len({word for words in prose.vocabulary().values() for word in words}) >= 1500


@pytest.mark.parametrize("shape", ["plain text", "100 % {} of it", "no slots: [a] (b)"])
def test_a_shape_without_slots_stays(shape: str) -> None:
    assert prose.Writer(Random("x")).filler(shape)() == shape


def test_an_unknown_kind_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'poem'.*prose, wrapped, debris"):
        next(generate.documents("poem"))


@pytest.mark.parametrize("module", ["families", "generate", "peers", "prose", "speed", "synthetic"])
def test_examples(module: str) -> None:
    results = doctest.testmod(importlib.import_module(module))
    assert results.attempted
    assert not results.failed


def test_mixed_documents_are_what_they_are_said_to_be(tmp_path: Path) -> None:
    generate.generate(tmp_path, 3, "mixed", gold=False)
    facts = json.loads((tmp_path / "facts.json").read_text())
    texts = [path.read_text(encoding="utf-8") for path in sorted((tmp_path / "raw").iterdir())]
    assert facts["documents"] == len(texts)
    assert facts["bytes"] == sum(len(text.encode()) for text in texts) >= 3_000_000
    assert facts["blocks"] == sum(len(text.strip().split("\n\n")) for text in texts)
    assert 0.18 < facts["exact_share"] < 0.22
    assert 0.08 < facts["near_share"] < 0.12
    assert 0.09 < facts["debris_share"] <= 0.1
    assert facts["fitting_share"] > 0.98
    assert set(facts["families"]) == {family.name for family in families.load()} | {"source"}
    assert not list((tmp_path / "gold").iterdir())
    assert all(
        2_000 <= path.stat().st_size <= 20_000 for path in (tmp_path / "raw").iterdir() if path.stem.count("-") == 1
    )


def test_copies_stand_in_the_text_as_often_as_is_counted() -> None:
    made: Counter[str] = Counter()
    blocks: list[str] = []
    for name, document in islice(generate.documents("mixed", 4, made), 300):
        if name.count("-") == 1:
            blocks += document.raw.strip().split("\n\n")
    assert made["new"] + made["exact"] + made["near"] == len(blocks)
    again = len(blocks) - len(set(blocks))
    headings = sum(len(block) < 80 for block in blocks)
    assert made["exact"] <= again <= made["exact"] + headings
