"""Scales, room for labels, the writer, and the edge cases of single figures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import RenderError
from workbench.figures import (
    DeviationRow,
    Distribution,
    GroupRow,
    Groups,
    History,
    Levels,
    deviation_by_level,
    deviation_strip,
    deviation_strips,
    distribution,
    groups,
    history,
    pass_rates,
    style,
)
from workbench.figures.deviation_strip import _clusters
from workbench.figures.labels import Taken
from workbench.figures.scales import Scale, log_ticks, padded, round_ticks, tick_texts
from workbench.figures.svg import Drawing, shortened, width_of


@given(st.floats(-1e5, 1e5), st.floats(1e-3, 1e5))
def test_ticks_are_round_lie_inside_and_are_told_apart(low: float, span: float) -> None:
    ticks = round_ticks(low, low + span)
    assert 2 <= len(ticks) <= 7
    assert all(low - 1e-6 * span <= tick <= low + span * (1 + 1e-6) for tick in ticks)


def test_axis_numbers_share_their_decimals() -> None:
    assert tick_texts([-0.025, 0.0, 0.5], signed=True) == ["−0.025", "0.000", "+0.500"]


@pytest.mark.parametrize(("low", "high"), [(0.6, 2.2), (3.9, 4.1), (1e-4, 1e5)])
def test_a_logarithmic_axis_has_at_least_two_numbers(low: float, high: float) -> None:
    ticks = log_ticks(low, high)
    assert len(ticks) >= 2
    assert all(low <= tick <= high for tick in ticks)


def test_a_scale_maps_its_ends_and_clips() -> None:
    scale = Scale(1.0, 100.0, 0.0, 50.0, log=True)
    assert scale(10.0) == pytest.approx(25.0)
    assert scale.clipped(1e9) == pytest.approx(50.0)
    assert padded(5.0, 5.0) == (4.5, 5.5)


def test_no_room_is_given_twice() -> None:
    taken = Taken()
    box = (0.0, 10.0, 0.0, 5.0)
    assert taken.first_free([box]) == 0
    assert taken.first_free([box, (10.0, 20.0, 0.0, 5.0)]) == 1
    assert taken.first_free([box]) is None


@given(st.text(min_size=1, max_size=60), st.floats(20, 200))
def test_shortened_text_fits(text: str, width: float) -> None:
    assert width_of(shortened(text, width)) <= width


def test_every_text_is_escaped() -> None:
    drawing = Drawing(10, 10)
    drawing.text('<a href="x">&</a>', (1, 1))
    assert "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;" in drawing.svg()


def test_marks_too_close_for_a_label_share_one() -> None:
    close = [(300.0, "1"), (303.0, "4"), (360.0, "2")]
    assert [[label for _, label in cluster] for cluster in _clusters(close, 1)] == [["1", "4"], ["2"]]
    left = [(60.0, "1"), (57.0, "4"), (10.0, "2")]
    assert [[label for _, label in cluster] for cluster in _clusters(left, -1)] == [["1", "4"], ["2"]]


def test_exactly_on_the_limit_is_not_out() -> None:
    figure = deviation_strip([DeviationRow("K", [100.0, -100.0], ["1", "2"])], "en")
    assert style.BAD not in figure.svg
    assert "none beyond" in figure.alt


def test_the_strip_splits_after_forty_rows_with_one_scale() -> None:
    rows = [DeviationRow(f"item {i}", [float(i)], ["1"]) for i in range(81)]
    parts = deviation_strips(rows, "en")
    assert [round((part.height_mm - 14) / 5) for part in parts] == [27, 27, 27]
    assert deviation_strips([], "en") == ()


def test_a_row_without_marks_says_why() -> None:
    figure = deviation_strip([DeviationRow("K", [None, math.nan], ["1", "2"], "Not scored")], "en")
    assert "Not scored" in figure.svg


@pytest.mark.parametrize("n", [5, 19, 20, 21])
def test_few_results_are_dots_many_are_bars(n: int) -> None:
    figure = distribution(Distribution("K", "1", [4.0, 4.5, 5.0], [n - 2, 2], target=4.5), "en")
    assert (" 0 1 0 " in figure.svg) == (n < 20)
    assert f"n={n}" in figure.svg


@pytest.mark.parametrize(
    "panel",
    [
        Distribution("K", "1", [], []),
        Distribution("K", "1", [], [], target=5.0, limit_low=5.0, limit_high=5.0, own=5.0),
        Distribution("K", "1", [5.0, 5.0], [30], target=5.0, own=5.0),
        Distribution("K", "1", [0.0, 1.0], [30], own=0.5),
    ],
)
def test_degenerate_distributions_are_drawn(panel: Distribution) -> None:
    svg = distribution(panel, "zh_CN").svg
    assert "nan" not in svg
    assert "inf" not in svg


def test_z_of_three_is_out_and_of_two_is_no_warning() -> None:
    series = History("K", [2.0, 2.5, 3.0], ["2026-1"] * 3, list("123"), score=True)
    figure = history(series, "en")
    assert "1 beyond the limit" in figure.alt
    assert figure.svg.count(style.WARNING) == 1


def test_only_the_last_twenty_samples_are_drawn() -> None:
    values = [200.0] * 10 + [0.0] * 20
    series = History(
        "K", values, ["r"] * 30, [str(i) for i in range(30)], changes=[(3, "old"), (15, "new lot")]
    )
    figure = history(series, "en")
    assert "last 20 samples, 0 beyond" in figure.alt
    assert "new lot" in figure.svg
    assert ">old<" not in figure.svg


def test_a_fitted_line_needs_six_points() -> None:
    def slopes(n: int) -> str:
        levels = Levels("K", list(np.arange(n) + 1.0), [1.0] * n, [False] * n, fit=(0.0, 1.5))
        return deviation_by_level(levels, "en").alt

    assert "slope" not in slopes(5)
    assert "slope 1.5" in slopes(6)


def test_no_samples_no_level_figure() -> None:
    with pytest.raises(RenderError, match="K"):
        deviation_by_level(Levels("K", [], [], []), "en")


def test_groups_without_a_number_are_kept_and_far_ones_stand_at_the_edge() -> None:
    rows = [GroupRow("A", 40, 1.0, 0.4, own=True), GroupRow("B", 9, 250.0, 4.0), GroupRow("C", 7, None)]
    figure = groups(Groups("K", "1", rows, 10.0, 56), "en")
    assert "› +250.0" in figure.svg
    assert "C (7)" in figure.svg
    assert "own group bias +1.0%" in figure.alt


def test_no_verdicts_no_pass_rates() -> None:
    assert pass_rates([], "en") == ()
