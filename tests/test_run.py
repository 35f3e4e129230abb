"""The folder run: the same bytes whatever the workers, nothing half-written, and nobody else's file touched."""

from __future__ import annotations

import errno
import gc
import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from pipeline.core import default_stages
from pipeline.document import Fact, Flag, Found, Gap, Paragraph
from pipeline.edits import Edit
from pipeline.engines.kept import FOLDER, LOCK
from pipeline.engines.local import run
from pipeline.engines.outcome import RunError, RunReport, WrongFolders
from pipeline.formats import folder, sidecar, text
from pipeline.formats.stores import store
from pipeline.settings import Settings
from pipeline.stages import Stage
from pipeline.verify import verify


def notes(content: str) -> Found:
    """A stage that takes footnote markers, and tells what else it saw."""
    found = list(re.finditer(r"\[\d+\]", content))
    if "DEFECT" in content:
        raise ZeroDivisionError("the stage\nis broken")
    return Found(
        edits=[Edit(match.start(), match[0], "", "demo.note") for match in found],
        facts=[Fact("licence", "CC BY", 0, 5, "demo.licence")] if "CC BY" in content else [],
        gaps=[Gap(match.end(), "year", "demo.year") for match in re.finditer(r"\bIn (?=the)", content)],
        paragraphs=[Paragraph("prose", 0, len(content))] if content else [],
        flags=[Flag("guard", "too much would go")] if "FLAG" in content else [],
    )


def ends(content: str) -> Found:
    return Found([Edit(len(content) - 1, "\n", "", "demo.end")] if content.endswith("\n") else [])


STAGES = [Stage("notes", notes), Stage("ends", ends)]


def clean(raw: Path, out: Path, workers: int = 1) -> RunReport:
    return run(raw, out, Settings(), stages=STAGES, workers=workers)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    for name, content in {
        "a.txt": "One.[1] Two.[23]\n",
        "b/deep/c.md": "Nothing to do.",
        "b/d.text": "CC BY In the end.\n",
        "empty.txt": "",
        "naïve 東京 \U00010348.txt": "Astral \U0001f600[4] text.\n",
        "no suffix": "A text.\n",
        "v1.5": "Version.",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode())
    (folder / "latin.txt").write_bytes("caf\xe9[1] cr\xe8me br\xfbl\xe9e, d\xe9j\xe0 vu\n".encode("latin-1"))
    (folder / "bom.txt").write_bytes(b"\xff\xfe" + "With a mark.[1]\n".encode("utf-16-le"))
    return folder


