"""Files of texts: how clean texts are read and written, and how results get to disk.

A result is there whole or not at all: what fails is taken back, and what was there before is replaced in one step, once
the new bytes are on the disk. So a loss of power leaves a result as it was or as it should be. Many small files wait
for the disk together, since each alone would take longer than to clean what is in it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

from pipeline.formats.folder import walk
from pipeline.stages.utf8 import utf8

__all__ = [
    "PART",
    "ForeignFile",
    "Pair",
    "decode",
    "encode",
    "part",
    "paths",
    "printable",
    "read",
    "refuse_foreign",
    "remove_parts",
    "settle",
    "write",
    "write_pairs",
]

PART = ".clean-corpus-part"  # how the names of files end that are being written
_BINARY = getattr(os, "O_BINARY", 0)  # of Windows
_LONGEST = 255  # bytes: the longest name of a file
FEW = 8  # files that wait for the disk one by one


class ForeignFile(OSError):
    """A file stands where a result should go, and it is not one of ours."""


def paths(folder: str, id: str) -> tuple[str, str]:
    """The files of a clean document: its text and its sidecar."""
    path = os.path.join(folder, id if os.sep == "/" else id.replace("/", os.sep))
    return path + ".txt", path + ".json"


def encode(text: str) -> bytes:
    """Return the file of a clean text: UTF-8, and a newline at its end if it is not empty.

    A lone surrogate, which strict UTF-8 cannot hold, is written as the three bytes that it would have.

    >>> encode("a"), encode(""), decode(encode("\\ud800"))
    (b'a\\n', b'', '\\ud800')
    """
    return utf8(text) + b"\n" if text else b""


def decode(file: bytes) -> str:
    """Return the clean text of a file that `encode` made; raises `ValueError` if it cannot be one."""
    text = file.decode("utf-8", "surrogatepass")
    if text and not text.endswith("\n"):
        raise ValueError("it does not end with a newline")
    if text == "\n":
        raise ValueError("it is a newline and nothing more")
    return text[:-1]


def read(path: str, size: int = 0) -> bytes:
    """Return the bytes of a file, of which `size` are expected: one that has not grown takes two system calls less."""
    file = os.open(path, os.O_RDONLY | _BINARY)
    try:
        pieces = [os.read(file, size + 1)]
        if len(pieces[0]) != size:  # it is another size, or a read came back early
            while pieces[-1]:
                pieces.append(os.read(file, 1 << 20))
        return b"".join(pieces) if pieces[1:] else pieces[0]
    finally:
        os.close(file)


class Pair(NamedTuple):
    """The files of a document: its clean text and its sidecar."""

    id: str
    text: bytes
    sidecar: bytes


def write(path: str, data: bytes | Iterable[bytes]) -> None:
    """Write a file whole or not at all: beside its place (see `part`), and from there to it. Its folder is made."""
    temporary = part(path)
    try:
        with open(_open_new(temporary), "wb") as stream:
            stream.writelines((data,) if isinstance(data, bytes) else data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        _unlink(temporary)
        raise


def part(path: str) -> str:
    """The file that becomes `path` once it is whole; a run that is killed may leave one.

    >>> part("clean/tale.txt").replace(os.sep, "/")
    'clean/.tale.txt.clean-corpus-part'
    """
    folder, name = os.path.split(path)
    if 4 * len(name) + len(PART) >= _LONGEST <= len(os.fsencode(name)) + len(PART):
        name = hashlib.blake2b(os.fsencode(name), digest_size=16).hexdigest()
    return os.path.join(folder, f".{name}{PART}")


def remove_parts(folder: str) -> None:
    """Remove what a run that was killed left half-written."""
    for _, entry in walk(folder):
        if entry.name.endswith(PART) and entry.name.startswith("."):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)


def write_pairs(folder: str, pairs: Sequence[Pair]) -> list[bool | Exception]:
    """Write clean texts and their sidecars; return for each whether it was written, for it may be there already, or why
    it was not.

    A sidecar goes to its place first: so a text file without a sidecar was never written by us. A file that is not ours
    is not overwritten, which is told as a `ForeignFile`.
    """
    done = [_attempt(_prepare, folder, pair) for pair in pairs]
    if True in done:
        settle(
            [
                part(path)
                for pair, new in zip(pairs, done, strict=True)
                if new is True
                for path in paths(folder, pair.id)
            ]
        )
    return [_attempt(_place, folder, pair) if new is True else new for pair, new in zip(pairs, done, strict=True)]


def _attempt(step: Callable[[str, Pair], bool], folder: str, pair: Pair) -> bool | Exception:
    """What a step comes to for a document; if it fails, nothing of that is left."""
    try:
        return step(folder, pair)
    except BaseException as error:
        for path in paths(folder, pair.id):
            _unlink(part(path))
        if isinstance(error, Exception):
            return error
        raise


def refuse_foreign(folder: str, id: str) -> None:
    """Raise `ForeignFile` if a text stands where that of a document should go, and no sidecar beside it, or a file that
    is no sidecar where that should go."""
    text_path, sidecar_path = paths(folder, id)
    if os.path.lexists(sidecar_path):
        from pipeline.formats.sidecar import HEAD

        with open(sidecar_path, "rb") as file:
            foreign = sidecar_path if file.read(len(HEAD)) != HEAD else ""
    else:
        foreign = text_path if os.path.lexists(text_path) else ""
    if foreign:
        raise ForeignFile(f"{printable(foreign)} is there, and clean-corpus did not make it")


def _prepare(folder: str, pair: Pair) -> bool:
    """Write both files of a document beside their places, unless they are there already; return whether."""
    text_path, sidecar_path = paths(folder, pair.id)
    refuse_foreign(folder, pair.id)
    if os.path.lexists(sidecar_path) and read(sidecar_path) == pair.sidecar and _is(text_path, pair.text):
        return False
    for path, data in ((sidecar_path, pair.sidecar), (text_path, pair.text)):
        _write_all(_open_new(part(path)), data)
    return True


def _place(folder: str, pair: Pair) -> bool:
    """Move both files of a document to their places."""
    text_path, sidecar_path = paths(folder, pair.id)
    new = not os.path.lexists(sidecar_path)
    os.replace(part(sidecar_path), sidecar_path)
    try:
        os.replace(part(text_path), text_path)
    except BaseException:
        if new:
            os.unlink(sidecar_path)
        raise
    return True


def settle(paths: Sequence[str]) -> None:
    """Wait until files are on the disk: few one by one, and for many, where the system can, all that there are at once,
    though that is also what others write."""
    if len(paths) > FEW and hasattr(os, "sync"):
        os.sync()
        return
    for path in paths:
        file = os.open(path, os.O_RDWR | _BINARY)
        try:
            os.fsync(file)
        finally:
            os.close(file)


def _unlink(path: str) -> None:
    """Remove a file that may be there."""
    with suppress(FileNotFoundError):
        os.unlink(path)


def _open_new(path: str) -> int:
    """Open a file to be written from its beginning; its folder is made if it is not there."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY
    try:
        return os.open(path, flags, 0o666)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, flags, 0o666)


def _write_all(file: int, data: bytes) -> None:
    """Write to an open file, and close it: less to do than what Python's own files do."""
    try:
        done = os.write(file, data)
        while done < len(data):
            done += os.write(file, data[done:])
    finally:
        os.close(file)


def _is(path: str, data: bytes) -> bool:
    """Whether there is a file with these bytes."""
    try:
        return read(path, len(data)) == data
    except FileNotFoundError:
        return False


def printable(name: str) -> str:
    r"""A name that any terminal takes: control characters, and bytes that are not UTF-8, are shown as escapes.

    >>> printable("caf\udce9\x1b東京")
    'caf\\udce9\\x1b東京'
    """
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
