"""Duplicates: what is one and what is not, which copy stays, and that no order of documents changes a byte."""

from __future__ import annotations

import dataclasses
import json
import random
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core import Pipeline
from pipeline.corpus import duplicates
from pipeline.corpus.cases import components
from pipeline.document import Document, Gap, Ledger, Paragraph, Pass
from pipeline.edits import Edit
from pipeline.engines.kept import FOLDER
from pipeline.engines.local import run
from pipeline.engines.outcome import RunReport
from pipeline.formats import manifest, sidecar
from pipeline.settings import Settings
from pipeline.verify import verify

CASES = tomllib.loads((Path(__file__).parent / "cases/duplicates.toml").read_text(encoding="utf-8"))["case"]
PIPELINE = Pipeline()


def dropped(documents: list[Document]) -> dict[str, Document]:
    found = duplicates.find(documents)
    return {d.id: duplicates.drop(d, found[d.id]) if d.id in found else d for d in documents}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_cases(case: dict[str, Any]) -> None:
    documents = [PIPELINE.clean(text.lstrip("\n"), id) for id, text in case["docs"].items()]
    for document in documents:
        assert document.text == case["docs"][document.id].lstrip("\n")
    wanted = case["docs"] | case.get("clean", {})
    for id, document in dropped(documents).items():
        assert document.text == wanted[id].lstrip("\n")


def test_a_fifth_of_the_cases_must_not_change() -> None:
    assert 5 * sum("clean" not in case for case in CASES) >= len(CASES)


FERRY = "The ferry to the island leaves from the old harbour at seven every day of the year, and comes back at nine."
GULLS = "Nobody has counted the gulls of the northern cliffs since the keeper left the island in the spring."
POOL = [
    FERRY,
    FERRY.replace("nine", "ten"),
    FERRY.upper(),
    FERRY.replace("The", "“The”"),
    FERRY.replace("the", "t\ufb02he"),
    GULLS,
    GULLS.replace("has", "has not"),
    "Too short.",
    "Паром на остров уходит из старой гавани в семь часов утра каждый день года и возвращается в девять.",
]
BLOCKS = st.lists(
    st.tuples(st.sampled_from(["prose", "prose", "heading", "list", "kept"]), st.sampled_from(POOL)), max_size=8
)


def build(id: str, blocks: list[tuple[str, str]], gap: int = -1) -> Document:
    """A document of blocks, whose raw text has a line of debris before each, and a gap in one."""
    raw = "\n\n".join(f"[menu]{text}" for _, text in blocks)
    edits, paragraphs, at, out = [], [], 0, 0
    for kind, text in blocks:
        edits.append(Edit(at, "[menu]", "", "chrome.nav"))
        paragraphs.append(Paragraph(kind, out, out + len(text), at + 6, at + 6 + len(text)))
        at, out = at + 8 + len(text), out + 2 + len(text)
    ledger = Ledger([Pass("debris", edits)] if edits else [])
    gaps = [Gap(paragraphs[gap].start + 3, "year", "gaps.in", True, paragraphs[gap].raw_start + 3)] if gap >= 0 else []
    return Document(id, raw, ledger.apply(raw), ledger=ledger, paragraphs=paragraphs, gaps=gaps)


CORPORA = st.lists(BLOCKS, max_size=5).flatmap(
    lambda corpus: st.tuples(
        st.just(corpus), st.lists(st.integers(-1, 7), min_size=len(corpus), max_size=len(corpus)), st.randoms()
    )
)


@given(CORPORA)
@settings(max_examples=200, deadline=None)
def test_what_goes_stays_elsewhere_whatever_the_order(corpus: tuple[list[Any], list[int], random.Random]) -> None:
    blocks, gaps, chance = corpus
    documents = [
        build(f"d{n}", found, gap if gap < len(found) else -1)
        for n, (found, gap) in enumerate(zip(blocks, gaps, strict=True))
    ]
    found = duplicates.find(documents)
    assert duplicates.find(chance.sample(documents, len(documents))) == found
    clean = dropped(documents)
    stays = {(id, block.raw_start) for id, document in clean.items() for block in document.paragraphs}
    for id, rows in found.items():
        assert all((row.of.id, row.of.raw_start) in stays for row in rows.duplicates)  # no chains
        assert not any((id, row.here.raw_start) in stays for row in rows.duplicates)
    assert not any(rows.duplicates for rows in duplicates.find(clean.values()).values())
    for before, document in zip(documents, clean.values(), strict=True):
        assert document.ledger.rebuild(document.text) == before.raw
        assert "\n\n".join(document.text[p.start : p.end] for p in document.paragraphs) == document.text
        assert set(document.paragraphs) <= {
            block._replace(start=now.start, end=now.end)
            for block in before.paragraphs
            for now in document.paragraphs
            if (block.raw_start, block.raw_end) == (now.raw_start, now.raw_end)
        }
        assert [gap.raw for gap in document.gaps] == [gap.raw for gap in before.gaps]


