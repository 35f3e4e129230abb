"""Write corpora for benchmarks: the same bytes for the same seed, on every machine.

    python benchmarks/generate.py FOLDER --megabytes 10 --kind debris --seed 1

Four kinds: `prose` is clean, one paragraph a line; `wrapped` is the same with lines of 72 characters at most;
`debris` mixes the families of `families.py` into it, 10 to 40 % of each document; `mixed` is what people have: every
tenth document of a family of debris, and in the others every fifth paragraph a copy of an earlier one, every tenth one
nearly; its documents of prose have 2 to 20 thousand bytes, and those of debris nearly always.

FOLDER/raw gets NAME.txt; FOLDER/gold gets NAME.gold.tsv, rows of start, end, label that tile the text in code points
(`keep`, `debris`, `either`), and NAME.gaps.tsv, rows of position and lost text, where a text lost something.
FOLDER/facts.json says what the corpus is made of, as it was counted.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random

from environments import BENCH
from families import Marked, before_loss, compose, load, unmark, wrap
from prose import Writer
from variants import Variants

HERE = Path(__file__).resolve().parent
KINDS = ("prose", "wrapped", "debris", "mixed")
MEGABYTE = 1_000_000
COPIED, NEARLY = 0.2, 0.1  # of the paragraphs of mixed documents
SMALLEST, LARGEST = 2_000, 20_000  # bytes of mixed documents
Block = tuple[str, str]  # how it came to be (`new`, `exact`, `near`), and its text


def documents(kind: str, seed: int = 0, made: Counter[str] | None = None) -> Iterator[tuple[str, Marked]]:
    """Yield (name, document) without end; documents have 2 to 20 thousand characters, short ones more often.

    For `mixed`, `made` counts the paragraphs by how they came to be, and the documents by their family of debris.

    >>> name, document = next(documents("prose", seed=1))
    >>> name, document.labels == [(0, len(document.raw), "keep")]
    ('prose-00000', True)
    """
    if kind not in KINDS:
        raise ValueError(f"Cannot generate {kind!r}: it is not a kind. Choose one of {', '.join(KINDS)}.")
    random = Random(f"{seed}/{'prose' if kind == 'wrapped' else kind}")
    writer = Writer(random)
    if kind == "mixed":
        yield from mixed(seed, random, writer, Counter() if made is None else made)
    wrapped = wrap(72)
    families = load()
    for n in count():
        name, size = f"{kind}-{n:05}", int(2000 * 10 ** random.random())
        if kind == "debris":
            family = families[n % len(families)]
            share = 0.12 + 0.25 * random.random()
            text = compose(family, writer, share, size)
            yield f"{name}-{family.name}", unmark(text)
            if "⟮" in text:
                yield (
                    f"{name}-source",
                    unmark(before_loss(text).strip() + "\n"),
                )  # another document that has what this one lost
        else:
            text = "\n\n".join(writer.document(size)) + "\n"
            text = wrapped(text) if kind == "wrapped" else text
            yield name, Marked(text, [(0, len(text), "keep")], [])


def mixed(seed: int, random: Random, writer: Writer, made: Counter[str]) -> Iterator[tuple[str, Marked]]:
    """Yield (name, document) without end: documents of prose with copies of paragraphs, and some with debris."""
    debris = documents("debris", seed)
    variants = Variants(writer)
    seen: list[str] = []
    for n in count():
        if n % 10 == 9:
            name, document = next(debris)
            family = name.rpartition("-")[2]
            made[family] += 1
            yield f"mixed-{n:06}-{family}", document
            continue
        text = ""
        while not fits(text):
            blocks = with_copies(writer.document(int(2000 * 10 ** random.random())), seen, random, variants)
            text = "\n\n".join(block for _, block in blocks) + "\n"
        made.update(how for how, _ in blocks)
        seen += [block for how, block in blocks if how == "new" and len(block) >= 80]
        yield f"mixed-{n:06}", Marked(text, [(0, len(text), "keep")], [])


def fits(text: str) -> bool:
    """Whether a document of prose has a size that it should have."""
    return SMALLEST <= len(text.encode()) <= LARGEST


def with_copies(blocks: list[str], seen: list[str], random: Random, variants: Variants) -> list[Block]:
    """The blocks of a document, some of them replaced by copies of what was seen in earlier documents."""

    def one(block: str) -> Block:
        chance = random.random()
        if seen and chance < COPIED:
            return "exact", random.choice(seen)
        if seen and chance < COPIED + NEARLY:
            return "near", variants.harmless(random.choice(seen), 1)[1]
        return "new", block

    return [one(block) for block in blocks]


def generate(folder: str | Path, megabytes: float, kind: str, seed: int = 0, gold: bool = True) -> int:
    """Write at least `megabytes` (millions of bytes) of a kind to FOLDER/raw, with labels in FOLDER/gold if asked for.

    Returns the number of documents. Files that stand there already are written over, not removed.
    """
    raw, labels = Path(folder, "raw"), Path(folder, "gold")
    raw.mkdir(parents=True, exist_ok=True)
    labels.mkdir(parents=True, exist_ok=True)
    sizes: list[int] = []
    made: Counter[str] = Counter()
    written = blocks = 0
    for name, document in documents(kind, seed, made):
        data = document.raw.encode()
        (raw / f"{name}.txt").write_bytes(data)
        if gold:
            write_rows(labels / f"{name}.gold.tsv", document.labels)
        if gold and document.lost:
            write_rows(labels / f"{name}.gaps.tsv", document.lost)
        sizes.append(len(data))
        written += len(data)
        blocks += document.raw.strip().count("\n\n") + 1
        if written >= megabytes * MEGABYTE:
            break
    facts = {"kind": kind, "seed": seed, **facts_of(sizes, blocks, made)}
    Path(folder, "facts.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8", newline="\n")
    return len(sizes)


def facts_of(sizes: list[int], blocks: int, made: Counter[str]) -> dict[str, object]:
    """What a corpus is made of: `blocks` are what stands between blank lines; shares are of the paragraphs of prose.

    >>> facts_of([2000, 4000], 10, Counter(new=7, exact=2, near=1, web=1))["exact_share"]
    0.2
    """
    planted = {how: made[how] for how in ("new", "exact", "near") if how in made}
    families = {family: number for family, number in sorted(made.items()) if family not in planted}
    facts: dict[str, object] = {
        "bytes": sum(sizes),
        "documents": len(sizes),
        "smallest": min(sizes),
        "largest": max(sizes),
        "fitting_share": round(sum(SMALLEST <= size <= LARGEST for size in sizes) / len(sizes), 4),
        "blocks": blocks,
    }
    if planted:
        shares = {f"{how}_share": round(planted.get(how, 0) / sum(planted.values()), 4) for how in ("exact", "near")}
        debris = sum(families.values())
        facts |= {**shares, "debris_share": round(debris / len(sizes), 4), "families": families}
    return facts


def corpus_folder(kind: str, megabytes: float, gold: bool = True) -> Path:
    """Generate a corpus into .bench unless it is there. Its folder names the generator's state: no old one is used.

    Another process makes it, since what a large one has in memory must not count as memory of what is measured.
    """
    names = ("generate.py", "variants.py", "families.py", "families.toml", "prose.py", "copies.toml", "words.txt")
    state = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in names)).hexdigest()[:8]
    folder = BENCH / f"{kind}-{megabytes:g}-{state}{'' if gold else '-raw'}"
    if not folder.exists():
        unfinished = folder.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        command = [sys.executable, str(HERE / "generate.py"), str(unfinished), "--kind", kind]
        options = ["--megabytes", f"{megabytes:g}", *([] if gold else ["--raw-only"])]
        subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)
        unfinished.rename(folder)
    return folder


def write_rows(path: Path, rows: list[tuple[int, int, str]] | list[tuple[int, str]]) -> None:
    """Write rows as tab-separated lines."""
    lines = ["\t".join(map(str, row)) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Write a corpus for benchmarks, the same for the same seed.")
    parser.add_argument("folder", type=Path, help="where raw/ and gold/ go")
    parser.add_argument("--megabytes", type=float, default=10, help="millions of bytes to write (default: 10)")
    parser.add_argument("--kind", choices=KINDS, default="prose", help="default: prose")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--raw-only", action="store_true", help="write no labels")
    options = parser.parse_args()
    made = generate(options.folder, options.megabytes, options.kind, options.seed, not options.raw_only)
    print(f"{made} documents in {options.folder / 'raw'}, of which {options.folder / 'facts.json'} tells")


if __name__ == "__main__":
    main()
