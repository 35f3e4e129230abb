"""Dolma's format: documents of raw text, and beside them, by rule, the spans that cleaning takes or rewrites.

Dolma's mixer (`dolma -c mixer.json mix`) applies the spans that its configuration names. The one that `mixer` makes
names all of them, and gives the clean text exactly; a rule that is left out of it leaves its text as it was.

A span is `[start, end, 1.0]`, in code points of the raw text. The mixer knows one replacement for all spans of an
attribute, so there is an attribute for each rule and each thing that it writes, whose name tells both:

    clean_corpus__wiki.tooltip                   what the rule takes goes
    clean_corpus__reflow.join__writes_%20        a space takes its place
    clean_corpus__years.restored__writes_1702{}  1702 comes before the character of the span, which stays

So the configuration follows from the names alone. The mixer has no empty spans, so an insertion takes a neighbour into
its span and writes it again; and it reads no lone surrogates, which are U+FFFD here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from pipeline.document import Document
from pipeline.edits import Edit
from pipeline.formats import jsonio
from pipeline.settings import is_off

__all__ = ["ATTRIBUTES", "MIXER", "DolmaError", "dolma_row", "dump", "mixer"]

ATTRIBUTES = "clean_corpus"  # the folder of the attributes, and what their names begin with
MIXER = "mixer.json"
_WRITES = "__writes_"
_KEPT = "{}"  # what the mixer replaces by the text of the span
_PLAIN = ".,;:!?()"  # characters of a replacement that are written as they are in a name, as letters are
_CUT = re.compile(r"(?<=\{)(?=\})")  # no replacement can hold `{}`: it is cut in between, and two spans write it
_NOT_YAML = re.compile("[\x7f-\xa0\u2000-\u206f\ufeff\ufff0-\uffff]")  # what YAML folds or refuses, and its like


class DolmaError(ValueError):
    """A document that the mixer cannot make: it has fewer characters than what it should become needs spans."""

    ADVICE = "Leave the document out, or use another format."

    def __init__(self, id: str, reason: str) -> None:
        super().__init__(f"Cannot write {id} for Dolma: {reason}. {self.ADVICE}")
        self.reason = reason


@dataclass(slots=True)
class _Span:
    """A span of at least one character, what takes its place, and which of its characters is there to hold it: the
    first or the last one, which `new` then begins or ends with."""

    start: int
    end: int
    new: str
    rule: str
    held: str = ""

    def template(self) -> str:
        if self.held == "last":
            return self.new[:-1] + _KEPT
        if self.held == "first":
            return _KEPT + self.new[1:]
        return self.new


def dolma_row(
    document: Document, source: str = "clean-corpus", metadata: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a document as Dolma has it: the row of `documents`, with its raw text, and that of `attributes`.

    `source` says where it comes from, and `metadata` is kept with it. Raises `DolmaError` if the mixer cannot make its
    clean text.

    >>> from pipeline import Pipeline
    >>> row, attributes = dolma_row(Pipeline().clean("The mill is old.[4] It stands.", "mill"))
    >>> row["text"], attributes["attributes"]
    ('The mill is old.[4] It stands.', {'clean_corpus__markers.footnote': [[16, 19, 1.0]]})
    """
    id, raw = jsonio.well_formed([document.id, document.raw])
    found: dict[str, list[list[float]]] = {}
    for start, end, rule, template in _pieces(_anchored(raw, document.edits, document.id)):
        found.setdefault(_name(rule, template), []).append([start, end, 1.0])
    row = {"id": id, "text": raw, "source": source, "metadata": dict(metadata or {})}
    return jsonio.well_formed(row), {"id": id, "attributes": dict(sorted(found.items()))}


