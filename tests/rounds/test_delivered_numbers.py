"""The numbers of delivered files: paper, screen, workbook, JSON and CSV hold the same digits.

The numbers in the names are the statements of the acceptance list of the reports.
"""

from __future__ import annotations

import copy
import csv
import io
import re
from typing import Any

import pytest

from tests.rounds.delivered import Delivered, Opened
from tests.rounds.printed_tables import DASH, MINUS, expected, half_even
from workbench.reports.twin import check_twin

pytestmark = pytest.mark.xdist_group("delivered-files")

Rows = list[list[str]]
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
"""Superscripts are raised runs of plain digits on paper and on screen."""


def printed(report: Opened) -> list[Rows]:
    """Body rows of every table of a PDF, without the header and the guards of page breaks."""
    return [body(table) for table in report.pdf.tables()]


def body(table: Rows) -> Rows:
    most = max(len(row) for row in table)
    rows = [row for row in table if any(row) and (len(row) > 1 or most == 1)]
    width = len(rows[0])
    return [row[:width] if len(row) == width + 1 and not row[width] else row for row in rows[1:]]


def on_screen(report: Opened) -> list[Rows]:
    """Body rows of every table of the HTML that is not the data of a figure."""
    tables = report.html.xpath("//div[contains(@class,'wb-table')][not(ancestor::details)]/table")
    return [
        [[cell.text_content() for cell in row.xpath("./th|./td")] for row in table.xpath("./tbody/tr")]
        for table in tables
    ]


def differences(found: list[Rows], wanted: list[Rows]) -> list[str]:
    """Cells that differ, at most five; tables that are missing."""
    out = [f"{len(found)} tables for at least {len(wanted)}"] if len(found) < len(wanted) else []
    for number, (table, should) in enumerate(zip(found, wanted, strict=False), 1):
        if len(table) != len(should):
            out.append(f"table {number}: {len(table)} rows for {len(should)}")
        for row, cells in zip(table, should, strict=False):
            pairs = zip(row, (cell.translate(RAISED) for cell in cells), strict=False)
            out += [f"table {number}: {a!r} for {b!r}" for a, b in pairs if a != b]
            out += [f"table {number}: {row} for {cells}"] if len(row) != len(cells) else []
    return out[:5]


def test_20_the_twin_follows_the_published_schema(delivered: Delivered) -> None:
    for report in delivered.reports():
        check_twin(report.twin)


def test_21_every_cell_of_every_table_of_the_pdf_is_the_twins(delivered: Delivered) -> None:
    n_cells = 0
    for report in delivered.reports():
        wanted = expected(report.twin)
        assert differences(printed(report), wanted) == [], report.name
        n_cells += sum(len(row) for table in wanted for row in table)
    assert n_cells > 10_000


def test_21_the_annex_lists_the_results_as_they_were_sent(delivered: Delivered) -> None:
    from tests.rounds.printed_tables import annex

    for report in delivered.reports("PR"):
        wanted = list(annex(report.twin))
        assert differences(printed(report)[-len(wanted) :], wanted) == [], report.name


def test_21_a_number_changed_in_the_twin_is_found(delivered: Delivered) -> None:
    for kind, path in (
        ("LR", ("analytes", 0, "results", 0, "printed", "robust_mean")),
        ("LR", ("analytes", 0, "mean_percent_allowed")),
        ("PR", ("analytes", 0, "samples", 1, "printed", "cv")),
        ("PR", ("participation", 0, "enrolled")),
    ):
        report = next(r for r in delivered.reports(kind) if r.twin["analytes"])
        twin = copy.deepcopy(report.twin)
        place: Any = twin
        for step in path[:-1]:
            place = place[step]
        old = place[path[-1]]
        place[path[-1]] = f"{old}1" if isinstance(old, str) else (old or 0) + 1
        assert differences(printed(report), expected(twin)), path


def test_21_screen_and_paper_show_the_same_cells(delivered: Delivered) -> None:
    for report in delivered.reports():
        assert differences(printed(report), on_screen(report)) == [], report.name
        assert len(printed(report)) == len(on_screen(report))


def test_21_26_printed_numbers_are_the_unrounded_ones_rounded_once(delivered: Delivered) -> None:
    """Fields that never need an extra decimal: half to even from the unrounded value."""
    n = 0
    for report in delivered.reports("LR"):
        for entry in report.twin["analytes"]:
            digits = entry["decimals"] + 1
            for r in entry["results"]:
                shown = r["printed"]
                assert shown["assigned_value"] == half_even(r["assigned_value"], digits)
                assert shown["robust_mean"] == half_even(r["group"]["robust_mean"], digits)
                assert shown["all_robust_mean"] == half_even(r["all"]["robust_mean"], digits)
                cv = r["group"]["cv"]
                assert shown["cv"] == half_even(cv, 1 if cv is None or cv >= 1 else 2)
                kind = entry["bias_kind"]
                places = 1 if kind == "percent_difference" else digits
                assert shown["bias"] == half_even(r[kind], places, signed=True)
                n += 1
    assert n > 300


