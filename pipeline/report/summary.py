"""The summary of a run, in words and 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.engines.outcome import RunReport, Spent
from pipeline.engines.profile import ALL
from pipeline.formats.records import named
from pipeline.formats.text import printable

__all__ = ["clip", "summary", "times"]

_WIDTH = 80
_LISTED = 10  # documents named in a list
_TIMES = 15  # rows of a table of times


def summary(report: RunReport, raw: str, out: str) -> str:
    """Return what a run did, and where to look next.

    >>> report = RunReport(documents=1, characters_in=10, characters_out=9, rules={"a.b": [1, 1, 0]})
    >>> print(summary(report, "raw", "clean"))
    1 document: 9 of 10 characters kept (90.0 %)
    <BLANKLINE>
      rules                 edits   characters out   characters in
      a                         1                1               0
    <BLANKLINE>
      gaps 0 · restored 0 · duplicates 0 · flagged 0 · errors 0 · skipped 0
    <BLANKLINE>
    Look next: clean-corpus verify clean --raw raw
               clean-corpus diff DOC --out clean
               clean-corpus explain DOC --out clean
    """
    return "\n".join(_lines(report, printable(raw), printable(out)))


def _lines(report: RunReport, raw: str, out: str) -> Iterator[str]:
    characters = f"{report.characters_out:,} of {report.characters_in:,} characters"
    yield f"{named(report.documents, 'document')}: {characters} kept ({percent(report.kept)})"
    if report.reused:
        cleaned = max(0, report.documents - report.reused)
        changed = len(report.rewritten)
        yield f"{report.reused:,} were cleaned before, {cleaned:,} now; {changed:,} of the earlier ones changed"
    if report.published is not None:
        yield f"{named(report.published, 'file')} {'was' if report.published == 1 else 'were'} put to {out}"
    families: dict[str, list[int]] = {}
    for rule, count in report.rules.items():
        total = families.setdefault(rule.partition(".")[0], [0, 0, 0])
        total[:] = [one + more for one, more in zip(total, count, strict=True)]
    if families:
        yield ""
        yield f"  {'rules':<17} {'edits':>9} {'characters out':>16} {'characters in':>15}"
        for family, (edits, taken, written) in sorted(families.items(), key=lambda item: (-item[1][1], item[0])):
            yield f"  {clip(family, 17):<17} {edits:>9,} {taken:>16,} {written:>15,}"
    yield ""
    counts = {
        "gaps": sum(report.gaps.values()),
        "restored": report.restored,
        "duplicates": report.duplicates,
        "flagged": len({id for id, _, _ in report.flags}),
        "errors": len(report.problems),
        "skipped": len(report.skipped),
    }
    yield "  " + " · ".join(f"{name} {count:,}" for name, count in counts.items())
    yield from _listed("Flagged, to be looked at", (f"{printable(id)}: {what}" for id, _, what in report.flags))
    yield from _listed("Skipped", (f"{printable(name)} ({why})" for name, why in report.skipped))
    yield from _listed("Changed, since the corpus is another", map(printable, report.rewritten))
    yield from _listed("Removed, as RAW no longer gives them", map(printable, report.removed))
    yield ""
    yield f"Look next: clean-corpus verify {out} --raw {raw}"
    yield f"           clean-corpus diff DOC --out {out}"
    yield f"           clean-corpus explain DOC --out {out}"


def times(spent: Spent) -> str:
    """Where the time of a run went: its phases on the clock; in all workers together, their work, the stages of
    cleaning, and the dearest rules.

    >>> print(times({("phase", "to clean"): 1.0, ("work", ALL): 0.9, ("stage", "debris"): 0.6, ("rule", "a.b"): 0.2}))
    <BLANKLINE>
      phase                          seconds   share
      to clean                          1.00   100 %
    <BLANKLINE>
      work                           seconds   share
      debris                            0.60  66.7 %
      reading and ledger                0.30  33.3 %
    <BLANKLINE>
      rule                           seconds   share
      a.b                               0.20  22.2 %
    """
    named: dict[str, dict[str, float]] = {"phase": {}, "work": {}, "stage": {}, "rule": {}}
    for (kind, name), seconds in spent.items():
        named[kind][name] = seconds
    stages = named.pop("stage")
    if ALL in named["work"]:
        stages["reading and ledger"] = named["work"].pop(ALL) - sum(stages.values())
    named["work"] |= stages
    work = sum(named["work"].values())
    lines = []
    for kind, found in named.items():
        if found:
            lines += ["", f"  {kind:<28} {'seconds':>9} {'share':>7}"]
        whole = sum(found.values()) if kind == "phase" else work
        for name, seconds in sorted(found.items(), key=lambda row: (-row[1], row[0]))[:_TIMES]:
            lines.append(f"  {clip(name, 28):<28} {seconds:>9.2f} {percent(seconds / whole):>7}")
    return "\n".join(lines)


def _listed(title: str, items: Iterable[str]) -> Iterator[str]:
    """A titled list, cut after some items."""
    found = list(items)
    if found:
        yield ""
        yield f"{title}:"
        yield from (f"  {clip(item, _WIDTH - 2)}" for item in found[:_LISTED])
        if len(found) > _LISTED:
            yield f"  … and {len(found) - _LISTED:,} more"


def percent(share: float) -> str:
    """A share as people read it; only what is whole is 100 %.

    >>> percent(0.5), percent(1.0), percent(0.99999)
    ('50.0 %', '100 %', '99.9 %')
    """
    return "100 %" if share == 1 else f"{min(share, 0.999) if share < 1 else share:.1%}".replace("%", " %")


def clip(text: str, width: int) -> str:
    """Cut the middle out of a text on one line that is wider than `width`.

    >>> clip("a long name of a thing", 11)
    'a lon…thing'
    """
    text = " ".join(text.split())
    if len(text) <= width:
        return text
    left = width // 2
    return text[:left] + "…" + text[len(text) - (width - left - 1) :]
