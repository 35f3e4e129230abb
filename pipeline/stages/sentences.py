"""What a line says of itself: whether it ends a sentence, goes on with one, is a heading, or an item of a list.

All functions take a line without the spaces around it, not empty, and look at a few characters or words of it.
"""

from __future__ import annotations

import re

from pipeline.lists import some

ENDED = re.compile(r"[.!?…。！？｡؟۔।](?:[ \u00a0\u202f]»)?[\"'”’“»«)\]」』*_]*$")
STOPS = ".!?…。！？｡؟۔।"
CLOSERS = "\"'”’“»«)]」』*_"
BULLET = re.compile(r"(?:[•·‣◦▪●○■□►§*+–—-]|o(?=  ))(?=\s+\S|$)")
BULLETS = "•·‣◦▪●○■□►§*+–—-("
NUMBER = re.compile(r"\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})\)(?=\s+\S)|\d{1,3}\.(?=\s+\S)")
CHAPTER = re.compile(r"(?:CHAPTER|Chapter|BOOK|PART|ACT|SCENE|VOLUME|CANTO|SECTION|APPENDIX)\s+[IVXLC\dA-Z]+\.?")
ENCLITIC = re.compile(r"’(?:(?:s|d|t|m|ll|re|ve)\b|\W|$)")
ROLE = re.compile(r":[a-z][\w:+.-]{0,30}:`")  # of reStructuredText
FORMULA = re.compile(r"[=⟺⇔⇒∈∉≤≥≠≈∑∫⟨⟩∀∃∂∇√]")
ABBREVIATED = re.compile(
    r"(?:^|[ (.])(?:[A-HJ-Z]|Mrs?|Ms|Dr|St|Mt|Prof|Gen|Col|Capt|Lt|Adm|Sen|Gov|Rev|No|vs?|cf"
    r"|Nr|Abs|Bd|ca|bzw|vgl|Hrn?|Frl|(?<=d\. )h|Mme|Mlle|Sra?|Srta)\.$"
)
LAST = re.compile(r"(?<!-)\b[^\W\d_]+$")
# A sentence cannot end after the first of these words; after the second it seldom does.
OPEN_WORDS = some("the a an of and or their its his her our your my nor whose every")
WEAK_WORDS = some(
    "to in on at by for from with as that which than during under into between among against after before since until "
    "over through about upon within without toward towards across along around near when while where who if because "
    "is was are were be been has had have but both amid via per called named los las der die das des el la le "
    "les du de von van und et y ein eine einen einem einer eines im zum zur mit auf für dem aus nach bei durch ohne "
    "gegen dass oder dans avec une un au aux sur qui que una uno con por para al che di il lo gli dei della nel nella "
    "een het voor uma um dos em с в на и по за из от для что"
)
# Sentences start with these words, headings do not.
FIRST_WORDS = some("When While If It He She They We You Thus However Although Because There Then Such")


def is_cjk(character: str) -> bool:
    """Whether no space is written beside this character: Han, kana, and their punctuation.

    >>> [is_cjk(c) for c in "語。aé한"]
    [True, True, False, False, False]
    """
    return "\u2e80" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff" or "\uff00" <= character <= "\uff60"


def is_caseless(character: str) -> bool:
    """Whether this is a letter of a script that has no capitals.

    >>> [is_caseless(c) for c in "語한ع1aA"]
    [True, True, True, False, False, False]
    """
    return character.isalpha() and not character.islower() and not character.isupper()


def ended(text: str) -> bool:
    """Whether a line ends a sentence.

    >>> ended('He said "no."'), ended("He said"), ended("1. Item:")
    (True, False, False)
    """
    last = text[-1]
    return last in STOPS or (last in CLOSERS and ENDED.search(text[-6:]) is not None)


def is_formula(text: str) -> bool:
    """Whether a short line has the signs of mathematics."""
    return len(text) < 80 and ("=" in text or not text.isascii()) and FORMULA.search(text) is not None


