"""`workbench run`: from the options to a run."""

from __future__ import annotations

from dataclasses import replace

from workbench.cli.options import RunRequest
from workbench.parameters import load_round
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
    wanted = Wanted(frozenset(request.only), request.force, frozenset(request.first), shard)
    limits = replace(REPORT_LIMITS, deadline_seconds=request.deadline, memory_mb=request.memory)
    plan = load_round(request.plan_file)
    with watching(request.as_json) as watcher:
        return run_round(plan, RunOptions(wanted, request.workers, request.dry_run, watcher, limits))
