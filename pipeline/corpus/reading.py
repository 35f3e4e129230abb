"""A passage as it is compared with others, where something was lost: its words, its sentences, and what they tell."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator
from functools import cache, cached_property
from itertools import pairwise

from pipeline.corpus.alignment import Words, words
from pipeline.corpus.dates import MONTHS
from pipeline.corpus.telling import telling
from pipeline.stages.gaps import sentences

__all__ = ["TOLD", "Reading", "read"]

TOLD = 6  # uncommon words that tell a subject; a name does alone
OF_NAMES = frozenset("new old good great large small young big high low short".split())  # common words that names have
OPEN = frozenset("in of since until by during before after".split())  # words that no sentence ends with


class Reading:
    """A passage as it is compared: its `words`, which are parted at `gaps`, its `sentences`, and the number of the one
    that each word is `of`. Sentences are found when they are first asked for: of many passages, words say that they are
    no witness."""

    def __init__(self, words: Words, gaps: Collection[int]) -> None:
        self.text = words.text
        self.words = words.cut(gaps) if gaps else words
        self.forms = self.words.forms
        self._gaps = gaps

    def __len__(self) -> int:
        return len(self.forms)

    @cached_property
    def sentences(self) -> list[range]:
        """The sentences that have words, by these."""
        places = sorted({bisect_left(self.words.starts, end) for end in self._ends()} - {0, len(self)})
        return [range(start, end) for start, end in pairwise([0, *places, len(self)])] if self.forms else []

    @cached_property
    def of(self) -> list[int]:
        """The number of the sentence of each word."""
        return [number for number, sentence in enumerate(self.sentences) for _ in sentence]

    def _ends(self) -> Iterator[int]:
        """Where sentences end in the text: after full stops, and before a common word with a capital behind a gap."""
        start = 0
        for line in self.text.splitlines(keepends=True):
            yield from (end for _, end in sentences(self.text, start, start + len(line)))
            start += len(line)
        opening = _opening()
        starts, ends, forms = self.words.starts, self.words.ends, self.forms
        for at, end, form, before in zip(starts[1:], ends, forms[1:], forms, strict=False):
            stopped = at in self._gaps or (before in OPEN and self.text[end:at].isspace())
            if stopped and form in opening and self.text[at].isupper():
                yield at  # the full stop went with the year

    def begins(self, place: int) -> bool:
        """Whether a sentence begins with a word."""
        return place == 0 or self.of[place] != self.of[place - 1]

    def ends(self, place: int) -> bool:
        """Whether a sentence ends with a word."""
        return place == len(self) - 1 or self.of[place] != self.of[place + 1]

    def surface(self, place: int) -> str:
        """A word as it is written."""
        return self.text[self.words.starts[place] : self.words.ends[place]]

    def is_name(self, place: int) -> bool:
        """Whether a word has a capital and is no common one."""
        return self.forms[place] not in telling().common and any(map(str.isupper, self.surface(place)))

    def tells(self, place: int) -> int:
        """How much a word tells of the subject of a text: a name all there is to know, a common word nothing."""
        if self.is_name(place) and not self.begins(place) and self.forms[place] not in telling().facts:
            return TOLD
        return self.forms[place] not in telling().common

    def sentence(self, place: int) -> range:
        """The words of the sentence that a word is of."""
        return self.sentences[self.of[place]]

    def rest(self, place: int, step: int) -> range:
        """The words of a sentence up to a word (`step` -1), or from it on (1)."""
        sentence = self.sentence(place)
        return range(sentence.start, place + 1) if step < 0 else range(place, sentence.stop)


def read(text: str, gaps: Collection[int] = ()) -> Reading:
    """Read a passage. Words are parted at `gaps`, sentences before a common word with a capital behind a gap or `in`.

    >>> reading = read("It was built in In MayFox sold it.", [16, 22])
    >>> reading.forms, reading.of
    (['it', 'was', 'built', 'in', 'in', 'may', 'fox', 'sold', 'it'], [0, 0, 0, 0, 1, 1, 1, 1, 1])
    """
    return Reading(words(text), gaps)


@cache
def _opening() -> frozenset[str]:
    """Common words, with which a sentence may begin; not those of names (`the Bank of New Zealand`)."""
    return telling().common - MONTHS - OF_NAMES
