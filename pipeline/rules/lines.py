"""The lines of a text as rules see them: where each starts, and whether it reads like prose or like a list.

Only `prose_like` decides what a section, a footer or a block of site chrome may swallow, so it says yes in doubt.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property, lru_cache
from itertools import accumulate

import regex

from pipeline.lists import some
from pipeline.stages.sentences import goes_on

MARKER = regex.compile(r"(?:[•‣◦▪●·○■*\-–—+>»|↑^]|\(?\d{1,3}[.)]|\[\d{1,3}\]|\(?[a-z][.)])(?:\s|(?=\^)|$)")
SENTENCE_END = regex.compile(r"[.!?…](?:[\"'”’»“‘«)\]]{0,2}|[ \u00a0\u202f]»)$")  # “ and « close what is said in German
CJK_END = regex.compile(r"[。！？…][」』）”’]{0,2}$")
# Words that sentences are made of, in the languages that the rules were tried on; names and labels have few of them. A
# word of two languages stands with the first.
SMALL_WORDS = some(
    "a an the of to in on at by for from with and or but that which who as is are was were be been has had have it its "
    "this these those he she they we you i his her their our my not if when than so because into about would can will "
    "der die das den dem ein eine einer und oder nicht ist sind war mit von zu auf im für sich des als auch es er sie "
    "le la les un une du de et ou est sont était dans pour que qui ne pas sur avec il elle ce cette au aux plus "
    "el los las una y o son fue en por para con no se su lo como del al más "
    "gli di che è e sono per non si da nel della het een van niet zijn op te dat met"
)
CITATION = regex.compile(
    r"https?://|\(\d{4}\)|\b(?:[Rr]etrieved|[Aa]ccessed|ISBN|ISSN|doi|DOI|pp?\.\s?\d|[Vv]ol\.|[Ee]ds?\.|www\."
    r"|\p{Lu}[\p{L}.]* Press\b|Journal\b|et al\b|[Oo]p\. cit|[Ii]bid\b|Archived)"
)
TEASER_END = regex.compile(r"(?:\.{3,}|…)\.?$|\[(?:…|\.\.\.)\]$")


class Lines:
    """A text cut into lines: `starts[i]` is where line i begins, `texts[i]` what it reads without the spaces around.

    Made once for a text and shared by all rules; what costs time is worked out when it is first asked for.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._prose: dict[int, bool] = {}

    @cached_property
    def data(self) -> bytes:
        """The text in UTF-8, for automata; a lone surrogate reads `?`."""
        try:
            return self.text.encode()
        except UnicodeEncodeError:
            return self.text.encode(errors="replace")

    @cached_property
    def rows(self) -> list[str]:
        """The lines as they stand."""
        return self.text.split("\n")

    @cached_property
    def texts(self) -> list[str]:
        """The lines without the spaces around them."""
        return [row.strip() for row in self.rows]

    @cached_property
    def starts(self) -> list[int]:
        """Where each line begins, as an offset into the text."""
        return list(accumulate([len(row) + 1 for row in self.rows[:-1]], initial=0))

    def __len__(self) -> int:
        return len(self.rows)

    def end(self, index: int) -> int:
        """Where line `index` ends, with its line end."""
        return self.starts[index + 1] if index + 1 < len(self.starts) else len(self.text)

    def at(self, offset: int) -> int:
        """The line in which an offset into the text lies."""
        return bisect_right(self.starts, offset) - 1

    def beside(self, index: int, step: int) -> int | None:
        """The nearest line that is not blank, above (`step` -1) or below (1), if there is one.

        >>> Lines("The mill\\n\\nIt stands.").beside(0, 1)
        2
        """
        at = index + step
        while 0 <= at < len(self) and not self.texts[at]:
            at += step
        return at if 0 <= at < len(self) else None

    def is_prose(self, index: int) -> bool:
        """Whether line `index` reads like prose."""
        known = self._prose.get(index)
        if known is None:
            known = self._prose[index] = prose_like(self.texts[index])
        return known

    def is_solid(self, index: int) -> bool:
        """Whether line `index` is prose beyond doubt: a whole sentence, or a line that the next carries on, or the one
        below a link that stood on a line of its own."""
        if not self.is_prose(index):
            return False
        line = self.texts[index]
        if len(line) > 160 or ends_sentence(line) or ends_cjk(line):
            return True
        if index + 1 >= len(self) or not self.texts[index + 1]:
            return False
        below = self.texts[index + 2] if index + 2 < len(self) else ""
        return self.is_prose(index + 1) or (below != "" and goes_on(below))


def ends_sentence(line: str) -> bool:
    """Whether a line ends with the mark of a sentence's end, which quotes and brackets may follow.

    >>> ends_sentence("“It is.”"), ends_sentence("Mills (old)")
    (True, False)
    """
    return SENTENCE_END.search(line[-3:]) is not None  # the end is all that it takes, and lines are long


def ends_cjk(line: str) -> bool:
    """Whether a line ends with the mark of a sentence's end in Chinese or Japanese."""
    return CJK_END.search(line[-3:]) is not None


def is_teaser(line: str) -> bool:
    """Whether a line ends with dots, as the summary of another page does.

    >>> is_teaser("The mill was the ..."), is_teaser("The mill was the first of four [...]"), is_teaser("The mill.")
    (True, True, False)
    """
    return TEASER_END.search(line[-5:]) is not None


@lru_cache(maxsize=8192)  # most lines of a document are looked at again in its next round
def prose_like(line: str) -> bool:
    """Whether a line reads like a sentence of prose, or a part of one.

    A line of a list, a citation, a name or a label does not; a hard-wrapped line of a sentence does.

    >>> prose_like("The mill stood by the river until the flood took its wheel.")
    True
    >>> [prose_like(line) for line in ("• The mill by the river", "Contact us", "Hill, J. (1999). Mills. Hill Press.")]
    [False, False, False]
    """
    if len(line) < 25 or MARKER.match(line):
        return len(line) > 9 and ends_cjk(line) and not MARKER.match(line)
    words = line[:400].lower().split()
    if not line.isascii() and len(words) < len(line) / 15:  # scripts without spaces
        return len(line) > 60 or ends_cjk(line)
    small = sum(map(SMALL_WORDS.__contains__, words))
    share = small / len(words)
    if ends_sentence(line):
        is_prose = len(words) >= 6 and (share >= 0.15 or len(words) >= 25 or _is_plain(line))
    else:
        is_prose = len(words) >= 8 and share >= 0.3
    if not is_prose or is_teaser(line):
        return False
    return (small >= 8 and share >= 0.3) or not CITATION.search(line)


def _is_plain(line: str) -> bool:
    """Whether a line in a language whose small words are not known has the look of a sentence: long, few capitals.

    >>> _is_plain("Древнейшие мельницы были распространены в Персии, откуда они попали в Европу.")
    True
    """
    words = line.split()
    return len(words) >= 9 and sum(word[0].islower() for word in words) * 3 >= len(words) * 2
