"""What the lines of a page look like to the rules of site chrome: their cues, their scores, the prose above them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import accumulate
from typing import NamedTuple

import regex

from pipeline.recent import forgets
from pipeline.rules.lines import MARKER, Lines, is_teaser, prose_like
from pipeline.rules.structural.cues import COMMENTS, FIRM, FURNITURE, STAMP, SURE, WEAK, cues_among, is_minor, maybe

SENTENCE_END = regex.compile(r"[.!?][\"'”’“»«)\]]*$")
ENDS = frozenset(".!?…]\"'”’“»«)")
IDEOGRAPH = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")
STEM = regex.compile(r"[^a-z].*")
CODE = regex.compile(r"[;{}]$|^[})\]]|=>|[\w\])]\(.*\)$|\w = \S|^</?\w+|^import |^from .* import ")
CODED = re.compile(r"[;{}\])=(<]|^(?:import|from) ")  # a line of code has one of these, and this search is fast
TEASERS = regex.compile(
    r"(?i)(?:related|similar|recent|popular|latest|trending|most (?:read|popular|viewed)|you (?:may|might)|tags"
    r"|more (?:from|stories|articles|news)|archives)\b"
)
# What stands between cues, and under the items of a table of offers or the pictures of a text alike.
OFFER = regex.compile(
    r"(?i)(?:learn more|details|view|compare|get started|(?:shop|book|order|buy|apply|register|download) now|pricing"
    r"|(?:try|start) .{0,10}free|request a demo|get a quote|\W)(?: ?[»›→])?"
    r"|(?:hide|toggle) caption|\W?(?:click|tap) .{0,24}\b(?:enlarge|larger)\b.*|enlarge .*|view (?:larger )?image\b.*"
)
# Names that stand in lists of other kinds as well: four of them alone are no menu.
SITES = frozenset("facebook twitter instagram youtube linkedin pinterest reddit discord github x whatsapp".split())
RIGHTS = regex.compile(r"(?i)\W*(?:©|copyright|\(c\)|all rights reserved)")
RIGHTS_OF_A_SITE = 3  # different copyright lines; a text with more is about rights
MENUS = 5  # how often a menu may stand in a page; what stands there more often is the cell of a table
LABELS = 8  # words; a longer line that is no cue is not taken for a label
# What a recipe takes of something: no site's menu says that.
AMOUNT = regex.compile(
    r"(?:[^\w\s(\[]\s+)?(?:(?:\d+[ ])?\d+(?:[./]\d+)?[ ]?[¼½¾⅓⅔]?|[¼½¾⅓⅔])[ ]?"
    r"(?:k?g|[mcd]?l|oz|lbs?|tsp|tbsp|cups?|(?:tea|table)spoons?|pounds?|ounces?|grams?)\.?[ ](?:of[ ])?\p{L}"
)
# What a row of facts says: an amount, a field and its value, a numbered answer, a line of verse, a question, a price,
# hours, a score, times. One such line may stand in a menu, a run of them does not.
FACT = regex.compile(
    r"""(?x) (?:[^\w\s(\[]\s+)? (?:
      [\d¼½¾⅓⅔][\d¼½¾⅓⅔./,–-]*\ ?\p{L}[\p{L}\ ,.'’()-]*
    | \p{L}[\p{L}\d\ ()/'’.-]{0,30}:\ \S.*
    | (?:\d{1,2}|[A-Ha-h])[.)]\ \S.*
    | \p{Ll}+[,;]?(?:\ \S+){2,}
    | \p{Lu}\S*(?:\ \S+){3,}\?
    | (?!\p{L}+\.?\ (?:19|20)\d\d$|.*\(\d+\)$)\S.*[\ (£$€]\d[\d.,:/–-]*\ ?(?:[ap]\.?m\.?|[£$€%\p{L}]{1,3})?\)?
    | \S.*\ \d{1,3}\ ?[-–:]\ ?\d{1,3}\ .*
    | [\d:.–-]+(?:\ [\d:.–-]+)+
    )"""
)
FACTS = 3  # lines that are a row of facts
BUTTONS = 2  # so many cues do not end a row of facts
FACT_LENGTH = 80  # characters
# The buttons under a post, and how many rows of them make a page one of posts, however short.
FOOT = regex.compile(
    r"(?i)(?:reply|quote|\d+ likes?|link to (?:post|comment)|share on other sites|permalink|logged"
    r"|improve this (?:answer|question)|was this helpful|(?:back|return) to top)(?: \w+){0,4}\??"
)
POSTS = 3
DENSE, LOOSE = 4, 10  # of so many lines of chrome one at least is a cue: on any page, and around an article
PROSE, PROSE_SHARE = 100, 5  # characters of prose above a footer, and how many times that in it
ARTICLE = 1000  # characters of prose that make a page an article
# The scores below were chosen on pages of WCXB (Foley, 2026), parted by site.
CUE_SCORE = {WEAK: 2.0, FIRM: 3.0, SURE: 3.0}
MINOR_SCORE, REPEATED_SCORE, BULLET_SCORE, LABEL_SCORE = 0.8, 0.5, 0.2, 0.1


@lru_cache(maxsize=1)
def cues_of(lines: Lines) -> list[int] | None:
    """The strength of each line as a cue, or none where no line is one. Lists of copyright lines are none.

    Most lines of a text stood in the one before, which is the same document a round ago: they are not looked at again.
    """
    global _before
    if not maybe().search(lines.data):
        return None
    texts, (seen, cue_texts) = lines.texts, _before
    present = set(texts)
    found = {line: cue for line, cue in cue_texts.items() if line in present}
    if fresh := present - seen:
        found |= cues_among([*fresh])
    _before = present, found
    if not found:
        return None
    cues = [found.get(line, 0) for line in texts]
    rights = [i for i, cue in enumerate(cues) if cue == WEAK and RIGHTS.match(texts[i])]
    if len({texts[i] for i in rights}) > RIGHTS_OF_A_SITE:
        for index in rights:
            cues[index] = 0
    for index, cue in enumerate(cues):
        if cue and texts[index][0].islower() and is_amid(texts, cues, index):
            cues[index] = 0
    return cues


def is_amid(texts: Sequence[str], cues: Sequence[int], index: int) -> bool:
    """Whether a line is a link or a name of code that stood on a line of its own in the midst of a sentence: the line
    above ends none, and the one below goes on with it."""
    above, below = index and texts[index - 1], index + 1 < len(texts) and texts[index + 1]
    if not above or not below or cues[index - 1] or cues[index + 1] or SENTENCE_END.search(above):
        return False
    return below[0] in ",.;:)(" or (below[0].islower() and above.count(" ") > 1 and " " in below)


@lru_cache(maxsize=1)
def cue_lines(lines: Lines) -> list[int]:
    """The lines that are cues, in order."""
    return [index for index, cue in enumerate(cues_of(lines) or ()) if cue]


_before: tuple[set[str], dict[str, int]] = set(), {}  # the lines of the last text, and its cues


class Look(NamedTuple):
    """The score of a line that is no cue: where it stands once, again (as a menu may), and too often for a menu."""

    once: float
    again: float
    often: float


@lru_cache(maxsize=8192)  # most lines of a document are looked at again in its next round
def look(line: str) -> Look:
    """What a line that is no cue looks like by itself.

    >>> look("The harbour"), look("It was a cold day, and nobody came to the harbour before noon.").once < -2
    (Look(once=0.1, again=0.5, often=-0.4), True)
    """
    ends = line[-1] in ENDS
    if ends and is_teaser(line):
        return Look(1.0, 1.0, 1.0)
    if is_text(line):
        score = -2.0 - min(len(line), 600) / 80
        return Look(score, score, score)
    if len(line) < 200 and CODED.search(line) and CODE.search(line):
        rest = Look(-2.0, -2.0, -2.0)
    elif ends and SENTENCE_END.search(line):
        rest = Look(-1.0, -1.0, -1.0)
    else:
        words = len(line.split())
        if MARKER.match(line):
            once = BULLET_SCORE if words <= LABELS else -0.4
        else:
            once = LABEL_SCORE if words <= 4 and line[0].isupper() and line[-1] not in ",;:" else -0.4
        rest = Look(once, REPEATED_SCORE, -0.4)
    return Look(MINOR_SCORE, MINOR_SCORE, rest.often) if is_minor(line) else rest


@lru_cache(maxsize=1)
def scorer(lines: Lines) -> Callable[[int], float]:
    """A function that scores a line by its index: cues are above nought, prose is far below, and labels near it."""
    cues = cues_of(lines) or [0] * len(lines)

    @cache
    def score(index: int) -> float:
        line, cue = lines.texts[index], cues[index]
        if not line:
            return 0.0
        if cue:
            return MINOR_SCORE if OFFER.fullmatch(line) or STAMP.fullmatch(line) else CUE_SCORE[cue]
        count = _counts(lines)[line]
        seen = look(line)
        return seen.once if count <= 1 else seen.again if count <= MENUS else seen.often

    return score


@lru_cache(maxsize=1)
def _counts(lines: Lines) -> Counter[str]:
    """How often each short line stands in the text; many texts are never asked."""
    return Counter(line for line in lines.texts if 2 < len(line) < 60)


@lru_cache(maxsize=1)
def facts(lines: Lines) -> frozenset[int]:
    """The lines that tell something in few words and stand in a row: ingredients, fields of a table, hours, scores.

    Such a row has three facts and more, which are a third of it. One or two buttons may stand between them.
    What a heading of teasers numbers is none.
    """
    cues = cues_of(lines) or [0] * len(lines)
    found = {index for index, line in enumerate(lines.texts) if line and not cues[index] and AMOUNT.match(line)}
    row: list[int] = []
    above = ""  # the cue above the row
    between = 0  # cues in a row
    for index in [*filter(lines.texts.__getitem__, range(len(lines))), len(lines)]:
        line, cue = (lines.texts[index], cues[index]) if index < len(lines) else ("", 0)
        between = between + 1 if cue else 0
        if line and not cue and len(line) < FACT_LENGTH and not is_text(line):
            row.append(index)
            continue
        if not cue or between > BUTTONS or TEASERS.match(line):
            if not TEASERS.match(above):
                found.update(_facts_among(lines, row))
            row, above = [], ""
        if cue and not row:
            above = line
    return frozenset(found)


def _facts_among(lines: Lines, row: Sequence[int]) -> Sequence[int]:
    """The facts of a row, if there are enough of them."""
    told = [at for at in row if not is_minor(lines.texts[at]) and FACT.fullmatch(lines.texts[at])]
    return told if len({lines.texts[at] for at in told}) >= FACTS and 3 * len(told) >= len(row) else ()


@lru_cache(maxsize=1)
def prose_above(lines: Lines) -> list[int]:
    """How many characters of prose stand above each line."""
    cues = cues_of(lines) or [0] * len(lines)
    sizes = (
        size(line) if len(line) > 9 and not cue and is_text(line) else 0
        for line, cue in zip(lines.texts, cues, strict=True)
    )
    return list(accumulate(sizes, initial=0))


def size(line: str) -> int:
    """The characters of a line; an ideograph counts for three, since it says as much.

    >>> size("mill"), size("水車")
    (4, 6)
    """
    return len(line) + (0 if line.isascii() else 2 * len(IDEOGRAPH.findall(line)))


@lru_cache(maxsize=8192)
def is_text(line: str) -> bool:
    """Whether a line reads like prose, or like an item of prose in a list."""
    if prose_like(line):
        return not is_teaser(line)
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
    shapes = [shape for index in cue_lines(lines) if (shape := furniture(lines.texts[index]))]
    return len(shapes) >= 3 and len(set(shapes)) > 1


@lru_cache(maxsize=1)
def posts_end(lines: Lines) -> int:
    """The first line of the last row of buttons under a post; 0 in a text that is not one of posts.

    Posts may be of a word or two, which look like the titles and labels among the chrome at the bottom. The comments
    under an article are no posts.
    """
    if sum(FOOT.fullmatch(lines.texts[index]) is not None for index in cue_lines(lines)) < POSTS:
        return 0
    rows: list[int] = []  # where the rows of buttons under posts begin
    first, last = 0, -1  # a row of cues
    for index in cue_lines(lines):
        if any(line and not is_minor(line) for line in lines.texts[last + 1 : index]):
            first = index
        last = index
        if first and (not rows or rows[-1] < first) and FOOT.fullmatch(lines.texts[index]):
            rows.append(first)
    if len(rows) < POSTS:
        return 0
    heading = next((index for index in cue_lines(lines) if COMMENTS.fullmatch(lines.texts[index])), rows[-1])
    return 0 if heading < rows[-1] and prose_above(lines)[heading] >= ARTICLE else rows[-1]


@lru_cache(maxsize=4096)
def furniture(line: str) -> str:
    """The kind of a line that only forums have, or nothing.

    >>> furniture("Posts: 1,204"), furniture("Share")
    ('posts', '')
    """
    return STEM.sub("", line.lower()) or "#" if FURNITURE.fullmatch(line) else ""


@forgets
def _forget() -> None:
    global _before
    _before = set(), {}
    for known in (cues_of, cue_lines, scorer, _counts, facts, prose_above, is_thread, posts_end):
        known.cache_clear()
