"""Frames that are kept hold no more memory than they need: a process that reserves too much cannot fork."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.apps.stores import PROGRAMME, small_store
from workbench.store import open_store, round_inputs


def reserved_gb() -> float:
    """Writable private memory this process has reserved, used or not."""
    total = 0
    for line in Path("/proc/self/maps").read_text("utf-8").splitlines():
        span, rights = line.split()[:2]
        if rights == "rw-p":
            low, high = (int(part, 16) for part in span.split("-"))
            total += high - low
    return total / 2**30


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/self/maps")
def test_kept_frames_reserve_little(tmp_path: Path) -> None:
    database = small_store(tmp_path, laboratories=12)
    before = reserved_gb()
    kept = round_inputs(open_store(database), "2026-1", PROGRAMME)
    assert len(kept.results) > 100
    assert reserved_gb() - before < 2.0
