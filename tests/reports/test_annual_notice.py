"""The annual programme notice: every programme of the catalogue with the numbers it is listed with, on screen and paper."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from lxml import html as markup

from tests.reports.test_lab_round_sections import tables
from workbench.parameters import catalogue, project_root
from workbench.parameters.calendar import dispatch_calendar
from workbench.parameters.notices import notice_plan
from workbench.reports.annual_notice import AnnualNotice, open_annual_notice
from workbench.reports.notice_parts import enrolment_days, entry_of, runs_of
from workbench.rounds.control_reports import make_reports
from workbench.rounds.notices import NOTEBOOK, NoticeRequest, notice_reports
from workbench.wording import LOCALES

LISTED = Path(__file__).parents[3] / "shared" / "programmes.csv"
NOW = "2026-03-01T10:00:00+08:00"
OPEN = {"zh_CN": {"待定", "无"}, "en": {"To be settled", "None"}}
"""What may stand where the list has no number."""


def listed() -> list[dict[str, str]]:
    if not LISTED.exists():
        pytest.skip("the list of programmes is not beside the project")
    rows = list(csv.DictReader(LISTED.open(encoding="utf-8-sig")))
    return [row | {"programme_no": f"{row['category_no']}.{row['programme_no']}"} for row in rows]


@cache
def notice(locale: str) -> AnnualNotice:
    return open_annual_notice(2026, locale)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both languages as the command makes them."""
    folder = tmp_path_factory.mktemp("notice")
    made = list(make_reports(notice_reports(NoticeRequest(2026, (), folder, NOW))))
    assert [trouble for _, _, trouble in made if trouble] == []
    return folder


def programmes(twin: Any) -> list[dict[str, Any]]:
    return [each for discipline in twin["disciplines"] for each in discipline["programmes"]]


def rows_of_page(path: Path) -> list[list[str]]:
    """The rows of the tables of programmes, as the page holds them."""
    page = markup.fromstring(path.read_bytes())
    rows = page.xpath('//section[@id="programmes"]//tbody/tr')
    return [[" ".join(cell.text_content().split()) for cell in row] for row in rows]


@pytest.mark.parametrize("locale", LOCALES)
def test_twin_and_page_list_every_programme_in_order_with_its_numbers(files: Path, locale: str) -> None:
    rows = listed()
    twin = json.loads((files / f"notice.{locale}.json").read_text(encoding="utf-8"))
    held, shown = programmes(twin), rows_of_page(files / f"notice.{locale}.html")
    numbers = [row["programme_no"] for row in rows]
    assert len(numbers) == 107
    assert [each["programme_no"] for each in held] == numbers
    assert [cells[0] for cells in shown] == numbers
    for row, entry, cells in zip(rows, held, shown, strict=True):
        assert entry["iso17043"] == (row["iso17043"] == "1") == ("※" in cells[1])
        assert entry["restricted"] == (row["restricted"] == "1") == ("△" in cells[1])
        assert str(entry["samples_per_year"] or "") == row["samples_per_year"]
        assert cells[4] == row["samples_per_year"] or (
            not row["samples_per_year"] and cells[4] in OPEN[locale]
        )
        assert str(entry["rounds_per_year"]) == row["rounds_per_year"] == cells[5]
        assert [a["analyte"] for a in entry["analytes"]] == list(catalogue()[row["programme_no"]].codes)
        assert cells[2] == str(len(row["analytes"].split(";")))


def test_chinese_names_are_those_of_the_list() -> None:
    for row, entry in zip(listed(), programmes(notice("zh_CN").data), strict=True):
        assert entry["name"] == row["programme_zh"]


@pytest.mark.parametrize("locale", LOCALES)
def test_no_analyte_is_cut_on_screen_or_paper(files: Path, locale: str) -> None:
    document = pypdfium2.PdfDocument(files / f"notice.{locale}.pdf")
    paper = squeezed("".join(page.get_textpage().get_text_range() for page in document))
    shown = rows_of_page(files / f"notice.{locale}.html")
    for entry, cells in zip(programmes(notice(locale).data), shown, strict=True):
        assert squeezed(cells[3]) == squeezed(entry["printed"]["analytes"])
        for analyte in entry["analytes"]:
            assert squeezed(analyte["name"]) in squeezed(cells[3])
            assert squeezed(analyte["name"]) in paper, analyte


def squeezed(text: str) -> str:
    """Without blanks, line ends and what a typesetter puts where it breaks a word."""
    return re.sub(r"[\s\u00ad\u200b\ufffe\ufeff\x02-]", "", text)


