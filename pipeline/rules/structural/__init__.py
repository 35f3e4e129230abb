"""Rules that are code, for debris that no pattern can see. Each has an id, a sentence about it, and examples."""

from pipeline.rules.rule import Structural
from pipeline.rules.structural import (
    chrome,
    consent,
    contents,
    edit_links,
    ends,
    footnotes,
    keywords,
    margins,
    mash,
    page_notes,
    pages,
    rights,
    threads,
    titled,
    tooltips,
)

STRUCTURAL: tuple[Structural, ...] = (
    tooltips.RULE,
    titled.RULE,
    contents.RULE,
    keywords.RULE,
    footnotes.MARKERS,
    footnotes.BLOCKS,
    edit_links.RULE,
    consent.RULE,
    mash.RULE,
    margins.RULE,
    rights.RULE,
    page_notes.RULE,
    pages.RULE,
    *threads.RULES,
    *ends.RULES,
    *chrome.RULES,
)
