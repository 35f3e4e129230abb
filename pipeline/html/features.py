"""What a labeller is told of a block: numbers from its text, from names, from its neighbours and the elements around.

Boilerplate detection with features of this kind goes back to Kohlschütter et al. (2010), the use of neighbours and of
predictions about them to Vogels et al. (Web2Text, 2018). What an element holds is a difference of two running sums over
the blocks of the page, so all of it is linear in the size of the page. The numbers do not depend on the machine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.html import cues
from pipeline.html.blocks import Block, link_share
from pipeline.html.page import Page
from pipeline.html.tree import HEADINGS

Numbers = NDArray[Any]
Columns = dict[str, Numbers]

WORD = re.compile(r"\w+")
# Letters of scripts that put no space between words, and how many make a word: of Chinese and Japanese; of Thai, Lao,
# Burmese and Khmer.
UNSPACED = (
    (re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"), 2),
    (re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"), 4),
)
TERMINAL = tuple('.!?…。！？"”:')
PRICE = re.compile(r"[$€£¥]\s?\d|\d\s?[€£]|\b(?:USD|EUR|GBP)\b")
MONEY = re.compile("[$€£¥]|USD|EUR|GBP")
HEAD = 400  # characters of a block whose words are looked at one by one
SENTENCE_ENDS = (". ", "? ", "! ", "。")
KINDS = ("paragraph", "heading", "item", "term", "definition", "row", "code", "quote", "caption")
ELEMENTS = tuple("nav footer main aside article heading ol li p dl header figure noscript".split())
ELEMENT_BITS = {name: 1 << place for place, name in enumerate(ELEMENTS)}
ELEMENT_BITS |= dict.fromkeys(HEADINGS, ELEMENT_BITS["heading"])
USED_CUES = ("comments", "content", "cards", "navigation", "dialog", "body", "review", "thread", "cart", "article")
TYPES = ("product", "person", "offer", "collectionpage", "organization", "article", "newsarticle", "qapage", "website")
LEVELS = 5  # elements around a block that are looked at one by one
SHARES = (0.1, 0.25, 0.5)  # of the words of a page: the smallest elements that hold so much
CLIMB = 40  # how far up they are looked for
CASELESS = -1.0  # the share of words in small letters, of a script that has none
PROSE_WORDS, PROSE_LINK = 15, 0.3  # a block of so many words, not more of them links, is prose


@dataclass(frozen=True, slots=True)
class Scores:
    """Log-odds of being content: of the words that elements are named with, and of the words of short blocks."""

    names: Mapping[str, float]
    words: Mapping[str, float]


@dataclass(slots=True)
class Measures:
    """What is measured once for a page: of its blocks (`words` to `alike`), and of its elements."""

    words: Numbers
    sums: Numbers  # of the words before each block
    place: Numbers  # of each block in the outline
    parents: Numbers
    first: Numbers
    last: Numbers
    holders: list[Numbers]  # for each of `SHARES`, the element around each block that holds so much
    steps: list[Numbers]  # and how far up it is
    alike: tuple[Numbers, Numbers]  # signatures of each block's element, and of its parent

    def within(self, sums: Numbers) -> Numbers:
        """What each element holds, given running sums over blocks."""
        return sums[self.last] - sums[self.first]


def running(values: Numbers) -> Numbers:
    """Sums of the values before each place, and of all."""
    return np.concatenate([[0.0], np.cumsum(values)])


def rows(page: Page, scores: Scores) -> tuple[Columns, Measures]:
    """Return the columns of a page, a value for each block, and the measures that they are made of."""
    wanted = frozenset([word.lower() for word in WORD.findall(page.title) if len(word) > 3])
    own = np.array([_text(block, scores.words, wanted) for block in page.blocks], dtype=np.float64).T
    columns: Columns = dict(zip(TEXT, own, strict=True))
    names = _names(page, scores.names)
    measures = _measures(page, columns["words"], names["signature"])
    sentences, price = columns.pop("sentences"), columns.pop("price")
    sums = {
        "link": running(columns["words"] * columns["link"]),
        "prose": running(columns["words"] * _is_prose(columns)),
        "ends": running(sentences + columns["end"]),
    }
    columns |= _by_name(names, measures)
    columns |= _neighbours(columns, measures, sums)
    columns |= _around(names, measures, sums)
    columns |= _alike(columns, measures)
    columns |= _headings(page, columns)
    columns |= _page(page, columns, sums, price)
    seen: dict[str, int] = {}
    for block in page.blocks:
        seen[block.text] = seen.get(block.text, 0) + 1
    columns["copies"] = np.array([seen[block.text] for block in page.blocks])
    return columns, measures


TEXT = (
    "words", "chars", "link", "sentences", "end", "breaks", "lower", "in_title", "score", "score_low", "price", "kind",
    "level",
)  # fmt: skip


def size(text: str) -> float:
    """How many words a text has, about.

    >>> size("Two words"), size("潮が満ちる")
    (2, 3.5)
    """
    words = len(text.split())
    if text.isascii():
        return words
    return words + sum(len(letters.findall(text)) / of_a_word for letters, of_a_word in UNSPACED)


def _text(block: Block, scores: Mapping[str, float], title: frozenset[str]) -> tuple[float, ...]:
    """What a block's own text and kind give."""
    text = block.text
    head = text[:HEAD]
    small = head.lower()
    words, folded = WORD.findall(head), WORD.findall(small)
    cased = words and (small != head or head.upper() != head)
    found = [scores[word] for word in folded if word in scores]
    return (
        size(text), len(text), link_share(block),
        sum(map(text.count, SENTENCE_ENDS)), text.endswith(TERMINAL), text.count("\n"),
        sum(map(str.__eq__, words, folded)) / len(words) if cased else CASELESS,
        len([word for word in folded if word in title]) / len(title) if title else 0,
        sum(found), min(found, default=0), len(PRICE.findall(text)) if len(text) < 300 and MONEY.search(text) else 0,
        KINDS.index(block.kind), block.level,
    )  # fmt: skip


