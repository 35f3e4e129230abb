"""Edit links of wikis that lost their brackets, or the word between: behind a heading, below it, or before the text.

    HistoryEdit                 History                     History
    The mill was built ...      edit                        editThe mill was built ...
                                The mill was built ...

The word alone proves nothing. But one page has such a link at each of its headings, and some of them are headings that
every wiki has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import regex

from pipeline.rules.lines import MARKER, Lines, ends_sentence
from pipeline.rules.rule import Span, Structural, examples

ID = "markers.edit-bare"
BEHIND = regex.compile(r"[^\n]{1,70}?(?<=[\p{L}\p{N})!?\"”’'])(?P<link>\s?(?:(?<=[^\p{Lu}])Edit|\[ {0,2}\]))")
BELOW = "edit"
ENDS = ("Edit", "[]", "[ ]", "[  ]")  # of a line with a link behind its heading
BEFORE = regex.compile(r"edit(?=(?:\p{Lu}[\p{L}’'-]*|\d{1,4}),? [\p{L}\p{N}(\"“])")
LONGEST = 80  # characters of a heading
USUAL = regex.compile(
    r"(?i)(?:(?:early|later|personal|family|in-game)\s)?(?:history|biography|background|trivia|personality|appearances?"
    r"|abilities|gallery|plot|references|see also|external links?|notes|overview|description|relationships?|quotes"
    r"|synopsis|etymology|sources|characters?|cast|reception|career|life|geography|legacy|further reading|summary"
    r"|gameplay|strategy|lyrics|discography|filmography|behind the scenes|origins?|production|development|usage)"
)


def find(view: Lines) -> Sequence[Span]:
    """Propose to drop the edit links of each of the three kinds of which a document has two or more."""
    return [span for kind in (_behind, _below, _before) for span in _of(view, kind)]


def _of(view: Lines, kind: Callable[[Lines, int], tuple[str, Span] | None]) -> list[Span]:
    """The links of one kind, if there are several, and one of them is at a heading that wikis have."""
    suspects = [at for at, line in enumerate(view.texts) if line.endswith(ENDS) or line.startswith(BELOW)]
    found = [link for at in suspects if (link := kind(view, at))]
    headings = {heading for heading, _ in found}
    usual = sum(USUAL.fullmatch(heading) is not None for heading in headings)
    apart = kind is _behind and all(span.end - span.start > len("Edit") for _, span in found)  # as words are
    return [span for _, span in found] if len(headings) > 1 and usual >= (2 if apart else 1) else []


def _behind(view: Lines, index: int) -> tuple[str, Span] | None:
    line = view.texts[index]
    match = BEHIND.fullmatch(line)
    if match is None or not _is_heading(heading := line[: match.start("link")]):
        return None
    start = view.starts[index] + view.rows[index].index(line) + len(heading)
    return heading, Span(start, start + len(match["link"]), "", ID)


def _below(view: Lines, index: int) -> tuple[str, Span] | None:
    above, below = view.beside(index, -1), view.beside(index, 1)
    if view.texts[index] != BELOW or above is None or not _is_heading(view.texts[above]):
        return None
    if below is not None and view.rows[below].startswith("  ") and not MARKER.match(view.texts[below]):
        return None  # a command, and what it does
    return view.texts[above], Span(view.starts[index], view.end(index), "", ID)


def _before(view: Lines, index: int) -> tuple[str, Span] | None:
    above = view.beside(index, -1)
    if above is None or not BEFORE.match(view.texts[index]) or not _is_heading(view.texts[above]):
        return None
    start = view.starts[index] + view.rows[index].index(BELOW)
    return view.texts[above], Span(start, start + len(BELOW), "", ID)


def _is_heading(line: str) -> bool:
    """Whether a line can be a heading: short, in its form, and no item of a list."""
    if not 0 < len(line) <= LONGEST or MARKER.match(line) or (ends_sentence(line) and line[-1] not in "!?"):
        return False
    return line[0].isupper() or line[0].isdigit() or line[0] in "\"“'’("


RULE = Structural(
    id=ID,
    about="The edit link of a wiki that lost its brackets: behind a heading, below it, or before the text under it.",
    find=find,
    gate=r"(?:Edit|\[ {0,2}\])[ \t]*(?:\n|\z)|\n[ \t]*edit(?:[ \t]*\n|[A-Z0-9])",
    phase=1,
    match=examples(
        "The mill is old.\nHistory⟦Edit⟧\nIt was built by monks.\nThe wheel⟦ Edit⟧\nIt is of oak.\nTrivia⟦Edit⟧",
        "The mill is old.\nHistory⟦[]⟧\nIt was built by monks.\nIn the war⟦[]⟧\nIt burnt.",
        "History\n\n⟦edit\n⟧\nIt was built by monks.\n\nThe wheel\n⟦edit\n⟧It is of oak.",
        "History\n⟦edit⟧It was built by monks.\nThe wheel\n⟦edit⟧A wheel of oak turns there.",
    ),
    keep=examples(
        "TextEdit\nShows a text.\nLineEdit\nShows a line.\nSpinEdit\nShows a number.",
        "Commands\n\nedit\n\nOpens the file.\n\nHistory\n\nIt was written in a week.",
        "Commands\n\nedit\n    Opens the file.\n\nHistory\n\nedit\n    Shows the history.",
        "History Edit\nThe history is kept.\n\nSave Edit\nThe key saves it.",
        "files\nFile[]\nThe files.\nhistory\nEntry[]\nThe entries of a user.",
        "Press the key that says\nHistory Edit\nand then the other.",
        "history\nedit\nview\nhistory\nedit\nview",
        "Code\neditText.setText(name)\nHistory\neditText.clear()",
    ),
)
