"""What a rule is: a named reason for an edit, with examples of what it must and must not match.

Rules come as data (the TOML packs, see `pack`) or as code (the structural ones, for debris that no
pattern can see). Both have an id, a sentence about what they are for, and examples in which the
text that the rule takes stands between `⟦` and `⟧`:

    >>> Example.parse("Prices rose.⟦[12]⟧ Then they fell.")
    Example(text='Prices rose.[12] Then they fell.', spans=((12, 16),))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import regex

from pipeline.rules.lines import Lines

if TYPE_CHECKING:
    from soupsieve import SoupSieve

OPEN, CLOSE = "⟦", "⟧"
MARK = regex.compile(f"([{OPEN}{CLOSE}])")

Where = Literal["inline", "line", "block", "section", "head", "tail", "document", "element"]
Do = Literal["drop", "replace", "fact", "keep"]
WHERE: tuple[str, ...] = get_args(Where)
DO: tuple[str, ...] = get_args(Do)


class Span(NamedTuple):
    """What a rule proposes: replace `[start, end)` by `new`. `facts` are what the text told: (kind, value) each."""

    start: int
    end: int
    new: str
    rule: str
    facts: tuple[tuple[str, str], ...] = ()


class Example(NamedTuple):
    """A text, and the spans in it that a rule must take: none, for a text that must stay."""

    text: str
    spans: tuple[tuple[int, int], ...] = ()

    @classmethod
    def parse(cls, marked: str) -> Example:
        """Read a text with `⟦…⟧` around what must match; raises `ValueError` for marks that do not pair."""
        text, spans, start = "", [], -1
        for piece in MARK.split(marked):
            if piece == OPEN and start < 0:
                start = len(text)
            elif piece == CLOSE and start >= 0:
                spans.append((start, len(text)))
                start = -1
            elif piece in (OPEN, CLOSE):
                raise ValueError(f"the marks {OPEN} and {CLOSE} do not pair in {marked!r}")
            else:
                text += piece
        if start >= 0:
            raise ValueError(f"the marks {OPEN} and {CLOSE} do not pair in {marked!r}")
        return cls(text, tuple(spans))


@dataclass(frozen=True)
class Rule:
    """A rule of a pack. `pattern` is of the `regex` module and sees what `where` says:

    - `inline`: any place in the text; `line`: a whole line, without the spaces around it;
    - `block`: a whole run of lines without a blank line;
    - `section`: a heading line, and what goes is the section that it opens;
    - `head`: a line near the start, and what goes is the text up to its end;
    - `tail`: a line near the end, and what goes is the text from it on, or the line alone if prose follows;
    - `document`: the text as a whole;
    - `element`: the source of a page; here the pattern is a CSS selector, and what goes is what it chooses (see
      `elements`).

    `needs` are literal strings (upper and lower case alike) of which one must be in the text for the rule to be tried;
    `also`, if there are any, are more of them, of which one must be there as well; of those in `unless`, none may be (a
    text about wiki markup shows it as an example).
    The named groups of the pattern are facts: `(?P<licence>…)` keeps what it matches as the fact `licence`
    (a group whose name starts with `_` is none). Groups named
    `_drop1`, `_drop2` … are what goes, if the rest of the match stays.
    `within` is for `head` and `tail`: how many characters may go at the most.
    """

    id: str
    about: str
    where: Where
    pattern: str
    needs: tuple[str, ...]
    also: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    do: Do = "drop"
    replacement: str = ""
    within: int = 3000
    match: tuple[Example, ...] = ()
    keep: tuple[Example, ...] = ()
    pack: str = ""
    line: int = 0  # where it stands in the file of the pack

    @cached_property
    def compiled(self) -> regex.Pattern[str]:
        """The pattern, compiled at its first use."""
        return regex.compile(self.pattern, regex.VERSION1 | regex.MULTILINE)

    @cached_property
    def selector(self) -> SoupSieve:
        """The pattern of a rule for elements, compiled at its first use."""
        import soupsieve

        return soupsieve.compile(self.pattern)

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The groups that go, where not all of a match does: those whose name starts with `_drop`."""
        return tuple(name for name in self.compiled.groupindex if name.startswith("_drop"))

    @cached_property
    def fact_kinds(self) -> frozenset[str]:
        """The facts that the rule can tell: its named groups, apart from those whose name starts with `_`."""
        return frozenset(name for name in self.compiled.groupindex if not name.startswith("_"))

    def facts_of(self, match: regex.Match[str]) -> tuple[tuple[str, str], ...]:
        """The facts that a match tells: its named groups that are not empty."""
        if not self.fact_kinds:
            return ()
        found = (
            (kind, " ".join(value.split()))
            for kind, value in match.groupdict().items()
            if value and kind in self.fact_kinds
        )
        return tuple((kind, value) for kind, value in found if value)


@dataclass(frozen=True)
class Structural:
    """A rule that is code: `find` looks at the lines of a text and proposes spans.

    `phase` 1 is for debris inside of lines, which goes first, and 2 for whole lines and sections.
    """

    id: str
    about: str
    find: Callable[[Lines], Sequence[Span]]
    gate: str = ""  # a pattern of RE2 without which `find` finds nothing; "" if it has a test of its own
    phase: Literal[1, 2] = 2
    where: str = "code"
    match: tuple[Example, ...] = field(default=())
    keep: tuple[Example, ...] = field(default=())

    @property
    def pack(self) -> str:
        """The module that it is in."""
        return self.find.__module__.removeprefix("pipeline.rules.")


# What no rule takes, for the examples of those that look at what is beside a line.
SENTENCE = (
    "The mill stood by the river for four hundred years, until the flood of that winter took the wheel and the weir."
)


def examples(*marked: str) -> tuple[Example, ...]:
    """Parse marked examples, for rules that are code."""
    return tuple(Example.parse(text) for text in marked)
