"""A passage as it is compared with others, where something was lost: its words, its sentences, and what they tell."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator
from functools import cache, cached_property
from itertools import pairwise

from pipeline.corpus.alignment import Words, words
from pipeline.corpus.dates import MONTHS, is_year
from pipeline.corpus.telling import telling
from pipeline.stages.gaps import sentences

__all__ = ["TOLD", "Reading", "read"]

TOLD = 6  # uncommon words that tell a subject; a name does alone
OF_NAMES = frozenset("new old good great large small young big high low short".split())  # common words that names have
STOP = re.compile(r"[.!?…\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")  # what ends a sentence or a line (see `gaps.sentences`)
OPEN = frozenset("in of since until by during before after".split())  # words that no sentence ends with


class Reading:
    """A passage as it is compared: its `words`, which are parted at `gaps`, its `sentences`, and the number of the one
    that each word is `of`. Sentences are found when they are first asked for: of many passages, words say that they are
    no witness."""

    def __init__(self, words: Words, gaps: Collection[int]) -> None:
        self.text = words.text
        self.words = words.cut(gaps) if gaps else words
        self.forms = self.words.forms
        self._gaps = frozenset(gaps)

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
        starts, ends, forms = self.words.starts, self.words.ends, self.forms
        behind = [place for place, before in enumerate(forms[:-1], 1) if before in OPEN]
        stopped = [place for place in behind if self.text[ends[place - 1] : starts[place]].isspace()]
        if self._gaps:
            stopped += [place for place, at in enumerate(starts) if place and at in self._gaps]
        for place in stopped:
            if forms[place] in _opening() and self.text[starts[place]].isupper():
                yield starts[place]  # the full stop went with the year

    @cached_property
    def firsts(self) -> frozenset[int]:
        """The words that a sentence begins with."""
        return frozenset(sentence.start for sentence in self.sentences)

    @cached_property
    def lasts(self) -> frozenset[int]:
        """The words that a sentence ends with."""
        return frozenset(sentence.stop - 1 for sentence in self.sentences)

    def ends(self, place: int) -> bool:
        """Whether a sentence ends with a word. Of most words, what is behind them shows that none does."""
        if place == len(self) - 1:
            return True
        end, start = self.words.ends[place], self.words.starts[place + 1]
        may_end = STOP.search(self.text, end, start) or self.forms[place] in OPEN or start in self._gaps
        return bool(may_end) and place in self.lasts

    def surface(self, place: int) -> str:
        """A word as it is written."""
        return self.text[self.words.starts[place] : self.words.ends[place]]

    def is_name(self, place: int) -> bool:
        """Whether a word has a capital and is no common one."""
        if self.forms[place] in telling().common:
            return False
        surface = self.surface(place)
        return not surface.islower() and any(map(str.isupper, surface))

    @cached_property
    def weights(self) -> list[int]:
        """How much each word tells of the subject of a text: a name all there is to know, a common word nothing."""
        known = telling()
        weights = [int(form not in known.common) for form in self.forms]
        for place in [place for place, weight in enumerate(weights) if weight]:
            if self.forms[place] not in known.facts and place not in self.firsts and self.is_name(place):
                weights[place] = TOLD
        return weights

    @cached_property
    def years(self) -> frozenset[str]:
        """The years among the words."""
        return frozenset(filter(is_year, map(self.forms.__getitem__, self.dated)))

    @cached_property
    def dated(self) -> list[int]:
        """Where numbers and months stand."""
        return [place for place, form in enumerate(self.forms) if form in MONTHS or form[0].isdigit()]

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
