"""Which blocks of a page are its content.

A labeller gives each block of a page a chance to be content. What is kept is what can be expected to give the best F1
over the words of the page: a block is worth keeping if its chance is more than half of that F1 (Lipton et al., 2014,
"Optimal thresholding of classifiers to maximize F1 measure"). So on a page where little is sure, more is kept.

The labeller that comes with the package is two forests of small decision trees over the features of the blocks; the
second looks at what the first says of the blocks around. `benchmarks/train_labeller.py` trained them on pages of the
Web Content Extraction Benchmark (WCXB; Murrough Foley, 2026, CC BY 4.0), and tells how good they are on others.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from pipeline.formats import jsonio
from pipeline.html.context import best_f1, context
from pipeline.html.features import Scores, rows, size, stack
from pipeline.html.forest import Forest, probability
from pipeline.html.page import Labeller, Page

MODEL = "labeller.json"
LEAST = 0.5  # of the best F1 that can be expected: the chance from which on a block stays


class TwoForests:
    """The labeller of the package; `model` is what the training wrote."""

    def __init__(self, model: dict[str, Any]) -> None:
        self.scores = Scores(model["names"], model["words"])
        self.columns = [model[name]["columns"] for name in ("first", "second")]
        self.forests = [Forest.from_json(model[name]["trees"]) for name in ("first", "second")]

    def __call__(self, page: Page) -> Sequence[float]:
        """Return the chance of each block to be content."""
        columns, measures = rows(page, self.scores)
        first = probability(self.forests[0].sums(stack(columns, self.columns[0])))
        columns |= context(measures, first)
        return probability(self.forests[1].sums(stack(columns, self.columns[1]))).tolist()  # type: ignore[no-any-return]


@cache
def labeller(name: str) -> Labeller:
    """Return the labeller of that name: `forest`, or `trafilatura`, which has to be installed."""
    if name == "trafilatura":
        from pipeline.html.trafilatura import choice

        return choice
    assert name == "forest"
    file = resources.files(__package__).joinpath(MODEL)
    return TwoForests(jsonio.loads(file.read_bytes()))


def stays(page: Page, name: str) -> list[bool]:
    """Tell of each block whether it stays, by the labeller of that name; with `none`, all do."""
    return [True] * len(page.blocks) if name == "none" else kept(page, labeller(name)(page))


def kept(page: Page, chances: Sequence[float]) -> list[bool]:
    """Tell of each block whether it stays.

    >>> from pipeline.html.blocks import Block
    >>> page = Page(blocks=[Block("item", 1, 0, [], text="Home"), Block("paragraph", 0, 0, [], text="A river.")])
    >>> kept(page, [0.1, 0.9])
    [False, True]
    """
    likely = np.array(chances, dtype=np.float64)
    words = np.array([size(block.text) for block in page.blocks], dtype=np.float64)
    return (likely >= LEAST * best_f1(likely, words)).tolist()  # type: ignore[no-any-return]
