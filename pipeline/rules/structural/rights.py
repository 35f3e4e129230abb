"""The copyright line of a site. A list of such lines is a text about who has the rights in something, and stays; so
does a line on which a text goes on, or that is wrapped into the next, and one below the heading of a part about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import re2
import regex

from pipeline.rules.lines import Lines, ends_sentence, prose_like
from pipeline.rules.rule import Span, Structural, examples
from pipeline.rules.sections import SMALL_PRINT

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
HEAD = regex.compile(
    r"(?i)copyright(?::.*| and licen[cs]e| notice)?|urheberrecht|derechos de autor"
)  # of a part about it
SENTENCE = regex.compile(r"(?<=[.!?])\s+(?=[\p{Lu}\"“])")
VERB, YEAR = regex.compile(r"\b(?:was|were|is|are|had|has)\b"), regex.compile(r"\b(?:1[5-9]|20)\d\d\b")


def find(lines: Lines) -> Sequence[Span]:
    """Propose to drop copyright lines, each of which becomes a fact, where a page has few of them."""
    found = [index for index in _suspects(lines.data) if _is_notice(lines, index)]
    if len({lines.texts[index] for index in found}) > FEW:
        return ()
    found = [index for index in found if not HEAD.fullmatch(_above(lines, index))]
    return [
        Span(lines.starts[i], lines.end(i), "", ID, (("copyright", " ".join(lines.texts[i].split())),)) for i in found
    ]


def _is_notice(lines: Lines, index: int) -> bool:
    """Whether a line is a notice and nothing else."""
    line = lines.texts[index]
    if not LINE.fullmatch(line):
        return False
    first, *others = SENTENCE.split(line)
    if any(map(_is_told, others)) or (VERB.search(first) and _is_told(first, YEAR.split(first)[-1])):
        return False
    below = lines.texts[index + 1] if index + 1 < len(lines) else ""
    return ends_sentence(line) or not (40 <= len(line) <= 100 and prose_like(f"{line} {below}") and below[:1].islower())


def _above(lines: Lines, index: int) -> str:
    """The line that stands above a notice, and above those that are right above it."""
    above = index - 1
    while above >= 0 and (not lines.texts[above] or LINE.fullmatch(lines.texts[above])):
        above -= 1
    return lines.texts[above] if above >= 0 else ""


def _is_told(sentence: str, end: str = "") -> bool:
    """Whether a sentence of a notice is one of a text: its `end`, or all of it, is about something else."""
    return prose_like(sentence) and not SMALL_PRINT.search(end or sentence)


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
        "The mill stood.\n\n⟦© 2019 by the friends of the mill and of the river that it stands on\n⟧\nIt is old.",
        "The mill stood.\n⟦Copyright © Lowford Library. All rights reserved. Lowford Books are paid for by friends,\n⟧",
    ),
    keep=examples(
        "Copyright was first granted in 1709, by an act of parliament.",
        "The book came out in 1906, and all rights reserved to the author passed to his son.",
        "What c means\n\nCopyright © 1998 by Tom Hale. That line stood in every book on my shelf when I was a boy.\n\n"
        "I used to say it aloud in bed.",
        "Copyright © 1976 by Alice Grey was the usual form in American books until the law was changed in that year.",
        "       Copyright (C) 2011 The Mill Project. You are free\n       to change the mill and to grind with it.",
        "© 2019 by the friends of the mill and of the river that it stands on\nand turns, said the sign on the door.",
        "COPYRIGHT\n       Copyright © 2022 The Mill Project.  Licence:  free of all\n       rights of the miller.\n",
        "COPYRIGHT\n\nCopyright © 2022 The Mill Project. Licence: free of all rights.\n",
        "Files: *\nCopyright: © 2001-2008 Ann Hill\n           © 2004-2016 Tom Hill\nLicence: free\n",
        "Copyright: © 1999 Ann Hill\n  © 2000 Bob Hill\nLicence: free\n\n"
        "© 2001 Tom Hill\n© 2003 Joan Mill\n© 2004 Lowford Library\n",
        "© 1999 Ann Hill\n© 2001 Tom Hill\n© 2003 Joan Mill\n© 2004 Lowford Library\nThe text is free.",
    ),
)
