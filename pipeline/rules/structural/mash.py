"""Site chrome inside of a line: menus, buttons and forms that an extractor ran together with the text.

Nobody writes "Home About Us Services Contact Us Login": a run of cues, each with a capital, is a menu. From a run the
stretch grows over more cues, and over the few other words between, as long as they are names rather than sentences.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import re2
import regex

from pipeline.rules.lines import SMALL_WORDS, Lines
from pipeline.rules.rule import SENTENCE, Span, Structural, examples
from pipeline.rules.structural.cues import FIRM, LEVELS, MINOR_PHRASES, SURE, WEAK

ID = "chrome.mash"
SCORE = {SURE: 3.0, FIRM: 2.5, WEAK: 1.5}
MINOR, NAME, NUMBER, WORD, SMALL, STOP = 0.8, -0.6, -0.3, -1.2, -1.5, -1.0
DROP = 7.0  # what the sum may lose between two cues
FEWEST, LEAST = 5, 8.0  # cues of a stretch, and their sum
FEWER, LESS = 2, 4.0  # the same for other stretches of the line
GAP = 12  # words between two stretches that go as well, if no sentence ends there
RIGHTS = regex.compile(r"\s*(?:copyright )?(?:©|\(c\)).{0,120}", regex.I)
TOKEN = regex.compile(r"\S+")
BARS = frozenset("|/•·-–—>»›+*")


def _options() -> object:
    """Upper and lower case count: menus have capitals, sentences have few."""
    options = re2.Options()
    options.max_mem = 64 << 20
    return options


# Words with which cues begin, two of them next to each other: no run is without.
STARTS = (
    "About|Accueil|Add|Archives|Back|Blog|Cart|Checkout|Contact|Copy|Create|Email|FAQ|Facebook|Follow|Forgot|Home|Inicio|"
    "Instagram|Leave|LinkedIn|Log|Login|Menu|My|Navigation|News|Newsletter|Next|Pin|Pinterest|Previous|Print|Privacy|Read|"
    "Register|Related|Search|Services|Share|Shop|Sign|Skip|Startseite|Subscribe|Terms|Toggle|Tweet|Twitter|View|Your|YouTube"
)
BLANK = r"[ \t|•·/>»-]+"
RUN = re2.compile(rf"(?:^|[ \t])(?:{STARTS}){BLANK}(?:[\w-]+{BLANK}){{0,2}}(?:{STARTS})(?:[ \t]|$)", _options())


def _by_first_word() -> dict[str, list[tuple[tuple[str, ...], float]]]:
    table: dict[str, list[tuple[tuple[str, ...], float]]] = defaultdict(list)
    for phrase in MINOR_PHRASES | LEVELS.keys():
        words = tuple(word for word in phrase.split() if word not in BARS)
        if words:
            table[words[0]].append((words, SCORE[LEVELS[phrase]] if phrase in LEVELS else MINOR))
    return {first: sorted(entries, key=lambda entry: -len(entry[0])) for first, entries in table.items()}


PHRASES = _by_first_word()


def find(lines: Lines) -> Sequence[Span]:
    """Propose to drop stretches of cues inside of lines, and a whole line that is nothing else."""
    if not RUN.search(lines.data):
        return ()
    spans = []
    for index in sorted({lines.at(match.start() + 1) for match in RUN.finditer(lines.text)}):
        row = lines.rows[index]
        if len(row) < 60:
            continue
        for start, end in _stretches(row):
            if not row[:start].strip() and not row[end:].strip():
                spans.append(Span(lines.starts[index], lines.end(index), "", ID))
                continue
            if row[:start].strip():
                start = len(row[:start].rstrip())
            if not row[:start].strip():
                end += len(row[end:]) - len(row[end:].lstrip())
            spans.append(Span(lines.starts[index] + start, lines.starts[index] + end, "", ID))
    return spans


def _stretches(row: str) -> Iterable[tuple[int, int]]:
    """The stretches of a line that are cues, as offsets into it. Where there is a long one, short ones go too."""
    tokens = [(match.group(), match.start(), match.end()) for match in TOKEN.finditer(row)]
    runs: list[tuple[int, int]] = []
    sure = False
    at = 0
    while at < len(tokens):
        if not _step(tokens, at)[1]:
            at += 1
            continue
        last, cues, best, firm = _grow(tokens, at)
        if cues >= FEWER and best >= LESS:
            sure = sure or (cues >= FEWEST and best >= LEAST and firm)
            if (
                runs
                and at - runs[-1][1] <= GAP
                and not any(word[-1] in ".!?" for word, _, _ in tokens[runs[-1][1] : at])
            ):
                runs[-1] = (runs[-1][0], last)
            else:
                runs.append((at, last))
        at = max(last, at + 1)
    if not sure:
        return
    if all(_is_name(word) for word, _, _ in tokens[runs[-1][1] :]) or RIGHTS.fullmatch(row, tokens[runs[-1][1] - 1][2]):
        runs[-1] = (runs[-1][0], len(tokens))
    for first, last in runs:
        yield tokens[first][1], tokens[last - 1][2]


def _grow(tokens: Sequence[tuple[str, int, int]], at: int) -> tuple[int, int, float, bool]:
    """Grow a stretch from the word `at`: the word after it, its cues, their sum, and whether one of them is firm."""
    here, total, best, cues, taken, firm = at, 0.0, 0.0, 0, 0, False
    last = at
    while here < len(tokens) and total >= best - DROP:
        score, is_cue, size = _step(tokens, here)
        total += score
        cues += is_cue
        firm = firm or score >= SCORE[FIRM]
        here += size
        if is_cue and total >= best:
            best, last, taken = total, here, cues
    return last, taken, best, firm


def _step(tokens: Sequence[tuple[str, int, int]], at: int) -> tuple[float, bool, int]:
    """The score of the words from `at` on, whether they are a cue, and how many they are."""
    word = tokens[at][0]
    if word in BARS:
        return 0.0, False, 1
    if not word[0].islower():
        for words, score in PHRASES.get(word.lower().rstrip(".,:!…"), ()) or PHRASES.get(word.lower(), ()):
            size = len(words)
            found = [token.lower() for token, _, _ in tokens[at : at + size]]
            if len(found) == size and (found == list(words) or [w.rstrip(".,:!…") for w in found] == list(words)):
                return score, score > MINOR, size
    stop = STOP if word[-1] in ".!?" else 0.0
    if word.lower() in SMALL_WORDS:
        return SMALL + stop, False, 1
    if word[0].islower():
        return WORD + stop, False, 1
    return (NAME if word[0].isalpha() else NUMBER) + stop, False, 1


def _is_name(word: str) -> bool:
    return word[-1] not in ".!?" and (not word[0].islower() or word in SMALL_WORDS)


RULE = Structural(
    id=ID,
    about="A menu, a row of buttons or a form that was run together with the text in one line.",
    find=find,
    phase=1,
    match=examples(
        f"⟦Home About Us Services Gallery Contact Us Search Log in Register ⟧{SENTENCE}"
        "⟦ Read More Share Tweet Pin Email Related Posts Leave a Comment Name Website Privacy Policy Terms of Use⟧",
        "⟦Toggle navigation Home Shop Gift Cards FAQ Contact Us Sign in Create account Your cart is empty\n⟧"
        f"{SENTENCE}",
    ),
    keep=examples(
        "Home is where the search for support and services ends: contact us, about us, follow us, the card said.",
        f"{SENTENCE} Facebook Twitter Instagram",
        "The buttons are called Home, Search and Share, and the fields Name, Email and Website, as before.",
    ),
)
