"""What data-juicer does to texts, from reading to writing; run by `bench.py`, with the Python of its environment.

    python benchmarks/juicer.py TEXTS.jsonl.gz WORK

Its process is `dj-process` with a recipe: the five mappers with which its own recipes for web pages and encyclopaedias
begin, then MinHash over documents with the default configuration, words parted by spaces. The filters of these recipes
are left out, since most of them need models. One process. Results go to the new folder WORK; prints how many documents
it wrote.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

PROCESS = [
    {"clean_email_mapper": None},
    {"clean_links_mapper": None},
    {"fix_unicode_mapper": None},
    {"punctuation_normalization_mapper": None},
    {"whitespace_normalization_mapper": None},
    {"document_minhash_deduplicator": {"tokenization": "space"}},
]


def run(texts: Path, work: Path) -> Path:
    """Clean and deduplicate texts; return the file of the results."""
    work.mkdir(parents=True)
    recipe, output = work / "recipe.yaml", work / "output" / "texts.jsonl"
    settings = {"project_name": "bench", "dataset_path": str(texts), "export_path": str(output), "np": 1}
    recipe.write_text(json.dumps({**settings, "process": PROCESS}))  # JSON is YAML
    # What it has not got it would install as it runs; here that is an error, since it must not be timed. What it has
    # read before it would take from a cache.
    surroundings = {**os.environ, "UV_OFFLINE": "1", "HF_HUB_OFFLINE": "1", "HF_HOME": str(work / "home")}
    command = [str(Path(sys.executable).with_name("dj-process")), "--config", str(recipe)]
    done = subprocess.run(command, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode or not output.exists() or "Errors: 0" not in done.stdout:
        raise SystemExit(f"Cannot run data-juicer: it ended with {done.returncode}.\n{done.stdout[-3000:]}")
    return output


def main() -> None:
    """The command."""
    output = run(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
    with open(output, "rb") as file:
        print(sum(1 for _ in file))


if __name__ == "__main__":
    main()
