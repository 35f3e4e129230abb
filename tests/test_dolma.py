"""Dolma's own mixer makes our clean text of the rows that we write, and leaves alone what it is not told of."""

from __future__ import annotations

import gzip
import importlib.util
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from pipeline import Document, Edit, Ledger, Pass, Pipeline
from pipeline.document import Source
from pipeline.edits import apply
from pipeline.engines.workers import problem
from pipeline.formats.dolma import ATTRIBUTES, MIXER, DolmaError, dolma_row, dump, mixer
from pipeline.rules.engine import RuleSet

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

from generate import documents as generated  # noqa: E402

pytestmark = pytest.mark.skipif(sys.version_info >= (3, 13), reason="there is no dolma for this Python")

Mix = Callable[..., list[dict[str, Any]]]


def rust_mixer() -> Callable[[str], None]:
    """The mixer of the dolma package, without its commands, which need packages that do not go with ours."""
    found = sorted(Path(sys.prefix, "dolma", "dolma").glob("dolma.*"))
    assert found, "there is no dolma; `make test` installs it"
    spec = importlib.util.spec_from_file_location("dolma", found[0])
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.mixer_entrypoint  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def mix(tmp_path_factory: pytest.TempPathFactory) -> Mix:
    """Write the rows of documents, mix them, and return the rows that come out."""
    run = rust_mixer()

    def mixed(documents: Iterable[Document], off: Sequence[str] = (), shards: int = 2) -> list[dict[str, Any]]:
        folder = tmp_path_factory.mktemp("mix")
        pairs = [dolma_row(document, "tests", {"n": 1}) for document in documents]
        size = -(-len(pairs) // shards)
        for n in range(shards):
            write(folder / f"documents/{n:05}.jsonl.gz", (row for row, _ in pairs[n * size : (n + 1) * size]))
            write(folder / f"attributes/{ATTRIBUTES}/{n:05}.jsonl.gz", (row for _, row in pairs[n * size :][:size]))
        names = {name for _, row in pairs for name in row["attributes"]}
        (folder / MIXER).write_bytes(dump(mixer(names, off)))
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            run(json.dumps(as_read(Path(MIXER))))
        paths = sorted(folder.glob("mixed/**/*.gz"))
        out = [json.loads(line) for path in paths for line in gzip.decompress(path.read_bytes()).splitlines()]
        assert [row["id"] for row in out] == [row["id"] for row, _ in pairs]
        return out

    return mixed


def write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def as_read(path: Path) -> dict[str, Any]:
    """A configuration as `dolma -c` reads it: as YAML, with variables looked up, and with its defaults."""
    config = OmegaConf.create(yaml.safe_load(path.read_text(encoding="utf-8")))
    OmegaConf.resolve(config)
    read: dict[str, Any] = OmegaConf.to_container(config, throw_on_missing=True)  # type: ignore[assignment]
    assert read == json.loads(path.read_bytes())
    for stream in read["streams"]:
        stream["output"].setdefault("max_size_in_bytes", 1 << 31)
        stream.setdefault("compression", {})
    return read | {"work_dir": {"input": "input", "output": "output"}}


def said(text: str) -> str:
    """A text as UTF-8 can hold it."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def check(mix: Mix, documents: Sequence[Document]) -> None:
    out = mix(documents)
    assert [row["text"] for row in out] == [said(document.text) for document in documents]
    for row in out:
        assert row["source"] == "tests"
        assert row["metadata"]["n"] == 1


def made(raw: str, *passes: Sequence[Edit], id: str = "made") -> Document:
    ledger = Ledger(Pass(f"stage{n}", edits) for n, edits in enumerate(passes))
    return Document(id, raw, ledger.apply(raw), Source(), ledger)


def test_the_examples_of_all_rules(mix: Mix) -> None:
    cleaner = Pipeline()
    examples = [example.text for rule in RuleSet.builtin().rules for example in (*rule.match, *rule.keep)]
    check(mix, [cleaner.clean(text, str(n)) for n, text in enumerate(examples)])


@pytest.mark.parametrize("kind", ["debris", "wrapped", "prose"])
def test_generated_documents(mix: Mix, kind: str) -> None:
    cleaner = Pipeline()
    check(mix, [cleaner.clean(found.raw, name) for name, found in islice(generated(kind, seed=5), 40)])


def test_the_samples(mix: Mix) -> None:
    cleaner = Pipeline()
    paths = [path for path in sorted((ROOT / "raw").rglob("*")) if path.suffix in (".txt", ".html")]
    check(mix, [cleaner.clean(path.read_bytes(), path.name) for path in paths])


CASES = {
    "no edits": made("The mill."),
    "no text": made(""),
    "all goes": made("abc", [Edit(0, "abc", "", "a.a")]),
    "astral": made("😀a😀b😀", [Edit(1, "a", "", "a.a"), Edit(3, "b", "𐍈𐍈", "a.b")]),
    "line ends": made("a\r\nb\r\nc", [Edit(1, "\r\n", "\n", "lines.end"), Edit(4, "\r\n", " ", "reflow.lines")]),
    "insertion at the start": made("abc", [Edit(0, "", "x", "a.a")]),
    "insertion at the end": made("abc", [Edit(3, "", "x", "a.a")]),
    "insertion beside removals": made(
        "abc", [Edit(0, "a", "", "a.a"), Edit(1, "", "x", "a.b"), Edit(1, "bc", "", "a.c")]
    ),
    "insertions at one place": made("ab", [Edit(1, "", c, f"a.{c}") for c in "xyz"]),
    "insertions all over": made("ab", [Edit(n, "", "x", "a.a") for n in (0, 0, 1, 1, 2, 2)]),
    "removals that touch": made("abcd", [Edit(0, "ab", "", "a.a"), Edit(2, "cd", "", "a.b")]),
    "braces": made("abc", [Edit(1, "b", "{}", "a.a")]),
    "braces are inserted": made("abcdefgh", [Edit(1, "", "{}${}{}", "a.a")]),
    "braces of two": made("x{}y", [Edit(1, "", "{", "a.a"), Edit(3, "", "}", "a.b")]),
    "a dollar before a brace": made("{a}", [Edit(0, "", "US$", "a.a")]),
    "a dollar at the end of it": made("1.9", [Edit(0, "", "US$", "a.a")]),
    "a dollar at the start": made("x1", [Edit(0, "x", "$$5", "a.a"), Edit(2, "", "$", "a.b")]),
    "a path": made("abcdefg", [Edit(0, "ab", "$.id", "a.a"), Edit(3, "d", "${oc.env:HOME}$", "a.b")]),
    "question marks": made("abc", [Edit(1, "b", "???", "a.a")]),
    "what a mark of the name looks like": made("abc", [Edit(1, "b", "__writes_%20'\"\\", "a.a")]),
    "what YAML folds": made("abc", [Edit(1, "b", "\x00\x07\x7f\x85\u2028\ufeff\ufffe: - # &", "a.a")]),
    "half an astral character": made("a\ud800b", [Edit(1, "\ud800", "\udc00x", "a.a")]),
    "passes": made("abc", [Edit(1, "b", "", "a.a")], [Edit(0, "ac", "x", "a.b"), Edit(2, "", "y", "a.c")]),
    "restored": made("in , he", [Edit(3, "", "1702", "years.restored")]),
}


def test_cases(mix: Mix) -> None:
    check(mix, list(CASES.values()))
    check(mix, [CASES["no edits"], CASES["no edits"]])  # a configuration without spans


@st.composite
def ledgers(draw: st.DrawFn) -> Document:
    """A document whose passes edit here and there, with what the mixer and its configuration mind."""
    letters = st.text(alphabet="ab{}$? \n😀", max_size=8)
    raw = text = draw(letters) + "abcdefghijkl"
    passes = []
    for _ in range(draw(st.integers(0, 3))):
        cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
        edits = [
            Edit(start, text[start:end], draw(letters), draw(st.sampled_from(["a.a", "a.b", "c.c"])))
            for start, end in zip(cuts[::2], cuts[1::2], strict=False)
        ]
        passes.append(edits)
        text = apply(text, edits)
    return made(raw, *passes)


@given(st.lists(ledgers(), min_size=1, max_size=30))
@settings(max_examples=50, deadline=None)
def test_any_ledger(mix: Mix, documents: list[Document]) -> None:
    check(mix, documents)


def test_what_utf_8_cannot_hold_is_replaced_all_over(mix: Mix) -> None:
    damaged = Pipeline().clean("The caf\xe9 is old.[4]\n".encode("latin-1") + "€“".encode() * 30, "caf\udce9")
    assert "\udce9" in damaged.raw
    row, attributes = dolma_row(damaged, "tests", {"\udce9": ["\ud83d", {"a": None}]})
    assert row["id"] == attributes["id"] == "caf\ufffd"
    assert row["metadata"] == {"\ufffd": ["\ufffd", {"a": None}]}
    assert mix([damaged], shards=1)[0]["text"] == damaged.text


def test_a_rule_that_is_left_out_leaves_its_text(mix: Mix) -> None:
    raw = "The mill[4] is old.[5]\u200b It stands.\n"
    document = Pipeline().clean(raw)
    assert document.text == "The mill is old. It stands."
    assert mix([document], off=["markers.footnote"], shards=1)[0]["text"] == "The mill[4] is old.[5] It stands."
    assert mix([document], off=["characters.*"], shards=1)[0]["text"] == "The mill is old.\u200b It stands."
    everything = {rule.split(".")[0] + ".*" for edit in document.edits for rule in edit.rule.split("+")}
    assert mix([document], off=sorted(everything), shards=1)[0]["text"] == raw


def test_what_the_mixer_cannot_make_is_an_error() -> None:
    with pytest.raises(DolmaError, match=r"Cannot write made for Dolma: Dolma's mixer cannot make '\{\}x' of 1 char"):
        dolma_row(made("x", [Edit(0, "", "{}", "a.a")]))


def test_what_the_mixer_cannot_make_is_a_problem_of_its_document() -> None:
    document = made("x", [Edit(0, "", "{}", "a.a")])
    document.id = "Dr. Who: a life"
    with pytest.raises(DolmaError) as found:
        dolma_row(document)
    told = str(problem("Dr. Who: a life.txt", found.value))
    assert told == (
        "Cannot clean Dr. Who: a life.txt: Dolma's mixer cannot make '{}x' of 1 characters. "
        "Leave the document out, or use another format."
    )


def test_names_tell_rule_and_replacement() -> None:
    _, row = dolma_row(CASES["restored"])
    assert row["attributes"] == {"clean_corpus__years.restored__writes_1702{}": [[3, 4, 1.0]]}
    _, row = dolma_row(CASES["line ends"])
    assert list(row["attributes"]) == ["clean_corpus__lines.end__writes_%0A", "clean_corpus__reflow.lines__writes_%20"]
