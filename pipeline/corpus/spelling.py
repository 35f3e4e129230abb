"""One word, written in several ways: `12` for `twelve`, `harbor` for `harbour`, `rnill` for `mill`, `mill²` for `mill`.

>>> is_misspelt("harbour", "harbor"), is_misspelt("rnill", "mill"), is_misspelt("carter", "carver")
(True, True, False)
"""

from __future__ import annotations

import re
from unicodedata import combining, normalize

from rapidfuzz.distance import LCSseq

from pipeline.corpus.alignment import Words
from pipeline.corpus.synonyms import are_synonyms, is_word
from pipeline.corpus.telling import are_opposites, telling

__all__ = ["forms_of", "is_misspelt", "is_slip", "is_unit", "said", "unaccented", "unmarked"]

LOOK_ALIKE = [pair.split("=") for pair in "rn=m cl=d vv=w ii=ll i=l 1=l 0=o 5=s".split()]
THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+")
NAME = 7  # letters of a word, from which on what is nearly the same is hardly another name
RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"


def forms_of(side: Words, span: range) -> list[str]:
    """Some words, with `and` for `&`: but not in a program, which has many lines."""
    forms = side.forms[span.start : span.stop]
    return ["and" if form == "&" else form for form in forms] if "&" in forms and "\n" not in side.text else forms


def said(side: Words, span: range) -> list[str]:
    """Some words, written in the one way of several: `12` for `twelve`, `us` for `U.S.`, `doctor` for `Dr.`

    >>> from pipeline.corpus.alignment import words
    >>> said(words("Twelve"), range(1)), said(words("U.S."), range(2)), said(words("per cent"), range(2))
    (['12'], ['us'], ['%'])
    >>> said(words("5,000 kilometres"), range(2)), said(words("for instance"), range(2))
    (['5000', 'km'], ['eg'])
    """
    forms, written = forms_of(side, span), telling().written
    joined = "".join(forms)
    if joined in written or (joined.isalpha() and len(joined) == len(forms)):
        return [written.get(joined, joined)]
    return [written.get(form) or (form.replace(",", "") if THOUSANDS.fullmatch(form) else form) for form in forms]


def unmarked(side: Words, place: int) -> str:
    """A word without the raised number of a note behind it: of `mill²`, but not of `m²`.

    >>> from pipeline.corpus.alignment import words
    >>> [unmarked(words(text), 2) for text in ("by the mill²", "all 5 m²", "up and to²", "for an x²")]
    ['mill', 'm2', 'to', 'x2']
    """
    form = side.forms[place]
    if form.isalpha() or side.text[side.ends[place] - 1] not in RAISED:
        return form
    bare = form.rstrip("0123456789")
    noted = bare in telling().common or (len(bare) > 2 and not is_unit(side, range(place, place + 1)))
    return bare if noted and bare.isalpha() else form


def is_unit(side: Words, span: range) -> bool:
    """Whether a word stands right behind a number that is no year, as a unit does: `5 mg`, `7 a.m.`, `3 m/s`"""
    before = side.forms[span.start - 1] if span.start else ""
    short = len(span) == 1 or (len(span) == 2 and all(len(side.forms[place]) <= 2 for place in span))
    return short and before[:1].isdigit() and (len(before) != 4 or not before.isdigit())


def unaccented(form: str) -> str:
    """A word without its accents, which one copy may have and another not.

    >>> unaccented("hokkaidō")
    'hokkaido'
    """
    return form if form.isascii() else "".join(c for c in normalize("NFD", form) if not combining(c))


def is_misspelt(one: str, other: str) -> bool:
    """Whether two words are one, written in two ways: with a letter more, or another, or with letters exchanged."""
    short, long = sorted((one, other), key=len)
    if (
        len(short) < 3
        or len(long) < 4
        or (len(short) == 3 and (is_word(short) or not (is_word(long) or long in telling().common)))
        or not (one + other).isalnum()
        or one.isdigit()
        or other.isdigit()
        or are_opposites(one, other)
    ):
        return False
    known = telling()
    if (one in known.facts) + (other in known.facts) > (len(short) > 5):
        return False
    if _read(one) == _read(other):
        return True
    if is_word(one) and is_word(other) and not are_synonyms(one, other):
        return False
    return LCSseq.similarity(one, other) >= len(long) - 1


def is_slip(one: str, other: str) -> bool:
    """Whether one of two words is no word, but the other with a letter too few, or with two exchanged, within it. Names
    differ otherwise: in a letter, or at the end.

    >>> is_slip("exercsie", "exercise"), is_slip("trainng", "training"), is_slip("stewart", "steward")
    (True, True, False)
    >>> is_slip("forrester", "forester"), is_slip("foreste", "forester"), is_slip("brok", "brook")
    (False, False, False)
    >>> is_slip("desert", "dessert")
    False
    """
    slip, word = (one, other) if is_word(other) else (other, one)
    if len(word) < NAME or is_word(slip) or not is_word(word) or slip[0] != word[0] or slip[-1] != word[-1]:
        return False
    fewer = len(slip) == len(word) - 1
    return (fewer or sorted(slip) == sorted(word)) and LCSseq.similarity(slip, word) == len(word) - 1


def _read(form: str) -> str:
    """A word as it may be read from a bad print, in which some letters look alike.

    >>> _read("tirnes") == _read("times"), _read("caiied") == _read("called")
    (True, True)
    """
    for old, new in LOOK_ALIKE:
        form = form.replace(old, new)
    return form
