"""datatrove (Hugging Face): a step that cleans the documents of its pipelines, and a reader of what a run wrote.

    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter
    from pipeline.integrations.datatrove import Cleaner

    LocalPipelineExecutor([JsonlReader("raw"), Cleaner(), JsonlWriter("clean")], tasks=8, workers=4).run()

What both tell of a document is in its metadata, as `clean_corpus`:

- `removed`: by rule, how many edits it made, and how many characters these took and wrote;
- `facts`: kind, value and rule of what was learnt, as the licence;
- `gaps`: how many places still lack something; `flags`: the kinds of what a person should look at;
- `ledger`, if it is asked for: every edit, as JSON, in the form of the sidecar.

A step sees one document at a time, so what needs the whole corpus (dropped years, duplicates) is left to a run, whose
results `CleanReader` reads. Both need `pip install 'clean-corpus[datatrove]'`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.core import Pipeline
from pipeline.document import Media
from pipeline.formats import jsonio, manifest, sidecar, text
from pipeline.rules.engine import RuleSet
from pipeline.settings import Settings

try:
    from datatrove.data import Document
    from datatrove.pipeline.base import PipelineStep
    from datatrove.pipeline.readers.base import BaseDiskReader
    from datatrove.utils.logging import logger
    from datatrove.utils.typeshelper import StatHints
except ImportError as error:
    raise ImportError(
        f"Cannot use datatrove: {error.name} is not installed. Use pip install 'clean-corpus[datatrove]'."
    ) from error

__all__ = ["KEY", "CleanReader", "Cleaner"]

KEY = "clean_corpus"  # of the metadata


class Cleaner(PipelineStep):  # type: ignore[misc]
    """Cleans the text of each document, and tells in its metadata what was removed; all else stays as it is.

    `settings` and `rules` are those of `pipeline.Pipeline`; `media` is `html` if the texts are sources of pages, and
    by default what they begin like. With `ledger`, the metadata hold every edit. A document is never dropped, also if
    nothing of its text is left. Statistics: `total`, the edits a document, the characters taken and written, and the
    characters taken by each rule.
    """

    type = "✂️ - FORMAT"
    name = "🧹 clean-corpus"

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        rules: RuleSet | None = None,
        media: Media | None = None,
        ledger: bool = False,
    ) -> None:
        super().__init__()
        self.settings = settings or Settings()
        self.rules = rules
        self.media = media
        self.ledger = ledger

    def run(self, data: Iterable[Document], rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Clean documents as they come; the rules are compiled here, in the process of the task."""
        cleaner = Pipeline(self.settings, rules=self.rules)
        for document in data or ():
            self.stat_update(StatHints.total)
            with self.track_time():
                clean = cleaner.clean(document.text, document.id, self.media)
                passes = [{"stage": stage, "edits": edits} for stage, edits in clean.ledger]
                facts = [{"kind": fact.kind, "value": fact.value, "rule": fact.rule} for fact in clean.facts]
                flags = [flag.kind for flag in clean.flags]
                document.text = clean.text
                document.metadata[KEY] = _notes(passes, facts, len(clean.gaps), flags, self.ledger)
            self._count(document.metadata[KEY]["removed"])
            self.update_doc_stats(document)
            yield document

    def _count(self, removed: Sequence[Mapping[str, Any]]) -> None:
        for name in ("edits", "taken", "written"):
            self.stat_update(name, value=sum(row[name] for row in removed), unit="doc")
        for row in removed:
            self.stat_update(f"taken: {row['rule']}", value=row["taken"], unit="doc")


