"""HPV panels: reading, cells, samples, per-type tables."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import EvaluationError
from workbench.evaluation.result_types.type_panels import (
    CELLS,
    PanelRule,
    TypeAnswer,
    panel_cells,
    panel_samples,
    panel_types,
    pooled,
    read_types,
)
from workbench.parameters import catalogue
from workbench.parameters.loci import loci

PANEL = loci()["HPV-PANEL"]
CODES = list(PANEL.by_code)


def test_the_panel_is_that_of_the_programme() -> None:
    assert [a.analyte for a in catalogue()["4.14"].analytes] == CODES


def test_carcinogenic_types_are_those_of_iarc() -> None:
    # IARC Monographs 100B (2012): group 1 are 16, 18, 31, 33, 35, 39, 45, 51, 52, 56, 58 and 59; 68 is group 2A.
    sets = {one.name: one.types for one in PANEL.sets}
    assert [int(t[3:]) for t in sets["carcinogenic"]] == [16, 18, 31, 33, 35, 39, 45, 51, 52, 56, 58, 59]
    assert "HPV68" in sets["possibly_carcinogenic"]
    assert pooled(["HPV68"], sets) == {"carcinogenic": False, "possibly_carcinogenic": True}


@pytest.mark.parametrize(
    ("text", "found", "reason"),
    [
        ("16,52", ("HPV16", "HPV52"), ""),
        ("HPV52型阳性、HPV-16", ("HPV16", "HPV52"), ""),
        ("HPV 16+18", ("HPV16", "HPV18"), ""),
        ("阴性", (), ""),
        ("未检测", (), "not_tested"),
        ("  ", (), "genotype_missing"),
        ("16, 99", (), "type_unknown"),
        ("abc", (), "type_unknown"),
    ],
)
def test_reading(text: str, found: tuple[str, ...], reason: str) -> None:
    assert read_types(text, PANEL) == TypeAnswer(found, reason)
    two = loci()["HPV16/18"]
    assert read_types("16+其他高危型", two).found == ("HPV16", "HPV-OHR")


def test_cells_samples_and_types() -> None:
    expected = [{"HPV16", "HPV52"}, {"HPV18"}, set(), {"HPV81"}, {"HPV16"}]
    scope = set(CODES) - {"HPV42", "HPV43", "HPV44", "HPV81"}
    answers = [read_types(t, PANEL) for t in ("16,52", "33", "阴性", "阴性", "未检测")]
    cells = panel_cells(answers, expected, PANEL, [scope, scope, scope, scope, None])
    assert len(cells) == 5 * 21
    samples = panel_samples(cells)
    assert samples["missed"].tolist() == [0, 1, 0, 0, 0]
    assert samples["extra_types"].tolist() == ["", "HPV33", "", "", ""]
    assert samples["signal"].tolist() == ["acceptable", "action", "acceptable", "acceptable", "not_scored"]
    assert samples["reason"].tolist() == ["", "", "", "", "not_tested"]
    assert samples["judged"].tolist() == [17, 17, 17, 17, 0]
    assert panel_samples(cells, PanelRule(partial=True))["mark"].tolist()[1] == pytest.approx(1 - 2 / 17)
    types = panel_types(cells).set_index("type")
    assert types.loc["HPV18", ["hit", "missed", "not_tested"]].tolist() == [0, 1, 1]
    assert types.loc["HPV16", "sensitivity"] == 1.0
    assert types.loc["HPV81", "outside"] == 4
    assert math.isnan(types.loc["HPV81", "sensitivity"])
    assert (types[list(CELLS)].sum(axis=1) == 5).all()


def test_a_type_outside_the_declared_scope_is_judged_when_it_is_reported() -> None:
    cells = panel_cells([read_types("42", PANEL)], [set()], PANEL, [{"HPV16"}])
    assert panel_samples(cells)["extra_types"].tolist() == ["HPV42"]


def test_a_kit_without_any_type_of_the_panel_is_not_scored() -> None:
    samples = panel_samples(panel_cells([TypeAnswer()], [{"HPV16"}], PANEL, [set()]))
    assert samples["reason"].tolist() == ["outside_scope"]
    assert samples["signal"].tolist() == ["not_scored"]


def test_a_wrong_target_is_told() -> None:
    with pytest.raises(EvaluationError, match="HPV99"):
        panel_cells([TypeAnswer()], [{"HPV99"}], PANEL, [None])


TYPES = st.sets(st.sampled_from(CODES), max_size=5)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(TYPES, TYPES, st.none() | TYPES), min_size=1, max_size=4))
def test_counts_reconcile(rows: list[tuple[set[str], set[str], set[str] | None]]) -> None:
    answers = [TypeAnswer(tuple(c for c in CODES if c in found)) for found, _, _ in rows]
    cells = panel_cells(answers, [t for _, t, _ in rows], PANEL, [s for _, _, s in rows])
    samples = panel_samples(cells)
    for (found, target, scope), row in zip(rows, samples.to_dict("records"), strict=True):
        seen = set(CODES) if scope is None else scope
        assert row["missed"] == len((target - found) & seen)
        assert row["extra"] == len(found - target)
        assert (row["signal"] == "acceptable") == (row["judged"] > 0 and row["missed"] + row["extra"] == 0)
    assert panel_types(cells)[list(CELLS)].to_numpy().sum() == len(rows) * len(CODES)
