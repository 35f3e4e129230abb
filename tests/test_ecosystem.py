"""What `docs/ecosystem.md` shows is what happens."""

from __future__ import annotations

import doctest
import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import corpora
import pytest

PAGE = (Path(__file__).parent.parent / "docs" / "ecosystem.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"(?:<!-- corpus: ([\w.]+) -->\n)?^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [(found[1], found[2]) for found in BLOCK.finditer(PAGE)]
EXAMPLES = [(corpus, code) for corpus, code in BLOCKS if ">>>" in code]
SCRIPTS = [code for _, code in BLOCKS if ">>>" not in code]


def test_the_page_has_code_of_all_tools() -> None:
    text = "".join(code for _, code in BLOCKS)
    assert all(tool in text for tool in ("load_dataset", "datatrove", "mlcroissant", "mixer.json"))
    assert {corpus for corpus, _ in EXAMPLES} <= {*corpora.FORMATS, None}


@pytest.mark.parametrize(
    ("corpus", "code"), EXAMPLES, ids=[f"line of {code.split(chr(10))[0]}" for _, code in EXAMPLES]
)
def test_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, corpus: str | None, code: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "cache"))
    if corpus:
        corpora.write(tmp_path / "out", corpus)
    test = doctest.DocTestParser().get_doctest(code, {}, "ecosystem.md", None, None)
    said: list[str] = []
    assert doctest.DocTestRunner(verbose=False).run(test, out=said.append).failed == 0, "".join(said)


@pytest.mark.parametrize("code", SCRIPTS)
def test_scripts(tmp_path: Path, code: str) -> None:
    (tmp_path / "raw").mkdir()
    row = {"id": "mill", "text": "The mill is old.[4] It stands."}
    (tmp_path / "raw" / "a.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (tmp_path / "script.py").write_text(code, encoding="utf-8")
    subprocess.run([sys.executable, "script.py"], cwd=tmp_path, check=True, capture_output=True)
    (written,) = (path for path in sorted((tmp_path / "cleaned").iterdir()) if path.stat().st_size > 40)
    found = json.loads(gzip.decompress(written.read_bytes()))
    assert found["text"] == "The mill is old. It stands."