def test_the_copy_with_a_gap_goes_though_it_is_the_first() -> None:
    found = duplicates.find([build("a", [("prose", FERRY)], gap=0), build("b", [("prose", FERRY)])])
    assert [row.of.id for row in found["a"].duplicates] == ["b"]


def test_the_document_that_is_given_is_left_as_it_is() -> None:
    first, second = build("a", [("prose", FERRY)]), build("b", [("prose", GULLS), ("prose", FERRY)], gap=1)
    before = dataclasses.replace(second, ledger=Ledger(second.ledger), gaps=[*second.gaps], flags=[])
    changed = duplicates.drop(second, duplicates.find([first, second])["b"])
    assert second == before
    assert changed.text == GULLS
    assert [gap.at for gap in changed.gaps] == [len(GULLS)]


@pytest.mark.parametrize(("others", "flagged"), [(0, True), (1, True), (3, False)])
def test_a_document_that_loses_most_of_its_words_is_flagged(others: int, flagged: bool) -> None:
    own = "Seven words that stand nowhere else: number"
    second = build("b", [("prose", FERRY), *(("prose", f"{own} {n}.") for n in range(others))])
    clean = dropped([build("a", [("prose", FERRY)]), second])["b"]
    assert [flag.kind for flag in clean.flags] == ["duplicates"] * flagged
    if flagged:
        assert "stand elsewhere, most of them in a, and were dropped" in clean.flags[0].message


# The folder run

OWN = "This is the story of document {}, which stands nowhere else, and which is told here in about as many words."


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    chance = random.Random(7)
    for number in range(30):
        path = tmp_path / "raw" / f"{'sub/' * (number % 3 == 0)}doc{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        shared = chance.sample([FERRY, GULLS, FERRY.replace("nine", "ten"), FERRY.replace("The", "“The”")], 2)
        path.write_text("\n\n".join(["Title of it", OWN.format(number + 1), OWN.format(-number - 1), *shared]) + "\n")
    return tmp_path / "raw"


