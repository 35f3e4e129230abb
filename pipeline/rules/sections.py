"""Where back matter and footers end: references, see also, external links, further reading; licences, small print.

The heading says that it is back matter; what follows decides whether it is. A section goes as far as
its lines look like items of a list, citations or labels, up to the first prose. A heading that is
followed by prose at once ("Notes" over a chapter) opens no back matter. A footer goes as far as nothing
but small print follows (`tail`).
"""

from __future__ import annotations

from collections.abc import Collection

import regex

from pipeline.rules.lines import CITATION, MARKER, Lines, ends_sentence

# Headings that authors use as well, for chapters and columns: they need items that look like notes.
DOUBTFUL = regex.compile(
    r"(?i)[*=#_ ]{0,8}(?:\d{1,2}\.?\s+)?(?:(?:foot)?notes?|sources?|literature?|literatur|quellen|anmerkungen|note"
    r"|publications|примечания|ссылки|литература|источники|bronnen|källor|出典)\b(?! and ref)"
)
# Headings of boxes that sites set inside of a text, and what is no title of a page in one: the text goes on.
BOX = regex.compile(r"(?i)[*=#_ ]{0,8}related\b")
NO_TITLE = regex.compile(r"\d{1,2}[.)]\s|\p{Ll}|.*(?:[^.]\.|[:;,(){}=])$|.{120}")
MENU = regex.compile(r"(?i)navigation menu\b")
BOXED = 16  # titles in a box, at most
BULLETS = "•‣◦▪●·○■*–—->» "
NOTE = regex.compile(  # the marker of a note, at its start
    r"(?:(?:\d{1,3}|[a-z])\.?\s*)?(?:[Jj]ump up (?:to:\s)?)?[↑^]|[Jj]ump up to:\s|\[(?:\d{1,3}|[a-zA-Z])\]"
)
# An entry of a bibliography: a surname, a first name or initial, and a year not far behind.
ENTRY = regex.compile(
    r"(?:\W{0,4}\p{Lu}[\p{L}'’-]+,\s+\p{Lu}[\p{L}.'’-]*[^\n]{0,60}|[^.]{3,60}\.\s)\(?\b(?:1[5-9]|20)\d\d\b"
)
TITLE = regex.compile(r"\p{Lu}[\p{L}’'-]*(?:[ :&/]{1,2}[\p{L}’'-]+){0,4}")
NUMBER = regex.compile(r"(\d{1,2})\.?\s+\p{Lu}[\p{L}’' -]{2,60}$")
MARKDOWN = regex.compile(r"#{1,6}(?= )")
APPENDIX = regex.compile(r"(?i:appendix|annex|anhang|annexe|anexo)(?:\s+(?:[A-Z]|\d{1,2}|[IVX]{1,4})\b.{0,80})?$")
RULER = regex.compile(r"[-=~_*]{3,}")
# Words that the small print of a site is made of: one of the first tells it, and so do two of the others.
SURE_PRINT = (
    r"rights?|reserved|permi\w+|reprod\w+|cop(?:ies|yright\w*)|licen[cs]\w+|trade ?marks?|distribut\w+"
    r"|(?:web)?sites?|privacy|polic(?:y|ies)|terms|powered|legal|prohibited|subject to|funded|non-profit"
    r"|Ltd|Inc|LLC|GmbH|affiliated|editorial"
)
SMALL_PRINT = regex.compile(
    rf"\b(?:{SURE_PRINT}|copy|publish\w*|publication|material|contents?|pages?|design\w*|host\w*|theme|propert(?:y|ies)"
    r"|registered|owned|owners?|contact|information|use[drs]?|service|consent|part of|supported|compan(?:y|ies))\b",
    regex.I,
)
SURE = regex.compile(rf"\b(?:{SURE_PRINT})\b", regex.I)
TOLD = 150  # characters of prose that is no small print, of which a footer has fewer
SENTENCE = 60  # or fewer than the text above, if that is shorter: but a sentence always may be in it
UNLIKE = 60  # items that look like nothing: no more of them are counted
STACK = 8  # headings in capitals that stand over one another, at most


def last_prose(lines: Lines, footer: int) -> int:
    """The last line of prose above a footer, which starts at an offset into the text; -1 if there is none."""
    bottom = range(lines.at(max(footer - 1, 0)), -1, -1)
    return next((index for index in bottom if _is_prose(lines, index)), -1)


