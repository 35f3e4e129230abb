"""Rules and packs: every example holds, packs that are wrong do not load and say why, and the engine keeps its laws."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.edits import Edit, apply, check
from pipeline.rules import engine, gate, pack, sections
from pipeline.rules.engine import RuleSet, failures, resolve, shadowed
from pipeline.rules.lines import Lines
from pipeline.rules.rule import Example, Rule, Span, Structural

BUILTIN = RuleSet.builtin()

PACK = """
[pack]
name = "demo"
about = "A demonstration."

[[rule]]
id = "demo.note"
about = "An editor's note."
where = "inline"
needs = ["(note"]
pattern = '''\\(note: [^()]*\\)'''
match = ["The mill⟦ (note: old)⟧ stands."]
keep = ["The note stands."]
"""
HEAD = PACK[: PACK.index("\n[[rule]]")]


@pytest.mark.parametrize("rule", BUILTIN.rules, ids=lambda rule: rule.id)
def test_examples_hold(rule: Rule | Structural) -> None:
    alone = RuleSet([pack.Pack(rule.pack, "", (rule,))]) if isinstance(rule, Rule) else RuleSet([], [rule])
    assert failures(alone) == []
    assert rule.match, "a rule without an example of what it takes"
    assert rule.keep, "a rule without an example of what it leaves"


def test_built_in_packs_pass_their_own_check() -> None:
    assert pack.check(BUILTIN.packs) == []
    assert shadowed(BUILTIN) == []


def test_ids_are_unique() -> None:
    ids = [rule.id for rule in BUILTIN.rules]
    assert len(ids) == len(set(ids))


def test_a_fifth_of_the_examples_must_not_change() -> None:
    keep = sum(len(rule.keep) for rule in BUILTIN.rules)
    assert keep * 5 >= keep + sum(len(rule.match) for rule in BUILTIN.rules)


WRONG = {
    "unknown key": (
        PACK + 'colour = "red"\n',
        "pack:7: Cannot use rule demo.note: unknown key 'colour'. Known keys: about",
    ),
    "no match": (PACK.replace('match = ["The mill⟦ (note: old)⟧ stands."]\n', ""), "it has no 'match'"),
    "no keep": (PACK.replace('keep = ["The note stands."]\n', ""), "it has no 'keep'"),
    "empty keep": (PACK.replace('keep = ["The note stands."]', "keep = []"), "'keep' must be a list of strings"),
    "marks in keep": (PACK.replace("The note stands.", "The ⟦note⟧ stands."), "none in 'keep' does"),
    "no marks in match": (PACK.replace("⟦ (note: old)⟧", " (note: old)"), "marks what goes"),
    "marks that do not pair": (PACK.replace("⟦ (note: old)⟧", "⟦ (note: old)"), "do not pair"),
    "id without family": (PACK.replace('"demo.note"', '"note"'), "an id is family.name"),
    "unknown where": (PACK.replace('"inline"', '"anywhere"'), "where is 'anywhere'. Known: inline, line"),
    "unknown do": (PACK + 'do = "burn"\n', "do is 'burn'. Known: drop, replace, fact"),
    "replace without with": (PACK + 'do = "replace"\n', "'with' belongs to do = 'replace'"),
    "fact without a group": (PACK + 'do = "fact"\n', "needs a named group"),
    "needs that are empty": (PACK.replace('["(note"]', "[]"), "'needs' must be a list"),
    "wrong pattern": (PACK.replace("\\(note: [^()]*\\)", "(note"), "Cannot use rule demo.note: missing )"),
    "id twice": (PACK + PACK[PACK.index("[[rule]]") :], "the id stands twice"),
    "no rules": (PACK[: PACK.index("[[rule]]")], "it has no [[rule]]"),
    "no head": (PACK[PACK.index("[[rule]]") :], "it needs [pack]"),
    "no toml": ("id = ", "Cannot read the rule pack"),
    "a number that is too long": ("id = " + "9" * 5000, "Cannot read the rule pack"),
    "tables that are too deep": ("id = " + "[" * 5000, "Cannot read the rule pack"),
    "a head of numbers": (PACK.replace('"A demonstration."', "3"), "its name and about must be strings"),
    "a rule that is a number": ("rule = 3" + HEAD, "pack:1: Cannot read the rule pack: 'rule' is no list"),
    "a rule that is one table": (PACK.replace("[[rule]]", "[rule]"), "pack:7: Cannot read the rule pack: 'rule' is no"),
    "a list of numbers": ("rule = [3]" + HEAD, "pack:1: Cannot use rule 3: it is no table"),
    "a rule without an id": (
        PACK.replace('id = "demo.note"\n', "") + PACK[PACK.index("[[rule]]") :],
        "pack:6: Cannot use rule without an id: it has no 'id'",
    ),
    "an id that is a number": (PACK.replace('"demo.note"', "3"), "pack:7: Cannot use rule 3: 'id' must be a string"),
    "an about that is a list": (PACK.replace('"An editor\'s note."', '["x"]'), "'about' must be a string"),
    "a where that is a list": (PACK.replace('"inline"', '["inline"]'), "'where' must be a string"),
    "needs that are a string": (PACK.replace('["(note"]', '"(note"'), "'needs' must be a list of strings"),
    "needs that are numbers": (PACK.replace('["(note"]', "[3]"), "'needs' must be a list of strings"),
    "also that is a string": (PACK + 'also = "mill"\n', "'also' must be a list of strings"),
    "also that is empty": (PACK + 'also = ["mill", ""]\n', "'also' must be a list of strings"),
    "unless that is a string": (PACK + 'unless = "mill"\n', "'unless' must be a list of strings"),
    "lists of numbers": ("[lists]\nmills = [3]\n" + PACK, "[lists] holds names, each with a list of strings"),
    "lists that are a list": ("lists = [3]\n" + PACK, "[lists] holds names"),
    "a list that no rule names": ('[lists]\nmills = ["mill"]\n' + PACK, "no rule names the list mills"),
    "a list of another name": (
        '[lists]\nmills = ["mill"]\n' + PACK + 'also = "mills"\nunless = "weirs"\n',
        "where there is no 'weirs'",
    ),
    "a pattern that is a number": (PACK.replace("'''\\(note: [^()]*\\)'''", "3"), "'pattern' must be a string"),
    "a pattern that is too deep": (
        PACK.replace("\\(note: [^()]*\\)", "(" * 3000 + ")" * 3000),
        "Cannot use rule demo.note",
    ),
    "a do that is a number": (PACK + "do = 3\n", "'do' must be a string"),
    "a with that is a number": (PACK + 'do = "replace"\nwith = 3\n', "'with' must be a string"),
    "a with of no group": (
        PACK + 'do = "replace"\nwith = "\\\\9"\n',
        "with is '\\\\9', which cannot be written: no such",
    ),
    "a with of no name": (PACK + 'do = "replace"\nwith = "\\\\g<x>"\n', "which cannot be written: unknown group"),
    "a with that ends early": (PACK + 'do = "replace"\nwith = "\\\\"\n', "which cannot be written: bad escape"),
    "a within that is a word": (PACK + 'within = "many"\n', "'within' must be a whole number above 0"),
    "a within that is true": (PACK + "within = true\n", "'within' must be a whole number above 0"),
    "a within of nothing": (PACK + "within = 0\n", "'within' must be a whole number above 0"),
}
# What is unusual, and right all the same.
RIGHT = {
    "as it is": PACK,
    "a with that is empty": PACK + 'do = "replace"\nwith = ""\n',
    "a with of all that matches": PACK + 'do = "replace"\nwith = "\\\\g<0>"\n',
    "a with of a line": (
        PACK.replace('"inline"', '"line"').replace("The mill⟦ (note: old)⟧ stands.", "A mill.\\n  ⟦(note: old)⟧\\n")
        + 'do = "replace"\nwith = "note"\n'
    ),
    "a rule in one line": """rule = [{id = "demo.note", about = "A.", where = "line", needs = ["x"], """
    """pattern = "x", match = ["⟦x⟧"], keep = ["y"]}]""" + HEAD,
    "also and within": PACK + 'also = ["mill"]\nwithin = 1\n',
    "unless": PACK + 'unless = ["weir"]\n',
    "a list with a name": '[lists]\nmills = ["mill"]\n' + PACK + 'also = "mills"\n',
}


@pytest.mark.parametrize(("text", "words"), WRONG.values(), ids=WRONG)
def test_a_wrong_pack_does_not_load(text: str, words: str) -> None:
    with pytest.raises(pack.PackError) as caught:
        pack.parse(text)
    assert words in str(caught.value)
    assert str(caught.value).startswith("pack:")


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_a_pack_that_is_right_loads(text: str) -> None:
    assert [rule.id for rule in pack.parse(text).rules] == ["demo.note"]


def write(folder: Path, text: str) -> Path:
    path = folder / "demo.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_pack_of_ones_own_is_used(tmp_path: Path) -> None:
    rules = BUILTIN.with_packs([write(tmp_path, PACK)])
    edits, _ = rules.find("The weir (note: new) broke.")
    assert [(edit.rule, edit.old) for edit in edits] == [("demo.note", " (note: new)")]
    assert rules.digest() != BUILTIN.digest()


def test_a_pack_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "demo.toml"
    path.write_text(PACK, encoding="utf-8-sig")
    assert pack.load(path) == pack.load(write(tmp_path, PACK))


def test_examples_do_not_count_for_the_digest() -> None:
    def digest(text: str) -> str:
        return RuleSet([pack.parse(text)]).digest()

    assert digest(PACK) == digest(PACK.replace("The note stands.", "The notes stand.").replace("An editor", "A writer"))
    assert digest(PACK) != digest(PACK.replace("note: ", "note; "))


def test_a_pack_whose_examples_fail_is_refused(tmp_path: Path) -> None:
    with pytest.raises(pack.PackError, match=r"demo:7: rule demo\.note takes"):
        BUILTIN.with_packs([write(tmp_path, PACK.replace("The note stands.", "The (note: b) stands."))])


def test_a_catastrophic_pattern_is_refused(tmp_path: Path) -> None:
    slow = PACK.replace("\\(note: [^()]*\\)", "(?:(?:a|a)+ ?)+\\(note: [^()]*\\)").replace('["(note"]', '["a"]')
    problems = pack.check([pack.parse(slow)])
    assert len(problems) == 1
    assert "its pattern takes over" in problems[0]
    with pytest.raises(pack.PackError, match="its pattern takes over"):
        BUILTIN.with_packs([write(tmp_path, slow)])


def test_an_id_in_two_packs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(pack.PackError, match=r"Cannot use rule markers\.edit: pack markers has the id already"):
        BUILTIN.with_packs([write(tmp_path, PACK.replace("demo.note", "markers.edit"))])


def test_a_pattern_that_is_slow_behind_what_it_needs_is_refused(tmp_path: Path) -> None:
    slow = PACK.replace("\\(note: [^()]*\\)", "\\(note: (?:a|a)*\\)").replace("(note: old)", "(note: aa)")
    with pytest.raises(pack.PackError, match="Make repeated parts exclude each other"):
        BUILTIN.with_packs([write(tmp_path, slow)])


@pytest.mark.parametrize("id", ["markers.footnote", "reflow.join", "duplicates.exact", "gaps.sentence"])
def test_an_id_of_the_package_cannot_be_had_twice(tmp_path: Path, id: str) -> None:
    with pytest.raises(pack.PackError, match=f"Cannot use rule {id}: .* has the id already"):
        BUILTIN.with_packs([write(tmp_path, PACK.replace("demo.note", id))])


def test_a_rule_that_another_shadows_is_told() -> None:
    twice = PACK + PACK[PACK.index("[[rule]]") :].replace("demo.note", "demo.shadow")
    assert any("demo.note takes all of its examples" in problem for problem in shadowed(RuleSet([pack.parse(twice)])))


def test_a_rule_that_a_built_in_one_shadows_is_refused(tmp_path: Path) -> None:
    again = PACK.replace('["(note"]', '["[edit"]').replace("\\(note: [^()]*\\)", "\\[edit\\]")
    again = again.replace("⟦ (note: old)⟧ stands", "⟦[edit]⟧\\nIt stands")
    with pytest.raises(pack.PackError, match=r"Cannot use rule demo\.note: markers\.edit takes all of its examples"):
        BUILTIN.with_packs([write(tmp_path, again)])


@pytest.mark.parametrize("off", ["markers.footnote", "markers.*"])
def test_rules_can_be_switched_off(off: str) -> None:
    text = "The mill is old.[3] So is the weir."
    assert BUILTIN.find(text)[0]
    assert not BUILTIN.without([off]).find(text)[0]


def test_switching_off_an_unknown_rule_names_near_ones() -> None:
    with pytest.raises(pack.PackError, match=r"there is none of that name\. Near: .*markers\.footnote"):
        BUILTIN.without(["markers.footnotes"])


def test_a_rule_set_pickles() -> None:
    import pickle

    again = pickle.loads(pickle.dumps(BUILTIN))
    assert again.digest() == BUILTIN.digest()
    assert again.find("A mill.[3]")[0] == BUILTIN.find("A mill.[3]")[0]


@pytest.mark.parametrize(
    ("marked", "text", "spans"),
    [
        ("plain", "plain", ()),
        ("⟦all⟧", "all", ((0, 3),)),
        ("a⟦b⟧⟦c⟧d", "abcd", ((1, 2), (2, 3))),
        ("a⟦\n⟧", "a\n", ((1, 2),)),
    ],
)
def test_examples_are_read(marked: str, text: str, spans: tuple[tuple[int, int], ...]) -> None:
    assert Example.parse(marked) == Example(text, spans)


PIECES = [example.text for rule in BUILTIN.rules for example in (*rule.match, *rule.keep)]


@given(st.text(alphabet="abc \n", max_size=30), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=8))
def test_proposals_become_a_pass(text: str, pairs: list[tuple[int, int]]) -> None:
    spans = [Span(min(a, b, len(text)), min(max(a, b), len(text)), "", f"r.{i}") for i, (a, b) in enumerate(pairs)]
    edits = resolve(text, spans)
    check(edits)
    apply(text, edits)
    assert {(edit.start, edit.end) for edit in edits} <= {(span.start, span.end) for span in spans}


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5), st.sampled_from(["\n", "\n\n", " "]))
def test_any_mixture_of_examples_gives_a_pass(pieces: list[str], between: str) -> None:
    text = between.join(pieces)
    edits, facts = BUILTIN.find(text)
    check(edits)
    apply(text, edits)
    assert all(0 <= fact.start <= fact.end <= len(text) for fact in facts)


@pytest.mark.parametrize("text", ["", "\n", " ", "\n\n\n", "\ud800", "[", "''", "…", " ...", "\x00" * 50])
def test_odd_texts_stay_as_they_are(text: str) -> None:
    assert BUILTIN.find(text) == ([], [])


def test_the_gate_sees_what_the_engine_needs() -> None:
    """Upper and lower case count alike, as do texts in which a letter grows when it is folded."""
    assert [edit.rule for edit in BUILTIN.find("İ\nFROM WIKIPEDIA\nFrom Wikipedia, the free encyclopedia\nx")[0]] == [
        "wiki.tagline"
    ]


@pytest.mark.parametrize(
    ("before", "gone", "after", "result"),
    [
        ("unresolved, ", "[1]", " and", "unresolved, and"),
        ("the matrix ", "{x}", " .", "the matrix."),
        ("the end ", "[1]", "", "the end"),
        ("", "[1]", " The", "The"),
        ("(", "; ", "born", "(born"),
        ("line\n", "[[Category:X]]", "\nline", "line\nline"),
        ("the war\n", "(see fig. 2)", ". The", "the war. The"),
        ("in ", "[x]", ".NET", "in .NET"),
        ("word", "[1]", " next", "word next"),
    ],
)
def test_a_sentence_is_mended(before: str, gone: str, after: str, result: str) -> None:
    text = before + gone + after
    start, end = engine.mend(text, len(before), len(before) + len(gone))
    assert text[:start] + text[end:] == result


EXAMPLES = "\n\n".join(
    example.text for rule in BUILTIN.pattern_rules if rule.where == "inline" for example in (*rule.match, *rule.keep)
)


def _taken(text: str, stretch: int, monkeypatch: pytest.MonkeyPatch) -> list[Edit]:
    monkeypatch.setattr(gate, "STRETCH", stretch)
    return BUILTIN.find(text)[0]


@pytest.mark.parametrize("stretch", [7, 100, 1_000, 4_096])
def test_stretches_of_a_long_text_come_to_what_the_whole_does(monkeypatch: pytest.MonkeyPatch, stretch: int) -> None:
    whole = _taken(EXAMPLES, len(EXAMPLES), monkeypatch)
    monkeypatch.setattr(gate, "REACH", 4_096)
    assert len(whole) > 100
    assert _taken(EXAMPLES, stretch, monkeypatch) == whole


def test_a_long_text_is_tried_only_where_a_need_is(monkeypatch: pytest.MonkeyPatch) -> None:
    prose = "The mill stands by the river, and the miller sleeps.\n\n" * 4_000
    tried: list[int] = []
    rules = RuleSet([pack.parse(PACK)])
    begins = gate._beginning
    monkeypatch.setattr(gate, "_beginning", lambda *given: tried.append(given[2]) or begins(*given))
    edits, _ = rules.find(prose + "The mill (note: old) stands.\n\n" + prose)
    assert [edit.old for edit in edits] == [" (note: old)"]
    assert len(tried) <= 3


def test_a_match_that_is_longer_than_the_reach_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "REACH", 50)
    monkeypatch.setattr(gate, "STRETCH", 100)
    text = "The mill (note: " + "old, " * 100 + ") stands.\n\n" + "The river is wide.\n\n" * 100
    pattern = PACK.replace(r"\(note: [^()]*\)", r"\(note: [^()]*\)?")
    (edit,) = RuleSet([pack.parse(pattern)]).find(text)[0]
    assert edit.old.endswith("old, )")


@pytest.mark.parametrize("id", ["wiki.argument", "wiki.parts", "wiki.range"])
def test_a_template_with_words_of_the_text_is_not_dropped_as_a_whole(id: str) -> None:
    (rule,) = [rule for rule in BUILTIN.pattern_rules if rule.id == id]
    for example in rule.match:
        taken = {(edit.start, edit.end, edit.rule) for edit in BUILTIN.find(example.text)[0]}
        assert taken == {(start, end, id) for start, end in example.spans}


def looked_at(text: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often a line of a text is asked whether it is prose, while sections are looked for."""
    asked = 0
    ask = sections._is_prose

    def count(lines: Lines, index: int) -> bool:
        nonlocal asked
        asked += 1
        return ask(lines, index)

    with monkeypatch.context() as patched:
        patched.setattr(sections, "_is_prose", count)
        BUILTIN.find(text)
    return asked


