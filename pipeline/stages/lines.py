"""Line ends: every kind of line end becomes a line feed, so that all that follows knows one kind.

Runs before ftfy, whose repairs depend on where a line ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.document import Found
from pipeline.edits import Edit

# What ends a line, by rule. A carriage return that was doubled on its way (\r\r\n) still ends one line.
RULES = {
    "\r": "lines.cr",
    "\v": "lines.vertical-tab",
    "\f": "lines.form-feed",
    "\x85": "lines.next-line",
    "\u2028": "lines.line-separator",
    "\u2029": "lines.paragraph-separator",
}
ENDS = re.compile(r"[\r\v\f\u2028\u2029](?:(?<=\r)\r*(?=\n))?")
NEXT_LINES = re.compile(r"[\r\v\f\x85\u2028\u2029](?:(?<=\r)\r*(?=\n))?")


def find(text: str) -> Found:
    """Return the edits that make every line end a line feed.

    >>> find("a\\r\\nb\\rc").edits
    [Edit(start=1, old='\\r', new='', rule='lines.crlf'), Edit(start=4, old='\\r', new='\\n', rule='lines.cr')]
    """
    if not any(end in text for end in RULES):
        return Found()
    if text.count("\r\n") == sum(map(text.count, RULES)):
        return Found(list(_windows(text)))
    ends = NEXT_LINES if _has_next_lines(text) else ENDS
    edits = []
    for match in ends.finditer(text):
        start, end = match.span()
        if text.startswith("\n", end) and text[start] == "\r":
            edits.append(Edit(start, match[0], "", "lines.crlf"))
        else:
            edits.append(Edit(start, match[0], "\n", RULES[match[0]]))
    return Found(edits)


def _has_next_lines(text: str) -> bool:
    """Whether U+0085 ends lines here. It rarely does: mostly it is an ellipsis of windows-1252, or part of mojibake.

    It is believed where it is the only control character of its kind and nothing else ends a line.
    """
    return (
        text.count("\x85") > 1
        and "\n" not in text
        and "\r" not in text
        and "\x85 " not in text
        and not re.search("[\x80-\x84\x86-\x9f]|[\xa1-\xff]\x85|\x85[\xa0-\xbf]", text)
    )


def _windows(text: str) -> Iterator[Edit]:
    """The edits for a text whose lines all end in \\r\\n, or \\n: the common case, and so the fast one."""
    at = text.find("\r")
    while at >= 0:
        yield Edit(at, "\r", "", "lines.crlf")
        at = text.find("\r", at + 1)
