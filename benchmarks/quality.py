"""What cleaning keeps and what it removes, in one command: `python benchmarks/quality.py [--shared DIR]`.

Where the folder of labelled real documents is there (DIR, by default `../shared` beside the project), they are cleaned
with `--dedup off --gaps keep`, and measured with the scorers that come with them: what is kept and removed, what must
and must not stand in the clean text, and the dropped years that were found. Everywhere, the samples of `raw/` and
generated documents are measured. All that is cleaned is verified, and cleaned again, which must change nothing.

Each figure stands beside its floor; the command fails (exit 1) if one is below.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from gaps import compare, family, read_gold
from synthetic import run as run_synthetic

from pipeline import verify
from pipeline.core import Pipeline
from pipeline.engines import local
from pipeline.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = Settings(dedup="off", gaps="keep")
YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d")


class Line(NamedTuple):
    """A figure and the floor that it must reach."""

    name: str
    figure: float
    floor: float
    note: str = ""

    @property
    def holds(self) -> bool:
        return self.figure >= self.floor


def cleaned(raw: Path, out: Path) -> list[Line]:
    """Clean a folder into another; verify it, and clean the clean texts again."""
    report = local.run(raw, out, SETTINGS, workers=1)
    found = verify.verify(str(out), str(raw))
    again = Pipeline(SETTINGS)
    texts = [path.read_text(encoding="utf-8", errors="surrogatepass") for path in sorted(out.rglob("*.txt"))]
    stable = sum(again.clean(text.removesuffix("\n")).text == text.removesuffix("\n") for text in texts)
    return [
        Line("documents without a problem", report.documents, report.documents + len(report.problems)),
        Line("documents that verify", len(texts) if found.ok else 0, len(texts)),
        Line("documents that cleaning again leaves as they are", stable, len(texts)),
    ]


def scored(shared: Path, out: Path, *folders: Path) -> dict[str, dict[str, float]]:
    """The table of the scorer: for each document, and for all, what is kept and removed."""
    command = [sys.executable, str(shared / "score"), str(out), "--json"]
    if folders:
        command += ["--raw", str(folders[0]), "--gold", str(folders[1])]
    table: dict[str, dict[str, float]] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return table


def measure_seeds(shared: Path, work: Path) -> list[Line]:
    """The five documents: scores, and what must stand in them and must not."""
    raw, out = shared / "corpus" / "raw", work / "corpus"
    lines = cleaned(raw, out)
    table = scored(shared, out)
    lines += [Line(f"F1 of {name}", row["f1"], 0.995) for name, row in table.items() if name != "ALL"]
    lines += [Line("kept, all", table["ALL"]["kept"], 0.998), Line("removed, all", table["ALL"]["removed"], 0.998)]
    lines += _seed_gaps(out)
    expect = subprocess.run([sys.executable, str(shared / "expect"), str(out)], capture_output=True, text=True)
    misses = re.findall(r"^(\S+): (missing|left): (.+)$", expect.stdout, re.MULTILINE)
    unexcused = [miss for miss in misses if not _needs_a_year(out, *miss)]
    held = re.search(r"^(\d+) of (\d+) hold", expect.stdout, re.MULTILINE)
    if held is None:
        raise SystemExit(f"Cannot read what {shared / 'expect'} says: {expect.stdout}{expect.stderr}")
    total = int(held[2])
    note = f"{held[1]} of {total} hold; {len(misses) - len(unexcused)} need a year restored"
    for name, verb, string in unexcused:
        note += f"\n      {name}: {verb}: {string}"
    lines.append(Line("strings that hold, or need a year", total - len(unexcused), total, note))
    return lines


def _seed_gaps(out: Path) -> list[Line]:
    """The dropped years of the documents that `seed_gaps.toml` has labels for, found by pattern alone."""
    labels = tomllib.loads((ROOT / "benchmarks" / "seed_gaps.toml").read_text(encoding="utf-8"))
    lines = []
    for sidecar in sorted(out.glob("*.json")):
        data = json.loads(sidecar.read_text(encoding="utf-8"))
        gold = [(place, family(kind)) for place, kind in labels.get(data["source"]["sha256"], {}).get("gaps", ())]
        if gold:
            counts = compare(gold, [(gap["raw"], family(gap["kind"])) for gap in data["gaps"]])[0]
            hit, false = counts["year hit"], counts["year false"]
            note = f"{hit} of {len(gold)} found, {false} false"
            lines.append(Line(f"recall of years dropped in {sidecar.stem[:10]}…", hit / len(gold), 0.7, note))
    return lines


def _needs_a_year(out: Path, name: str, verb: str, quoted: str) -> bool:
    """Whether a string waits for a dropped year: one with a year is missing, or one stands around a recorded gap."""
    string = ast.literal_eval(quoted)
    sidecar: dict[str, Any] = json.loads((out / f"{name}.json").read_text(encoding="utf-8"))
    if not sidecar["gaps"]:
        return False
    if verb == "missing":
        return bool(YEAR.search(string))
    at = (out / f"{name}.txt").read_text(encoding="utf-8").find(string)
    return any(at <= gap["at"] <= at + len(string) for gap in sidecar["gaps"])


def measure_pages(shared: Path, work: Path) -> list[Line]:
    """The labelled pages: scores, clean controls, and gaps."""
    pages, out = shared / "pages", work / "pages"
    lines = cleaned(pages / "raw", out)
    table = scored(shared, out, pages / "raw", pages / "gold")
    lines += [Line("kept, all", table["ALL"]["kept"], 0.995), Line("removed, all", table["ALL"]["removed"], 0.90)]
    controls = {name: row["kept"] for name, row in table.items() if name.startswith("g")}
    worst = min(controls, key=lambda name: controls[name])
    lines.append(Line("kept, the worst clean control", controls[worst], 0.999, f"{len(controls)} controls"))
    counts: Counter[str] = Counter()
    for sidecar in sorted(out.glob("*.json")):
        data = json.loads(sidecar.read_text(encoding="utf-8"))
        found = [(gap["raw"], family(gap["kind"])) for gap in data["gaps"]]
        counts += compare(read_gold(pages, sidecar.stem), found)[0]
    for kind, precision, recall in (("year", 0.95, 0.8), ("value", 0.0, 0.0)):
        hit, missed, false = (counts[f"{kind} {what}"] for what in ("hit", "missed", "false"))
        lines.append(
            Line(f"precision of {kind} gaps", hit / max(1, hit + false), precision, f"{hit} found, {false} false")
        )
        lines.append(Line(f"recall of {kind} gaps", hit / max(1, hit + missed), recall, f"{missed} missed"))
    return lines


def measure_generated() -> list[Line]:
    """Generated documents of all families: what they keep, by family."""
    table = run_synthetic(130, 0)
    lines = []
    for name, score in table.items():
        removed = f"removed {score.removed / score.debris:.3f}" if score.debris else "clean"
        lines.append(Line(f"kept, {name}", score.kept / max(1, score.keep), 0.99, removed))
    return lines


def show(title: str, lines: list[Line]) -> bool:
    """Print a table; return whether every floor is reached."""
    print(f"\n{title}\n{'':4}{'':<50}{'figure':>10}{'floor':>10}")
    for line in lines:
        mark = " " if line.holds else "!"
        print(f"  {mark} {line.name:<50}{_number(line.figure):>10}{_number(line.floor):>10}  {line.note}".rstrip())
    return all(line.holds for line in lines)


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.4f}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure what cleaning keeps and removes.")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared", help="the folder of labelled documents")
    shared: Path = parser.parse_args().shared
    good = True
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        if (shared / "score").exists():
            good &= show("The five documents", measure_seeds(shared, work))
            good &= show("Labelled pages", measure_pages(shared, work))
        else:
            print(f"There are no labelled documents at {shared}: only what the project has itself is measured.")
        good &= show("The samples of raw/", cleaned(ROOT / "raw", work / "samples"))
        good &= show("Generated documents", measure_generated())
    print("\nEvery figure reaches its floor." if good else "\nA figure is below its floor (marked !).")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
