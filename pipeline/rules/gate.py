"""Where rules are tried: on which texts, lines and stretches, as what they need is there.

A text goes first through a single automaton of everything that any rule needs (google-re2, linear time in the text,
whatever the number of rules); on clean prose nothing is there, and no pattern is tried. In a long text something is
always there, so it is looked at stretch by stretch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import re2
import regex

from pipeline.rules.lines import Lines
from pipeline.rules.rule import Rule, Span, Structural

__all__ = ["Gate", "Need", "blocks", "in_lines", "is_for", "matches"]

STRETCH = 1 << 15  # characters: of a text that is longer, and its reach, each stretch is looked at for itself
REACH = 1 << 14  # characters from where a pattern matches to what it needs
_BLOCK = regex.compile(r"(?:[^\n]*\S[^\n]*(?:\n|\Z))+")


class Need(NamedTuple):
    """A literal, in small letters, without which a rule is not tried; rules are numbered in their order."""

    text: str
    number: int
    rule: Rule


class Gate:
    """Tells which rules a text could concern, by one scan: those of whose needs it has one, or whose gate it passes."""

    def __init__(self, rules: Sequence[Rule], structural: Sequence[Structural] = ()) -> None:
        options = re2.Options()
        options.case_sensitive = False
        options.max_mem = 256 << 20
        self._set = re2.Set.SearchSet(options)
        self._needs: list[Need] = []
        for number, rule in enumerate(rules):
            for need in rule.needs:
                self._set.Add(re2.escape(need))
                self._needs.append(Need(need.lower(), number, rule))
        self._structural = structural
        self._gated = [number for number, rule in enumerate(structural) if rule.gate]
        for number in self._gated:
            self._set.Add(structural[number].gate)
        self._empty = not (self._needs or self._gated)
        if not self._empty:
            self._set.Compile()

    def scan(self, lines: Lines) -> tuple[list[Need], list[Rule], list[Structural]]:
        """The needs that the text has, the rules that they are of, in their order, and the rules that are code."""
        hits = [] if self._empty else sorted(self._set.Match(lines.data) or ())
        count = len(self._needs)
        needs = [self._needs[hit] for hit in hits if hit < count]
        passed = {self._gated[hit - count] for hit in hits if hit >= count}
        structural = [rule for number, rule in enumerate(self._structural) if not rule.gate or number in passed]
        return needs, list({need.number: need.rule for need in needs}.values()), structural


def in_lines(lines: Lines, needs: Iterable[Need]) -> list[tuple[int, list[Rule]]]:
    """The lines that have one of the needs, in order, each with the rules that they are of, in order."""
    folded = "\n".join(map(_small, lines.rows))  # one by one: beyond ASCII, it takes much time, and memory meanwhile
    found: dict[int, dict[int, Rule]] = {}
    for need, number, rule in needs:
        at = folded.find(need)
        while at >= 0:
            index = lines.at(at + (need[0] == "\n"))
            found.setdefault(index, {})[number] = rule
            at = folded.find(need, max(at + 1, lines.end(index) - 1))
    return [(index, [rules[number] for number in sorted(rules)]) for index, rules in sorted(found.items())]


def _small(line: str) -> str:
    """A line in small letters, each in its place: one letter would grow.

    >>> len("İZMİR".lower()), _small("İZMİR")
    (7, 'İzmİr')
    """
    return line.lower() if "İ" not in line else "İ".join(map(str.lower, line.split("İ")))


def matches(gate: Gate, text: str, active: Sequence[Rule]) -> Iterator[tuple[Rule, Iterable[regex.Match[str]]]]:
    """Yield the rules with the places where their patterns match, of those that look at any place in a text.

    In a long text, those that look inside of lines are tried on the stretches that have what they need, or have it
    within reach: a corpus in one file costs what it does in many.
    """
    if len(text) <= STRETCH + REACH:
        yield from ((rule, _filled(rule.compiled.finditer(text))) for rule in active)
        return
    inside: dict[str, list[regex.Match[str]]] = {rule.id: [] for rule in active if rule.where == "inline"}
    for start in range(0, len(text), STRETCH) if inside else ():
        end = start + STRETCH
        _, near, _ = gate.scan(Lines(text[max(0, start - REACH) : end + REACH]))
        for rule in near:
            if rule.id in inside:
                found = inside[rule.id]
                begin = max(start, found[-1].end()) if found else start
                found += _beginning(rule, text, begin, end)
    for rule in active:
        yield rule, inside[rule.id] if rule.id in inside else _filled(rule.compiled.finditer(text))


def _beginning(rule: Rule, text: str, start: int, end: int) -> Iterator[regex.Match[str]]:
    """Where a pattern matches that begins in a stretch of a text. It sees all that stands before, and some behind."""
    stop = min(len(text), end + REACH)
    for match in _filled(rule.compiled.finditer(text, start, stop)):
        if match.start() >= end:
            return
        whole = match if match.end() < stop else rule.compiled.match(text, match.start())
        if whole:
            yield whole


def _filled(found: Iterable[regex.Match[str]]) -> Iterator[regex.Match[str]]:
    """The matches that take something."""
    return (match for match in found if match.start() < match.end())


def blocks(text: str, rule: Rule) -> Iterable[Span]:
    """Runs of lines without a blank line between that the pattern matches as a whole."""
    for block in _BLOCK.finditer(text):
        body = block.group().rstrip("\n")
        match = rule.compiled.fullmatch(body)
        if match:
            new = match.expand(rule.replacement) if rule.do == "replace" else body if rule.do == "fact" else ""
            end = block.end() if not new else block.start() + len(body)
            yield Span(block.start(), end, new, rule.id, rule.facts_of(match))


def is_for(rule: Rule, text: str) -> bool:
    """Whether a text has what else a rule needs, and nothing that speaks against it."""
    return (not rule.also or any(need in text for need in rule.also)) and not any(sign in text for sign in rule.unless)
