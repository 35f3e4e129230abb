"""Environments of their own for other tools, in `.bench/`: what they need does not go with what we need."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
BENCH = HERE.parent / ".bench"
REQUIREMENTS = HERE / "requirements"  # NAME.txt: every package of an environment with its version, so none is resolved


class Unavailable(Exception):
    """An environment is not there and cannot be made."""


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


def made(name: str) -> Path:
    """The Python of the environment that `requirements/NAME.txt` describes; made if it is not there, or is another.

    Raises `Unavailable`, with pip's last words, where it cannot be made: offline, or on a system without its packages.
    """
    requirements, folder = REQUIREMENTS / f"{name}.txt", BENCH / name
    python, stamp = folder / "bin" / "python", folder / ".requirements"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"Installing {name} into {folder}, once …", file=sys.stderr, flush=True)
    venv.create(folder, clear=True, with_pip=True)
    command = [python, "-m", "pip", "install", "--quiet", "--no-deps", "-r", requirements]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["pip gave no reason."]
        raise Unavailable(f"Cannot install {name}: {errors[0]} Connect to a package index, and run again.")
    stamp.write_text(wanted)
    return python
