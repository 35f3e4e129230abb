"""Results that go to where a URL says (`s3://bucket/clean`): made in a folder of this machine, then put there.

A store of the net cannot lock a folder, nor rename a file, nor write a part of one again. So a run works in a folder,
as ever, and what is another there than at the URL is put to it when all is done. What stands and falls together are the
two files of a document, or one of the shards; the manifest and the list of shards at the URL tell what they were.

While files are put, these lists are away, and `PUBLISHING` names what may be ours. So nobody takes a half for the
whole, and if a run is killed, the next one puts all files again.
"""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import merge
from itertools import chain, groupby, islice, repeat
from tempfile import TemporaryDirectory
from typing import NamedTuple, cast

from pipeline.engines.finishing import refuse_foreign
from pipeline.engines.kept import FOLDER
from pipeline.engines.lock import alone
from pipeline.engines.outcome import RunError, RunReport, WrongFolders
from pipeline.formats import jsonio, manifest, shards, text
from pipeline.formats.stores import Remote, is_url, local, store
from pipeline.formats.text import printable

__all__ = ["PUBLISHING", "publish", "run_to"]

PUBLISHING = f"{FOLDER}/publishing.jsonl"
_PROBE = f"{FOLDER}/probe"
_LISTS = (shards.NAME, manifest.NAME)  # the manifest comes last
_BATCH = 256  # files that are put at once
_Sizes = Mapping[str, int]  # of the files at the URL, by name


class _Made(NamedTuple):
    """Files that stand and fall together, and a hash of what they hold: those of a document (by id), or a shard."""

    key: tuple[bool, str]
    seal: str
    names: list[str]


def run_to(out: str, raw: str, work: str | os.PathLike[str] | None, run: Callable[[str], RunReport]) -> RunReport:
    """Let `run` write to `out`. If that is a URL, it writes to the folder `work`, or to one that goes when this ends,
    and what is at the URL is made the same.

    Returns the report; of a URL, with the number of files that were put. Raises `WrongFolders` for folders that do not
    go together, and `RunError` if the URL cannot be written to; most reasons for that are found before the run begins.
    """
    _refuse_nesting(raw, out)
    if not is_url(out):
        if work is not None:
            raise WrongFolders(
                f"Cannot work in {printable(os.fspath(work))}: {printable(out)} is a folder, and the run works there. "
                "Leave --work out, or give a URL as OUT."
            )
        return run(out)
    with TemporaryDirectory(prefix="clean-corpus-") as temporary:
        try:
            there = cast(Remote, store(out))
            there.sizes()
            refuse_foreign(out)
            _put(there, temporary, _PROBE, b"")
            there.remove([_PROBE])
        except OSError as error:
            raise _failed(out, error) from None
        folder = os.path.join(temporary, "work") if work is None else local(os.fspath(work))
        report = run_to(folder, raw, None, run)
        with alone(folder):
            try:
                report.published = publish(folder, there, out)
            except OSError as error:
                raise _failed(out, error) from None
    return report


def _failed(url: str, error: OSError) -> RunError:
    return RunError(
        f"Cannot write to {printable(url)}: {error.strerror or error}. Check the address, the rights and the room for "
        "temporary files, and run again."
    )


def _refuse_nesting(raw: str, out: str) -> None:
    """Raise `WrongFolders` if one of two folders, or of two URLs, lies in the other: results would be taken for
    sources."""
    if is_url(raw) != is_url(out):
        return
    source, target = (
        place.rstrip("/") + "/" if is_url(place) else os.path.join(os.path.realpath(place), "") for place in (raw, out)
    )
    if source == target:
        how = "both are the same folder"
    elif target.startswith(source):
        how = "it lies in the folder of the raw texts"
    elif source.startswith(target):
        how = "the folder of the raw texts lies in it"
    else:
        return
    raise WrongFolders(f"Cannot write to {printable(out)}: {how}, {printable(raw)}. Choose a folder beside it.")


