"""The debris stage: what the rules of `pipeline.rules` propose, as one pass a round, and the facts that they read."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.document import Found
from pipeline.rules.engine import RuleSet


def finder(rules: RuleSet) -> Callable[[str], Found]:
    """Return the `find` of the stage for a set of rules.

    >>> finder(RuleSet.builtin())("Rivers rise.[3] Then they fall.").edits
    [Edit(start=12, old='[3]', new='', rule='markers.footnote')]
    """

    def find(text: str) -> Found:
        edits, facts = rules.find(text)
        return Found(edits=edits, facts=facts)

    return find
