"""The twin: schema, bytes, nulls with their cause, CSV, states, confidentiality, both languages."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.reports.stand_in import (
    CLEAN,
    FAILED,
    LABS,
    LATE,
    ODD_REMARK,
    SAMPLES,
    SILENT,
    STATES,
    lab_report,
    lab_view,
    programme_view,
    reading_of,
)
from workbench.errors import RenderError
from workbench.reports.finding_parts import FindingBook
from workbench.reports.lab_twin import lab_twin
from workbench.reports.programme_twin import programme_twin
from workbench.reports.result_parts import bias_kind
from workbench.reports.twin import (
    CSV_COLUMNS,
    canonical_json,
    check_twin,
    csv_bytes,
    results_by_column,
    results_of,
    sealed,
    sha256,
)
from workbench.wording import text

LOCALES = ("zh_CN", "en")


def programme_report(locale: str = "zh_CN") -> dict[str, Any]:
    return programme_twin(reading_of(programme_view(), "PR", "ALL", locale))


def entry_of(twin: dict[str, Any], code: str) -> dict[str, Any]:
    return next(entry for entry in twin["analytes"] if entry["analyte"] == code)


def result_of(twin: dict[str, Any], code: str, sample: str) -> dict[str, Any]:
    return next(result for result in entry_of(twin, code)["results"] if result["sample"] == sample)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("lab_code", [FAILED, STATES, SILENT, LATE, CLEAN])
def test_a_laboratory_twin_follows_the_schema(lab_code: str, locale: str) -> None:
    check_twin(sealed(lab_report(lab_code, locale))[0])


@pytest.mark.parametrize("locale", LOCALES)
def test_a_programme_twin_follows_the_schema(locale: str) -> None:
    check_twin(sealed(programme_report(locale))[0])


def test_the_schema_refuses_a_wrong_verdict_and_names_the_place() -> None:
    twin = json.loads(canonical_json(sealed(lab_report())[0]))
    twin["analytes"][0]["verdict"] = "brilliant"
    with pytest.raises(RenderError):
        check_twin(twin)


def test_same_content_same_bytes_and_no_nan() -> None:
    first = sealed(lab_report())
    again = sealed(lab_twin(reading_of(lab_view(FAILED), "LR", FAILED)))
    assert first[1] == again[1]
    assert first[2] == again[2]
    with pytest.raises(RenderError):
        canonical_json({"value": float("nan")})


def test_the_json_holds_the_hash_of_the_csv() -> None:
    twin, json_bytes, table = sealed(lab_report())
    assert json.loads(json_bytes)["provenance"]["csv_sha256"] == sha256(table)
    assert "json_sha256" not in twin["provenance"]


def parts_with_causes(node: Any) -> Iterator[dict[str, Any]]:
    """Every object of a twin that says why it has no number."""
    if isinstance(node, dict):
        if "why" in node and "printed" in node:
            yield node
        for child in node.values():
            yield from parts_with_causes(child)
    elif isinstance(node, list):
        for child in node:
            yield from parts_with_causes(child)


@pytest.mark.parametrize("lab_code", [FAILED, STATES, SILENT, LATE])
def test_every_null_and_every_dash_has_a_cause_in_words(lab_code: str) -> None:
    for twin in (lab_report(lab_code), programme_report()):
        for part in parts_with_causes(twin):
            for cause in part["why"].values():
                assert text(f"why.{cause}", "en", n_min=5)
        for entry in twin["analytes"] if twin["kind"] == "LR" else ():
            for result in entry["results"]:
                empty = [
                    name for name in ("score", "percent_allowed", "assigned_value") if result[name] is None
                ]
                assert set(empty) <= set(result["why"])
                dashes = [
                    n for n in ("range", "bias", "percent_allowed", "score") if result["printed"][n] == "–"
                ]
                assert set(dashes) <= set(result["why"])


def test_csv_is_the_long_table() -> None:
    twin = lab_report()
    data = csv_bytes(twin)
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == data.count(b"\n")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert tuple(rows[0]) == CSV_COLUMNS
    assert len(rows) == sum(len(entry["results"]) for entry in twin["analytes"])
    first = rows[0]
    result = result_of(twin, first["analyte"], first["sample"])
    assert float(first["assigned_value"]) == result["assigned_value"]
    assert first["report_number"] == twin["report"]["number"]


def test_csv_text_never_runs_as_a_formula() -> None:
    twin = json.loads(canonical_json(sealed(lab_report())[0]))
    twin["analytes"][0]["results"][0]["raw"] = "=cmd|' /C calc'!A0"
    rows = list(csv.DictReader(io.StringIO(csv_bytes(twin).decode("utf-8-sig"), newline="")))
    assert rows[0]["raw"].startswith("'=")


def test_states_appear_with_their_words() -> None:
    twin = lab_report(STATES)
    shown = {
        ("TC", SAMPLES[0]): ("not_returned", text("state.not_returned", "zh_CN")),
        ("TC", SAMPLES[1]): ("sample_fault", text("state.sample_fault", "zh_CN")),
        ("TC", SAMPLES[2]): ("unreadable", "“lipaemic”"),
        ("HDL-C", SAMPLES[0]): ("excused", text("state.excused", "zh_CN")),
        ("ApoA1", SAMPLES[0]): ("not_performed", text("state.not_performed", "zh_CN")),
        ("Lp(a)", SAMPLES[0]): ("censored", "<5"),
    }
    for (code, sample), (state, word) in shown.items():
        result = result_of(twin, code, sample)
        assert (result["state"], result["printed"]["value"]) == (state, word)


def test_own_result_is_printed_as_sent() -> None:
    result = result_of(lab_report(STATES), "ApoB", SAMPLES[0])
    assert result["raw"] == result["printed"]["value"] == "007.10"


def test_a_late_laboratory_is_shown_and_scores_nothing() -> None:
    twin = lab_report(LATE)
    assert twin["verdict"]["score_percent"] == 0
    result = result_of(twin, "TC", SAMPLES[0])
    assert result["state"] == "late"
    assert result["raw"] in result["printed"]["value"] != result["raw"]
    assert result["printed"]["verdict"].endswith(text("cell.zero_points", "zh_CN", verdict=""))


def test_nothing_returned_gives_no_items_but_the_whole_programme() -> None:
    twin = lab_report(SILENT)
    assert not twin["returned"]
    assert twin["analytes"] == []
    assert len(twin["overall"]) == 7
    assert twin["verdict"]["score_percent"] == 0


def test_a_withdrawn_sample_is_named_with_its_reason_on_page_one() -> None:
    twin = lab_report(CLEAN)
    result = result_of(twin, "TG", SAMPLES[4])
    assert result["signal"] == "not_scored"
    assert result["reason"] == "NS-E"
    page_one = " ".join(line["text"] for line in twin["conclusion"])
    assert "NS-E" in page_one
    assert SAMPLES[4] in page_one
    assert entry_of(twin, "TG")["graded"] == 4


@pytest.mark.parametrize("lab_code", [FAILED, STATES])
def test_no_other_laboratory_is_in_a_twin(lab_code: str) -> None:
    json_bytes = sealed(lab_report(lab_code))[1].decode()
    view = lab_view(lab_code)
    own_alias = view.laboratories["round_alias"].iloc[0]
    others = [lab for lab in LABS if lab != lab_code]
    assert lab_code in json_bytes
    assert not [lab for lab in others if lab in json_bytes or f"canary-{lab}" in json_bytes]
    aliases = {f"A-{900 - number}" for number in range(len(LABS))} - {own_alias}
    assert not [alias for alias in aliases if alias in json_bytes]


def test_the_anonymous_twin_holds_aliases_and_no_code() -> None:
    json_bytes = sealed(programme_report())[1].decode()
    assert "A-900" in json_bytes
    assert not [lab for lab in LABS if lab in json_bytes]


def test_small_groups_show_no_statistics() -> None:
    for twin in (lab_report(FAILED), programme_report()):
        for entry in twin["analytes"]:
            for group in entry["groups"]:
                assert group["suppressed"] or group["n"] >= 5
                assert not (group["suppressed"] and group["robust_mean"] is not None)


def numbers_and_codes(twin: dict[str, Any]) -> dict[str, Any]:
    """What both languages must share."""
    return {
        "sections": [sorted(entry) for entry in twin["analytes"]],
        "results": [
            [
                (r["sample"], r["raw"], r["score"], r["percent_allowed"], r["signal"])
                for r in results_of(entry)
            ]
            for entry in twin["analytes"]
        ],
        "findings": [(f["no"], f["code"], f["level"]) for f in twin["findings"]],
        "sentences": [[s["code"] for s in entry.get("sentences", ())] for entry in twin["analytes"]],
        "verdict": {name: value for name, value in twin["verdict"].items() if name != "printed"},
    }


@pytest.mark.parametrize("lab_code", [FAILED, STATES, SILENT])
def test_both_languages_hold_the_same_numbers_and_codes(lab_code: str) -> None:
    assert numbers_and_codes(lab_report(lab_code, "zh_CN")) == numbers_and_codes(lab_report(lab_code, "en"))


def test_both_languages_of_the_programme_hold_the_same() -> None:
    assert numbers_and_codes(programme_report("zh_CN")) == numbers_and_codes(programme_report("en"))


def test_counts_of_the_programme_agree_with_the_laboratories() -> None:
    twin = programme_report()
    for entry in twin["analytes"]:
        verdicts = [entry_of(lab_report(lab), entry["analyte"])["verdict"] for lab in LABS if lab != SILENT]
        silent_fails = 1
        assert entry["pass_rate"]["a"] == verdicts.count("pass")
        assert entry["pass_rate"]["n"] == len(verdicts) - verdicts.count("not_scored") + silent_fails
    for part in twin["participation"]:
        outcomes = ("scored", "not_scored", "not_returned", "excused", "not_performed")
        assert part["enrolled"] == sum(part[name] for name in outcomes)


def test_a_remark_is_kept_as_written() -> None:
    assert lab_report(FAILED)["remark"] == ODD_REMARK


def finding(code: str, params: dict[str, Any], analyte: str = "", sample: str = "") -> dict[str, Any]:
    return {
        "code": code, "level": 2, "organiser_level": 2, "params": json.dumps(params), "analyte": analyte,
        "sample": sample,
    }  # fmt: skip


def gathered(*rows: dict[str, Any], column: str = "level") -> list[dict[str, Any]]:
    book = FindingBook(reading_of(lab_view(CLEAN), "LR", CLEAN), column)
    book.gather(rows)
    return book.numbered()


def test_findings_of_one_item_that_differ_in_numbers_are_one_with_a_range() -> None:
    rows = [
        finding("F03", {"ratio": 0.31}, "TC", SAMPLES[0]),
        finding("F03", {"ratio": 0.44}, "TC", SAMPLES[1]),
    ]
    (one,) = gathered(*rows)
    assert one["params"]["ratio"] == [0.31, 0.44]
    assert "0.31～0.44" in one["printed"]["text"]
    assert one["printed"]["applies_to"].count("胆固醇") == 1


def test_equal_findings_of_several_items_are_told_once() -> None:
    params = {"k": 4, "pass": 80.0}
    (one,) = gathered(finding("F06", params, "TC"), finding("F06", params, "TG"))
    assert [place["analyte"] for place in one["places"]] == ["TC", "TG"]


def test_modes_are_told_with_their_shares() -> None:
    modes = [{"location": 4.1, "share": 0.45}, {"location": 5.2, "share": 0.55}]
    (one,) = gathered(finding("F05", {"m": 2, "modes": modes, "factor": "method"}, "TC", SAMPLES[0]))
    for shown in ("结果呈 2 峰", "4.100", "45%", "5.200", "55%"):
        assert shown in one["printed"]["text"]


def test_groups_are_named_in_the_anonymous_report_only() -> None:
    row = finding("F24", {"b": -3.3, "n": 5, "level": "instrument", "group": "C"}, "TC")
    assert "仪器 C" in gathered(row, column="organiser_level")[0]["printed"]["applies_to"]
    assert "仪器 C" not in gathered(row)[0]["printed"]["applies_to"]


def test_packed_results_come_back_as_they_were() -> None:
    results = {
        "S1": [
            {"raw": "5.10", "printed_value": "5.10", "state": "scored"},
            {"raw": "", "printed_value": "未回报"},
        ]
    }
    packed = results_by_column([["A-1", None], ["B-2", "1"]], results)
    (sample,) = packed["samples"]
    assert sample["printed_value"] == [None, "未回报"]
    assert "score" not in sample
    first, second = results_of({"results": packed})
    assert (first["round_alias"], first["printed_value"], first["score"]) == ("A-1", "5.10", None)
    assert (second["device_id"], second["printed_value"]) == ("1", "未回报")


def test_results_in_log10_never_print_a_percentage_of_the_logarithm() -> None:
    assert bias_kind(None, "quantitative_log10") == "difference"
    assert bias_kind(None, "quantitative") == "percent_difference"
