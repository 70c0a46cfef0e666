"""A real published round goes in whole."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from workbench.ingest import Expectations, ExpectedAnalyte, Layout, read_submission_file

RESULTS = Path(__file__).parents[2] / "../shared/rounds/concalab-2025-results.csv"


@pytest.mark.skipif(not RESULTS.exists(), reason="the published round is not on this machine")
def test_all_results_of_the_published_round_are_loaded() -> None:
    with RESULTS.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    units = {row["analyte_code"]: row["unit"].replace("mg/Dl", "mg/dL") for row in rows}
    expectations = Expectations(
        round="2025",
        programme_no="1.1",
        analytes=tuple(ExpectedAnalyte(code, unit=unit) for code, unit in units.items()),
        samples=("S1",),
        lab_codes=frozenset(row["lab_code"] for row in rows),
        today=date(2025, 12, 1),
    )
    report = read_submission_file(RESULTS, Layout(constants={"sample": "S1"}), expectations)
    assert report.quarantined.empty
    assert (report.counts.read, len(report.loaded)) == (459, 459)
    assert list(report.loaded["raw"]) == [row["value"] for row in rows]
    assert list(report.loaded["value"]) == [float(row["value"]) for row in rows]
    misspelt = [row["unit"] == "mg/Dl" for row in rows]
    assert sum(misspelt) == 57
    assert list(report.loaded["flags"] == "unit_spelling") == misspelt
