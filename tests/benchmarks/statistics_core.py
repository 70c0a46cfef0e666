"""Entries of the statistical core; alone: `python -m tests.benchmarks.statistics_core`."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.benchmarks import estimator_peers, score_peers
from tests.benchmarks.measure import Entry


def statistics_entries() -> dict[str, Callable[[], Entry]]:
    """What makes each entry, by name."""
    return {**score_peers.entries(), **estimator_peers.entries()}


if __name__ == "__main__":
    print(json.dumps({name: make().as_dict() for name, make in statistics_entries().items()}, indent=1))