def end(lines: Lines, heading: int, openers: Collection[int], footer: int, prose: int) -> int | None:
    """The last line of the section that the line `heading` opens, or none if it opens no back matter.

    `openers` are all lines that a rule takes for the heading of a section. `footer` is where a footer starts that goes
    anyway (an offset into the text): its lines are not looked at. `prose` is the last line of prose above it.
    """
    if _is_entry(lines, heading) or (
        (prose > heading or MENU.match(lines.texts[heading])) and not _has_prose(lines, heading)
    ):
        return None
    doubtful = DOUBTFUL.match(lines.texts[heading])
    is_box = BOX.match(lines.texts[heading]) is not None
    last = heading
    items = 0
    shown = 0  # items that look like notes or citations
    apart = False  # whether there are blank lines between the items
    in_item = False
    indent = 0  # of the items
    for index in range(heading + 1, len(lines)):
        line = lines.texts[index]
        if lines.starts[index] >= footer:
            break
        if not line:
            in_item = False
            continue
        if index == heading + 1 and RULER.fullmatch(line):
            last = index  # the line under the heading
            continue
        if in_item and index not in openers and _goes_on(lines, index):
            last = index
            continue
        if _is_prose(lines, index):
            if not items and index - heading <= 5:
                return None  # a chapter that happens to be called so
            if not shown and lines.texts[last][0].islower() and ends_sentence(lines.texts[last]):
                return None  # sentences that were wrapped
            last = _before_heading(lines, heading, last)
            break
        if _is_next(lines, heading, index) or (index not in openers and _is_level(lines, heading, index)):
            break
        if is_box and (NO_TITLE.match(line.lstrip(BULLETS)) or (items >= BOXED and index < prose)):
            return _end_of_box(lines, heading, last, items)
        if index < prose and _is_heading(lines, index) and index not in openers:
            break  # content follows: its heading stays
        if items and not lines.texts[index - 1] and index not in openers:
            listed = items > 1 or lines.texts[heading + 1]  # else each item may stand by itself
            if _ends(lines, heading, indent, index) or (
                listed and not (apart or shown) and _is_like(lines, heading, index)
            ):
                break
            apart = True
        last = index
        indent = indent if items else _indent(lines, index)
        is_note = bool(NOTE.match(line) or CITATION.search(line) or ENTRY.match(line))
        in_item = is_note or bool(MARKER.match(line))
        items += 1
        shown += is_note
        if doubtful and items > 2 * shown + UNLIKE:
            return None
    if doubtful and (shown * 2 < items or not (items or _is_last(lines, last, openers))):
        return None
    return last


def _has_prose(lines: Lines, heading: int) -> bool:
    """Whether a text stands above a heading: what stands above all prose is a menu, or an entry of a contents list."""
    return any(_is_prose(lines, index) for index in range(heading))


def _end_of_box(lines: Lines, heading: int, last: int, items: int) -> int:
    """Where a box ends behind which the text goes on: before the line that may be a heading of what follows.

    A list that is too long for a box is the text's, all of it.
    """
    if items >= BOXED or last == heading:
        return heading
    return last if MARKER.match(lines.texts[last]) else lines.beside(last, -1) or heading


def _is_next(lines: Lines, heading: int, index: int) -> bool:
    """Whether a line is the heading of the next section by its number, or that of an appendix.

    >>> _is_next(Lines("2. References\\nHill, Mills\\n3. Definitions"), 0, 2)
    True
    """
    line = lines.texts[index]
    if APPENDIX.match(line):
        return True
    number, next_one = NUMBER.match(lines.texts[heading]), NUMBER.match(line)
    return bool(number and next_one) and int(next_one[1]) == int(number[1]) + 1  # type: ignore[index]


def _is_level(lines: Lines, heading: int, index: int) -> bool:
    """Whether a line is a heading as the other is, by the marks of Markdown or by a line below it, and no smaller one.

    >>> _is_level(Lines("## See also\\n* Weir\\n## Owners\\n### Millers"), 0, 2)
    True
    """
    level, other = MARKDOWN.match(lines.texts[heading]), MARKDOWN.match(lines.texts[index])
    if level and other:
        return len(other[0]) <= len(level[0])
    return bool(line := _underline(lines, heading)) and line == _underline(lines, index)


def _underline(lines: Lines, index: int) -> str:
    """The character by which a heading is underlined, or nothing."""
    below = lines.texts[index + 1] if index + 1 < len(lines) else ""
    return below[0] if RULER.fullmatch(below) and abs(len(below) - len(lines.texts[index])) <= 2 else ""


def _is_entry(lines: Lines, heading: int) -> bool:
    """Whether a heading is an entry of the table of contents that the line above is of, a comment of a script, or a
    word of a list that is in the order of the alphabet.

    >>> [_is_entry(Lines(text.replace(" ", "\\n")), 2) for text in (
    ...     "read record references region rename", "weir hill references mill stone", "mill ran references")]
    [True, False, False]
    """
    line = lines.texts[heading]
    if line.startswith("#") and line.endswith(":"):
        return True
    around = [word.casefold() for word in lines.texts[max(0, heading - 2) : heading + 3]]
    if len(around) == 5 and all(map(str.isalpha, around)) and around == sorted(set(around)):
        return True
    above = lines.texts[heading - 1] if heading else ""
    return line[:1].isdigit() and above[:1].isdigit() and len(above) < 70 and not ends_sentence(above)


