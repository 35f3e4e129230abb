"""A run on a real Ray cluster, a head and two workers of one CPU each on this machine: the bytes of a local run, also
if a process, a machine or the run itself is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from test_record_runs import FERRY, LOST, ROWS, WHOLE, write
from test_run import files

from pipeline import Settings, default_stages
from pipeline.document import Found
from pipeline.engines.cluster import maps
from pipeline.engines.cluster.ray_run import run as run_cluster
from pipeline.engines.local import run
from pipeline.engines.outcome import RunError
from pipeline.stages import Stage

ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # so that Ray stays on 127.0.0.1
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
MEMORY = 100_000_000
ROWS_OF_ONE = 1000  # in a file of several units


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    os.environ.update(ENVIRONMENT)  # before Ray is imported
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": MEMORY, "node_ip_address": "127.0.0.1"}
    made = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    try:
        for _ in range(2):
            made.add_node(**node)
        yield made
    finally:
        made.shutdown()


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Files and records: copies, lost years, pages, what cannot be read, and ids that are the same."""
    raw = tmp_path / "raw"
    write(raw / "sub/some.jsonl", ROWS)
    write(raw / "twice.jsonl", [{"id": "a", "text": FERRY}, {"id": "b", "text": FERRY}, {"id": "a", "text": LOST}])
    with (raw / "twice.jsonl").open("a") as file:
        file.write('{"broken"\n')
    long = [
        f"In {1700 + number} the mill number {number} of Lowford stood idle for {number} weeks." for number in range(40)
    ]
    write(
        raw / "more.jsonl.gz",
        [{"text": f"Text {n}.[{n}] {FERRY}\n\n{' '.join(long[n % 7 : n % 9 + 3])}"} for n in range(90)],
    )
    for number in range(70):
        text = [
            long[number % 40],
            FERRY if number % 3 else FERRY.replace("seven", "eight"),
            " ".join(long[: number % 11]),
        ]
        (raw / f"file{number}.txt").write_text("\n\n".join(text))
    (raw / "lost.txt").write_text(LOST)
    (raw / "whole.html").write_text(f"<p>{WHOLE}</p><nav>Home</nav>")
    (raw / "dead.txt").symlink_to("nowhere")
    return raw


@pytest.mark.parametrize(
    ("settings", "layout"),
    [(Settings(), "folder"), (Settings(scope="document", gaps="mark"), "jsonl.gz"), (Settings(dedup="off"), "folder")],
)
def test_a_cluster_writes_the_bytes_of_one_machine(
    cluster: Any, raw: Path, tmp_path: Path, settings: Settings, layout: str
) -> None:
    one = run(raw, tmp_path / "one", settings, workers=1, layout=layout, shard=2000)
    many = run_cluster(raw, tmp_path / "many", settings, address=cluster.address, layout=layout, shard=2000)
    assert files(tmp_path / "many") == files(tmp_path / "one")
    assert many == one
    assert {problem.name for problem in many.problems} == {
        "dead.txt",
        "twice.jsonl, record a",
        "twice.jsonl, line 4",
    }
    assert many.restored > 0
    assert bool(many.duplicates) is (settings == Settings())


def test_what_dies_is_done_again_elsewhere(cluster: Any, raw: Path, tmp_path: Path) -> None:
    """A process dies of a document, once; a machine dies once half of the documents are cleaned."""
    marker = tmp_path / "died"
    node = cluster.add_node(num_cpus=1, object_store_memory=MEMORY, node_ip_address="127.0.0.1")
    gone: list[int] = []

    def step(done: int, total: int) -> None:
        if not gone and done > total // 4:
            gone.append(done)
            cluster.remove_node(node, allow_graceful=False)

    stages = [*default_stages(), dying(str(marker))]
    report = run_cluster(raw, tmp_path / "many", address=cluster.address, stages=stages, progress=step)
    assert marker.exists()
    assert gone
    one = run(raw, tmp_path / "one", workers=1, stages=stages)  # now it does not die
    assert files(tmp_path / "many") == files(tmp_path / "one")
    assert report == one


def dying(marker: str) -> Stage:
    """A stage that kills its process, unless the marker is there; made here, so that it travels with its code."""

    def die(content: str) -> Found:
        import os

        from pipeline.document import Found

        if "weeks" in content and not os.path.exists(marker):
            with open(marker, "w"):
                pass
            os.kill(os.getpid(), 9)
        return Found()

    return Stage("die", die)


def test_a_run_that_was_killed_is_taken_up_inside_a_file(cluster: Any, tmp_path: Path) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    rows = [
        {"text": " ".join(f"In {1600 + n} the mill {m} of Lowford ground {m * n} sacks." for m in range(1, 150))}
        for n in range(ROWS_OF_ONE)
    ]
    write(raw / "large.jsonl", rows)  # type: ignore[arg-type]
    command = [sys.executable, "-m", "pipeline", "run", str(raw), str(out), "--dedup", "off"]
    command += ["--engine", "ray", "--address", cluster.address]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        wait_for(lambda: len(list(out.glob(".clean-corpus/unit-*"))) >= 1)
        os.killpg(process.pid, signal.SIGKILL)
        for worker in workers():
            os.kill(worker, signal.SIGKILL)
    assert not (out / "manifest.jsonl").exists()
    report = run_cluster(raw, out, Settings(dedup="off"), address=cluster.address)
    assert 0 < report.reused < ROWS_OF_ONE
    run(raw, tmp_path / "one", Settings(dedup="off"), workers=2)
    assert files(out) == files(tmp_path / "one")
    again = run_cluster(raw, out, Settings(dedup="off"), address=cluster.address)
    assert (again.reused, again.rewritten) == (ROWS_OF_ONE, [])
    rows[5] = {"text": "Changed."}
    write(raw / "large.jsonl", rows)  # type: ignore[arg-type]
    assert 0 < run_cluster(raw, out, Settings(dedup="off"), address=cluster.address).reused < ROWS_OF_ONE
    assert json.loads((out / "large/00000006.json").read_text())["source"]["bytes"] == 8


def workers() -> list[int]:
    """The processes of this test's cluster that do work: children of what the test has started."""
    parents: dict[int, int] = {}
    work = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if (folder / "cmdline").read_bytes().startswith(b"ray::MapBatches"):
                work.append(int(folder.name))
        except OSError:
            continue  # it has just ended

    def lineage(process: int) -> Iterator[int]:
        while process := parents.get(process, 0):
            yield process

    return [process for process in work if os.getpid() in lineage(process)]


def wait_for(there: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not there():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.02)


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1", "nowhere.invalid:6379"])
def test_an_address_that_does_not_answer_is_told(raw: Path, tmp_path: Path, address: str) -> None:
    with pytest.raises(RunError, match=rf"^Cannot use the cluster at {address}: .+\. Give the HOST:PORT"):
        run_cluster(raw, tmp_path / "out", address=address)
    assert not (tmp_path / "out").exists()


def test_a_missing_extra_is_told(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps, "find_spec", lambda name: None)
    with pytest.raises(RunError, match=r"pip install 'clean-corpus\[ray\]'"):
        run_cluster(raw, tmp_path / "out", address="127.0.0.1:1")


@pytest.mark.parametrize("options", [["--engine", "ray"], ["--address", "127.0.0.1:1"]])
def test_engine_and_address_go_together(raw: Path, tmp_path: Path, options: list[str]) -> None:
    from click.testing import CliRunner

    from pipeline.cli import main

    done = CliRunner().invoke(main, ["run", str(raw), str(tmp_path / "out"), *options])
    assert done.exit_code == 2
    assert "go together" in done.output
