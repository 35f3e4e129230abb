"""The stages lines, encoding and characters, together and one by one: cases as data, ftfy's own cases, and laws."""

import itertools
import json
import re
import tomllib
from functools import partial
from pathlib import Path

import ftfy
import pytest
from ftfy.badness import BADNESS_RE, MOJIBAKE_CATEGORIES, is_bad
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.edits import apply, check
from pipeline.settings import Settings
from pipeline.stages import characters, encoding, lines, repairs

HERE = Path(__file__).parent
CASES = tomllib.loads((HERE / "cases" / "encoding.toml").read_text(encoding="utf-8"))["case"]
FTFY = HERE.parent.parent / "shared" / "ftfy"

# Every character that ftfy's heuristic names, and what stands for those it does not.
NAMED = sorted({c for c in map(chr, range(0x80, 0x10000)) if re.match(f"[{''.join(MOJIBAKE_CATEGORIES.values())}]", c)})
LITERAL = sorted({c for c in BADNESS_RE.pattern if not c.isascii()} - set(NAMED))
ORDINARY = list("aZ5 .,?!\n中я")

PIECES = [
    "&amp;", "&lt;", "&nbsp;", "&eacute;", "&am\u00adp;", "&#x2028;", "Ã©", "â€™", "â€œ", "â€¨", "Ã ", "Ð¿Ñ€Ð¸",
    "\r\n", "\r", "\x1b[0m", "\x08", "\n", "\n\u200b", "HTML", "entity", "\ud83d\ude00", "\udc92", "\udce2\udc80",
    "e\u0301", "👩\u200d👧",
]  # fmt: skip
ODD = "ÃÂâ€™œŒ“”‘éàÐÑŽØÙ²°£¡ßabcA \xa0\xad\n\u200b\u200d\u200c\u0301\u0308<&;#Γ‚Äвў\x80\x85\x93"
ODD += "\u202e\u2066שبक्\ufe0fｆﬁ\u3000日\x00"
TEXTS = st.lists(
    st.one_of(st.sampled_from(ODD), st.sampled_from(PIECES), st.sampled_from(NAMED), st.characters()), max_size=30
).map("".join)


def stages(typography=False):
    return [lines.find, encoding.finder(Settings(typography=typography)), characters.find]


def cleaned(text, typography=False):
    """The text as the three stages leave it, and the rules of their edits."""
    rules = []
    for find in stages(typography):
        edits = find(text).edits
        check(edits)
        rules += [edit.rule for edit in edits]
        text = apply(text, edits)
    return text, rules


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_cases(case):
    text, rules = cleaned(case["text"])
    assert text == case.get("clean", case["text"])
    if "clean" in case:
        assert set(rules) == set(case["rules"])
    else:
        assert rules == []


def ftfy_cases():
    if not FTFY.is_dir():
        return [pytest.param(None, marks=pytest.mark.skip(reason="ftfy's cases are not at ../shared/ftfy"))]
    cases = [case for path in sorted(FTFY.glob("*.json")) for case in json.loads(path.read_text(encoding="utf-8"))]
    return [pytest.param(case, id=case["label"]) for case in cases if case["expect"] == "pass"]


@pytest.mark.parametrize("case", ftfy_cases())
def test_what_ftfy_gets_is_got(case):
    """With its taste in typography, and with our spaces, hyphens and controls, which ftfy leaves."""
    text, _ = cleaned(case["original"], typography=True)
    assert text == re.sub("[\xad\x81]", "", case["fixed"].replace("\xa0", " "))


def test_suspects_are_all_that_is_bad_in_three_characters():
    """Every three characters out of one for each kind that ftfy's heuristic can tell apart."""
    classes = re.findall(r"\[[^\]]+\]", BADNESS_RE.pattern)
    kinds = {}
    for character in NAMED + LITERAL + ORDINARY:
        kinds.setdefault(tuple(bool(re.match(c, character)) for c in classes), []).append(character)
    literal = {c for c in re.sub(r"\[[^\]]*\]", "", BADNESS_RE.pattern) if not c.isascii()}
    chosen = sorted({kind[0] for kind in kinds.values()} | literal)
    missed = [
        triple
        for triple in map("".join, itertools.product(chosen, repeat=3))
        if not repairs.SUSPECT.search(triple) and is_bad(triple)
    ]
    assert missed == []
    assert len(chosen) > 60


