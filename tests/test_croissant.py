"""MLCommons' own library finds the description of a corpus valid, and reads the corpus by it."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import corpora
import mlcroissant
import pytest

from pipeline.formats import sidecar
from pipeline.formats.croissant import NAME, File, croissant
from pipeline.formats.tables import about
from pipeline.settings import Settings

READ = [format for format in corpora.FORMATS if format != "jsonl.zst"]  # mlcroissant has no zstandard
PUBLISHERS = {"citeAs", "datePublished", "version"}  # what is recommended, and only a publisher knows


@pytest.mark.parametrize("format", corpora.FORMATS)
def test_it_is_valid(tmp_path: Path, format: str) -> None:
    corpora.write(tmp_path, format)
    metadata = mlcroissant.Dataset(str(tmp_path / NAME)).metadata
    warnings = re.findall(r'Property "[^"]*/(\w+)" is recommended', metadata.ctx.issues.report())
    assert set(warnings) == PUBLISHERS
    assert metadata.ctx.issues.errors == set()
    assert metadata.ctx.is_v1_1()
    assert metadata.license == ["Creative Commons License"]


def test_the_command_of_mlcroissant_says_so(tmp_path: Path) -> None:
    corpora.write(tmp_path, "jsonl.gz")
    command = [str(Path(sys.executable).with_name("mlcroissant")), "validate", "--jsonld", str(tmp_path / NAME)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Done." in done.stderr


@pytest.mark.parametrize("format", READ)
def test_its_records_are_the_rows(tmp_path: Path, format: str) -> None:
    documents = corpora.write(tmp_path, format)
    dataset = mlcroissant.Dataset(str(tmp_path / NAME))
    found = list(dataset.records("documents"))
    assert [row["documents/id"].decode() for row in found] == [document.id for document in documents]
    texts = [document.raw if format == "dolma" else document.text for document in documents]
    assert [row["documents/text"].decode() for row in found] == texts
    sides = list(dataset.records("provenance"))
    assert [row["provenance/id"].decode() for row in sides] == [document.id for document in documents]
    if format == "parquet":
        assert [json.loads(row["documents/metadata"]) for row in found] == [more for _, _, more in corpora.SOURCES]
    for document, side in zip(documents, sides, strict=True):
        data = json.loads(side["provenance/sidecar"])
        assert (data["id"], data["source"]["sha256"]) == (document.id, document.source.sha256)


def described(folder: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((folder / NAME).read_bytes())
    return data


def test_files_are_named_with_size_and_hash(tmp_path: Path) -> None:
    corpora.write(tmp_path, "dolma")
    objects = [part for part in described(tmp_path)["distribution"] if part["@type"] == "cr:FileObject"]
    assert {part["contentUrl"] for part in objects} >= {
        "documents/00000.jsonl.gz",
        "attributes/clean_corpus/00002.jsonl.gz",
        "provenance/00001.jsonl.gz",
        "manifest.jsonl",
        "mixer.json",
    }
    for part in objects:
        data = (tmp_path / part["contentUrl"]).read_bytes()
        assert part["contentSize"] == f"{len(data)} B"
        assert part["sha256"] == hashlib.sha256(data).hexdigest()


def test_provenance_names_software_settings_and_rules() -> None:
    making = sidecar.making(Settings(gaps="keep"), "5" * 64)
    data = json.loads(croissant(about("mills", "jsonl", [], making), []))
    run = data["prov:wasGeneratedBy"]
    assert run["prov:wasAssociatedWith"]["softwareVersion"] == making["versions"]["clean_corpus"]
    used = {part["@id"]: part.get("sha256") for part in run["prov:used"]}
    settings = json.dumps(Settings(gaps="keep").as_json(), sort_keys=True).encode()
    assert used == {"rules": "5" * 64, "settings": hashlib.sha256(settings).hexdigest(), "sources": None}
    assert data["prov:wasDerivedFrom"]["@id"] == "sources"
    assert "license" not in data, "no licence was found, so none is named"


def test_neither_clock_nor_order_nor_place_matter(tmp_path: Path) -> None:
    for name in ("a", "b/c"):
        corpora.write(tmp_path / name, "jsonl")
    first = (tmp_path / "a" / NAME).read_bytes()
    assert first == (tmp_path / "b/c" / NAME).read_bytes()
    assert str(tmp_path).encode() not in first
    assert not re.search(rb"20\d\d-\d\d-\d\d", first)
    said = about("mills", "jsonl", [], sidecar.making(Settings(), "0" * 64))
    files = [File(f"documents/{n:05}.jsonl", n, "0" * 64) for n in range(3)]
    assert croissant(said, files) == croissant(said, reversed(files))
