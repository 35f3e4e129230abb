"""The way of a document, and the public API."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import pipeline
from pipeline import Document, Edit, Found, Ledger, LedgerMismatch, Pipeline, Settings, Stage, clean
from pipeline.recent import forget
from pipeline.rules.engine import RuleSet
from pipeline.rules.pack import PackError

BUILTIN = RuleSet.builtin()
PIECES = sorted({example.text for rule in BUILTIN.rules for example in (*rule.match, *rule.keep)})
KEEP = Pipeline(Settings(dedup="off", gaps="keep"))
SAMPLES = sorted((Path(__file__).parent.parent / "raw").glob("*.txt"))


def test_every_public_name_is_there() -> None:
    for name in pipeline.__all__:
        assert getattr(pipeline, name) is not None
    with pytest.raises(AttributeError, match="Cannot find 'cleen' in pipeline"):
        pipeline.__getattr__("cleen")


def test_a_result_answers_questions() -> None:
    result = clean('<doc id="7" url="" title="Mill">\nThe mill is old.[2] It was built in .\n</doc>', gaps="keep")
    assert result.text == "The mill is old. It was built in ."
    assert [(fact.kind, fact.value) for fact in result.facts] == [("source_title", "Mill")]
    assert [(gap.kind, result.text[gap.at :]) for gap in result.gaps] == [("year", ".")]
    assert result.raw[result.origin(4) : result.origin(4) + 4] == "mill"  # type: ignore[operator]
    assert {edit.rule for edit in result.edits} >= {"wiki.doc-tag", "markers.footnote"}
    assert result.ledger.apply(result.raw) == result.text
    assert result.ledger.rebuild(result.text) == result.raw


def test_a_character_that_an_edit_wrote_names_it() -> None:
    result = clean("A caf&eacute; by the river.")
    origin = result.origin(result.text.index("é"))
    assert isinstance(origin, Edit)
    assert origin.rule == "encoding.entity"


def test_stages_of_ones_own() -> None:
    def shout(text: str) -> Found:
        return Found([Edit(i, c, c.upper(), "demo.shout") for i, c in enumerate(text) if c.islower()])

    document = Pipeline(stages=[Stage("shout", shout, rounds=3)]).clean("abc")
    assert document.text == "ABC"
    assert [step.stage for step in document.ledger] == ["shout"]


def nothing(text: str) -> Found:
    return Found()


@pytest.mark.parametrize(
    ("stages", "words"),
    [
        ([Stage("reflow", nothing, back_to="debris")], "it goes back to 'debris', which is no stage before it"),
        ([Stage("reflow", nothing, back_to="reflow")], "it goes back to 'reflow', which is no stage before it"),
        ([Stage("one", nothing), Stage("one", nothing)], "Cannot use stage one: there are two of that name"),
        ([Stage("one", nothing, rounds=0)], "Cannot use stage one: with rounds=0 it never runs"),
        ([Stage("one", nothing), Stage("two", nothing, rounds=2, back_to="one")], ""),
        ([], ""),
    ],
)
def test_stages_must_fit_together(stages: list[Stage], words: str) -> None:
    if words:
        with pytest.raises(ValueError, match=words):
            Pipeline(stages=stages)
    else:
        assert Pipeline(stages=stages).clean("The mill.").text == "The mill."


def test_what_reflow_uncovers_goes_as_well() -> None:
    """A notice that was wrapped is one only after reflow: the rules are asked again, until nothing is left."""
    text = (
        "The mill is old, and it stands by the river below the weir, that the\n"
        "monks had built for their carp. Please update this article to reflect\n"
        "recent events. It was burnt in the war, and built again of grey stone\n"
        "that they had quarried on the hill behind it for their own old house.\n"
    )
    document = KEEP.clean(text)
    assert "their carp. It was burnt in the war" in document.text
    assert [step.stage for step in document.ledger] == ["reflow", "debris"]
    assert KEEP.clean(document.text).text == document.text


def test_a_ledger_that_does_not_replay_stops_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ledger, "apply", lambda self, raw: raw + "!")
    with pytest.raises(LedgerMismatch, match="Cannot vouch for mill: its ledger does not lead to its clean text"):
        KEEP.clean("The mill.", "mill")


def test_the_guard_keeps_a_document_that_would_lose_too_much() -> None:
    text = "Skip to content\nMenu\nSearch\nHome\nLogin\nShare\nFollow us\nRelated posts\nRead more\nThe mill is old."
    guarded = Pipeline(Settings(guard=0.3)).clean(text)
    assert [flag.kind for flag in guarded.flags] == ["guard"]
    assert "Skip to content" in guarded.text
    assert not Pipeline(Settings(guard=1.0)).clean(text).flags


def test_bytes_that_are_no_text_are_left_alone_and_flagged() -> None:
    data = bytes(range(256)) * 8
    document = KEEP.clean(data)
    assert [flag.kind for flag in document.flags][:1] == ["binary"]
    assert document.text == document.raw
    assert not document.ledger.passes


@pytest.mark.parametrize("media", ["pdf", "HTML", ""])
def test_a_document_of_an_unknown_kind_is_an_error(media: str) -> None:
    with pytest.raises(ValueError, match=f"Cannot clean document as '{media}': it is not one of text, html"):
        clean("x", media=media)  # type: ignore[arg-type]


@pytest.mark.parametrize("source", [None, 3, ["x"], Path("x"), bytearray(b"x")])
def test_what_is_neither_text_nor_bytes_is_an_error(source: object) -> None:
    with pytest.raises(TypeError, match=f"Cannot clean document: it is {type(source).__name__}, neither text nor"):
        clean(source)  # type: ignore[arg-type]


@pytest.mark.parametrize("source", ["", b"", "x", b"x"])
def test_no_text_is_a_text(source: str | bytes) -> None:
    for media in (None, "text", "html"):
        assert clean(source, media=media).text == ("x" if source else "")  # type: ignore[arg-type]


@pytest.mark.parametrize("off", ["gaps.nonsense", "gaps.from-to", "gap.*", "*", "", "markers", "years.alignment"])
def test_an_unknown_rule_cannot_be_switched_off(off: str) -> None:
    with pytest.raises(PackError, match="there is none of that name"):
        Pipeline(Settings(off=(off,)))


@pytest.mark.parametrize(
    "off", ["gaps.from_to", "gaps.sentence", "gaps.*", "markers.edit", "lines.*", "years.restored"]
)
def test_a_known_rule_can_be_switched_off(off: str) -> None:
    assert Pipeline(Settings(off=(off,))).clean("The mill.").text == "The mill."


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"gaps": "burn"}, "Cannot use gaps='burn': it is not one of drop, mark, keep"),
        ({"dedup": "maybe"}, "it is not one of drop, mark, off"),
        ({"headings": "html"}, "it is not one of plain, markdown"),
        ({"guard": 0}, "Cannot use guard=0"),
        ({"guard": 1.5}, "Give one above 0"),
        ({"guard": "x"}, "Cannot use guard='x': it is a share of words"),
        ({"guard": True}, "Cannot use guard=True: it is a share of words"),
        ({"guard": None}, "Cannot use guard=None: it is a share of words"),
        ({"similarity": float("nan")}, "Cannot use similarity=nan: it is a share of words"),
        ({"dedup": ["drop"]}, "it is not one of drop, mark, off"),
        ({"alt": "no"}, "Cannot use alt='no': it is neither on nor off"),
        ({"typography": 1}, "Cannot use typography=1: it is neither on nor off"),
        ({"off": "markers.footnote"}, "Cannot use off='markers.footnote': it is no tuple of the ids of rules"),
        ({"off": ["markers.footnote"]}, "it is no tuple of the ids of rules"),
        ({"off": (3,)}, "it is no tuple of the ids of rules"),
    ],
)
def test_wrong_settings_are_errors(values: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Settings(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"guard": 1, "similarity": 1},
        {"alt": True, "typography": False},
        {"off": ()},
        {"off": ("markers.footnote",)},
    ],
)
def test_right_settings_are_kept_as_they_are(values: dict[str, object]) -> None:
    chosen = Settings(**values)  # type: ignore[arg-type]
    assert {name: getattr(chosen, name) for name in values} == values


def laws(document: Document) -> None:
    """What holds for every document: replay, spans in bounds and in order, and nothing left to do."""
    assert document.ledger.apply(document.raw) == document.text
    assert document.ledger.rebuild(document.text) == document.raw
    ends = 0
    for paragraph in document.paragraphs:
        assert ends <= paragraph.start < paragraph.end <= len(document.text)
        assert 0 <= paragraph.raw_start <= paragraph.raw_end <= len(document.raw)
        ends = paragraph.end
    for gap in document.gaps:
        assert 0 <= gap.at <= len(document.text)
        assert 0 <= gap.raw <= len(document.raw)
    for fact in document.facts:
        assert 0 <= fact.start <= fact.end <= len(document.raw)


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4), st.sampled_from(["\n", "\n\n", " "]))
@settings(max_examples=60)
def test_mixtures_keep_the_laws(pieces: list[str], between: str) -> None:
    laws(KEEP.clean(between.join(pieces)))


@given(st.text(max_size=60))
@example("\ud800 \x85\r\n\ufeff")
@settings(max_examples=60)
def test_any_text_keeps_the_laws(text: str) -> None:
    laws(KEEP.clean(text))


@given(st.binary(max_size=60))
@settings(max_examples=60)
def test_any_bytes_keep_the_laws(data: bytes) -> None:
    laws(KEEP.clean(data))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("policy", ["keep", "mark", "drop"])
def test_cleaning_the_clean_samples_changes_nothing(path: Path, policy: str) -> None:
    cleaner = Pipeline(Settings(gaps=policy))  # type: ignore[arg-type]
    first = cleaner.clean(path.read_bytes(), path.stem)
    laws(first)
    assert cleaner.clean(first.text).text == first.text


@pytest.mark.parametrize(("long", "remembered"), [(10, 0), (1_000, 1)])
def test_what_is_known_of_a_long_text_is_forgotten(monkeypatch: pytest.MonkeyPatch, long: int, remembered: int) -> None:
    from pipeline.rules.structural import scores
    from pipeline.stages import utf8

    forget()
    monkeypatch.setattr("pipeline.core.LONG", long)
    document = clean("The mill stood by the river.\n\nHome | About us | Contact\n\nIt was old — and it fell.")
    assert len(document.text) > 20
    assert bool(utf8._last[0]) == bool(remembered)
    assert scores.cue_lines.cache_info().currsize == remembered


def test_sections_go_behind_marks_that_hide_each_other() -> None:
    text = "The weir was of oak.[4](p12)[5][citation needed] It stands.\n\nExternal links\n\nMills of the valley\n"
    assert clean(text).text == "The weir was of oak. It stands."


LOWFORD = "Lowford is a town of bakers by the river Lowe, with five bridges and a ferry that"
MILL = "A mill is a house in which corn is ground between two stones, one of which does"
WEIR = "A weir is a low dam that holds a river back, so that its water runs to a wheel or"


@pytest.mark.parametrize(
    "text",
    [
        f"Ann lived in\nLowford {LOWFORD} ...\n, and she worked in a\nmill {MILL} ...\n\nmill\nby the\n"
        f"weir {WEIR} ...\nof the monks.\n",
        f"Ann lived in Lowford\nLowford\n{LOWFORD}...\n\n, and she worked in a mill\nMill\n{MILL}...\n\n"
        f" by the weir\nWeir\n{WEIR}....\n\n of the monks.\n",
    ],
    ids=["behind the link", "below the line"],
)
def test_tooltips_of_other_layouts_leave_the_sentence(text: str) -> None:
    assert clean(text).text == "Ann lived in Lowford, and she worked in a mill by the weir of the monks."
