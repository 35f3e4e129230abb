"""Main text of pages, ours and that of other tools, in one command: `python benchmarks/pages.py --labelled DIR`.

DIR has labelled pages in `html/` (as `train_labeller.py` takes them), and the scorer `score-html`. The labeller was
trained on folds 0–3; fold 4, whose sites are none of theirs, is what counts. Each tool runs in a process of its own, in
turn, `--repeat` times: the medians of its time are shown, and how far its laps are apart. The other tools need an
environment of their own; without it, only clean-corpus is measured.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from environments import python_of

HERE = Path(__file__).resolve().parent
PACKAGES = "trafilatura lxml_html_clean resiliparse readability-lxml justext beautifulsoup4"
OURS = "clean-corpus"
OTHERS = ("trafilatura", "resiliparse", "readability-lxml", "justext", "beautifulsoup4")
KINDS = ("article", "documentation", "service", "forum", "product", "collection", "listing")


class Result(NamedTuple):
    """What a tool did: milliseconds a page, one for each lap, and its scores by kind of page."""

    tool: str
    laps: list[float]
    table: dict[str, dict[str, float]]


def unpack(labelled: Path, fold: int | None, folder: Path) -> int:
    """Write the pages of a fold (of all, without one) into a folder; return how many there are."""
    count = 0
    with gzip.open(labelled / "html" / "labels.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if fold is None or row["fold"] == fold:
                page = gzip.decompress((labelled / "html" / "pages" / f"{row['id']}.html.gz").read_bytes())
                (folder / f"{row['id']}.html").write_bytes(page)
                count += 1
    return count


def score(labelled: Path, out: Path, fold: int | None) -> dict[str, dict[str, float]]:
    """The table of the scorer for a folder of texts: by kind of page, and all."""
    command = [sys.executable, str(labelled / "score-html"), str(out), "--json"]
    command += [] if fold is None else ["--fold", str(fold)]
    table: dict[str, dict[str, float]] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return table


def lap(python: Path, tool: str, pages: Path, out: Path) -> dict[str, Any]:
    """Let a tool extract all pages once."""
    command = [sys.executable if tool == OURS else str(python), str(HERE / "page_tools.py"), tool, str(pages), str(out)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def run(labelled: Path, fold: int | None, repeat: int, work: Path, tools: list[str], python: Path) -> list[Result]:
    """Let all tools extract the pages, one after another, `repeat` times; the others run with `python`."""
    pages = work / "pages"
    pages.mkdir()
    count = unpack(labelled, fold, pages)
    laps: dict[str, list[float]] = {}
    names: dict[str, str] = {}
    for _ in range(repeat):
        for tool in list(tools):
            done = lap(python, tool, pages, work / tool)
            if "absent" in done:
                print(f"{tool} was not measured: {done['absent']}", file=sys.stderr)
                tools.remove(tool)
                continue
            failed = f", fails on {done['failed']}" if done["failed"] else ""
            names[tool] = f"{tool} {done['version']}{failed}"
            laps.setdefault(tool, []).append(1000 * done["seconds"] / count)
    return [Result(names[tool], laps[tool], score(labelled, work / tool, fold)) for tool in tools]


def show(results: list[Result]) -> None:
    """Print a row a tool: its time, and mean F1 by kind of page."""
    counts = results[0].table
    print(f"{'':<32}{'ms/page':>9}{'±':>6}{'F1':>8}{'prec':>8}{'recall':>8}" + "".join(f"{k[:9]:>10}" for k in KINDS))
    print(f"{'':<71}" + "".join(f"{int(counts[kind]['pages']) if kind in counts else 0:>10}" for kind in KINDS))
    for result in results:
        every = result.table["ALL"]
        spread = (max(result.laps) - min(result.laps)) / 2
        print(
            f"{result.tool:<32}{median(result.laps):>9.1f}{spread:>6.1f}{every['f1']:>8.4f}{every['precision']:>8.4f}"
            f"{every['recall']:>8.4f}"
            + "".join(f"{result.table[kind]['f1']:>10.4f}" if kind in result.table else f"{'-':>10}" for kind in KINDS)
        )


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the main text of pages, and the time that it takes.")
    parser.add_argument("--labelled", type=Path, required=True, metavar="DIR", help="the folder of labelled pages")
    parser.add_argument("--fold", type=int, default=4, help="the pages to measure on; -1 for all")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--tools", nargs="+", choices=(OURS, *OTHERS), default=[OURS, *OTHERS])
    options = parser.parse_args()
    if not (options.labelled / "score-html").exists():
        parser.error(f"there are no labelled pages in {options.labelled}")
    python = python_of("page-peers", PACKAGES) if set(options.tools) - {OURS} else None
    tools = list(options.tools) if python else [OURS]
    fold = None if options.fold < 0 else options.fold
    with tempfile.TemporaryDirectory() as folder:
        show(run(options.labelled, fold, options.repeat, Path(folder), tools, python or Path(sys.executable)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
