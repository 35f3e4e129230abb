"""Rule packs: TOML files of rules, each beside its examples. Reading one is strict.

    [pack]
    name = "demo"
    about = "What this pack is for."

    [[rule]]
    id = "demo.draft-note"
    about = "A note of the editor that the page is a draft."
    where = "line"
    needs = ["draft"]
    pattern = '(?i)this page is a draft\\.?'
    match = ["⟦This page is a draft.\\n⟧"]
    keep = ["He read the draft."]

A pack that lacks either kind of example, has an unknown key, an id twice, or a pattern that does not
compile does not load: `PackError` says where. `check` tries the examples, and looks for patterns that
take exponential time and for rules that another one shadows.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import regex

from pipeline.rules.rule import DO, WHERE, Example, Rule

KEYS = {"id", "about", "where", "needs", "pattern", "do", "with", "also", "within", "match", "keep"}
NEEDED = ("id", "about", "where", "needs", "pattern", "match", "keep")
ID = regex.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\.[a-z0-9]+(?:-[a-z0-9]+)*")


class PackError(ValueError):
    """A rule pack that cannot be used; the message says where and why."""


class Pack(NamedTuple):
    """The rules of a file, in its order."""

    name: str
    about: str
    rules: tuple[Rule, ...]


def load(path: Path, *, trusted: bool = False) -> Pack:
    """Read a pack from a TOML file; raises `PackError` with file and line for anything wrong in it.

    The patterns of a `trusted` pack are compiled when they are first used: those of the package, which its tests try.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(f"Cannot read the rule pack {path.name}: {error}. Give a TOML file in UTF-8.") from error
    return parse(text, path.name, trusted=trusted)


