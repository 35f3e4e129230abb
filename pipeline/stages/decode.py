"""Bytes to text, without loss: which encoding, how it was found, and what encoding the text would not give back.

The order of questions is that of BeautifulSoup's `EncodingDetector`, whose parts are used for the byte-order
mark and the declaration: a byte-order mark, a declaration beside the bytes (as HTTP makes) or in the markup, valid
UTF-8, UTF-8 with some bad bytes, what the detector says that BeautifulSoup itself asks first (`cchardet`, which is
Mozilla's), and windows-1252 for everything else. It differs in one place: bytes that are valid UTF-8, and not plain
ASCII, are UTF-8 whatever they declare. A scraper that stores its pages as UTF-8 leaves the old declaration in them, and
text in another encoding is hardly ever valid UTF-8.

Line ends are not touched here: the text has the line ends of the bytes.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Sequence

from pipeline.document import Document, Flag, Source
from pipeline.stages.utf8 import remember, utf8

Patches = Sequence[tuple[int, int, bytes]]

# What a declared name stands for, where browsers mean more than the name says (WHATWG Encoding Standard, "Names and
# labels"). Who declares a 16-bit encoding in ASCII bytes does not use it.
LABELS = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "utf-16": "utf-8",
    "utf-16-le": "utf-8", "utf-16-be": "utf-8", "utf-32": "utf-8",
}  # fmt: skip

# The legacy encodings of the web (WHATWG Encoding Standard), as Python names them: a detector that names another one
# was misled by a few odd bytes.
OF_THE_WEB = set("big5 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp866 cp874 cp932 cp949".split())
OF_THE_WEB |= set("euc_jp gb18030 iso2022_jp koi8-r koi8-u mac-cyrillic mac-roman".split())
OF_THE_WEB |= {f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)}

# Codecs of Python's that no document is written in, or that read plain text as something else.
NOT_FOR_DOCUMENTS = {"utf-7", "idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}

MARKS = (b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe", b"\0\0\xfe\xff")  # the byte-order marks
HIGH_RUNS = re.compile(b"[\x80-\xff]+")
# Letters and signs of Western text in UTF-8: in windows-1252 they would be two or three odd characters in a row.
WESTERN = re.compile(b"(?:\xc2[\xa0-\xbf]|\xc3[\x80-\xbf]|\xc5[\x92\x93]|\xe2(?:\x80[\x80-\xbf]|\x82\xac))+")
# The signs of windows-1252 that texts in English use; the Windows encodings of other languages have most in common.
ASCII_AND_SIGNS = bytes(range(128)) + "€‚„…†‡‰‘’“”•–—™\xa0£§©«\xad®°±²³·»¼½¾¢¥".encode("cp1252")
ENOUGH = 3  # letters beyond ASCII, from which on a detector has something to go by
NEARLY = 0.1  # of all bytes
CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b")) + b"\x7f"
UNDECODED = re.compile("[\udc80-\udcff]")
DAMAGED_SHARE = 0.01  # of all bytes: so many may be wrong in the encoding that is declared
BINARY_SHARE = 0.02  # of all bytes: more control bytes than this, and the bytes are hardly a text


def document(source: str | bytes, id: str, declared: str = "") -> Document:
    """Return the document that `source` is: a text, or bytes in an encoding that is found out.

    `declared` is the encoding that was named beside the bytes, as HTTP does: as in browsers, it goes before one that
    the markup declares. Any text will do, and any bytes; what is neither is a `TypeError`. Text that was bytes can be
    written again, byte by byte: see `encode`.

    >>> doc = document(b"\\xef\\xbb\\xbfna\\xc3\\xafve", "demo")
    >>> doc.text, doc.source.encoding, doc.source.how
    ('naïve', 'utf-8', 'bom')
    """
    if isinstance(source, str):
        data = utf8(source)
        return Document(id, source, source, Source(hashlib.sha256(data).hexdigest(), len(data)))
    if not isinstance(source, bytes):
        raise TypeError(f"Cannot clean {id}: it is {type(source).__name__}, neither text nor bytes. Give str or bytes.")
    usual = _usual(source, declared)
    if usual is not None:
        made = Source(hashlib.sha256(source).hexdigest(), len(source), "utf-8", "valid")
        remember(usual, source)
        return Document(id, usual, usual, made)
    bom, encoding, how = recognise(source, declared)
    body = source[len(bom) :]
    text = _decode(body, encoding, how)
    patches = () if how == "valid" else differences(_encode(text, encoding, how), body)
    made = Source(hashlib.sha256(source).hexdigest(), len(source), encoding, how, bom, patches)
    return Document(id, text, text, made, flags=list(_flags(body, text, how, encoding)))


def encode(text: str, source: Source) -> bytes:
    """Return the bytes that `text`, the raw text of a document, was decoded from: the inverse of `document`.

    >>> doc = document("façade".encode("latin-1") + b"\\x81", "demo")
    >>> encode(doc.raw, doc.source)
    b'fa\\xe7ade\\x81'
    """
    written = _encode(text, source.encoding, source.how)
    pieces = [source.bom]
    at = 0
    for start, length, data in source.patches:
        pieces += [written[at:start], data]
        at = start + length
    pieces.append(written[at:])
    return b"".join(pieces)


def recognise(data: bytes, label: str = "") -> tuple[bytes, str, str]:
    """Return the byte-order mark of `data`, its encoding, and how that was found (as `Source.how` names it).

    `label` is the encoding that was declared beside the data.

    >>> recognise("<meta charset=iso-8859-2>Łódź".encode("iso-8859-2"))
    (b'', 'iso8859-2', 'declared')
    """
    if data.startswith(MARKS):
        from bs4.dammit import EncodingDetector

        body, encoding = EncodingDetector.strip_byte_order_mark(data)
        if encoding:
            return data[: len(data) - len(body)], codecs.lookup(encoding).name, "bom"
        if len(data) < 4:  # BeautifulSoup looks for a character behind the mark of UTF-16
            return data[:2], "utf-16-be" if data[0] == 0xFE else "utf-16-le", "bom"
    if declared := _fitting(label, data) or _declared(data):
        return b"", declared, "declared"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return b"", *_guess(data)
    if b"\0" in data and (wide := _sixteen_bit(data)):
        return b"", wide, "detected"
    if _is_iso2022(data):
        return b"", "iso2022_jp", "detected"
    return b"", "utf-8", "valid"


def _usual(data: bytes, declared: str) -> str | None:
    """The text of bytes that are UTF-8 beyond doubt, as most are; the others need a closer look."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if b"\0" in data or data.startswith(MARKS):
        return None
    return None if text.isascii() and (b"\x1b" in data or declared or _may_declare(data)) else text


