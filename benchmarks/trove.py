"""Time datatrove on a folder of texts, from reading to writing; run with the Python of an environment that has it.

    python benchmarks/trove.py FOLDER/raw

Its pipeline is what its examples do to a crawl: the line rules of C4, then MinHash over documents (signatures, buckets,
clusters, filter) with the default configuration, by its local executor with one worker. Counting sentences is left out,
since it needs a tokenizer. Prints a line of JSON: name, version, and the seconds.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import sys
import tempfile
from pathlib import Path
from time import perf_counter


def run(raw: Path, work: Path) -> float:
    """Clean and deduplicate the texts of a folder; return the seconds."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets
    from datatrove.pipeline.filters import C4QualityFilter
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    source = work / "source"
    source.mkdir()
    with open(source / "texts.jsonl", "w", encoding="utf-8") as file:
        for path in sorted(raw.iterdir()):
            file.write(json.dumps({"id": path.stem, "text": path.read_text(encoding="utf-8")}) + "\n")
    config = MinhashConfig()
    cleaned, signatures, buckets, removed, output = (
        str(work / name) for name in ("cleaned", "signatures", "buckets", "removed", "output")
    )
    rules = C4QualityFilter(min_num_sentences=-1, filter_no_terminal_punct=True)
    steps = [
        [JsonlReader(str(source)), rules, JsonlWriter(cleaned, compression=None)],
        [JsonlReader(cleaned), MinhashDedupSignature(signatures, config=config)],
        [MinhashDedupBuckets(signatures, buckets, config=config)],
        [MinhashDedupCluster(buckets, removed, config=config)],
        [JsonlReader(cleaned), MinhashDedupFilter(removed), JsonlWriter(output, compression=None)],
    ]
    start = perf_counter()
    for number, step in enumerate(steps):
        tasks = config.num_buckets if number == 2 else 1
        LocalPipelineExecutor(step, tasks=tasks, workers=1, logging_dir=str(work / f"logs{number}")).run()
    return perf_counter() - start


def main() -> None:
    """The command."""
    raw = Path(sys.argv[1])
    os.environ["LOGURU_LEVEL"] = "ERROR"
    try:
        with tempfile.TemporaryDirectory() as work, contextlib.redirect_stdout(sys.stderr):
            seconds = run(raw, Path(work))
    except ImportError as error:
        print(json.dumps({"name": "datatrove", "absent": str(error).splitlines()[0]}))
        return
    version = importlib.metadata.version("datatrove")
    print(json.dumps({"name": "datatrove C4 and MinHash", "version": version, "seconds": seconds}))


if __name__ == "__main__":
    main()
