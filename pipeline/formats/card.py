"""The dataset card, `README.md`: what a corpus in shards is, for people, and for `load_dataset` of Hugging Face.

Its head is YAML that names the files and columns of each table, so that `datasets.load_dataset(FOLDER)` gives the
documents, and `load_dataset(FOLDER, "provenance")` the sidecars. The columns have to be named: the metadata of
documents differ, and the library would take the types of the first file for those of all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from pipeline.formats.tables import About, Table, contents

__all__ = ["NAME", "card"]

NAME = "README.md"
_DTYPES = {"text": "string", "json": "json", "packed": "json"}
_MOST = 20  # licences and languages that are named


def card(about: About) -> bytes:
    """Return the file of the card of a corpus."""
    tables = contents(about.format).tables
    head = [
        f"pretty_name: {json.dumps(about.name, ensure_ascii=False)}",
        "configs:",
        *(line for number, table in enumerate(tables) for line in _files(table, default=not number)),
        "dataset_info:",
        *(line for table in tables for line in _columns(table)),
    ]
    versions = about.making["versions"]
    body = [
        f"# {_one_line(about.name)}",
        "",
        f"{about.documents:,} documents, {about.words:,} words, {about.characters:,} characters of clean text. "
        f"Cleaned by clean-corpus {versions['clean_corpus']}, which keeps every edit: what was taken out of a text, "
        "and by which rule, is in its provenance, from which the source can be made again, byte for byte.",
        "",
        *(f"- `{table.name}` (`{table.files}`): {table.about}" for table in tables),
        "",
        "```python",
        "from datasets import load_dataset",
        "",
        'documents = load_dataset("FOLDER", split="train")  # the folder of this file, or its name on the hub',
        'provenance = load_dataset("FOLDER", "provenance", split="train")',
        "```",
        "",
        *_counts("Licences that the documents name", about.licences, about.documents),
        *_counts("Languages that they name", about.languages, about.documents),
        f"Rules: `{about.making['rules']}`. Settings: `{json.dumps(about.making['settings'], sort_keys=True)}`.",
    ]
    return "\n".join(["---", *head, "---", "", *body, ""]).encode()


def _files(table: Table, default: bool) -> list[str]:
    """Which files a table has."""
    lines = [f"- config_name: {table.name}", f"  data_files: {json.dumps(table.files)}"]
    return [*lines, "  default: true"] if default else lines


def _columns(table: Table) -> list[str]:
    """Which columns it has, and of which type."""
    columns = [f"  - {{name: {column.name}, dtype: {_DTYPES[column.type]}}}" for column in table.columns]
    return [f"- config_name: {table.name}", "  features:", *columns]


def _counts(title: str, counts: Mapping[str, int], documents: int) -> list[str]:
    """A list of what documents name, the most frequent first, or nothing if none does."""
    if not counts:
        return []
    named = [f"- {_one_line(value)}: {count:,}" for value, count in list(counts.items())[:_MOST]]
    more = [f"- and {len(counts) - _MOST:,} more, see `manifest.jsonl`"] if len(counts) > _MOST else []
    return [f"{title}, of {documents:,}:", "", *named, *more, ""]


def _one_line(value: str) -> str:
    """A value that comes from documents, so that it cannot be taken for markup of the card."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|!" else c for c in " ".join(value.split()))
