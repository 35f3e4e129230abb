"""Site chrome around a text: what stands above it, and what stands below it.

Each line has a score, cues above nought and prose far below (see `scores`). What goes from the top, or from some line
to the bottom, is the stretch with the largest sum, as long as it has enough cues. The idea of cutting where a running
score is largest is that of body-text extraction (Finn, Kushmerick and Smyth, 2001).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import regex

from pipeline.rules.lines import MARKER, Lines, ends_sentence
from pipeline.rules.rule import SENTENCE, Span, Structural, examples
from pipeline.rules.structural.cues import FIRM, STAMP, SURE, is_minor
from pipeline.rules.structural.scores import (
    ARTICLE,
    DENSE,
    LOOSE,
    PROSE,
    PROSE_SHARE,
    RIGHTS,
    SITES,
    cue_lines,
    cues_of,
    enough,
    facts,
    is_thread,
    posts_end,
    prose_above,
    scorer,
)

BYLINE = regex.compile(
    r"(?i)(?:by|von|par|por)\b.*|.*(?<!\d)(?:19|20)\d\d(?!\d).*|written by.*|author.*|updated.*|published.*"
)
INSIDE = regex.compile(
    r"(?i)advert(?:isement|isment|ising)?\b|(?:story|article) continues|continue reading"
    r"|(?:read (?:more|also|next)|also read|see also|watch|related|recommended|more)"
    r"(?: (?:story|stories|article|video))?\s?:|was this\b"
    r"|(?:share|tweet|pin|print|e-?mail|save|facebook|twitter|x|linkedin|pinterest|whatsapp|reddit)\b"
    r"(?!.*\b(?:our|to)\b)"
)
NAME = regex.compile(r"\p{Lu}[^:|]*\p{Ll}[^:|]*$")  # no field, and no date
PATH = regex.compile(r" [/>»›] ")
LETTER = regex.compile(r"\p{L}")
IDEOGRAPHS = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}ー]{7}")  # several words, with no spaces between them
CLAUSE = regex.compile(r"(?:\d{1,2}(?:\.\d{1,2})*[.)]|\(?[a-z]\))\s+\p{Lu}.*[.;]$")
PRICE = re.compile(r"[$€£¥] ?\d")
DIGITS = re.compile(r"\d+")
OFTEN = 3  # so often above the text's end, a cue belongs to the items of a list
LABELS, NEIGHBOURS = 6, 4  # words of a label in a menu; so many others stand above it and below it
NEAR = 8  # lines above the text, in which a label may be its title
DROP = 5  # what the sum at the top may lose on its way to the next cue


def find_head(lines: Lines) -> Sequence[Span]:
    """Propose to drop the chrome at the top. Lines that can be a title, an author or a date stay."""
    cues = cues_of(lines)
    if not cues or len(cue_lines(lines)) < 2:
        return ()
    cut = _top(lines, frozenset())
    if cut >= 0:  # facts take long to find, and few texts have anything above them that could go
        cut = _top(lines, facts(lines))
    above = [i for i in cue_lines(lines) if i <= cut]
    if all(RIGHTS.match(lines.texts[i]) for i in above):
        return ()  # rights alone stand on a title page, or over a licence
    if len(above) == 2 and cues[above[0]] == FIRM and cues[above[1]] < SURE and not any(lines.texts[: above[0]]):
        return ()  # "Privacy policy" over "Who we are": the title of a text, and the heading of its first part
    prose = prose_above(lines)
    below = prose[-1] - prose[cut + 1]
    if below < max(PROSE, PROSE_SHARE * prose[cut + 1], lines.starts[cut] / 8):
        return ()
    is_article = below >= ARTICLE and below * 3 >= len(lines.text) - lines.starts[cut]
    if not enough(lines, cues, 0, cut + 1, LOOSE if is_article else DENSE):
        return ()
    kept = _titles(lines, cues, cut, over_facts=_over_facts(lines, cut), is_article=is_article)
    spans = []
    for index in range(cut + 1):
        line = lines.texts[index]
        if line and index not in kept and not lines.is_prose(index) and not _is_byline(line, cues[index]):
            spans.append(Span(lines.starts[index], lines.end(index), "", "chrome.head"))
    return spans


def _top(lines: Lines, told: frozenset[int]) -> int:
    """The cue at the top down to which the sum is largest, above what is `told`; -1 if there is none."""
    score = scorer(lines)
    best, total, cut = 0.0, 0.0, -1
    for index in range(cue_lines(lines)[-1] + 1):
        here = score(index)
        total += here
        if total < best - DROP or index in told:
            break  # the text has begun
        if here >= 2 and total >= best:
            best, cut = total, index
    return cut


def _titles(lines: Lines, cues: Sequence[int], cut: int, *, over_facts: bool, is_article: bool) -> set[int]:
    """The lines down to `cut` that can be titles: those of four words, or else a label that the text speaks of.

    Above an article, none that stands in the midst of a menu can be; but what has prices is a list of goods.

    Over a row of facts, which speak of nothing, it is the last two labels, if one stands on the other. If nothing else
    can be a title, it is the last label of three words.
    """
    labels = [i for i in range(cut) if lines.texts[i] and not cues[i] and not MARKER.match(lines.texts[i])]
    long = {i for i in labels if len(lines.texts[i].split()) >= 4 or IDEOGRAPHS.match(lines.texts[i])}
    if is_article and sum(PRICE.search(line) is not None for line in lines.texts[:cut]) < OFTEN:
        long -= {i for i in long if _is_listed(lines, i, cut)}
    body = lines.text[lines.end(cut) :][:3000].casefold()
    near = [i for i in labels if i >= cut - NEAR and LETTER.search(lines.texts[i])]
    named = [i for i in near if all(word in body for word in lines.texts[i].casefold().split())]
    if over_facts and not named:
        named = [i for i in labels if i >= labels[-1] - 1]
    path = [i for i in labels[1:] if lines.texts[i - 1].casefold().endswith((" " + lines.texts[i]).casefold())]
    if any(i >= cut - 2 * NEAR for i in (*long, *path)):
        named = []
    if all(is_minor(lines.texts[i]) or PATH.search(lines.texts[i]) for i in (*long, *path, *named)):
        named = [i for i in labels if len(lines.texts[i].split()) == 3 and NAME.match(lines.texts[i])][-1:]
    if not over_facts:  # of several, the longest, and then the last
        named = sorted(named, key=lambda i: len(lines.texts[i].split()))[-1:]
    return {*long, *path, *named[-2:]}


def _is_listed(lines: Lines, index: int, cut: int) -> bool:
    """Whether a label stands in the midst of a menu: far from the text, with several short labels above and below."""
    if cut - index < 2 * NEAR or len(lines.texts[index].split()) > LABELS:
        return False
    return all(_in_row(lines, index, step) >= NEIGHBOURS for step in (-1, 1))


def _in_row(lines: Lines, index: int, step: int) -> int:
    """How many short labels stand in a row beside a line, on one side of it."""
    count = 0
    beside = lines.beside(index, step)
    while count < NEIGHBOURS and beside is not None and len(lines.texts[beside].split()) <= LABELS:
        if ends_sentence(lines.texts[beside]):
            break
        count += 1
        beside = lines.beside(beside, step)
    return count


def _over_facts(lines: Lines, cut: int) -> bool:
    """Whether the text below line `cut` begins with facts: whether no prose stands between the two."""
    first = min((index for index in facts(lines) if index > cut), default=cut)
    return first > cut and prose_above(lines)[first] == prose_above(lines)[cut + 1]


def _is_byline(line: str, cue: int) -> bool:
    return STAMP.fullmatch(line) is not None if cue else BYLINE.fullmatch(line) is not None


def find_tail(lines: Lines) -> Sequence[Span]:
    """Propose to drop the chrome at the bottom, from the cue on with which the sum is largest.

    Above it there is prose, far more of it than in the chrome (teasers, notices); what prose follows it stays.
    """
    cues = cues_of(lines)
    if not cues or len(cue_lines(lines)) < 2:
        return ()
    score = scorer(lines)
    posts = posts_end(lines)
    places = {i for i in cue_lines(lines) if i >= posts and score(i) >= 2 and lines.texts[i].lower() not in SITES}
    if len(places) < 2:
        return ()
    bottom = cue_lines(lines)[-1]
    cuts = _cuts(lines, places, frozenset())
    if len(cuts) > 1 and not is_thread(lines):
        cuts = _cuts(lines, places, facts(lines))
    if len(cuts) < 2:
        return ()
    ends = not any(map(lines.is_prose, range(bottom + 1, len(lines))))
    prose = prose_above(lines)
    share = 1000 if is_thread(lines) else PROSE_SHARE
    cut = next(
        (-i for _, i in sorted(cuts, reverse=True) if prose[-i] >= max(PROSE, share * (prose[bottom] - prose[-i]))),
        -1,
    )
    cut = _below_repeated(lines, _below_inside(lines, cues, cut, sorted(places)), sorted(places))
    if cut < 0:
        return ()
    body = lines.starts[cut] - next(start for start, above in zip(lines.starts, prose[1:], strict=False) if above)
    is_text = prose[cut] * 2 >= body
    if _is_written(lines, cues, range(cut, bottom + 1)):
        return ()
    if not ends and all(cue < FIRM for cue in cues[cut : bottom + 1]):
        return ()
    if not is_text and (len(lines.text) > 3 * lines.starts[cut] or prose[cut] < 8 * (prose[bottom] - prose[cut])):
        return ()  # a page of lists
    if not enough(lines, cues, cut, bottom + 1, LOOSE if is_text and prose[cut] >= ARTICLE else DENSE):
        return ()
    return [Span(lines.starts[cut], len(lines.text) if ends else lines.end(bottom), "", "chrome.tail")]


def _cuts(lines: Lines, places: set[int], told: frozenset[int]) -> list[tuple[float, int]]:
    """The places at the bottom from which all could go, below what is `told`: the sum from each on, and its line, by
    which the first is the best of equal ones."""
    score = scorer(lines)
    total = 0.0
    cuts: list[tuple[float, int]] = []
    for index in range(cue_lines(lines)[-1], min(places) - 1, -1):
        total += score(index)
        if total > 0 and index in places:
            cuts.append((total, -index))
        if total < -12 or index in told:
            break  # the text ends here
    return cuts


def _is_written(lines: Lines, cues: Sequence[int], cut: range) -> bool:
    """Whether cues are the headings of a text: it has clauses, as a contract, or prose under at least half of them."""
    if sum(CLAUSE.match(lines.texts[index]) is not None for index in cut) > 1:
        return True
    found = [index for index in cut if cues[index]]
    below = (lines.beside(index, 1) for index in found)
    headings = sum(index is not None and not cues[index] and lines.is_solid(index) for index in below)
    return 2 * headings >= len(found)


def _below_inside(lines: Lines, cues: Sequence[int], cut: int, places: Sequence[int]) -> int:
    """The line of a cue from `cut` on behind which no sentence of the text follows; -1 if there is none.

    An advertisement, a pointer to another page or a row of buttons may stand inside of an article as well.
    """
    while cut >= 0 and INSIDE.match(lines.texts[cut]):
        rest = range(cut, len(lines))
        below = next((at for at in rest if lines.texts[at] and not INSIDE.match(lines.texts[at])), len(lines))
        after = next((at for at in rest[below - cut :] if cues[at]), len(lines))
        if not any(map(ends_sentence, lines.texts[below:after])):
            break
        cut = next((place for place in places if place > below), -1)
    return cut


def _below_repeated(lines: Lines, cut: int, places: Sequence[int]) -> int:
    """The line of a cue from `cut` on that is none of those that stand under each item of a list, or over each post.

    Such a cue stands above too, several times, but for its number.
    """
    cues, first = cues_of(lines) or (), cut
    alike: dict[str, list[int]] = {}  # the lines that are the same but for numbers
    for index, line in enumerate(lines.texts if cut >= 0 else ()):
        alike.setdefault(_unnumbered(line), []).append(index)
    while cut >= 0:
        same = alike[_unnumbered(lines.texts[cut])]
        if sum(index < cut for index in same) < OFTEN:
            break
        cut = next((place for place in places if place > same[-1]), -1)
    below = range(first, cut if cut >= 0 else len(lines))
    return cut if any(lines.texts[index] and not cues[index] for index in below) else first


@lru_cache(maxsize=4096)
def _unnumbered(line: str) -> str:
    is_stamp = ":" in line and len(line) < 120 and STAMP.fullmatch(" ".join(line.split()))
    return "at" if is_stamp else DIGITS.sub("", line.casefold())


RULES = (
    Structural(
        id="chrome.tail",
        about="Site chrome under the text: share buttons, teasers of other pages, newsletter forms, footers.",
        find=find_tail,
        match=examples(f"{SENTENCE}\n⟦Share\nRelated posts\nThe weir\nRead more\nFollow us\n⟧"),
        keep=examples(
            f"{SENTENCE}\nContact",
            f"Share\nHome\nSearch\n{SENTENCE}",
            f"{SENTENCE}\nFacebook\nTwitter\nReddit\nYouTube\n",
            f"Related posts\n{SENTENCE}\nContact\n{SENTENCE}",
        ),
    ),
    Structural(
        id="chrome.head",
        about="Site chrome above the text: skip links, menus, search boxes. Titles, authors and dates stay.",
        find=find_head,
        match=examples(
            f"⟦Skip to content\n⟧⟦Menu\n⟧⟦Mills\n⟧⟦Search\n⟧{SENTENCE}",
            f"⟦Skip to content\n⟧⟦Menu\n⟧The wheel\n⟦Weir\n⟧⟦Search\n⟧{SENTENCE}",
        ),
        keep=examples(
            f"The Mill Licence\n\nCopyright (c) 1999, Ann Hill\nAll rights reserved.\n{SENTENCE}",
            f"Home\n{SENTENCE}",
            f"The mill\nMay 3, 2019\n{SENTENCE}",
            "Home\nSearch\nMenu\nContact",
        ),
    ),
)
