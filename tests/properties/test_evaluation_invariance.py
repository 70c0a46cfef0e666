"""What must not change the verdicts, and what must."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evaluation.small_rounds import SmallRound, analyte, limit, of, one, programme
from workbench.evaluation import Evaluation, RoundInputs, evaluate
from workbench.evaluation.reconciliation import OUTCOMES
from workbench.frames import SNAPSHOT_FRAMES

LEVELS = (5.0, 6.5, 8.0, 11.0, 14.0)
LADDER = (("method", "instrument"), ("method",), ())
RANK = {"acceptable": 0, "warning": 1, "action": 2}


def random_round(seed: int, n: int = 24, decimals: int = 2, factor: Decimal = Decimal(1)) -> SmallRound:
    """Ordinary and bad laboratories, gaps, text, censored and late results."""
    rng = np.random.default_rng(seed)
    small = SmallRound(programme([analyte(decimals=decimals)], ladder=LADDER))
    for i in range(n):
        bias, noise = rng.normal(0, 0.02), rng.choice([0.01, 0.05])
        values = np.array(LEVELS) * (1 + bias + noise * rng.standard_normal(5))
        texts: list[str | None] = [str(Decimal(f"{value:.{decimals}f}") * factor) for value in values]
        for j in np.flatnonzero(rng.random(5) < 0.05):
            texts[j] = [None, "n/a", f"<{texts[j]}"][rng.integers(3)]
        small.lab(f"L{i:02d}", texts, method=f"M{i % 2}", instrument=f"I{i % 5}")
        if rng.random() < 0.1:
            small.late[f"L{i:02d}"] = 1
    return small


def shuffled(inputs: RoundInputs, seed: int) -> RoundInputs:
    rng = np.random.default_rng(seed)
    tables = {f.name: getattr(inputs, f.name) for f in SNAPSHOT_FRAMES}
    return replace(
        inputs, **{k: t.iloc[rng.permutation(len(t))].reset_index(drop=True) for k, t in tables.items()}
    )


def assert_same(first: Evaluation, second: Evaluation) -> None:
    for name, table in first.frames().items():
        pd.testing.assert_frame_equal(table, second.frames()[name], check_exact=True)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6))
def test_the_order_of_rows_is_irrelevant(seed: int) -> None:
    inputs = random_round(seed).inputs()
    assert_same(evaluate(inputs), evaluate(shuffled(inputs, seed + 1)))


def test_the_same_snapshot_gives_the_same_rows() -> None:
    inputs = random_round(3).inputs()
    assert_same(evaluate(inputs), evaluate(inputs))


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["2", "10", "0.5", "1000", "0.01"]))
def test_a_change_of_unit_changes_no_verdict(seed: int, factor: str) -> None:
    plain = random_round(seed).evaluation()
    scaled = random_round(seed, factor=Decimal(factor)).evaluation()
    for column in ("state", "reason", "signal", "score_signal", "peer_group", "on_limit"):
        assert plain.scores[column].tolist() == scaled.scores[column].tolist(), column
    for column in ("percent_allowed", "score", "percentile"):
        np.testing.assert_allclose(plain.scores[column], scaled.scores[column], rtol=1e-7, atol=1e-7)
    assert plain.analyte_verdicts["verdict"].tolist() == scaled.analyte_verdicts["verdict"].tolist()


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6))
def test_new_codes_for_laboratories_change_no_verdict(seed: int) -> None:
    small = random_round(seed)
    names = {code: f"Z{99 - i}" for i, code in enumerate(sorted(k[0] for k in small.results))}
    renamed = replace(
        small,
        results={(names[lab], item): texts for (lab, item), texts in small.results.items()},
        systems={names[lab]: system for lab, system in small.systems.items()},
        late={names[lab]: days for lab, days in small.late.items()},
    )
    before = small.evaluation().scores.assign(lab_code=lambda t: t["lab_code"].map(names))
    after = renamed.evaluation().scores
    key = ["lab_code", "sample"]
    for column in ("signal", "score", "peer_group", "percentile"):
        left, right = (t.set_index(key)[column].sort_index() for t in (before, after))
        pd.testing.assert_series_equal(left, right, check_exact=True)


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["limit", "z"]),
    st.sampled_from(["percent", "greater_of", "breakpoint", "absolute"]),
    st.lists(st.integers(-300, 300), min_size=2, max_size=12, unique=True),
)
def test_a_worse_deviation_never_gets_a_better_signal(score: str, kind: str, steps: list[int]) -> None:
    criterion = limit(
        kind=kind,
        percent=None if kind == "absolute" else Decimal(10),
        absolute=None if kind == "percent" else Decimal("0.6"),
        breakpoint=Decimal("5.5") if kind == "breakpoint" else None,
        breakpoint_side="low_owns" if kind == "breakpoint" else None,
    )
    small = SmallRound(programme(prefer_reference=True, score=score), samples=("S1",), criteria=(criterion,))
    small.row(
        "reference_values", analyte="Glu", sample="S1", assigned_value_method="reference", assigned_value=5.0,
        u_assigned_value=0.0, traceability="",
    )  # fmt: skip
    for step in steps:
        small.lab(f"L{step + 300:03d}", [f"{5 + step / 100:.2f}"])
    scores = small.evaluation().scores
    worst_first = scores.assign(size=(scores["value"] - 5).abs().round(2), rank=scores["signal"].map(RANK))
    for sign in (1, -1):
        side = worst_first[np.sign(worst_first["value"] - 5) == sign].sort_values("size")
        assert side["rank"].is_monotonic_increasing


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6))
def test_the_sums_reconcile(seed: int) -> None:
    evaluation = random_round(seed).evaluation()
    verdicts, laboratories = evaluation.analyte_verdicts, evaluation.laboratory_verdicts
    for name in ("acceptable", "graded"):
        assert verdicts[name].sum() == laboratories[name].sum()
    assert laboratories[["n_pass", "n_fail", "n_not_scored"]].to_numpy().sum() == len(verdicts)
    table = evaluation.reconciliation
    assert (table["enrolled"] == table[list(OUTCOMES)].sum(axis=1)).all()
    assert of(evaluation.findings, code="F42").empty
    widest = of(evaluation.groups, peer_group_level="all").set_index("sample")
    methods = (
        of(evaluation.groups, peer_group_level="method")
        .groupby("sample")[["n", "n_graded", "n_acceptable"]]
        .sum()
    )
    pd.testing.assert_frame_equal(
        widest[["n", "n_graded", "n_acceptable"]].sort_index(), methods, check_names=False
    )
    graded = evaluation.scores["state"].isin(["scored", "censored", "unreadable"])
    graded &= evaluation.scores["signal"] != "not_scored"
    assert graded.sum() == widest["n_graded"].sum()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.floats(10, 1e6))
def test_a_minority_of_wild_results_moves_no_verdict_of_the_others_far(seed: int, wild: float) -> None:
    rng = np.random.default_rng(seed)
    clean = SmallRound(programme(assigned_value="q_hampel"))
    clean.crowd(LEVELS, spread=list(rng.normal(0, 0.01, 20)))
    before = clean.evaluation().groups.set_index("sample")["robust_mean"]
    for i in range(6):
        clean.lab(f"W{i}", [f"{level * wild:.3f}" for level in LEVELS])
    after = clean.evaluation().groups.set_index("sample")["robust_mean"]
    assert (np.abs(after / before - 1) < 0.02).all()


def test_one_laboratorys_device_or_code_never_appears_in_anothers_rows() -> None:
    evaluation = random_round(11).evaluation()
    for name in ("scores", "analyte_verdicts", "laboratory_verdicts"):
        table = getattr(evaluation, name)
        text = table.drop(columns=["lab_code"]).astype(str).to_csv()
        assert not any(f"L{i:02d}" in text for i in range(24))


def test_worked_round_by_hand() -> None:
    """Nine results 4.8 ... 5.2: median 5.0, MADe 0.1483; no value is winsorised beyond 1.5 s*, so
    x* is the mean 5.0 and s* = 1.134 SD after the first step until the limits bite."""
    small = SmallRound(programme(), samples=("S1",))
    for i, text in enumerate(["4.8", "4.9", "4.9", "5.0", "5.0", "5.0", "5.1", "5.1", "5.2"]):
        small.lab(f"P{i}", [text])
    row = one(small.evaluation().groups, sample="S1")
    assert row["robust_mean"] == pytest.approx(5.0, abs=1e-12)
    x = np.array([4.8, 4.9, 4.9, 5.0, 5.0, 5.0, 5.1, 5.1, 5.2])
    centre, s = 5.0, 0.1483
    for _ in range(500):
        w = np.clip(x, centre - 1.5 * s, centre + 1.5 * s)
        centre, s = w.mean(), 1.134 * np.sqrt(((w - w.mean()) ** 2).sum() / 8)
    assert row["robust_sd"] == pytest.approx(s, rel=1e-9)
    assert row["u"] == pytest.approx(1.25 * s / 3, rel=1e-9)
