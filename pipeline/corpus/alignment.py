"""The words of texts, and what two passages have in common, word by word: the longest common subsequence.

>>> one, other = words("The mill burnt down in May."), words("In May, the old mill burnt down.")
>>> align(one.forms, other.forms)
[Block(left=0, right=2, size=1), Block(left=1, right=4, size=3)]
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property
from itertools import chain
from unicodedata import is_normalized, normalize

from pipeline.corpus import UNSPACED
from pipeline.corpus.subsequence import Block, common

__all__ = ["Block", "Words", "align", "differences", "words"]

_SILENT = r"""\[\]\\.,;:!?'"(){}<>|~_*/^`´‘’‚‛“”„‟«»‹›‐‑‒–—―−…·•\-"""  # what is no sign: punctuation, and U+FFFD
_TOKEN = re.compile(
    rf"[{UNSPACED}]|(?:(?![{UNSPACED}])[^\W\d_])+(?:\d[^\W\d_]+)?"  # in which a letter may have been read as a digit
    rf"|\d+(?:[.,:/]\d+)*|(?<![\w-])[-−](?=\d)|[^\w\s{_SILENT}\ufffd]|\ufffd(?=\s?\d)|(?<=\d)\ufffd"
)
_SIGNS = "#$%&@+="  # all of ASCII
_PLAIN = re.compile(rf"[a-z]+(?:\d[a-z]+)?|\d+(?:[.,:/]\d+)*|(?<![\w-])-(?=\d)|[{_SIGNS}]", re.A)
_OFTEN = _SIGNS + "£€¥¢§©®™°±×÷→←"  # signs that are frequent
_RUN = re.compile(rf"[0-9{_OFTEN}](?:[^\W_]|[{_OFTEN}]|[.,:/](?=\d))*")  # from a number or sign on, as far as it may go
_ALONE, _PARTING = re.compile(f"[{UNSPACED}]"), re.compile(rf"[\s{_SILENT}]")
_SPACED = bytes(byte if byte > 127 or chr(byte).isalnum() or chr(byte) in _SIGNS else 32 for byte in range(256))
_ASCII = bytes(byte for byte in range(128) if chr(byte).isprintable() or chr(byte).isspace())
_MARKER = re.compile(
    r"\[(?:\d{1,3}|[a-z]|(?:note|nb|n)\s\d{1,2}|citation needed|edit)\]|(?<=[^\W\d_])[.,;:!?]?[†‡]+(?!\w)"
)  # says nothing
CONTEXT, PROBES = 3, 24  # words in a row that are looked for, and how many such runs
HITS = 500  # times that such a run is looked for: what is more frequent does not tell where a passage stands
_DASHES = {"−": "-"}
_DOUBTFUL = frozenset("-−\ufffd")  # signs beside a number, else none


