"""`make bench`: every comparison once, written to outputs/bench.json.

`python -m tests.benchmarks score_M_vs_duckdb import_*` runs a selection and leaves the other entries.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

from tests.benchmarks import control_charts, control_store, feedback, rejudging, screening
from tests.benchmarks.factory import report_vs_api, reports_per_minute, unchanged_vs_api
from tests.benchmarks.kernels import warm_start_vs_plain
from tests.benchmarks.measure import Entry
from tests.benchmarks.reports import report_vs_cli
from tests.benchmarks.statistics_core import statistics_entries
from workbench.parameters import project_root

ENTRIES: dict[str, Callable[[], Entry | None]] = {
    **statistics_entries(),
    **rejudging.entries(),
    **feedback.entries(),
    **screening.entries(),
    **control_charts.entries(),
    **control_store.entries(),
    "report_vs_cli": report_vs_cli,
    "report_vs_api": report_vs_api,
    "unchanged_vs_api": unchanged_vs_api,
    "reports_per_minute": reports_per_minute,
    "warm_start_vs_plain": warm_start_vs_plain,
}


def selected(patterns: Sequence[str]) -> list[str]:
    """The entries whose name fits a pattern, all without one; a pattern that fits none is refused."""
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in ENTRIES):
            raise SystemExit(f"no entry fits {pattern!r}; there are: {', '.join(ENTRIES)}")
    return [name for name in ENTRIES if not patterns or any(fnmatchcase(name, p) for p in patterns)]


def main(patterns: Sequence[str]) -> None:
    """Run, print and write; an entry that cannot be run here is named with the reason left out."""
    path = project_root() / "outputs" / "bench.json"
    kept = bool(patterns) and path.is_file()
    found: dict[str, dict[str, object]] = json.loads(path.read_text(encoding="utf-8")) if kept else {}
    for name in selected(patterns):
        load = os.getloadavg()[0]
        entry = ENTRIES[name]()
        if entry is None:
            print(f"{name}: not run here, no Chromium for the peer's PDF, or no fork")
            continue
        found[name] = entry.as_dict()
        print(
            f"{name}: ours {entry.ours:g}, peer {entry.peer:g} {entry.unit}, ratio {entry.ratio:g} (load {load:.2f})"
        )
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(path.relative_to(project_root()))


if __name__ == "__main__":
    main(sys.argv[1:])
