"""Files of texts: how clean texts are read and written, and how results get to disk.

A result is there whole or not at all: what fails is taken back, and what was there before is replaced in one step.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable

from pipeline.formats.folder import walk
from pipeline.stages.utf8 import utf8

__all__ = [
    "PART",
    "ForeignFile",
    "decode",
    "encode",
    "part",
    "paths",
    "printable",
    "read",
    "remove_parts",
    "write",
    "write_pair",
]

PART = ".clean-corpus-part"  # how the names of files end that are being written
_BINARY = getattr(os, "O_BINARY", 0)  # of Windows
_LONGEST = 255  # bytes: the longest name of a file


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


def write(path: str, data: bytes | Iterable[bytes]) -> None:
    """Write a file whole or not at all: beside its place (see `part`), and from there to it. Its folder is made."""
    temporary = part(path)
    try:
        file = _open_new(temporary)
        if isinstance(data, bytes):
            _write_all(file, data)
        else:
            with open(file, "wb") as stream:
                stream.writelines(data)
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
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


def write_pair(folder: str, id: str, text: bytes, sidecar: bytes) -> bool:
    """Write a clean text and its sidecar, unless they are there already; return whether they were written.

    The sidecar goes first: so a text file without a sidecar was never written by us. Raises `ForeignFile` rather than
    overwrite a file that is not ours.
    """
    text_path, sidecar_path = paths(folder, id)
    new = not os.path.lexists(sidecar_path)
    if new and os.path.lexists(text_path):
        raise ForeignFile(f"{printable(text_path)} is there, and clean-corpus did not make it")
    if not new:
        from pipeline.formats.sidecar import HEAD

        before = read(sidecar_path)
        if not before.startswith(HEAD):
            raise ForeignFile(f"{printable(sidecar_path)} is there, and clean-corpus did not make it")
        if before == sidecar and _is(text_path, text):
            return False
    write(sidecar_path, sidecar)
    try:
        write(text_path, text)
    except BaseException:
        if new:
            os.unlink(sidecar_path)
        raise
    return True


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
