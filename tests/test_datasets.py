"""Hugging Face's `load_dataset` reads a corpus in shards as it is, by its card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import corpora
import pytest
import yaml
from datasets import load_dataset
from datasets.exceptions import DatasetGenerationError

from pipeline.engines.local import run
from pipeline.formats import sidecar
from pipeline.formats.card import NAME, card
from pipeline.formats.tables import about, contents
from pipeline.settings import Settings

MAKING = sidecar.making(Settings(), "0" * 64)


def rows(folder: Path, table: str | None, streaming: bool) -> list[dict[str, Any]]:
    loaded = load_dataset(
        str(folder), table, split="train", streaming=streaming, cache_dir=str(folder.parent / "cache")
    )
    return list(loaded)


@pytest.mark.parametrize("format", corpora.FORMATS)
@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streaming"])
def test_documents_and_provenance(tmp_path: Path, format: str, streaming: bool) -> None:
    folder = tmp_path / "out"
    documents = corpora.write(folder, format)
    found = rows(folder, None, streaming)
    assert [row["id"] for row in found] == [document.id for document in documents]
    assert [row["text"] for row in found] == [d.raw if format == "dolma" else d.text for d in documents]
    assert [row["metadata"] for row in found] == [metadata for _, _, metadata in corpora.SOURCES]
    found = rows(folder, "provenance", streaming)
    sides = [row["sidecar"] for row in found]
    for document, side in zip(documents, sides, strict=True):
        again = sidecar.load(sidecar.dump(side))  # the seal, and all that it seals
        assert again["seal"] == side["seal"]
        assert sidecar.document(side, document.text).raw == document.raw
    if format == "dolma":
        spans = {name for row in rows(folder, "attributes", streaming) for name in row["attributes"]}
        assert "clean_corpus__markers.footnote" in spans


DAMAGED = [("a", "The caf\xe9 is old.\n".encode("latin-1") + "€“".encode() * 30, {"k": ["\udce9", "\ud83dz"]})]


@pytest.mark.parametrize("format", corpora.FORMATS)
def test_numbers_of_any_length(tmp_path: Path, format: str) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/a.jsonl").write_text(json.dumps({"text": "A mill.", "n": [2**64 - 1, 2**64]}))
    run(tmp_path / "raw", tmp_path / "out", layout=format)
    (found,) = rows(tmp_path / "out", None, False)
    assert found["metadata"] == {"n": [2**64 - 1, str(2**64)]}


@pytest.mark.parametrize("format", corpora.FORMATS)
def test_documents_whose_source_is_no_utf_8(tmp_path: Path, format: str) -> None:
    (document,) = corpora.write(tmp_path / "out", format, DAMAGED)
    (found,) = rows(tmp_path / "out", None, False)
    assert found["text"] == (document.raw.replace("\udce9", "\ufffd") if format == "dolma" else document.text)
    assert found["metadata"] == {"k": ["\ufffd", "\ufffdz"]}


@pytest.mark.parametrize("format", corpora.FORMATS)
def test_provenance_of_what_is_no_utf_8(tmp_path: Path, format: str) -> None:
    """A sidecar has to say what the source was, and `datasets` takes half a character in a string of JSON only."""
    (document,) = corpora.write(tmp_path / "out", format, DAMAGED)
    (found,) = rows(tmp_path / "out", "provenance", False)
    assert sidecar.document(found["sidecar"], document.text).raw == document.raw


def test_without_the_columns_of_the_card_metadata_that_differ_cannot_be_read(tmp_path: Path) -> None:
    """Why the card names them."""
    sources = [(str(n), "A mill.", {"a": n} if n < 2 else {"c": "x"}) for n in range(4)]
    corpora.write(tmp_path / "out", "jsonl", sources)
    assert rows(tmp_path / "out", None, False)[2]["metadata"] == {"c": "x"}
    path = tmp_path / "out" / NAME
    parts = path.read_text(encoding="utf-8").partition("dataset_info:\n")
    path.write_text(f"{parts[0]}---{parts[2].partition('---')[2]}", encoding="utf-8")
    with pytest.raises(DatasetGenerationError):
        rows(tmp_path / "out", None, False)


def head(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(data.decode().split("---\n")[1])
    return found


def row(id: str, facts: dict[str, list[str]]) -> dict[str, Any]:
    return {"id": id, "clean": {"words": 2, "characters": 10}, "facts": facts}


@pytest.mark.parametrize("format", corpora.FORMATS)
def test_the_head_of_a_card_names_files_and_columns(format: str) -> None:
    said = about('Say "mill": #1', format, [], MAKING)
    found = head(card(said))
    assert found["pretty_name"] == 'Say "mill": #1'
    tables = contents(said.format).tables
    assert [(part["config_name"], part["data_files"]) for part in found["configs"]] == [
        (table.name, table.files) for table in tables
    ]
    assert [part.get("default", False) for part in found["configs"]] == [True, *[False] * (len(tables) - 1)]
    for table, part in zip(tables, found["dataset_info"], strict=True):
        assert [column["name"] for column in part["features"]] == [column.name for column in table.columns]


@pytest.mark.parametrize("format", corpora.FORMATS)
def test_the_columns_are_those_of_the_rows(tmp_path: Path, format: str) -> None:
    corpora.write(tmp_path / "out", format)
    for table in contents(format).tables:
        found = rows(tmp_path / "out", table.name, False)[0]
        assert [column.name for column in table.columns] == list(found)


def test_a_card_counts_what_documents_name() -> None:
    rows = [
        row(
            "a",
            {
                "licence": ["CC BY 4.0"],
                "copyright": ["\udce9"],
                "record_licence": ["CC BY 4.0", "# [x](y)\n<b>"],
                "language": ["en"],
            },
        ),
        row("b", {"source_licence": ["CC BY 4.0"], "title": ["Mill"]}),
        row("c", {"page_licence": ["caf\udce9"]}),
    ]
    said = about("mills", "jsonl", rows, MAKING)
    assert said.licences == {"CC BY 4.0": 2, "# [x](y)\n<b>": 1, "caf\ufffd": 1}
    assert (said.documents, said.words, said.characters, said.languages) == (3, 6, 30, {"en": 1})
    text = card(said).decode()
    assert "- CC BY 4.0: 2\n- \\# \\[x\\](y) \\<b\\>: 1\n" in text
    assert "3 documents, 6 words, 30 characters" in text
    assert "Mill" not in text


def test_a_card_names_the_most_frequent_and_says_how_many_more_there_are() -> None:
    rows = [row(str(n), {"licence": [f"licence {m}" for m in range(n + 1)]}) for n in range(30)]
    text = card(about("mills", "jsonl", rows, MAKING)).decode()
    assert "- licence 19: 11\n- and 10 more, see `manifest.jsonl`\n" in text
    assert "licence 20" not in text
    assert "Languages" not in text
