"""Whether a passage can bear witness to what stood at a place of another: both say the same there, of the same subject.

Two passages of one mould (`The mill at Lowford was built in … by monks`, `The mill at Highford was built in 1809 by
monks`) have more words in common than many honest copies, so equal words alone prove nothing. A witness must show:

- **both contexts**: from the place outward, words that are equal, or the beginning or end of a sentence on both sides;
- **one sentence**: the sentences around the place differ in no name, number, negation or opposite, and have no
  uncommon word in the place of another;
- **one subject**: no other sentence, else the same on both sides, names another; and what is the same has a name in it,
  or many uncommon words. A sentence about `it` or `she` must get these from its neighbours, or be very long.

A passage that is no witness is heard as well: if it has the same sentence, with a year that nobody else knows, what the
witnesses say is in doubt (`dissents`).

Numbers that only the witness has are no difference: there the other passage may have lost some, too.

    >>> from pipeline.corpus.reading import read
    >>> lost = read("The mill was built in by monks from Lowford.")
    >>> witness = read("The mill was built in 1809 by monks.")
    >>> reach(lost, witness, context(lost, witness, 4, 4, -1), -1)
    Reach(words=5, score=5.0, bounded=True)
    >>> reach(lost, witness, context(lost, witness, 5, 6, 1), 1)
    Reach(words=2, score=2.0, bounded=False)
    >>> contradicts(lost, witness, range(9), range(8))
    True
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from pipeline.corpus.alignment import Block, align
from pipeline.corpus.comparison import price
from pipeline.corpus.dates import ASKING
from pipeline.corpus.reading import TOLD, Reading
from pipeline.corpus.telling import are_opposed, telling

__all__ = ["Reach", "agree", "context", "contradicts", "dissents", "may_agree", "one_sentence", "reach", "same_subject"]

FAR = 12  # words of context that are looked at on each side
SIDE = 3  # words that are a context by themselves, where no sentence begins or ends with them
FLOOR = 7  # words on both sides together; the beginning or end of a sentence counts as one
CASE = 0.9  # what a word is worth that differs in case
RUN, SKIPS = 5, 4  # words in a row that the other side may have lost in a context, and how often
LONG = 7  # letters of a word, which with one of them changed is the same, misspelt
ALIKE = 0.6  # of the words of a sentence, that make it the same sentence on both sides, changed
OWN = 3  # words, beside common ones, that a sentence may have for itself
ITSELF = 2  # times that, from which on a sentence tells its own, whatever stands beside it
WIDE = 20  # words on both sides together, that no other subject has
BESIDE = 3  # sentences beside one, from which on one of them should stand in both passages, too
LENGTHY = 20  # words of a sentence that two authors do not write
LEAD = 4  # words of a sentence among which a pronoun is its subject
ANOTHERS = -1  # what a sentence tells that is of something else
# Words that tell one of a kind from another: the second bridge is not the bridge.
ANOTHER = frozenset("first second last next another other former original new old upper lower".split())
ARTICLES = frozenset("the a an his her its their".split())
PRONOUNS = frozenset("he she it they his her its their this these".split())

Context = list[tuple[int, int]]  # words that are equal in two passages, by where they stand in either


class Reach(NamedTuple):
    """How far two passages are equal on one side of a place: how many `words`, what they are worth, and whether a
    sentence begins (to the right: ends) with one of them on both sides."""

    words: int = 0
    score: float = 0.0
    bounded: bool = False


def context(one: Reading, other: Reading, at: int, there: int, step: int) -> Context:
    """The words that are equal in two passages from a word of each on, to the left (`step` -1) or the right (1).

    Numbers that only the other passage has are passed over, with their units, and so is a common word.
    """
    ours, theirs = one.forms, other.forms
    found: Context = []
    skips = 0
    while len(found) < FAR and 0 <= at < len(ours) and 0 <= there < len(theirs):
        if ours[at] != theirs[there]:
            skipped = _lost(one, other, at, there, step, len(found) >= 2) if skips < SKIPS else 0
            if not skipped:
                break
            skips += 1
            there += step * skipped
        found.append((at, there))
        at, there = at + step, there + step
    return found


def may_agree(left: Context, right: Context) -> bool:
    """Whether words on both sides can be enough of a context (see `agree`), wherever sentences begin and end."""
    return bool(left) and len(left) + len(right) + 2 >= FLOOR


def reach(one: Reading, other: Reading, equal: Context, step: int) -> Reach:
    """What the context to the left (`step` -1) or the right (1) of a place is worth."""
    score = sum(1.0 if one.surface(at) == other.surface(there) else CASE for at, there in equal)
    ours, theirs = (one.firsts, other.firsts) if step < 0 else (one.lasts, other.lasts)
    bounded = any(at in ours and there in theirs for at, there in equal)
    return Reach(len(equal), round(score, 1), bounded)


def _lost(one: Reading, other: Reading, at: int, there: int, step: int, common: bool) -> int:
    """How many words the other passage has before it goes on as the one does: such with a number, or a `common` one.

    A common word beside `in` is no such, for the `in` may be of the other passage alone: `and in 1809 the people`.
    """
    word = other.forms[there]
    common = common and word in telling().common and word not in telling().negations and word not in ASKING
    digits = False
    for size in range(1, RUN + 1):
        end = there + step * size
        if not 0 <= end < len(other):
            return 0
        digits |= other.forms[end - step][0].isdigit()
        if (digits or (common and size == 1)) and other.forms[end] == one.forms[at]:
            crosses = 0 <= at - step < len(one) and one.of[at] != one.of[at - step]
            return size if crosses == (other.of[end] != other.of[there - step]) else 0
    return 0


def agree(left: Reach, right: Reach) -> bool:
    """Whether the words on both sides are enough of a context.

    >>> agree(Reach(4, 4.0, True), Reach(3, 3.0, False)), agree(Reach(9, 9.0, True), Reach(1, 1.0, False))
    (True, False)
    """
    sides = (left, right)
    if left.words == 0 or not all(side.words >= SIDE or side.bounded for side in sides):
        return False
    return sum(side.words + side.bounded for side in sides) >= FLOOR


def one_sentence(one: Reading, other: Reading, at: int, there: int, step: int) -> bool:
    """Whether two sentences say the same from a word of each on, to their beginnings (`step` -1) or ends (1).

    A sentence that lost its full stop goes on into the next: then as much is looked at of the other passage.
    """
    ours, theirs = one.rest(at, step), other.rest(there, step)
    if _same(one, other, ours, theirs) or not contradicts(one, other, ours, theirs):
        return True
    if len(theirs) >= len(ours):
        return False
    if step < 0 and one.forms[at - len(theirs)] in ASKING and _same(one, other, ours[-len(theirs) :], theirs):
        return True  # the one has lost a full stop there, with a year
    size = len(ours) + RUN
    longer = range(there, min(len(other), there + size)) if step > 0 else range(max(0, there + 1 - size), there + 1)
    return not contradicts(one, other, ours, longer, beyond=step)


def _same(one: Reading, other: Reading, ours: range, theirs: range) -> bool:
    return one.forms[ours.start : ours.stop] == other.forms[theirs.start : theirs.stop]


def contradicts(one: Reading, other: Reading, here: range, there: range, beyond: int = 0) -> bool:
    """Whether words of the one passage and words of the other say different things.

    What the other has before (`beyond` -1) or behind (1) the words in common is not looked at, if the one has nothing
    there.
    """
    ours, theirs = list(here), list(there)
    blocks = align([one.forms[place] for place in ours], [other.forms[place] for place in theirs])
    if beyond < 0 and blocks and blocks[0].left == 0:
        theirs, blocks = theirs[blocks[0].right :], [b._replace(right=b.right - blocks[0].right) for b in blocks]
    elif beyond > 0 and blocks and blocks[-1].left + blocks[-1].size == len(ours):
        theirs = theirs[: blocks[-1].right + blocks[-1].size]
    left = right = 0
    own = 0
    for block in [*blocks, Block(len(ours), len(theirs), 0)]:
        gone, more = ours[left : block.left], theirs[right : block.right]
        if (gone or more) and _differ(one, other, gone, more):
            return True
        own += sum(one.forms[place] not in telling().common for place in gone)
        left, right = block.left + block.size, block.right + block.size
    return own > OWN


def _differ(one: Reading, other: Reading, gone: Sequence[int], more: Sequence[int]) -> bool:
    """Whether it matters that the one passage says `gone` where the other says `more`."""
    known = telling()
    ours, theirs = [one.forms[place] for place in gone], [other.forms[place] for place in more]
    if known.negations.keys().isdisjoint(ours) != known.negations.keys().isdisjoint(theirs):
        return True
    if not gone and any(form[0].isdigit() for form in theirs):
        return False  # something that is lost, too
    if not ANOTHER.isdisjoint({*ours} ^ {*theirs}):
        return True
    if (not more and _is_modifier(one, gone)) or (not gone and _is_modifier(other, more)):
        return True
    own = [place for place in gone if one.forms[place] not in theirs]
    extra = [place for place in more if other.forms[place] not in ours and not other.forms[place][0].isdigit()]
    if any(one.forms[place][0].isdigit() or one.is_name(place) for place in own) or any(map(other.is_name, extra)):
        return True
    mine, new = [one.forms[place] for place in own], [other.forms[place] for place in extra]
    if not known.facts.isdisjoint(mine + new) or are_opposed(mine, new):
        return True
    if len(gone) == len(more) == 1 and len(ours[0]) >= LONG and not known.common.issuperset(ours):
        cost = price(one.words, other.words, range(gone[0], gone[0] + 1), range(more[0], more[0] + 1))
        return cost != 0.5  # the same word, if it is spelt in another way
    return bool(gone and more) and not known.common.issuperset(mine + new)


def dissents(one: Reading, other: Reading, place: int, known: Collection[str]) -> bool:
    """Whether a passage, which has nothing to say of the place behind a word, tells another year in the same sentence:
    one that is not among the years `known`.

    >>> from pipeline.corpus.reading import read
    >>> lost = read("The old bridge was opened to traffic in, and replaced the ferry of the monks.")
    >>> dissents(lost, read("In 1912 the old bridge was opened to traffic, and replaced the ferry."), 7, {"1911"})
    True
    """
    there = other.years.difference(known)
    if not there:
        return False
    matched = _matched(one, other)
    sentence = one.sentence(place)
    both = [word for word in sentence if word in matched]
    if not both or not _is_alike(one, sentence, both, matched):
        return False
    if any(one.is_name(word) for word in sentence if word not in matched):
        return False  # it is of somebody else
    told = Counter(other.of[matched[word]] for word in both)
    number = max(told, key=lambda number: (told[number], -number))
    said = other.sentences[number]
    return told[number] >= ALIKE * len(sentence) and not there.isdisjoint(other.forms[said.start : said.stop])


def _is_modifier(side: Reading, places: Sequence[int]) -> bool:
    """Whether an uncommon word stands between an article, or a name, and a noun: *the railway bridge*.

    >>> from pipeline.corpus.reading import read
    >>> reading = read("The railway bridge fell. It often fell.")
    >>> _is_modifier(reading, [1]), _is_modifier(reading, [5])
    (True, False)
    """
    before, behind = places[0] - 1 if places else -1, places[-1] + 1 if places else len(side)
    if before < 0 or behind >= len(side) or len(places) > 2 or side.of[before] != side.of[behind]:
        return False
    nouns = side.forms[behind] not in telling().common and not side.forms[behind][0].isdigit()
    led = side.forms[before] in ARTICLES or (side.is_name(before) and side.is_name(behind))
    return nouns and led and any(side.forms[place] not in telling().common or side.is_name(place) for place in places)


def same_subject(one: Reading, other: Reading, place: int, context: int = 0) -> bool:
    """Whether two passages, which say the same in the sentence of a word, may be of the same subject; see the module.

    `context` is how many words are equal around the place.

    >>> from pipeline.corpus.reading import read
    >>> bears = read("Lowford is a small town by the sea. It got its mill in from the monks.")
    >>> same_subject(bears, read("Highford is a small town by the sea. It got its mill in 1809 from the monks."), 12)
    False
    """
    here = one.sentence(place)
    told = dict(_told(one, other))
    told.pop(one.of[place], None)
    if ANOTHERS in told.values():
        return False
    if not told and len(here) < LENGTHY and _is_apart(one, other, here):
        return False
    own = 0
    if not _has_pronoun(one, here):
        matched = _matched(one, other)
        own = sum(one.weights[word] for word in here if word in matched)
        if own >= ITSELF * TOLD:
            return True
    if None in told.values():
        return False
    return own + sum(filter(None, told.values())) + (TOLD if context >= WIDE else 0) >= TOLD


def _is_apart(one: Reading, other: Reading, sentence: range) -> bool:
    """Whether a sentence stands among others on both sides, on the same side of it, which would be alike in copies. The
    items of a list are no such."""
    if any(len(side.sentences) <= BESIDE or "\n" in side.text for side in (one, other)):
        return False
    matched = _matched(one, other)
    numbers = Counter(other.of[matched[word]] for word in sentence if word in matched)
    here, there = one.of[sentence.start], max(numbers, key=lambda number: (numbers[number], -number), default=0)
    last, end = len(one.sentences) - 1, len(other.sentences) - 1
    return (here > 0 and there > 0) or (here < last and there < end)


def _has_pronoun(one: Reading, sentence: range) -> bool:
    """Whether the subject of a sentence is a pronoun: one among its first words, with no name before it."""
    for place in sentence[:LEAD]:
        if one.forms[place] in PRONOUNS:
            return True
        if one.is_name(place):
            return False
    return False


@lru_cache(maxsize=16)
def _told(one: Reading, other: Reading) -> dict[int, int | None]:
    """How much the sentences tell that stand in both passages, by their numbers: nothing for one with another name, and
    `ANOTHERS` for one that tells of something else without any doubt."""
    matched = _matched(one, other)
    told: dict[int, int | None] = {}
    for number, sentence in enumerate(one.sentences):
        both = [word for word in sentence if word in matched]
        if _is_alike(one, sentence, both, matched):
            told[number] = _another(one, other, sentence, matched, sum(one.weights[word] for word in both))
    return told


def _is_alike(one: Reading, sentence: range, both: Sequence[int], matched: Mapping[int, int]) -> bool:
    """Whether the words of a sentence that stand in the other passage, `both`, are so many that it is the same one.

    Half of its uncommon words must be among them (names need not), and they may not be scattered.
    """
    if len(both) < ALIKE * len(sentence) or matched[both[-1]] - matched[both[0]] > 2 * len(sentence):
        return False
    if len(both) == len(sentence):
        return True
    uncommon = [place for place in sentence if one.weights[place] == 1 and not one.is_name(place)]
    return 2 * sum(place in matched for place in uncommon) >= len(uncommon)


@lru_cache(maxsize=16)
def _matched(one: Reading, other: Reading) -> dict[int, int]:
    """For each word that stands in both passages, in order, where it stands in the other."""
    blocks = align(one.forms, other.forms)
    return {block.left + n: block.right + n for block in blocks for n in range(block.size)}


def _another(one: Reading, other: Reading, sentence: range, matched: Mapping[int, int], told: int) -> int | None:
    """What a sentence tells, most of which stands in the other passage: nothing if it has a name that is not there, or
    lacks one. With a name in the place of a name, or a number of its own, it is of something else."""
    own = [word for word in sentence if word not in matched]
    names = any(map(one.is_name, own))
    there = {matched[word] for word in sentence if word in matched}
    others = any(other.is_name(word) for word in range(min(there), max(there)) if word not in there)
    if (names and others) or any(one.forms[word][0].isdigit() for word in own):
        return ANOTHERS
    return None if names or others else told
