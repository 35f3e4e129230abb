"""Hyphens at the end of a line: was the word broken there, or is it a compound that the line end only cut?

The document is asked first: if it writes the joined word elsewhere, the hyphen goes; if it writes the compound, the
hyphen stays. Then come parts that make compounds (`self-`, `-like`) and parts that are no words (`-tion`, `con-`).
What is left is decided by habit: a text that breaks words at many of its line ends is typeset, and its hyphens go;
otherwise the hyphen stays. No word list is needed, so the rules hold for any alphabet, the parts for English.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from pipeline.lists import some

Hyphen = Literal["undo", "keep", "apart"]

WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
LEFT = re.compile(r"(?:[^\W_]+-)*[^\W_]+-$")
RIGHT = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
LINE_END = re.compile(r"[^\W\d_]-[ \t]*\n[ \t]*[^\W\d_]")

# First parts after which the hyphen is nearly always meant.
HEADS = some(
    "self half well ill non ex vice cross quasi all mid ultra so to high low long short full part old new good great "
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
    "king ring wing nation action station matter room house door war work working friendly top high low "
    "east west north south white black red green blue brown grey gray "
    "driven fired clad stock intensive specific dimensional laden"
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
    "seashore waterfall railway railways railroad motorway network framework "
    "fourteen sixteen seventeen nineteen fourteenth sixteenth seventeenth nineteenth "
    "sixty seventy ninety sixties seventies nineties"
)
# Suspended: `pre- and post-war`.
BETWEEN = some("and or nor to und oder bis et ou y e o")
# Beginnings that are no English words, so that a word was broken after them.
BROKEN_HEADS = some(
    "con com dis de im ac ad af ap ob oc per pur sug sup ef en em inter trans ar at ab ag al cor col di ir il "
    "mis op pe po sur suc suf syn sym un ne re pro sub ser par be "
)
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
        found = WORD.findall(line.lower())
        last = len(found)
        first = int(broken and last > 0 and RIGHT.match(line.lstrip()) is not None)
        bare = line.rstrip()
        broken = bare.endswith("-") and bare[-2:-1].isalpha()
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
    habits: list[bool] = []

    def decide(before: str, after: str) -> Hyphen:
        left, right = LEFT.search(before), RIGHT.match(after)
        if not left or not right:
            return "keep"
        if not known:  # only texts with such a hyphen pay for their words
            known.append(words_of(text))
            broken = len(LINE_END.findall(text))
            habits.append(broken >= 4 and broken > 0.04 * text.count("\n"))
        return verdict(left[0][:-1], right[0], known[0], habits[0])

    return decide


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
    if not left.replace("-", "").isalpha() or not right[0].islower() or left.isupper() or len(left) == 1:
        return "keep"
    head, tail = left.lower(), right.lower()
    if head + "-" + tail in words:
        return "keep"
    if head + tail in words or head + tail in SOLID:
        return "undo"
    if "-" in left or "-" in tail or head in HEADS or tail in TAILS:
        return "keep"
    if head in ("re", "pre", "co", "de") and tail[0] == head[-1]:
        return "keep"
    if head in BROKEN_HEADS or not VOWEL.search(tail) or not VOWEL.search(head):
        return "undo"
    if BROKEN_TAIL.fullmatch(tail) and tail not in WHOLE:
        return "undo"
    if head in words and tail in words:
        return "keep"
    return "undo" if typeset else "keep"
