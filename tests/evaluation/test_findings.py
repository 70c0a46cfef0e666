"""Each finding fired by a small round, and not by its neighbour."""

from __future__ import annotations

import json
from decimal import Decimal

import pandas as pd
import pytest

from tests.evaluation.small_rounds import SPREAD, SmallRound, analyte, limit, of, one, programme
from tests.evaluation.test_verdicts import past
from workbench.evaluation import Evaluation
from workbench.evaluation.findings import LEVELS as FINDING_LEVELS
from workbench.parameters.policy import SigmaRule

LEVELS = [5.0, 6.0, 7.0, 8.0, 9.0]
GOOD = ["5.0", "6.0", "7.0", "8.0", "9.0"]


def small(**policy: object) -> SmallRound:
    return SmallRound(programme(**policy)).crowd(LEVELS)


def found(evaluation: Evaluation, code: str, **key: str) -> list[dict[str, object]]:
    return [json.loads(text) for text in of(evaluation.findings, code=code, **key)["params"]]


@pytest.mark.parametrize(("k", "fires"), [(3, True), (4, True), (5, False)])
def test_f06_all_must_be_right_with_four_samples_or_fewer(k: int, fires: bool) -> None:
    given = SmallRound(programme(), samples=tuple(f"S{i}" for i in range(1, k + 1))).crowd(LEVELS[:k])
    rows = of(given.evaluation().findings, code="F06")
    assert len(rows) == int(fires)
    if fires:
        assert (rows["lab_code"].iloc[0], rows["analyte"].iloc[0]) == ("", "")
        assert json.loads(rows["params"].iloc[0]) == {"k": k, "pass": 80.0}


def test_f06_for_one_laboratory_whose_samples_broke() -> None:
    given = small().lab("X", GOOD)
    given.result_states["X", "Glu", "S1"] = "sample_fault"
    rows = of(given.evaluation().findings, code="F06")
    assert rows["lab_code"].tolist() == ["X"]


def test_f06_follows_the_pass_mark() -> None:
    given = SmallRound(programme(pass_mark=60), samples=("S1", "S2", "S3")).crowd(LEVELS[:3])
    assert found(given.evaluation(), "F06") == []


def test_f12_an_unverified_limit_is_named() -> None:
    given = small()
    assert found(given.evaluation(), "F12") == []
    given.criteria = (limit(verified=False),)
    assert found(given.evaluation(), "F12") == [{"analyte": "Glu", "document": "Test limits"}]


def test_f13_another_authority_would_judge_differently() -> None:
    given = small().lab("X", ["5.4", "6.45", "7.0", "8.0", "9.0"])
    tight = limit(percent="5", authority="Other", raw_text="±5%")
    given.criteria = (limit(), tight)
    assert found(given.evaluation(), "F13") == [{"other": "Other", "limit": "±5%", "x": "fail"}]
    assert one(given.evaluation().findings, code="F13")["lab_code"] == "X"
    given.criteria = (limit(), limit(percent="9", authority="Other", raw_text="±9%"))
    assert found(given.evaluation(), "F13") == []


def test_f14_the_criterion_changed_since_the_last_round() -> None:
    line = limit().line
    same = past(small(), "P00", "2025-3", 5, criterion=line).evaluation()
    assert found(same, "F14") == []
    changed = past(past(small(), "P00", "2025-3", 5, criterion="±25%"), "P00", "2025-2", 5, criterion=line)
    assert found(changed.evaluation(), "F14") == [{"old": "±25%", "new": line}]


def test_f17_a_single_decimal_slip_names_its_sample() -> None:
    evaluation = small().lab("X", ["5.0", "60.1", "7.0", "8.0", "9.0"]).evaluation()
    row = one(evaluation.findings, lab_code="X", code="F17")
    assert row["sample"] == "S2"
    assert json.loads(row["params"]) == {"factor": 10.0, "kind": "decimal"}
    assert found(small().lab("X", ["5.0", "21.0", "7.0", "8.0", "9.0"]).evaluation(), "F17") == []


def test_f18_late() -> None:
    given = small().lab("X", GOOD)
    assert found(given.evaluation(), "F18") == []
    given.late["X"] = 3
    assert found(given.evaluation(), "F18", lab_code="X") == [{"date": "2026-04-22", "days": 3}]


def test_f23_several_methods_on_processed_material() -> None:
    assert found(small().evaluation(), "F23") == []
    two = small().crowd(LEVELS, prefix="Q", method="M2")
    assert found(two.evaluation(), "F23") == [{}]
    frames = two.frames()
    assert (frames["samples"]["matrix"] == "processed serum").all()


def test_f28_a_small_group_is_hidden() -> None:
    ladder = (("instrument",), ())
    given = SmallRound(programme(ladder=ladder)).crowd(LEVELS, instrument="I1")
    assert found(given.evaluation(), "F28") == []
    given.crowd(LEVELS, spread=(0.0, 0.01, 0.0, -0.01), prefix="Q", instrument="I2")
    assert found(given.evaluation(), "F28") == [{"n_min": 5}]


def test_f32_exactly_on_an_inclusive_limit() -> None:
    given = SmallRound(programme(), samples=("S1",))
    for i in range(8):
        given.lab(f"P{i}", ["5.0"])
    given.lab("X", ["5.5"]).lab("Y", ["5.49"])
    rows = of(given.evaluation().findings, code="F32")
    assert rows["lab_code"].tolist() == ["X"]
    assert (rows["level"].iloc[0], rows["organiser_level"].iloc[0]) == (1, 0)


