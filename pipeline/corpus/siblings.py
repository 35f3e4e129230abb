"""Which passages of a corpus may know what a damaged document lost: its paragraphs' siblings.

A sibling shares four words in a row with a damaged paragraph. All shingles are kept (see `shingles`), and there is no
floor: of a sentence of ten words with a gap in its middle, two shingles on either side find the sibling, in a list as
well as inside a long paragraph. What is shared with few passages counts for more than what is shared with many; of a
long paragraph more siblings are proposed, since it may be put together from several.

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
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.corpus.amend import traces
from pipeline.corpus.known import Known
from pipeline.corpus.parted import Parted, ordered
from pipeline.corpus.shingles import Numbers, Places, batches, fingerprints
from pipeline.corpus.years import STAGE, Passage, fill, restore
from pipeline.document import Document
from pipeline.stages.gaps import doubtful, is_damaged, meets
from pipeline.stages.utf8 import utf8

__all__ = [
    "CROWD",
    "LEAST",
    "MORE",
    "MOST",
    "Offers",
    "Sibling",
    "Siblings",
    "matched",
    "offers",
    "passages",
    "prints_of",
    "propose",
    "restore_all",
    "wanting",
]

MOST = 4  # siblings of a paragraph
MORE = 32  # words of it, for each of which there may be one more
LEAST = 0.5  # weight of a passage: below it, only phrases are shared that many have
CROWD = 200  # passages that share a shingle, from which on it says nothing
_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)

Span = tuple[int, int]  # where a passage starts and ends in the clean text of its document


class Place(NamedTuple):
    """A paragraph: its document, by its number, its own number there, and where it starts in the clean text."""

    document: int
    paragraph: int
    start: int


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
    texts, spans = [document.text for document in documents], [*map(passages, documents)]
    siblings.offer(range(len(documents)), offers(texts, spans, Known(siblings.shingles)))
    found: dict[int, dict[int, list[Passage]]] = {number: {} for number in wanted}
    for place, some in siblings.found([document.id for document in documents]):
        said = (documents[of].text[start:end] for of, start, end in some)
        found[place.document][place.paragraph] = [
            Passage(documents[one.document].id, text, one.start) for one, text in zip(some, said, strict=True)
        ]
    return found


class Offers(NamedTuple):
    """Passages that share shingles with what is wanted, as columns: the number of the text that each is of, where it
    starts and ends there, how many shingles it shares, and these, one passage after the other."""

    texts: Places
    starts: Places
    ends: Places
    sizes: Places
    shared: Numbers


class Sibling(NamedTuple):
    """A passage that may be asked: the number of its document, and where it stands in the clean text."""

    document: int
    start: int
    end: int


def offers(texts: Sequence[str], spans: Sequence[Sequence[Span]], wanted: Known | None = None) -> Offers:
    """Return, of the passages of texts, those that share some of the `wanted` shingles, or seem to, or with none given,
    all that have shingles."""
    places = [(number, start, end) for number, some in enumerate(spans) for start, end in some]
    shingles, owners = prints_of([texts[number][start:end] for number, start, end in places], wanted)
    first = _firsts(owners)
    text, start, end = np.array(places, np.int64).reshape(-1, 3)[owners[first]].T
    return Offers(text, start, end, np.diff(first, append=len(owners)), shingles)


def passages(document: Document) -> list[Span]:
    """The passages of a document that may be asked: paragraphs in which nothing was restored."""
    written = _written(document)
    spans = [(block.start, block.end) for block in document.paragraphs if block.kind != "heading"]
    return [(start, end) for start, end in spans if bisect_right(written, end) == bisect_left(written, start)]


def wanting(document: Document) -> list[int]:
    """The paragraphs of a document that may have lost something, by number."""
    stretches = doubtful(document.gaps)
    alone = sorted((gap.at, gap.at) for gap in document.gaps if gap.certain)
    return [
        number
        for number, block in enumerate(document.paragraphs)
        if block.kind != "heading"
        and (meets(stretches, block.start, block.end) or meets(alone, block.start, block.end))
    ]


class Siblings:
    """The paragraphs of damaged documents, and the passages that share text with them.

    First all damaged documents are given to `want`, then all documents of the corpus, in any order, to `offer`. Of what
    is offered, which may be most of the corpus, only numbers are kept: those of passages, and in files, of shingles.
    """

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._words = array("i")  # of each of these paragraphs
        self._wanted: list[Numbers] = []  # and its shingles
        self._offered = array("q")  # of each passage the document, start and end
        self._shared = Parted("<u8", "<u4")  # the shingles that they share, each with the number of its passage

    @cached_property
    def _rows(self) -> tuple[Numbers, NDArray[np.uint32]]:
        """The shingles of all that is wanted, sorted, each with the number of its paragraph."""
        sizes = [len(shingles) for shingles in self._wanted]
        owners = np.repeat(np.arange(len(sizes), dtype=np.uint32), sizes)
        shingles = np.concatenate([np.empty(0, np.uint64), *self._wanted])
        self._wanted.clear()
        order = ordered(shingles)
        return shingles[order], owners[order]

    @cached_property
    def shingles(self) -> Numbers:
        """The shingles of all that is wanted, sorted, each once."""
        every = self._rows[0]
        found: Numbers = every[np.append(True, every[1:] != every[:-1])[: len(every)]]
        return found

    def want(self, number: int, document: Document) -> None:
        """Take the paragraphs of a damaged document."""
        paragraphs = wanting(document)
        blocks = [document.paragraphs[paragraph] for paragraph in paragraphs]
        texts = [document.text[block.start : block.end] for block in blocks]
        for owner, shingles in _by_owner(prints_of(texts)):
            self._places.append(Place(number, paragraphs[owner], blocks[owner].start))
            self._words.append(len(texts[owner].split()))
            self._wanted.append(shingles)

    def offer(self, numbers: Sequence[int], offered: Offers) -> None:
        """Take what the documents of these numbers offer: see `offers`."""
        first = len(self._offered) // 3
        rows = np.column_stack([np.array(numbers, np.int64)[offered.texts], offered.starts, offered.ends])
        self._offered.frombytes(rows.astype(np.int64).tobytes())
        owners = np.repeat(np.arange(first, first + len(rows)), offered.sizes)
        self._shared.add(offered.shared, owners)

    def found(self, ids: Sequence[str]) -> Iterator[tuple[Place, list[Sibling]]]:
        """Yield each paragraph that has siblings, with the best of them; `ids` are those of the documents."""
        offered = np.frombuffer(self._offered, np.int64).reshape(-1, 3)
        for paragraph, weights in self._weights():
            place = self._places[paragraph]
            rows = {owner: offered[owner].tolist() for owner in weights}
            others = [owner for owner in weights if rows[owner][:2] != [place.document, place.start]]
            others.sort(key=lambda owner: (-weights[owner], ids[rows[owner][0]], rows[owner][1]))
            if others:
                best = (rows[owner] for owner in others[: MOST + self._words[paragraph] // MORE])
                yield place, [*map(Sibling._make, best)]

    def _weights(self) -> Iterator[tuple[int, dict[int, float]]]:
        """Yield what is wanted, in order, and how much each passage shares with it, if that is enough: for each shingle
        one by the number of those that have it."""
        for keys, crowd in self._pairs().parts():
            new = np.append(True, keys[1:] != keys[:-1])
            weights = np.bincount(np.cumsum(new) - 1, 1 / crowd)  # summed in the order of shingles
            few = weights >= LEAST
            some = keys[new][few]
            rows = zip((some >> _HALF).tolist(), (some & _LOW).tolist(), weights[few].tolist(), strict=True)
            for paragraph, group in groupby(rows, key=lambda row: row[0]):
                yield paragraph, {owner: round(weight, 6) for _, owner, weight in group}

    def _pairs(self) -> Parted:
        """What is wanted and what is offered, as one number, for each shingle that both have: with the number of those
        that have it, unless these are a crowd."""
        wanted, paragraphs = self._rows
        pairs = Parted("<u8", "<u4", bits=32 + len(self._places).bit_length(), apart=32)
        for shingles, owners in self._shared.parts():
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
    """The shingles of passages, each once for each, and the place of its passage in the list of them. They are in the
    order of passages, and of one, sorted."""

    shingles: Numbers
    owners: NDArray[np.uint32]


def prints_of(texts: Sequence[str], wanted: Known | None = None) -> Prints:
    """Make the shingles of passages; only those that may be `wanted`, unless these are none."""
    made = [Prints(np.empty(0, np.uint64), np.empty(0, np.uint32))]
    first = 0
    for some in batches(texts):
        prints = fingerprints([*map(utf8, some)], every=True)
        owners = np.repeat(np.arange(first, first + len(some), dtype=np.uint32), prints.sizes)
        made.append(_each_once(prints.shingles, owners, wanted))
        first += len(some)
    return Prints(*map(np.concatenate, zip(*made, strict=True)))


def _each_once(shingles: Numbers, owners: NDArray[np.uint32], wanted: Known | None) -> Prints:
    """Those of the shingles that may be wanted, once for each owner, by these."""
    if wanted is not None:
        some = np.flatnonzero(wanted.maybe(shingles))
        shingles, owners = shingles[some], owners[some]
    order = ordered(shingles)
    shingles, owners = shingles[order], owners[order]
    new = np.append(True, (shingles[1:] != shingles[:-1]) | (owners[1:] != owners[:-1]))[: len(shingles)]
    shingles, owners = shingles[new], owners[new]
    order = ordered(owners.astype(np.uint64))
    return Prints(shingles[order], owners[order])


def _by_owner(prints: Prints) -> Iterator[tuple[int, Numbers]]:
    """The shingles of each passage that has any."""
    shingles, owners = prints
    first = _firsts(owners)
    for number, (start, end) in zip(owners[first].tolist(), pairwise([*first.tolist(), len(owners)]), strict=True):
        yield number, shingles[start:end]


def _firsts(owners: NDArray[np.uint32]) -> Places:
    """Where the shingles of each passage begin, which stand together."""
    return np.flatnonzero(np.append(True, owners[1:] != owners[:-1])[: len(owners)])


def _written(document: Document) -> list[int]:
    """The places in the clean text of what was restored in a document, in order."""
    return traces(document.ledger, lambda step: step.edits if step.stage == STAGE else ())