def test_suspects_are_all_that_is_bad_in_two_characters():
    pairs = map("".join, itertools.product(NAMED + LITERAL, repeat=2))
    assert [pair for pair in pairs if not repairs.SUSPECT.search(pair) and is_bad(f"a{pair}a")] == []


def test_the_signs_of_ordinary_typography_are_never_bad():
    assert not [text for text in map("".join, itertools.product(characters.SIGNS, repeat=4)) if is_bad(text)]


def test_suspects_are_all_that_is_bad_in_arabic():
    """The one alternative that needs four characters: a letter of the Arabic kind and a sign, twice."""
    texts = [f"Ø{one}Ù{other}" for one, other in itertools.product(NAMED, repeat=2)]
    assert [text for text in texts if not repairs.SUSPECT.search(text) and is_bad(text)] == []
    assert is_bad("Ø…Ù…")


@given(st.text(st.sampled_from(NAMED + LITERAL + ORDINARY), max_size=12))
@settings(max_examples=500, deadline=None)
def test_suspects_are_all_that_is_bad(text):
    assert not is_bad(text) or repairs.SUSPECT.search(text)


# What ftfy reads with the ASCII beside it, among words of all lengths about as long as its reach.
REACHING = [
    "Ã ", "Ã  ", "Ã quele", "Ã quela", "Ã s ", "a Ã ", "Â ", "â€?", "â€ ", "à¤ ", "ð  ", "ГўВЂВ.a", "\xc0\x80", "\x1a",
    "\ufffd", "\0", "â€œ", "Ã©", "ÃƒÂ ", "Ãƒ ", "Ð¿Ñ€Ð¸", "ŒA", " ", "?", "\n",
]  # fmt: skip
WORDS = st.text("aqZ ?", min_size=5, max_size=20)
MIXED = st.lists(st.one_of(st.sampled_from(REACHING), WORDS, st.sampled_from(NAMED)), max_size=12).map("".join)


@given(st.one_of(MIXED, TEXTS))
@settings(max_examples=1000, deadline=None)
def test_ftfy_needs_no_more_than_it_is_shown(text):
    assert repairs.fix(text) == ftfy.fix_encoding(text)


@pytest.mark.parametrize("behind", ["quele", "quela", "quilo", "quel ", "s que", "la qu", " quel", "?", " ?", "  "])
def test_ftfy_needs_no_more_than_it_is_shown_behind_a_letter(behind):
    """At every distance between what is left out and the one case in which ftfy reads on behind a space."""
    for mojibake, length in itertools.product(["Ã ", "vÃ ", "Ãƒ ", "à¤ Ã "], range(20)):
        text = f"{'x' * length}{mojibake}{behind}{'y' * length} dÃ©jÃ  vu"
        assert repairs.fix(text) == ftfy.fix_encoding(text)


@given(st.one_of(TEXTS, st.text(st.sampled_from(NAMED + LITERAL + ORDINARY), max_size=12)))
@settings(max_examples=500, deadline=None)
def test_what_is_ordinary_needs_no_repair(text):
    assert not (encoding.is_ordinary(text) and encoding._ask(repairs.all_of(False), text))


# Mostly ordinary: what is beyond ASCII, or invisible, stands between words, entities or pieces of both.
ALONE = st.one_of(st.sampled_from(ODD), st.sampled_from("\x08\u212b\u037e\u2028\r“…é"), st.characters())
BETWEEN = st.one_of(
    st.sampled_from(["&", "&am", "p;", "amp;", "&#", "65;", "&amp", "AT&T", "\n"]), st.text("aA; ", min_size=1)
)
SPARSE = st.lists(st.tuples(BETWEEN, st.one_of(st.just(""), ALONE)).map("".join), max_size=6).map("".join)


@given(st.one_of(SPARSE, TEXTS))
@settings(max_examples=1000, deadline=None)
def test_what_is_settled_needs_no_repair(text):
    assert not (encoding.is_settled(text) and encoding.settle(text, repairs.all_of(False)))


@pytest.mark.parametrize(
    "text", ["voilA\u0303 tout", "ÐS\u030c", "& \x08amp;", "&am\u200bp;", "&amp\u037e", "a\u2028b"]
)
def test_what_the_next_stage_uncovers_is_not_settled(text):
    assert encoding.is_ordinary(text)
    assert encoding.settle(text, repairs.all_of(False))
    assert not encoding.is_settled(text)