def test_f35_limit_and_score_give_opposite_classes() -> None:
    tight = SigmaRule(kind="fixed_percent", value=Decimal(1))
    given = SmallRound(programme(sigma_pt=tight)).crowd(
        LEVELS, spread=[each / 4 for each in SPREAD], decimals=4
    )
    evaluation = given.lab("X", ["5.2", "6.0", "7.0", "8.0", "9.0"]).evaluation()
    row = one(evaluation.findings, lab_code="X", code="F35")
    assert json.loads(row["params"]) == {"a": "acceptable", "b": "action"}
    assert one(evaluation.scores, lab_code="X", sample="S1")["signal"] == "acceptable"
    assert found(small().lab("X", ["5.2", *GOOD[1:]]).evaluation(), "F35") == []


def test_f05_two_modes_name_the_factor_that_separates_them() -> None:
    def rounds(apart: float) -> Evaluation:
        given = SmallRound(programme(), samples=("S1",))
        for method, factor in (("M1", 1.0), ("M2", apart)):
            for i in range(12):
                system = {"method": method, "instrument": f"I{i % 3}", "reagent": f"R{i % 4}"}
                given.lab(f"{method}-{i:02d}", [f"{100 * factor * (1 + 0.002 * (i - 6)):.2f}"], **system)
        return given.evaluation()

    two = rounds(1.2)
    row = one(two.findings, code="F05")
    assert (row["lab_code"], row["level"], row["organiser_level"]) == ("", 2, 3)
    values = json.loads(row["params"])
    assert (values["m"], values["factor"]) == (2, "method")
    assert [mode["share"] for mode in values["modes"]] == [0.5, 0.5]
    assert two.modes["location"].tolist() == pytest.approx([100, 120], rel=0.01)
    near = rounds(1.03)
    assert found(near, "F05") == []
    assert near.modes["mode"].tolist() == [1]


def test_f42_counts_that_do_not_reconcile() -> None:
    given = small().lab("X", GOOD)
    assert found(given.evaluation(), "F42") == []
    given.not_enrolled.add("X")
    evaluation = given.evaluation()
    rows = of(evaluation.findings, code="F42")
    assert set(rows["analyte"]) == {"", "Glu"}
    assert set(rows["organiser_level"]) == {3}
    assert json.loads(one(rows, analyte="Glu")["params"]) == {"a": 8, "b": 9, "c": 0, "d": 0, "e": 0}
    assert of(evaluation.scores, lab_code="X").empty


def test_findings_are_sorted_and_their_levels_known() -> None:
    given = small(sigma_pt=SigmaRule(kind="fixed_percent", value=Decimal(1))).lab(
        "X", ["5.2", "60.1", "7", "8", "abc"]
    )
    given.criteria = (limit(verified=False),)
    table = given.evaluation().findings
    assert len(table) >= 4
    assert table["lab_code"].is_monotonic_increasing
    assert set(table["code"]) <= set(FINDING_LEVELS)
    assert not table.duplicated().any()
    assert ((table["level"] > 0) | (table["organiser_level"] > 0)).all()


def test_findings_of_one_laboratory_never_name_another() -> None:
    ladder = (("instrument", "reagent"), ("instrument",), ())
    given = SmallRound(programme(ladder=ladder))
    for i in range(12):
        given.lab(
            f"CANARY{i:02d}",
            [f"{x * (1 + 0.002 * i):.3f}" for x in LEVELS],
            instrument=f"I{i % 2}",
            reagent=f"R{i}",
        )
    evaluation = given.evaluation()
    for table in (evaluation.findings, evaluation.sentences):
        for row in table.itertuples():
            assert "CANARY" not in row.params


def test_two_analytes_with_different_k_get_their_own_f06() -> None:
    both = SmallRound(programme([analyte("Glu"), analyte("K")]), criteria=(limit("Glu"), limit("K")))
    both.crowd(LEVELS).crowd(LEVELS, analyte="K")
    both.row(
        "decisions", decision_id=1, kind="withdraw", lab_code="", analyte="K", sample="S1", reason="haemolysis",
        decided_at=pd.Timestamp("2026-05-01"),
    )  # fmt: skip
    rows = of(both.evaluation().findings, code="F06")
    assert rows["analyte"].tolist() == ["K"]
    assert found(both.evaluation(), "F26") == [{"item": "S1", "why": "haemolysis"}]


def _bilirubin(broken: int) -> Evaluation:
    parts = [analyte("TBil", 1, unit="μmol/L"), analyte("DBil", 1, unit="μmol/L")]
    small = SmallRound(
        programme(parts), criteria=(limit("TBil", unit="μmol/L"), limit("DBil", unit="μmol/L"))
    )
    for number in range(12):
        direct = ["25.0"] * 5 if number < broken else ["5.0"] * 5
        small.lab(f"P{number:02d}", ["20.0"] * 5, "TBil").lab(f"P{number:02d}", direct, "DBil")
    return small.evaluation()


def test_f36_a_part_above_its_whole_is_told_unless_the_material_does_it() -> None:
    found = of(_bilirubin(1).findings, code="F36")
    assert set(found["lab_code"]) == {"P00"}
    assert len(found) == 5
    assert of(_bilirubin(6).findings, code="F36").empty
