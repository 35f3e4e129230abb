"""Train the labeller of pages, and write its weights: `python benchmarks/train_labeller.py --pages DIR [--out FILE]`.

Needs LightGBM (`pip install clean-corpus[train]`). DIR holds labelled pages: `pages/ID.html.gz`, and `labels.jsonl.gz`
with a row a page (`id`, `fold`, `kind`, `text`). Folds are by site; one is held back (`--held-back`, 4), and only
measured on.

A block's label is the share of its words in the longest common subsequence of the page's words and those of its main
text. Scores of words are learnt without the fold of the page that they are used on, and so are the first forest's
chances that the second one learns from: else it would trust them too much. Pages are seen again without their
names, and without the scores and the capitals of their words, so that sites with names like `css-1x2y` and pages in
other languages and scripts are no surprise.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from pipeline.core import Pipeline, default_stages
from pipeline.document import Document, Found
from pipeline.html import cues
from pipeline.html.context import context
from pipeline.html.features import CASELESS, Scores, rows, stack
from pipeline.html.forest import SCALE, Forest, probability
from pipeline.html.labeller import kept
from pipeline.html.page import Page
from pipeline.html.trafilatura import shares
from pipeline.stages import Stage

WORD = re.compile(r"\w+")
FIRST = {"rounds": 320, "learning_rate": 0.05}
SECOND = {"rounds": 240, "learning_rate": 0.05}
COMMON = {
    "objective": "cross_entropy", "num_leaves": 15, "max_depth": 6, "min_data_in_leaf": 60, "feature_fraction": 0.3,
    "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 5, "verbose": -1, "num_threads": 2, "seed": 1,
    "deterministic": True, "force_row_wise": True,
}  # fmt: skip
VARIANTS = (("as it is", 1.0), ("without names", 0.3), ("without words", 0.3), ("without both", 0.3))
UNNAMED_PAGES = 5  # pages that a name must be on to have a score; a word of text must be on more
UNSAID_PAGES = 8


@dataclass
class Example:
    """A labelled page: `hits` of the `words` of each block are content."""

    id: str
    fold: int
    kind: str
    page: Page
    wanted: Counter[str]
    hits: np.ndarray[Any, Any]
    words: np.ndarray[Any, Any]
    tables: list[tuple[dict[str, Any], Any]] = field(default_factory=list)  # columns and measures, a variant each

    @property
    def target(self) -> np.ndarray[Any, Any]:
        return self.hits / np.maximum(self.words, 1)

    @property
    def weight(self) -> np.ndarray[Any, Any]:
        """What the words of a block weigh in the score of its page."""
        whole = max(30, sum(self.wanted.values()), 0.15 * self.words.sum())
        return np.minimum(self.words, 400) ** 0.8 / whole**0.6


def read(folder: Path) -> list[Example]:
    """Read the labelled pages, as the labeller is to see them."""
    seen: list[Page] = []

    def look(document: Document) -> Found:
        seen.append(document.page or Page())
        return Found()

    usual = {stage.name: stage for stage in default_stages()}
    pipeline = Pipeline(stages=[usual["cut"], usual["markup"], Stage("look", look, whole=True)])
    examples = []
    with gzip.open(folder / "labels.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            source = gzip.decompress((folder / "pages" / f"{row['id']}.html.gz").read_bytes())
            pipeline.clean(source, row["id"], media="html")
            wanted = WORD.findall(row["text"].lower())
            hits, words = label(seen[-1], wanted)
            examples.append(Example(row["id"], row["fold"], row["kind"], seen[-1], Counter(wanted), hits, words))
    return examples


def label(page: Page, wanted: Sequence[str]) -> tuple[Any, Any]:
    """How many words of each block are in the main text, and how many it has."""
    texts = [block.text for block in page.blocks]
    words = np.array([len(WORD.findall(text)) for text in texts], dtype=float)
    return np.array(shares(texts, wanted), dtype=float) * words, words


def learn_scores(examples: Iterable[Example]) -> Scores:
    """Log-odds of the words of names, and of the words of short blocks: a page counts once for each."""
    names: dict[str, list[float]] = defaultdict(list)
    words: dict[str, list[float]] = defaultdict(list)
    for example in examples:
        hits, counts = (np.concatenate([[0], np.cumsum(values)]) for values in (example.hits, example.words))
        outline = example.page.outline
        seen: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for names_, first, last in zip(outline.names, outline.first, outline.last, strict=True):
            if names_ and counts[last] > counts[first]:
                for word in cues.words(names_):
                    seen[word][0] += hits[last] - hits[first]
                    seen[word][1] += counts[last] - counts[first]
        for word, (good, all_) in seen.items():
            if len(word) > 1:
                names[word].append(good / all_)
        seen.clear()
        for block, target, count in zip(example.page.blocks, example.target, example.words, strict=True):
            if 0 < count <= 60:
                for word in set(WORD.findall(block.text.lower())):
                    seen[word][0] += target
                    seen[word][1] += 1
        for word, (good, all_) in seen.items():
            words[word].append(good / all_)
    return Scores(log_odds(names, UNNAMED_PAGES, 0.3), log_odds(words, UNSAID_PAGES, 0.8))


def log_odds(shares: dict[str, list[float]], least: int, worth: float) -> dict[str, float]:
    """The log-odds of the mean share, drawn to even odds where pages are few; what is next to nothing is left out."""
    found = {}
    for word, pages in sorted(shares.items()):
        if len(pages) >= least:
            share = min(max((sum(pages) + 1.5) / (len(pages) + 3), 0.02), 0.98)
            odds = round(math.log(share / (1 - share)), 2)
            if abs(odds) >= worth:
                found[word] = odds
    return found


def tabulate(examples: Sequence[Example], held_back: int) -> Scores:
    """Give all examples their tables, with scores learnt without their fold; return the scores of all."""
    train = [example for example in examples if example.fold != held_back]
    whole = learn_scores(train)
    for fold in sorted({example.fold for example in examples}):
        scores = whole if fold == held_back else learn_scores([one for one in train if one.fold != fold])
        for example in examples:
            if example.fold == fold and example.page.blocks:
                example.tables = [rows(example.page, scores), rows(example.page, Scores({}, scores.words))]
                for names in (scores.names, {}):
                    table, measures = rows(example.page, Scores(names, {}))
                    table["lower"] = np.full(len(example.page.blocks), CASELESS)
                    example.tables.append((table, measures))
    return whole


def fit(
    train: Sequence[Example],
    columns: Sequence[str],
    firsts: dict[tuple[str, int], Any],
    how: dict[str, Any],
    variants: int,
) -> dict[str, Any]:
    """Fit a forest, on what it is told of the blocks; with `firsts` (chances by page and variant), a second one."""
    data, target, weight = [], [], []
    for example in train:
        for number, (table, measures) in enumerate(example.tables[:variants]):
            more = context(measures, firsts[example.id, number]) if firsts else {}
            data.append(stack(table | more, columns))
            target.append(example.target)
            weight.append(example.weight * VARIANTS[number][1])
    weights = np.concatenate(weight)
    options = {**COMMON, **how}
    rounds = options.pop("rounds")
    dataset = lightgbm.Dataset(np.concatenate(data), label=np.concatenate(target), weight=weights / weights.mean())
    booster = lightgbm.train(options, dataset, rounds)
    gains = dict(zip(columns, booster.feature_importance("gain"), strict=True))
    trees = [nested(tree["tree_structure"]) for tree in booster.dump_model()["tree_info"]]
    return {"columns": list(columns), "trees": trees, "gains": gains}


def nested(node: dict[str, Any]) -> Any:
    """A tree of LightGBM's as plain lists, its leaves as whole numbers."""
    if "leaf_value" in node:
        return round(node["leaf_value"] * SCALE)
    threshold = float(np.float32(node["threshold"]))
    return [node["split_feature"], threshold, nested(node["left_child"]), nested(node["right_child"])]


