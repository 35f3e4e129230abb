"""The words of site chrome: what navigation, share buttons, forms and notices say on a line of their own.

A *sure* cue is never the author's: a line that says only this can go wherever it stands. A *firm* one
("Related articles") can be the heading of a text, and a *weak* one ("Contact", "Home") even an item of one;
it counts only together with others near it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import re2
import regex

from pipeline.lists import once
from pipeline.rules.lines import prose_like

PHRASES = tomllib.loads(Path(__file__).with_name("cues.toml").read_text(encoding="utf-8"))
WEAK, FIRM, SURE = 1, 2, 3
LONGEST = 240  # characters of a cue


def _phrases(*names: str) -> frozenset[str]:
    """The phrases of some lists together; none may stand twice."""
    lines = [line for name in names for line in PHRASES[name].split("\n")]
    phrases = (phrase.strip() for line in lines for phrase in line.split(" | "))
    return once(filter(None, phrases), f"the {' and '.join(names)} cues")


SURE_PHRASES, FIRM_PHRASES, MINOR_PHRASES = map(_phrases, ("sure", "firm", "minor"))
LEVELS = dict.fromkeys(_phrases("sure", "firm", "weak"), WEAK)
LEVELS |= dict.fromkeys(FIRM_PHRASES, FIRM) | dict.fromkeys(SURE_PHRASES, SURE)

# Who wrote a comment, and when.
MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*"
STAMP_SHAPE = (
    rf"(?:.{{1,60}} )?(?:{MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}} {MONTH} \d{{4}}"
    r"|\d{1,2}/\d{1,2}/\d{4}),?"
    r"(?: at| @| -| \||,)* \d{1,2}:\d\d(?::\d\d)? ?(?:[ap]\.?m\.?)?(?: (?:reply|permalink|quote|edit|\(edit\)|#))*"
)
STAMP = regex.compile(rf"(?i:{STAMP_SHAPE})")

# What forums put around a post, and nobody else.
FURNITURE = regex.compile(
    r"(?i)(?:joined|join date|registered|member since)(?::.{3,40})?|(?:posts|messages|threads|topics): ?[\d,]+"
    r"|(?:reputation|thanks|thanked|trophy points|reaction score|likes received|rep power): ?[\d,]+.{0,40}"
    r"|#\d{1,5}|(?:reply|respond) with quote(?: reply with quote)?|add bookmark|click to expand(?:\.\.\.|…)"
    r"|last edited by .{2,80}|thread starter|reactions: ?.{2,120}|(?:share )?improve this (?:answer|question).*"
    r"|.{0,40}\d+ (?:gold|silver|bronze) badges?.{0,60}|quick reply|view forum posts|link to post|permalink"
    r"|(?:« )?reply #\d+ on: .{6,60}|(?:author )?topic: .{3,120} \(read \d+ times\)"
    r"|(?:registriert|mitglied seit|inscrit(?:e)? le|registrado|iscritto il|lid sinds|geregistreerd) ?:? ?.{3,40}"
    r"|(?:beiträge|mensajes|messaggi|berichten|сообщени[яй]) ?: ?[\d.,]+|(?:wohnort|localisation) ?: .{2,40}"
    r"|(?:zuletzt bearbeitet|themenstarter|beginndatum|reaktionen) ?:? .{2,80}"
)

# The heading of the comments under an article.
COMMENTS = regex.compile(
    r"(?i)(?:\d+ )?(?:comments?|(?:thoughts?|responses?|replies|comments?) (?:on|to) .{3,160})(?: ?\(\d+\))?:?"
)

# Cues that are no fixed words; all weak. In the syntax that `regex` and RE2 share.
SHAPES = (
    STAMP_SHAPE,
    r"\d{1,2} \w{3,9} \d{4} by \S.{2,40}",
    r"(?:posted|submitted|published) (?:in|under|by)\b.{0,60}(?:\|.*)?",
    r"\d[\d,.]*k?\+? (?:comments?|responses?|replies|shares?|likes?|views?|reviews?|followers|(?:up)?votes?)",
    r"comments? \(\d+\)",
    r"(?:share|follow|find|like|join|connect with) (?:(?:us|me|this) )?on .{3,40}",
    r"(?:share|save|print|email|tweet|pin|rate|report|bookmark|embed) this .{3,20}",
    r"(?:subscribe|sign up) (?:to|for) .{3,120}",
    r"(?:log ?in|sign in|login|register) (?:or|to|with|for|now) .{3,60}",
    r".{0,200}\bprivacy policy\b.{0,80}",
    r"(?:©|copyright ?(?:©|\(c\)|\d{4})|\(c\) ?\d{4}).{0,160}",
    r".{0,120}\ball rights reserved\b.{0,40}",
    r"(?:stay|keep) up.to.date .{0,80}",
    r"(?:enter|your|enter your) e-?mail(?: address)?.{0,40}",
    r".{1,60} powered|powered by .{2,40}",
    r"(?:tags|tagged|categories|filed under|topics|labels|posted in|schlagwörter|kategorien|étiquettes|etiquetas)"
    r"(?: with| as| in)?[ \t]*:.{0,120}",
    r"(?:filed under|tagged with|posted in) .{2,100}",
    r"(?:view|see|show|read|browse|load) (?:all|more)\b.{0,40}",
    r"(?:back|return) to (?:the )?(?:top|home|blog|news|all|list|index|search|results|main|overview|previous)\b.{0,30}",
    r"more (?:from|in|on|stories|articles|posts|news|about) .{2,60}",
    r"(?:download|get) (?:our|the) .{0,30}\bapp\b.{0,20}",
    r"leave a (?:comment|reply)\b.{0,80}",
    r".{0,60}comments (?:off|closed)\b.{0,100}",
    r"\d{1,3} min(?:ute)?s? read|(?:estimated )?read(?:ing)? time:? ?.{1,20}",
    r"page \d+ of \d+.{0,40}|\d+ of \d+ pages?",
    r"(?:[«‹←<]* ?(?:prev(?:ious)?|first)? ?)?(?:\d{1,4}[ |,]+){2,}(?:[.…]+ )?(?:\d+ )?(?:next|last|older) ?[»›→>]*",
    r"[«‹←<]* ?(?:prev(?:ious)?|first) (?:\d{1,4}[ |,]+)+(?:[.…]+ )?\d{0,4} ?(?:next|last|older)? ?[»›→>]*",
    r"(?:joined|join date|member since|registered):? .{3,30}",
    r"(?:posts|messages|reputation|thanks|trophy points|reaction score):? [\d,]+",
    r"#\d{1,5}|reactions: ?.{2,120}",
    r"(?:last edited|edited) (?:by|on|:).{2,60}",
    r"(?:switch|change) to .{2,20} (?:edition|version|language)",
    r"(?:previous|next|prev)(?: post| article| story| topic)?:? .{3,120}",
    r"tag @.{2,60}|\d{1,3} (?:answers?|thoughts? on .{3,120})",
    r"\d+ posts •.{0,40}|results \d+ to \d+ of \d+.{0,20}|display posts from previous.{0,120}",
    r"return to [“\"].{2,80}[”\"]|all times are .{2,60}|users browsing this forum.{0,120}",
    r"(?:post|answer|view|show|hide) (?:a |your |all )?(?:comment|repl|answer|response)(?:s|y|ies)?\b.{0,30}",
    r"(?:asked|modified|viewed|active) \d.{2,40}|.{0,40}\d+ (?:gold|silver|bronze) badges?.{0,60}",
    r"\d[\d.,]*k? followers\b.{0,60}|get .{3,60} in your inbox\b.{0,20}|free shipping on .{3,40}",
    r"(?:join|become) (?:a )?(?:us|our|free|the|member|supporter|patron).{0,60}|already a (?:member|subscriber).{0,40}",
    r"learn more about .{2,50}",
    r"(?:wednesday|monday|tuesday|thursday|friday|saturday|sunday), \w{3,9} \d{1,2}, \d{4}",
    r"[★☆⭐]{3,}.{0,40}",
    r"unable to edit the page\?.{0,60}",
    r"(?:« )?reply #\d+ on: .{6,60}|(?:author )?topic: .{3,120} \(read \d+ times\)",
    r"(?:registriert|mitglied seit|inscrit(?:e)? le|registrado|iscritto il|lid sinds|geregistreerd):? .{3,40}",
    r"(?:beiträge|mensajes|messaggi|berichten|сообщени[яй]) ?: ?[\d.,]+|(?:wohnort|localisation) ?: .{2,40}",
    r"(?:zuletzt bearbeitet|themenstarter|beginndatum|reaktionen):? .{2,80}",
    r"\d+ (?:beiträge|messages|mensajes|messaggi|berichten) •.{0,40}|seite \d+ von \d+|page \d+ sur \d+"
    r"|(?:você está na )?página \d+ de \d+|pagina \d+ (?:di|van) \d+",
    r"(?:lesezeit|temps de lecture|tiempo de lectura|tempo d[ei] (?:lettura|leitura)|leestijd|время чтения) ?: .{1,20}",
    r"(?:stichwörter|mots-clés|etichette|marcadores|метки|теги|рубрика|标签|分类|カテゴリー?|タグ) ?[:：].{0,120}",
    r"(?:vorheriger|nächster) (?:beitrag|artikel):? .{3,120}|(?:上一篇|下一篇|前の記事|次の記事) ?[:：].{0,60}",
    r"(?:kommentare|commentaires|comentarios|commenti|comentários|reacties|комментарии|bewertungen|reviews) \(\d+\)",
    r"(?:auf|per|via|über) .{3,20} (?:teilen|versenden)|(?:partager|compartir|condividi|compartilhar|partilhar|delen)"
    r" (?:sur|par|en|por|con|su|no|na|op|via) .{3,30}|(?:поделиться|рассказать) в .{2,30}",
    r"(?:answered|edited|asked) \w{3} \d{1,2} .{2,20}|up vote \d+ down vote.{0,20}",
)

# What stands between cues, too: dates, times, counts, prices, phone numbers, addresses, run-together labels.
MINOR = regex.compile(
    r"""(?x)
      [-=_*~]{5,}
    | (?:\p{L}{3,9}\.?,?\ )?(?:\p{L}{3,9}\.?\ \d{1,2}|\d{1,2}\.?\ \p{L}{3,9}\.?),?\ (?:19|20)\d\d
      (?:[ ,|at-]+\d{1,2}:\d\d\ ?(?:[ap]m)?)?
    | (?:19|20)\d\d年\d{1,2}月\d{1,2}日(?:\ ?[（(].[)）])?(?:\ ?\d{1,2}(?:[:：]|时|時)\d\d(?:分)?)?
    | \d{1,2}[./-]\d{1,2}[./-]\d{2,4} | (?:19|20)\d\d-\d\d-\d\d | \d{1,2}:\d\d\ ?(?:[AaPp]\.?[Mm]\.?)?
    | \d+\ (?:seconds?|minutes?|hours?|days?|weeks?|months?|years?)\ ago
    | [#(]?\d[\d,.]*[)%kKM+]?
    | [$€£¥]\ ?\d[\d,.]*(?:\ ?[-–]\ ?[$€£¥]\ ?\d[\d,.]*)? | \d[\d,.]*\ ?[$€£]
    | (?i:t|tel|ph|phone|fax|mobile|call(?:\ us)?|telephone)?[.:]?\ ?\+?[\d(][\d\ ().–/-]{6,20}\d
    | (?i:e-?mail:?\ )?[\w.+-]+@[\w-]+\.[\w.]+ | (?:https?://|www\.)\S+
    | (?:\p{Lu}?[\p{Ll}\ &]+\p{Ll}(?=\p{Lu})){2,}\p{Lu}[\p{Ll}\ ]+
    | \d{1,5}\ [\p{L}\ .]{3,30}\b(?:St|Street|Ave|Avenue|Rd|Road|Blvd|Lane|Ln|Drive|Dr|Suite|Floor|Way)\b.{0,40}
    """
)


@cache
def _patterns() -> regex.Pattern[str]:
    return regex.compile("|".join(SHAPES))


@cache
def maybe() -> Any:
    """An automaton that finds every line that `strength` may call a cue, and few others."""
    options = re2.Options()
    options.case_sensitive = False
    options.max_mem = 256 << 20
    phrases = "|".join(re2.escape(phrase).replace("\\ ", r"[ \t]+") for phrase in sorted(LEVELS))
    end = r"[ \t|/•·–—>»›-]"  # phrases stand here once, for their states take the longest to make
    parts = rf"(?:(?:{phrases})(?:{end}+|$))+"
    # Without the limits on length, which would multiply the states; spaces may be any number of blanks.
    shapes = regex.sub(r"\.\{\d+,\d+\}|\.\*", r"[^\\n]*", "|".join(SHAPES))
    shapes = regex.sub(r"(?<!\[[^\]]{0,9}) ", r"(?:[ \\t]+)", shapes)
    return re2.compile(rf"(?m)^[ \t|/•*·▪●○◦«‹»›>–—-]*(?:{parts}|(?:{shapes}){end}*)$", options)


BULLET = regex.compile(r"^[•*·▪●○◦«‹»›>|–—-]\s*|\s*[|»›>]$")
WORD = regex.compile(r"\S+")
BARS = frozenset("|/•·-–—>»")


@lru_cache(maxsize=4096)
def strength(line: str) -> int:
    """How sure it is that a line (without the spaces around it) is site chrome: `WEAK`, `FIRM`, `SURE`, or 0 for not.

    >>> [strength(line) for line in ("Skip to content", "Related articles", "• Contact", "Share Share", "The harbour")]
    [3, 2, 1, 1, 0]
    """
    if len(line) > LONGEST:
        return 0
    phrase = " ".join(BULLET.sub("", line).lower().split())
    level = LEVELS.get(phrase)
    if level:
        return level
    if not phrase:
        return 0
    if len(phrase) <= 120:
        parts = _parts(phrase)
        if parts:
            return max(min(parts), FIRM if len(parts) + phrase.count("|") >= 4 else WEAK)
    if _patterns().fullmatch(phrase) and not (len(phrase) > 60 and prose_like(line)):
        return WEAK
    return 0


@lru_cache(maxsize=4096)
def is_minor(line: str) -> bool:
    """Whether a line that is no cue is one of those that stand among cues: a topic, a country, a date, a phone number.

    >>> [is_minor(line) for line in ("• Podcasts", "May 3, 2019", "The harbour")]
    [True, True, False]
    """
    bare = BULLET.sub("", line)
    return bare.lower() in MINOR_PHRASES or (len(bare) < 120 and MINOR.fullmatch(bare) is not None)


SEEN = 8192  # cues that are remembered
_seen: dict[str, int] = {}


def cues_among(lines: Sequence[str]) -> dict[str, int]:
    """Return the lines that are cues, each with its strength. Phrases, and cues that were seen before, as the pages of
    a site have them, are looked up; the others are scanned together.

    >>> cues_among(["The harbour", "Share", "Home | About us"])
    {'Share': 1, 'Home | About us': 1}
    """
    lines = [line for line in lines if len(line) <= LONGEST]  # most of a text is in longer ones
    levels = map(LEVELS.get, map(str.lower, lines))
    cues = {
        line: _seen.get(line) or strength(line)
        for line, level in zip(lines, levels, strict=True)
        if level or line in _seen
    }
    others = "\n".join([line for line in lines if line not in cues] if cues else lines)
    for match in maybe().finditer(others.encode(errors="replace")):
        line = match.group().decode()
        if level := strength(line):
            cues[line] = _seen[line] = level
    if len(_seen) > SEEN:
        _seen.clear()
    return cues


def _parts(phrase: str) -> list[int]:
    """The levels of the cues that a line consists of, if it is nothing but cues ("Contact Skip to navigation")."""
    words = [word for word in WORD.findall(phrase) if word not in BARS]
    parts: list[int] = []
    at = 0
    while at < len(words):
        for size in range(min(8, len(words) - at), 0, -1):
            level = LEVELS.get(" ".join(words[at : at + size]))
            if level:
                parts.append(level)
                at += size
                break
        else:
            return []
    return parts
