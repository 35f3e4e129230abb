"""The command line. Commands are thin: they read options, call the library, and print what comes back.

Whatever is heavy is imported inside of a command, so that `--help` is there at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from errno import EPIPE
from functools import lru_cache
from typing import Any, TypeVar

import click

from pipeline.cli_cleaning import FOLDER, run, text
from pipeline.cli_rules import rules
from pipeline.report import terminal

F = TypeVar("F", bound=Callable[..., Any])


class _Commands(click.Group):
    """Commands of which none ends with a traceback where the disk or the terminal is to blame."""

    def invoke(self, ctx: click.Context) -> Any:
        """Call a command. A pipe whose reader has gone is left to click, which ends quietly."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            if error.errno == EPIPE:
                raise
            what = error.filename or "standard input and output"
            raise click.ClickException(f"Cannot use {what}: {error.strerror or error}.") from None


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog="Exit codes: 0 success; 1 something failed or a check found an error; 2 wrong usage.",
)
@click.version_option(package_name="clean-corpus")
def main() -> None:
    """Clean a corpus of scraped text, and keep a ledger of every edit.

    \b
    Clean a folder, check that nothing was lost, and look at a document:
      clean-corpus run raw clean
      clean-corpus verify clean --raw raw
      clean-corpus diff NAME --out clean
      clean-corpus explain NAME:12 --out clean
    """


main.add_command(run)
main.add_command(text)


def out_option(command: F) -> F:
    """The folder that a document of an earlier run is looked up in."""
    return click.option("--out", type=FOLDER, default="clean", show_default=True, help="The output folder of a run.")(
        command
    )


@main.command()
@click.argument("doc")
@out_option
@click.option("--unified", is_flag=True, help="Print a patch that turns the raw text into the clean text.")
@click.option("--spaces", is_flag=True, help="Also show the edits that only change white space.")
def diff(doc: str, out: str, unified: bool, spaces: bool) -> None:
    """Show what cleaning changed in DOC, the id of a document.

    Removed text is red, written text is green, and the rule follows in brackets. In a
    pipe, [-...-] and {+...+} replace the colours. The raw text comes from the ledger.

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
@click.option("--raw", "of_raw", is_flag=True, help="LINE is a line of the raw text. Show what became of it.")
def explain(doc: str, out: str, of_raw: bool) -> None:
    """Explain what happened to a document or a line, and why.

    With a LINE of the clean text, it shows where the line comes from and each edit
    that touched it, with the rule and its reason. Without a LINE, it shows sizes,
    edits by rule, facts, gaps and flags. For a duplicate, it names the document and
    the paragraph that stay.

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
@click.option("--kind", type=click.Choice(["exact", "near", "covered"]), help="Show only duplicates of this kind.")
@click.option("--alike", is_flag=True, help="List paragraphs that stay although others are much like them, and why.")
@click.option("--show", is_flag=True, help="Show each duplicate next to the copy that stays.")
def duplicates(doc: str, out: str, kind: str | None, alike: bool, show: bool) -> None:
    """List the paragraphs that occur in the corpus more than once.

    With DOC, the id of a document, list only paragraphs of that document and their
    counterparts. The copy that stays comes first. The dropped or marked paragraphs
    follow, each with the share of its words that the copy contains. With --show,
    brackets mark the words that only one of the two has.

    \b
    Examples:
      clean-corpus duplicates
      clean-corpus duplicates travel/oslo --show
      clean-corpus duplicates --alike
    """
    from pipeline.report import duplicates as views

    if doc and not terminal.exists(out, doc):
        doc = terminal.document(out, doc).id
    try:
        found = views.groups(out, doc, alike=alike)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    if kind:
        found = views.kinds(found, kind)
    documents = lru_cache(maxsize=64)(lambda id: terminal.found(out, id))
    lines = (line for group in found for line in views.side_by_side(group, documents))
    for line in lines if show else views.listed(found, documents):
        terminal.say(line)


@main.command()
@click.argument("out", type=FOLDER)
@click.option("--raw", type=FOLDER, help="Also compare with these raw files, byte for byte.")
def verify(out: str, raw: str | None) -> None:
    """Check that the raw bytes can be rebuilt from the folder OUT.

    Rebuilds every raw text from the clean text and the ledger, and checks every hash,
    every sidecar and every row of the manifest. Lists whatever has changed since.

    \b
    Example:
      clean-corpus verify clean --raw raw

    The exit code is 1 if anything differs from what the run wrote.
    """
    from pipeline.formats.records import named
    from pipeline.verify import verify as check

    with terminal.progress() as progress:
        try:
            done = check(out, raw, progress=progress)
        except OSError as error:
            where = error.filename or (f"{out} or {raw}" if raw else out)
            raise click.ClickException(f"Cannot read {where}: {error.strerror or error}.") from None
    for finding in done.findings:
        terminal.say(str(finding))
    documents = named(done.documents, "document")
    if done.ok:
        against = f" and agree with {raw}" if raw else ""
        terminal.say(f"{documents} verified: {done.bytes:,} raw bytes come back exactly{against}.")
    else:
        terminal.say(f"{named(len(done.findings), 'finding')}; {documents} otherwise verified.")
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


if __name__ == "__main__":
    main()
