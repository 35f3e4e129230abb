"""Blocks that are fixed: their breaks and spaces mean something, to judge by the lines themselves.

Tables, code, logs, chats, subtitles, quoted mail, its headers, settings and drawings are such. Verse is not told here,
but by how its lines end (see `blocks`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.stages.sentences import marker

WIDE = 116  # columns; prose is hardly ever hard-wrapped beyond
FIELD = re.compile(r"[A-Z][\w-]{1,20}(?: [\w-]{1,12})?:(?:\s|$)")
KEY = re.compile(r"(?:- )?[a-z_][\w.-]{0,30}:(?:\s\S{0,60}){0,6}$")  # of YAML
LOGGED = re.compile(r"[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d\s")
GAP = re.compile(r"\S(?: {3,}|\t+)\S")
CODE = re.compile(
    r"[;{}]$|^(?:\$|>>>|#include|import \w|from \w+ import|def |class \w+[:(]|return\b|//|/\*|</?\w+>)"
    r"|\w\(\S*\)|\w(?:\.|->|::)\w+\(|[=!<>+]=|^\w+ = "
)
CODED = ";{}$>#(=/"  # a line of code has one of these
SIGNS = bytes(code for code in range(256) if not (code < 128 and chr(code).isalnum()))


def is_kept(lines: Sequence[str], edges: Sequence[int]) -> bool:
    """Whether lines, which end at the columns `edges`, are a table, code, quoted mail, mail headers or a drawing."""
    count = len(lines)
    texts = [line for line in lines if len(line) <= WIDE]
    if len(texts) * 2 < count:
        return False
    if lines[0] == "--" or all(text.startswith((">", "|", ": ")) for text in texts):
        return True
    if sum(text[0] == ">" for text in texts) > 1:
        return True  # `Ann wrote:` above the lines that she wrote, or a reply right below them
    whole = "\n".join(texts)  # what is nowhere in it needs no look at each line
    if ("   " in whole or "\t" in whole or "|" in whole) and sum(map(has_columns, texts)) * 2 > count:
        # justified prose has gaps too, but lines of one length that go on with small letters
        prose = count > 2 and sum(text[0].islower() for text in texts[1:]) * 2 >= count
        if not prose or len(set(edges[:-1])) > 1 + count // 4:
            return True
    coded = [sign for sign in CODED if sign in whole]
    if coded:
        signed = [text for text in texts if any(map(text.__contains__, coded))]
        if len(signed) * 2 > count and sum(CODE.search(text) is not None for text in signed) * 2 > count:
            return True
    odd = [text for text in texts if not text.split(" ", 1)[0].isalpha()]
    if len(odd) * 5 > count * 3 and sum(map(is_row, odd)) * 5 > count * 3:
        return True
    if ":" in whole and sum(FIELD.match(text) is not None and len(text) < 90 for text in texts) * 5 > count * 3:
        return True
    if ":" in whole and sum(map(is_logged, texts)) * 2 > count:
        return True
    if ": " in whole or ":\n" in whole:
        keys = sum(KEY.match(text) is not None for text in texts)
        if keys == count > 1 or (keys > 3 and keys * 5 >= count * 4):
            return True
    half = texts[: (count + 1) // 2]  # if none of these is drawn, no more than half of the lines are
    return any(map(is_drawn, half)) and sum(map(is_drawn, texts)) * 2 > count


def is_logged(text: str) -> bool:
    """Whether a line starts with the day and the second at which a program wrote it.

    >>> is_logged("Mar  4 10:12:01 host cron[99]: done"), is_logged("Mar 4 at 10:12 it was done")
    (True, False)
    """
    return LOGGED.match(text) is not None


def is_drawn(text: str) -> bool:
    """Whether a line of two characters or more is of signs, with few letters and digits among them."""
    size = len(text)
    if len(text.encode("utf-8", "replace").translate(None, SIGNS)) * 5 >= size * 2:
        return False  # the ASCII letters and digits alone are enough
    return size > 1 and sum(map(str.isalnum, text)) * 5 < size * 2


def has_columns(text: str) -> bool:
    """Whether a line is set in columns, by wide gaps or bars.

    >>> has_columns("Mon    4.1"), has_columns("| Mon | 4.1 |"), has_columns("Mon  4.1")
    (True, True, False)
    """
    return (("   " in text or "\t" in text) and GAP.search(text) is not None) or text.count("|") > 1


def is_row(text: str) -> bool:
    """Whether a line starts with what is no word: a number, a code, an option.

    >>> [is_row(t) for t in ("x01 4.2 3.1", "-v be loud", "1. an item", "(so) it is", "It is")]
    [True, True, False, False, False]
    """
    head = text.split(" ", 1)[0]
    if head.isalpha() or head.strip(".,;:!?()[]\"'“”‘’«»*_-").replace("-", "").isalpha():
        return head[0] == "-" and len(head) > 1 and head[1:2] != "-"
    return (
        len(head) > 1
        and head.isascii()
        and any(map(str.isalnum, head))
        and "'" not in head
        and "’" not in head
        and not marker(text)
    )
