"""Site chrome: navigation, share buttons, forms, teasers of other pages, around the text and in it.

One line "Contact" proves nothing. What gives chrome away is company: lines of it stand together, at the
top, at the bottom, or as a list. So each line gets a score, cues above nought and prose far below, and
what goes from the top (or from some line to the bottom) is the stretch with the largest sum, as long as it
has enough cues. The idea of cutting where a running score is largest is that of body-text extraction
(Finn, Kushmerick and Smyth, 2001).
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
    ARTICLE,
    DENSE,
    LOOSE,
    PROSE,
    PROSE_SHARE,
    RIGHTS,
    SENTENCE_END,
    SITES,
    TEASERS,
    cue_lines,
    cues_of,
    enough,
    facts,
    is_thread,
    posts_end,
    prose_above,
    scorer,
)

BYLINE = regex.compile(r"(?i)(?:by|von|par|por)\b.*|.*\b(?:19|20)\d\d\b.*|written by.*|author.*|updated.*|published.*")
INSIDE = regex.compile(
    r"(?i)advert(?:isement|isment|ising)?\b|(?:story|article) continues|continue reading"
    r"|(?:read (?:more|also|next)|also read|see also|watch|related|recommended|more)"
    r"(?: (?:story|stories|article|video))?\s?:|was this\b"
    r"|(?:share|tweet|pin|print|e-?mail|save|facebook|twitter|x|linkedin|pinterest|whatsapp|reddit)\b"
    r"(?!.*\b(?:our|to)\b)"
)
ANSWER = regex.compile(r"(?i)yes|no|not really|maybe|[👍👎]")
NUMBERED = regex.compile(r"\d{1,2}[.)]\s+\p{Lu}|(?:Article|Section|Artikel|Artículo|§)\s*\d")
CLAUSE = regex.compile(r"(?:\d{1,2}(?:\.\d{1,2})*[.)]|\(?[a-z]\))\s+\p{Lu}.*[.;]$")
RULER = re.compile(r"([-=~^])\1{4,}")
BULLETED = re.compile(r"[^\w\s(\[]\s")
FEWEST = 3
NEAR = 8  # lines
DROP = 5  # what the sum at the top may lose on its way to the next cue


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
        if _is_rest(lines, cues, index) or _is_underlined(lines, index):
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


def _heads_text(lines: Lines, cues: Sequence[int], index: int) -> bool:
    """Whether a line is a title, or stands over prose: whether the next line that is not blank reads like a text."""
    following = lines.beside(index, 1)
    if following is None:
        return False
    if lines.is_prose(following) or NUMBERED.match(lines.texts[following]):
        return True
    return not cues[following] and not any(lines.texts[:index])


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


def find_head(lines: Lines) -> Sequence[Span]:
    """Propose to drop the chrome at the top. Lines that can be a title, an author or a date stay."""
    cues = cues_of(lines)
    if not cues or len(cue_lines(lines)) < 2:
        return ()
    score = scorer(lines)
    told = facts(lines)
    best, total, cut = 0.0, 0.0, -1
    for index in range(cue_lines(lines)[-1] + 1):
        here = score(index)
        total += here
        if total < best - DROP or index in told:
            break  # the text has begun
        if here >= 2 and total >= best:
            best, cut = total, index
    if cut < 0 or all(RIGHTS.match(lines.texts[i]) for i in cue_lines(lines) if i <= cut):
        return ()  # rights alone stand on a title page, or over a licence
    prose = prose_above(lines)
    below = prose[-1] - prose[cut + 1]
    if below < max(PROSE, PROSE_SHARE * prose[cut + 1], lines.starts[cut] / 8):
        return ()
    is_article = below >= ARTICLE and below * 3 >= len(lines.text) - lines.starts[cut]
    if not enough(lines, cues, 0, cut + 1, LOOSE if is_article else DENSE):
        return ()
    kept = _titles(lines, cues, cut, over_facts=_over_facts(lines, cut))
    spans = []
    for index in range(cut + 1):
        line = lines.texts[index]
        if line and index not in kept and not lines.is_prose(index) and not _is_byline(line, cues[index]):
            spans.append(Span(lines.starts[index], lines.end(index), "", "chrome.head"))
    return spans


def _titles(lines: Lines, cues: Sequence[int], cut: int, *, over_facts: bool) -> set[int]:
    """The lines down to `cut` that can be titles: those of four words, or else a label that the text speaks of.

    Over a row of facts, which speak of nothing, it is the last two labels, if one stands on the other.
    """
    labels = [i for i in range(cut) if lines.texts[i] and not cues[i] and not MARKER.match(lines.texts[i])]
    long = {i for i in labels if len(lines.texts[i].split()) >= 4}
    body = lines.text[lines.end(cut) :][:3000].casefold()
    named = [i for i in labels if i >= cut - NEAR and all(word in body for word in lines.texts[i].casefold().split())]
    if over_facts and not named:
        named = [i for i in labels if i >= labels[-1] - 1]
    path = [i for i in labels[1:] if lines.texts[i - 1].casefold().endswith((" " + lines.texts[i]).casefold())]
    if any(i >= cut - 2 * NEAR for i in (*long, *path)):
        named = []
    return {*long, *path, *named[-2 if over_facts else -1 :]}


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
    told = frozenset() if is_thread(lines) else facts(lines)
    total = 0.0
    cuts: list[tuple[float, int]] = []
    for index in range(bottom, min(places) - 1, -1):
        total += score(index)
        if total > 0 and index in places:
            cuts.append((total, -index))
        if total < -12 or index in told:
            break  # the text ends here
    if len(cuts) < 2:
        return ()
    ends = not any(map(lines.is_prose, range(bottom + 1, len(lines))))
    prose = prose_above(lines)
    share = 1000 if is_thread(lines) else PROSE_SHARE
    cut = next(
        (-i for _, i in sorted(cuts, reverse=True) if prose[-i] >= max(PROSE, share * (prose[bottom] - prose[-i]))),
        -1,
    )
    cut = _below_inside(lines, cues, cut, sorted(places))
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
        match=examples(f"⟦Skip to content\n⟧⟦Menu\n⟧⟦Mills\n⟧⟦Search\n⟧{SENTENCE}"),
        keep=examples(
            f"The Mill Licence\n\nCopyright (c) 1999, Ann Hill\nAll rights reserved.\n{SENTENCE}",
            f"Home\n{SENTENCE}",
            f"The mill\nMay 3, 2019\n{SENTENCE}",
            "Home\nSearch\nMenu\nContact",
        ),
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
