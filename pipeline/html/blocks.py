"""The blocks of a page: its paragraphs, headings, list items, table rows …, in order, as a browser would show them.

A block is the inline content between two block tags, split where two line breaks make it look like two paragraphs. Rows
of a table whose cells hold nothing but text are one block each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bs4.element import Tag

from pipeline.html.tree import BREAK, HEADINGS, IMAGE, Piece, Run, is_hidden

if TYPE_CHECKING:
    from pipeline.rules.rule import Rule

KINDS = {
    "dt": "term", "dd": "definition", "pre": "code", "listing": "code", "xmp": "code", "caption": "caption",
    "figcaption": "caption", "blockquote": "quote",
}  # fmt: skip
NAMES = ("class", "id", "role", "itemprop", "data-testid", "aria-label")
LISTS = frozenset("ul ol menu dir".split())
FRESH = frozenset("table td th article".split())  # what is in them starts anew
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
    marker: str = ""  # of the item, until its first block has it
    number: int = 0  # of the next item, in a list that counts


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
    stack = [_Open(iter(tree.contents), outline.open(tree, -1, 0), "paragraph", 0)]
    while stack:
        top = stack[-1]
        for node in top.nodes:
            if isinstance(node, Run):
                for block in _split(node, source, top.kind, top.level, top.place):
                    if top.kind == "item":
                        _mark(block, stack)
                    blocks.append(block)
                continue
            assert isinstance(node, Tag)
            place = outline.open(node, top.place, len(blocks), chosen.get(id(node)))
            cells = node.name == "tr" and not (chosen and any(id(cell) in chosen for cell in node.contents))
            if cells and (row := _row(node, place)):
                blocks.append(row)
                outline.last[place] = len(blocks)
                continue
            stack.append(_enter(node, place, top))
            break
        else:
            outline.last[top.place] = len(blocks)
            stack.pop()
    return blocks, outline


def _enter(tag: Tag, place: int, around: _Open) -> _Open:
    """What is in an element, given what it is in."""
    name, nodes = tag.name, iter(tag.contents)
    if name in HEADINGS:
        return _Open(nodes, place, "heading", int(name[1]))
    if name in LISTS:
        start = tag.attrs.get("start", "1") if name == "ol" else ""
        number = int(start) if isinstance(start, str) and start.isdecimal() and len(start) < 9 else int(name == "ol")
        return _Open(nodes, place, "paragraph", around.level + 1 if around.kind == "item" else 1, number=number)
    if name == "li":
        marker = f"{around.number}. " if around.number else "- "
        around.number += bool(around.number)
        return _Open(nodes, place, "item", max(around.level, 1), marker)
    if name in KINDS:
        return _Open(nodes, place, KINDS[name], 0)
    if name in FRESH:
        return _Open(nodes, place, "paragraph", 0)
    return _Open(nodes, place, around.kind, around.level)


def _mark(block: Block, stack: list[_Open]) -> None:
    """Give the first block of an item its marker; what follows in the item is a paragraph."""
    for opened in reversed(stack):
        if opened.marker:
            block.marker, opened.marker = "  " * (block.level - 1) + opened.marker, ""
            return
        if opened.number or opened.kind != "item":
            break
    block.kind = "paragraph"


def _row(tag: Tag, place: int) -> Block | None:
    """The row of a table as one block, if it has two cells at least and they hold nothing but inline content."""
    if len(tag.contents) < 2:
        return None
    starts: list[int] = []
    pieces: list[Piece] = []
    for cell in tag.contents:
        if not isinstance(cell, Tag) or len(cell.contents) > 1:
            return None
        starts.append(len(pieces))
        for run in cell.contents:
            if not isinstance(run, Run):
                return None
            pieces += run.pieces
    return Block("row", 0, place, pieces, starts)


def _split(run: Run, source: str, kind: str, level: int, place: int) -> Iterator[Block]:
    """The blocks of a run: one, or several where two line breaks follow one another."""
    if kind == "code" or not any(piece.style & BREAK for piece in run.pieces):
        yield Block(kind, level, place, run.pieces)
        return
    part: list[Piece] = []
    breaks = 0
    for piece in run.pieces:
        if piece.style & BREAK:
            breaks += 1
        elif source[piece.start : piece.end].strip() or piece.style & IMAGE:
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
