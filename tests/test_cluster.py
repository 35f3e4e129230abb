"""A run on a cluster: the bytes of a run on one machine, whatever dies meanwhile. The cluster is real: a head and two
workers, one processor each, as processes on loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from pipeline.cli import main
from pipeline.corpus.cases import components
from pipeline.engines import cluster, local
from pipeline.engines.cluster import Sizes
from pipeline.engines.kept import CLUSTER, FOLDER
from pipeline.engines.outcome import RunError, RunReport
from pipeline.settings import Settings

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import generate

FERRY = "The ferry to the island leaves from the old harbour at seven every day of the year, and comes back at nine."
LOST = "The mill was built in , and burnt in , so the people of Lowford went to the baker, who was glad of it."
WHOLE = "The mill was built in 1702, and burnt in 1809, so the people of Lowford went to the baker, who was glad of it."
SMALL = Sizes(unit=40_000, parts=2, edges=400)  # so that there are many units, and rounds


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    """A cluster."""
    os.environ |= {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # it stays on loopback
    }
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": 100_000_000, "node_ip_address": "127.0.0.1"}
    made = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    try:
        for _ in range(2):
            made.add_node(**node)
        yield made
    finally:
        made.shutdown()


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Documents of all kinds: files, records, some of one id; damaged ones, copies; some that cannot be read."""
    folder = tmp_path_factory.mktemp("corpus") / "raw"
    (folder / "all").mkdir(parents=True)
    documents = [(name, document.raw) for name, document in islice(generate.documents("mixed", 3), 110)]
    rows = [json.dumps({"id": name, "text": text, "url": f"https://{name}.example"}) for name, text in documents[30:]]
    rows += ["{", *(json.dumps({"id": "twice", "text": text}) for text in ("One.", "Two."))]
    (folder / "all.jsonl").write_text("\n".join(rows), encoding="utf-8")
    (folder / "all" / f"{documents[40][0]}.txt").write_text("It has the name of a record.", encoding="utf-8")
    for name, text in documents[:30]:
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    for number in range(8):
        own = f"This is the story of number {number}, which is told nowhere else at all.[{number}]"
        text = "\n\n".join([own, [FERRY, LOST, WHOLE, "Menu\nShare\nHome"][number % 4]])
        (folder / f"Ünï {number}.md").write_text(text, encoding="utf-8")
    (folder / "gone.txt").symlink_to("nowhere")
    (folder / "empty.txt").write_bytes(b"")
    return folder


