"""How well dropped years come back: `python benchmarks/years.py [--documents N] [--labelled DIR] [--show]`.

Generated documents lose years, decades, ranges, dates and values in two styles: `glue`, as a scraper does that takes
links away with what surrounds them (`In JanuarySmith left`, `Pact of The town`), and `template`, as WikiExtractor does
(`in , with`, `(born ; died)`, `a length of and`). Each stands in a corpus of its own with a sibling, or more:

- `exact`: the document before the loss; `edited`: the sentences with years stand, a word that means little
  added to some, among other sentences, with other years, in other paragraphs; `split`: its paragraphs end elsewhere;
- traps, in which the lost years of the sibling are other ones: `mould` (all names differ), `object` (one noun of a
  sentence does), `subject` (only the first sentence names another), `disagree` (there is a true copy, and one with
  other years), `left` and `right` (only one side matches); and such without any: `damaged` (its copy lost what the
  document lost), `paraphrase` (nothing is lost where the sibling has a year more), `alone` (no sibling);
- `reworded`: an uncommon word of each sentence is another. That cannot be told from `object`, so nothing should be
  filled, though it would be right; it is counted, and has no floor.

Each figure stands beside its floor; the command fails (exit 1) if one is missed.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import NamedTuple

from families import before_loss, unmark
from prose import Writer, vocabulary

from pipeline.core import Pipeline
from pipeline.corpus.siblings import propose, restore_all
from pipeline.corpus.years import fill, restore
from pipeline.document import Document
from pipeline.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
NEAR = 3
SENTENCES = (
    "As early as {year}, the {noun} of {place} {verb} the {adjective} {noun}.",
    "The {noun} {verb} the {noun} of {place} in {year}.",
    "The {plural} of {place} were {adjective} until {month} {year}, when {clause}.",
    "{name} {verb} the {adjective} {noun} in {month} {year}--one {noun} before {name} {went}--and {clause}.",
    "{name} ({early}–{late}) {verb} the {noun} {preposition} the {noun} of {place}.",
    "{name} (born {early}; died {late}) was a {noun} of {place}.",
    "The {adjective} {noun} of {place} {verb} the {plural} after the mid-{decade}s.",
    "The {decade}s {noun} of {place} was a {adjective} {noun}.",
    "The {noun} treaty of {year}, which {name} {verb}, {went} {preposition} the {noun}.",
    "From {early} to {late}, {name} {verb} the {plural} of the {noun}.",
    "The {noun} at {place} has a length of {number} km and a width of {number} m, says {name}.",
    "{name} {verb} the {noun} in {year} and the {noun} in {year}, as the {plural} of {place} {verb}.",
)
YEAR = r"(?:1[5-9]|20)\d\d"
MONTH = "|".join(vocabulary()["month"])
LOSSES = {  # what goes
    "glue": re.compile(
        rf"(?<=[a-z]) {YEAR}, (?=\w)|(?<=[a-z] ){YEAR}(?: |--|\. )(?=\w)|(?<=\(){YEAR}(?=–)|(?<=–){YEAR}(?=\))"
        rf"|(?<=the ){YEAR}(?=s )|(?<=mid)-{YEAR}(?=s)|(?<=length of )[\d.,]+ km "
    ),
    "template": re.compile(
        rf"(?<=[a-z] ){YEAR}(?=[ ,.;)])|(?<=\(){YEAR}(?=–)|(?<=–){YEAR}(?=\))|(?<=the ){YEAR}(?=s )"
        rf"|(?<=mid-){YEAR}(?=s)|(?<=length of )[\d.,]+ km|(?<=width of )[\d.,]+ m"
    ),
}
SURE = "It was in the late s, and again during the s, that it closed."  # makes a document damaged, in either style
MILD = ("also", "later", "then", "again")
HOLD = ("exact", "edited", "split")
TRAPS = ("mould", "object", "subject", "disagree", "left", "right", "damaged", "paraphrase", "alone")


class Case(NamedTuple):
    """A damaged document, with ⟮…⟯ around what it lost, and its siblings."""

    kind: str
    text: str
    siblings: list[str]


Paragraphs = list[list[str]]


def written(paragraphs: Paragraphs) -> str:
    return "\n\n".join(" ".join(sentences) for sentences in paragraphs)


class Maker:
    """Makes cases: the same ones for the same seed."""

    def __init__(self, seed: str) -> None:
        self.random = Random(seed)
        self.writer = Writer(self.random)
        self.dated = self.writer.shapes(SENTENCES)
        self.words = vocabulary()
        self.nouns = re.compile(rf"\b({'|'.join(noun for noun in self.words['noun'] if len(noun) > 4)})\b")
        self.names = re.compile(rf"\b({'|'.join(self.words['name'] + self.words['place'])})\b")

    def paragraphs(self) -> Paragraphs:
        """A document: paragraphs of prose, in which some sentences are about years and values."""

        def sentence() -> str:
            return next(self.dated)() if self.random.random() < 0.4 else self.writer.sentence()

        return [[sentence() for _ in range(self.random.randint(2, 6))] for _ in range(self.random.randint(2, 5))]

    def lose(self, text: str, style: str) -> str:
        """Mark three quarters of what a style of loss can take."""

        def take(match: re.Match[str]) -> str:
            return f"⟮{match[0]}⟯" if self.random.random() < 0.75 else match[0]

        return LOSSES[style].sub(take, text)

    def case(self, kind: str) -> Case:
        """A case of a kind."""
        style = self.random.choice(sorted(LOSSES))
        whole = self.paragraphs()
        if kind == "subject":
            whole = [
                [f"{self.some('name')} was a {self.some('noun')} of {self.some('place')}.", *self.unnamed()]
                for _ in whole
            ]
        lost = [[self.lose(" ".join(sentences), style)] for sentences in whole]
        if kind == "paraphrase":
            whole = [[self.writer.filler("{Clause} {preposition} the {noun}.")() for _ in range(5)] for _ in whole]
            lost = whole
        siblings = getattr(self, f"_{kind}")(whole, lost)
        return Case(kind, f"{written(lost)}\n\n{SURE}\n", [text + "\n" for text in siblings])

    def some(self, slot: str) -> str:
        return next(self.writer.slots[slot])

    def unnamed(self) -> list[str]:
        """Sentences about whom the one before them names."""
        shapes = (
            "She {verb} the {adjective} {noun} of the {noun} in {year}, and {went} {preposition} the {noun}.",
            "In {year} she {verb} the {noun} and the {plural} {adverb}, with a {adjective} {noun}.",
            "During the {decade}s her {noun} {went} {preposition} the {adjective} {noun}.",
        )
        return [self.writer.filler(shape)() for shape in shapes]

    # ---------------------------------------------------------------------------------------- siblings, by kind

    def _exact(self, whole: Paragraphs, lost: Paragraphs) -> list[str]:
        return [written(whole)]

    def _split(self, whole: Paragraphs, lost: Paragraphs) -> list[str]:
        sentences = [sentence for sentences in whole for sentence in sentences]
        cuts = [0, *sorted(self.random.sample(range(1, len(sentences)), len(whole))), len(sentences)]
        return [written([sentences[start:end] for start, end in pairwise(cuts)])]

    def _edited(self, whole: Paragraphs, lost: Paragraphs) -> list[str]:
        random = self.random
        edited: Paragraphs = [[self.writer.sentence()]]
        for sentences in whole:
            if random.random() < 0.5:
                edited.append([])
            for sentence in sentences:
                if random.random() < 0.3:
                    edited[-1].append(self.writer.sentence())
                if re.search(YEAR, sentence) or random.random() < 0.6:
                    if random.random() < 0.3:
                        at = max(0, len(sentence) - 12)
                        sentence = sentence[:at] + re.sub(
                            r" (?=[a-z])", f" {random.choice(MILD)} ", sentence[at:], count=1
                        )
                    edited[-1].append(sentence)
        return [written(edited)]

    def _reworded(self, whole: Paragraphs, lost: Paragraphs) -> list[str]:
        return [before_loss(self.other_nouns(written(lost), years=False))]

    def _object(self, whole: Paragraphs, lost: Paragraphs) -> list[str]:
        return [before_loss(self.other_nouns(written(lost), years=True))]

    def _mould(self, whole: Paragraphs, lost: Paragraphs) -> list[str]:
        renamed = [(text, self.other_names(text)) for [text] in lost]
        return [before_loss(written([[self.other_years(new) if new != old else old] for old, new in renamed]))]

    def _subject(self, whole: Paragraphs, lost: Paragraphs) -> list[str]:
        texts = [self.other_years(text) for [text] in lost]
        renamed = [[self.other_names(text[: text.index(".")]) + text[text.index(".") :]] for text in texts]
        return [before_loss(written(renamed))]

    def _disagree(self, whole: Paragraphs, lost: Paragraphs) -> list[str]:
        return [written(whole), before_loss(self.other_years(written(lost)))]

    def _left(self, whole: Paragraphs, lost: Paragraphs) -> list[str]:
        return [before_loss(self.half(self.other_years(written(lost)), r"(⟮[^⟯]*⟯)[^.⟮\n]*", r"\1 "))]

    def _right(self, whole: Paragraphs, lost: Paragraphs) -> list[str]:
        text = self.other_years(written(lost))
        return [before_loss(self.half(text, r"[^.⟯\n]*?(\w* ?\(?⟮[^⟯]*⟯)", r"\1", before=True))]

    def half(self, text: str, pattern: str, kept: str, before: bool = False) -> str:
        """Put other text before or behind the years of each sentence."""

        def other(match: re.Match[str]) -> str:
            clause = self.writer.filler("{plural} {went} and {plural} {adverb} {verb} the {adjective} {noun}")()
            half = match.expand(kept)
            return f" {clause.capitalize()} {half[0].lower()}{half[1:]}" if before else half + clause

        return re.sub(pattern, other, text)

    def _damaged(self, whole: Paragraphs, lost: Paragraphs) -> list[str]:
        return [unmark(written(lost)).raw]

    def _paraphrase(self, whole: Paragraphs, lost: Paragraphs) -> list[str]:
        text = re.sub(r" (the) ", lambda match: f" in {self.some('year')} {match[1]} ", written(whole))
        return [text, re.sub(r"(\w+)\.", lambda match: f"{match[1]} in {self.some('year')}.", written(whole))]

    def _alone(self, whole: Paragraphs, lost: Paragraphs) -> list[str]:
        return [written(self.paragraphs())]

    def other_years(self, text: str) -> str:
        """Make each year and each value that is lost another."""

        def change(match: re.Match[str]) -> str:
            number, change = int(match[2]), self.random.randint(11, 99)
            return f"{match[1]}{number - change if number > 1000 else number + change}"

        return re.sub(r"(?<=⟮)(\D*)(\d+)", change, text)

    def other_nouns(self, text: str, years: bool) -> str:
        """Make one noun of each sentence another, and the years of these sentences, if it is asked for."""

        def reword(match: re.Match[str]) -> str:
            reworded = self.nouns.sub(lambda _: self.some("noun"), match[0], count=1)
            return self.other_years(reworded) if years and reworded != match[0] else reworded

        return re.sub(r"[^.!?…\n]+", reword, text)

    def other_names(self, text: str) -> str:
        """Make each name another, the same wherever it stands."""
        names = self.words["name"] + self.words["place"]
        return self.names.sub(lambda match: names[(names.index(match[0]) + 7) % len(names)], text)


def measured(case: Case, pipeline: Pipeline, show: Callable[[str], None]) -> Counter[str]:
    """Restore a case, and count what was lost, found, filled, right and wrong."""
    counts: Counter[str] = Counter()
    marked = unmark(case.text)
    documents = [pipeline.clean(text, f"{n}") for n, text in enumerate([marked.raw, *case.siblings])]
    damaged = documents[0]
    restored = restore(damaged, propose(documents).get(0, {}))
    to_clean = damaged.ledger.to_clean
    lost = [(to_clean(at, side="left"), text) for at, text in marked.lost]
    hits = {
        n: [item for item in lost if one.edit.start - 1 <= item[0] <= one.edit.end + 1]
        for n, one in enumerate(restored)
    }
    counts["lost"], counts["filled"] = len(lost), len(restored)
    for number, one in enumerate(restored):
        items = hits[number]
        said = re.findall(r"\d+", one.edit.new)
        gone = re.findall(r"\d+", " ".join([one.edit.old, *(text for _, text in items)]))
        good = bool(items) and sorted(said) == sorted(gone) and case.kind not in ("disagree", "damaged")
        counts["right"] += len(items) if good else 0
        counts["wrong"] += not good
        if not good:
            where = _around(damaged, one.edit.start, one.edit.end)
            show(f"wrong {case.kind}: {where} -> {one.edit.new!r}, lost {items}, by {one.evidence[0]}")
    filled = {item for items in hits.values() for item in items}
    for item in lost:
        seen = item in filled or any(abs(gap.at - item[0]) <= NEAR for gap in damaged.gaps)
        counts["found"] += seen
        if case.kind in HOLD and item not in filled:
            show(f"missed {case.kind}: {_around(damaged, item[0], item[0])} {item[1]!r}")
    if case.kind == "exact" and restored:
        text = fill(damaged, restored).text
        whole = before_loss(case.text)
        counts["verbatim"] += sum(text.count(block) for block in whole.split("\n\n")[:-1])
        counts["blocks"] += len(whole.split("\n\n")) - 1
    return counts


def _around(document: Document, start: int, end: int) -> str:
    text = document.text
    return f"{text[max(0, start - 40) : start]!r}‸{text[start:end]!r}‸{text[end : end + 40]!r}"


def false_gaps(texts: list[str], pipeline: Pipeline) -> tuple[int, int, int]:
    """How many gaps are told of intact texts, how many places are filled, and how many words they have."""
    documents = [pipeline.clean(text, str(n)) for n, text in enumerate(texts)]
    changed = sum(one is not other for one, other in zip(documents, restore_all(documents), strict=True))
    words = sum(len(document.text.split()) for document in documents)
    return sum(len(document.gaps) for document in documents), changed, words


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure how well dropped years are found and restored.")
    parser.add_argument("--documents", type=int, default=100, help="damaged documents of each kind (default: 100)")
    parser.add_argument("--seed", default="years")
    parser.add_argument("--labelled", type=Path, default=ROOT.parent / "shared", help="the folder of labelled pages")
    parser.add_argument("--show", action="store_true", help="print what is wrong or missed")
    options = parser.parse_args()
    pipeline = Pipeline(Settings(dedup="off", gaps="keep"))
    show = print if options.show else lambda line: None
    totals: dict[str, Counter[str]] = {}
    print(f"{'':12}{'lost':>8}{'found':>8}{'filled':>8}{'right':>8}{'wrong':>8}")
    for kind in (*HOLD, *TRAPS, "reworded"):
        maker = Maker(f"{options.seed}/{kind}")
        total: Counter[str] = Counter()
        for _ in range(options.documents):
            total += measured(maker.case(kind), pipeline, show)
        totals[kind] = total
        print(f"{kind:12}" + "".join(f"{total[name]:8}" for name in ("lost", "found", "filled", "right", "wrong")))
    held = sum((totals[kind] for kind in HOLD), Counter())
    everything = sum(totals.values(), Counter())
    gaps, changed, words = false_gaps(_prose(options.seed, 300), pipeline)
    lines = [
        ("right, of what a sibling holds", held["right"] / held["lost"], 0.95, True),
        ("wrong, of 1,000 filled", 1000 * everything["wrong"] / max(1, everything["filled"]), 0, False),
        ("found, where there is a sibling", held["found"] / held["lost"], 0.95, True),
        ("paragraphs as they were, exact siblings", totals["exact"]["verbatim"] / totals["exact"]["blocks"], 0.9, True),
        (f"false gaps in 100,000 words of prose ({words})", 1e5 * gaps / words, 1, False),
        ("intact documents that were changed", changed, 0, False),
    ]
    pages = sorted((options.labelled / "pages" / "raw").glob("g*.txt"))
    if pages:
        texts = [path.read_text(encoding="utf-8") for path in pages]
        gaps, changed, words = false_gaps(texts, pipeline)
        lines.append((f"false gaps in 100,000 words of {len(pages)} pages ({words})", 1e5 * gaps / words, 1, False))
        lines.append(("intact pages that were changed", changed, 0, False))
    good = True
    print(f"\n{'':50}{'figure':>10}{'floor':>8}")
    for name, figure, floor, at_least in lines:
        holds = figure >= floor if at_least else figure <= floor
        good &= holds
        print(f"{' ' if holds else '!'} {name:<48}{figure:10.4f}{floor:8}")
    return 0 if good else 1


def _prose(seed: str, documents: int) -> list[str]:
    """Intact documents."""
    writer = Writer(Random(f"{seed}/prose"))
    return ["\n\n".join(writer.document(4000)) + "\n" for _ in range(documents)]


if __name__ == "__main__":
    sys.exit(main())
