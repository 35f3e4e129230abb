"""Site chrome: navigation, share buttons, forms, teasers of other pages, around the text and in it.

One line "Contact" proves nothing. What gives chrome away is company: lines of it stand together, at the
top, at the bottom, or as a list. So each line gets a score, cues above nought and prose far below, and
what goes from the top (or from some line to the bottom) is the stretch with the largest sum, as long as it
has enough cues. The idea of cutting where a running score is largest is that of body-text extraction
(Finn, Kushmerick and Smyth, 2001).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import regex

from pipeline.rules.lines import MARKER, TEASER_END, Lines, prose_like
from pipeline.rules.rule import Span, Structural, examples
from pipeline.rules.structural.cues import MAYBE, strength

BYLINE = regex.compile(r"(?i)(?:by|von|par|por)\b.*|.*\b(?:19|20)\d\d\b.*|written by.*|author.*|updated.*|published.*")
SENTENCE_END = regex.compile(r"[.!?][\"'”’)\]]*$")
FEWEST = 3
LABELS = 8  # words; a longer line that is no cue is not taken for a label


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


def find_lines(lines: Lines) -> Sequence[Span]:
    """Propose to drop each line that is a strong cue, wherever it stands."""
    cues = _cues(lines)
    if not cues:
        return ()
    return [Span(lines.starts[i], lines.end(i), "", "chrome.line") for i, cue in enumerate(cues) if cue == 2]


def find_lists(lines: Lines) -> Sequence[Span]:
    """Propose to drop lists of short items of which a third or more are cues, and runs of three cues and more."""
    cues = _cues(lines)
    if not cues:
        return ()
    spans = []
    index = 0
    while index < len(lines):
        after = index
        while after < len(lines) and lines.texts[after] and _is_item(lines.texts[after], cues[after]):
            after += 1
        count = after - index
        hits = sum(cue > 0 for cue in cues[index:after])
        if count >= 2 and hits * 3 >= count and (hits >= FEWEST or any(cue == 2 for cue in cues[index:after])):
            spans.append(Span(lines.starts[index], lines.end(after - 1), "", "chrome.list"))
        index = max(after, index + 1)
    return spans


def _is_item(line: str, cue: int) -> bool:
    return cue > 0 or (bool(MARKER.match(line)) and len(line) < 60 and line[-1] not in ".!?;")


def _score(line: str, cue: int, is_prose: bool) -> float:
    if not line:
        return 0.0
    if cue:
        return 3.0 if cue == 2 else 2.0
    if TEASER_END.search(line):
        return 1.0
    if is_prose or (len(line) > 80 and prose_like(MARKER.sub("", line, count=1))):
        return -2.0 - min(len(line), 600) / 80
    if SENTENCE_END.search(line):
        return -1.0
    return 0.0 if MARKER.match(line) and len(line.split()) <= LABELS else -0.4


def find_head(lines: Lines) -> Sequence[Span]:
    """Propose to drop the chrome at the top. Lines that can be a title, an author or a date stay."""
    cues = _cues(lines)
    if not cues:
        return ()
    best, total, cut = 0.0, 0.0, -1
    for index, line in enumerate(lines.texts):
        score = _score(line, cues[index], lines.is_prose(index))
        if score < -3:
            break  # the text has begun
        total += score
        if cues[index] and total >= best:
            best, cut = total, index
    if not _enough(lines, cues, 0, cut + 1):
        return ()
    spans = []
    for index in range(cut + 1):
        line = lines.texts[index]
        title = not cues[index] and not MARKER.match(line) and len(line.split()) >= 4
        if line and not lines.is_prose(index) and not title and not (BYLINE.fullmatch(line) and not cues[index]):
            spans.append(Span(lines.starts[index], lines.end(index), "", "chrome.head"))
    return spans


def find_tail(lines: Lines) -> Sequence[Span]:
    """Propose to drop the chrome at the bottom, from the cue on with which the sum is largest."""
    cues = _cues(lines)
    if not cues:
        return ()
    bottom = len(lines) - 1
    while bottom >= 0 and not cues[bottom]:
        if lines.is_prose(bottom):
            return ()  # the page ends with prose: not a footer
        bottom -= 1
    best, total, cut = 0.0, 0.0, -1
    for index in range(len(lines) - 1, -1, -1):
        total += _score(lines.texts[index], cues[index], lines.is_prose(index))
        if cues[index] and total >= best:
            best, cut = total, index
        if total < -12:
            break
    if cut < 0 or not _enough(lines, cues, cut, len(lines)):
        return ()
    return [Span(lines.starts[cut], len(lines.text), "", "chrome.tail")]


def _enough(lines: Lines, cues: Sequence[int], first: int, after: int) -> bool:
    """Whether a stretch of lines has enough cues: three, or two of which one is strong, and one line in four."""
    hits = [cue for cue in cues[first:after] if cue]
    size = sum(1 for line in lines.texts[first:after] if line)
    return (len(hits) >= FEWEST or (len(hits) == 2 and 2 in hits)) and len(hits) * 4 >= size


def find_breadcrumbs(lines: Lines) -> Sequence[Span]:
    """Propose to drop the line "Home … Title" over a title that it repeats, and the tags between the two."""
    if "\nHome " not in lines.text and not lines.text.startswith("Home "):
        return ()
    spans = []
    for index, line in enumerate(lines.texts):
        if not line.startswith("Home ") or lines.is_prose(index) and SENTENCE_END.search(line):
            continue
        for below in range(index + 1, min(index + 8, len(lines))):
            title = lines.texts[below]
            if len(title) >= 12 and line.endswith(title):
                spans.append(Span(lines.starts[index], lines.starts[below], "", "chrome.breadcrumb"))
            if title and not MARKER.match(title):
                break
    return spans


COMMENTS = regex.compile(r"(?i)(?:\d+ )?(?:comments?|responses?|replies|thoughts? on .{3,120})(?: \(\d+\))?:?")
FORM = regex.compile(r"(?i)leave a (?:reply|comment).*|post a comment.*|your email address will not be published.*")
WRITER = regex.compile(
    r"(?i)\bat \d{1,2}:\d\d\b|\b(?:19|20)\d\d\b.{0,20}\breply$|\bsays:?$|\bago\b|^reply$|\bpermalink\b"
)
FORM_NEEDS = ("eave a ", "ost a comment", "ost a Comment", "mail address will not be")


def find_comments(lines: Lines) -> Sequence[Span]:
    """Propose to drop the readers' comments: from their heading to the form for one more, and what follows it."""
    if not any(need in lines.text for need in FORM_NEEDS):
        return ()
    form = next((i for i in range(len(lines) - 1, -1, -1) if FORM.fullmatch(lines.texts[i])), None)
    if form is None:
        return ()
    heading = next((i for i in range(form - 1, -1, -1) if COMMENTS.fullmatch(lines.texts[i])), None)
    if heading is None or not any(WRITER.search(line) for line in lines.texts[heading + 1 : form]):
        return ()
    last = form
    for index in range(form + 1, len(lines)):
        if lines.is_prose(index) and len(lines.texts[index]) > 160:
            break
        last = index
    return [Span(lines.starts[heading], lines.end(last), "", "chrome.comments")]


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
