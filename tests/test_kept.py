"""What a run keeps for the next: a run that reuses gives the bytes of one that does not."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

from pipeline.engines import kept, local
from pipeline.engines.kept import FOLDER
from pipeline.engines.local import run
from pipeline.engines.outcome import RunError, RunReport
from pipeline.engines.spool import Spot
from pipeline.formats import text
from pipeline.formats.folder import Entry
from pipeline.formats.stores import Local
from pipeline.settings import Settings
from pipeline.verify import verify

FERRY = "The ferry to the island leaves from the old harbour at seven every day of the year, and comes back at nine."
LOST = "The mill was built in , and burnt in , so the people of Lowford went to the baker, who was glad of it."
WHOLE = "The mill was built in 1702, and burnt in 1809, so the people of Lowford went to the baker, who was glad of it."
POOL = [FERRY, FERRY.replace("nine", "ten"), FERRY.replace("seven", "just seven"), LOST, WHOLE, "Menu\nShare\nHome"]


def files(folder: Path) -> dict[str, bytes]:
    """All files below a folder, but for what is kept for a later run."""
    found = (path for path in folder.rglob("*") if path.is_file() and FOLDER not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def clean(work: Path, out: str = "out", workers: int = 1, force: bool = False, **choices: Any) -> RunReport:
    return run(work / "raw", work / out, Settings(**choices), workers=workers, force=force)


def write(work: Path, name: str, *paragraphs: str) -> None:
    path = work / "raw" / f"{name}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join([f"This is the story of {name}, which is told nowhere else at all.", *paragraphs]))


@pytest.fixture
def work(tmp_path: Path) -> Path:
    for number in range(6):
        write(tmp_path, f"b{number}", POOL[number % len(POOL)])
    return tmp_path


def test_what_is_unchanged_is_not_cleaned_again(work: Path) -> None:
    first, second = clean(work), clean(work)
    assert (first.reused, second.reused, second.rewritten) == (0, 6, [])
    assert first == second
    before = files(work / "out")
    clean(work, "fresh")
    assert before == files(work / "fresh")


def test_where_nothing_is_new_nothing_is_done(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clean(work)
    monkeypatch.delattr(local, "_run")
    assert clean(work).reused == 6


def test_a_new_document_changes_an_old_one_if_it_must(work: Path) -> None:
    clean(work)
    write(work, "a", FERRY.replace("every day", "on every single day"))
    report = clean(work)
    assert (report.documents, report.reused) == (7, 6)
    assert report.rewritten == ["b0", "b1", "b2"]  # what they have of it is dropped, or said to be alike, for another
    clean(work, "fresh")
    assert files(work / "out") == files(work / "fresh")
    assert verify(work / "out", work / "raw").findings == []


def test_a_year_comes_back_when_the_document_that_has_it_comes(tmp_path: Path) -> None:
    write(tmp_path, "lost", LOST)
    clean(tmp_path)
    assert "1702" not in (tmp_path / "out/lost.txt").read_text()
    write(tmp_path, "whole", WHOLE)
    report = clean(tmp_path, dedup="drop")
    assert (report.reused, report.restored, report.rewritten) == (1, 2, ["lost"])


@pytest.mark.parametrize("choices", [{"gaps": "keep"}, {"off": ("markers.footnote",)}, {"dedup": "off"}])
def test_other_settings_reuse_nothing(work: Path, choices: dict[str, Any]) -> None:
    clean(work)
    assert clean(work, **choices).reused == 0
    clean(work, "fresh", **choices)
    assert files(work / "out") == files(work / "fresh")


def test_force_cleans_all(work: Path) -> None:
    clean(work)
    assert clean(work, force=True).reused == 0
    assert clean(work).reused == 6


@pytest.mark.parametrize("damage", ["state", "documents", "gone", "nonsense"])
def test_what_is_damaged_is_not_used(work: Path, damage: str) -> None:
    clean(work)
    folder = work / "out" / FOLDER
    documents = next(path for path in folder.iterdir() if path.name[0].isdigit())
    match damage:
        case "state":
            (folder / "state").write_bytes((folder / "state").read_bytes()[:50])
        case "documents":
            documents.write_bytes(documents.read_bytes()[:100])
        case "gone":
            documents.unlink()
        case "nonsense":
            (folder / "state").write_bytes(b"nonsense")
    assert clean(work).reused == 0
    clean(work, "fresh")
    assert files(work / "out") == files(work / "fresh")


@pytest.mark.parametrize("seed", range(24))
def test_a_bit_that_a_disk_has_damaged_changes_no_result(work: Path, seed: int) -> None:
    """Either what it is a bit of is not used, or the run says what to do."""
    clean(work)
    chance = random.Random(seed)
    name = ["state", "claimed", "1-"][seed % 3]
    (work / "out" / FOLDER / "claimed").write_text("documents/00000.jsonl")
    path = next(path for path in (work / "out" / FOLDER).iterdir() if path.name.startswith(name))
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    write(work, "new", FERRY)
    try:
        report = clean(work)
        told = [str(problem) for problem in report.problems]
    except RunError as error:
        told = [str(error)]
    assert all("is damaged. Run again with --force" in one and "defect" not in one for one in told)
    clean(work, force=bool(told))
    clean(work, "fresh")
    assert files(work / "out") == files(work / "fresh")


def test_if_it_is_not_known_what_was_written_it_is_written_again(work: Path) -> None:
    clean(work)
    state = work / "out" / FOLDER / "state"
    state.write_bytes(state.read_bytes()[:-20])
    (work / "out" / "b1.txt").unlink()
    assert clean(work).reused == 6
    clean(work, "fresh")
    assert files(work / "out") == files(work / "fresh")


def test_files_are_stamped_when_their_turn_comes(tmp_path: Path) -> None:
    """A file that changes while those before it are cleaned is cleaned as it is then, and reused as that."""
    for name in ("a", "b"):
        write(tmp_path, name, FERRY)
    (tmp_path / "out").mkdir()
    state = kept.Kept(str(tmp_path / "raw"), str(tmp_path / "out"), {})
    entries = [Entry(name, ".txt", 1) for name in ("a", "b")]
    coming = state.stamped(entries)
    assert next(coming).id == "a"
    write(tmp_path, "b", LOST)
    changed = Local(str(tmp_path / "raw")).stamp("b.txt")
    assert next(coming).id == "b"
    assert not entries
    state.keep("b", ".txt", Spot("1-1", 0, 0, 0, 0), False, b"")
    assert state.now["b"].stamp == changed


def test_it_is_not_for_git_nor_a_document(work: Path) -> None:
    clean(work)
    assert (work / "out" / FOLDER / ".gitignore").read_text() == "*\n"
    assert verify(work / "out", work / "raw").documents == 6


@pytest.mark.parametrize("seed", range(12))
def test_any_history_gives_the_bytes_of_one_run(tmp_path: Path, seed: int) -> None:
    """Documents come, change and go, and runs with other numbers of workers between."""
    chance = random.Random(seed)
    names = [f"d{number}" for number in range(8)]
    ticks = 0
    for _ in range(4):
        for name in chance.sample(names, 4):
            path = tmp_path / "raw" / f"{name}.txt"
            if path.exists() and chance.random() < 0.3:
                path.unlink()
            else:
                write(tmp_path, name, *chance.sample(POOL, chance.randrange(4)))
                ticks += 1
                os.utime(path, ns=(ticks, ticks))
        if any((tmp_path / "raw").iterdir()):
            clean(tmp_path, workers=chance.choice((1, 1, 2)))
    clean(tmp_path, "fresh")
    assert files(tmp_path / "out") == files(tmp_path / "fresh")
    assert verify(tmp_path / "out", tmp_path / "raw").findings == []


def test_a_document_that_cannot_be_restored_is_told_of(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.engines import restoring

    def fill(*_: object) -> None:
        raise ValueError("no")

    monkeypatch.setattr(restoring, "fill", fill)
    report = clean(work)
    assert [problem.name for problem in report.problems] == ["b3"]
    assert "ValueError: no" in report.problems[0].reason
    assert report.documents == 5


def test_a_file_that_changes_after_it_was_read_is_read_again(work: Path) -> None:
    """Also if it is as long as before."""

    def change(done: int, total: int) -> None:
        if done == 1:
            path = work / "raw/b0.txt"
            path.write_text(path.read_text().replace("story", "tales"))

    run(work / "raw", work / "out", Settings(), workers=1, progress=change)
    assert "story" in (work / "out/b0.txt").read_text()
    assert clean(work).reused == 5
    assert "tales" in (work / "out/b0.txt").read_text()


def test_records_that_change_after_they_were_listed_are_read_again(tmp_path: Path) -> None:
    path = tmp_path / "raw/some.jsonl"
    path.parent.mkdir()
    path.write_text('{"text": "The old story."}\n')

    def change(done: int, total: int) -> None:
        path.write_text('{"text": "The new story."}\n')

    run(tmp_path / "raw", tmp_path / "out", Settings(), workers=1, progress=change)
    clean(tmp_path)
    assert (tmp_path / "out/some/00000001.txt").read_text() == "The new story.\n"


def test_what_the_state_names_is_on_the_disk_before_it(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled: list[tuple[str, bool]] = []
    state = work / "out" / FOLDER / "state"

    def settle(paths: list[str]) -> None:
        settled.extend((Path(path).name[:2], state.exists()) for path in paths)

    monkeypatch.setattr(text, "settle", settle)
    clean(work)
    assert ("1-", False) in settled


def test_other_code_reuses_nothing(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clean(work)
    monkeypatch.setattr(local, "code", lambda: "other")
    assert clean(work).reused == 0


@pytest.mark.parametrize("choices", [{"dedup": "mark"}, {"scope": "document"}, {"similarity": 0.9}])
def test_what_is_asked_of_the_corpus_only_cleans_nothing_again(work: Path, choices: dict[str, Any]) -> None:
    clean(work)
    assert clean(work, **choices).reused == 6
    clean(work, "fresh", **choices)
    assert files(work / "out") == files(work / "fresh")


def test_a_run_that_ends_early_is_taken_up_where_it_last_wrote(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise RunError("It stops.")

    with monkeypatch.context() as patched:
        patched.setattr(kept, "_PAUSE", -1.0)
        patched.setattr(local, "_decide", stop)
        with pytest.raises(RunError, match="It stops"):
            clean(work)
    assert clean(work).reused == 6
    clean(work, "fresh")
    assert files(work / "out") == files(work / "fresh")
