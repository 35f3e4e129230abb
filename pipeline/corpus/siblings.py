"""Which passages of a corpus may know what a damaged document lost: its paragraphs' siblings.

A sibling shares four words in a row with a damaged paragraph. Paragraphs are cut into pieces of at most 32 words, which
overlap, so that all their shingles are kept (see `shingles`), and there is no floor: of a sentence of ten words with a
gap in its middle, two shingles on either side find the sibling, in a list as well as inside a long paragraph. What is
shared with few passages counts for more than what is shared with many; of a long paragraph more siblings are proposed,
since it may be put together from several.

Only the shingles of damaged documents are held in memory, and nothing is done for a corpus that has none.

    >>> from pipeline import Pipeline, Settings
    >>> mill = "The old mill was built in {}, and sold again in {}, to the bakers of Lowford."
    >>> sources = [("a", mill.format("", "")), ("b", mill.format("1702", "1809"))]
    >>> lost, whole = restore_all(list(Pipeline(Settings(gaps="keep")).stream(sources)))
    >>> lost.text
    'The old mill was built in 1702, and sold again in 1809, to the bakers of Lowford.'
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus.index import are_among
from pipeline.corpus.parted import Parted
from pipeline.corpus.shingles import SHINGLE, SHORT, Numbers, batches, fingerprints
from pipeline.corpus.years import STAGE, Passage, fill, is_damaged, restore
from pipeline.document import Document, Paragraph
from pipeline.edits import PositionMap

__all__ = [
    "CROWD",
    "LEAST",
    "MORE",
    "MOST",
    "Offer",
    "Sibling",
    "Siblings",
    "matched",
    "offers",
    "prints_of",
    "propose",
    "restore_all",
]

MOST = 4  # siblings of a paragraph
MORE = 32  # words of it, for each of which there may be one more
LEAST = 0.5  # weight of a passage: below it, only phrases are shared that many have
CROWD = 200  # passages that share a shingle, from which on it says nothing
_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


class Place(NamedTuple):
    """A paragraph: its document, by its number, and its own number there."""

    document: int
    paragraph: int


def restore_all(documents: Sequence[Document]) -> list[Document]:
    """Return the documents with all that other passages restore; those that need nothing are returned as they are.

    What was restored before is no evidence.
    """
    proposed = propose(documents)
    filled = list(documents)
    for number, candidates in proposed.items():
        restored = restore(documents[number], candidates)
        if restored:
            filled[number] = fill(documents[number], restored)
    return filled


def propose(documents: Sequence[Document]) -> dict[int, dict[int, list[Passage]]]:
    """Return, for the number of each damaged document and of each of its paragraphs, the passages that may be asked."""
    wanted = [number for number, document in enumerate(documents) if is_damaged(document)]
    if not wanted:
        return {}
    siblings = Siblings()
    for number in wanted:
        siblings.want(number, documents[number])
    for number, document in enumerate(documents):
        siblings.offer(number, offers(document, siblings.shingles))
    found: dict[int, dict[int, list[Passage]]] = {number: {} for number in wanted}
    for place, some in siblings.found([document.id for document in documents]):
        texts = (documents[of].text[start:end] for of, start, end in some)
        passages = (Passage(documents[one.document].id, text, one.start) for one, text in zip(some, texts, strict=True))
        found[place.document][place.paragraph] = [*passages]
    return found


class Offer(NamedTuple):
    """A paragraph that shares shingles with what is wanted: its number in its document, where it starts and ends in the
    clean text, and these shingles."""

    paragraph: int
    start: int
    end: int
    shared: Numbers


class Sibling(NamedTuple):
    """A passage that may be asked: the number of its document, and where it stands in the clean text."""

    document: int
    start: int
    end: int


def offers(document: Document, wanted: Numbers | None, only: Collection[int] | None = None) -> list[Offer]:
    """Return the passages of a document that share some of the `wanted` shingles, or with none given, all passages;
    `only` those that start there."""
    prints = prints_of(document, only)
    shared = are_among(prints.shingles, np.unique(prints.shingles) if wanted is None else wanted)
    written = sorted(_written(document))
    found: list[Offer] = []
    for paragraph, these in _by_owner(prints.owners[shared], prints.shingles[shared]):
        block = document.paragraphs[paragraph]
        place = bisect_left(written, block.start)
        if place == len(written) or written[place] > block.end:
            found.append(Offer(paragraph, block.start, block.end, these))
    return found


class Siblings:
    """The paragraphs of damaged documents, and the passages that share text with them.

    First all damaged documents are given to `want`, then all documents of the corpus, in any order, to `offer`. Of what
    is offered, which may be most of the corpus, only numbers are kept: those of passages, and in files, of shingles.
    """

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._words = array("i")  # of each of these paragraphs
        self._wanted: list[Numbers] = []  # and its shingles
        self._offered = array("q")  # of each passage the document, the paragraph, start and end
        self._shared = Parted(bits=64)  # the shingles that they share, each with the number of its passage

    @cached_property
    def _rows(self) -> tuple[Numbers, NDArray[np.uint32]]:
        """The shingles of all that is wanted, sorted, each with the number of its paragraph."""
        sizes = [len(shingles) for shingles in self._wanted]
        owners = np.repeat(np.arange(len(sizes), dtype=np.uint32), sizes)
        shingles = np.concatenate([np.empty(0, np.uint64), *self._wanted])
        self._wanted.clear()
        order = np.argsort(shingles, kind="stable")
        return shingles[order], owners[order]

    @cached_property
    def shingles(self) -> Numbers:
        """The shingles of all that is wanted, sorted, each once."""
        return np.unique(self._rows[0])

    def want(self, number: int, document: Document) -> None:
        """Take the paragraphs of a damaged document."""
        prints = prints_of(document)
        for paragraph, shingles in _by_owner(prints.owners, prints.shingles):
            self._places.append(Place(number, paragraph))
            self._words.append(prints.words[paragraph])
            self._wanted.append(shingles)

    def offer(self, number: int, offered: Iterable[Offer]) -> None:
        """Take what a document offers: see `offers`."""
        some = [*offered]
        if not some:
            return
        first = len(self._offered) // 4
        for paragraph, start, end, _ in some:
            self._offered.extend((number, paragraph, start, end))
        shared = np.concatenate([one.shared for one in some])
        owners = np.repeat(np.arange(first, first + len(some)), [len(one.shared) for one in some])
        self._shared.add(shared, owners)

    def found(self, ids: Sequence[str]) -> Iterator[tuple[Place, list[Sibling]]]:
        """Yield each paragraph that has siblings, with the best of them; `ids` are those of the documents."""
        offered = np.frombuffer(self._offered, np.int64).reshape(-1, 4)
        for paragraph, weights in self._weights():
            place = self._places[paragraph]
            rows = {owner: offered[owner].tolist() for owner in weights}
            others = [owner for owner in weights if tuple(rows[owner][:2]) != place]
            others.sort(key=lambda owner: (-weights[owner], ids[rows[owner][0]], rows[owner][2]))
            if others:
                best = (rows[owner] for owner in others[: MOST + self._words[paragraph] // MORE])
                yield place, [Sibling(document, start, end) for document, _, start, end in best]

    def _weights(self) -> Iterator[tuple[int, dict[int, float]]]:
        """Yield what is wanted, in order, and how much each passage shares with it, if that is enough: for each shingle
        one by the number of those that have it."""
        for keys, crowd in self._pairs().parts():
            order = np.argsort(keys, kind="stable")
            some, places = np.unique(keys[order], return_inverse=True)
            weights = np.bincount(places, 1 / crowd[order])  # summed in the order of shingles
            few = np.flatnonzero(weights >= LEAST)
            rows = zip((some[few] >> _HALF).tolist(), (some[few] & _LOW).tolist(), weights[few].tolist(), strict=True)
            for paragraph, group in groupby(rows, key=lambda row: row[0]):
                yield paragraph, {owner: round(weight, 6) for _, owner, weight in group}

    def _pairs(self) -> Parted:
        """What is wanted and what is offered, as one number, for each shingle that both have: with the number of those
        that have it, unless these are a crowd."""
        wanted, paragraphs = self._rows
        pairs = Parted(bits=32 + len(self._places).bit_length(), apart=32)
        for shingles, owners in self._shared.parts():
            if not len(shingles):
                continue
            order = np.argsort(shingles, kind="stable")
            shingles, owners = shingles[order], owners[order]
            low, high = np.searchsorted(wanted, shingles[0]), np.searchsorted(wanted, shingles[-1], side="right")
            left, right, crowd = matched(wanted[low:high], shingles)
            pairs.add(paragraphs[low + left].astype(np.uint64) << _HALF | owners[right], crowd)
        return pairs


def matched(wanted: Numbers, offered: Numbers) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Join shingles that are wanted with those that are offered, which are sorted: the places of both, and how many
    offer the same one. What a crowd offers is left out.

    >>> [column.tolist() for column in matched(np.array([3, 5], np.uint64), np.array([3, 3, 4, 5], np.uint64))]
    [[0, 0, 1], [0, 1, 3], [2, 2, 1]]
    """
    first = np.searchsorted(offered, wanted, side="left")
    crowd = np.searchsorted(offered, wanted, side="right") - first
    crowd[crowd > CROWD] = 0
    left = np.repeat(np.arange(len(wanted)), crowd)
    right = np.arange(len(left)) + np.repeat(first - np.cumsum(crowd) + crowd, crowd)
    return left, right, crowd[left]


