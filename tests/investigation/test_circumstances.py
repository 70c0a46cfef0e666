"""History, peers on the same system, other analytes, and suppositions about one failure."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.investigation.simulator import Province, World, province
from workbench.errors import EvaluationError
from workbench.investigation.circumstances import history, other_analytes, peers, same_system
from workbench.investigation.evidence import Earlier
from workbench.investigation.panel import panel_of
from workbench.investigation.round_investigation import RoundInvestigation
from workbench.investigation.what_if import COLUMNS, corrected, what_if

LAB, ANALYTE = 5, 2


@cache
def biased() -> tuple[Province, RoundInvestigation]:
    """Two rounds; in the second the laboratory is off by 1.8 limits, everywhere alike."""
    world = World(81)
    before = province(world)
    now = province(replace(world, seed=181), before)
    share = np.median(now.limit[now.group[LAB], ANALYTE] / now.target(LAB, ANALYTE))
    now.write(LAB, ANALYTE, now.value[LAB, ANALYTE] * (1 + 1.8 * share))
    return now, RoundInvestigation(panel_of(now.inputs()), (Earlier.of(panel_of(before.inputs("2025-3"))),))


def test_history_shows_the_round_it_began() -> None:
    table = history(biased()[1], LAB, ANALYTE)
    assert table["round_back"].tolist() == [1, 0]
    assert abs(table["bias"].iloc[0]) < 60
    assert table["bias"].iloc[1] == pytest.approx(180, abs=45)
    assert table["failed"].tolist() == [False, True]


def test_peers_do_not_share_the_bias_and_few_are_not_shown() -> None:
    found = biased()[1]
    table = peers(found, LAB, ANALYTE)
    assert (table["own"] - table["peers"] > 80).all()
    assert (table["n_peers"] == same_system(found, LAB, ANALYTE).sum()).all()
    assert not same_system(found, LAB, ANALYTE)[LAB]
    lonely = replace(found.panel, system=found.panel.system.copy())
    lonely.system[LAB, ANALYTE, 1] = "only one"
    alone = peers(RoundInvestigation(lonely), LAB, ANALYTE)
    assert alone["peers"].isna().all()


def test_other_analytes_of_the_instrument_are_fine() -> None:
    table = other_analytes(biased()[1], LAB, ANALYTE).set_index("analyte")
    assert table["failed"].sum() == 1
    assert table["bias"].abs().idxmax() == "A02"


def test_suppositions_are_scored_by_the_rule_in_force() -> None:
    found = biased()[1]
    table = what_if(found, LAB, ANALYTE)
    assert list(table.columns) == COLUMNS
    rows = table.set_index("what")
    assert rows.loc["as_it_is", "acceptable"] == found.panel.acceptable[LAB, ANALYTE] == 0
    assert not rows.loc["as_it_is", "passes"]
    assert rows.loc["divided", "passes"]
    assert rows.loc["divided", "better"] == 5
    assert rows.loc["without_worst", "acceptable"] == 1
    factor = float(rows.loc["divided", "amount"])
    mine = corrected(found, LAB, ANALYTE, factor=factor).iloc[0]
    assert mine["acceptable"] == rows.loc["divided", "acceptable"]
    backwards = corrected(found, LAB, ANALYTE, order=(4, 3, 2, 1, 0)).iloc[0]
    assert backwards["acceptable"] <= 2
    with pytest.raises(ValueError, match="order"):
        corrected(found, LAB, ANALYTE, order=(0, 0, 1, 2, 3))


def test_nothing_numeric_is_said_in_words() -> None:
    now, found = biased()
    empty = replace(found.panel, value=found.panel.value.copy())
    empty.value[LAB, ANALYTE, 1:] = np.nan
    with pytest.raises(EvaluationError, match="A02 of L005"):
        what_if(RoundInvestigation(empty), LAB, ANALYTE)
    assert now.world.samples == 5
