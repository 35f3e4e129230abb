"""Tables of contents: the headings of the page once more, numbered or with numbers behind them, as a list of links."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from pipeline.rules.lines import Lines
from pipeline.rules.rule import Span, Structural, examples

ID = "contents.numbered"
HEADING = regex.compile(
    r"(?i)(?:[*=#_]{1,6}\s?)?(?:table of )?contents?:?(?:\s*(?:\[(?:hide|show)\]|hide))?(?:\s?[*=#_]{1,6})?"
    r"|inhalt(?:sverzeichnis)?|sommaire|table des matières|índice|indice|contenido|sumário|inhoud|spis treści|innehåll"
    r"|содержание|目次|目录"
)
# Over the contents of a page, and seldom over anything else.
PAGE = regex.compile(
    r"(?i)(?:[*=#_]{1,6}\s?)?(?:table of contents|page contents|(?:in|on) this (?:article|page|guide|post|story)"
    r"|jump to(?: section)?):?(?:\s?[*=#_]{1,6})?"
)
TOLD = regex.compile(r"\p{Ll}|(?i:.*\bcontents\b)")
BEFORE = regex.compile(r"(?:[•*·#+o\-]\s)?\s*[•*·\-]?(?P<number>\d{1,2}(?:\.\d{1,2}){0,4})\.?[\s_]+\S.{0,110}")
BEHIND = regex.compile(r"[•*·\-]?\s*\D.{0,110}?\s(?P<number>\d{1,2}(?:\.\d{1,2}){0,4})")
LEADER = regex.compile(r"\S.{0,110}?(?:\s?\.){3,}\s*(?:\d{1,4}|[ivxlc]{1,6})")  # dots that lead to the number of a page
NESTED = regex.compile(r"(?:^|\s)\d{1,2}\.\d{1,2}(?:[\s_]|$)")
BACK = regex.compile(r"\b(?:See also|References|External links|Further reading|Bibliography|Notes)\b")
ONE_LINE = regex.compile(r"Contents:?\s+(?:\[?(?:hide|show)\]?\s+)?1\.?\s+(?:[^.!?]|[.!?](?!\s)|(?<=\d)\.\s){10,3000}")
SWITCH = regex.compile(
    r"(?i)\[?(?:hide|show|verbergen|anzeigen|masquer|afficher|ocultar|mostrar|nascondi|ukryj|toggle)\]?"
    r"|\(top\)|(?:move to|toggle) [\p{L}\d ,'’()–-]{1,60}"
)
NUMBERS = regex.compile(r"^\W*[\d.]+[\s_]+|\s+[\d.]+$|^[•*·-]\s+")  # of an entry
BULLET = regex.compile(r"^[•*·-]\s+")
FEWEST = 3  # entries
LETTERED = regex.compile(r"\(?[a-z][.)]\s+\S.{0,80}[^.;,:]")
SENTENCE = regex.compile(r"[.;,:]$")
# A heading of contents, or two entries one under the other.
GATE = (
    r"(?m)^[ \t]*(?:[*=#_]{1,6} ?)?(?:(?:table of )?contents?|inhalt(?:sverzeichnis)?|sommaire"
    r"|table des matières|índice|indice|contenido|sumário|inhoud|spis treści|innehåll|содержание|目次|目录"
    r"|page contents|(?:in|on) this (?:article|page|guide|post|story)|jump to(?: section)?)"
    r"(?:\b|[ \t]*$)"
    r"(?:[^\n]{0,12}|[^\n]{0,12} 1 [^\n]*)$"
    r"|^[ \t]*[•*·-][ \t][^\n]*\s1(?:\.1)?[ \t]*\n|^[ \t]*[•*·-][ \t]*1[. \t]"
)


def find(lines: Lines) -> Sequence[Span]:
    """Propose to drop runs of lines whose numbers count as those of a table of contents do: 1, 1.1, 1.2, 2, …"""
    spans: list[Span] = []
    lasts = {text: line for line, text in enumerate(lines.texts)}
    index = 0
    for line, text in enumerate(lines.texts):
        if text.startswith("Contents") and ONE_LINE.fullmatch(text) and _counts(text):
            spans.append(Span(lines.starts[line], lines.end(line), "", ID))
    while index < len(lines):
        on_page = bool(PAGE.fullmatch(lines.texts[index]))
        headed = on_page or bool(HEADING.fullmatch(lines.texts[index]))
        first = index
        if headed:
            first = next((i for i in range(index + 1, min(index + 6, len(lines))) if lines.texts[i]), index)
        counted = first + 1 if headed and SWITCH.fullmatch(lines.texts[first]) and first + 1 < len(lines) else first
        after = max(_run(lines, counted, pattern) for pattern in (BEFORE, BEHIND))
        after = first if after == counted else after
        if headed:
            after = max(after, _led(lines, first), _repeated(lines, first, lasts, on_page=on_page))
            if on_page and after == first and _is_emptied(lines, index):
                spans.append(Span(lines.starts[index], lines.end(index), "", ID))
        count = sum(1 for i in range(first, after) if lines.texts[i])
        if after > first and (
            count >= 2 and _is_of_page(lines, index, after, lasts)
            if headed
            else count >= 4 and _bulleted_or_nested(lines, first, after)
        ):
            spans.append(Span(lines.starts[index], lines.end(after - 1), "", ID))
            index = after
        else:
            index += 1
    return spans


def _is_of_page(lines: Lines, first: int, after: int, lasts: dict[str, int]) -> bool:
    """Whether a list under a heading is of the parts of a page, not of a box: an entry stands again below, or is of
    back matter, or numbers are nested or lead to pages, or there is a switch that hides it."""
    entries = lines.texts[first:after]
    if any(NESTED.search(line) or BACK.search(line) or LEADER.fullmatch(line) for line in entries):
        return True
    if SWITCH.search(entries[0]) or any(map(SWITCH.fullmatch, entries)):  # beside the heading, or on lines of their own
        return True
    titles = (NUMBERS.sub("", line) for line in entries[1:])
    return any(lasts.get(title, -1) >= after for title in titles if title)


def _run(lines: Lines, first: int, pattern: regex.Pattern[str]) -> int:
    """The line behind the last of a run of entries that starts on line `first`; blank lines between are allowed."""
    before: list[int] = []
    after = first
    if "1" not in lines.texts[first] and "0" not in lines.texts[first]:
        return first  # tables of contents count from there
    for index in range(first, len(lines)):
        line = lines.texts[index]
        if not line:
            continue
        if index == after > first and _wrapped(lines, index):
            after = index + 1
            continue
        if before and LETTERED.fullmatch(line) and not lines.is_prose(index):
            after = index + 1
            continue
        match = pattern.fullmatch(line)
        if not match or SENTENCE.search(line) or lines.is_prose(index):
            break
        number = [int(part) for part in match["number"].split(".")]
        if not _follows(before, number):
            break
        before = number
        after = index + 1
    return after


def _wrapped(lines: Lines, index: int) -> bool:
    """Whether a line carries on the entry above it: a long one, which it is indented below."""
    row, above = lines.rows[index], lines.rows[index - 1]
    return len(above) > 60 and row.lstrip() != row and len(row) - len(row.lstrip()) > len(above) - len(above.lstrip())


def _repeated(lines: Lines, first: int, lasts: dict[str, int], *, on_page: bool) -> int:
    """The line behind the last entry of a run, each a heading that stands again below, with switches among them.

    `lasts` is the last place of each line. Under a heading that only pages have, there need be no switches, but at
    least three entries, whose headings stand below in their order, and hardly one that does not.
    """
    switches = entries = misses = 0
    places: list[int] = []
    after = first
    for index in range(first, len(lines)):
        line = lines.texts[index]
        if SWITCH.fullmatch(line):
            switches += 1
        elif HEADING.fullmatch(line):
            break
        elif line and len(line) <= 80 and (place := _below(lasts, line)) > index:
            entries, misses = entries + 1, 0
            places.append(place)
        elif line:
            misses += 1
            if misses > 2 or len(line) > 80:
                break
            continue
        after = index + 1 if line else after
    if on_page and entries >= FEWEST and places == sorted(places):
        return after
    return after if switches and entries >= 2 else first


def _below(lasts: dict[str, int], entry: str) -> int:
    """The last place of the heading that an entry names: it has no bullet there, and may have no number."""
    return max(lasts.get(title, -1) for title in (entry, BULLET.sub("", entry), NUMBERS.sub("", entry)))


def _is_emptied(lines: Lines, index: int) -> bool:
    """Whether the heading of contents stands over the text at once: its entries did not come along."""
    below = lines.beside(index, 1)
    return below is not None and lines.is_solid(below) and not TOLD.match(lines.texts[below])


def _counts(line: str) -> bool:
    """Whether the numbers of a line count through as those of a table of contents do, at least four of them.

    >>> _counts("Contents hide 1 History 1.1 Rome 1.2 Gaul 2 Types"), _counts("Contents 1 cup of flour 2 eggs")
    (True, False)
    """
    before: list[int] = []
    found = 0
    for word in line.split():
        if word[0].isdigit() and word.replace(".", "").isdigit():
            number = [int(part) for part in word.split(".") if part]
            if _follows(before, number):
                before, found = number, found + 1
    return found >= 4


def _led(lines: Lines, first: int) -> int:
    """The line behind the last of a run of entries whose dots lead to a page; an entry may start on the line above."""
    after, skipped = first, 0
    for index in range(first, len(lines)):
        line = lines.texts[index]
        if LEADER.fullmatch(line):
            after, skipped = index + 1, 0
        elif line:
            skipped += 1
            if skipped > 1 or lines.is_prose(index):
                break
    return after


def _follows(before: list[int], number: list[int]) -> bool:
    """Whether a number of a heading comes next: deeper by one, or one more on the same or an outer level.

    >>> _follows([1, 2], [1, 2, 1]), _follows([1, 2, 1], [2]), _follows([1], [3])
    (True, True, False)
    """
    if not before:
        return number in ([1], [0])
    if number == [*before, 1]:
        return True
    depth = len(number)
    return depth <= len(before) and number[:-1] == before[: depth - 1] and number[-1] == before[depth - 1] + 1


def _bulleted_or_nested(lines: Lines, first: int, after: int) -> bool:
    """Whether a run without a heading over it can only be a table of contents.

    Each entry has a bullet before its number (an author's numbered list has none, nor have the clauses of a law),
    and the numbers are nested, or one of the entries is a section that only pages of reference works have.
    """
    entries = [lines.texts[i] for i in range(first, after) if lines.texts[i]]
    if not all(entry[0] in "•*·-" for entry in entries):
        return False
    return any(NESTED.search(entry) for entry in entries) or any(BACK.search(entry) for entry in entries)


RULE = Structural(
    id=ID,
    about="A table of contents: headings with their numbers, counted through, or all of which stand again below.",
    find=find,
    gate=GATE,
    match=examples(
        "The town is old.\n⟦Contents\n• 1 History\n• 1.1 Early days\n• 2 Climate\n⟧History\nIt began.",
        "The town is old.\n⟦  • History 1\n    • Early days 1.1\n    • Later 1.2\n  • Climate 2\n⟧\nIt began.",
        "⟦***** Contents *****\n    * 1_History\n          o 1.1_Early_days\n    * 2_Climate\n⟧* History\nIt began.",
        "⟦Table of Contents\n\n   1.   Introduction . . . . . . . 1\n   3a.  Format Rules  . . . .  4\n"
        "   4.   Header . . . . 6\n⟧\n1.  Introduction",
        "⟦Contents\nhide\n(Top)\nHistory\nClimate\nSee also\n⟧Teme\nIt is old.\nHistory\nIt began.\nClimate\nSee also",
        "⟦Sommaire\n[masquer]\n1 Histoire\n2 Climat\n⟧Histoire\nLe moulin est ancien.",
        "⟦Inhaltsverzeichnis\n1 Geschichte\n2 Klima\n⟧Geschichte\nDie Mühle ist alt.",
        "⟦Contents [hide]\n\n1 Name\n2 Course\n⟧\nThe river is long.",
        "⟦In this article\n• Name\n• Course\n• Fish\n⟧Name\nIt is old.\nCourse\nIt is long.\nFish\nThere are none.",
    ),
    keep=examples(
        "Contents\n1 Slide show\n2 Lamp\n3 Cable\nYou need a dark room.",
        "Contents\n1 Seat\n2 Sides\n3 Back\n4 Braces\nYou need a screwdriver and a friend.",
        "1. Wash the rice.\n2. Boil the water.\n3. Add the rice.\n4. Wait.",
        "Contents may settle in transit.\n1 cup of flour\n2 eggs",
        "1 Scope\n1.1 This law applies to mills.\n1.2 It does not apply to ships.\n2 Terms",
        "• Room 101\n• Room 102",
        "On this page\n• Births\n• Deaths\n• The tide\nThe others are about the council.",
        "- Meet the crew of 1\n- Meet the crew of 2\n- Meet the crew of 3\n- Meet the crew of 4\n",
    ),
)