def parse(text: str, name: str = "pack", *, trusted: bool = False) -> Pack:
    """Read a pack from the text of a TOML file called `name`.

    >>> parse('[pack]\\nname = "x"\\nabout = "y"\\n[[rule]]\\nid = "a.b"\\nwhat = 1')
    Traceback (most recent call last):
    ...
    pipeline.rules.pack.PackError: pack:5: Cannot use rule a.b: unknown key 'what'. Known keys: about, also, do, id, \
keep, match, needs, pattern, where, with, within.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PackError(f"{name}: Cannot read the rule pack: {error}.") from error
    head = data.get("pack")
    if not isinstance(head, dict) or set(head) != {"name", "about"} or set(data) - {"pack", "rule"}:
        raise PackError(f"{name}:1: Cannot read the rule pack: it needs [pack] with name and about, then [[rule]]s.")
    places = _places(text)
    rules: list[Rule] = []
    for number, table in enumerate(data.get("rule", [])):
        at = f"{name}:{places[number] if number < len(places) else 1}"
        rules.append(_rule(table, at, str(head["name"]), places[number] if number < len(places) else 1, trusted))
        if any(rule.id == rules[-1].id for rule in rules[:-1]):
            raise PackError(f"{at}: Cannot use rule {rules[-1].id}: the id stands twice. Give each rule its own.")
    if not rules:
        raise PackError(f"{name}:1: Cannot use the rule pack: it has no [[rule]]. Add one.")
    return Pack(str(head["name"]), str(head["about"]), tuple(rules))


def _places(text: str) -> list[int]:
    """The line of the id of each rule."""
    return [number for number, line in enumerate(text.splitlines(), 1) if regex.match(r"id\s*=", line)]


def _rule(table: dict[str, Any], at: str, pack: str, line: int, trusted: bool) -> Rule:
    """Make a rule of its table, or say what is wrong with it."""
    name = table.get("id", "without an id")

    def fail(why: str) -> PackError:
        return PackError(f"{at}: Cannot use rule {name}: {why}")

    for key in table:
        if key not in KEYS:
            raise fail(f"unknown key {key!r}. Known keys: {', '.join(sorted(KEYS))}.")
    for key in NEEDED:
        if key not in table:
            raise fail(f"it has no {key!r}. Every rule needs {', '.join(NEEDED)}.")
    if not isinstance(name, str) or not ID.fullmatch(name):
        raise fail("an id is family.name, in lower case.")
    for key, known in (("where", WHERE), ("do", DO)):
        if table.get(key, known[0]) not in known:
            raise fail(f"{key} is {table[key]!r}. Known: {', '.join(known)}.")
    for key in ("needs", "match", "keep", "also"):
        value = table.get(key, ["unset"])
        if not isinstance(value, list) or not value or not all(isinstance(x, str) and x for x in value):
            raise fail(f"{key!r} must be a list of strings that are not empty.")
    if (table.get("do") == "replace") != ("with" in table):
        raise fail("'with' belongs to do = 'replace', and the other way round.")
    element = table["where"] == "element"
    if (table.get("do") == "keep" and not element) or (element and table.get("do", "drop") not in ("drop", "keep")):
        raise fail("do = 'keep' is for where = 'element', which knows only 'drop' and 'keep'.")
    try:
        groups = trusted or (_selects(table["pattern"]) if element else _compiles(table["pattern"]))
        match = tuple(map(Example.parse, table["match"]))
        keep = tuple(map(Example.parse, table["keep"]))
    except (regex.error, ValueError, TypeError) as error:
        raise fail(f"{error}.") from error
    if any(not example.spans for example in match) or any(example.spans for example in keep):
        raise fail("each example in 'match' marks what goes with ⟦ and ⟧, and none in 'keep' does.")
    if table.get("do") == "fact" and not groups:
        raise fail("do = 'fact' needs a named group in the pattern, whose name is the kind of the fact.")
    return Rule(
        id=name,
        about=str(table["about"]),
        where=table["where"],
        pattern=table["pattern"],
        needs=tuple(table["needs"]),
        do=table.get("do", "drop"),
        replacement=table.get("with", ""),
        also=tuple(table.get("also", ())),
        within=table.get("within", 3000),
        match=match,
        keep=keep,
        pack=pack,
        line=line,
    )


def _compiles(pattern: str) -> Mapping[str, int]:
    """The named groups of a pattern; raises `regex.error` if it is none."""
    return regex.compile(pattern, regex.VERSION1 | regex.MULTILINE).groupindex


def _selects(pattern: str) -> Mapping[str, int]:
    """No groups; raises `ValueError` if a pattern is no CSS selector."""
    import soupsieve

    try:
        soupsieve.compile(pattern)
    except soupsieve.SelectorSyntaxError as error:
        raise ValueError(str(error).partition("\n")[0]) from None
    return {}


# Texts on which patterns that backtrack without end show it.
PROBES = ("a" * 3000, "a " * 1500, " " * 3000, "1." * 1500, "[" * 3000, "A, b. " * 500, "-=" * 1500, "x\n" * 1500)
PROBE_SECONDS = 0.5


def slow_probe(rule: Rule) -> str | None:
    """Return the start of a text on which the pattern takes far too long, or none."""
    grown = tuple(example.text * (2000 // len(example.text) + 1) + "\x00" for example in rule.match if example.text)
    for probe in (*PROBES, *grown):
        try:
            if rule.where in ("inline", "document"):
                for _ in rule.compiled.finditer(probe, timeout=PROBE_SECONDS):
                    pass
            else:
                rule.compiled.fullmatch(probe.strip() or probe, timeout=PROBE_SECONDS)
        except TimeoutError:
            return probe[:20]
    return None


def check(packs: Sequence[Pack]) -> list[str]:
    """Return what is wrong with packs that loaded: ids in two packs, catastrophic patterns.

    The examples are tried by `pipeline.rules.engine.failures`, since they go through the engine.
    """
    return [*clashes(packs), *_slow(packs)]


def clashes(packs: Sequence[Pack]) -> Iterable[str]:
    """Say which ids stand in more than one pack."""
    seen: dict[str, str] = {}
    for pack in packs:
        for rule in pack.rules:
            if rule.id in seen:
                yield f"{pack.name}:{rule.line}: Cannot use rule {rule.id}: pack {seen[rule.id]} has the id already."
            seen.setdefault(rule.id, pack.name)


def _slow(packs: Sequence[Pack]) -> Iterable[str]:
    for pack in packs:
        for rule in pack.rules:
            probe = None if rule.where == "element" else slow_probe(rule)
            if probe is not None:
                yield (
                    f"{pack.name}:{rule.line}: Cannot use rule {rule.id}: its pattern takes over {PROBE_SECONDS} s "
                    f"on a text like {probe!r}. Make repeated parts exclude each other."
                )
