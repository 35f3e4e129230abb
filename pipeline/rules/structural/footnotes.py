"""Footnotes: the notes themselves, which stand as a block under a chapter or at the end, each behind its marker."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from pipeline.rules.lines import Lines
from pipeline.rules.rule import Span, Structural, examples

ID = "markers.footnote-block"
NOTE = regex.compile(
    r"^(?P<indent>[ \t]{0,4})\[(?:Footnote )?(?P<mark>\d{1,3}|[A-Z])\](?P<gap>[ \t]+)\S[^\n]*(?:\n(?=[ \t]*\S)(?![ \t]{0,4}\[\d)[^\n]*)*"
    r"(?:\n\n(?=[ ]{4,}\S)[^\n]*(?:\n(?=[ \t]*\S)[^\n]*)*)*",
    regex.MULTILINE,
)


def find(lines: Lines) -> Sequence[Span]:
    """Propose to drop runs of notes, each on a line of its own behind `[1]`, that are counted through.

    One note alone goes only where its marker stands in the text before it.
    """
    text = lines.text
    if "\n[" not in text and "\n  [" not in text and not text.startswith("["):
        return ()
    spans: list[Span] = []
    run: list[regex.Match[str]] = []
    for match in NOTE.finditer(text):
        follows = (
            bool(run) and not text[run[-1].end() : match.start()].strip() and _next(run[-1]["mark"], match["mark"])
        )
        if run and not follows:
            spans += _take(text, run)
            run = []
        run.append(match)
    return [*spans, *(_take(text, run) if run else ())]


def _next(before: str, mark: str) -> bool:
    if before.isdigit() and mark.isdigit():
        return int(mark) in (int(before), int(before) + 1)
    return len(before) == len(mark) == 1 and ord(mark) == ord(before) + 1


def _take(text: str, run: Sequence[regex.Match[str]]) -> Sequence[Span]:
    first = run[0]
    marker = f"[{first['mark']}]"
    above = text.find(marker, 0, first.start()) >= 0
    if len(run) < 2 and not above:
        return ()
    if len(run) < 3 and not above and first["mark"] != "1":
        return ()
    end = run[-1].end()
    while text[end : end + 1] == "\n":
        end += 1
    return [Span(first.start(), end, "", ID)]


RULE = Structural(
    id=ID,
    about="A block of footnotes, each behind its marker at the start of a line.",
    find=find,
    match=examples(
        "The mill is old.\n\n⟦[1]  Hill, _Mills_, ii. 3.\n\n[2]  So the miller said, who had\n     it from his father.\n\n\n⟧CHAPTER II\n",
    ),
    keep=examples("[1] was the first, he said.", "The list\n[a] one\n[b] two", "He saw\n[10] men."),
)
