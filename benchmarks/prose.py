"""Clean prose by the megabyte: shapes of sentences, filled with the words of `words.txt`.

The words of a slot are drawn with Zipf's law in mind (the word of rank r with weight 1 / (r + 2.7), after
Mandelbrot), so that a generated corpus has frequent and rare words as real ones have. It makes no sense, but it has
the marks of real text that cleaning looks at: years, dates, numbers, money, curly quotes, dashes, accents, names.

    >>> writer = Writer(Random("demo"))
    >>> writer.sentence() == Writer(Random("demo")).sentence()
    True
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from random import Random

HERE = Path(__file__).parent
BATCH = 2048  # words drawn at a time: large enough to forget the cost of a call

CLAUSES = (
    "the {adjective} {noun} {verb} the {noun}",
    "the {noun} of the {noun} {went} {adverb} {preposition} the {adjective} {noun}",
    "{name} {verb} the {noun} {preposition} the {noun} and the {plural}",
    "no {noun} {verb} the {plural} of {place}",
    "{number} {plural} {went} {preposition} the {adjective} {noun}",
    "the {plural} {adverb} {verb} every {noun} that the {noun} {verb}",
    "its {noun} was {adjective} and its {noun} {adjective}",
    "there was hardly any {noun} in the {adjective} {noun} of {place}",
    "they {verb} {number} {plural} and one {adjective} {noun}",
    "she {verb} it {adverb} when the {noun} {went}",
    "the {loan} of {place} was {adjective}, {adjective} and {adjective}",
    "the {adjective} {noun} cost £{number}, which {name} {adverb} {verb}",
    "the {noun} that {name} {verb} was {adjective}",
    "nobody {verb} the {noun} that {name} of {place} {verb} {preposition} the {plural}",
)
FRAMES = (
    "{Clause}.",
    "{Clause}, and {clause}.",
    "{Clause}, because {clause}.",
    "In {year}, {clause}.",
    "In {month} {year} {clause}.",
    "{Clause}; {clause}.",
    "When {clause}, {clause}.",
    "By {year} {clause}, but {clause}.",
    "On {day} {month} {year}, {clause}.",
    "From {early} to {late}, {clause}.",
    "“{Clause},” said {name}, “and {clause}.”",
    "{Clause} – {clause} – and {clause}.",
    "{Clause} ({clause}).",
    "During the {decade}s {clause}, as {name}’s {noun} {verb}.",
    "“{Clause}?” asked {name}. “{Clause}…”",
)
HEADINGS = ("The {adjective} {noun}", "{place}’s {plural}", "History of the {noun}", "{name} and the {noun}")
IRREGULAR = {"man": "men", "woman": "women", "child": "children", "life": "lives", "wife": "wives", "foot": "feet"} | {
    same: same for same in ("people", "business", "art", "sheep", "trout", "salmon", "series", "information")
}


def vocabulary() -> dict[str, list[str]]:
    """Read the word list: slot → words, the most frequent first.

    >>> vocabulary()["month"][:2]
    ['January', 'February']
    """
    words: dict[str, list[str]] = {}
    for line in (HERE / "words.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            slot = words.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            slot.extend(line.split())
    return words


def plural(noun: str) -> str:
    """The plural of a noun.

    >>> [plural(noun) for noun in ("city", "day", "church", "map", "woman")]
    ['cities', 'days', 'churches', 'maps', 'women']
    """
    if noun in IRREGULAR:
        return IRREGULAR[noun]
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def stream(words: Sequence[str], random: Random, flat: bool = False) -> Iterator[str]:
    """Draw words without end, the first ones most often (or all alike, if `flat`)."""
    weights = list(accumulate(1.0 if flat else 1 / (rank + 3.7) for rank in range(len(words))))
    while True:
        yield from random.choices(words, cum_weights=weights, k=BATCH)


def forever(make: Callable[[], str]) -> Iterator[str]:
    """Call `make` without end."""
    while True:
        yield make()


class Writer:
    """Writes sentences, paragraphs and documents; `slots` are the words and phrases that a shape can name."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.slots: dict[str, Iterator[str]] = {slot: stream(words, random) for slot, words in vocabulary().items()}
        figures = [*map(str, range(2, 60)), *(f"{n},{n % 7}50" for n in range(1, 40)), "2.5", "0.75", "12.4", "1½"]
        flat = {
            "number": figures,
            "year": [str(year) for year in range(1702, 2021)],
            "early": [str(year) for year in range(1702, 1851)],
            "late": [str(year) for year in range(1851, 2021)],
            "decade": [str(year) for year in range(1780, 2020, 10)],
            "day": [str(day) for day in range(1, 29)],
            "digit": list("123456789"),
            "id": [str(n * 7919) for n in range(1000, 3000)],
        }
        for slot, words in flat.items():
            self.slots[slot] = stream(words, random, flat=True)
        self.slots["plural"] = stream([plural(noun) for noun in vocabulary()["noun"]], random)
        self.slots["clause"] = (make() for make in self.shapes(CLAUSES))
        self.slots["Clause"] = (clause[0].upper() + clause[1:] for clause in self.slots["clause"])
        self.slots["sentence"] = (make() for make in self.shapes(FRAMES))
        self.slots["heading"] = (make() for make in self.shapes(HEADINGS))
        self.slots["text"] = forever(lambda: self.paragraph(2))

    def filler(self, shape: str) -> Callable[[], str]:
        """Make a function that fills the slots of a shape, anew with every call."""
        sources = tuple(self.slots[slot] for slot in re.findall(r"\{(\w+)\}", shape))
        pattern = re.sub(r"\{\w+\}", "%s", shape.replace("%", "%%"))
        return lambda: pattern % tuple(map(next, sources))

    def shapes(self, shapes: Sequence[str]) -> Iterator[Callable[[], str]]:
        """Draw shapes without end, as functions that fill them."""
        fillers = {shape: self.filler(shape) for shape in shapes}
        return (fillers[shape] for shape in stream(shapes, self.random))

    def sentence(self) -> str:
        """A sentence, of 20 to 250 characters."""
        return next(self.slots["sentence"])

    def sentences(self) -> list[str]:
        """The sentences of a paragraph, 3 to 8."""
        sentence = self.slots["sentence"]
        return [next(sentence) for _ in range(3 + int(self.random.random() * 6))]

    def paragraph(self, sentences: int = 0) -> str:
        """A paragraph on one line."""
        return " ".join([self.sentence() for _ in range(sentences)] if sentences else self.sentences())

    def document(self, size: int) -> list[str]:
        """Headings and paragraphs of `size` characters or a little more, a heading before each fourth or so."""
        blocks = [next(self.slots["heading"])]
        total = len(blocks[0])
        while total < size:
            if self.random.random() < 0.2:
                blocks.append(next(self.slots["heading"]))
            blocks.append(self.paragraph())
            total += len(blocks[-1]) + 2
        return blocks
