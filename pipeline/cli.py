"""The command line. Commands are thin: they read options, call the library, and print what comes back.

Whatever is heavy is imported inside of a command, so that `--help` is there at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pipeline.cli_rules import FILE, rule_set, rules
from pipeline.report import terminal

if TYPE_CHECKING:
    from pipeline.rules.engine import RuleSet
    from pipeline.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


class _Raw(click.Path):
    """A folder that is there, or a URL."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if "://" in str(value) else super().convert(value, param, ctx)


RAW = _Raw(exists=True, file_okay=False)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog="Exit codes: 0 all is well; 1 something failed, or was found to be wrong; 2 wrong usage.",
)
@click.version_option(package_name="clean-corpus")
def main() -> None:
    """Clean a corpus of scraped text, and keep a ledger of every edit.

    \b
    Clean a folder, prove that nothing was lost, and look at a document:
      clean-corpus run raw clean
      clean-corpus verify clean --raw raw
      clean-corpus diff NAME --out clean
      clean-corpus explain NAME:12 --out clean
    """


def cleaning_options(command: F) -> F:
    """The options of every command that cleans."""
    options = [
        click.option(
            "--gaps",
            type=click.Choice(["drop", "mark", "keep"]),
            default="drop",
            show_default=True,
            help="A sentence that lost a year and cannot get it back: drop it, mark the place, or keep it as it is.",
        ),
        click.option(
            "--headings",
            type=click.Choice(["plain", "markdown"]),
            default="plain",
            show_default=True,
            help="How headings are written: as plain lines, or with # before them.",
        ),
        click.option(
            "--labeller",
            type=click.Choice(["forest", "trafilatura", "none"]),
            default="forest",
            show_default=True,
            help="What tells the content of a page from its debris; with none, all of the page stays.",
        ),
        click.option("--alt", is_flag=True, help="Show the texts of a page that stand for images."),
        click.option("--typography", is_flag=True, help="Straighten quotes, and write ligatures as letters."),
        click.option("--rules", "packs", type=FILE, multiple=True, metavar="FILE", help="Add a rule pack (TOML)."),
        click.option("--without", multiple=True, metavar="RULE", help="Switch a rule off: its id, or FAMILY.*"),
        click.option(
            "--guard",
            type=float,
            default=0.9,
            show_default=True,
            metavar="SHARE",
            help="Leave a document alone, and flag it, if rules would take more than this share of its words.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def out_option(command: F) -> F:
    """The folder that a document of an earlier run is looked up in."""
    return click.option(
        "--out", type=FOLDER, default="clean", show_default=True, help="The folder that the run wrote."
    )(command)


@main.command()
@click.argument("raw", type=RAW)
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--dedup",
    type=click.Choice(["drop", "mark", "off"]),
    default="drop",
    show_default=True,
    help="Paragraphs whose text stands elsewhere, too: drop them, mark them in the sidecar, or do not look.",
)
@click.option(
    "--scope",
    type=click.Choice(["corpus", "document"]),
    default="corpus",
    show_default=True,
    help="Where duplicates are looked for: in all documents, or within each.",
)
@click.option(
    "--similarity",
    type=float,
    default=0.8,
    show_default=True,
    metavar="SHARE",
    help="The least share of a paragraph's words that must stand elsewhere. Numbers, names and negations always must.",
)
@cleaning_options
@click.option(
    "--format",
    "layout",
    type=click.Choice(["folder", "jsonl", "jsonl.gz", "jsonl.zst", "parquet", "dolma"]),
    default="folder",
    show_default=True,
    help="How documents are written: each to files of its own, or many to a file, in shards.",
)
@click.option(
    "--shard",
    type=click.FloatRange(min=0, min_open=True),
    default=256,
    show_default=True,
    metavar="MB",
    help="The text in a shard.",
)
@click.option("--name", default="corpus", show_default=True, help="What the corpus is called, where it is described.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes that clean at a time.  [default: one a core]")
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Where documents are cleaned: on this machine, or on a Ray cluster.",
)
@click.option(
    "--address", default="", metavar="HOST:PORT", help="The head of the Ray cluster.  [default: one of this machine]"
)
@click.option("--force", is_flag=True, help="Clean all documents, also those that an earlier run has kept.")
@click.option("--profile", is_flag=True, help="Tell where the time went, by stage and rule; of a cluster, by phase.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def run(
    raw: str,
    out: Path,
    layout: str,
    shard: float,
    name: str,
    workers: int | None,
    engine: str,
    address: str,
    force: bool,
    profile: bool,
    quiet: bool,
    **choices: Any,
) -> None:
    """Clean every text and page of the folder RAW into the folder OUT.

    RAW may be a URL, as s3://bucket/raw, which fsspec reads (the extra [fsspec]).

    Documents are the .txt, .text, .md, .html, .htm and .xhtml files below RAW, text
    files without a suffix, and the records of .jsonl, .ndjson, .warc and .wet files,
    also .gz and .zst, and of .parquet files. For each, OUT gets NAME.txt, and NAME.json with the ledger of its edits;
    for all, manifest.jsonl; with another --format, shards of documents and of their
    ledgers. The same texts and options give the same bytes. What was cleaned is kept
    in OUT/.clean-corpus, so that a later run cleans only what is new or changed.

    \b
    Examples:
      clean-corpus run raw clean
      clean-corpus run raw clean --gaps keep --without markers.footnote
      clean-corpus run raw clean --rules my-site.toml --workers 8
      clean-corpus run raw clean --format jsonl.gz
      clean-corpus run s3://bucket/raw clean
      clean-corpus run raw clean --engine ray --address 10.0.0.1:6379

    Exit code 1 if a document could not be cleaned; the others are there all the same.
    """
    settings, rules = _choices(choices)
    from functools import partial

    from pipeline.engines.outcome import RunError, WrongFolders
    from pipeline.report.summary import summary, times

    if address and engine != "ray":
        raise click.UsageError("Cannot use --address without a cluster. Add --engine ray, or leave it out.")
    if workers and engine == "ray":
        raise click.UsageError("Cannot use --workers with --engine ray: the cluster has its own. Leave it out.")
    run_folder: Callable[..., Any]
    if engine == "ray":
        from pipeline.engines.cluster import run as run_cluster

        run_folder = partial(run_cluster, address=address or None)
    else:
        from pipeline.engines.local import run as run_local

        run_folder = partial(run_local, workers=workers)
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
                shard=int(shard * 1_000_000),
                name=name,
                profile=profile,
            )
        except WrongFolders as error:
            raise click.UsageError(str(error)) from None
        except RunError as error:
            raise click.ClickException(str(error)) from None
    for problem in report.problems:
        terminal.say(f"Error: {problem}", err=True)
    if not quiet:
        terminal.say(summary(report, raw, str(out)))
    if profile:
        terminal.say(times(report.spent))
    if report.failed:
        sys.exit(1)


