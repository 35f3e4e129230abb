"""What one place of a page's source says of the page: the value, and where it stands."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import NamedTuple

from pipeline.html.tokens import ATTRIBUTE, BETWEEN, unescape

MOST = 50  # facts of a kind; a page that says more does not speak of itself

# Between the elements that `cut` joined there is but white space: one is matched where the last one ended.
ELEMENT = re.compile(rf"\s*+<(meta|link|base|title|script)(?=[\s/>])({BETWEEN})>", re.IGNORECASE)
ENDS = {name: re.compile(rf"</{name}(?=[\s/>])[^>]*+>", re.IGNORECASE) for name in ("title", "script")}


class Said(NamedTuple):
    """What one place of the source says."""

    value: str
    start: int
    end: int


Sayings = defaultdict[str, list[Said]]  # by who says it


def attributes(source: str, start: int, end: int) -> dict[str, Said]:
    """The attributes of a tag that have a value, and where that stands; the first of a name counts."""
    found: dict[str, Said] = {}
    for match in ATTRIBUTE.finditer(source, start, end):
        name, value = match[1].lower(), match[2]
        if value and name not in found:
            quoted = value[0] in "\"'"
            if quoted and (len(value) == 1 or value[0] != value[-1]):  # the quote never ends
                continue
            found[name] = said_at(source, match.start(2) + quoted, match.end(2) - quoted)
    return found


def said_at(source: str, start: int, end: int) -> Said:
    """What a stretch of the source says, without the white space around it."""
    text = source[start:end]
    start += len(text) - len(text.lstrip())
    text = text.strip()
    return Said(plain(text), start, start + len(text))


def plain(text: str) -> str:
    """Text without entities, which templates often encode twice, and with single spaces."""
    for _ in range(2):
        text = unescape(text) if "&" in text else text
    return " ".join(text.split())
