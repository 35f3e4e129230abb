"""What `make bench` says is what was measured: memory of all processes, ratios of pairs, tools that are not there."""

from __future__ import annotations

import doctest
import importlib
import json
import sys
import threading
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import bench  # noqa: E402
import bench_page  # noqa: E402
import bench_peers  # noqa: E402
import bench_plot  # noqa: E402
import environments  # noqa: E402
import measured  # noqa: E402
import mixer  # noqa: E402
import stores  # noqa: E402

HOLDS = "import time; kept = b'x' * {size}; time.sleep(0.6)"
FORKS = """
import os, time
kept = b'x' * {size}
for _ in range(3):
    if not os.fork():
        time.sleep(0.6)
        os._exit(0)
time.sleep(0.6)
"""
SPAWNS = (
    "import subprocess, sys; [p.wait() for p in [subprocess.Popen([sys.executable, '-c', {code!r}]) for _ in '12']]"
)
LARGE, SMALL = 100_000_000, 40_000_000
linux = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is read from Linux's /proc")


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


# What a command has in memory: its code, and the least and the most that its peak may be.
MEMORY = [
    pytest.param("pass", 0, SMALL, id="nothing"),
    pytest.param(HOLDS.format(size=LARGE), LARGE, LARGE + SMALL, id="one process"),
    pytest.param(SPAWNS.format(code=HOLDS.format(size=LARGE)), 2 * LARGE, 2 * LARGE + 2 * SMALL, id="two are added"),
    pytest.param(FORKS.format(size=LARGE), LARGE, LARGE + 2 * SMALL, id="what is shared counts once"),
    pytest.param(f"kept = b'x' * {LARGE}", LARGE, LARGE + SMALL, id="shorter than a sample"),
]


@linux
@pytest.mark.parametrize(("code", "least", "most"), MEMORY)
def test_memory_is_that_of_all_processes(code: str, least: int, most: int) -> None:
    # Measured by a process that is small, as the command is.
    measure = f"import measured, sys; print(measured.run([sys.executable, '-c', {code!r}]).peak)"
    peak = int(measured.run(python(measure), surroundings={"PYTHONPATH": str(BENCHMARKS)}).output)
    assert least < peak < most


@linux
def test_memory_of_a_small_command_is_not_that_of_a_large_one_that_runs_it() -> None:
    kept = b"x" * 3 * LARGE
    assert 0 < measured.run(python("import time; time.sleep(0.3)")).peak < SMALL < len(kept)


@linux
def test_a_command_is_bound_to_its_cores() -> None:
    core = measured.cores()[-1]
    assert json.loads(measured.run(python("import os; print(list(os.sched_getaffinity(0)))"), [core]).output) == [core]


def test_time_is_that_of_the_command() -> None:
    run = measured.run(python("import time; time.sleep(0.5)"))
    assert 0.5 < run.wall < 5
    assert run.cpu < 0.45


def test_a_command_that_fails_is_told_with_its_words() -> None:
    with pytest.raises(measured.Failed, match=r"(?s)ended with 3:\nno room"):
        measured.run(python("import sys; sys.stderr.write('no room'); sys.exit(3)"))


def test_commands_run_in_turn() -> None:
    order: list[str] = []

    def command(name: str) -> measured.Run:
        order.append(name)
        return measured.Run(1, 1, 1)

    runs = bench.in_turn({"a": lambda: command("a"), "b": lambda: command("b")}, 3)
    assert "".join(order) == "ababab"
    assert {name: len(found) for name, found in runs.items()} == {"a": 3, "b": 3}


def test_two_runs_at_once_take_what_the_longer_takes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    both = threading.Barrier(2)  # neither goes on before the other has begun

    def ours(work: Path, raw: Path, workers: int, on: list[int]) -> measured.Run:
        both.wait(timeout=10)
        return measured.Run(3.0 + on[0], 2.0, 10)

    monkeypatch.setattr(bench, "ours", ours)
    assert bench.at_once(bench.Bench(bench.MODES["quick"], [0], [0, 1], tmp_path), tmp_path) == (4.0, 4.0, 20, "")


def timed(what: str, *seconds: float, **more: Any) -> dict[str, Any]:
    """A row of the results."""
    runs = [measured.Run(time, time / 2, 1_000_000 * round(100 * time)) for time in seconds]
    return bench.row(what, runs, f"run {what}", **more)


def facts(megabytes: int) -> dict[str, Any]:
    return {
        "bytes": megabytes * 1_000_000, "documents": 120 * megabytes, "smallest": 2000, "largest": 20_000, "blocks":
        2500 * megabytes, "fitting_share": 0.99, "exact_share": 0.2, "near_share": 0.1, "debris_share": 0.1,
        "families": {"web": 1},
    }  # fmt: skip


@pytest.fixture
def results() -> dict[str, Any]:
    ours = timed("clean-corpus", 2.0, 2.0, 4.0, does="Cleans.", starts=[0.5])
    theirs = timed("trove", 40.0, 50.0, 60.0, does="Drops.", starts=[10.0], version="1.2", written=7, ours=ours)
    gone = {"what": "juicer", "absent": "Cannot install juicer: no network.", "does": "Maps."}
    grown = [timed(f"{size} MB", size / 10 * cost, facts=facts(size)) for size, cost in ((50, 1.0), (400, 1.1))]
    return {
        "mode": "bench",
        "machine": {**bench.machine(), "processor": "A processor"},
        "measures": {
            "peers": {"facts": facts(50), "rows": [theirs, gone]},
            "cores": {
                "facts": facts(50),
                "rows": [timed("one core", 4.0, 6.0), timed("two cores", 2.0, 3.5), timed("at once", 4.1, 6.3)],
            },
            "course": {"rows": grown},
            "again": {"facts": facts(50), "rows": [timed("first run", 10.0), timed("second run", 0.2)]},
            "start": {"rows": [timed("Python", 0.02), timed("import", 0.05), timed("help", 0.1)]},
            "ray": {"absent": "It needs the extra."},
        },
    }