def predict(
    model: dict[str, Any], examples: Sequence[Example], firsts: dict[tuple[str, int], Any]
) -> dict[tuple[str, int], Any]:
    """The chances of all blocks, by page and variant."""
    forest = Forest.from_json(model["trees"])
    found = {}
    for example in examples:
        for number, (table, measures) in enumerate(example.tables):
            more = context(measures, firsts[example.id, number]) if firsts else {}
            found[example.id, number] = probability(forest.sums(stack(table | more, model["columns"])))
    return found


def train(train_on: Sequence[Example], variants: int, keep: tuple[int, int]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Train both forests; `keep` is how many columns each may use: those that a first try gains most by."""
    columns = list(next(example for example in train_on if example.tables).tables[0][0])
    columns = best(fit(train_on, columns, {}, FIRST, variants), keep[0])
    firsts = {}
    for fold in sorted({example.fold for example in train_on}):
        model = fit([one for one in train_on if one.fold != fold], columns, {}, FIRST, variants)
        firsts |= predict(model, [one for one in train_on if one.fold == fold], {})
    first = fit(train_on, columns, {}, FIRST, variants)
    some = next(example for example in train_on if example.tables)
    more = list(some.tables[0][0]) + list(context(some.tables[0][1], firsts[some.id, 0]))
    more = best(fit(train_on, more, firsts, SECOND, variants), keep[1])
    return first, fit(train_on, more, firsts, SECOND, variants)


def best(model: dict[str, Any], count: int) -> list[str]:
    """The columns of a model that it gains most by, in the order of the table."""
    gains = model["gains"]
    chosen = set(sorted(gains, key=lambda name: (-gains[name], name))[:count])
    return [name for name in model["columns"] if name in chosen]


def f1(found: Counter[str], wanted: Counter[str]) -> float:
    if not wanted:
        return 1.0 if not found else 0.0
    both = sum((found & wanted).values())
    return 2 * both / (sum(found.values()) + sum(wanted.values()))


def measure(examples: Sequence[Example], chances: dict[tuple[str, int], Any], variant: int = 0) -> dict[str, float]:
    """The mean F1 of the words that are kept, for each kind of page and all."""
    scores: dict[str, list[float]] = defaultdict(list)
    for example in examples:
        found: Counter[str] = Counter()
        if example.tables:
            for block, stays in zip(example.page.blocks, kept(example.page, chances[example.id, variant]), strict=True):
                if stays:
                    found.update(WORD.findall(block.text.lower()))
        for key in (example.kind, "ALL"):
            scores[key].append(f1(found, example.wanted))
    return {kind: round(sum(values) / len(values), 4) for kind, values in sorted(scores.items())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--held-back", type=int, default=4)
    parser.add_argument("--variants", type=int, default=len(VARIANTS))
    parser.add_argument("--columns", type=int, nargs=2, default=(120, 80))
    parser.add_argument("--cross", action="store_true", help="also measure on each fold that is trained on, left out")
    args = parser.parse_args()
    examples = read(args.pages)
    scores = tabulate(examples, args.held_back)
    inside = [example for example in examples if example.fold != args.held_back]
    outside = [example for example in examples if example.fold == args.held_back]
    if args.cross:
        found: dict[tuple[str, int], Any] = {}
        for fold in sorted({example.fold for example in inside}):
            left = [one for one in inside if one.fold == fold]
            models = train([one for one in inside if one.fold != fold], args.variants, tuple(args.columns))
            found |= predict(models[1], left, predict(models[0], left, {}))
        for number, (variant, _) in enumerate(VARIANTS):
            print("left out,", variant, measure(inside, found, number), flush=True)
    first, second = train(inside, args.variants, tuple(args.columns))
    firsts = predict(first, outside, {})
    seconds = predict(second, outside, firsts)
    for number, (variant, _) in enumerate(VARIANTS):
        print(
            "held back,",
            variant,
            "first",
            measure(outside, firsts, number)["ALL"],
            "second",
            measure(outside, seconds, number),
            flush=True,
        )
    if args.out:
        model = {"names": scores.names, "words": scores.words}
        for name, forest in (("first", first), ("second", second)):
            model[name] = {key: forest[key] for key in ("columns", "trees")}
        args.out.write_text(json.dumps(model, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
