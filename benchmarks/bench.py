"""Measure clean-corpus against other tools, and against itself: the command behind `make bench`.

    python benchmarks/bench.py             50 MB, every measure; some 20 minutes
    python benchmarks/bench.py --quick     10 MB, each command twice; under 10 minutes
    python benchmarks/bench.py --full      50 MB, and the course of cost and memory up to 2 GB; hours
    python benchmarks/bench.py --only peers cores

Writes benchmarks/results/MODE.json, and of it docs/benchmarks.md with its plots (`bench_page.py`); `--quick`, whose
figures are no more than a look, writes both to .bench/quick. The environments of the other tools are made in .bench/ if
they are not there; a tool whose environment cannot be made is named, with the reason, in the results and on the page,
and the command ends with 1.

Commands that are compared run in turn (ours, theirs, ours, theirs), so that what else the machine does meets both; of
each the median counts, and the noise is (longest - shortest) / median. One core means bound to one by `taskset`. What a
command takes for one short document is its start; it is measured for every tool and shown beside, and speeds are told
with and without it.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench_page import DOCS, write_page
from bench_peers import peers
from bench_runs import (
    MODES,
    PROGRAM,
    RUN_ONE,
    RUN_TWO,
    Bench,
    Commands,
    Row,
    facts,
    fresh,
    in_turn,
    mixed,
    ours,
    row,
    say,
)
from environments import BENCH
from measured import Run, cores, run

RESULTS = Path(__file__).resolve().parent / "results"


def at_once(bench: Bench, raw: Path) -> Run:
    """A run on each of two cores at the same time, into folders of their own: they share nothing but the machine."""
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda core: ours(bench.work, raw, 1, [core]), (bench.both[0], bench.both[-1]))
    return Run(max(one.wall, other.wall), one.cpu + other.cpu, one.peak + other.peak)


def two_cores(bench: Bench) -> Row:
    """One core and one worker, two cores and two workers, and two runs at once, in turn.

    Two runs at once have nothing to wait for but the caches, memory and clock of the machine: what they gain over two
    runs one after the other is the most that two workers can gain there.
    """
    corpus = mixed(bench.mode.megabytes)
    say(f"one core and two, {bench.mode.megabytes:g} MB")
    commands: Commands = {
        "one": lambda: ours(bench.work, corpus / "raw", 1, bench.one),
        "two": lambda: ours(bench.work, corpus / "raw", 2, bench.both),
        "at once": lambda: at_once(bench, corpus / "raw"),
    }
    runs = in_turn(commands, bench.mode.repeat)
    rows = [
        row("one core", runs["one"], RUN_ONE),
        row("two cores", runs["two"], RUN_TWO),
        row("two runs at once, one on each core", runs["at once"], RUN_ONE),
    ]
    return {"facts": facts(corpus), "rows": rows}


def course(bench: Bench) -> Row:
    """Cost and memory as the corpus grows; one core. Large ones run once."""
    rows = []
    for megabytes in bench.mode.sizes:
        corpus = mixed(megabytes)
        say(f"the course: {megabytes:g} MB")
        repeat = bench.mode.repeat if megabytes <= 150 else 1
        runs = [ours(bench.work, corpus / "raw", 1, bench.one) for _ in range(repeat)]
        rows.append(row(f"{megabytes:g} MB", runs, RUN_ONE, facts=facts(corpus)))
    return {"rows": rows}


def again(bench: Bench) -> Row:
    """A first run, and a second one over the same texts, in turn."""
    corpus = mixed(bench.mode.megabytes)
    say(f"a second run, {bench.mode.megabytes:g} MB")
    first, second = [], []
    for _ in range(bench.mode.repeat):
        command = [PROGRAM, "run", str(corpus / "raw"), str(fresh(bench.work) / "out"), "--workers", "1", "--quiet"]
        first.append(run(command, bench.one))
        second.append(run(command, bench.one))
    return {
        "facts": facts(corpus),
        "rows": [row("first run", first, RUN_ONE), row("second run, nothing changed", second, RUN_ONE)],
    }


def start(bench: Bench) -> Row:
    """What it takes to start, beside Python itself."""
    say("starting")
    commands = {
        "Python itself": [sys.executable, "-c", "pass"],
        "import pipeline": [sys.executable, "-c", "import pipeline"],
        "clean-corpus --help": [PROGRAM, "--help"],
    }
    told = ("python -c pass", "python -c 'import pipeline'", "clean-corpus --help")
    runs = in_turn(
        {name: lambda command=command: run(command, bench.one) for name, command in commands.items()}, bench.mode.starts
    )
    return {"rows": [row(name, runs[name], command) for name, command in zip(commands, told, strict=True)]}


def ray(bench: Bench) -> Row:
    """The engine of many machines, on this one: beside the local engine, with one worker and with two."""
    if "--engine" not in run([PROGRAM, "run", "--help"]).output or importlib.util.find_spec("ray") is None:
        return {"absent": "It needs `clean-corpus run --engine ray`: install the extra `ray`."}
    corpus = mixed(bench.mode.megabytes)
    say(f"ray, {bench.mode.megabytes:g} MB")
    commands: Commands = {
        "local, one worker": lambda: ours(bench.work, corpus / "raw", 1, bench.one),
        "ray, one worker": lambda: ours(bench.work, corpus / "raw", 1, bench.one, "--engine", "ray"),
        "local, two workers": lambda: ours(bench.work, corpus / "raw", 2, bench.both),
        "ray, two workers": lambda: ours(bench.work, corpus / "raw", 2, bench.both, "--engine", "ray"),
    }
    told = (RUN_ONE, f"{RUN_ONE} --engine ray", RUN_TWO, f"{RUN_TWO} --engine ray")
    runs = in_turn(commands, bench.mode.repeat)
    return {
        "facts": facts(corpus),
        "rows": [row(name, runs[name], command) for name, command in zip(commands, told, strict=True)],
    }


MEASURES: dict[str, Callable[[Bench], Row]] = {
    "peers": peers,
    "cores": two_cores,
    "course": course,
    "again": again,
    "start": start,
    "ray": ray,
}


def machine() -> Row:
    """What the figures were measured on; no name and no time."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    packages = ("clean-corpus", "numpy", "google-re2", "regex", "ftfy", "rapidfuzz", "orjson")
    return {
        "processor": names[0] if names else platform.machine(),
        "cores": len(cores()),
        "memory_bytes": memory,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_at_start": round(os.getloadavg()[0], 1),
        "packages": {name: importlib.metadata.version(name) for name in packages},
    }


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Measure clean-corpus against other tools, and against itself.")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="mode", action="store_const", const="quick", help="10 MB, under 10 minutes")
    size.add_argument("--full", dest="mode", action="store_const", const="full", help="up to 2 GB, hours")
    parser.add_argument("--megabytes", type=float, help="the size of the corpus, if another than that of the mode")
    parser.add_argument("--repeat", type=int, help="runs of each command, if other than that of the mode")
    parser.add_argument("--only", nargs="+", choices=MEASURES, help="measure this anew, and keep the other results")
    parser.add_argument("--page", action="store_true", help="measure nothing, write the page of the results")
    parser.set_defaults(mode="bench")
    options = parser.parse_args()
    results_folder, pages = (BENCH / "quick", BENCH / "quick") if options.mode == "quick" else (RESULTS, DOCS)
    target = results_folder / f"{options.mode}.json"
    results: Row = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
    if options.page and not results:
        parser.error(f"Cannot write the page: there is no {target}. Measure first, without --page.")
    if not options.page:
        results = measure(options, results, target)
    write_page(results, pages)
    print(f"{target} and {pages / 'benchmarks.md'} are written.")
    missing = [row["absent"] for row in results["measures"].get("peers", {}).get("rows", []) if "absent" in row]
    for reason in missing:
        print(reason, file=sys.stderr)
    return 1 if missing else 0


def measure(options: argparse.Namespace, results: Row, target: Path) -> Row:
    """Measure what is asked for; the results are written after each measure, so that none is lost."""
    mode = MODES[options.mode]
    mode = mode._replace(megabytes=options.megabytes or mode.megabytes, repeat=options.repeat or mode.repeat)
    available = cores()
    kept = results.get("measures", {}) if options.only else {}
    results = {"mode": options.mode, "machine": machine(), "measures": kept}
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, available[-1:])  # the sampler of memory is out of the way
    target.parent.mkdir(parents=True, exist_ok=True)
    BENCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BENCH) as work:
        bench = Bench(mode, available[:1], available[:2], Path(work))
        for name in options.only or MEASURES:
            kept[name] = MEASURES[name](bench)
            target.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8", newline="\n")
    return results


if __name__ == "__main__":
    sys.exit(main())
