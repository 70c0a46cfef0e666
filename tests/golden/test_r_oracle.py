"""Statistics against stored numbers of R: robustbase, MASS, metafor, diptest and base R.

`r_oracle.R` made `r_oracle.json` from a seed; the versions stand in the file. Definitions that differ
are met by giving both sides the same constant, named at each test.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from workbench import statistics as st
from workbench.statistics.pair_scales import qn_factor

STORED = json.loads(Path(__file__).with_name("r_oracle.json").read_text(encoding="utf-8"))
GROUPS = [{**g, "x": np.atleast_1d(g["x"]).astype(float)} for g in STORED["groups"]]
HUBER_SHARE = math.erf(1.5 / math.sqrt(2.0))
HUBER_CONSISTENCY = (
    HUBER_SHARE
    + 2.25 * (1.0 - HUBER_SHARE)
    - 3.0 * math.exp(-1.125) / math.sqrt(2.0 * math.pi)
)  # fmt: skip
"""E[psi^2] at k = 1.5, the `beta` of MASS::hubers; 1/sqrt of it is 1.13398, which ISO prints as 1.134."""


def near(found: float, stored: float, x: np.ndarray, relative: float = 1e-11) -> None:
    """Equal relatively, or to the last bits of the largest result (a scale of ties is noise)."""
    assert found == pytest.approx(stored, rel=relative, abs=4e-15 * float(np.abs(x).max()))


def with_spread(name: str) -> list[dict[str, Any]]:
    chosen = [g for g in GROUPS if g[name] is not None and g[name] != [None, None]]
    assert len(chosen) > 280
    return chosen


def test_versions_and_size_are_as_recorded() -> None:
    assert set(STORED["versions"]) == {"R", "robustbase", "MASS", "metafor", "diptest"}
    assert len(GROUPS) == 420
    assert {g["x"].size for g in GROUPS} == set(range(2, 41))


def test_median_mad_quartiles_mean_and_sd() -> None:
    for g in GROUPS:
        x = g["x"]
        group = st.group_values(x, np.zeros(x.size, dtype=int), 1)
        near(st.median(x), g["median"], x)
        near(st.median_made(x).scale, g["mad"], x)
        for probability, stored in zip((0.25, 0.75), g["quartiles"], strict=True):
            near(float(st.quantile_groups(group, probability)[0]), stored, x)
        near(st.mean_sd(x).location, g["mean"], x)
        near(st.mean_sd(x).scale, g["sd"], x)


def test_qn_once_the_small_sample_factor_is_added() -> None:
    """R's raw Qn with the constant 2.2191; ISO's factors (Amd 1:2026) differ from robustbase 0.95's.

    Robustbase 0.95 hands the distance through single precision, so seven digits can be compared.
    """
    for g in GROUPS:
        near(st.qn(g["x"]).scale, g["qn"] * qn_factor(g["x"].size), g["x"], 1e-7)


def test_sn_with_its_small_sample_factors() -> None:
    """Robustbase prints the factors of odd n > 9 as n/(n - 0.9), the same as here."""
    for g in GROUPS:
        near(st.sn(g["x"]).scale, g["sn"], g["x"])


def test_algorithm_a_with_the_unrounded_constant_is_hubers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proposal 2 of MASS differs from Algorithm A in the constant only: 1.13398 in place of 1.134."""
    rounded = [st.algorithm_a(g["x"]) for g in with_spread("hubers")]
    monkeypatch.setattr("workbench.statistics.winsorised_mean.CORRECTION", HUBER_CONSISTENCY**-0.5)
    for g, iso in zip(with_spread("hubers"), rounded, strict=True):
        location, scale = g["hubers"]
        found = st.algorithm_a(g["x"])
        if found.degenerate:
            # Ties drive s to zero: R ends below its tolerance, here it is told.
            assert scale < 1e-6 * np.ptp(g["x"])
            continue
        assert found.scale == pytest.approx(scale, rel=1e-7)
        assert abs(found.location - location) < 1e-7 * scale
        assert iso.scale == pytest.approx(scale, rel=0.03)


def test_algorithm_a_at_a_held_scale_is_huber() -> None:
    """MASS::huber holds the MAD (constant 1.4826) and iterates the location."""
    for g in with_spread("huber"):
        scale = g["mad"] / 1.483 * 1.4826
        found = st.algorithm_a(g["x"], fixed_scale=scale)
        assert abs(found.location - g["huber"]) < 1e-8 * scale


