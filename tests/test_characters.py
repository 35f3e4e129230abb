"""Odd characters: laws for any text, and the places where they are wanted. More cases are in cases/encoding.toml."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.edits import apply, check
from pipeline.stages import characters

ODD = "ab é\n\t\x00\x08\x1b\x7f\x81\xa0\xad\u0301\u0308\u0323\u061c\u180e\u1680\u2003\u2007"
ODD += "\u200b\u200c\u200d\u200e\u202a\u202e\u202f\u2060\u2066\u2069\u3000\ufe0f\ufeff\ufffc\ufffd\uffff"
ODD += "日かשبमक्ม👩❤🏴\U000e0067\U000e007f\u1100\u1161\u11a8\uac00\u212b\u0958"
TEXTS = st.text(st.one_of(st.sampled_from(ODD), st.characters()), max_size=30)


@given(TEXTS)
@settings(max_examples=800, deadline=None)
def test_one_pass_is_enough(text):
    edits = characters.find(text).edits
    check(edits)
    clean = apply(text, edits)
    assert not characters.find(clean).edits
    assert unicodedata.is_normalized("NFC", clean)


@given(
    st.text(
        st.one_of(st.sampled_from("aeo\u0301\u0308\u0323\u1100\u1161\u11a8\uac00\u212b\u0958か\u3099"), st.characters())
    )
)
@settings(max_examples=500, deadline=None)
def test_composition_by_stretches_is_composition_of_the_whole(text):
    assert apply(text, characters._uncomposed(text)) == unicodedata.normalize("NFC", text)


def ungated(text):
    """What the stage makes of a text, every character looked at in every round."""
    while edits := characters._odd(text) or characters._uncomposed(text):
        text = apply(text, edits)
    return text


@given(TEXTS)
@settings(max_examples=500, deadline=None)
def test_the_gates_change_nothing(text):
    assert list(characters.find(text).edits) == list(characters._edits(text))
    assert apply(text, characters.find(text).edits) == ungated(text)


@given(TEXTS)
@settings(max_examples=500, deadline=None)
def test_the_places_of_odd_characters_are_found(text):
    assert characters._places(text) == [match.start() for match in characters.ODD.finditer(text)]


def test_every_odd_character_has_a_rule():
    odd = characters.ODD.findall("".join(map(chr, range(0x110000))))
    assert {characters._rule(character) for character in odd} == set(characters.KINDS)


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_stretches_show_everything_that_is_not_plain(text):
    plain = {chr(byte) for byte in characters.PLAIN}
    assert set(characters.stretches(text)) - {" "} == set(text) - plain


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("می\u200c\u200cخواهم", "می\u200cخواهم"),  # one joiner is enough
        ("e\ufe0f", "e"),
        ("a\u200db", "ab"),
        ("👩\u200d and", "👩 and"),
        ("x\U000e0041y", "xy"),
        ("שלום\u202eabc", "שלוםabc"),
        ("a\x1bb", "ab"),
        ("\u0958", "\u0915\u093c"),
    ],
)
def test_out_of_place(text, clean):
    assert apply(text, characters.find(text).edits) == clean


@pytest.mark.parametrize(
    "text", ["", "plain\ttext\n", "日　本", "❤\ufe0f", "1\ufe0f\u20e3", "\ufffd", "ᠮᠣᠩ\u180eᠭᠣᠯ", "é à ñ"]
)
def test_in_its_place(text):
    assert not characters.find(text).edits


@pytest.mark.parametrize(
    "text",
    [
        "e" + "\u0301\u0323" * 50_000,
        "e" + "\u0345\u0301\u0323\u0334" * 25_000,
        "x" * 10 + "e\u0301" + " e" + "\u0301" * 100,
    ],
)
def test_stacks_of_marks_stay(text):
    """Nobody can read them, and putting them in order takes a time that grows with their square."""
    clean = apply(text, characters.find(text).edits)
    assert clean == text.replace("xe\u0301 ", "xé ")
    assert not characters.find(clean).edits


@pytest.mark.parametrize("text", ["\u202a" * 20_000, "a\u200e" * 20_000])
def test_many_marks_of_direction_go(text):
    assert apply(text, characters.find(text).edits) == text.strip("\u202a").replace("\u200e", "")
