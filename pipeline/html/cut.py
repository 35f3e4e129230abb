"""What a browser never shows, cut from a page before it is parsed: scripts, styles, comments, drawings, the head.

Most of a page's bytes are theirs, so this is where time is saved: between two of them one regular expression runs over
everything else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from pipeline.edits import Edit
from pipeline.html.tokens import BETWEEN, TEARS

# The elements that go with all that is in them, by rule.
ELEMENTS = {
    "script": "html.script",
    "style": "html.style",
    "title": "html.head",
    "svg": "html.drawing",
    "canvas": "html.drawing",
    "map": "html.drawing",
    "iframe": "html.embedded",
    "object": "html.embedded",
    "applet": "html.embedded",
    "audio": "html.embedded",
    "video": "html.embedded",
    "noembed": "html.embedded",
    "noframes": "html.embedded",
    "template": "html.template",
    "select": "html.control",
    "textarea": "html.control",
    "datalist": "html.control",
    "annotation": "html.annotation",
    "annotation-xml": "html.annotation",
}
# The ones that have no content.
SINGLE = {"meta": "html.head", "link": "html.head", "base": "html.head"}
RAW = frozenset("script style title textarea iframe noembed noframes".split())  # no markup is in them

_NAMES = "|".join(sorted((*ELEMENTS, *SINGLE, "noscript"), key=len, reverse=True))
_END = r"(?=[\s/>])"


def _patterns(rest: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Patterns for what is cut, and for everything up to the next such thing: text, brackets that are text, and all
    other tags. `rest` is what a tag is behind its name."""
    special = rf"<(?:({_NAMES}){_END}{rest}|(!--)|[!?])"
    ordinary = rf"(?:[^<]++|<(?!(?:{_NAMES}){_END})(?:/?+[a-zA-Z][^\s/<>]*+{rest}|(?![!?a-zA-Z])))*+"
    return re.compile(special, re.IGNORECASE), re.compile(ordinary, re.IGNORECASE)


LOST = 20  # so many elements of a name without an end, and none is looked for any more
WHOLE, TORN = _patterns(f"{BETWEEN}>"), _patterns("[^<>]*+>?+")
SCRIPT = re.compile(r"<script[\s/>]", re.IGNORECASE)
# What stands in for images that a script will load.
IMAGES = re.compile(r"<noscript\s*+>(?:\s*+<(?!/?noscript)[^<>]*+>)*+\s*+</noscript\s*+>", re.IGNORECASE)
COMMENT_END = re.compile("--!?>")


def find(source: str) -> list[Edit]:
    """Return the edits that cut what is never shown.

    >>> [edit.old for edit in find("<p>One<!-- two --> three<script>4 < 5</script>.")]
    ['<!-- two -->', '<script>4 < 5</script>']
    """
    found: list[tuple[int, int, str]] = []
    for start, end, rule in _spans(source):
        if found and found[-1][2] == rule and _is_one(source, found[-1][0], found[-1][1], start):
            found[-1] = (found[-1][0], end, rule)
        else:
            found.append((start, end, rule))
    return [Edit(start, source[start:end], " " if rule == "html.control" else "", rule) for start, end, rule in found]


def _is_one(source: str, start: int, end: int, next_start: int) -> bool:
    """Whether two cuts are one: nothing is between them, or a space, with another before that parts what is shown."""
    return end == next_start or (source[end:next_start].isspace() and (start == 0 or source[start - 1].isspace()))


def _spans(source: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, rule) of what is never shown, in order."""
    missing: Counter[str] = Counter()  # how often the end of what was looked for
    at = tears = 0
    special, ordinary = WHOLE
    while True:
        at = ordinary.match(source, at).end()  # type: ignore[union-attr]  # it matches nothing at the least
        if at == len(source):
            return
        match = special.match(source, at)
        if match is None:  # a tag that is torn
            at, tears = at + 1, tears + 1
            if tears == TEARS:
                special, ordinary = TORN
            continue
        name = (match[1] or "").lower()
        if match[2]:
            end, rule = _end_of_comment(source, match.end(), missing), "html.comment"
        elif name in ELEMENTS:
            end, rule = _end_of_element(source, match, name, missing), ELEMENTS[name]
        elif name in SINGLE:
            end, rule = match.end(), SINGLE[name]
        elif name == "noscript":
            images = IMAGES.match(source, at)
            if not images:
                at = match.end()
                continue
            end, rule = images.end(), "html.embedded"
        else:
            end, rule = _end_of_declaration(source, match.end()), "html.declaration"
        if end > at:
            yield at, end, rule
        at = max(end, at + 1)


def _end_of_comment(source: str, start: int, missing: Counter[str]) -> int:
    """Where a comment ends; one that never does ends at the next bracket, as if it were a tag."""
    if source.startswith((">", "->"), start):
        return source.index(">", start) + 1
    found = None if "-->" in missing else COMMENT_END.search(source, start)
    if found:
        return found.end()
    missing["-->"] += 1
    return _end_of_declaration(source, start)


def _end_of_declaration(source: str, start: int) -> int:
    end = source.find(">", start)
    return end + 1 if end >= 0 else start


def _end_of_element(source: str, opening: re.Match[str], name: str, missing: Counter[str]) -> int:
    """Where an element ends: at its end tag. If that is missing, a script takes the rest; of others the tag goes."""
    if (opening[0].endswith("/>") and name not in RAW) or missing[name] == LOST:
        return opening.end()
    if name == "script":
        return _end_of_script(source, opening.end())
    depth = 1
    for match in _ends(name).finditer(source, opening.end()):
        depth += -1 if match[1] else 0 if match[0].endswith("/>") else 1
        if depth == 0:
            return match.end()
    missing[name] += 1
    return len(source) if name == "style" else opening.end()


def _end_of_script(source: str, start: int) -> int:
    """Where a script ends. An end tag within a comment of it is not its own if a script begins in that comment (section
    13.2.5.17 of the standard)."""
    at, commented = start, False
    for match in _ends("script").finditer(source, start):
        end = match.start()
        begins, ends = source.rfind("<!--", at, end), source.rfind("-->", at, end)
        if begins != ends:
            commented = begins > ends
        if not commented or not SCRIPT.search(source, max(at, begins), end):
            return match.end()
        at = match.end()
    return at if at > start else len(source)


_ENDS: dict[str, re.Pattern[str]] = {}


def _ends(name: str) -> re.Pattern[str]:
    """A pattern for the tags that end an element, and for those that begin another in it, where markup can be."""
    if name not in _ENDS:
        slash = "/" if name in RAW else "/?"
        _ENDS[name] = re.compile(rf"<({slash}){name}(?=[\s/>])[^<>]*+>?+", re.IGNORECASE)
    return _ENDS[name]