def test_22_workbook_cells_show_the_digits_of_the_pdf(delivered: Delivered) -> None:
    for report in delivered.reports():
        book = report.book
        sheets = [list(sheet.iter_rows()) for sheet in book]
        wanted = workbook_rows(report)
        for position, table in wanted.items():
            found = [[as_shown(cell).translate(RAISED) for cell in row] for row in sheets[position][1:]]
            assert differences([found], [table]) == [], (report.name, position)


def workbook_rows(report: Opened) -> dict[int, Rows]:
    """Sheet position -> the rows that paper shows."""
    from tests.rounds import printed_tables as paper

    twin = report.twin
    if twin["kind"] == "LR":
        sheets = {1: paper.summary, 3: paper.history, 5: paper.findings}
    else:
        sheets = {1: paper.overview, 3: paper.trend, 5: paper.findings}
    found = {at: next(iter(make(twin)), None) for at, make in sheets.items()}
    out = {at: rows for at, rows in found.items() if rows}
    if twin["kind"] == "LR" and twin["analytes"]:
        out[2] = results_sheet(twin)
    return out


def results_sheet(twin: Any) -> Rows:
    every = [result for entry in twin["analytes"] for result in entry["results"]]
    names = {"expanded_u_result": "expanded_u_result", "zeta": "zeta_score", "en": "en_score"}
    more = [shown for shown, name in names.items() if any(r[name] is not None for r in every)]
    first = ("assigned_value", "range", "bias", "percent_allowed", "score")
    fields = (*first, *more, "n", "robust_mean", "cv", "all_robust_mean", "verdict")
    return [
        [entry["printed"]["name"], entry["printed"]["unit"] or DASH, r["sample"], r["printed"]["value"]]
        + [r["printed"][name] for name in fields]
        for entry in twin["analytes"]
        for r in entry["results"]
    ]


def as_shown(cell: Any) -> str:
    """What a spreadsheet displays: the number in its format, with the paper's minus."""
    if cell.data_type != "n":
        return str(cell.value)
    form = cell.number_format
    decimals = len(re.match(r"\+?0\.?(0*)", form)[1])
    return half_even(cell.value, decimals, signed=form.startswith("+"))


def test_22_workbooks_are_plain(delivered: Delivered) -> None:
    for report in delivered.reports():
        book = report.book
        assert len(book.sheetnames) == 7
        for sheet in book:
            cells = [cell for row in sheet.iter_rows() for cell in row]
            where = (report.name, sheet.title)
            assert sheet.sheet_state == "visible"
            assert sheet.freeze_panes not in (None, "A1"), where
            assert sheet.freeze_panes.endswith("2"), where
            assert not sheet.merged_cells.ranges, where
            assert not [c.coordinate for c in cells if c.data_type == "f"], where
            assert not [c.coordinate for c in cells if c.value is None or c.value == ""], where


def test_22_data_sheet_and_csv_hold_the_twins_unrounded_numbers(delivered: Delivered) -> None:
    for report in delivered.reports("LR"):
        results = [(e, r) for e in report.twin["analytes"] for r in e["results"]]
        text = report.beside(".csv").read_bytes()
        assert text.startswith(b"\xef\xbb\xbf")
        rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))
        data = list(report.book.worksheets[6].iter_rows(values_only=True))
        sheet = [dict(zip(data[0], row, strict=True)) for row in data[1:]] if results else []
        assert len(rows) == len(results) == len(sheet), report.name
        for (entry, result), row, line in zip(results, rows, sheet, strict=True):
            assert (row["analyte"], row["sample"]) == (entry["analyte"], result["sample"])
            for name in ("assigned_value", "limit_low", "limit_high", "percent_allowed", "score"):
                held = result[name]
                assert row[name] == ("" if held is None else repr(held)), (report.name, name)
                assert line[name] == (DASH if held is None else pytest.approx(held, rel=1e-14))


def test_23_codes_and_results_as_sent_are_text_in_the_workbook(delivered: Delivered) -> None:
    seen = set()
    for report in delivered.reports("LR"):
        sheets = report.book.worksheets
        for row in list(sheets[2].iter_rows())[1:]:
            assert row[2].data_type == row[3].data_type == "s"
        heads = [cell.value for cell in next(sheets[6].iter_rows())]
        for row in list(sheets[6].iter_rows())[1:]:
            raw = row[heads.index("raw")]
            assert raw.data_type == "s"
            assert row[heads.index("sample")].data_type == "s"
            seen.add(raw.value)
    assert {"5.10", "<5"} <= seen