def files(folder: Path) -> dict[str, bytes]:
    """All files below a folder, but for what is kept for a later run."""
    found = (path for path in folder.rglob("*") if path.is_file() and FOLDER not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def clean(raw: Path, out: Path, nodes: Any, **more: Any) -> RunReport:
    return cluster.run(raw, out, address=nodes.address, sizes=SMALL, **more)


def units(out: Path) -> int:
    """How many units are done."""
    return len(list((out / FOLDER / CLUSTER / "units").glob("*.parquet")))


def start(raw: Path, out: Path, nodes: Any) -> subprocess.Popen[bytes]:
    """A run in a process of its own."""
    code = (
        "import sys; from pipeline.engines.cluster import Sizes, run; "
        f"print(run(sys.argv[1], sys.argv[2], address={nodes.address!r}, sizes=Sizes{tuple(SMALL)}).reused)"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, str(raw), str(out)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def wait(out: Path, more: int, run: subprocess.Popen[bytes]) -> None:
    """Wait until so many units more are done."""
    before = units(out)
    end = time.monotonic() + 60
    while units(out) < before + more:
        assert run.poll() is None, "the run ended too early"
        assert time.monotonic() < end, "the run does nothing"
        time.sleep(0.01)


def workers_of(node: Any) -> list[int]:
    """The worker processes of a node that are at work."""
    import psutil

    raylet = psutil.Process(node.all_processes["raylet"][0].process.pid)
    return [one.pid for one in raylet.children() if one.name().startswith("ray::") and "IDLE" not in one.name()]


def test_a_cluster_writes_what_one_machine_does_whatever_dies(raw: Path, tmp_path: Path, nodes: Any) -> None:
    expected = local.run(raw, tmp_path / "local", workers=1)
    assert expected.restored
    assert expected.duplicates
    out = tmp_path / "out"

    run = start(raw, out, nodes)  # the driver dies
    wait(out, 4, run)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert not (out / "manifest.jsonl").exists()
    done = units(out)

    run = start(raw, out, nodes)  # then a worker process, and a node
    wait(out, 2, run)
    killed = [pid for node in nodes.worker_nodes for pid in workers_of(node)]
    os.kill(killed[0], signal.SIGKILL)
    wait(out, 2, run)
    nodes.remove_node(next(iter(nodes.worker_nodes)), allow_graceful=False)
    reused = int(run.communicate(timeout=100)[0].split()[-1])  # Ray tells of the node before
    assert run.returncode == 0
    nodes.add_node(num_cpus=1, object_store_memory=100_000_000, node_ip_address="127.0.0.1")

    assert files(out) == files(tmp_path / "local")
    assert reused > done  # documents of units in the middle of a file
    report = clean(raw, out, nodes)
    assert report == expected
    assert 0 < report.reused < report.documents + len(report.problems)  # what failed is tried again
    assert files(out) == files(tmp_path / "local")


@pytest.mark.parametrize(
    ("layout", "settings"),
    [("jsonl.gz", Settings(scope="document", gaps="mark")), ("folder", Settings(dedup="off"))],
)
def test_shards_and_settings_are_the_same(
    raw: Path, tmp_path: Path, nodes: Any, layout: str, settings: Settings
) -> None:
    more: dict[str, Any] = {"layout": layout, "shard": 100_000}
    expected = local.run(raw, tmp_path / "local", settings, workers=1, **more)
    assert clean(raw, tmp_path / "out", nodes, settings=settings, **more) == expected
    assert files(tmp_path / "out") == files(tmp_path / "local")


def test_a_file_that_has_grown_is_cleaned_where_it_is_new(raw: Path, tmp_path: Path, nodes: Any) -> None:
    """One machine goes on where a cluster was, and the other way round."""
    grown, out = tmp_path / "raw", tmp_path / "out"
    grown.mkdir()
    lines = (raw / "all.jsonl").read_text(encoding="utf-8").splitlines()[:60]
    (grown / "all.jsonl").write_text("\n".join(lines), encoding="utf-8")
    before = local.run(grown, out)
    written = files(out)
    here = clean(grown, out, nodes)
    assert (here, files(out)) == (before, written)
    assert here.reused == 0
    gone = json.loads(lines.pop())["id"]
    lines.insert(20, json.dumps({"id": "new", "text": json.loads(lines[0])["text"]}))
    (grown / "all.jsonl").write_text("\n".join(lines), encoding="utf-8")
    expected = local.run(grown, tmp_path / "local", workers=1)
    report = clean(grown, out, nodes)
    assert report.removed == [f"all/{gone}"]
    report.removed = []
    assert report == expected
    assert 30 < report.reused < 60
    assert report.rewritten  # a paragraph has its first copy elsewhere now
    assert files(out) == files(tmp_path / "local")
    assert local.run(grown, out) == expected
    assert files(out) == files(tmp_path / "local")


def test_a_task_that_fails_is_told(nodes: Any) -> None:
    from pipeline.engines.cluster import moving

    def work(item: int) -> int:
        raise OSError(28, "No space left on device")

    with moving.connected(nodes.address), pytest.raises(RunError, match=r"failed: OSError: .* No space left on device"):
        list(moving.each(work, [1]))


def test_stars_are_components(tmp_path: Path, nodes: Any) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from pipeline.engines.cluster import moving
    from pipeline.engines.cluster.stars import stars
    from pipeline.engines.cluster.units import Work

    random = np.random.default_rng(1)
    chain = np.stack([np.arange(1, 60), np.arange(59)], axis=1)  # the worst there is: as long as can be
    some = np.sort(random.integers(100, 400, (150, 2)), axis=1)[:, ::-1]
    pairs = np.concatenate([chain, some[some[:, 0] != some[:, 1]]])
    (tmp_path / "steps").mkdir()
    table = pa.table({"number": pairs[:, 0].copy(), "of": pairs[:, 1].copy()})
    pq.write_table(table, tmp_path / "pairs.parquet")
    with moving.connected(nodes.address):
        work = Work(str(tmp_path), b"")
        joined = stars(work, [moving.Part(0, str(tmp_path / "pairs.parquet"), len(pairs))], edges=70)
    found = np.arange(400)
    for part in joined:
        rows = pq.read_table(part.path, partitioning=None)
        found[rows["number"].to_numpy()] = rows["of"].to_numpy()
    assert found.tolist() == components(pairs[:, 0], pairs[:, 1], 400).tolist()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--engine", "ray", "--address", "127.0.0.1:9"], "Cannot run on Ray at 127.0.0.1:9: Connection refused."),
        (["--engine", "ray", "--address", "nowhere"], "Cannot run on Ray at nowhere: it is not HOST:PORT."),
        (["--engine", "ray", "--workers", "2"], "Cannot use --workers with --engine ray"),
        (["--address", "127.0.0.1:6379"], "Cannot use --address without a cluster."),
    ],
)
def test_what_cannot_be_is_told(raw: Path, tmp_path: Path, options: list[str], said: str) -> None:
    result = CliRunner().invoke(main, ["run", str(raw), str(tmp_path / "out"), *options])
    assert result.exit_code
    assert said in result.output
    assert not (tmp_path / "out").exists()


def test_a_missing_extra_is_told(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: None if name == "ray" else find_spec(name))
    with pytest.raises(RunError, match=r"ray is not installed. Use pip install 'clean-corpus\[ray\]'"):
        cluster.run(raw, tmp_path / "out")


def test_help_does_not_load_ray() -> None:
    code = "import sys, pipeline, pipeline.cli; sys.exit('ray' in sys.modules or 'pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