# What the page must say of these results, and what it must not.
SAID = [
    "20.0 ×",  # the median of 20, 25 and 15: of pairs, not of the medians, which would be 25
    "26.7 ×",  # without starts: 40 s against 1.5 s
    "25.00",  # MB/s of ours
    "100 %",  # the noise of ours
    "**juicer was not measured.** Cannot install juicer: no network.",
    "**1.86 ×**",
    "are 1.93 × as fast as one after the other",  # twice the median of 4.0 / 4.1 and 6.0 / 6.3
    "96% of it",
    "| 5.20 s | 42 % | 19.23 |",  # two runs at once clean the corpus twice
    "**10%** more than the cheapest",
    "At 1,000,000 paragraphs: 4,400 MB.",
    "**2.0%**",
    "**0.100 s**, **0.030 s**",
    "Not measured. It needs the extra.",
    "![Megabytes a second, one core](benchmarks-speed.svg)",
]
NOT_SAID = ["nan", "None", "{", "juicer 1", "It wrote 0"]


@pytest.mark.parametrize("text", SAID)
def test_the_page_says(results: dict[str, Any], text: str) -> None:
    assert text in bench_page.page_of(results)[0]


@pytest.mark.parametrize("text", NOT_SAID)
def test_the_page_does_not_say(results: dict[str, Any], text: str) -> None:
    assert text not in bench_page.page_of(results)[0]


def test_a_page_of_one_measure_has_no_other(results: dict[str, Any]) -> None:
    results["measures"] = {"again": results["measures"]["again"]}
    page, plots = bench_page.page_of(results)
    assert page.count("\n## ") == 1
    assert not plots


def test_plots_are_pictures_with_a_mark_for_each_figure(results: dict[str, Any]) -> None:
    plots = bench_page.page_of(results)[1]
    shapes = {name: [element.tag.partition("}")[2] for element in ET.fromstring(plot)] for name, plot in plots.items()}
    assert shapes["benchmarks-speed.svg"].count("rect") == 1 + 2  # the paper, ours, the one that is there
    assert shapes["benchmarks-course.svg"].count("circle") == 2 * 2
    assert "a &amp; b" in bench_plot.bars("speed", [("a & b", 1.0), ("c", 2.0)])
    assert ET.fromstring(bench_plot.bars("of nothing", [])) is not None


def test_a_tool_that_is_missing_makes_the_command_fail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    absent = {"what": "trove", "absent": "Cannot install trove: no network.", "does": "Drops."}
    measures = {"start": lambda _: {"rows": [timed("Python", 1), timed("import", 2), timed("help", 3)]}}
    monkeypatch.setattr(bench, "MEASURES", measures)
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(bench, "BENCH", tmp_path)
    monkeypatch.setattr(bench, "DOCS", tmp_path)
    monkeypatch.setattr("os.sched_setaffinity", lambda *_: None, raising=False)
    monkeypatch.setattr(sys, "argv", ["bench.py"])
    assert bench.main() == 0
    measures["peers"] = lambda _: {"facts": facts(50), "rows": [absent]}
    monkeypatch.setattr(sys, "argv", ["bench.py", "--only", "peers"])
    assert bench.main() == 1
    assert "Cannot install trove: no network." in capsys.readouterr().err
    kept = json.loads((tmp_path / "results" / "bench.json").read_text())
    assert set(kept["measures"]) == {"start", "peers"}
    assert "**trove was not measured.**" in (tmp_path / "benchmarks.md").read_text()


def test_an_environment_is_made_once_and_anew_for_other_packages(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environments, "BENCH", tmp_path)
    monkeypatch.setattr(environments, "REQUIREMENTS", tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (tmp_path / "tool.txt").write_text("")
    python = environments.made("tool")
    assert "Installing tool" in capsys.readouterr().err
    assert environments.made("tool") == python
    assert "Installing" not in capsys.readouterr().err
    (tmp_path / "tool.txt").write_text("no-such-package-as-this==1.0\n")
    for _ in range(2):  # what could not be made is not taken for made
        with pytest.raises(environments.Unavailable, match=r"Cannot install tool: ERROR: .*no-such-package-as-this"):
            environments.made("tool")


@pytest.mark.parametrize("name", bench_peers.PEERS)
def test_every_package_of_an_environment_has_a_version(name: str) -> None:
    lines = bench_peers.requirements(name)
    assert all(line.count("==") == 1 for line in lines)
    assert sum(line.startswith(f"{bench_peers.PEERS[name].package}==") for line in lines) == 1


def test_the_mixer_asks_for_what_is_tagged(tmp_path: Path) -> None:
    (stream,) = mixer.mix(tmp_path)["streams"]
    assert all(any(tagger in path for tagger in mixer.TAGGERS) for path in stream["filter"]["exclude"])
    spans = [span["span"].removeprefix("$.attributes.") for span in stream["span_replacement"]]
    assert all(span.startswith(tuple(stream["attributes"])) for span in spans)


@pytest.mark.parametrize("module", ["bench", "bench_page", "bench_plot", "measured"])
def test_examples(module: str) -> None:
    results = doctest.testmod(importlib.import_module(module))
    assert not results.failed


def test_stores_count_the_same_pairs() -> None:
    assert stores.own(3000) == stores.sqlite(3000) > 0
