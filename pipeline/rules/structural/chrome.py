"""Site chrome: navigation, share buttons, forms, teasers of other pages, around the text and in it.

One line "Contact" proves nothing. What gives chrome away is company: lines of it stand together, at the
top, at the bottom, or as a list. So each line gets a score, cues above nought and prose far below, and
what goes from the top (or from some line to the bottom) is the stretch with the largest sum, as long as it
has enough cues. The idea of cutting where a running score is largest is that of body-text extraction
(Finn, Kushmerick and Smyth, 2001).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

import regex

from pipeline.rules.lines import MARKER, TEASER_END, Lines, prose_like
from pipeline.rules.rule import Span, Structural, examples
from pipeline.rules.structural.cues import FIRM, MAYBE, STAMP, SURE, WEAK, is_minor, strength

BYLINE = regex.compile(r"(?i)(?:by|von|par|por)\b.*|.*\b(?:19|20)\d\d\b.*|written by.*|author.*|updated.*|published.*")
SENTENCE_END = regex.compile(r"[.!?][\"'”’)\]]*$")
TEASERS = regex.compile(
    r"(?i)(?:related|similar|recent|popular|latest|trending|most (?:read|popular|viewed)|you (?:may|might)|tags"
    r"|archives)\b"
)
FEWEST = 3
LABELS = 8  # words; a longer line that is no cue is not taken for a label
DENSE, LOOSE = 4, 10  # of so many lines of chrome one at least is a cue: on any page, and around an article
PROSE, PROSE_SHARE = 100, 5  # characters of prose above a footer, and how many times that in it
ARTICLE = 1000  # characters of prose that make a page an article
CUE_SCORE = {WEAK: 2.0, FIRM: 3.0, SURE: 3.0}
MINOR_SCORE, REPEATED_SCORE, BULLET_SCORE, LABEL_SCORE = 0.8, 0.5, 0.2, 0.1


@lru_cache(maxsize=1)
def _cues(lines: Lines) -> list[int] | None:
    """The strength of each line as a cue, or none where no line is one."""
    if not MAYBE.search(lines.data):
        return None
    cues: list[int] | None = None
    for match in MAYBE.finditer(lines.text):
        index = lines.at(match.start())
        found = strength(lines.texts[index])
        if found:
            cues = cues or [0] * len(lines)
            cues[index] = found
    return cues


@lru_cache(maxsize=1)
def _scores(lines: Lines) -> list[float]:
    """The score of each line: cues are above nought, prose is far below, and labels near it."""
    cues = _cues(lines) or [0] * len(lines)
    counts = Counter(line for line in lines.texts if 2 < len(line) < 60)
    return [_score(lines, index, cue, counts) for index, cue in enumerate(cues)]


def _score(lines: Lines, index: int, cue: int, counts: Counter[str]) -> float:
    line = lines.texts[index]
    if not line:
        return 0.0
    if cue:
        return MINOR_SCORE if cue == WEAK and STAMP.fullmatch(line) else CUE_SCORE[cue]
    if TEASER_END.search(line):
        return 1.0
    if lines.is_prose(index) or (len(line) > 80 and prose_like(MARKER.sub("", line, count=1))):
        return -2.0 - min(len(line), 600) / 80
    if is_minor(line):
        return MINOR_SCORE
    if SENTENCE_END.search(line):
        return -1.0
    if counts[line] > 1:
        return REPEATED_SCORE
    words = len(line.split())
    if MARKER.match(line):
        return BULLET_SCORE if words <= LABELS else -0.4
    return LABEL_SCORE if words <= 4 and line[0].isupper() and line[-1] not in ",;:" else -0.4


def find_lines(lines: Lines) -> Sequence[Span]:
    """Propose to drop each line that is a sure cue, and each firm one that is no heading of prose and no item."""
    cues = _cues(lines)
    if not cues:
        return ()
    spans = []
    for index, cue in enumerate(cues):
        if cue == SURE or (cue == FIRM and not MARKER.match(lines.texts[index]) and not _heads_prose(lines, index)):
            spans.append(Span(lines.starts[index], lines.end(index), "", "chrome.line"))
    return spans


def _heads_prose(lines: Lines, index: int) -> bool:
    """Whether the next line that is not blank reads like prose."""
    following = next((i for i in range(index + 1, len(lines)) if lines.texts[i]), None)
    return following is not None and lines.is_prose(following)


def find_lists(lines: Lines) -> Sequence[Span]:
    """Propose to drop lists of short items of which a third or more are cues, and runs of three cues and more.

    A list that a sentence introduces ("The page has three buttons:") is the author's.
    """
    cues = _cues(lines)
    if not cues:
        return ()
    spans = []
    after = 0
    for cue_at, cue in enumerate(cues):
        if not cue or cue_at < after or not _is_item(lines.texts[cue_at], cue):
            continue
        first, after = _list_around(lines, cues, cue_at, after)
        count = after - first
        hits = sum(cue > 0 for cue in cues[first:after])
        sure = any(cue >= FIRM for cue in cues[first:after])
        headed = cues[first] > 0 and TEASERS.match(lines.texts[first]) is not None and count > FEWEST
        introduced = first > 0 and lines.texts[first - 1].endswith(":") and not cues[first - 1]
        if count >= 2 and (headed or (hits * 3 >= count and (hits >= FEWEST or sure))) and not introduced:
            spans.append(Span(lines.starts[first], lines.end(after - 1), "", "chrome.list"))
    return spans


def _list_around(lines: Lines, cues: Sequence[int], index: int, least: int) -> tuple[int, int]:
    """The first line of the list in which line `index` stands, not before `least`, and the line after its last."""
    first = after = index
    while first > least and lines.texts[first - 1] and _is_item(lines.texts[first - 1], cues[first - 1]):
        first -= 1
    while after < len(lines) and lines.texts[after] and _is_item(lines.texts[after], cues[after]):
        after += 1
    return first, after


def _is_item(line: str, cue: int) -> bool:
    if cue:
        return STAMP.fullmatch(line) is None and COMMENTS.fullmatch(line) is None
    return bool(MARKER.match(line)) and len(line) < 60 and line[-1] not in ".!?;"


def find_head(lines: Lines) -> Sequence[Span]:
    """Propose to drop the chrome at the top. Lines that can be a title, an author or a date stay."""
    cues = _cues(lines)
    if not cues:
        return ()
    if sum(map(bool, cues)) < 2:
        return ()
    scores = _scores(lines)
    best, total, cut = 0.0, 0.0, -1
    for index in range(len(lines)):
        if scores[index] < -3:
            break  # the text has begun
        total += scores[index]
        if scores[index] >= 2 and total >= best:
            best, cut = total, index
    prose = _prose_above(lines)
    below = prose[-1] - prose[cut + 1]
    if below < PROSE or not _enough(lines, cues, 0, cut + 1, LOOSE if below >= ARTICLE else DENSE):
        return ()
    spans = []
    for index in range(cut + 1):
        line = lines.texts[index]
        title = not cues[index] and not MARKER.match(line) and len(line.split()) >= 4
        if line and not lines.is_prose(index) and not title and not _is_byline(line, cues[index]):
            spans.append(Span(lines.starts[index], lines.end(index), "", "chrome.head"))
    return spans


def _is_byline(line: str, cue: int) -> bool:
    return STAMP.fullmatch(line) is not None if cue else BYLINE.fullmatch(line) is not None


def find_tail(lines: Lines) -> Sequence[Span]:
    """Propose to drop the chrome at the bottom, from the cue on with which the sum is largest.

    Above it there is prose, far more of it than in the chrome (teasers, notices); what prose follows it stays.
    """
    cues = _cues(lines)
    if not cues:
        return ()
    if sum(map(bool, cues)) < 2:
        return ()
    scores = _scores(lines)
    bottom = next(index for index in range(len(lines) - 1, -1, -1) if cues[index])
    ends = not any(map(lines.is_prose, range(bottom + 1, len(lines))))
    prose = _prose_above(lines)
    best, total, cut = 0.0, 0.0, -1
    for index in range(bottom, -1, -1):
        total += scores[index]
        needed = max(PROSE, PROSE_SHARE * (prose[bottom] - prose[index]))
        if scores[index] >= 2 and total >= best and prose[index] >= needed:
            best, cut = total, index
        if total < -12:
            break
    if cut < 0:
        return ()
    body = lines.starts[cut] - next(start for start, above in zip(lines.starts, prose[1:], strict=False) if above)
    is_article = prose[cut] >= ARTICLE and prose[cut] * 2 >= body
    if not _enough(lines, cues, cut, bottom + 1, LOOSE if is_article else DENSE):
        return ()
    return [Span(lines.starts[cut], len(lines.text) if ends else lines.end(bottom), "", "chrome.tail")]


def _prose_above(lines: Lines) -> list[int]:
    """How many characters of prose stand above each line."""
    scores = _scores(lines)
    return list(accumulate((len(text) * (scores[i] < -2) for i, text in enumerate(lines.texts)), initial=0))


def _enough(lines: Lines, cues: Sequence[int], first: int, after: int, density: int) -> bool:
    """Whether a stretch of lines has enough cues: two, one firm, or four different ones; one line in `density`."""
    hits = [index for index in range(first, after) if cues[index]]
    size = sum(1 for line in lines.texts[first:after] if line)
    if len(hits) < 2 or len(hits) * density < size:
        return False
    return any(cues[index] >= FIRM for index in hits) or len({lines.texts[index].lower() for index in hits}) >= 4


def find_breadcrumbs(lines: Lines) -> Sequence[Span]:
    """Propose to drop the line "Home … Title" over a title that it repeats, and the tags between the two."""
    if "\nHome " not in lines.text and not lines.text.startswith("Home "):
        return ()
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


COMMENTS = regex.compile(
    r"(?i)(?:\d+ )?(?:comments?|(?:thoughts?|responses?|replies|comments?) (?:on|to) .{3,160})(?: ?\(\d+\))?:?"
)
FORM = regex.compile(r"(?i)leave a (?:reply|comment).*|post a comment.*|your email address will not be published.*")
WRITER = regex.compile(r"(?i)\breply$|\bsays:?$|\bsaid\W*$|\bwrote:$|\bago\b|\bpermalink\b")
NEAR = 8  # lines between a heading or a name and the date of a comment


def find_comments(lines: Lines) -> Sequence[Span]:
    """Propose to drop the readers' comments under an article: from their heading to the form, if there is one.

    Each has its writer and its date; the posts of a forum have as well, but stand under no such heading.
    """
    cues = _cues(lines)
    if not cues:
        return ()
    stamps = [i for i, cue in enumerate(cues) if cue == WEAK and STAMP.fullmatch(lines.texts[i])]
    form = next((i for i in range(len(lines) - 1, -1, -1) if cues[i] and FORM.fullmatch(lines.texts[i])), None)
    if len(stamps) + (form is not None) < 2:
        return ()
    start = next((top for at in stamps if (top := _comment_top(lines, at)) is not None), None)
    if start is None or _prose_above(lines)[start] < PROSE:
        return ()
    if form is not None and form > start:
        last = form
        for index in range(form + 1, len(lines)):
            if lines.is_prose(index) and len(lines.texts[index]) > 160:
                break
            last = index
    else:
        last = stamps[-1]
        while last + 1 < len(lines) and not cues[last + 1] and last < stamps[-1] + NEAR:
            last += 1
    return [Span(lines.starts[start], lines.end(last), "", "chrome.comments")]


def _comment_top(lines: Lines, stamp: int) -> int | None:
    """Where comments start of which the line `stamp` is the date of the first: at their heading, or at its writer."""
    above = [i for i in range(max(0, stamp - NEAR), stamp) if lines.texts[i]]
    heading = next((i for i in above if COMMENTS.fullmatch(lines.texts[i])), None)
    if heading is not None:
        return heading
    near = [i for i in (*above[-1:], stamp) if WRITER.search(lines.texts[i])]
    return near[0] if near else None


_PROSE = (
    "The mill stood by the river for four hundred years, until the flood of that winter took the wheel and the weir."
)

RULES = (
    Structural(
        id="chrome.breadcrumb",
        about="The path from the home page to a title that stands under it once more, with the tags between.",
        find=find_breadcrumbs,
        match=examples(f"⟦Home Rivers The Mill on the Long River\n• Mills\n⟧The Mill on the Long River\n{_PROSE}"),
        keep=examples(f"Home is the Sailor\n{_PROSE}", f"Home by the River\nThe House\n{_PROSE}"),
    ),
    Structural(
        id="chrome.comments",
        about="The comments of readers under an article, up to the form for a new one.",
        find=find_comments,
        match=examples(
            f"{_PROSE}\n⟦2 Comments\nAnn May 3, 2019 at 4:12 pm Reply\nI liked this.\nLeave a Reply\nName\n⟧"
        ),
        keep=examples(
            f"{_PROSE}\nComments\nThe first comment on the law is by the judge himself, who wrote it in his old age."
        ),
    ),
    Structural(
        id="chrome.tail",
        about="Site chrome under the text: share buttons, teasers of other pages, newsletter forms, footers.",
        find=find_tail,
        match=examples(f"{_PROSE}\n⟦Share\nRelated posts\nThe weir\nRead more\nFollow us\n⟧"),
        keep=examples(f"{_PROSE}\nContact", f"Share\nHome\nSearch\n{_PROSE}"),
    ),
    Structural(
        id="chrome.head",
        about="Site chrome above the text: skip links, menus, search boxes. Titles, authors and dates stay.",
        find=find_head,
        match=examples(f"⟦Skip to content\n⟧⟦Menu\n⟧⟦Mills\n⟧⟦Search\n⟧{_PROSE}"),
        keep=examples(f"Home\n{_PROSE}"),
    ),
    Structural(
        id="chrome.list",
        about="A list of links of a site: short items, a third of them or more site chrome.",
        find=find_lists,
        match=examples(f"{_PROSE}\n⟦• LONDON (5 p.m.)\n• Navigation menu\n⟧{_PROSE}"),
        keep=examples(
            f"{_PROSE}\n• Search the attic.\n• Read the letters.\n{_PROSE}", "• Home\n• Garden\n• Kitchen\n• Cellar"
        ),
    ),
    Structural(
        id="chrome.line",
        about="A line that says only what navigation, share buttons and forms say.",
        find=find_lines,
        match=examples(f"{_PROSE}\n⟦Share this article\n⟧{_PROSE}"),
        keep=examples("Share this article with care, she said.", "Contact", "Login is a small town."),
    ),
)
