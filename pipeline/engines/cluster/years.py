"""Dropped years on a cluster: what damaged documents want is joined with what others offer, by shingles.

    shingles that are wanted, and those of the whole  → by shingle → what paragraphs share, and of what weight
    that                                              → by document → passages of those that share, by their shingles
    shingles that are wanted, and passages            → by shingle → which passage may know what a paragraph lost
    that                                              → by damaged document → the document, restored

Whole documents are only read if they share text with a damaged one. See `corpus.siblings`, which does this in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.corpus.fingerprints import marks_all, unpack
from pipeline.corpus.index import are_alike, weighed
from pipeline.corpus.known import Known
from pipeline.corpus.siblings import LEAST, MORE, MOST, matched, offers, passages, prints_of, wanting
from pipeline.corpus.years import RULES
from pipeline.document import Document
from pipeline.engines.cluster.moving import by, files, hashed, part, shuffle
from pipeline.engines.cluster.units import Doc, Work, put
from pipeline.engines.restoring import Ask, restorer
from pipeline.engines.spool import Spool, Spot
from pipeline.engines.workers import deduplicates
from pipeline.settings import is_off

__all__ = ["restore"]

_WANTED, _HELD, _OFFERED = 0, 1, 2  # what a row of a shingle is
_SPAN = ("start", "end")  # of a passage, in the clean text of its document


def restore(work: Work, parts: int) -> Work:
    """Restore what can be in the damaged documents, and do to the rest what `settings.gaps` asks for. What they are now
    are the units that the returned work has more."""
    job = work.unpacked()
    shares = work.shares(parts)
    found: list[str] = []
    if not all(is_off(rule, job.settings.off) for rule in RULES.values()):
        shared = shuffle(work.path("steps/shared"), shares, _wanted_and_held(work, parts), _shared)
        by_home = by("home", parts)
        offered = shuffle(work.path("steps/offered"), files(shared), by_home, _offered(work))
        both = [*shares, *files(offered)]
        pairs = shuffle(work.path("steps/matched"), both, _wanted_and_offered(work, parts), _matched)
        found = files(pairs)
    restored = shuffle(work.path("steps/restored"), [*shares, *found], _asking(work, parts), _restored(work))
    return work._replace(names=(*work.names, *(f"restored/{one.number:06}" for one in restored)))


def _table(parts: int, by: str, **columns: Any) -> pa.Table:
    """Rows that come together if a column is the same."""
    made = {name: np.asarray(column) for name, column in columns.items()}
    return pa.table({"part": hashed(made[by], parts), **made})


# Who shares text


def _wanted_and_held(work: Work, parts: int) -> Any:
    """A reader of the shingles that damaged documents want, and of those that whole ones have."""
    marking = deduplicates(work.unpacked().settings)

    def read(units: Sequence[int]) -> Iterator[pa.Table]:
        with Spool(work.folder) as spool:
            for unit in units:
                docs = work.docs(unit)
                for doc in docs:
                    if doc.spot and doc.damaged:
                        document = spool.get(doc.spot)
                        texts = [_text(document, number) for number in wanting(document)]
                        prints = np.unique(prints_of(texts).shingles)
                        zeros = np.zeros(len(prints), np.int64)
                        nowhere = {"home": zeros, "start": zeros, "end": zeros}
                        yield _table(parts, "shingle", shingle=prints, kind=zeros + _WANTED, **nowhere)
                for doc, packed in _marks(spool, [doc for doc in docs if doc.spot and not doc.damaged], marking):
                    if packed:
                        marks, prints = unpack(packed)
                        yield _table(
                            parts,
                            "shingle",
                            shingle=prints,
                            kind=np.full(len(prints), _HELD),
                            home=np.full(len(prints), doc.home),
                            **{name: np.repeat(marks[name].astype(np.int64), marks["shingles"]) for name in _SPAN},
                        )

    return read


def _marks(spool: Spool, docs: Sequence[Doc], marking: bool) -> Iterator[tuple[Doc, bytes]]:
    """The marks of documents, which wait with them, or are made if duplicates are not looked for."""
    if marking:
        yield from ((doc, spool.marks(doc.spot)) for doc in docs if doc.spot)
        return
    rest = iter(docs)
    while batch := list(islice(rest, 32)):
        yield from zip(batch, marks_all([spool.get(doc.spot) for doc in batch if doc.spot]), strict=True)


def _shared(part: int, table: pa.Table) -> pa.Table | None:
    """What paragraphs share with damaged documents, of the shingles of a part."""
    table = table.sort_by("shingle")
    held = table["kind"].to_numpy() == _HELD
    shingle = table["shingle"].to_numpy()
    among = Known(np.unique(shingle[~held])).among(shingle[held])
    if not among.any():
        return None
    weights = weighed(shingle[held][among])
    home, start, end = (table[name].to_numpy()[held][among] for name in ("home", *_SPAN))
    return _summed(home, start, end, weights, np.ones(len(weights), np.int64))


def _summed(home: Any, start: Any, end: Any, weight: Any, count: Any) -> pa.Table:
    """Rows of the same paragraph, as one."""
    order = np.lexsort((start, home))
    home, start, end, weight, count = home[order], start[order], end[order], weight[order], count[order]
    first = np.flatnonzero(np.append(True, (home[1:] != home[:-1]) | (start[1:] != start[:-1])))
    sums = {"weight": np.add.reduceat(weight, first), "count": np.add.reduceat(count, first)}
    return pa.table({"home": home[first], "start": start[first], "end": end[first], **sums})


def _offered(work: Work) -> Any:
    """Read the passages of documents with a paragraph that shares enough."""

    def reduce(part: int, table: pa.Table) -> pa.Table | None:
        rows = _summed(*(table[name].to_numpy() for name in ("home", *_SPAN, "weight", "count")))
        common = are_alike(rows["weight"].to_numpy(), rows["count"].to_numpy())
        homes = np.unique(rows["home"].to_numpy()[common]).tolist()
        find = work.finder()
        with Spool(work.folder) as spool:
            tables = [_passages(spool, find(home)) for home in homes]
        return pa.concat_tables(tables) if tables else None

    return reduce


def _passages(spool: Spool, doc: Doc) -> pa.Table:
    """Passages of a document, by their shingles."""
    assert doc.spot is not None
    document = spool.get(doc.spot)
    found = offers([document.text], [passages(document)])
    nought = np.zeros_like(found.starts)
    columns = {"place": nought, "words": nought, "start": found.starts, "end": found.ends}
    return pa.table(
        {
            "shingle": found.shared,
            "home": np.full(len(found.shared), doc.home, np.int64),
            **{name: np.repeat(column, found.sizes) for name, column in columns.items()},
        }
    )


# Who may know


def _wanted_and_offered(work: Work, parts: int) -> Any:
    """A reader of the shingles that paragraphs of damaged documents want, with the number of their words, and of those
    that passages offer, be it of damaged documents."""

    def read(source: str | Sequence[int]) -> Iterator[pa.Table]:
        if isinstance(source, str):
            yield _kind(pq.read_table(source, partitioning=None), parts, _OFFERED)
            return
        with Spool(work.folder) as spool:
            for unit in source:
                for doc in work.docs(unit):
                    if doc.spot and doc.damaged:
                        document = spool.get(doc.spot)
                        yield _kind(_wanted(document, doc.home), parts, _WANTED)
                        yield _kind(_passages(spool, doc), parts, _OFFERED)

    return read


def _wanted(document: Document, home: int) -> pa.Table:
    """The paragraphs of a damaged document, by their shingles."""
    paragraphs = wanting(document)
    texts = [_text(document, paragraph) for paragraph in paragraphs]
    prints = prints_of(texts)
    columns = {
        "place": paragraphs,
        "words": [len(text.split()) for text in texts],
        "start": [document.paragraphs[paragraph].start for paragraph in paragraphs],
        "end": [document.paragraphs[paragraph].end for paragraph in paragraphs],
    }
    return pa.table(
        {
            "shingle": prints.shingles,
            "home": np.full(len(prints.owners), home, np.int64),
            **{name: np.array(column, np.int64)[prints.owners] for name, column in columns.items()},
        }
    )


def _text(document: Document, paragraph: int) -> str:
    block = document.paragraphs[paragraph]
    return document.text[block.start : block.end]


def _kind(table: pa.Table, parts: int, kind: int) -> pa.Table:
    table = table.append_column("kind", pa.array(np.full(len(table), kind, np.int64)))
    return table.append_column("part", pa.array(hashed(table["shingle"].to_numpy(), parts)))


def _matched(part: int, table: pa.Table) -> pa.Table | None:
    """Join what is wanted with the passages that have it, unless these are a crowd."""
    table = table.sort_by("shingle")
    kind = table["kind"].to_numpy()
    wanted, offered = table.filter(pa.array(kind == _WANTED)), table.filter(pa.array(kind == _OFFERED))
    left, right, crowd = matched(wanted["shingle"].to_numpy(), offered["shingle"].to_numpy())
    if not len(left):
        return None
    pairs = wanted.select(["home", "place", "words", "start", "shingle"])
    pairs = pairs.rename_columns(["lost", "place", "words", "at", "shingle"])
    pairs = pairs.take(left).append_column("crowd", pa.array(crowd))
    for name in ("home", *_SPAN):
        pairs = pairs.append_column(name, offered[name].take(right))
    return pairs


# What comes back


def _asking(work: Work, parts: int) -> Any:
    """A reader of the damaged documents, and of the passages that may know what they lost."""

    def read(source: str | Sequence[int]) -> Iterator[pa.Table]:
        if isinstance(source, str):
            table = pq.read_table(source, partitioning=None)
        else:
            lost = [doc.home for unit in source for doc in work.docs(unit) if doc.spot and doc.damaged]
            names = ("place", "words", "at", "crowd", "home", *_SPAN)
            nothing = {name: np.zeros(len(lost), np.int64) for name in names}
            shingle = np.zeros(len(lost), np.uint64)
            table = pa.table({"lost": np.array(lost, np.int64), **nothing, "shingle": shingle})
        table = table.select(sorted(table.column_names))
        yield table.append_column("part", pa.array(hashed(table["lost"].to_numpy(), parts)))

    return read


def _restored(work: Work) -> Any:
    """Restore the documents of a part, which become a unit; returns their homes."""

    def reduce(number: int, table: pa.Table) -> pa.Table:
        find = work.finder()
        name = f"restored/{number:06}"
        spooled = part(name)
        spool = Spool(work.folder)
        spool.begin(spooled)
        restore_all = restorer(work.unpacked(), spool)
        homes = np.unique(table["lost"].to_numpy()).tolist()
        asks = _asks(table.filter(pa.array(table["crowd"].to_numpy() > 0)), find)
        done = []
        for home in homes:
            doc = find(home)
            assert doc.spot is not None
            passages, spots = asks.get(home, ({}, {}))
            done += restore_all([Ask(doc.id, doc.spot, passages, spots)])
        spool.close()
        put(work, name, spooled, done, {doc.id: doc for doc in map(find, homes)})
        return pa.table({"home": homes})

    return reduce


_Passages = dict[int, list[tuple[str, int, int]]]


def _asks(table: pa.Table, find: Callable[[int], Doc]) -> dict[int, tuple[_Passages, dict[str, Spot]]]:
    """The passages to be asked for the paragraphs of documents, by home, and where the documents of these wait."""
    keys = ("lost", "place", "home", "start")
    lost, place, home, start, shingle = (table[name].to_numpy() for name in (*keys, "shingle"))
    others = (lost != home) | (start != table["at"].to_numpy())
    order = np.lexsort((shingle, start, home, place, lost))
    table = table.take(order[others[order]])
    if not len(table):
        return {}
    columns = [table[name].to_numpy() for name in keys]
    new = np.append(True, np.logical_or.reduce([column[1:] != column[:-1] for column in columns]))
    # Summed in the order of shingles, as on one machine.
    weights = np.bincount(np.cumsum(new) - 1, 1 / table["crowd"].to_numpy())
    table = table.filter(pa.array(new))
    enough = weights >= LEAST
    rows = [table[name].to_numpy()[enough].tolist() for name in ("lost", "place", "words", "home", *_SPAN)]
    found: dict[tuple[int, int, int], list[tuple[float, str, int, int, Doc]]] = {}
    for weight, to, number, words, other, first, last in zip(weights[enough].tolist(), *rows, strict=True):
        doc = find(other)
        found.setdefault((to, number, words), []).append((-round(weight, 6), doc.id, first, last, doc))
    asks: dict[int, tuple[_Passages, dict[str, Spot]]] = {}
    for (to, number, words), some in found.items():
        passages, spots = asks.setdefault(to, ({}, {}))
        best = sorted(some, key=lambda one: one[:3])[: MOST + words // MORE]
        passages[number] = [(id, start, end) for _, id, start, end, _ in best]
        spots |= {doc.id: doc.spot for *_, doc in best if doc.spot}
    return asks
