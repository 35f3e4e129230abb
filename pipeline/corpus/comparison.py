"""Whether a paragraph may go because another stays: what the words mean that the two have not in common.

A copy of a paragraph may differ from another in case, punctuation and footnote markers, in a few words, by a year that
got lost, or by a tail that was cut off. A paragraph of the same mould that says something else differs in as little: in
a number, a name, a date, a *not*. So how much is equal does not decide, but what is not. `compare` asks what would be
lost if the one went and the other stayed:

- a number, a name, a sign, or one of the `facts` of `telling.toml`, which the other has not: it stays;
- a word in the place of one that cannot mean the same (see `synonyms`), a *not* or *almost* on either side: it stays;
- two words that have changed places, a sentence all of whose uncommon words are its own: it stays;
- other words: a few may go, if nearly all of the rest stands in the other.

    >>> from pipeline.corpus.alignment import words
    >>> copy = "The mill at Lowford was built in by the monks and it was burnt down in the great flood of that year"
    >>> whole = "The mill at Lowford was built in 1809 by the monks, and burnt down in the great flood of that year.[2]"
    >>> round(compare(words(copy), words(whole)).similarity, 2), compare(words(whole), words(copy)).accepted
    (0.91, False)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

from pipeline.corpus.alignment import Block, Words, align, differences
from pipeline.corpus.naming import (
    are_names,
    is_compound,
    is_end,
    is_fact,
    is_glued,
    is_name,
    is_term,
    may_be_names,
)
from pipeline.corpus.spelling import forms_of, is_misspelt, is_unit, said, unaccented, unmarked
from pipeline.corpus.synonyms import are_synonyms
from pipeline.corpus.telling import are_opposed, denials, telling

__all__ = ["TOO_MUCH", "Comparison", "compare", "objection", "price", "spare"]

TOO_MUCH = "too many words of its own"
FEW, TENTH = 3.0, 0.1  # words that a copy may have for itself, but not more than that share of a short one
SHARE = 0.06  # of its words, that a long one may
SENTENCE = 40  # words of one, at the most, that are looked at
WHOLE = re.compile(r"[\"'”’»)\]]*[.!?。！？](?!\.)")  # what stands behind a sentence that was not cut off
SPELT = 0.5  # what a word costs that is written in another way, or is another word for the same
FOREIGN = 0.2  # of its words are common ones: in a text that has fewer, opposites are not known
ARTICLES = frozenset(["a", "an", "the"])
RUN = 4  # words in a row that only one side has, from which on they are a statement


class Comparison(NamedTuple):
    """What came of comparing a paragraph with one that may stay for it.

    `similarity` is the share of its words that stand in the other, `accepted` whether it may go, and `why` what speaks
    against it. `blocks` are the words in common.
    """

    similarity: float
    accepted: bool
    why: str
    blocks: list[Block]


def compare(one: Words, other: Words, similarity: float = 0.8) -> Comparison:
    """Tell whether a paragraph may go because another stays: see the module.

    `similarity` is the least share of its words that must stand in the other.
    """
    blocks = align(one.forms, other.forms)
    same = sum(block.size for block in blocks)
    share = same / len(one) if len(one) else 0.0
    if share < similarity:
        return Comparison(share, False, "too little in common", blocks)
    why = objection(one, other, blocks)
    return Comparison(share, not why, why, blocks)


def objection(one: Words, other: Words, blocks: Sequence[Block]) -> str:
    """What speaks against giving the one up for the other, given the words that they have in common: nothing, if ""."""
    lost = 0.0
    swapped: set[tuple[str, str]] = set()
    own: list[int] = []  # words that have no like in the other
    for beside in _beside(one, other, blocks):
        if denials(forms := other.forms[beside.start : beside.stop]) or not telling().turning.isdisjoint(forms):
            return f"nothing is not {_quoted(other, beside)}"
    for left, right in differences(one, other, blocks):
        cost = price(one, other, left, right)
        if cost is None:
            return f"{_quoted(one, left)} is not {_quoted(other, right)}"
        lost += cost
        if len(left) == len(right) == 1 and not are_synonyms(one.forms[left[0]], other.forms[right[0]]):
            swapped.add((one.forms[left[0]], other.forms[right[0]]))
        own += left if len(left) != len(right) or cost > SPELT else ()
    if any((there, gone) in swapped for gone, there in swapped):
        return "words of it are exchanged"
    if lost > spare(len(one)):
        return TOO_MUCH
    every = frozenset(own)
    alone = next((words for words in map(partial(_sentence, one), own) if _is_alone(one, words, every)), None)
    return f"nothing is {_quoted(one, alone)}" if alone else ""


def _sentence(side: Words, place: int) -> range:
    """The words of the sentence that a word is of; of a long one, those that are near."""
    start, stop = place, place + 1
    while start > 0 and place - start < SENTENCE and not is_end(side, start):
        start -= 1
    while stop < len(side) and stop - place < SENTENCE and not is_end(side, stop):
        stop += 1
    return range(start, stop)


def _is_alone(side: Words, sentence: range, own: frozenset[int]) -> bool:
    """Whether all that a sentence tells, its uncommon words, are its `own`: then it stands nowhere else."""
    telling_words = {place for place in sentence if side.forms[place] not in telling().common}
    return len(sentence) > 1 and bool(telling_words) and telling_words <= own


def _beside(one: Words, other: Words, blocks: Sequence[Block]) -> Iterator[range]:
    """Yield what the other has in the sentences in which the one begins or ends, before and behind all of it: where it
    is a whole sentence, and no part that was cut out of one."""
    if not blocks:
        return
    first, last = blocks[0], blocks[-1]
    start = max(0, first.right - first.left)
    stop = min(len(other), last.right + len(one) - last.left)
    if start and not one.text[one.starts[0]].islower():
        begin = start
        while begin > 0 and start - begin < SENTENCE and not is_end(other, begin):
            begin -= 1
        if begin < start:
            yield range(begin, start)
    if stop < len(other) and WHOLE.match(one.text, one.ends[-1]):
        end = stop
        while end < len(other) and end - stop < SENTENCE and not is_end(other, end):
            end += 1
        if end > stop:
            yield range(stop, end)


def spare(size: int) -> float:
    """How many words a copy of so many words may have for itself.

    >>> spare(10), spare(40), spare(100)
    (1.0, 3.0, 6.0)
    """
    return max(min(FEW, TENTH * size), SHARE * size)


def _quoted(side: Words, span: range) -> str:
    return repr(side.text[side.starts[span.start] : side.ends[span.stop - 1]]) if span else "nothing"


def price(one: Words, other: Words, left: range, right: range) -> float | None:
    """What is lost if the words `left` of the one go and those of the other, `right`, stay: none, if it is too much.

    >>> from pipeline.corpus.alignment import words
    >>> def lost(one, other):
    ...     one, other = words(one), words(other)
    ...     return price(one, other, range(len(one)), range(len(other)))
    >>> lost("very", ""), lost("colour", "color"), lost("", "1809"), lost("warm", "cold"), lost("", "not")
    (0.5, 0.5, 0.0, None, None)
    >>> lost("he says", ""), lost("he denies", "")
    (1.5, None)
    >>> lost("two", "2"), lost("per cent", "%"), lost("once", "twice")
    (0.0, 0.0, None)
    >>> lost("began", "started"), lost("oak", "elm"), lost("at sea", "atsea"), lost("old oak", "the")
    (0.5, None, 0.5, 1.5)
    """
    known = telling()
    if said(one, left) == said(other, right) or _is_cut(one, other, left, right):
        return 0.0
    gone, there = forms_of(one, left), forms_of(other, right)
    if len(gone) == len(there) == 1:
        if is_term(one, left[0]) and is_term(other, right[0]):
            return None
        if unaccented(gone[0]) == unaccented(there[0]) or unmarked(one, left[0]) == unmarked(other, right[0]):
            return 0.0
        if is_misspelt(gone[0], there[0]) and not may_be_names(one, other, left[0], right[0]):
            return SPELT
        if there[0][0].isdigit() or (is_fact(other, right[0]) and gone[0] not in known.negations):
            return None  # *twice*, where the other says *once*
        if len(gone[0]) == len(there[0]) == 1:
            return None  # (a) and (b)
    alike = len(gone) == len(there) == 1 and are_synonyms(gone[0], there[0])
    if denials(gone) != denials(there) and not alike:
        return None  # a *not* on one side
    if gone and "".join(gone) == "".join(there) and "".join(gone).isalpha():
        return SPELT  # a space too few or too many
    if any(not form[0].isalnum() for form in set(there).difference(gone)):
        return None  # a number below nought, or another currency
    if not gone:
        return None if is_compound(other, right) or is_glued(other, right) else 0.0
    if there and ((is_unit(one, left) and not alike) or are_names(one, other, left, right)):
        return None
    if len(gone) >= RUN and len(gone) > len(there) + 1:
        return None
    if there and not alike and _is_foreign(one):
        return None
    cost = 0.0
    others, own = set(there), []
    for place, form in zip(left, gone, strict=True):
        if form in others or form in known.negations:
            continue  # only its place differs, or the way to say it
        if not form[0].isalpha() or is_fact(one, place) or form in known.turning or is_name(one, place):
            return None
        own.append(form)
        cost += 0.5 if form in known.common else 1.0
    if own and any(
        is_fact(other, place) and form not in gone and form not in known.negations
        for place, form in zip(right, there, strict=True)
    ):
        return None  # *three times*, where the other says *once*
    if are_opposed(own, there) or _are_others(own, there):
        return None
    return min(cost, SPELT) if alike else cost


def _are_others(own: Sequence[str], there: Sequence[str]) -> bool:
    """Whether words stand in the place of others that mean something else: each that tells something needs one there
    that can mean the same. Words for which there are only common ones were left out, unless it is one for one.

    >>> _are_others(["tram"], ["bus"]), _are_others(["big", "tram"], ["the", "large", "tram"])
    (True, False)
    >>> _are_others(["fine", "trams"], ["the"]), _are_others(["tram"], ["one"]), _are_others(["the"], ["wooden"])
    (False, True, False)
    """
    common = telling().common
    if ARTICLES.issuperset(own) or ARTICLES.issuperset(there):
        return False
    mine, theirs = ([form for form in some if form not in common] for some in (own, there))
    if len(own) == len(there) == 1 and (mine or theirs):
        mine, theirs = list(own), list(there)
    return bool(theirs) and any(
        not any(are_synonyms(form, rival) or is_misspelt(form, rival) for rival in theirs) for form in mine
    )


def _is_cut(one: Words, other: Words, left: range, right: range) -> bool:
    """Whether a text was cut off in a word: `harb…` for `harbour`. No stop is behind it, and neither word is a fact,
    nor a *not*.

    >>> from pipeline.corpus.alignment import words
    >>> whole, last = words("Then they saw the harbour"), range(4, 5)
    >>> [_is_cut(words(f"Then they saw the {end}"), whole, last, last) for end in ("harb…", "h", "harb.", "cape…")]
    [True, True, False, False]
    """
    if len(left) != 1 or len(right) != 1 or left.stop != len(one) or WHOLE.match(one.text, one.ends[-1]):
        return False
    begun, word = one.forms[left[0]], other.forms[right[0]]
    if begun == "t" and one.text[one.starts[-1] - 1 : one.starts[-1]] not in " \n":
        return False  # of *can't*
    facts = telling().facts - {"t"}
    return begun.isalpha() and word.isalpha() and word.startswith(begun) and begun not in facts and word not in facts


@lru_cache(maxsize=4)
def _is_foreign(side: Words) -> bool:
    """Whether a text is in a language of which it is not known what its words mean."""
    return sum(map(telling().common.__contains__, side.forms)) < FOREIGN * len(side)
