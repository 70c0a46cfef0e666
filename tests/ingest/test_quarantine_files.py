"""Rejected rows go back as text, with their place and reason."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from workbench.ingest import IngestReport, write_quarantine

HEADER = "lab_code,analyte,sample,value,unit,备注"
HOSTILE = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "http://example.org", "{=1}", "<b>&amp;")


@pytest.fixture
def report(read_lines: Callable[..., IngestReport]) -> IngestReport:
    lines = [f"999,Glu,2026111,5.1,mmol/L,{text}" for text in HOSTILE]
    lines += ["007,Glu,2026111,92,mg/dL,=1+1", "012,Glu,2026112,未知,mmol/L,", "012,Glu,2026111,5.10,mmol/L,"]
    return read_lines(lines, header=HEADER)


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_every_rejected_row_is_there_with_reason_and_place(
    locale: str, report: IngestReport, tmp_path: Path
) -> None:
    path = tmp_path / "quarantine.xlsx"
    write_quarantine(path, report, locale)
    sheet = load_workbook(path).worksheets[0]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    words = {"zh_CN": "实验室编码“999”未报名", "en": "laboratory '999' is not enrolled"}[locale]
    assert [row[:6] for row in rows] == [
        ["results.csv", None, str(line), "lab_code", "lab_code_unknown", words] for line in range(2, 10)
    ]
    assert [cell.value for cell in sheet[1]][6:] == HEADER.split(",")
    assert [row[11] for row in rows] == list(HOSTILE)


def test_nothing_written_is_a_formula_or_a_link(report: IngestReport, tmp_path: Path) -> None:
    path = tmp_path / "quarantine.xlsx"
    write_quarantine(path, report, "en")
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if "worksheets/sheet" in name]
        assert not [name for name in archive.namelist() if "externalLink" in name or name.endswith(".bin")]
    assert len(sheets) == 3
    assert not [xml for xml in sheets if "<f>" in xml or "<hyperlink" in xml or "<mergeCell" in xml]
    types = {
        cell.data_type
        for sheet in load_workbook(path)
        for row in sheet.iter_rows()
        for cell in row
        if cell.value
    }
    assert types == {"s"}


def test_notes_are_put_into_words(report: IngestReport, tmp_path: Path) -> None:
    path = tmp_path / "quarantine.xlsx"
    write_quarantine(path, report, "zh_CN")
    sheet = load_workbook(path).worksheets[1]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert [(row[4], row[7], row[8], row[-2], row[-1]) for row in rows] == [
        ("007", "92", "5.10692", "unit_converted", "单位换算，系数 0.05551"),
        ("012", "未知", None, "unreadable", "结果不是数值或允许的代码"),
    ]


def test_counts_are_stated(report: IngestReport, tmp_path: Path) -> None:
    path = tmp_path / "quarantine.xlsx"
    write_quarantine(path, report, "en")
    stated = {
        row[0].value: row[1].value
        for row in load_workbook(path).worksheets[2].iter_rows(min_row=2, max_row=5)
    }
    assert stated == {
        "Results read": "11",
        "Accepted without notes": "1",
        "Accepted with notes": "2",
        "Quarantined": "8",
    }


def test_same_report_gives_the_same_bytes(report: IngestReport, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("first.xlsx", "second.xlsx")]
    for path in paths:
        write_quarantine(path, report, "en")
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_nothing_rejected_gives_an_empty_sheet(
    read_lines: Callable[..., IngestReport], tmp_path: Path
) -> None:
    path = tmp_path / "quarantine.xlsx"
    write_quarantine(path, read_lines(["007,Glu,2026111,5.1,mmol/L,"], header=HEADER), "en")
    assert load_workbook(path).worksheets[0].max_row == 1


def test_very_long_text_is_cut_not_lost(read_lines: Callable[..., IngestReport], tmp_path: Path) -> None:
    path = tmp_path / "quarantine.xlsx"
    write_quarantine(path, read_lines([f"999,Glu,2026111,5.1,mmol/L,{'长' * 40_000}"], header=HEADER), "en")
    assert len(load_workbook(path).worksheets[0]["L2"].value) == 32_767