RECIPE = "It was baked.\nNotes\n* Soak the barley overnight\n* It keeps for a week\n"
SHELF = "References\n* Hill, Ann. Mills. 1990.\n\nSee also\n* Weirs\n\n"


@pytest.mark.parametrize("text", [RECIPE, SHELF, "See also\n" + "THE OLD MILL\n" * 3, "SEE ALSO\n\nMILLS\n\n"])
def test_sections_are_looked_for_in_a_time_that_grows_as_the_text_does(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prose = "The mill stood by the river for four hundred years, until the flood took the wheel and the weir.\n"
    some, more = (looked_at(prose + text * times, monkeypatch) for times in (400, 1600))
    assert more <= 6 * some


def test_headings_in_capitals_may_be_many() -> None:
    prose = "The mill stood by the river for four hundred years, until the flood took the wheel and the weir."
    text = "See also\n" + "THE OLD MILL\n" * 1200 + prose
    assert apply(text, BUILTIN.find(text)[0]).endswith(prose)


def test_a_summary_that_was_cut_early_is_known_by_its_link() -> None:
    def summary(name: str, size: int) -> str:
        told = f"{name} is a place that has many more of these words"
        return f"{told} {'in it ' * ((size - len(told)) // 6)}...\n"

    text = (
        f"They came from\nSkerry\n{summary('Skerry', 260)}, and brought\ngranite\n{summary('Granite', 262)}from the "
        f"quarries\nof northern\nEurope\n{summary('Europe', 238)}, with\ncolza oil\n{summary('Colza oil', 258)}."
    )
    clean = apply(text, BUILTIN.find(text)[0])
    assert "of northern\nEurope, with" in clean or "of northern Europe, with" in clean
