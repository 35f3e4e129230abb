"""How well dropped years and values are found, and how fast: `python benchmarks/gaps.py [PAGES]`.

PAGES is a folder with `raw/NAME.txt`, `gold/NAME.gold.tsv` (start, end, label) and `gold/NAME.gaps.tsv` (place,
context, kind); places are code points of the raw text. A gap counts as found when one of its family (`year`, which
takes in decades and ranges, or `value`) lies within three code points. Each text is looked at as it is, and with its
debris gone. Without PAGES, only the speed is measured.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

from pipeline.edits import Edit, PositionMap, apply
from pipeline.settings import Settings
from pipeline.stages import gaps

NEAR = 3


def family(kind: str) -> str:
    """`year` for years, decades and ranges, `value` for all else.

    >>> family("circa year"), family("year (census)"), family("weight")
    ('year', 'year', 'value')
    """
    return "year" if kind.split(" (")[0].removeprefix("circa ") in {"year", "decade", "range"} else "value"


def read_gold(pages: Path, name: str) -> list[tuple[int, str]]:
    """The gaps that the labels of a page show: place and family."""
    path = pages / "gold" / f"{name}.gaps.tsv"
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    return [(int(row[0]), family(row[-1])) for row in rows if len(row) > 1]


def debris(pages: Path, name: str, text: str) -> list[Edit]:
    """The edits that take what the labels of a page call debris."""
    path = pages / "gold" / f"{name}.gold.tsv"
    if not path.exists():
        return []
    rows = [line.split("\t")[:3] for line in path.read_text(encoding="utf-8").splitlines()]
    spans = [(int(start), int(end)) for start, end, label in rows if label == "debris"]
    return [Edit(start, text[start:end], "", "gold.debris") for start, end in spans]


def compare(gold: list[tuple[int, str]], found: list[tuple[int, str]]) -> tuple[Counter[str], list[str]]:
    """Count hits, misses and false finds by family; the second value says which ones were wrong."""
    counts: Counter[str] = Counter()
    wrong = []
    left = list(found)
    for place, kind in gold:
        near = [one for one in left if abs(one[0] - place) <= NEAR and one[1] == kind]
        if near:
            left.remove(min(near, key=lambda one: abs(one[0] - place)))
            counts[f"{kind} hit"] += 1
        else:
            counts[f"{kind} missed"] += 1
            wrong.append(f"missed {kind} at {place}")
    for place, kind in left:
        counts[f"{kind} false"] += 1
        wrong.append(f"false {kind} at {place}")
    return counts, wrong


def quality(pages: Path) -> None:
    """Print precision and recall by family, on raw texts and on texts without debris."""
    find = gaps.finder(Settings(gaps="keep"))
    for title in ("raw", "without debris"):
        total: Counter[str] = Counter()
        for path in sorted((pages / "raw").glob("*.txt")):
            raw = path.read_bytes().decode("utf-8")
            edits = debris(pages, path.stem, raw) if title != "raw" else []
            positions = PositionMap(edits)
            found = [(positions.back(gap.at, side="left"), family(gap.kind)) for gap in find(apply(raw, edits)).gaps]
            counts, wrong = compare(read_gold(pages, path.stem), found)
            total += counts
            for line in wrong:
                place = int(line.split()[-1])
                print(
                    f"  {path.stem[:24]:24} {line:24} …{raw[max(0, place - 30) : place]!r}‸{raw[place : place + 30]!r}…"
                )
        print(f"{title:16}{'precision':>11}{'recall':>9}{'hit':>6}{'missed':>8}{'false':>7}")
        for kind in ("year", "value"):
            hit, missed, false = (total[f"{kind} {what}"] for what in ("hit", "missed", "false"))
            print(
                f"{kind:16}{hit / max(1, hit + false):11.3f}{hit / max(1, hit + missed):9.3f}{hit:6}{missed:8}{false:7}"
            )


def speed() -> None:
    """Print how fast clean prose goes through."""
    find = gaps.finder(Settings())
    sentence = (
        "In the summer of 1911, with the help of her sister, she built a mill by the river and lived in it until May. "
    )
    for size in (10_000, 1_000_000):
        text = (sentence * 8 + "\n\n") * (size // (8 * len(sentence)))
        rounds = max(3, 20_000_000 // len(text))
        start = time.perf_counter()
        for _ in range(rounds):
            find(text)
        seconds = (time.perf_counter() - start) / rounds
        print(f"{len(text) / 1e3:9.0f} kB of prose {len(text) / seconds / 1e6:8.0f} MB/s")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        quality(Path(sys.argv[1]))
    speed()
