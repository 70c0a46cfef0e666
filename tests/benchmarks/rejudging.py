"""The criteria laboratory: how long a changed rule takes; alone: `python -m tests.benchmarks.rejudging`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from decimal import Decimal

import numpy as np

from tests.benchmarks.measure import Entry
from workbench.evaluation.assigned_values import Materials
from workbench.evaluation.rules import AnalyteRule
from workbench.parameters import catalogue
from workbench.parameters.policy import EvaluationPolicy
from workbench.tuning.archive import ENROLLED, NUMERIC, REPORTED, Archive
from workbench.tuning.changes import RuleChange, changed_rules, draft_limit
from workbench.tuning.estimation import estimate
from workbench.tuning.judging import rejudge
from workbench.tuning.operating import Design
from workbench.tuning.virtual_laboratories import simulate_pass

SAMPLES = 5
POLICY = EvaluationPolicy(ladder=(("instrument",), ()), u_negligible_sigma=10, u_upper=10)


def archive_of(analytes: int, rounds: int, laboratories: int, peers: int) -> Archive:
    """Every laboratory returns everything; peers of uneven size, rounded to reporting digits."""
    rng = np.random.default_rng(20261125)
    blocks, rows = analytes * rounds, analytes * rounds * laboratories
    peer = rng.choice(peers, (analytes, laboratories), p=rng.dirichlet(np.full(peers, 3.0)))
    instrument = np.repeat(peer[:, None, :], rounds, axis=1).ravel()
    centre = rng.uniform(20, 200, (SAMPLES, blocks, 1)) * rng.normal(1, 0.03, (1, blocks, peers))
    block = np.repeat(np.arange(blocks), laboratories)
    value = np.round(centre[:, block, instrument] * rng.normal(1, 0.04, (SAMPLES, rows)), 1)
    model = next(a for a in catalogue()["1.1"].analytes if a.is_quantitative)
    named = [model.model_copy(update={"analyte": f"A{k:02d}", "decimals": 1}) for k in range(analytes)]
    rules = tuple(AnalyteRule(a, POLICY, draft_limit(a, "percent", percent=12)) for a in named)
    nothing, no = np.full((blocks, SAMPLES), np.nan), np.zeros((blocks, SAMPLES), dtype=bool)
    system = np.full((rows, 4), -1)
    system[:, 1] = instrument
    return Archive(
        programme_no="1.1",
        rules=rules,
        rounds=tuple(f"20{k:02d}-1" for k in range(10, 10 + rounds)),
        samples=(tuple("12345"),) * rounds,
        labs=tuple(f"L{k:05d}" for k in range(laboratories)),
        devices=("",),
        systems=tuple(f"I{k:02d}" for k in range(peers)),
        start=np.arange(blocks + 1) * laboratories,
        lab=np.tile(np.arange(laboratories), blocks),
        device=np.zeros(rows, dtype=np.int64),
        system=system,
        value=value,
        state=np.zeros(value.shape, dtype=np.uint8),
        flags=np.full(value.shape, NUMERIC | ENROLLED | REPORTED, dtype=np.uint8),
        digits={},
        bounds={},
        material=Materials(nothing, nothing, np.full(no.shape, "", dtype=object), nothing, no, no, no),
        level=np.full(laboratories, "", dtype=object),
    )


def limits(archive: Archive, percent: float) -> tuple[AnalyteRule, ...]:
    """The rules with another limit for every analyte."""
    found = {r.code: draft_limit(r.analyte, "percent", percent=Decimal(str(percent))) for r in archive.rules}
    return changed_rules(archive.rules, RuleChange(limits=found))


def _timed(function: Callable[[float], object], percents: list[float]) -> list[float]:
    """Seconds of calls with ever other limits, after one to warm up."""
    function(11.5)
    seconds = []
    for percent in percents:
        start = time.perf_counter()
        function(percent)
        seconds.append(time.perf_counter() - start)
    return seconds


def _entry(seconds: list[float], goal: float, factor: float, unit: str, what: str) -> Entry:
    """The median beside its goal: a ratio above 1 is faster than asked."""
    ours = float(np.median(seconds)) * factor
    return Entry(round(ours, 3), goal, round(goal / ours, 2), unit, what)


def rejudge_600k_ms() -> Entry:
    archive = archive_of(1, 10, 12_000, 40)
    estimated = estimate(archive)
    seconds = _timed(
        lambda p: rejudge(archive, limits(archive, p), estimated), [8, 9.5, 10, 12.5, 14, 15, 16]
    )
    what = f"one analyte, {archive.value.size:,} results of ten rounds under a new limit; peer: the goal"
    return _entry(seconds, 20.0, 1000, "ms", what)


def programme_year_ms() -> Entry:
    archive = archive_of(30, 3, 2_222, 15)
    seconds = _timed(lambda p: rejudge(archive, limits(archive, p)), [8, 10, 12, 14, 16])
    what = f"{archive.value.size:,} results, consensus estimated again and judged; peer: the goal"
    return _entry(seconds, 150.0, 1000, "ms", what)


def archive_20m_s() -> Entry:
    archive = archive_of(30, 24, 5_560, 20)
    for rung in (("instrument",), ()):
        archive.grouping(rung)
    start = time.perf_counter()
    rejudge(archive, limits(archive, 10))
    what = f"{archive.value.size:,} results, consensus estimated again and judged, n = 1; peer: the goal"
    return _entry([time.perf_counter() - start], 6.0, 1, "s", what)


def oc_labs_per_s() -> Entry:
    generator = np.random.Generator(np.random.SFC64(1))
    count, rates = 2_000_000, []
    for _ in range(5):
        start = time.perf_counter()
        simulate_pass(0.3, 0.4, Design(), count, generator)
        rates.append(count / (time.perf_counter() - start) / 1e6)
    ours = float(np.median(rates))
    what = "virtual laboratories of five samples judged a second; peer: the goal"
    return Entry(round(ours, 2), 10.0, round(ours / 10.0, 2), "million/s", what)


def entries() -> Mapping[str, Callable[[], Entry]]:
    """The entries by name."""
    return {
        "rejudge_600k_ms": rejudge_600k_ms,
        "programme_year_ms": programme_year_ms,
        "archive_20M_s": archive_20m_s,
        "oc_labs_per_s": oc_labs_per_s,
    }


if __name__ == "__main__":
    print(json.dumps({name: make().as_dict() for name, make in entries().items()}, indent=1))
