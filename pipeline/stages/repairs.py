"""The repairs of the encoding stage: text that was decoded wrongly, or encoded once too often. They are those of ftfy
(Robyn Speer); this module says where to ask it, and turns its answers into edits. It is imported when a text needs it.

ftfy reads some megabytes a second, so it sees only lines that it could change. It changes the encoding of a
line only if its heuristic, `BADNESS_RE`, finds something there (`ftfy.badness.is_bad`). That expression is a list of
alternatives, and each of them needs one of these:

1. a C1 control;
2. one of `Œœ`, followed by something other than an ASCII letter; or one of `ÃÂ`, followed by a space;
3. a pair of characters out of two of ftfy's categories (`PAIRS`, read off the alternatives one by one; where an
   alternative has more than two characters, the pair is the part of it that is rarest in ordinary text).

`SUSPECT` is the union of the three, so a text in which it finds nothing has no bad line. It starts with one character
class, which Python's `re` scans fast, and looks at neighbours only there. The tests compare it with `is_bad` on every
pair of the characters concerned, and on random longer texts. A line with a suspect is judged by ftfy itself.

Of such a line ftfy is shown what is near to characters beyond ASCII (`fix`): all that its expressions and codecs look
at are these, and few ASCII characters beside them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

import ftfy
from ftfy.badness import MOJIBAKE_CATEGORIES
from ftfy.chardata import HTML_ENTITIES, HTML_ENTITY_RE, LIGATURES, WIDTH_MAP
from ftfy.fixes import ANSI_RE, fix_c1_controls, unescape_html

from pipeline.edits import Edit
from pipeline.stages import characters
from pipeline.stages.utf8 import utf8

Repair = Callable[[str], list[Edit]]

# Pairs of which every alternative of BADNESS_RE needs one: a character of the left side and then one of the right.
PAIRS = [
    ("{bad}{lower_accented}{upper_accented}{box}{start_punctuation}{end_punctuation}{currency}{numeric}{law}"
     "{lower_common}{upper_common}", "{bad}"),
    ("{bad}", "{lower_accented}{upper_accented}{box}{start_punctuation}{end_punctuation}{currency}{numeric}{law}"),
    ("{lower_accented}{lower_common}{box}{end_punctuation}{currency}{numeric}", "{upper_accented}"),
    ("{box}{end_punctuation}{currency}{numeric}", "{lower_accented}"),
    ("{lower_accented}{upper_accented}{box}{end_punctuation}", "{currency}"),
    ("{upper_accented}{box}", "{numeric}{law}°"),
    ("{lower_accented}{upper_accented}{box}{currency}{end_punctuation}{numeric}", "{start_punctuation}"),
    ("{lower_accented}{upper_accented}{currency}{numeric}{box}{law}", "{end_punctuation}"),
    ("{box}", "{kaomoji}"),
    ("{lower_accented}{upper_accented}{currency}{numeric}{start_punctuation}{end_punctuation}{law}", "{box}"),
    ("ÂÃÎÐ", "€œŠš¢£Ÿž\xa0\xad®©°·»–—´{start_punctuation}{end_punctuation}"),
    ("ØÙ", "{common}{currency}{bad}{numeric}{start_punctuation}ŸŠ®°µ»"),
    ("×à√≈", "²³µ¹¼½¾±∂†≠®™´≤≥¥ø°¢"),
    ("‚", "Äâó"),
    ("вβā", "Ђ€"),
    ("ВГРСΒΓΞΟ", "{bad}{start_punctuation}{end_punctuation}{currency}°µў"),
]  # fmt: skip


def _suspect() -> re.Pattern[str]:
    """The expression described above, out of ftfy's own categories."""
    pairs = [(first.format(**MOJIBAKE_CATEGORIES), second.format(**MOJIBAKE_CATEGORIES)) for first, second in PAIRS]
    firsts = "".join(first for first, _ in pairs)
    seconds = "".join(second for _, second in pairs)
    either = "|".join(f"(?<=[{first}])[{second}]" for first, second in pairs)
    alone = "\x80-\x9f\ud800-\udfff"
    return re.compile(
        f"[{alone}{firsts}ŒœÃÂ](?:(?<=[{alone}])|(?=[{seconds}])(?:{either})|(?<=[Œœ])[^A-Za-z]|(?<=[ÃÂ]) )"
    )


