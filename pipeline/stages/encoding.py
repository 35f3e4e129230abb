"""Text that was decoded wrongly, or encoded once too often: mojibake, HTML entities, C1 controls, surrogates, terminal
escapes. This module decides which lines are looked at, and when a line is done; `repairs` has the repairs.

**Where.** Most texts have nothing of the kind, which `POSSIBLE` tells from their stretches of characters beyond ASCII:
mojibake is at least two such characters in a row, or one of a few. Only then the repairs, and ftfy with them, are
imported, and lines looked at.

**Entities.** They are read wherever they stand, until none is left (`&amp;amp;`), but not in a line with a tag, and not
in a document that speaks of entities: there they are content.

**What comes after.** The next stage takes out invisible characters, and that can bring mojibake together. So lines are
judged as they stand and as the next stage will leave them; what is uncovered is repaired here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from pipeline.document import Found
from pipeline.edits import Edit, PositionMap, apply, compose
from pipeline.settings import Settings
from pipeline.stages import characters, lines

if TYPE_CHECKING:
    from pipeline.stages.repairs import Repair

# What some repair needs: in the stretches that are not plain ASCII, and among ASCII.
POSSIBLE = re.compile(f"[^ ][^ {characters.SIGNS}]|[^ {characters.SIGNS}][^ ]|[\x1b\x80-\x9f\ud800-\udfffŒœÃÂ]")
ENTITY = re.compile("&#?[0-9A-Za-z]{1,24};")
COVERED = re.compile("&[#0-9A-Za-z]*[^ -~\t\n]")  # what may be an entity when an invisible character goes


def finder(settings: Settings) -> Callable[[str], Found]:
    """Return the stage for these settings: text with line feeds in, the edits that repair its encoding out.

    >>> find = finder(Settings())
    >>> find("The cafÃ© &amp; the bar").edits  # doctest: +NORMALIZE_WHITESPACE
    [Edit(start=7, old='Ã©', new='é', rule='encoding.mojibake'),
     Edit(start=10, old='&amp;', new='&', rule='encoding.entity')]
    """
    return partial(find, typography=settings.typography)


def find(text: str, *, typography: bool = False) -> Found:
    """Return the edits that repairs make in the lines of a text that need them."""
    hits = _suspects(text, typography)
    shown = text
    if hidden := characters.find(text).edits:
        shown = apply(text, hidden)
        uncovered = _suspects(shown, typography)
        if uncovered:
            back = PositionMap(hidden).back
            hits |= {line_start(text, back(start, side="left")) for start in uncovered}
    if not hits:
        return Found()
    from pipeline.stages.repairs import all_of, entities, line_at, speaks_of_entities

    repairs = all_of(typography)
    if "&" in text and speaks_of_entities(shown):
        repairs.remove(entities)
    edits: list[Edit] = []
    for start in sorted(hits):
        line = text[slice(*line_at(text, start))]
        found = settle(line, repairs) if typography else settle(line, repairs, is_settled)
        edits += [Edit(at + start, old, new, rule) for at, old, new, rule in found]
    return Found(edits)


def is_ordinary(text: str) -> bool:
    """Whether no repair can find anything in a text, by a look that costs next to nothing.

    >>> is_ordinary("“Naïve”, and R&D…"), is_ordinary("naÃ¯ve"), is_ordinary("na&iuml;ve")
    (True, False, False)
    """
    return not POSSIBLE.search(characters.stretches(text)) and not ("&" in text and ENTITY.search(text))


def _suspects(text: str, typography: bool) -> set[int]:
    """Where the lines start that a repair could change."""
    if not typography and is_ordinary(text):
        return set()
    from pipeline.stages.repairs import suspects

    return set(suspects(text, typography))


def line_start(text: str, at: int) -> int:
    """Where the line around a position starts."""
    return text.rfind("\n", 0, at) + 1


def is_settled(line: str) -> bool:
    """Whether no repair can find anything in a line, as it stands and as the next stage will leave it.

    In an ordinary line no two characters beyond ASCII are neighbours, but for signs: so invisible ones stand between
    ASCII, and when they go that alone comes together. Only a letter composed with its mark is a new neighbour.

    >>> is_settled("Tom &\\xa0Jerry"), is_settled("Tom\\xa0& Jerry"), is_settled("&am\\xadp;")
    (False, True, False)
    """
    unusual = characters.stretches(line)
    return (
        is_ordinary(line)
        and "\x08" not in unusual
        and not ("&" in line and COVERED.search(line))
        and not characters.UNSTABLE.search(unusual)
        and not lines.find(line).edits
    )


def settle(line: str, repairs: list[Repair], is_done: Callable[[str], bool] = lambda line: False) -> list[Edit]:
    """Return the edits that leave nothing in a line for any of the repairs; `is_done` is a fast way to see that."""
    edits: list[Edit] = []
    while True:
        more = _ask(repairs, line) or list(lines.find(line).edits)
        if not more:
            hidden = characters.find(line).edits
            if not hidden or not _ask(repairs, apply(line, hidden)):
                return edits
            more = list(hidden)
        line = apply(line, more)
        edits = [_by_one(edit) for edit in compose(edits, more)] if edits else more
        if is_done(line):
            return edits


def _ask(repairs: list[Repair], text: str) -> list[Edit]:
    """The edits of the first repair that has any, each line asked by itself (a repair can have made two of one)."""
    if text.find("\n") in (-1, len(text) - 1):
        return next((found for repair in repairs if (found := repair(text))), [])
    start = 0
    for line in text.split("\n"):
        if found := _ask(repairs, line + "\n"):
            return [edit._replace(start=edit.start + start) for edit in found]
        start += len(line) + 1
    return []


def _by_one(edit: Edit) -> Edit:
    """The edit, by the rule that says most of those that made it together."""
    if "+" not in edit.rule:
        return edit
    rules = edit.rule.split("+")
    return edit._replace(rule="encoding.mojibake" if "encoding.mojibake" in rules else rules[0])
