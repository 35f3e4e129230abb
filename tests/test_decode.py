"""Bytes to text and back: no byte is lost, and the encoding is the right one."""

import hashlib
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.edits import apply
from pipeline.settings import Settings
from pipeline.stages import decode, encoding

ENCODINGS = "utf-8 utf-16 utf-16-le utf-16-be utf-32 utf-7 shift_jis cp932 euc_jp iso2022_jp gb18030 big5 cp949 hz"
ENCODINGS += " koi8-r cp1251 cp1252 latin-1"
TEXT = "Façade “quotes” – ещё 日本語 中文 한국어 😀\r\n\x00\x1a"
ENCODED = st.builds(
    lambda text, encoding, cut, tail: text.encode(encoding, "replace")[cut:] + tail,
    st.text(st.one_of(st.sampled_from(TEXT), st.characters())),
    st.sampled_from(ENCODINGS.split()),
    st.integers(0, 2),
    st.binary(max_size=3),
)
DECLARED = st.builds(
    lambda name, data: b"<meta charset=" + name.encode() + b">" + data,
    st.sampled_from(
        [*ENCODINGS.split(), "unicode_escape", "idna", "rot13", "hex", "cp037", "nonsense", "gb2312", "x-sjis"]
    ),
    st.binary(),
)
BOMS = st.builds(
    bytes.__add__,
    st.sampled_from([b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\0\0\xfe\xff"]),
    st.binary(),
)


def rebuilt(raw, source):
    """The bytes of a raw text, made as docs/provenance.md says."""
    as_they_are = source.how in ("text", "valid") or source.encoding.startswith(("utf-16", "utf-32"))
    try:
        data = raw.encode(source.encoding, "surrogatepass" if as_they_are else "surrogateescape")
    except UnicodeError:
        data = raw.encode(source.encoding, "replace")
    for at, length, patch in reversed(source.patches):
        data = data[:at] + patch + data[at + length :]
    return source.bom + data


@given(st.one_of(st.binary(), ENCODED, DECLARED, BOMS, st.builds(bytes.__add__, ENCODED, ENCODED)))
@settings(max_examples=800, deadline=None)
def test_no_byte_is_lost(data):
    document = decode.document(data, "demo")
    assert decode.encode(document.raw, document.source) == data == rebuilt(document.raw, document.source)
    assert document.text == document.raw
    assert (document.source.sha256, document.source.size) == (hashlib.sha256(data).hexdigest(), len(data))


@given(st.text(st.characters(exclude_categories=())))
@settings(max_examples=200, deadline=None)
def test_a_text_is_taken_as_it_is(text):
    document = decode.document(text, "demo")
    data = text.encode("utf-8", "surrogatepass")
    assert (document.raw, document.source.how) == (text, "text")
    assert decode.encode(document.raw, document.source) == data
    assert document.source.sha256 == hashlib.sha256(data).hexdigest()


@given(st.binary(max_size=60), st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_patches_lead_from_what_is_written_to_the_bytes(written, data):
    at, pieces = 0, []
    for start, length, new in decode.differences(written, data):
        pieces += [written[at:start], new]
        at = start + length
    assert b"".join([*pieces, written[at:]]) == data


@pytest.mark.parametrize("mark", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_mark_alone_is_an_empty_text(mark):
    document = decode.document("\ufeff".encode(mark), "demo")
    assert (document.raw, document.source.how) == ("", "bom")


def test_one_bad_byte_is_told_in_the_singular():
    (flag,) = decode.document("Le café était à côté.".encode() * 4 + b"\xff", "demo").flags
    assert flag.message == "1 of 105 bytes is not utf-8."


FRENCH = "Le café était fermé à midi, parce que l’été dernier la maîtresse était malade. " * 2
CZECH = "Příliš žluťoučký kůň úpěl ďábelské ódy. Byl pozdní večer, první máj. " * 2
RUSSIAN = "Привет, как дела? Это обычный текст на русском языке. " * 2
JAPANESE = "これは日本語の普通の文章です。今日は天気がいい。" * 2
CHINESE = "这是一个普通的中文句子，今天天气很好。" * 2


@pytest.mark.parametrize(
    ("text", "data", "how"),
    [
        ("", b"", "valid"),
        ("plain", b"plain", "valid"),
        (FRENCH, FRENCH.encode(), "valid"),
        (FRENCH, b"\xef\xbb\xbf" + FRENCH.encode(), "bom"),
        (FRENCH, b"\xff\xfe" + FRENCH.encode("utf-16-le"), "bom"),
        (FRENCH, b"\0\0\xfe\xff" + FRENCH.encode("utf-32-be"), "bom"),
        (FRENCH, FRENCH.encode("utf-16-be"), "detected"),
        (FRENCH, FRENCH.encode("cp1252"), "detected"),
        (CZECH, CZECH.encode("cp1250"), "detected"),
        (RUSSIAN, RUSSIAN.encode("cp1251"), "detected"),
        (RUSSIAN, RUSSIAN.encode("koi8-r"), "detected"),
        (JAPANESE, JAPANESE.encode("shift_jis"), "detected"),
        (JAPANESE, JAPANESE.encode("euc_jp"), "detected"),
        (CHINESE, CHINESE.encode("gb18030"), "detected"),
        ("it\x92s é".replace("\x92", "’"), b"it\x92s \xe9", "fallback"),
        (FRENCH + "\udce9", FRENCH.encode() + b"\xe9", "damaged"),
        ("\ud83d\ude00", "\ud83d\ude00".encode("utf-8", "surrogatepass"), "valid"),
    ],
)
def test_the_encoding_is_found(text, data, how):
    document = decode.document(data, "demo")
    assert (document.text, document.source.how) == (text, how)


LEGACY = tomllib.loads((Path(__file__).parent / "cases" / "legacy.toml").read_text(encoding="utf-8"))["case"]


LENGTHS = [
    pytest.param(
        case,
        length,
        id=f"{case['name']}-{length}",
        marks=[pytest.mark.xfail] if length in case.get("fails", ()) else [],
    )
    for case in LEGACY
    for length in ("short", "paragraph")
    if length in case
]


@pytest.mark.parametrize(("case", "length"), LENGTHS)
def test_legacy_encodings_are_found(case, length):
    assert decode.document(case[length].encode(case["encoding"]), "demo").text == case[length]


@pytest.mark.parametrize("case", LEGACY, ids=lambda case: case["name"])
def test_a_few_words_in_much_ascii_are_enough(case):
    """And what is far from them does not count."""
    around = "An ordinary line of a page, which is in English.\n" * 400
    text = around + case.get("paragraph", case["short"]) + "\n" + around
    assert decode.document(text.encode(case["encoding"]), "demo").text == text


@pytest.mark.parametrize("case", LEGACY, ids=lambda case: case["name"])
def test_the_same_texts_in_utf_8_are_utf_8(case):
    document = decode.document(case["short"].encode(), "demo")
    assert (document.text, document.source.how) == (case["short"], "valid")


@pytest.mark.parametrize(
    ("data", "clean"),
    [
        (
            "“Déjà vu”, he said: ".encode() + b"the caf\xe9 \x93Chez Bob\x94.",
            "“Déjà vu”, he said: the café “Chez Bob”.",
        ),
        ("Ça va.\n".encode() + b"C'est \xe0 toi, n\xe9\x94.\n", "Ça va.\nC'est à toi, né”.\n"),
        ("It’s here — and there.\n".encode() * 3 + b"It\x92s 4\xb0, or 7\xbd.\n" * 4, None),
    ],
)
def test_utf_8_with_bytes_of_windows_1252_is_damaged_utf_8_and_repaired(data, clean):
    document = decode.document(data, "demo")
    assert (document.source.encoding, document.source.how) == ("utf-8", "damaged")
    clean = clean or "It’s here — and there.\n" * 3 + "It’s 4°, or 7½.\n" * 4
    assert apply(document.text, encoding.finder(Settings())(document.text).edits) == clean
    assert decode.encode(document.raw, document.source) == data


@pytest.mark.parametrize("text", ["ÉÉ Ã©", "Spaß“ und “É”", "À Þ", "naïve"])
def test_windows_1252_that_looks_a_little_like_utf_8_is_windows_1252(text):
    document = decode.document((text + " déjà vu, où l’été").encode("cp1252"), "demo")
    assert document.text == text + " déjà vu, où l’été"


@pytest.mark.parametrize(
    ("declaration", "encoding"),
    [
        ('<meta charset="shift_jis">', "cp932"),
        ('<?xml version="1.0" encoding="euc-jp"?>', "euc_jp"),
        ('<META http-equiv="Content-Type" content="text/html; charset=ISO-2022-JP">', "iso2022_jp"),
        ("<meta charset=utf-8>", "utf-8"),
    ],
)
def test_what_is_declared_is_believed(declaration, encoding):
    document = decode.document((declaration + JAPANESE).encode(encoding), "demo")
    assert document.text == declaration + JAPANESE
    assert document.source.encoding == encoding


@pytest.mark.parametrize("name", ["iso-8859-1", "utf-16", "unicode_escape", "no-such-encoding", "cp037", "hex"])
def test_what_is_declared_wrongly_is_not(name):
    text = f"<meta charset={name}> naïve \\u0041 + -"
    assert decode.document(text.encode(), "demo").text == text


def test_latin_1_means_windows_1252():
    assert decode.document(b"<meta charset=iso-8859-1>\x93so\x94", "demo").text.endswith("“so”")


@pytest.mark.parametrize(
    ("data", "kinds"),
    [
        (bytes(range(256)) * 4, {"binary", "undecodable"}),
        (b"\x7fELF\x02\x01\x01" + b"\0" * 60 + b"text", {"binary"}),
        (FRENCH.encode() + b"\xe9", {"undecodable"}),
        (FRENCH.encode("utf-16"), set()),
        (FRENCH.encode(), set()),
        (
            b"one \0 in a long line of ordinary text, which is an accident and nothing more, as it happens to be." * 2,
            set(),
        ),
    ],
)
def test_a_person_is_told(data, kinds):
    assert {flag.kind for flag in decode.document(data, "demo").flags} == kinds
