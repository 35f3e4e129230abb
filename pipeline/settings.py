"""What a person can choose. One frozen value, hashed into every sidecar."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal, get_args

Dedup = Literal["drop", "mark", "off"]
GapPolicy = Literal["drop", "mark", "keep"]
Headings = Literal["plain", "markdown"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a pipeline; all have a default.

    - `dedup`: what happens to a duplicate paragraph: `drop` it, `mark` it in the sidecar, or `off`.
    - `gaps`: what happens to a sentence with a dropped year that nothing fills: `drop`, `mark` or `keep`.
    - `headings`: how headings are written: `plain`, or `markdown` (`# ` before them).
    - `typography`: ftfy's taste: straight quotes, no ligatures, no full-width forms.
    - `off`: ids of rules that are not to be used (`family.name`, or `family.*`).
    - `guard`: the share of its words that a document may lose to debris rules; one that would lose more is kept
      as it is, flagged and listed for review.

    >>> Settings(gaps="keep").gaps
    'keep'
    """

    dedup: Dedup = "drop"
    gaps: GapPolicy = "drop"
    headings: Headings = "plain"
    typography: bool = False
    off: tuple[str, ...] = ()
    guard: float = 0.9

    def __post_init__(self) -> None:
        for name, kind in (("dedup", Dedup), ("gaps", GapPolicy), ("headings", Headings)):
            value, allowed = getattr(self, name), get_args(kind)
            if value not in allowed:
                known = ", ".join(allowed)
                raise ValueError(f"Cannot use {name}={value!r}: it is not one of {known}. Choose one of them.")
        if not 0 < self.guard <= 1:
            share = f"guard={self.guard!r}"
            raise ValueError(f"Cannot use {share}: it is a share of words. Give a number above 0, up to 1.")

    def as_json(self) -> dict[str, Any]:
        """The settings as plain data, as the sidecar records them."""
        return dataclasses.asdict(self) | {"off": list(self.off)}

    def digest(self, *more: str) -> str:
        """SHA-256 of the settings, and of `more` texts that decide what cleaning does (the rule packs)."""
        parts = [json.dumps(self.as_json(), sort_keys=True), *more]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()
