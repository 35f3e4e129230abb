"""What a run comes to: the outcome of one document, and the report that outcomes add up to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pipeline.engines.spool import Spot
from pipeline.formats.folder import Skipped
from pipeline.formats.manifest import Counts
from pipeline.formats.text import printable

__all__ = ["Cleaned", "Outcome", "Problem", "RunError", "RunReport", "Spent", "WrongFolders"]


Spent = dict[tuple[str, str], float]  # seconds, by the kind of a thing (`phase`, `work`, `stage`, `rule`) and its name


class RunError(Exception):
    """A run that cannot begin, or cannot go on. The message says what, why, and what to do."""


class WrongFolders(RunError):
    """Folders that cannot be source and target of one run."""


class Problem(NamedTuple):
    """A document that could not be cleaned: its file, why, and what to do."""

    name: str
    reason: str
    advice: str

    def __str__(self) -> str:
        """The problem as a sentence.

        >>> str(Problem("a.txt", "it is locked", "Unlock it."))
        'Cannot clean a.txt: it is locked. Unlock it.'
        """
        return f"Cannot clean {printable(self.name)}: {self.reason}. {self.advice}"


class Outcome(NamedTuple):
    """What became of one document: the row of the manifest and what the report counts, or a problem."""

    id: str
    row: dict[str, Any] | None = None
    counts: Counts | None = None
    facts: dict[str, int] | None = None
    gaps: dict[str, int] | None = None
    flags: list[tuple[str, str]] | None = None
    problem: Problem | None = None


class Cleaned(NamedTuple):
    """A document that is cleaned and waits for the corpus, or a problem.

    `spot` is where it waits, and `marks` are those of its paragraphs. One that lost years is `damaged`: it has no marks
    until what can be restored is. `suffix` is that of its file, and `digest` tells the bytes that it was made of from
    others. `spent` is the time that was taken since a process last told, if somebody asks.
    """

    id: str
    spot: Spot | None = None
    marks: bytes = b""
    damaged: bool = False
    problem: Problem | None = None
    digest: bytes = b""
    suffix: str = ""
    spent: Spent | None = None


@dataclass(slots=True)
class RunReport:
    """What a run did, over all documents. Characters are code points of the decoded text.

    `rules` counts, by rule, its edits, the characters that they took, and those that they wrote; `flags` lists
    (document, kind, message); `restored` counts places that were filled, and `duplicates` the paragraphs that stand
    elsewhere, too; `removed` are the documents of an earlier run whose files were taken away. `reused` counts documents
    that an earlier run had cleaned, and `rewritten` are those of them that came out otherwise now. `spent` is where the
    time went, if that was asked for (see `profile`). `published` counts the files that were put to where a URL says.
    """

    documents: int = 0
    characters_in: int = 0
    characters_out: int = 0
    rules: Counts = field(default_factory=dict)
    facts: Counter[str] = field(default_factory=Counter)
    gaps: Counter[str] = field(default_factory=Counter)
    flags: list[tuple[str, str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    restored: int = 0
    duplicates: int = 0
    reused: int = field(default=0, compare=False)
    rewritten: list[str] = field(default_factory=list, compare=False)
    spent: Spent = field(default_factory=dict, compare=False)
    published: int | None = field(default=None, compare=False)

    @property
    def kept(self) -> float:
        """The characters of the clean texts, as a share of those of the raw texts."""
        return self.characters_out / self.characters_in if self.characters_in else 1.0

    @property
    def failed(self) -> bool:
        """Whether there are documents that could not be cleaned."""
        return bool(self.problems)

    def add(self, outcome: Outcome) -> None:
        """Count the outcome of one document."""
        if outcome.problem:
            self.problems.append(outcome.problem)
        if outcome.row is None:
            return
        self.documents += 1
        self.characters_in += outcome.row["source"]["characters"]
        self.characters_out += outcome.row["clean"]["characters"]
        self.duplicates += outcome.row["duplicates"]
        self.restored += outcome.row["restored"]
        for rule, count in (outcome.counts or {}).items():
            total = self.rules.setdefault(rule, [0, 0, 0])
            total[:] = [one + more for one, more in zip(total, count, strict=True)]
        self.facts.update(outcome.facts or {})
        self.gaps.update(outcome.gaps or {})
        self.flags.extend((outcome.id, kind, message) for kind, message in outcome.flags or ())
