"""JSON as bytes, fast, and the same bytes for the same value: orjson, and the json module where orjson refuses.

orjson takes strings that UTF-8 can hold. A lone surrogate (half of an astral character, which Python strings may
hold) is written as an escape, by the json module, and read back by it.

    >>> dumps({"a": [1, "é"]}).decode()
    '{"a":[1,"é"]}'
    >>> dumps("\\ud800é"), loads(dumps("\\ud800é")) == "\\ud800é"
    (b'"\\\\ud800\\\\u00e9"', True)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import islice
from typing import Any

import orjson

__all__ = ["dumps", "loads", "rows", "well_formed"]

_AT_ONCE = 1000  # rows, each of which takes some memory of its own until they are one
_LONE = re.compile("[\ud800-\udfff]")


def dumps(value: Any) -> bytes:
    """Return `value` as compact JSON; raises `TypeError` for what JSON cannot say."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def loads(data: bytes) -> Any:
    """Return the value of a JSON text; raises `ValueError` if it is none."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            raise ValueError(str(error)) from None


def rows(values: Iterable[Any]) -> bytes:
    """Return a JSON array with one value a line, which `git diff` shows line by line.

    >>> rows([[1, "a"], [2, "b"]])
    b'[\\n[1,"a"],\\n[2,"b"]\\n]'
    >>> rows([])
    b'[]'
    """
    values, parts = iter(values), []
    while some := list(islice(values, _AT_ONCE)):
        try:
            lines = list(map(orjson.dumps, some))
        except orjson.JSONEncodeError:
            lines = list(map(dumps, some))
        parts.append(b",\n".join(lines))
    return b"".join((b"[\n", b",\n".join(parts), b"\n]")) if parts else b"[]"


def well_formed(value: Any) -> Any:
    """Return a value of JSON as strict readers take it: each lone surrogate of its strings is U+FFFD.

    >>> well_formed({"a": ["caf\\udce9", 1]})
    {'a': ['caf�', 1]}
    """
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        return _replaced(value)
    return value


def _replaced(value: Any) -> Any:
    if isinstance(value, str):
        return _LONE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_replaced(item) for item in value]
    if isinstance(value, dict):
        return {_replaced(key): _replaced(item) for key, item in value.items()}
    return value