SUSPECT = _suspect()
SURROGATES = re.compile("[\ud800-\udfff](?:(?<=[\ud800-\udbff])[\udc00-\udfff]|(?<=[\udc80-\udcff])[\udc80-\udcff]+)?")
CUT_OFF = re.compile("[\udcc2-\udcf4][\udc80-\udcbf]+")  # the beginning of a UTF-8 sequence
QUOTED = re.compile("[à-öø-ÿ][’”“…–—]")  # what looks cut off, and is a letter before a sign, in windows-1252
WORDS = frozenset("áàéèíóòýåæøöÁÀÉÈÍÓÒÅØÖ")  # letters that are words by themselves
LETTER = re.compile("[A-Za-z\xc0-\u024f]")
QUOTED_LETTER = re.compile(
    "[“‘«„‚][ÂÃÎÐØÙ][”’»“‘](?!\\w)"
)  # a letter in quotation marks, which ftfy takes for mojibake
# ASCII that ftfy's answer does not depend on. It looks at two characters before one beyond ASCII (`[a-z]\s?[ÃÂ] `) and
# at six behind it (`Ã quele`). What it takes in as the rest of a byte are spaces and `?` that follow directly, and
# U+001A: so its reach ends six characters behind the first that is none of these, however often it repeats a repair.
PLAIN = "\x01-\x19\x1b-\x7f"
OUT_OF_REACH = re.compile(f"(?<=[{PLAIN}](?<![ ?])[{PLAIN}]{{6}})([{PLAIN}]{{8,}})(?=[{PLAIN}]{{2}})")
AGAIN = re.compile("(?:amp;)*")
TAG = re.compile(r"<(?!br ?/?>|/?ref\b|references ?/>)[/!?]?[^\W\d_]")  # a line break, or a footnote, makes no markup
# A closing quotation mark whose last byte, which windows-1252 does not have, was lost: what is left would be a dagger.
CLOSING = re.compile(r"(?<=\S)â€(?=[ \n.,;:)!—–-]|$)")
QUOTES = {**dict.fromkeys("\u02bc\u2018\u2019\u201a\u201b", "'"), **dict.fromkeys("\u201c\u201d\u201e\u201f", '"')}
TYPOGRAPHY = {
    "encoding.ligatures": {chr(old): new for old, new in LIGATURES.items()},
    "encoding.widths": {chr(old): new for old, new in WIDTH_MAP.items()},
    "encoding.quotes": QUOTES,
}
TASTE = re.compile(f"[{re.escape(''.join(character for table in TYPOGRAPHY.values() for character in table))}]")
WINDOW = 48  # characters: how far two texts may be apart before their alignment is given up
ANCHOR = 4  # characters that must agree where two texts meet again; of ASCII letters and digits, one


def all_of(typography: bool) -> list[Repair]:
    """The repairs, in the order in which they are asked."""
    tables = TYPOGRAPHY if typography else {}
    tasteful = [partial(by_table, table, rule) for rule, table in tables.items()]
    return [surrogates, entities, mojibake, c1, *tasteful, escapes]


def suspects(text: str, typography: bool = False) -> Iterator[int]:
    """Yield where the lines start that a repair could change.

    >>> list(suspects("naïve – “so”\\nna&iuml;ve\\nnaÃ¯ve"))
    [13, 24]
    """
    unusual = characters.stretches(text)
    patterns = []
    if "&" in text and HTML_ENTITY_RE.search(text):
        patterns.append(HTML_ENTITY_RE)
    if "\x1b" in unusual:
        patterns.append(ANSI_RE)
    if SUSPECT.search(unusual):
        patterns.append(SUSPECT)
    if typography and TASTE.search(unusual):
        patterns.append(TASTE)
    starts = set()
    for pattern in patterns:
        at = 0
        while match := pattern.search(text, at):
            start, end = line_at(text, match.start())
            starts.add(start)
            at = max(end, match.end())
    yield from sorted(starts)


