"""What becomes of a paragraph when it is copied: layouts, harmless edits, and changes of what it says.

- A `Style` lays out a text as one document would: line breaks, quotation marks, dashes, spaces. The words stay.
- `Variants.harmless` makes a near copy: one or two small edits after which the text says what it said, or a little
  less (a year that was dropped, a tail that was cut).
- `Variants.harmful` makes a hard negative: one small change after which the text says something else.
- `Variants.reports` writes texts of one mould with other facts: hard negatives of each other.

The words for all this are in `copies.toml`.

    >>> Style(width=16, curly=False, dash=" -- ").lay_out("It’s old – it is “very old”.")
    'It\\'s old -- it\\nis "very old".'
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from prose import Writer, stream, vocabulary

HERE = Path(__file__).parent
DASHES = (" – ", " — ", " - ", " -- ", "—")
STRAIGHT = str.maketrans("“”‘’", "\"\"''")
YEAR = r"1[5-9]\d\d|20\d\d"
NUMBER = re.compile(rf"(?<![\w.,])(?!(?:{YEAR})\b)(?:\d[\d,.]*)?\d(?!\w|[.,]\d)")
STOPS = re.compile(r"(?<=[.?!…”]) (?=[A-Z“])")
HANGER = re.compile(r"\b(was|were|had|and|but|that|when|because|of|the)\b(?= [a-z])")
MONTHS = vocabulary()["month"]
NOISE = ("case", "punctuation", "filler", "article", "typo")  # what no change of a fact can be undone by

Edit = Callable[[str], str]


class Style(NamedTuple):
    """How a document lays out its paragraphs. `width` 0 leaves each on one line."""

    width: int = 0
    curly: bool = True
    dash: str = " – "
    wide: bool = False  # two spaces between sentences
    dots: str = "…"

    @classmethod
    def drawn(cls, random: Random) -> Style:
        """A style by chance; every second document has its paragraphs on one line each."""
        return cls(
            width=random.choice((0, random.randrange(60, 80))),
            curly=random.random() < 0.6,
            dash=random.choice(DASHES),
            wide=random.random() < 0.25,
            dots=random.choice(("…", "...")),
        )

    def lay_out(self, text: str) -> str:
        """The text in this style. No line begins with what would make it an item of a list."""
        text = STOPS.sub("  ", text) if self.wide else text
        text = re.sub(r"(?<=[^\W\d]) – (?=[^\W\d])", self.dash, text).replace("…", self.dots)
        text = text if self.curly else text.translate(STRAIGHT)
        if self.width:
            short, long = self.width - 1, self.width + 1
            line = re.compile(rf"(?=.{{{long},}})(.{{,{short}}}\S) +(?=[^\s–—-])(?!\d+[.)])")
            text = line.sub(r"\1\n", text)
        return text


class Variants:
    """Makes variants of paragraphs, with one source of chance."""

    def __init__(self, writer: Writer) -> None:
        self.random, self.writer = writer.random, writer
        data = tomllib.loads((HERE / "copies.toml").read_text(encoding="utf-8"))
        self.generic: list[str] = data["generic"]
        self.fillers: list[str] = data["fillers"]
        self.moulds: dict[str, str] = data["reports"]
        for slot, words in data["words"].items():
            writer.slots[slot] = stream(words, self.random, flat=True)
        self.misread = [tuple(pair.split()) for pair in data["misread"]]
        synonyms, spellings, opposites = map(both_ways, (*data["same"].values(), data["opposite"]))
        words = vocabulary()
        self.gentle: dict[str, Edit] = {
            "case": self.case,
            "punctuation": lambda text: self.one(r"[,;](?= )", text, lambda found: self.pick("", ";", ",", " –")),
            "marker": lambda text: self.one(
                r"(?<=[a-z])[.,]?(?= )", text, lambda found: f"{found[0]}[{self.figure()}]"
            ),
            "filler": self.filler,
            "article": lambda text: self.one(
                r"\b(?:the|an?) (?=[a-z])", text, lambda found: self.pick("", "a ", "the ")
            ),
            "synonym": lambda text: self.exchange(synonyms, text),
            "spelling": lambda text: self.exchange(spellings, text),
            "year": lambda text: self.one(rf"(?<=\b[Ii]n )(?:{YEAR})|(?<=\b[Bb]y )(?:{YEAR})", text, lambda found: ""),
            "typo": self.typo,
            "tail": self.tail,
        }
        self.changes: dict[str, Edit] = {
            "number": lambda text: self.one(NUMBER, text, lambda found: self.other_digit(found[0])),
            "year changed": lambda text: self.one(rf"\b(?:{YEAR})\b", text, lambda found: self.other_digit(found[0])),
            "month": lambda text: self.one(rf"\b(?:{'|'.join(MONTHS)})\b", text, lambda found: self.pick(*MONTHS)),
            "name": lambda text: self.rename(words["name"], text),
            "place": lambda text: self.rename(words["place"], text),
            "negation": lambda text: self.one(r"\b(?:was|were)\b", text, lambda found: f"{found[0]} not"),
            "opposite": lambda text: self.exchange(opposites, text),
        }

    # Whole variants

    def harmless(self, text: str, edits: int, among: Sequence[str] = ()) -> tuple[str, str]:
        """A near copy with so many small edits (of all, or some), and what they are, joined by `+`.

        >>> Variants(Writer(Random("a"))).harmless("The mill was old. It was sold in 1911, and burnt.", 2)
        ('punctuation+case', 'THE MILL was old. It was sold in 1911 and burnt.')
        """
        done: list[str] = []
        while len(done) < edits:
            name = self.random.choice([name for name in among or self.gentle if name not in done])
            changed = self.gentle[name](text)
            if changed != text:
                text = changed
                done.append(name)
        return "+".join(done), text

    def harmful(self, text: str) -> tuple[str, str]:
        """A hard negative: one fact changed, and the name of the change.

        >>> Variants(Writer(Random("a"))).harmful("The mill was sold for 300 pounds in May 1911.")
        ('month', 'The mill was sold for 300 pounds in October 1911.')
        """
        while True:
            how = self.random.choice(list(self.changes))
            changed = self.changes[how](text)
            if changed != text:
                return how, changed

    def reports(self, count: int) -> tuple[str, list[str]]:
        """Texts of one mould, each with at least one fact that the others do not have, and the name of the mould.

        >>> mould, (one, other) = Variants(Writer(Random("a"))).reports(2)
        >>> mould, one == other, one[:10]
        ('rent', False, 'The Client')
        """
        name = self.random.choice(list(self.moulds))
        slots = re.findall(r"\{(\w+)\}", self.moulds[name])
        shape = re.sub(r"\{\w+\}", "{}", self.moulds[name])
        facts = [next(self.writer.slots[slot]) for slot in slots]
        texts = [shape.format(*facts)]
        while len(texts) < count:
            share = self.random.choice((0.1, 0.5, 1))
            others = [
                next(self.writer.slots[slot]) if self.random.random() < share else old
                for slot, old in zip(slots, facts, strict=True)
            ]
            text = shape.format(*others)
            if text not in texts:
                texts.append(text)
        return name, texts

    # Small edits; each leaves a text as it is that it cannot change

    def pick(self, *options: str) -> str:
        """One of the options."""
        return self.random.choice(options)

    def figure(self) -> int:
        """The number of a footnote."""
        return self.random.randrange(1, 60)

    def one(self, pattern: str | re.Pattern[str], text: str, new: Callable[[re.Match[str]], str]) -> str:
        """Replace one match of a pattern."""
        found = list(re.finditer(pattern, text))
        if not found:
            return text
        match = self.random.choice(found)
        return text[: match.start()] + new(match) + text[match.end() :]

    def exchange(self, pairs: dict[str, list[str]], text: str) -> str:
        """Replace one word that has a partner by its partner."""
        known = re.compile(r"\b(?:" + "|".join(pairs) + r")\b")
        return self.one(known, text, lambda found: self.pick(*pairs[found[0]]).replace("-", " "))

    def rename(self, names: list[str], text: str) -> str:
        """Replace one name by another of the same list."""
        return self.one(r"\b(?:" + "|".join(names) + r")\b", text, lambda found: self.pick(*names))

    def other_digit(self, number: str) -> str:
        """Change one digit of a number; the first never becomes 0, and a year stays in its century."""
        first = 2 if len(number) == 4 and number.isdigit() else 0
        places = [n for n, letter in enumerate(number) if letter.isdigit() and n >= first]
        at = self.random.choice(places)
        return number[:at] + self.pick(*(digit for digit in "123456789" if digit != number[at])) + number[at + 1 :]

    def case(self, text: str) -> str:
        """The first words in capitals, or some words within as in a title."""
        words = text.split(" ")
        count = self.random.randrange(2, 6)
        if self.random.random() < 0.5:
            return " ".join([*map(str.upper, words[:count]), *words[count:]])
        at = self.random.randrange(max(1, len(words) - count))
        return " ".join(
            [*words[:at], *(word[:1].upper() + word[1:] for word in words[at : at + count]), *words[at + count :]]
        )

    def filler(self, text: str) -> str:
        """Put in one to three fillers, or take one out."""
        if self.random.random() < 0.4:
            return self.one(r"\b(?:" + "|".join(self.fillers) + r") (?=[a-z])", text, lambda found: "")
        for _ in range(self.random.randrange(1, 4)):
            text = self.one(HANGER, text, lambda found: f"{found[0]} {self.pick(*self.fillers)}")
        return text

    def typo(self, text: str) -> str:
        """Misread letters in one or two words that are no names."""
        for old, new in self.random.choices(self.misread, k=self.random.randrange(1, 3)):
            text = self.misreading(old, new, text)
        return text

    def misreading(self, old: str, new: str, text: str) -> str:
        """Misread some letters once, behind the first two of a word and before the last two."""
        letters = rf"(?<=\b[a-z]{{2}})([a-z]*){old}(?=[a-z]{{2,}}\b)"
        return self.one(letters, text, lambda found: found[1] + new)

    def tail(self, text: str) -> str:
        """Lose the last 5 to 25 % of the words, at least one; three dots may show it."""
        words = text.split(" ")
        lost = max(1, round(len(words) * self.random.uniform(0.05, 0.25)))
        return " ".join(words[:-lost]) + self.pick("", " ...", "…")


def both_ways(pairs: list[str]) -> dict[str, list[str]]:
    """The partners of each word.

    >>> both_ways(["new old", "young old"])["old"]
    ['new', 'young']
    """
    partners: dict[str, list[str]] = {}
    for pair in pairs:
        one, other = pair.split()
        partners.setdefault(one, []).append(other)
        partners.setdefault(other, []).append(one)
    return partners
