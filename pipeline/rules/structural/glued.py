"""Tooltips that stand behind their link on its line, as an older layout of the same sites has them.

    Ann lived in
    Lowford Lowford is a town of bakers by the river Lowe, with five bridges and a ferry that takes the people to ...
    , where she died.

Nothing parts the link from the summary. What tells where it ends is that the summary says the link's words again, at
its start. Where the link is the caption of a picture, it stands below the summary once more, after a blank line.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

LONGEST = 80  # characters of a link
SHORTEST = 60  # characters of a summary
HEAD = 12  # words at the start of a summary, in which the link's words are looked for
SLACK = 0.9  # a summary is cut at a word, so it may be this much shorter than the longest
SPLIT = regex.compile(r"(?<=[\p{L}\p{N}.’')])(?: (?=[\p{Lu}\d\"“'_])|(?<=\p{Ll})(?=\p{Lu}))")
NO_LINK = regex.compile(r"[,;:(]|\b(?:is|was|are|were|has|had)\b")  # what a sentence has, and a link has not
ARTICLE = regex.compile(r"(?:__[A-Z]+__ )?(?:In [^,]{3,40}, )?(?:(?:[Aa]n?|[Tt]he) )?")
WORD = regex.compile(r"[\p{L}\p{N}]+")
STEM = 4  # letters by which two words are the same


def links(lines: Sequence[str], ends: Sequence[int]) -> dict[int, str]:
    """The link at the start of each of the lines `ends` that a summary ends on, if the document is of this layout.

    >>> row = "mill A mill is a house in which corn is ground between two stones, one above the other, to make ..."
    >>> links([row, ", and went on."] * 3, [0, 2, 4])[2]
    'mill'
    >>> row = "Lowe County __NOTOC__ Lowe County () is a part of the land in the north, with a court of its own and ..."
    >>> links([row, ", and went on."] * 3, [0, 2, 4])[2]
    'Lowe County'
    """
    found = {end: _link(lines, end) for end in ends}
    sure = {end: link for end, link in found.items() if link and _is_sure(lines, end, link)}
    if len(sure) < 3 or len(sure) * 2 < len(ends):
        return {}
    size = max(len(lines[end]) - len(link) for end, link in sure.items())
    cut = {end: link for end, link in found.items() if link and len(lines[end]) - len(link) >= size * SLACK}
    return cut | sure


def resumes(lines: Sequence[str], end: int, link: str) -> int:
    """The line on which the sentence goes on: the next one, or the one below the link that is there once more."""
    if end + 2 < len(lines) and not lines[end + 1].strip() and lines[end + 2].strip().casefold() == link.casefold():
        return end + 3
    return end + 1


def _link(lines: Sequence[str], end: int) -> str:
    """The most likely link at the start of a line; empty if there is none."""
    line = lines[end]
    above = lines[end - 1].strip().casefold() if end else ""
    if above and line.casefold().startswith(above):
        return ""  # the link is on a line of its own
    if end + 2 < len(lines) and not lines[end + 1].strip():
        again = lines[end + 2].strip()
        if 0 < len(again) <= min(LONGEST, len(line) - SHORTEST) and line.casefold().startswith(again.casefold()):
            return line[: len(again)]
    places = [match.start() for match in SPLIT.finditer(line, 1, LONGEST)]
    places = [at for at in places if not NO_LINK.search(line[:at]) and len(line) - at >= SHORTEST]
    best = max(places, key=lambda at: _likeness(line[:at], line[at:]), default=0)
    return line[:best] if best and _likeness(line[:best], line[best:]) >= (False, 0.5) else ""


def _is_sure(lines: Sequence[str], end: int, link: str) -> bool:
    """Whether a link stands below its summary once more, or its first word starts the summary."""
    return resumes(lines, end, link) > end + 1 or _likeness(link, lines[end][len(link) :])[0]


def _likeness(link: str, summary: str) -> tuple[bool, float]:
    """Whether a summary starts with the first word of a link, and how many of the link's words are in its head."""
    body = summary.lstrip().casefold()
    head = _stems(ARTICLE.sub("", summary.lstrip(" '\"“"), count=1))[:HEAD] or _stems(body)[:HEAD]
    words = _stems(link)
    if not (head and words):
        return False, 0.0
    return words[0] == head[0], sum(word in head for word in words) / len(words)


def _stems(text: str) -> list[str]:
    return [word.casefold()[:STEM] for word in WORD.findall(text[:400])]
