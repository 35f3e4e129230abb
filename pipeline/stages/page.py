"""The stages of a page: what is never shown is cut, markup becomes text, and what is not content goes.

Each is a pass of its own: the first looks at the source of the page, the third at the text that a browser would show.
A document that is no page passes through them untouched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from pipeline.document import Document, Found
from pipeline.edits import Edit
from pipeline.rules.engine import RuleSet
from pipeline.settings import Settings, is_off
from pipeline.stages import OPTIONAL_MARKUP

# What is shown after all, if the rule that hides it is switched off.
SHOWN = {rule: rule.partition(".")[2] for rule in OPTIONAL_MARKUP}

# Elements that no fragment of a page has, and among how many of the first ones they stand.
WHOLE, WHOLE_AT = frozenset(("html", "body", "frameset")), 10
# How a page begins, whatever its file is called: as browsers sniff it (WHATWG MIME Sniffing, section 7.1), but only by
# what no text begins with.
BEGINNING = re.compile(
    r"\ufeff?\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,2000}?-->\s*){0,4}<(?:!doctype\s+html|html)[\s>]", re.I | re.S
)


def is_page(text: str) -> bool:
    """Whether a text is the source of a page.

    >>> is_page("<!DOCTYPE html><p>Hello"), is_page("To write <html> is to begin a page.")
    (True, False)
    """
    return BEGINNING.match(text) is not None


def cut(document: Document) -> Found:
    """Find what a browser never shows, and what the head of the page says of it."""
    if document.media != "html":
        return Found()
    from pipeline.html.cut import find
    from pipeline.html.head import facts

    edits = find(document.text)
    return Found(edits, facts=facts(document.text, edits))


def markup(settings: Settings, rules: RuleSet) -> Callable[[Document], Found]:
    """Return the stage that makes text of markup, and lets the rules for elements choose theirs."""
    show = frozenset(shown for rule, shown in SHOWN.items() if rule in settings.off)
    show |= {"alt"} if settings.alt else frozenset()

    def find(document: Document) -> Found:
        if document.media != "html":
            return Found()
        from pipeline.html import blocks, tree
        from pipeline.html.page import Page
        from pipeline.html.render import render
        from pipeline.rules.elements import chosen

        source = document.text
        parsed = tree.parse(source)
        found, outline = blocks.find(parsed, source, chosen(parsed, source, rules.element_rules))
        del parsed  # all of it that is needed is in the blocks and the outline
        blocks.show_all(outline, found)
        edits = render(source, found, outline, show, settings.headings == "markdown")
        title = next((fact.value for fact in document.facts if fact.kind == "title"), "")
        types = frozenset(fact.value.lower() for fact in document.facts if fact.kind in ("schema_type", "page_type"))
        whole = any(name in WHOLE for name in outline.elements[:WHOLE_AT]) or any(
            edit.rule == "html.head" for step in document.ledger for edit in step.edits
        )
        return Found(edits, page=Page(source, *blocks.shown(found, outline), title, types, whole))

    return find


def content(settings: Settings) -> Callable[[Document], Found]:
    """Return the stage that takes away the blocks that are not content: a rule for elements says so, or a labeller.

    A fragment has been taken from its page already: of that, only rules for elements take something away.
    """
    off = frozenset(settings.off)

    def find(document: Document) -> Found:
        page = document.page
        if page is None or not page.blocks:
            return Found()
        from pipeline.html.cues import is_sure, reasons
        from pipeline.html.labeller import stays

        why, ruled = reasons(page.outline), page.outline.rules
        rules = []
        judges = page.whole and settings.labeller != "none"
        for block, stay in zip(page.blocks, stays(page, settings.labeller if judges else "none"), strict=True):
            rule, reason = ruled[block.place], why[block.place]
            if rule is not None:
                rules.append("" if rule.do == "keep" else rule.id)
            elif is_off(reason, off) or (stay and not (judges and is_sure(reason, block))):
                rules.append("")
            else:
                rules.append(reason)
        spans = [(block.start, block.end, rule) for block, rule in zip(page.blocks, rules, strict=True)]
        page.blocks = [block for block, rule in zip(page.blocks, rules, strict=True) if not rule]
        return Found(list(dropped(document.text, spans)))

    return find


def dropped(text: str, spans: Sequence[tuple[int, int, str]]) -> Iterator[Edit]:
    """Yield the edits that drop blocks, given as (start, end, rule), where the rule of those that stay is empty.

    Between two blocks that stay, the wider of the separators remains.

    >>> list(dropped("a\\n\\nb\\nc\\n", [(0, 1, ""), (3, 4, "page.share"), (5, 6, "")]))
    [Edit(start=3, old='b\\n', new='', rule='page.share')]
    """
    at = 0
    while at < len(spans):
        if not spans[at][2]:
            at += 1
            continue
        end = at
        while end < len(spans) and spans[end][2]:
            end += 1
        yield from _drop(text, spans, at, end)
        at = end


def _drop(text: str, spans: Sequence[tuple[int, int, str]], first: int, last: int) -> Iterator[Edit]:
    """Drop the blocks from number `first` up to `last`, with the separator on one side."""
    above = spans[first - 1][1] if first else 0
    below = spans[last][0] if last < len(spans) else len(text)
    behind = first and (last == len(spans) or below - spans[last - 1][1] > spans[first][0] - above)
    if behind:  # the separator below stays, or the newline at the end
        cuts = [above, *(end for _, end, _ in spans[first:last])]
    else:
        cuts = [*(start for start, _, _ in spans[first:last]), below]
    start = cuts[0]
    for number in range(first, last):
        rule, end = spans[number][2], cuts[number - first + 1]
        if number + 1 == last or spans[number + 1][2] != rule:
            yield Edit(start, text[start:end], "", rule)
            start = end
