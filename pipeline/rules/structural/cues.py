"""The words of site chrome: what navigation, share buttons, forms and notices say on a line of their own.

A *strong* cue is never the author's: a line that says only this can go wherever it stands. A *weak* one
("Contact", "Home") may be a heading as well; it counts only together with others near it.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import re2
import regex

PHRASES = tomllib.loads(Path(__file__).with_name("cues.toml").read_text(encoding="utf-8"))


def _phrases(block: str) -> frozenset[str]:
    return frozenset(phrase.strip() for line in block.split("\n") for phrase in line.split(" | ") if phrase.strip())


STRONG_PHRASES = _phrases(PHRASES["strong"])
WEAK_PHRASES = _phrases(PHRASES["weak"])

# Cues that are no fixed words; all weak. In the syntax that `regex` and RE2 share.
SHAPES = (
    # who wrote a comment, and when
    r".{2,50} (?:january|february|march|april|may|june|july|august|september|october|november|december)"
    r" \d{1,2}, \d{4} at \d{1,2}:\d\d[ap ]{0,2}m(?: reply)?",
    r"\d{1,2} \w{3,9} \d{4} by \S.{2,40}",
    r"(?:posted|submitted|published) (?:in|under|by)\b.{0,60}(?:\|.*)?",
    r"\d+ (?:comments?|responses?|replies|shares?|likes?|views?|reviews?)",
    r"(?:share|follow|find|like) (?:us )?on .{3,40}",
    r"(?:subscribe|sign up) (?:to|for) .{3,120}",
    r".{0,200}\bprivacy policy\b.{0,80}",
    r"(?:©|copyright\b|\(c\)).{0,160}",
    r"(?:stay|keep) up.to.date .{0,80}",
    r"(?:enter|your) e-?mail(?: address)?.{0,40}",
    r".{1,60} powered|powered by .{2,40}",
    r"(?:tags|categories|filed under|topics|labels|posted in)[ \t]*:.{0,120}",
    r"unable to edit the page\?.{0,60}",
    r"[-=_*~]{5,}",
)
PATTERNS = regex.compile("|".join(SHAPES))


def _maybe() -> Any:
    """An automaton that finds every line that `strength` may call a cue, and few others."""
    options = re2.Options()
    options.case_sensitive = False
    options.max_mem = 256 << 20
    phrases = "|".join(re2.escape(phrase).replace("\\ ", r"[ \t]+") for phrase in sorted(STRONG_PHRASES | WEAK_PHRASES))
    parts = rf"(?:{phrases})(?:[ \t|/•·–—>»-]+(?:{phrases}))*"
    # Without the limits on length, which would multiply the states; spaces may be any number of blanks.
    shapes = regex.sub(r"\.\{\d+,\d+\}|\.\*", r"[^\\n]*", "|".join(SHAPES))
    shapes = regex.sub(r"(?<!\[[^\]]{0,9}) ", r"[ \\t]+", shapes)
    return re2.compile(rf"(?m)^[ \t]*(?:[•*·▪●○◦»›>|–—-][ \t]*)?(?:{parts}|{shapes})[ \t|/•·–—>»›-]*$", options)


MAYBE = _maybe()
BULLET = regex.compile(r"^[•*·▪●○◦»›>|–—-]\s*|\s*[|»›>]$")
WORD = regex.compile(r"\S+")


def strength(line: str) -> int:
    """How sure it is that a line (without the spaces around it) is site chrome: 0 not, 1 weak, 2 strong.

    >>> strength("Skip to content"), strength("• Contact"), strength("The harbour"), strength("Share Share")
    (2, 1, 0, 1)
    """
    if len(line) > 240:
        return 0
    phrase = " ".join(BULLET.sub("", line).lower().split())
    if phrase in STRONG_PHRASES:
        return 2
    if phrase in WEAK_PHRASES:
        return 1
    if not phrase:
        return 0
    if len(phrase) <= 120:
        parts = _parts(phrase)
        if parts:
            return 2 if all(part in STRONG_PHRASES for part in parts) or len(parts) >= 4 else 1
    if PATTERNS.fullmatch(phrase):
        return 1
    return 0


def _parts(phrase: str) -> list[str]:
    """The cues that a line consists of, if it is nothing but cues ("Skip to content Skip to navigation")."""
    words = [word for word in WORD.findall(phrase) if word not in ("|", "/", "•", "·", "-", "–", "—", ">", "»")]
    parts: list[str] = []
    at = 0
    while at < len(words):
        for size in range(min(8, len(words) - at), 0, -1):
            part = " ".join(words[at : at + size])
            if part in STRONG_PHRASES or part in WEAK_PHRASES:
                parts.append(part)
                at += size
                break
        else:
            return []
    return parts
