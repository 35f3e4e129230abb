"""The stages, each a module, in the order of `order`: text in, a `Found` (edits, facts, gaps …) out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from pipeline.document import Found

# The rules that are not of a pack: a stage makes their edits itself.
STAGE_RULES = {
    "record.id": "The id of a record in the file that holds it.",
    "record.url": "The address that a record says its document comes from.",
    "record.date": "The date of a record: in a web archive, when the document was fetched.",
    "record.digest": "The digest of the document that a web archive keeps beside it.",
    "record.member": "Another member of a record, such as its title, its language or its source.",
    "head.title": "The title of what is on the page, without the name of the site.",
    "head.page-title": "The title of the page, as a browser shows it.",
    "head.author": "Who wrote what is on the page.",
    "head.published": "When the page was published.",
    "head.modified": "When the page was last changed.",
    "head.canonical-url": "The address that the page gives as its own.",
    "head.language": "The language of the page, as a BCP 47 tag.",
    "head.licence": "The licence of the page, or who has the rights to it.",
    "head.site-name": "The name of the site.",
    "head.description": "What the page says it is about.",
    "head.page-type": "What kind of page it is, in a word of Open Graph.",
    "head.schema-type": "What the page describes, in a word of schema.org.",
    "html.declaration": "A declaration or an instruction of markup (`<!DOCTYPE …>`, `<?xml …?>`).",
    "html.head": "An element of a page's head: its title, metadata, links. What they say is kept as facts.",
    "html.script": "A script of a page.",
    "html.style": "A style sheet of a page.",
    "html.comment": "A comment in markup.",
    "html.template": "Markup that a script may use, and a browser does not show.",
    "html.drawing": "A drawing within a page (SVG, canvas, image map).",
    "html.embedded": "What stands in for a frame, a video or another object that a browser shows itself.",
    "html.control": "What can be chosen or typed in a form.",
    "html.annotation": "The source of a formula, beside the formula.",
    "html.tag": "Markup; where it parts two blocks, a line break or an empty line stands instead.",
    "html.space": "White space that a browser does not show.",
    "html.entity": "A character reference of markup (`&amp;`) becomes the character that it names.",
    "html.hidden": "Text that the page itself hides.",
    "html.ruby": "The reading of a word, in small letters above it.",
    "html.footnote": "The raised mark of a footnote.",
    "html.quote": "A quotation mark that a browser shows where a quotation (`<q>`) begins or ends.",
    "html.raised": "A raised number is written with raised digits (10⁶), since it would mean another one without.",
    "page.navigation": "A block that is not content, where the page says navigation: menus, breadcrumbs, page numbers.",
    "page.header": "A block that is not content, in a header.",
    "page.footer": "A block that is not content, in a footer.",
    "page.aside": "A block that is not content, in a sidebar.",
    "page.advert": "A block that is not content, where the page says advertisement.",
    "page.consent": "A block that is not content, of a notice about cookies and privacy.",
    "page.share": "A block that is not content, about sharing or following.",
    "page.related": "A block that is not content, about other pages: related, popular, next.",
    "page.comments": "A block that is not content, around comments and replies.",
    "page.subscribe": "A block that is not content, about a newsletter or a subscription.",
    "page.controls": "A block that is not content, of a form, a search, a login, a basket or a dialog.",
    "page.meta": "A block that is not content, beside it: author, date, categories, labels.",
    "page.boilerplate": "A block that is not content, by its text and its place.",
    "lines.crlf": "A line end of Windows (carriage return and line feed) becomes a line feed.",
    "lines.cr": "A line end of old Macs (a carriage return alone) becomes a line feed.",
    "lines.vertical-tab": "A vertical tab ends a line.",
    "lines.form-feed": "A form feed ends a line: here a page ended.",
    "lines.next-line": "The control character NEL ends a line.",
    "lines.line-separator": "The line separator of Unicode ends a line.",
    "lines.paragraph-separator": "The paragraph separator of Unicode ends a paragraph.",
    "encoding.mojibake": "Text that was decoded in the wrong encoding reads as it was meant.",
    "encoding.entity": "An HTML entity (`&amp;`) becomes the character that it names.",
    "encoding.c1": "A control character of ISO 8859-1 is what windows-1252 has in its place.",
    "encoding.surrogate": "Two halves of a character become one; a half alone is no character.",
    "encoding.undecodable": "Bytes that the encoding of the text has no character for.",
    "encoding.terminal-escape": "A command to a terminal, for colours or the cursor.",
    "encoding.ligatures": "A ligature is written as its letters (with --typography).",
    "encoding.quotes": "A curly quotation mark becomes a straight one (with --typography).",
    "encoding.widths": "A wide or narrow form becomes the usual one (with --typography).",
    "characters.control": "A control character that no text needs.",
    "characters.no-break-space": "A space that forbids a line break becomes a plain one.",
    "characters.space": "A space of another width becomes a plain one.",
    "characters.soft-hyphen": "A hyphen that shows only at a line end.",
    "characters.bidi": "A mark of writing direction, where no script needs it.",
    "characters.zero-width": "A character without width, where no script needs it.",
    "characters.overstrike": "A character that was printed over another: bold or underlined, on old printers.",
    "characters.nfc": "A letter and its accents become one character, where Unicode has one.",
    "spaces.trailing": "Spaces at the end of a line.",
    "spaces.indent": "Spaces at the beginning of a line that mean nothing.",
    "spaces.run": "More than one space between words.",
    "reflow.join": "Lines that were wrapped at a width become one.",
    "reflow.seam": "Lines that were one before debris, or a link, came between them.",
    "reflow.hyphen": "A word that was broken at a line end is whole again.",
    "reflow.compound": "A word with a hyphen of its own that was broken there is whole again.",
    "reflow.paragraph": "Paragraphs stand apart by one empty line.",
    "reflow.heading": "A heading is marked as one (with --headings markdown).",
    "gaps.sentence": "A sentence that lost a year and cannot get it back (with --gaps drop).",
    "gaps.marked": "The mark of a gap (with --gaps mark).",
    "years.restored": "A year, decade, range or date that was dropped; the sidecar says where it was found.",
    "values.restored": "Another value that was dropped; the sidecar says where it was found.",
    "duplicates.exact": "A paragraph that stands elsewhere in the corpus, word for word; the sidecar says where.",
    "duplicates.near": "A paragraph that stands elsewhere in the corpus, but for a few words that mean little.",
    "duplicates.covered": "A paragraph all of which stands in a longer one, or in several others.",
    "duplicates.heading": "A heading whose whole body went with duplicates.",
}
# Without the other rules about markup a page would not become text: they cannot be switched off.
OPTIONAL_MARKUP = ("html.hidden", "html.ruby", "html.footnote", "html.raised")


def other_rules() -> dict[str, str]:
    """The rules that are of no pack, and what each is for: those of stages, and the patterns that find gaps.

    >>> other_rules()["gaps.sentence"], "gaps.preposition" in other_rules()
    ('A sentence that lost a year and cannot get it back (with --gaps drop).', True)
    """
    from pipeline.stages import gap_patterns

    return {f"gaps.{rule.id}": rule.about for rule in gap_patterns.rules()} | STAGE_RULES


class Stage(NamedTuple):
    """A named step: `find` looks at a text (or, if `whole`, at the document) and says what should change. It runs until
    it asks for nothing more, `rounds` times at most. What a `guarded` stage took is given back if it was too large a
    share of the words. A stage that makes text look different may uncover work for an earlier one: `back_to` names
    that, to be asked again. Where a page, or a text by its backticks, says code, a stage for `prose`
    changes nothing.

    >>> from pipeline.edits import Edit
    >>> Stage("demo", lambda text: Found([Edit(0, "x", "", "demo.x")] if text[:1] == "x" else [])).find("xy").edits
    [Edit(start=0, old='x', new='', rule='demo.x')]
    """

    name: str
    find: Callable[[Any], Found]
    rounds: int = 1
    guarded: bool = False
    back_to: str = ""
    whole: bool = False
    prose: bool = False
