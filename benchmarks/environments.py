"""Environments of their own for other tools, in `.bench/`: what they need does not go with what we need."""

from __future__ import annotations

import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent / ".bench"


def python_of(name: str, packages: str) -> Path | None:
    """The Python of an environment; if it is not there, none, and how to make it is told."""
    folder = BENCH / name
    python = folder / "bin" / "python"
    if python.exists():
        return python
    print(
        f"Other tools are not measured: there is no environment for them. To make one:\n  python -m venv {folder}\n"
        f"  {folder / 'bin' / 'pip'} install {packages}",
        file=sys.stderr,
    )
    return None
