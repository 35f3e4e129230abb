"""What a person can choose. One frozen value, hashed into every sidecar."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal, get_args

from pipeline.stages import OPTIONAL_MARKUP

Dedup = Literal["drop", "mark", "off"]
Scope = Literal["corpus", "document"]
GapPolicy = Literal["drop", "mark", "keep"]
Headings = Literal["plain", "markdown"]
Labeller = Literal["forest", "trafilatura", "none"]


def _is_share(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= 1


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _are_names(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(name, str) for name in value)


# What a setting may be: one of some words, or what a test says, with the reason why another value is refused.
CHOICES = {"dedup": Dedup, "scope": Scope, "gaps": GapPolicy, "headings": Headings, "labeller": Labeller}
_SHARE = (_is_share, "it is a share of words. Give one above 0, up to 1.")
_FLAG = (_is_flag, "it is neither on nor off. Give True or False.")
_NAMES = (_are_names, "it is no tuple of the ids of rules. Give one, such as ('markers.footnote',).")
TESTS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "similarity": _SHARE,
    "alt": _FLAG,
    "typography": _FLAG,
    "off": _NAMES,
    "guard": _SHARE,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a pipeline; all have a default.

    - `dedup`: what happens to a duplicate paragraph: `drop` it, `mark` it in the sidecar, or `off`.
    - `scope`: where a duplicate is looked for: in the whole `corpus`, or in its own `document` only.
    - `similarity`: the least share of a paragraph's words that must stand elsewhere for it to be a duplicate. What is
      left must mean little: numbers, names and negations are never given up, whatever the share.
    - `gaps`: what happens to a sentence with a dropped year that nothing fills: `drop`, `mark` or `keep`.
    - `headings`: how headings are written: `plain`, or `markdown` (`# ` before them).
    - `labeller`: who tells the content of a page from its debris: the `forest` that comes with the package,
      `trafilatura` (an extra), or `none`: then all of the page stays.
    - `alt`: whether the texts are shown that stand for images.
    - `typography`: ftfy's taste: straight quotes, no ligatures, no full-width forms.
    - `off`: ids of rules that are not to be used (`family.name`, or `family.*`).
    - `guard`: the share of its words that a document may lose to debris rules; one that would lose more is kept
      as it is, flagged and listed for review.

    >>> Settings(gaps="keep").gaps
    'keep'
    """

    dedup: Dedup = "drop"
    scope: Scope = "corpus"
    similarity: float = 0.8
    gaps: GapPolicy = "drop"
    headings: Headings = "plain"
    labeller: Labeller = "forest"
    alt: bool = False
    typography: bool = False
    off: tuple[str, ...] = ()
    guard: float = 0.9

    def __post_init__(self) -> None:
        for name, kind in CHOICES.items():
            value, allowed = getattr(self, name), get_args(kind)
            if value not in allowed:
                known = ", ".join(allowed)
                raise ValueError(f"Cannot use {name}={value!r}: it is not one of {known}. Choose one of them.")
        for name, (holds, why) in TESTS.items():
            if not holds(getattr(self, name)):
                raise ValueError(f"Cannot use {name}={getattr(self, name)!r}: {why}")
        for name in self.off:
            if name.startswith("html.") and name not in OPTIONAL_MARKUP:
                raise ValueError(f"Cannot switch off {name}: without it a page does not become text. Leave it on.")
        if self.labeller == "trafilatura" and find_spec("trafilatura") is None:
            raise ValueError(
                "Cannot use labeller='trafilatura': it is not installed. Use pip install 'clean-corpus[trafilatura]'."
            )

    def as_json(self) -> dict[str, Any]:
        """The settings as plain data, as the sidecar records them."""
        return dataclasses.asdict(self) | {"off": list(self.off)}


def is_off(rule: str, off: Collection[str]) -> bool:
    """Whether an edit's rule, or any of the rules that it is joined of, is switched off by id or by family.

    >>> is_off("html.tag+page.share", ("page.*",))
    True
    """
    return any(name in off or name.split(".")[0] + ".*" in off for name in rule.split("+"))