def goes_on(text: str) -> bool:
    """Whether a line starts in the midst of a sentence: with a small letter, or with what closes a phrase.

    >>> [goes_on(t) for t in ("and so", "And so", ", too", "...", "(so)", "’s mill", "’mongst us", ":doc:`a`")]
    [True, False, True, False, False, True, False, True]
    """
    first = text[0]
    if first == "’":
        return ENCLITIC.match(text) is not None
    if first == ":" and text[1:2].isalnum():
        return ROLE.match(text) is not None  # and else the name of a field, a command, a keyword of Lisp
    if first == ".":
        return len(text) == 1 or text[1] in " \"'”’)"
    return first.islower() or (first in ",;:)]%" and text != "%")  # that alone parts the sayings of a collection


def is_title(text: str) -> bool:
    """Whether a line reads like a heading: short, starts with a capital or a number, no end of a sentence.

    >>> is_title("Early years"), is_title("He came."), is_title("and then"), is_title("1.2 Tides and currents")
    (True, False, False, True)
    """
    first = text[0]
    return len(text) <= 80 and (first.isupper() or first.isdigit()) and text[-1] not in ",;-–—(:" and not ended(text)


def is_shouted(text: str) -> bool:
    """Whether a line is a heading in capitals, or numbered as a chapter.

    >>> is_shouted("CHAPTER II"), is_shouted("THE TIDES OF MARCH"), is_shouted("NATO was"), is_shouted("A")
    (True, True, False, False)
    """
    if len(text) > 70:
        return False
    if text.isupper() and sum(map(str.isalpha, text)) > 3:
        return True
    return text[0] in "CBPASV" and CHAPTER.fullmatch(text) is not None


def marker(text: str) -> str:
    """The bullet or number with which a list item starts, or nothing.

    >>> marker("• one"), marker("2) two"), marker("(iii) three"), marker("-two"), marker("I. Smith")
    ('•', '2)', '(iii)', '', '')
    """
    first = text[0]
    if first.isalpha():
        if ")" not in text[1:6] and text[:3] != "o  ":
            return ""
    elif first not in BULLETS and not first.isdecimal():
        return ""
    found = BULLET.match(text) or NUMBER.match(text)
    return found[0] if found else ""


def is_broken(a: str, b: str) -> bool:
    """Whether the break between two lines is within a word, to judge by the hyphen.

    >>> is_broken("the har-", "bour"), is_broken("the sea -", "so"), is_broken("Anglo-", "Norman")
    (True, False, False)
    """
    return a[-1] in "-\u2010\u00ad" and a[-2:-1].isalpha() and b[0].islower()


def last_word(text: str) -> str:
    """The last word of a line, in small letters; none if it is one of capitals among others, which stands for a name.

    >>> last_word("The end of the"), last_word("License: MIT"), last_word("a passer-by")
    ('the', '', '')
    """
    found = LAST.search(text[-24:])
    if not found or (found[0].isupper() and len(found[0]) > 1 and not text.isupper()):
        return ""
    return found[0].lower()


def leads_on(a: str, b: str) -> bool:
    """Whether a line is in a sentence that goes on, to judge by itself and the line below it.

    >>> leads_on("Ada Thorne", "was born here"), leads_on("Ada Thorne", "Ben Thorne")
    (True, False)
    """
    if not marker(b) and (goes_on(b) or b[0] in "(/"):
        return True
    return is_open(a) or a[-1] in "$€£¥" or (len(a) >= 40 and not is_title(a))


def is_open(text: str) -> bool:
    """Whether a line ends with a word that no heading and no sentence ends with.

    >>> is_open("The end of the"), is_open("The End")
    (True, False)
    """
    word = last_word(text)
    return word in OPEN_WORDS or word in WEAK_WORDS


def bridges(before: str, after: str) -> bool:
    """Whether a sentence goes on over a blank line: only if what stands before it cannot be an end.

    >>> bridges("one of the", "last that sailed"), bridges("one of the last.", "and"), bridges("it is", "where x is")
    (True, False, False)
    """
    if not after[0].islower() or after.startswith("where"):
        return False
    return before[-1] == "," or is_open(before) or is_broken(before, after)


def is_running(text: str) -> bool:
    """Whether a text that ends no sentence is one all the same, not a heading: long, with small words in it.

    >>> is_running("The first of the ships that sailed from the new harbour was the"), is_running("The New Harbour")
    (True, False)
    """
    words = text.split()
    return len(text) > 40 and sum(word[0].islower() for word in words) >= max(5, len(words) // 2)