def files(folder: Path) -> dict[str, bytes]:
    """All files below a folder, but for what is kept for a later run."""
    found = (path for path in folder.rglob("*") if path.is_file() and FOLDER not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_a_run_writes_texts_sidecars_and_manifest(raw: Path, tmp_path: Path) -> None:
    report = clean(raw, tmp_path / "out")
    out = files(tmp_path / "out")
    ids = ["a", "b/d", "b/deep/c", "bom", "empty", "latin", "naïve 東京 \U00010348", "no suffix", "v1.5"]
    assert sorted(out) == sorted(["manifest.jsonl", *(f"{id}{end}" for id in ids for end in (".txt", ".json"))])
    assert out["a.txt"] == b"One. Two.\n"
    assert out["empty.txt"] == b""
    assert out["naïve 東京 \U00010348.txt"].decode() == "Astral \U0001f600 text.\n"
    assert [json.loads(line)["id"] for line in out["manifest.jsonl"].splitlines()] == sorted(ids)
    assert (report.documents, report.failed, report.problems) == (9, False, [])
    assert report.rules == {"demo.note": [5, 16, 0], "demo.end": [6, 6, 0]}
    assert report.characters_in - report.characters_out == 22
    assert (report.facts, report.gaps, report.flags) == ({"licence": 1}, {"year": 1}, [])
    assert verify(tmp_path / "out", raw).findings == []


def test_any_number_of_workers_writes_the_same_bytes(raw: Path, tmp_path: Path) -> None:
    for number in range(40):
        (raw / f"more{number}.txt").write_text(f"Text {number}.[{number}]\n" * number)
    (raw / "broken.txt").write_text("DEFECT")
    reports = [clean(raw, tmp_path / f"out{workers}", workers) for workers in (1, 2, 3)]
    first, second, third = (files(tmp_path / f"out{workers}") for workers in (1, 2, 3))
    assert first == second == third
    assert reports[0] == reports[1] == reports[2]
    assert len(reports[0].problems) == 1


def test_a_name_that_has_no_room_for_a_suffix_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / ("n" * 251)).write_text("A text.", encoding="utf-8")
    (tmp_path / "raw" / ("o" * 250)).write_text("A text.", encoding="utf-8")
    report = run(tmp_path / "raw", tmp_path / "out")
    assert [(problem.name[0], problem.advice) for problem in report.problems] == [("n", "Give it a shorter name.")]
    assert report.documents == 1


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_that_know_only_what_they_are_sent_write_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """They are not forked on macOS and Windows, nor since Python 3.14 on Linux."""
    said = "The mill of place {} was built in {}, sold in {} to the bakers of Lowford, and burnt down in {}."
    for number in range(12):
        place, years = f"number {number}", (1700 + number, 1800 + number, 1850 + number)
        for name, told in (("whole", years), ("lost", ("", "", "")), ("copy", years)):
            path = tmp_path / f"raw/{name}{number}.txt"
            path.parent.mkdir(exist_ok=True)
            path.write_text(said.format(place, *told), encoding="utf-8")
    monkeypatch.setattr("pipeline.engines.local._MANY", 1)  # so few proposals are shared out, too
    run(tmp_path / "raw", tmp_path / "one", workers=1)
    before = multiprocessing.get_start_method(allow_none=True)
    multiprocessing.set_start_method(method, force=True)
    try:
        report = run(tmp_path / "raw", tmp_path / "two", workers=2)
    finally:
        multiprocessing.set_start_method(before, force=True)
    assert report.problems == []
    assert report.restored == 36
    assert report.duplicates == 24
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_the_process_looks_for_cycles_afterwards_as_it_did(raw: Path, tmp_path: Path) -> None:
    before, during = gc.get_threshold(), set[tuple[int, int, int]]()
    run(raw, tmp_path / "out", workers=1, progress=lambda done, total: during.add(gc.get_threshold()))
    assert (gc.get_threshold(), before in during, len(during)) == (before, False, 1)


def test_a_second_run_changes_nothing(raw: Path, tmp_path: Path) -> None:
    clean(raw, tmp_path / "out")
    before = files(tmp_path / "out")
    stamp = (tmp_path / "out/a.txt").stat().st_mtime_ns
    clean(raw, tmp_path / "out")
    assert files(tmp_path / "out") == before
    assert (tmp_path / "out/a.txt").stat().st_mtime_ns == stamp


def test_a_run_repairs_what_was_changed_since(raw: Path, tmp_path: Path) -> None:
    clean(raw, tmp_path / "out")
    before = files(tmp_path / "out")
    (tmp_path / "out/a.txt").write_text("changed")
    (tmp_path / "out/b/d.txt").unlink()
    clean(raw, tmp_path / "out")
    assert files(tmp_path / "out") == before


def test_a_document_that_fails_is_told_and_the_others_go_on(raw: Path, tmp_path: Path) -> None:
    (raw / "broken.txt").write_text("DEFECT")
    report = clean(raw, tmp_path / "out")
    assert report.failed
    assert report.documents == 9
    assert re.fullmatch(
        r"Cannot clean broken.txt: ZeroDivisionError: the stage is broken \(test_run.py:\d+\). "
        r"This is a defect of clean-corpus: please report it. Nothing was written for this document.",
        str(report.problems[0]),
    )
    assert not [name for name in files(tmp_path / "out") if "broken" in name or "tmp" in name]
    assert [finding.id for finding in verify(tmp_path / "out", raw).findings] == ["broken"]


def test_a_ledger_that_does_not_replay_is_a_problem_of_its_document(raw: Path, tmp_path: Path) -> None:
    def wrong(content: str) -> Found:
        return Found([Edit(0, "not there", "", "demo.wrong")] if content.startswith("One") else [])

    report = run(raw, tmp_path / "out", stages=[Stage("wrong", wrong)], workers=1)
    assert [problem.name for problem in report.problems] == ["a.txt"]
    assert "demo.wrong" in report.problems[0].reason
    assert report.documents == 8


