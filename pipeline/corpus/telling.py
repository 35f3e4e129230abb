"""What words tell: by which of them two paragraphs that are alike say different things (`telling.toml`).

>>> telling().negations["not"] == telling().negations["cannot"], "monday" in telling().facts
(True, True)
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from pipeline.lists import once

__all__ = ["Telling", "are_opposed", "are_opposites", "denials", "telling"]

PREFIXES = frozenset("un in im ir il dis non anti de mis a".split())  # they turn a word around
TURNED = [  # prefixes that turn a word into another when they change places
    line.split()
    for line in ("in out", "up down", "over under", "pre post", "hyper hypo", "inter intra", "north south east west")
]
ENDINGS = ("s", "es", "d", "ed", "ing", "ly")


class Telling(NamedTuple):
    """The words of `telling.toml`: of each word its line of `negations`, the lines of `opposites` and its side there,
    and the lines of `kinds`; `common` and `turning` ones; the lines of those that mean the `same`;
    and of what is `written` in several ways, the first."""

    negations: dict[str, int]
    facts: frozenset[str]
    common: frozenset[str]
    turning: frozenset[str]
    opposites: dict[str, dict[int, int]]
    kinds: dict[str, frozenset[int]]
    same: tuple[str, ...]
    written: dict[str, str]


@cache
def telling() -> Telling:
    """The words by which paragraphs that are alike say different things; no list, and no line of one, has one twice."""
    data = tomllib.loads(Path(__file__).with_name("telling.toml").read_text(encoding="utf-8"))
    opposites: dict[str, dict[int, int]] = {}
    for number, line in enumerate(data["opposites"].splitlines()):
        once(line.replace("/", " ").split(), line)
        for side, words in enumerate(line.split("/")):
            for word in words.split():
                opposites.setdefault(word, {})[number] = side
    kinds: dict[str, frozenset[int]] = {}
    for number, line in enumerate(data["kinds"].splitlines()):
        for word in once(line.split(), line):
            kinds[word] = kinds.get(word, frozenset()) | {number}
    lists = {name: once(data[name].split(), name) for name in ("negations", "facts", "common", "turning")}
    negations = {word: line for line, words in enumerate(data["negations"].splitlines()) for word in words.split()}
    facts = lists["negations"] | lists["facts"]
    same = tuple(data["same"].splitlines())
    for line in same:
        once(line.split(), line)
    written = {way: line.split()[0] for line in data["written"].splitlines() for way in line.split()}
    return Telling(negations, facts, lists["common"], lists["turning"], opposites, kinds, same, written)


def denials(forms: Sequence[str]) -> set[int]:
    """What negations there are among words, by the lines of those that say the same."""
    known = telling().negations
    return {known[form] for form in forms if form in known}


def are_opposites(one: str, other: str) -> bool:
    """Whether one word in the place of the other turns a sentence into another statement.

    >>> are_opposites("warm", "cold"), are_opposites("happy", "unhappy"), are_opposites("warm", "happy")
    (True, True, False)
    >>> are_opposites("northbound", "eastbound"), are_opposites("indoors", "outdoors"), are_opposites("once", "since")
    (True, True, False)
    """
    sides, rival = _lines(one), _lines(other)
    if any(line in rival and rival[line] != side for line, side in sides.items()):
        return True
    if one.removesuffix("ful") == other.removesuffix("less") or one.removesuffix("less") == other.removesuffix("ful"):
        return one != other
    if one != other and not _rests(one).isdisjoint(_rests(other)):
        return True
    short, long = sorted((one, other), key=len)
    return len(short) > 3 and long.endswith(short) and long[: len(long) - len(short)] in PREFIXES


def are_opposed(some: Sequence[str], others: Sequence[str]) -> bool:
    """Whether some words are opposites of others. Of many, only those are compared that can be.

    >>> are_opposed(["a", "warm", "day"], ["an", "old", "cold"]), are_opposed(["warm", "cold"], ["old"])
    (True, False)
    """
    rivals: dict[str | int, set[str]] = {}
    for rival in set(others):
        for key in _keys(rival):
            rivals.setdefault(key, set()).add(rival)
    alike = ((form, rival) for form in set(some) for key in _keys(form) for rival in rivals.get(key, ()))
    return any(are_opposites(form, rival) for form, rival in alike)


@lru_cache(maxsize=4096)
def _keys(form: str) -> frozenset[str | int]:
    """What a word is known by: two words that are opposites have one of these in common."""
    short = [form[len(prefix) :] for prefix in PREFIXES if form.startswith(prefix)]
    return frozenset([form, form.removesuffix("ful"), form.removesuffix("less"), *short, *_rests(form), *_lines(form)])


def _rests(form: str) -> frozenset[str]:
    """What is behind a prefix that has a counterpart, by its line: nothing, of most words.

    >>> _rests("upstairs") == _rests("downstairs"), _rests("stairs")
    (True, frozenset())
    """
    return frozenset(
        f"{number} {form.removeprefix(prefix)}"
        for number, prefixes in enumerate(TURNED)
        for prefix in prefixes
        if form.startswith(prefix) and len(form) > len(prefix) + 2
    )


@lru_cache(maxsize=4096)
def _lines(form: str) -> dict[int, str]:
    """The lines of opposites and of kinds that a word is of, each with its side there; endings do not count, and of
    kinds, no plural."""
    known = telling()
    stems = [
        form,
        *(form[: -len(ending)] for ending in ENDINGS if form.endswith(ending) and len(form) > len(ending) + 2),
    ]
    stems += [f"{form[:-3]}y"] if form.endswith("ied") else []
    sides = {line: str(side) for stem in stems for line, side in known.opposites.get(stem, {}).items()}
    return sides | {-line: form.removesuffix("s") for line in known.kinds.get(form, ())}
