"""The commands that are about rules: `clean-corpus rules list`, `show` and `test`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.report import terminal

if TYPE_CHECKING:
    from pipeline.rules.engine import RuleSet

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def rules() -> None:
    """List the rules, show one, or test a rule pack."""


@rules.command("list")
@click.option("--rules", "packs", type=FILE, multiple=True, metavar="FILE", help="Also list the rules of a rule pack.")
def list_rules(packs: tuple[Path, ...]) -> None:
    """List the id of every rule, and what it is for."""
    import textwrap

    from pipeline.report.rules import reasons

    known = reasons(rule_set(packs))
    width = max(map(len, known)) + 2
    for id, about in known.items():
        terminal.say(textwrap.fill(about, 80, initial_indent=id.ljust(width), subsequent_indent=" " * width))


@rules.command()
@click.argument("id")
@click.option("--rules", "packs", type=FILE, multiple=True, metavar="FILE", help="Also look in a rule pack.")
def show(id: str, packs: tuple[Path, ...]) -> None:
    """Show a rule, with its examples.

    \b
    Example:
      clean-corpus rules show markers.footnote
    """
    from pipeline.report.rules import describe, reasons

    rules = rule_set(packs)
    known = reasons(rules)
    if id not in known:
        raise terminal.unknown("rule", id, known, "List them with clean-corpus rules list.")
    rule = next((rule for rule in rules.rules if rule.id == id), None)
    terminal.say("\n".join(describe(id, known[id], rule)))


@rules.command()
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
def test(files: tuple[Path, ...]) -> None:
    """Test rule packs against their own examples.

    Each rule must remove what its examples mark, and nothing else.

    \b
    Example:
      clean-corpus rules test my-site.toml

    The exit code is 1 if a rule fails.
    """
    from pipeline.report.rules import tally
    from pipeline.rules.engine import RuleSet
    from pipeline.rules.pack import PackError, load

    failed = False
    for file in files:
        try:
            pack = load(file)
            RuleSet.builtin().with_packs([file])
            terminal.say(f"{file}: {tally(pack.rules)}, all as they say.")
        except PackError as error:
            terminal.say(str(error))
            failed = True
    if failed:
        sys.exit(1)


def rule_set(packs: Iterable[Path]) -> RuleSet:
    """The rules of the project and those of some packs; what is wrong with a pack is told."""
    from pipeline.rules.engine import RuleSet
    from pipeline.rules.pack import PackError

    try:
        return RuleSet.builtin().with_packs(packs) if packs else RuleSet.builtin()
    except PackError as error:
        raise click.ClickException(str(error)) from None
