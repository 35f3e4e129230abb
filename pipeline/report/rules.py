"""The rules as a person reads them: what each is for, where it looks, and its examples."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.rules.engine import RuleSet
from pipeline.rules.rule import CLOSE, OPEN, Example, Rule, Structural
from pipeline.stages import other_rules

__all__ = ["describe", "reasons", "tally"]


def reasons(rules: RuleSet) -> dict[str, str]:
    """What each rule is for, by id and sorted by it: those of packs, of stages, and those that find gaps."""
    return dict(sorted(({rule.id: rule.about for rule in rules.rules} | other_rules()).items()))


def describe(id: str, about: str, rule: Rule | Structural | None) -> Iterator[str]:
    """Yield the lines that show a rule; one that a stage makes itself has no more than its reason."""
    yield id
    yield from textwrap.wrap(about, 80, initial_indent="  ", subsequent_indent="  ")
    if rule is None:
        return
    yield ""
    fields: dict[str, Any] = {"pack": rule.pack, "where": rule.where}
    if isinstance(rule, Rule):
        fields |= {"does": rule.do, "with": rule.replacement, "pattern": rule.pattern, "needs": ", ".join(rule.needs)}
        fields |= {"also": ", ".join(rule.also), "unless": ", ".join(rule.unless)}
        fields |= {"facts": ", ".join(sorted(rule.fact_kinds))}
    for name, value in fields.items():
        if value:
            yield from textwrap.wrap(str(value), 80, initial_indent=f"  {name:<9}", subsequent_indent=" " * 11)
    for title, examples in ((f"takes what is in {OPEN}{CLOSE}", rule.match), ("leaves alone", rule.keep)):
        if examples:
            yield ""
            yield f"  {title}:"
            for example in examples:
                yield from ("    | " + line for line in _marked(example).split("\n"))


def tally(rules: Sequence[Rule]) -> str:
    """Count rules and their examples, in words."""
    examples = sum(len(rule.match) + len(rule.keep) for rule in rules)
    return f"{len(rules)} rule{'s' * (len(rules) != 1)}, {examples} example{'s' * (examples != 1)}"


def _marked(example: Example) -> str:
    """The text of an example with its marks."""
    text = example.text
    for start, end in reversed(example.spans):
        text = text[:start] + OPEN + text[start:end] + CLOSE + text[end:]
    return text