def test_hampel_solves_the_equation_robustbase_states() -> None:
    """Roots of the sum of robustbase::Mpsi (bends 1.5, 3, 4.5), the one nearest to the median."""
    for g in with_spread("hampel"):
        scale = g["mad"] / 1.483 * 1.4826
        assert abs(st.hampel(g["x"], scale).location - g["hampel"]) < 1e-7 * scale


def dip_by_definition(x: np.ndarray) -> float:
    """Smallest distance to a unimodal distribution with an atom allowed at its mode, by linear programs.

    Unknowns: F just below and at each distinct value (they differ at the mode only) and the distance.
    """
    value, count = np.unique(x / np.abs(x).max(), return_counts=True)
    upto = np.cumsum(count) / x.size
    below = upto - count / x.size
    return min(_distance_with_mode(value, below, upto, mode) for mode in range(value.size))


def _distance_with_mode(value: np.ndarray, below: np.ndarray, upto: np.ndarray, mode: int) -> float:
    k = value.size
    rows, limit = [], []

    def at_most(terms: dict[int, float], bound: float) -> None:
        row = np.zeros(2 * k + 1)
        for place, weight in terms.items():
            row[place] = weight
        rows.append(row)
        limit.append(bound)

    for i in range(k):
        for place, stored in ((i, below[i]), (k + i, upto[i])):
            at_most({place: 1, 2 * k: -1}, stored)
            at_most({place: -1, 2 * k: -1}, -stored)
        at_most({i: 1, k + i: -1}, 0.0)
        if i != mode:
            at_most({k + i: 1, i: -1}, 0.0)
    for i in range(k - 1):
        at_most({k + i: 1, i + 1: -1}, 0.0)
    for i in range(1, k - 1):
        if i != mode:
            left, right = 1 / (value[i] - value[i - 1]), 1 / (value[i + 1] - value[i])
            sign = 1.0 if i < mode else -1.0
            terms = {i: sign * left, k + i - 1: -sign * left, i + 1: -sign * right, k + i: sign * right}
            at_most(terms, 0.0)
    cost = np.zeros(2 * k + 1)
    cost[-1] = 1.0
    return float(linprog(cost, np.array(rows), np.array(limit), bounds=[(0, 1)] * (2 * k + 1)).fun)


def test_dip_statistic() -> None:
    """As diptest; where results tie, a sample of the groups also by the definition itself."""
    tied = [g for g in GROUPS if 1 < np.unique(g["x"]).size < g["x"].size]
    assert len(tied) > 100
    for g in GROUPS:
        assert st.dip_statistic(g["x"]) == pytest.approx(g["dip"], rel=1e-9)
    for g in tied[::8]:
        assert st.dip_statistic(g["x"]) == pytest.approx(dip_by_definition(g["x"]), abs=1e-7)


@pytest.mark.parametrize("method", ["dersimonian_laird", "mandel_paule", "reml"])
def test_weighted_consensus_agrees_with_metafor(method: str) -> None:
    """Standard errors are the Wald ones; metafor's Knapp-Hartung adjustment is not asked for."""
    for case in STORED["weighted"]:
        value, u, tau2 = case[method]
        found = st.weighted_consensus(case["x"], case["u"], method)
        assert found.value == pytest.approx(value, rel=1e-6)
        assert found.u_value == pytest.approx(u, rel=1e-5)
        assert found.dark_uncertainty**2 == pytest.approx(tau2, rel=1e-4, abs=1e-6)


def test_critical_values_from_the_quantiles_of_r() -> None:
    for n, five, one in STORED["limits"]["grubbs"]:
        assert st.grubbs_critical(n, 0.05, sides="one") == pytest.approx(five, rel=1e-10)
        assert st.grubbs_critical(n, 0.01, sides="one") == pytest.approx(one, rel=1e-10)
    for p, pairs, triplets in STORED["limits"]["cochran"]:
        assert st.cochran_critical(p, 2, 0.05) == pytest.approx(pairs, rel=1e-10)
        assert st.cochran_critical(p, 3, 0.01) == pytest.approx(triplets, rel=1e-10)


def test_binomial_intervals() -> None:
    for k, n, low, high, wilson_low, wilson_high in STORED["limits"]["binomial"]:
        assert st.clopper_pearson_interval(k, n) == pytest.approx((low, high), rel=1e-9, abs=1e-12)
        wilson = [float(bound) for bound in st.wilson_interval(k, n)]
        assert wilson == pytest.approx([wilson_low, wilson_high], rel=1e-9, abs=1e-12)
