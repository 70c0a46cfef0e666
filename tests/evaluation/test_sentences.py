"""Planted errors and the sentences they fire: as first or second sentence, and not for the neighbour."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from tests.evaluation.small_rounds import SmallRound, analyte, limit, of, programme
from tests.evaluation.test_verdicts import past
from workbench.evaluation import Evaluation
from workbench.parameters.programmes import UnitConversion

LEVELS = [60.0, 90.0, 130.0, 200.0, 320.0]
NOISE = (0.01, -0.01, 0.005, -0.005, 0.0)
LADDER = (("method",), ())


def creatinine() -> SmallRound:
    mg = UnitConversion(unit="mg/dL", factor=Decimal("88.4"))
    item = analyte("Cre", decimals=1, unit="μmol/L", unit_conversions=(mg,))
    small = SmallRound(programme([item], ladder=LADDER), criteria=(limit("Cre", "12", unit="μmol/L"),))
    small.crowd(LEVELS, analyte="Cre", decimals=1, method="M1")
    return small.crowd([x * 1.3 for x in LEVELS], analyte="Cre", prefix="Q", decimals=1, method="M2")


def planted(values: list[float], decimals: int = 2) -> Evaluation:
    return creatinine().lab("X", [f"{value:.{decimals}f}" for value in values], "Cre").evaluation()


def fired(evaluation: Evaluation, lab: str = "X", analyte: str = "Cre") -> list[str]:
    return of(evaluation.sentences, lab_code=lab, analyte=analyte)["code"].tolist()


def params(evaluation: Evaluation, code: str, lab: str = "X") -> dict[str, object]:
    return json.loads(of(evaluation.sentences, lab_code=lab, code=code).iloc[0]["params"])


def plain() -> list[float]:
    return [level * (1 + noise) for level, noise in zip(LEVELS, NOISE, strict=True)]


def test_an_ordinary_laboratory_gets_no_cause() -> None:
    assert fired(planted(plain())) == []


@pytest.mark.parametrize(
    ("factor", "kind"), [(88.4, "unit"), (1 / 88.4, "unit"), (10.0, "decimal"), (0.01, "decimal")]
)
def test_s10_unit_or_decimal_point(factor: float, kind: str) -> None:
    evaluation = planted([value * factor for value in plain()], decimals=4)
    assert fired(evaluation)[0] == "S10"
    found = params(evaluation, "S10")
    assert found["f"] == pytest.approx(factor)
    assert found["kind"] == kind
    assert (found["u1"] == "mg/dL") == (kind == "unit")
    whole = of(evaluation.findings, lab_code="X", code="F17")
    assert json.loads(whole.iloc[0]["params"])["kind"] == kind
    assert whole["sample"].tolist() == [""]


def test_s10_needs_four_of_five_samples() -> None:
    values = plain()
    four = [value * 88.4 if i < 4 else value for i, value in enumerate(values)]
    three = [value * 88.4 if i < 3 else value for i, value in enumerate(values)]
    assert fired(planted(four))[0] == "S10"
    assert "S10" not in fired(planted(three))


def test_a_unit_error_is_recognised_with_an_offset() -> None:
    ifcc = UnitConversion(unit="mmol/mol", factor=Decimal("0.0915"), offset=Decimal("2.15"))
    item = analyte("HbA1c", decimals=2, unit="%", unit_conversions=(ifcc,))
    small = SmallRound(programme([item]), criteria=(limit("HbA1c", "8", unit="%"),))
    levels = [5.0, 6.0, 7.0, 8.5, 10.0]
    small.crowd(levels, analyte="HbA1c").lab("X", [f"{(x - 2.15) / 0.0915:.1f}" for x in levels], "HbA1c")
    assert fired(small.evaluation(), analyte="HbA1c")[0] == "S10"


def test_s11_two_samples_exchanged() -> None:
    values = plain()
    values[1], values[3] = values[3], values[1]
    evaluation = planted(values)
    assert fired(evaluation)[0] == "S11"
    assert params(evaluation, "S11") == {"a": "S2", "b": "S4"}
    swap = json.loads(of(evaluation.findings, lab_code="X", code="F17").iloc[0]["params"])
    assert (swap["kind"], swap["a"], swap["b"]) == ("swap", "S2", "S4")


def test_s11_not_when_something_else_is_out() -> None:
    values = plain()
    values[1], values[3] = values[3], values[1]
    values[0] *= 1.5
    assert "S11" not in fired(planted(values))


def test_s12_constant_error() -> None:
    evaluation = planted([value + 14.0 for value in plain()])
    assert fired(evaluation)[0] == "S12"
    assert params(evaluation, "S12")["m"] > 50
    assert "S12" not in fired(planted([value + 3.0 for value in plain()]))


def test_s13_proportional_error() -> None:
    evaluation = planted([value * 1.2 for value in plain()])
    assert fired(evaluation)[0] == "S13"
    assert params(evaluation, "S13")["b"] == pytest.approx(20, abs=2)
    assert "S13" not in fired(planted([value * 1.03 for value in plain()]))


def test_s14_random_error() -> None:
    evaluation = planted([v * (1 + e) for v, e in zip(plain(), (0.2, -0.18, 0.15, -0.2, 0.16), strict=True)])
    assert fired(evaluation)[0] == "S14"
    assert params(evaluation, "S14")["s"] > 60


@pytest.mark.parametrize("position", range(5))
def test_s15_single_accident(position: int) -> None:
    values = plain()
    values[position] *= 1.31
    evaluation = planted(values)
    assert "S15" in fired(evaluation)[:2]
    assert params(evaluation, "S15") == {"a": f"S{position + 1}"}
    assert "S14" not in fired(evaluation)
    assert "S13" not in fired(evaluation)


def test_s16_results_fit_another_group() -> None:
    evaluation = planted([value * 1.3 for value in plain()])
    assert "S16" in fired(evaluation)[:2]
    assert params(evaluation, "S16") == {"group": "M2", "level": "method", "n": 8}
    assert "S16" not in fired(planted([value * 1.8 for value in plain()]))
    assert "S16" not in fired(planted(plain()))


def test_s17_near_the_limit() -> None:
    values = plain()
    values[2] = 130.0 * 1.108
    evaluation = planted(values)
    assert fired(evaluation) == ["S17"]
    assert 80 <= params(evaluation, "S17")["pa"] <= 100
    values[2] = 130.0 * 1.05
    assert fired(planted(values)) == []


def test_s18_the_mean_deviation_moved() -> None:
    def moved(from_mean: float) -> Evaluation:
        small = creatinine().lab("X", [f"{value:.2f}" for value in plain()], "Cre")
        return past(small, "X", "2025-3", 5, analyte="Cre", mean_percent_allowed=from_mean).evaluation()

    assert fired(moved(60.0)) == ["S18"]
    assert params(moved(60.0), "S18")["m0"] == 60.0
    assert fired(moved(40.0)) == []


def shared_by_the_group(own_factor: float) -> Evaluation:
    small = SmallRound(programme(ladder=(("method",), ()), prefer_reference=True))
    levels = [5.0, 6.0, 7.0, 8.0, 9.0]
    small.crowd(levels, method="M1").crowd([x * 1.07 for x in levels], prefix="Q", method="M2")
    small.lab("X", [f"{x * own_factor:.3f}" for x in levels], method="M2")
    for sample, level in zip(small.samples, levels, strict=True):
        small.row(
            "reference_values", analyte="Glu", sample=sample, assigned_value_method="reference",
            assigned_value=level, u_assigned_value=0.005, traceability="",
        )  # fmt: skip
    return small.evaluation()


def test_f24_and_s19_the_group_shares_the_deviation() -> None:
    evaluation = shared_by_the_group(1.07)
    assert "S19" in fired(evaluation, analyte="Glu")
    found = of(evaluation.findings, lab_code="X", code="F24")
    assert json.loads(found.iloc[0]["params"])["b"] == pytest.approx(7.0, abs=0.5)
    assert of(evaluation.findings, lab_code="P00", code="F24").empty
    assert len(of(evaluation.findings, lab_code="", code="F24")) == 1
    alone = shared_by_the_group(0.94)
    assert "S19" not in fired(alone, analyte="Glu")
    assert len(of(alone.findings, lab_code="X", code="F24")) == 1


def test_at_most_three_sentences_an_analyte_in_order() -> None:
    evaluation = planted([value * 1.3 for value in plain()])
    found = of(evaluation.sentences, lab_code="X", analyte="Cre")
    assert len(found) <= 3
    assert found["code"].tolist() == sorted(found["code"])
    assert found["position"].tolist() == list(range(1, len(found) + 1))


def test_patterns_need_three_graded_samples() -> None:
    values = plain()
    texts = [f"{values[0] + 14:.1f}", f"{values[1] + 14:.1f}", None, None, None]
    assert fired(creatinine().lab("X", texts, "Cre").evaluation()) == []


# ---- the programme's own sentences ---------------------------------------------------------------


def whole(evaluation: Evaluation, lab: str = "X") -> dict[str, dict[str, object]]:
    table = of(evaluation.sentences, lab_code=lab, analyte="")
    assert len(table) <= 5
    return {row.code: json.loads(row.params) for row in table.itertuples()}


LOW = [5.0, 6.0, 7.0, 8.0, 9.0]
GOOD = ["5.0", "6.0", "7.0", "8.0", "9.0"]


def three_items() -> SmallRound:
    items = [analyte(code) for code in ("Glu", "K", "Na")]
    small = SmallRound(programme(items), criteria=tuple(limit(code) for code in ("Glu", "K", "Na")))
    for code in ("Glu", "K", "Na"):
        small.crowd(LOW, analyte=code)
    return small


def test_s01_everything_right_and_returned() -> None:
    small = three_items()
    for code in ("Glu", "K", "Na"):
        small.lab("X", GOOD, code)
    assert whole(small.evaluation()) == {"S01": {"k": 3}}


def test_s02_s04_s06_name_their_items() -> None:
    small = three_items().lab("X", ["9.9", "9.9", *GOOD[2:]], "Glu")
    small.lab("X", [None] * 5, "K").lab("X", [*GOOD[:4], "12.0"], "Na")
    assert whole(small.evaluation()) == {
        "S02": {"m": 2, "list": ["Glu", "K"]},
        "S04": {"item": ["K"]},
        "S06": {"item": ["Na"], "sample": ["S5"]},
    }


def test_s05_unsuccessful_over_rounds() -> None:
    small = three_items().lab("X", ["9.9", "9.9", *GOOD[2:]], "Glu").lab("X", GOOD, "K").lab("X", GOOD, "Na")
    past(small, "X", "2025-3", 2)
    assert whole(small.evaluation())["S05"] == {"item": ["Glu"]}


def test_s07_names_what_was_not_scored_and_why() -> None:
    small = three_items()
    for key in list(small.results):
        if key[1] == "K" and key[0] not in ("P00", "P01"):
            small.results[key] = [None] * 5
    for code in ("Glu", "K", "Na"):
        small.lab("X", GOOD, code)
    found = whole(small.evaluation())
    assert found["S07"] == {"item": ["K"], "reason": "NS-N"}
    assert found["S01"] == {"k": 2}
