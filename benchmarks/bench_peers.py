"""The other tools that `bench.py` compares with: what they do, and the measure that runs them in turn with ours."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench_runs import RUN_ONE, Bench, Commands, Row, facts, fresh, in_turn, mixed, ours, row, say
from environments import BENCH, Unavailable, made
from measured import Failed, Run, run

HERE = Path(__file__).resolve().parent
OURS = "clean-corpus"
SENTENCE = "The mill was built by the monks, and it ground the corn of the whole valley until the flood of spring. "


class Peer(NamedTuple):
    """Another tool: its package, the script that runs it, and what it does and does not do."""

    package: str
    script: str
    does: str


PEERS = {
    "datatrove": Peer(
        "datatrove",
        "trove.py",
        "Drops lines by the rules of C4, then whole documents by MinHash. It repairs nothing and finds no "
        "near-duplicate paragraphs.",
    ),
    "data-juicer": Peer(
        "py-data-juicer",
        "juicer.py",
        "Removes addresses and links, repairs characters (ftfy), normalises punctuation and spaces, then drops whole "
        "documents by MinHash. It removes no debris and no single paragraphs.",
    ),
    "dolma": Peer(
        "dolma",
        "mixer.py",
        "Tags lines by the rules of C4, documents by those of Gopher, personal data, and exact duplicate paragraphs by "
        "a Bloom filter (in Rust); then writes the documents without the tagged parts. It repairs nothing and finds no "
        "near-duplicates.",
    ),
}
WE_DO = (
    "Decodes, repairs characters, removes debris, mends lines and seams, restores dropped years, drops exact, near "
    "and covered paragraphs; writes each document, a ledger that gives back its raw bytes, and a manifest."
)


def peers(bench: Bench) -> Row:
    """All of it, one core: ours and another tool in turn."""
    corpus, small = mixed(bench.mode.megabytes), one_document()
    rows: list[Row] = []
    for name, peer in PEERS.items():
        try:
            python = made(name)
            say(f"{name}, {bench.mode.megabytes:g} MB, one core")
            starts = in_turn(pair(bench, python, peer, small), 2 if bench.mode.repeat < 3 else 3)
            runs = in_turn(pair(bench, python, peer, corpus), bench.mode.repeat)
        except (Unavailable, Failed) as error:
            rows.append({"what": name, "absent": str(error), "does": peer.does})
            continue
        version = next(line for line in requirements(name) if line.startswith(f"{peer.package}==")).partition("==")[2]
        command = f"python benchmarks/{peer.script} TEXTS.jsonl.gz WORK"
        started = {who: [round(run.wall, 4) for run in runs] for who, runs in starts.items()}
        written = int(runs[name][-1].output.split()[-1])
        rows.append(
            row(name, runs[name], command, version=version, does=peer.does, starts=started[name], written=written)
        )
        rows[-1]["ours"] = row(OURS, runs[OURS], RUN_ONE, does=WE_DO, starts=started[OURS])
    return {"facts": facts(corpus), "rows": rows}


def pair(bench: Bench, python: Path, peer: Peer, corpus: Path) -> Commands:
    """Our command and that of another tool, on a corpus."""
    texts = as_records(corpus)
    return {
        OURS: lambda: ours(bench.work, corpus / "raw", 1, bench.one),
        peer.package.removeprefix("py-"): lambda: theirs(bench.work, python, peer, texts, bench.one),
    }


def requirements(name: str) -> list[str]:
    """The packages of the environment of another tool, with their versions."""
    return (HERE / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def theirs(work: Path, python: Path, peer: Peer, texts: Path, on: Sequence[int]) -> Run:
    """Let another tool clean the same texts into a new folder; how many documents it wrote is its output."""
    out = fresh(work)
    return run([str(python), str(HERE / peer.script), str(texts), str(out / "work")], on, {"TMPDIR": str(out)})


def as_records(corpus: Path) -> Path:
    """The texts of a corpus as one file of records, which the other tools read; it is made once, and not timed."""
    target = corpus / "texts.jsonl.gz"
    if not target.exists():
        part = target.with_suffix(".part")
        with gzip.open(part, "wt", encoding="utf-8", compresslevel=6) as file:
            for path in sorted((corpus / "raw").iterdir()):
                record = {"id": path.stem, "source": "mixed", "text": path.read_text(encoding="utf-8")}
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
        part.rename(target)
    return target


def one_document() -> Path:
    """A corpus of one document of two thousand bytes: what it takes is what starting takes."""
    corpus = BENCH / "one-document"
    (corpus / "raw").mkdir(parents=True, exist_ok=True)
    (corpus / "raw" / "one.txt").write_text(20 * SENTENCE + "\n", encoding="utf-8")
    return corpus
