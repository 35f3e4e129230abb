"""Write a labelled corpus of duplicate paragraphs: the same bytes for the same seed, on every machine.

    python benchmarks/copies.py FOLDER --paragraphs 4000 --seed 0

FOLDER/raw gets documents of 2 to 20 thousand characters; FOLDER/labels.jsonl a row for each paragraph, in the order of
documents and places:

    {"id": "copies-00003#7", "document": "copies-00003", "span": [2790, 3204], "class": "near", "how": "filler+typo",
     "form": 912, "says": [455], "of": ["copies-00001#2"]}

- `span` is in code points of the raw text. `how` is what was done to the paragraph.
- `says` numbers what the paragraph says. Paragraphs that say the same are a group: all of them but one must go,
  whichever one stays. What is said by no paragraph that stays is lost.
- `form` numbers the words. In a group, paragraphs of one form are exact copies of each other, in other layouts.
- `of` names the paragraphs that it was made of; for one that is covered, those that cover it.

A class says how a paragraph came to be:

- `unique`: nothing else says what it says.
- `original`: others were made of it.
- `exact`: a copy of the same words; line breaks, spaces, dashes and quotation marks may differ.
- `near`: a copy with one or two small edits. Copies may be made of copies, so that a group drifts apart slowly.
- `covered`: two paragraphs of others in one (`merged`: it says [p, q], and others say [p] and [q]); a piece of one that
  is split in two (`split`: they say [a] and [b], and another [a, b]); or sentences out of a longer one (`part`: it says
  [b], and another [a, b], so that only the part may go).
- `negative`: it looks like another, and states other facts. Both must stay.
- `generic`: a heading or a short line, which stands in many documents and must stay in all.

Independent paragraphs share five words in a row by chance now and then, as those of one writer do: of two, at most a
twentieth of their runs of five words.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import NamedTuple

from prose import Writer
from variants import NOISE, Style, Variants

SHARES = {"exact": 0.20, "near": 0.10, "covered": 0.05, "negative": 0.10, "generic": 0.06}
SIZES = {2: 55, 3: 22, 4: 10, 5: 5, 6: 4, 7: 2, 8: 2}  # members of a group: how often of a hundred times
BESIDE = 0.12  # of the copies and negatives, how many stand in the document of what they were made of
DRIFT = ("punctuation", "filler", "article", "synonym", "spelling", "typo")  # edits that may follow one on another
SMALLEST, LARGEST = 2_000, 18_000  # characters after which a document ends


class Paragraph(NamedTuple):
    """A labelled paragraph; `kind` is its class."""

    id: str
    document: str
    start: int
    end: int
    kind: str
    how: str
    form: int
    says: tuple[int, ...]
    of: tuple[str, ...] = ()

    def row(self) -> dict[str, object]:
        """The paragraph as a row of the labels."""
        row = self._asdict()
        return {
            "id": row.pop("id"),
            "document": row.pop("document"),
            "span": [row.pop("start"), row.pop("end")],
            "class": row.pop("kind"),
            **row,
        }


class Corpus(NamedTuple):
    """Documents by id, and their paragraphs."""

    documents: dict[str, str]
    paragraphs: list[Paragraph]


@dataclass(eq=False)
class Draft:
    """A paragraph that has no document yet; drafts of near `place`s come to stand near each other."""

    text: str
    kind: str
    how: str
    form: int
    says: tuple[int, ...]
    place: float
    of: list[Draft] = field(default_factory=list)


class Composer:
    """Composes groups of paragraphs until each class has its share; what is left is unique."""

    def __init__(self, paragraphs: int, random: Random) -> None:
        self.random = random
        self.writer = Writer(random)
        self.variants = Variants(self.writer)
        self.total = paragraphs
        self.left = {kind: round(share * paragraphs) for kind, share in SHARES.items()}
        self.drafts: list[Draft] = []
        self.merges: list[Draft] = []  # originals that no merged paragraph has yet
        self.forms, self.contents = count(), count()
        self.texts: set[str] = set()

    def compose(self) -> list[Draft]:
        """All drafts, in the order of their places."""
        while self.left["exact"] or self.left["near"]:
            self.group()
        while self.left["covered"]:
            self.random.choice((self.merged, self.merged, self.split, self.part, self.part))()
        while self.left["negative"]:
            self.random.choice((self.reports, self.reports, self.rivals))()
        while len(self.drafts) < self.total - self.left["generic"]:
            self.add(self.writer.paragraph(), "unique")
        while self.left["generic"]:
            self.generic()
        return sorted(self.drafts, key=lambda draft: draft.place)

    def add(
        self, text: str, kind: str, how: str = "", of: Iterable[Draft] = (), says: tuple[int, ...] = (),
        form: int | None = None, place: float | None = None,
    ) -> Draft:  # fmt: skip
        """Take a draft into the corpus; without `says` it says something of its own."""
        if kind in self.left:
            self.left[kind] -= 1
        self.texts.add(text)
        place = self.random.random() if place is None else place
        form = next(self.forms) if form is None else form
        self.drafts.append(Draft(text, kind, how, form, says or (next(self.contents),), place, list(of)))
        return self.drafts[-1]

    def beside(self, base: Draft) -> float:
        """A place for what was made of another: sometimes in its document, within a few paragraphs of it."""
        if self.random.random() < BESIDE:
            return base.place + 3 * self.random.random() / self.total
        return self.random.random()

    def group(self) -> None:
        """An original with copies, exact and near ones as there is need, and now and then a negative of it."""
        original = self.add(self.writer.paragraph(), "original")
        members, latest = [original], original
        size = self.random.choices(list(SIZES), list(SIZES.values()))[0]
        drifts = self.random.random() < 0.25
        while len(members) < size and (self.left["exact"] or self.left["near"]):
            if self.random.random() * (self.left["exact"] + self.left["near"]) < self.left["exact"]:
                members.append(self.exact(self.random.choice(members)))
            else:
                latest = self.near(latest if drifts else original, drifts)
                members.append(latest)
        if self.left["negative"] and self.random.random() < 0.12:
            self.negative(original)
        self.merges.append(original)

    def exact(self, base: Draft) -> Draft:
        """A copy of the same words."""
        return self.add(base.text, "exact", "layout", [base], base.says, base.form, self.beside(base))

    def near(self, base: Draft, drifts: bool) -> Draft:
        """A copy with small edits; in a group that drifts apart each has one more than the one before."""
        text = base.text
        while text in self.texts:
            edits, among = (1, DRIFT) if drifts else (self.random.choice((1, 2)), ())
            how, text = self.variants.harmless(base.text, edits, among)
        return self.add(text, "near", how, [base], base.says, place=self.beside(base))

    def negative(self, base: Draft) -> Draft:
        """What states another fact than its base; sometimes it has a harmless edit, too."""
        text = base.text
        while text in self.texts:
            how, text = self.variants.harmful(base.text)
            if self.random.random() < 0.25:
                text = self.variants.harmless(text, 1, NOISE)[1]
        return self.add(text, "negative", how, [base], place=self.beside(base))

    def rivals(self) -> None:
        """A long paragraph and one that differs from it in one fact: negatives of each other."""
        first = self.add(self.writer.paragraph(self.random.randrange(4, 9)), "negative", "base")
        if self.left["negative"]:
            self.negative(first)

    def reports(self) -> None:
        """Two to four texts of one mould with other facts: negatives of each other."""
        texts: list[str] = []
        while not texts or not self.texts.isdisjoint(texts):
            mould, texts = self.variants.reports(min(self.random.randrange(2, 5), self.left["negative"]))
        base: list[Draft] = []
        for text in texts:
            draft = self.add(text, "negative", mould, base, place=self.beside(base[0]) if base else None)
            base = base or [draft]

    def merged(self) -> None:
        """Two originals, of groups or new, and a paragraph of both."""
        pair = [
            self.merges.pop(self.random.randrange(len(self.merges)))
            if self.merges and self.random.random() < 0.3
            else self.add(self.writer.paragraph(), "original")
            for _ in range(2)
        ]
        text, says = " ".join(draft.text for draft in pair), pair[0].says + pair[1].says
        self.add(text, "covered", "merged", pair, says)

    def split(self) -> None:
        """A paragraph, and its two halves one behind the other in another document."""
        if self.left["covered"] < 2:
            return
        sentences = [self.writer.sentence() for _ in range(self.random.randrange(5, 9))]
        says = (next(self.contents), next(self.contents))
        whole = self.add(" ".join(sentences), "original", says=says)
        middle, place = self.random.randrange(2, len(sentences) - 1), self.random.random()
        self.add(" ".join(sentences[:middle]), "covered", "split", [whole], says[:1], place=place)
        self.add(" ".join(sentences[middle:]), "covered", "split", [whole], says[1:], place=place + 1e-9)

    def part(self) -> None:
        """A paragraph, and some of its sentences elsewhere, now and then with a small edit."""
        sentences = [self.writer.sentence() for _ in range(self.random.randrange(5, 9))]
        says = (next(self.contents), next(self.contents))
        whole = self.add(" ".join(sentences), "original", says=says)
        size = self.random.randrange(2, len(sentences) - 1)
        first = self.random.randrange(len(sentences) - size + 1)
        how, text = "part", " ".join(sentences[first : first + size])
        if self.random.random() < 0.2:
            how, text = "part edited", self.variants.harmless(text, 1, DRIFT)[1]
        self.add(text, "covered", how, [whole], says[1:])

    def generic(self) -> None:
        """A heading or a line that many documents have, before some paragraph."""
        following = self.random.choice(self.drafts)
        self.add(self.random.choice(self.variants.generic), "generic", place=following.place - 1e-7)


def corpus(paragraphs: int = 4000, seed: int = 0) -> Corpus:
    """Compose a corpus.

    >>> documents, paragraphs = corpus(60, seed=2)
    >>> copy = next(paragraph for paragraph in paragraphs if paragraph.kind == "exact")
    >>> base = next(paragraph for paragraph in paragraphs if paragraph.id == copy.of[0])
    >>> one, other = (documents[document][start:end] for _, document, start, end, *_ in (copy, base))
    >>> one == other, one.split()[:9] == other.split()[:9]
    (False, True)
    """
    random = Random(f"{seed}/copies")
    documents: dict[str, str] = {}
    placed: dict[Draft, Paragraph] = {}
    for number, drafts in enumerate(bound(Composer(paragraphs, random).compose(), random)):
        document, style, at, texts = f"copies-{number:05}", Style.drawn(random), 0, []
        for n, draft in enumerate(drafts):
            texts.append(style.lay_out(draft.text))
            end = at + len(texts[-1])
            placed[draft] = Paragraph(
                f"{document}#{n}", document, at, end, draft.kind, draft.how, draft.form, draft.says
            )
            at = end + 2
        documents[document] = "\n\n".join(texts) + "\n"
    named = [paragraph._replace(of=tuple(placed[base].id for base in draft.of)) for draft, paragraph in placed.items()]
    return Corpus(documents, named)


def bound(drafts: list[Draft], random: Random) -> Iterator[list[Draft]]:
    """Bind drafts to documents, short ones more often; none ends with a heading, and a short rest joins the last."""
    document: list[Draft] = []
    size, left = 0, sum(len(draft.text) for draft in drafts)
    enough = SMALLEST * (LARGEST / SMALLEST) ** random.random()
    for draft in drafts:
        document.append(draft)
        size += len(draft.text)
        left -= len(draft.text)
        if size >= enough and left >= SMALLEST and draft.kind != "generic":
            yield document
            document, size = [], 0
            enough = SMALLEST * (LARGEST / SMALLEST) ** random.random()
    yield document


def write(made: Corpus, folder: Path) -> None:
    """Write a corpus: FOLDER/raw/NAME.txt and FOLDER/labels.jsonl. Files that stand there are written over."""
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    for name, text in made.documents.items():
        (folder / "raw" / f"{name}.txt").write_bytes(text.encode())
    rows = [json.dumps(paragraph.row(), ensure_ascii=False) + "\n" for paragraph in made.paragraphs]
    (folder / "labels.jsonl").write_bytes("".join(rows).encode())


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Write a labelled corpus of duplicate paragraphs.")
    parser.add_argument("folder", type=Path, help="where raw/ and labels.jsonl go")
    parser.add_argument("--paragraphs", type=int, default=4000, help="default: 4000")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    options = parser.parse_args()
    made = corpus(options.paragraphs, options.seed)
    write(made, options.folder)
    print(f"{len(made.paragraphs)} paragraphs in {len(made.documents)} documents in {options.folder / 'raw'}")


if __name__ == "__main__":
    main()
