"""What cleaning changed, for people: the raw text with its edits, or a patch. Both are views of the ledger alone."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from click import style

from pipeline.document import Document
from pipeline.formats.records import named

__all__ = ["inline", "unified"]

_CONTEXT = 120  # characters of kept text that stay visible beside an edit
_VISIBLE = str.maketrans({"\n": "↵", "\r": "␍", "\t": "→", " ": "·", "\u00a0": "⍽"})


def inline(document: Document, *, colour: bool = False, spaces: bool = False) -> Iterator[str]:
    """Yield the pieces of the raw text with its edits in place.

    Kept text is plain, and long stretches of it are cut, with a count. What was removed is red, what was written is
    green, and the rules follow in brackets; without colour they stand in `[-…-]` and `{+…+}`. Edits that only change
    white space are carried out in silence, unless `spaces` asks for them.

    >>> from pipeline.document import Ledger, Pass
    >>> from pipeline.edits import Edit
    >>> ledger = Ledger([Pass("debris", [Edit(8, "[7]", "", "demo.note")])])
    >>> print("".join(inline(Document("a", "A claim.[7] Another.", "A claim. Another.", ledger=ledger))), end="")
    A claim.[-[7]-](demo.note) Another.
    """
    hidden = 0
    kept: list[str] = []
    at = 0
    first = True
    edits = document.edits
    for start, old, new, rule in edits:
        kept.append(document.raw[at:start])
        at = start + len(old)
        if not spaces and not old.strip() and not new.strip():
            kept.append(new)
            hidden += 1
            continue
        yield _elide("".join(kept), colour, head=not first, tail=True)
        yield _change(old, new, rule, colour)
        kept, first = [], False
    kept.append(document.raw[at:])
    yield _elide("".join(kept), colour, head=not first, tail=False)
    yield "\n"
    if first and not hidden:
        yield _dim("The clean text is the raw text.\n", colour)
    if hidden:
        yield _dim(f"Not shown: {named(hidden, 'edit')} of white space only. Show them with --spaces.\n", colour)


def _elide(text: str, colour: bool, *, head: bool, tail: bool) -> str:
    """Cut the middle out of kept text; `head` and `tail` tell whether an edit is before it, and behind it."""
    before = _CONTEXT if head else 0
    behind = _CONTEXT if tail else 0
    if len(text) <= before + behind + 80:
        return text
    first = re.match(r".*(?=\s)", text[:before], re.S)  # to the end of a word, if there is one
    last = re.search(r"(?<=\s).*", text[len(text) - behind :], re.S)
    start = first[0] if first else text[:before]
    end = last[0] if last else text[len(text) - behind :]
    count = len(text) - len(start) - len(end)
    return f"{start}\n{_dim(f'… {count:,} characters kept …', colour)}\n{end}"


def _change(old: str, new: str, rule: str, colour: bool) -> str:
    if not old.strip() and not new.strip():
        old, new = old.translate(_VISIBLE), new.translate(_VISIBLE)
    if not colour:
        return (f"[-{old}-]" if old else "") + (f"{{+{new}+}}" if new else "") + f"({rule})"
    return _paint(old, "red") + _paint(new, "green") + _dim(f"({rule})", colour)


def _paint(text: str, colour: str) -> str:
    """Colour each line by itself, as pagers need it."""
    return "\n".join(style(line, fg=colour) if line else "" for line in text.split("\n"))


def _dim(text: str, colour: bool) -> str:
    return style(text, dim=True) if colour else text


def unified(document: Document, *, colour: bool = False) -> Iterator[str]:
    r"""Yield the lines of a patch from the raw text to the file of the clean text.

    >>> from pipeline.document import Document
    >>> print("".join(unified(Document("a", "x\nold", "x\nnew"))), end="")
    --- raw/a
    +++ clean/a
    @@ -1,2 +1,2 @@
     x
    -old
    \ No newline at end of file
    +new
    """
    raw, clean = _lines(document.raw), _lines(document.text + "\n" if document.text else "")
    for line in difflib.unified_diff(raw, clean, f"raw/{document.id}", f"clean/{document.id}"):
        if not line.endswith("\n"):
            line += "\n\\ No newline at end of file\n"
        if colour and line[0] in "+-@":
            line = style(line.rstrip("\n"), fg={"+": "green", "-": "red", "@": "cyan"}[line[0]]) + "\n"
        yield line


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)
