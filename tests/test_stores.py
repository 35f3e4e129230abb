"""Raw texts that a URL names: the same documents and bytes as from a folder, and errors that say what is wrong."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow
import pytest
import s3fs
from backports import zstd
from click.testing import CliRunner
from pyarrow import parquet
from test_run import files
from test_warc import record

from pipeline.cli import main
from pipeline.engines.local import run
from pipeline.engines.outcome import RunError, RunReport, WrongFolders
from pipeline.formats import folder, records, stores
from pipeline.formats.stores import Local, Remote, is_url, local
from pipeline.settings import Settings
from pipeline.verify import verify

FERRY = "The ferry to the island leaves from the old harbour at seven every day of the year, and comes back at nine."
ROWS = b"".join(
    json.dumps({"id": f"r{n}", "text": f"Row {n}.[{n}] {FERRY}", "n": n}).encode() + b"\n" for n in range(9)
)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A folder with all that a folder may hold."""
    made = {
        "a.txt": FERRY.encode(), "sub/b.txt": b"caf\xe9 au lait", "sub/deep/c.md": b"# Title\n\nA mill.",
        "page.html": b"<p>A mill", "bare": b"No suffix.", "binary": b"\0\1\2", "wide": "A mill.".encode("utf-16"),
        "picture.png": b"PNG", ".hidden": b"x", ".git/config": b"x", ".git/deep/more": b"x", "sub/.kept/d.txt": b"x",
        "empty.txt": b"", "50% #1?.txt": b"A name.", "a::b.txt": b"Another.", "sub.txt": b"Beside a folder.",
        "é.txt": b"A letter.", "rows.jsonl": ROWS, "packed.jsonl.gz": gzip.compress(ROWS),
        "framed.ndjson.zst": zstd.compress(ROWS), "pages.warc": record(),
    }  # fmt: skip
    for name, data in made.items():
        (tmp_path / "raw" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "raw" / name).write_bytes(data)
    parquet.write_table(pyarrow.table({"text": [FERRY, None], "n": [1, 2]}), tmp_path / "raw/table.parquet")
    return tmp_path / "raw"


def put(raw: Path, url: str, **options: Any) -> None:
    """Copy a folder to where a URL says."""
    fs, root = fsspec.core.url_to_fs(url, **options)
    for path in raw.rglob("*"):
        if path.is_file():
            fs.pipe_file(f"{root}/{path.relative_to(raw).as_posix()}", path.read_bytes())


