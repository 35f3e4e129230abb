"""Results that go to a URL: the same files as in a folder, only what changed is put, and no half is taken for all."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import fsspec
import pytest
from click.testing import CliRunner
from test_run import files

from pipeline.cli import main
from pipeline.engines.kept import FOLDER
from pipeline.engines.local import run
from pipeline.engines.outcome import RunError, RunReport, WrongFolders
from pipeline.engines.publishing import _LISTS, PUBLISHING
from pipeline.formats.stores import Remote
from pipeline.verify import verify

FERRY = "The ferry to the island leaves from the old harbour at seven every day of the year, and comes back at nine."
URL = "memory://bucket/clean"


@pytest.fixture(autouse=True)
def store() -> Iterator[None]:
    fsspec.filesystem("memory").store.clear()
    yield
    fsspec.filesystem("memory").store.clear()


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    texts = {"a": FERRY, "a b": FERRY + "[1]", "sub/c": "A mill stands by the river.[2]", "d*": "One.", "d[1]": "Two."}
    for id, text in texts.items():
        path = tmp_path / "raw" / f"{id}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "raw"


def put(raw: Path, tmp_path: Path, **options: Any) -> RunReport:
    return run(raw, URL, work=tmp_path / "work", **options)


def there() -> dict[str, bytes]:
    """What is at the URL."""
    fs = fsspec.filesystem("memory")
    top = "/bucket/clean/"
    return {path.removeprefix(top): fs.cat_file(path) for path in fs.find("/bucket/clean")}


def results(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in files(folder).items() if not name.startswith(FOLDER)}


@pytest.mark.parametrize("layout", ["folder", "jsonl.gz", "jsonl.zst", "parquet", "dolma"])
def test_a_url_gets_the_files_that_a_folder_gets(raw: Path, tmp_path: Path, layout: str) -> None:
    report = put(raw, tmp_path, layout=layout)
    assert report == run(raw, tmp_path / "folder", layout=layout)
    assert there() == results(tmp_path / "folder")
    assert report.published == len(there())
    done = verify(URL, raw)
    assert (done.findings, done.documents) == ([], 5)


def test_only_what_changed_is_put_and_what_is_gone_goes(raw: Path, tmp_path: Path) -> None:
    assert put(raw, tmp_path).published == 11
    assert put(raw, tmp_path).published == 0
    (raw / "sub/c.txt").write_text("A mill stands by the sea.")
    (raw / "d*.txt").unlink()
    fsspec.filesystem("memory").pipe_file("/bucket/clean/notes.txt", b"Mine.")
    assert put(raw, tmp_path).published == 3  # the text, its sidecar, and the manifest
    run(raw, tmp_path / "folder")
    assert there() == results(tmp_path / "folder") | {"notes.txt": b"Mine."}


def test_without_a_folder_to_work_in_the_url_alone_tells_what_is_new(raw: Path) -> None:
    assert run(raw, URL).published == 11
    assert run(raw, URL).published == 0
    (raw / "sub/c.txt").write_text("A mill stands by the sea.")
    assert run(raw, URL).published == 3


def test_another_layout_takes_the_place_of_the_earlier(raw: Path, tmp_path: Path) -> None:
    put(raw, tmp_path)
    put(raw, tmp_path, layout="jsonl")
    run(raw, tmp_path / "shards", layout="jsonl")
    assert there() == results(tmp_path / "shards")
    put(raw, tmp_path)
    run(raw, tmp_path / "folder")
    assert there() == results(tmp_path / "folder")


@pytest.mark.parametrize("name", ["a.txt", "manifest.jsonl"])
def test_a_file_of_somebody_else_is_not_overwritten(raw: Path, tmp_path: Path, name: str) -> None:
    fsspec.filesystem("memory").pipe_file(f"/bucket/clean/{name}", b"Mine.")
    with pytest.raises(RunError, match=r"Cannot write .*is there, and"):
        put(raw, tmp_path)
    assert there() == {name: b"Mine."}


def test_what_was_changed_or_lost_at_the_url_is_put_again(raw: Path, tmp_path: Path) -> None:
    put(raw, tmp_path)
    before = there()
    fs = fsspec.filesystem("memory")
    fs.pipe_file("/bucket/clean/a.txt", b"Cut")
    fs.rm_file("/bucket/clean/sub/c.json")
    assert [finding.name for finding in verify(URL).findings] != []
    assert put(raw, tmp_path).published == 3
    assert there() == before


def test_a_manifest_that_was_changed_at_the_url_is_put_again(raw: Path, tmp_path: Path) -> None:
    put(raw, tmp_path)
    before = there()
    changed = before["manifest.jsonl"].replace(b'"gaps":0', b'"gaps":9')
    fsspec.filesystem("memory").pipe_file("/bucket/clean/manifest.jsonl", changed)
    assert put(raw, tmp_path).published == 1
    assert there() == before


def test_the_manifest_comes_last_and_another_run_waits_for_the_end(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, seen = Remote.put, list[str]()

    def watched(self: Remote, folder: str, names: Sequence[str]) -> None:
        whole(self, folder, names)
        seen.extend(names)
        if names[0] not in (f"{FOLDER}/probe", PUBLISHING, *_LISTS):
            with pytest.raises(RunError, match="another run writes there now"):
                run(raw, tmp_path / "work")

    monkeypatch.setattr(Remote, "put", watched)
    put(raw, tmp_path, layout="parquet")
    assert seen[-2:] == ["shards.jsonl", "manifest.jsonl"]
    assert seen[:2] == [f"{FOLDER}/probe", PUBLISHING]


@pytest.mark.parametrize("at", range(7))
def test_a_run_that_was_killed_while_it_put_files_is_ended_by_the_next(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    put(raw, tmp_path)
    (raw / "a.txt").write_text("Another text.")
    (raw / "d*.txt").unlink()
    (raw / "new.txt").write_text("A new text.")
    whole, calls = Remote.put, iter(range(100))

    def dies(self: Remote, folder: str, names: Sequence[str]) -> None:
        for name in names:
            if next(calls) == at:
                raise KeyboardInterrupt
            whole(self, folder, [name])

    monkeypatch.setattr(Remote, "put", dies)
    with pytest.raises(KeyboardInterrupt):
        put(raw, tmp_path)
    if at > 1:  # but for the probe, and what announces it all
        assert "manifest.jsonl" not in there()
        assert PUBLISHING in there()
    monkeypatch.undo()
    (raw / "a.txt").write_text(FERRY)
    put(raw, tmp_path)
    run(raw, tmp_path / "folder")
    assert there() == results(tmp_path / "folder")
    assert verify(URL, raw).findings == []


def test_urls_that_lie_in_each_other_are_refused(raw: Path) -> None:
    fs = fsspec.filesystem("memory")
    fs.pipe_file("/bucket/raw/a.txt", FERRY.encode())
    for source, out in [("raw", "raw"), ("raw", "raw/out"), ("raw/out", "raw/")]:
        with pytest.raises(WrongFolders, match=r"Cannot write to .*Choose a folder beside it\."):
            run(f"memory://bucket/{source}", f"memory://bucket/{out}")
    assert run("memory://bucket/raw", "memory://bucket/raw2").documents == 1


def test_what_cannot_be_written_is_told_before_the_run(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("Access denied")

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "put_file", refuse)
    with pytest.raises(RunError, match=r"Cannot write to memory://bucket/clean: Access denied\. Check"):
        put(raw, tmp_path)
    assert not (tmp_path / "work").exists()


def test_the_commands_take_urls(raw: Path, tmp_path: Path) -> None:
    os.chdir(tmp_path)

    def call(*arguments: str) -> str:
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, result.output
        return result.stdout

    assert f"11 files were put to {URL}\n" in call("run", "raw", URL, "--work", "work", "--dedup", "mark")
    assert "5 documents verified" in call("verify", URL, "--raw", "raw")
    assert "[-[2]-]" in call("diff", "sub/c", "--out", URL)
    assert "markers.footnote" in call("explain", "sub/c", "--out", URL)
    assert "a b" in call("duplicates", "--out", URL)


WRONG = {
    "work beside a folder": (("run", "raw", "clean", "--work", "work"), "Cannot work in work: clean is a folder"),
    "work beside the URL of a folder": (
        ("run", "raw", "file:///nowhere/clean", "--work", "work"),
        "Cannot work in work: /nowhere/clean is a folder, and the run works there. Leave --work out",
    ),
    "a cluster without work": (("run", "raw", URL, "--engine", "ray"), "Give one as work (--work)."),
    "nothing there": (("verify", "memory://bucket/nowhere"), "No such file or directory"),
    "no such document": (("diff", "zzz", "--out", URL), "Cannot find document zzz"),
}


@pytest.mark.parametrize(("arguments", "reason"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_url_is_told(raw: Path, tmp_path: Path, arguments: tuple[str, ...], reason: str) -> None:
    os.chdir(tmp_path)
    run(raw, URL)
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code != 0
    assert reason in " ".join(result.output.split()), result.output