def test_24_own_results_are_printed_as_sent_digit_for_digit(delivered: Delivered) -> None:
    """From the store, not from the twin: what was sent stands first in the cell of the PDF."""
    from workbench.store import open_store, round_inputs

    seen = set()
    for number in ("1.4", "1.6", "2.1"):
        rows = round_inputs(open_store(delivered.database), "2026-1", number).results
        sent = rows.set_index(["lab_code", "analyte", "sample"])["raw"].to_dict()
        for report in delivered.reports("LR"):
            twin = report.twin
            if twin["programme"]["programme_no"] != number or not twin["analytes"]:
                continue
            lab = twin["participant"]["lab_code"]
            for entry, table in zip(twin["analytes"], _detail_tables(report), strict=True):
                for row in table:
                    raw = sent.get((lab, entry["analyte"], row[0]), "")  # an item not performed sent nothing
                    if raw:
                        word = re.sub(r"[“”]|\s.*$", "", row[1]) if " " not in raw else row[1]
                        assert word == raw or raw in row[1].split(" "), (report.name, raw, row[1])
                        seen.add(raw)
    assert {"5.10", "<5"} <= seen


def _detail_tables(report: Opened) -> list[Rows]:
    """The tables of samples of each item."""
    heads = {"样本编号", "Sample"}
    found = [t for t in report.pdf.tables() if any(r and r[0] in heads and len(r) >= 12 for r in t)]
    return [body(table) for table in found]


def test_25_no_printed_number_contradicts_its_class(delivered: Delivered) -> None:
    n = 0
    for report in delivered.reports("LR"):
        for entry in report.twin["analytes"]:
            inclusive = entry["criterion"]["inclusive"]
            for r in entry["results"]:
                if r["score_signal"] and r["printed"]["score"] != DASH:
                    z = abs(plain(r["printed"]["score"]))
                    low, high = {"acceptable": (0, 2), "warning": (2, 3), "action": (3, 1e9)}[
                        r["score_signal"]
                    ]
                    assert low <= z <= high, (report.name, r["sample"], z)
                    n += 1
                shown = r["printed"]["percent_allowed"]
                if r["signal"] in ("acceptable", "action") and shown != DASH and not r["on_limit"]:
                    share = abs(plain(shown))
                    assert share <= 100 if r["signal"] == "acceptable" else share >= 100
                    assert share != 100 or inclusive
    assert n > 200


def test_26_minus_is_a_minus_in_print_and_a_hyphen_in_data(delivered: Delivered) -> None:
    n = 0
    for report in delivered.reports():
        cells = [cell for table in expected(report.twin) for row in table for cell in row]
        assert not [cell for cell in cells if re.fullmatch(r"-\d[\d.]*%?", cell)], report.name
        n += len([cell for cell in cells if re.fullmatch(rf"{MINUS}\d[\d.]*", cell)])
        assert MINUS not in report.beside(".csv").read_text(encoding="utf-8-sig")
        book = report.book
        for sheet in book:
            words = [c.value for row in sheet.iter_rows() for c in row if c.data_type == "s"]
            assert not [word for word in words if re.fullmatch(rf"{MINUS}\d[\d.]*", word)], report.name
    assert n > 500


def plain(shown: str) -> float:
    return float(shown.replace(MINUS, "-"))


def test_27_numbers_of_a_column_stand_on_their_decimal_point(delivered: Delivered) -> None:
    """Position of the point in the page, column by column of the tables of samples."""
    n = 0
    for report in delivered.reports():
        for table in report.pdf.root.all("Table"):
            rows = [row.all("TH", "TD") for row in table.all("TR")]
            body_rows = [row for row in rows if (row and row[0].tag == "TD") or len(row) > 5]
            for column in zip(*(r for r in body_rows if len(r) == len(body_rows[-1])), strict=True):
                points = [p for cell in column if (p := point_of(cell)) is not None]
                if len(points) > 2 and len({cell.text for cell in column}) > 2:
                    n += _aligned(points, report.name)
    assert n > 100


def _aligned(points: list[tuple[float, str]], where: str) -> int:
    places = [round(x, 1) for x, _ in points]
    assert max(places) - min(places) < 0.6, (where, points)
    return 1


def point_of(cell: Any) -> tuple[float, str] | None:
    """Where the decimal point of a cell that is one number stands (pt); None for other cells."""
    runs = [run for run in cell.runs() if run.glyphs]
    if len(runs) != 1 or len(runs[0].glyphs) != 1 or not re.fullmatch(r"[+−]?\d+\.\d+", cell.text):
        return None
    glyph = runs[0].glyphs[0]
    return glyph.x + sum(glyph.widths[: cell.text.index(".")]), cell.text


def test_27_units_stand_in_headers(delivered: Delivered) -> None:
    for report in delivered.reports("LR"):
        units = {e["printed"]["unit"] for e in report.twin["analytes"]} - {"", "%"}
        for table in _detail_tables(report):
            cells = [cell for row in table for cell in row]
            assert not [cell for cell in cells if any(cell.endswith(unit) for unit in units)], report.name
