"""What trafilatura takes for the main content of a page, as the chances of its blocks (the extra `[trafilatura]`).

trafilatura gives text without places. Its words are laid beside those of the page, in order: the share of a block's
words that are in the longest common subsequence is the block's chance.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz.distance import LCSseq

from pipeline.html.page import Page

WORD = re.compile(r"\w+")


def choice(page: Page) -> Sequence[float]:
    """Return the share of each block that trafilatura keeps."""
    import trafilatura

    taken = WORD.findall((trafilatura.extract(page.source) or "").lower())
    return shares([block.text for block in page.blocks], taken)


def shares(texts: Sequence[str], taken: Sequence[str]) -> list[float]:
    """For each text the share of its words that are taken, all in order.

    >>> shares(["Home", "A long river.", "Home"], ["a", "long", "river"])
    [0.0, 1.0, 0.0]
    """
    words: list[str] = []
    owners: list[int] = []
    for number, text in enumerate(texts):
        found = WORD.findall(text.lower())
        words += found
        owners += [number] * len(found)
    hits, counts = [0] * len(texts), [0] * len(texts)
    for owner in owners:
        counts[owner] += 1
    for step in LCSseq.opcodes(words, taken):
        if step.tag == "equal":
            for owner in owners[step.src_start : step.src_end]:
                hits[owner] += 1
    return [hit / count if count else 0.0 for hit, count in zip(hits, counts, strict=True)]
