"""Where the time of a run goes: by phase, on the clock; by work, stage and rule, in all workers together.

Only a run that asks for it pays: stages and rules are wrapped in stopwatches then. The time of a stage holds that of
its rules, and of a rule only what its own pattern or code took; the gate that spares most of them is in the stage.

    >>> watched = Profile()
    >>> with watched.time("phase", "wait"):
    ...     pass
    >>> [*watched.take()]
    [('phase', 'wait')]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter
from typing import Any, Protocol, TypeVar

from pipeline.core import Pipeline
from pipeline.engines.outcome import Spent
from pipeline.rules.engine import RuleSet
from pipeline.rules.rule import Rule
from pipeline.stages import Stage

__all__ = ["ALL", "Profile", "counted", "watch"]


ALL = "to clean"  # the work that holds all stages


class Profile:
    """The seconds that things took."""

    def __init__(self) -> None:
        self._spent: Spent = {}

    @contextmanager
    def time(self, kind: str, name: str) -> Iterator[None]:
        """Count what happens within."""
        start = perf_counter()
        try:
            yield
        finally:
            self.add({(kind, name): perf_counter() - start})

    def timed(self, kind: str, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, whose time is counted."""

        def watched(*args: Any) -> Any:
            with self.time(kind, name):
                return work(*args)

        return watched

    def add(self, spent: Spent) -> None:
        """Count what another process has counted."""
        for what, seconds in spent.items():
            self._spent[what] = self._spent.get(what, 0.0) + seconds

    def take(self) -> Spent:
        """What was counted since it was last taken."""
        spent, self._spent = self._spent, {}
        return spent


class _Pattern:
    """A compiled pattern whose searches are counted."""

    def __init__(self, rule: Rule, profile: Profile) -> None:
        self._pattern = rule.compiled
        self._time = profile.timed
        self._id = rule.id

    def finditer(self, text: str, start: int | None = None, end: int | None = None) -> list[Any]:
        """All matches: found at once, so that it can be told how long it took."""
        found: list[Any] = self._time("rule", self._id, lambda: [*self._pattern.finditer(text, start, end)])()
        return found

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._pattern, name)
        return self._time("rule", self._id, value) if name in ("fullmatch", "match", "search") else value


def watch(make: Callable[[RuleSet], Pipeline], rules: RuleSet, profile: Profile) -> Pipeline:
    """The pipeline that `make` makes of some rules, with stopwatches on its stages and rules."""
    packs = [pack._replace(rules=tuple(_rule(rule, profile) for rule in pack.rules)) for pack in rules.packs]
    structural = [replace(one, find=profile.timed("rule", one.id, one.find)) for one in rules.structural]
    pipeline = make(RuleSet(packs, structural))
    pipeline.stages = [_stage(stage, profile) for stage in pipeline.stages]
    return pipeline


def _rule(rule: Rule, profile: Profile) -> Rule:
    if rule.where == "element":  # its selector is a part of the stage `markup`
        return rule
    watched = replace(rule)
    watched.__dict__["compiled"] = _Pattern(rule, profile)
    return watched


def _stage(stage: Stage, profile: Profile) -> Stage:
    return stage._replace(find=profile.timed("stage", stage.name, stage.find))


class _Told(Protocol):
    @property
    def spent(self) -> Spent | None: ...


T = TypeVar("T", bound=_Told)


def counted(results: Iterable[T], profile: Profile) -> Iterator[T]:
    """The same results; what time processes tell of with them is counted."""
    for result in results:
        if result.spent:
            profile.add(result.spent)
        yield result
