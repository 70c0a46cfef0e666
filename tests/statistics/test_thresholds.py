"""Limits and marks that promise more than they can do."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.statistics import (
    acceptable_needed,
    largest_self_included_score,
    least_n_for_score,
    threshold_reachability,
)


@given(st.integers(2, 60), st.floats(1.0, 1e6))
def test_one_result_far_out_reaches_the_largest_score_and_no_more(n: int, distance: float) -> None:
    x = np.zeros(n)
    x[-1] = distance
    z = (x - x.mean()) / x.std(ddof=1)
    assert np.abs(z).max() == pytest.approx(largest_self_included_score(n), rel=1e-9)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30).filter(lambda x: np.std(x) > 1e-6))
def test_nobody_scores_beyond_the_largest(x: list[float]) -> None:
    z = (np.array(x) - np.mean(x)) / np.std(x, ddof=1)
    assert np.abs(z).max() <= largest_self_included_score(len(x)) * (1 + 1e-9)


@given(st.floats(0.3, 20.0))
def test_the_least_group_reaches_the_limit_and_one_less_does_not(limit: float) -> None:
    n = least_n_for_score(limit)
    assert largest_self_included_score(n) >= limit
    assert n == 2 or largest_self_included_score(n - 1) < limit


@given(st.integers(0, 40), st.integers(0, 1000))
def test_the_mark_is_met_by_so_many_and_not_by_one_less(samples: int, tenths: int) -> None:
    mark = Decimal(tenths) / 10
    needed = acceptable_needed(samples, mark)
    share = Fraction(mark)
    assert needed <= samples
    assert 100 * needed >= share * samples
    assert needed == 0 or 100 * (needed - 1) < share * samples


def test_a_mark_is_exact_where_binary_numbers_are_not() -> None:
    assert acceptable_needed(1000, 0.1) == 1
    assert acceptable_needed(1000, 70.1) == 701
    assert acceptable_needed(3, 66.7) == 3


def test_few_samples_turn_eighty_per_cent_into_all() -> None:
    marks = [threshold_reachability(20, 3.0, samples, 80) for samples in range(1, 6)]
    assert [each.effective_mark for each in marks] == [100.0, 100.0, 100.0, 100.0, 80.0]
    assert [each.all_needed for each in marks] == [True, True, True, True, False]


def test_three_sd_needs_eleven() -> None:
    assert not threshold_reachability(10, 3.0, 5, 80).reachable
    assert threshold_reachability(11, 3.0, 5, 80).reachable
    assert np.isnan(largest_self_included_score(0))


@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan"), float("inf")])
def test_a_limit_that_is_none_is_refused(limit: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        least_n_for_score(limit)


@pytest.mark.parametrize(("samples", "mark"), [(-1, 80), (5, 101), (5, -1)])
def test_an_impossible_mark_is_refused(samples: int, mark: float) -> None:
    with pytest.raises(ValueError, match="mark"):
        acceptable_needed(samples, mark)
