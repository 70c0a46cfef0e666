"""The same results in ng/mL and in ng/L, limit converted: literally the same verdicts and signals."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.evaluation.small_rounds import SmallRound, analyte, limit, programme
from workbench.evaluation import Evaluation, evaluate
from workbench.ingest import AcceptedUnit, Expectations, ExpectedAnalyte, Layout, read_submission_file
from workbench.parameters.criteria import Criterion
from workbench.parameters.policy import SigmaRule
from workbench.parameters.programmes import Analyte, UnitConversion

THOUSAND = Decimal(1000)
FACTORS = {"ng/mL": Decimal(1), "ng/L": THOUSAND}
"""Numbers of each unit that make one ng/mL."""
DECIMALS = {"ng/mL": 3, "ng/L": 0}
LEVELS = (2500, 480, 5000)
"""Targets of the samples, ng/L; the limits of `criterion` are exact at them."""
EDGES = {2500: (250, 300, 600), 480: (48, 300), 5000: (500, 300, 600)}
"""Deviations, ng/L, that some kind of limit allows just so."""
KINDS = ("percent", "absolute", "greater_of", "breakpoint", "sd", "fixed_sigma")
SAME = ("state", "reason", "signal", "score_signal", "score_kind", "peer_group", "on_limit")


def measured(unit: str) -> Analyte:
    """The analyte reported in one unit, with the other one in its table of conversions."""
    other = next(name for name in FACTORS if name != unit)
    conversion = UnitConversion(unit=other, factor=FACTORS[unit] / FACTORS[other])
    return analyte("PCT", DECIMALS[unit], unit=unit, unit_conversions=(conversion,))


def criterion(kind: str, unit: str) -> Criterion:
    """10 %, 0.3 ng/mL, the breakpoint 2.5 ng/mL, 2 SD of the group or a sigma of 0.2 ng/mL, printed in a unit."""
    figure = {"sd": Decimal(2), "fixed_sigma": Decimal("0.2") * FACTORS[unit]}.get(
        kind, Decimal("0.3") * FACTORS[unit]
    )
    return limit(
        "PCT",
        "10" if kind in ("percent", "greater_of", "breakpoint") else None,
        kind=kind,
        absolute=None if kind == "percent" else figure,
        breakpoint=Decimal("2.5") * FACTORS[unit] if kind == "breakpoint" else None,
        breakpoint_side="high_owns" if kind == "breakpoint" else None,
        unit="SD" if kind == "sd" else unit,
    )


def sent(number: int, unit: str) -> str:
    """A result of so many ng/L as it is written in a unit."""
    return f"{Decimal(number) / THOUSAND * FACTORS[unit]:.{DECIMALS[unit]}f}"


def small_round(unit: str, plan: Plan) -> SmallRound:
    """The planned round with every number in one unit."""
    kind, printed_in, policy, laboratories = plan
    given_policy = dict(policy)
    if given_policy.pop("fixed_sigma", False):
        given_policy["sigma_pt"] = SigmaRule(kind="fixed", value=Decimal("0.15") * FACTORS[unit])
    samples = tuple(f"S{i}" for i, _ in enumerate(LEVELS, 1))
    small = SmallRound(
        programme([measured(unit)], **given_policy),
        samples=samples,
        criteria=(criterion(kind, printed_in),),
    )
    for i, (deviations, mark) in enumerate(laboratories):
        texts: list[str | None] = [
            sent(level + deviation, unit) for level, deviation in zip(LEVELS, deviations, strict=True)
        ]
        if mark is not None:
            texts[0] = mark if mark.isalpha() or mark == "" else f"{mark}{texts[0]}"
        small.lab(f"L{i:02d}", texts, "PCT", method=f"M{i % 2}")
    for sample, level in zip(samples, LEVELS, strict=True):
        small.row(
            "reference_values", analyte="PCT", sample=sample, assigned_value_method="reference",
            assigned_value=float(sent(level, unit)), u_assigned_value=0.0, traceability="",
        )  # fmt: skip
    return small


def deviation(level: int) -> st.SearchStrategy[int]:
    """Ordinary, on a limit, one reporting step beside it, or wild."""
    edges = [sign * (edge + step) for edge in EDGES[level] for sign in (1, -1) for step in (0, 1, -1)]
    return st.one_of(st.integers(-40, 40), st.sampled_from(edges), st.integers(-level + 1, 3 * level))


Laboratory = tuple[tuple[int, ...], str | None]
Plan = tuple[str, str, dict[str, object], list[Laboratory]]

LABORATORIES = st.lists(
    st.tuples(st.tuples(*map(deviation, LEVELS)), st.sampled_from([None, None, None, "<", ">", "x"])),
    min_size=8,
    max_size=20,
)
POLICIES = st.fixed_dictionaries(
    {
        "score": st.sampled_from(["limit", "z"]),
        "prefer_reference": st.booleans(),
        "assigned_value": st.sampled_from(["algorithm_a", "q_hampel", "median_niqr"]),
        "fixed_sigma": st.booleans(),
    }
)
PLANS = st.tuples(st.sampled_from(KINDS), st.sampled_from(sorted(FACTORS)), POLICIES, LABORATORIES)


def assert_same_verdicts(first: Evaluation, second: Evaluation) -> None:
    """Nothing that is said about a result or a laboratory differs; numbers are not looked at."""
    for column in SAME:
        assert first.scores[column].tolist() == second.scores[column].tolist(), column
    for name in ("analyte_verdicts", "laboratory_verdicts"):
        left, right = (getattr(found, name) for found in (first, second))
        words = left.select_dtypes(exclude="float").columns
        pd.testing.assert_frame_equal(left[words], right[words], check_exact=True)


@settings(max_examples=25, deadline=None)
@given(PLANS)
@example(
    (
        "breakpoint",
        "ng/mL",
        {"prefer_reference": True},
        [((250, 300, -500), None), ((251, -301, 501), None)] * 4,
    )
)
@example(("absolute", "ng/L", {"prefer_reference": True}, [((300, -300, 301), None)] * 8))
def test_ng_per_ml_and_ng_per_l_give_the_same_verdicts(plan: Plan) -> None:
    first, second = (small_round(unit, plan).evaluation() for unit in FACTORS)
    assert_same_verdicts(first, second)
    told = ["code", "lab_code", "analyte", "sample"]
    assert first.findings[told].to_numpy().tolist() == second.findings[told].to_numpy().tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_limit_judges_in_both_units(kind: str) -> None:
    ordinary = [((step, -step, 2 * step), None) for step in range(-20, 21, 4)]
    plan: Plan = (kind, "ng/mL", {"prefer_reference": True}, [*ordinary, ((2000, 1500, 4000), None)])
    for unit in FACTORS:
        signals = small_round(unit, plan).evaluation().scores.groupby("lab_code")["signal"].unique()
        assert [list(found) for found in signals] == [["acceptable"]] * len(ordinary) + [["action"]], unit


@settings(max_examples=10, deadline=None)
@given(PLANS, st.lists(st.sampled_from(sorted(FACTORS)), min_size=20, max_size=20))
def test_a_file_with_both_units_is_judged_like_one_with_the_programmes_own(
    tmp_path_factory: pytest.TempPathFactory, plan: Plan, units: list[str]
) -> None:
    own = small_round("ng/L", plan)
    folder = tmp_path_factory.mktemp("both", numbered=True)
    tables = own.frames()
    given_results = tables["results"]
    sent_in = dict(zip(sorted({code for code, _ in own.results}), units, strict=False))
    lines = []
    for row in given_results.itertuples():
        unit = sent_in[row.lab_code]
        digits = row.raw.lstrip("<>")
        text = row.raw.replace(digits, sent(int(digits), unit)) if digits.isdecimal() else row.raw
        lines.append(f"{row.lab_code},PCT,{row.sample},{text},{unit}")
    loaded = read_results(folder / "results.csv", lines)
    assert loaded["value"].equals(given_results["value"])
    columns = ["raw", "value", "decimals", "censor", "result_state"]
    mixed = replace(own.inputs(), results=own.inputs().results.assign(**{c: loaded[c] for c in columns}))
    assert_same_verdicts(own.evaluation(), evaluate(mixed))


def read_results(path: Path, lines: list[str]) -> pd.DataFrame:
    """A file as it is read for the programme in ng/L, in the order of its lines."""
    expected = ExpectedAnalyte(
        "PCT", unit="ng/L", accepted_units=(AcceptedUnit("ng/mL", THOUSAND),), decimals=DECIMALS["ng/L"]
    )
    expectations = Expectations(
        round="2026-1",
        programme_no="1.1",
        analytes=(expected,),
        samples=tuple(f"S{i}" for i, _ in enumerate(LEVELS, 1)),
        lab_codes=None,
        today=date(2026, 4, 22),
    )
    path.write_text("\n".join(["lab_code,analyte,sample,value,unit", *lines]) + "\n", encoding="utf-8")
    report = read_submission_file(path, Layout(), expectations)
    assert report.quarantined.empty
    return report.loaded.sort_values("row").reset_index(drop=True)
