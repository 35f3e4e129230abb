"""The blocks of a page: its paragraphs, headings, list items, table rows …, in order, as a browser would show them.

A block is the inline content between two block tags, split where two line breaks make it look like two paragraphs. Rows
of a table whose cells hold nothing but text are one block each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bs4.element import Tag

from pipeline.html.tree import BREAK, HEADINGS, HIDDEN, IMAGE, LINK, RUBY, Piece, Run, is_blank, is_hidden

if TYPE_CHECKING:
    from pipeline.rules.rule import Rule

FIRST = frozenset(("item", "definition"))  # only the first block of an element is of these
KINDS = {
    "dt": "term", "dd": "definition", "pre": "code", "listing": "code", "xmp": "code", "caption": "caption",
    "figcaption": "caption", "blockquote": "quote",
}  # fmt: skip
NAMES = ("class", "id", "role", "itemprop", "data-testid", "aria-label")
LISTS = frozenset("ul ol menu dir".split())
FRESH = frozenset("table td th article".split())  # what is in them starts anew
PLAIN = frozenset("p div center".split())  # a cell that holds one of these, and nothing else, holds what is in that
LINES = 3  # a cell of more is no cell of a row, but a layout
BULLET = re.compile("[•‣◦▪●■►]|&(?:bull|#8226);")
NUMBER = re.compile(r"\s*([+-]?\d{1,8})", re.ASCII)
ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
MOSTLY = 0.5  # of all text, that is never hidden: then a script is meant to show it


@dataclass(slots=True, eq=False)
class Block:
    """A block of a page, with what its markup tells.

    - `kind`: `paragraph`, `heading`, `item`, `term`, `definition`, `row`, `code`, `quote` or `caption`;
    - `level`: of the heading, or how deep the list is nested;
    - `place`: of its element in the outline of the page;
    - `pieces`: where its text stands in the source, in what style; `cells`: at which of them the cells of a row begin;
    - `marker`: what a browser shows before the item of a list;
    - `text`, and where it stands (marker included) in the text that the page becomes: `start` to `end`.
    """

    kind: str
    level: int
    place: int
    pieces: list[Piece]
    cells: Sequence[int] = ()
    marker: str = ""
    text: str = ""
    start: int = 0
    end: int = 0


def link_share(block: Block) -> float:
    """Which share of a block's source is in links."""
    link = visible = 0
    for start, end, style in block.pieces:
        visible += end - start
        if style & LINK:
            link += end - start
    return link / (visible or 1)


@dataclass(slots=True)
class Outline:
    """The block elements of a page in order: what each is, its class, and all the names that its author gave it (see
    `cues`). `parents` are places in the outline; an element has the blocks from `first` up to `last`; `hidden` tells
    whether a browser shows none of them, `rules` which rule of a pack chose the element, or one around it."""

    elements: list[str] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    hidden: list[bool] = field(default_factory=list)
    rules: list[Rule | None] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)

    def open(self, tag: Tag, parent: int, blocks: int, rule: Rule | None = None) -> int:
        """Add an element that begins before block number `blocks`; return its place."""
        attrs: dict[str, str] = tag.attrs  # type: ignore[assignment]  # no attribute is taken for a list
        self.elements.append(tag.name)
        self.classes.append(attrs.get("class", "") if attrs else "")
        self.names.append(named(attrs) if attrs else "")
        self.parents.append(parent)
        self.hidden.append((parent >= 0 and self.hidden[parent]) or (bool(attrs) and is_hidden(attrs)))
        self.rules.append(rule or (self.rules[parent] if parent >= 0 else None))
        self.first.append(blocks)
        self.last.append(blocks)
        return len(self.elements) - 1


def named(attrs: Mapping[str, str]) -> str:
    """The names that an author gave to an element, as one text."""
    return " ".join([attrs[name] for name in NAMES if name in attrs])


@dataclass(slots=True)
class _Open:
    """An element whose content is being read: what is left of it, and what the blocks in it are."""

    nodes: Iterator[object]
    place: int
    kind: str
    level: int
    marker: str = ""  # of the item
    number: int = 0  # of the next item, in a list that counts
    step: int = 0  # from one item to the next
    style: str = ""  # how the numbers are written