@pytest.mark.parametrize("locale", LOCALES)
def test_the_notebook_shows_every_section_and_every_table_fits(locale: str) -> None:
    report = notice(locale)
    path = project_root() / "notebooks" / "reports" / NOTEBOOK
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    tags = [tag for cell in cells for tag in cell["metadata"].get("tags", []) if tag.startswith("section:")]
    names = [part["id"] for part in report.data["sections"]]
    assert [tag.removeprefix("section:") for tag in tags] == [*names, "signoff"]
    for name in names:
        section = report.provenance() if name == "provenance" else report.section(name)
        for table in tables(section):
            assert table.needed_width_mm <= 175.0, table.id
    assert "2026" in report.head().title
    assert report.head().report_number == "EQA-AN-2026-V1"


def test_counts_of_disciplines_add_up_to_the_list() -> None:
    rows = listed()
    (table,) = tables(notice("en").section("disciplines"))
    shown = [[int(cell.text) for cell in row[2:]] for row in table.rows]
    assert [sum(column) for column in zip(*shown[:-1], strict=True)] == shown[-1]
    accredited = sum(row["iso17043"] == "1" for row in rows)
    invited = sum(row["restricted"] == "1" for row in rows)
    analytes = sum(len(row["analytes"].split(";")) for row in rows)
    assert shown[-1] == [len(rows), accredited, invited, analytes]
    assert len(shown) - 1 == len({row["category_no"] for row in rows})


def test_months_are_those_of_the_calendar() -> None:
    held = {each["programme_no"]: each for each in programmes(notice("en").data)}
    assert held["1.3"]["printed"]["dispatch"] == "April, September"
    assert held["4.5"]["printed"]["dispatch"] == "September"
    assert held["8.1"]["printed"]["dispatch"] == held["8.2"]["printed"]["dispatch"] == "June"
    assert held["10.2"]["printed"]["dispatch"] == held["10.2"]["printed"]["samples"] == "None"
    assert held["2.4"]["printed"]["dispatch"] == held["4.32"]["printed"]["samples"] == "To be settled"
    (table,) = tables(notice("en").section("dispatch"))
    months = {row[0].text: (int(row[1].text), row[2].text) for row in table.rows}
    two = [each for each in held.values() if each["rounds_per_year"] == 2]
    assert months["April"][0] == len(two)
    assert months["June"] == (2, "8.1, 8.2")
    assert sum(len(each["dispatch_months"]) for each in held.values()) == sum(
        count for label, (count, _) in months.items() if label not in ("No samples", "To be settled")
    )


def test_a_programme_another_month_is_printed_with_that_month() -> None:
    moved = dispatch_calendar().model_copy(update={"months_by_programme": {"1.1": (3, 6, 11)}})
    entry = entry_of(catalogue()["1.1"], notice_plan(2026), moved, "en")
    assert entry["printed"]["dispatch"] == "March, June, November"


def test_the_table_for_machines_has_a_row_a_programme(files: Path) -> None:
    rows = list(csv.DictReader(io.StringIO((files / "notice.en.csv").read_text(encoding="utf-8-sig"))))
    for row, entry in zip(rows, listed(), strict=True):
        for name in ("programme_no", "iso17043", "restricted", "samples_per_year", "rounds_per_year"):
            assert row[name] == entry[name]


def test_days_of_enrolment_are_printed_as_far_as_they_are_settled() -> None:
    plan = notice_plan(2026)
    first, last = {"enrol_from": "2026-01-05"}, {"enrol_until": "2026-02-13"}
    shown = [
        enrolment_days(plan.model_validate(plan.model_dump() | {"enrol_from": None, "enrol_until": None} | days), "en")
        for days in ({}, first, last, first | last)
    ]  # fmt: skip
    assert shown == [
        "To be settled",
        "From 5 January 2026; the last day is still to be settled",
        "Until 13 February 2026",
        "5 January 2026 to 13 February 2026",
    ]


def test_a_code_is_printed_where_the_name_does_not_say_it() -> None:
    shown = {each["programme_no"]: each["printed"]["analytes"] for each in programmes(notice("en").data)}
    assert shown["1.3"].startswith("pH, Oxygen partial pressure (PO2), ")
    assert "Calcium (Ca)" in shown["1.1"]
    assert "Rate of items with internal quality control, " in shown["10.1"]
    assert programmes(notice("zh_CN").data)[65]["printed"]["analytes"].startswith("HPV-6、HPV-11、")


def test_runs_stay_in_their_discipline() -> None:
    order = ["1.1", "1.2", "1.3", "1.4", "2.1", "2.2", "2.3"]
    assert runs_of(order, order) == ["1.1–1.4", "2.1–2.3"]
    assert runs_of(["1.2", "1.3", "2.1"], order) == ["1.2", "1.3", "2.1"]
    assert runs_of(["1.1", "1.2", "1.4"], order) == ["1.1", "1.2", "1.4"]


def test_the_same_parameters_give_the_same_bytes(files: Path) -> None:
    assert notice("zh_CN").twin().json_bytes == (files / "notice.zh_CN.json").read_bytes()
