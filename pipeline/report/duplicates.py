"""What stands in a corpus more than once: groups of paragraphs, and their members side by side.

All of it is read from the sidecars: each duplicate names the copy that stays, with the scores by which it was found.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from pipeline.document import Document, Ledger
from pipeline.formats import sidecar
from pipeline.formats.records import named
from pipeline.formats.results import Item, open_results
from pipeline.formats.text import printable
from pipeline.report.summary import clip

__all__ = ["Group", "Member", "groups", "listed", "side_by_side"]

_WIDTH = 80
_COLUMN = 38


class Member(NamedTuple):
    """A paragraph that says what another says, by its document and its span in the raw text there."""

    id: str
    start: int
    end: int
    kind: str
    similarity: float
    note: str  # whether it was dropped, or why it stays


class Group(NamedTuple):
    """A paragraph that stays, and those that it stays for."""

    id: str
    start: int
    end: int
    members: list[Member]


def groups(out: str, of: str = "", *, alike: bool = False) -> list[Group]:
    """Return the groups of a folder that a run wrote, the largest first; with `of`, those that have a part in that
    document. With `alike`, of paragraphs that stay though they are much like others, which are none. Raises
    `ValueError` for a sidecar that cannot be read."""
    found: dict[tuple[str, int, int], list[Member]] = {}
    for item in open_results(out).walk():
        data = _sidecar(item)
        for row in data.get("alike" if alike else "duplicates", ()):
            there = (row["of"]["id"], *row["of"]["raw"])
            if of in ("", data["id"], there[0]):
                start, end = row["raw"]
                note = row["why"] if alike else {"drop": "dropped", "mark": "marked"}[row["action"]]
                member = Member(data["id"], start, end, row.get("kind", "alike"), row["similarity"], note)
                found.setdefault(there, []).append(member)
    made = [Group(*there, sorted(members)) for there, members in found.items()]
    return sorted(made, key=lambda group: (-len(group.members), group[:3]))


def _sidecar(item: Item) -> dict[str, Any]:
    try:
        if isinstance(item.sidecar, str):
            raise sidecar.SidecarError(item.sidecar)
        return sidecar.load(item.sidecar)
    except sidecar.SidecarError as error:
        raise ValueError(
            f"Cannot read {printable(item.sidecar_name)}: {error}. Run it again, or look with verify."
        ) from None


def listed(found: Sequence[Group], look: Callable[[str], Document | None]) -> Iterator[str]:
    """Yield the groups as lines of a terminal; `look` finds documents by id."""
    count = sum(len(group.members) for group in found)
    yield f"{named(len(found), 'paragraph')} that stand{'s' if len(found) == 1 else ''} for {count:,} more."
    for group in found:
        yield ""
        document = look(group.id)
        words = paragraph(document, group.start, group.end) if document else ""
        yield clip(f"{printable(group.id)}: {words}", _WIDTH)
        for member in group.members:
            score = f"{member.kind} {member.similarity:.2f}"
            place = f"{printable(member.id)}, raw {member.start}–{member.end}"
            yield f"  {score:<13} {clip(place, 34):<34}  {clip(member.note, _WIDTH - 51)}"


def side_by_side(group: Group, look: Callable[[str], Document | None]) -> Iterator[str]:
    """Yield each member of a group beside the paragraph that stays; words that only one side has stand in brackets."""
    document = look(group.id)
    stays = paragraph(document, group.start, group.end) if document else "(it cannot be read)"
    for member in group.members:
        other = look(member.id)
        goes = paragraph(other, member.start, member.end) if other else "(it cannot be read)"
        yield ""
        heads = [f"{printable(member.id)}: {member.note}", f"{member.kind} {member.similarity:.2f}"]
        left = [*(clip(head, _COLUMN) for head in heads), ""]
        right = [clip(printable(group.id), _COLUMN), "stays", ""]
        for column, side in zip((left, right), marked(goes, stays), strict=True):
            column += textwrap.wrap(side, _COLUMN)
        for one, two in zip_longest(left, right, fillvalue=""):
            yield f"{one:<{_COLUMN}}    {two}".rstrip()


def marked(left: str, right: str) -> tuple[str, str]:
    """Two texts with brackets around the words that only one of them has.

    >>> marked("The old mill stands.", "The mill still stands.")
    ('The [old] mill stands.', 'The mill [still] stands.')
    """
    from pipeline.corpus.alignment import align, words

    one, other = words(left), words(right)
    blocks = align(one.forms, other.forms)
    common = {block.left + step for block in blocks for step in range(block.size)}
    there = {block.right + step for block in blocks for step in range(block.size)}
    return _bracketed(left, one.spans, common), _bracketed(right, other.spans, there)


def _bracketed(text: str, spans: Sequence[tuple[int, int]], common: set[int]) -> str:
    pieces, at = [], 0
    runs: list[list[int]] = []
    for place in (place for place in range(len(spans)) if place not in common):
        if runs and runs[-1][1] == place:
            runs[-1][1] = place + 1
        else:
            runs.append([place, place + 1])
    for first, last in runs:
        start, end = spans[first][0], spans[last - 1][1]
        pieces += [text[at:start], "[", text[start:end], "]"]
        at = end
    return "".join([*pieces, text[at:]])


def paragraph(document: Document, start: int, end: int) -> str:
    """Return the text of the paragraph of a raw span: as it stands, or as it was before it was dropped."""
    for block in document.paragraphs:
        if (block.raw_start, block.raw_end) == (start, end):
            return document.text[block.start : block.end]
    for number, step in enumerate(document.ledger):
        if step.stage == "duplicates":
            before = Ledger(document.ledger.passes[:number])
            for edit in step.edits:
                lead = len(edit.old) - len(edit.old.lstrip())
                if before.to_raw(edit.start + lead, side="right") == start:
                    return edit.old.strip()
    return " ".join(document.raw[start:end].split())


def kinds(found: Iterable[Group], kind: str) -> list[Group]:
    """The groups that have members of a kind, with only those."""
    made = [group._replace(members=[m for m in group.members if m.kind == kind]) for group in found]
    return [group for group in made if group.members]
