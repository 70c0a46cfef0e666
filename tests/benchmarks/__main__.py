"""`make bench`: every comparison once, written to outputs/bench.json."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

from tests.benchmarks import control_charts, control_store, rejudging, screening
from tests.benchmarks.factory import report_vs_api, reports_per_minute, unchanged_vs_api
from tests.benchmarks.kernels import warm_start_vs_plain
from tests.benchmarks.measure import Entry
from tests.benchmarks.reports import report_vs_cli
from tests.benchmarks.statistics_core import statistics_entries
from workbench.parameters import project_root

ENTRIES: dict[str, Callable[[], Entry | None]] = {
    **statistics_entries(),
    **rejudging.entries(),
    **screening.entries(),
    **control_charts.entries(),
    **control_store.entries(),
    "report_vs_cli": report_vs_cli,
    "report_vs_api": report_vs_api,
    "unchanged_vs_api": unchanged_vs_api,
    "reports_per_minute": reports_per_minute,
    "warm_start_vs_plain": warm_start_vs_plain,
}


def main() -> None:
    """Run, print and write; an entry that cannot be run here is named with the reason left out."""
    found: dict[str, dict[str, object]] = {}
    for name, measure in ENTRIES.items():
        load = os.getloadavg()[0]
        entry = measure()
        if entry is None:
            print(f"{name}: not run here, no Chromium for the peer's PDF, or no fork")
            continue
        found[name] = entry.as_dict()
        print(
            f"{name}: ours {entry.ours:g}, peer {entry.peer:g} {entry.unit}, ratio {entry.ratio:g} (load {load:.2f})"
        )
    path = project_root() / "outputs" / "bench.json"
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(path.relative_to(project_root()))


if __name__ == "__main__":
    main()
