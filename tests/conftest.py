"""Libraries of others stay off the net while they are tested."""

from __future__ import annotations

import os

import pytest

os.environ |= {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ray leaves threads behind, and with Python 3.13 what is forked from that process later dies: its tests come last.

    Of a process that ran tasks of Ray before, the local engine then says that its workers died.
    """
    items.sort(key=lambda item: item.path.name == "test_cluster.py")