@given(st.one_of(SPARSE, TEXTS))
@settings(max_examples=500, deadline=None)
def test_to_see_what_is_settled_changes_nothing(text):
    asked = repairs.all_of(False)
    assert encoding.settle(text, asked, encoding.is_settled) == encoding.settle(text, asked)


@pytest.mark.parametrize("text", ["“Naïve” café – l’été…", "Съешь ещё «булок»", "Zażółć gęślą jaźń", "cœur à l’Œuvre"])
def test_ordinary_text_has_no_suspects(text):
    assert not repairs.SUSPECT.search(text)


@given(TEXTS, st.booleans())
@settings(max_examples=300, deadline=None)
def test_the_gate_changes_nothing(text, typography):
    text = apply(text, lines.find(text).edits)
    find = encoding.finder(Settings(typography=typography))
    asked = repairs.all_of(typography)
    shown = apply(text, characters.find(text).edits)
    if "&" in text and repairs.speaks_of_entities(shown):
        asked.remove(repairs.entities)
    ungated = "".join(apply(line, encoding.settle(line, asked)) for line in text.splitlines(keepends=True) or [""])
    if len(text.splitlines()) == text.count("\n") + (not text.endswith("\n") and bool(text)):
        assert apply(text, find(text).edits) == ungated


@given(TEXTS, st.booleans())
@settings(max_examples=500, deadline=None)
def test_a_second_time_finds_nothing(text, typography):
    once, _ = cleaned(text, typography)
    assert cleaned(once, typography) == (once, [])


@given(TEXTS, TEXTS)
@settings(max_examples=300, deadline=None)
def test_differences_lead_from_one_text_to_the_other(old, new):
    found = [encoding.Edit(start, before, after, "demo.rule") for start, before, after in repairs.differences(old, new)]
    assert apply(old, found) == new


@pytest.mark.parametrize(
    ("text", "clean", "rule"),
    [
        ("\ud83d\ude00", "😀", "encoding.surrogate"),
        ("a\ud83d", "a�", "encoding.surrogate"),
        ("it\udc92s", "it’s", "encoding.undecodable"),
        ("caf\udce9 au", "café au", "encoding.undecodable"),
        ("日\udce9本", "日�本", "encoding.undecodable"),
        ("cut\udce2\udc80 off", "cut� off", "encoding.undecodable"),
    ],
)
def test_surrogates(text, clean, rule):
    assert cleaned(text) == (clean, [rule])


@pytest.mark.parametrize(
    ("text", "clean", "rules"),
    [
        ("“It’s”", '"It\'s"', {"encoding.quotes"}),
        ("ﬁrst", "first", {"encoding.ligatures"}),
        ("ＬＯＵＤ", "LOUD", {"encoding.widths"}),
    ],
)
def test_typography_is_a_choice(text, clean, rules):
    assert cleaned(text) == (text, [])
    text, made = cleaned(text, typography=True)
    assert (text, set(made)) == (clean, rules)


def test_edits_are_small():
    text = "un Ã©tÃ© Ã  la mer, dÃ©jÃ  vu, et tout le reste de la ligne"
    edits = encoding.finder(Settings())(text).edits
    assert max(len(edit.old) for edit in edits) <= 5


def test_a_long_line_of_mojibake_takes_linear_time():
    """What is walked along at each difference is bounded, so the work is in proportion to the text."""
    seen = []
    meet = repairs._meet
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repairs, "_meet", lambda *args: seen.append(1) or meet(*args))
        list(repairs.differences("Ã  Ã© " * 2000, "à é " * 2000))
    assert 0 < len(seen) <= 4000


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_after_lines_there_is_one_line_end(text):
    text = apply(text, lines.find(text).edits)
    assert not set(text) & set("\r\v\f\u2028\u2029")
    assert not lines.find(text).edits


def test_finders_can_be_made_of_settings():
    assert isinstance(encoding.finder(Settings()), partial)


def test_an_entity_that_was_written_again_and_again_is_one_step():
    assert cleaned("AT&" + "amp;" * 20_000 + "T, 1 &" + "amp;" * 500 + "lt; 2") == (
        "AT&T, 1 < 2",
        ["encoding.entity", "encoding.entity"],
    )