@pytest.fixture
def memory(raw: Path) -> Iterator[str]:
    put(raw, "memory://bucket/raw")
    yield "memory://bucket/raw"
    fsspec.filesystem("memory").store.clear()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server of S3 on this machine."""
    from moto.server import ThreadedMotoServer

    made = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    made.start()
    host, port = made.get_host_and_port()
    yield f"http://{host}:{port}"
    made.stop()


@pytest.fixture
def s3(raw: Path, server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name, value in {"ENDPOINT_URL": server, "ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3fs.S3FileSystem.clear_instance_cache()
    fs = fsspec.filesystem("s3")
    fs.mkdir("bucket")
    put(raw, "s3://bucket/raw")
    yield "s3://bucket/raw"
    fs.rm("bucket", recursive=True)


@pytest.fixture(params=["memory", "s3", "local", "file"])
def url(request: pytest.FixtureRequest, raw: Path) -> str:
    if request.param in ("local", "file"):
        return f"{request.param}://{raw}"
    return str(request.getfixturevalue(request.param))


def clean(raw: object, out: Path, workers: int = 1) -> RunReport:
    return run(str(raw), out, Settings(), workers=workers, layout="jsonl")


def test_a_url_lists_what_the_folder_does(raw: Path, url: str) -> None:
    there = folder.scan(stores.store(url))
    assert there == folder.scan(Local(str(raw)))
    assert {entry.id for entry in there.entries} >= {"50% #1?", "a::b", "é", "sub", "sub/b", "bare", "wide"}
    assert {skipped.name for skipped in there.skipped} == {".git", ".hidden", "binary", "picture.png", "sub/.kept"}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_url_gives_the_bytes_that_the_folder_does(raw: Path, url: str, tmp_path: Path, workers: int) -> None:
    report = clean(raw, tmp_path / "folder")
    assert (report.problems, report.documents) == ([], 40)
    assert clean(url, tmp_path / "url", workers) == report
    assert files(tmp_path / "url") == files(tmp_path / "folder")
    done = verify(tmp_path / "url", url)
    assert (done.findings, done.documents) == ([], 40)


def test_what_is_far_away_is_fetched_once(s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(1)
    columns = {name: [chance.randbytes(500).hex() for _ in range(6_000)] for name in ("text", "one", "two")}
    parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet", compression="none", use_dictionary=False)
    fsspec.filesystem("s3").put_file(str(tmp_path / "a.parquet"), "bucket/raw/large.parquet")
    fetched: list[int] = []
    fetch = s3fs.S3File._fetch_range

    def counting(self: Any, start: int, end: int) -> bytes:
        fetched.append(end - start)
        return bytes(fetch(self, start, end))

    monkeypatch.setattr(s3fs.S3File, "_fetch_range", counting)
    found = list(records.walk("large.parquet", ".parquet", Remote(s3).open))
    assert [item for item in found if not isinstance(item, records.Record)] == []
    assert [item.data for item in found if isinstance(item, records.Record)] == columns["text"]
    size = (tmp_path / "a.parquet").stat().st_size
    assert size <= sum(fetched) <= size + (4 << 20)
    assert max(fetched) <= 4 << 20


def test_only_what_changed_is_read_again(memory: str, tmp_path: Path) -> None:
    clean(memory, tmp_path / "out")
    assert clean(memory, tmp_path / "out").reused == 40
    fs = fsspec.filesystem("memory")
    fs.pipe_file("/bucket/raw/a.txt", FERRY.replace("nine", "five").encode())
    fs.pipe_file("/bucket/raw/rows.jsonl", ROWS + b'{"text": "New."}\n')
    report = clean(memory, tmp_path / "out")
    assert (report.reused, report.documents) == (39, 41)
    clean(memory, tmp_path / "fresh")
    assert files(tmp_path / "out") == files(tmp_path / "fresh")


def test_a_store_that_tells_nothing_but_sizes_is_read(
    memory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "_VERSIONS", ())
    clean(memory, tmp_path / "out")
    fsspec.filesystem("memory").pipe_file("/bucket/raw/a.txt", FERRY.replace("nine", "five").encode())
    report = clean(memory, tmp_path / "out")
    assert (report.reused, report.documents) == (39, 40)
    assert b"five" in b"".join(files(tmp_path / "out").values())


def test_verify_finds_what_was_changed_behind_a_url(memory: str, tmp_path: Path) -> None:
    clean(memory, tmp_path / "out")
    fs = fsspec.filesystem("memory")
    fs.pipe_file("/bucket/raw/a.txt", b"Another.")
    fs.rm("/bucket/raw/empty.txt")
    fs.pipe_file("/bucket/raw/rows.jsonl", ROWS.replace(b"Row 3", b"Row 8"))
    fs.pipe_file("/bucket/raw/new.txt", b"New.")
    assert sorted(finding.name for finding in verify(tmp_path / "out", memory).findings) == [
        "a.txt", "empty.txt", "new.txt", "rows.jsonl, record r3",
    ]  # fmt: skip


class Flaky(Exception):
    """What a store may raise."""


def test_what_the_net_does_to_one_file_does_not_stop_the_others(
    memory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean(memory, tmp_path / "good")
    fs = fsspec.filesystem("memory")
    real_cat, real_open = type(fs).cat_file, type(fs).open

    class Cut:
        """A file whose connection goes after some bytes."""

        def __init__(self, file: Any) -> None:
            self._file = file

        def read(self, size: int) -> bytes:
            if self._file.tell() >= 400:
                raise Flaky("the connection\nwas reset")
            return bytes(self._file.read(min(size, 400)))

        def close(self) -> None:
            self._file.close()

    def cat(self: Any, path: str, *args: Any, **more: Any) -> bytes:
        if path.endswith("/a.txt"):
            raise Flaky("no route to host")
        return bytes(real_cat(self, path, *args, **more))

    def opened(self: Any, path: str, *args: Any, **more: Any) -> Any:
        file = real_open(self, path, *args, **more)
        return Cut(file) if path.endswith("/rows.jsonl") else file

    monkeypatch.setattr(type(fs), "cat_file", cat)
    monkeypatch.setattr(type(fs), "open", opened)
    report = clean(memory, tmp_path / "out")
    assert sorted(map(str, report.problems)) == [
        "Cannot clean a.txt: no route to host. Check that the file can be read.",
        "Cannot clean rows.jsonl: the connection was reset. Check that the file can be read.",
    ]
    assert 30 < report.documents < 40


MISSING = [
    ("memory://bucket/nowhere", "No such file or directory"),
    ("memory://bucket/raw/a.txt", "Not a directory"),
    ("nosuch://bucket", "Protocol not known: nosuch"),
    ("file:///no/such/folder", "No such file or directory"),
]


@pytest.mark.parametrize(("url", "reason"), MISSING)
def test_what_cannot_be_read_says_so(memory: str, url: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=reason):
        clean(url, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_server_that_is_not_there_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ENDPOINT_URL": "http://127.0.0.1:9",
        "ACCESS_KEY_ID": "test",
        "SECRET_ACCESS_KEY": "t",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()  # they know the server that was there
    with pytest.raises(RunError, match=r"Cannot read s3://elsewhere/raw: .*127\.0\.0\.1:9"):
        clean("s3://elsewhere/raw", tmp_path / "out")


def test_keys_that_are_no_names_of_files_are_left_out(memory: str) -> None:
    fs = fsspec.filesystem("memory")
    fs.pipe_file("/bucket/raw/a//b.txt", b"x")
    fs.pipe_file("/bucket/raw/../up.txt", b"x")
    skipped = {skipped.name: skipped.reason for skipped in folder.scan(Remote(memory)).skipped}
    assert skipped.get("a//b.txt", "no name of a file") == "no name of a file"
    assert not any(".." in entry.id for entry in folder.scan(Remote(memory)).entries)


def test_results_are_not_written_beside_themselves(raw: Path) -> None:
    for scheme in ("file", "local"):
        with pytest.raises(WrongFolders):
            run(f"{scheme}://{raw}", raw / "out")


def test_results_go_to_a_bucket(s3: str, tmp_path: Path) -> None:
    report = run(s3, "s3://bucket/clean", workers=1)
    run(s3, tmp_path / "folder", workers=1)
    fs = fsspec.filesystem("s3")
    there = {path.removeprefix("bucket/clean/"): fs.cat_file(path) for path in fs.find("bucket/clean")}
    assert there == files(tmp_path / "folder")
    assert (report.documents, report.published) == (40, len(there))
    done = verify("s3://bucket/clean", s3)
    assert (done.findings, done.documents) == ([], 40)
    assert run(s3, "s3://bucket/clean", workers=1).published == 0


def test_a_bucket_that_is_not_there_is_told_before_the_run(raw: Path, s3: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="Cannot write to s3://nowhere/clean"):
        run(raw, "s3://nowhere/clean", work=tmp_path / "work")
    assert not (tmp_path / "work").exists()


def test_commands_take_a_url(memory: str, tmp_path: Path) -> None:
    ran = CliRunner().invoke(main, ["run", memory, str(tmp_path / "out"), "--workers", "1"])
    assert (ran.exit_code, "40 documents" in ran.output) == (0, True), ran.output
    ran = CliRunner().invoke(main, ["verify", str(tmp_path / "out"), "--raw", memory])
    assert (ran.exit_code, f"agree with {memory}" in ran.output) == (0, True), ran.output
    ran = CliRunner().invoke(main, ["verify", str(tmp_path / "out"), "--raw", "memory://nowhere"])
    assert (ran.exit_code, "Cannot read memory://nowhere: No such file" in ran.output) == (1, True), ran.output
    ran = CliRunner().invoke(main, ["run", "nowhere", str(tmp_path / "other")])
    assert ran.exit_code == 2


NAMES = [
    ("s3://bucket/raw", True), ("gs://b", True), ("file:///raw", True), ("raw", False), ("C:\\raw", False),
    ("c://raw", False),    ("/raw", False), ("a/b://c", False), ("./s3://b", False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "expected"), NAMES)
def test_what_is_a_url(name: str, expected: bool) -> None:
    assert is_url(name) == expected
    assert name.startswith("file:") or local(name) == name