class Words:
    """The words of a text: `forms`, as they are compared, and where they stand in `text`."""

    def __init__(self, text: str, forms: list[str], written: list[str], bounds: list[int] | None = None) -> None:
        self.text = text
        self.forms = forms
        self._written = written  # before forms of Unicode were made one
        self._bounds = bounds

    def __len__(self) -> int:
        return len(self.forms)

    @property
    def bounds(self) -> list[int]:
        """Where each word starts and where it ends, in turn; found when it is first asked for, which for many pairs is
        never. Millions of pairs of numbers would be looked at for cycles again and again."""
        if self._bounds is None:
            self._bounds = _bounds(_folded(self.text), self._written)
        return self._bounds

    @cached_property
    def starts(self) -> list[int]:
        """Where each word starts."""
        return self.bounds[::2]

    @cached_property
    def ends(self) -> list[int]:
        """Where each word ends."""
        return self.bounds[1::2]

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Where the words stand."""
        return [*zip(self.starts, self.ends, strict=True)]

    def cut(self, places: Iterable[int]) -> Words:
        """The words, parted at places of the text that are inside of them.

        >>> words("In JanuarySmith left.").cut([10, 15]).forms
        ['in', 'january', 'smith', 'left']
        """
        forms, written, bounds = [*self.forms], [*self._written], [*self.bounds]
        for at in sorted(set(places), reverse=True):  # from the end on, so that the places before stay
            place = bisect_right(self.starts, at) - 1
            start, end = self.bounds[2 * place : 2 * place + 2] if place >= 0 else (at, at)
            if start < at < end:
                whole = written[place]
                parts = [whole[: at - start], whole[at - start :]]
                written[place : place + 1], forms[place : place + 1] = parts, _normal(parts)
                bounds[2 * place + 1 : 2 * place + 1] = at, at
        return Words(self.text, forms, written, bounds)


def words(text: str) -> Words:
    """Cut a text into words, numbers and signs.

    Two texts whose words are the same are exact copies: case, white space, punctuation, footnote markers and Unicode's
    compatibility forms do not count. What has a meaning does: `$5` and `€5`, `5` and `-5`, `1.5` and `15`, `10²` and
    `102`, `C` and `C++` differ, and U+FFFD beside a number is a sign.

    >>> words("“It’s 5,000 km,” he SAID…").forms == words("It's 5,000 km, he said.[7]").forms
    True
    """
    folded = _folded(text)
    written = _tokens(folded, _pattern(text))
    is_normal = "−" not in folded and is_normalized("NFKC", folded)
    return Words(text, written if is_normal else _normal(written), written)


def _normal(written: Sequence[str]) -> list[str]:
    """Words in one of the forms that Unicode has for them."""
    return [form if form.isascii() else _DASHES.get(form) or normalize("NFKC", form) for form in written]


def _tokens(folded: str, pattern: re.Pattern[str]) -> list[str]:
    """What the pattern finds in a text, in half the time: where all letters are of scripts with spaces, the text is
    split at these, and only what is around numbers and signs is left to the pattern."""
    data = folded.encode("utf-8", "surrogatepass")
    spaced = folded
    for char in {*data.translate(None, _ASCII).decode("utf-8", "surrogatepass")}:
        kind = _kind(char)
        if kind is None:
            return pattern.findall(folded)
        if not kind:
            spaced = spaced.replace(char, " ")
    spaced = spaced.encode("utf-8", "surrogatepass").translate(_SPACED).decode("utf-8", "surrogatepass")
    forms: list[str] = []
    at = 0
    for run in _RUN.finditer(folded):
        start, end = run.span()
        before = folded[start - 1 : start]
        if before in "-−" or before.isalpha():  # it may belong to it (at the beginning, nothing is before)
            start = max(at, start - 1 if before in "-−" else spaced.rfind(" ", at, start) + 1)
        forms += spaced[at:start].split()
        alone = start == run.start() and run[0].isdigit()
        forms += [run[0]] if alone else pattern.findall(folded, start, end)
        at = end
    forms += spaced[at:].split()
    return forms


def _bounds(folded: str, forms: Sequence[str]) -> list[int]:
    """Where the words of a text start and end, in turn. A word is the next place where it can be found, since what is
    between words has no letter, digit or sign; but for the signs that only are some beside a number."""
    if not _DOUBTFUL.isdisjoint(forms):
        return [*chain.from_iterable(map(re.Match.span, _pattern(folded).finditer(folded)))]
    bounds: list[int] = []
    add, find = bounds.append, folded.find
    end = 0
    for form in forms:
        start = find(form, end)
        end = start + len(form)
        add(start)
        add(end)
    return bounds


@cache
def _kind(char: str) -> bool | None:
    """Whether a character stays where words are parted: a letter of a script with spaces, a frequent sign; false if it
    is what parts them, and none if it is something else."""
    if char.isalpha() or char in _OFTEN:
        return None if _ALONE.match(char) else True
    return False if _PARTING.match(char) else None


def _pattern(text: str) -> re.Pattern[str]:
    return _PLAIN if text.isascii() else _TOKEN


def _folded(text: str) -> str:
    """The text in small letters, each in its place, and without markers."""
    small = text.lower()
    if len(small) != len(text):  # a few letters grow
        small = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    return (
        _MARKER.sub(lambda match: " " * len(match[0]), small) if "[" in small or "†" in small or "‡" in small else small
    )


def align(left: Sequence[str], right: Sequence[str]) -> list[Block]:
    """The words that two sequences have in common, in order: as many as can be (the longest common subsequence).

    Of a `right` that is much longer, only the part is looked at in which the left one seems to stand. Where there is a
    choice, words stand with the longer of the blocks beside them.

    >>> align("a b c x d e".split(), "o a b c y d".split())
    [Block(left=0, right=1, size=3), Block(left=4, right=5, size=1)]
    >>> align("a b c".split(), "a o o a b c".split())
    [Block(left=0, right=3, size=3)]
    """
    low, high = _window(left, right)
    if (low, high) == (0, len(right)):
        return _joined(left, right, common(left, right))
    found = common(left, right[low:high])
    return _joined(left, right, [Block(block.left, block.right + low, block.size) for block in found])


def _joined(left: Sequence[str], right: Sequence[str], blocks: list[Block]) -> list[Block]:
    """Blocks as they are given, but for words that could as well stand with a longer block beside their own."""
    for place in range(len(blocks) - 2, -1, -1):  # a short block before a longer one, which could as well be of it
        a, b = blocks[place], blocks[place + 1]
        moved = 0
        if a.left + a.size == b.left and a.size < b.size:
            while moved < a.size and left[b.left - moved - 1] == right[b.right - moved - 1]:
                moved += 1
            blocks[place] = a._replace(size=a.size - moved)
            blocks[place + 1] = Block(b.left - moved, b.right - moved, b.size + moved)
    for place in range(1, len(blocks)):  # and one behind it
        a, b = blocks[place - 1], blocks[place]
        moved = 0
        if a.left + a.size == b.left and b.size < a.size:
            while moved < b.size and left[b.left + moved] == right[a.right + a.size + moved]:
                moved += 1
            blocks[place - 1] = a._replace(size=a.size + moved)
            blocks[place] = Block(b.left + moved, b.right + moved, b.size - moved)
    return [block for block in blocks if block.size]


def _window(left: Sequence[str], right: Sequence[str]) -> tuple[int, int]:
    """The part of the right side in which most of what the left has stands: by a vote of some of its runs of words."""
    if len(right) <= 2 * len(left) + 20:
        return 0, len(right)
    whole = f" {' '.join(right)} "
    slack = 10 + len(left) // 4
    votes: Counter[int] = Counter()
    for at in range(0, len(left) - CONTEXT + 1, 1 + len(left) // PROBES):
        votes.update((place - at) // slack for place in _places(whole, f" {' '.join(left[at : at + CONTEXT])} "))
    if not votes:
        return 0, len(right)
    most = max(votes, key=lambda vote: (votes[vote], -vote)) * slack
    return max(0, most - slack), min(len(right), most + len(left) + 2 * slack)


def _places(whole: str, run: str) -> Iterator[int]:
    """Yield at which words of a text a run of words stands; of one that is very frequent, the first few times.

    >>> [*_places(" to be or not to be ", " to be ")]
    [0, 4]
    """
    at = place = 0  # in the text, and as the number of a word
    for _ in range(HITS):
        found = whole.find(run, at)
        if found < 0:
            return
        place += whole.count(" ", at, found)  # from the last one on: what is before was counted
        yield place
        at, place = found + 1, place + 1


def differences(one: Words, other: Words, blocks: Sequence[Block]) -> Iterator[tuple[range, range]]:
    """Yield what stands between words in common, on either side.

    What the other has before the first and behind the last of them is only looked at as far as the one has words there.
    """
    left = right = 0
    for number, block in enumerate([*blocks, Block(len(one), len(other), 0)]):
        start, end = right, block.right
        if number == 0:
            start = max(0, end - block.left)
        if number == len(blocks):
            end = min(end, start + block.left - left)
        if block.left > left or end > start:
            yield range(left, block.left), range(start, end)
        left, right = block.left + block.size, block.right + block.size
