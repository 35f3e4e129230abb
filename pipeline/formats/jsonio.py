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
from collections.abc import Iterable
from typing import Any

import orjson

__all__ = ["dumps", "loads", "rows"]


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
    values = list(values)
    try:
        lines = list(map(orjson.dumps, values))
    except orjson.JSONEncodeError:
        lines = list(map(dumps, values))
    return b"[\n" + b",\n".join(lines) + b"\n]" if lines else b"[]"
