"""Published and regulatory cases of coded answers, through whole rounds.

Sources: ISO 13528:2022, E.15 (ordinal reactions: mode, median, distribution); J Clin Microbiol 2019, PMC6425192
(agreement of disk and strip tests with their own denominators); 42 CFR 493.911(b) (several organisms, agreement of
80 %). Agreement asked: every printed digit.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.evaluation.coded_rounds import CodedSmallRound, cell, coded, coded_programme
from workbench.evaluation.result_types.susceptibility import susceptibility_rates

REFERENCE = Path(__file__).parents[3] / "shared" / "reference"

pytestmark = pytest.mark.skipif(
    not REFERENCE.is_dir(), reason="the published cases are not beside the project"
)


def cases(name: str, statistic: str) -> list[dict[str, Any]]:
    if not REFERENCE.is_dir():
        return []
    found = json.loads((REFERENCE / name).read_text(encoding="utf-8"))["cases"]
    return [case for case in found if case["statistic"] == statistic]


@pytest.mark.parametrize(
    "case", cases("iso13528_annexE.json", "ordinal_summary"), ids=lambda case: case["id"]
)
def test_ordinal_reactions(case: dict[str, Any]) -> None:
    steps = dict(zip("1234", ("5.0", "5.5", "6.0", "6.5"), strict=True))
    round_ = CodedSmallRound(coded_programme(coded("pH", "ordinal", categories="urine_ph")), ("S1",))
    for grade, count in case["inputs"]["counts"].items():
        round_.voices("pH", [steps[grade]], count, prefix=f"G{grade}-")
    found = round_.evaluation()
    summary = json.loads(cell(found.answers, "G1-00", "S1")["detail"])
    wanted = case["expected"]
    assert summary["modes"] == [steps[str(wanted["mode"])]]
    assert summary["median"] == steps[str(wanted["median"])]
    assert summary["n"] == wanted["n"]
    counts = found.answer_counts[found.answer_counts["peer_group_level"] == "all"]
    assert counts["count"].tolist() == list(case["inputs"]["counts"].values())


def _isolates(inputs: dict[str, Any]) -> list[tuple[str, str]]:
    """Reference and reported category of every isolate that gives the published counts."""
    n, susceptible = inputs["n"], inputs["susceptible_by_reference"] or inputs["n"] // 3
    pairs = [("R", "S")] * inputs["VME"] + [("S", "R")] * inputs["ME"]
    pairs += [("S", "S")] * min(susceptible - inputs["ME"], n - len(pairs) - inputs["mE"])
    pairs += [("I", "R")] * inputs["mE"]
    return pairs + [("R", "R")] * (n - len(pairs))


@pytest.mark.parametrize(
    "case", cases("qualitative_ast.json", "ast_error_rates"), ids=lambda case: case["id"]
)
def test_susceptibility_agreement(case: dict[str, Any]) -> None:
    pairs = _isolates(case["inputs"])
    samples = tuple(f"S{number}" for number in range(len(pairs)))
    details = {
        s: {"drugs": {"CIP": {"category": reference}}}
        for s, (reference, _) in zip(samples, pairs, strict=True)
    }
    round_ = CodedSmallRound(coded_programme(coded("SUSC", "ast")), samples).expect(
        "SUSC", ["ECO"] * len(samples), details
    )
    found = round_.lab("L1", [f"CIP:{said}" for _, said in pairs], "SUSC").evaluation()
    drugs = [drug for text in found.answers["detail"] for drug in json.loads(text)["drugs"]]
    rates = susceptibility_rates(pd.DataFrame(drugs)).iloc[0]
    wanted, tolerance = case["expected"], case["tolerance"]
    assert 100 * rates["agreement"] == pytest.approx(wanted["CA_percent"], abs=tolerance)
    assert 100 * rates["minor_rate"] == pytest.approx(wanted["mE_percent"], abs=tolerance)
    if "ME_percent" in wanted:
        assert 100 * rates["major_rate"] == pytest.approx(wanted["ME_percent"], abs=tolerance)
    verdict = found.analyte_verdicts.iloc[0]
    assert verdict["acceptable"] / verdict["graded"] == pytest.approx(rates["agreement"])


def test_one_organism_present_two_reported() -> None:
    organism = coded("ORG-ID", "identification", categories="bacteria")
    round_ = CodedSmallRound(coded_programme(organism), ("S1",))
    round_.expect("ORG-ID", ["ECO"], {"S1": {"organisms": ["ECO", "KPN"]}})
    found = round_.lab("L1", ["ECO; PAE"], "ORG-ID").evaluation()
    # one right answer over two present and one more reported that is not there
    assert found.answers["mark"].iloc[0] == pytest.approx(1 / 3)
