"""The page of the benchmarks, docs/benchmarks.md, made of what `bench.py` wrote; every figure is derived here.

python benchmarks/bench.py --page
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from bench_plot import bars, lines

DOCS = Path(__file__).resolve().parent.parent / "docs"
MEGABYTE = 1_000_000
Row = dict[str, Any]

HEAD = """\
# Benchmarks

`{command}` measures clean-corpus and writes this page. The raw figures, with every run of each command, are in
[{mode}.json]({raw}).

- Machine: {processor}, {cores} cores, {memory} GB of memory, {system}, Python {python}. The load was {load_at_start}
  before the start. Packages: {packages}.
- Corpus: `python benchmarks/generate.py FOLDER --kind mixed --megabytes N`, the same bytes everywhere.{corpus}
- Runs: commands that are compared run in turn, and the tables show the median of their runs. Noise is (longest −
  shortest) / median of the same command: a difference smaller than the noise is no difference. MB are millions of bytes
  of raw text.
- One core: `taskset` binds a command and all its processes to one core. Times are wall-clock times, from the start of
  the command until its results are on disk. The CPU time stands beside them, since other work on the machine affects it
  less.
- Memory: every tenth of a second, the PSS of all processes of a command is added up, from outside. If the largest
  single process had more at any time (the kernel keeps count), that figure is shown.
