from __future__ import annotations

import numpy as np
import pytest

from workbench import statistics as st
from workbench.errors import DataError


def test_groups_hold_each_result_once_sorted_inside_its_group():
    rng = np.random.default_rng(1)
    values, codes = rng.normal(size=500), rng.integers(0, 40, 500)
    groups = st.group_values(values, codes, 41)
    assert len(groups) == 41
    assert groups.n.sum() == 500
    for code in range(41):
        np.testing.assert_array_equal(groups.of(code), np.sort(values[codes == code]))


def test_more_groups_than_a_radix_pass_holds():
    n = 70_000
    values = np.arange(2 * n, dtype=float)[::-1].copy()
    groups = st.group_values(values, np.tile(np.arange(n), 2), n)
    assert (groups.n == 2).all()
    np.testing.assert_array_equal(groups.of(69_999), [0.0, 70_000.0])


def test_missing_results_and_negative_codes_are_left_out():
    groups = st.group_values([1.0, np.nan, 3.0, 4.0], [0, 0, -1, 1], 2)
    assert groups.values.tolist() == [1.0, 4.0]


@pytest.mark.parametrize(
    ("values", "codes", "error"),
    [([1.0, np.inf], [0, 0], DataError), ([1.0], [3], ValueError), ([1.0, 2.0], [0], ValueError)],
)
def test_wrong_input_is_refused(values, codes, error):
    with pytest.raises(error):
        st.group_values(values, codes, 2)


def test_an_infinite_result_is_refused_by_single_group_estimators_too():
    with pytest.raises(DataError):
        st.algorithm_a([1.0, np.inf])


GROUP_ESTIMATORS = [
    st.algorithm_a_groups,
    st.median_made_groups,
    st.median_niqr_groups,
    st.q_method_groups,
    st.q_hampel_groups,
    st.qn_groups,
    st.sn_groups,
    st.mean_sd_groups,
    st.mean_sd_within_groups,
]


@pytest.mark.parametrize("estimator", GROUP_ESTIMATORS)
def test_empty_single_and_identical_groups_are_degenerate_and_never_divided(estimator):
    groups = st.group_values([7.0, 3.0, 3.0, 3.0, 3.0, 1.0, 2.0, 4.0], [1, 2, 2, 2, 2, 3, 3, 3], 5)
    with np.errstate(all="raise"):
        found = estimator(groups)
    assert found.degenerate.tolist() == [True, True, True, False, True]
    assert found.n.tolist() == [0, 1, 4, 3, 0]
    assert np.isnan(found.location[[0, 4]]).all()
    assert found.location[1] == 7.0
    assert found.location[2] == 3.0
    assert np.isnan(found.scale[[0, 1, 4]]).all()
    assert found.scale[2] == 0.0
    assert found.scale[3] > 0


@pytest.mark.parametrize("estimator", GROUP_ESTIMATORS)
def test_no_groups_at_all(estimator):
    assert len(estimator(st.group_values([], np.empty(0, dtype=int), 0))) == 0
    assert estimator(st.group_values([], np.empty(0, dtype=int), 2)).degenerate.all()


@pytest.mark.parametrize(
    ("single", "grouped"),
    [
        (st.algorithm_a, st.algorithm_a_groups),
        (st.median_made, st.median_made_groups),
        (st.median_niqr, st.median_niqr_groups),
        (st.q_method, st.q_method_groups),
        (st.q_hampel, st.q_hampel_groups),
        (st.qn, st.qn_groups),
        (st.sn, st.sn_groups),
    ],
)
def test_single_group_and_ragged_forms_are_the_same(single, grouped):
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 12, 300)
    values = np.round(rng.normal(5.0, 0.4, 300), 2)
    found = grouped(st.group_values(values, codes, 12))
    for code in range(12):
        assert single(values[codes == code]) == found[code]


def test_blocks_of_groups_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(11)
    values = np.round(rng.normal(10, 1, 20_000), 1)
    groups = st.group_values(values, rng.integers(0, 700, values.size), 703)

    def estimates() -> list[st.RobustEstimates]:
        return [
            st.algorithm_a_groups(groups),
            st.algorithm_a_groups(groups, stop="three_figures"),
            st.algorithm_a_groups(groups, fixed_scale=np.linspace(0.5, 1.5, 703)),
        ]

    whole = estimates()
    for size in (50, 1_000, 7_777):
        monkeypatch.setattr("workbench.statistics.winsorised_mean._BLOCK", size)
        for mine, other in zip(whole, estimates(), strict=True):
            assert mine.rule == other.rule
            for name in ("location", "scale", "n", "iterations", "degenerate"):
                np.testing.assert_array_equal(getattr(mine, name), getattr(other, name))


def test_blocks_of_rows_give_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(12)
    values = np.round(rng.normal(0, 1, 20_000), 1) * rng.choice([-1.0, 1.0], 20_000)
    for n_groups in (703, 70_000):
        codes = rng.integers(-1, n_groups - 3, values.size)
        whole = st.group_values(values, codes, n_groups)
        for size in (999, 6_000):
            with monkeypatch.context() as patch:
                patch.setattr("workbench.statistics.ragged._ROWS", size)
                found = st.group_values(values, codes, n_groups)
            assert found.values.tobytes() == whole.values.tobytes()
            np.testing.assert_array_equal(found.offsets, whole.offsets)