# What `_names` tells of each element: `own`, `near` and `cues` are cues, of itself, of it and its parent, and of all
# around it as well.
FLAGS = ("own", "near", "cues", "element", "elements", "signature")
NAME_SCORES = ("own_best", "own_worst", "best", "worst", "total")


def _names(page: Page, scores: Mapping[str, float]) -> dict[str, Numbers]:
    """For each element, what names tell: its own, and all those around it; and a number that is the same for elements
    of the same names in elements of the same names."""
    outline = page.outline
    known: dict[tuple[int, str, str], int] = {}
    scored: dict[str, tuple[int, float, float, float]] = {}
    flags = [(0, 0, 0, 0, 0, 0)]  # of the page itself
    found = [(0.0, 0.0, 0.0, 0.0, 0.0)]
    elements = zip(outline.elements, outline.classes, outline.names, outline.parents, strict=True)
    for name, classes, names, parent in islice(elements, 1, None):
        if names not in scored:
            scored[names] = _scored(names, scores)
        own, high, low, total = scored[names]
        element = ELEMENT_BITS.get(name, 0)
        own_above, _, cues_above, _, elements_above, signature = flags[parent]
        _, _, best, worst, total_above = found[parent]
        signature = known.setdefault((signature, name, classes), len(known) + 1)
        flags.append((own, own | own_above, own | cues_above, element, element | elements_above, signature))
        found.append((
            high, low, high if high > best else best, low if low < worst else worst, total + total_above,
        ))  # fmt: skip
    columns = dict(zip(FLAGS, np.array(flags, dtype=np.int64).T, strict=True))
    return columns | dict(zip(NAME_SCORES, np.array(found).T, strict=True))


