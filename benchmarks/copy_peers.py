"""Find duplicate paragraphs with other tools; run by `duplicates.py --peers`, with the Python of an environment that
has them.

Reads a JSON list of texts, and prints a line of JSON for each tool: its name, the seconds that it took, and the numbers
of the texts that go, or why it is absent. All get the same treatment, the usual one: the set of runs of five words of a
text, MinHash with 128 permutations, LSH for candidates, of which those stay whose estimated Jaccard similarity reaches
the threshold. What is connected is one group, of which the first text stays. Texts of fewer than 8 words are not looked
at: else every heading that repeats would go.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from time import perf_counter

PERMUTATIONS = 128
THRESHOLDS = (0.5, 0.7)
RUN, LEAST = 5, 8  # words of a shingle, and of a text
BANDS = 32  # of rensa, which does not choose them itself: what is 0.5 alike meets with a chance of 87 %, 0.7 of 99.98 %

Pairs = Iterable[tuple[int, int]]
Tool = Callable[[list[list[str]], float], Pairs]


def shingles(text: str) -> list[str]:
    """The runs of five words of a text, each once; none if it is too short.

    >>> shingles("The mill, the OLD mill by the river.")[:2]
    ['the mill the old mill', 'mill the old mill by']
    """
    words = re.findall(r"\w+", text.lower())
    if len(words) < LEAST:
        return []
    return list(dict.fromkeys(" ".join(words[at : at + RUN]) for at in range(len(words) - RUN + 1)))


def datasketch(sets: list[list[str]], threshold: float) -> Pairs:
    """datasketch's MinHash and MinHashLSH, which chooses bands by the threshold."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
    hashes = {}
    for number, runs in enumerate(sets):
        if runs:
            one = hashes[number] = MinHash(num_perm=PERMUTATIONS)
            one.update_batch([run.encode() for run in runs])
            yield from ((other, number) for other in index.query(one) if one.jaccard(hashes[other]) >= threshold)
            index.insert(number, one)


def rensa(sets: list[list[str]], threshold: float) -> Pairs:
    """rensa's RMinHash and RMinHashLSH."""
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, num_bands=BANDS)
    hashes = {}
    for number, runs in enumerate(sets):
        if runs:
            one = hashes[number] = RMinHash(num_perm=PERMUTATIONS, seed=1)
            one.update(runs)
            yield from ((other, number) for other in index.query(one) if one.jaccard(hashes[other]) >= threshold)
            index.insert(number, one)


TOOLS: dict[str, Tool] = {"datasketch": datasketch, "rensa": rensa}


def repeated(pairs: Pairs) -> list[int]:
    """What goes if of all that is connected only the first stays.

    >>> repeated([(0, 2), (2, 4), (1, 3)])
    [2, 3, 4]
    """
    parent: dict[int, int] = {}

    def root(number: int) -> int:
        while (above := parent.get(number, number)) != number:
            number = above
        return number

    for pair in pairs:
        one, other = sorted(map(root, pair))
        parent[other] = one
    return sorted(number for number in parent if root(number) != number)


def run(name: str, texts: list[str]) -> Iterator[dict[str, object]]:
    """What a tool takes at each threshold, or why it did not run."""
    try:
        version = importlib.metadata.version(name)
        for threshold in THRESHOLDS:
            start = perf_counter()
            gone = repeated(TOOLS[name]([shingles(text) for text in texts], threshold))
            yield {"name": f"{name} {version}, {threshold}", "seconds": perf_counter() - start, "gone": gone}
    except ImportError as error:
        yield {"name": name, "absent": f"{type(error).__name__}: {error}"}


def main() -> None:
    """The command."""
    texts = json.load(sys.stdin)
    for name in TOOLS:
        for result in run(name, texts):
            print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
