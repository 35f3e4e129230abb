"""The edit algebra: how a text was changed, as data that can be replayed, undone and asked.

An `Edit` replaces the characters of a text that start at `start` and read `old` by `new`, because of `rule`. A *pass*
is a sorted list of edits of one text, in the coordinates of that text: an edit begins where the one before it ends, or
later. Two insertions at one place are allowed; the order of the list is the order in which they stand. Offsets are
Python code points, ranges half-open.

Edits that overlap, are out of order, or whose `old` is not what the text says are errors (`EditError`), never guessed
at. The idea of an algebra of changes with laws is from operational transformation (Ellis and Gibbs, 1989); what differs
here is that an edit carries the text that it takes, so every pass has an inverse without the text at hand.

    >>> text = "Hello , world"
    >>> edits = [Edit(5, " ", "", "spaces.comma"), Edit(13, "", "!", "demo.bang")]
    >>> clean = apply(text, edits)
    >>> clean
    'Hello, world!'
    >>> apply(clean, invert(edits)) == text
    True
    >>> PositionMap(edits).origin(12)
    Edit(start=13, old='', new='!', rule='demo.bang')
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from sys import maxsize
from typing import Any, Literal, NamedTuple

__all__ = [
    "Edit",
    "EditError",
    "PositionMap",
    "Side",
    "apply",
    "check",
    "compose",
    "from_json",
    "invert",
    "survivors",
    "unapply",
]

Side = Literal["left", "right"]


class EditError(ValueError):
    """A pass that cannot be applied: its edits overlap, are out of order, or do not fit the text."""


class Edit(NamedTuple):
    """Replace the text at `start` that reads `old` by `new`; `rule` is the reason.

    >>> Edit(2, "abc", "x", "demo.rule").end
    5
    """

    start: int
    old: str
    new: str
    rule: str

    @property
    def end(self) -> int:
        """Where the replaced range ends (code points, exclusive)."""
        return self.start + len(self.old)


def check(edits: Iterable[Edit]) -> None:
    """Raise `EditError` unless the edits are sorted and do not overlap.

    >>> check([Edit(3, "b", "", "r"), Edit(1, "a", "", "r")])
    Traceback (most recent call last):
    ...
    pipeline.edits.EditError: Cannot order the edits of a pass: r at 1 starts before r at 3 has ended (at 4).
    """
    before: Edit | None = None
    for edit in edits:
        floor = before.end if before else 0
        if edit.start < floor:
            name = f"{before.rule} at {before.start}" if before else "the text"
            raise EditError(
                f"Cannot order the edits of a pass: {edit.rule} at {edit.start} starts before "
                f"{name} has ended (at {floor})."
            )
        before = edit


def apply(text: str, edits: Iterable[tuple[int, str, str, str]]) -> str:
    """Return `text` with the pass applied; every `old` is checked against the text.

    Raises `EditError` for edits that overlap, are out of order, or do not read `old` at `start`.

    >>> apply("abc", [Edit(1, "x", "", "demo")])
    Traceback (most recent call last):
    ...
    pipeline.edits.EditError: Cannot apply demo at 1: the edit replaces 'x', but the text reads 'b'.
    """
    pieces: list[str] = []
    push, size, at = pieces.append, len(text), 0
    for start, old, new, rule in edits:
        end = start + len(old)
        if start < at or end > size or text[start:end] != old:
            raise _misfit(text, at, Edit(start, old, new, rule))
        push(text[at:start])
        if new:
            push(new)
        at = end
    push(text[at:])
    return "".join(pieces)


def unapply(text: str, edits: Iterable[Edit]) -> str:
    """Return the text that the pass made `text` of; every `new` is checked against the text.

    The same as to apply the inverse, whose edits it does not make.

    >>> unapply("axd", [Edit(1, "bc", "x", "demo")])
    'abcd'
    """
    return apply(text, _turned(edits))


def _misfit(text: str, at: int, edit: Edit) -> EditError:
    """Why an edit cannot be applied to `text` behind one that ends at `at`."""
    if edit.start < at:
        why = f"the edit before it ends at {at}"
    elif edit.end > len(text):
        why = f"it reaches past the end of the text, at {len(text)}"
    else:
        why = f"the edit replaces {edit.old!r}, but the text reads {text[edit.start : edit.end]!r}"
    return EditError(f"Cannot apply {edit.rule} at {edit.start}: {why}.")


def invert(edits: Iterable[Edit]) -> list[Edit]:
    """Return the pass that undoes `edits`, in the coordinates of the text that they make.

    >>> invert([Edit(0, "a", "", "r"), Edit(5, "", "bc", "r")])
    [Edit(start=0, old='', new='a', rule='r'), Edit(start=4, old='bc', new='', rule='r')]
    """
    return [Edit(*row) for row in _turned(edits)]


def _turned(edits: Iterable[Edit]) -> Iterator[tuple[int, str, str, str]]:
    """Yield what undoes each edit, as rows."""
    shift = 0
    for start, old, new, rule in edits:
        yield start + shift, new, old, rule
        shift += len(new) - len(old)


def survivors(edits: Iterable[Edit], length: int) -> Iterator[tuple[int, int, int]]:
    """Yield the ranges of the input that the pass leaves alone: (start, end, where it starts in the output).

    `length` is the length of the input text. Ranges are in order and never empty.

    >>> list(survivors([Edit(1, "b", "xy", "r")], 4))
    [(0, 1, 0), (2, 4, 3)]
    """
    at = out = 0
    for start, old, new, _ in edits:
        if start > at:
            yield at, start, out
        out += start - at + len(new)
        at = start + len(old)
    if length > at:
        yield at, length, out


class PositionMap:
    """Where positions go through one pass, and where they come from. Look-ups take logarithmic time.

    A position is a place between characters, from 0 to the length of the text.
    """

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._edits = edits
        self._starts = [edit[0] for edit in edits]
        shifts = accumulate([len(new) - len(old) for _, old, new, _ in edits], initial=0)
        self._outs = [*map(int.__add__, self._starts, shifts)]  # where the new text of each edit starts in the output

    def forward(self, position: int, *, side: Side) -> int:
        """Map a position of the input to the output.

        Inside a replaced range, or at the place of an insertion, `side` says which end of the new
        text is meant: `left` is before it, `right` behind it.

        >>> positions = PositionMap([Edit(2, "", "xx", "r")])
        >>> positions.forward(2, side="left"), positions.forward(2, side="right")
        (2, 4)
        """
        return self._all((position,), side, back=False)[0]

    def forward_all(self, positions: Iterable[int], *, side: Side) -> list[int]:
        """Map positions that are in order, each as `forward` does.

        >>> PositionMap([Edit(2, "", "xx", "r")]).forward_all([1, 2, 3], side="left")
        [1, 2, 5]
        """
        return self._all(positions, side, back=False)

    def back(self, position: int, *, side: Side) -> int:
        """Map a position of the output to the input; `side` is as for `forward`, of the old text.

        >>> PositionMap([Edit(2, "abc", "xy", "r")]).back(3, side="right")
        5
        """
        return self._all((position,), side, back=True)[0]

    def back_all(self, positions: Iterable[int], *, side: Side) -> list[int]:
        """Map positions of the output that are in order to the input, each as `back` does."""
        return self._all(positions, side, back=True)

    def origin(self, index: int) -> int | Edit:
        """Tell where character `index` of the output comes from: an index of the input, or the edit that wrote it.

        >>> positions = PositionMap([Edit(1, "b", "xy", "r")])
        >>> positions.origin(0), positions.origin(3)
        (0, 2)
        """
        at = bisect_right(self._outs, index) - 1
        # Deletions share their place with what follows them: the last edit at the place decides.
        if at < 0:
            return index
        edit = self._edits[at]
        offset = index - self._outs[at]
        if offset < len(edit.new):
            return edit
        return edit.end + offset - len(edit.new)

    def _all(self, positions: Iterable[int], side: Side, back: bool) -> list[int]:
        """Map positions that are in order, forward or back."""
        edits: Sequence[Any] = self._edits
        starts, outs = (self._outs, self._starts) if back else (self._starts, self._outs)
        old, new = (2, 1) if back else (1, 2)  # the fields of an edit that stand at its `starts` and at its `outs`
        count, right = len(starts), side == "right"
        mapped = []
        behind, ahead = 0, -1  # the number of edits that start before a position, and up to which one that is so
        end = out = inside = 0  # where the last of them ends, here and in the output; and what is in it
        for position in positions:
            if position > ahead:
                behind = bisect_left(starts, position, behind)
                while right and behind < count and starts[behind] == position and not edits[behind][old]:
                    behind += 1  # insertions at the position
                if behind:
                    edit, begin = edits[behind - 1], outs[behind - 1]
                    end, out = starts[behind - 1] + len(edit[old]), begin + len(edit[new])
                    inside = out if right else begin
                ahead = starts[behind] - right if behind < count else maxsize
            mapped.append(out + position - end if position >= end else inside)
        return mapped


def compose(first: Sequence[Edit], second: Sequence[Edit]) -> list[Edit]:
    """Return one pass with the effect of `first` and then `second`, in the coordinates of the first text.

    Edits that touch the same characters become one, whose rule is the rules that made it, joined
    by `+`. The ledger stays the record; a composition is for questions about the whole way.

    >>> compose([Edit(0, "", "abc", "one")], [Edit(1, "b", "", "two")])
    [Edit(start=0, old='', new='ac', rule='one+two')]
    """
    placed = list(zip(first, PositionMap(first)._outs, strict=True))
    composed: list[Edit] = []
    shift = 0  # input minus output, behind the edits of `first` that are done
    index = later = 0
    while index < len(placed) or later < len(second):
        group_first: list[tuple[Edit, int]] = []
        group_second: list[Edit] = []
        if later == len(second) or (index < len(placed) and _is_before(placed[index], second[later])):
            group_first.append(placed[index])
            index += 1
        else:
            group_second.append(second[later])
            later += 1
        while True:  # grow the group until nothing more overlaps it
            if index < len(placed) and any(_overlap(placed[index], edit) for edit in group_second):
                group_first.append(placed[index])
                index += 1
            elif later < len(second) and any(_overlap(edit, second[later]) for edit in group_first):
                group_second.append(second[later])
                later += 1
            else:
                break
        composed.append(_merge(group_first, group_second, shift))
        shift += sum(len(edit.old) - len(edit.new) for edit, _ in group_first)
    return composed


def _is_before(placed: tuple[Edit, int], edit: Edit) -> bool:
    """Whether an edit of the first pass stands before one of the second (an insertion at its start goes first)."""
    _, out = placed
    return out < edit.start or (out == edit.start and not placed[0].new)


def _overlap(placed: tuple[Edit, int], edit: Edit) -> bool:
    """Whether an edit of the second pass changes text that the first wrote, or spans a place where it took some."""
    done, out = placed
    return max(out, edit.start) < min(out + len(done.new), edit.end) or (
        out < edit.start < out + len(done.new) or edit.start < out < edit.end
    )


def _merge(first: list[tuple[Edit, int]], second: list[Edit], shift: int) -> Edit:
    """Make one edit of a group that overlaps. `shift` takes output to input before the group."""
    if not second:
        return first[0][0]
    if not first:
        return second[0]._replace(start=second[0].start + shift)
    start = min(first[0][1], second[0].start)
    wrote = [(out, done.new) for done, out in first]
    took = [(edit.start, edit.old) for edit in second]
    old: list[str] = []
    new: list[str] = []
    at = start
    for done, out in first:  # what the input read: text of `first` that stood, and between it text of `second`
        old += [_between(took, at, out), done.old]
        at = out + len(done.new)
    old.append(_between(took, at, max(at, second[-1].end)))
    at = start
    for edit in second:  # what the output reads
        new += [_between(wrote, at, edit.start), edit.new]
        at = edit.end
    new.append(_between(wrote, at, first[-1][1] + len(first[-1][0].new)))
    rules = [name for edit in [*(done for done, _ in first), *second] for name in edit.rule.split("+")]
    return Edit(start + shift, "".join(old), "".join(new), "+".join(dict.fromkeys(rules)))


def _between(pieces: list[tuple[int, str]], start: int, end: int) -> str:
    """The text between two positions of the middle text, out of pieces of it that cover it, with where each starts."""
    return "".join(text[max(start, at) - at : max(0, end - at)] for at, text in pieces)


def from_json(rows: Iterable[Any]) -> list[Edit]:
    """Read rows `[start, old, new, rule]`; `EditError` says which row is not one.

    >>> from_json([[1, "b", ""]])
    Traceback (most recent call last):
    ...
    pipeline.edits.EditError: Cannot read edit 0: expected [start, old, new, rule], got [1, 'b', ''].
    """
    edits = []
    for number, row in enumerate(rows):
        match row:
            case [int() as start, str() as old, str() as new, str() as rule] if type(start) is int and start >= 0:
                edits.append(Edit(start, old, new, rule))
            case _:
                raise EditError(f"Cannot read edit {number}: expected [start, old, new, rule], got {row!r}.")
    check(edits)
    return edits
