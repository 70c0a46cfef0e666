"""Text files: encodings, delimiters, headers, shapes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from workbench.errors import DataError
from workbench.ingest import Expectations, ExpectedAnalyte, IngestReport, Layout, read_submission_file
from workbench.ingest.text_files import decode

HEADER = "实验室编码,项目,样本编号,结果,单位,方法,备注"
LINE = "007,血糖,2026111,5.10,mmol/L,己糖激酶法,无"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings(encoding: str, tmp_path: Path, expectations: Expectations) -> None:
    path = tmp_path / "results.csv"
    path.write_bytes(f"{HEADER}\r\n{LINE}\r\n".encode(encoding))
    report = read_submission_file(path, Layout(), expectations)
    row = report.loaded.iloc[0]
    assert (row["analyte"], row["method"], row["comment"], row["flags"]) == ("Glu", "M1", "无", "")
    assert report.problems == ()


@pytest.mark.parametrize(
    "content",
    ["naïve,é,\n".encode("latin-1"), b"a,b\n\x00\x01,c\n", b"\xff\xff\xff\xff", b"a\x81\x30,\xfe\xfe\n"],
)
def test_bytes_of_no_known_encoding_are_refused(content: bytes) -> None:
    with pytest.raises(DataError, match=r"strange\.csv is not recognised"):
        decode(content, "strange.csv")


def test_rare_characters_make_gb18030_a_guess(tmp_path: Path, expectations: Expectations) -> None:
    path = tmp_path / "results.csv"
    path.write_bytes(f"{HEADER}\n{LINE}祄\n".encode("gb18030"))
    report = read_submission_file(path, Layout(), expectations)
    assert [problem.message for problem in report.problems] == [
        "read as GB18030 with rare characters: please check"
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(delimiter: str, tmp_path: Path, expectations: Expectations) -> None:
    path = tmp_path / "results.txt"
    text = f"{HEADER}\n{LINE}\n".replace(",", delimiter).replace("5.10", '"5,10"')
    path.write_text(text, encoding="utf-8")
    report = read_submission_file(path, Layout(), expectations)
    assert report.loaded[["value", "decimals", "flags"]].to_numpy().tolist() == [[5.1, 2, "decimal_comma"]]


def test_missing_columns_are_named_all_at_once(read_lines: Callable[..., IngestReport]) -> None:
    with pytest.raises(DataError) as caught:
        read_lines(["007,Glu"], header="lab_code,method")
    assert [(p.file, p.row, p.message) for p in caught.value.problems] == [
        ("results.csv", 1, f"required column '{name}' is missing") for name in ("analyte", "sample", "value")
    ]


def test_column_twice_is_refused(read_lines: Callable[..., IngestReport]) -> None:
    with pytest.raises(DataError, match="column 'value' stands there twice"):
        read_lines(["007,Glu,2026111,5,6"], header="lab_code,analyte,sample,结果,result")


def test_no_header_at_all(read_lines: Callable[..., IngestReport]) -> None:
    with pytest.raises(DataError, match="no row names a laboratory"):
        read_lines(["007,Glu,2026111,5"], header="a,b,c,d")


def test_unknown_columns_are_told(read_lines: Callable[..., IngestReport]) -> None:
    report = read_lines(["007,Glu,2026111,5,夜班"], header="lab_code,analyte,sample,value,班次")
    assert [str(p) for p in report.problems] == [
        "results.csv:1:班次: column '班次' is not recognised and was ignored"
    ]
    assert len(report.loaded) == 1


def test_headings_of_a_laboratorys_own(read_lines: Callable[..., IngestReport]) -> None:
    layout = Layout(constants={"sample": "2026112"}).with_headings(lab_code="Código", value="Resultado")
    report = read_lines(["007,Glu,5"], header="Código,analyte,Resultado", layout=layout)
    assert report.loaded[["sample", "value"]].to_numpy().tolist() == [["2026112", 5.0]]


def test_unit_in_the_heading_counts(read_lines: Callable[..., IngestReport]) -> None:
    report = read_lines(["007,Glu,2026111,90"], header="lab_code,analyte,sample,结果（mg/dL）")
    assert report.loaded[["unit_as_sent", "factor", "flags"]].to_numpy().tolist() == [
        ["mg/dL", 0.05551, "unit_converted"]
    ]


def test_lines_above_the_header_blank_lines_and_repeated_headers(
    read_lines: Callable[..., IngestReport],
) -> None:
    lines = ["实验室编码：,7,,", "", "项目,样本编号,结果,单位", "Glu,2026111,5.1,mmol/L", ",,,"]
    lines += ["项目,样本编号,结果,单位", "Glu,2026112,6.1,mmol/L", ""]
    report = read_lines(lines, header="某院结果表")
    assert report.loaded[["lab_code", "sample", "flags", "row"]].to_numpy().tolist() == [
        ["007", "2026111", "zeros_restored", 5],
        ["007", "2026112", "zeros_restored", 8],
    ]
    assert (report.counts.blank_rows, report.counts.repeated_headers) == (2, 1)


def test_wide_table(read_lines: Callable[..., IngestReport]) -> None:
    lines = ["007,Glu,mmol/L,5.1,6.1", "007,糖化血红蛋白,%,,7.20", "012,Glu,mg/dL,<9,未做"]
    report = read_lines(lines, header="lab_code,项目,单位,2026111,2026112")
    columns = ["lab_code", "analyte", "sample", "raw", "result_state", "column"]
    assert report.loaded[columns].to_numpy().tolist() == [
        ["007", "Glu", "2026111", "5.1", "reported", "2026111"],
        ["007", "Glu", "2026112", "6.1", "reported", "2026112"],
        ["007", "HbA1c", "2026111", "", "not_returned", "2026111"],
        ["007", "HbA1c", "2026112", "7.20", "reported", "2026112"],
        ["012", "Glu", "2026111", "<9", "reported", "2026111"],
        ["012", "Glu", "2026112", "未做", "not_returned", "2026112"],
    ]
    assert report.counts.read == 6


@pytest.mark.parametrize(
    "heading", ["样本2026112", "样本 2026112 结果", "2 号（2026112）", "Sample no. 2026112", "２０２６１１２"]
)
def test_sample_headings_of_a_wide_table(heading: str, read_lines: Callable[..., IngestReport]) -> None:
    report = read_lines(["007,Glu,5.1"], header=f"lab_code,项目,{heading}")
    assert report.loaded["sample"].tolist() == ["2026112"]


def test_problems_speak_both_languages(read_lines: Callable[..., IngestReport]) -> None:
    report = read_lines(["999,Glu,2026111,5,x"], header="lab_code,analyte,sample,value,班次")
    assert [p.message for p in report.problems_in("zh_CN")] == [
        "列“班次”未识别，已忽略",
        "实验室编码“999”未报名",
    ]


@given(st.binary(max_size=300))
def test_any_bytes_give_a_report_or_a_data_error(content: bytes) -> None:
    expected = Expectations("2026-1", "1.1", (ExpectedAnalyte("Glu"),), ("1",), None, date(2026, 4, 22))
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        Path(file.name).write_bytes(b"lab_code,analyte,sample,value\n" + content)
        try:
            assert read_submission_file(file.name, Layout(), expected).counts.reconcile
        except DataError as error:
            event(type(error).__name__)


def test_remarks_under_a_wide_table_are_no_results(read_lines: Callable[..., IngestReport]) -> None:
    lines = ["007,Glu,5.1,6.1", ",审核人：,,", ",Gluten,5.1,"]
    report = read_lines(lines, header="lab_code,项目,2026111,2026112")
    assert report.counts.ignored_rows == 1
    assert report.quarantined["row"].tolist() == [4, 4]
    assert (
        str(report.problems[0])
        == "results.csv:3: row without a known analyte and without results was ignored"
    )


def test_quote_never_closed_is_an_error_not_a_swallowed_file(read_lines: Callable[..., IngestReport]) -> None:
    with pytest.raises(DataError, match=r"results\.csv is not a well-formed text table"):
        read_lines(['007,Glu,2026111,"5.1', "012,Glu,2026111,5.2"], header="lab_code,analyte,sample,value")


def test_every_laboratory_is_taken_where_none_are_listed(tmp_path: Path, expectations: Expectations) -> None:
    path = tmp_path / "results.csv"
    path.write_text(f"{HEADER}\nＸ-1,血糖,2026111,5.1,,,\n", encoding="utf-8")
    report = read_submission_file(path, Layout(), replace(expectations, lab_codes=None))
    assert report.loaded[["lab_code", "flags"]].to_numpy().tolist() == [["X-1", "code_spelling,unit_assumed"]]


def test_a_hundred_thousand_rows_reconcile(tmp_path: Path, expectations: Expectations) -> None:
    labs = [f"{number:05d}" for number in range(25_000)]
    path = tmp_path / "results.csv"
    lines = [
        f"{lab},{analyte},{sample},5.1" for lab in labs for analyte in ("Glu", "HbA1c") for sample in (1, 2)
    ]
    path.write_text("\n".join(["lab_code,analyte,sample,value", *lines]), encoding="utf-8")
    many = replace(expectations, lab_codes=frozenset(labs), samples=("1", "2"))
    report = read_submission_file(path, Layout(), many)
    assert (report.counts.read, report.counts.loaded_clean, len(report.loaded)) == (100_000,) * 3
