"""The samples: `clean/` is what the command makes of `raw/`, byte by byte, on every Python.

What a sidecar says of the versions of libraries, and the seals and hashes over it, is not compared: it is another with
each of their releases. To make `clean/` again: `make clean-corpus`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.engines.kept import FOLDER
from pipeline.engines.local import run
from pipeline.verify import verify

HERE = Path(__file__).parent.parent
RAW, CLEAN = HERE / "raw", HERE / "clean"

NAMES = sorted(path.stem for path in RAW.iterdir())  # of which each must be in clean/


def names(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("[!.]*")
        if path.is_file() and FOLDER not in path.parts
    )


def lasting(line: bytes) -> dict[str, Any]:
    """A sidecar, or a row of the manifest, without what depends on versions."""
    data: dict[str, Any] = json.loads(line)
    return {key: value for key, value in data.items() if key not in ("versions", "seal")}


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("samples") / "clean"
    assert run(RAW, out, workers=1).problems == []
    return out


def test_every_sample_comes_back(again: Path) -> None:
    done = verify(again, RAW)
    assert done.findings == []
    assert done.documents == len(list(RAW.iterdir()))


def test_clean_has_the_files_that_a_run_makes(again: Path) -> None:
    assert names(CLEAN) == names(again)


@pytest.mark.parametrize("name", [f"{name}.txt" for name in NAMES])
def test_clean_texts_are_what_a_run_makes(name: str, again: Path) -> None:
    assert (CLEAN / name).read_bytes() == (again / name).read_bytes()


@pytest.mark.parametrize("name", [f"{name}.json" for name in NAMES])
def test_sidecars_are_what_a_run_makes(name: str, again: Path) -> None:
    assert lasting((CLEAN / name).read_bytes()) == lasting((again / name).read_bytes())


def test_the_manifest_is_what_a_run_makes(again: Path) -> None:
    rows, rows_again = (
        list(map(lasting, (folder / "manifest.jsonl").read_bytes().splitlines())) for folder in (CLEAN, again)
    )
    assert rows == rows_again


def test_clean_leads_back_to_raw() -> None:
    assert verify(CLEAN, RAW).findings == []
