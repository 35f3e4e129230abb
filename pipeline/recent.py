"""What is remembered of the text that was looked at last, as several stages ask the same of it, and how to forget it.

A text of some kilobytes may stay in memory until the next one takes its place. One of many megabytes may not, nor what
was made of it: so each function that remembers a whole text tells here how to forget it.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["LONG", "forget", "forgets"]

LONG = 1_000_000  # characters, from which on a text is forgotten after each stage

_all: list[Callable[[], None]] = []


def forgets(forget: Callable[[], None]) -> Callable[[], None]:
    """Take a function that forgets a text, as `cache_clear` of a cached function does; it is returned as it is."""
    _all.append(forget)
    return forget


def forget() -> None:
    """Forget all texts, and what is known of them."""
    for one in _all:
        one()
