"""The sidecar of a document, `NAME.json`: where its text came from, and every edit on the way.

A sidecar is plain data (`dict`), made of a `Document` by `describe`, written by `dump`, read and checked by `load`,
and, with the clean text, made a `Document` again by `document`. The file is JSON with its keys in a fixed order and
one edit, paragraph, fact or gap a line. Its last member is the seal: the SHA-256 of every byte before the line of
the seal. It holds no clock and no path of the machine: the same input gives the same bytes.

Offsets are code points. `docs/provenance.md` tells the fields, `schemas/sidecar.schema.json` defines them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from pipeline.document import Document, Fact, Flag, Gap, Ledger, Paragraph, Pass, Repair, Source, Witness
from pipeline.edits import EditError, from_json
from pipeline.formats import jsonio
from pipeline.settings import Settings
from pipeline.stages.utf8 import count_words
from pipeline.version import __version__

if TYPE_CHECKING:
    from pipeline.corpus.duplicates import Duplicates
    from pipeline.corpus.fingerprints import Place

__all__ = ["FORMAT", "HEAD", "MAKING", "SidecarError", "describe", "document", "dump", "load", "making", "seal"]

FORMAT = "clean-corpus sidecar 1"
HEAD = b'{\n"format": "' + FORMAT.encode() + b'",\n'  # how every sidecar of this format begins
MAKING = ("versions", "settings", "rules")  # the members that are the same for a whole run
_LISTS = ("facts", "gaps", "repairs", "flags", "paragraphs", "duplicates", "copies", "alike")


class SidecarError(ValueError):
    """A file that is not a sidecar of this format, or whose content does not hold together."""


@cache
def versions() -> dict[str, str]:
    """The versions of what decides how a text is cleaned.

    That of Python is not among them: its Unicode data differ from release to release in characters that are new, and
    the same text must give the same bytes on every Python.
    """
    from importlib import metadata

    libraries = {"ftfy": "ftfy", "bs4": "beautifulsoup4", "cchardet": "faust-cchardet", "regex": "regex"}
    found = {name: metadata.version(distribution) for name, distribution in libraries.items()}
    return {"clean_corpus": __version__, **found}


def making(settings: Settings, rules: str) -> dict[str, Any]:
    """How documents are made: the members of a sidecar that are the same for a whole run.

    `rules` is the digest of the rule packs.
    """
    return {"versions": versions(), "settings": settings.as_json(), "rules": rules}


def describe(
    document: Document,
    clean: bytes,
    making: Mapping[str, Any],
    suffix: str = "",
    found: Duplicates | None = None,
) -> dict[str, Any]:
    """Return the content of the sidecar of a document, without the seal.

    `clean` is the file of the clean text, as bytes; `suffix` that of the raw file (`.txt`); `found` what the corpus
    knows of the document.
    """
    source = document.source
    return {
        "format": FORMAT,
        "id": document.id,
        "source": {
            "sha256": source.sha256,
            "bytes": source.size,
            "characters": len(document.text) + document.ledger.shrinks(),
            "encoding": source.encoding,
            "how": source.how,
            "bom": source.bom.hex(),
            "patches": [[at, length, patch.hex()] for at, length, patch in source.patches],
            "suffix": suffix,
        },
        "clean": {
            "sha256": hashlib.sha256(clean).hexdigest(),
            "characters": len(document.text),
            "words": count_words(document.text),
        },
        **making,
        "facts": [
            {"kind": kind, "value": value, "raw": [start, end], "rule": rule}
            for kind, value, start, end, rule in document.facts
        ],
        "gaps": [
            {"at": at, "raw": raw, "kind": kind, "rule": rule, "certain": certain}
            for at, kind, rule, certain, raw in document.gaps
        ],
        "repairs": [
            {
                "raw": [repair.raw_start, repair.raw_end],
                "old": repair.old,
                "new": repair.new,
                "kind": repair.kind,
                "found_by": repair.found_by,
                "from": [
                    {"id": id, "raw": [start, end], "before": before, "after": after, "score": score}
                    for id, start, end, before, after, score in repair.witnesses
                ],
            }
            for repair in document.repairs
        ],
        "flags": [{"kind": kind, "message": message} for kind, message in document.flags],
        "paragraphs": [
            {"kind": kind, "clean": [start, end], "raw": [raw_start, raw_end]}
            for kind, start, end, raw_start, raw_end in document.paragraphs
        ],
        **_of_corpus(found, making["settings"]["dedup"]),
        "ledger": [
            {"stage": stage, "edits": [[start, old, new, rule] for start, old, new, rule in edits]}
            for stage, edits in document.ledger
        ],
    }


def _of_corpus(found: Duplicates | None, action: str) -> dict[str, Any]:
    """What the corpus says of a document; `action` is what is done with duplicates."""
    return {
        "duplicates": [
            {
                "raw": [here.raw_start, here.raw_end],
                "of": _place(of),
                "kind": kind,
                "similarity": similarity,
                "shared": shared,
                "action": action,
            }
            for here, of, kind, similarity, shared in (found.duplicates if found else ())
        ],
        "copies": [
            {"raw": [here.raw_start, here.raw_end], "by": _place(by)} for here, by in (found.copies if found else ())
        ],
        "alike": [
            {
                "raw": [here.raw_start, here.raw_end],
                "of": _place(of),
                "similarity": similarity,
                "shared": shared,
                "why": why,
            }
            for here, of, similarity, shared, why in (found.alike if found else ())
        ],
    }


def _place(place: Place) -> dict[str, Any]:
    """How a paragraph of another document is named."""
    return {"id": place.id, "raw": [place.raw_start, place.raw_end]}


def dump(data: Mapping[str, Any]) -> bytes:
    """Return the file of a sidecar, sealed."""
    parts = [HEAD]
    for key in ("id", "source", "clean", *MAKING):
        parts.append(b'"%b": %b,\n' % (key.encode(), jsonio.dumps(data[key])))
    for key in _LISTS:
        parts.append(b'"%b": %b,\n' % (key.encode(), jsonio.rows(data[key])))
    parts.append(b'"ledger": [')
    for number, step in enumerate(data["ledger"]):
        parts += (b",\n" if number else b"\n", b'{"stage":%b,"edits":' % jsonio.dumps(step["stage"]))
        parts += (jsonio.rows(step["edits"]), b"}")
    parts.append(b"\n],\n" if data["ledger"] else b"],\n")
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return b"".join([*parts, b'"seal": "%b"\n}\n' % digest.hexdigest().encode()])


def seal(file: bytes) -> str:
    """Return the seal that stands at the end of the file of a sidecar; nothing is checked.

    >>> seal(b'{...,\\n"seal": "' + 64 * b"0" + b'"\\n}\\n') == 64 * "0"
    True
    """
    return file[-68:-4].decode("ascii", "replace")


def load(file: bytes) -> dict[str, Any]:
    """Return the content of a sidecar, with its seal; raises `SidecarError` if a byte is not as it was written."""
    if not file.startswith(HEAD):
        raise SidecarError(f"it does not begin as a sidecar of this format does ({FORMAT!r})")
    try:
        data: dict[str, Any] = jsonio.loads(file)
    except ValueError as error:
        raise SidecarError(f"it is not JSON: {error}") from None
    _check(data, _SHAPE, "sidecar")
    for number, step in enumerate(data["ledger"]):
        try:
            from_json(step["edits"])
        except EditError as error:
            raise SidecarError(f"pass {number} of its ledger ({step['stage']}) is broken: {error}") from None
    written = dump(data)
    if written != file:
        if written[: file.rfind(b'"seal"')] != file[: file.rfind(b'"seal"')]:
            raise SidecarError("it is not laid out as it was written")
        raise SidecarError("its seal does not fit its content: it was changed after it was written")
    return data


def document(data: Mapping[str, Any], text: str) -> Document:
    """Return the document of a sidecar and its clean text; the raw text is rebuilt by undoing the ledger.

    Raises `EditError` if the ledger does not fit the text.
    """
    source = data["source"]
    ledger = Ledger(Pass(step["stage"], from_json(step["edits"])) for step in data["ledger"])
    return Document(
        id=data["id"],
        raw=ledger.rebuild(text),
        text=text,
        source=Source(
            sha256=source["sha256"],
            size=source["bytes"],
            encoding=source["encoding"],
            how=source["how"],
            bom=bytes.fromhex(source["bom"]),
            patches=[(at, length, bytes.fromhex(patch)) for at, length, patch in source["patches"]],
        ),
        ledger=ledger,
        facts=[
            Fact(fact["kind"], fact["value"], fact["raw"][0], fact["raw"][1], fact["rule"]) for fact in data["facts"]
        ],
        gaps=[Gap(gap["at"], gap["kind"], gap["rule"], gap["certain"], gap["raw"]) for gap in data["gaps"]],
        paragraphs=[Paragraph(block["kind"], *block["clean"], *block["raw"]) for block in data["paragraphs"]],
        flags=[Flag(flag["kind"], flag["message"]) for flag in data["flags"]],
        repairs=[_repair(row) for row in data["repairs"]],
    )


def _repair(row: Mapping[str, Any]) -> Repair:
    witnesses = [(found["id"], *found["raw"], found["before"], found["after"], found["score"]) for found in row["from"]]
    start, end = row["raw"]
    return Repair(
        start, end, row["old"], row["new"], row["kind"], row["found_by"], tuple(map(Witness._make, witnesses))
    )


# What a sidecar looks like: a type, the members of an object, `[shape]` for a list of any length, a tuple for a
# list of fixed length, `...` for anything.
_SPAN = (int, int)
_PLACE = {"id": str, "raw": _SPAN}
_SHAPE: dict[str, Any] = {
    "format": str,
    "id": str,
    "source": {
        "sha256": str,
        "bytes": int,
        "characters": int,
        "encoding": str,
        "how": str,
        "bom": str,
        "patches": [(int, int, str)],
        "suffix": str,
    },
    "clean": {"sha256": str, "characters": int, "words": int},
    "versions": ...,
    "settings": ...,
    "rules": str,
    "facts": [{"kind": str, "value": str, "raw": _SPAN, "rule": str}],
    "gaps": [{"at": int, "raw": int, "kind": str, "rule": str, "certain": bool}],
    "repairs": [
        {
            "raw": _SPAN,
            "old": str,
            "new": str,
            "kind": str,
            "found_by": str,
            "from": [{**_PLACE, "before": str, "after": str, "score": float}],
        },
    ],
    "flags": [{"kind": str, "message": str}],
    "paragraphs": [{"kind": str, "clean": _SPAN, "raw": _SPAN}],
    "duplicates": [
        {"raw": _SPAN, "of": _PLACE, "kind": str, "similarity": float, "shared": float, "action": str},
    ],
    "copies": [{"raw": _SPAN, "by": _PLACE}],
    "alike": [{"raw": _SPAN, "of": _PLACE, "similarity": float, "shared": float, "why": str}],
    "ledger": [{"stage": str, "edits": list}],
    "seal": str,
}


def _check(value: Any, shape: Any, where: str) -> None:
    """Raise `SidecarError` unless the value has the shape; `where` names the value."""
    if shape is ...:
        return
    if isinstance(shape, type):
        if type(value) is not shape:
            raise SidecarError(f"{where} should be {shape.__name__}, and is {value!r:.60}")
    elif isinstance(shape, dict):
        if not isinstance(value, dict) or list(value) != list(shape):
            found = ", ".join(value) if isinstance(value, dict) else f"{value!r:.60}"
            raise SidecarError(f"{where} should have the members {', '.join(shape)}, and has {found}")
        for key, inner in shape.items():
            _check(value[key], inner, key)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise SidecarError(f"{where} should be a list, and is {value!r:.60}")
        for number, item in enumerate(value):
            _check(item, shape[0], f"{where}[{number}]")
    else:
        if not isinstance(value, list) or len(value) != len(shape):
            raise SidecarError(f"{where} should be a list of {len(shape)}, and is {value!r:.60}")
        for number, inner in enumerate(shape):
            _check(value[number], inner, f"{where}[{number}]")
