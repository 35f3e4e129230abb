"""What commands share: how things are looked up by name, and what a terminal can show."""

from __future__ import annotations

import difflib
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pipeline.document import Document

__all__ = ["colour", "document", "exists", "found", "progress", "read", "say", "unknown"]

_PATIENCE = 2.0  # seconds of work before a progress bar appears
_REFRESH = 0.1  # seconds between two of its states


def document(out: str, name: str) -> Document:
    """The document of that id in the folder `out`, or of that file of it."""
    return read(out, name)[1]


def read(out: str, name: str) -> tuple[dict[str, Any], Document]:
    """The sidecar and the document of that id in the folder `out`, or of that file of it."""
    from pipeline import verify
    from pipeline.formats import manifest
    from pipeline.formats.results import open_results
    from pipeline.formats.stores import store

    for id in (name, *_ids_of_path(out, name)):
        if exists(out, id):
            try:
                return verify.read(out, id)
            except ValueError as error:
                raise click.ClickException(str(error)) from None
    if not store(out).exists(manifest.NAME):
        raise click.UsageError(
            f"Cannot find document {name}: {out} is not the output folder of a run. Give it as --out."
        )
    advice = f"The ids are the paths below {out}, without the suffix."
    raise unknown("document", name, open_results(out).ids(), advice)


def found(out: str, id: str) -> Document | None:
    """The document of that id in the folder `out`, or none if it cannot be read."""
    try:
        return document(out, id)
    except click.ClickException:
        return None


def _ids_of_path(out: str, name: str) -> list[str]:
    path = Path(name)
    if path.suffix in (".txt", ".json") and path.is_relative_to(out):
        return [path.relative_to(out).with_suffix("").as_posix()]
    return [name.removesuffix(".txt"), name.removesuffix(".json")]


def exists(out: str, id: str) -> bool:
    """Whether the folder has a sidecar of that document."""
    from pipeline.formats.results import open_results

    try:
        return open_results(out).get(id) is not None
    except ValueError as error:
        raise click.ClickException(f"Cannot read {os.path.join(out, 'shards.jsonl')}: {error}. Run it again.") from None


def unknown(what: str, name: str, known: Iterable[str], advice: str) -> click.UsageError:
    """The error that says that there is none of that name, and which names are near.

    >>> unknown("rule", "a.bc", ["a.b", "x.y"], "").message
    'Cannot find rule a.bc: there is none of that name. Near: a.b.'
    """
    names = list(known)
    near = difflib.get_close_matches(name, names, 5, 0.5) or sorted(known for known in names if name in known)[:5]
    hint = f"Near: {', '.join(near)}." if near else advice
    return click.UsageError(f"Cannot find {what} {name}: there is none of that name. {hint}")


def colour() -> bool:
    """Whether standard output takes colours: a terminal, unless NO_COLOR is set."""
    return sys.stdout is not None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def say(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print a text to standard output, or standard error; what its encoding does not have is written as escapes."""
    stream = sys.stderr if err else sys.stdout
    if stream is None:  # it was closed before the command began
        return
    encoding = stream.encoding or "utf-8"
    click.echo(text.encode(encoding, "backslashreplace").decode(encoding), err=err, nl=nl, color=colour())


@contextmanager
def progress(steps: int = 1) -> Iterator[Callable[[int, int], None] | None]:
    """Give a function that shows a progress bar once the work has taken a while, with the documents a second and the
    time left; none without a terminal. Each document takes so many `steps`."""
    if not sys.stderr.isatty():
        yield None
        return
    began = shown = time.monotonic()
    bar: Any = None

    def show(done: int, total: int) -> None:
        nonlocal bar, shown
        now = time.monotonic()
        if now - began < _PATIENCE or (now - shown < _REFRESH and done < total):
            return
        shown = now
        if bar is None:
            bar = click.progressbar(length=total, label="Documents", file=sys.stderr, width=24, item_show_func=str)
        bar.update(done - bar.pos, f"{done / steps / (now - began):,.0f} documents/s")

    try:
        yield show
    finally:
        if bar is not None:
            bar.render_finish()
