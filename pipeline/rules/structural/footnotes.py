"""Footnotes: their markers in running text, and the notes themselves, which stand as a block behind their markers.

A number in brackets is a footnote, an array's index, an interval, or the name of a premise. One behind a
punctuation mark is a footnote; one behind a word is, if the numbers of the document are counted through and
nothing looks like code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import regex

from pipeline.rules.engine import mend, seam
from pipeline.rules.lines import CITATION, Lines
from pipeline.rules.rule import Span, Structural, examples
from pipeline.stages.fixed import is_logged

MARKER, BLOCK = "markers.footnote", "markers.footnote-block"
NAMED = r"(?:[nN]|nb|note|Note|Anm\.|fn|(?:low|upp)er-(?:alpha|roman|greek))\s\d{1,3}"
GATE = rf"\[\s?(?:[1-9]\d{{0,2}}(?:[,–-][\d ,–-]*)?|{NAMED}|[a-iA-H]|[ivx]{{1,4}})\s?\]"
MARK = regex.compile(
    rf"""(?x) (?: \[\s?
        (?: (?P<number>[1-9]\d{{0,2}}) | (?<=[.,;!?"”’)]\[)[1-9]\d{{0,2}}(?:(?:,\s?|[–-])[1-9]\d{{0,2}})+
          | {NAMED} | (?P<letter>[a-iA-H]|[ivx]{{1,4}}) ) \s?\]
    (?: :\s?\d{{1,4}} (?:[–-]\d{{1,4}})? (?![\w.]\w) | \(pp?\.?\s?\d{{1,4}}(?:[–-]\d{{1,4}})?\) | \^(?=\s) )?
    (?: ,? (?: [^\S\n] | \n(?=\[[^\]\n]*\][ \t]*[,.;]?(?:\n|\Z)) | [–—-] )? (?=\[\s?(?:\d|{NAMED})) )? )+"""
)
JOINS = frozenset(" ,\n–—-")  # what is between the brackets of a run
STRONG = frozenset(".,;:!?…)\"'”’»%°†*_⟩]。、」』）")  # what a marker stands behind
TIGHT = frozenset('.,;:!?)"”’')
# Words before a number that is a noun of the sentence: "as in [3]".
REFERS = frozenset(
    "see also in of by from and to with within at as on for cf cf. ref ref. refs refs. reference references section "
    "figure table equation chapter item is are than or x y i n a step line note page exhibit read then follow "
    "follows following use using method methods press choose option".split()
)
# Names before an index, and signs that code is made of: `SIGN` finds quickly that there is none.
ARRAYS = frozenset(
    "arg args argv arr array buf buffer param params vec matrix sha sha1 sha2 char uchar int uint int8 int16 int32 "
    "int64 uint8 uint16 uint32 uint64 byte msgstr make".split()
)
LAST = re.compile(r"\w+\Z")
SIGN = re.compile(r"[=>`/(\[$@&_:*\\]")
CODE = regex.compile(
    r"\s=\s|==|->|=>|`[^`\s]*\Z|//|\w\[0\]|"
    r"\w!?\([\w,. ]*\Z|[$@&]\{?[A-Za-z_]\w*\Z|^\s*(?:>>>|[$#]\s)|[\w>]\[[^\]]*\Z|\w_\w*\Z|\)\.\w+\Z|"
    r"\b[a-z]{3,}:[\w./-]+\Z|(?:^|[*/\\])\.\Z|[\"'][\w.-]{1,40}[\"']\s?:\s*\Z|[$@]\w+\s?=[^=]"
)
CODE_BEHIND = regex.compile(
    r"->|[`>({}\[\]]|\.[a-z_]|\s*=|[\w--\p{Han}\p{Hiragana}\p{Katakana}]|\)\s?;|\S{0,40}[;{]\s*$|\s+[[:punct:]--.,;:)(“\"'\-—–]\s",
    regex.V1 | regex.M,
)
NUMBERED = re.compile(r"\[(?:[^\[\]\n]{0,12}\d|[a-z]|[^\[\]\n]*(?:needed|\?))\]\Z")
HEADING = regex.compile(  # of notes, right above them
    r"(?im)^[#=*_ ]{0,6}(?:(?:foot|end)?notes?|references|links|citations|sources|anmerkungen|einzelnachweise)"
    r"[=*_: ]{0,6}\n\s{0,4}\Z"
)
PARAGRAPH = re.compile(r"\n\[([1-9]\d*)\] ")
ZERO = re.compile(r"\[0\]")
VERSE = regex.compile(r"^\[\d{1,3}(?:[.:]\d{1,3})*\]\s\p{Lu}", regex.M)
OPENS = regex.compile(r"\s\[\d{1,3}\] [\p{Lu}\"“‘'(]")
CITES = regex.compile(
    r"_\p{L}[^_\n]*_|\b(?:1[5-9]|20)\d\d\b|\b(?:ibid|supra|vol|p|pp|cf|see|ch|f|ff|ii|iii|iv)\b\.?", regex.I
)
# A line on which a note goes on: an indented one, one that begins with a small letter, or one behind a line that was
# broken at a width. Where paragraphs stand on lines of their own, the next one is none.
GOES_ON = (
    r"(?=[ \t]*\S)(?![ \t]{0,4}(?:\[\d|```)|[ \t]*(?:--|—) ?\p{Lu})"
    r"(?:[ \t]{2}|[ \t]*\p{Ll}|(?<=[^\n]{55}\n)(?<![^\n]{91}\n)(?<![.!?]\n))[^\n]{0,116}$"
)
NOTE = regex.compile(
    r"^(?P<indent>[ \t]{0,4})\[(?:Footnote )?(?P<mark>\d{1,3}|[A-Z])\](?P<gap>[ \t]+)\S[^\n]*"
    rf"(?:\n{GOES_ON})*"
    rf"(?:\n\n(?=[ ]{{4,}}\S)[^\n]*(?:\n{GOES_ON})*)*",
    regex.MULTILINE,
)


def find_markers(lines: Lines) -> Sequence[Span]:
    """Propose to drop the footnote markers of a text."""
    text = lines.text
    sure: list[regex.Match[str]] = []
    likely: list[regex.Match[str]] = []
    nouns = 0
    numbered = {int(number[1]): number.start(1) for number in PARAGRAPH.finditer(text)}  # the last of each number
    for match in MARK.finditer(text):
        start, end = match.span()
        while text[end - 1] in JOINS:  # a run ends with its last bracket
            end -= 1
        far = max(start - 80, 0)
        line = text[max(text.rfind("\n", far, start) + 1, far) : start]
        if line[-1:].isspace() and _refers(line):
            nouns += 1
            continue
        if not line and match["number"] and numbered.get(int(match["number"]) + 1, -1) > end:
            continue  # paragraphs that are numbered
        if not line and text.startswith(": http", end):
            continue  # what a link of Markdown leads to
        near = text[max(start - 3, 0) : start]
        behind = near[:-1] if near[-1:].isspace() else near
        if not seam(text, start, end) and (_is_code(line) or _is_code_behind(text, end)):
            continue
        if near[-1:] == "." and text[end : end + 1] == ".":
            continue  # a version: 1.[57].
        if behind[-1:] == "]" and not NUMBERED.search(line.rstrip()):
            continue  # a link of Markdown: [text][1]
        letter = match["letter"]
        if letter and (near[-1:] not in TIGHT or (letter.isupper() and "[Footnote" not in text)):
            continue
        version = near[-1:] == "." and near[-2:-1].isdigit()  # 5.[23] is one, "in 1990.[4]" is none
        if (behind[-1:] in STRONG and not version) or (match["number"] and _is_alone(text, line, match, end)):
            sure.append(match)
        elif version or (behind[-2:].isalnum() and len(behind) > 1):
            likely.append(match)
    counted_from = (*sure, *likely) if likely else ()
    numbers = {int(number) for match in counted_from for number in match.captures("number")}  # of all footnotes
    if VERSE.search(text):  # numbers of verses or sections: what stands between two sentences is one as well
        sure = [match for match in sure if not OPENS.match(text, match.start() - 1)]
    spans = [_span(text, match) for match in sure]
    firsts = {text[max(zero.start() - 40, 0) : zero.start()] for zero in ZERO.finditer(text)} if likely else ()
    for match in likely:
        first = int(match["number"] or 0)
        name = LAST.search(text[max(match.start() - 40, 0) : match.start()])
        if name and any(first.endswith(name[0]) for first in firsts):
            continue  # one of an array
        spaced = text[match.start() - 1].isspace()
        counted = (
            not first or len(match.captures("number")) > 1 or bool(numbers & {first - 1, first + 1}) or numbers == {1}
        )
        if counted and not (spaced and nouns):
            spans.append(_span(text, match))
    return spans


def _refers(line: str) -> bool:
    """Whether the last word of what stands before a marker makes a noun of it: "as in [3]"."""
    words = line.rsplit(None, 1)
    return bool(words) and words[-1].rstrip().lower().lstrip("([\"“‘'") in REFERS


def _is_alone(text: str, line: str, match: regex.Match[str], end: int) -> bool:
    """Whether a number in brackets is all that stands on its line."""
    return (not line or line.isspace()) and text[end : end + 1] in ("\n", "") and "note" not in match.group()


def _is_code(line: str) -> bool:
    """Whether what stands before a marker on its line looks like code, and the marker like an index.

    >>> _is_code("x = values"), _is_code("look at argv"), _is_code("the old bridge")
    (True, True, False)
    """
    if line[-1:] not in STRONG and (last := LAST.search(line.rpartition(" ")[2])) and last.group() in ARRAYS:
        return True
    if is_logged(line.lstrip()):
        return True  # `systemd[1]:`
    if "return " in line and line.lstrip().startswith("return "):
        return True
    return SIGN.search(line) is not None and CODE.search(line) is not None


def _is_code_behind(text: str, end: int) -> bool:
    """Whether what stands behind a marker looks like code; a space and a letter never do."""
    if text[end : end + 1] == " " and text[end + 1 : end + 2].isalpha():
        return False
    return CODE_BEHIND.match(text, end) is not None


def _span(text: str, match: regex.Match[str]) -> Span:
    start, end = match.span()
    while text[end - 1] in JOINS:
        end -= 1
    start, end = mend(text, start, end)
    return Span(start, end, seam(text, start, end), MARKER)


def find_blocks(lines: Lines) -> Sequence[Span]:
    """Propose to drop runs of notes, each on a line of its own behind `[1]`, that are counted through.

    Steps, rules and the paragraphs of a judgment are numbered so, too: so the markers of most must stand in the text
    before them, or most must look like citations. One note alone goes only where its marker stands there.
    """
    text = lines.text
    spans: list[Span] = []
    run: list[regex.Match[str]] = []
    for match in NOTE.finditer(text):
        follows = (
            bool(run) and not text[run[-1].end() : match.start()].strip() and _next(run[-1]["mark"], match["mark"])
        )
        if run and not follows:
            spans += _take(text, run)
            run = []
        run.append(match)
    return [*spans, *(_take(text, run) if run else ())]


def _next(before: str, mark: str) -> bool:
    if before.isdigit() and mark.isdigit():
        return int(mark) in (int(before), int(before) + 1)
    return len(before) == len(mark) == 1 and ord(mark) == ord(before) + 1


def _is_small(note: regex.Match[str]) -> bool:
    """Whether a note is a number, or goes on with a small letter, as a line of a sentence would, and not an address."""
    body = note.group()[note.end("gap") - note.start() :]
    return (body[:1].islower() and not body.startswith(("http", "www"))) or body.strip().isdigit()


def _is_citation(note: regex.Match[str]) -> bool:
    """Whether a note looks like one of a scholar: with a work, a page, a year or an address."""
    body = note.group()[note.end("gap") - note.start() :]
    return bool(CITES.search(body) or CITATION.search(body))


def _is_marked(text: str, above: int, mark: str) -> bool:
    """Whether the marker of a note stands in the text `above` it; a letter that starts a line names a speaker."""
    at = text.find(f"[{mark}]", 0, above)
    while at >= 0 and mark.isalpha() and (not at or text[at - 1] == "\n"):
        at = text.find(f"[{mark}]", at + 1, above)
    return at >= 0


def _take(text: str, run: Sequence[regex.Match[str]]) -> Sequence[Span]:
    first = run[0]
    above = sum(_is_marked(text, first.start(), note["mark"]) for note in run)
    apart = text.endswith(("\n\n", "\n \n"), 0, first.start())
    if len(run) < 2 and not (above and apart and not _is_small(first)):
        return ()
    if 2 * max(above, sum(map(_is_citation, run))) < len(run):
        return ()
    if len(run) < 3 and not above and first["mark"] != "1":
        return ()
    end = run[-1].end()
    while text[end : end + 1] == "\n":
        end += 1
    heading = HEADING.search(text, max(0, first.start() - 60), first.start())
    return [Span(heading.start() if heading else first.start(), end, "", BLOCK)]


BLOCKS = Structural(
    id=BLOCK,
    about="A block of footnotes, each behind its marker at the start of a line.",
    find=find_blocks,
    gate=r"(?:\A|\n)[ \t]*\[",
    phase=1,  # as the markers, which must still be there
    match=examples(
        "The mill is old.\n\n⟦[1]  Hill, _Mills_, ii. 3.\n\n[2]  So the miller said, who had\n     it from"
        " his father.\n\n\n⟧CHAPTER II\n",
        "It was raised.[1] It was flooded.[2]\n⟦Notes\n[1] Hill, p. 12.\n[2] Hill, p. 40.\n⟧The second weir\n"
        "A second weir was built half a mile below.\nNobody knows who paid for it.",
    ),
    keep=examples(
        "[1] was the first, he said.",
        "The stones are told by grind(1, {'stones': [8], 'last': 9}) and by {\"stones\": [12]}.",
        "It prints the year with: if ((@f=split)[1] eq '1957') and no more.",
        "The mill is old.[1]\n\nSources\n\nThe river has two.\n",
        "The list\n[a] one\n[b] two",
        "He saw\n[10] men.",
        "You need a lamp.\n\n[1] Open the outer door.\n[2] Take the lamp.\n[3] Open the inner door.\n",
        "[V] Tom is here: he says so\n\n[V] Tom is gone: he said so\n",
        "The wheel writes the number of its turn, [1], as in:\n\n[1] 25647\n\nThe wheel is still.",
        "Judgment\n\n[1] This is an appeal.\n\n[2] The plaintiff owns the mill.\n\n[3] The appeal is dismissed.\n",
    ),
)


MARKERS = Structural(
    id=MARKER,
    about="A footnote marker in brackets, such as [1] or [note 2], behind a word or a punctuation mark.",
    find=find_markers,
    gate=GATE,
    phase=1,
    match=examples(
        "The bridge is old.⟦[12]⟧ It was rebuilt.",
        "It stands,⟦ [1]⟧ and the town has grown.⟦[2][3]⟧",
        "Granite⟦[4]⟧ is hard.⟦[note 2]⟧ Slate⟦[5]⟧ is not.",
        "in the music\n⟦[n 5]\n⟧, which ended",
        "The bridge is old.⟦[lower-alpha 1][N 2]⟧ It was rebuilt.",
        "The villages\n⟦[\n1\n]\n⟧can be old.",
        "It is the first law.⟦[3]:18⟧ There are more.",
        "It was used to press olives⟦[2],[3]⟧. It stands.",
        "It stands.⟦[3–5]⟧ It is old,⟦[1, 2]⟧ and is gone.⟦[4](p127)⟧ There are more.",
        "It was used to press olives.⟦[5]–[7]⟧ It was closed in 1560.⟦[12]–[14]⟧ It is gone.",
        "It was pulled along a chain.⟦[1]⟧In 1880 a steamer came.⟦[2]⟧ It stayed.",
        "They went to law.⟦[2]⟧\n[1] See the history.\n[2] See the county.",
        "Grey one,⟦[A]⟧ what dost thou wait for?\n\n[Footnote A: First printed in 1890.]",
    ),
    keep=examples(
        "It has manuals as *.[1-9] and more.",
        "[1]\nThe mill is old, and it stands by the river.\n[2] The weir is older.",
        "[1] This is an appeal. It fails.\n\n[2] The plaintiff owns the mill.\n\n[3] It is dismissed.\n",
        "x = values[1] + values[2]",
        'echo "${sacks[0]} and ${sacks[1]}" # and $ARGV[1]',
        "The wheel converges.\n\nIn this paper we follow [5]. First read [1], then [2]. They used method [3].",
        "as was shown in [1] and [2]",
        "[1]  The speech was given in the old hall.",
        "a[i][2](x)",
        "info: MyLogs[0]\nSize: 1",
        "He wrote that [s]he had walk[s] and [a]nd.",
        "the interval [0, 1], or (so it was) [1, 2]",
        "In [1986] it rained.",
        "The array name[20] was replaced, and it prints foo [123] then.",
        "The reaction [1] is faster than [2] and slower than [3].",
        "Mar  4 10:12:01 pier cron[1]: the lamp is lit\nMar  4 10:12:09 pier cron[2]: it is out",
        "Look at argv[1], then at `argv[2]`.",
        "assert_eq!(v, [5]);",
        "The set [[1, 2], [3]] is none.",
        "He said,[A] and wrote,[B] that",
        "See [the bug][1] for more, on AIX 5.[23] and 5.3.",
        "It is [here][1] and [there][2].\n\n[1]: https://example.org/1809\n[2]: https://example.org/1810",
        "It is like [Setext] [1] and [atx] [2] and so on.",
        "Wheel[0] turns: 12\nWheel[1] turns: 40",
        "See mill:grind[1] and mill:turn[2].",
        "[1.1] This is the display.\n\n[1.2] The learned say so. [2] These came from the sea. [3] They went.",
    ),
)
