"""The lines of a text as rules see them: where each starts, and whether it reads like prose or like a list.

Only `prose_like` decides what a section, a footer or a block of site chrome may swallow, so it says yes in doubt.
"""

from __future__ import annotations

from functools import cached_property

import regex

MARKER = regex.compile(r"(?:[•‣◦▪●·○■*\-–—+>»|↑^]|\(?\d{1,3}[.)]|\[\d{1,3}\]|\(?[a-z][.)])(?:\s|(?=\^)|$)")
SENTENCE_END = regex.compile(r"[.!?…][\"'”’»)\]]{0,2}$")
CJK_END = regex.compile(r"[。！？…][」』）”’]{0,2}$")
WORD = regex.compile(r"\w[\w'’-]*")
# Words that sentences are made of, in the languages that the rules were tried on; names and labels have few of them.
SMALL_WORDS = frozenset(
    "a an the of to in on at by for from with and or but that which who as is are was were be been has had have it its "
    "this these those he she they we you i his her their our my not if when than so because into about would can will "
    "der die das den dem ein eine einer und oder nicht ist sind war mit von zu auf im für sich des als auch es er sie "
    "le la les un une des du de et ou est sont était dans pour que qui ne pas sur avec il elle ce cette au aux plus "
    "el los las una y o es son fue en por para con no se su lo como del al más "
    "il gli di che è e sono per una con non si da nel della het een van en niet zijn op te dat met".split()
)
CITATION = regex.compile(
    r"\bRetrieved\b|\bAccessed\b|\bISBN\b|\bISSN\b|\bdoi\b|\bpp?\.\s?\d|\bVol\.|\beds?\.|https?://|\bwww\.|\bPress\b|"
    r"\bJournal\b|\bet al\b|\bop\. cit|\bibid\b|\bArchived\b|\(\d{4}\)",
    regex.IGNORECASE,
)
TEASER_END = regex.compile(r"(?:\.{3,}|…)\.?$|\[(?:…|\.\.\.)\]$")


class Lines:
    """A text cut into lines. `starts[i]` is where line i begins, `texts[i]` what it reads without the spaces around it."""

    def __init__(self, text: str) -> None:
        self.text = text
        parts = text.split("\n")
        self.starts: list[int] = []
        at = 0
        for part in parts:
            self.starts.append(at)
            at += len(part) + 1
        self.texts = [part.strip() for part in parts]

    def __len__(self) -> int:
        return len(self.texts)

    def end(self, index: int) -> int:
        """Where line `index` ends, with its line end."""
        return self.starts[index + 1] if index + 1 < len(self.starts) else len(self.text)

    @cached_property
    def prose(self) -> list[bool]:
        """Whether each line reads like prose."""
        return [prose_like(line) for line in self.texts]

    @cached_property
    def last_prose(self) -> int:
        """The last line that reads like prose, or -1."""
        return max((index for index, is_prose in enumerate(self.prose) if is_prose), default=-1)


def prose_like(line: str) -> bool:
    """Whether a line reads like a sentence of prose, or a part of one.

    A line of a list, a citation, a name or a label does not; a hard-wrapped line of a sentence does.

    >>> prose_like("The mill stood by the river until the flood took its wheel.")
    True
    >>> prose_like("• The mill by the river"), prose_like("Contact us"), prose_like("Smith, J. (1999). Mills. Oxford Press.")
    (False, False, False)
    """
    if len(line) < 25 or MARKER.match(line):
        return bool(len(line) > 9 and CJK_END.search(line)) and not MARKER.match(line)
    words = WORD.findall(line[:400])
    if not words:
        return False
    small = sum(word.lower() in SMALL_WORDS for word in words)
    if CITATION.search(line) and (small < 8 or small / len(words) < 0.3):
        return False
    if not line.isascii() and len(words) < len(line) / 15:  # scripts without spaces
        return bool(CJK_END.search(line)) or len(line) > 60
    share = small / len(words)
    if SENTENCE_END.search(line) and not TEASER_END.search(line):
        return len(words) >= 6 and (share >= 0.15 or len(words) >= 25)
    return len(words) >= 8 and share >= 0.3 and not TEASER_END.search(line)


def list_like(line: str) -> bool:
    """Whether a line is an item of a list, a citation or a label: what back matter is made of.

    >>> list_like("1. ^ Rivers of the north"), list_like("It was raining when they left the house, and cold.")
    (True, False)
    """
    return not prose_like(line)
