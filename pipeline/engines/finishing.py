"""The results of a run as a whole: where it may write, the manifest, the list of shards, and what is of no use more.

Of OUT only that is touched which a run writes itself, and what the lists of an earlier run name.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any, NamedTuple

from pipeline.engines import describing
from pipeline.engines.claims import Claims
from pipeline.engines.outcome import RunError, RunReport
from pipeline.engines.writing import Written
from pipeline.formats import manifest, shards, sidecar, text
from pipeline.formats.shards import Row
from pipeline.formats.stores import store
from pipeline.formats.text import printable

__all__ = ["Corpus", "finish", "prepare", "refuse_foreign"]


def prepare(out: str) -> None:
    """Make a folder fit to be written to: what a run that was killed left half-written goes."""
    try:
        text.remove_parts(out)
    except OSError as error:
        raise RunError(f"Cannot write to {printable(out)}: {error.strerror or error}. Choose another folder.") from None
    refuse_foreign(out)


def refuse_foreign(out: str) -> None:
    """Refuse a folder, or what a URL names, whose manifest or list of shards is not ours."""
    name, what = manifest.NAME, "a manifest"
    try:
        foreign = store(out).exists(name) and not all(_named(row) for _, row in manifest.rows(out))
        if not foreign:
            name, what = shards.NAME, "a list of shards"
            shards.listed(out)
    except OSError as error:
        raise RunError(f"Cannot write to {printable(out)}: {error.strerror or error}. Choose another folder.") from None
    except ValueError:
        foreign = True
    if foreign:
        raise RunError(
            f"Cannot write {printable(os.path.join(out, name))}: a file of that name is there, and is not {what} of "
            "clean-corpus. Choose another folder, or move that file away."
        )


def _named(row: object) -> str:
    """The id that a row of a manifest names, or nothing if the row is not ours or the id leads out of the folder."""
    match row:
        case {"id": str() as id, "clean": {"sha256": str()}, "seal": str()} if not (
            {"", ".", ".."} & set(id.split("/")) or "\0" in id or (os.sep != "/" and os.sep in id)
        ):
            return id
    return ""


class Corpus(NamedTuple):
    """What is written: where, as which of `shards.LAYOUTS` (or `folder`), how it is called, and how it was made."""

    out: str
    layout: str
    name: str
    making: Mapping[str, Any]


def finish(
    corpus: Corpus,
    written: Iterable[Written],
    was_reused: Callable[[str], bool],
    report: RunReport,
    step: Callable[[], None],
) -> list[str]:
    """Count the outcomes, which come in the order of ids, and write shards, if there are to be any, and the manifest;
    then what an earlier run wrote for documents that are gone can go. Returns the names of the files that are there
    now, but for those of single documents."""
    out, layout = corpus.out, shards.LAYOUTS.get(corpus.layout)
    path = os.path.join(out, manifest.NAME)
    before = _Before(out)
    attributes: set[str] = set()

    def lines(writer: shards.Writer | None) -> Iterator[bytes]:
        for some in written:
            attributes.update(some.attributes)
            if writer is not None and some.ids():
                writer.add(some.shard, some.ids(), some.chunks)
            for outcome in some.outcomes:
                step()
                report.add(outcome)
                if outcome.row is None:
                    continue
                if before.seal(outcome.id) != outcome.row["seal"] and was_reused(outcome.id):
                    report.rewritten.append(outcome.id)
                yield manifest.line(outcome.row)
        # The lists of the earlier run are still there.
        report.removed = _remove_stale(out, before.gone(), layout is None)

    try:
        if layout is None:
            text.write(path, lines(None))
            _replace_shards(out, [])
            return [manifest.NAME]
        claims = Claims(out)
        with shards.Writer(out, layout, claims.shard) as writer:
            text.write(path, chain(lines(writer), _ended(writer)))
        rows = writer.rows
        if rows:
            about = (corpus.layout, corpus.name, corpus.making)
            rows += describing.describe(out, *about, rows, attributes, claims, report.skipped)
        _replace_shards(out, rows)
        return [manifest.NAME, shards.NAME, *(row.file for row in rows)]
    except OSError as error:
        reason = error if isinstance(error, text.ForeignFile) else error.strerror or error
        raise RunError(
            f"Cannot write the results in {printable(out)}: {reason}. Make room or rights, and run again."
        ) from None


def _ended(writer: shards.Writer) -> Iterator[bytes]:
    """Nothing, once the last shard is there: the manifest comes after it."""
    writer.end()
    yield b""


class _Before:
    """The manifest of an earlier run, beside that of this one: both are in the order of ids."""

    def __init__(self, out: str) -> None:
        self._rows = (row for _, row in manifest.rows(out)) if store(out).exists(manifest.NAME) else iter(())
        self._at: dict[str, Any] | None = {"id": ""}
        self._last = ""
        self._gone: list[dict[str, Any]] = []

    def seal(self, id: str) -> str:
        """That of a document, or nothing. What is asked for is there now."""
        self._pass(id)
        if self._at is None or self._at["id"] != id:
            return ""
        seal: str = self._at["seal"]
        self._at, self._last = next(self._rows, None), id
        return seal

    def gone(self) -> list[dict[str, Any]]:
        """The rows of all documents that were not asked for."""
        self._pass("")
        return self._gone

    def _pass(self, id: str) -> None:
        """Go on to an id, or to the end. A row that is out of order may have been asked for: it is not gone."""
        while self._at is not None and (not id or self._at["id"] < id):
            if self._at["id"] > self._last:
                self._last = self._at["id"]
                self._gone.append({name: self._at[name] for name in ("id", "clean", "seal")})
            self._at = next(self._rows, None)


def _remove_stale(out: str, gone: Sequence[Mapping[str, Any]], apart: bool) -> list[str]:
    """Remove what an earlier run wrote for documents that are gone, or if this run writes none `apart`, for all, to
    files of their own; return the ids of those that are gone.

    A file goes only if the manifest of that run names it and it still reads as the manifest says.
    """
    in_shards = bool(shards.listed(out))
    names = {row["id"] for row in gone}
    rows = gone if apart or not store(out).exists(manifest.NAME) else (row for _, row in manifest.rows(out))
    return [row["id"] for row in rows if (_remove(out, row) or in_shards) and row["id"] in names]


def _remove(out: str, row: Mapping[str, Any]) -> bool:
    """Remove the files of a document, if they are as the manifest says; return whether they were."""
    text_path, sidecar_path = text.paths(out, row["id"])
    same = False
    with suppress(OSError):
        with open(text_path, "rb") as clean, open(sidecar_path, "rb") as side:
            same = hashlib.sha256(clean.read()).hexdigest() == row["clean"]["sha256"]
            written = side.read()
            same = same and written.startswith(sidecar.HEAD) and sidecar.seal(written) == row["seal"]
        if same:
            os.unlink(text_path)
            os.unlink(sidecar_path)
    return same


def _replace_shards(out: str, rows: list[Row]) -> None:
    """Write the list of shards, or remove it; files that only the list of an earlier run names go, if they are as it
    says."""
    names = {row.file for row in rows}
    stale = [row for row in shards.listed(out) if row.file not in names]
    path = os.path.join(out, shards.NAME)
    if rows:
        text.write(path, shards.listing(rows))
    elif os.path.exists(path):
        os.unlink(path)
    for row in stale:
        file = os.path.join(out, *row.file.split("/"))
        with suppress(OSError):
            if shards.digest(file) == row.sha256:
                os.unlink(file)
            if "/" in row.file:
                os.removedirs(os.path.dirname(file))