def publish(folder: str, there: Remote, url: str) -> int:
    """Make what is at a URL the same as the results in a folder, and return the number of files that were put.

    What the lists there do not name is left alone. If such a file is in the way, that is a `RunError`, and nothing is
    changed.
    """
    sizes = there.sizes()
    with TemporaryDirectory(prefix="clean-corpus-") as before:
        listed = [name for name in (*_LISTS, PUBLISHING) if name in sizes]
        for name in listed:
            _fetch(there, name, before)
        new_lists = [name for name in _LISTS if os.path.exists(os.path.join(folder, name))]
        if (
            listed == new_lists
            and not filecmp.cmpfiles(folder, before, new_lists, shallow=False)[1]
            and not any(True for _ in chain(_stale(before, folder, sizes), _fresh(before, folder, sizes)))
        ):
            return 0
        _refuse_others(before, folder, sizes, url)
        _put(there, os.path.join(before, "new"), PUBLISHING, _announced(before, folder))
        there.remove([name for name in listed if name != PUBLISHING])
        there.remove(_stale(before, folder, sizes))
        count = len(new_lists)
        fresh = _fresh(before, folder, sizes)
        while batch := list(islice(fresh, _BATCH)):
            there.put(folder, batch)
            count += len(batch)
        for name in new_lists:
            there.put(folder, [name])
        there.remove([PUBLISHING])
    return count


def _fetch(there: Remote, name: str, folder: str) -> None:
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with there.open(name) as file, open(path, "wb") as copy:
        shutil.copyfileobj(file, copy)


def _put(there: Remote, folder: str, name: str, data: bytes | Iterable[bytes]) -> None:
    text.write(os.path.join(folder, name), data)
    there.put(folder, [name])


def _made(folder: str) -> Iterator[_Made]:
    """What the lists in a folder name, in order; after a run that was killed while it put files, nobody knows what they
    hold."""
    announced = os.path.join(folder, PUBLISHING)
    if os.path.exists(announced):
        with open(announced, "rb") as file:
            for line in file:
                is_shard, key, names = jsonio.loads(line)
                yield _Made((is_shard, key), "", names)
        return
    rows = shards.listed(folder)
    yield from sorted(_Made((True, row.file), row.sha256, [row.file]) for row in rows)
    if not rows and os.path.exists(os.path.join(folder, manifest.NAME)):
        for _, row in manifest.rows(folder):
            id = row["id"]
            yield _Made((False, id), row["clean"]["sha256"] + row["seal"], [id + ".txt", id + ".json"])


def _both(before: str, folder: str) -> Iterator[tuple[_Made | None, _Made | None]]:
    """What was at the URL, and what is to be there, side by side; none where one has it not."""
    sides_of = (zip(_made(where), repeat(side)) for side, where in enumerate((before, folder)))
    for _, group in groupby(merge(*sides_of, key=lambda found: found[0].key), key=lambda found: found[0].key):
        sides = {side: made for made, side in group}
        yield sides.get(0), sides.get(1)


def _stale(before: str, folder: str, sizes: _Sizes) -> Iterator[str]:
    """The files at the URL that are to go."""
    for old, new in _both(before, folder):
        if old is not None and new is None:
            yield from (name for name in old.names if name in sizes)


def _fresh(before: str, folder: str, sizes: _Sizes) -> Iterator[str]:
    """The files that are to be put: new ones, others than before, and those that were changed or lost at the URL."""
    for old, new in _both(before, folder):
        for name in new.names if new is not None else ():
            same = old is not None and new is not None and old.seal == new.seal
            if not same or sizes.get(name) != os.path.getsize(os.path.join(folder, name)):
                yield name


def _refuse_others(before: str, folder: str, sizes: _Sizes, url: str) -> None:
    """Raise `RunError` if there is a file at the URL where one of ours is to go, and no list names it."""
    for old, new in _both(before, folder):
        for name in new.names if new is not None and old is None else ():
            if name in sizes:
                raise RunError(
                    f"Cannot write {printable(name)} to {printable(url)}: a file of that name is there, and "
                    "clean-corpus did not make it. Choose another place, or move that file away."
                )


def _announced(before: str, folder: str) -> Iterator[bytes]:
    """The lines of `PUBLISHING`: what was there, and what is to be."""
    for old, new in _both(before, folder):
        (is_shard, key), _, names = cast(_Made, new or old)
        yield jsonio.dumps([is_shard, key, names]) + b"\n"