def _scored(names: str, scores: Mapping[str, float]) -> tuple[int, float, float, float]:
    """The cues of names; the best, the worst and the sum of the scores of their words."""
    found = [scores[word] for word in sorted(cues.words(names) & scores.keys())]
    return cues.bits(names), max(found, default=0.0), min(found, default=0.0), sum(found)


def _measures(page: Page, words: Numbers, signature: Numbers) -> Measures:
    outline = page.outline
    place = np.array([block.place for block in page.blocks], dtype=np.int64)
    parents = np.maximum(np.array(outline.parents, dtype=np.int64), 0)
    sums = running(words)
    measures = Measures(
        words, sums, place, parents, np.array(outline.first), np.array(outline.last), [], [],
        (signature[place], signature[parents[place]]),
    )  # fmt: skip
    held = measures.within(sums)
    for share in SHARES:
        holder, steps = place, np.zeros(len(place))
        for _ in range(CLIMB):
            small = (held[holder] < share * sums[-1]) & (holder > 0)
            if not small.any():
                break
            steps = steps + small
            holder = np.where(small, parents[holder], holder)
        measures.holders.append(holder)
        measures.steps.append(steps)
    return measures


def _is_prose(columns: Columns) -> Numbers:
    return (columns["words"] >= PROSE_WORDS) & (columns["link"] < PROSE_LINK)


def _by_name(names: Mapping[str, Numbers], measures: Measures) -> Columns:
    """What the names of the elements around each block say: cues and elements as 0 (none), 1 (far), 2, 3 (its own)."""
    place = measures.place
    found = {name: names[name][place] for name in ("best", "worst", "total")}
    for cue in USED_CUES:
        bit = cues.BITS[cue].bit_length() - 1
        found[f"cue_{cue}"] = sum((names[field][place] >> bit) & 1 for field in ("own", "near", "cues"))  # type: ignore[assignment]
    for bit, name in enumerate(ELEMENTS):
        found[f"in_{name}"] = ((names["element"][place] >> bit) & 1) + ((names["elements"][place] >> bit) & 1)
    return found


def _neighbours(columns: Columns, measures: Measures, sums: Mapping[str, Numbers]) -> Columns:
    """The blocks before and behind, one by one and by the dozen; and where on the page a block stands."""
    count = len(measures.words)
    index = np.arange(count)
    found: Columns = {}
    for name in ("words", "kind", "score", "best", "worst", "total"):
        found[f"{name}-1"], found[f"{name}+1"] = shifted(columns[name], 1)
    for reach in (4, 12):
        low, high = np.maximum(index - reach, 0), np.minimum(index + reach + 1, count)
        near = measures.sums[high] - measures.sums[low]
        found[f"words_{reach}"] = near
        for name in ("link", "prose"):
            found[f"{name}_{reach}"] = (sums[name][high] - sums[name][low]) / np.maximum(near, 1)
    found["index"], found["from_end"], found["at"] = index, count - index, index / count
    found["words_before"] = measures.sums[:-1] / max(measures.sums[-1], 1)
    found["prose_before"] = sums["prose"][:-1] / max(sums["prose"][-1], 1)
    return found


def shifted(values: Numbers, step: int) -> tuple[Numbers, Numbers]:
    """The values of the blocks `step` before and behind each; -1 where there is none."""
    padding = np.full(min(step, len(values)), -1.0)
    return np.concatenate([padding, values[:-step]]), np.concatenate([values[step:], padding])


