"""What the lines of a page look like to the rules of site chrome: their cues, their scores, the prose above them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import accumulate

import regex

from pipeline.rules.lines import MARKER, TEASER_END, Lines, prose_like
from pipeline.rules.structural.cues import FIRM, FURNITURE, MAYBE, STAMP, SURE, WEAK, is_minor, strength

SENTENCE_END = regex.compile(r"[.!?][\"'”’)\]]*$")
ENDS = frozenset(".!?…]\"'”’)")
STEM = regex.compile(r"[^a-z].*")
CODE = regex.compile(r"[;{}]$|^[})\]]|=>|[\w\])]\(.*\)$|\w = \S|^</?\w+|^import |^from .* import ")
# What stands between cues and under the items of a table of offers alike.
OFFER = regex.compile(
    r"(?i)(?:learn more|details|view|compare|get started|(?:shop|book|order|buy|apply|register|download) now|pricing"
    r"|(?:try|start) .{0,10}free|request a demo|get a quote|\W)(?: ?[»›→])?"
)
# Names that stand in lists of other kinds as well: four of them alone are no menu.
SITES = frozenset("facebook twitter instagram youtube linkedin pinterest reddit discord github x whatsapp".split())
RIGHTS = regex.compile(r"(?i)\W*(?:©|copyright|\(c\))")
RIGHTS_OF_A_SITE = 3  # different copyright lines; a text with more is about rights
MENUS = 5  # how often a menu may stand in a page; what stands there more often is the cell of a table
LABELS = 8  # words; a longer line that is no cue is not taken for a label
DENSE, LOOSE = 4, 10  # of so many lines of chrome one at least is a cue: on any page, and around an article
PROSE, PROSE_SHARE = 100, 5  # characters of prose above a footer, and how many times that in it
ARTICLE = 1000  # characters of prose that make a page an article
# The scores below were chosen on pages of WCXB (Foley, 2026), parted by site.
CUE_SCORE = {WEAK: 2.0, FIRM: 3.0, SURE: 3.0}
MINOR_SCORE, REPEATED_SCORE, BULLET_SCORE, LABEL_SCORE = 0.8, 0.5, 0.2, 0.1


@lru_cache(maxsize=1)
def cues_of(lines: Lines) -> list[int] | None:
    """The strength of each line as a cue, or none where no line is one. Lists of copyright lines are none."""
    if not MAYBE.search(lines.data):
        return None
    cues: list[int] | None = None
    for match in MAYBE.finditer(lines.text):
        index = lines.at(match.start())
        found = strength(lines.texts[index])
        if found:
            cues = cues or [0] * len(lines)
            cues[index] = found
    rights = [i for i, cue in enumerate(cues or ()) if cue == WEAK and RIGHTS.match(lines.texts[i])]
    if cues and len({lines.texts[i] for i in rights}) > RIGHTS_OF_A_SITE:
        for index in rights:
            cues[index] = 0
    return cues


@lru_cache(maxsize=1)
def scorer(lines: Lines) -> Callable[[int], float]:
    """A function that scores a line by its index: cues are above nought, prose is far below, and labels near it."""
    cues = cues_of(lines) or [0] * len(lines)
    counts = Counter(line for line in lines.texts if 2 < len(line) < 60)

    @cache
    def score(index: int) -> float:
        line, cue = lines.texts[index], cues[index]
        if not line:
            return 0.0
        if cue:
            return MINOR_SCORE if OFFER.fullmatch(line) or STAMP.fullmatch(line) else CUE_SCORE[cue]
        ends = line[-1] in ENDS
        if ends and TEASER_END.search(line):
            return 1.0
        marked = MARKER.match(line)
        if _is_text(lines, index):
            return -2.0 - min(len(line), 600) / 80
        if is_minor(line) and counts[line] <= MENUS:
            return MINOR_SCORE
        if len(line) < 200 and CODE.search(line):
            return -2.0
        if ends and SENTENCE_END.search(line):
            return -1.0
        if counts[line] > 1:
            return REPEATED_SCORE if counts[line] <= MENUS else -0.4
        words = len(line.split())
        if marked:
            return BULLET_SCORE if words <= LABELS else -0.4
        return LABEL_SCORE if words <= 4 and line[0].isupper() and line[-1] not in ",;:" else -0.4

    return score


@lru_cache(maxsize=1)
def prose_above(lines: Lines) -> list[int]:
    """How many characters of prose stand above each line."""
    cues = cues_of(lines) or [0] * len(lines)
    sizes = (
        len(text) if len(text) > 9 and not cues[i] and _is_text(lines, i) else 0 for i, text in enumerate(lines.texts)
    )
    return list(accumulate(sizes, initial=0))


def _is_text(lines: Lines, index: int) -> bool:
    """Whether a line reads like prose, or like an item of prose in a list."""
    line = lines.texts[index]
    if lines.is_prose(index):
        return not TEASER_END.search(line)
    return len(line) > 80 and MARKER.match(line) is not None and prose_like(MARKER.sub("", line, count=1))


def enough(lines: Lines, cues: Sequence[int], first: int, after: int, density: int) -> bool:
    """Whether a stretch of lines has enough cues: two, one firm, or four different ones; one line in `density`.

    Labels that stand twice in the text, countries, dates and the like count for a quarter of a cue each.
    """
    hits = [index for index in range(first, after) if cues[index]]
    if len(hits) < 2:
        return False
    size = sum(1 for line in lines.texts[first:after] if line)
    if len(hits) * density < size:
        if density == DENSE:
            return False
        score = scorer(lines)
        support = sum(1 for index in range(first, after) if MINOR_SCORE >= score(index) >= REPEATED_SCORE)
        if (len(hits) + support / 4) * density < size:
            return False
    different = {lines.texts[index].lower() for index in hits} - SITES
    return any(cues[index] >= FIRM for index in hits) or len(different) >= 4


@lru_cache(maxsize=1)
def is_thread(lines: Lines) -> bool:
    """Whether the text is the thread of a forum: three lines and more, of two kinds, that only forums have."""
    cues = cues_of(lines) or ()
    shapes = [
        STEM.sub("", lines.texts[i].lower())
        for i, cue in enumerate(cues)
        if cue and FURNITURE.fullmatch(lines.texts[i])
    ]
    return len(shapes) >= 3 and len(set(shapes)) > 1
