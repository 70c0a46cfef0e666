"""Linked analytes: relations that hold are left alone, errors of transcription are found and placed."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import EvaluationError
from workbench.evaluation.linked_analytes import (
    CHECKS,
    COLUMNS,
    applicable_checks,
    friedewald,
    linked_findings,
)
from workbench.parameters import catalogue

CBC = {"Hb": "g/L", "RBC": "10¹²/L", "HCT": "L/L", "MCV": "fL", "MCH": "pg", "MCHC": "g/L"}
DECIMALS = {"Hb": 0, "RBC": 2, "HCT": 3, "MCV": 1, "MCH": 1, "MCHC": 0}
DIFF = dict.fromkeys(("NEUT%", "LYM%", "MONO%", "EO%", "BASO%"), "%")


def table(
    values: dict[str, list[float]], decimals: dict[str, int] | int = 1, lab: str = "L1"
) -> pd.DataFrame:
    rows = [
        {
            "lab_code": lab,
            "analyte": code,
            "sample": f"S{index}",
            "value": value,
            "decimals": decimals if isinstance(decimals, int) else decimals[code],
        }
        for code, column in values.items()
        for index, value in enumerate(column, 1)
    ]
    return pd.DataFrame(rows)


def blood(hb: float, rbc: float, hct: float, **wrong: float) -> dict[str, list[float]]:
    indices = {"MCV": 1000 * hct / rbc, "MCH": hb / rbc, "MCHC": hb / hct}
    exact = {"Hb": hb, "RBC": rbc, "HCT": hct, **indices}
    return {code: [round(value, DECIMALS[code])] for code, value in (exact | wrong).items()}


def test_published_examples() -> None:
    # Wintrobe 1932: Hb 150 g/L, RBC 5.0, HCT 0.45 -> MCV 90 fL, MCH 30 pg, MCHC 333 g/L.
    good = {"Hb": [150.0], "RBC": [5.0], "HCT": [0.45], "MCV": [90.0], "MCH": [30.0], "MCHC": [333.0]}
    assert linked_findings(table(good, DECIMALS), CBC).empty
    # Friedewald 1972, mg/dL: TC 200, HDL 50, TG 150 -> LDL 120.
    found = friedewald(np.array([200 / 38.67]), np.array([50 / 38.67]), np.array([150 / 88.57]))
    assert 38.67 * found[0] == pytest.approx(120, abs=0.5)
    assert math.isnan(friedewald(np.array([6.0]), np.array([1.0]), np.array([4.6]))[0])
    # WHO TRS 889: INR = (PT / MNPT)^ISI; MNPT 12 s, ISI 1.2.
    times = [12.0, 18.0, 24.0, 36.0, 48.0]
    ratios = [round((t / 12.0) ** 1.2, 2) for t in times]
    assert ratios[2] == 2.3
    units = {"PT": "s", "INR": ""}
    steps = {"PT": 1, "INR": 2}
    assert linked_findings(table({"PT": times, "INR": ratios}, steps), units).empty
    ratios[2] = 3.2
    found_inr = linked_findings(table({"PT": times, "INR": ratios}, steps), units)
    assert found_inr["sample"].tolist() == ["S3"]
    assert found_inr["expected"].iloc[0] == pytest.approx(2.3, abs=0.02)


@pytest.mark.parametrize(
    ("code", "wrong"), [("RBC", 5.4), ("Hb", 105), ("HCT", 0.54), ("MCV", 100), ("MCH", 33), ("MCHC", 303)]
)
def test_the_wrong_red_cell_item_is_named(code: str, wrong: float) -> None:
    found = linked_findings(table(blood(150, 4.8, 0.45, **{code: wrong}), DECIMALS), CBC)
    assert not found.empty
    assert set(found["finding"]) == {"F36"}
    assert set(found["suspect"]) == {code}


def test_sums_of_fractions() -> None:
    good = {"NEUT%": [60.1], "LYM%": [30.0], "MONO%": [6.1], "EO%": [3.0], "BASO%": [0.9]}
    assert linked_findings(table(good), DIFF).empty
    bad = good | {"LYM%": [20.0]}
    found = linked_findings(table(bad), DIFF)
    assert found[["finding", "check", "found"]].iloc[0].tolist() == [
        "F37",
        "differential",
        pytest.approx(90.1),
    ]


def test_a_laboratory_that_cuts_digits_off_is_told_once() -> None:
    rng = np.random.default_rng(3)
    parts = rng.dirichlet([60, 30, 6, 3, 1], size=5) * 100
    cut = {code: (np.floor(parts[:, k] * 10) / 10).tolist() for k, code in enumerate(DIFF)}
    found = linked_findings(table(cut), DIFF)
    assert found["check"].tolist() == ["differential_truncated"]
    assert found["sample"].tolist() == [""]
    rounded = {code: np.round(parts[:, k], 1).tolist() for k, code in enumerate(DIFF)}
    assert linked_findings(table(rounded), DIFF).empty


def test_parts_and_wholes() -> None:
    units = {"DBil": "μmol/L", "TBil": "μmol/L", "Alb": "g/L", "TP": "g/L", "HBDH": "U/L", "LDH": "U/L"}
    values = {
        "DBil": [5.0, 20.2],
        "TBil": [20.0, 5.0],
        "Alb": [40, 75],
        "TP": [70.0, 74.9],
        "HBDH": [100, 100],
        "LDH": [200, 150],
    }
    found = linked_findings(table(values), units)
    assert found[["sample", "check"]].to_numpy().tolist() == [["S2", "bilirubin"]]
    lipids = {"TC": "mmol/L", "HDL-C": "mmol/L", "LDL-C": "mmol/L", "TG": "mmol/L"}
    good = {"TC": [5.2], "HDL-C": [1.3], "LDL-C": [3.4], "TG": [1.1]}
    assert linked_findings(table(good, 2), lipids).empty
    found = linked_findings(table(good | {"LDL-C": [4.6]}, 2), lipids)
    assert found["check"].tolist() == ["cholesterol", "friedewald"]


def test_reported_differences() -> None:
    units = {"TP": "g/L", "Alb": "g/L", "GLB": "g/L"}
    assert linked_findings(table({"TP": [70.0], "Alb": [42.0], "GLB": [28.1]}), units).empty
    found = linked_findings(table({"TP": [70.0], "Alb": [42.0], "GLB": [18.0]}), units)
    assert found["check"].tolist() == ["globulin"]


def test_units_decide_which_relations_are_looked_at() -> None:
    assert applicable_checks(CBC | {"HCT": "%"}) == tuple(c for c in CHECKS if c.name == "mch")
    assert not applicable_checks({"DBil": "mg/dL", "TBil": "μmol/L"})
    of_programmes = {
        no: [check.name for check in applicable_checks({a.analyte: a.unit for a in catalogue()[no].analytes})]
        for no in ("1.1", "1.6", "1.11", "2.1", "2.2", "2.13", "3.4")
    }
    assert of_programmes["2.1"] == ["mcv", "mch", "mchc"]
    assert of_programmes["1.1"] == ["bilirubin", "albumin", "iron", "hbdh"]
    assert of_programmes["1.6"] == ["cholesterol", "hdl", "friedewald"]
    assert of_programmes["1.11"] == ["electrophoresis", "electrophoresis_truncated"]
    assert of_programmes["2.2"] == ["inr"]
    assert of_programmes["2.13"] == ["differential", "differential_truncated"]
    assert of_programmes["3.4"] == ["psa"]


def test_what_is_missing_or_censored_breaks_nothing() -> None:
    values = blood(150, 4.5, 0.45) | {"MCV": [float("nan")], "MCH": [float("nan")]}
    assert linked_findings(table(values, DECIMALS), CBC).empty
    frame = table({"DBil": [30.0], "TBil": [20.0]}).assign(censor=[-1, 0])
    assert linked_findings(frame, {"DBil": "μmol/L", "TBil": "μmol/L"}).empty
    empty = linked_findings(frame.iloc[:0], {"DBil": "μmol/L", "TBil": "μmol/L"})
    assert list(empty.columns) == list(COLUMNS)
    zero = table(blood(150, 4.5, 0.45) | {"RBC": [0.0]}, DECIMALS)
    assert linked_findings(zero, CBC)["check"].tolist() == []
    with pytest.raises(EvaluationError, match="decimals"):
        linked_findings(frame.drop(columns="decimals"), CBC)


def test_too_few_samples_say_nothing_about_inr() -> None:
    frame = table({"PT": [12.0, 24.0, 36.0], "INR": [1.0, 9.0, 3.0]}, {"PT": 1, "INR": 2})
    assert linked_findings(frame, {"PT": "s", "INR": ""}).empty
    flat = table({"PT": [12.0] * 5, "INR": [1.0] * 5}, {"PT": 1, "INR": 2})
    assert linked_findings(flat, {"PT": "s", "INR": ""}).empty


@settings(max_examples=200, deadline=None)
@given(st.floats(40, 220), st.floats(1.5, 7.5), st.floats(0.15, 0.65))
def test_rounding_alone_never_breaks_a_red_cell_relation(hb: float, rbc: float, hct: float) -> None:
    assert linked_findings(table(blood(hb, rbc, hct), DECIMALS), CBC).empty


@settings(max_examples=80, deadline=None)
@given(st.lists(st.floats(0.1, 10), min_size=5, max_size=5))
def test_rounding_alone_never_breaks_a_sum(weights: list[float]) -> None:
    shares = 100 * np.array(weights) / sum(weights)
    values = {code: [round(float(share), 1)] for code, share in zip(DIFF, shares, strict=True)}
    assert linked_findings(table(values), DIFF).empty


def test_seeded_transcription_errors_are_found() -> None:
    # Exchanged neighbouring digits and moved points in red-cell items of many laboratories.
    rng = np.random.default_rng(11)
    seeded = hits = named = 0
    for k in range(120):
        hb, rbc = rng.uniform(90, 180), rng.uniform(3, 6)
        values = blood(hb, rbc, hb / 333 * rng.uniform(0.97, 1.03))
        code = list(DECIMALS)[k % 6]
        text = f"{values[code][0]:.{DECIMALS[code]}f}"
        digits = [i for i in range(len(text) - 1) if text[i].isdigit() and text[i + 1].isdigit()]
        place = next((i for i in digits if abs(int(text[i]) - int(text[i + 1])) >= 3), None)
        if place is None:
            continue
        wrong = float(text[:place] + text[place + 1] + text[place] + text[place + 2 :])
        if abs(wrong / values[code][0] - 1) < 0.02:
            continue
        seeded += 1
        found = linked_findings(table(values | {code: [wrong]}, DECIMALS, lab=f"L{k}"), CBC)
        hits += not found.empty
        named += code in set(found["suspect"])
    assert seeded >= 60
    assert hits / seeded >= 0.95
    assert named / seeded >= 0.9


def test_order_of_laboratories_and_rows_does_not_matter() -> None:
    frame = pd.concat(
        [table(blood(150, 4.5, 0.45, MCV=120), DECIMALS, lab) for lab in ("L2", "L1", "L3")],
        ignore_index=True,
    )
    shuffled = frame.sample(frac=1.0, random_state=4)
    pd.testing.assert_frame_equal(linked_findings(frame, CBC), linked_findings(shuffled, CBC))