def _may_declare(data: bytes) -> bytes:
    """The beginning of the bytes, as far as BeautifulSoup looks, if there may be a declaration in it."""
    head = data[: max(2048, len(data) // 20)].lower()
    return head if (b"charset" in head and b"meta" in head) or (b"encoding" in head and b"<?xml" in head) else b""


def _declared(data: bytes) -> str:
    """The encoding that the markup declares, or "" where there is none that fits the bytes."""
    if not _may_declare(data):
        return ""
    from bs4.dammit import EncodingDetector

    return _fitting(EncodingDetector.find_declared_encoding(data, is_html=True) or "", data)


def _fitting(label: str, data: bytes) -> str:
    """The encoding that a declared name stands for, or "" if it does not fit the bytes."""
    if not label:
        return ""
    try:
        name = codecs.lookup(label).name
        name = LABELS.get(name, name)
        if name in NOT_FOR_DOCUMENTS or name == "utf-8" or _is_utf8(data):
            return ""  # valid UTF-8 is what it is, and what is not valid is looked at more closely
        bad = len(UNDECODED.findall(data.decode(name, "surrogateescape")))
        fits = b"<meta charset".decode(name) == "<meta charset" and bad <= DAMAGED_SHARE * len(data)
    except (LookupError, ValueError):  # a name that Python does not know, or that is no encoding of text
        return ""
    return name if fits else ""


def _is_utf8(data: bytes) -> bool:
    """Whether the bytes are valid UTF-8 and more than ASCII."""
    if data.isascii():
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _guess(data: bytes) -> tuple[str, str]:
    """The encoding of bytes that are not valid UTF-8, and how it was found."""
    if wide := _sixteen_bit(data):
        return wide, "detected"
    try:
        data.decode("utf-8", "surrogatepass")  # CESU-8, and what JavaScript and Java write of half a character
        return "utf-8", "valid"
    except UnicodeDecodeError:
        pass
    if _is_damaged(data):
        return "utf-8", "damaged"
    if _is_binary(data):
        return "cp1252", "fallback"
    if _is_nearly_ascii(data):
        return "cp1252", "fallback"
    name = _detected(data)
    return (name, "detected") if name else ("cp1252", "fallback")


def _is_nearly_ascii(data: bytes) -> bool:
    r"""Whether what is not ASCII is too little for a guess, or nothing but signs of windows-1252 (quotes, dashes, …).

    >>> _is_nearly_ascii(b"It\x92s 5\xb0 \x96 or 10\xbd."), _is_nearly_ascii("Größe für Füchse".encode("cp1252"))
    (True, False)
    """
    rest = data.translate(None, ASCII_AND_SIGNS)
    return len(rest) < ENOUGH and len(rest) < NEARLY * len(data)


def _detected(data: bytes) -> str:
    """The legacy encoding that the bytes look like, or "" if they look like none of those that the web uses."""
    import cchardet

    try:
        name = codecs.lookup(str(cchardet.detect(data)["encoding"])).name
    except LookupError:
        return ""
    name = LABELS.get(name, name)
    return name if name in OF_THE_WEB else ""


def _is_damaged(data: bytes) -> bool:
    r"""Whether bytes are UTF-8 with bad bytes in it, such as stray ones of windows-1252.

    Chance seldom makes sequences of UTF-8 in another encoding, and hardly ever one that is a Western letter or sign
    and stands alone among ASCII.

    >>> _is_damaged("“café” ".encode() + b"caf\xe9, it\x92s"), _is_damaged(b"caf\xe9, it\x92s")
    (True, False)
    """
    text = data.decode("utf-8", "surrogateescape")
    bad = len(UNDECODED.findall(text))
    if len(text) - len(text.encode("ascii", "ignore")) >= 3 * bad:
        return True
    runs = HIGH_RUNS.findall(data)
    western = sum(WESTERN.fullmatch(run) is not None for run in runs)
    stray = sum(len(run) <= 2 and not WESTERN.fullmatch(run) for run in runs)
    return western > 0 and 4 * western >= stray and 5 * (western + stray) >= 4 * len(runs)


def _is_binary(data: bytes) -> bool:
    """Whether there are too many control bytes for a text of 8-bit characters."""
    return len(data) - len(data.translate(None, CONTROLS)) > BINARY_SHARE * len(data)


def _is_iso2022(data: bytes) -> bool:
    """Whether ASCII bytes hold the sequences that switch to Japanese characters, and read well as such."""
    if b"\x1b$B" not in data and b"\x1b$@" not in data:
        return False
    try:
        return not data.decode("iso2022_jp").isascii()
    except UnicodeDecodeError:
        return False


def _sixteen_bit(data: bytes) -> str:
    """`utf-16-le` or `utf-16-be` for text of that kind without a byte-order mark: every second byte is mostly zero."""
    half = len(data) // 2
    even, odd = data[::2].count(0), data[1::2].count(0)
    if half < 2 or max(even, odd) < 0.4 * half or min(even, odd) > 0.02 * half:
        return ""
    name = "utf-16-le" if odd > even else "utf-16-be"
    text = data[: half * 2].decode(name, "replace")
    return name if text.count("\ufffd") <= 0.01 * half else ""


def _decode(data: bytes, encoding: str, how: str) -> str:
    """Decode; bytes that the encoding has no character for become lone surrogates, or U+FFFD at the worst."""
    for errors in _handlers(encoding, how):
        try:
            return data.decode(encoding, errors)
        except UnicodeError:
            continue
    return data.decode(encoding, "replace")


def _encode(text: str, encoding: str, how: str) -> bytes:
    """Encode as far as the encoding can; the patches put the rest right."""
    for errors in reversed(_handlers(encoding, how)):
        try:
            return text.encode(encoding, errors)
        except UnicodeError:
            continue
    return text.encode(encoding, "replace")


def _handlers(encoding: str, how: str) -> tuple[str, ...]:
    """The error handlers to try, in order, when decoding; the last one is tried first when encoding."""
    if encoding.startswith(("utf-16", "utf-32")) or how in ("text", "valid"):
        return ("strict", "surrogatepass")
    return ("strict", "surrogateescape")


def differences(written: bytes, data: bytes) -> Patches:
    """Return the patches that turn `written` into `data`: (offset in `written`, length there, bytes to put there).

    Where both have as many lines, each line that differs has a patch of its own.

    >>> differences(b"one\\ntwo\\nthree", b"one\\ntoo\\nthree!")
    [(5, 1, b'o'), (13, 0, b'!')]
    """
    if written == data:
        return ()
    left, right = written.splitlines(keepends=True), data.splitlines(keepends=True)
    if len(left) != len(right):
        left, right = [written], [data]
    patches = []
    at = 0
    for old, new in zip(left, right, strict=True):
        if old != new:
            start = _common(old, new)
            end = _common(old[start:][::-1], new[start:][::-1])
            patches.append((at + start, len(old) - start - end, new[start : len(new) - end]))
        at += len(old)
    return patches


def _common(left: bytes, right: bytes) -> int:
    """How many bytes both begin with."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _flags(data: bytes, text: str, how: str, encoding: str) -> list[Flag]:
    """What a person should look at: bytes that are hardly a text, and bytes that are no characters."""
    if how == "valid" and b"\0" not in data:
        return []
    flags = []
    controls = len(data) - len(data.translate(None, CONTROLS))
    if not encoding.startswith(("utf-16", "utf-32")) and controls > BINARY_SHARE * len(data):
        flags.append(Flag("binary", f"{controls} of {len(data)} bytes are control characters: this is hardly a text."))
    bad = len(UNDECODED.findall(text))
    if bad:
        flags.append(Flag("undecodable", f"{bad} of {len(data)} bytes {'is' if bad == 1 else 'are'} not {encoding}."))
    return flags
