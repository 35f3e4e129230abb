"""The views of the ledger: the difference, the reason of a line, the summary."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

import pytest
from click import unstyle
from hypothesis import given
from hypothesis import strategies as st

from pipeline import verify
from pipeline.core import Pipeline
from pipeline.corpus.siblings import restore_all
from pipeline.document import Document, Fact, Flag, Gap, Ledger, Paragraph, Pass, Source
from pipeline.edits import Edit
from pipeline.engines.local import run
from pipeline.engines.outcome import Outcome, Problem, RunReport
from pipeline.formats.folder import Skipped
from pipeline.report import diff, explain
from pipeline.report.rules import reasons
from pipeline.report.summary import summary
from pipeline.rules.engine import RuleSet
from pipeline.settings import Settings

ABOUT = {"chrome.nav": "Links of the site.", "markers.footnote": "A number in brackets that points to a note."}


def make(raw: str, *passes: tuple[str, list[Edit]], **more: object) -> Document:
    ledger = Ledger(Pass(stage, edits) for stage, edits in passes)
    return Document("sub/doc", raw, ledger.apply(raw), Source("0" * 64, len(raw)), ledger, **more)  # type: ignore[arg-type]


RAW = "Home | About\n\nFirst line[1]\nof the text.\n\nIn the war.[2]\nFooter"


def sample() -> Document:
    return make(
        RAW,
        ("debris", [
            Edit(0, "Home | About\n\n", "", "chrome.nav"),
            Edit(24, "[1]", "", "markers.footnote"),
            Edit(53, "[2]", "", "markers.footnote"),
            Edit(56, "\nFooter", "", "footer.line"),
        ]),
        ("reflow", [Edit(10, "\n", " ", "reflow.join")]),
        facts=[Fact("title", "Home", 0, 4, "chrome.nav")],
        gaps=[Gap(27, "year", "gaps.in_the", False, 44)],
        flags=[Flag("guard", "look at it")],
        paragraphs=[Paragraph("prose", 0, 23, 14, 40), Paragraph("prose", 25, 36, 42, 53)],
    )  # fmt: skip


def shown(document: Document, **options: bool) -> str:
    return "".join(diff.inline(document, **options))


def test_inline_shows_what_went_and_why() -> None:
    assert shown(sample()) == (
        "[-Home | About\n\n-](chrome.nav)First line[-[1]-](markers.footnote) of the text.\n\nIn the war."
        "[-[2]-](markers.footnote)[-\nFooter-](footer.line)\n"
        "Not shown: 1 edit of white space only. Show them with --spaces.\n"
    )


def test_inline_shows_white_space_on_request() -> None:
    assert "[-↵-]{+·+}(reflow.join)of the text." in shown(sample(), spaces=True)


def test_inline_in_colour_says_the_same() -> None:
    painted = shown(sample(), colour=True)
    assert "\x1b[31mHome | About\x1b[0m\n\n" in painted  # each line by itself
    assert unstyle(painted).startswith("Home | About\n\n(chrome.nav)First line[1](markers.footnote) of the text.")
    assert "\x1b" not in shown(sample())


def test_inline_of_an_untouched_text_says_so() -> None:
    assert shown(make("As it was.")) == "As it was.\nThe clean text is the raw text.\n"


def test_long_kept_stretches_are_cut_between_words_with_their_count() -> None:
    words = "word " * 200
    told = shown(make(f"{words}[1]{words}", ("debris", [Edit(1000, "[1]", "", "markers.footnote")])))
    pieces = re.fullmatch(
        r"\n… ([\d,]+) characters kept …\n((?:word )+)\[-\[1\]-\]\(markers.footnote\)((?:word )+word)\n"
        r"… ([\d,]+) characters kept …\n\n",
        told,
    )
    assert pieces
    left, before, behind, right = pieces.groups()
    assert int(left) + len(before) == int(right) + len(behind) == 1000


LETTERS = st.text("ab \n", max_size=8)


@given(LETTERS, LETTERS, LETTERS, LETTERS)
def test_inline_has_every_character_of_both_texts(before: str, old: str, new: str, behind: str) -> None:
    told = shown(make(before + old + behind, ("demo", [Edit(len(before), old, new, "demo.rule")])), spaces=True)
    assert told.startswith(before)
    if old.strip() or new.strip():
        assert (
            told == before + (f"[-{old}-]" if old else "") + (f"{{+{new}+}}" if new else "") + f"(demo.rule){behind}\n"
        )


@pytest.mark.parametrize("document", [sample(), make("a\nb"), make("", ("x", [Edit(0, "", "new", "x.y")])), make(
    "gone\n", ("x", [Edit(0, "gone\n", "", "x.y")])
)], ids=range(4))  # fmt: skip
def test_unified_is_a_patch_that_makes_the_clean_file(document: Document, tmp_path: Path) -> None:
    patch = "".join(diff.unified(document))
    (tmp_path / "file").write_text(document.raw, newline="")
    if patch:
        patch = re.sub(r"(?m)^(---|\+\+\+) .*$", r"\1 file", patch)
        subprocess.run(["git", "apply", "-p0"], input=patch, text=True, cwd=tmp_path, check=True)
    assert (tmp_path / "file").read_text().strip("\n") == document.text.strip("\n")


def test_unified_breaks_lines_only_at_newlines() -> None:
    document = make("a\u2028b\x0cc\nd", ("x", [Edit(6, "d", "e", "x.y")]))
    assert " a\u2028b\x0cc\n" in list(diff.unified(document))


def text(lines: object) -> str:
    told = "\n".join(lines)  # type: ignore[call-overload]
    assert all(len(line) <= 80 for line in told.split("\n"))
    return told  # type: ignore[no-any-return]


def test_a_clean_line_is_explained_by_place_and_edits() -> None:
    assert text(explain.clean_line(sample(), 1, ABOUT)) == (
        "Clean line 1 of sub/doc, from raw lines 3-4:\n"
        "  | First line of the text.\n"
        "3 edits:\n"
        "  chrome.nav: removed 'Home | About\\n\\n', raw lines 1-2\n"
        "      Links of the site.\n"
        "  markers.footnote: removed '[1]', raw line 3\n"
        "      A number in brackets that points to a note.\n"
        "  reflow.join: '\\n' became ' ', raw line 3"
    )


def test_a_gap_of_a_clean_line_is_told() -> None:
    assert "Gap: a year is missing, perhaps (gaps.in_the), at\n  | …" in text(explain.clean_line(sample(), 3, ABOUT))


def test_a_line_that_nothing_touched_is_explained() -> None:
    told = text(explain.clean_line(make("One.\nTwo.", ("x", [Edit(0, "O", "o", "x.y")])), 2, ABOUT))
    assert told == "Clean line 2 of sub/doc, from raw line 2:\n  | Two.\nThe line is as it was in the raw text."


def test_edits_of_one_kind_are_told_once() -> None:
    raw = "a[1] b[1] c[1]"
    document = make(raw, ("debris", [Edit(at, "[1]", "", "markers.footnote") for at in (1, 6, 11)]))
    told = text(explain.clean_line(document, 1, ABOUT))
    assert "markers.footnote: removed '[1]' 3 times, raw line 1\n" in told
    assert told.count("A number in brackets") == 1


def test_a_raw_line_that_went_is_explained() -> None:
    assert text(explain.raw_line(sample(), 1, ABOUT)) == (
        "Raw line 1 of sub/doc:\n"
        "  | Home | About\n"
        "Nothing of it is in the clean text.\n"
        "1 edit:\n"
        "  chrome.nav: removed 'Home | About\\n\\n', raw lines 1-2\n"
        "      Links of the site.\n"
        "  Learnt from it: title = Home (chrome.nav)"
    )


def test_a_raw_line_that_stayed_is_explained() -> None:
    told = text(explain.raw_line(sample(), 3, ABOUT))
    assert "10 of its 13 characters are in the clean text, line 1.\n1 edit:\n  markers.footnote" in told
    assert "No edit touched it." in text(explain.raw_line(make("One.\nTwo."), 2, ABOUT))
    assert "It is empty." in text(explain.raw_line(make(""), 1, ABOUT))


GONE = make(
    "Menu\n\nIt stands\nelsewhere.\n",
    ("debris", [Edit(0, "Menu\n", "", "chrome.nav")]),
    (
        "reflow",
        [Edit(0, "\n", "", "reflow.blank"), Edit(10, "\n", " ", "reflow.join"), Edit(21, "\n", "", "reflow.end")],
    ),
    ("duplicates", [Edit(0, "It stands elsewhere.", "", "duplicates.exact")]),
)


def test_a_text_of_which_nothing_is_left_is_explained() -> None:
    told = text(explain.clean_line(GONE, 1, ABOUT, [explain.Twin(6, 27, "dropped, for a copy stays")]))
    assert told.startswith("Clean line 1 of sub/doc, from raw lines 1-4:\n  | \n5 edits:\n  chrome.nav: removed")
    assert "duplicates.exact: removed 'It stands elsewhere.', raw lines 3-4" in told
    assert told.endswith("Duplicates: dropped, for a copy stays.")


def test_an_empty_line_that_went_is_explained() -> None:
    assert text(explain.raw_line(GONE, 2, ABOUT)) == (
        "Raw line 2 of sub/doc:\n  | \nIt is empty.\n1 edit:\n  reflow.blank: removed '\\n', raw line 2"
    )


@pytest.mark.parametrize("number", [0, 4, 99])
def test_a_line_that_is_not_there_is_an_error(number: int) -> None:
    with pytest.raises(IndexError):
        list(explain.clean_line(sample(), number, ABOUT))


def test_the_overview_has_sizes_rules_facts_gaps_and_flags() -> None:
    told = text(explain.overview(sample(), ABOUT))
    for part in (
        "63 characters\n",
        "36 characters (57.1 %), 2 paragraphs\n",
        "  chrome.nav                            1                   14\n      Links of the site.\n",
        "  title = Home (raw line 1, chrome.nav)",
        "  year? at clean line 3 (gaps.in_the): …",
        "  guard: look at it",
    ):
        assert part in told
    assert "Nothing was changed." in text(explain.overview(make("x"), ABOUT))


@given(st.data())
def test_every_edit_has_a_place_in_both_texts(data: st.DataObject) -> None:
    content = data.draw(st.text("ab\n", max_size=20))
    ledger = Ledger()
    now = content
    for number in range(3):
        start = data.draw(st.integers(0, len(now)))
        end = data.draw(st.integers(start, len(now)))
        edits = [Edit(start, now[start:end], data.draw(st.text("xy\n", max_size=4)), f"demo.r{number}")]
        ledger.add("demo", edits)
        now = now[:start] + edits[0].new + now[end:]
    steps = list(explain.trace(Document("a", content, now, ledger=ledger)))
    assert [step.edit.rule for step in steps] == ["demo.r0", "demo.r1", "demo.r2"]
    for step in steps:
        assert 0 <= step.raw[0] <= step.raw[1] <= len(content)
        assert 0 <= step.clean[0] <= step.clean[1] <= len(now)
    first, last = steps[0], steps[-1]
    assert content[slice(*first.raw)] == first.edit.old
    assert now[slice(*last.clean)] == last.edit.new


def test_every_rule_that_a_stage_writes_has_a_reason() -> None:
    stages = Path(explain.__file__).parent.parent / "stages"
    written = {
        id
        for path in stages.glob("*.py")
        for id in re.findall(
            r'"((?:lines|encoding|characters|spaces|reflow|gaps)\.[a-z][a-z0-9_-]+)"', path.read_text()
        )
    }
    known = reasons(RuleSet.builtin())
    assert len(written) > 20
    assert sorted(written - set(known)) == [], "Say what they are for in pipeline/report/rules.py"
    assert list(known) == sorted(known)
    assert all(known.values())


def test_the_summary_fits_and_lists_what_needs_eyes() -> None:
    row = {"source": {"characters": 1_000_000}, "clean": {"characters": 999_999}, "duplicates": 3, "restored": 1}
    report = RunReport(
        skipped=[
            Skipped(f"a/very/long/path/to/a/picture/that/nobody/reads/number{n}.png", "suffix .png") for n in range(12)
        ],
        problems=[Problem("x.txt", "it is broken", "Mend it.")],
        removed=["old"],
    )
    report.add(Outcome("a", row, {"chrome.nav": [1, 5, 4]}, {}, {"year": 2}, [("guard", "too much")]))
    report.add(Outcome("b", row, {"chrome.links": [2, 7, 6], "reflow.join": [1, 1, 1]}, {}, {}, []))
    report.add(Outcome("c", problem=Problem("c.txt", "it is broken", "Mend it.")))
    told = text([summary(report, "raw", "clean")])
    for part in (
        "2 documents: 1,999,998 of 2,000,000 characters kept (99.9 %)",
        "  chrome                    3               12              10\n",
        "  gaps 2 · restored 2 · duplicates 6 · flagged 1 · errors 2 · skipped 12",
        "Flagged, to be looked at:\n  a: too much\n",
        "  … and 2 more\n",
        "Removed, as RAW no longer gives them:\n  old\n",
        "clean-corpus verify clean --raw raw\n",
    ):
        assert part in told


def test_explain_tells_which_paragraph_stays() -> None:
    data = {
        "duplicates": [{"raw": [14, 40], "of": {"id": "other", "raw": [7, 20]}, "kind": "exact", "action": "drop"}],
        "alike": [],
        "copies": [{"raw": [42, 53], "by": {"id": f"copy{n}", "raw": [0, 9]}} for n in range(7)],
    }
    other = Document("other", "x" * 40, "Title\n\nIt stays.", paragraphs=[Paragraph("prose", 7, 16, 7, 20)])
    twins = explain.twins(data, sample(), {"other": other}.__getitem__)
    assert "Duplicates: dropped as a duplicate (exact); paragraph 1 of other (line 3) stays." in "\n".join(
        explain.raw_line(sample(), 3, ABOUT, twins)
    )
    stays = "stays; the same stands, or stood, in copy0, copy1, copy2, copy3, copy4 and 2 more"
    told = "\n".join(explain.clean_line(sample(), 3, ABOUT, twins))
    assert stays in " ".join(told.split())
    assert "other" not in told
    assert stays in " ".join("\n".join(explain.overview(sample(), ABOUT, twins)).split())
    gone = explain.twins(data, sample(), lambda _: None)
    assert gone[0].told == "dropped as a duplicate (exact); a paragraph of other, which cannot be read, stays"


def test_explain_tells_who_bears_witness() -> None:
    whole = "The mill was built in 1702 by monks of the abbey. It was burnt down in 1809, and was sold to a miller."
    lost = whole.replace("1702 ", "").replace(" 1809", " ")
    documents = restore_all(list(Pipeline(Settings(gaps="keep")).stream([("a", lost), ("b", whole)])))
    assert documents[0].text == lost  # one certain gap makes no damaged document
    lost += " It stood idle in , and was rebuilt."
    (document,) = restored_with_witnesses([("a", lost), ("b", whole)])
    told = "\n".join(explain.clean_line(document, 1, ABOUT))
    assert "Restored: 1702 (a year, found by years.alignment), as in" in told
    assert "b, raw" in told
    assert "[1702]" in "\n".join(explain.overview(document, ABOUT))


def restored_with_witnesses(sources: list[tuple[str, str]]) -> list[Document]:
    """The first of some documents, as a folder run restores it."""
    with tempfile.TemporaryDirectory() as folder:
        for id, content in sources:
            Path(folder, "raw").mkdir(exist_ok=True)
            Path(folder, "raw", f"{id}.txt").write_text(content, encoding="utf-8")
        run(Path(folder, "raw"), Path(folder, "out"), Settings(dedup="off", gaps="keep"), workers=1)
        return [verify.read(str(Path(folder, "out")), sources[0][0])[1]]
