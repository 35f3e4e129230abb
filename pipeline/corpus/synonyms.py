"""Which words may stand for each other: synonyms, and forms of one word (`synonyms.txt`).

A word in the place of another is an edit only if both can mean the same: *big* and *large*, *began* and *started*. Else
it is another fact, of whatever kind: *oak* and *elm*, *tram* and *bus*.

>>> are_synonyms("began", "started"), are_synonyms("huge", "large"), are_synonyms("tram", "bus")
(True, True, False)
>>> are_synonyms("walks", "walked"), are_synonyms("stopped", "stopping"), are_synonyms("planets", "planned")
(True, True, False)
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files

from pipeline.corpus.telling import telling

__all__ = ["are_synonyms", "is_word"]

ENDINGS = {"s": "", "es": "", "ies": "y", "ied": "y", "ed": "e", "d": "", "ing": "e", "er": "e", "est": "e"}
HISSING = ("ses", "xes", "zes", "ches", "shes", "oes")
ENDINGS_ALONE = ("ed", "ing", "er", "est", "ly")  # behind a word as it is, or with its last letter twice


@cache
def _read() -> tuple[dict[str, list[int]], dict[str, str]]:
    """Of each word the lines that it is of, and of each irregular form its word."""
    text = files("pipeline.corpus").joinpath("synonyms.txt").read_text(encoding="ascii")
    lines, forms = text.split("\n\n")
    found: dict[str, list[int]] = {}
    rows = [line for line in lines.splitlines() if not line.startswith("#")]
    rows += telling().same
    for number, line in enumerate(rows):
        for word in line.split():
            found.setdefault(word, []).append(number)
    return found, dict(line.split() for line in forms.splitlines())


def are_synonyms(one: str, other: str) -> bool:
    """Whether two words can mean the same, or are forms of one word."""
    mine, theirs = _stems(one), _stems(other)
    return not mine.isdisjoint(theirs) or not _lines(one).isdisjoint(_lines(other))


def is_word(form: str) -> bool:
    """Whether a word is one that is known, in whatever form.

    >>> is_word("started"), is_word("strated")
    (True, False)
    """
    return bool(_lines(form))


@lru_cache(maxsize=4096)
def _lines(form: str) -> frozenset[int]:
    known, _ = _read()
    return frozenset().union(*(known.get(stem, ()) for stem in _stems(form)))


@lru_cache(maxsize=4096)
def _stems(form: str) -> frozenset[str]:
    """The word itself, and those that it may be a form of, as far as they are known."""
    known, irregular = _read()
    stems = {
        form[: -len(end)] + more
        for end, more in ENDINGS.items()
        if form.endswith(end) and len(form) > len(end) + 1 and (end != "es" or form.endswith(HISSING))
    }
    for end in ENDINGS_ALONE:
        stem = form.removesuffix(end)
        if len(form) > len(stem) > 1 and (end != "ed" or stem[-1] != "e"):
            stems.add(stem)
            if len(stem) > 3 and stem[-1] == stem[-2]:
                stems.add(stem[:-1])
    if form in irregular:
        stems.add(irregular[form])
    return frozenset([form, *(stem for stem in stems if stem in known)])