@main.command()
@cleaning_options
@click.option("--html", is_flag=True, help="The input is the source of a page, even if it does not begin like one.")
def text(html: bool, **choices: Any) -> None:
    """Clean one text or page from standard input to standard output.

    The input is bytes in any encoding; the output is UTF-8.

    \b
    Example:
      curl -s https://example.org/page.txt | clean-corpus text > page.txt
    """
    settings, rules = _choices(choices)
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


@main.command()
@click.argument("doc")
@out_option
@click.option("--unified", is_flag=True, help="Write a patch from the raw text to the clean text.")
@click.option("--spaces", is_flag=True, help="Show the edits that only change white space, too.")
def diff(doc: str, out: Path, unified: bool, spaces: bool) -> None:
    """Show what cleaning changed in DOC, the id of a document.

    Removed text is red, written text is green, the rule follows in brackets; in a
    pipe they stand in [-...-] and {+...+}. The raw text is rebuilt from the ledger.

    \b
    Examples:
      clean-corpus diff travel/oslo
      clean-corpus diff travel/oslo --spaces | less
      clean-corpus diff travel/oslo --unified > oslo.patch
    """
    from pipeline.report import diff as views

    document = terminal.document(out, doc)
    if unified:
        pieces = views.unified(document, colour=terminal.colour())
    else:
        pieces = views.inline(document, colour=terminal.colour(), spaces=spaces)
    for piece in pieces:
        terminal.say(piece, nl=False)


