"""What a page says of itself in JSON-LD, in the words of schema.org (scripts of the type `application/ld+json`)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from pipeline.edits import Edit
from pipeline.html.sayings import ELEMENT, ENDS, MOST, Said, Sayings, attributes, plain
from pipeline.html.tokens import unescape

# What is no JSON, beside strings (which stay): wrappers against old browsers, comments, a comma behind the last item.
NOISE = re.compile(
    r"""("(?:[^"\\]++|\\.)*+"?)|(?:(?://|/\*)\s*+)?+(?:<!\[CDATA\[|\]\]>|<!--|-->)(?:\s*+\*/)?+"""
    r"""|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/)?+|,(?=\s*+[\]}])""",
    re.DOTALL,
)
CONTROLS = dict.fromkeys(range(32), " ")
ARTICLE = re.compile(r"(?:.*Article|.*Posting|Report)$")
WORK = re.compile(r"(?:.*Page|.*Work|Recipe|HowTo|Review|Book|Course|Dataset|VideoObject|Question)$")
THROUGH = frozenset(("@graph", "mainEntity", "mainEntityOfPage"))  # behind these a page still speaks of itself
HEARD = ("author", "creator", "datePublished", "dateModified", "dateCreated", "license", "publisher")


class Script(NamedTuple):
    """A script: where the element begins and ends, and where its content does."""

    start: int
    end: int
    inner: int
    inner_end: int


class Node(NamedTuple):
    """An object of JSON-LD: its types, its script, and whether it stands where a page speaks of itself."""

    data: dict[str, Any]
    types: list[str]
    script: Script
    main: bool


def scripts(source: str, edit: Edit) -> Iterator[Script]:
    """Yield the scripts of JSON-LD that one cut joins."""
    at = edit.start
    while match := ELEMENT.match(source, at, edit.end):
        end = ENDS["script"].search(source, match.end(), edit.end)
        at = end.end() if end else edit.end
        if "ld" in match[2]:
            kind = attributes(source, match.start(2), match.end(2)).get("type")
            if kind and kind.value.lower().startswith("application/ld+json"):
                yield Script(match.start(1) - 1, at, match.end(), end.start() if end else at)


def nodes(source: str, script: Script) -> Iterator[Node]:
    """Yield the objects of a script in their order; of JSON that cannot be read there are none."""
    waiting = [(_json(source[script.inner : script.inner_end]), True)]
    while waiting:
        data, main = waiting.pop()
        if isinstance(data, dict):
            yield Node(data, _types(data), script, main)
            inside = [(part, main and key in THROUGH) for key, part in data.items() if isinstance(part, (dict, list))]
        else:
            inside = [(part, main) for part in data if isinstance(part, (dict, list))]
        waiting += reversed(inside)


def _json(text: str) -> Any:
    """Read a JSON object or array as authors write it; what cannot be read is an empty one.

    >>> _json('/*<![CDATA[*/ {"@type": "Article", /* one */ "url": "https://rooks.example",} /*]]>*/')
    {'@type': 'Article', 'url': 'https://rooks.example'}
    """
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError:
        text = text if '"' in text else unescape(text)
        text = NOISE.sub(lambda match: match[1] or "", text).translate(CONTROLS).strip(" ;\ufeff")
        try:
            data = orjson.loads(text.encode("utf-8", "replace"))
        except orjson.JSONDecodeError:
            return []
    return data if isinstance(data, (dict, list)) else []


def _types(data: dict[str, Any]) -> list[str]:
    """The types of an object, without the address of schema.org."""
    kind = data.get("@type")
    kinds = kind if isinstance(kind, list) else [kind]
    return [name.rsplit("/", 1)[-1].rsplit(":", 1)[-1] for name in kinds if isinstance(name, str)]


def hear_linked(source: str, nodes: list[Node], said: Sayings) -> None:
    """Hear the objects of JSON-LD: what types there are, and what the page's article says, or else the page."""
    ids = {str(node.data["@id"]): node.data for node in reversed(nodes) if "@id" in node.data and "name" in node.data}

    def hear(name: str, node: Node, key: str) -> None:
        if not said[name] and key in node.data:
            said[name] += [_place(source, node.script, key, text) for text in _texts(node.data[key], ids)]

    scripts: dict[str, Script] = {}
    for node in nodes:
        for kind in node.types:
            scripts.setdefault(kind, node.script)
        if "WebSite" in node.types:
            hear("ld.site", node, "name")
    said["ld.type"] += [_place(source, script, "@type", kind) for kind, script in list(scripts.items())[:MOST]]
    articles = [node for node in nodes if node.main and any(map(ARTICLE.match, node.types))]
    works = [node for node in nodes if node.main and any(map(WORK.match, node.types))]
    if len({str(node.data.get("headline")) for node in articles}) > 2:  # a list of articles
        articles = []
    for node in articles:
        hear("ld.headline", node, "headline")
        hear("ld.headline", node, "name")
    for node in articles + works[:3]:
        for key in HEARD:
            hear("ld.author" if key == "creator" else f"ld.{key}", node, key)


def _texts(value: Any, ids: dict[str, dict[str, Any]], depth: int = 3) -> Iterator[str]:
    """Yield what a value of JSON-LD says: a text, the name of an object or of one that is referred to, or several."""
    if isinstance(value, str):
        yield value
    elif depth and isinstance(value, list):
        for part in value[:MOST]:
            yield from _texts(part, ids, depth - 1)
    elif depth and isinstance(value, dict):
        if "name" not in value:
            value = ids.get(str(value.get("@id")), value)
        for key in ("name", "@value", "url"):
            if key in value:
                yield from _texts(value[key], ids, depth - 1)
                return


def _place(source: str, script: Script, key: str, text: str) -> Said:
    """Find the string behind its key, or anywhere in its script; if it is written in an odd way, say the script."""
    at = source.find(f'"{key}"', script.inner, script.inner_end)
    usual, ascii = orjson.dumps(text).decode(), json.dumps(text)
    for start in (max(at, script.inner), script.inner):
        for written in dict.fromkeys((usual, ascii, usual.replace("/", "\\/"), ascii.replace("/", "\\/"))):
            found = source.find(written, start, script.inner_end)
            if found >= 0:
                return Said(plain(text), found + 1, found + len(written) - 1)
    return Said(plain(text), script.start, script.end)
