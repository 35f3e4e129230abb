"""What cleaning keeps and what it removes, in one command: `python benchmarks/quality.py [--labelled DIR]`.

DIR (by default `shared` beside the project, if it is there) holds labelled real documents, `corpus/` and `pages/` with
`raw/` and `gold/`, and pages of HTML (see `pages.py`). They are cleaned with `--dedup off --gaps keep`, and measured
with the scorers that stand beside them (`score`, `expect`, `score-html`): what is kept and removed, what must and must
not stand in the clean text, and the dropped years that were found by pattern alone. With duplicates dropped, nothing
may stand twice in them, and no sentence be lost. With DIR or without, the samples of `raw/` and generated documents are
measured, labelled copies (`duplicates.py` has more of it) and dropped years (`years.py`). All that is cleaned is
verified, and cleaned again, which must change nothing.

Each figure stands beside its floor; the command fails (exit 1) if one is below.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from copies import corpus
from duplicates import ours, score
from gaps import compare, family, read_gold
from pages import score as score_pages
from pages import unpack
from rapidfuzz import fuzz
from synthetic import run as run_synthetic

from pipeline import verify
from pipeline.core import Pipeline
from pipeline.corpus import duplicates
from pipeline.engines import local
from pipeline.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = Settings(dedup="off", gaps="keep")
HELD_BACK = 4  # the fold of pages that the labeller was not trained on


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


def scored(labelled: Path, out: Path, *folders: Path) -> dict[str, dict[str, float]]:
    """The table of the scorer: for each document, and for all, what is kept and removed."""
    command = [sys.executable, str(labelled / "score"), str(out), "--json"]
    if folders:
        command += ["--raw", str(folders[0]), "--gold", str(folders[1])]
    table: dict[str, dict[str, float]] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return table


def measure_seeds(labelled: Path, work: Path) -> list[Line]:
    """The five documents: scores, and what must stand in them and must not."""
    raw, out = labelled / "corpus" / "raw", work / "corpus"
    lines = cleaned(raw, out)
    table = scored(labelled, out)
    lines += [Line(f"F1 of {name}", row["f1"], 0.995) for name, row in table.items() if name != "ALL"]
    lines += [Line("kept, all", table["ALL"]["kept"], 0.998), Line("removed, all", table["ALL"]["removed"], 0.998)]
    lines += _seed_gaps(raw)
    lines += _shared_text(raw, out, work / "deduplicated")
    expect = subprocess.run([sys.executable, str(labelled / "expect"), str(out)], capture_output=True, text=True)
    misses = re.findall(r"^\S+: (?:missing|left): .+$", expect.stdout, re.MULTILINE)
    held = re.search(r"^(\d+) of (\d+) hold", expect.stdout, re.MULTILINE)
    if held is None:
        raise SystemExit(f"Cannot read what {labelled / 'expect'} says: {expect.stdout}{expect.stderr}")
    lines.append(Line("strings that hold", int(held[1]), int(held[2]), "".join(f"\n      {miss}" for miss in misses)))
    return lines


def _shared_text(raw: Path, whole: Path, out: Path) -> list[Line]:
    """What becomes of text that documents share: the texts of `whole`, which have it all, against those without it.

    A sentence is lost if no clean text has it: of six words and more, 85 of 100 of its characters in a row, as
    rapidfuzz aligns them.
    """
    local.run(raw, out, Settings(gaps="keep"), workers=1)
    documents = [verify.read(str(out), path.stem)[1] for path in sorted(out.glob("*.json"))]
    twice = sum(len(found.duplicates) for found in duplicates.find(documents).values())
    left = [" ".join(document.text.split()) for document in documents]
    texts = [path.read_text(encoding="utf-8") for path in sorted(whole.glob("*.txt"))]
    sentences = [s for text in texts for s in re.split(r"(?<=[.!?])\s+|\n", text) if len(s.split()) >= 6]
    lost = [s for s in sentences if not any(s in text or fuzz.partial_ratio(s, text) >= 85 for text in left)]
    note = "".join(f"\n      {sentence}" for sentence in lost)
    kept = sum(map(len, left)) / sum(map(len, texts))
    return [
        Line("documents that verify without duplicates", verify.verify(str(out), str(raw)).documents, len(documents)),
        Line("paragraphs that stand twice, none", -twice, 0, f"{kept:.0%} of the text stays"),
        Line("sentences that stand nowhere any more, none", -len(lost), 0, f"of {len(sentences)}{note}"),
    ]


def _by_pattern(raw: Path) -> dict[str, list[tuple[int, str]]]:
    """The gaps that patterns show in the documents of a folder, by name: place in the raw text, and family."""
    pipeline = Pipeline(SETTINGS)
    documents = {path.stem: pipeline.clean(path.read_bytes(), path.stem) for path in sorted(raw.glob("*.txt"))}
    return {name: [(gap.raw, family(gap.kind)) for gap in found.gaps] for name, found in documents.items()}


def _seed_gaps(raw: Path) -> list[Line]:
    """The dropped years of the documents that `seed_gaps.toml` has labels for, found by pattern alone."""
    labels = tomllib.loads((ROOT / "benchmarks" / "seed_gaps.toml").read_text(encoding="utf-8"))
    lines = []
    for name, found in _by_pattern(raw).items():
        digest = hashlib.sha256((raw / f"{name}.txt").read_bytes()).hexdigest()
        gold = [(place, family(kind)) for place, kind in labels.get(digest, {}).get("gaps", ())]
        if gold:
            counts = compare(gold, found)[0]
            hit, false = counts["year hit"], counts["year false"]
            note = f"{hit} of {len(gold)} found, {false} false"
            lines.append(Line(f"recall of years dropped in {name[:10]}…", hit / len(gold), 0.7, note))
    return lines


def measure_pages(labelled: Path, work: Path) -> list[Line]:
    """The labelled pages: scores, clean controls, and gaps."""
    pages, out = labelled / "pages", work / "pages"
    lines = cleaned(pages / "raw", out)
    table = scored(labelled, out, pages / "raw", pages / "gold")
    lines += [Line("kept, all", table["ALL"]["kept"], 0.995), Line("removed, all", table["ALL"]["removed"], 0.90)]
    controls = {name: row["kept"] for name, row in table.items() if name.startswith("g")}
    worst = min(controls, key=lambda name: controls[name])
    lines.append(Line("kept, the worst clean control", controls[worst], 0.999, f"{len(controls)} controls"))
    counts: Counter[str] = Counter()
    for name, found in _by_pattern(pages / "raw").items():
        counts += compare(read_gold(pages, name), found)[0]
    for kind, precision, recall in (("year", 0.95, 0.8), ("value", 0.0, 0.0)):
        hit, missed, false = (counts[f"{kind} {what}"] for what in ("hit", "missed", "false"))
        lines.append(
            Line(f"precision of {kind} gaps", hit / max(1, hit + false), precision, f"{hit} found, {false} false")
        )
        lines.append(Line(f"recall of {kind} gaps", hit / max(1, hit + missed), recall, f"{missed} missed"))
    return lines


def measure_web(labelled: Path, work: Path) -> list[Line]:
    """The labelled pages of HTML: all come back, and what the labeller keeps of those that it was not trained on.

    The floors of F1 are what trafilatura 2.3 has on them (`pages.py` measures both side by side).
    """
    raw, out = work / "web", work / "web-clean"
    raw.mkdir()
    count = unpack(labelled, None, raw)
    report = local.run(raw, out, SETTINGS)
    found = verify.verify(str(out), str(raw))
    table = score_pages(labelled, out, HELD_BACK)
    lines = [
        Line("pages without a problem", count - len(report.problems), count),
        Line("pages that verify", found.documents if found.ok else 0, count),
    ]
    for kind, floor in (("ALL", 0.8577), ("article", 0.9465), ("forum", 0.8032), ("documentation", 0.8617)):
        row = table[kind]
        lines.append(Line(f"F1 of {kind.lower()} pages", row["f1"], floor, f"{int(row['pages'])} of unseen sites"))
    return lines


def measure_generated() -> list[Line]:
    """Generated documents of all families: what they keep, by family."""
    table = run_synthetic(130, 0)
    lines = []
    for name, row in table.items():
        removed = f"removed {row.removed / row.debris:.3f}" if row.debris else "clean"
        lines.append(Line(f"kept, {name}", row.kept / max(1, row.keep), 0.99, removed))
    return lines


def measure_copies() -> list[Line]:
    """Labelled copies of paragraphs: what must go and what must not."""
    made = corpus(12000, 0)
    (result,) = ours(made)
    found = score(made.paragraphs, result.gone)
    negatives = sum(paragraph.kind == "negative" for paragraph in made.paragraphs)
    lines = []
    for name, share, floor in (
        ("recall of exact copies", found.exact, 0.98),
        ("recall of near copies", found.near, 0.98),
        ("recall of covered copies", found.covered, 0.95),
        ("precision of what went", found.precision, 0.998),
    ):
        lines.append(Line(name, share.found / share.of, floor, f"{share.found} of {share.of}"))
    wrong = found.lost["negative"]
    lines.append(Line("hard negatives that stay", 1 - wrong / negatives, 0.998, f"{wrong} of {negatives} went"))
    return lines


def years() -> bool:
    """Dropped years: the tables of `years.py`; return whether its floors are reached."""
    print("\nDropped years", flush=True)
    command = [sys.executable, str(ROOT / "benchmarks" / "years.py"), "--documents", "60"]
    return subprocess.run(command).returncode == 0


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
    parser.add_argument("--labelled", type=Path, metavar="DIR", help="the folder of labelled documents")
    beside = ROOT.parent / "shared"
    labelled: Path | None = parser.parse_args().labelled or (beside if beside.is_dir() else None)
    if labelled and not (labelled / "score").exists():
        parser.error(f"there are no labelled documents in {labelled}")
    good = True
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        if labelled:
            good &= show("The five documents", measure_seeds(labelled, work))
            good &= show("Labelled pages", measure_pages(labelled, work))
            if (labelled / "score-html").exists():
                good &= show("Labelled pages of HTML", measure_web(labelled, work))
        else:
            print("Only what the project has itself is measured: give labelled documents by --labelled.")
        good &= show("The samples of raw/", cleaned(ROOT / "raw", work / "samples"))
        good &= show("Generated documents", measure_generated())
        good &= show("Labelled copies", measure_copies())
        good &= years()
    print("\nEvery figure reaches its floor." if good else "\nA figure is below its floor (marked !).")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