def files(folder: Path) -> dict[str, bytes]:
    """All files below a folder, but for what is kept for a later run."""
    found = (path for path in folder.rglob("*") if path.is_file() and FOLDER not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def clean(raw: Path, out: Path, workers: int = 1, **choices: Any) -> RunReport:
    return run(raw, out, Settings(**choices), workers=workers)


def test_a_run_drops_duplicates_and_says_where_they_stay(raw: Path, tmp_path: Path) -> None:
    report = clean(raw, tmp_path / "out")
    out = files(tmp_path / "out")
    texts = [data.decode() for name, data in out.items() if name.endswith(".txt")]
    assert sum(GULLS in text for text in texts) == 1
    assert report.duplicates == 60 - 3 == report.rules["duplicates.exact"][0]
    assert report.problems == report.flags == []
    assert verify(tmp_path / "out", raw).findings == []
    for name, data in out.items():
        if name.endswith(".json"):
            for row in json.loads(data)["duplicates"]:
                assert (row["action"], row["kind"], row["similarity"]) == ("drop", "exact", 1.0)
                assert row["of"]["id"] + ".json" in out


@pytest.mark.parametrize("dedup", ["drop", "mark"])
def test_workers_and_earlier_runs_make_no_difference(raw: Path, tmp_path: Path, dedup: str) -> None:
    reports = [clean(raw, tmp_path / f"out{workers}", workers, dedup=dedup) for workers in (1, 2, 3)]
    clean(raw, tmp_path / "again", dedup="off")
    for _ in range(2):
        reports.append(clean(raw, tmp_path / "again", dedup=dedup))
    first, *others = (files(tmp_path / name) for name in ("out1", "out2", "out3", "again"))
    assert all(other == first for other in others)
    assert all(report == reports[0] for report in reports)


def test_documents_that_are_gone_set_their_duplicates_free(raw: Path, tmp_path: Path) -> None:
    clean(raw, tmp_path / "out")
    for path in sorted(raw.rglob("*.txt"))[:20]:
        path.unlink()
    clean(raw, tmp_path / "out")
    clean(raw, tmp_path / "fresh")
    assert files(tmp_path / "out") == files(tmp_path / "fresh")
    assert verify(tmp_path / "out", raw).findings == []


def test_mark_says_so_and_changes_no_text(raw: Path, tmp_path: Path) -> None:
    marked = clean(raw, tmp_path / "marked", dedup="mark")
    clean(raw, tmp_path / "off", dedup="off")
    off = files(tmp_path / "off")
    for name, data in files(tmp_path / "marked").items():
        assert not name.endswith(".txt") or data == off[name]
    assert marked.duplicates == 57
    assert marked.flags == []
    assert verify(tmp_path / "marked", raw).findings == []


@pytest.mark.parametrize(
    "choices", [{"dedup": "off"}, {"off": ("duplicates.exact", "duplicates.near")}, {"off": ("duplicates.*",)}]
)
def test_off_is_off(raw: Path, tmp_path: Path, choices: dict[str, Any]) -> None:
    assert clean(raw, tmp_path / "out", **choices).duplicates == 0
    for name, data in files(tmp_path / "out").items():
        if name.endswith(".json"):
            row = json.loads(data)
            assert row["duplicates"] == row["copies"] == []


def test_headings_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/a.txt").write_text(FERRY)
    (tmp_path / "raw/b.txt").write_text(f"{GULLS}\n\nThe ferry\n\n{FERRY}\n")
    clean(tmp_path / "raw", tmp_path / "out")
    assert (tmp_path / "out/b.txt").read_text() == GULLS + "\n"
    clean(tmp_path / "raw", tmp_path / "out", off=("duplicates.heading",))
    assert (tmp_path / "out/b.txt").read_text() == f"{GULLS}\n\nThe ferry\n"


def test_a_document_that_cannot_be_written_is_told_of(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = duplicates.drop

    def drop(document: Document, *args: Any, **more: Any) -> Document:
        if document.id == "doc5":
            raise OSError(28, "No space left on device")
        return whole(document, *args, **more)

    monkeypatch.setattr(duplicates, "drop", drop)
    report = clean(raw, tmp_path / "out")
    assert [problem.reason for problem in report.problems] == ["its result was not written: No space left on device"]
    assert report.documents == 29
    assert not (tmp_path / "out/doc5.txt").exists()
    findings = verify(tmp_path / "out", raw).findings
    assert findings != []
    others = {finding.reason for finding in findings if "of doc5 that" not in finding.reason}
    assert others == {"it has no clean text: it is new, or could not be cleaned"}
    monkeypatch.undo()
    clean(raw, tmp_path / "out")
    clean(raw, tmp_path / "fresh")
    assert files(tmp_path / "out") == files(tmp_path / "fresh")


def reseal(out: Path, change: dict[str, Any]) -> list[str]:
    """Change sidecars as somebody would who can seal them and write the manifest; return what is found to be wrong."""
    every = {path: json.loads(path.read_bytes()) for path in out.rglob("*.json")}
    for path, data in every.items():
        if data["id"] in change:
            change[data["id"]](data)
            path.write_bytes(sidecar.dump(data))
    rows = [manifest.row(data, sidecar.seal(path.read_bytes())) for path, data in every.items()]
    rows.sort(key=lambda row: row["id"])
    (out / "manifest.jsonl").write_bytes(b"".join(map(manifest.line, rows)))
    return [str(finding) for finding in verify(out).findings]


TAMPERED = {
    "the copy is not told of": ({"a": lambda d: d["copies"].clear()}, "tells of the copy at [0, 107) of a"),
    "the duplicate is not told of": (
        {"b": lambda d: d["duplicates"].clear()},
        "its ledger takes 1 duplicates by duplicates.exact, and it lists 0",
    ),
    "of another document": (
        {"b": lambda d: d["duplicates"][0]["of"].update(id="z")},
        "tells of the copy at [0, 107) of z that stays for a duplicate, and there is no such document",
    ),
    "outside": ({"b": lambda d: d["duplicates"][0].update(raw=[9, 9999])}, "outside of the raw text"),
    "it still stands": ({"b": lambda d: d["duplicates"][0].update(raw=[109, 208])}, "still stands in the clean text"),
    "the copy does not stand": ({"a": lambda d: d["copies"][0].update(raw=[0, 9])}, "which should stay, is not there"),
    "another action": ({"b": lambda d: d["duplicates"][0].update(action="mark")}, "its settings say otherwise"),
}


@pytest.mark.parametrize(("change", "reason"), TAMPERED.values(), ids=TAMPERED)
def test_verify_finds_what_is_wrong(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/a.txt").write_text(FERRY)
    (tmp_path / "raw/b.txt").write_text(f"{FERRY}\n\n{GULLS}\n")
    clean(tmp_path / "raw", tmp_path / "out")
    assert reseal(tmp_path / "out", {}) == []
    assert any(reason in found for found in reseal(tmp_path / "out", change))


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=40))
def test_components_are_those_of_a_walk_along_the_pairs(pairs: list[tuple[int, int]]) -> None:
    found = components(np.array([a for a, _ in pairs], np.int64), np.array([b for _, b in pairs], np.int64), 31)
    smallest = list(range(31))
    for _ in range(31):
        for a, b in pairs:
            smallest[a] = smallest[b] = min(smallest[a], smallest[b])
    assert found.tolist() == smallest