def _indent(lines: Lines, index: int) -> int:
    return len(lines.rows[index]) - len(lines.rows[index].lstrip())


def _ends(lines: Lines, heading: int, indent: int, index: int) -> bool:
    """Whether a line behind a blank one ends a section: a ruled line, or one out again from items that are indented."""
    if RULER.fullmatch(lines.texts[index]):
        return True
    return indent > _indent(lines, heading) >= _indent(lines, index) and not MARKER.match(lines.texts[index])


def _is_like(lines: Lines, heading: int, index: int) -> bool:
    """Whether a line behind a blank one is a heading as the other is: of a few words, and with the like below it."""
    line, below = lines.texts[index], lines.texts[index + 1 : index + 2]
    if not TITLE.fullmatch(line) or line.isupper() != lines.texts[heading].isupper() or below == []:
        return False
    return bool(below[0]) == bool(lines.texts[heading + 1])


def _is_last(lines: Lines, index: int, openers: Collection[int]) -> bool:
    """Whether nothing but headings of back matter follows a line."""
    below = range(index + 1, min(index + 12, len(lines)))
    return all(not lines.texts[line] or line in openers for line in below)


def _is_prose(lines: Lines, index: int) -> bool:
    """Whether a line is prose beyond doubt, and neither a note nor an entry of a bibliography."""
    line = lines.texts[index]
    return lines.is_solid(index) and not (NOTE.match(line) or ENTRY.match(line))


def _goes_on(lines: Lines, index: int) -> bool:
    """Whether a line carries on the item of the line above: a wrapped one, or one that is indented below its marker."""
    row, above = lines.rows[index], lines.rows[index - 1]
    line = row.strip()
    if MARKER.match(line) or NOTE.match(line):
        return False
    if len(row) - len(row.lstrip()) > len(above) - len(above.lstrip()) and MARKER.match(above.strip()):
        return True
    wrapped = 60 <= len(above) <= 90 and len(row) <= 90 and not above.rstrip().endswith((".", "!", "?"))
    return wrapped or (line[:1].islower() and len(above) <= 90)


def is_small_print(text: str) -> bool:
    """Whether a paragraph reads like the small print of a site.

    >>> is_small_print("All rights are with the friends of the mill."), is_small_print("They used it for a clock.")
    (True, False)
    """
    return SURE.search(text) is not None or len({*map(str.lower, SMALL_PRINT.findall(text))}) > 1


def _runs_on(lines: Lines, index: int) -> bool:
    """Whether a line was broken at a width, so that the next one is of its paragraph."""
    return 40 <= len(lines.rows[index]) <= 100 and not ends_sentence(lines.texts[index])


def _is_heading(lines: Lines, index: int) -> bool:
    """Whether a line that is no item of a list stands over prose; between them may be others, if it is in capitals."""
    for _ in range(STACK):
        line = lines.texts[index]
        if MARKER.match(line) or len(line) > 80 or line[-1] in ",;" or line[0].islower():
            return False
        below = (i for i in range(index + 1, len(lines)) if lines.texts[i] and not RULER.fullmatch(lines.texts[i]))
        index = next(below, -1)
        if index < 0 or _is_prose(lines, index):
            return index >= 0
        if not line.isupper():
            return False
    return False


def _before_heading(lines: Lines, heading: int, last: int) -> int:
    """Leave the headings of the prose that ends the section, if there are any."""
    while last > heading and not MARKER.match(lines.texts[last]) and _is_heading(lines, last):
        last -= 1
        while last > heading and not lines.texts[last]:
            last -= 1
    return last


def tail(lines: Lines, index: int) -> int:
    """The last line of a footer that begins with a line: the last of all, or that line, if a text goes on behind it.

    The small print of a site is prose as well, but most of it is about rights and terms. In a short text, the sentence
    behind the line may be all of the text, or half of it.
    """
    told = solid = 0
    part = ""  # what is seen of a paragraph, from below
    for below in range(len(lines) - 1, index, -1):
        part = f"{lines.texts[below]} {part}" if part and _runs_on(lines, below) else lines.texts[below]
        if _is_prose(lines, below):
            solid += len(lines.texts[below])
            told += 0 if is_small_print(part) else len(lines.texts[below])
    if told <= SENTENCE or 3 * told <= solid:
        return len(lines) - 1
    above = sum(len(lines.texts[line]) for line in range(index) if _is_prose(lines, line))
    return index if told > min(above, TOLD) else len(lines) - 1