def mixer(names: Iterable[str], off: Iterable[str] = (), output: str = "mixed") -> dict[str, Any]:
    """Return the configuration with which Dolma's mixer applies the attributes of these names.

    `off` are ids of rules that are left out (`family.name`, or `family.*`), with all that other rules wrote in the same
    place. Paths are relative: the mixer is to be run in the folder of the corpus, and writes to `output` there.

    >>> names = ["clean_corpus__reflow.join__writes_%20", "clean_corpus__wiki.tooltip"]
    >>> spans = mixer(names)["streams"][0]["span_replacement"]
    >>> spans[0]["span"], [span["replacement"] for span in spans]
    ("$.attributes['clean_corpus__reflow.join__writes_%20']", [' ', ''])
    >>> len(mixer(names, off=["wiki.*"])["streams"][0]["span_replacement"])
    1
    """
    gone = frozenset(off)
    rules = {name: _meaning(name) for name in sorted(set(names))}
    spans = [
        {
            "span": f"$.attributes['{name}']",
            "syntax": "jsonpath",
            "min_score": 0.5,
            "replacement": _replacement(template),
        }
        for name, (rule, template) in rules.items()
        if not is_off(rule, gone)
    ]
    stream: dict[str, Any] = {
        "name": "clean",
        # The mixer finds attributes by the first `/documents/` of a path, and a relative path has to have one, too.
        "documents": ["documents/../documents/*.jsonl.gz"],
        "attributes": [ATTRIBUTES],
        "output": {"path": output},
        # It refuses a stream that replaces nothing and filters nothing: without spans, a filter keeps all.
        **({"span_replacement": spans} if spans else {"filter": {"include": ["$.id"], "exclude": []}}),
    }
    return {"streams": [stream], "processes": 1, "shuffle": False}


def _replacement(template: str) -> str:
    """A replacement as the configuration says it.

    One that begins with `$` is an expression of jq, `${` has a variable looked up, and `???` is a value that is
    missing. Such a text is a constant of jq, without a `$`.
    """
    if template.startswith("$") or "${" in template or template == "???":
        return "$" + json.dumps(template, ensure_ascii=False).replace("$", r"\u0024")
    return template


def _name(rule: str, template: str) -> str:
    """The name of an attribute; `{}` stands for the character that holds an insertion."""
    if not template:
        return f"{ATTRIBUTES}__{rule}"
    return f"{ATTRIBUTES}__{rule}{_WRITES}" + _KEPT.join(quote(part, safe=_PLAIN) for part in template.split(_KEPT))


def _meaning(name: str) -> tuple[str, str]:
    """The rule and the replacement of an attribute, by its name."""
    rule, _, template = name.removeprefix(f"{ATTRIBUTES}__").partition(_WRITES)
    return rule, unquote(template)


def _anchored(raw: str, edits: Sequence[Edit], id: str) -> list[_Span]:
    """Give each edit the characters that it needs; what finds none of its own becomes one with a neighbour."""
    spans: list[_Span] = []
    coming = [_Span(start, start + len(old), jsonio.well_formed(new), rule) for start, old, new, rule in edits]
    coming.reverse()
    while coming:
        span = coming.pop()
        floor = spans[-1].end if spans else 0
        ceiling = coming[-1].start if coming else len(raw)
        if span.start == span.end and not _CUT.search(span.new):
            if span.end < ceiling:
                span = _Span(span.start, span.end + 1, span.new + raw[span.end], span.rule, "last")
            elif span.start > floor:
                span = _Span(span.start - 1, span.end, raw[span.start - 1] + span.new, span.rule, "first")
        while span.end - span.start < len(_parts(span)):
            if span.end < ceiling:
                span = _Span(span.start, span.end + 1, span.new + raw[span.end], span.rule)
            elif span.start > floor:
                span = _Span(span.start - 1, span.end, raw[span.start - 1] + span.new, span.rule)
            elif coming:
                span = _joined(span, coming.pop())
                ceiling = coming[-1].start if coming else len(raw)
            elif spans:
                span = _joined(spans.pop(), span)
                floor = spans[-1].end if spans else 0
            else:
                raise DolmaError(id, f"Dolma's mixer cannot make {span.new!r:.40} of {len(raw)} characters")
        spans.append(span)
    return spans


def _joined(first: _Span, second: _Span) -> _Span:
    """Make one of two spans that touch."""
    rules = dict.fromkeys([*first.rule.split("+"), *second.rule.split("+")])
    return _Span(first.start, second.end, first.new + second.new, "+".join(rules))


def _parts(span: _Span) -> list[str]:
    """Cut what a span writes into replacements that the mixer can take."""
    if span.held:
        return [span.template()]
    return _CUT.split(span.new)


def _pieces(spans: Iterable[_Span]) -> Iterator[tuple[int, int, str, str]]:
    """Yield start, end, rule and replacement: a piece a character, and all that is left with the last one."""
    for span in spans:
        *parts, last = _parts(span)
        for at, part in enumerate(parts, span.start):
            yield at, at + 1, span.rule, part
        yield span.start + len(parts), span.end, span.rule, last


def dump(config: Mapping[str, Any]) -> bytes:
    """Return the file of a configuration: JSON that is YAML, too, since the mixer reads it as such."""
    text = json.dumps(config, indent=1, ensure_ascii=False)  # YAML has no escapes for halves of astral characters
    return _NOT_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode() + b"\n"
