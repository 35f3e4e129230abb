"""datatrove runs our step among its own, and reads what a run wrote."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import corpora
import pytest
from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.readers import JsonlReader, ParquetReader
from datatrove.pipeline.writers import JsonlWriter, ParquetWriter
from test_rules import PACK

from pipeline import Ledger, Pass, Pipeline, RuleSet, Settings, clean
from pipeline.edits import from_json
from pipeline.engines.local import run
from pipeline.integrations.datatrove import KEY, Cleaner, CleanReader
from pipeline.rules.pack import parse

RAW = "The mill is old.[4]\u200b It was built in , and burnt.\nText is available under the Creative Commons License.\n"


def cleaned(text: str, step: Cleaner | None = None, **metadata: Any) -> Document:
    (document,) = (step or Cleaner()).run(iter([Document(text, "a", metadata=metadata)]))
    return document


def restored(document: Document) -> str:
    passes = json.loads(document.metadata[KEY]["ledger"])
    return Ledger(Pass(row["stage"], from_json(row["edits"])) for row in passes).rebuild(document.text)


def test_a_document_is_cleaned_and_keeps_its_metadata() -> None:
    found = cleaned(RAW, url="https://example.org", n=1)
    expected = clean(RAW)
    assert found.text == expected.text
    assert found.id == "a"
    assert (found.metadata["url"], found.metadata["n"]) == ("https://example.org", 1)
    notes = found.metadata[KEY]
    assert {"rule": "markers.footnote", "edits": 1, "taken": 3, "written": 0} in notes["removed"]
    assert sum(row["taken"] - row["written"] for row in notes["removed"]) == len(RAW) - len(found.text)
    assert [(fact["kind"], fact["value"]) for fact in notes["facts"]] == [("licence", "Creative Commons License")]
    assert (notes["gaps"], notes["flags"]) == (len(expected.gaps), [])
    assert "ledger" not in notes


@pytest.mark.parametrize("text", ["", "Nothing goes here.", "It is a page about [4] mills"])
def test_clean_text_stays(text: str) -> None:
    document = cleaned(text, Cleaner(Settings(off=("markers.*",))))
    assert document.text == text
    assert document.metadata[KEY] == {"removed": [], "facts": [], "gaps": 0, "flags": []}


def test_the_ledger_leads_back() -> None:
    assert restored(cleaned(RAW, Cleaner(ledger=True))) == RAW


def test_pages() -> None:
    assert cleaned("Fish &amp; chips<br>for two", Cleaner(media="html")).text == "Fish & chips\nfor two"
    assert cleaned("Fish &lt; chips<br>for two", Cleaner(media="text")).text != "Fish < chips\nfor two"


def test_it_goes_to_other_processes() -> None:
    rules = RuleSet([*RuleSet.builtin().packs, parse(PACK)])
    step = pickle.loads(pickle.dumps(Cleaner(Settings(gaps="keep"), rules=rules, ledger=True)))
    found = cleaned("The mill (note: old) is old.", step)
    assert found.text == "The mill is old."
    assert step.settings == Settings(gaps="keep")
    again = pickle.loads(pickle.dumps(step))  # after it has run
    assert cleaned("The mill (note: old) is old.", again).text == found.text


def test_what_writers_refuse_is_not_in_the_metadata(tmp_path: Path) -> None:
    raw = "A mill.\nText is available under the Creative Commons \udce9 License.\n"
    document = cleaned(raw, Cleaner(ledger=True))
    assert [fact["value"] for fact in document.metadata[KEY]["facts"]] == [
        fact.value.replace("\udce9", "\ufffd") for fact in clean(raw).facts
    ]
    assert restored(document) == raw
    list(JsonlWriter(str(tmp_path), compression=None).run([document]))
    (found,) = JsonlReader(str(tmp_path)).run()
    assert found.metadata[KEY] == document.metadata[KEY]


def write_raw(folder: Path) -> dict[str, str]:
    texts = {f"{n}-{k}": f"Mill {n} of {k} is old.[{k + 1}]\r\n" for n in range(4) for k in range(3)}
    folder.mkdir()
    for n in range(4):
        lines = [json.dumps({"id": i, "text": t, "n": n}) for i, t in texts.items() if i.startswith(f"{n}-")]
        (folder / f"{n}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return texts


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_a_pipeline_of_datatrove(tmp_path: Path, kind: str) -> None:
    texts = write_raw(tmp_path / "raw")
    out = str(tmp_path / "out")
    writer = JsonlWriter(out, compression=None) if kind == "jsonl" else ParquetWriter(out)
    steps = [JsonlReader(str(tmp_path / "raw")), Cleaner(ledger=True), writer]
    stats = LocalPipelineExecutor(steps, tasks=4, workers=2, logging_dir=str(tmp_path / "logs")).run()
    reader = JsonlReader(out) if kind == "jsonl" else ParquetReader(out)
    found = {document.id: document for document in reader.run()}
    assert found.keys() == texts.keys()
    cleaner = Pipeline()
    for id, raw in texts.items():
        assert found[id].text == cleaner.clean(raw).text
        assert found[id].metadata["n"] == int(id[0])
        assert restored(found[id]) == raw
    (counted,) = (step.stats for step in stats.stats if "clean-corpus" in step.name)
    assert counted["total"].total == 12
    assert counted["taken: markers.footnote"].total == sum(len("[0]") for _ in texts)


@pytest.mark.parametrize("format", [format for format in corpora.FORMATS if format != "dolma"])
def test_the_reader_of_shards(tmp_path: Path, format: str) -> None:
    made = zip(corpora.write(tmp_path / "out", format), corpora.SOURCES, strict=True)
    full = [(document, source) for document, source in made if document.text]
    reader = CleanReader(str(tmp_path / "out"), ledger=True)
    found = list(reader.run())
    assert [document.id for document in found] == [document.id for document, _ in full]
    assert reader.stats["empty"].total == len(corpora.SOURCES) - len(full) == 1
    for document, (expected, (_, raw, metadata)) in zip(found, full, strict=True):
        assert document.text == expected.text
        assert {name: document.metadata[name] for name in metadata} == metadata
        assert set(document.metadata) == {*metadata, KEY, "file_path"}
        assert restored(document) == raw
        facts = [(fact.kind, fact.value, fact.rule) for fact in expected.facts]
        assert [tuple(fact.values()) for fact in document.metadata[KEY]["facts"]] == facts


def test_the_reader_of_a_folder(tmp_path: Path) -> None:
    raw, out = tmp_path / "raw", tmp_path / "out"
    for id, text, _ in corpora.SOURCES:
        (raw / f"{id}.txt").parent.mkdir(parents=True, exist_ok=True)
        (raw / f"{id}.txt").write_bytes(text.encode())
    run(str(raw), str(out))
    (out / "foreign.txt").write_text("Not ours.\n", encoding="utf-8")
    found = {document.id: document for document in CleanReader(str(out), ledger=True).run()}
    written = {id: (out / f"{id}.txt").read_bytes().decode() for id, _, _ in corpora.SOURCES}
    assert found.keys() == {id for id, text in written.items() if text} < written.keys()
    for id, text, _ in corpora.SOURCES:
        if id in found:
            assert found[id].text + "\n" == written[id]
            assert restored(found[id]) == text


def test_tasks_share_the_files(tmp_path: Path) -> None:
    documents = [document for document in corpora.write(tmp_path / "out", "jsonl.gz") if document.text]
    steps = [CleanReader(str(tmp_path / "out")), JsonlWriter(str(tmp_path / "copy"), compression=None)]
    LocalPipelineExecutor(steps, tasks=3, workers=2, logging_dir=str(tmp_path / "logs")).run()
    assert len(list((tmp_path / "copy").iterdir())) == 3
    assert {found.id for found in JsonlReader(str(tmp_path / "copy")).run()} == {found.id for found in documents}
    limited = CleanReader(str(tmp_path / "out"), skip=1, limit=2).run()
    assert [found.id for found in limited] == [found.id for found in documents[1:3]]


def test_what_it_refuses(tmp_path: Path) -> None:
    corpora.write(tmp_path / "dolma", "dolma")
    with pytest.raises(ValueError, match="it is in Dolma's format"):
        list(CleanReader(str(tmp_path / "dolma")).run())
    (tmp_path / "other").mkdir()
    with pytest.raises(ValueError, match=r"there is no manifest\.jsonl"):
        list(CleanReader(str(tmp_path / "other")).run())
    corpora.write(tmp_path / "mixed", "jsonl")
    (tmp_path / "mixed/documents/00000.jsonl").replace(tmp_path / "mixed/documents/00001.jsonl")
    with pytest.raises(ValueError, match="document 'mill' stands where its provenance has 'pages/2'"):
        list(CleanReader(str(tmp_path / "mixed")).run())


def test_without_datatrove_the_extra_is_named() -> None:
    code = "import sys; sys.modules['datatrove'] = None; import pipeline.integrations.datatrove"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "Use pip install 'clean-corpus[datatrove]'." in done.stderr
    assert subprocess.run([sys.executable, "-c", code.rpartition(";")[0] + "; import pipeline.cli"], check=True)
