"""Which legacy encoding bytes are in, told by which language they make sense in.

Bytes of a legacy encoding are text in nearly every other one, too; only the right one makes words. So each encoding is
tried, and its reading is compared with what languages write in it: a character counts for a language by how usual it is
there, and against it if the language does not have it; a capital in a word, a sign between letters, or a letter of
another script in a word counts against the reading. It needs no dictionary, is the same on every machine, and works
from a few words on. Idea: Li and Momoi, "A composite approach to language/encoding detection" (2001), whose
distribution of characters this is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import regex

from pipeline.stages.decode import HIGH_RUNS

SAMPLE = 8_000  # bytes that are looked at, of lines with bytes that are not ASCII
ENOUGH = 0.2  # a score from which on a reading makes sense

WEST, CENTRE, BALTIC, TURKEY = ("cp1252", "mac_roman", "cp850"), ("cp1250", "iso8859_2"), ("cp1257",), ("cp1254",)
CYRILLIC, GREEK = ("cp1251", "koi8_u", "cp866", "iso8859_5"), ("cp1253", "iso8859_7")


class Language(NamedTuple):
    """The encodings that a language is written in, its characters beyond ASCII, the usual ones first, and a character
    class of those that it has besides."""

    encodings: tuple[str, ...]
    letters: str
    script: str = ""


LANGUAGES = {
    "English": Language(WEST, "éèïêñçôöüæœ"),
    "French": Language(WEST, "éèàêçâîôûùïëœæü"),
    "German": Language(WEST, "üäößé"),
    "Spanish": Language(WEST, "óíáéñúü"),
    "Portuguese": Language(WEST, "ãçáéóíêõúâàôü"),
    "Italian": Language(WEST, "èàùòìéîó"),
    "Danish": Language(WEST, "åøæéêòô"),
    "Swedish": Language(WEST, "äöåéšž"),
    "Icelandic": Language(WEST, "áðíéóþúæýö"),
    "Dutch": Language(WEST, "ëéïèóöüá"),
    "Catalan": Language(WEST, "àèéóòçíúïü·"),
    "Polish": Language(CENTRE, "ąłęóżśćńź"),
    "Czech": Language(CENTRE, "íáéěřčžýšůúťďňó"),
    "Slovak": Language(CENTRE, "áíčéžýšúľôäťňĺóŕď"),
    "Hungarian": Language(CENTRE, "áéöóőíüúű"),
    "Romanian": Language(CENTRE, "ăîâşţ"),
    "Croatian": Language(CENTRE, "čšžćđ"),
    "Turkish": Language(TURKEY, "ıüşçğöİâî"),
    "Estonian": Language(BALTIC, "äõüöšž"),
    "Latvian": Language(BALTIC, "āīšēņļžūčģķ"),
    "Lithuanian": Language(BALTIC, "ėšųžįčūąę"),
    "Russian": Language(CYRILLIC, "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"),
    "Ukrainian": Language(CYRILLIC, "оаинвітерсклудпмязьбгчйхжцюшїєщфґ"),
    "Bulgarian": Language(CYRILLIC, "аиоетнрсвлкдпмзъгбяучцйщшхжюфь"),
    "Serbian": Language(CYRILLIC, "аоиејнрстувдкмлпгзбњшћцчљжђхџф"),
    "Greek": Language(GREEK, "αοιετσνηυρπκμλςίόάγέήδωχθύφβώξζψϊϋΐΰ"),
    "Hebrew": Language(("cp1255",), "יוהלאתרבמשנםעדחקפכגטזסצןךץף", "\u05b0-\u05c2"),
    "Arabic": Language(("cp1256",), "اليمنرتوبةدعسفهكقحجشصطأخذىضغثزظءئؤإآ", "،؛؟\u064b-\u0652ـ"),
    "Thai": Language(("cp874",), "านรอกเงวมยลตทีสัค่้ปบแดชิะหพำใไจขุูโณศผึถธ", "\u0e01-\u0e5b"),
    "Japanese": Language(
        ("cp932", "euc_jp"),
        "のにるいをはたがとしてでかなれらりっもすうくきこんまさあそけよだどめせつおみちえやわじばごげべぎび"
        "ンスールトイアラリクシドタコレマロッジフカサニキバテナグムメブプ日人年大国会中本生出",
        "\u3040-\u30ff\u4e00-\u9fff",
    ),
    "Chinese": Language(
        ("gb18030",),
        "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所"
        "然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日者意无力它与长"
        "把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应向头文体政美相见被利什二等产或新己制身",
        "\u4e00-\u9fff",
    ),
    "Chinese, traditional": Language(
        ("big5",),
        "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所"
        "然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日者意無力它與長"
        "把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應向頭文體政美相見被利什二等產或新己制身",
        "\u4e00-\u9fff",
    ),
    "Korean": Language(
        ("cp949",), "이다는의에을가고하지로한기사은도를어리나자대아서들시인있해것부그일수정전", "\uac00-\ud7a3"
    ),
}
# What every language may use, in its place (see MISPLACED).
SIGNS = "“”‘’„‚«»‹›–—…•°§©®™£€¢¥½¼¾²³·¡¿†‡×\xa0\xad"
WIDE_SIGNS = "\u3000-\u3011！？，．：；（）～・ー"
FOREIGN, LOST = -1.0, -2.0  # what a character counts that the language does not have, and one that is none
# What is added to the score: chance makes pairs of bytes seldom, and some encodings are seldom used.
PRIOR = {"cp1252": 0.1, "cp850": -0.4, "cp866": -0.05, "koi8_u": -0.05, "iso8859_5": -0.2}
PRIOR |= dict.fromkeys(("cp932", "euc_jp", "gb18030", "big5", "cp949"), 0.1)

MISPLACED = regex.compile(
    r"\p{Ll}\p{Lu}|\d\p{L}|\p{L}[^\p{L}\p{M}\s\x00-\x7f’‘–—…·\xad\u3000-\u30ff\uff00-\uffef]\p{L}"
    r"|\p{Latin}[\p{Cyrillic}\p{Greek}\p{Hebrew}\p{Thai}]|[\p{Cyrillic}\p{Greek}\p{Hebrew}\p{Thai}]\p{Latin}"
    r"|[a-z][\p{Han}\p{Hangul}\p{Katakana}]|[\xa1-\u024f--[«»°×÷]]{4,}|[[\p{S}\p{No}¡-¿]--[\x00-\x7f]]{2,}"
    r"|[^\p{L}\p{M}]\p{Mn}|[เ-ไ][^ก-ฮ]|\s[”»]\p{L}|\p{L}[“«„¿¡£€]|[‚„«“¿¡]\s|[©®§]\p{L}",
    regex.V1,
)


def encoding(data: bytes, *, mac: bool = False) -> str:
    """The legacy encoding in which `data`, which has bytes that are not ASCII, makes most sense; "" if in none.

    `mac` says that the line ends are those of old Macs, whose encoding is then tried, too.

    >>> encoding("Le café crème".encode("cp1252")), encoding("Příliš žluťoučký".encode("cp1250"))
    ('cp1252', 'cp1250')
    >>> encoding("Привет, как дела?".encode("koi8-r"))
    'koi8_u'
    """
    data = sample(data)
    scores = {
        name: score for name in candidates() if (name != "mac_roman" or mac) and (score := sense(data, name)) > ENOUGH
    }
    return max(scores, key=scores.__getitem__, default="")


def candidates() -> Iterator[str]:
    """The encodings of all languages, each once; of those that make the same sense, the first is believed."""
    yield from dict.fromkeys(name for language in LANGUAGES.values() for name in language.encodings)


def sample(data: bytes) -> bytes:
    """The first lines that have bytes which are not ASCII; of long lines, what is around those bytes."""
    pieces: list[bytes] = []
    size = at = 0
    for run in HIGH_RUNS.finditer(data):
        start, end = max(at, data.rfind(b"\n", 0, run.start()) + 1, run.start() - 40), run.end()
        if size > SAMPLE:
            break
        if start > at:
            pieces.append(b"\n")
        pieces.append(data[start:end])
        size += end - start
        at = end
    return b"".join(pieces) + data[at : at + 1]


def sense(data: bytes, name: str) -> float:
    """How much sense bytes make in an encoding: 1 is the most for a character, `LOST` the least."""
    text = data.decode(name, "replace")
    characters = Counter(text)
    for character in [*filter(str.isascii, characters)]:
        del characters[character]
    total = sum(characters.values())
    if not total:
        return LOST
    misplaced = sum(len(match[0]) for match in MISPLACED.finditer(text) if not match[0].isascii())
    best = max(_likeness(characters, language) for language in LANGUAGES.values() if name in language.encodings)
    return (best - misplaced) / total + PRIOR.get(name, 0.0)


def _likeness(characters: Counter[str], language: Language) -> float:
    """How many of the characters are those of the language, each by how usual it is there."""
    size = 2 * len(language.letters)
    worth = {letter: 1 - rank / size for rank, letter in enumerate(language.letters)}
    worth |= {letter.upper(): value for letter, value in worth.items()} | dict.fromkeys(SIGNS, 0.9)
    rest = re.compile(f"[{language.script}{WIDE_SIGNS}]") if language.script else None
    return sum(count * (worth.get(character) or _rest(character, rest)) for character, count in characters.items())


def _rest(character: str, rest: re.Pattern[str] | None) -> float:
    if rest and rest.match(character):
        return 0.3
    return LOST if character == "\ufffd" or character < "\xa0" else FOREIGN
