"""Results in shards: the same documents as in files of their own, whoever writes; nobody else's file is touched."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pipeline.engines.kept import CLAIMED, FOLDER
from pipeline.engines.local import run
from pipeline.engines.outcome import RunError, RunReport
from pipeline.formats import shards, sidecar
from pipeline.formats.results import _rows as rows_of
from pipeline.formats.results import open_results
from pipeline.formats.stores import store
from pipeline.settings import Settings
from pipeline.verify import read, verify

LAYOUTS = sorted(shards.LAYOUTS)
FERRY = "The ferry to the island leaves from the old harbour at seven every day of the year, and comes back at nine."
LOST = "The mill was built in , and burnt in , so the people of Lowford went to the baker, who was glad of it."
WHOLE = "The mill was built in 1702, and burnt in 1809, so the people of Lowford went to the baker, who was glad of it."


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    for number in range(90):
        path = folder / f"s{number % 3}" / f"{number:03}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        own = f"This is the story of number {number}, which is told nowhere else at all.[{number}]"
        path.write_text("\n\n".join([own, [FERRY, LOST, WHOLE, "Menu\nShare\nHome"][number % 4]]), encoding="utf-8")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "astral.txt").write_text("A 🦊 ran\r\nover the hill.\r\n", encoding="utf-8", newline="")
    (folder / "half.txt").write_bytes(b"Half a sign \xed\xa0\xbd, and no more of it.")
    return folder


def clean(raw: Path, out: Path, layout: str = "jsonl", workers: int = 1, force: bool = False, **more: Any) -> RunReport:
    return run(raw, out, Settings(**more), workers=workers, layout=layout, shard=2000, force=force)


def files(folder: Path) -> dict[str, bytes]:
    """All files below a folder, but for what is kept for a later run."""
    found = (path for path in folder.rglob("*") if path.is_file() and FOLDER not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_shards_hold_what_files_of_their_own_do(raw: Path, tmp_path: Path, layout: str) -> None:
    apart = clean(raw, tmp_path / "apart", "folder")
    assert clean(raw, tmp_path / "out", layout) == apart
    written = files(tmp_path / "apart")
    items = list(open_results(str(tmp_path / "out")).walk())
    assert [item.id for item in items] == open_results(str(tmp_path / "apart")).ids()
    for item in items:
        assert (item.text, item.sidecar) == (written[f"{item.id}.txt"], written[f"{item.id}.json"])
        assert open_results(str(tmp_path / "out")).get(item.id) == item
    assert written["manifest.jsonl"] == (tmp_path / "out/manifest.jsonl").read_bytes()
    assert len(shards.listed(str(tmp_path / "out"))) > 4
    done = verify(tmp_path / "out", raw)
    assert (done.findings, done.documents) == ([], 93)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_utf8_cannot_hold_is_kept(raw: Path, tmp_path: Path, layout: str) -> None:
    clean(raw, tmp_path / "out", layout, off=("encoding.*",))
    assert read(str(tmp_path / "out"), "half")[1].text == "Half a sign \ud83d, and no more of it."
    assert verify(tmp_path / "out", raw).findings == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_number_of_workers_writes_the_same_shards(raw: Path, tmp_path: Path, layout: str) -> None:
    clean(raw, tmp_path / "one", layout)
    clean(raw, tmp_path / "two", layout, workers=2)
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_the_list_of_shards_fits_its_schema(raw: Path, tmp_path: Path) -> None:
    clean(raw, tmp_path / "out", "jsonl.gz")
    schema = json.loads((Path(shards.__file__).parent / "schemas/shards.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    for line in (tmp_path / "out/shards.jsonl").read_text().splitlines():
        jsonschema.validate(json.loads(line), schema)


def test_rows_are_plain(raw: Path, tmp_path: Path) -> None:
    clean(raw, tmp_path / "out", "jsonl.gz")
    with gzip.open(tmp_path / "out/documents/00000.jsonl.gz", "rt", encoding="utf-8") as file:
        first = json.loads(next(file))
    assert first == {"id": "astral", "text": "A 🦊 ran\nover the hill.", "metadata": {}}


OTHERS = {"id": "a/b", "n": 1, "score": 0.5, "ok": True, "none": None, "tags": ["é", {"x": []}], "long": "y" * 20_000}
NUMBERS = [2**64 - 1, -(2**63), 2**64, -(2**63) - 1, 10**400, 1e300]
TOLD = [2**64 - 1, -(2**63), str(2**64), str(-(2**63) - 1), str(10**400), 1e300]  # few readers take longer ones


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("workers", [1, 2])
def test_the_other_members_of_a_record_come_out_as_they_went_in(tmp_path: Path, layout: str, workers: int) -> None:
    # One is damaged and restored, one loses a duplicate, one is as it was, one has nothing but a text.
    texts = {"lost": LOST, "whole": f"{WHOLE}\n\n{FERRY}", "again": f"What is told here is new.\n\n{FERRY}"}
    rows = [OTHERS | {"id": id, "text": text, "numbers": NUMBERS} for id, text in texts.items()] + [{"text": "Alone."}]
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/f.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "raw/file.txt").write_text("A file of its own.")
    for _ in range(2):  # the second time from what was kept
        report = clean(tmp_path / "raw", tmp_path / "out", layout, workers)
        assert (report.problems, report.restored, report.duplicates > 0) == ([], 2, True)
        found = {row["id"]: row["metadata"] for row in shown(tmp_path / "out", layout)}
        (tmp_path / "raw/more.txt").write_text("One more.")
    expected = {f"f/{id}": OTHERS | {"id": id, "numbers": TOLD} for id in texts}
    assert found == expected | {"f/00000004": {}, "file": {}, "more": {}}
    assert verify(tmp_path / "out", tmp_path / "raw").ok


def shown(out: Path, layout: str) -> list[dict[str, Any]]:
    """The rows of documents."""
    found: list[dict[str, Any]] = []
    for row in shards.listed(str(out)):
        if row.file.startswith("documents/"):
            found += rows_of(store(str(out)), row.file)
    return [
        row | {"metadata": json.loads(row["metadata"])} if isinstance(row["metadata"], str) else row for row in found
    ]


@pytest.mark.parametrize("before", ["folder", *LAYOUTS])
@pytest.mark.parametrize("layout", ["folder", "jsonl", "parquet"])
def test_another_layout_takes_the_place_of_the_one_before(raw: Path, tmp_path: Path, layout: str, before: str) -> None:
    clean(raw, tmp_path / "out", before)
    (raw / "empty.txt").unlink()
    report = clean(raw, tmp_path / "out", layout)
    assert (report.reused, report.removed) == (92, ["empty"])
    clean(raw, tmp_path / "fresh", layout)
    assert files(tmp_path / "out") == files(tmp_path / "fresh")


def test_a_file_that_is_not_ours_is_not_overwritten(raw: Path, tmp_path: Path) -> None:
    (tmp_path / "out/documents").mkdir(parents=True)
    (tmp_path / "out/documents/00000.jsonl").write_text("mine")
    with pytest.raises(RunError, match=r"documents/00000.jsonl is there, and clean-corpus did not make it"):
        clean(raw, tmp_path / "out")
    assert files(tmp_path / "out") == {"documents/00000.jsonl": b"mine"}


def test_files_beside_shards_that_are_named_like_documents_stay(raw: Path, tmp_path: Path) -> None:
    clean(raw, tmp_path / "out")
    mine = {"empty.txt": b"mine", "empty.json": b"mine, too"}
    for name, data in mine.items():
        (tmp_path / "out" / name).write_bytes(data)
    (raw / "empty.txt").unlink()
    assert clean(raw, tmp_path / "out").removed == ["empty"]
    assert mine.items() <= files(tmp_path / "out").items()


def test_a_file_that_was_changed_since_is_not_removed(raw: Path, tmp_path: Path) -> None:
    clean(raw, tmp_path / "out")
    (tmp_path / "out/documents/00001.jsonl").write_text("mine")
    clean(raw, tmp_path / "out", "folder")
    assert (tmp_path / "out/documents/00001.jsonl").read_text() == "mine"
    assert not (tmp_path / "out/documents/00000.jsonl").exists()


def test_a_description_that_was_changed_since_is_left_as_it_is(raw: Path, tmp_path: Path) -> None:
    clean(raw, tmp_path / "out")
    (tmp_path / "out/README.md").write_text("mine")
    (raw / "new.txt").write_text("A new one.")
    for _ in range(2):
        report = clean(raw, tmp_path / "out", force=True)
        assert [skipped.name for skipped in report.skipped] == ["README.md"]
        assert (tmp_path / "out/README.md").read_text() == "mine"
    assert "README.md" not in (tmp_path / "out/shards.jsonl").read_text()
    clean(raw, tmp_path / "out", "folder")
    assert sorted(path.name for path in (tmp_path / "out").iterdir() if path.is_file() and path.suffix == ".md") == [
        "README.md"
    ]
    assert not (tmp_path / "out/croissant.json").exists()


SHARD = {"file": "documents/00000.jsonl", "bytes": 1, "sha256": "", "documents": 1, "first": "a", "last": "a"}
LISTS = {
    "no JSON": "no",
    "a list": "[]",
    "no file of a shard": json.dumps(SHARD | {"file": "../x"}),
    "another member": json.dumps(SHARD | {"more": 1}),
    "a member less": json.dumps({"file": "documents/00000.jsonl", "bytes": 1}),
    "another type": json.dumps(SHARD | {"documents": "1"}),
    "documents alone": json.dumps(SHARD),
}


@pytest.mark.parametrize("content", LISTS.values(), ids=LISTS)
def test_a_list_that_is_not_ours_is_refused(raw: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/shards.jsonl").write_text(content)
    with pytest.raises(RunError, match=r"shards.jsonl: a file of that name is there"):
        clean(raw, tmp_path / "out")


@pytest.mark.parametrize("death", range(1, 30, 3))
def test_a_run_that_is_killed_is_finished_by_the_next(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, death: int
) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("processes are not forked here")
    clean(raw, tmp_path / "whole")
    child = os.fork()
    if not child:
        steps = iter(range(100))
        replace = os.replace

        def dying(*args: Any) -> None:
            if next(steps) == death:
                os._exit(9)
            replace(*args)

        os.replace = dying  # type: ignore[assignment]
        clean(raw, tmp_path / "cut")
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status == 9 or death > 20
    whole = files(tmp_path / "whole")
    assert all(whole[name] == data for name, data in files(tmp_path / "cut").items() if "part" not in name)
    clean(raw, tmp_path / "cut")
    assert files(tmp_path / "cut") == whole
    assert (tmp_path / "cut" / FOLDER / CLAIMED).exists()


LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
sys.argv[:2] = ["clean-corpus"]
from pipeline.cli import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of files")
@pytest.mark.parametrize(
    ("size", "layout", "workers"),
    [(200, "folder", "1"), (3_000, "jsonl", "2"), (20_000, "folder", "2"), (20_000, "jsonl", "1")],
)
def test_a_full_disk_ends_a_run_with_a_word_and_the_next_one_finishes(
    raw: Path, tmp_path: Path, size: int, layout: str, workers: str
) -> None:
    """A limit on the size of files stands for the disk: writing fails in the middle of a file, wherever that is."""
    clean(raw, tmp_path / "whole", layout)
    arguments = ["run", str(raw), str(tmp_path / "out"), "--format", layout, "--shard", "0.002", "--workers", workers]
    command = [sys.executable, "-c", LIMITED, str(size), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "Error: Cannot" in done.stderr
    assert clean(raw, tmp_path / "out", layout).problems == []
    assert files(tmp_path / "out") == files(tmp_path / "whole")


DAMAGES = {
    "text": ("documents/00001.jsonl", lambda data: data.replace(b"told", b"bold", 1), "it was changed: its SHA-256"),
    "sidecar": (
        "provenance/00001.jsonl",
        lambda data: data.replace(b'kind\\":\\"prose', b'kind\\":\\"verse', 1),
        "seal",
    ),
    "id": ("documents/00001.jsonl", lambda data: data.replace(b'"id":"s0', b'"id":"t0', 1), "of another document"),
    "cut": ("documents/00001.jsonl", lambda data: data[: len(data) // 2], "it cannot be read"),
    "row": ("documents/00001.jsonl", lambda data: data[: data.rindex(b"\n", 0, -1) + 1], "it has no text"),
    "gone": ("provenance/00001.jsonl", None, "it cannot be read"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_verify_finds_what_was_changed(raw: Path, tmp_path: Path, damage: str) -> None:
    clean(raw, tmp_path / "out")
    name, change, expected = DAMAGES[damage]
    path = tmp_path / "out" / name
    if change is None:
        path.unlink()
    else:
        path.write_bytes(change(path.read_bytes()))
    found = verify(tmp_path / "out", raw).findings
    assert any(expected in finding.reason for finding in found), found
    report = clean(raw, tmp_path / "out")  # which sees that it is not as it was
    assert report.reused == 93
    assert verify(tmp_path / "out", raw).findings == []


def swapped(data: bytes) -> bytes:
    one, two, *more = data.splitlines(keepends=True)
    return b"".join([two, one, *more])


LISTINGS: dict[str, Callable[[bytes], bytes]] = {
    "size": lambda data: data.replace(b'"bytes":', b'"bytes":1', 1),
    "first": lambda data: data.replace(b'"first":"', b'"first":"a', 1),
    "count": lambda data: data.replace(b'"documents":', b'"documents":1', 1),
    "twice": lambda data: data + data,
    "order": swapped,
    "space": lambda data: data[:-1],
}


@pytest.mark.parametrize("layout", ["jsonl", "dolma"])
@pytest.mark.parametrize("change", LISTINGS.values(), ids=LISTINGS)
def test_verify_finds_what_was_changed_in_the_list(
    raw: Path, tmp_path: Path, change: Callable[[bytes], bytes], layout: str
) -> None:
    clean(raw, tmp_path / "out", layout)
    assert verify(tmp_path / "out").ok
    path = tmp_path / "out/shards.jsonl"
    path.write_bytes(change(path.read_bytes()))
    assert "shards.jsonl" in {finding.name for finding in verify(tmp_path / "out").findings}


def test_what_is_wrong_with_a_document_is_told_of_its_row(raw: Path, tmp_path: Path) -> None:
    clean(raw, tmp_path / "out")
    path = tmp_path / "out/provenance/00001.jsonl"
    first, *others = path.read_text(encoding="utf-8").splitlines()
    row = json.loads(first)
    data = json.loads(row["sidecar"])
    data["source"]["bytes"] += 1
    row["sidecar"] = sidecar.dump(data).decode().replace("\n", "")
    path.write_text("\n".join([json.dumps(row), *others, ""]), encoding="utf-8")
    found = {finding.reason: finding.name for finding in verify(tmp_path / "out").findings}
    told = "it does not lead back to the raw bytes: their SHA-256 or size is another"
    assert found[told] == "provenance/00001.jsonl, row 1"
