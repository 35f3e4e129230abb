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
import math
import re
from collections.abc import Iterable
from itertools import islice
from typing import Any

import orjson

__all__ = ["Digits", "dumps", "exact", "loads", "rows", "well_formed"]

_AT_ONCE = 1000  # rows, each of which takes some memory of its own until they are one
_LONE = re.compile("[\ud800-\udfff]")


def dumps(value: Any) -> bytes:
    """Return `value` as compact JSON; raises `TypeError` for what JSON cannot say."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def loads(data: bytes) -> Any:
    """Return the value of a JSON text; raises `ValueError` if it is none. What is no finite number is None."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        return _loads(data, str(error))


def exact(data: bytes) -> Any:
    """As `loads`, of a text that others wrote: whole numbers that 64 bits do not hold are `Digits`. orjson rounds them,
    and most readers of what we write would stop there.

    >>> loads(b"[36893488147419103233]"), exact(b"[36893488147419103233, NaN]")
    ([3.6893488147419103e+19], ['36893488147419103233', None])
    """
    value = loads(data)
    return _loads(data, "its values are nested too deeply") if _is_rounded(value) else value


class Digits(str):
    """A whole number that 64 bits do not hold, as it was written."""


def _is_rounded(value: Any) -> bool:
    """Whether a number in it may be a whole one that orjson made a float of."""
    values = [value]
    for one in values:  # which grows: no depth is too much
        kind = type(one)
        if kind is float:
            if abs(one) >= 1 << 63:
                return True
        elif kind is dict:
            values += one.values()
        elif kind is list:
            values += one
    return False


def _loads(data: bytes, reason: str) -> Any:
    """Return the value as the json module reads it, of UTF-8; raises `ValueError` with this reason if it cannot."""
    try:
        text = data.decode("utf-8-sig", "surrogatepass")  # of bytes, it would guess the encoding
        return json.loads(text, parse_int=_whole, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError):
        raise ValueError(reason) from None


def _whole(digits: str) -> int | Digits:
    if len(digits) <= 20 and -(1 << 63) <= int(digits) < 1 << 64:
        return int(digits)
    return Digits(digits)


def _finite(number: str) -> float | None:
    value = float(number)
    return value if math.isfinite(value) else None


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
