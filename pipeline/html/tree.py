"""A page's source as a tree of BeautifulSoup: its block elements, and between them the runs of text, whose pieces know
where they stand in the source.

BeautifulSoup makes the tree; what it is fed comes from a builder of its own, for two reasons. The parsers that
BeautifulSoup knows do not tell where a text node stands, and they spend their time on inline elements, which no block
needs: here an inline element is a change of style within a run. End tags that authors may leave out are put in as
the HTML standard says (section 13.1.2.4), and no end tag closes a table cell from within.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from bs4 import BeautifulSoup
from bs4.builder import HTMLTreeBuilder
from bs4.element import NavigableString

from pipeline.html.tokens import attributes, tags

# Elements that a browser shows as blocks (HTML standard, section 15.3), and those which authors use as such.
BLOCKS = frozenset(
    "address article aside blockquote body button caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing main menu nav noscript ol "
    "optgroup p pre search section summary table tbody td tfoot th thead tr ul xmp".split()
)
HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
# A paragraph ends where a block begins, except for these, which cannot be in one.
CLOSE_PARAGRAPH = BLOCKS - frozenset("button td th tr tbody thead tfoot caption html body li dd dt noscript".split())
# What else an element closes that is still open: the elements, and those beyond which they are not looked for.
_CELL, _GROUP = frozenset(("td", "th")), frozenset(("thead", "tbody", "tfoot", "caption"))
_TERM, _TABLE = frozenset(("dt", "dd")), frozenset(("table",))
CLOSES = {
    "li": (frozenset(("li",)), frozenset("ul ol menu dir table td th".split())),
    "dt": (_TERM, frozenset("dl table td th".split())),
    "dd": (_TERM, frozenset("dl table td th".split())),
    "td": (_CELL, frozenset(("table", "tr"))),
    "th": (_CELL, frozenset(("table", "tr"))),
    "tr": (frozenset(("tr",)), _TABLE),
    **dict.fromkeys(("thead", "tbody", "tfoot"), (_GROUP, _TABLE)),
    **dict.fromkeys(HEADINGS, (HEADINGS, BLOCKS - HEADINGS)),
}
WALLS = frozenset("td th caption button".split())  # no end tag of another kind closes them
TABLE_PARTS = frozenset("table thead tbody tfoot tr td th caption".split())
DEPTH = 400  # of open elements; what is nested deeper is flat, as in browsers
NEAR = 8  # open inline elements that an end tag is compared with

# Styles that mean something for a text; from RAISED on, something else is shown than the text as it stands.
LINK, RAISED, RUBY, HIDDEN, BREAK, IMAGE, QUOTE = (1 << bit for bit in range(7))
STYLES = {"a": LINK, "sup": RAISED, "rt": RUBY, "rp": RUBY, "rtc": RUBY}
SINGLE = {"br": BREAK, "img": IMAGE, "input": IMAGE, "q": QUOTE}
IN_RUBY = frozenset("rt rp rtc rb ruby".split())  # where one of these begins, or the ruby ends, a reading ends
MAY_HIDE = re.compile("hidden|display", re.IGNORECASE)
HIDES = re.compile(r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
# What shows nothing, by itself: authors put it where there is to be some room.
_NOTHING = r"[\s\u00ad\u200b\ufeff]*+"
BLANK = re.compile(
    rf"{_NOTHING}(?:&(?:nbsp|#160|#xa0|ensp|emsp|thinsp|shy|#173|zwnj|#8203|#xfeff|#65279);?{_NOTHING})*+",
    re.IGNORECASE,
)
BLANKS = frozenset("& \t\n\f\r\u00a0\u00ad\u200b\ufeff")  # it is a space, or begins with one of these


class Piece(NamedTuple):
    """A slice of the source that is text (or a `BREAK`, an `IMAGE`, a `QUOTE`), with the styles that it stands in."""

    start: int
    end: int
    style: int


class Run(NavigableString):
    """A text node: the inline content between two block tags, as pieces."""

    pieces: list[Piece]


class Inline(NamedTuple):
    """An open inline element: its name, its style, and how many blocks were open when it began."""

    name: str
    style: int
    depth: int


def parse(source: str) -> BeautifulSoup:
    """Return the tree of a page from which what is never shown was cut (see `cut`).

    >>> tree = parse("<p>One <b>bold</b> word<p>Two")
    >>> [[str(run) for run in tag.contents] for tag in tree.find_all("p")]
    [['One bold word'], ['Two']]
    """
    return BeautifulSoup("<", builder=Builder(source))  # it would take a short text for the name of a file


class Builder(HTMLTreeBuilder):
    """Feeds BeautifulSoup with blocks and runs."""

    NAME = "blocks"
    ALTERNATE_NAMES = ()
    features = ("blocks",)

    def __init__(self, source: str) -> None:
        super().__init__(preserve_whitespace_tags=set(), string_containers={})
        self.cdata_list_attributes = {}  # `class` as it stands
        self._source = source

    def feed(self, markup: Any) -> None:
        """Make the tree of the source."""
        assert self.soup is not None
        self._tree = self.soup
        source = self._source
        self._open: list[str] = []  # names of the open blocks
        self._inline: list[Inline] = []  # and of inline elements that mean something
        self._style = 0
        pieces: list[Piece] = []
        at = 0
        for match in tags(source):
            start, end = match.span()
            if start > at:
                pieces.append(Piece(at, start, self._style))
            at = end
            slash, name, rest = match[1], match[2].lower(), match[3] or match[4] or ""
            if name in BLOCKS:
                if pieces:
                    self._run(source, pieces)
                    pieces = []
                self._block(slash, name, rest)
            elif name in SINGLE:
                pieces.append(Piece(start, end, self._style | SINGLE[name]))
            elif slash:
                if self._inline:
                    self._end_inline(name)
            elif name in STYLES or self._inline or MAY_HIDE.search(rest):
                self._begin_inline(name, rest)
        if at < len(source):
            pieces.append(Piece(at, len(source), self._style))
        if pieces:
            self._run(source, pieces)

    def _run(self, source: str, pieces: list[Piece]) -> None:
        """Put the pieces into the tree as a text node, unless they are blank."""
        if len(pieces) == 1:
            start, end, style = pieces[0]
            text = source[start:end] if style < BREAK else ""
        else:
            text = "".join([source[start:end] for start, end, style in pieces if style < BREAK])
        if is_blank(text) and not any(style & IMAGE for _, _, style in pieces):
            return
        run = Run(text)
        run.pieces = pieces
        self._tree.object_was_parsed(run)

    def _block(self, slash: str, name: str, rest: str) -> None:
        """Begin or end a block; what was open within a block that ends is closed."""
        if slash:
            self._close(name)
        else:
            self._begin(name, rest)
        depth = len(self._open)
        if self._inline and self._inline[-1].depth > depth:
            self._restyle([one for one in self._inline if one.depth <= depth])

    def _begin(self, name: str, rest: str) -> None:
        if name in CLOSE_PARAGRAPH and "p" in self._open:
            self._close("p")
        if name in CLOSES:
            names, walls = CLOSES[name]
            for other in reversed(self._open):
                if other in names:
                    self._close(other)
                    break
                if other in walls:
                    break
        if name != "hr" and len(self._open) < DEPTH:
            self._tree.handle_starttag(name, None, None, attributes(rest) if len(rest) > 2 else {})
            self._open.append(name)

    def _close(self, name: str) -> None:
        """Close the last open block of that name, with all that is open in it, unless that is not allowed."""
        opened = self._open
        for place in range(len(opened) - 1, -1, -1):
            other = opened[place]
            if other == name:
                for closed in reversed(opened[place:]):
                    self._tree.handle_endtag(closed)
                del opened[place:]
                return
            if other in WALLS and name not in TABLE_PARTS:
                return

    def _begin_inline(self, name: str, rest: str) -> None:
        """Open an inline element if it has a style, or if its end tag could be taken for that of one which has."""
        style = STYLES.get(name, 0)
        if name in IN_RUBY and self._style & RUBY:
            self._restyle([one for one in self._inline if not one.style & RUBY])
        if style == LINK and "href" not in rest.lower():
            style = 0
        if MAY_HIDE.search(rest) and is_hidden(attributes(rest)):
            style |= HIDDEN
        if (style or any(name == one.name for one in self._inline)) and len(self._inline) < DEPTH:
            self._inline.append(Inline(name, style, len(self._open)))
            self._style |= style

    def _end_inline(self, name: str) -> None:
        if name == "ruby" and self._style & RUBY:
            self._restyle([one for one in self._inline if not one.style & RUBY])
        for place in range(len(self._inline) - 1, max(-1, len(self._inline) - 1 - NEAR), -1):
            if self._inline[place].name == name:
                self._restyle(self._inline[:place] + self._inline[place + 1 :])
                return

    def _restyle(self, inline: list[Inline]) -> None:
        self._inline = inline
        self._style = 0
        for one in inline:
            self._style |= one.style


def is_hidden(attrs: Mapping[str, Any]) -> bool:
    """Whether an element with these attributes is not shown.

    >>> is_hidden({"style": "color: red; display : none"}), is_hidden({"class": "hidden"})
    (True, False)
    """
    if "hidden" in attrs and attrs["hidden"].lower() != "until-found":
        return True
    return "style" in attrs and HIDES.search(attrs["style"]) is not None


def is_blank(text: str) -> bool:
    """Whether a slice of the source shows nothing.

    >>> is_blank(" &nbsp;"), is_blank("&amp;")
    (True, False)
    """
    return not text or text.isspace() or (text[0] in BLANKS and BLANK.fullmatch(text) is not None)