def find(tree: Tag, source: str, chosen: Mapping[int, Rule] | None = None) -> tuple[list[Block], Outline]:
    """Return the blocks of a tree that `parse` made of `source`, hidden ones too, and the outline. `chosen` are the
    elements that rules have chosen, by their identity.

    >>> from pipeline.html.tree import parse
    >>> source = "<h2>Rivers</h2>They rise.<ol><li>First<li>Then"
    >>> [(block.kind, block.level, block.marker) for block in find(parse(source), source)[0]]
    [('heading', 2, ''), ('paragraph', 0, ''), ('item', 1, '1. '), ('item', 1, '2. ')]
    """
    blocks: list[Block] = []
    outline = Outline()
    chosen = chosen or {}
    waiting: list[_Open] = []  # items and definitions that have no block yet
    stack = [_Open(iter(tree.contents), outline.open(tree, -1, 0), "paragraph", 0)]
    while stack:
        top = stack[-1]
        for node in top.nodes:
            if isinstance(node, Run):
                for block in _split(node, source, top.kind, top.level, top.place):
                    if waiting or top.kind in FIRST:
                        _mark(block, waiting, source, outline)
                    blocks.append(block)
                continue
            assert isinstance(node, Tag)
            place = outline.open(node, top.place, len(blocks), chosen.get(id(node)))
            cells = node.name == "tr" and not (chosen and any(id(cell) in chosen for cell in node.contents))
            if cells and (row := _row(node, place, source)):
                blocks.append(row)
                outline.last[place] = len(blocks)
                waiting.clear()
                continue
            stack.append(_enter(node, place, top))
            if node.name in ("li", "dd"):
                waiting.append(stack[-1])
            break
        else:
            outline.last[top.place] = len(blocks)
            stack.pop()
            if waiting and waiting[-1] is top:
                waiting.pop()
    return blocks, outline


def _enter(tag: Tag, place: int, around: _Open) -> _Open:
    """What is in an element, given what it is in."""
    name, nodes = tag.name, iter(tag.contents)
    if name in HEADINGS:
        return _Open(nodes, place, "heading", int(name[1]))
    if name in LISTS:
        inside = _Open(nodes, place, "paragraph", 1 if around.kind == "heading" else around.level + 1)
        if name == "ol":
            inside.step = -1 if "reversed" in tag.attrs else 1
            first = 1 if inside.step == 1 else sum(getattr(node, "name", "") == "li" for node in tag.contents)
            inside.number, inside.style = _number(tag, "start", first), str(tag.attrs.get("type", ""))
        return inside
    if name == "li":
        marker = "- "
        if around.step:
            around.number = _number(tag, "value", around.number)
            marker = numbered(around.number, around.style) + ". "
            around.number += around.step
        return _Open(nodes, place, "item", max(around.level, 1), marker)
    if name in KINDS:
        return _Open(nodes, place, KINDS[name], 0)
    if name in FRESH:
        return _Open(nodes, place, "paragraph", 0)
    return _Open(nodes, place, around.kind, around.level)


def _number(tag: Tag, name: str, otherwise: int) -> int:
    """The number that an attribute gives."""
    match = NUMBER.match(str(tag.attrs.get(name, "")))
    return int(match[1]) if match else otherwise


