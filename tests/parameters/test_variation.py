"""Biological variation: every row is of an analyte in the catalogue, problems are told at once, sources agree."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from workbench.errors import ParameterError
from workbench.parameters import catalogue
from workbench.parameters.variation import variations

TABLE = Path(__file__).parents[3] / "shared" / "criteria" / "bv_specs.csv"
CODES = {
    "ALB": "Alb", "GLU": "Glu", "CRP": "CRP", "ALP": "ALP", "TC": "TC", "LDLC": "LDL-C", "HDLC": "HDL-C", "TG": "TG",
    "MCV": "MCV", "WBC": "WBC", "HBA1C": "HbA1c", "GA": "GA",
}  # fmt: skip


def test_rows_are_of_the_catalogue() -> None:
    known = {(a.analyte, a.matrix) for programme in catalogue().values() for a in programme.analytes}
    assert set(variations()) <= known
    assert len(variations()) == 12


def test_rows_equal_the_published_ones() -> None:
    if not TABLE.is_file():
        pytest.skip("the table of published variation is not beside the project")
    table = pd.read_csv(TABLE).dropna(subset=["cvg_percent"])
    held = {row.analyte: row for row in variations().values()}
    assert {CODES[code] for code in table["analyte_code"]} == set(held)
    for row in table.itertuples():
        mine = held[CODES[row.analyte_code]]
        assert (mine.cv_within, mine.cv_between) == (row.cvi_percent, row.cvg_percent)


def test_every_problem_is_named(tmp_path: Path) -> None:
    row = "{analyte: K, matrix: serum/plasma, cv_within: 4.1, cv_between: 3.9, document: D, verified: false}"
    bad = row.replace("4.1", "-1")
    (tmp_path / "a.yaml").write_text(f"about: x\nrows:\n  - {row}\n  - {row}\n  - {bad}\n", "utf-8")
    with pytest.raises(ParameterError) as caught:
        variations(tmp_path)
    assert [problem.row for problem in caught.value.problems] == [4, 5]
