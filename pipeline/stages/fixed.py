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
KEY = re.compile(r"(?:- )?[a-z_][\w.-]{0,50}:(?:\s\S{0,60}){0,6}$")  # of YAML
DAY = r"(?:[A-Z]?[a-z]{2,3}\.? {1,2}\d{1,2},? {1,2}|\d{4}[-/.]\d\d[-/.]\d\d[T ]|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4},? )"
LOGGED = re.compile(rf"[\[(]?{DAY}?\d{{1,2}}:\d\d(?::\d\d)?(?:[.,]\d+)?Z?(?: ?[AaPp][Mm])?[\])]?(?:\s|$)")
TIMED = re.compile(r"(?:\d{1,2}:)?\d\d:\d\d[.,]\d{3} --> ")  # of subtitles
LEADER = re.compile(r"(?:\.\s?){4,}\s*(?:\d{1,4}|[ivxlc]{1,7})$")  # to the number of a page
BAR = re.compile(r"\S +\| +(?:\d+(?: [+-]+)?|Bin .*)$")  # of the files that a change touches
GAP = re.compile(r"\S(?: {3,}|\t+)\S")
CODE = re.compile(
    r"[;{}](?:\s+(?://|#|/\*).*)?$|^(?:const|let|var) [\w{[].* = |^[a-z]\w*: ['\"[{]"
    r"|^(?:\$|>>>|#include|import \w|from \w+ import|def |class \w+[:(]|return\b|//|/\*|</?\w+>|\. [~/]"
    r"|\.\. [\w|\[])"
    r"|\w\(\S*\)|\w(?:\.|->|::)\w+\(|[=!<>+]=|^[\w.-]+\s+=\s|; (?:then|do)$"
)
CODED = ";{}$>#(=/"  # a line of code has one of these
STATED = re.compile(r"\)\s?;$")
BRACKETS = frozenset("[]{}(),;")
OPENED = re.compile(r"[\[\]{}(),;]+$|(?:[\"'][^\"']{1,60}[\"']|[\w$-]{1,40})\s?(?::|=>)\s|[\"'][^\"']*[\"'],?$")
HINTS = ("\\\n", " --> ", "....", ". . .", ");\n", " | ")  # of what is fixed, be its lines as full as those of prose
SIGNS = bytes(code for code in range(256) if not (code < 128 and chr(code).isalnum()))


def is_fixed(lines: Sequence[str], edges: Sequence[int]) -> bool:
    """Whether the breaks of lines, which end at the columns `edges`, mean something."""
    texts = [line for line in lines if len(line) <= WIDE]
    if len(texts) * 2 < len(lines):
        return False
    if lines[0] == "--" or all(text.startswith((">", "|", ": ")) for text in texts):
        return True
    if sum(text[0] == ">" for text in texts) > 1:
        return True  # `Ann wrote:` above the lines that she wrote, or a reply right below them
    whole = "\n".join(texts)  # what is nowhere in it needs no look at each line
    count = len(lines)
    return (
        is_table(texts, whole, count, edges)
        or is_timed(texts, whole, count)
        or is_code(texts, whole, count)
        or is_data(texts, whole)
        or is_listing(texts, whole, count)
        or is_drawing(texts, count)
    )


def is_table(texts: Sequence[str], whole: str, count: int, edges: Sequence[int]) -> bool:
    """Whether most lines are set in columns, or some lead to the number of a page by dots."""
    if ("   " in whole or "\t" in whole or "|" in whole) and sum(map(has_columns, texts)) * 2 > count:
        # justified prose has gaps too, but lines of one length that go on with small letters
        prose = count > 2 and sum(text[0].islower() for text in texts[1:]) * 2 >= count
        if not prose or len(set(edges[:-1])) > 1 + count // 4:
            return True
    if " | " in whole and sum(BAR.search(text) is not None for text in texts) > 1:
        return True
    dotted = "...." in whole or ". . ." in whole
    return dotted and sum(LEADER.search(text) is not None for text in texts) * 3 >= count


def is_timed(texts: Sequence[str], whole: str, count: int) -> bool:
    """Whether lines are those of a log, a chat or subtitles: a third of them or more start with a time."""
    if " --> " in whole and any(map(TIMED.match, texts)):
        return True
    logged = sum(map(is_logged, texts)) if ":" in whole else 0
    return logged > 1 and logged * 3 >= count


def is_code(texts: Sequence[str], whole: str, count: int) -> bool:
    """Whether most lines are code, or some end in a way that only those of code do."""
    if "\\\n" in whole and (count <= 10 or sum(text[-1] == "\\" for text in texts) * 5 >= count):
        return True  # a command that goes on on the next line, and elsewhere a break that is meant
    coded = [sign for sign in CODED if sign in whole]
    if not coded:
        return False
    if texts[-1][-1] in ";}" and sum(STATED.search(text) is not None for text in texts) * 3 >= count > 1:
        return True
    signed = [text for text in texts if any(map(text.__contains__, coded))]
    return len(signed) * 2 > count and sum(CODE.search(text) is not None for text in signed) * 2 > count


def is_data(texts: Sequence[str], whole: str) -> bool:
    """Whether most lines are those of data in brackets, as of JSON, some of which are nothing but brackets.

    >>> lines = ['"mills": [', '{', '"name": "Lowford",', '"wheels": 2', '}', ']']
    >>> is_data(lines, "\\n".join(lines)), is_data(["the mill", "(", "old", ")"], "the mill\\n(\\nold\\n)")
    (True, False)
    """
    if not any(sign in whole for sign in "[{"):
        return False
    if not any(text[0] in BRACKETS and BRACKETS.issuperset(text) for text in texts):
        return False
    return sum(OPENED.match(text) is not None or text[-1] in "[{(," for text in texts) * 4 >= len(texts) * 3


def is_listing(texts: Sequence[str], whole: str, count: int) -> bool:
    """Whether most lines start with what is no word, or with the name of a field or a setting."""
    odd = [text for text in texts if not text.split(" ", 1)[0].isalpha()]
    if len(odd) * 5 > count * 3 and sum(map(is_row, odd)) * 5 > count * 3:
        return True
    if ":" in whole and sum(FIELD.match(text) is not None and len(text) < 90 for text in texts) * 5 > count * 3:
        return True
    if ": " in whole or ":\n" in whole:
        keys = sum(KEY.match(text) is not None for text in texts)
        return keys == count > 1 or (keys > 3 and keys * 5 >= count * 4)
    return False


def is_drawing(texts: Sequence[str], count: int) -> bool:
    """Whether most lines are drawn."""
    half = texts[: (count + 1) // 2]  # if none of these is, no more than half of the lines are
    return any(map(is_drawn, half)) and sum(map(is_drawn, texts)) * 2 > count


def is_logged(text: str) -> bool:
    """Whether a line starts with the time at which it was written or said.

    >>> [is_logged(t) for t in ("Mar  4 10:12:01 host cron[99]: done", "[21:14] <ann> hello", "0:03")]
    [True, True, True]
    >>> is_logged("Mar 4 at 10:12 it was done")
    False
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
