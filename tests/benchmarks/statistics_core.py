"""Entries of the statistical core; alone: `python -m tests.benchmarks.statistics_core`."""

from __future__ import annotations

import json

from tests.benchmarks import estimator_peers, score_peers
from tests.benchmarks.measure import Entry


def statistics_entries() -> dict[str, Entry]:
    """All of them, one after the other, one core."""
    makers = {**score_peers.entries(), **estimator_peers.entries()}
    return {name: make() for name, make in makers.items()}


if __name__ == "__main__":
    print(json.dumps({name: entry.as_dict() for name, entry in statistics_entries().items()}, indent=1))
