"""The proof: from the clean texts and the sidecars alone, the raw bytes are made again and compared.

For every document the seal of the sidecar, the hash of the clean text, every step of the ledger, and the hash and the
size of the raw bytes are checked; that the sidecars, the texts and the rows of the manifest belong together; and that
for every paragraph that was dropped as a duplicate, the copy is there that should stay. With the folder of the raw
texts at hand, they are compared byte for byte; files that hold many documents are read once, from start to end.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pipeline.document import Document
from pipeline.edits import EditError
from pipeline.formats import folder, manifest, records, shards, sidecar, text
from pipeline.formats.folder import Entry
from pipeline.formats.records import Broken, Record
from pipeline.formats.results import Item, open_results
from pipeline.formats.stores import store
from pipeline.formats.text import printable
from pipeline.stages import decode
from pipeline.stages.utf8 import count_words, utf8

__all__ = ["Finding", "Verified", "read", "verify"]


class _There(NamedTuple):
    """A record in RAW: the name of its file, its size in bytes, and their hash."""

    file: str
    size: int
    sha256: bytes


class Finding(NamedTuple):
    """Something that is not as it was written: the document, its file, and what is wrong."""

    id: str
    name: str
    reason: str

    def __str__(self) -> str:
        """The finding as a sentence.

        >>> str(Finding("a", "a.txt", "it is gone"))
        'a.txt: it is gone.'
        """
        return f"{printable(self.name)}: {self.reason}."


@dataclass(slots=True)
class Verified:
    """What `verify` saw: how many documents, how many raw bytes were made again and agree, and what is wrong."""

    documents: int = 0
    bytes: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether all is as it was written."""
        return not self.findings


class _Broken(Exception):
    """What is wrong with a document; for use inside of this module. The file is its sidecar, if no `name` is given."""

    def __init__(self, reason: str, name: str = "") -> None:
        super().__init__(reason)
        self.name = name


