"""Tooltips: the summary that a site shows over a link, which a scraper pushed into the middle of the sentence.

    It was signed in
    Lisbon
    Lisbon is the capital and largest city of ... (cut)  ...
    , where the delegates stayed until May.

The text of the link stands on a line of its own, then the summary on one line or several, cut at a fixed size and
ended by ` ...`, then the rest of the sentence. No pattern can tell where such a summary starts when it has several
lines, but the size can: in one document all summaries are cut at nearly the same number of bytes. Where it does not
tell, the summary must show what it is: it repeats the link's words, or it starts with remnants of an infobox.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

import regex

from pipeline.rules.lines import Lines
from pipeline.rules.rule import Span, Structural, examples
from pipeline.rules.structural import glued

ID = "wiki.tooltip"
CUT = regex.compile(r"(?:\S \.\.\.|(?:\S |\w)…)$")  # dots alone on a line are an author's
LONGEST = 1200  # bytes of a summary, at the most
SHORTEST = 60
SHORT = 0.8
SLACK = 0.915  # a summary is cut at a word, so it may be this much shorter than the longest
PARAMETER = regex.compile(r"[,|]\s*\w[\w ]{0,30}=|;\s+\p{Ll}{2},\s|\(\s*[;,]")
REMNANT = regex.compile(r"[;,]\s|[,|]\s*\w+\s*=|\(\s*[;,]")
DEFINING = regex.compile(
    r"(?:[^()\n]{0,80}\([^()\n]{0,400}\)[,;]?\s+)?(?:\S+\s+){0,12}?"
    r"(?:is|was|are|were|refers? to|may refer to|means|(?:also |commonly )?known as)\b"
    r"|The (?:was|is|are)\b"
)
BARE = regex.compile(r"(?:was|is|are|were) (?:an?|the|one)\b")  # a summary that lost the name it starts with
SUFFIX = regex.compile(r"(?:s|es|n|ns|ed|d|r|rs|ing|ers?|ists?|ally|ics?|ly|ity|ness|ese|ish|ations?|'s|’s)\b")
OWN_LINE = regex.compile(r"[*•#]|\{\{|[a-z]{2,3}:\S|$")
GOES_ON = regex.compile(r"[ \t]?[\p{Ll}\d,.;:)(–—'’-]")
CLOSES = regex.compile(r"[,.;:)\]!?'’”»%]|[—–-]\S")  # what no space stands before
OPEN_END = regex.compile(r"\b(?:the|a|an|of|in|on|at|to|for|with|by|from|as|and|or|that|which|is|was|are|were)$")
SHORTENED = regex.compile(r"\b(?:[A-Z]|Jr|Co|Inc|St|Dr)\.$")
# What a sentence goes on behind, with the text of a link: an article, a preposition, a comma, an open bracket.
LEADS_ON = regex.compile(
    r"(?:\b(?:[Tt]he|an?|[Oo]f|[Ii]n|[Oo]n|[Aa]t|to|[Ff]or|[Ww]ith|[Bb]y|[Ff]rom|as|[Aa]nd|or|that|which|is|was|are|were|"
    r"his|her|its|their|between|during|[Uu]nder|[Aa]fter|[Bb]efore|into|over|near|than|both|called)|[,(“«])$"
)
# The beginning of a sentence, and of no heading.
BEGUN = regex.compile(
    r"(?:(?:In|On|By|At|After|Before|Since|Until|He|She|It|They|We|I|When|While|As)(?:\s+\S+)*|\S+(?:\s+\S+){3,})"
    r"(?<=\s(?:\p{Ll}[\p{L}’'-]*|\d{1,4}))"
)
CODE = regex.compile(r"\s*(?://|[#;>$%{}\[(]|/\*|\*/)|\t| {2,}\S")
WORD = regex.compile(r"\w{3,}")


def find(view: Lines) -> Sequence[Span]:
    """Propose to cut each tooltip, and to mend the sentence around it."""
    text = view.text
    lines = view.rows
    dotted = [index for index, line in enumerate(lines) if line.endswith(("...", "…"))]
    ends = [index for index in dotted if CUT.search(lines[index]) and not CODE.match(lines[index])]
    if behind := glued.links(lines, ends):
        return _glued(view, behind)
    inside = [end for end in ends if end + 1 == len(lines) or not OWN_LINE.match(lines[end + 1])]  # not of a list
    going_on = sum(_goes_on(lines, end) for end in inside)
    if not going_on or going_on * 2 < len(inside):
        return ()  # teasers of a list, or an author's dots: no sentence goes on behind them
    many = len(ends) >= 3  # such a document is full of them
    if not many:
        ends = [end for end in ends if not lines[end].endswith("…")]
    size = _common_size(lines, ends)
    spans: list[Span] = []
    starts = view.starts
    done = 0  # the first line that no tooltip has taken yet
    for last in ends:
        first = _first_line(lines, last, done, size, many)
        if first is None:
            continue
        carried = first - 2 == done > 0  # the line before the link goes on behind the tooltip before
        done = last + 1
        start = starts[first] - 1  # with the line end behind the link
        end = min(starts[last] + len(lines[last]) + 1, len(text))
        spans.append(Span(start, end, seam(lines, first - 1, last + 1), ID))
        spans += _joined(view, first - 1, carried, many)
    return spans


def _glued(view: Lines, links: Mapping[int, str]) -> list[Span]:
    """Cut the summaries that stand behind their links, on one line with them."""
    lines, starts = view.rows, view.starts
    spans: list[Span] = []
    done = 0
    if sum(_goes_on(lines, glued.resumes(lines, last, link) - 1) for last, link in links.items()) * 2 < len(links):
        return spans  # a list of titles with teasers
    for last, link in links.items():
        carried = last - 1 == done > 0
        done = glued.resumes(lines, last, link)
        end = starts[done] if done < len(lines) else len(view.text)
        spans.append(Span(starts[last] + len(link), end, seam(lines, last, done, link), ID))
        spans += _joined(view, last, carried, many=True)
    return spans


def _joined(view: Lines, link: int, carried: bool, many: bool) -> list[Span]:
    """What mends the line end before the line of a link, if a sentence leads on to it."""
    before = view.rows[link - 1].rstrip() if link else ""
    if OWN_LINE.match(view.rows[link]):
        return []  # an item of a list
    if (
        LEADS_ON.search(before)
        or (many and BEGUN.fullmatch(before))
        or ((carried or len(before) >= 70) and before and before[-1] not in '.!?:;"”»…')
    ):
        at = view.starts[link]  # the line end before the link
        return [Span(at - 1, at, "" if before[-1] in "(“«" else " ", ID)]
    return []


def _bytes(lines: Sequence[str], first: int, last: int) -> int:
    return sum(_size(line) + 1 for line in lines[first : last + 1]) - 1


def _size(line: str) -> int:
    """The bytes of a line."""
    return len(line) if line.isascii() else len(line.encode("utf-8", "replace"))


def _common_size(lines: Sequence[str], ends: Sequence[int]) -> int:
    """The size in bytes at which the document's summaries are cut, or 0 if nothing shows one.

    It shows where a good part of the cut lines that are long enough end at nearly the same size.
    """
    sizes = sorted(size for size in (_bytes(lines, end, end) for end in ends) if SHORTEST <= size <= LONGEST)
    for index in range(len(sizes) - 1, -1, -1):  # a longer one that stands alone is something else
        largest = sizes[index]
        near = index + 1 - bisect_left(sizes, largest * SLACK)
        if near >= 3 and near * 3 >= len(sizes):
            return largest
    return 0


def _first_line(lines: Sequence[str], last: int, done: int, size: int, many: bool) -> int | None:
    """The line on which the summary that ends on line `last` starts, or none if that is not a tooltip."""
    candidates = []
    total = 0
    for first in range(last, max(done, 1) - 1, -1):
        total += _size(lines[first]) + (first != last)
        if total > (size + 2 if size else LONGEST):
            break
        if _is_link(lines[first - 1]):
            candidates.append((first, total))
    if size:
        for first, total in candidates:  # one that is shorter, since a long word was cut off, but speaks of the link
            if total >= size * SHORT and lines[first].casefold().startswith(lines[first - 1].strip().casefold()):
                return first
        for first, total in candidates:  # the nearest that has the size
            if total >= size * SLACK:
                return first
    for first, total in candidates:
        link, summary = lines[first - 1], lines[first]
        shown = REMNANT if size else PARAMETER
        infobox = shown.match(summary) or (first < last and shown.match(lines[first + 1]))
        if infobox and total >= SHORTEST and not (REMNANT.match(link) or CUT.search(link)):
            return first - 1 if not link[:1].isalnum() and first - 1 > done else first
        known = size or many or (first == last and _goes_on(lines, last))
        if total < SHORTEST or not known or last - first > 5 or CODE.match(summary):
            continue
        if DEFINING.match(summary) and (names(link, summary) or not WORD.search(link)):
            return first
        if many and BARE.match(summary) and link[:1].isupper() and _goes_on(lines, last):
            return first
    return None


def _is_link(line: str) -> bool:
    """Whether a line can be the text of a link: short, and not the end of a sentence."""
    line = line.strip()
    if not 0 < len(line) <= 90 or line[0] in ",.;:)–—-":
        return False
    if line[-1] in ".!?:;,…":
        return 1 < len(line) <= 30 and SHORTENED.search(line) is not None
    return not OPEN_END.search(line)


def names(link: str, summary: str) -> bool:
    """Whether a summary speaks of what the link says."""
    head = summary[:160].lower()
    return any(word.lower()[:5] in head for word in WORD.findall(link))


def _goes_on(lines: Sequence[str], last: int) -> bool:
    """Whether the sentence goes on behind the summary."""
    rest = lines[last + 1] if last + 1 < len(lines) else ""
    return GOES_ON.match(rest) is not None


def seam(lines: Sequence[str], index: int, goes_on: int, link: str | None = None) -> str:
    """What stands between the link, on line `index`, and the rest of its sentence once the summary is gone."""
    rest = lines[goes_on] if goes_on < len(lines) else ""
    link = (lines[index] if link is None else link).rstrip()
    if not rest.strip():
        return "\n" if goes_on < len(lines) else ""
    if OWN_LINE.match(rest):
        return "\n"
    if rest[0] in " \t" or CLOSES.match(rest):
        return ""
    if SUFFIX.match(rest) or (link[-1:] in "$€£¥(“«" and link):
        return ""
    return " "


RULE = Structural(
    id=ID,
    about="The summary of a link's target, cut with ` ...`, between the text of the link and the rest of the sentence.",
    find=find,
    gate=r"(?: \.\.\.|…)(?:\n|\z)",
    phase=1,
    match=examples(
        "They met in⟦\n⟧Lisbon⟦\nLisbon is the capital and largest city of Portugal, with a population of over "
        "half a million, spread over seven ...\n⟧, and stayed until May.",
        "The⟦\n⟧export⟦\nAn export is a good that is made in one country and sold to a buyer in another, or a "
        "service that is rendered ...\n⟧s of wool fell.",
        "In 1918⟦\n⟧Skerry⟦\nSkerry ( or ; no, Skjærøya ; sv, Skärön; da, Skærøen ; fo, Skeroy), which sailors call "
        "the Grey Rock, is an island with two mills and no harbour ...\n⟧ was sold. In⟦\n⟧Lowford⟦\nLowford is a town "
        "of bakers by the river Lowe, where five bridges and a ferry take the people to ...\n⟧, they heard it from⟦\n"
        "⟧Ann Harper⟦\nAnn Harper was a builder of bridges, who came there as a child and drew the first ...\n⟧ too.",
        "She lived in⟦\n⟧Lowford⟦ Lowford is a town of bakers by the river Lowe, where five bridges and a ferry ...\n"
        "⟧, and then on the⟦\n⟧isle⟦ An isle is a piece of land with water on all sides, smaller than a land ...\n\n"
        "isle\n⟧ of⟦\n⟧Skerry⟦ Skerry ( or ; no, Skjærøya ; sv, Skärön), called the Grey Rock, is an island with ...\n"
        "⟧. There she stayed.",
        "He sailed to⟦\n⟧Grey Isle⟦\n, location = Northern Sea\n, area_km2 = 40\n, length =\n, coordinates =\n, "
        "population = 300 ...\n⟧and back.",
    ),
    keep=examples(
        "Lowford Lowford is a town of bakers by the river Lowe, with five bridges and a ferry for the people of ...\n"
        "Upton Upton is a village of the Lowe valley with a mill, a weir and a school that is older than both ...\n"
        "Skerry Skerry is an isle with two mills and no harbour, which sailors have called the Grey Rock for a ...",
        "He waited for an answer, and waited, and looked at the clock on the wall again ...\nthen he left.",
        "Spring\nI thought that the spring is a promise, and that the long winter had been one as well ...\n\nSummer",
        "and so it went on and on ...\nuntil the morning.",
        "The number of turns is one of the things that the wheel takes\nfrom the file, where it is one by default,\n"
        "as is shown here:\n\tturn wheel ...\n\tturn wheel again",
        "The counts of a mill can be used in scripts, tables and user\ncommands that are defined in the mill.  "
        "They are the way to\ntell how much was ground.  This counts the sacks: >\n\n 17\tsacks = 4\n ...\n"
        " 28\tgrind(sacks)\n ...\n 33\tend\n ...\n 40\tend\n\nThe sacks are told.",
        "The wheel\nThe wheel is a hole, and the corn is a driver who fell in ...\n\nThe weir\nThe weir is a bed of "
        "reeds, and the eels are the bakers of it ...\n\nThe sack\nThe sack is a bag of hopes that were ground too "
        "fine to be of use ...\n\nHe laughed.",
    ),
)