def numbered(number: int, style: str) -> str:
    """A number as a list shows it: in digits, or as the letters or Roman numerals that `type` asks for.

    >>> [numbered(28, style) for style in ("1", "a", "I")], numbered(0, "a")
    (['28', 'ab', 'XXVIII'], '0')
    """
    if not 0 < number < 4000 or style not in ("a", "A", "i", "I"):
        return str(number)
    letters = ""
    if style in "aA":
        while number:
            number, letter = divmod(number - 1, 26)
            letters = chr(ord("a") + letter) + letters
    else:
        for value, numeral in ROMAN:
            letters += numeral * (number // value)
            number %= value
    return letters if style.islower() else letters.upper()


def _mark(block: Block, waiting: list[_Open], source: str, outline: Outline) -> None:
    """Give the first block of an item its marker, unless that is a heading or the like; what follows in the item, or in
    a definition, is a paragraph."""
    if waiting and (outline.hidden[block.place] or not any(_is_text(piece, source) for piece in block.pieces)):
        return  # nothing shows
    if block.kind in FIRST:
        if not waiting:
            block.kind = "paragraph"
        elif not _has_marker(block, waiting[-1].marker, source):
            block.marker = "  " * (block.level - 1) + waiting[-1].marker
    waiting.clear()


def _has_marker(block: Block, marker: str, source: str) -> bool:
    """Whether the text of an item begins with a marker of its own, as where a style hides that of the list."""
    first = next(piece for piece in block.pieces if _is_text(piece, source))
    text = source[first.start : first.end].lstrip()
    return not marker or text.startswith(marker) or BULLET.match(text) is not None


def _is_text(piece: Piece, source: str) -> bool:
    """Whether a piece is text that shows."""
    return not piece.style & (RUBY | HIDDEN | BREAK | IMAGE) and not is_blank(source[piece.start : piece.end])


def _row(tag: Tag, place: int, source: str) -> Block | None:
    """The row of a table as one block, if it has two cells at least and they hold nothing but a few lines of text."""
    if len(tag.contents) < 2:
        return None
    starts: list[int] = []
    pieces: list[Piece] = []
    for cell in tag.contents:
        if isinstance(cell, Run):
            return None
        hidden = 0
        starts.append(len(pieces))
        while isinstance(cell, Tag) and len(cell.contents) == 1 and (cell.parent is tag or cell.name in PLAIN):
            hidden |= HIDDEN if is_hidden(cell.attrs) else 0
            cell = cell.contents[0]
        if isinstance(cell, Run):
            if sum([piece.style & BREAK > 0 for piece in cell.pieces]) >= LINES or _is_parted(cell, source):
                return None
            pieces += [piece._replace(style=piece.style | hidden) for piece in cell.pieces] if hidden else cell.pieces
        elif not isinstance(cell, Tag) or cell.contents:
            return None
    return Block("row", 0, place, pieces, starts) if pieces else None


def _is_parted(run: Run, source: str) -> bool:
    """Whether a run is several blocks."""
    return len(list(_split(run, source, "", 0, 0))) > 1


def _split(run: Run, source: str, kind: str, level: int, place: int) -> Iterator[Block]:
    """The blocks of a run: one, or several where two line breaks follow one another."""
    if kind == "code" or len(run.pieces) == 1 or not any(piece.style & BREAK for piece in run.pieces):
        yield Block(kind, level, place, run.pieces)
        return
    part: list[Piece] = []
    breaks = 0
    for piece in run.pieces:
        if piece.style & BREAK:
            breaks += 1
        elif piece.style & IMAGE or not is_blank(source[piece.start : piece.end]):
            if breaks > 1 and part:
                yield Block(kind, level, place, part)
                part = []
            breaks = 0
        part.append(piece)
    yield Block(kind, level, place, part)


def show_all(outline: Outline, blocks: Sequence[Block]) -> None:
    """Hide nothing if that would hide most of the page: a script is meant to show it when it has loaded."""
    sizes = [sum(piece.end - piece.start for piece in block.pieces) for block in blocks]
    hidden = sum(size for size, block in zip(sizes, blocks, strict=True) if outline.hidden[block.place])
    if hidden > MOSTLY * sum(sizes):
        outline.hidden = [False] * len(outline.hidden)


def shown(blocks: Sequence[Block], outline: Outline) -> tuple[list[Block], Outline]:
    """Return the blocks that have text, and the outline of them."""
    before = [0]
    for block in blocks:
        before.append(before[-1] + bool(block.text))
    outline.first = [before[place] for place in outline.first]
    outline.last = [before[place] for place in outline.last]
    return [block for block in blocks if block.text], outline
