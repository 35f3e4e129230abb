"""Comments of readers under an article, and what forums put around the posts of a thread.

A comment is not the author's, and goes; a post is what a forum is read for, and stays. What tells
them apart is the heading: comments stand under one, below a text of some length.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from pipeline.rules.lines import Lines
from pipeline.rules.rule import SENTENCE, Span, Structural, examples
from pipeline.rules.structural.cues import COMMENTS, FURNITURE, STAMP, WEAK
from pipeline.rules.structural.scores import PROSE, cue_lines, cues_of, is_thread, prose_above

FORM = regex.compile(r"(?i)leave a (?:reply|comment).*|post a comment.*|your email address will not be published.*")
WRITER = regex.compile(r"(?i)\breply$|\bsays:?$|\bsaid\W*$|\bwrote:$|\bago\b|\bpermalink\b")
MOST = 10  # times the prose of an article that its comments may be
NEAR = 8  # lines between a heading or a name and the date of a comment


def find_comments(lines: Lines) -> Sequence[Span]:
    """Propose to drop the readers' comments under an article: from their heading to the form, if there is one.

    Each has its writer and its date; the posts of a forum have as well, but stand under no such heading.
    """
    cues, places = cues_of(lines), cue_lines(lines)
    if not cues or len(places) < 2:
        return ()
    stamps = [i for i in places if cues[i] == WEAK and STAMP.fullmatch(lines.texts[i])]
    form = next((i for i in reversed(places) if FORM.fullmatch(lines.texts[i])), None)
    if len(stamps) + (form is not None) < 2:
        return ()
    if is_thread(lines) or sum(1 for i in places if COMMENTS.fullmatch(lines.texts[i])) > 2:
        return ()  # each answer of a thread has comments of its own
    start = next((top for at in stamps if (top := _comment_top(lines, at)) is not None), None)
    if start is None or prose_above(lines)[start] < PROSE:
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
    if lines.end(last) - lines.starts[start] > MOST * prose_above(lines)[start]:
        return ()  # what readers wrote is the text here, not the lines above it
    return [Span(lines.starts[start], lines.end(last), "", "chrome.comments")]


def _comment_top(lines: Lines, stamp: int) -> int | None:
    """Where comments start of which the line `stamp` is the date of the first: at their heading, or at its writer."""
    above = [i for i in range(max(0, stamp - NEAR), stamp) if lines.texts[i]]
    heading = next((i for i in above if COMMENTS.fullmatch(lines.texts[i])), None)
    if heading is not None:
        return heading
    near = [i for i in (*above[-1:], stamp) if WRITER.search(lines.texts[i])]
    return near[0] if near else None


PAIRS = frozenset(
    "posts|messages|joined|join date|location|reaction score|points|age|gender|country|website|start date|last seen|"
    "likes received|trophies|reputation|likes|best answers|thread starter|tags".split("|")
)
RANK = regex.compile(
    r"(?i)(?:(?:junior|senior|active|well-known|new|full|registered|super|gold|silver|premium|known|staff|distinguished|"
    r"veteran|elite|regular|honorary|supporting|hero|[js]r\.) )?"
    r"(?:member|user|moderator|administrator|admin|newbie|guest|poster)s?"
    r"|private message|view profile|visit .{2,40}'s homepage|thread: .{3,120}"
)
SMALL = regex.compile(
    r"(?i)quote|top|reply|like|report|logged|#?\d{1,5}|share|edit|multi-?quote|\W{1,3}"
    r"|.{2,30} (?:said|wrote):|re: .{3,120}"
)


def find_furniture(lines: Lines) -> Sequence[Span]:
    """Propose to drop the counters, ranks and buttons around the posts of a thread."""
    if not is_thread(lines):
        return ()
    spans = []
    gone = -1
    for index, line in enumerate(lines.texts):
        if not line or index <= gone:
            continue
        gone = index - 1
        low = line.lower().rstrip(":")
        following = next((i for i in range(index + 1, min(index + 3, len(lines))) if lines.texts[i]), None)
        if FURNITURE.fullmatch(line) or RANK.fullmatch(line) or SMALL.fullmatch(line) or low.startswith("location: "):
            gone = index
        if low in PAIRS:
            value = lines.texts[following] if following is not None else ""
            gone = index
            if value and value.lower() not in PAIRS and len(value.split()) <= 4 and not lines.is_prose(following or 0):
                gone = following if following is not None else index
        if gone >= index:
            spans.append(Span(lines.starts[index], lines.end(gone), "", "chrome.thread"))
    return spans


RULES = (
    Structural(
        id="chrome.comments",
        about="The comments of readers under an article, up to the form for a new one.",
        find=find_comments,
        match=examples(
            f"{SENTENCE}\n⟦2 Comments\nAnn May 3, 2019 at 4:12 pm Reply\nI liked this.\nLeave a Reply\nName\n⟧"
        ),
        keep=examples(
            f"{SENTENCE}\nComments\nThe first comment on the law is by the judge himself, who wrote it in his old age.",
            f"{SENTENCE}\nComments\n"
            + f"Ann May 3, 2019 at 4:12 pm Reply\n{SENTENCE} {SENTENCE}\n" * 8
            + "Leave a Reply\nName\nand so it was.",
        ),
    ),
    Structural(
        id="chrome.thread",
        about="What a forum puts around its posts: counters of posts, dates of joining, ranks, numbers and buttons.",
        find=find_furniture,
        match=examples(
            f"Ann\n⟦Senior Member\n⟧⟦Posts: 1,204\n⟧⟦Join Date: May 2008\n⟧{SENTENCE}\n⟦Reply With Quote\n⟧Tom\n⟦#2\n⟧"
            f"⟦Posts: 12\n⟧{SENTENCE}",
            f"Ann\n⟦Joined\nMay 3, 2019\n⟧⟦Messages\n12\n⟧⟦#1\n⟧{SENTENCE}\nTom\n⟦Add bookmark\n⟧⟦#2\n⟧{SENTENCE}",
        ),
        keep=examples(
            f"Posts: 12\n{SENTENCE}\nMember\nQuote\n{SENTENCE}",
            f"1\n{SENTENCE}\n2\n{SENTENCE}\nTop\n{SENTENCE}",
        ),
    ),
)
