"""A simulated year of every programme of the catalogue: filled, evaluated, reported, counted."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from itertools import groupby
from pathlib import Path

import numpy as np

from workbench.errors import ParameterError
from workbench.parameters import Programme, RoundPlan, catalogue, load_round, programme_folder, project_root
from workbench.parameters.iqc_items import COMPARISON_PROGRAMME
from workbench.parameters.rounds import Roles
from workbench.rounds.control_demonstration import ComparisonCount, comparison_year
from workbench.rounds.control_plan import ControlPlan
from workbench.rounds.demonstration import SEED, evaluate_earlier, fill_round
from workbench.rounds.prepare import evaluate_programme
from workbench.rounds.progress import Watcher
from workbench.rounds.run import Failure, RunOptions, RunResult, run_round
from workbench.rounds.year_count import (
    Phase,
    ProgrammeCount,
    count_programme,
    kept_phases,
    refuse_another_size,
)
from workbench.simulation import closing_time, simulate_programme_year
from workbench.simulation.control_year import YearSize
from workbench.simulation.standing import rounds_of_year
from workbench.simulation.year_registers import DAYS_OPEN
from workbench.store import Store, round_inputs, upgrade

FOLDER = "outputs/demo-all"
YEAR = 2026
N_LABORATORIES = 60
ZONE = timezone(timedelta(hours=8))
DAYS_TO_EVALUATE, DAYS_TO_ISSUE, DAYS_TO_REPLY = 24, 26, 56
"""Days from closing to the evaluation, the issue and the last reply."""


@dataclass(frozen=True)
class YearRequest:
    """What a demonstration year holds.

    Parameters
    ----------
    folder : below which database and reports go, relative to the project.
    laboratories : size of the province.
    programmes : numbers; empty for the whole catalogue.
    workers : processes that make reports; 0 takes one for each core.
    """

    folder: str = FOLDER
    laboratories: int = N_LABORATORIES
    programmes: tuple[str, ...] = ()
    workers: int = 0

    @property
    def asked(self) -> list[Programme]:
        """The programmes in catalogue order.

        Raises
        ------
        ParameterError
            naming numbers that the catalogue does not have.
        """
        unknown = sorted(set(self.programmes) - set(catalogue()))
        if unknown:
            raise ParameterError(f"There is no programme {', '.join(unknown)}; see parameters/programmes/.")
        return [p for number, p in catalogue().items() if not self.programmes or number in self.programmes]


@dataclass(frozen=True)
class YearResult:
    """What the year came to.

    Parameters
    ----------
    counts : one entry a programme, from the store and from the files on disk.
    runs : the runs that made reports, one for each last round of a year.
    failures : programmes that could not be evaluated, and reports that could not be made.
    comparison : the year of control points of the comparison programme; None where it was not asked for.
    phases : seconds and pieces of each phase, of this call and of earlier ones on the same folder.
    seconds : wall time of this call.
    """

    counts: tuple[ProgrammeCount, ...]
    runs: tuple[RunResult, ...]
    failures: tuple[Failure, ...]
    comparison: ComparisonCount | None
    phases: dict[str, Phase]
    seconds: float


def run_year(request: YearRequest, watcher: Watcher) -> YearResult:
    """Simulate, store, evaluate and report one year; safe to kill and to repeat.

    Parameters
    ----------
    request : which programmes, how many laboratories, where to.
    watcher : receives progress.

    Raises
    ------
    ParameterError
        when a programme is not in the catalogue, or the folder holds a year of another size.

    Notes
    -----
    Every round is evaluated; reports are made of each programme's last round, for all laboratories, in Chinese, as
    HTML and PDF. A programme that fails is named and does not stop the others. The rounds of the comparison of
    internal quality control count returns; its control points are compared and reported by month besides.
    """
    started = time.monotonic()
    programmes = request.asked
    outputs = (project_root() / request.folder).resolve()
    outputs.mkdir(parents=True, exist_ok=True)
    refuse_another_size(outputs / "year.json", request.laboratories)
    phases: dict[str, Phase] = {}
    failures = list(_fill_and_evaluate(request, programmes, watcher, phases))
    broken = {failure.report for failure in failures}
    runs = []
    for plan in year_plans(request, [p for p in programmes if p.programme_no not in broken]):
        result = run_round(plan, RunOptions(workers=request.workers, watcher=watcher))
        runs.append(result)
        failures += result.failures
        phases["report"] = phases.get("report", Phase()).plus(result.seconds, result.made)
    store = upgrade(_database(request))
    comparison = _compared(store, request, outputs, phases) if COMPARISON_PROGRAMME not in broken else None
    if comparison:
        failures += [Failure(name, trouble, "") for name, trouble in comparison.failures]
    counts = tuple(count_programme(store, p, _codes(p), outputs) for p in programmes)
    kept = kept_phases(outputs / "phases.json", phases)
    return YearResult(counts, tuple(runs), tuple(failures), comparison, kept, time.monotonic() - started)


def _compared(
    store: Store, request: YearRequest, outputs: Path, phases: dict[str, Phase]
) -> ComparisonCount | None:
    """The year of control points and the reports of its last month; None where it was not asked for."""
    asked = [p for p in request.asked if p.programme_no == COMPARISON_PROGRAMME]
    if not asked:
        return None
    started = time.monotonic()
    last, plan = _codes(asked[0])[-1], next(year_plans(request, asked))
    control = ControlPlan(
        database=_database(request),
        month=f"{YEAR}-12",
        kinds=("lab", "group"),
        laboratories=(),
        locale="zh_CN",
        organiser=plan.organiser.name_zh,
        issued_at=plan.issued_at.isoformat(),
        rules="twelve",
        scheme="default",
        folder=outputs / "iqc" / f"{YEAR}-12",
    )
    who = tuple(round_inputs(store, last, COMPARISON_PROGRAMME).laboratories["lab_code"])
    size = YearSize(request.laboratories, 365, max(1, request.laboratories // 10))
    found = comparison_year(store, who, size, control, request.workers or os.cpu_count() or 1)
    phases["control"] = Phase(time.monotonic() - started, found.made)
    return found


def year_plans(request: YearRequest, programmes: Sequence[Programme]) -> Iterator[RoundPlan]:
    """One plan for all programmes whose year ends with the same round.

    Parameters
    ----------
    programmes : those that are reported.
    """
    ordered = sorted(programmes, key=lambda p: p.rounds_per_year)
    for _, group in groupby(ordered, key=lambda p: p.rounds_per_year):
        yield _plan(request, list(group))


def _plan(request: YearRequest, programmes: Sequence[Programme]) -> RoundPlan:
    """The last round of some programmes, with the organiser of the demonstration."""
    model = load_round(project_root() / "parameters" / "rounds" / "demo-2026-1.yaml")
    code = _codes(programmes[0])[-1]
    closing = closing_time(code, programmes[0].rounds_per_year).replace(tzinfo=ZONE)
    changes = {
        "round": code,
        "database": _database(request),
        "programmes": [p.programme_no for p in programmes],
        "laboratories": "all",
        "languages": {"zh_CN": "all"},
        "formats": ["html", "pdf"],
        "outputs": request.folder,
        "opens_at": closing.date() - timedelta(days=DAYS_OPEN),
        "closing_at": closing,
        "as_of": _days_after(closing, DAYS_TO_EVALUATE),
        "issued_at": _days_after(closing, DAYS_TO_ISSUE),
        "correction_due": closing.date() + timedelta(days=DAYS_TO_REPLY),
        "appeal_until": closing.date() + timedelta(days=DAYS_TO_ISSUE + 14),
        "roles": _signed(model.roles, closing.date() + timedelta(days=DAYS_TO_EVALUATE)),
    }
    return RoundPlan.model_validate(model.model_dump(exclude={"programme_plans"}) | changes)


def _days_after(moment: datetime, days: int) -> datetime:
    return moment + timedelta(days=days)


def _signed(roles: Roles, first: date) -> dict[str, dict[str, object]]:
    """The signing persons, each a day after the one before."""
    return {
        name: getattr(roles, name).model_dump() | {"signed_on": first + timedelta(days=place)}
        for place, name in enumerate(("prepared", "reviewed", "approved"))
    }


def _database(request: YearRequest) -> str:
    return f"sqlite:///{(project_root() / request.folder).resolve() / 'eqa.sqlite'}"


def _codes(programme: Programme) -> tuple[str, ...]:
    return rounds_of_year(programme, YEAR)


def _fill_and_evaluate(
    request: YearRequest, programmes: Sequence[Programme], watcher: Watcher, phases: dict[str, Phase]
) -> Iterator[Failure]:
    """Put every round of every programme into the store and evaluate it; yields what could not be done."""
    store = upgrade(_database(request))
    plans = {number: plan for plan in year_plans(request, programmes) for number in plan.programmes}
    generator = np.random.default_rng(SEED)
    for programme in programmes:
        plan = plans[programme.programme_no]
        try:
            fill, evaluate = _year_of(store, programme, request, plan, generator)
        except Exception as error:  # one programme must not stop the others
            yield Failure(programme.programme_no, f"{type(error).__name__}: {error}", "")
            continue
        for name, seconds in (("fill", fill), ("evaluate", evaluate)):
            phases[name] = phases.get(name, Phase()).plus(seconds, programme.rounds_per_year)
        watcher.say("year", programme=programme.programme_no, rounds=programme.rounds_per_year)


def _year_of(
    store: Store, programme: Programme, request: YearRequest, plan: RoundPlan, generator: np.random.Generator
) -> tuple[float, float]:
    """One programme's rounds in time order; returns seconds spent on filling and on evaluating."""
    outputs = (project_root() / request.folder).resolve()
    fill = evaluate = 0.0
    start = time.monotonic()
    for made in simulate_programme_year(programme, YEAR, SEED, request.laboratories):
        fill_round(store, made.round, made.frames(), generator)
        fill, start = fill + time.monotonic() - start, time.monotonic()
        if made.round.round_code == plan.round:
            folder = outputs / plan.round / programme_folder(programme.programme_no)
            inputs = round_inputs(store, plan.round, programme.programme_no)
            evaluate_programme(store, inputs, folder, plan.as_of.isoformat())
        else:
            evaluate_earlier(store, made.round, outputs)
        evaluate, start = evaluate + time.monotonic() - start, time.monotonic()
    return fill, evaluate
