"""What a word is where it stands: a name, a fact, a term that is named and not used, a part of another word."""

from __future__ import annotations

import re

from pipeline.corpus.alignment import Words
from pipeline.corpus.spelling import is_slip
from pipeline.corpus.synonyms import is_word
from pipeline.corpus.telling import telling

__all__ = ["are_names", "is_compound", "is_end", "is_fact", "is_glued", "is_name", "is_term", "may_be_names"]

ENDS = re.compile(r"[.!?…。！？\n]")  # what stands between two sentences
TERMS = frozenset(('""', "''", "``", "`'", "“”", "‘’", "«»", "„“", "»«"))  # quotation marks around a word
COMPOUND = re.compile(r"\w-\w")


def is_end(side: Words, place: int) -> bool:
    """Whether a sentence ends before a word."""
    return ENDS.search(side.text, side.ends[place - 1], side.starts[place]) is not None


def is_term(side: Words, place: int) -> bool:
    """Whether a word is named, not used: it stands alone between quotation marks, or is a function of a program.

    >>> from pipeline.corpus.alignment import words
    >>> [is_term(words(text), 0) for text in ('He says', '"haul" is', '"haul it"', 'moor(2)')]
    [False, True, False, True]
    """
    start, end = side.starts[place], side.ends[place]
    before, behind = side.text[max(0, start - 1) : start], side.text[end : end + 1]
    return behind == "(" or (before != "" and behind != "" and f"{before}{behind}" in TERMS)


def is_fact(side: Words, place: int) -> bool:
    """Whether a word is a fact wherever it stands: *May*, but not *may*.

    >>> from pipeline.corpus.alignment import words
    >>> may = words("It may rain in May.")
    >>> is_fact(may, 1), is_fact(may, 4)
    (False, True)
    """
    form = side.forms[place]
    if form not in telling().facts:
        return False
    return form != "may" or side.text[side.starts[place]] != "m" or side.text.islower()


def is_name(side: Words, place: int) -> bool:
    """Whether a word has a capital and is no common one, which titles and the beginnings of sentences give capitals.
    Where all letters are capital, it may be one if it is no known word.

    >>> from pipeline.corpus.alignment import words
    >>> [is_name(words(text), 3) for text in ("The monks of Oakhill", "THE MONKS OF OAKHILL", "THE MONKS OF WOOD")]
    [True, True, False]
    """
    form = side.forms[place]
    if form in telling().common:
        return False
    if side.text.isupper():
        return not is_word(form)
    return any(map(str.isupper, side.text[side.starts[place] : side.ends[place]]))


def are_names(one: Words, other: Words, left: range, right: range) -> bool:
    """Whether common words are names: in capitals as no common word is, or with a capital on both sides, in the midst
    of a sentence: `the US` and `the UK`, `vitamin A` and `vitamin B`, `World War I`.

    >>> from pipeline.corpus.alignment import words
    >>> us, uk = words("The law of the US is strict."), words("The law of the UK is strict.")
    >>> are_names(us, uk, range(4, 5), range(4, 5)), are_names(us, uk, range(0, 1), range(0, 1))
    (True, False)
    """
    if len(left) != 1 or len(right) != 1 or one.text.isupper() or other.text.isupper():
        return False
    mine, theirs = (side.text[side.starts[at[0]] : side.ends[at[0]]] for side, at in ((one, left), (other, right)))
    if not (mine[0].isupper() and theirs[0].isupper()):
        return False
    first = left[0] == 0 or is_end(one, left[0])
    return not first or (len(mine) > 1 and mine.isupper()) or one.text[one.ends[left[0]] :][:1] == "."


def may_be_names(one: Words, other: Words, left: int, right: int) -> bool:
    """Whether two words that are nearly the same may be two names: not where a sentence begins with a known word, or
    what was meant for it.

    >>> from pipeline.corpus.alignment import words
    >>> one, other, name = words("Receive it."), words("Reecive it."), words("Hansen it.")
    >>> may_be_names(one, other, 0, 0), may_be_names(name, words("Hanson it."), 0, 0)
    (False, True)
    """
    if not one.text[one.starts[left]].isupper():
        return False
    if is_slip(one.forms[left], other.forms[right]):
        return False
    begins = all(at == 0 or is_end(side, at) for side, at in ((one, left), (other, right)))
    return not begins or is_word(one.forms[left]) == is_word(other.forms[right])


def is_compound(side: Words, span: range) -> bool:
    """Whether a hyphen joins some words to what is beside them: the `north` of `north-west`."""
    if "-" not in side.text:
        return False
    start, end = side.starts[span.start], side.ends[span.stop - 1]
    return COMPOUND.search(side.text, max(0, start - 2), start + 1) is not None or (
        COMPOUND.match(side.text, end - 1, end + 2) is not None
    )


def is_glued(side: Words, span: range) -> bool:
    """Whether a number stands right behind a letter: the `2` of `CO2` is no year that got lost."""
    start = side.starts[span.start]
    return side.forms[span.start].isdigit() and side.text[max(0, start - 1) : start].isalpha()
