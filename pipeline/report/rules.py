"""The rules as a person reads them: what each is for, where it looks, and its examples."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.rules.engine import RuleSet
from pipeline.rules.rule import CLOSE, OPEN, Example, Rule, Structural

__all__ = ["STAGE_RULES", "describe", "reasons", "tally"]

# The rules that are not of a pack: a stage makes their edits itself.
STAGE_RULES = {
    "lines.crlf": "A line end of Windows (carriage return and line feed) becomes a line feed.",
    "lines.cr": "A line end of old Macs (a carriage return alone) becomes a line feed.",
    "lines.vertical-tab": "A vertical tab ends a line.",
    "lines.form-feed": "A form feed ends a line: here a page ended.",
    "lines.next-line": "The control character NEL ends a line.",
    "lines.line-separator": "The line separator of Unicode ends a line.",
    "lines.paragraph-separator": "The paragraph separator of Unicode ends a paragraph.",
    "encoding.mojibake": "Text that was decoded in the wrong encoding reads as it was meant.",
    "encoding.entity": "An HTML entity (`&amp;`) becomes the character that it names.",
    "encoding.c1": "A control character of ISO 8859-1 is what windows-1252 has in its place.",
    "encoding.surrogate": "Two halves of a character become one; a half alone is no character.",
    "encoding.undecodable": "Bytes that the encoding of the text has no character for.",
    "encoding.terminal-escape": "A command to a terminal, for colours or the cursor.",
    "encoding.ligatures": "A ligature is written as its letters (with --typography).",
    "encoding.quotes": "A curly quotation mark becomes a straight one (with --typography).",
    "encoding.widths": "A wide or narrow form becomes the usual one (with --typography).",
    "characters.control": "A control character that no text needs.",
    "characters.no-break-space": "A space that forbids a line break becomes a plain one.",
    "characters.space": "A space of another width becomes a plain one.",
    "characters.soft-hyphen": "A hyphen that shows only at a line end.",
    "characters.bidi": "A mark of writing direction, where no script needs it.",
    "characters.zero-width": "A character without width, where no script needs it.",
    "characters.overstrike": "A character that was printed over another: bold or underlined, on old printers.",
    "characters.nfc": "A letter and its accents become one character, where Unicode has one.",
    "spaces.trailing": "Spaces at the end of a line.",
    "spaces.indent": "Spaces at the beginning of a line that mean nothing.",
    "spaces.run": "More than one space between words.",
    "reflow.join": "Lines that were wrapped at a width become one.",
    "reflow.seam": "Lines that were one before debris, or a link, came between them.",
    "reflow.hyphen": "A word that was broken at a line end is whole again.",
    "reflow.compound": "A word with a hyphen of its own that was broken there is whole again.",
    "reflow.paragraph": "Paragraphs stand apart by one empty line.",
    "reflow.heading": "A heading is marked as one (with --headings markdown).",
    "gaps.sentence": "A sentence that lost a year and cannot get it back (with --gaps drop).",
    "gaps.marked": "The mark of a gap (with --gaps mark).",
}


def reasons(rules: RuleSet) -> dict[str, str]:
    """What each rule is for, by id and sorted by it: those of packs, of stages, and those that find gaps."""
    from pipeline.stages import gap_patterns

    found = {rule.id: rule.about for rule in rules.rules}
    found |= {f"gaps.{rule.id}": rule.about for rule in gap_patterns.rules()}
    return dict(sorted((found | STAGE_RULES).items()))


def describe(id: str, about: str, rule: Rule | Structural | None) -> Iterator[str]:
    """Yield the lines that show a rule; one that a stage makes itself has no more than its reason."""
    yield id
    yield from textwrap.wrap(about, 80, initial_indent="  ", subsequent_indent="  ")
    if rule is None:
        return
    yield ""
    fields: dict[str, Any] = {"pack": rule.pack, "where": rule.where}
    if isinstance(rule, Rule):
        fields |= {"does": rule.do, "with": rule.replacement, "pattern": rule.pattern, "needs": ", ".join(rule.needs)}
        fields |= {"also": ", ".join(rule.also), "facts": ", ".join(sorted(rule.fact_kinds))}
    for name, value in fields.items():
        if value:
            yield from textwrap.wrap(str(value), 80, initial_indent=f"  {name:<9}", subsequent_indent=" " * 11)
    for title, examples in ((f"takes what is in {OPEN}{CLOSE}", rule.match), ("leaves alone", rule.keep)):
        if examples:
            yield ""
            yield f"  {title}:"
            for example in examples:
                yield from ("    | " + line for line in _marked(example).split("\n"))


def tally(rules: Sequence[Rule]) -> str:
    """Count rules and their examples, in words."""
    examples = sum(len(rule.match) + len(rule.keep) for rule in rules)
    return f"{len(rules)} rule{'s' * (len(rules) != 1)}, {examples} example{'s' * (examples != 1)}"


def _marked(example: Example) -> str:
    """The text of an example with its marks."""
    text = example.text
    for start, end in reversed(example.spans):
        text = text[:start] + OPEN + text[start:end] + CLOSE + text[end:]
    return text
