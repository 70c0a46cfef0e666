"""Files of the year: good rows load, bad ones are kept out with every reason, place and word."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook

from workbench.errors import DataError
from workbench.ingest import Expectations, Layout, read_submission_file
from workbench.ingest.layout import fold_heading
from workbench.ingest.year_fields import FIELDS
from workbench.ingest.year_files import COLUMNS, REQUIRED, YearExpectations, YearFile, read_year_file
from workbench.wording import keys

KNOWN = YearExpectations(frozenset({"007", "L0001", "L0002"}), frozenset({"1.1", "1.10", "1.2", "8.1"}))


def read(tmp_path: Path, kind: str, *lines: str, encoding: str = "utf-8") -> YearFile:
    path = tmp_path / "year.csv"
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return read_year_file(path, kind, KNOWN)


def test_chinese_and_english_headings_in_any_order(tmp_path: Path) -> None:
    chinese = read(
        tmp_path,
        "enrolments",
        "是否缴费,计划编号,实验室编码,指定实验室",
        "是,1.1,L0001,否",
        encoding="gb18030",
    )
    english = read(tmp_path, "enrolments", "Lab_Code,Programme No,Fee settled,designated", "l0001,1.1,YES,no")
    for found in (chinese, english):
        row = found.rows.iloc[0]
        assert not found.rejected
        assert row[["lab_code", "programme_no", "fee_settled", "designated"]].tolist() == [
            "L0001",
            "1.1",
            True,
            False,
        ]
        assert row[["device_id", "year_state", "reason"]].tolist() == ["", "enrolled", ""]


def test_every_problem_of_a_row_is_named_and_the_rest_loads(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "enrolments",
        "lab_code,programme_no,fee_settled,colour",
        "L0001,1.1,yes,red",
        "X,9.9,perhaps,red",
        "L0002,,,red",
        "L0001,1.1,no,red",
    )
    assert found.rows["lab_code"].tolist() == ["L0001"]
    assert [[reason for reason, _ in row.reasons] for row in found.rejected] == [
        ["lab_code_unknown", "programme_unknown", "not_yes_or_no"],
        ["programme_missing", "cell_empty"],
        ["repeated"],
    ]
    said = [str(problem) for problem in found.problems("en")]
    assert said[0] == "year.csv: the column 'colour' is not recognised and was ignored"
    assert "year.csv:3:programme_no: programme '9.9' is not in the catalogue or not in the round" in said
    assert "year.csv:3:fee_settled: “perhaps”既不是“是”也不是“否”" in [
        str(p) for p in found.problems("zh_CN")
    ]
    kept = found.rejected_frame()
    assert kept["place"].tolist() == ["year.csv:3", "year.csv:4", "year.csv:5"]
    assert kept["reason"].tolist()[1] == "programme_missing,cell_empty"
    assert json.loads(kept["content"].iloc[0]) == {
        "lab_code": "X",
        "programme_no": "9.9",
        "fee_settled": "perhaps",
    }


def test_workbooks_give_dates_sheets_and_the_lost_zero(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "四月"
    rows = [
        ["实验室编码", "计划", "收样日期", "样本状态"],
        [7, "1.10", datetime(2026, 4, 3), "破损"],
        ["L0001", 1.2, "2026年4月4日", None],
        ["L0002", 1.1, datetime(2026, 4, 4), "完好"],
        ["L0002", "1.2", "3/4/26", "?"],
    ]
    for row in rows:
        sheet.append(row)
    path = tmp_path / "receipts.xlsx"
    book.save(path)
    found = read_year_file(path, "receipts", KNOWN)
    assert found.rows[["lab_code", "programme_no", "condition"]].to_numpy().tolist() == [
        ["007", "1.10", "damaged"],
        ["L0001", "1.2", "intact"],
    ]
    assert found.rows["received_on"].tolist() == [pd.Timestamp("2026-04-03"), pd.Timestamp("2026-04-04")]
    assert [row.reasons for row in found.rejected] == [
        (("programme_ambiguous", "programme_no"),),
        (("date_unreadable", "received_on"), ("condition_unknown", "condition")),
    ]
    assert "receipts.xlsx:四月:5:received_on" in str(list(found.problems("en"))[1])


def test_a_header_without_its_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, "claims", "lab_code,sample", "L0001,1")
    assert {problem.column for problem in caught.value.problems} == {
        "programme_no",
        "claim_kind",
        "claimed_on",
    }
    with pytest.raises(DataError, match="cannot be opened"):
        read_year_file(tmp_path / "none.csv", "claims", KNOWN)


def test_every_column_is_described_and_no_heading_means_two_things() -> None:
    for kind, columns in COLUMNS.items():
        assert set(REQUIRED[kind]) <= set(columns) <= set(FIELDS)
        meant = {(fold_heading(word), name) for name in columns for word in (name, *FIELDS[name].headings)}
        assert len(meant) == len({word for word, _ in meant}), kind
    assert len(keys("year.reason.")) > 20


@pytest.mark.parametrize(
    ("lab", "refused", "warned", "outcome"),
    [
        ("007", {}, {}, ("", "")),
        ("007", {"007": "lab_not_enrolled"}, {}, ("lab_not_enrolled", None)),
        ("007", {"007": "lab_not_designated"}, {"007": "fee_unsettled"}, ("lab_not_designated", None)),
        ("007", {"012": "lab_not_enrolled"}, {"007": "fee_unsettled"}, ("", "fee_unsettled")),
    ],
)
def test_the_year_decides_whose_results_are_questions(
    tmp_path: Path,
    expectations: Expectations,
    lab: str,
    refused: dict[str, str],
    warned: dict[str, str],
    outcome: tuple[str, str | None],
) -> None:
    path = tmp_path / "results.csv"
    path.write_text(f"lab_code,analyte,sample,value,unit\n{lab},Glu,2026111,5.10,mmol/L\n", encoding="utf-8")
    report = read_submission_file(path, Layout(), replace(expectations, refused=refused, warned=warned))
    reason, flags = outcome
    assert report.counts.reconcile
    assert report.quarantined["reason"].tolist() == ([reason] if reason else [])
    assert report.loaded["flags"].tolist() == ([] if flags is None else [flags])


def test_a_replacement_has_a_dispatch_and_a_deadline_of_its_own(
    tmp_path: Path, expectations: Expectations
) -> None:
    path = tmp_path / "results.csv"
    lines = [f"{lab},Glu,2026111,5.10,mmol/L,2026-04-10" for lab in ("007", "012")]
    path.write_text(
        "lab_code,analyte,sample,value,unit,tested_on\n" + "\n".join(lines) + "\n", encoding="utf-8"
    )
    own = replace(
        expectations,
        today=date(2026, 4, 28),
        opened={"012": date(2026, 4, 14)},
        due={"012": datetime(2026, 5, 1, 17)},
    )
    report = read_submission_file(path, Layout(), own)
    assert report.loaded[["lab_code", "flags"]].to_numpy().tolist() == [["007", "late"]]
    assert report.quarantined[["reason"]].to_numpy().tolist() == [["test_date_before_dispatch"]]
    later = read_submission_file(path, Layout(), replace(own, opened={"012": date(2026, 4, 9)}))
    assert later.loaded["flags"].tolist() == ["late", ""]
