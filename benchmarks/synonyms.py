"""Write `pipeline/corpus/synonyms.txt` from WordNet: which words may stand for each other.

    python benchmarks/synonyms.py FOLDER > pipeline/corpus/synonyms.txt

FOLDER holds the files of WordNet 3.0 (`data.noun`, `index.noun`, `noun.exc`, `cntlist.rev` …), as the package
`wordnet-base` of Debian has them. Words count that occur in the texts in which WordNet's authors marked meanings, and
such as are written like one of these: *plough* beside *plow*.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from difflib import get_close_matches
from pathlib import Path

FIRST = 2  # meanings of a verb, in which it may stand for one that says less
PARTS = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
HEAD = """\
# Words that may stand for each other: the words of a line have a meaning in common. Behind the empty line are forms
# that do not follow the rules, each with its word. Written by benchmarks/synonyms.py from WordNet 3.0, changed: single
# words that are not rare; an adjective stands with those that are similar to it, a verb with the one that it specifies.
#
# WordNet 3.0 Copyright 2006 by Princeton University. All rights reserved.
# Permission to use, copy, modify and distribute this software and database and its documentation for any purpose and
# without fee or royalty is hereby granted, provided that you agree to comply with the following copyright notice and
# statements, including the disclaimer, and that the same appear on ALL copies of the software, database and
# documentation, including modifications that you make for internal use or for distribution.
# THIS SOFTWARE AND DATABASE IS PROVIDED "AS IS" AND PRINCETON UNIVERSITY MAKES NO REPRESENTATIONS OR WARRANTIES,
# EXPRESS OR IMPLIED. BY WAY OF EXAMPLE, BUT NOT LIMITATION, PRINCETON UNIVERSITY MAKES NO REPRESENTATIONS OR
# WARRANTIES OF MERCHANTABILITY OR FITNESS FOR ANY PARTICULAR PURPOSE OR THAT THE USE OF THE LICENSED SOFTWARE,
# DATABASE OR DOCUMENTATION WILL NOT INFRINGE ANY THIRD PARTY PATENTS, COPYRIGHTS, TRADEMARKS OR OTHER RIGHTS.
# The name of Princeton University or Princeton may not be used in advertising or publicity pertaining to distribution
# of the software and/or database. Title to copyright in this software, database and any associated documentation shall
# at all times remain with Princeton University and LICENSEE agrees to preserve same.
"""


def rows(path: Path) -> list[str]:
    """The lines of a file of WordNet, without its licence."""
    return [line for line in path.read_text(encoding="ascii").splitlines() if line[:1] != " "]


def main(folder: Path) -> None:
    """Print the lines."""
    counts: Counter[str] = Counter()
    for line in rows(folder / "cntlist.rev"):
        key, _, count = line.split()
        counts[key.split("%")[0]] += int(count)
    senses: dict[tuple[str, str], list[str]] = {}
    similar: list[tuple[tuple[str, str], tuple[str, str]]] = []
    wider: list[tuple[tuple[str, str], tuple[str, str]]] = []
    first: set[tuple[str, str, str]] = set()
    for part, name in PARTS.items():
        for line in rows(folder / f"index.{name}"):
            word, _, size, *fields = line.split()
            first |= {(part, word, sense) for sense in fields[-int(size) :][:FIRST]}
        for line in rows(folder / f"data.{name}"):
            fields = line.split("|")[0].split()
            size = int(fields[3], 16)
            words = [re.sub(r"\(.*\)", "", word) for word in fields[4 : 4 + 2 * size : 2]]
            words = [word for word in words if re.fullmatch("[a-z]{2,}", word)]
            often = [word for word in words if counts[word]]
            senses[part, fields[0]] = [word for word in words if word in often or get_close_matches(word, often)]
            pointers = fields[5 + 2 * size :]
            similar += [
                ((part, fields[0]), (part, pointers[at + 1]))
                for at in range(0, len(pointers) - 3, 4)
                if pointers[at] == "&" and fields[2] == "s"
            ]
            wider += [
                ((part, fields[0]), (part, pointers[at + 1]))
                for at in range(0, len(pointers) - 3, 4)
                if pointers[at] == "@" and part == "v"
            ]
    found = {frozenset(words) for words in senses.values()}
    found |= {frozenset([*senses[one], *senses[other]]) for one, other in similar if senses[one] and senses[other]}
    for pair in wider:
        one, other = ({word for word in senses[at] if (*at[:1], word, at[1]) in first} for at in pair)
        if one and other:
            found.add(frozenset(one | other))
    lines = {words for words in found if len(words) > 1}
    known = frozenset().union(*lines)
    forms = {
        (form, word)
        for name in PARTS.values()
        for form, word, *_ in map(str.split, rows(folder / f"{name}.exc"))
        if word in known and form.isalpha()
    }
    print(HEAD + "\n".join(sorted(" ".join(sorted(words)) for words in lines)))
    print("\n" + "\n".join(" ".join(pair) for pair in sorted(forms)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
