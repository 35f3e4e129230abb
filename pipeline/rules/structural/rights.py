"""The copyright line of a site. A list of such lines is a text about who has the rights in something, and stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import re2
import regex

from pipeline.rules.lines import Lines
from pipeline.rules.rule import Span, Structural, examples

ID = "footer.copyright"
FEW = 3  # different copyright lines that a page may have
GATE = re2.compile(r"©|[Cc]opyright|COPYRIGHT|\([cC]\)|[Rr]ights [Rr]eserved")
LINE = regex.compile(
    r"""(?x)
      (?:©|\(c\)|\(C\)|[Cc]opyright(?:\ ?©|\ \([cC]\))?|COPYRIGHT)[ ,]*
      (?: (?:19|20)\d\d\b (?:\s?[-–,]\s?(?:(?:19|20)\d\d|[Pp]resent)\b)* [^\n]{0,240}
        | \p{Lu}[^\n]{2,160}\.?\ All\ [Rr]ights\ [Rr]eserved\b[^\n]{0,200} )
    | [^\n.]{0,80}(?:19|20)\d\d[^\n]{0,80}\.\ All\ [Rr]ights\ [Rr]eserved\.?[^\n]{0,100}"""
)


def find(lines: Lines) -> Sequence[Span]:
    """Propose to drop copyright lines, each of which becomes a fact, where a page has few of them."""
    found = [index for index in _suspects(lines.data) if LINE.fullmatch(lines.texts[index])]
    if len({lines.texts[index] for index in found}) > FEW:
        return ()
    return [
        Span(lines.starts[i], lines.end(i), "", ID, (("copyright", " ".join(lines.texts[i].split())),)) for i in found
    ]


def _suspects(data: bytes) -> Iterator[int]:
    """Yield the lines that may be about rights, in order."""
    at, index, last = 0, 0, -1
    for match in GATE.finditer(data):
        index += data.count(b"\n", at, match.start())
        at = match.start()
        if index > last:
            yield index
        last = index


RULE = Structural(
    id=ID,
    about="A copyright line.",
    find=find,
    gate=GATE.pattern,
    match=examples(
        "The mill stood.\n⟦© 2003-2012 Lowford Pages. All rights reserved.⟧",
        "The mill stood.\n⟦Copyright © Lowford Library. All rights reserved. Lowford Books are paid for by friends,\n⟧",
    ),
    keep=examples(
        "Copyright was first granted in 1709, by an act of parliament.",
        "The book came out in 1906, and all rights reserved to the author passed to his son.",
        "© 1999 Ann Hill\n© 2001 Tom Hill\n© 2003 Joan Mill\n© 2004 Lowford Library\nThe text is free.",
    ),
)
