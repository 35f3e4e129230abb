"""Documents that the corpus changes: one more pass at the end of their ledgers, and what earlier passes left."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from pipeline.core import LedgerMismatch
from pipeline.document import Document, Gap, Ledger, Paragraph, Pass
from pipeline.edits import Edit, PositionMap, apply, unapply

__all__ = ["amend", "traces"]


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
    if unapply(text, edits) != document.text:
        raise LedgerMismatch(f"Cannot vouch for {document.id}: its {stage} cannot be undone.")
    positions = PositionMap(edits)
    ledger = Ledger([*document.ledger, Pass(stage, edits)] if edits else document.ledger)
    return replace(
        document,
        text=text,
        ledger=ledger,
        facts=[*document.facts],
        gaps=[
            gap._replace(at=positions.forward(gap.at, side="left")) for gap in (document.gaps if gaps is None else gaps)
        ],
        flags=[*document.flags],
        paragraphs=list(_moved(document.paragraphs, edits, positions, ledger, text)),
    )


def _moved(
    blocks: Sequence[Paragraph], edits: Sequence[Edit], positions: PositionMap, ledger: Ledger, text: str
) -> Iterator[Paragraph]:
    """The paragraphs that are left, at their places; one that an edit touches may come from less of the raw text."""
    starts = positions.forward_all([block.start for block in blocks], side="left")
    ends = positions.forward_all([block.end for block in blocks], side="right")
    reach = [edit.end for edit in edits]
    for (kind, begun, ended, raw_start, raw_end), start, end in zip(blocks, starts, ends, strict=True):
        first = bisect_right(reach, begun)
        if first < len(edits) and edits[first].start < ended:
            if not text[start:end].strip():
                continue
            raw_start, raw_end = ledger.to_raw(start, side="right"), ledger.to_raw(end, side="left")
        yield Paragraph(kind, start, end, raw_start, raw_end)


def traces(ledger: Ledger, chosen: Callable[[Pass], Iterable[Edit]]) -> list[int]:
    """Where in the clean text the edits stood that are `chosen` of each pass, in order.

    >>> from pipeline import clean
    >>> result = clean("The ferry (), which is red, [1] sails.")
    >>> traces(result.ledger, lambda step: (edit for edit in step.edits if edit.old == " ()"))
    [9]
    """
    places: list[int] = []
    for step in ledger.passes:
        edits = [*chosen(step)]
        if not (places or edits):
            continue
        positions = PositionMap(step.edits)
        places = sorted(positions.forward(at, side="left") for at in [*places, *(edit.start for edit in edits)])
    return places
