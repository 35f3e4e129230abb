"""Lists of words that are written by hand. A word that stands twice is a slip, and an error."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["once", "some"]


def once(words: Iterable[str], name: str = "a list of words") -> frozenset[str]:
    """The words of the list that is called so; raises `ValueError` if one stands twice.

    >>> once(["mill", "weir", "mill"], "the waters")
    Traceback (most recent call last):
    ...
    ValueError: Cannot read the waters: 'mill' stands twice. Leave one out.
    """
    found: set[str] = set()
    for word in words:
        if word in found:
            raise ValueError(f"Cannot read {name}: {word!r} stands twice. Leave one out.")
        found.add(word)
    return frozenset(found)


def some(words: str) -> frozenset[str]:
    """A set of words that are written one after the other.

    >>> sorted(some("the mill"))
    ['mill', 'the']
    """
    return once(words.split())
