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

A list of strings that several rules share has a name in a table [lists], and they give the name in its place.

A pack that lacks either kind of example, has an unknown key, a value of another kind than the key takes,
an id twice, or a pattern that does not compile does not load: `PackError` says where. `check` looks for
patterns that take exponential time; the engine tries the examples, and looks for rules that another one
shadows.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import regex

from pipeline.rules.rule import DO, WHERE, Example, Rule


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and value != [] and all(map(_is_text, value))


# What each key of a rule holds: a test, and what it tests for.
_TEXT, _TEXTS = (_is_text, "a string that is not empty"), (_are_texts, "a list of strings that are not empty")
KEYS: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("id", "about", "where", "pattern", "do"), _TEXT),
    **dict.fromkeys(("needs", "also", "unless", "match", "keep"), _TEXTS),
    "with": (lambda value: isinstance(value, str), "a string"),
    "within": (lambda value: type(value) is int and value > 0, "a whole number above 0"),
}
SHARED = ("needs", "also", "unless")  # keys that may name a list of the pack
NEEDED = ("id", "about", "where", "needs", "pattern", "match", "keep")
ID = regex.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\.[a-z0-9]+(?:-[a-z0-9]+)*")
_PLACE = regex.compile(r"(?m)^[^\S\n]*(?:(?P<rule>\[+[^\S\n]*rule\b|rule[^\S\n]*=)|id[^\S\n]*=)")


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
        text = path.read_text(encoding="utf-8-sig")  # a byte-order mark is no part of it
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(f"Cannot read the rule pack {path.name}: {error}. Give a TOML file in UTF-8.") from error
    return parse(text, path.name, trusted=trusted)


def parse(text: str, name: str = "pack", *, trusted: bool = False) -> Pack:
    """Read a pack from the text of a TOML file called `name`.

    >>> parse('[pack]\\nname = "x"\\nabout = "y"\\n[[rule]]\\nid = "a.b"\\nwhat = 1')
    Traceback (most recent call last):
    ...
    pipeline.rules.pack.PackError: pack:5: Cannot use rule a.b: unknown key 'what'. Known keys: about, also, do, id, \
keep, match, needs, pattern, unless, where, with, within.
    """
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also for a number that is too long, and tables that are too deep
        raise PackError(f"{name}: Cannot read the rule pack: {error}.") from error
    head, tables = data.get("pack"), data.get("rule", [])
    if not isinstance(head, dict) or set(head) != {"name", "about"} or set(data) - {"pack", "lists", "rule"}:
        raise PackError(f"{name}:1: Cannot read the rule pack: it needs [pack] with name and about, then [[rule]]s.")
    if not all(map(_is_text, head.values())):
        raise PackError(f"{name}:1: Cannot read the rule pack: its name and about must be strings that are not empty.")
    lists = data.get("lists", {})
    if not isinstance(lists, dict) or not all(map(_are_texts, lists.values())):
        raise PackError(f"{name}:1: Cannot read the rule pack: [lists] holds names, each with {_TEXTS[1]}.")
    places = _places(text) or [1]
    if not isinstance(tables, list):
        raise PackError(f"{name}:{places[0]}: Cannot read the rule pack: 'rule' is no list. Write [[rule]] over each.")
    rules: list[Rule] = []
    for number, table in enumerate(tables):
        line = places[min(number, len(places) - 1)]
        rules.append(_rule(table, lists, f"{name}:{line}", head["name"], line, trusted))
        if any(rule.id == rules[-1].id for rule in rules[:-1]):
            raise PackError(
                f"{name}:{line}: Cannot use rule {rules[-1].id}: the id stands twice. Give each rule its own."
            )
    if not rules:
        raise PackError(f"{name}:1: Cannot use the rule pack: it has no [[rule]]. Add one.")
    if idle := set(lists).difference(
        table.get(key) for table in tables for key in SHARED if isinstance(table.get(key), str)
    ):
        raise PackError(f"{name}:1: Cannot use the rule pack: no rule names the list {min(idle)}. Take it out.")
    return Pack(head["name"], head["about"], tuple(rules))


def _places(text: str) -> list[int]:
    """The line of the id of each rule; of one without an id, the line where it begins.

    >>> _places('[[rule]]\\nabout = "x"\\n\\n[[rule]]\\nid = "a.b"')
    [1, 5]
    """
    places: list[int] = []
    line, at = 1, 0
    for match in _PLACE.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        if match["rule"]:
            places.append(line)
        elif places:
            places[-1] = line
    return places