def line_at(text: str, at: int) -> tuple[int, int]:
    """The line around a position, with its line feed."""
    return text.rfind("\n", 0, at) + 1, (text.find("\n", at) + 1) or len(text)


def surrogates(line: str) -> list[Edit]:
    """Join the halves of characters; read undecodable bytes as windows-1252 where that makes sense, else as U+FFFD."""
    edits = []
    for match in SURROGATES.finditer(line):
        old, start = match[0], match.start()
        if len(old) == 2 and old[0] < "\udc00":
            edits.append(Edit(start, old, old.encode("utf-16", "surrogatepass").decode("utf-16"), "encoding.surrogate"))
        elif not "\udc80" <= old[0] <= "\udcff":
            edits.append(Edit(start, old, "\ufffd", "encoding.surrogate"))
        else:
            beside = line[:start][-1:] + line[match.end() :][:1]
            edits.append(Edit(start, old, _read_bytes(old, beside), "encoding.undecodable"))
    return edits


def _read_bytes(run: str, beside: str) -> str:
    r"""The text of undecodable bytes, given as lone surrogates, between the two characters `beside` them.

    >>> _read_bytes("\udc92", "ts"), _read_bytes("\udce2\udc80", "n ")
    ('’', '�')
    >>> _read_bytes("\udce9\udc94", "f "), _read_bytes("\udce0", "  "), _read_bytes("\udcc3", "  ")
    ('é”', 'à', '�')
    """
    in_word = LETTER.search(beside) is not None
    read = run.encode("ascii", "surrogateescape").decode("cp1252", "replace")
    if CUT_OFF.fullmatch(run) and not (in_word and QUOTED.fullmatch(read)):
        return "\ufffd"
    in_word = in_word or (read in WORDS and not beside.strip())
    if not in_word and any(byte >= "\udcc0" for byte in run):
        return "\ufffd"
    return read


def entities(line: str) -> list[Edit]:
    """Read HTML entities, in a line without tags.

    >>> [edit.new for edit in entities("Tom &amp; Jerry &copy; 1940")], entities("<b>&amp;</b>")
    (['&', '©'], [])
    >>> [edit.new for edit in entities("It cost &pound;40.<br>It was new.<ref>Hill &amp; Son</ref>")]
    ['£', '&']
    """
    if "&" not in line or TAG.search(line):
        return []
    edits = []
    for match in HTML_ENTITY_RE.finditer(line):
        old, start = match[0], match.start()
        if old == "&amp;":  # one that was written again and again, &amp;amp;amp;lt;, takes one step
            old = line[start : AGAIN.match(line, match.end()).end()]  # type: ignore[union-attr]
        if (new := "&" if match[0] == "&amp;" else HTML_ENTITIES.get(old) or unescape_html(old)) != old:
            edits.append(Edit(start, old, new, "encoding.entity"))
    return edits


def speaks_of_entities(text: str) -> bool:
    """Whether a text is about markup and its entities, so that they are content.

    >>> speaks_of_entities("In HTML, an ampersand is written with the entity &amp;.")
    True
    """
    small = utf8(text).lower()
    markup = any(word in small for word in (b"html", b"xml", b"sgml"))
    return markup and any(word in small for word in (b"entity", b"entities", b"escape"))


def mojibake(line: str) -> list[Edit]:
    """Undo wrong decoding, if ftfy sees it. C1 controls that are windows-1252 have a rule of their own.

    >>> [edit.new for edit in mojibake("â€œIt is the best,â€ said the mayor.")]
    ['“', '”']
    """
    if not SUSPECT.search(line):
        return []
    whole = CLOSING.sub("â€\x9d", line) if "â€œ" in line else line
    return [
        Edit(start, old, new, "encoding.c1" if fix_c1_controls(old) == new else "encoding.mojibake")
        for start, old, new in differences(line, fix(whole))
        if not QUOTED_LETTER.match(line, max(0, start - 1))
    ]


