"""Which paragraphs of a corpus go because others stay: the decision on the pairs that the index proposes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

from pipeline.corpus.alignment import Block, Words, words
from pipeline.corpus.cases import Case
from pipeline.corpus.comparison import TOO_MUCH, Comparison, compare, objection, price, spare
from pipeline.corpus.index import Proposal
from pipeline.corpus.naming import is_end
from pipeline.settings import Settings, is_off

__all__ = ["KINDS", "Decision", "judge"]

KINDS = ("exact", "near", "covered")
PIECE = 6  # words in a row that a copy has in common with one of several that cover it
PART, APART = 0.2, 0.7  # of its words, that a piece of a paragraph must be; what is more alike is of the same mould
SLACK = 2  # words beside the end of a sentence, at which two pieces may meet
COVERS = 4  # paragraphs that cover another together, at the most
WHOLE = 0.8  # of the words of the one that stays: a copy that has fewer is a part of it
_NOTHING = words("")


class Decision(NamedTuple):
    """What was decided of a paragraph: it goes, as the `kind` of duplicate that it is, or (no kind) it stays though it
    is alike, which `why` explains. `of` are the paragraphs that stay for it, by number; `shared` and `similarity` are
    the scores of the proposal and of the decision."""

    of: tuple[int, ...]
    kind: str
    similarity: float
    shared: float
    why: str = ""


def judge(case: Case, settings: Settings) -> dict[int, Decision]:
    """Decide on the paragraphs of a case, with which others have nothing to do.

    Returns, by number, what was decided of the paragraphs that go, and of those that stay though they are alike.
    """
    judge = _Judge(case, settings)
    for number, pairs in groupby(map(Proposal, *case.proposals), key=itemgetter(0)):
        judge.hear(number, list(pairs))
    judge.close()
    named = case.numbers
    return {
        named[number]: Decision(tuple(map(named.__getitem__, of)), kind, similarity, shared, why)
        for number, (of, kind, similarity, shared, why) in judge.decided.items()
    }


class _Judge:
    """The decisions so far, in the order of ranks: what stays is known before what may go for it."""

    def __init__(self, case: Case, settings: Settings) -> None:
        self.decided: dict[int, Decision] = {}
        self._words: Callable[[int], Words] = lru_cache(maxsize=4096)(self._cut)
        self._texts = case.texts
        self._similarity = settings.similarity
        self._document = case.homes.__getitem__
        self._kept = case.kept
        self._key, self._digest = case.key, case.digest
        self._same: dict[int, int] = {}  # of equal texts, the one whose text is at hand
        self._keeps: dict[int, list[int]] = {}  # what goes, by what stays for it
        self._pieces: dict[int, list[tuple[int, float, list[Block]]]] = {}  # what of a paragraph stands in others
        self._off = {kind for kind in KINDS if is_off(f"duplicates.{kind}", settings.off)}

    def _cut(self, number: int) -> Words:
        text = self._texts[self._same.get(number, number)]
        if text is None:
            raise KeyError(number)
        return words(text)

    def hear(self, number: int, proposals: Sequence[Proposal]) -> None:
        """Decide on one paragraph, given the pairs in which it has the worse rank."""
        first = proposals[0]
        if self._digest[number] == self._digest[first.of] and self._key[number] == self._key[first.of]:
            return self._follow(number, first)
        heard: list[tuple[int, float, Comparison]] = []
        for of, shared in self._standing(number, proposals):
            one, other = self._words(number), self._words(of)
            if self._key[number] == self._key[of] and one.forms == other.forms:
                return self._go(number, Decision((of,), "exact", 1.0, shared))
            found = compare(one, other, self._similarity)
            if found.accepted:
                kind = "near" if len(one) >= WHOLE * len(other) else "covered"
                return self._go(number, Decision((of,), kind, round(found.similarity, 4), shared))
            heard.append((of, shared, found))
        self._take_over(number, heard)
        self._keep_pieces(number, heard)
        alike = [(found.similarity, -of, shared, found.why) for of, shared, found in heard if found.why]
        similarity, of, shared, why = max(alike, default=(0.0, 0, 0.0, ""))
        if similarity >= self._similarity:
            self.decided[number] = Decision((-of,), "", round(similarity, 4), shared, why)
        return None

    def _follow(self, number: int, twin: Proposal) -> None:
        """Decide on a paragraph whose text is that of another, by what was decided of that."""
        self._same[number] = self._same.get(twin.of, twin.of)
        gone = self.decided.get(twin.of, _STAYS)
        home = self._document(number)
        of = gone.of if gone.kind else (twin.of,)
        if not (self._kept[number] and any(self._document(stays) == home for stays in of)):  # a refrain
            self._go(number, gone if gone.kind else Decision(of, "exact", 1.0, twin.shared))

    def _standing(self, number: int, proposals: Iterable[Proposal]) -> list[tuple[int, float]]:
        """The paragraphs to compare with: those proposed that stay, and those that stay for one that does not."""
        found: dict[int, float] = {}
        for proposal in proposals:
            gone = self.decided.get(proposal.of)
            for of in gone.of if gone and gone.kind else (proposal.of,):
                found.setdefault(of, proposal.shared)
        home = self._document(number)
        return [
            (of, shared)
            for of, shared in found.items()
            if of != number and not (self._kept[number] and self._document(of) == home)  # a refrain
        ]

    def _go(self, number: int, decision: Decision) -> None:
        if decision.kind in self._off:
            return
        self.decided[number] = decision
        for of in decision.of if decision.kind else ():
            self._keeps.setdefault(of, []).append(number)

    def _keep_pieces(self, number: int, heard: Sequence[tuple[int, float, Comparison]]) -> None:
        """Remember what two paragraphs that both stay have in common, if it is a good part of one and not its mould."""
        for of, shared, found in heard:
            pieces = [block for block in found.blocks if block.size >= PIECE]
            same = sum(block.size for block in pieces)
            swapped = [Block(right, left, size) for left, right, size in pieces]
            for one, other, blocks in ((number, of, pieces), (of, number, swapped)):
                if PART <= same / len(self._words(one)) < APART:
                    self._pieces.setdefault(one, []).append((other, shared, blocks))

    def close(self) -> None:
        """Let those go that several of the others cover together, the worst copies first."""
        for number in sorted(self._pieces, reverse=True):
            stays = [piece for piece in self._pieces[number] if not self.decided.get(piece[0], _STAYS).kind]
            if len(stays) > 1 and number not in self._keeps and not self.decided.get(number, _STAYS).kind:
                together = self._together(number, stays)
                if together:
                    self._go(number, together)

    def _together(self, number: int, stays: Sequence[tuple[int, float, list[Block]]]) -> Decision | None:
        """Whether several paragraphs cover this one together."""
        one = self._words(number)
        by: list[int] = [-1] * len(one)
        share = 0.0
        pieces = [(block.size, -block.left, of, shared) for of, shared, blocks in stays for block in blocks]
        used: set[int] = set()
        for size, left, of, shared in sorted(pieces, reverse=True):
            if of in used or len(used) < COVERS:
                for place in range(-left, size - left):
                    if by[place] < 0:
                        by[place] = of
                        used.add(of)
                share = max(share, shared)
        covers = tuple(sorted(used))
        same = sum(place >= 0 for place in by)
        if len(covers) < 2 or same < self._similarity * len(one) or not _parts_at_ends(one, by):
            return None
        lost = 0.0
        for alone, places in groupby(range(len(one)), key=lambda place: by[place] < 0):
            if alone:
                found = list(places)
                cost = price(one, _NOTHING, range(found[0], found[-1] + 1), range(0))
                if cost is None:
                    return None
                lost += cost
        if lost > spare(len(one)):
            return None
        return Decision(covers, "covered", round(same / len(one), 4), share)

    def _take_over(self, number: int, heard: Sequence[tuple[int, float, Comparison]]) -> None:
        """Let paragraphs go that rank before this one, but say less: one that lost a year, or a part of it.

        What went for such a one must then go for this one, or it stays.
        """
        for of, shared, found in heard:
            if found.why == TOO_MUCH or self.decided.get(of, _STAYS).kind:
                continue
            same = sum(block.size for block in found.blocks)
            swapped = [Block(block.right, block.left, block.size) for block in found.blocks]
            gone = self._instead(of, number, same, swapped, shared)
            others = [self._moved(other, of, number, gone) for other in self._keeps.get(of, ())] if gone else []
            if gone and all(others):
                for other, moved in zip([of, *self._keeps.pop(of, ())], [gone, *others], strict=True):
                    if moved:
                        self._go(other, moved)

    def _moved(self, number: int, before: int, to: int, gone: Decision) -> Decision | None:
        """The decision on one that goes, if it went for `to`, not for `before`, which is `gone`; none if it may not."""
        if len(self.decided[number].of) > 1 or (self._kept[number] and self._document(number) == self._document(to)):
            return None
        if self._digest[number] == self._digest[before]:
            return gone
        found = compare(self._words(number), self._words(to), self._similarity)
        if not found.accepted:
            return None
        same = sum(block.size for block in found.blocks)
        return self._instead(number, to, same, found.blocks, self.decided[number].shared)

    def _instead(self, number: int, of: int, same: int, blocks: Sequence[Block], shared: float) -> Decision | None:
        """The decision that one goes for another, which has `same` of its words in blocks; none if it may not."""
        one, other = self._words(number), self._words(of)
        if same < self._similarity * len(one) or objection(one, other, blocks):
            return None
        kind = "near" if len(one) >= WHOLE * len(other) else "covered"
        return Decision((of,), kind, round(same / len(one), 4), shared)


def _parts_at_ends(one: Words, by: Sequence[int]) -> bool:
    """Whether the pieces of several paragraphs, given for each word, meet where sentences end, or a few words off.

    Pieces that meet in the midst of sentences are of one mould: *born in York* of one, *in May 1802* of another.
    """
    known = [place for place in range(len(one)) if by[place] >= 0]
    return all(
        any(is_end(one, at) for at in range(max(1, place - SLACK), min(len(one), after + SLACK + 1)))
        for place, after in pairwise(known)
        if by[place] != by[after]
    )


_STAYS = Decision((), "", 0.0, 0.0)
