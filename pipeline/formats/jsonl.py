"""JSON lines: each line an object, with the text in one of its members.

The text is the first of `MEMBERS` that is a string. It never was bytes, so its encoding is not asked about; the raw
bytes of the document are its UTF-8. The other members are facts, if they are short, and all of them the metadata of the
document, with their types; a whole number that 64 bits do not hold is text, its digits.
"""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from io import BufferedReader
from typing import Any

from pipeline.document import Fact
from pipeline.formats import jsonio
from pipeline.formats.records import LONGEST, Broken, Item, Omitted, Record, fact, safe

__all__ = ["IDS", "MEMBERS", "read", "record"]

MEMBERS = ("text", "html", "raw_content", "content")  # where the text may be, in this order
IDS = ("id", "doc_id")  # where the id may be
_RULES = {"id": "record.id", "doc_id": "record.id", "url": "record.url", "date": "record.date"}  # of the others: member
_LONG = 10_000  # characters: a member that is longer is left in its file
_REST = "The other lines are taken. Mend it, or take it out."


def read(file: BufferedReader) -> Iterator[Item]:
    """Yield the records of a file; lines are counted from 1, and empty ones are none."""
    number = 0
    while line := file.readline(LONGEST + 1):
        number += 1
        if number == 1 and (line.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or b"\0" in line[:4]):
            yield Broken("", "it is UTF-16 or UTF-32, and JSON lines are UTF-8", "Convert it to UTF-8.")
            return
        if len(line) > LONGEST:
            yield Broken(f"line {number}", f"it is longer than {LONGEST:,} bytes", _REST)
            while line and not line.endswith(b"\n"):
                line = file.readline(1 << 20)
            continue
        line = line.strip() if number > 1 else line.removeprefix(b"\xef\xbb\xbf").strip()
        if line:
            yield _item(line, number)


def _item(line: bytes, number: int) -> Item:
    where = f"line {number}"
    try:
        row = jsonio.exact(line)
    except ValueError as error:
        return Broken(where, f"it is not JSON: {str(error).replace(': line 1 column', ' at column')}", _REST)
    if not isinstance(row, dict):
        return Broken(where, "it is not an object of JSON", _REST)
    there = [member for member in MEMBERS if member in row]
    if not there:
        return Broken(where, f"it has no text: no member is called {', '.join(MEMBERS[:-1])} or {MEMBERS[-1]}", _REST)
    member = next((member for member in there if type(row[member]) is str), "")  # `Digits` are no text
    if not member:
        if all(row[member] is None for member in there):
            return Omitted("whose text is null")
        return Broken(where, f"its member {there[0]} is not a string", _REST)
    text = row.pop(member)
    try:
        return record(member, text, row, number)
    except RecursionError:
        return Broken(where, "its values are nested too deeply", _REST)


def record(member: str, text: str | bytes, row: dict[str, Any], number: int, metadata: bytes = b"") -> Record:
    """A document of the text of a member, with the other members of its row, which has this number; `metadata` are
    these as JSON, if that was made already."""
    id = next((_text(row[name]) for name in IDS if row.get(name) not in (None, "")), "")
    return Record(
        safe(id) if id else f"{number:08}",
        text,
        "html" if member == "html" else None,
        facts=tuple(_facts(row)),
        metadata=metadata or (jsonio.dumps(row) if row else b""),
    )


def _facts(row: dict[str, Any]) -> Iterator[Fact]:
    """What the other members say: a string as it is, the rest as JSON."""
    for name, value in row.items():
        said = "" if value is None else _text(value)
        if 0 < len(said) <= _LONG:
            kind = "url" if name == "url" else "record_id" if name in IDS else f"record_{name}"
            yield fact(kind, said, _RULES.get(name, "record.member"))


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str) else jsonio.dumps(value).decode()
