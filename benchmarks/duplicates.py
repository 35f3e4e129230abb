"""Measure how well duplicate paragraphs are found, on a corpus where each has a label: `copies.py` says what they mean.

    python benchmarks/duplicates.py
    python benchmarks/duplicates.py --paragraphs 20000 --seed 3 --peers --detail

clean-corpus gets the documents as files, and is asked for the duplicates that it marks (`--dedup mark`); its seconds
are those of the whole run with one worker, and those of a run that looks for none are shown to compare. Peers
(`copy_peers.py`) get the labelled paragraphs, so that they need not find out where one ends; theirs are the seconds for
that alone.

- `exact`: of the copies that must go because others have the same words, the share that went. Of n paragraphs of one
  form, n - 1 must go, whichever one stays.
- `near`: the same for forms. Of the k forms of a group k - 1 must go with all their copies, whichever one stays.
- `covered`: of what is said by a group and also within larger paragraphs, each needs saying once. A merged paragraph
  may go, or both that it is made of; two halves may go, or the whole that has both.
- `negative`, `unique`, `generic` and `group`: how many paragraphs would have to come back for nothing to be lost, by
  the class of the first of their group (`group` is `original` or `covered`). A hard negative, a unique paragraph or a
  heading is a group of its own; of any other group one must stay, unless others say all that it says.
- `precision`: of the paragraphs that went, the share that need not come back.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from copies import Corpus, Paragraph, corpus, write
from environments import python_of

HERE = Path(__file__).parent
ENOUGH = 0.95  # of the letters of a paragraph that are in what went: then it went
LOST = ("negative", "unique", "generic", "group")
HEADER = ("", "exact", "near", "covered", "precision", "went", *LOST, "seconds", "MB/s")


class Share(NamedTuple):
    """So many of so many."""

    found: int = 0
    of: int = 0

    def plus(self, found: int, of: int) -> Share:
        """With some more."""
        return Share(self.found + found, self.of + of)

    def __str__(self) -> str:
        return f"{self.found / self.of:.4f}" if self.of else "-"


class Score(NamedTuple):
    """What a tool found of what must go, how many paragraphs went, and what was lost, by class."""

    exact: Share
    near: Share
    covered: Share
    went: int
    lost: Counter[str]

    @property
    def precision(self) -> Share:
        """The share of what went that was right."""
        return Share(self.went - self.lost.total(), self.went)

    def cells(self) -> tuple[str, ...]:
        """The score as cells of the table."""
        recalls = map(str, (self.exact, self.near, self.covered, self.precision))
        return (*recalls, str(self.went), *(str(self.lost[kind]) for kind in LOST))


class Result(NamedTuple):
    """What a tool took, by id of the paragraph, and the seconds that it needed."""

    name: str
    gone: set[str]
    seconds: float


Tool = Callable[[Corpus], Iterator[Result]]


# The score


def score(paragraphs: Iterable[Paragraph], gone: Collection[str]) -> Score:
    """Score what went.

    >>> def say(id, kind, form, *says):
    ...     return Paragraph(id, "d", 0, 1, kind, "", form, says)
    >>> group = [say("a", "original", 0, 0), say("b", "exact", 0, 0), say("c", "near", 1, 0)]
    >>> score(group, {"a", "c"}).cells()[:4]
    ('1.0000', '1.0000', '-', '1.0000')
    >>> score(group, {"b"}).near
    Share(found=0, of=1)
    >>> score(group, {"a", "b", "c"}).lost
    Counter({'group': 1})
    """
    groups: dict[tuple[int, ...], list[Paragraph]] = defaultdict(list)
    for paragraph in paragraphs:
        groups[paragraph.says].append(paragraph)
    exact, near, covered = Share(), Share(), Share()
    for members in groups.values():
        forms: dict[int, list[bool]] = defaultdict(list)
        for paragraph in members:
            forms[paragraph.form].append(paragraph.id in gone)
        for copies in forms.values():
            exact = exact.plus(min(sum(copies), len(copies) - 1), len(copies) - 1)
        near = near.plus(min(sum(map(all, forms.values())), len(forms) - 1), len(forms) - 1)
    spoken: dict[int, list[bool]] = defaultdict(list)  # by what is said: whether each group that says it stands
    for says, members in groups.items():
        for content in says:
            spoken[content].append(any(paragraph.id not in gone for paragraph in members))
    for stands in spoken.values():
        covered = covered.plus(min(stands.count(False), len(stands) - 1), len(stands) - 1)
    went = sum(paragraph.id in gone for members in groups.values() for paragraph in members)
    back = missed(groups, {content for content, stands in spoken.items() if not any(stands)})
    return Score(exact, near, covered, went, Counter(kind_of(groups[says]) for says in back))


def missed(groups: Iterable[tuple[int, ...]], lost: set[int]) -> Iterator[tuple[int, ...]]:
    """The fewest groups, near enough, that would bring back what is lost.

    >>> list(missed([(1,), (2,), (1, 2), (3, 4)], {1, 2}))
    [(1, 2)]
    """
    left = set(lost)
    for says in sorted(groups, key=lambda says: -len(lost.intersection(says))):
        if not left.isdisjoint(says):
            left.difference_update(says)
            yield says


def kind_of(group: Sequence[Paragraph]) -> str:
    """The class of a group: that of its first paragraph, of which the others are copies."""
    kind = next(paragraph.kind for paragraph in group if paragraph.kind not in ("exact", "near"))
    return kind if kind in LOST else "group"


def detail(paragraphs: Sequence[Paragraph], gone: Collection[str]) -> dict[str, Share]:
    """By class and by what was done to them: near and covered paragraphs that were found, negatives that were lost.

    Found means here that a paragraph went, or what it was made of, with all its copies.
    """
    ids = {paragraph.id: paragraph for paragraph in paragraphs}
    forms: dict[int, bool] = defaultdict(lambda: True)  # whether all of a form went
    says: dict[tuple[int, ...], bool] = defaultdict(lambda: True)
    for paragraph in paragraphs:
        forms[paragraph.form] &= paragraph.id in gone
        says[paragraph.says] &= paragraph.id in gone
    shares: dict[str, Share] = defaultdict(Share)
    for paragraph in paragraphs:
        bases = [ids[id] for id in paragraph.of]
        match paragraph.kind:
            case "near":
                found = forms[paragraph.form] or forms[bases[0].form]
            case "covered":
                found = says[paragraph.says] or all(says[base.says] for base in bases)
            case "negative":
                found = says[paragraph.says]
            case _:
                continue
        for how in paragraph.how.split("+"):
            shares[f"{paragraph.kind}: {how}"] = shares[f"{paragraph.kind}: {how}"].plus(found, 1)
    return dict(sorted(shares.items()))


# The tools


def ours(made: Corpus, dedup: str = "mark") -> Iterator[Result]:
    """clean-corpus, through its folder run: what the sidecars name as duplicates."""
    from pipeline.engines import local
    from pipeline.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        write(made, work)
        start = perf_counter()
        local.run(work / "raw", work / "out", Settings(dedup=dedup, gaps="keep"), workers=1)
        seconds = perf_counter() - start
        marked = {}
        for name in made.documents:
            sidecar = json.loads((work / "out" / f"{name}.json").read_text(encoding="utf-8"))
            marked[name] = [tuple(row["raw"]) for row in sidecar["duplicates"]]
    yield Result(f"clean-corpus --dedup {dedup}", within(made, marked), seconds)


def within(made: Corpus, spans: dict[str, list[tuple[int, int]]]) -> set[str]:
    """The ids of the paragraphs that spans, given by document, take nearly all letters of."""
    taken = set()
    for paragraph in made.paragraphs:
        text = made.documents[paragraph.document]
        parts = [
            text[max(start, paragraph.start) : min(end, paragraph.end)]
            for start, end in spans.get(paragraph.document, ())
            if start < paragraph.end and end > paragraph.start
        ]
        if parts and sum(map(letters, parts)) >= ENOUGH * letters(text[paragraph.start : paragraph.end]):
            taken.add(paragraph.id)
    return taken


def letters(text: str) -> int:
    """How many letters and digits a text has.

    >>> letters("It is 5 km.")
    7
    """
    return sum(map(str.isalnum, text))


def peers(made: Corpus) -> Iterator[Result]:
    """Other tools, in an environment of their own; says which are not there."""
    python = python_of("peers", "datasketch rensa")
    if python is None:
        return
    texts = [made.documents[document][start:end] for _, document, start, end, *_ in made.paragraphs]
    command = [str(python), str(HERE / "copy_peers.py")]
    done = subprocess.run(command, input=json.dumps(texts), stdout=subprocess.PIPE, text=True, check=True)
    for line in done.stdout.splitlines():
        result = json.loads(line)
        if "absent" in result:
            print(f"{result['name']} was not measured: {result['absent']}", file=sys.stderr)
        else:
            gone = {made.paragraphs[number].id for number in result["gone"]}
            yield Result(result["name"], gone, result["seconds"])


# The tables


def show(made: Corpus, results: Iterable[Result]) -> None:
    """Print a row for each tool, as it comes."""
    size = sum(len(text.encode()) for text in made.documents.values())
    _row(*HEADER)
    for name, gone, seconds in results:
        speed = (f"{seconds:.2f}", f"{size / seconds / 1e6:.2f}")
        _row(name, *score(made.paragraphs, gone).cells(), *speed)


def show_detail(made: Corpus, results: Sequence[Result]) -> None:
    """Print what was found and lost by what was done to the paragraphs, a column for each tool."""
    tables = [detail(made.paragraphs, result.gone) for result in results]
    print("\nFound of near and covered paragraphs, and lost of negatives, by what was done to them")
    for number, result in enumerate(results, 1):
        print(f"  {number}: {result.name}")
    _row("", *map(str, range(1, len(results) + 1)), "of")
    for what, share in tables[0].items():
        _row(what, *(str(table[what].found) for table in tables), str(share.of))


def _row(name: str, *cells: str) -> None:
    print(f"{name:26}" + "".join(f"{cell:>10}" for cell in cells), flush=True)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Measure how well duplicate paragraphs are found.")
    parser.add_argument("--paragraphs", type=int, default=4000, help="default: 4000")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--peers", action="store_true", help="other tools, too, from the environment .bench/peers")
    parser.add_argument("--detail", action="store_true", help="print what was found by what was done to it, too")
    options = parser.parse_args()
    made = corpus(options.paragraphs, options.seed)
    classes = Counter(paragraph.kind for paragraph in made.paragraphs)
    print(f"{len(made.paragraphs)} paragraphs in {len(made.documents)} documents:", end=" ")
    print(", ".join(f"{count} {kind}" for kind, count in sorted(classes.items())), end="\n\n")
    tools: list[Tool] = [partial(ours, dedup="off"), ours, *([peers] if options.peers else [])]
    results: list[Result] = []

    def running() -> Iterator[Result]:
        for tool in tools:
            for result in tool(made):
                results.append(result)
                yield result

    show(made, running())
    if options.detail:
        show_detail(made, results[1:])


if __name__ == "__main__":
    main()
