"""Keyword lines: the search phrase or the title of the page, put between the paragraphs again and again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import regex

from pipeline.rules.lines import MARKER, Lines, ends_cjk, ends_sentence
from pipeline.rules.rule import Span, Structural, examples

ID = "keywords.repeated"
SITE = regex.compile(r"(?P<title>.{8,}?)\s+(?:\||–|—|-|»|::)\s+(?P<site>[^|]{2,40})")
BAR = re.compile(r"\s(?:\||–|—|-|»|::)\s")
WORDS = re.compile(r"\w+")
FEWEST = 3  # how often a phrase must stand as a line of its own


def find(lines: Lines) -> Sequence[Span]:
    """Propose to drop the repetitions of a phrase that stands as a line of its own all over a document.

    The first of them stays if the document starts with it (it is its title); a line `Title | Site` goes with them.
    """
    if not _may_repeat(lines):
        return ()
    keys = [_key(line) if _is_phrase(line) else "" for line in lines.texts]
    counts = Counter(key for key in keys if key)
    sites = _site_titles(lines, keys)
    first = [index for index, line in enumerate(lines.texts) if line][:3]
    of_page = {keys[index] for index in first} | sites
    phrases = {key for key, count in counts.items() if key in of_page and _repeats(lines, keys, key, count)}
    if not phrases:
        return ()
    title = first[0]
    site = SITE.fullmatch(lines.texts[title])
    if keys[title] not in phrases and not (site and _key(site["title"]) in phrases):  # a path or a menu above the title
        title = next((index for index in first if keys[index] in phrases), title)
    spans = []
    for index, key in enumerate(keys):
        line = lines.texts[index]
        site = site_title(line)
        named = _key(site["title"]) if site else ""
        if index != title and (key in phrases or key in sites or named in phrases or named in sites):
            spans.append(Span(lines.starts[index], lines.end(index), "", ID))
    return spans


def _site_titles(lines: Lines, keys: Sequence[str]) -> set[str]:
    """The titles of lines `Title | Site`: of one at the top, or of one whose title stands alone elsewhere."""
    titles, alone = set(), frozenset(keys)
    for index, line in enumerate(lines.texts):
        match = site_title(line)
        if match and (index < 12 or _key(match["title"]) in alone):
            titles.add(_key(match["title"]))
    return titles


def site_title(line: str) -> regex.Match[str] | None:
    """The parts of a line `Title | Site`, if it is one."""
    return SITE.fullmatch(line) if len(line) < 160 and BAR.search(line) else None


def ascii_lower(line: str) -> str:
    """The line with its ASCII letters in lower case, as `bytes.lower` does it."""
    return line.encode(errors="replace").lower().decode()


def _may_repeat(lines: Lines) -> bool:
    """A cheap test: whether one of the lines that can name the page stands in the text often enough."""
    top = [line for line in lines.texts[:24] if line][:12]
    names = [ascii_lower(line) for line in top[:3] if len(line) <= 120]
    names += [ascii_lower(match["title"]) for line in top if (match := site_title(line))]
    names = [name for name in names if 10 <= len(name) <= 120 and name[-1] not in ".!?"]
    if not names:
        return False
    folded = lines.data.lower()  # only ASCII letters are folded, as they are in the names
    return any(folded.count(name.encode(errors="replace")) >= FEWEST for name in names)


def _is_phrase(line: str) -> bool:
    """Whether a line is a phrase: at least three words, no sentence, no item of a list."""
    return (
        10 <= len(line) <= 120
        and not ends_sentence(line)
        and not ends_cjk(line)
        and not MARKER.match(line)
        and not line.startswith(("--", "—", "–"))  # who wrote what stands above
        and line[-1] not in ",;:-–—_)]}>=*\\|{"
        and len(WORDS.findall(line)) >= 3
        and not any(char.isdigit() for char in line)
    )


def _key(line: str) -> str:
    return " ".join(WORDS.findall(line.casefold()))


def _repeats(lines: Lines, keys: Sequence[str], key: str, count: int) -> bool:
    """Whether a phrase is put in between: often enough, each time over or under prose, never twice the same neighbours.

    The refrain of a poem, a speaker's name or a column's head repeat as well, but among lines that are no prose.
    """
    if count < FEWEST:
        return False
    places = [index for index, other in enumerate(keys) if other == key]
    by_prose = sum(_prose_near(lines, index) for index in places)
    return by_prose >= FEWEST - 1 and by_prose * 2 > len(places)


def _prose_near(lines: Lines, index: int) -> bool:
    """Whether the next lines above and below that are not blank read like prose in full (not a wrapped line)."""
    below = lines.beside(index, 1)
    above = lines.beside(index, -1)
    return any(i is not None and lines.is_prose(i) and len(lines.texts[i]) >= 160 for i in (above, below))


_PROSE = (
    "The old mill was built by the monks, and for four hundred years it ground the corn of the whole valley, until the "
    "flood of that winter took the wheel and the weir, and with them the living of nine families."
)

RULE = Structural(
    id=ID,
    about="A phrase that stands between the paragraphs again and again: the keywords or the title of the page.",
    find=find,
    match=examples(
        f"old mill history\n⟦Old mill history | Valley Pages\n⟧⟦old mill history\n⟧{_PROSE}\n\n"
        f"⟦Old Mill History\n⟧{_PROSE}\n\n⟦old mill history\n⟧{_PROSE}",
    ),
    keep=examples(
        "The mill wheel turns and turns\nand no one stops to see\nThe mill wheel turns and turns\nthe water to the "
        "sea\nThe mill wheel turns and turns\nfor you and not for me",
        f"The old mill wheel\n{_PROSE}\nThe old mill weir\n{_PROSE}\nThe old mill door\n{_PROSE}",
        f"Mills of the valley\n{_PROSE}\nA mill\n{_PROSE}\nWhy we chose this mill\n{_PROSE}\n"
        f"Why we chose this mill\n{_PROSE}\nWhy we chose this mill\n{_PROSE}",
        f"old mill history\n\n{_PROSE}\n\nold mill history\n\n{_PROSE}",
        f"{_PROSE}\n-- Ann Hill, the miller\n\n{_PROSE}\n-- Ann Hill, the miller\n\n{_PROSE}\n-- Ann Hill, the miller",
        f"grind the corn \\\n{_PROSE}\n\ngrind the corn \\\n{_PROSE}\n\ngrind the corn \\\n{_PROSE}",
    ),
)
