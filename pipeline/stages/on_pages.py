"""Entities, debris and reflow on pages: what the stages of text do where the blocks are known.

Code stays as it is, whether the markup of a page tells it or the backticks of a text (see `verbatim`). A page that
shows `&lt;` to its readers writes of markup, and so may its code: there an entity is what it looks like. In other pages
it was encoded twice.

A labeller has judged what is content, so the rules that look for the chrome of a site above and below a text have
nothing left to find but content. And where the markup told paragraphs, lists, tables and code, reflow need not guess:
only within a block can a line break be one that somebody's editor made. Code keeps every space.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.document import Document, Found, Paragraph
from pipeline.edits import Edit
from pipeline.rules.engine import RuleSet
from pipeline.settings import Settings
from pipeline.stages import debris, encoding, reflow, verbatim

if TYPE_CHECKING:
    from pipeline.html.page import Page

ENTITY = "encoding.entity"
JUDGED = ("chrome.head", "chrome.tail", "chrome.comments", "chrome.list")  # they do a labeller's work
KINDS = {"heading": "heading", "item": "list", "row": "kept", "code": "kept"}  # of paragraphs; the others are prose
RUN = re.compile(r"[ \t]{2,}|\t")


def encoding_finder(settings: Settings) -> Callable[[Document], Found]:
    """Return the encoding stage for texts and pages."""
    on_texts = encoding.finder(settings)

    def find(document: Document) -> Found:
        found, page = on_texts(document.text), document.page
        entities = [edit for edit in found.edits if edit.rule == ENTITY]
        if not entities:
            return found
        of_markup = page is not None and ("&lt;" in document.text or "&gt;" in document.text)
        meant = set(entities) - set(() if of_markup else as_marked(page, document.text, entities))
        found.edits = [edit for edit in found.edits if edit not in meant]
        return found

    return find


def debris_finder(settings: Settings, rules: RuleSet) -> Callable[[Document], Found]:
    """Return the debris stage for texts and pages."""
    on_texts = debris.finder(rules)
    judged = [rule.id for rule in rules.rules if rule.id in JUDGED]
    on_pages = on_texts if settings.labeller == "none" else debris.finder(rules.without(judged))

    def find(document: Document) -> Found:
        return (on_texts if document.page is None else on_pages)(document.text)

    return find


def as_marked(page: Page | None, text: str, edits: Sequence[Edit]) -> Sequence[Edit]:
    """Return the edits that agree with what the markup of a page said, or that of a text: code stays as it is."""
    if page is None:
        return verbatim.untouched(edits, verbatim.spans(text))
    code = [(block.start, block.end) for block in page.blocks if block.kind == "code"]
    return verbatim.untouched(edits, [(start, end) for start, end in code if not is_wrapped(text[start:end])])


def is_wrapped(text: str) -> bool:
    """Whether what a page calls code is prose that was wrapped at a width, as a mail is."""
    blocks = reflow.read(text)
    return sum(len(block) for block in blocks if block.plain()) * 2 > sum(map(len, blocks))


def reflow_finder(settings: Settings) -> Callable[[Document], Found]:
    """Return the reflow stage for texts and pages."""
    on_texts = reflow.finder(settings)
    in_blocks = reflow.finder(replace(settings, headings="plain"))  # markup told what is a heading

    def find(document: Document) -> Found:
        if document.page is None:
            return on_texts(document.text)
        blocks = [(block.kind, block.start, block.end) for block in document.page.blocks]
        edits: list[Edit] = []
        paragraphs: list[Paragraph] = []
        for edit, paragraph in _blocks(document.text, blocks, in_blocks):
            edits += edit
            paragraphs += paragraph
        return Found(edits, paragraphs=paragraphs)

    return find


def _blocks(
    text: str, blocks: Sequence[tuple[str, int, int]], reflow_one: Callable[[str], Found]
) -> Iterator[tuple[list[Edit], list[Paragraph]]]:
    """Yield the edits and paragraphs of each block, with those of the space before it."""
    at, above = 0, ""
    for kind, start, end in blocks:
        start, end = trimmed(text, max(start, at), end, kind == "code")
        if start == end or text[at:start].strip():
            continue
        before = text[at:start]
        wanted = ("\n\n" if before.count("\n") > 1 else "\n") if above else ""
        if kind == "item":  # how deep it is nested
            wanted += before.rpartition("\n")[2]
        gap = [] if before == wanted else [Edit(at, before, wanted, "reflow.paragraph")]
        inside = text[start:end]
        if "\n" in inside and (kind != "code" or is_wrapped(inside)):
            found = reflow_one(inside)
            edits = [edit._replace(start=edit.start + start) for edit in found.edits]
            paragraphs = [
                Paragraph(KINDS.get(kind, one.kind), one.start + start, one.end + start) for one in found.paragraphs
            ]
            yield gap + edits, paragraphs
        else:
            runs = [] if kind == "code" else RUN.finditer(inside)
            edits = [Edit(start + run.start(), run[0], " ", "spaces.run") for run in runs]
            yield gap + edits, [Paragraph(KINDS.get(kind, "prose"), start, end)]
        at, above = end, kind
    if at < len(text) and not text[at:].strip():
        yield [Edit(at, text[at:], "", "reflow.paragraph")], []


def trimmed(text: str, start: int, end: int, code: bool) -> tuple[int, int]:
    """A span without the white space at its ends; the first line of code keeps its indentation.

    >>> trimmed("  a ", 0, 4, False), trimmed("\\n  a\\n", 0, 5, True)
    ((2, 3), (1, 4))
    """
    while end > start and text[end - 1].isspace():
        end -= 1
    first = start
    while first < end and text[first].isspace():
        first += 1
    if code:
        first = max(start, text.rfind("\n", start, first) + 1)
    return first, end