@main.command()
@click.argument("doc", metavar="DOC[:LINE]")
@out_option
@click.option("--raw", "of_raw", is_flag=True, help="LINE is a line of the raw text: tell what became of it.")
def explain(doc: str, out: Path, of_raw: bool) -> None:
    """Tell what happened in a document, or at a line of it, and why.

    With a LINE of the clean text: where it comes from, and each edit that touched it,
    with the rule and its reason. Without: sizes, edits by rule, facts, gaps, flags.
    Of a duplicate it tells the document and the paragraph that stay.

    \b
    Examples:
      clean-corpus explain travel/oslo
      clean-corpus explain travel/oslo:12
      clean-corpus explain travel/oslo:30 --raw
    """
    from pipeline.report import explain as views
    from pipeline.report.rules import reasons
    from pipeline.rules.engine import RuleSet

    name, _, number = doc.rpartition(":")
    if not (name and number.isdecimal()) or terminal.exists(out, doc):
        name, number = doc, ""
    if of_raw and not number:
        raise click.UsageError("Cannot explain a raw line: no line is given. Write DOC:LINE.")
    data, document = terminal.read(out, name)
    about = reasons(RuleSet.builtin())
    twins = views.twins(data, document, lambda id: terminal.found(out, id))
    try:
        if not number:
            told = views.overview(document, about, twins)
        elif of_raw:
            told = views.raw_line(document, int(number), about, twins)
        else:
            told = views.clean_line(document, int(number), about, twins)
        lines = list(told)
    except IndexError:
        last = len(views.Lines(document.raw if of_raw else document.text))
        which = "raw" if of_raw else "clean"
        raise click.UsageError(
            f"Cannot explain line {number}: the {which} text has lines 1 to {last}. Give one of them."
        ) from None
    terminal.say("\n".join(lines))


@main.command()
@click.argument("doc", default="")
@out_option
@click.option("--kind", type=click.Choice(["exact", "near", "covered"]), help="Only duplicates of this kind.")
@click.option("--alike", is_flag=True, help="List paragraphs that stay, though they are much like others, and why.")
@click.option("--show", is_flag=True, help="Show each beside the one that stays.")
def duplicates(doc: str, out: Path, kind: str | None, alike: bool, show: bool) -> None:
    """List the paragraphs that stand in the corpus more than once.

    With DOC, the id of a document, only those that it has a part in. The copy that
    stays comes first, then what was dropped or marked for it, with the share of its
    words that stand there. Side by side, words that only one has are in brackets.

    \b
    Examples:
      clean-corpus duplicates
      clean-corpus duplicates travel/oslo --show
      clean-corpus duplicates --alike
    """
    from pipeline.report import duplicates as views

    if doc and not terminal.exists(out, doc):
        doc = terminal.document(out, doc).id
    found = views.groups(str(out), doc, alike=alike)
    if kind:
        found = views.kinds(found, kind)
    documents = lru_cache(maxsize=64)(lambda id: terminal.found(out, id))
    lines = (line for group in found for line in views.side_by_side(group, documents))
    for line in lines if show else views.listed(found, documents):
        terminal.say(line)


@main.command()
@click.argument("out", type=FOLDER)
@click.option("--raw", type=RAW, help="Also compare with the raw files, byte for byte.")
def verify(out: Path, raw: str | None) -> None:
    """Prove that the folder OUT leads back to the raw bytes.

    Rebuilds every raw text from the clean text and the ledger, and checks every hash,
    sidecar, and row of the manifest. Whatever was changed since is listed.

    \b
    Example:
      clean-corpus verify clean --raw raw

    Exit code 1 if anything is not as it was written.
    """
    from pipeline.verify import verify as check

    with terminal.progress() as progress:
        try:
            done = check(out, raw, progress=progress)
        except OSError as error:
            raise click.ClickException(f"Cannot read {error.filename or raw}: {error.strerror or error}.") from None
    for finding in done.findings:
        terminal.say(str(finding))
    documents = "1 document" if done.documents == 1 else f"{done.documents:,} documents"
    if done.ok:
        against = f" and agree with {raw}" if raw else ""
        terminal.say(f"{documents} verified: {done.bytes:,} raw bytes come back exactly{against}.")
    else:
        findings = "1 finding" if len(done.findings) == 1 else f"{len(done.findings):,} findings"
        terminal.say(f"{findings}; {documents} otherwise verified.")
        sys.exit(1)


main.add_command(rules)


@main.command(hidden=True)
def commands() -> None:
    """Write docs/commands.md: the help of every command."""
    terminal.say("# Commands\n\nMade by `make docs` from the help of the commands.")
    top = click.Context(main, info_name="clean-corpus", terminal_width=80, **main.context_settings)
    for context in _contexts(top):
        terminal.say(f"\n## {context.command_path}\n\n```text\n{context.get_help()}\n```")


def _contexts(context: click.Context) -> Iterator[click.Context]:
    """The context of a command, and those of the commands below it."""
    yield context
    if isinstance(context.command, click.Group):
        for inner in context.command.commands.values():
            if not inner.hidden:
                yield from _contexts(click.Context(inner, parent=context, info_name=inner.name))


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


if __name__ == "__main__":
    main()
