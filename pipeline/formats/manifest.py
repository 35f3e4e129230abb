"""The manifest of a corpus, `manifest.jsonl`: one row a document, sorted by id, each made of the document's sidecar.

A row says nothing that the sidecar does not say; it is there to be read without opening every sidecar. It holds the
seal of the sidecar, so that a sidecar that was exchanged does not fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.formats import jsonio
from pipeline.formats.stores import store

__all__ = ["FACTS", "NAME", "Counts", "counts", "line", "removed", "row", "rows"]

NAME = "manifest.jsonl"
# The facts that attribution and selection need: those whose kind is one of these words, or ends with it, as
# `source_title` does.
FACTS = ("licence", "copyright", "author", "title", "url", "name", "published", "language")

Counts = dict[str, list[int]]  # rule → [edits, characters taken, characters written]


def counts(ledger: Iterable[Mapping[str, Any]]) -> Counts:
    """Count, by rule, the edits of a sidecar's ledger, the characters that they took, and those that they wrote.

    >>> counts([{"stage": "demo", "edits": [[0, "abc", "x", "demo.cut"], [7, "a", "", "demo.cut"]]}])
    {'demo.cut': [2, 4, 1]}
    """
    found: Counts = {}
    for step in ledger:
        for _, old, new, rule in step["edits"]:
            count = found.get(rule)
            if count is None:
                count = found[rule] = [0, 0, 0]
            count[0] += 1
            count[1] += len(old)
            count[2] += len(new)
    return found


def removed(counts: Counts) -> dict[str, int]:
    """Sum up, by family, the characters taken less those written: all families together are raw less clean.

    >>> removed({"demo.cut": [2, 4, 1], "demo.join": [1, 1, 1], "years.restored": [1, 0, 5]})
    {'demo': 3, 'years': -5}
    """
    families: dict[str, int] = {}
    for rule, (_, taken, written) in counts.items():
        family = rule.partition(".")[0]
        families[family] = families.get(family, 0) + taken - written
    return dict(sorted(families.items()))


def row(data: Mapping[str, Any], seal: str, counted: Counts | None = None) -> dict[str, Any]:
    """Return the row of the document that a sidecar describes; `counted` is its `counts`, if they are at hand."""
    raw, clean = data["source"]["characters"], data["clean"]["characters"]
    facts: dict[str, list[str]] = {}
    for fact in data["facts"]:
        if fact["kind"].rpartition("_")[2] in FACTS and fact["value"] not in facts.setdefault(fact["kind"], []):
            facts[fact["kind"]].append(fact["value"])
    return {
        "id": data["id"],
        "source": {"sha256": data["source"]["sha256"], "bytes": data["source"]["bytes"], "characters": raw},
        "clean": data["clean"],
        "kept": round(clean / raw, 4) if raw else 1.0,
        "removed": removed(counts(data["ledger"]) if counted is None else counted),
        "facts": dict(sorted(facts.items())),
        "gaps": len(data["gaps"]),
        "restored": len(data["repairs"]),
        "duplicates": len(data["duplicates"]),
        "copies": len(data["copies"]),
        "flags": [flag["kind"] for flag in data["flags"]],
        "seal": seal,
    }


def line(row: Mapping[str, Any]) -> bytes:
    """Return a row as a line of the manifest."""
    return jsonio.dumps(row) + b"\n"


def rows(out: str) -> Iterator[tuple[bytes, Any]]:
    """Yield the lines of the manifest of a folder, or of one that a URL names, as bytes, each with its row; a line that
    is not JSON has None."""
    with store(out).open(NAME) as file:
        for written in file:
            try:
                yield written, jsonio.loads(written)
            except ValueError:
                yield written, None
