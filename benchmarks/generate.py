"""Write corpora for benchmarks: the same bytes for the same seed, on every machine.

    python benchmarks/generate.py FOLDER --megabytes 10 --kind debris --seed 1

Four kinds: `prose` is clean, one paragraph a line; `wrapped` is the same with lines of 72 characters at most;
`debris` mixes the families of `families.py` into it, 10 to 40 % of each document; `mixed` is what people have: every
tenth document of a family of debris, and in the others every fifth paragraph a copy of an earlier one, every tenth one
nearly. FOLDER/raw gets NAME.txt; FOLDER/gold
gets NAME.gold.tsv, rows of start, end, label that tile the text in code points (`keep`, `debris`, `either`), and
NAME.gaps.tsv, rows of position and lost text, where a text lost something.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random

from families import Marked, before_loss, compose, load, unmark, wrap
from prose import Writer
from variants import Variants

KINDS = ("prose", "wrapped", "debris", "mixed")
MEGABYTE = 1_000_000
COPIED, NEARLY = 0.2, 0.1  # of the paragraphs of mixed documents


def documents(kind: str, seed: int = 0) -> Iterator[tuple[str, Marked]]:
    """Yield (name, document) without end; documents have 2 to 20 thousand characters, short ones more often.

    >>> name, document = next(documents("prose", seed=1))
    >>> name, document.labels == [(0, len(document.raw), "keep")]
    ('prose-00000', True)
    """
    if kind not in KINDS:
        raise ValueError(f"Cannot generate {kind!r}: it is not a kind. Choose one of {', '.join(KINDS)}.")
    random = Random(f"{seed}/{'prose' if kind == 'wrapped' else kind}")
    writer = Writer(random)
    if kind == "mixed":
        yield from mixed(seed, random, writer)
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


def mixed(seed: int, random: Random, writer: Writer) -> Iterator[tuple[str, Marked]]:
    """Yield (name, document) without end: documents of prose with copies of paragraphs, and some with debris."""
    debris = documents("debris", seed)
    variants = Variants(writer)
    seen: list[str] = []
    for n in count():
        if n % 10 == 9:
            name, document = next(debris)
            yield f"mixed-{n:06}-{name.rpartition('-')[2]}", document
            continue
        paragraphs = []
        for paragraph in writer.document(int(2000 * 10 ** random.random())):
            chance = random.random()
            if seen and chance < COPIED:
                paragraph = random.choice(seen)
            elif seen and chance < COPIED + NEARLY:
                paragraph = variants.harmless(random.choice(seen), 1)[1]
            elif len(paragraph) >= 80:
                seen.append(paragraph)
            paragraphs.append(paragraph)
        text = "\n\n".join(paragraphs) + "\n"
        yield f"mixed-{n:06}", Marked(text, [(0, len(text), "keep")], [])


def generate(folder: str | Path, megabytes: float, kind: str, seed: int = 0) -> int:
    """Write at least `megabytes` (millions of bytes) of a kind to FOLDER/raw, with labels in FOLDER/gold.

    Returns the number of documents. Files that stand there already are written over, not removed.
    """
    raw, gold = Path(folder, "raw"), Path(folder, "gold")
    raw.mkdir(parents=True, exist_ok=True)
    gold.mkdir(parents=True, exist_ok=True)
    written = 0
    made = 0
    for name, document in documents(kind, seed):
        made += 1
        data = document.raw.encode()
        (raw / f"{name}.txt").write_bytes(data)
        write_rows(gold / f"{name}.gold.tsv", document.labels)
        if document.lost:
            write_rows(gold / f"{name}.gaps.tsv", document.lost)
        written += len(data)
        if written >= megabytes * MEGABYTE:
            break
    return made


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
    options = parser.parse_args()
    made = generate(options.folder, options.megabytes, options.kind, options.seed)
    print(f"{made} documents in {options.folder / 'raw'}")


if __name__ == "__main__":
    main()
