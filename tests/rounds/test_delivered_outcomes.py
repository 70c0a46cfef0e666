"""What delivered reports say of results that are not plain numbers, and whether their counts agree.

The numbers in the names are the statements of the acceptance list of the reports.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.rounds.delivered import PROGRAMMES, ROUND, Delivered, Opened
from tests.rounds.printed_tables import DASH
from tests.rounds.test_delivered_numbers import _detail_tables, body
from tests.rounds.test_delivered_pages import pages, squeezed
from workbench.parameters import catalogue, criteria
from workbench.store import evaluation_in_force, open_store, programme_view

pytestmark = pytest.mark.xdist_group("delivered-files")
WORDS = {
    "not_performed": {"zh_CN": "未开展", "en": "Not performed"},
    "not_returned": {"zh_CN": "未回报", "en": "Not returned"},
    "sample_fault": {"zh_CN": "样本异常", "en": "Sample fault"},
    "late": {"zh_CN": "逾期", "en": "late"},
}
FORMS = {"signoff-table", "Signature or seal", "签名或印章", "填写", "To be filled in", "Entry"}


def results(report: Opened) -> list[tuple[Any, Any]]:
    return [(entry, result) for entry in report.twin["analytes"] for result in entry["results"]]


def codes(report: Opened, analyte: str | None = None, sample: str | None = None) -> set[str]:
    """Findings of a report, of an item, of one sample of it."""
    return {
        finding["code"]
        for finding in report.twin["findings"]
        for place in finding["places"]
        if analyte is None
        or (place["analyte"] in (analyte, None) and (sample is None or place["sample"] in (sample, None)))
    }


def test_28_each_case_of_a_cell_has_its_word(delivered: Delivered) -> None:
    seen: Counter[str] = Counter()
    for report in delivered.reports("LR"):
        for entry, table in zip(report.twin["analytes"], _detail_tables(report), strict=True):
            for result, row in zip(entry["results"], table, strict=True):
                state, cell = result["state"], row[1]
                if state in ("not_performed", "not_returned", "sample_fault"):
                    assert cell == WORDS[state][report.locale]
                elif state == "late":
                    assert cell == f"{result['raw']} {WORDS['late'][report.locale]}"
                elif state == "unreadable":
                    assert cell.strip("“”") == result["raw"]
                    assert cell != result["raw"]
                elif state == "censored":
                    assert cell == result["raw"]
                if result["signal"] == "not_scored":
                    word = {"zh_CN": "□ 不予评价", "en": "□ Not scored"}[report.locale]
                    assert row[-1].startswith(word), (report.name, row)
                if result["group"]["n"] is None and result["why"].get("n") == "suppressed":
                    assert any(c in ("n＜5", "n<5") for c in row)
                    state = "suppressed"
                seen[state] += 1
    wanted = {*WORDS, "censored", "unreadable", "not_scored", "scored", "suppressed"}
    assert wanted <= set(seen), wanted - set(seen)


def test_28_no_cell_is_empty_but_the_fields_to_fill_in(delivered: Delivered) -> None:
    n = 0
    for report in delivered.reports():
        for table in report.html.iter("table"):
            heads = [head.text_content() for head in table.xpath("./thead//th")]
            for row in table.xpath("./tbody/tr"):
                cells = row.xpath("./th|./td")
                empty = [
                    c for c in cells if not c.text_content().strip() and "wb-blank" not in c.get("class", "")
                ]
                assert not empty, (report.name, heads)
                n += len(cells)
        for table in report.pdf.tables():
            if not FORMS & {cell for row in table[:2] for cell in row}:
                assert all(cell for row in body(table) for cell in row), (report.name, table[0])
    assert n > 10_000


def test_29_what_is_not_scored_is_named_with_its_reason_and_counts_nowhere(delivered: Delivered) -> None:
    n = 0
    for report in delivered.reports("LR"):
        first = pages(report.beside(".pdf"))[0]
        for entry in report.twin["analytes"]:
            counted = [r for r in entry["results"] if r["signal"] != "not_scored"]
            assert entry["graded"] == len(counted), report.name
            assert entry["acceptable"] <= entry["graded"]
            if entry["verdict"] == "not_scored":
                assert entry["score_percent"] is None
                assert entry["graded"] == 0
                if (entry["reason"] or "").startswith("NS-"):
                    assert entry["reason"] in first, (report.name, entry["analyte"])
                    n += 1
        verdict = report.twin["verdict"]
        if report.twin["analytes"]:
            assert verdict["graded"] == sum(entry["graded"] for entry in report.twin["analytes"])
            assert verdict["acceptable"] == sum(entry["acceptable"] for entry in report.twin["analytes"])
    assert n > 10


def test_30_not_returned_is_zero_and_not_performed_costs_nothing(delivered: Delivered) -> None:
    seen = set()
    for report in delivered.reports("LR"):
        for entry in report.twin["analytes"]:
            states = Counter(result["state"] for result in entry["results"])
            for result in entry["results"]:
                if result["state"] == "not_returned" and not (result["reason"] or "").startswith("NS-"):
                    assert result["signal"] == "action"
                    assert result["printed"]["verdict"][0] in "■▲▼"
                    seen.add("not_returned")
            if states["not_performed"] == len(entry["results"]):
                assert (entry["graded"], entry["verdict"]) == (0, "not_scored")
                assert entry["score_percent"] is None
                seen.add("not_performed")
        if report.twin["return_state"] == "not_returned":
            first = pages(report.beside(".pdf"))[0]
            assert WORDS["not_returned"]["zh_CN"] in first or "Notreturned" in first or "0%" in first
            assert report.twin["verdict"]["score_percent"] in (0, None)
            seen.add("silent")
    assert seen == {"not_returned", "not_performed", "silent"}


def test_31_with_four_graded_samples_all_must_be_right_and_it_says_so(delivered: Delivered) -> None:
    seen = set()
    for report in delivered.reports("LR"):
        for entry in report.twin["analytes"]:
            if entry["graded"] and "not_returned" not in {r["state"] for r in entry["results"]}:
                few = entry["graded"] <= 4
                assert ("F06" in codes(report, entry["analyte"])) is few, (report.name, entry["analyte"])
                seen.add(few)
    assert seen == {True, False}


def test_32_a_fallback_names_level_and_counts_and_goes_to_a_parent(delivered: Delivered) -> None:
    n = 0
    for report in delivered.reports("LR"):
        cells = [cell for table in report.pdf.tables() for row in table for cell in row]
        for finding in report.twin["findings"]:
            if finding["code"] == "F01":
                params, text = finding["params"], finding["printed"]["text"]
                assert str(params["n_min"]) in text
                assert f"{text} [F01]" in cells
                n += 1
        for entry in report.twin["analytes"]:
            group = entry["peer_group"]
            if group["fallback_from"] and any(r["value"] is not None for r in entry["results"]):
                if group["level"] != "all":
                    codes_of = zip(group["level"].split("+"), group["group"].split("|"), strict=True)
                    assert all(entry[dimension] == code for dimension, code in codes_of), report.name
                assert {"F01", "F02"} & codes(report, entry["analyte"])
    assert n > 5


def test_33_an_uncertain_target_widens_the_score_or_forbids_it(delivered: Delivered) -> None:
    seen = set()
    for report in delivered.reports("LR"):
        for entry, table in zip(report.twin["analytes"], _headed(report), strict=True):
            for result in entry["results"]:
                found = codes(report, entry["analyte"], result["sample"])
                if "F03" in found and result["score"] is not None:
                    assert result["score_kind"] == "z_prime"
                    assert table[0][6] == "z′"
                    seen.add("F03")
                if result["reason"] == "NS-U":
                    assert "F04" in found
                    assert result["printed"]["score"] == DASH
                    assert result["score"] is None
                    seen.add("F04")
    assert seen == {"F03", "F04"}


def _headed(report: Opened) -> list[list[list[str]]]:
    """Tables of samples with their header row first."""
    found = [[row for row in table if len(row) > 1 and any(row)] for table in report.pdf.tables()]
    return [
        table for table in found if table and table[0][0] in {"样本编号", "Sample"} and len(table[0]) >= 12
    ]


def test_35_a_withdrawn_sample_counts_nowhere(delivered: Delivered) -> None:
    n = 0
    for report in delivered.reports():
        if report.twin["programme"]["programme_no"] != "1.6" or not report.twin["analytes"]:
            continue
        (sample,) = (s["sample"] for s in report.twin["samples"] if s["withdrawn"])
        assert "F26" in codes(report)
        for entry in report.twin["analytes"]:
            if report.twin["kind"] == "LR":
                (result,) = (r for r in entry["results"] if r["sample"] == sample)
                assert (result["signal"], result["reason"]) == ("not_scored", "NS-E")
                assert entry["graded"] <= 4
            else:
                (part,) = (s for s in entry["samples"] if s["sample"] == sample)
                assert part["graded"] == 0
            n += 1
    assert n > 20


def test_36_enrolled_equals_the_sum_of_the_outcomes(delivered: Delivered) -> None:
    for report in delivered.reports("PR"):
        number = report.twin["programme"]["programme_no"]
        view = programme_view(*_in_force(delivered, number))
        for part in report.twin["participation"]:
            outcomes = ("scored", "not_scored", "not_returned", "excused", "not_performed")
            assert part["enrolled"] == sum(part[name] for name in outcomes), (report.name, part["analyte"])
            if part["analyte"]:
                verdicts = view.analyte_verdicts
                assert part["enrolled"] == (verdicts["analyte"] == part["analyte"]).sum()
        assert "F42" not in codes(report)


def _in_force(delivered: Delivered, number: str) -> tuple[Any, str]:
    store = open_store(delivered.database)
    record = evaluation_in_force(store, ROUND, number)
    assert record is not None
    return store, record.evaluation_id


def test_37_verdicts_of_laboratories_add_up_to_the_programmes_counts(delivered: Delivered) -> None:
    for number in PROGRAMMES:
        view = programme_view(*_in_force(delivered, number))
        verdicts = view.laboratory_verdicts
        counts = verdicts["verdict"].value_counts().to_dict()
        by_alias = verdicts.set_index("round_alias")
        for report in delivered.reports():
            twin = report.twin
            if twin["programme"]["programme_no"] != number:
                continue
            if twin["kind"] == "PR":
                for name in ("satisfactory", "unsatisfactory", "not_scored"):
                    assert twin["verdict"][name] == counts.get(name, 0), report.name
            else:
                row = by_alias.loc[twin["participant"]["round_alias"]]
                own = twin["verdict"]
                assert own["verdict"] == row["verdict"]
                assert (own["acceptable"], own["graded"]) == (row["acceptable"], row["graded"])


def test_38_criteria_are_printed_with_their_source(delivered: Delivered) -> None:
    words = {
        "zh_CN": {True: "含边界", False: "不含边界"},
        "en": {True: "inclusive", False: "strict"},
    }
    book, n = criteria(), 0
    for report in delivered.reports():
        programme = catalogue()[report.twin["programme"]["programme_no"]]
        cells = [row for table in report.pdf.tables() for row in body(table) if len(row) == 8]
        for entry in report.twin["analytes"]:
            limit = programme.criterion(entry["analyte"], book)
            rows = [r for r in cells if r[0] == entry["printed"]["name"] and limit.document in r[3]]
            assert rows, (report.name, entry["analyte"])
            row = rows[-1]
            assert limit.edition in row[3]
            assert limit.clause in row[3]
            assert row[2] == entry["criterion"]["printed"]["resolved"]
            assert row[5].lower() == words[report.locale][limit.inclusive]
            assert row[7] == limit.valid_from.isoformat()
            assert entry["criterion"]["verified"] is limit.verified
            unverified = row[4] in ("未核对原文件", "not verified") or "not" in row[4].lower()
            assert unverified is not limit.verified, row[4]
            n += 1
    assert n > 50


def test_67_a_dash_always_has_a_note(delivered: Delivered) -> None:
    n = 0
    for report in delivered.reports():
        for box in report.html.xpath("//div[contains(@class,'wb-table')][not(ancestor::details)]"):
            cells = [cell.text_content().strip() for cell in box.xpath(".//tbody//th|.//tbody//td")]
            if DASH in cells:
                notes = []
                following = box.getnext()
                while following is not None and "wb-note" in (following.get("class") or ""):
                    notes.append(following.text_content())
                    following = following.getnext()
                assert [note for note in notes if f"“{DASH}”" in note or f'"{DASH}"' in note], (
                    report.name,
                    box.get("id"),
                )
                n += 1
    assert n > 50


def test_41_no_sentence_blames(delivered: Delivered) -> None:
    import re

    for report in delivered.reports():
        text = squeezed(report.html.text_content())
        assert not re.search(r"失误|责任|\bfault\b(?!code)|\bblame", text), report.name
        for entry in report.twin["analytes"]:
            for sentence in entry.get("sentences", ()):
                if sentence["code"] in ("S10", "S11", "S12", "S13", "S14", "S15", "S16", "S19"):
                    cause = r"提示|可能|疑似|建议|请核对|suggest|may|likely|possib|suspect|\?|check|:"
                    assert re.search(cause, sentence["text"]), sentence