class CleanReader(BaseDiskReader):  # type: ignore[misc]
    """Reads the clean texts of a folder that a run made, in any format but Dolma's, with their ids.

    The metadata are those of the source of a document, the sidecar's share as `clean_corpus`, and `file_path`. All
    that datatrove's other readers take (`limit`, `skip`, `default_metadata` …) goes here, too. Tasks share the files.
    As with these, a document without text is left out; the statistic `empty` counts them.
    """

    name = "🧹 clean-corpus"

    def __init__(self, data_folder: Any, *, ledger: bool = False, **options: Any) -> None:
        super().__init__(data_folder, **options)
        self.ledger = ledger

    def run(self, data: Iterable[Document] | None = None, rank: int = 0, world_size: int = 1) -> Iterator[Document]:
        """Yield the documents of this task; raises `ValueError` if the folder is none that a run made."""
        if self.data_folder.exists(f"attributes/{KEY}"):
            raise ValueError(
                f"Cannot read {self.data_folder.path}: it is in Dolma's format, which has the raw texts. Let "
                "`dolma -c mixer.json mix` make the clean ones, and read `mixed` with JsonlReader."
            )
        if not self.data_folder.exists(manifest.NAME):
            raise ValueError(
                f"Cannot read {self.data_folder.path}: there is no {manifest.NAME}. Give the folder that a run made."
            )
        in_shards = self.data_folder.glob("provenance/[0-9][0-9][0-9][0-9][0-9].*")
        self.glob_pattern = "documents/*" if in_shards else "**/*.txt"
        yield from super().run(data, rank, world_size)

    def read_file(self, filepath: str) -> Iterator[Document]:
        """Yield the documents of a file: a shard, or a text with its sidecar beside it."""
        rows = self._text(filepath) if filepath.endswith(".txt") else self._shard(filepath)
        for number, (row, side) in enumerate(rows):
            facts = [{name: fact[name] for name in ("kind", "value", "rule")} for fact in side["facts"]]
            flags = [flag["kind"] for flag in side["flags"]]
            notes = _notes(side["ledger"], facts, len(side["gaps"]), flags, self.ledger)
            if row["text"]:
                yield self.get_document_from_dict({**row, KEY: notes}, filepath, number)
            else:
                self.stat_update("empty")

    def _text(self, path: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        side = path.removesuffix(".txt") + ".json"
        if not self.data_folder.exists(side):
            logger.warning(f"Left out {path}: there is no sidecar beside it, so no run made it.")
            return
        data = sidecar.load(self.data_folder.cat_file(side))
        yield {"id": data["id"], "text": text.decode(self.data_folder.cat_file(path))}, data

    def _shard(self, path: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        sides = self._rows("provenance/" + path.rpartition("/")[2])
        for row, side in zip(self._rows(path), sides, strict=True):
            data = jsonio.loads(side["sidecar"].encode()) if "sidecar" in side else side
            if data["id"] != row["id"]:
                raise ValueError(
                    f"Cannot read {path}: document {row['id']!r} stands where its provenance has {data['id']!r}. "
                    "Files of two runs are mixed; run again."
                )
            yield row, data

    def _rows(self, path: str) -> Iterator[dict[str, Any]]:
        if path.endswith(".parquet"):
            from pyarrow.parquet import ParquetFile

            with self.data_folder.open(path, "rb") as file:
                for batch in ParquetFile(file).iter_batches(batch_size=100):
                    yield from batch.to_pylist()
            return
        with self.data_folder.open(path, "rt", encoding="utf-8", compression="infer") as file:
            for line in file:
                yield jsonio.loads(line.encode())


def _notes(
    passes: Iterable[Mapping[str, Any]],
    facts: Sequence[Mapping[str, str]],
    gaps: int,
    flags: Sequence[str],
    ledger: bool,
) -> dict[str, Any]:
    """What the metadata of a document say; the members of all documents are the same, as Parquet wants them."""
    passes = list(passes)
    removed = [
        {"rule": rule, "edits": edits, "taken": taken, "written": written}
        for rule, (edits, taken, written) in sorted(manifest.counts(passes).items())
    ]
    notes: dict[str, Any] = {"removed": removed, "facts": list(facts), "gaps": gaps, "flags": list(flags)}
    notes = jsonio.well_formed(notes)  # a fact may hold half a character, which the writers of datatrove refuse
    return notes | {"ledger": jsonio.dumps(passes).decode()} if ledger else notes