def verify(
    out: str | os.PathLike[str],
    raw: str | os.PathLike[str] | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Verified:
    """Check a folder that a run made, or what a URL names; with `raw`, also against the folder of the raw texts.

    Everything that is wrong is a finding, with the document and the reason. Raises `OSError` if a folder cannot be
    read. One document is in memory at a time; what is kept of each is a hash of its row of the manifest.
    """
    out, raw = os.fspath(out), raw if raw is None else os.fspath(raw)
    try:
        found = open_results(out)
    except ValueError as error:
        return Verified(findings=[Finding("", shards.NAME, str(error))])
    ids = found.ids()
    done = Verified()
    expected: dict[str, bytes] = {}
    pairs = _Pairs()
    there = _there(raw, set(ids), done) if raw is not None else {}
    for number, item in enumerate(found.walk(), 1):
        try:
            data, document = _document(item)
            expected[item.id] = records.digest(manifest.line(manifest.row(data, data["seal"])))
            _check_places(document)
            _check_duplicates(data, document)
            _check_repairs(document)
            pairs.add(data)
            rebuilt = _check_source(data, document)
            if raw is not None:
                _check_raw(raw, Entry(item.id, data["source"]["suffix"], 0), rebuilt, there.get(item.id))
            done.documents += 1
            done.bytes += len(rebuilt)
        except _Broken as broken:
            done.findings.append(Finding(item.id, broken.name or item.sidecar_name, str(broken)))
        if progress:
            progress(number, len(ids))
    done.findings += pairs.findings(expected, set(ids))
    done.findings += _check_manifest(out, expected, set(ids))
    done.findings += [Finding("", *changed) for changed in found.changed(ids)]
    return done


def read(out: str, id: str) -> tuple[dict[str, Any], Document]:
    """Return the checked sidecar of a document and the document itself; raises `ValueError` if they are broken."""
    item = open_results(out).get(id)
    if item is None:
        raise ValueError(f"Cannot read {printable(id)}: it is not in {printable(out)}. Run it again.")
    try:
        return _document(item)
    except _Broken as broken:
        name = printable(broken.name or item.sidecar_name)
        raise ValueError(f"Cannot read {name}: {broken}. Run it again, or look with verify.") from None


def _document(item: Item) -> tuple[dict[str, Any], Document]:
    if isinstance(item.sidecar, str):
        raise _Broken(item.sidecar)
    try:
        data = sidecar.load(item.sidecar)
    except sidecar.SidecarError as error:
        raise _Broken(str(error)) from None
    if data["id"] != item.id:
        raise _Broken(f"it is the sidecar of another document, {printable(data['id'])}")
    if isinstance(item.text, str):
        raise _Broken(item.text, item.text_name)
    if hashlib.sha256(item.text).hexdigest() != data["clean"]["sha256"]:
        raise _Broken("it was changed: its SHA-256 is not the one in the sidecar", item.text_name)
    try:
        content = text.decode(item.text)
    except ValueError as error:
        raise _Broken(f"it is not a clean text: {error}", item.text_name) from None
    if data["clean"] != data["clean"] | {"characters": len(content), "words": count_words(content)}:
        raise _Broken("its numbers of characters and words are not those of the text")
    try:
        return data, sidecar.document(data, content)
    except EditError as error:
        raise _Broken(f"its ledger does not fit the text. {error}".rstrip(".")) from None
    except ValueError as error:
        raise _Broken(f"it cannot be read: {error}") from None


def _check_source(data: Mapping[str, Any], document: Document) -> bytes:
    """Return the raw bytes, made again; they must be those that the sidecar tells of."""
    if len(document.raw) != data["source"]["characters"]:
        raise _Broken("its raw text has another number of characters than it says")
    try:
        rebuilt = decode.encode(document.raw, document.source)
    except (ValueError, LookupError) as error:
        raise _Broken(f"its raw text cannot be encoded: {error}") from None
    if len(rebuilt) != document.source.size or hashlib.sha256(rebuilt).hexdigest() != document.source.sha256:
        raise _Broken("it does not lead back to the raw bytes: their SHA-256 or size is another")
    return rebuilt


def _check_places(document: Document) -> None:
    """Spans must lie in their texts and follow each other, and the raw ones be those that the ledger maps them to."""
    size, raw_size = len(document.text), len(document.raw)
    to_raw = document.ledger.to_raw
    before = 0
    for number, (_, start, end, raw_start, raw_end) in enumerate(document.paragraphs):
        if not before <= start < end <= size or not document.text[start:end].strip():
            raise _Broken(f"paragraph {number} is not at [{start}, {end}) of the text")
        if (raw_start, raw_end) != (to_raw(start, side="right"), to_raw(end, side="left")):
            raise _Broken(f"paragraph {number} does not come from [{raw_start}, {raw_end}) of the raw text")
        before = end
    for gap in document.gaps:
        if gap.at > size or not 0 <= gap.raw <= raw_size:
            raise _Broken(f"a gap is at {gap.at}, outside of the text")
    for fact in document.facts:
        if not 0 <= fact.start <= fact.end <= raw_size:
            raise _Broken(f"the fact {fact.kind} is outside of the raw text")


def _check_duplicates(data: Mapping[str, Any], document: Document) -> None:
    """Duplicates must be in the raw text, and stand in the clean text if and only if they are not dropped."""
    there = {(block.raw_start, block.raw_end) for block in document.paragraphs}
    for row in data["duplicates"]:
        start, end = row["raw"]
        if not 0 <= start < end <= len(document.raw):
            raise _Broken(f"a duplicate is at [{start}, {end}), outside of the raw text")
        if row["action"] != data["settings"]["dedup"]:
            raise _Broken(f"it says {row['action']} of a duplicate, and its settings say otherwise")
        if ((start, end) in there) == (row["action"] == "drop"):
            stands = "does not stand" if row["action"] == "mark" else "still stands"
            raise _Broken(f"the duplicate at [{start}, {end}) of the raw text {stands} in the clean text")
    for row in data["copies"]:
        start, end = row["raw"]
        if (start, end) not in there:
            raise _Broken(f"the paragraph at [{start}, {end}) of the raw text, which should stay, is not there")
    kinds = {tuple(row["raw"]): row["kind"] for row in data["duplicates"] if row["action"] == "drop"}
    taken = Counter(edit.rule for step in document.ledger if step.stage == "duplicates" for edit in step.edits)
    listed = Counter(f"duplicates.{kind}" for kind in kinds.values())
    for rule in sorted({*taken, *listed} - {"duplicates.heading"}):
        if taken[rule] != listed[rule]:
            raise _Broken(f"its ledger takes {taken[rule]} duplicates by {rule}, and it lists {listed[rule]}")


def _check_repairs(document: Document) -> None:
    """What the ledger restores must be listed, in the same order, each with a witness."""
    made = [(edit.old, edit.new) for step in document.ledger if step.stage == "years" for edit in step.edits]
    if made != [(repair.old, repair.new) for repair in document.repairs]:
        raise _Broken(f"its ledger restores {len(made)} places, and it lists {len(document.repairs)}, or others")
    for repair in document.repairs:
        if not repair.witnesses or not 0 <= repair.raw_start <= repair.raw_end <= len(document.raw):
            raise _Broken(f"nothing bears witness to {repair.new!r}, or its place is outside of the raw text")


class _Pairs:
    """Each duplicate names the copy that stays, and that must name the duplicate: what one side says and not the other.

    Only what is open is remembered.
    """

    def __init__(self) -> None:
        self._open: dict[tuple[str, int, int, str, int, int], str] = {}  # duplicate and copy → who says so

    def add(self, data: Mapping[str, Any]) -> None:
        """Take what the sidecar of a document says."""
        id = data["id"]
        for row in data["duplicates"]:
            self._say((id, *row["raw"], row["of"]["id"], *row["of"]["raw"]), id)
        for row in data["copies"]:
            self._say((row["by"]["id"], *row["by"]["raw"], id, *row["raw"]), id)

    def _say(self, pair: tuple[str, int, int, str, int, int], id: str) -> None:
        if self._open.pop(pair, None) is None:
            self._open[pair] = id

    def findings(self, read: Container[str], ids: Container[str]) -> Iterator[Finding]:
        """Yield what stayed open. `ids` have files; of those that could not be `read`, other findings tell."""
        for (here, start, end, of, of_start, of_end), id in sorted(self._open.items()):
            if id == here:
                other, what = of, f"the copy at [{of_start}, {of_end}) of {printable(of)} that stays for a duplicate"
            else:
                other, what = here, f"the duplicate at [{start}, {end}) of {printable(here)} that a paragraph stays for"
            if other not in ids:
                yield Finding(id, id + ".json", f"it tells of {what}, and there is no such document")
            elif other in read:
                yield Finding(id, id + ".json", f"it tells of {what}, and that document does not")


def _there(raw: str, ids: Container[str], done: Verified) -> dict[str, _There]:
    """The records that the files of RAW hold, by id. What only RAW has is a finding."""
    found: dict[str, _There] = {}
    listing = folder.scan(store(raw))
    done.findings += [_missing(entry) for entry in listing.entries if entry.id not in ids]
    for container in listing.containers:
        first: Broken | None = None
        broken = 0
        new: list[Entry] = []
        for item in records.walk(container.name, container.suffix, store(raw).open):
            if isinstance(item, Record):
                entry = container.entry(item.name)
                if entry.id in ids and entry.id not in found:
                    data = utf8(item.data) if isinstance(item.data, str) else item.data
                    found[entry.id] = _There(container.name, len(data), hashlib.sha256(data).digest())
                else:
                    new.append(entry)
            elif isinstance(item, Broken):
                broken += 1
                first = first or item
        if new:
            finding = _missing(new[0])
            done.findings.append(finding._replace(reason=finding.reason + _more(len(new))))
        if first:
            where = f"{first.where}: " if first.where else ""
            done.findings.append(Finding(container.id, container.name, f"{where}{first.reason}{_more(broken)}"))
    return found


def _more(count: int) -> str:
    """What is said of those of a file of which only the first is told."""
    return f" ({count - 1:,} more)" if count > 1 else ""


def _missing(entry: Entry) -> Finding:
    return Finding(entry.id, entry.name, "it has no clean text: it is new, or could not be cleaned")


def _check_raw(raw: str, entry: Entry, rebuilt: bytes, found: _There | None) -> None:
    """Compare a document with what RAW has: with its file, or, of a record, with what was `found` in that."""
    where = printable(raw)
    if not (found and found.file == entry.file if entry.is_record else store(raw).exists(entry.file)):
        raise _Broken(f"it is not in {where}, and the sidecar says that the text came from there", entry.name)
    if found is not None:
        if (found.size, found.sha256) != (len(rebuilt), hashlib.sha256(rebuilt).digest()):
            sizes = f"{found.size:,} bytes, and was {len(rebuilt):,}" if found.size != len(rebuilt) else "as long"
            raise _Broken(f"the record in {where} is not the one that was cleaned: it is {sizes}", entry.name)
        return
    try:
        there = store(raw).read(entry.file)
    except OSError as error:
        raise _Broken(f"it cannot be read: {error.strerror or error}", entry.file) from None
    if there != rebuilt:
        pairs = enumerate(zip(there, rebuilt, strict=False))
        at = next((at for at, (one, two) in pairs if one != two), min(len(there), len(rebuilt)))
        raise _Broken(f"the file in {where} is not the one that was cleaned: they differ at byte {at}", entry.name)


def _check_manifest(out: str, expected: Mapping[str, bytes], ids: set[str]) -> list[Finding]:
    """Compare each line of the manifest with the one that the sidecar makes; `ids` are all that have a file."""

    def finding(id: str, reason: str) -> Finding:
        return Finding(id, manifest.NAME, reason)

    if not store(out).exists(manifest.NAME):
        return [finding("", "it is gone")] if ids else [finding("", "it is not there, and nor is any document")]
    findings = []
    seen: set[str] = set()
    before = ""
    for number, (line, row) in enumerate(manifest.rows(out), 1):
        id = row.get("id") if isinstance(row, dict) else None
        if not isinstance(id, str):
            findings.append(finding("", f"line {number} is not a row"))
            continue
        if id in seen:
            findings.append(finding(id, f"line {number} names {printable(id)} again"))
        elif id not in ids:
            findings.append(finding(id, f"line {number} names {printable(id)}, which has no files"))
        elif id < before:
            findings.append(finding(id, f"line {number}, {printable(id)}, is out of order"))
        elif id in expected and records.digest(line) != expected[id]:
            findings.append(finding(id, f"line {number}, {printable(id)}, is not what the sidecar says"))
        seen.add(id)
        before = max(before, id)
    return findings + [finding(id, f"no line names {printable(id)}, which has files") for id in sorted(ids - seen)]
