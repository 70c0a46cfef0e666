"""The mean difference of a laboratory over the samples of a round, as its own view of the evaluation has it."""

from __future__ import annotations

import pytest

from workbench.store import Store, evaluation_in_force, laboratory_view
from workbench.store.eqa_biases import eqa_biases


def test_biases_are_those_of_the_scores(evaluated_store: Store) -> None:
    with evaluated_store.writing() as connection:
        last = "CAST(substr(sample, length(sample), 1) AS INTEGER)"
        connection.exec_driver_sql(
            f"UPDATE score SET percent_difference = length(analyte) * 2.5 + 0.25 - {last}"
        )
    record = evaluation_in_force(evaluated_store, "2026-1", "1.1")
    assert record is not None
    found = eqa_biases(evaluated_store, record)
    assert len(found) > 10
    checked = 0
    for lab, part in found.groupby("lab_code"):
        scores = laboratory_view(evaluated_store, record.evaluation_id, str(lab)).scores
        scored = scores[scores["state"] == "scored"]
        for row in part.itertuples():
            own = scored.loc[scored["analyte"] == row.analyte, "percent_difference"].dropna()
            assert row.samples == len(own)
            if len(own):
                assert row.eqa_bias == pytest.approx(own.mean(), rel=1e-9, abs=1e-12)
                checked += 1
    assert checked > 10
