"""What Dolma does to texts, from reading to writing; run by `bench.py`, with the Python of its environment.

    python benchmarks/mixer.py TEXTS.jsonl.gz WORK

Three commands, as its guide has them: `dolma tag` with the rules of C4, those of Gopher and personal data; `dolma
dedupe` of paragraphs by a Bloom filter; `dolma mix`, which leaves out documents by the rules and takes out the lines
and paragraphs that were tagged, in the way of the configurations with which Dolma itself was made. Rules that need
models are left out, and those on repetitions, by which the documents of a generated corpus would go as a whole. One
process. Results go to the new folder WORK; prints how many documents it wrote.
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path

TAGGERS = ("c4_v2", "gopher_v2", "pii_regex_with_counts_fast_v2")
PARAGRAPHS = 10_000_000  # what the Bloom filter is made for
EXCLUDE = (  # documents, by what the taggers say of them
    "c4_v2__has_lorem_ipsum[0][2] >= 1.0",
    "c4_v2__has_javascript[0][2] >= 1.0",
    "c4_v2__has_naughty_word[0][2] >= 1.0",
    "c4_v2__has_curly_brace[0][2] >= 1.0",
    "gopher_v2__word_count[0][2] < 50",
    "gopher_v2__word_count[0][2] > 100000",
    "gopher_v2__median_word_length[0][2] < 3",
    "gopher_v2__median_word_length[0][2] > 10",
    "gopher_v2__symbol_to_word_ratio[0][2] > 0.1",
    "gopher_v2__fraction_of_words_with_alpha_character[0][2] < 0.8",
    "gopher_v2__required_word_count[0][2] < 2",
    "gopher_v2__fraction_of_lines_starting_with_bullet_point[0][2] > 0.9",
    "gopher_v2__fraction_of_lines_ending_with_ellipsis[0][2] > 0.3",
)
REPLACE = {  # spans, by their attributes
    "duplicates": "",
    "tags__c4_v2__lines_with_no_ending_punctuation": "",
    "tags__c4_v2__lines_with_too_few_words": "",
    "tags__pii_regex_with_counts_fast_v2__EMAIL_ADDRESS": " |||EMAIL_ADDRESS||| ",
    "tags__pii_regex_with_counts_fast_v2__PHONE_NUMBER": " |||PHONE_NUMBER||| ",
    "tags__pii_regex_with_counts_fast_v2__IP_ADDRESS": " |||IP_ADDRESS||| ",
}


def excluded(condition: str) -> str:
    """The path by which the mixer finds documents of which a condition holds."""
    name = condition.partition("[")[0]
    return f"$.attributes[?(@.tags__{name} && @.tags__{name}[0] && @.tags__{condition})]"


def mix(work: Path) -> dict[str, object]:
    """The configuration of the mixer."""
    stream = {
        "name": "texts",
        "documents": [str(work / "documents" / "*")],
        "attributes": ["tags", "duplicates"],
        "output": {"path": str(work / "output"), "max_size_in_bytes": 1_000_000_000, "discard_fields": ["attributes"]},
        "filter": {"include": [], "exclude": [excluded(condition) for condition in EXCLUDE]},
        "span_replacement": [
            {"span": f"$.attributes.{name}", "min_score": 0.5, "replacement": text} for name, text in REPLACE.items()
        ],
    }
    return {"streams": [stream], "processes": 1}


def run(texts: Path, work: Path) -> Path:
    """Clean and deduplicate texts; return the folder of the results."""
    documents, mixer = work / "documents", work / "mixer.json"
    documents.mkdir(parents=True)
    shutil.copy(texts, documents)
    mixer.write_text(json.dumps(mix(work)))
    source = ("--documents", str(documents / "*"), "--processes", "1")
    paragraphs = ("--dedupe.paragraphs.attribute_name", "duplicates", "--dedupe.skip_empty")
    bloom = ("--bloom_filter.file", str(work / "bloom.bin"), "--no-bloom_filter.read_only")
    size = ("--bloom_filter.estimated_doc_count", str(PARAGRAPHS), "--bloom_filter.desired_false_positive_rate", "1e-4")
    dolma("tag", *source, "--experiment", "tags", "--taggers", *TAGGERS)
    dolma("dedupe", *source, *paragraphs, *bloom, *size)
    dolma("-c", str(mixer), "mix", "--processes", "1")
    return work / "output"


def dolma(*arguments: str) -> None:
    """Run a command of Dolma."""
    program = str(Path(sys.executable).with_name("dolma"))
    done = subprocess.run([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise SystemExit(f"Cannot run dolma {arguments[0]}: it ended with {done.returncode}.\n{done.stdout[-3000:]}")


def main() -> None:
    """The command."""
    output = run(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
    print(sum(gzip.decompress(path.read_bytes()).count(b"\n") for path in output.iterdir()))


if __name__ == "__main__":
    main()
