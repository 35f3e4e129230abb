"""Measure how well cleaning treats generated debris, family by family, where every character has a label.

    python benchmarks/synthetic.py --documents 130
    python benchmarks/synthetic.py --show tooltip

Figures are shares of characters that are not white space, by the ledger: `kept`, of what must stay; `removed`, of the
debris. `hurt` counts documents that lost some of what must stay, `gaps` is the share of lost years that were found.
Clean prose is a family, too: all of it must stay. These families are generated from shapes, so a figure here tells
that a rule works, not how well it works on the texts of others.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from families import Marked
from generate import documents

from pipeline.core import Pipeline
from pipeline.document import Document
from pipeline.edits import survivors
from pipeline.settings import Settings

HEADER = ("family", "documents", "kept", "removed", "hurt", "gaps")


class Score(NamedTuple):
    """Counts of one document, or the sum of many: characters that are not white space, documents, lost years."""

    documents: int = 0
    keep: int = 0
    kept: int = 0
    debris: int = 0
    removed: int = 0
    hurt: int = 0
    lost: int = 0
    found: int = 0

    def plus(self, other: Score) -> Score:
        """The sum.

        >>> Score(documents=1, keep=4).plus(Score(documents=1, keep=5))[:2]
        (2, 9)
        """
        return Score(*(a + b for a, b in zip(self, other, strict=True)))

    def row(self, family: str) -> tuple[str, ...]:
        """The score as a row of the table."""
        shares = [(self.kept, self.keep), (self.removed, self.debris), (self.found, self.lost)]
        kept, removed, gaps = (f"{part / whole:.4f}" if whole else "-" for part, whole in shares)
        return (family, str(self.documents), kept, removed, str(self.hurt), gaps)


def dense(text: str) -> int:
    """How many characters are not white space.

    >>> dense(" a b\\n")
    2
    """
    return sum(map(len, text.split()))


def gone(raw: str, start: int, end: int, left: list[tuple[int, int]]) -> list[str]:
    """What of `raw[start:end]` is in none of the ranges `left`, which are in order.

    >>> gone("abcdef", 1, 5, [(0, 2), (3, 4)])
    ['c', 'e']
    """
    pieces, at = [], start
    for first, last in left:
        if last <= at:
            continue
        if first >= end:
            break
        pieces.append(raw[at:first])
        at = last
    pieces.append(raw[at:end])
    return [piece for piece in pieces if piece.strip()]


def score(truth: Marked, document: Document) -> Score:
    """Compare a cleaned document with the labels of its raw text."""
    raw = truth.raw
    left = [(start, end) for start, end, _ in survivors(document.edits, len(raw))]
    sizes: dict[str, int] = defaultdict(int)
    losses: dict[str, int] = defaultdict(int)
    for start, end, label in truth.labels:
        sizes[label] += dense(raw[start:end])
        losses[label] += sum(map(dense, gone(raw, start, end, left)))
    found = sum(any(abs(gap.raw - at) <= 1 for gap in document.gaps) for at, _ in truth.lost)
    return Score(
        documents=1,
        keep=sizes["keep"],
        kept=sizes["keep"] - losses["keep"],
        debris=sizes["debris"],
        removed=losses["debris"],
        hurt=int(losses["keep"] > 0),
        lost=len(truth.lost),
        found=found,
    )


def corpus(count: int, seed: int) -> Iterator[tuple[str, str, Marked]]:
    """Yield (family, name, document): `count` with debris, and clean and wrapped prose, an eighth of that each."""
    for kind, number in (("debris", count), ("prose", count // 8), ("wrapped", count // 8)):
        for name, document in islice(documents(kind, seed), number):
            yield (name.rsplit("-", 1)[1] if kind == "debris" else f"clean-{kind}"), name, document


def show(name: str, truth: Marked, document: Document) -> None:
    """Print what of a document went although it must stay, and what stayed although it is debris."""
    left = [(start, end) for start, end, _ in survivors(document.edits, len(truth.raw))]
    print(f"== {name}")
    for start, end, label in truth.labels:
        lost = gone(truth.raw, start, end, left)
        if label == "keep":
            for piece in lost:
                print(f"  lost  {piece!r}")
        elif label == "debris" and sum(map(dense, lost)) < dense(truth.raw[start:end]):
            print(f"  left  {truth.raw[start:end]!r}")


def run(count: int, seed: int, only: str | None = None) -> dict[str, Score]:
    """Clean generated documents and score them, by family; `only` takes those of one, and shows what went wrong."""
    pipeline = Pipeline(Settings(dedup="off", gaps="keep"))
    scores: dict[str, Score] = defaultdict(Score)
    for family, name, truth in corpus(count, seed):
        if only in (None, family):
            document = pipeline.clean(truth.raw.encode(), name)
            scores[family] = scores[family].plus(score(truth, document))
            if only:
                show(name, truth, document)
    return scores


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Measure how well cleaning treats generated debris.")
    parser.add_argument("--documents", type=int, default=130, help="documents with debris (default: 130)")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--show", metavar="FAMILY", help="print what went wrong in the documents of a family")
    options = parser.parse_args()
    scores = run(options.documents, options.seed, options.show)
    for row in (HEADER, *(total.row(family) for family, total in scores.items())):
        print(f"{row[0]:14}" + "".join(f"{cell:>11}" for cell in row[1:]))


if __name__ == "__main__":
    main()
