"""Hyphens at the end of a line: was the word broken there, or is it a compound that the line end only cut?

The document is asked first: if it writes the joined word elsewhere, the hyphen goes; if it writes the compound, the
hyphen stays. Then come parts that make compounds (`self-`, `-like`) and parts that are no words (`-tion`, `con-`).
What is left is decided by habit: where many of the hyphens at line ends are surely those of broken words, or many lines
end with one, the text is typeset, and its hyphens go; otherwise the hyphen stays. No word list is needed, so the rules
hold for any alphabet, the parts for English.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from pipeline.lists import some

Hyphen = Literal["undo", "keep", "apart"]

WORD = re.compile(r"[^\W\d_]+(?:[-\u2010'’][^\W\d_]+)*")
LEFT = re.compile(r"(?:[^\W_]+[-\u2010])*[^\W_]+[-\u2010]$")
RIGHT = re.compile(r"[^\W_]+(?:[-\u2010][^\W_]+)*")
LINE_END = re.compile(r"[^\W\d_][-\u2010][ \t]*\n[ \t]*[^\W\d_]")
WITHIN = re.compile(r"\w\u2010\w")
LONG = 60  # characters of a compound, at most
FEW, DENSE = 4, 0.06  # line ends with a hyphen, and by which share of the lines: more than compounds alone make
SURE, SHARE = 2, 0.3  # those that are surely of a broken word, and by which share of them

# First parts after which the hyphen is nearly always meant.
HEADS = some(
    "self half well ill non vice cross quasi all mid ultra high low long short full part old new good great "
    "world state hand home sea land two three four five six seven eight nine ten twenty thirty forty "
    "fifty sixty seventy eighty ninety first second third one north south east west light heavy hard soft deep wide "
    "time water day night air life blue red green black white anglo franco russo sino afro euro indo"
)
# Last parts before which it is.
TAILS = some(
    "like based old year years time term level made born owned in up out off by to of the and a de la party free law "
    "speaking century class style type sized shaped minded looking known being making building wide day night run "
    "led held backed related oriented scale range line way hand handed side sided end ended fold foot feet mile pound "
    "two three four five six seven eight nine first second third down over on at general elect "
    "called claimed hearted eyed haired legged headed colored coloured faced footed going coming taking giving keeping "
    "king ring wing action station matter room house door war work working friendly top high low "
    "east west north south white black red green blue brown grey gray "
    "driven fired clad stock intensive specific dimensional laden powered focused focussed hosted inspired growing "
    "moving filled themed effective efficient generated sharing resistant proof rich grade quality world source "
    "back"
)
# Words that are written as one, though their parts are words.
SOLID = some(
    "without within into onto unto upon toward towards something anything nothing everything someone anyone everyone "
    "somebody anybody nobody everybody another income outcome outside inside beside besides underneath therefore "
    "thereby thereof therein thereafter wherefore whereby whereof wherein whereas whereupon hereby herein throughout "
    "overlook overlooked overcome overcame overthrow overthrown overtake overtook overturned however whatever "
    "whenever whoever wherever whichever anyhow anyway anywhere somehow somewhat somewhere sometimes sometime nowhere "
    "everywhere elsewhere himself herself itself themselves myself yourself ourselves oneself moreover nevertheless "
    "nonetheless otherwise likewise meanwhile altogether already almost always although also albeit afterwards "
    "afternoon forward forwards backward backwards upward upwards downward downwards outward outwards inward inwards "
    "homeward westward eastward northward southward understand understands understood understanding undertake "
    "undertaken undertook undertaking undergo undergone underwent withdraw withdrawn withdrew withhold withheld "
    "withstand withstood output outbreak outline outset outskirts outstanding uproar upset uphold upheld upright "
    "upstairs downstairs inland inlet insight innkeeper housekeeper shopkeeper bookkeeper landlord landlady landscape "
    "homestead household handful handsome highland highlands highway lowland lowlands island islands midday midnight "
    "midsummer today tomorrow tonight forehead foremost foresee forecast hitherto heretofore inasmuch insofar "
    "notwithstanding cannot maybe perhaps farewell welcome worldwide newspaper newspapers airport aircraft seaside "
    "seashore waterfall railway railways railroad motorway network framework highlight highlights highlighted "
    "highlighting software hardware lifestyle lifestyles lifetime update updates updated updating upcoming ongoing "
    "incoming outgoing outdoor outdoors oversized season seasons seasonal seasoned sunday sundays homeowner homeowners "
    "timeline deadline headline headlines streamline streamlined downside downtown downstream upstream breakdown "
    "layout workout widespread wellness welcoming firsthand beforehand underworld wildlife postpone postponed "
    "fulfilled feedback drawback setback comeback horseback paperback resource resources outsource waterproof "
    "fourteen sixteen seventeen nineteen fourteenth sixteenth seventeenth nineteenth "
    "sixty seventy ninety sixties seventies nineties"
)
# Whoever was something, and little else: other words that start so were broken there, as in `ex-pert`.
FORMER = some(
    "wife husband president minister soldier officer boyfriend girlfriend partner convict slave king queen emperor "
    "governor member mayor prisoner prime chief pupil student employee colleague lover communist servant dividend "
    "officio libris post ante"
)
# Suspended: `pre- and post-war`.
BETWEEN = some("and or nor to und oder bis et ou y e o")
# Beginnings that are no English words, so that a word was broken after them.
BROKEN_HEADS = some(
    "con com dis de im ac ad af ap ob oc per pur sug sup ef en em inter trans ar at ab ag al cor col di ir il "
    "mis op pe po sur suc suf syn sym un ne re pro sub ser par be "
)
# Those of them that hardly stand before a hyphen that is meant, not even in `in-house`.
NO_HEADS = BROKEN_HEADS - some("in per be op")
# Endings that are no English words.
BROKEN_TAIL = re.compile(
    r"(?:[^\W\d_]{0,2}(?:tion|sion|ment|ness|ance|ence|ancy|ency|ible|able|ably|ibly|ity|ities|tive|sive|tial|cial|"
    r"cious|tious|eous|ious|ical|ically|ism|logy|graphy|ture|tory|sory|tary)(?:s|al|ally|ary|ed|ing|er|ers|ly)?"
    r"|[^\W\d_]?(?:ing|ings|ingly|ed|edly|ly|ers?|ful|fully|less|ship|ist|ists|ous|ously|ize|ized|ise|ised|ate|ated|"
    r"ates|ating|ent|ents|ant|ants|est|ies|ied|al|als|ally))"
)
WHOLE = some(
    "red led wed bed king ring sing wing ding ping her per all sly fly ally shed ate date gate late mate rate "
    "fate hate pal gal went sent rent bent tent dent best rest test west nest pest lest vest able table cable fable "
    "pants aunt cant rant ant pie pies tied died lied ties lies dies nation ration station use"
)
VOWEL = re.compile(r"[aeiouyáàâäãåæéèêëíìîïóòôöõøœúùûüýаеёиоуыэюяαεηιουω]")


def words_of(text: str) -> frozenset[str]:
    """The words of a text, lower case, hyphenated ones as they are; the parts on both sides of a broken line are none.

    >>> sorted(words_of("A Half-way house was mea-\\nsured there"))
    ['a', 'half-way', 'house', 'there', 'was']
    """
    words: set[str] = set()
    broken = False
    for line in text.split("\n"):  # one by one: all words at once take ten times the memory of the text
        found = WORD.findall(line.lower().replace("\u2010", "-"))
        last = len(found)
        first = int(broken and last > 0 and RIGHT.match(line.lstrip()) is not None)
        bare = line.rstrip()
        broken = bare.endswith(("-", "\u2010")) and bare[-2:-1].isalpha()
        words.update(found[first : last - 1 if broken else last])
    return frozenset(words)


def judge(text: str) -> Callable[[str, str], Hyphen]:
    """Return the function that decides about the hyphens at the line ends of `text`.

    It is given the line that ends with the hyphen and the line that follows, and says `undo` (drop the hyphen),
    `keep` (join with the hyphen) or `apart` (a space follows the hyphen, as in `pre- and post-war`).

    >>> decide = judge("The govern-\\nment of a home-\\nmade boat, and of govern-\\nments.")
    >>> decide("The govern-", "ment of a home-"), decide("ment of a home-", "made boat"), decide("pre-", "and post-war")
    ('undo', 'keep', 'apart')
    """
    known: list[frozenset[str]] = []
    typeset = soft = False

    def decide(before: str, after: str) -> Hyphen:
        nonlocal typeset, soft
        left, right = LEFT.search(before), RIGHT.match(after)
        if not left or not right:
            return "keep"
        if not known:  # only texts with such a hyphen pay for their words
            known.append(words_of(text))
            typeset = breaks_words(text, known[0])
            soft = "\u2010" in text and not WITHIN.search(text)
        if soft and before[-1] == "\u2010" and right[0][0].islower():
            return "undo"  # compounds have another hyphen there
        if right[0][0].isupper() and left[0][:-1] + right[0] in text:
            return "undo"
        return verdict(left[0][:-1].replace("\u2010", "-"), right[0].replace("\u2010", "-"), known[0], typeset)

    return decide


def breaks_words(text: str, words: frozenset[str]) -> bool:
    """Whether a text breaks words at its line ends as a habit, and not just compounds."""
    ends = [
        (left[0][:-1], right[0])
        for match in LINE_END.finditer(text)
        if (left := LEFT.search(text[max(match.start() - LONG, 0) : match.start() + 2]))
        and (right := RIGHT.match(text[match.end() - 1 : match.end() + LONG]))
    ]
    ends = [(left.lower(), right.lower()) if (left + right).isupper() else (left, right) for left, right in ends]
    sure = sum(verdict(left, right, words, False) == "undo" for left, right in ends)
    dense = len(ends) >= FEW and len(ends) > DENSE * text.count("\n")
    return dense or (sure >= SURE and sure > SHARE * len(ends))


def verdict(left: str, right: str, words: frozenset[str], typeset: bool) -> Hyphen:
    """Decide about `left-⏎right`, given the words of the document and whether it breaks words as a habit.

    >>> verdict("sub", "ject", frozenset({"subject"}), False)
    'undo'
    >>> verdict("with", "out", frozenset(), False), verdict("half", "way", frozenset(), True)
    ('undo', 'keep')
    >>> verdict("north", "Atlantic", frozenset(), True)
    'keep'
    """
    if right in BETWEEN and (right != "to" or left[-1].isdigit()):
        return "apart"
    if not left.replace("-", "").isalpha() or len(left) == 1:
        return "keep"
    head, tail = left.lower(), right.lower()
    if not right[0].islower() or left.isupper():
        return "undo" if typeset and (left + right).isupper() and is_broken_tail(tail) else "keep"
    if head + "-" + tail in words:
        return "keep"
    if head + tail in words or head + tail in SOLID:
        return "undo"
    if "-" in left or "-" in tail or head in HEADS or (tail in TAILS and head not in NO_HEADS):
        return "keep"
    if head == "ex":
        return "undo" if typeset and tail not in FORMER else "keep"
    if head.endswith("ly") and len(tail) > 5 and tail.endswith(("ed", "ing")):
        return "keep"  # `easily-missed`
    if head in ("re", "pre", "co", "de") and tail[0] == head[-1]:
        return "keep"
    if head in BROKEN_HEADS or not VOWEL.search(tail) or not VOWEL.search(head):
        return "undo"
    if is_broken_tail(tail):
        return "undo"
    if head in words and tail in words:
        return "keep"
    return "undo" if typeset else "keep"


def is_broken_tail(tail: str) -> bool:
    """Whether this is an ending that is no word.

    >>> is_broken_tail("tion"), is_broken_tail("king")
    (True, False)
    """
    return BROKEN_TAIL.fullmatch(tail) is not None and tail not in WHOLE