"""
FASTER = 15.0
CORES = 1.8
COST = 0.15
MEMORY = 1000 * MEGABYTE
AGAIN = 0.03
HELP, IMPORT = 0.15, 0.1


def reached(*met: bool) -> str:
    """Say whether a measure reached its aims.

    >>> reached(True), reached(True, True), reached(True, False)
    ('(reached)', '(reached)', '(not reached)')
    """
    return "(reached)" if all(met) else "(not reached)"


def write_page(results: Row, folder: Path = DOCS) -> None:
    """Write benchmarks.md and its plots."""
    page, plots = page_of(results)
    (folder / "benchmarks.md").write_text(page, encoding="utf-8", newline="\n")
    for name, plot in plots.items():
        (folder / name).write_text(plot, encoding="utf-8", newline="\n")


def page_of(results: Row) -> tuple[str, dict[str, str]]:
    """The page, and its plots by their names."""
    measures, plots = results["measures"], {}
    parts = [head(results)]
    if "peers" in measures:
        plots["benchmarks-speed.svg"] = speed_plot(measures["peers"])
        parts += [peers(measures["peers"]), "![Megabytes a second, one core](benchmarks-speed.svg)"]
    if "cores" in measures:
        parts.append(two_cores(measures["cores"]))
    if "course" in measures:
        plots["benchmarks-course.svg"] = course_plot(measures["course"])
        parts += [course(measures["course"]), "![Cost and memory by size](benchmarks-course.svg)"]
    if "again" in measures:
        parts.append(again(measures["again"]))
    if "start" in measures:
        parts.append(start(measures["start"]))
    if "ray" in measures:
        parts.append(ray(measures["ray"]))
    return "\n\n".join(part.strip() for part in parts) + "\n", plots


def middle(row: Row) -> float:
    """The median of the seconds of a command."""
    return median(row["seconds"])


def noise(row: Row) -> str:
    """How far the runs of a command are apart, as a share of their median.

    >>> noise({"seconds": [9.0, 10.0, 12.0]})
    '30 %'
    """
    times = row["seconds"]
    return f"{(max(times) - min(times)) / median(times):.0%}".replace("%", " %") if len(times) > 1 else "one run"


def peak(row: Row) -> str:
    """The highest memory of all runs, in megabytes."""
    return f"{max(row['peak_bytes']) / MEGABYTE:,.0f} MB"


def speed(size: int, seconds: float) -> float:
    """Megabytes a second."""
    return size / MEGABYTE / seconds


def ratio(row: Row, other: Row, of: str = "seconds") -> float:
    """How many times as long the first took, the median over the pairs of runs.

    >>> ratio({"seconds": [8.0, 10.0, 30.0]}, {"seconds": [4.0, 4.0, 5.0]})
    2.5
    """
    return median(one / two for one, two in zip(row[of], other[of], strict=True))


def net(row: Row) -> float:
    """The median without the start."""
    return middle(row) - median(row["starts"])


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in markdown; all columns but the first are figures."""
    lines = [header, ["---", *["--:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def head(results: Row) -> str:
    machine, mode = dict(results["machine"]), results["mode"]
    packages = ", ".join(f"{name} {version}" for name, version in machine.pop("packages").items())
    found = next((measure["facts"] for measure in results["measures"].values() if "facts" in measure), None)
    command = "make bench" if mode == "bench" else f"make bench ARGS=--{mode}"
    return HEAD.format(
        command=command,
        mode=mode,
        raw="quick.json" if mode == "quick" else f"../benchmarks/results/{mode}.json",
        packages=packages,
        memory=round(machine.pop("memory_bytes") / 2**30),
        corpus=corpus(found) if found else "",
        **machine,
    )


def corpus(facts: Row) -> str:
    """What the corpus is made of, as its generator counted."""
    return (
        f" At {facts['bytes'] / MEGABYTE:.0f} MB it has {facts['documents']:,} documents of "
        f"{facts['smallest']:,} to {facts['largest']:,} bytes ({facts['fitting_share']:.1%} of them of "
        f"2 to 20 KB) and {facts['blocks']:,} paragraphs and headings. Of those of prose "
        f"{facts['exact_share']:.1%} are exact copies and "
        f"{facts['near_share']:.1%} near ones; {facts['debris_share']:.1%} of the documents have debris, of "
        f"{len(facts['families'])} families."
    )


def sized(measure: Row) -> str:
    """How large the corpus of a measure is, which may be another than that of the next.

    >>> sized({"facts": {"bytes": 20_000_123, "documents": 2429}})
    'The corpus has 20 MB in 2,429 documents.'
    """
    return (
        f"The corpus has {measure['facts']['bytes'] / MEGABYTE:,.0f} MB in {measure['facts']['documents']:,} documents."
    )


def peers(measure: Row) -> str:
    size = measure["facts"]["bytes"]
    found = [(row["what"], ratio(row, row["ours"])) for row in measure["rows"] if "absent" not in row]
    times = ", ".join(f"{times:.1f} × {name}" for name, times in found)
    verdict = f"measured: {times} {reached(*(times >= FASTER for _, times in found))}" if found else "not measured"
    aim = f"Aim: at least {FASTER:g} × as fast as each other tool; {verdict}. {sized(measure)}"
    parts = ["## End to end, one core, beside other tools\n", f"{aim}\n"]
    header = (
        "", "time", "noise", "CPU time", "MB/s", "start-up", "MB/s without start-up", "memory",
        "speed-up", "speed-up without start-up", "speed-up by CPU time",
    )  # fmt: skip
    rows, notes = [], []
    for row in measure["rows"]:
        if "absent" in row:
            notes.append(f"- **{row['what']} was not measured.** {row['absent']}")
            continue
        ours = row["ours"]
        for one in (ours, row):
            other = one is row
            rows.append(
                (
                    f"{one['what']} {one.get('version', '')}".strip() + ("" if other else f", beside {row['what']}"),
                    f"{middle(one):.2f} s",
                    noise(one),
                    f"{median(one['cpu_seconds']):.2f} s",
                    f"{speed(size, middle(one)):.2f}",
                    f"{median(one['starts']):.2f} s",
                    f"{speed(size, net(one)):.2f}",
                    peak(one),
                    f"{ratio(row, ours):.1f} ×" if other else "",
                    f"{net(row) / net(ours):.1f} ×" if other else "",
                    f"{ratio(row, ours, 'cpu_seconds'):.1f} ×" if other else "",
                )
            )
        kept = f"It wrote {row['written']:,} of {measure['facts']['documents']:,} documents."
        notes.append(f"- **{row['what']}** (`{row['command']}`): {row['does']} {kept}")
        what_we_do = f"- **{ours['what']}** (`{ours['command']}`): {ours['does']}"
    if rows:
        notes.insert(0, what_we_do)
    parts += [table(header, rows), ""] if rows else []
    return "\n".join(
        [
            *parts,
            "The tools do not do the same work. Each runs as its own guide describes, with the steps that come nearest "
            "to reading, cleaning, dropping duplicates and writing, in an environment of its own "
            "(`benchmarks/requirements/`), with one process. Start-up is the time for one short document. Speed-up is "
            "how many times as long the other tool takes as clean-corpus.\n",
            *notes,
        ]
    )


def two_cores(measure: Row) -> str:
    one, two, at_once = measure["rows"]
    size = measure["facts"]["bytes"]
    rows = [
        (
            f"{row['what']}: `{row['command']}`",
            f"{middle(row):.2f} s",
            noise(row),
            f"{speed(size if row is not at_once else 2 * size, middle(row)):.2f}",
            peak(row),
        )
        for row in measure["rows"]
    ]
    times, most = ratio(one, two), 2 * ratio(one, at_once)
    said = (
        f"Aim: two cores at least {CORES:g} × as fast as one; measured: **{times:.2f} ×** {reached(times >= CORES)}. "
        f"{sized(measure)}\n\n"
        f"Two runs at once that share nothing but the machine are {most:.2f} × as fast as one after the other: that is "
        f"the most that two workers could reach here, and they reach {times / most:.0%} of it."
    )
    return f"## One core and two\n\n{said}\n\n{table(('', 'time', 'noise', 'MB/s', 'memory'), rows)}"


def cost(row: Row) -> float:
    """Seconds for a megabyte."""
    return float(middle(row) / row["facts"]["bytes"] * MEGABYTE)


def course(measure: Row) -> str:
    first = measure["rows"][0]
    rows = [
        (
            f"{row['facts']['bytes'] / MEGABYTE:,.0f} MB",
            f"{row['facts']['documents']:,}",
            f"{row['facts']['blocks']:,}",
            f"{middle(row):,.1f} s",
            noise(row),
            f"{1000 * cost(row):.1f} ms",
            f"{cost(row) / cost(first) - 1:+.0%}".replace("%", " %"),
            peak(row),
        )
        for row in measure["rows"]
    ]
    header = ("corpus", "documents", "paragraphs", "time", "noise", "per MB", "against the first", "memory")
    million = next((row for row in measure["rows"] if row["facts"]["blocks"] >= 1_000_000), None)
    said = f" At {million['facts']['blocks']:,} paragraphs: {peak(million)}." if million else ""
    costs = [cost(row) for row in measure["rows"]]
    largest = max(row["facts"]["bytes"] for row in measure["rows"]) / MEGABYTE
    spread, memory = max(costs) / min(costs) - 1, max(max(row["peak_bytes"]) for row in measure["rows"])
    return (
        f"## Cost and memory as the corpus grows\n\nAim: the cost per megabyte differs by at most {100 * COST:g} % "
        f"between sizes; measured: the most expensive megabyte costs **{spread:.0%}** more than the cheapest "
        f"{reached(spread <= COST)}.\n\nAim: at most {MEMORY / MEGABYTE:,.0f} MB of memory at any size; "
        f"measured, up to a corpus of {largest:,.0f} MB: **{memory / MEGABYTE:,.0f} MB** "
        f"{reached(memory <= MEMORY)}.{said}\n\n`{first['command']}`\n\n{table(header, rows)}"
    )


def again(measure: Row) -> str:
    first, second = measure["rows"]
    rows = [(row["what"], f"{middle(row):.2f} s", noise(row), peak(row)) for row in measure["rows"]]
    share = ratio(second, first)
    said = (
        f"Aim: at most {100 * AGAIN:g} % of the time of the first run; measured: **{share:.1%}** "
        f"{reached(share <= AGAIN)}. {sized(measure)} The command is `{first['command']}`, twice with the same OUT."
    )
    return f"## A second run\n\n{said}\n\n" + table(("", "time", "noise", "memory"), rows)


def start(measure: Row) -> str:
    python, library, program = measure["rows"]
    rows = [
        (f"{row['what']}: `{row['command']}`", f"{1000 * middle(row):.0f} ms", noise(row), str(len(row["seconds"])))
        for row in measure["rows"]
    ]
    helped, imported = middle(program), middle(library) - middle(python)
    said = (
        f"Aims: `--help` in at most {HELP:g} s, and `import pipeline` in at most {IMPORT:g} s more than Python itself; "
        f"measured: **{helped:.3f} s**, **{imported:.3f} s** {reached(helped <= HELP, imported <= IMPORT)}."
    )
    return f"## Start-up\n\n{said}\n\n" + table(("", "time", "noise", "runs"), rows)


def ray(measure: Row) -> str:
    title = "## Ray on one machine"
    if "absent" in measure:
        return f"{title}\n\nNot measured. {measure['absent']}"
    local, one, local_two, two = measure["rows"]
    rows = [
        (f"{row['what']}: `{row['command']}`", f"{middle(row):.2f} s", noise(row), peak(row)) for row in measure["rows"]
    ]
    said = (
        f"Time compared with the local engine: **{ratio(one, local) - 1:+.0%}** with one worker, "
        f"**{ratio(two, local_two) - 1:+.0%}** with two. Two workers are **{ratio(one, two):.2f} ×** as fast as one."
    )
    return f"{title}\n\n{said}\n\n" + table(("", "time", "noise", "memory"), rows)


def speed_plot(measure: Row) -> str:
    """A bar for each tool: megabytes a second, the whole command."""
    size = measure["facts"]["bytes"]
    there = [row for row in measure["rows"] if "absent" not in row]
    ours = [time for row in there for time in row["ours"]["seconds"]]
    found = [("clean-corpus", speed(size, median(ours)))] if ours else []
    return bars(
        "Megabytes a second, end to end, one core", [*found, *((r["what"], speed(size, middle(r))) for r in there)]
    )


def course_plot(measure: Row) -> str:
    """Two panels: milliseconds a megabyte, and memory, by the size of the corpus."""
    rows = measure["rows"]
    sizes = [row["facts"]["bytes"] / MEGABYTE for row in rows]
    return lines(
        "MB of raw text",
        [
            ("Milliseconds a MB, one core", sizes, [1000 * cost(row) for row in rows]),
            ("Peak memory, MB", sizes, [max(row["peak_bytes"]) / MEGABYTE for row in rows]),
        ],
    )
