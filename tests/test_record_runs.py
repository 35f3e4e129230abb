"""A run over files that hold many documents: the same bytes whatever the workers, reused, verified, and told of."""

from __future__ import annotations

import gzip
import json
import os
import random
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from test_run import files
from test_warc import NEEDED, PAGE, http, record

from pipeline.engines import sources
from pipeline.engines.local import run
from pipeline.engines.outcome import RunError, RunReport
from pipeline.formats import records
from pipeline.settings import Settings
from pipeline.verify import verify

FERRY = "The ferry to the island leaves from the old harbour at seven every day of the year, and comes back at nine."
LOST = "The mill was built in , and burnt in , so the people of Lowford went to the baker, who was glad of it."
WHOLE = LOST.replace("in ,", "in 1702,", 1).replace("in ,", "in 1809,")
ROWS = [
    {"id": "en/lost", "text": LOST, "url": "http://a.example/lost"},
    {"id": "en/whole", "text": WHOLE, "title": "Lowford"},
    {"text": FERRY},
    {"id": "half", "text": "Half \ud83d a sign.[1]"},
    {"html": f"<nav>Home</nav><p>{FERRY.replace('nine', 'ten')}"},
]


def write(path: Path, rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def archive(path: Path) -> None:
    latin = "<p>Łódź has mills, and they were built beside the river long ago.".encode("iso-8859-2")
    made = [
        record(b"", "warcinfo", ""),
        record(kind="request", http="GET /mill HTTP/1.1"),
        record(),
        record(latin, http=http("Content-Type: text/html; charset=iso-8859-2")),
        record(b"PNG", http=http("Content-Type: image/png")),
        record(gzip.compress(b"Plain text about a mill.\r\n"), http=http("Content-Type: text/plain",
                                                                         "Content-Encoding: gzip")),
    ]  # fmt: skip
    path.write_bytes(b"".join(map(gzip.compress, made)))


@pytest.fixture
def work(tmp_path: Path) -> Path:
    write(tmp_path / "raw/sub/some.jsonl", ROWS)
    write(tmp_path / "raw/more.jsonl.gz", [{"text": f"Text {number}.[{number}] {FERRY}"} for number in range(70)])
    (tmp_path / "raw/file.txt").write_text(FERRY + "\n")
    if find_spec("fastwarc"):
        archive(tmp_path / "raw/crawl.warc.gz")
    return tmp_path


def clean(work: Path, out: str = "out", workers: int = 1) -> RunReport:
    return run(work / "raw", work / out, Settings(), workers=workers)


def found(work: Path) -> list[tuple[str, str]]:
    return [(finding.name, finding.reason) for finding in verify(work / "out", work / "raw").findings]


def test_records_are_documents(work: Path) -> None:
    report = clean(work)
    assert report.problems == []
    out = files(work / "out")
    assert {name for name in out if name.startswith("sub/") and name.endswith(".txt")} == {
        f"sub/some/{name}.txt" for name in ("en%2Flost", "en%2Fwhole", "00000003", "half", "00000005")
    }
    assert out["sub/some/en%2Flost.txt"].decode().startswith("The mill was built in 1702, and burnt in 1809")
    side = json.loads(out["sub/some/en%2Flost.json"])
    assert (side["source"]["suffix"], side["source"]["how"]) == (".jsonl", "text")
    assert [(fact["kind"], fact["value"], fact["raw"]) for fact in side["facts"]] == [
        ("record_id", "en/lost", [0, 0]),
        ("url", "http://a.example/lost", [0, 0]),
    ]
    rows = {row["id"]: row for row in map(json.loads, out["manifest.jsonl"].splitlines())}
    assert rows["sub/some/en%2Flost"]["facts"] == {"url": ["http://a.example/lost"]}
    assert rows["sub/some/en%2Fwhole"]["facts"] == {"record_title": ["Lowford"]}
    assert found(work) == []


@NEEDED
def test_pages_of_an_archive_are_documents(work: Path) -> None:
    report = clean(work)
    out = files(work / "out")
    assert out["crawl/00000003.txt"] == b"The mill is old.\n"
    assert "Łódź has mills" in out["crawl/00000004.txt"].decode()
    assert out["crawl/00000006.txt"] == b"Plain text about a mill.\n"
    source = json.loads(out["crawl/00000004.json"])["source"]
    assert (source["suffix"], source["encoding"], source["how"]) == (".warc.gz", "iso8859-2", "declared")
    assert report.skipped == [
        ("crawl.warc.gz", "1 record of content image/png"),
        ("crawl.warc.gz", "1 record of type request"),
        ("crawl.warc.gz", "1 record of type warcinfo"),
    ]


def test_a_fact_of_a_record_can_be_switched_off(work: Path) -> None:
    run(work / "raw", work / "out", Settings(off=("record.id",)), workers=1)
    side = json.loads(files(work / "out")["sub/some/en%2Flost.json"])
    assert [fact["kind"] for fact in side["facts"]] == ["url"]


def test_any_number_of_workers_writes_the_same_bytes(work: Path) -> None:
    with (work / "raw/sub/some.jsonl").open("a") as file:
        file.write('{"broken"\n{"text": 1}\n{"id": "twin", "text": "x"}\n{"id": "twin", "text": "y"}\n')
    reports = [clean(work, f"out{workers}", workers) for workers in (1, 2, 3)]
    first, *others = (files(work / f"out{workers}") for workers in (1, 2, 3))
    assert all(other == first for other in others)
    assert all(report == reports[0] for report in reports)
    assert len(reports[0].problems) == 3


@pytest.mark.parametrize("room", [0, 32_000_000])
def test_little_room_changes_no_bytes(work: Path, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    from pipeline.engines import workers

    monkeypatch.setattr(workers, "_ROOM", room)
    monkeypatch.setattr(workers, "_HEAVY", 300)
    clean(work)
    clean(work, "two", 2)
    assert files(work / "out") == files(work / "two")


@pytest.mark.parametrize("heavy", [1, 1_000_000])
def test_what_is_on_its_way_is_bounded(work: Path, monkeypatch: pytest.MonkeyPatch, heavy: int) -> None:
    """No record is read before there is room for it."""
    from pipeline.engines import workers

    monkeypatch.setattr(workers, "_HEAVY", heavy)
    read = 0
    load, walk = sources.load, records.walk

    def counting(*file: Any):  # type: ignore[no-untyped-def]
        nonlocal read
        for item in walk(*file):
            read += 1
            yield item

    def seen(raw: str, source: sources.Source) -> records.Record:
        if source.record is not None:
            behind.append(read)
        return load(raw, source)

    behind: list[int] = []
    monkeypatch.setattr(records, "walk", counting)
    monkeypatch.setattr(workers, "load", seen)
    clean(work, str(heavy))
    ahead = [there - done for done, there in enumerate(behind)]
    assert max(ahead) - min(ahead) <= (3 if heavy == 1 else 35)


def test_a_file_that_did_not_change_is_reused_record_by_record(work: Path) -> None:
    first, second = clean(work), clean(work)
    assert second.reused == first.documents
    assert second == first
    write(work / "raw/sub/some.jsonl", [*ROWS, {"text": "New."}])
    os.utime(work / "raw/sub/some.jsonl", ns=(1, 1))
    third = clean(work)
    assert third.reused == first.documents  # the file is another, its records are not
    clean(work, "fresh", 2)
    assert files(work / "out") == files(work / "fresh")
    assert found(work) == []


@pytest.mark.parametrize("seed", range(6))
def test_any_history_gives_the_bytes_of_one_run(tmp_path: Path, seed: int) -> None:
    """Records come, change and go, and runs with other numbers of workers between."""
    chance = random.Random(seed)
    pool = [FERRY, LOST, WHOLE, FERRY.replace("nine", "ten"), "Menu\nShare\nHome"]
    for tick in range(1, 5):
        for name in chance.sample(["a.jsonl", "b.jsonl.gz", "c.ndjson"], 2):
            path = tmp_path / "raw" / name
            ids = chance.sample("uvwxyz", chance.randrange(1, 6))
            write(path, [{"id": id, "text": f"Of {id}.\n\n{chance.choice(pool)}"} for id in ids])
            os.utime(path, ns=(tick, tick))
        clean(tmp_path, workers=chance.choice((1, 1, 2)))
    clean(tmp_path, "fresh")
    assert files(tmp_path / "out") == files(tmp_path / "fresh")
    assert found(tmp_path) == []


def test_results_of_records_that_are_gone_go_too(work: Path) -> None:
    clean(work)
    write(work / "raw/sub/some.jsonl", ROWS[2:])
    assert clean(work).removed == ["sub/some/00000005", "sub/some/en%2Flost", "sub/some/en%2Fwhole"]
    assert found(work) == []


def test_a_record_that_goes_away_meanwhile_is_told(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = sources.find

    def then_change(raw: str, known: sources.Known) -> sources.Sources:
        seen = find(raw, known)
        write(work / "raw/sub/some.jsonl", ROWS[:1])
        return seen

    monkeypatch.setattr(sources, "find", then_change)
    assert {str(problem) for problem in clean(work).problems} == {
        f"Cannot clean sub/some.jsonl, record {name}: it is no longer in that file. Check that the file can be read."
        for name in ("en%2Fwhole", "00000003", "half", "00000005")
    }


def test_what_is_broken_is_told_and_the_rest_goes_on(work: Path) -> None:
    path = work / "raw/sub/some.jsonl"
    path.write_text(path.read_text() + '{"text": \n')
    packed = (work / "raw/more.jsonl.gz").read_bytes()
    (work / "raw/more.jsonl.gz").write_bytes(packed[: len(packed) - 20])
    report = clean(work)
    assert report.failed
    told = sorted(map(str, report.problems))
    assert told[0].startswith("Cannot clean more.jsonl.gz: its compressed data end too early, after ")
    assert told[1:] == [
        "Cannot clean sub/some.jsonl, line 6: it is not JSON: unexpected end of data at column 9 (char 8). "
        "The other lines are taken. Mend it, or take it out."
    ]
    assert {finding[0] for finding in found(work)} == {"more.jsonl.gz", "sub/some.jsonl"}


def test_many_broken_records_of_a_file_are_counted(work: Path) -> None:
    (work / "raw/bad.jsonl").write_text("{\n" * 1000)
    problems = clean(work).problems
    assert len(problems) == 11
    assert str(problems[-1]).startswith("Cannot clean bad.jsonl: 990 records more of it cannot be read.")
    assert [reason for name, reason in found(work) if name == "bad.jsonl"] == [
        "line 1: it is not JSON: unexpected end of data at column 2 (char 1) (999 more)"
    ]


def test_records_of_one_id_are_told_and_none_is_taken(work: Path) -> None:
    write(work / "raw/a.jsonl", [{"id": "x", "text": str(number)} for number in range(13)])
    write(work / "raw/b.jsonl", [{"id": "y", "text": "A mill."}])
    write(work / "raw/b.ndjson", [{"id": "z", "text": "A mill."}])
    (work / "raw/sub/some").mkdir()
    (work / "raw/sub/some/half.txt").write_text("Half.")
    told = sorted(map(str, clean(work).problems))
    assert told[0].startswith("Cannot clean a.jsonl, record x: a.jsonl, record x and a.jsonl, record x and")
    assert told[0].endswith("and 3 more would all be a/x.txt. Give all but one of them another id.")
    assert told[1:] == [
        "Cannot clean b.jsonl: b.jsonl and b.ndjson would both be b/…. Rename all but one of them.",
        "Cannot clean sub/some.jsonl, record half: sub/some.jsonl, record half and sub/some/half.txt would both be "
        "sub/some/half.txt. Give all but one of them another id.",
    ]
    assert not {"a/x.txt", "b/y.txt", "b/z.txt", "sub/some/half.txt"} & files(work / "out").keys()


def test_a_folder_of_nothing_that_can_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/a.jsonl").write_text("[]\n")
    with pytest.raises(RunError, match=r"Cannot clean a.jsonl, line 1: it is not an object of JSON"):
        clean(tmp_path)
    (tmp_path / "raw/a.jsonl").write_text('{"text": null}\n')
    with pytest.raises(RunError, match=r"there is no document in it.*\.warc\.gz"):
        clean(tmp_path)


@pytest.mark.parametrize("change", ["changed", "longer", "gone", "new", "file gone", "other file", "same id again"])
def test_verify_finds_what_differs_between_records_and_results(work: Path, change: str) -> None:
    clean(work)
    path = work / "raw/sub/some.jsonl"
    name = "sub/some.jsonl, record half"
    is_not = f"the record in {work / 'raw'} is not the one that was cleaned"
    missing = f"it is not in {work / 'raw'}, and the sidecar says that the text came from there"
    match change:
        case "changed":
            write(path, [row | ({"text": "Half \ud83d b sign.[1]"} if row.get("id") == "half" else {}) for row in ROWS])
            expected = [(name, f"{is_not}: it is as long")]
        case "longer":
            write(path, [row | ({"text": row["text"] + "."} if row.get("id") == "half" else {}) for row in ROWS])
            expected = [(name, f"{is_not}: it is 20 bytes, and was 19")]
        case "gone":
            write(path, [row if row.get("id") != "half" else {"id": "x", "text": "y"} for row in ROWS])
            new = "it has no clean text: it is new, or could not be cleaned"
            expected = [("sub/some.jsonl, record x", new), (name, missing)]
        case "new":
            write(path, [*ROWS, {"text": "x"}])
            expected = [("sub/some.jsonl, record 00000006", "it has no clean text: it is new, or could not be cleaned")]
        case "file gone":
            path.unlink()
            assert (name, missing) in found(work)
            return
        case "other file":
            path.rename(path.with_suffix(".ndjson"))
            assert (name, missing) in found(work)
            return
        case _:
            write(path, [*ROWS, ROWS[3]])
            expected = [(name, "it has no clean text: it is new, or could not be cleaned")]
    assert found(work) == expected


@NEEDED
def test_verify_tells_once_of_many_new_records_of_a_file(work: Path) -> None:
    clean(work)
    write(work / "raw/new.jsonl", [{"text": f"The mill {number}."} for number in range(1200)])
    reason = "it has no clean text: it is new, or could not be cleaned (1,199 more)"
    assert found(work) == [("new.jsonl, record 00000001", reason)]


def test_verify_compares_the_bytes_of_pages(work: Path) -> None:
    clean(work)
    path = work / "raw/crawl.warc.gz"
    data = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(data.replace(PAGE, PAGE.replace(b"old", b"new"))))
    ((name, reason),) = found(work)
    assert name == "crawl.warc.gz, record 00000003"
    assert reason.endswith("it is as long")


def test_an_archive_without_its_library_is_told(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fastwarc", None)
    monkeypatch.setitem(__import__("sys").modules, "fastwarc.warc", None)
    archive(work / "raw/crawl.warc.gz")
    report = clean(work)
    assert [str(problem) for problem in report.problems] == [
        "Cannot clean crawl.warc.gz: it needs fastwarc. Use pip install 'clean-corpus[warc]'."
    ]
    assert report.documents == 76
