"""What a second labeller is told of a block: what a first one says of it, and of the blocks around it.

So a block that is doubtful by itself goes with its neighbours, with the element that it is in, and with the blocks that
are alike (stacking; Wolpert, 1992).
"""

from __future__ import annotations

import numpy as np

from pipeline.html.features import LEVELS, SHARES, Columns, Measures, Numbers, means, running, shifted


def context(measures: Measures, first: Numbers) -> Columns:
    """Columns of a second look: what a first labeller says of a block, of the blocks near it, of the elements around it
    and of the blocks that are alike. `first` are its probabilities."""
    words, sums = measures.words, measures.sums
    expected = running(words * first)
    count = len(first)
    index = np.arange(count)
    found: Columns = {"first": first}
    for step in (1, 2, 3):
        found[f"first-{step}"], found[f"first+{step}"] = shifted(first, step)
    for reach in (2, 5, 12, 30):
        low, high = np.maximum(index - reach, 0), np.minimum(index + reach + 1, count)
        found[f"first_{reach}"] = (expected[high] - expected[low]) / np.maximum(sums[high] - sums[low], 1)
    held = measures.within(sums)
    share = measures.within(expected) / np.maximum(held, 1)
    up = measures.place
    for level in range(LEVELS + 1):
        found[f"around{level}_first"] = share[up]
        up = measures.parents[up]
    total = max(float(expected[-1]), 1e-9)
    for name, holder in zip(SHARES, measures.holders, strict=True):
        found[f"holds{name}_first"] = share[holder]
        found[f"holds{name}_part"] = held[holder] * share[holder] / total
    for label, groups in zip(("alike", "kin"), measures.alike, strict=True):
        found[f"{label}_first"] = means(first, groups)
        weights = np.bincount(groups, weights=words)
        found[f"{label}_expected"] = (np.bincount(groups, weights=words * first) / np.maximum(weights, 1))[groups]
    found["page_first"] = np.full(count, expected[-1] / max(sums[-1], 1))
    found["first_before"] = expected[:-1] / total
    best = best_f1(first, words)
    found["page_best"], found["page_f1"] = np.full(count, first.max()), np.full(count, best)
    found["first_margin"] = first - best / 2
    return found


def best_f1(chances: Numbers, words: Numbers) -> float:
    """The best F1 that can be expected of keeping the likeliest blocks of a page, weighed by their words."""
    order = np.argsort(-chances, kind="stable")
    kept, hits = np.cumsum(words[order]), np.cumsum((chances * words)[order])
    return float((2 * hits / (kept + hits[-1] + 1e-9)).max())
