"""`workbench demo`: the demonstration round, or a year of all programmes and what it came to."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from workbench.cli.options import DemoRequest
from workbench.evaluation.reconciliation import OUTCOMES
from workbench.parameters import catalogue, load_round, project_root
from workbench.rounds.demonstration import fill_demonstration
from workbench.rounds.demonstration_year import YearRequest, YearResult, run_year
from workbench.rounds.progress import watching
from workbench.rounds.run import RunOptions, RunResult, run_round
from workbench.rounds.year_count import ProgrammeCount, projected_seconds

PROJECTED = 1000
"""Laboratories of the projection: a province with all of them in every programme."""


def run_demonstration(request: DemoRequest) -> RunResult:
    """Fill the demonstration's database and make the reports of its round."""
    plan = load_round(project_root() / "parameters" / "rounds" / "demo-2026-1.yaml")
    with watching(request.as_json) as watcher:
        fill_demonstration(plan, watcher)
        return run_round(plan, RunOptions(workers=request.workers, watcher=watcher))


def run_demonstration_year(options: DemoRequest) -> bool:
    """Run the year and print its counts; whether everything was evaluated and reported."""
    as_json = options.as_json
    request = YearRequest(
        laboratories=options.laboratories, programmes=tuple(options.only), workers=options.workers
    )
    with watching(as_json) as watcher:
        result = run_year(request, watcher)
    if as_json:
        print(json.dumps({"event": "done", **_facts(request, result)}, ensure_ascii=False))
    else:
        _print(request, result)
    for failure in result.failures:
        print(f"failed: {failure.report}: {failure.error}", file=sys.stderr)
    whole = all(c.reported and c.adds_up and c.evaluated == c.rounds for c in result.counts)
    return whole and not result.failures


def _facts(request: YearRequest, result: YearResult) -> dict[str, object]:
    counts = result.counts
    return {
        "programmes": len(counts),
        "evaluated": sum(c.evaluated == c.rounds for c in counts),
        "reported": sum(c.reported for c in counts),
        "rounds": sum(c.evaluated for c in counts),
        "adding_up": sum(c.adds_up for c in counts),
        "reports": sum(c.programme_reports + c.laboratory_reports for c in counts),
        "made": sum(run.made for run in result.runs),
        "unchanged": sum(run.unchanged for run in result.runs),
        "failed": len(result.failures),
        "laboratories": request.laboratories,
        "control_reports": result.comparison.standing if result.comparison else 0,
        "seconds": round(result.seconds, 1),
        "phases": {name: asdict(phase) for name, phase in result.phases.items()},
        "projected_hours": round(_hours(request, result), 2),
    }


def _hours(request: YearRequest, result: YearResult) -> float:
    """Projection to `PROJECTED` laboratories in every programme of the catalogue, hours on this machine."""
    programmes = catalogue().values()
    wanted = (PROJECTED, len(programmes), sum(p.rounds_per_year for p in programmes))
    return projected_seconds(result.phases, request.laboratories, wanted) / 3600.0


def _print(request: YearRequest, result: YearResult) -> None:
    print(
        "programme  rounds  enrolled = scored + not scored + not returned + excused + not performed  reports"
    )
    for count in result.counts:
        print(_line(count))
    facts = _facts(request, result)
    wanted = f"of {facts['programmes']}"
    print(
        f"programmes: evaluated {facts['evaluated']} {wanted}, reported {facts['reported']} {wanted}, "
        f"reconciliation adds up {facts['adding_up']} {wanted}"
    )
    print(
        f"rounds evaluated {facts['rounds']}; reports on disk {facts['reports']} "
        f"(made now {facts['made']}, failed {facts['failed']})"
    )
    if (control := result.comparison) is not None:
        print(
            f"internal quality control: {control.points} points; December: {control.series} rows of "
            f"{control.laboratories} laboratories = {control.compared} compared + {control.too_few} without a group; "
            f"reports {control.standing} of {control.planned}"
        )
    for name, phase in result.phases.items():
        print(f"{name}: {phase.seconds:.0f} s for {phase.pieces}, {phase.seconds / phase.pieces:.3f} s each")
    print(f"wall time of this call {facts['seconds']} s")
    print(
        f"projection: {PROJECTED} laboratories x {len(catalogue())} programmes, last round reported: "
        f"{facts['projected_hours']} h on this machine"
    )


def _line(count: ProgrammeCount) -> str:
    """One programme: the sum of its year, the reasons of what is not scored, its reports."""
    parts = " + ".join(str(count.outcomes[name]) for name in OUTCOMES)
    reasons = " ".join(f"{reason}:{n}" for reason, n in count.reasons.items())
    reports = f"{count.programme_reports}+{count.laboratory_reports}/{count.laboratories}"
    mark = "" if count.adds_up and count.reported and count.evaluated == count.rounds else "  INCOMPLETE"
    return (
        f"{count.programme_no:>9}  {count.evaluated}/{count.rounds}  {count.enrolled} = {parts}  {reports}"
        f"{f'  [{reasons}]' if reasons else ''}{mark}"
    )
