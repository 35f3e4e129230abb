"""Documents with debris in them, family by family, with the answer: what is debris, and what was lost.

A family is data: `families.toml` has shapes of text (see `prose`) in which ⟦…⟧ stands around debris, ⦅…⦆ around what
may go or stay. ⟮…⟯ stands around what the scraper lost, which the raw text does not have. A document is written with
these marks, and `unmark` turns it into the raw text and its labels.

    >>> unmark("It rose.⟦[1]⟧ In⟮ 1920⟯, it fell.").raw
    'It rose.[1] In, it fell.'
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from itertools import count, repeat
from pathlib import Path
from typing import NamedTuple

from prose import Writer

HERE = Path(__file__).parent
MARKS = {"⟦": "debris", "⦅": "either"}
MARKED = re.compile("(⟦[^⟧]*⟧|⦅[^⦆]*⦆|⟮[^⟯]*⟯)")
LINK = re.compile(r" ([a-z]{4,})(?=([ ,.;]))")
YEAR = re.compile(r"(?<=[a-z])( (?:1[7-9]|20)\d\d)(?=[ ,])( ?)")
MONTH_ENDS = ("ry", "rch", "ril", "May", "une", "uly", "ust", "ber")
DECADE = re.compile(r"(?<=the )((?:1[7-9]|20)\d\d)(?=s )")


class Family(NamedTuple):
    """A family of debris, as `families.toml` describes it."""

    name: str
    head: str = ""
    inline: str = ""
    where: str = "end"
    between: str = ""
    opening: str = ""
    item: str = ""
    tail: str = ""
    finish: str = ""


class Marked(NamedTuple):
    """A raw text, its labels (start, end, label; they tile the text) and what it lost (position, text)."""

    raw: str
    labels: list[tuple[int, int, str]]
    lost: list[tuple[int, str]]


def unmark(text: str) -> Marked:
    """Take the marks out of a text and say what they marked. Offsets are code points."""
    pieces: list[str] = []
    labels: list[tuple[int, int, str]] = []
    lost: list[tuple[int, str]] = []
    at = 0
    for piece in MARKED.split(text):
        if not piece:
            continue
        if piece[0] == "⟮":
            lost.append((at, piece[1:-1]))
            continue
        label = MARKS.get(piece[0], "keep")
        body = piece if label == "keep" else piece[1:-1]
        end = at + len(body)
        if labels and labels[-1][2] == label:
            labels[-1] = (labels[-1][0], end, label)
        elif body:
            labels.append((at, end, label))
        pieces.append(body)
        at = end
    return Marked("".join(pieces), labels, lost)


def wrap(width: int) -> Callable[[str], str]:
    """Make a function that breaks lines of more than `width` characters at spaces.

    >>> wrap(8)("one two three")
    'one two\\nthree'
    """
    line = re.compile(rf"(?=.{{{width},}})(.{{1,{width}}}) (?=\S)")
    return lambda text: line.sub(r"\1\n", text)


def lose_years(text: str) -> str:
    """Mark years as lost, as a scraper loses them: with both spaces after a month, else with the one before it.

    >>> unmark(lose_years("In May 1911 it rose. In 1920, in the 1930s and by 1940 it fell.")).raw
    'In Mayit rose. In , in the s and by it fell.'
    """

    def lose(match: re.Match[str]) -> str:
        year, space = match.groups()
        if not space:
            return f" ⟮{year[1:]}⟯"
        return f"⟮{year} ⟯" if text.endswith(MONTH_ENDS, 0, match.start()) else f"⟮{year}⟯ "

    return DECADE.sub(r"⟮\1⟯", YEAR.sub(lose, text))


def before_loss(text: str) -> str:
    """What a text with marks said before the damage: no debris, and nothing lost.

    >>> before_loss("In⟮ 1920⟯ it fell.⟦[1]⟧")
    'In 1920 it fell.'
    """
    return MARKED.sub(lambda match: match[0][1:-1] if match[0][0] == "⟮" else "", text)


def misread(text: str) -> str:
    """Read text as windows-1252 although it is UTF-8; bytes that windows-1252 does not have become control characters.

    >>> misread("café”")
    'cafÃ©â€\x9d'
    """
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode())


def garble(text: str) -> str:
    """Misread the words that are not ASCII, and sow entities and invisible characters."""
    pieces = MARKED.split(text)  # every second one is marked already
    for n in range(0, len(pieces), 2):
        words = re.sub(r"\w*[^\x00-\x7f]+\w*", lambda match: f"⦅{misread(match[0])}⦆", pieces[n])
        pieces[n] = words.replace(", and ", ", ⟦\u200b⟧and ").replace(" and the ", " ⦅&amp;⦆ the ")
    return "".join(pieces)


def finished(body: str, finish: str) -> str:
    """Do to a body what the last line of its family says."""
    match finish.split():
        case ["wrap", width]:
            return wrap(int(width))(body)
        case ["lose", "years"]:
            return lose_years(body)
        case ["garble"]:
            return garble(body)
        case []:
            return body
    raise ValueError(f"Cannot finish with {finish!r}: no such thing is known. Use wrap WIDTH, lose years or garble.")


def insert(sentence: str, piece: str, where: str) -> str:
    """Put a piece of debris into a sentence; a piece for a link has the word as `{}`."""
    if where == "end" or (where == "stop" and sentence[-1] != "."):
        return sentence + piece
    if where == "stop":
        return sentence[:-1] + piece + sentence[-1]
    link = LINK.search(sentence, len(sentence) // 2) or LINK.search(sentence)
    if not link:
        return sentence
    word, after = link[1], link.end()
    if piece.startswith("\n"):  # the link stands on lines of its own, without the spaces around it
        return sentence[: link.start()] + piece.replace("{}", word) + sentence[after + (link[2] == " ") :]
    return sentence[: link.start() + 1] + piece.replace("{}", word) + sentence[after:]


def compose(family: Family, writer: Writer, share: float, size: int) -> str:
    """Write a document of a family, with marks: about `size` characters, `share` of them debris."""

    writer.slots["topic"] = repeat(writer.filler("{place} {noun} and {noun}")())
    writer.slots["marker"], writer.slots["note"] = map(str, count(1)), map(str, count(1))
    head, opening, tail = (writer.filler(shape)() for shape in (family.head, family.opening, family.tail))
    inline, between, item = (writer.filler(shape) for shape in (family.inline, family.between, family.item))
    frame = debris_size(head + opening + tail)
    kept, lost = 0, 0
    blocks = []
    # The frame alone should not be more than its share; without repeated lines it is all there is.
    size = max(size, int(frame / share)) if family.item or family.between else int(frame / share)
    paced = share / 2 if family.item else share
    while kept < (1 - share) * size:
        sentences = writer.sentences()
        for n, sentence in enumerate(sentences):
            kept += len(sentence) + 1
            if family.inline and lost < paced * (kept + lost):
                piece = inline()
                sentences[n] = insert(sentence, piece, family.where)
                lost += debris_size(piece)
        blocks.append(" ".join(sentences))
        if family.between and lost + frame < paced * (kept + lost + frame):
            blocks.append(between())
            lost += debris_size(blocks[-1])
    items = []
    while family.item and lost + frame < share * (kept + lost + frame):
        items.append(item())
        lost += debris_size(items[-1])
    body = finished("\n\n".join(blocks), family.finish)
    return f"{head}{body}\n\n{opening}{''.join(items)}{tail}"


def debris_size(text: str) -> int:
    """How many characters of a text with marks are debris."""
    return sum(len(piece) - 2 for piece in MARKED.split(text) if piece.startswith("⟦"))


def load(path: Path = HERE / "families.toml") -> list[Family]:
    """Read the families.

    >>> [family.name for family in load()][:3]
    ['tooltip', 'dictionary', 'encyclopaedia']
    """
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return [Family(name, **table) for name, table in tables.items()]
