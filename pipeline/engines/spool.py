"""Documents that are cleaned and not yet written: they wait on disk until all of the corpus is known.

Each process appends to a file of its own in the folder of the run, and tells where: so a document is read back by any
process, and nothing but places goes between them. The raw text is left out, since the ledger leads to it. Behind each
part is its checksum, since a later run may read it, too: what a disk has damaged is not used.

    >>> import tempfile
    >>> from pipeline import clean
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Spool(folder) as spool:
    ...         spot = spool.add(clean("One.  Two."))
    ...         spool.get(spot).text
    'One. Two.'
"""

from __future__ import annotations

import marshal
import os
from types import TracebackType
from typing import IO, Any, NamedTuple
from zlib import crc32

from pipeline.document import Document, Fact, Flag, Gap, Ledger, Paragraph, Pass, Repair, Source, Witness
from pipeline.edits import Edit
from pipeline.formats import jsonio
from pipeline.formats.text import printable
from pipeline.stages.utf8 import utf8

__all__ = ["SUM", "Spool", "Spot", "checksum"]

SUM = 4  # bytes of a checksum
_PARTS = 3  # of a document: its text, its marks, and the rest


class Spot(NamedTuple):
    """Where a document waits: the file, where it starts there, and how many bytes are its text, its marks (see
    `fingerprints`), and the rest."""

    name: str
    start: int
    text: int
    marks: int
    rest: int

    @property
    def size(self) -> int:
        """All its bytes."""
        return self.text + self.marks + self.rest + _PARTS * SUM


class Spool:
    """The documents that wait in a folder; each process has one. The file that it adds to has `run` in its name."""

    def __init__(self, folder: str, run: str = "0") -> None:
        self._folder = folder
        self._run = run
        self._name = ""
        self._mine: IO[bytes] | None = None
        self._files: dict[str, IO[bytes]] = {}

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def add(self, document: Document, marks: bytes = b"") -> Spot:
        """Put a document down, with its marks."""
        text = utf8(document.text)
        rest = pack(document)
        name = self._name or f"{self._run}-{os.getpid()}"
        if self._mine is None:
            self._mine = open(os.path.join(self._folder, name), "ab")  # noqa: SIM115 (closed with the spool)
        start = self._mine.tell()
        for part in (text, marks, rest):
            self._mine.writelines((part, checksum(part)))
        self._mine.flush()
        return Spot(name, start, len(text), len(marks), len(rest))

    def begin(self, name: str) -> None:
        """Add to a file of this name from now on, which is new."""
        if self._mine is not None:
            self._mine.close()
        self._name = name
        self._mine = open(os.path.join(self._folder, name), "wb")  # noqa: SIM115 (closed with the spool)

    def get(self, spot: Spot) -> Document:
        """Take a document up; its raw text is empty."""
        text, _, rest = self._read(spot, 0, spot.text, spot.marks, spot.rest)
        return unpack(rest, str(text, "utf-8", "surrogatepass"))

    def text(self, spot: Spot) -> str:
        """Only the text of a document."""
        (text,) = self._read(spot, 0, spot.text)
        return str(text, "utf-8", "surrogatepass")

    def marks(self, spot: Spot) -> bytes:
        """Only the marks of a document."""
        (marks,) = self._read(spot, spot.text + SUM, spot.marks)
        return bytes(marks)

    def _read(self, spot: Spot, start: int, *sizes: int) -> list[memoryview]:
        """Some parts of a document, of these sizes; raises `RunError` if they are not as they were written."""
        file = self._files.get(spot.name)
        if file is None:
            file = self._files[spot.name] = open(os.path.join(self._folder, spot.name), "rb", 0)  # noqa: SIM115
        file.seek(spot.start + start)
        packed = memoryview(file.read(sum(sizes) + SUM * len(sizes)))
        parts = []
        for size in sizes:
            part, packed = packed[:size], packed[size:]
            if checksum(part) != packed[:SUM]:
                from pipeline.engines.outcome import RunError

                where = printable(os.path.join(self._folder, spot.name))
                raise RunError(f"Cannot go on: {where} is damaged. Run again with --force, which cleans all again.")
            parts.append(part)
            packed = packed[SUM:]
        return parts

    def close(self) -> None:
        """Close the files."""
        for file in (*self._files.values(), *([self._mine] if self._mine else [])):
            file.close()
        self._files, self._mine = {}, None


def checksum(part: bytes | memoryview) -> bytes:
    """What tells that a part is as it was written; cryptography is for what others check."""
    return crc32(part).to_bytes(SUM, "little")


def pack(document: Document) -> bytes:
    """What is known of a document, without its texts: by marshal, twice as fast as pickle for many edits."""
    source = document.source
    repairs = [(*repair[:-1], [*map(tuple, repair.witnesses)]) for repair in document.repairs]
    lists = (document.facts, document.gaps, document.paragraphs, document.flags)
    return marshal.dumps(
        (
            document.id,
            (source.sha256, source.size, source.encoding, source.how, source.bom, [*map(tuple, source.patches)]),
            [(stage, [*map(tuple, edits)]) for stage, edits in document.ledger],
            *([*map(tuple, rows)] for rows in lists),
            repairs,
            jsonio.dumps(document.metadata) if document.metadata else b"",
        )
    )


def unpack(packed: bytes | memoryview, text: str) -> Document:
    """The document that `pack` packed, with its clean text."""
    id, source, ledger, facts, gaps, paragraphs, flags, repairs, metadata = marshal.loads(packed)
    return Document(
        id=id,
        raw="",
        text=text,
        source=Source(*source),
        ledger=Ledger(Pass(stage, [*map(Edit._make, edits)]) for stage, edits in ledger),
        facts=[*map(Fact._make, facts)],
        gaps=[*map(Gap._make, gaps)],
        paragraphs=[*map(Paragraph._make, paragraphs)],
        flags=[*map(Flag._make, flags)],
        repairs=[*map(_repair, repairs)],
        metadata=jsonio.loads(metadata) if metadata else {},
    )


def _repair(row: tuple[Any, ...]) -> Repair:
    raw_start, raw_end, old, new, kind, found_by, witnesses = row
    return Repair(raw_start, raw_end, old, new, kind, found_by, tuple(map(Witness._make, witnesses)))
