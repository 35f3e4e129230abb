"""Characters that a reader does not see, or sees as something else: control, invisible and space characters, and
letters that are written as a letter and a mark where there is one character for both.

Each kind has a rule. What a script or an emoji needs stays: joiners in Arabic, Indic and other such scripts, zero
width spaces between words of Thai or Khmer, directional marks in right-to-left text, ideographic spaces in Chinese and
Japanese. Runs of plain spaces are left alone: whether they mean something is for later to say.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import regex

from pipeline.document import Found
from pipeline.edits import Edit, apply, compose
from pipeline.recent import forgets
from pipeline.stages.utf8 import utf8

# The characters that a rule is about. U+FFFD stays: it says that something is missing. Line ends are not here.
CONTROL = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u206a-\u206f\ufdd0-\ufdef\ufff9-\ufffc\ufffe\uffff"
ZERO_WIDTH = "\u180e\u200b\u2060-\u2064\ufeff"
JOINERS = "\u200c\u200d"
SELECTORS = "\ufe00-\ufe0f"
TAGS = "\U000e0001\U000e0020-\U000e007f"
MARKS = "\u061c\u200e\u200f"
EMBEDDINGS = "\u202a-\u202e\u2066-\u2069"
NO_BREAK = "\xa0\u2007\u202f"
SPACES = "\u1680\u2000-\u2006\u2008-\u200a\u205f\u3000"
INVISIBLE = CONTROL + ZERO_WIDTH + JOINERS + SELECTORS + TAGS + MARKS + EMBEDDINGS + "\xad"

ODD = re.compile(f"[{INVISIBLE}{NO_BREAK}{SPACES}]")
UNSTABLE = regex.compile(r"[\p{M}\p{NFC_QC=N}\p{NFC_QC=M}]")  # without one of these, a text is in normal form C
UNSTABLE_FIRST = regex.compile(r"(?:^|\x20)[\p{M}\p{NFC_QC=N}\p{NFC_QC=M}]")
SIGNS = "“”‘’–—…"
PLAIN = bytes(range(32, 127)) + b"\t\n\v\f\r"
PLAIN_TO_SPACE = bytes.maketrans(PLAIN, b" " * len(PLAIN))

KINDS: dict[str, re.Pattern[str]] = {
    rule: re.compile(f"[{characters}]")
    for rule, characters in {
        "characters.control": CONTROL,
        "characters.no-break-space": NO_BREAK,
        "characters.space": SPACES,
        "characters.soft-hyphen": "\xad",
        "characters.bidi": MARKS + EMBEDDINGS,
        "characters.zero-width": ZERO_WIDTH + JOINERS + SELECTORS + TAGS,
    }.items()
}

# Scripts whose letters join, or form clusters: there ZERO WIDTH (NON-)JOINER is spelling.
JOINING = regex.compile(
    r"[\p{Arab}\p{Syrc}\p{Nkoo}\p{Mong}\p{Mand}\p{Adlm}\p{Phag}\p{Rohg}\p{Deva}\p{Beng}\p{Guru}\p{Gujr}\p{Orya}\p{Taml}"
    r"\p{Telu}\p{Knda}\p{Mlym}\p{Sinh}\p{Tibt}\p{Mymr}\p{Khmr}\p{Bali}\p{Java}\p{Cakm}\p{Gran}\p{Newa}\p{Tirh}--\p{Nd}]",
    regex.V1,
)
UNSPACED = regex.compile(r"[\p{Thai}\p{Laoo}\p{Khmr}\p{Mymr}\p{Tibt}\p{Lana}\p{Talu}\p{Tavt}\p{Java}\p{Bali}]")
CJK = regex.compile(r"[\p{Han}\p{Hira}\p{Kana}\p{Hang}\p{Bopo}\u3001-\u303f\uff01-\uffef]")
RIGHT_TO_LEFT = regex.compile(r"[\p{Hebr}\p{Arab}\p{Syrc}\p{Thaa}\p{Nkoo}\p{Samr}\p{Mand}\p{Adlm}\p{Rohg}]")
PICTOGRAPH = regex.compile(r"[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\ufe0f]")
SELECTABLE = regex.compile(r"[^\p{Latin}\s]|[0-9#*]")

SHOWN_HYPHEN = re.compile(r"[^\W\d_]\xad\n[ \t]*[^\W\d_]")
NEAR = 250  # characters on each side that say in what script an odd character stands
RUN = 1000  # characters of a run that are one edit at most
STACK = 100  # marks on one letter, from which on they are no writing; putting them in order takes quadratic time

OVERSTRIKE = re.compile(r"[^\n\x08]\x08(?=[^\n\x08])")  # nroff's bold and underline: the second character shows
STACKED = regex.compile(rf"\p{{M}}{{{STACK}}}")
UNCOMPOSED = regex.compile(r"[\p{NFC_QC=Y}--\n]?[\p{NFC_QC=N}\p{NFC_QC=M}\p{M}]+", regex.V1)


def find(text: str) -> Found:
    """Return the edits that take out, or replace, characters that are not what a reader sees. Of its own output: none.

    >>> text = "na\\u200bi\\u0308ve\\xa0text"
    >>> apply(text, find(text).edits), [edit.rule.partition(".")[2] for edit in find(text).edits]
    ('naïve text', ['zero-width', 'nfc', 'no-break-space'])
    """
    unusual = stretches(text)
    if not ODD.search(unusual) and not _may_compose(text, unusual):
        return Found()
    return Found(_edits(text))


def _may_compose(text: str, unusual: str) -> bool:
    """Whether a text is not in normal form C: asked of its stretches, unless one begins with a mark on plain ASCII."""
    if not UNSTABLE.search(unusual):
        return False
    return not _is_composed(text if UNSTABLE_FIRST.search(unusual) else unusual)


def _is_composed(text: str) -> bool:
    """Whether a text is in normal form C; one with stacks of marks is not asked, and is said not to be."""
    return not STACKED.search(text) and unicodedata.is_normalized("NFC", text)


def stretches(text: str) -> str:
    """Return the distinct stretches of a text that are not plain ASCII, each followed by a space.

    What this does not show is not in the text, so a search here decides for the whole text: it is ten times faster,
    for what is left of most text is short, and the work is done on bytes. Where there is nothing but `SIGNS`, they are
    shown one by one: no stage asks which of them are neighbours.

    >>> sorted(stretches("“Naïve” – “naïve”…").split()), sorted(stretches("“Plain”…").split())
    (['ï', '–', '“', '”', '”…'], ['“', '”', '…'])
    """
    global _last
    before, found = _last
    if before is not text:  # two stages ask the same of the same text
        data = utf8(text)
        rest = data.translate(None, PLAIN).decode("utf-8", "surrogatepass")
        if rest.strip(SIGNS):
            found = b" ".join([*set(data.translate(PLAIN_TO_SPACE).split()), b""]).decode("utf-8", "surrogatepass")
        else:
            found = " ".join([*set(rest), ""]) if rest else ""
        _last = text, found
    return found


_last = "", ""


@forgets
def _forget() -> None:
    global _last
    _last = "", ""
    _edits.cache_clear()
    _has.cache_clear()


@lru_cache(maxsize=4)
def _edits(text: str) -> tuple[Edit, ...]:
    """The edits of `find`, for a text that may have some."""
    edits: Sequence[Edit] = ()
    while more := _first(text):  # taking one out can bring others together
        edits = [edit._replace(rule=edit.rule.rpartition("+")[2]) for edit in compose(edits, more)] if edits else more
        text = apply(text, more)
    return tuple(edits)


def _first(text: str) -> list[Edit]:
    """What is done first: odd characters, and when there are none, composition."""
    unusual = stretches(text)
    if ODD.search(unusual) and (edits := _odd(text)):
        return edits
    return _uncomposed(text) if _may_compose(text, unusual) else []


def _odd(text: str) -> list[Edit]:
    """The edits of single odd characters; those that follow each other for one reason are one edit."""
    if "\x08" in text and (
        struck := [Edit(m.start(), m[0], "", "characters.overstrike") for m in OVERSTRIKE.finditer(text)]
    ):
        return struck
    edits: list[Edit] = []
    end, before = -1, ""
    for at in _places(text):
        if (verdict := _judge(text, at)) is None:
            continue
        new, rule = verdict
        if at == end and rule == before and len(edits[-1].old) < RUN:
            edits[-1] = Edit(edits[-1].start, edits[-1].old + text[at], edits[-1].new + new, rule)
        else:
            edits.append(Edit(at, text[at], new, rule))
        end, before = at + 1, rule
    return edits


def _places(text: str) -> list[int]:
    """Where a text has odd characters. It has few different ones, and to look for each is faster than for any."""
    places = []
    for character in set(ODD.findall(stretches(text))):
        at = text.find(character)
        while at >= 0:
            places.append(at)
            at = text.find(character, at + 1)
    return sorted(places)


def _judge(text: str, at: int) -> tuple[str, str] | None:
    """What to write for the odd character at `at`, and the rule; None if it has its place there."""
    character = text[at]
    if character in "\xa0\u202f\u2007":
        return " ", "characters.no-break-space"
    if character == "\xad":  # at the end of a line it is a hyphen that shows
        return "-" if SHOWN_HYPHEN.match(text, max(0, at - 1)) else "", "characters.soft-hyphen"
    rule = _rule(character)
    if rule == "characters.space":
        return None if character == "\u3000" and _stands_in(CJK, text, at) else (" ", rule)
    if rule == "characters.bidi" and character not in "\u202d\u202e" and _stands_in(RIGHT_TO_LEFT, text, at):
        return None
    if rule == "characters.zero-width" and _belongs(text, at):
        return None
    return "", rule


@lru_cache(maxsize=1024)
def _rule(character: str) -> str:
    """The rule that an odd character is of."""
    return next(rule for rule, kind in KINDS.items() if kind.match(character))


def _belongs(text: str, at: int) -> bool:
    """Whether the zero-width character at `at` is needed by the characters on its sides."""
    character, before, after = text[at], text[at - 1 : at] if at else "", text[at + 1 : at + 2]
    if character == "\u200b":
        return bool(UNSPACED.match(before) and UNSPACED.match(after))
    if character == "\u180e":
        return bool(JOINING.match(before) and JOINING.match(after))
    if character in JOINERS:
        if JOINING.match(before) or (not before.strip() and JOINING.match(after)):
            return True
        return character == "\u200d" and bool(PICTOGRAPH.match(before) and PICTOGRAPH.match(after))
    if "\ufe00" <= character <= "\ufe0f":
        return bool(SELECTABLE.match(before)) and not "\ufe00" <= before <= "\ufe0f"
    if character >= "\U000e0001":  # tags spell the region of a flag, after U+1F3F4
        return bool(re.search(f"\U0001f3f4[{TAGS}]*$", text[max(0, at - 16) : at]))
    return False


def _stands_in(script: regex.Pattern[str], text: str, at: int) -> bool:
    """Whether the line around a position, as far as `NEAR` characters on each side, has a letter of the script."""
    if not _has(script, text):
        return False
    low, high = max(0, at - NEAR), at + NEAR
    end = text.find("\n", at, high)
    return bool(script.search(text, max(low, text.rfind("\n", low, at) + 1), high if end < 0 else end))


@lru_cache(maxsize=8)
def _has(script: regex.Pattern[str], text: str) -> bool:
    """Whether a text has a letter of the script anywhere."""
    return bool(script.search(stretches(text)))


def _uncomposed(text: str) -> list[Edit]:
    """The edits that compose letters and marks (Unicode's normal form C), on the smallest stretches that change.

    Stacks of marks are left as they are.
    """
    if _is_composed(text):
        return []
    edits = []
    for match in UNCOMPOSED.finditer(text):
        old = match[0]
        if STACKED.search(old):
            continue
        new = unicodedata.normalize("NFC", old)
        if old != new:
            same = common_prefix(old, new)
            edits.append(Edit(match.start() + same, old[same:], new[same:], "characters.nfc"))
    return edits


def common_prefix(left: str, right: str) -> int:
    """How many characters both texts begin with.

    >>> common_prefix("prefix", "press")
    3
    """
    if left != right:
        for at, (one, other) in enumerate(zip(left, right, strict=False)):
            if one != other:
                return at
    return min(len(left), len(right))
