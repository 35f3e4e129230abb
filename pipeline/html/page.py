"""A page on its way: what its markup says, for all that comes after the markup is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.html.blocks import Block, Outline


@dataclass(slots=True)
class Page:
    """What the markup of a page says: its blocks in order, the elements that they are in, its title and its types (as
    `article`, `product`: what the page says of itself for search engines); and whether it is the whole page, or a
    fragment that somebody took from one."""

    source: str = ""
    blocks: Sequence[Block] = ()
    outline: Outline = field(default_factory=Outline)
    title: str = ""
    types: frozenset[str] = frozenset()
    whole: bool = True


class Labeller(Protocol):
    """Tells of each block of a page how likely it is content, from 0 to 1."""

    def __call__(self, page: Page) -> Sequence[float]:
        """Return a number for each block."""