class Prints(NamedTuple):
    """The shingles of a document, each once for each paragraph; the number of that; and how many words each has."""

    shingles: Numbers
    owners: NDArray[np.int64]
    words: dict[int, int]


def _by_owner(owners: NDArray[np.int64], shingles: Numbers) -> Iterator[tuple[int, Numbers]]:
    """The shingles of each owner; those of one stand together."""
    numbers, starts = np.unique(owners, return_index=True)
    for number, (start, end) in zip(numbers.tolist(), pairwise([*starts.tolist(), len(owners)]), strict=True):
        yield number, shingles[start:end]


def prints_of(document: Document, only: Collection[int] | None = None) -> Prints:
    """Make the shingles of the paragraphs of a document."""
    blocks = (
        (number, block)
        for number, block in enumerate(document.paragraphs)
        if block.kind != "heading" and (only is None or block.start in only)
    )
    parts = [_prints(document.text, some) for some in batches(blocks, lambda one: one[1].end - one[1].start)]
    shingles, owners, words = zip(*parts, strict=True)
    return Prints(
        np.concatenate(shingles), np.concatenate(owners), {n: count for some in words for n, count in some.items()}
    )


def _prints(text: str, blocks: Sequence[tuple[int, Paragraph]]) -> Prints:
    """The shingles of some paragraphs, which are given with their numbers."""
    pieces: list[str] = []
    numbers: list[int] = []
    words: dict[int, int] = {}
    for number, block in blocks:
        split = text[block.start : block.end].split()
        words[number] = len(split)
        pieces += _pieces(split)
        numbers += [number] * (len(pieces) - len(numbers))
    prints = fingerprints(pieces)
    owners = np.repeat(np.array(numbers, np.int64), prints.sizes)
    order = np.lexsort((prints.shingles, owners))
    shingles, owners = prints.shingles[order], owners[order]
    first = np.append(True, (shingles[1:] != shingles[:-1]) | (owners[1:] != owners[:-1]))[: len(shingles)]
    return Prints(shingles[first], owners[first], words)


def _pieces(words: Sequence[str]) -> list[str]:
    """Join words to pieces that have few enough of them for all shingles to be kept; none is lost between them.

    >>> [len(piece.split()) for piece in _pieces(["word"] * 50)]
    [16, 16, 16, 11]
    """
    size = SHORT // 2  # what has no space in it may be two words: `well-known`
    step = size - SHINGLE + 1
    return [" ".join(words[at : at + size]) for at in range(0, max(1, len(words) - SHINGLE + 1), step)]


def _written(document: Document) -> list[int]:
    """The places in the clean text of what was restored in a document."""
    passes = document.ledger.passes
    if not any(step.stage == STAGE for step in passes):
        return []
    places: list[int] = []
    for step in passes:
        positions = PositionMap(step.edits)
        places = [positions.forward(at, side="left") for at in places]
        if step.stage == STAGE:
            places += [positions.forward(edit.start, side="left") for edit in step.edits]
    return places
