"""The stages, each a module, in the order of `order`: text in, a `Found` (edits, facts, gaps …) out."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pipeline.document import Found


class Stage(NamedTuple):
    """A named step: `find` looks at a text and says what should change. It runs until it asks for nothing more,
    `rounds` times at most. What a `guarded` stage took is given back if it was too large a share of the words.

    >>> from pipeline.edits import Edit
    >>> Stage("demo", lambda text: Found([Edit(0, "x", "", "demo.x")] if text[:1] == "x" else [])).find("xy").edits
    [Edit(start=0, old='x', new='', rule='demo.x')]
    """

    name: str
    find: Callable[[str], Found]
    rounds: int = 1
    guarded: bool = False