def _rule(table: Any, lists: Mapping[str, Sequence[str]], at: str, pack: str, line: int, trusted: bool) -> Rule:
    """Make a rule of its table, which may name lists of its pack, or say what is wrong with it."""
    if not isinstance(table, dict):
        raise PackError(f"{at}: Cannot use rule {table!r:.40}: it is no table. Write its keys below [[rule]].")

    def fail(why: str) -> PackError:
        return PackError(f"{at}: Cannot use rule {table.get('id', 'without an id')}: {why}")

    for key in SHARED:
        if isinstance(name := table.get(key), str):
            if name not in lists:
                raise fail(f"{key!r} must be {_TEXTS[1]}, or the name of one in [lists], where there is no {name!r}.")
            table = {**table, key: lists[name]}
    if why := _wrong(table):
        raise fail(why)
    try:
        groups = trusted or (_selects if table["where"] == "element" else _compiles)(table["pattern"])
        match = tuple(map(Example.parse, table["match"]))
        keep = tuple(map(Example.parse, table["keep"]))
        if "with" in table and not trusted:
            _expands(table["pattern"], table["with"], match)
    except (regex.error, ValueError, RecursionError) as error:
        raise fail(f"{error}.") from error
    if any(not example.spans for example in match) or any(example.spans for example in keep):
        raise fail("each example in 'match' marks what goes with ⟦ and ⟧, and none in 'keep' does.")
    if table.get("do") == "fact" and not groups:
        raise fail("do = 'fact' needs a named group in the pattern, whose name is the kind of the fact.")
    return Rule(
        id=table["id"],
        about=table["about"],
        where=table["where"],
        pattern=table["pattern"],
        needs=tuple(table["needs"]),
        do=table.get("do", "drop"),
        replacement=table.get("with", ""),
        also=tuple(table.get("also", ())),
        unless=tuple(table.get("unless", ())),
        within=table.get("within", 3000),
        match=match,
        keep=keep,
        pack=pack,
        line=line,
    )


def _wrong(table: Mapping[str, Any]) -> str:
    """What is wrong with the keys of a rule, and with what they hold; nothing, as a rule."""
    for key in table:
        if key not in KEYS:
            return f"unknown key {key!r}. Known keys: {', '.join(sorted(KEYS))}."
    for key in NEEDED:
        if key not in table:
            return f"it has no {key!r}. Every rule needs {', '.join(NEEDED)}."
    for key, value in table.items():
        holds, what = KEYS[key]
        if not holds(value):
            return f"{key!r} must be {what}."
    if not ID.fullmatch(table["id"]):
        return "an id is family.name, in lower case."
    for key, known in (("where", WHERE), ("do", DO)):
        if table.get(key, known[0]) not in known:
            return f"{key} is {table[key]!r}. Known: {', '.join(known)}."
    if (table.get("do") == "replace") != ("with" in table):
        return "'with' belongs to do = 'replace', and the other way round."
    element = table["where"] == "element"
    if (table.get("do") == "keep" and not element) or (element and table.get("do", "drop") not in ("drop", "keep")):
        return "do = 'keep' is for where = 'element', which knows only 'drop' and 'keep'."
    return ""


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


def _expands(pattern: str, replacement: str, examples: Iterable[Example]) -> None:
    """Write the replacement for what the pattern matches in examples; raises `ValueError` if it cannot be written."""
    compiled = regex.compile(pattern, regex.VERSION1 | regex.MULTILINE)
    for example in examples:
        parts = [*example.text.split("\n\n"), *example.text.split("\n")]  # a rule may see blocks or lines
        for seen in (example.text, *map(str.strip, parts)):
            try:
                for match in compiled.finditer(seen, timeout=PROBE_SECONDS):
                    match.expand(replacement)
            except (regex.error, IndexError) as error:
                raise ValueError(f"with is {replacement!r}, which cannot be written: {error}") from None
            except TimeoutError:
                return  # `check` tells of it


# Texts on which patterns that backtrack without end show it.
PROBES = ("a" * 3000, "a " * 1500, " " * 3000, "1." * 1500, "[" * 3000, "A, b. " * 500, "-=" * 1500, "x\n" * 1500)
PROBE_SECONDS = 0.5
GAPS, HEADS = regex.compile(r"\W+"), 6  # what ends a beginning of an example, and how many of them are tried


def slow_probe(rule: Rule) -> str | None:
    """Return the start of a text on which the pattern takes far too long, or none."""
    grown = [example.text * (2000 // len(example.text) + 1) + "\x00" for example in rule.match if example.text]
    matched = [example.text[start:end] for example in rule.match for start, end in example.spans]
    begun = {text[: gap.end()] for text in matched for gap in islice(GAPS.finditer(text), HEADS)}
    behind = [head + probe for head in sorted(begun) for probe in PROBES[:4]]
    for probe in (*PROBES, *grown, *behind, *(f"{need} " * 500 for need in rule.needs)):
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


def clashes(packs: Sequence[Pack], others: Collection[str] = ()) -> Iterable[str]:
    """Say which ids stand in more than one pack, or are those of `others`, which are no patterns of a pack."""
    seen = dict.fromkeys(others, "a rule of the package that is code")
    for pack in packs:
        for rule in pack.rules:
            if rule.id in seen:
                yield f"{pack.name}:{rule.line}: Cannot use rule {rule.id}: {seen[rule.id]} has the id already."
            seen.setdefault(rule.id, f"pack {pack.name}")


def _slow(packs: Sequence[Pack]) -> Iterable[str]:
    for pack in packs:
        for rule in pack.rules:
            probe = None if rule.where == "element" else slow_probe(rule)
            if probe is not None:
                yield (
                    f"{pack.name}:{rule.line}: Cannot use rule {rule.id}: its pattern takes over {PROBE_SECONDS} s "
                    f"on a text like {probe!r}. Make repeated parts exclude each other."
                )