def _around(names: Mapping[str, Numbers], measures: Measures, sums: Mapping[str, Numbers]) -> Columns:
    """The elements around each block: how much they hold, and of what."""
    total = max(measures.sums[-1], 1)
    words = measures.within(measures.sums)
    parts = {name: measures.within(sums[name]) / np.maximum(words, 1) for name in ("link", "prose")}
    blocks = measures.last - measures.first
    found: Columns = {}
    up = measures.place
    for level in range(LEVELS):
        found[f"around{level}_words"], found[f"around{level}_share"] = words[up], words[up] / total
        found[f"around{level}_blocks"] = blocks[up]
        for name, part in parts.items():
            found[f"around{level}_{name}"] = part[up]
        for name in ("best", "worst") if level < LEVELS - 1 else ():
            found[f"around{level}_{name}"] = names[f"own_{name}"][up]
        up = measures.parents[up]
    for share, holder, steps in zip(SHARES, measures.holders, measures.steps, strict=True):
        found[f"holds{share}_steps"], found[f"holds{share}_words"] = steps, words[holder] / total
        found[f"holds{share}_total"] = names["total"][holder]
        for name, part in parts.items():
            found[f"holds{share}_{name}"] = part[holder]
        found[f"holds{share}_at"] = (np.arange(len(holder)) - measures.first[holder]) / np.maximum(blocks[holder], 1)
    return found


def means(values: Numbers, groups: Numbers) -> Numbers:
    """For each block the mean of its group."""
    return (np.bincount(groups, weights=values) / np.maximum(np.bincount(groups), 1))[groups]


def _alike(columns: Columns, measures: Measures) -> Columns:
    """Blocks in elements of the same signature: entries of a list, posts of a thread, items of a menu."""
    found: Columns = {}
    total = max(measures.sums[-1], 1)
    for name, groups in zip(("alike", "kin"), measures.alike, strict=True):
        found[name] = np.bincount(groups)[groups]
        found[f"{name}_share"] = np.bincount(groups, weights=measures.words)[groups] / total
        for column in ("words", "link", "end", "score") if name == "alike" else ("words", "link"):
            found[f"{name}_{column}"] = means(columns[column], groups)
    return found


def _headings(page: Page, columns: Columns) -> Columns:
    """The heading above each block, and the one that is the title of the page."""
    index = np.arange(len(page.blocks))
    heading = columns["kind"] == KINDS.index("heading")
    main = heading & (columns["level"] == 1)
    above = np.maximum.accumulate(np.where(heading, index, -1))
    above_main = np.maximum.accumulate(np.where(main, index, -1))
    title = int(np.argmax(columns["in_title"] + 0.01 * heading))
    return {
        "h1_seen": np.cumsum(main),
        "from_h1": np.where(above_main >= 0, index - above_main, -1),
        "from_heading": np.where(above >= 0, index - above, -1),
        "heading_score": np.where(above >= 0, columns["score"][above], 0),
        "heading_level": np.where(above >= 0, columns["level"][above], 0),
        "from_title": index - title if columns["in_title"][title] > 0.3 else np.full(len(index), -999),
    }


def _page(page: Page, columns: Columns, sums: Mapping[str, Numbers], price: Numbers) -> Columns:
    """What is the same for all blocks of a page."""
    count, total = len(page.blocks), max(columns["words"].sum(), 1)
    kinds = np.bincount(columns["kind"].astype(np.int64), minlength=len(KINDS))
    values: dict[str, float] = {
        "words": total, "blocks": count, "link": sums["link"][-1] / total, "prose": sums["prose"][-1] / total,
        "ends": sums["ends"][-1] / total, "prices": (price > 0).sum(), "rows": kinds[KINDS.index("row")] / count,
        "headings": kinds[KINDS.index("heading")] / count, "code": kinds[KINDS.index("code")],
        "articles": page.outline.elements.count("article"),
    }  # fmt: skip
    values |= {name: name in page.types for name in TYPES}
    return {f"page_{name}": np.full(count, value) for name, value in values.items()}


def stack(columns: Mapping[str, Numbers], names: Sequence[str]) -> NDArray[np.float32]:
    """The rows of the named columns, as a forest takes them."""
    return np.stack([np.asarray(columns[name], dtype=np.float32) for name in names], axis=1)
