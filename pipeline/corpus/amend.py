"""Documents that the corpus changes: one more pass at the end of their ledgers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.core import LedgerMismatch
from pipeline.document import Document, Gap, Ledger, Pass
from pipeline.edits import Edit, PositionMap, apply, invert

__all__ = ["amend"]


def amend(document: Document, stage: str, edits: Sequence[Edit], gaps: Sequence[Gap] | None = None) -> Document:
    """Return the document with the pass of a stage of the corpus, and the paragraphs and gaps moved along.

    The raw text is not needed: what led to the clean text is in the ledger already, and was replayed. `gaps` are those
    that are left, if it is not all. Raises `LedgerMismatch` unless the pass can be undone.

    >>> from pipeline import clean
    >>> changed = amend(clean("One. Two."), "demo", [Edit(4, " Two.", "", "demo.cut")])
    >>> changed.text, [(block.start, block.end) for block in changed.paragraphs]
    ('One.', [(0, 4)])
    """
    text = apply(document.text, edits)
    if apply(text, invert(edits)) != document.text:
        raise LedgerMismatch(f"Cannot vouch for {document.id}: its {stage} cannot be undone.")
    positions = PositionMap(edits)
    blocks = document.paragraphs
    starts = positions.forward_all([block.start for block in blocks], side="left")
    ends = positions.forward_all([block.end for block in blocks], side="right")
    return replace(
        document,
        text=text,
        ledger=Ledger([*document.ledger, Pass(stage, edits)] if edits else document.ledger),
        facts=[*document.facts],
        gaps=[
            gap._replace(at=positions.forward(gap.at, side="left")) for gap in (document.gaps if gaps is None else gaps)
        ],
        flags=[*document.flags],
        paragraphs=[
            block._replace(start=start, end=end)
            for block, start, end in zip(blocks, starts, ends, strict=True)
            if text[start:end].strip()
        ],
    )
