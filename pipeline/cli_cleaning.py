"""The commands that clean: `clean-corpus run` and `clean-corpus text`, and the options that they share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pipeline.cli_rules import FILE, rule_set
from pipeline.report import terminal

if TYPE_CHECKING:
    from pipeline.engines.outcome import RunReport
    from pipeline.rules.engine import RuleSet
    from pipeline.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])


class _Folder(click.Path):
    """A folder that is there, or a URL."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if "://" in str(value) else super().convert(value, param, ctx)


FOLDER = _Folder(exists=True, file_okay=False)


def cleaning_options(command: F) -> F:
    """The options of every command that cleans."""
    options = [
        click.option(
            "--gaps",
            type=click.Choice(["drop", "mark", "keep"]),
            default="drop",
            show_default=True,
            help="For a sentence that lost a year and cannot get it back: drop it, mark the place, or keep it.",
        ),
        click.option(
            "--headings",
            type=click.Choice(["plain", "markdown"]),
            default="plain",
            show_default=True,
            help="Write headings as plain lines, or with # before them.",
        ),
        click.option(
            "--labeller",
            type=click.Choice(["forest", "trafilatura", "none"]),
            default="forest",
            show_default=True,
            help="What separates the content of a page from the rest. none keeps the whole page.",
        ),
        click.option("--alt", is_flag=True, help="Include the alternative texts of images in a page."),
        click.option("--typography", is_flag=True, help="Straighten quotes, and write ligatures as letters."),
        click.option("--rules", "packs", type=FILE, multiple=True, metavar="FILE", help="Add a rule pack (TOML)."),
        click.option(
            "--without", multiple=True, metavar="RULE", help="Switch off a rule: its id, or FAMILY.* for a family."
        ),
        click.option(
            "--guard",
            type=float,
            default=0.9,
            show_default=True,
            metavar="SHARE",
            help="If rules would remove more than this share of a document's words, leave it alone and flag it.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.argument("raw", type=FOLDER)
@click.argument("out", type=click.Path())
@click.option(
    "--dedup",
    type=click.Choice(["drop", "mark", "off"]),
    default="drop",
    show_default=True,
    help="For duplicate paragraphs: drop them, mark them in the sidecar, or do not look for them.",
)
@click.option(
    "--scope",
    type=click.Choice(["corpus", "document"]),
    default="corpus",
    show_default=True,
    help="Look for duplicates in the whole corpus, or only within each document.",
)
@click.option(
    "--similarity",
    type=float,
    default=0.8,
    show_default=True,
    metavar="SHARE",
    help="The least share of a duplicate's words that must occur elsewhere. Numbers, names and negations always must.",
)
@cleaning_options
@click.option(
    "--format",
    "layout",
    type=click.Choice(["folder", "jsonl", "jsonl.gz", "jsonl.zst", "parquet", "dolma"]),
    default="folder",
    show_default=True,
    help="Write each document to its own files (folder), or many to a file, in shards.",
)
@click.option(
    "--shard",
    type=click.FloatRange(min=0, min_open=True),
    default=256,
    show_default=True,
    metavar="MB",
    help="How much text goes into a shard.",
)
@click.option("--name", default="corpus", show_default=True, help="The name of the corpus in its description files.")
@click.option(
    "--workers", type=click.IntRange(min=1), help="How many processes clean at a time.  [default: one per core]"
)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Run on this machine, or on a Ray cluster.",
)
@click.option(
    "--address", default="", metavar="HOST:PORT", help="The head of the Ray cluster.  [default: one on this machine]"
)
@click.option(
    "--work",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="For an OUT that is a URL: the folder to work in, which a later run goes on from.  [default: a temporary one]",
)
@click.option("--force", is_flag=True, help="Clean all documents, including those that an earlier run has cleaned.")
@click.option("--profile", is_flag=True, help="Show where the time went, by stage and rule; on a cluster, by phase.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def run(
    raw: str,
    out: str,
    layout: str,
    shard: float,
    name: str,
    workers: int | None,
    engine: str,
    address: str,
    work: str | None,
    force: bool,
    profile: bool,
    quiet: bool,
    **choices: Any,
) -> None:
    """Clean every text and page in the folder RAW, and write to OUT.

    A file in RAW holds one document (.txt, .text, .md, .html, .htm, .xhtml, or a text
    without a suffix) or many (.jsonl, .ndjson, .warc and .wet, each also with .gz or
    .zst, and .parquet). RAW and OUT may be URLs such as s3://bucket/raw, with the
    extra [fsspec].

    For each document, OUT gets NAME.txt, and NAME.json with the ledger of its edits;
    for the corpus, it gets manifest.jsonl. Another --format writes documents and
    ledgers to shards. The same texts and options give the same bytes.

    A run keeps what it has cleaned in OUT/.clean-corpus. A later run cleans only what
    is new or changed, and writes the same bytes as a run that cleans all.

    \b
    Examples:
      clean-corpus run raw clean
      clean-corpus run raw clean --gaps keep --without markers.footnote
      clean-corpus run raw clean --rules my-site.toml --workers 8
      clean-corpus run raw clean --format jsonl.gz
      clean-corpus run s3://bucket/raw s3://bucket/clean --work work
      clean-corpus run raw clean --engine ray --address 10.0.0.1:6379

    The exit code is 1 if a document cannot be cleaned. The others are still written.
    """
    settings, rules = _choices(choices)
    from pipeline.engines.outcome import RunError, WrongFolders
    from pipeline.report.summary import summary, times

    if not shard < float("inf"):
        raise click.UsageError(f"Cannot write shards of {shard} MB. Give a number.")
    run_folder = _engine(engine, address, workers)
    with terminal.progress(steps=2) as progress:
        try:
            report = run_folder(
                raw,
                out,
                settings,
                rules=rules,
                progress=progress,
                force=force,
                layout=layout,
                shard=max(1, int(shard * 1_000_000)),
                name=name,
                profile=profile,
                work=work,
            )
        except WrongFolders as error:
            raise click.UsageError(str(error)) from None
        except RunError as error:
            raise click.ClickException(str(error)) from None
    for problem in report.problems:
        terminal.say(f"Error: {problem}", err=True)
    if not quiet:
        terminal.say(summary(report, raw, out))
    if profile:
        terminal.say(times(report.spent))
    if report.failed:
        sys.exit(1)


def _engine(engine: str, address: str, workers: int | None) -> Callable[..., RunReport]:
    """The run of an engine, with the options that are for it alone."""
    if engine == "ray":
        if workers:
            raise click.UsageError("Cannot use --workers with --engine ray: the cluster has its own. Leave it out.")
        from pipeline.engines.cluster import run as run_cluster

        return partial(run_cluster, address=address or None)
    if address:
        raise click.UsageError("Cannot use --address without a cluster. Add --engine ray, or leave it out.")
    from pipeline.engines.local import run as run_local

    return partial(run_local, workers=workers)


@click.command()
@cleaning_options
@click.option("--html", is_flag=True, help="Treat the input as HTML, even if it does not begin like a page.")
def text(html: bool, **choices: Any) -> None:
    """Clean one text or page from standard input to standard output.

    The input is bytes in any encoding; the output is UTF-8.

    \b
    Example:
      curl -s https://example.org/page.txt | clean-corpus text > page.txt
    """
    settings, rules = _choices(choices)
    for stream in ("stdin", "stdout"):
        if getattr(sys, stream) is None:
            raise click.UsageError(f"Cannot clean a text: {stream} is closed. Give it a file or a pipe.")
    from pipeline.core import LedgerMismatch, Pipeline
    from pipeline.formats.text import encode

    try:
        document = Pipeline(settings, rules=rules).clean(
            sys.stdin.buffer.read(), "standard input", "html" if html else None
        )
    except LedgerMismatch as error:
        raise click.ClickException(str(error)) from None
    sys.stdout.buffer.write(encode(document.text))
    for flag in document.flags:
        terminal.say(f"Flagged: {flag.message}", err=True)


def _choices(choices: dict[str, Any]) -> tuple[Settings, RuleSet]:
    """The settings and the rules that options ask for; what they name wrongly is told."""
    from pipeline.settings import Settings

    rules = rule_set(choices.pop("packs"))
    off = tuple(dict.fromkeys(choices.pop("without")))
    _check_known(off, rules)
    try:
        return Settings(off=off, **choices), rules
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _check_known(off: Iterable[str], rules: RuleSet) -> None:
    """Each name must be the id of a rule, of a pack or of a stage, or a family of them (`family.*`)."""
    if not off:
        return
    from pipeline.report.rules import reasons

    ids = reasons(rules)
    known = [*ids, *sorted({id.partition(".")[0] + ".*" for id in ids})]
    for name in off:
        if name not in known:
            raise terminal.unknown("rule", name, known, "List them with clean-corpus rules list.")
