"""What happened at a place, and why: a line of the clean text, a line of the raw text, or a whole document."""

from __future__ import annotations

import textwrap
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pipeline.document import Document, Fact
from pipeline.edits import Edit, survivors
from pipeline.formats.records import named
from pipeline.report.summary import clip, percent

__all__ = ["Lines", "Step", "Twin", "clean_line", "overview", "raw_line", "trace", "twins"]

_WIDTH = 80
_LISTED = 5  # documents that are named of those that have the same paragraph


class Step(NamedTuple):
    """An edit of the ledger with its places: `raw` in the raw text, `clean` in the clean text (half-open spans)."""

    edit: Edit
    raw: tuple[int, int]
    clean: tuple[int, int]


class Twin(NamedTuple):
    """A paragraph of a document that stands elsewhere, too: where (a raw span), and what is to be said of it."""

    start: int
    end: int
    told: str


class Lines:
    """The lines of a text, numbered from 1.

    >>> lines = Lines("a\\nbc")
    >>> lines.span(2), lines.number(1), lines.number(2), len(lines)
    ((2, 4), 1, 2, 2)
    """

    def __init__(self, text: str) -> None:
        self._starts = [0]
        at = text.find("\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = text.find("\n", at + 1)
        self._size = len(text)

    def __len__(self) -> int:
        return len(self._starts)

    def number(self, position: int) -> int:
        """The line that a position is in."""
        return bisect_right(self._starts, position)

    def span(self, number: int) -> tuple[int, int]:
        """Where a line is, without its line end; raises `IndexError` if there is none of that number."""
        if not 1 <= number <= len(self._starts):
            raise IndexError(number)
        end = self._starts[number] - 1 if number < len(self._starts) else self._size
        return self._starts[number - 1], end

    def named(self, start: int, end: int) -> str:
        """Name the lines of a span: `line 3`, `lines 3-5`."""
        first, last = self.number(start), self.number(max(start, end - 1))
        return f"line {first}" if first == last else f"lines {first}-{last}"


def trace(document: Document) -> Iterator[Step]:
    """Yield all edits of a document, pass by pass, with their places in the raw and in the clean text."""
    maps = document.ledger.maps()
    for number, step in enumerate(document.ledger):
        shift = 0
        for edit in step.edits:
            out = edit.start + shift
            shift += len(edit.new) - len(edit.old)
            raw = edit.start, edit.end
            for positions in reversed(maps[:number]):
                raw = positions.back(raw[0], side="right"), positions.back(raw[1], side="left")
            clean = out, out + len(edit.new)
            for positions in maps[number + 1 :]:
                clean = positions.forward(clean[0], side="right"), positions.forward(clean[1], side="left")
            yield Step(edit, (min(raw), max(raw)), (min(clean), max(clean)))


def twins(data: Mapping[str, Any], document: Document, look: Callable[[str], Document | None]) -> list[Twin]:
    """Return what the sidecar of a document says of duplicates; `look` finds the other documents by id, or none."""
    found = []
    seen: dict[str, Document | None] = {document.id: document}

    def paragraph(id: str, start: int, end: int) -> str:
        if id not in seen:
            seen[id] = look(id)
        other = seen[id]
        if other is None:
            return f"a paragraph of {id}, which cannot be read,"
        for number, block in enumerate(other.paragraphs, 1):
            if (block.raw_start, block.raw_end) == (start, end):
                return f"paragraph {number} of {id} (line {Lines(other.text).number(block.start)})"
        return f"raw {Lines(other.raw).named(start, end)} of {id}"

    for row in data["duplicates"]:
        done = "dropped" if row["action"] == "drop" else "marked"
        stays = paragraph(row["of"]["id"], *row["of"]["raw"])
        found.append(Twin(row["raw"][0], row["raw"][1], f"{done} as a duplicate ({row['kind']}); {stays} stays"))
    others: dict[tuple[int, int], list[str]] = {}
    for row in data["copies"]:
        others.setdefault((row["raw"][0], row["raw"][1]), []).append(row["by"]["id"])
    for row in data["alike"]:
        other = paragraph(row["of"]["id"], *row["of"]["raw"])
        found.append(Twin(row["raw"][0], row["raw"][1], f"stays, though {other} is much alike: {row['why']}"))
    for (start, end), ids in others.items():
        more = f" and {len(ids) - _LISTED:,} more" if len(ids) > _LISTED else ""
        found.append(Twin(start, end, f"stays; the same stands, or stood, in {', '.join(ids[:_LISTED])}{more}"))
    return sorted(found)


def clean_line(document: Document, number: int, about: Mapping[str, str], twins: Sequence[Twin] = ()) -> Iterator[str]:
    """Yield what made a line of the clean text: where it comes from, and the edits that touched it.

    `about` tells what rules are for, by id, `twins` what there is of duplicates. Raises `IndexError` if there is no
    such line.
    """
    start, end = Lines(document.text).span(number)
    raw = Lines(document.raw)
    to_raw = document.ledger.to_raw
    # Of a line of which nothing is raw, the first is behind the second: it stands for all that is between them.
    raw_start, raw_end = sorted((to_raw(start, side="right"), to_raw(end, side="left")))
    yield f"Clean line {number} of {document.id}, from raw {raw.named(raw_start, raw_end)}:"
    yield from _quoted(document.text[start:end])
    steps = [step for step in trace(document) if step.clean[0] <= end and start <= step.clean[1]]
    yield from _told(steps, raw, about, "The line is as it was in the raw text.")
    for gap in document.gaps:
        if start <= gap.at <= end:
            yield f"Gap: a {gap.kind} is missing{'' if gap.certain else ', perhaps'} ({gap.rule}), at"
            yield from _quoted(_around(document.text, gap.at))
    yield from _restored(document, raw_start, raw_end)
    yield from _doubled(twins, raw_start, raw_end)


def raw_line(document: Document, number: int, about: Mapping[str, str], twins: Sequence[Twin] = ()) -> Iterator[str]:
    """Yield what became of a line of the raw text; the rest is as for `clean_line`."""
    raw = Lines(document.raw)
    start, end = raw.span(number)
    clean = Lines(document.text)
    kept = 0
    places: list[int] = []
    for first, last, out in survivors(document.edits, len(document.raw)):
        a, b = max(first, start), min(last, end)
        if a < b:
            kept += b - a
            places += clean.number(out + a - first), clean.number(out + b - 1 - first)
    yield f"Raw line {number} of {document.id}:"
    yield from _quoted(document.raw[start:end])
    if places:
        where = f"line {places[0]}" if places[0] == places[-1] else f"lines {places[0]}-{places[-1]}"
        yield f"{kept:,} of its {end - start:,} characters are in the clean text, {where}."
    else:
        yield "It is empty." if start == end else "Nothing of it is in the clean text."
    last = max(end, start + 1)  # an empty line has nothing but its end, which an edit may take
    steps = [
        step
        for step in trace(document)
        if (step.raw[0] < last and start < step.raw[1]) or (step.raw[0] == step.raw[1] and start <= step.raw[0] <= end)
    ]
    yield from _told(steps, raw, about, "No edit touched it.")
    for fact in document.facts:
        if fact.start < end and start < fact.end:
            yield from _item(f"Learnt from it: {fact.kind} = {fact.value} ({fact.rule})")
    yield from _restored(document, start, end)
    yield from _doubled(twins, start, end)


def _restored(document: Document, start: int, end: int) -> Iterator[str]:
    """What was restored in a raw span, and who bears witness."""
    for repair in document.repairs:
        if repair.raw_start <= end and start <= repair.raw_end:
            yield from _item(f"Restored: {repair.new.strip()} (a {repair.kind}, found by {repair.found_by}), as in")
            for witness in repair.witnesses[:_LISTED]:
                told = f"{witness.id}, raw {witness.raw_start}-{witness.raw_end}, {witness.score:.2f}:"
                yield from _item(f"  {told} …{witness.before} [{repair.new.strip()}] {witness.after}…")


def _doubled(twins: Iterable[Twin], start: int, end: int) -> Iterator[str]:
    """What is to be said of duplicates in a raw span."""
    for twin in twins:
        if twin.start < end and start < twin.end:
            yield from textwrap.wrap(f"Duplicates: {twin.told}.", _WIDTH, subsequent_indent="  ")


def _place(fact: Fact, raw: Lines) -> str:
    """Where a fact stands in the raw text; what was beside the text, in its record, stands nowhere."""
    return f"raw {raw.named(fact.start, fact.end)}, " if fact.end else ""


def overview(document: Document, about: Mapping[str, str], twins: Sequence[Twin] = ()) -> Iterator[str]:
    """Yield what became of a whole document: sizes, edits by rule, facts, gaps, flags and duplicates."""
    source = document.source
    raw, clean = Lines(document.raw), Lines(document.text)
    share = len(document.text) / len(document.raw) if document.raw else 1.0
    yield document.id
    yield f"  raw    {source.size:,} bytes, {source.encoding} ({source.how}), {len(document.raw):,} characters"
    paragraphs = named(len(document.paragraphs), "paragraph")
    yield f"  clean  {len(document.text):,} characters ({percent(share)}), {paragraphs}"
    rules: dict[str, list[int]] = {}
    for step in document.ledger:
        for edit in step.edits:
            count = rules.setdefault(edit.rule, [0, 0])
            count[0] += 1
            count[1] += len(edit.old) - len(edit.new)
    if rules:
        yield ""
        yield f"  {'rule':<30} {'edits':>8} {'characters removed':>20}"
        for rule, (edits, characters) in sorted(rules.items(), key=lambda item: (-item[1][1], item[0])):
            yield f"  {rule:<30} {edits:>8,} {characters:>20,}"
            if rule in about:
                yield from _wrapped(about[rule], "      ")
    else:
        yield "  Nothing was changed."
    for title, items in (
        ("Facts", [f"{f.kind} = {f.value} ({_place(f, raw)}{f.rule})" for f in document.facts]),
        (
            "Gaps",
            [
                f"{gap.kind}{'' if gap.certain else '?'} at clean line {clean.number(gap.at)} ({gap.rule}): "
                f"{_around(document.text, gap.at)}"
                for gap in document.gaps
            ],
        ),
        (
            "Restored",
            [
                f"{repair.new.strip()} at raw {raw.named(repair.raw_start, repair.raw_end)} ({repair.found_by}), as in "
                f"{repair.witnesses[0].id}: …{repair.witnesses[0].before} [{repair.new.strip()}] "
                f"{repair.witnesses[0].after}…"
                for repair in document.repairs
            ],
        ),
        ("Flags", [f"{flag.kind}: {flag.message}" for flag in document.flags]),
        ("Duplicates", [f"raw {raw.named(twin.start, twin.end)}: {twin.told}" for twin in twins]),
    ):
        if items:
            yield ""
            yield f"{title}:"
            for item in items:
                yield from _item(item)


def _told(steps: list[Step], raw: Lines, about: Mapping[str, str], nothing: str) -> Iterator[str]:
    """The edits, those of the same kind once, with the reason of each rule."""
    if not steps:
        yield nothing
        return
    yield f"{named(len(steps), 'edit')}:"
    groups: dict[tuple[str, str, str], list[Step]] = {}
    for step in steps:
        groups.setdefault((step.edit.rule, step.edit.old, step.edit.new), []).append(step)
    told: set[str] = set()
    for (rule, old, new), same in groups.items():
        place = raw.named(min(step.raw[0] for step in same), max(step.raw[1] for step in same))
        times = f" {len(same):,} times" if len(same) > 1 else ""
        yield from _item(f"{rule}: {_deed(old, new)}{times}, raw {place}")
        if rule in about and rule not in told:
            yield from _wrapped(about[rule], "      ")
            told.add(rule)


def _deed(old: str, new: str) -> str:
    """What an edit did, in words.

    >>> _deed("[1]", ""), _deed("", "x"), _deed("a", "b")
    ("removed '[1]'", "wrote 'x'", "'a' became 'b'")
    """
    if not new:
        return f"removed {_quote(old)}"
    return f"{_quote(old)} became {_quote(new)}" if old else f"wrote {_quote(new)}"


def _quote(text: str) -> str:
    quoted = repr(text)
    return quoted if len(quoted) <= 200 else f"{quoted[:100]} … {quoted[-80:]} ({len(text):,} characters)"


def _around(text: str, at: int) -> str:
    """The text beside a place, on one line, with a bar at the place."""
    return f"…{text[max(0, at - 30) : at]}|{text[at : at + 30]}…".replace("\n", " ")


def _quoted(text: str) -> Iterable[str]:
    lines = textwrap.wrap(text, _WIDTH - 4, replace_whitespace=False, break_on_hyphens=False) or [""]
    if len(lines) > 12:
        lines = [*lines[:8], clip(f"… {len(lines) - 11:,} lines …", 40), *lines[-3:]]
    return [f"  | {line}" for line in lines]


def _item(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent)
