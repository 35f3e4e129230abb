"""Rules that look at the elements of a page: CSS selectors, by which an author's own structure tells debris.

The tree of a page has its block elements only, so a selector chooses among `div`, `p`, `nav`, `table` and the like, and
by `class`, `id`, `role` and other attributes, but not among `span`s and links. What such a rule chooses goes, or stays
(`do = "keep"`), whatever a labeller says; of elements within one another the innermost one's rule counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bs4 import Tag

from pipeline.edits import PositionMap, apply
from pipeline.html import blocks, cut, tree
from pipeline.rules.gate import is_for
from pipeline.rules.rule import Rule


def chosen(page: Tag, source: str, rules: Sequence[Rule]) -> dict[int, Rule]:
    """Return the elements of a tree that rules choose, by their identity; the first rule of an element counts."""
    found: dict[int, Rule] = {}
    folded = source.lower() if rules else ""
    for rule in rules:
        if any(need.lower() in folded for need in rule.needs) and is_for(rule, source):
            for tag in rule.selector.select(page):
                found.setdefault(id(tag), rule)
    return found


def failures(rule: Rule) -> Iterator[str]:
    """Try the examples of a rule: it must choose all text between the marks, and no other."""
    for example in (*rule.match, *rule.keep):
        edits = cut.find(example.text)
        source, positions = apply(example.text, edits), PositionMap(edits)
        page = tree.parse(source)
        found, outline = blocks.find(page, source, chosen(page, source, [rule]))
        for block in found:
            start = positions.back(block.pieces[0].start, side="right")
            end = positions.back(block.pieces[-1].end, side="left")
            taken = outline.rules[block.place] is not None
            marked = any(first <= start and end <= last for first, last in example.spans)
            if taken != marked:
                what = "takes" if taken else "leaves"
                text = example.text[start:end].strip()
                yield f"{rule.pack}:{rule.line}: rule {rule.id} {what} {text!r} of {example.text!r}."
