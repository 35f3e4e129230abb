"""Site chrome in a text: share buttons, links, lists of navigation, teasers of other pages.

One line "Contact" proves nothing. What gives chrome away is company: lines of it stand together, as a list, or above
and below the text (see `ends`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import regex

from pipeline.rules.lines import MARKER, Lines, ends_sentence
from pipeline.rules.rule import SENTENCE, Span, Structural, examples
from pipeline.rules.structural.cues import COMMENTS, FIRM, STAMP, SURE
from pipeline.rules.structural.scores import (
    AMOUNT,
    RIGHTS,
    SENTENCE_END,
    TEASERS,
    cue_lines,
    cues_of,
)

ANSWER = regex.compile(r"(?i)yes|no|not really|maybe|[👍👎]")
NUMBERED = regex.compile(r"\d{1,2}[.)]\s+\p{Lu}|(?:Article|Section|Artikel|Artículo|§)\s*\d")
RULER = re.compile(r"([-=~^])\1{4,}")
BULLETED = re.compile(r"[^\w\s(\[]\s")
FEWEST = 3
NEAR = 8  # lines


def find_lines(lines: Lines) -> Sequence[Span]:
    """Propose to drop each line that is a sure cue, and each firm one that is no heading of prose and no item.

    The buttons "Yes" and "No" go with the question that a site asks.
    """
    cues = cues_of(lines)
    if not cues:
        return ()
    spans = []
    for index in cue_lines(lines):
        cue = cues[index]
        if _is_rest(lines, cues, index) or _is_underlined(lines, index) or _is_row(lines, index):
            continue
        if cue == SURE or (
            cue == FIRM and not MARKER.match(lines.texts[index]) and not _heads_text(lines, cues, index)
        ):
            last = index
            if lines.texts[index].endswith("?"):
                while (below := lines.beside(last, 1)) is not None and ANSWER.fullmatch(lines.texts[below]):
                    last = below
            spans.append(Span(lines.starts[index], lines.end(last), "", "chrome.line"))
    return spans


def _is_rest(lines: Lines, cues: Sequence[int], index: int) -> bool:
    """Whether a line is the rest of a sentence that was broken at a width: one in small letters below a long line."""
    above = lines.texts[index - 1] if index else ""
    return lines.texts[index][0].islower() and len(above) >= 40 and not cues[index - 1] and not ends_sentence(above)


def _is_underlined(lines: Lines, index: int) -> bool:
    """Whether a line is the heading of an author, who drew a line of its length below it."""
    below = lines.texts[index + 1] if index + 1 < len(lines) else ""
    return RULER.fullmatch(below) is not None and abs(len(below) - len(lines.texts[index])) < 2


def _is_row(lines: Lines, index: int) -> bool:
    """Whether a line is the head of a table: the line below has as many bars."""
    bars = lines.texts[index].count("|")
    return bars > 0 and index + 1 < len(lines) and lines.texts[index + 1].count("|") == bars


def _heads_text(lines: Lines, cues: Sequence[int], index: int) -> bool:
    """Whether a line is a title, or stands over prose: whether the next line that is not blank reads like a text."""
    following = lines.beside(index, 1)
    if following is None:
        return False
    if lines.is_prose(following) or NUMBERED.match(lines.texts[following]):
        return True
    if any(lines.texts[:index]):
        return False
    return not cues[following] or (cues[following] < SURE and _heads_text(lines, cues, following))


def find_lists(lines: Lines) -> Sequence[Span]:
    """Propose to drop lists of short items of which a third or more are cues, and runs of three cues and more.

    A list that a sentence introduces ("The page has three buttons:") is the author's.
    """
    cues = cues_of(lines)
    if not cues:
        return ()
    spans = []
    after = 0
    for cue_at in cue_lines(lines):
        if cue_at < after or not _is_item(lines.texts[cue_at], cues[cue_at]):
            continue
        first, after = _list_around(lines, cues, cue_at, after)
        count = after - first
        found = [index for index in range(first, after) if cues[index]]
        hits = len(found)
        if hits < count and all(RIGHTS.match(lines.texts[index]) for index in found):
            continue  # a licence between two signs
        sure = any(cue >= FIRM for cue in cues[first:after])
        headed = cues[first] > 0 and TEASERS.match(lines.texts[first]) is not None and count > FEWEST
        above = lines.beside(first, -1)
        introduced = above is not None and lines.texts[above].endswith(":") and not cues[above]
        if count >= 2 and (headed or (hits * 3 >= count and (hits >= FEWEST or sure))) and not introduced:
            spans.append(Span(lines.starts[first], lines.end(after - 1), "", "chrome.list"))
    merged: list[Span] = []
    for span in sorted([*spans, *find_teasers(lines)]):
        if merged and span.start < merged[-1].end:
            merged[-1] = merged[-1]._replace(end=max(span.end, merged[-1].end))
        else:
            merged.append(span)
    return merged


def find_teasers(lines: Lines) -> Sequence[Span]:
    """Propose to drop titles of other pages: short lines between a heading of such lists and the next cue."""
    cues = cues_of(lines)
    if not cues:
        return ()
    spans = []
    for heading in cue_lines(lines):
        if cues[heading] < FIRM or not TEASERS.match(lines.texts[heading]):
            continue
        after = heading + 1
        while after < len(lines) and not cues[after] and after - heading <= NEAR and _is_teaser(lines, after):
            after += 1
        titles = sum(1 for line in lines.texts[heading + 1 : after] if line)
        if titles and (after == len(lines) or cues[after]):
            spans.append(Span(lines.starts[heading], lines.end(after - 1), "", "chrome.list"))
    return spans


def _is_teaser(lines: Lines, index: int) -> bool:
    line = lines.texts[index]
    return not line or (
        len(line) < 120 and line[-1] not in ".:;,%" and not line.endswith("%)") and not lines.is_prose(index)
    )


def _list_around(lines: Lines, cues: Sequence[int], index: int, least: int) -> tuple[int, int]:
    """The first line of the list in which line `index` stands, not before `least`, and the line after its last."""
    first = after = index
    while first > least and lines.texts[first - 1] and _is_item(lines.texts[first - 1], cues[first - 1]):
        if not _goes_on(lines, cues, first):
            break
        first -= 1
    while after < len(lines) and lines.texts[after] and _is_item(lines.texts[after], cues[after]):
        if after > first and not _goes_on(lines, cues, after):
            break
        after += 1
    return first, after


def _goes_on(lines: Lines, cues: Sequence[int], index: int) -> bool:
    """Whether line `index` belongs to the list of the line above: a button over or under a list of bullets does not."""
    above, here = lines.texts[index - 1], lines.texts[index]
    if (cues[index - 1] and cues[index]) or (BULLETED.match(above) and BULLETED.match(here)):
        return True
    return cues[index - 1] >= FIRM or (cues[index - 1] > 0 and TEASERS.match(above) is not None)


def _is_item(line: str, cue: int) -> bool:
    if cue:
        return not _heads_comments(line)
    return len(line) < 60 and line[-1] not in ".!?;" and BULLETED.match(line) is not None and not AMOUNT.match(line)


@lru_cache(maxsize=1024)
def _heads_comments(line: str) -> bool:
    """Whether a cue is the heading of the comments of readers, or the name and date of one."""
    return STAMP.fullmatch(line) is not None or COMMENTS.fullmatch(line) is not None


def find_breadcrumbs(lines: Lines) -> Sequence[Span]:
    """Propose to drop the line "Home … Title" over a title that it repeats, and the tags between the two."""
    spans = []
    for index, line in enumerate(lines.texts):
        if not line.startswith("Home ") or (lines.is_prose(index) and SENTENCE_END.search(line)):
            continue
        for below in range(index + 1, min(index + 8, len(lines))):
            title = lines.texts[below]
            if len(title) >= 12 and line.endswith(title):
                spans.append(Span(lines.starts[index], lines.starts[below], "", "chrome.breadcrumb"))
            if title and not MARKER.match(title):
                break
    return spans


RULES = (
    Structural(
        id="chrome.breadcrumb",
        about="The path from the home page to a title that stands under it once more, with the tags between.",
        find=find_breadcrumbs,
        gate=r"(?:\A|\n)Home ",
        match=examples(f"⟦Home Rivers The Mill on the Long River\n• Mills\n⟧The Mill on the Long River\n{SENTENCE}"),
        keep=examples(f"Home is the Sailor\n{SENTENCE}", f"Home by the River\nThe House\n{SENTENCE}"),
    ),
    Structural(
        id="chrome.list",
        about="A list of links of a site: short items, a third of them or more site chrome.",
        find=find_lists,
        match=examples(f"{SENTENCE}\n⟦• LONDON (5 p.m.)\n• Navigation menu\n⟧{SENTENCE}"),
        keep=examples(
            f"{SENTENCE}\n• Search the attic.\n• Read the letters.\n{SENTENCE}",
            "• Home\n• Garden\n• Kitchen\n• Cellar",
            f"{SENTENCE}\n* All rights reserved.\n* This mill is one of those that were built\n* by the monks.\n",
            "The form has four fields:\n• Name\n• Email\n• Website\n• Comment",
        ),
    ),
    Structural(
        id="chrome.line",
        about="A line that says only what navigation, share buttons and forms say.",
        find=find_lines,
        match=examples(f"{SENTENCE}\n⟦Share this article\n⟧{SENTENCE}"),
        keep=examples(
            "Share this article with care, she said.",
            "Contact",
            "Login is a small town.",
            f"{SENTENCE}\n\nUseful Links\n------------\n\n1. The mill\n2. The weir\n",
            "The file that is read by the shell when a user comes by way of a\nlogin\nand by no other way.",
            f"Related articles\n{SENTENCE}",
        ),
    ),
)
