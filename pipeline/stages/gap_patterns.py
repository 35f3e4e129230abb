"""The patterns of dropped years and values: read from `gap_patterns.toml`, checked, and compiled.

Each pattern is compiled twice. The exact one is for the `regex` module, with lookarounds, and runs on paragraphs that
hold something. All of them together, without their lookarounds, are a gate for RE2, which scans a text at the speed
of memory and says for nearly every document that there is nothing to look at. A lookaround only narrows what a
pattern matches, so the gate lets everything through that a pattern can match.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import re2
import regex

from pipeline.document import Gap

PLACE = "‸"  # where the lost text stood, in patterns and examples
_KINDS = frozenset({"year", "decade", "range", "date", "value"})
_NEEDED = frozenset({"id", "about", "kinds", "pattern", "match", "not"})
_CHOICES = frozenset({"certain", "spaced", "spare"})


class PatternError(ValueError):
    """A pattern file that cannot be used; the message names the rule and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class GapRule:
    """One pattern: `kinds` has one item for each lost item, in order. The flags are explained in the pattern file."""

    id: str
    about: str
    kinds: tuple[str, ...]
    source: str
    match: tuple[str, ...]
    intact: tuple[str, ...]
    certain: bool = False
    spaced: bool = False
    spare: bool = False

    @property
    def exact(self) -> regex.Pattern[str]:
        """The pattern with its lookarounds, and a group at each place; compiled at its first use."""
        return _compiled(self.source)

    def gaps(self, text: str, offset: int = 0) -> list[Gap]:
        """The gaps that the pattern shows in `text`; `offset` is added to their places.

        >>> rule = next(rule for rule in rules() if rule.id == "from_to")
        >>> [gap.at for gap in rule.gaps("She ruled from to , and in peace.")]
        [15, 18]
        """
        found = []
        for match in self.exact.finditer(text):
            places = [at for at, _ in match.regs[1:] if at >= 0]
            for at, kind in zip(places, self.kinds, strict=True):
                found.append(Gap(offset + at, kind, f"gaps.{self.id}", self.certain))
        return found


@cache
def rules() -> tuple[GapRule, ...]:
    """The built-in rules, in the order of the file."""
    return read(Path(__file__).with_name("gap_patterns.toml").read_text(encoding="utf-8"))


def read(toml: str) -> tuple[GapRule, ...]:
    """Read rules from the text of a pattern file.

    Raises `PatternError` for a rule that lacks a key, has an unknown one, or has no examples of both sorts.

    >>> read("[[rule]]\\nid = 'x'\\nabout = ''\\nkinds = []\\nmatch = []")
    Traceback (most recent call last):
    ...
    pipeline.stages.gap_patterns.PatternError: Cannot read gap rule x: not, pattern missing. Add them.
    """
    data = tomllib.loads(toml)
    words: dict[str, str] = {}
    for name, value in data.get("words", {}).items():
        words[name] = _expand(value, words)
    return tuple(_rule(entry, words) for entry in data.get("rule", ()))


def _rule(entry: Mapping[str, Any], words: Mapping[str, str]) -> GapRule:
    """Check one entry of the file and compile it."""
    id = str(entry.get("id", "without id"))
    if missing := sorted(_NEEDED - entry.keys()):
        raise PatternError(f"Cannot read gap rule {id}: {', '.join(missing)} missing. Add them.")
    if unknown := sorted(entry.keys() - _NEEDED - _CHOICES):
        known = ", ".join(sorted(_NEEDED | _CHOICES))
        raise PatternError(f"Cannot read gap rule {id}: {', '.join(unknown)} unknown. Use {known}.")
    if not entry["match"] or not entry["not"]:
        raise PatternError(f"Cannot read gap rule {id}: it lacks examples. Give some for match, and some for not.")
    if unknown := sorted(set(entry["kinds"]) - _KINDS):
        raise PatternError(f"Cannot read gap rule {id}: no kind {', '.join(unknown)}. Use {', '.join(sorted(_KINDS))}.")
    source = _expand(entry["pattern"], words)
    return GapRule(
        id,
        entry["about"],
        tuple(entry["kinds"]),
        source,
        tuple(entry["match"]),
        tuple(entry["not"]),
        **{flag: bool(entry.get(flag, False)) for flag in _CHOICES},
    )


@cache
def _compiled(source: str) -> regex.Pattern[str]:
    return regex.compile(source.replace(PLACE, "()"))


def _expand(pattern: str, words: Mapping[str, str]) -> str:
    """Join continued lines (a backslash ends them), and put lists of words for their names in braces."""
    pattern = pattern.replace("\\\n", "")
    for name, value in words.items():
        pattern = pattern.replace("{" + name + "}", value)
    return pattern


class Gate:
    """What RE2 sees of rules in UTF-8: whether one of them can match, and which of them can.

    >>> gate = Gate([rule for rule in rules() if rule.id in ("from_to", "decade")])
    >>> gate.sees(b"In , she left."), [rule.id for rule in gate.rules_in(b"It ran from to , one hears.")]
    (False, ['from_to'])
    """

    def __init__(self, rules: Sequence[GapRule]) -> None:
        self._rules = rules
        self._parts = [without_lookarounds(rule.source.replace(PLACE, "")) for rule in rules]

    @cached_property
    def _any(self) -> Any:
        return re2.compile("|".join(f"(?:{part})" for part in self._parts), _options()) if self._parts else None

    @cached_property
    def _each(self) -> Any:
        each = re2.Set.SearchSet(_options())
        for part in self._parts:
            each.Add(part)
        if self._parts:
            each.Compile()
        return each

    def sees(self, data: bytes) -> bool:
        """Whether any rule can match anywhere; false for most texts."""
        return self._any is not None and self._any.search(data) is not None

    def rules_in(self, data: bytes) -> list[GapRule]:
        """The rules that can match somewhere, in their order."""
        return [self._rules[index] for index in sorted(self._each.Match(data) or ())]


def _options() -> Any:
    options = re2.Options()
    options.never_capture = True
    options.max_mem = 64 << 20
    return options


def without_lookarounds(pattern: str) -> str:
    """Take the lookarounds out of a pattern; what is left matches wherever the pattern does.

    >>> without_lookarounds(r"(?<![-(])\\\\bin (?:,(?=[ )]|$)|[.)])")
    '\\\\\\\\bin (?:,|[.)])'
    """
    kept: list[str] = []
    depth = 0  # of brackets, inside a lookaround; 0 is outside
    in_class = False
    at = 0
    while at < len(pattern):
        length = 2 if pattern[at] == "\\" else 1
        if length == 1:
            if in_class:
                in_class = pattern[at] != "]"
            elif pattern[at] == "[":
                in_class = True
            elif pattern[at] == "(" and (depth or pattern.startswith(("(?=", "(?!", "(?<=", "(?<!"), at)):
                depth += 1
            elif pattern[at] == ")" and depth:
                depth -= 1
                at += 1
                continue
        if not depth:
            kept.append(pattern[at : at + length])
        at += length
    return "".join(kept)