def fix(line: str) -> str:
    """What ftfy makes of a line, which is shown a placeholder for each stretch that is `OUT_OF_REACH`.

    >>> fix("The cafÃ© was known for its music, and for the people of all ages that it drew: voilÃ  tout.")
    'The café was known for its music, and for the people of all ages that it drew: voilà tout.'
    """
    pieces = OUT_OF_REACH.split(line)
    fixed = ftfy.fix_encoding("\0".join(pieces[::2])).split("\0")
    if len(fixed) != len(pieces[::2]):  # the placeholder stands in the line itself
        return ftfy.fix_encoding(line)
    pieces[::2] = fixed
    return "".join(pieces)


def c1(line: str) -> list[Edit]:
    """Read C1 controls as windows-1252, as browsers do."""
    return [
        Edit(match.start(), match[0], new, "encoding.c1")
        for match in re.finditer("[\x80-\x9f]", line)
        if (new := fix_c1_controls(match[0])) != match[0]
    ]


def escapes(line: str) -> list[Edit]:
    """Take out the colours of a terminal."""
    return [Edit(match.start(), match[0], "", "encoding.terminal-escape") for match in ANSI_RE.finditer(line)]


def by_table(table: dict[str, str], rule: str, line: str) -> list[Edit]:
    """Replace the characters that a table lists."""
    return [Edit(at, character, table[character], rule) for at, character in enumerate(line) if character in table]


def differences(old: str, new: str) -> Iterator[tuple[int, str, str]]:
    """Yield the places where two readings of a line differ: (start in `old`, text there, text in `new`).

    A wrong decoding leaves ASCII alone, so mostly the stretches of ASCII are the same on both sides, and what is
    between them are the differences. Otherwise both are walked along until they meet again. Takes linear time.

    >>> list(differences("dÃ©jÃ  vu", "déjà vu"))
    [(1, 'Ã©', 'é'), (4, 'Ã ', 'à')]
    """
    if old == new:
        return
    left, right = re.split("([\x00-\x7f]+)", old), re.split("([\x00-\x7f]+)", new)
    if left[1::2] == right[1::2]:
        at = 0
        for number, (before, after) in enumerate(zip(left, right, strict=True)):
            if number % 2 == 0 and before != after:
                head = characters.common_prefix(before, after)
                tail = characters.common_prefix(before[head:][::-1], after[head:][::-1])
                yield at + head, before[head : len(before) - tail], after[head : len(after) - tail]
            at += len(before)
    else:
        yield from _walk(old, new)


def _walk(old: str, new: str) -> Iterator[tuple[int, str, str]]:
    """The differences of two texts that have a common thread, found by looking `WINDOW` ahead at each."""
    at = to = 0
    while at < len(old) or to < len(new):
        same = characters.common_prefix(old[at : at + WINDOW], new[to : to + WINDOW])
        if same:
            at, to = at + same, to + same
            continue
        skip_old, skip_new = _meet(old, new, at, to)
        yield at, old[at : at + skip_old], new[to : to + skip_new]
        at, to = at + skip_old, to + skip_new


def _meet(old: str, new: str, at: int, to: int) -> tuple[int, int]:
    """How far to go in each text until both read the same again."""
    for distance in range(1, WINDOW):
        for skip_new in range(distance + 1):
            skip_old = distance - skip_new
            one, other = at + skip_old, to + skip_new
            ahead, there = old[one : one + ANCHOR], new[other : other + ANCHOR]
            if ahead[:1] == there[:1] and (ahead == there or (ahead[0].isascii() and ahead[0].isalnum())):
                return skip_old, skip_new
    return len(old) - at, len(new) - to
