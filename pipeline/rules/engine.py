"""The engine: what the rules propose on a text, and how proposals become one pass.

Rules are tried where they may match (see `gate`). Where they meet, the one that takes more wins: a section that goes
takes the markers in it along; of two that overlap in part, the later waits for the next round, where it may no longer
hold.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Collection, Iterable, Sequence
from functools import cache, cached_property
from pathlib import Path

import regex

from pipeline.document import Fact
from pipeline.edits import Edit
from pipeline.rules import sections
from pipeline.rules.gate import Gate, Need, blocks, in_lines, is_for, matches
from pipeline.rules.lines import Lines, ends_sentence
from pipeline.rules.pack import Pack, PackError, check, clashes, load
from pipeline.rules.rule import Rule, Span, Structural

PACKS = Path(__file__).parent / "packs"
STRAY = regex.compile(r"[ \t]+(?=[,;:)]|\.(?!\w))")  # spaces before a mark that no space stands before
STOPPED, BEGINS = regex.compile(r"\p{Ll}{2}[.!?…][\"”’)]?\Z"), regex.compile(r"[\"“‘]?\p{Lu}[\p{Ll} ]")
INLINE = ("inline", "block", "document")


class RuleSet:
    """Packs and structural rules, ready for use. `RuleSet.builtin()` has the ones that come with the package.

    >>> rules = RuleSet.builtin()
    >>> edits, facts = rules.find("A claim.[7] Another.")
    >>> edits
    [Edit(start=8, old='[7]', new='', rule='markers.footnote')]
    """

    def __init__(self, packs: Sequence[Pack], structural: Sequence[Structural] = ()) -> None:
        self.packs = tuple(packs)
        self.structural = tuple(structural)
        of_packs = [rule for pack in packs for rule in pack.rules]
        self.pattern_rules: tuple[Rule, ...] = tuple(rule for rule in of_packs if rule.where != "element")
        self.element_rules: tuple[Rule, ...] = tuple(rule for rule in of_packs if rule.where == "element")

    def __reduce__(self) -> tuple[type[RuleSet], tuple[object, ...]]:
        return RuleSet, (self.packs, self.structural)

    @classmethod
    @cache
    def builtin(cls) -> RuleSet:
        """The rules that come with the package."""
        from pipeline.rules.structural import STRUCTURAL

        return cls([load(path, trusted=True) for path in sorted(PACKS.glob("*.toml"))], STRUCTURAL)

    @property
    def rules(self) -> list[Rule | Structural]:
        """All rules, structural ones first."""
        return [*self.structural, *self.pattern_rules, *self.element_rules]

    def with_packs(self, paths: Iterable[Path]) -> RuleSet:
        """Add packs from files; raises `PackError` for one that does not load, fails its examples, or is shadowed."""
        from pipeline.stages import other_rules

        added = [load(path) for path in paths]
        grown = RuleSet([*self.packs, *added], self.structural)
        problems = [
            *check(added),
            *clashes(grown.packs, {rule.id for rule in self.structural} | {*other_rules()}),
            *(line for pack in added for line in failures(RuleSet([pack]))),
            *shadowed(grown, {rule.id for pack in added for rule in pack.rules}),
        ]
        if problems:
            raise PackError("\n".join(dict.fromkeys(problems)))
        return grown

    def without(self, ids: Iterable[str], also: Collection[str] = ()) -> RuleSet:
        """Switch rules off by id (`family.name`) or family (`family.*`); raises `PackError` for an unknown one.

        `also` are ids that are known elsewhere: those of `pipeline.stages.other_rules`.
        """
        off = set(ids)
        if not off:
            return self
        known = [rule.id for rule in self.rules] + list(also)
        for name in sorted(off):
            if not any(_named(id, name) for id in known):
                near = difflib.get_close_matches(name, known, 3) or sorted({id.split(".")[0] + ".*" for id in known})
                raise PackError(f"Cannot switch off rule {name}: there is none of that name. Near: {', '.join(near)}.")
        kept = [
            pack._replace(rules=tuple(r for r in pack.rules if not any(_named(r.id, name) for name in off)))
            for pack in self.packs
        ]
        return RuleSet(kept, [r for r in self.structural if not any(_named(r.id, name) for name in off)])

    def digest(self) -> str:
        """SHA-256 over what decides what rules do, for the sidecar: not their examples, nor what is said about them."""
        decisive = [
            (
                rule.id,
                rule.where,
                rule.pattern,
                rule.needs,
                rule.also,
                rule.unless,
                rule.do,
                rule.replacement,
                rule.within,
            )
            for rule in (*self.pattern_rules, *self.element_rules)
        ]
        return hashlib.sha256(repr((decisive, [rule.id for rule in self.structural])).encode()).hexdigest()

    def find(self, text: str) -> tuple[list[Edit], list[Fact]]:
        """Return the pass that the rules ask for on this text, and the facts that they read.

        What stands inside of lines goes first: while there is any of it, lines and sections wait for the next round.
        """
        lines = Lines(text)
        needs, active, structural = self._gate.scan(lines)
        facts: list[Fact] = []
        for phase in (1, 2):
            spans = [span for rule in structural if rule.phase == phase for span in rule.find(lines)]
            if phase == 1:
                spans += self._inline(text, [rule for rule in active if rule.where in INLINE])
            elif any(rule.where not in INLINE for rule in active):
                spans += self._by_line(lines, needs)
            facts += [Fact(kind, value, s.start, s.end, s.rule) for s in spans for kind, value in s.facts]
            if spans and (edits := resolve(text, spans)):
                return edits, facts
        return [], facts

    @cached_property
    def _gate(self) -> Gate:
        return Gate(self.pattern_rules, self.structural)

    def _inline(self, text: str, active: Sequence[Rule]) -> list[Span]:
        spans: list[Span] = []
        active = [rule for rule in active if is_for(rule, text)]
        for rule, found in matches(self._gate, text, [rule for rule in active if rule.where != "block"]):
            for match in found:
                facts = rule.facts_of(match)
                if rule.do == "drop":
                    places = [span for part in rule.parts for span in match.spans(part)] or [match.span()]
                    ends = [mend(text, *place) for place in places if place[0] < place[1]]
                    spans += [Span(start, end, seam(text, start, end), rule.id, facts) for start, end in ends]
                else:
                    new = match.expand(rule.replacement) if rule.do == "replace" else match.group()
                    spans.append(Span(*match.span(), new, rule.id, facts))
        return spans + [span for rule in active if rule.where == "block" for span in blocks(text, rule)]

    def _by_line(self, lines: Lines, needs: Iterable[Need]) -> list[Span]:
        """Rules that look at lines: those of whose `needs` the line has one."""
        text = lines.text
        spans: list[Span] = []
        openers: list[tuple[int, Rule]] = []
        allowed: dict[str, bool] = {}  # rules that have matched, and whether the text has what else they need
        for index, rules in in_lines(lines, [need for need in needs if need.rule.where not in INLINE]):
            line = lines.texts[index]
            for rule in rules:
                match = rule.compiled.fullmatch(line)
                if match and rule.id not in allowed:
                    allowed[rule.id] = is_for(rule, text)
                if not match or not allowed[rule.id]:
                    continue
                facts = rule.facts_of(match)
                start, end = lines.starts[index], lines.end(index)
                if rule.do == "fact":
                    spans.append(Span(start, end, text[start:end], rule.id, facts))
                elif rule.do == "replace":
                    at = start + text[start:end].index(line)
                    spans.append(Span(at, at + len(line), match.expand(rule.replacement), rule.id, facts))
                elif rule.where == "line":
                    spans.append(Span(start, end, "", rule.id, facts))
                elif rule.where == "head":
                    if end <= rule.within:
                        spans.append(Span(0, end, "", rule.id, facts))
                elif rule.where == "tail":
                    if len(text) - start <= rule.within:
                        last = index if _is_above(lines, index) else sections.tail(lines, index)
                        spans.append(Span(start, lines.end(last), "", rule.id, facts))  # over a text, it goes alone
                else:
                    openers.append((index, rule))
        footer = min(
            (s.start for s in spans if s.end == len(text) and s.rule.split(".")[0] != "lines"), default=len(text)
        )
        headings = {index for index, _ in openers}
        prose = sections.last_prose(lines, footer) if openers else -1
        done = -1  # the last line of the sections so far
        for index, rule in openers:
            behind = sections.end(lines, index, headings, footer, prose) if index > done else None
            if behind is not None:
                done = behind
                spans.append(Span(lines.starts[index], lines.end(behind), "", rule.id))
        return spans


def _is_above(lines: Lines, index: int) -> bool:
    """Whether a line stands over the text: no sentence before it, and prose behind it."""
    if index > 8 or any(ends_sentence(line) for line in lines.texts[:index]):
        return False
    return any(lines.is_solid(below) for below in range(index + 1, len(lines)))


def _named(id: str, name: str) -> bool:
    return id == name or (name.endswith(".*") and id.split(".")[0] == name[:-2])


def mend(text: str, start: int, end: int) -> tuple[int, int]:
    """Grow a range that goes by the spaces that would be left over: the sentence reads as if it had never been there.

    >>> text = "unresolved, [1] and"
    >>> start, end = mend(text, 12, 15)
    >>> text[:start] + text[end:]
    'unresolved, and'
    """
    before = text[start - 1] if start else "\n"
    after = text[end] if end < len(text) else "\n"
    if before in " \t\u00a0" and (after in " \t\n,;:)]!?" or (after == "." and not text[end + 1 : end + 2].isalnum())):
        while start and text[start - 1] in " \t\u00a0":
            start -= 1
        before = text[start - 1] if start else "\n"
        rest = STRAY.match(text, end)
        end = rest.end() if rest else end
    elif before in "\n([":
        while end < len(text) and text[end] in " \t\u00a0":
            end += 1
        after = text[end] if end < len(text) else "\n"
    if before == "\n" and after == "\n" and end < len(text):
        end += 1
    elif before == "\n" and after and after in ",.;:)" and start > 1 and text[start - 2] != "\n":
        start -= 1  # the sentence ends on the next line
    return start, end


def seam(text: str, start: int, end: int) -> str:
    """What stands where a range goes: nothing, or a space between two sentences that nothing else parts.

    >>> text = "It ran.[1]He left [2]it."
    >>> seam(text, 7, 10), seam(text, 18, 21)
    (' ', '')
    """
    return " " if STOPPED.search(text, max(0, start - 8), start) and BEGINS.match(text, end) else ""


def resolve(text: str, spans: Iterable[Span]) -> list[Edit]:
    """Make one pass of proposals. What lies inside of a larger one goes with it; one that overlaps waits for a round.

    >>> resolve("abcdef", [Span(1, 4, "", "big.one"), Span(2, 3, "", "small.one"), Span(3, 5, "", "late.one")])
    [Edit(start=1, old='bcd', new='', rule='big.one')]
    """
    edits: list[Edit] = []
    at = 0
    for start, end, new, rule, _ in sorted(spans, key=lambda span: (span.start, -span.end, span.rule)):
        if start < at:
            continue
        old = text[start:end]
        if old != new:
            edits.append(Edit(start, old, new, rule))
            at = end
    return edits


def failures(rules: RuleSet) -> list[str]:
    """Try the examples of every rule, each rule by itself; return a line for each that fails."""
    problems = []
    if rules.element_rules:
        from pipeline.rules import elements  # BeautifulSoup comes with it

        problems += [problem for one in rules.element_rules for problem in elements.failures(one)]
    tried: list[Rule | Structural] = [*rules.structural, *rules.pattern_rules]
    for rule in tried:
        alone = RuleSet([Pack(rule.pack, "", (rule,))]) if isinstance(rule, Rule) else RuleSet([], [rule])
        place = f"{rule.pack}:{rule.line}" if isinstance(rule, Rule) else rule.pack
        for example in (*rule.match, *rule.keep):
            edits, facts = alone.find(example.text)
            got = tuple((edit.start, edit.end) for edit in edits)
            if isinstance(rule, Rule) and rule.do == "fact":
                got = tuple(dict.fromkeys((fact.start, min(fact.end, len(example.text))) for fact in facts))
            if got != example.spans:
                took = [example.text[a:b] for a, b in got]
                want = [example.text[a:b] for a, b in example.spans]
                problems.append(
                    f"{place}: rule {rule.id} takes {took!r} of {example.text!r}; its example says {want!r}."
                )
    return problems


def shadowed(rules: RuleSet, ids: Collection[str] | None = None) -> list[str]:
    """Say which pattern rules (of `ids`, or of all) never act, since another takes each of their examples whole."""
    problems = []
    for rule in rules.pattern_rules:
        if rule.do == "fact" or (ids is not None and rule.id not in ids):
            continue
        others = RuleSet([pack._replace(rules=tuple(r for r in pack.rules if r is not rule)) for pack in rules.packs])
        shadows = set()
        for example in rule.match:
            taken = others.find(example.text)[0]
            cover = [e.rule for e in taken if any(e.start <= a and b <= e.end for a, b in example.spans)]
            shadows.add(cover[0] if len(cover) >= len(example.spans) and cover else "")
        if "" not in shadows:
            names = ", ".join(sorted(shadows))
            problems.append(f"{rule.pack}:{rule.line}: Cannot use rule {rule.id}: {names} takes all of its examples.")
    return problems
