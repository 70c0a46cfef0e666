"""Sigma metrics and their charts against published numbers and the formulas of an independent package."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from workbench.iqc.sigma_metric import (
    critical_shift,
    critical_spread,
    normalised_points,
    opspecs_line,
    quality_goal_index,
    sigma_line,
    sigma_metric,
    single_limit_shift,
)

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "sigma_dpmo_tea.json"


@pytest.mark.skipif(not REFERENCE.is_file(), reason="the published numbers are not beside the project")
def test_published_sigmas() -> None:
    cases = [c for c in json.loads(REFERENCE.read_text())["cases"] if c["statistic"] == "sigma_metric"]
    assert len(cases) >= 4
    for case in cases:
        given = case["inputs"]
        found = float(sigma_metric(given["tea"], given["bias"], given["cv"]))
        assert found == pytest.approx(case["expected"]["sigma"], abs=case["tolerance"])


def test_the_same_as_westgard_python() -> None:
    westgard = pytest.importorskip("westgard.sigma", reason="the development package is not installed")
    rng = np.random.default_rng(0)
    for tea, bias, cv in rng.uniform(0.5, 20, (50, 3)):
        peer = westgard.calculate_sigma_metrics(
            total_allowable_error=tea, bias=-bias, coefficient_of_variation=cv
        )
        assert float(sigma_metric(tea, -bias, cv)) == pytest.approx(peer.sigma, rel=1e-12)


def test_borders() -> None:
    assert np.isnan(sigma_metric([10.0, np.nan], [1.0, 1.0], [0.0, 1.0])).all()
    assert float(sigma_metric(10, 12, 2)) == -1.0
    assert np.isnan(quality_goal_index(1.0, 0.0))
    assert float(quality_goal_index(-3.0, 2.0)) == 1.0


def test_the_lines_of_the_charts_hold_the_points_of_their_sigma() -> None:
    tea, bias, cv = np.array([10.0, 8.0, 6.0]), np.array([1.0, -2.0, 0.0]), np.array([2.0, 1.5, 1.0])
    sigma = sigma_metric(tea, bias, cv)
    place = normalised_points(tea, bias, cv)
    for s, x, y in zip(sigma, place.x, place.y, strict=True):
        assert float(sigma_line(s, x)) == pytest.approx(y, abs=1e-9)
    np.testing.assert_allclose(critical_shift(tea, bias, cv), sigma - 1.65)
    np.testing.assert_allclose(critical_spread(tea, bias, cv), sigma / 1.96)


def test_opspecs_line_is_where_the_critical_shift_is_the_detected_one() -> None:
    detected = single_limit_shift(3.0, 2)
    x = np.linspace(1, 15, 20)
    bias = opspecs_line(detected, x)
    on = np.isfinite(bias)
    np.testing.assert_allclose(critical_shift(np.full(on.sum(), 100.0), bias[on], x[on]), detected)


def test_single_limit_shift_is_what_simulation_detects() -> None:
    rng = np.random.default_rng(1)
    for limit, n in ((3.0, 1), (2.5, 2), (3.0, 4)):
        z = rng.normal(single_limit_shift(limit, n), 1, (40_000, n))
        assert (np.abs(z) > limit).any(axis=1).mean() == pytest.approx(0.9, abs=0.006)
