"""`workbench run`: from the options to a run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from workbench.cli.options import RunRequest
from workbench.errors import ParameterError
from workbench.parameters import load_round, project_root
from workbench.rounds.bundles import bundle_round
from workbench.rounds.planning import Wanted
from workbench.rounds.progress import watching
from workbench.rounds.run import REPORT_LIMITS, RunOptions, RunResult, run_round
from workbench.rounds.shards import Shard


def run_batch(request: RunRequest) -> RunResult:
    """Run the plan as asked.

    Raises
    ------
    ParameterError
        when the plan or an option cannot be read.
    """
    shard = Shard.parse(request.shard)
    if request.dask and request.workers:
        raise ParameterError("--workers is for this machine; on a cluster its own workers say how many.")
    wanted = Wanted(frozenset(request.only), request.force, frozenset(request.first), shard)
    limits = replace(REPORT_LIMITS, deadline_seconds=request.deadline, memory_mb=request.memory)
    plan = load_round(request.plan_file)
    with watching(request.as_json) as watcher:
        options = RunOptions(wanted, request.workers, request.dry_run, watcher, limits, request.dask)
        return run_round(plan, options)


def bundle_reports(plan_file: Path, as_json: bool) -> None:
    """Pack a round and say where the packages are."""
    plan = load_round(plan_file)
    packed = bundle_round(plan, (project_root() / plan.outputs).resolve())
    facts = {
        "laboratories": len(packed.bundles),
        "outbox": str(packed.outbox),
        "archive": str(packed.archive),
    }
    if as_json:
        print(json.dumps(facts, ensure_ascii=False))
        return
    size = sum(b.size for b in packed.bundles) / 1e6
    print(f"{len(packed.bundles)} laboratories, {size:.1f} MB: {packed.outbox}")
    print(f"archive of the round, {packed.archive.stat().st_size / 1e6:.1f} MB: {packed.archive}")