def test_a_file_that_cannot_be_read_is_told(raw: Path, tmp_path: Path) -> None:
    (raw / "a.txt").unlink()
    (raw / "a.txt").symlink_to("a.txt")  # a link to itself
    (raw / "dead.txt").symlink_to("nowhere")
    report = clean(raw, tmp_path / "out")
    assert [str(problem) for problem in report.problems] == [
        "Cannot clean a.txt: Too many levels of symbolic links. Check that the file can be read.",
        "Cannot clean dead.txt: No such file or directory. Check that the file can be read.",
    ]
    assert report.documents == 8


def test_a_file_that_goes_away_meanwhile_is_told(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = folder.scan(store(str(raw)))
    (raw / "a.txt").unlink()
    monkeypatch.setattr(folder, "scan", lambda folder: listing)
    report = clean(raw, tmp_path / "out")
    assert [str(problem) for problem in report.problems] == [
        "Cannot clean a.txt: No such file or directory. Check that the file can be read."
    ]


def test_two_files_of_one_name_are_told_and_neither_is_taken(raw: Path, tmp_path: Path) -> None:
    (raw / "a.md").write_text("Another a.")
    report = clean(raw, tmp_path / "out")
    assert [str(problem) for problem in report.problems] == [
        "Cannot clean a.md: a.md and a.txt would both be a.txt. Rename all but one of them."
    ]
    assert "a.txt" not in files(tmp_path / "out")
    assert report.documents == 8


def test_a_file_and_a_folder_of_one_name_are_told(raw: Path, tmp_path: Path) -> None:
    (raw / "a.txt.d").mkdir()
    (raw / "x.txt").mkdir()
    (raw / "x.txt/inner.txt").write_text("Inner.")
    (raw / "x.md").write_text("Outer.")
    report = clean(raw, tmp_path / "out")
    assert len(report.problems) == 1
    assert "x" in report.problems[0].name


def test_what_is_no_document_is_listed(raw: Path, tmp_path: Path) -> None:
    (raw / "picture.png").write_bytes(b"\x89PNG")
    (raw / "binary").write_bytes(b"ELF\0\0\0")
    (raw / ".hidden.txt").write_text("x")
    (raw / ".git").mkdir()
    (raw / ".git/config").write_text("x")
    (raw / "linked").symlink_to(raw / "b")
    report = clean(raw, tmp_path / "out")
    assert {tuple(skipped) for skipped in report.skipped} == {
        ("picture.png", "suffix .png"),
        ("binary", "no suffix, and not a text"),
        (".hidden.txt", "hidden"),
        (".git", "hidden"),
        ("linked", "a link to a folder"),
    }
    assert report.documents == 9
    assert not report.failed


def test_a_flagged_document_is_listed(raw: Path, tmp_path: Path) -> None:
    (raw / "flagged.txt").write_text("FLAG")
    assert clean(raw, tmp_path / "out").flags == [("flagged", "guard", "too much would go")]


@pytest.mark.parametrize("out", ["raw", "raw/out", "raw/../raw", ".", "link"])
def test_folders_in_each_other_are_refused(raw: Path, tmp_path: Path, out: str) -> None:
    (tmp_path / "link").symlink_to(raw)
    before = files(tmp_path)
    with pytest.raises(WrongFolders, match=r"Cannot write to .*Choose a folder beside it\."):
        clean(raw, tmp_path / out)
    assert files(tmp_path) == before


def test_folders_whose_names_begin_alike_are_fine(raw: Path, tmp_path: Path) -> None:
    assert clean(raw, tmp_path / "raw-clean").documents == 9


def test_a_folder_that_cannot_be_written_is_refused(raw: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for out in ("file", "file/out"):
        with pytest.raises(RunError, match=r"Cannot write to .*Choose another folder\."):
            clean(raw, tmp_path / out)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_without_documents_is_refused_and_the_results_stay(raw: Path, tmp_path: Path) -> None:
    clean(raw, tmp_path / "out")
    before = files(tmp_path / "out")
    shutil.rmtree(raw)
    raw.mkdir()
    with pytest.raises(RunError, match="there is no document in it"):
        clean(raw, tmp_path / "out")
    assert files(tmp_path / "out") == before


def test_results_of_documents_that_are_gone_go_too(raw: Path, tmp_path: Path) -> None:
    clean(raw, tmp_path / "out")
    (raw / "a.txt").unlink()
    (raw / "b/d.text").unlink()
    report = clean(raw, tmp_path / "out")
    assert report.removed == ["a", "b/d"]
    shutil.rmtree(tmp_path / "fresh", ignore_errors=True)
    clean(raw, tmp_path / "fresh")
    assert files(tmp_path / "out") == files(tmp_path / "fresh")


def test_nobody_elses_file_is_removed(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    clean(raw, out)
    (out / "notes.txt").write_text("mine")  # the manifest does not name it
    (out / "a.txt").write_text("I worked on this one.")  # it does not read as the manifest says
    (raw / "a.txt").unlink()
    report = clean(raw, out)
    assert report.removed == []
    assert (out / "notes.txt").read_text() == "mine"
    assert (out / "a.txt").read_text() == "I worked on this one."


def test_a_manifest_cannot_lead_out_of_its_folder(raw: Path, tmp_path: Path) -> None:
    clean(raw, tmp_path / "out")
    clean(raw, tmp_path / "other")
    path = tmp_path / "out/manifest.jsonl"
    path.write_text(path.read_text().replace('"id":"a"', '"id":"../other/a"'))
    before = files(tmp_path / "other")
    with pytest.raises(RunError, match="is not a manifest of clean-corpus"):
        clean(raw, tmp_path / "out")
    assert files(tmp_path / "other") == before


@pytest.mark.parametrize("name", ["a.txt", "a.json"])
def test_nobody_elses_file_is_overwritten(raw: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("mine")
    report = clean(raw, tmp_path / "out")
    assert [problem.name for problem in report.problems] == ["a.txt"]
    assert "clean-corpus did not make it" in report.problems[0].reason
    assert (tmp_path / "out" / name).read_text() == "mine"
    assert report.documents == 8


@pytest.mark.parametrize("name", ["a.txt", "a.json"])
def test_nothing_goes_for_a_document_that_cannot_be_written(tmp_path: Path, name: str) -> None:
    shared = (
        "The ferry to the island leaves from the old harbour at seven every day of the year, and comes back at nine."
    )
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "a.txt").write_text(shared)
    (raw / "b.txt").write_text(f"{shared}\n\nAnother story begins here, with a ship that nobody has ever seen.")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("mine")
    report = clean(raw, tmp_path / "out")
    assert [problem.name for problem in report.problems] == ["a.txt"]
    assert (tmp_path / "out" / "b.txt").read_text().startswith(shared)


@pytest.mark.parametrize("content", ["mine\n", '{"id": "a"}\n', "[]\n"])
def test_nobody_elses_manifest_is_overwritten(raw: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/manifest.jsonl").write_text(content)
    with pytest.raises(RunError, match="is not a manifest of clean-corpus"):
        clean(raw, tmp_path / "out")
    assert files(tmp_path / "out") == {"manifest.jsonl": content.encode()}


def test_a_run_that_was_cut_off_is_taken_up(raw: Path, tmp_path: Path) -> None:
    clean(raw, tmp_path / "whole")
    shutil.copytree(tmp_path / "whole", tmp_path / "cut")
    (tmp_path / "cut/manifest.jsonl").unlink()
    (tmp_path / "cut/latin.txt").unlink()
    clean(raw, tmp_path / "cut")
    assert files(tmp_path / "cut") == files(tmp_path / "whole")


def test_what_a_killed_run_left_half_written_goes(raw: Path, tmp_path: Path) -> None:
    clean(raw, tmp_path / "whole")
    shutil.copytree(tmp_path / "whole", tmp_path / "cut")
    for name in ("a.txt", "b/gone.json", "manifest.jsonl"):
        Path(text.part(str(tmp_path / "cut" / name))).write_text("half")
    (tmp_path / "cut/.mine.part").write_text("mine")
    assert verify(tmp_path / "cut", raw).findings == []
    clean(raw, tmp_path / "cut")
    assert files(tmp_path / "cut") == files(tmp_path / "whole") | {".mine.part": b"mine"}


@pytest.mark.parametrize("death", range(6), ids=lambda number: f"step {number}")
def test_a_run_that_is_killed_leaves_no_half_file(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, death: int
) -> None:
    """Killed in the middle of the writing of each of two files, and before each is moved to its place."""
    if not hasattr(os, "fork"):
        pytest.skip("processes are not forked here")
    clean(raw, tmp_path / "whole")
    steps = iter(range(100))

    def dying(step):  # type: ignore[no-untyped-def]
        def call(*args):  # type: ignore[no-untyped-def]
            if next(steps) == death:
                if step is os.write:
                    write(args[0], args[1][: len(args[1]) // 2])
                os._exit(9)
            return step(*args)

        return call

    write = os.write
    child = os.fork()
    if not child:
        os.write, os.replace = dying(os.write), dying(os.replace)
        clean(raw, tmp_path / "cut")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    whole, cut = files(tmp_path / "whole"), files(tmp_path / "cut")
    assert {name: data for name, data in cut.items() if text.PART not in name}.items() <= whole.items()
    clean(raw, tmp_path / "cut")
    assert files(tmp_path / "cut") == whole


def test_the_longest_names_are_written(tmp_path: Path) -> None:
    for id in ("x" * 250, "é" * 125):
        assert text.write_pairs(str(tmp_path), [text.Pair(id, b"Text.\n", sidecar.HEAD)]) == [True]
        assert files(tmp_path)[id + ".txt"] == b"Text.\n"
    assert len(files(tmp_path)) == 4


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    text.write(str(path), b"old")

    def lines() -> object:
        yield b"new"
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        text.write(str(path), lines())  # type: ignore[arg-type]
    assert files(tmp_path) == {"file": b"old"}


@pytest.mark.parametrize("few", [0, 1_000])  # so many files wait one by one
def test_results_are_on_the_disk_before_they_are_in_their_place(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(text, "FEW", few)
    waiting: set[str] = set()  # files that were written, and may be in memory only

    def opened(path: Any, *args: Any, **more: Any) -> int:
        waiting.update([path] if str(path).endswith(text.PART) else [])
        return open_file(path, *args, **more)

    def moved(old: Any, new: Any) -> None:
        assert old not in waiting
        replace(old, new)
        done.append(new)

    def flushed(file: int) -> None:
        waiting.difference_update([path for path in waiting if os.path.samestat(os.stat(path), os.fstat(file))])

    open_file, replace, done = os.open, os.replace, list[str]()
    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(os, "replace", moved)
    monkeypatch.setattr(os, "sync", pytest.fail if few else waiting.clear)
    monkeypatch.setattr(os, "fsync", flushed)
    clean(raw, tmp_path / "out")
    assert {os.path.basename(path) for path in done} >= {"a.txt", "a.json", "manifest.jsonl"}


def test_names_that_are_not_utf8_are_kept(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path / "raw")
    os.mkdir(folder)
    try:
        with open(folder + b"/caf\xe9.txt", "wb") as file:
            file.write(b"Text.\n")
    except OSError:
        pytest.skip("the file system takes no such name")
    report = clean(tmp_path / "raw", tmp_path / "out")
    assert report.documents == 1
    assert b"caf\xe9.txt" in os.listdir(os.fsencode(tmp_path / "out"))
    assert verify(tmp_path / "out", tmp_path / "raw").findings == []


def test_progress_is_told_after_each_step(raw: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    run(raw, tmp_path / "out", stages=STAGES, workers=2, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(number, 18) for number in range(1, 19)]  # each is cleaned, and then written


def die(content: str) -> Found:
    if "DEATH" in content:
        os._exit(9)
    return Found()


def test_workers_that_cannot_start_end_the_run_with_a_word(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The semaphores of a pool are files in the shared memory of the system, which may be full: not the disk of OUT."""

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("multiprocessing.synchronize.SemLock.__init__", full)
    with pytest.raises(RunError, match=r"Cannot start 2 workers: No space left.*/dev/shm"):
        run(raw, tmp_path / "out", workers=2)


def test_a_worker_that_dies_ends_the_run_with_a_word(raw: Path, tmp_path: Path) -> None:
    (raw / "death.txt").write_text("DEATH")
    with pytest.raises(RunError, match="Cannot go on: a worker process died"):
        run(raw, tmp_path / "out", stages=[Stage("die", die)], workers=2)
    assert not (tmp_path / "out/manifest.jsonl").exists()


REAL = [Path(__file__).parents[2] / "shared" / name / "raw" for name in ("corpus", "pages")]


@pytest.mark.parametrize("folder", REAL, ids=lambda path: path.parent.name)
def test_real_documents_come_back_from_the_whole_pipeline(folder: Path, tmp_path: Path) -> None:
    if not folder.is_dir():
        pytest.skip(f"there are no documents in {folder}")
    for workers in (1, 2):
        assert run(folder, tmp_path / f"out{workers}", workers=workers).problems == []
    assert files(tmp_path / "out1") == files(tmp_path / "out2")
    assert verify(tmp_path / "out1", folder).findings == []


def test_two_runs_do_not_write_to_one_folder(tmp_path: Path) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    raw.mkdir()
    (out / FOLDER).mkdir(parents=True)
    (raw / "a.txt").write_text("A text.\n", encoding="utf-8")
    with FileLock(out / FOLDER / LOCK), pytest.raises(RunError, match="another run writes there now"):
        run(raw, out)
    assert not (out / "a.txt").exists()
    assert run(raw, out).problems == []


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_tells_where_the_time_went_if_it_is_asked(raw: Path, tmp_path: Path, workers: int) -> None:
    (raw / "long.txt").write_text("The mill[[File:mill.jpg]] stands by the river.\n\n" * 2_000, encoding="utf-8")
    asked = run(raw, tmp_path / "asked", workers=workers, profile=True)
    assert {name for kind, name in asked.spent if kind == "stage"} == {stage.name for stage in default_stages()}
    assert {name for kind, name in asked.spent if kind == "work"} >= {"to clean", "sidecars", "to write"}
    assert {name for kind, name in asked.spent if kind == "phase"} >= {"to clean", "to write"}
    assert all(seconds >= 0 for seconds in asked.spent.values())
    plain = run(raw, tmp_path / "plain", workers=workers)
    assert (plain, plain.spent) == (asked, {})
    assert files(tmp_path / "plain") == files(tmp_path / "asked")


def test_a_file_and_a_folder_of_one_name_are_told_before_anything_is_cleaned(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "data.txt").write_text("The bar is a text that stands alone.")
    (raw / "data.txt.jsonl").write_text('{"id": "q", "text": "A bar that stands in a record."}\n')
    (raw / "other.jsonl").write_text('{"id": "q", "text": "A bar that nobody minds."}\n')
    report = clean(raw, tmp_path / "out")
    assert [(problem.name, problem.reason) for problem in report.problems] == [
        ("data.txt.jsonl", "data.txt.jsonl and data.txt would both be data.txt")
    ]
    assert (tmp_path / "out" / "data.txt").is_file()
    assert (tmp_path / "out" / "other" / "q.txt").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="a process is killed there in another way")
def test_workers_end_with_the_run_that_was_killed(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    for number in range(300):
        (raw / f"{number}.txt").write_text(f"The ferry leaves at {number} and comes back, or it does not. " * 400)
    code = (
        "import sys; from pipeline.engines.local import run\n"
        "run(*sys.argv[1:], workers=2, progress=lambda done, all: print(done, flush=True))"
    )
    command = [sys.executable, "-c", code, str(raw), str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
        process.communicate(timeout=60)  # the pipe is at its end when nobody holds it any more
    assert clean(raw, tmp_path / "out").documents == 300


def test_less_than_one_worker_or_byte_is_refused(raw: Path, tmp_path: Path) -> None:
    for wrong in ({"workers": 0}, {"workers": -3}, {"shard": 0}):
        with pytest.raises(ValueError, match="must be 1 at least"):
            run(raw, tmp_path / "out", **wrong)  # type: ignore[arg-type]


def test_a_sidecar_of_another_version_is_not_removed(raw: Path, tmp_path: Path) -> None:
    clean(raw, tmp_path / "out")
    path = tmp_path / "out" / "a.json"
    other = path.read_bytes().replace(b"sidecar 1", b"sidecar 2", 1)
    path.write_bytes(other)
    (raw / "a.txt").write_text("Another text.")
    assert [problem.name for problem in clean(raw, tmp_path / "out").problems] == ["a.txt"]
    assert path.read_bytes() == other
