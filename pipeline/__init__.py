"""clean-corpus: cleans scraped text, and keeps a ledger of every edit.

The public API, all of it typed and stable:

- `clean(text)`: clean one text with the built-in rules; returns a `Document`.
- `Pipeline(settings, rules=…, stages=…)`: the same for many documents; `.clean`, `.stream`.
- `Settings`: what can be chosen. `RuleSet`: the rules, built in or from packs of one's own.
- `Stage`, `Found`, `default_stages()`: stages of one's own, before, between or behind those that are built in.
- `Document`: the result: `.text`, `.raw`, `.edits`, `.facts`, `.gaps`, `.paragraphs`, `.flags`, `.ledger`,
  `.origin(i)`.
- `Edit`, `Ledger`, `Pass`, `Fact`, `Gap`, `Paragraph`, `Flag`: what a document is made of.

>>> from pipeline import clean
>>> result = clean("The mill is old.[4] It stands still.")
>>> result.text
'The mill is old. It stands still.'
>>> [(edit.rule, edit.old) for edit in result.edits]
[('markers.footnote', '[4]')]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.version import __version__

if TYPE_CHECKING:
    from pipeline.core import LedgerMismatch, Pipeline, clean, default_stages
    from pipeline.document import Document, Fact, Flag, Found, Gap, Ledger, Paragraph, Pass
    from pipeline.edits import Edit, EditError
    from pipeline.rules.engine import RuleSet
    from pipeline.rules.pack import PackError
    from pipeline.settings import Settings
    from pipeline.stages import Stage

__all__ = [
    "Document",
    "Edit",
    "EditError",
    "Fact",
    "Flag",
    "Found",
    "Gap",
    "Ledger",
    "LedgerMismatch",
    "PackError",
    "Paragraph",
    "Pass",
    "Pipeline",
    "RuleSet",
    "Settings",
    "Stage",
    "__version__",
    "clean",
    "default_stages",
]

_HOME = {
    "LedgerMismatch": "core",
    "Pipeline": "core",
    "clean": "core",
    "default_stages": "core",
    "Document": "document",
    "Fact": "document",
    "Flag": "document",
    "Found": "document",
    "Gap": "document",
    "Ledger": "document",
    "Paragraph": "document",
    "Pass": "document",
    "Edit": "edits",
    "EditError": "edits",
    "RuleSet": "rules.engine",
    "PackError": "rules.pack",
    "Settings": "settings",
    "Stage": "stages",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for, so that `import pipeline` costs next to nothing."""
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(f"pipeline.{_HOME[name]}"), name)
    raise AttributeError(f"Cannot find {name!r} in pipeline. It has: {', '.join(__all__)}.")
