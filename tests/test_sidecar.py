"""The sidecar and the manifest: laid out as documented, read back as written, and valid by their schemas."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.corpus.duplicates import Alike, Copy, Duplicate, Duplicates
from pipeline.corpus.fingerprints import Place
from pipeline.document import Document, Fact, Flag, Gap, Ledger, Paragraph, Pass, Source
from pipeline.edits import Edit, apply
from pipeline.engines.local import run
from pipeline.formats import jsonio, manifest, sidecar, text
from pipeline.settings import Settings
from pipeline.stages.utf8 import count_words

SCHEMAS = Path(sidecar.__file__).parent / "schemas"
MAKING = sidecar.making(Settings(gaps="keep", off=("demo.off",)), "0" * 64)
STRINGS = st.text(st.characters(exclude_categories=()), max_size=12)  # lone surrogates too


def schema(name: str) -> jsonschema.Draft202012Validator:
    content = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(content)
    return jsonschema.Draft202012Validator(content)


def make(raw: str, *passes: Pass, **more: Any) -> Document:
    source = raw.encode("utf-8", "surrogatepass")
    about = Source(
        hashlib.sha256(source).hexdigest(), len(source), "utf-8", "valid", b"\xef\xbb\xbf", [(1, 0, b"\xff")]
    )
    ledger = Ledger(passes)
    return Document("sub/naïve \U00010348", raw, ledger.apply(raw), about, ledger, **more)


def full() -> Document:
    return make(
        "Nav\nOne  text.[1]\nCC BY 4.0",
        Pass("debris", [Edit(0, "Nav\n", "", "chrome.nav"), Edit(14, "[1]\nCC BY 4.0", "", "footer.licence")]),
        Pass("reflow", [Edit(3, "  ", " ", "reflow.spaces")]),
        facts=[
            Fact("licence", "CC BY 4.0", 18, 27, "footer.licence"),
            Fact("licence", "CC BY 4.0", 18, 20, "footer.licence"),
            Fact("source_title", "Nav", 0, 3, "chrome.nav"),
            Fact("language_link", "de", 0, 3, "chrome.nav"),
        ],
        gaps=[Gap(4, "year", "gaps.in_year", False, 9)],
        flags=[Flag("guard", "too much would go")],
        paragraphs=[Paragraph("prose", 0, 9, 4, 14)],
    )


HERE, THERE = Place("here", 0, 9, 4, 14), Place("sub/there", 30, 39, 33, 44)
FOUND = Duplicates([Duplicate(HERE, THERE)], [Copy(HERE, THERE)], [Alike(HERE, THERE, 0.9, 0.5, "'two' is not 'six'")])


def written(document: Document, found: Duplicates | None = None) -> bytes:
    return sidecar.dump(sidecar.describe(document, text.encode(document.text), MAKING, ".txt", found))


@pytest.mark.parametrize("found", [None, FOUND], ids=["unique", "duplicates"])
@pytest.mark.parametrize("document", [full(), make(""), make("plain"), make("\ud800 lone")], ids=range(4))
def test_a_sidecar_and_its_row_fit_their_schemas_and_read_back(document: Document, found: Duplicates | None) -> None:
    file = written(document, found)
    data = sidecar.load(file)
    schema("sidecar").validate(data)
    schema("manifest").validate(json.loads(manifest.line(manifest.row(data, data["seal"]))))
    assert sidecar.document(data, document.text) == document


def test_the_schema_refuses_what_is_not_a_sidecar() -> None:
    for change in ({"more": 1}, {"seal": "x"}, {"format": "other"}, {"ledger": [{"stage": "x", "edits": [[1, "a"]]}]}):
        with pytest.raises(jsonschema.ValidationError):
            schema("sidecar").validate(sidecar.load(written(full())) | change)


def test_one_edit_paragraph_fact_and_gap_a_line_and_keys_in_order() -> None:
    lines = written(full(), FOUND).decode().splitlines()
    assert '[0,"Nav\\n","","chrome.nav"],' in lines
    assert '[3,"  "," ","reflow.spaces"]' in lines
    assert '{"kind":"prose","clean":[0,9],"raw":[4,14]}' in lines
    there = '{"id":"sub/there","raw":[33,44]}'
    assert f'{{"raw":[4,14],"of":{there},"kind":"exact","similarity":1.0,"shared":1.0,"action":"drop"}}' in lines
    assert f'{{"raw":[4,14],"by":{there}}}' in lines
    assert '{"at":4,"raw":9,"kind":"year","rule":"gaps.in_year","certain":false}' in lines
    keys = list(json.loads(written(full())))
    assert keys == [
        *("format", "id", "source", "clean", "versions", "settings", "rules"),
        *("facts", "gaps", "repairs", "flags", "paragraphs", "duplicates", "copies", "alike", "ledger", "seal"),
    ]


def test_the_seal_is_the_hash_of_all_before_its_line() -> None:
    file = written(full())
    body, _, rest = file.partition(b'"seal"')
    assert rest == f': "{hashlib.sha256(body).hexdigest()}"\n}}\n'.encode()
    assert sidecar.seal(file) == hashlib.sha256(body).hexdigest()


def test_every_changed_byte_is_found() -> None:
    file = written(full(), FOUND)
    for at in range(len(file)):
        for changed in (file[:at] + bytes([file[at] ^ 1]) + file[at + 1 :], file[:at] + file[at + 1 :]):
            with pytest.raises(sidecar.SidecarError):
                sidecar.load(changed)


BROKEN = {
    "another format": (b"{}", "does not begin"),
    "no JSON": (sidecar.HEAD + b"nonsense", "not JSON"),
    "nested without end": (sidecar.HEAD + b'"id": ' + b"[" * 100_000, "not JSON"),
    "a member is missing": (written(full()).replace(b'"flags"', b'"flag"'), "should have the members"),
    "a number is a string": (written(full()).replace(b'"at":4', b'"at":"4"'), "at should be int"),
    "a span has three": (written(full()).replace(b'"clean":[0,9]', b'"clean":[0,9,9]'), "should be a list of 2"),
    "an edit has three": (written(full()).replace(b',"chrome.nav"],', b"],"), "pass 0 of its ledger (debris)"),
    "edits overlap": (written(full()).replace(b"[14,", b"[1,"), "pass 0 of its ledger (debris)"),
    "another layout": (written(full()).replace(b'"id": ', b'"id":  '), "not laid out"),
    "another seal": (written(full())[:-10] + b"00000" + written(full())[-5:], "its seal does not fit"),
}


@pytest.mark.parametrize(("file", "reason"), BROKEN.values(), ids=BROKEN)
def test_what_is_wrong_is_named(file: bytes, reason: str) -> None:
    with pytest.raises(sidecar.SidecarError, match=reason.replace("(", r"\(").replace(")", r"\)")):
        sidecar.load(file)


@given(STRINGS, STRINGS, STRINGS, st.booleans())
def test_any_text_survives_sidecar_and_file(before: str, old: str, new: str, at_end: bool) -> None:
    raw = before + old + ("" if at_end else before)
    edits = [Edit(len(before), old, new, "demo.any")]
    document = make(raw, Pass("demo", edits), facts=[Fact("title", old, 0, 1, "demo.any")])
    clean = text.decode(text.encode(document.text))
    assert clean == apply(raw, edits)
    again = sidecar.document(sidecar.load(written(document)), clean)
    assert again == document
    assert again.raw == raw
    assert written(again) == written(document)


@given(
    st.recursive(
        STRINGS | st.integers(-(2**53), 2**53) | st.booleans(), lambda x: st.lists(x) | st.dictionaries(STRINGS, x)
    )
)
def test_json_reads_back(value: Any) -> None:
    assert jsonio.loads(jsonio.dumps(value)) == value


@pytest.mark.parametrize("count", [0, 1, 3, 4, 6, 7])
@pytest.mark.parametrize("odd", [-1, 0, 4])
def test_how_many_rows_are_written_at_once_makes_no_difference(
    count: int, odd: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = [[number, "\ud800" if number == odd else "é"] for number in range(count)]
    whole = jsonio.rows(values)
    assert whole.count(b"\n") == (count + 1 if count else 0)
    monkeypatch.setattr(jsonio, "_AT_ONCE", 3)
    assert jsonio.rows(values) == whole


@given(st.text(st.sampled_from("ab é\u2019漢\n\t\x0b\x1c\x1f\x00\x7f\x85\xa0\u2028\u3000\u200b\ud800")))
def test_words_are_counted_as_they_are_split(content: str) -> None:
    assert count_words(content) == len(content.split())


@pytest.mark.parametrize("content", ["", "Two words", "三つの\u3000言葉", "a\u2003b\x1cc\xa0d", "zero\u200bwidth"])
def test_a_sidecar_counts_words_as_all_do(content: str) -> None:
    document = Document("mill", content, content)
    assert sidecar.describe(document, text.encode(content), MAKING)["clean"]["words"] == len(content.split())


def test_the_row_sums_up_what_each_family_took() -> None:
    data = sidecar.load(written(full()))
    row = manifest.row(data, data["seal"])
    assert row["removed"] == {"chrome": 4, "footer": 13, "reflow": 1}
    assert sum(row["removed"].values()) == row["source"]["characters"] - row["clean"]["characters"]
    assert row["facts"] == {"licence": ["CC BY 4.0"], "source_title": ["Nav"]}
    assert (row["gaps"], row["flags"], row["kept"]) == (1, ["guard"], round(9 / 27, 4))
    assert (row["duplicates"], row["copies"]) == (0, 0)


def test_what_is_written_tells_nothing_of_time_and_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = written(full())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert written(full()) == first
    assert str(Path.home()).encode() not in first


def test_the_page_shows_what_a_run_writes(tmp_path: Path) -> None:
    """The examples of docs/provenance.md, with its hashes cut short. REWRITE=1 writes them again."""
    page = Path(__file__).parent.parent / "docs/provenance.md"
    before = page.read_text()
    (tmp_path / "raw").mkdir()
    raw = re.search(r"```text\n(.*?)\n```", before, re.S)
    assert raw
    (tmp_path / "raw/tale.txt").write_text(raw[1] + "\n")
    run(tmp_path / "raw", tmp_path / "out", Settings(gaps="keep"), workers=1)
    after = before
    for kind, name in (("sidecar", "tale.json"), ("manifest", "manifest.jsonl")):
        content = (tmp_path / "out" / name).read_text()
        content = re.sub(r'"([0-9a-f]{8})[0-9a-f]{56}"', r'"\1…"', content)
        content = re.sub(r'("versions": ).*', r'\1{"clean_corpus":"…", …},', content)
        after = re.sub(
            rf"(<!-- example: {kind} -->\n```json\n).*?(?=```)", lambda m, c=content: m[1] + c, after, flags=re.S
        )
    if os.environ.get("REWRITE"):
        page.write_text(after)
        before = after
    # What depends on versions is left out: they, and the hashes that cover them.
    volatile = re.compile(r'"(seal|rules)": ?"[^"]*"')
    assert volatile.sub("", after) == volatile.sub("", before), "Write it again: REWRITE=1 pytest tests/test_sidecar.py"
