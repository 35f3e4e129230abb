"""Parquet: each row a document, with the text in one of its columns, called as the members in JSON lines are.

The text is the first of those columns that has one in this row: strings, or bytes in whatever encoding, as those of a
file are. The other columns are the metadata of the document, and facts as the members of JSON lines are. What JSON has
no type for is text there: dates and times (`2020-01-31 12:00:00.500`, and in UTC where there is a zone, with a `Z`),
decimals in their digits, bytes in base64; a duration is the number of its units, and what is not a number is null.

Rows are read in batches of some megabytes, as the file says of their group, and columns through small buffers. Where a
group of rows is damaged, the others are read.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from io import BufferedReader
from itertools import islice
from typing import Any

import numpy
import orjson
import pyarrow
from pyarrow import compute, parquet, types

from pipeline.formats import jsonio
from pipeline.formats.jsonl import MEMBERS, record
from pipeline.formats.records import LONGEST, Broken, Item, Omitted
from pipeline.formats.stores import Unreachable

__all__ = ["read"]

_BATCH = 16_000_000  # bytes of a batch of rows, about
_ROWS = 1024  # of a batch, at most
_BUFFER = 1 << 20  # bytes of a column that are read at once
_UNREADABLE = (ValueError, OverflowError, pyarrow.ArrowException)
_DAMAGED = (pyarrow.ArrowException, OSError, ValueError)
_LISTS = (types.is_list, types.is_large_list, types.is_fixed_size_list, types.is_list_view, types.is_large_list_view)
_REST = "The other rows are taken. Mend it, or take it out."


def read(file: BufferedReader) -> Iterator[Item]:
    """Yield the rows of a file, which are counted from 1."""
    try:
        table = parquet.ParquetFile(file, buffer_size=_BUFFER, pre_buffer=False, page_checksum_verification=True)
    except _DAMAGED as error:
        _not_damaged(error)
        yield Broken("", f"it is not Parquet, or damaged: {_said(error)}", "Fetch it again.")
        return
    texts, reason = _texts(table.schema_arrow)
    if reason:
        yield Broken("", reason, "Rename the column of the texts, or mend the file.")
        return
    number = 1
    for group in range(table.num_row_groups):
        about = table.metadata.row_group(group)
        size = max(1, min(_ROWS, _BATCH * about.num_rows // max(1, about.total_byte_size)))
        end = number + about.num_rows
        try:
            for batch in table.iter_batches(size, row_groups=[group], use_threads=False):
                yield from _items(batch, texts, number)
                number += batch.num_rows
        except _DAMAGED as error:
            _not_damaged(error)
            where = f"rows {number:,} to {end - 1:,}"
            yield Broken(where, f"they are damaged: {_said(error)}", "Fetch it again; the other rows are taken.")
        number = end


def _not_damaged(error: Exception) -> None:
    """Raise the error again if the file is not to blame."""
    if isinstance(error, Unreachable):
        raise error


def _texts(schema: pyarrow.Schema) -> tuple[list[str], str]:
    """The columns that the text may be in, in order; or why there is none."""
    twice = [name for name, count in Counter(schema.names).items() if count > 1]
    if twice:
        return [], f"more than one of its columns is called {twice[0]}"
    there = [member for member in MEMBERS if member in schema.names]
    if not there:
        return [], f"it has no text: no column is called {', '.join(MEMBERS[:-1])} or {MEMBERS[-1]}"
    found = [name for name in there if _is_text(schema.field(name).type)]
    return found, "" if found else f"its column {there[0]} is of type {schema.field(there[0]).type}, and no string"


def _is_text(kind: pyarrow.DataType) -> bool:
    if types.is_dictionary(kind):
        kind = kind.value_type
    return bool(
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_string_view(kind)
        or types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_binary_view(kind)
    )


def _items(batch: pyarrow.RecordBatch, texts: list[str], first: int) -> Iterator[Item]:
    """What is in a batch, of which the first row has this number."""
    columns = [(name, _values(column)) for name, column in zip(batch.schema.names, batch.columns, strict=True)]
    for at in range(batch.num_rows):
        yield _item({name: values[at] for name, values in columns}, texts, first + at)


def _values(column: pyarrow.Array) -> list[Any]:
    """The values of a column; the error, instead of one that cannot be read."""
    try:
        return _plain(column)
    except _UNREADABLE:
        return [_value(column.slice(at, 1)) for at in range(len(column))]


def _value(one: pyarrow.Array) -> Any:
    try:
        return _plain(one)[0]
    except _UNREADABLE as error:
        return error


def _plain(column: pyarrow.Array) -> list[Any]:
    """The values of a column, times as text at any depth, since Python has no nanoseconds, and not all years."""
    kind = column.type
    if types.is_dictionary(kind):
        return _plain(column.dictionary_decode())
    if types.is_duration(kind):
        return list(column.cast(pyarrow.int64()).to_pylist())
    if types.is_time(kind):
        return list(column.cast(pyarrow.string()).to_pylist())
    if types.is_date(kind) or types.is_timestamp(kind):
        return _moments(column)
    if types.is_map(kind):
        pair = pyarrow.struct([("key", kind.key_type), ("value", kind.item_type)])
        return [one and [list(each.values()) for each in one] for one in _lists(column.cast(pyarrow.list_(pair)))]
    if types.is_struct(kind) and len({field.name for field in kind}) == kind.num_fields > 0:
        names = [field.name for field in kind]
        rows = zip(*map(_plain, column.flatten()), strict=True)
        there = column.is_valid().to_pylist()
        return [dict(zip(names, row, strict=True)) if is_one else None for row, is_one in zip(rows, there, strict=True)]
    return _lists(column) if any(is_list(kind) for is_list in _LISTS) else list(column.to_pylist())


def _moments(column: pyarrow.Array) -> list[str | None]:
    """Dates and timestamps as text, of any year; those with a zone in UTC, as the file has them."""
    said = numpy.datetime_as_string(column.to_numpy(zero_copy_only=False)).tolist()
    if types.is_date(column.type):
        return [None if one == "NaT" else one.partition("T")[0] for one in said]
    end = "Z" if column.type.tz else ""
    return [None if one == "NaT" else one.replace("T", " ") + end for one in said]


def _lists(column: pyarrow.Array) -> list[list[Any] | None]:
    inside = iter(_plain(column.flatten()))
    lengths = compute.list_value_length(column).to_pylist()
    return [None if length is None else list(islice(inside, length)) for length in lengths]


def _item(row: dict[str, Any], texts: list[str], number: int) -> Item:
    where = f"row {number:,}"
    for name, value in row.items():
        if isinstance(value, Exception):
            return Broken(where, f"its column {name} cannot be read: {_said(value)}", _REST)
    name = next((name for name in texts if row[name] is not None), "")
    if not name:
        return Omitted("whose text is null")
    text = row.pop(name)
    try:
        metadata = orjson.dumps(row, default=_text)
    except TypeError as error:
        return Broken(where, f"its columns cannot be written as JSON: {_said(error)}", _REST)
    if len(text) + len(metadata) > LONGEST:
        return Broken(where, f"it is longer than {LONGEST:,} bytes", _REST)
    return record(name, text, jsonio.loads(metadata), number, metadata if row else b"")


def _text(value: Any) -> str:
    """A value that JSON has no type for."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:200].rstrip(".")
