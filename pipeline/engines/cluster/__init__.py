"""The run on a cluster, by Ray (extra `ray`): the same documents, stages and decisions as on one machine, and the same
bytes.

    clean-corpus run RAW OUT --engine ray --address HOST:PORT

All nodes must see RAW and OUT under the same names, and have clean-corpus installed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from typing import NamedTuple

from pipeline.engines import local, publishing, sources
from pipeline.engines.kept import CLUSTER, FOLDER
from pipeline.engines.local import Progress
from pipeline.engines.outcome import RunError, RunReport
from pipeline.engines.workers import Job
from pipeline.formats import shards, stores
from pipeline.formats.text import printable
from pipeline.rules.engine import RuleSet
from pipeline.settings import Settings
from pipeline.stages import Stage

__all__ = ["Sizes", "run"]


class Sizes(NamedTuple):
    """How the work is parted, which changes no byte: how many bytes are cleaned, and found again, at once; how many
    parts a shuffle has (none: one for each 256 MB of text, or processor, up to 1,000); and of how many pairs of
    paragraphs one task finds what belongs together."""

    unit: int = 8_000_000
    parts: int | None = None
    edges: int = 1 << 24


def run(
    raw: str | os.PathLike[str],
    out: str | os.PathLike[str],
    settings: Settings | None = None,
    *,
    address: str | None = None,
    rules: RuleSet | None = None,
    stages: Sequence[Stage] | None = None,
    progress: Progress | None = None,
    force: bool = False,
    layout: str = "folder",
    shard: int = shards.SIZE,
    name: str = "corpus",
    profile: bool = False,
    work: str | os.PathLike[str] | None = None,
    sizes: Sizes = Sizes(),  # noqa: B008 (it cannot be changed)
) -> RunReport:
    """Clean the documents of the folder `raw` into the folder `out` on a cluster of Ray, and return the report.

    `address` is that of the head of a cluster (`host:port`); with none, one of this machine is started, and a process
    that is connected with a cluster already stays so. With `profile`, the report
    tells how long each phase took. The rest is as for `engines.local.run`, and so are the bytes.

    Raises `RunError` if the run cannot begin or cannot go on. A document that fails is in `report.problems`.
    """
    for module in ("ray", "pyarrow"):
        if find_spec(module) is None:
            raise RunError(
                f"Cannot run on Ray: {module} is not installed. Use pip install 'clean-corpus[ray]', on all nodes."
            )
    from pipeline.engines.cluster.driver import drive

    raw, out = stores.local(os.fspath(raw)), stores.local(os.fspath(out))
    if stores.is_url(out) and work is None:
        raise RunError(
            f"Cannot write to {printable(out)} from a cluster without a folder that all its machines see. Give one "
            "as work (--work)."
        )
    sources.reach(raw)
    local.check_layout(layout)
    raw = raw if stores.is_url(raw) else os.path.abspath(raw)

    def run_in(out: str) -> RunReport:
        out = os.path.abspath(out)
        waiting = os.path.join(out, FOLDER, CLUSTER)
        job = Job(raw, out, settings or Settings(), rules, stages, waiting, "0", shards.LAYOUTS.get(layout))
        return drive(job, local.corpus_of(job, layout, name), address, progress, force, shard, sizes, profile)

    return publishing.run_to(out, raw, work, run_in)
