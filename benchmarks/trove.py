"""What datatrove does to texts, from reading to writing; run by `bench.py`, with the Python of its environment.

    python benchmarks/trove.py TEXTS.jsonl.gz WORK

Its pipeline is what its examples do to a crawl: the line rules of C4, then MinHash over documents (signatures, buckets,
clusters, filter) with the default configuration, by its local executor with one worker. Counting sentences is left out,
since it needs a tokenizer. Results go to the new folder WORK; prints how many documents it wrote.
"""

from __future__ import annotations

import gzip
import os
import shutil
import sys
from pathlib import Path


def run(texts: Path, work: Path) -> Path:
    """Clean and deduplicate texts; return the folder of the results."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets
    from datatrove.pipeline.filters import C4QualityFilter
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    source = work / "source"
    source.mkdir(parents=True)
    shutil.copy(texts, source)
    config = MinhashConfig()
    cleaned, signatures, buckets, removed, output = (
        str(work / name) for name in ("cleaned", "signatures", "buckets", "removed", "output")
    )
    rules = C4QualityFilter(min_num_sentences=-1, filter_no_terminal_punct=True)
    steps = [
        [JsonlReader(str(source)), rules, JsonlWriter(cleaned)],
        [JsonlReader(cleaned), MinhashDedupSignature(signatures, config=config)],
        [MinhashDedupBuckets(signatures, buckets, config=config)],
        [MinhashDedupCluster(buckets, removed, config=config)],
        [JsonlReader(cleaned), MinhashDedupFilter(removed), JsonlWriter(output)],
    ]
    for number, step in enumerate(steps):
        tasks = config.num_buckets if number == 2 else 1
        LocalPipelineExecutor(step, tasks=tasks, workers=1, logging_dir=str(work / f"logs{number}")).run()
    return work / "output"


def main() -> None:
    """The command."""
    os.environ["LOGURU_LEVEL"] = "ERROR"
    output = run(Path(sys.argv[1]), Path(sys.argv[2]))
    print(sum(gzip.decompress(path.read_bytes()).count(b"\n") for path in output.iterdir()))


if __name__ == "__main__":
    main()
