"""Histograms on the reporting grid, small cells, percentiles, counts that reconcile."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evaluation.small_rounds import SmallRound, analyte, limit, of, one, programme
from workbench.evaluation.disclosure import disclosed
from workbench.evaluation.histograms import MOST_BINS, bin_grid
from workbench.evaluation.reconciliation import OUTCOMES
from workbench.evaluation.trends import student_two_sided, trends

LEVELS = [5.0, 6.0, 7.0, 8.0, 9.0]
LADDER = (("instrument",), ())


def many(n: int = 40, **policy: object) -> SmallRound:
    small = SmallRound(programme(ladder=LADDER, **policy))
    spread = [0.03 * np.sin(7.0 * i) for i in range(n)]
    return small.crowd(LEVELS, spread=spread, decimals=2, instrument="I1")


def test_every_result_in_the_statistics_is_in_exactly_one_bin() -> None:
    evaluation = many().lab("X", ["20.0", "6.0", "0.1", "8.0", "9.0"], instrument="I1").evaluation()
    counts = evaluation.histograms.groupby(["sample", "peer_group_level"])["count"].sum()
    assert set(counts) == {41}
    first = of(evaluation.histograms, sample="S1", peer_group_level="all")
    assert first["bin"].tolist() == list(range(len(first)))
    assert first["tail"].tolist() == [True, *[False] * (len(first) - 2), True]
    assert first["count"].iloc[-1] == 1
    assert of(evaluation.histograms, sample="S3", peer_group_level="all")["count"].iloc[0] == 1
    assert first["high"].iloc[:-1].tolist() == pytest.approx(first["low"].iloc[1:].tolist())


def test_all_groups_of_a_sample_share_one_grid() -> None:
    small = many().crowd(LEVELS, prefix="Q", instrument="I2")
    table = of(small.evaluation().histograms, sample="S1")
    edges = table.groupby(["peer_group_level", "peer_group"])["low"].apply(list)
    assert len(edges) == 3
    assert all(each == edges.iloc[0] for each in edges)


def test_groups_under_the_disclosure_minimum_have_no_histogram() -> None:
    small = many(disclosure_min=5, n_min=3).crowd(
        LEVELS, spread=(0.0, 0.0, 0.01, 0.0), prefix="Q", instrument="I2"
    )
    small.crowd(LEVELS, prefix="Z", instrument="I3")
    evaluation = small.evaluation()
    shown = set(of(evaluation.histograms, peer_group_level="instrument")["peer_group"])
    assert shown == {"I1"}  # I2 is small; I3 would give I2 away by subtraction
    few = SmallRound(programme(n_min=3)).crowd(LEVELS, spread=(0.0, 0.01, -0.01))
    assert few.evaluation().histograms.empty


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=8), st.integers(2, 6))
def test_hidden_groups_cannot_be_computed_from_the_total(sizes: list[int], minimum: int) -> None:
    n = np.array(sizes)
    shown = disclosed(n, minimum)
    hidden = n[~shown].sum()
    assert (n[shown] >= minimum).all()
    assert hidden == 0 or hidden >= minimum or not shown.any()


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 5000), min_size=1, max_size=60),
    st.integers(1, 4000),
    st.floats(0.01, 500),
    st.integers(0, 3),
)
def test_bins_lie_on_the_reporting_grid(whole: list[int], centre: int, reach: float, decimals: int) -> None:
    step = 10.0**-decimals
    values = np.array(whole) * step
    grid = bin_grid(values, centre * step, reach, step)
    assert grid.counts(values).sum() == len(values)
    in_steps = grid.edges / step
    assert np.allclose(in_steps - np.floor(in_steps), 0.5, atol=1e-6)
    assert grid.width >= step * 0.999
    assert grid.edges[0] <= centre * step <= grid.edges[-1]
    assert len(grid.edges) - 1 <= MOST_BINS + 1
    assert min(centre * step - grid.edges[0], grid.edges[-1] - centre * step) >= reach - step * 1.001


def test_percentile_is_the_mid_rank_among_all_laboratories() -> None:
    small = SmallRound(programme(n_min=3), samples=("S1",))
    for lab, text in zip("ABCDE", ["4.8", "5.0", "5.0", "5.1", "5.2"], strict=True):
        small.lab(lab, [text])
    scores = small.evaluation().scores.set_index("lab_code")["percentile"]
    assert scores.to_dict() == {"A": 10.0, "B": 40.0, "C": 40.0, "D": 70.0, "E": 90.0}


def test_reconciliation_of_every_outcome() -> None:
    items = programme([analyte("Glu"), analyte("K")])
    small = SmallRound(items, criteria=(limit("Glu"), limit("K")))
    good = ["5.0", "6.0", "7.0", "8.0", "9.0"]
    small.crowd(LEVELS)
    small.lab("LATE", good).lab("NONE", [None] * 5).lab("EXC", [None] * 5).lab("NOT", [None] * 5)
    small.lab("FAULT", good)
    small.late["LATE"] = 1
    small.enrolment_states |= {("EXC", "Glu"): "excused", ("NOT", "Glu"): "not_performed"}
    small.result_states |= {("FAULT", "Glu", s): "sample_fault" for s in small.samples}
    small.lab("LATE", good, "K")
    table = small.evaluation().reconciliation
    row = one(table, analyte="Glu")
    assert {name: row[name] for name in OUTCOMES} == {
        "scored": 9,
        "not_scored": 1,
        "not_returned": 1,
        "excused": 1,
        "not_performed": 1,
    }
    assert (row["enrolled"], row["late"]) == (13, 1)
    assert one(table, analyte="K")["not_scored"] == 1
    laboratories = one(table, analyte="")
    assert laboratories["enrolled"] == sum(laboratories[name] for name in OUTCOMES) == 13
    assert (table["enrolled"] == table[list(OUTCOMES)].sum(axis=1)).all()


def test_student_p_values_against_an_independent_source() -> None:
    special = pytest.importorskip("scipy.special")
    t = np.array([0.0, 0.3, 1.0, 2.5, 7.0, 40.0])
    for degrees in (1, 2, 3, 4, 5, 8, 13, 18):
        assert student_two_sided(t, degrees) == pytest.approx(2 * special.stdtr(degrees, -t), abs=1e-12)


def test_slopes_against_an_independent_source() -> None:
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(5)
    x = rng.uniform(1, 10, (20, 6))
    y = 0.3 * x + rng.normal(0, 1, x.shape)
    y[3, 2] = np.nan
    found = trends(x, y)
    for row in range(20):
        there = np.isfinite(y[row])
        line = stats.linregress(x[row, there], y[row, there])
        assert found.slope[row] == pytest.approx(line.slope)
        assert found.p_value[row] == pytest.approx(line.pvalue, abs=1e-10)
    nothing = trends(np.ones((1, 5)), np.arange(5.0)[None, :])
    assert np.isnan(nothing.slope[0])
