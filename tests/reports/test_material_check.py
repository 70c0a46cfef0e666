"""The report on a round's material: every verdict beside numbers that bear it out, in both languages."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import DataError, ParameterError
from workbench.figures.material_items import MaterialItems, material_items
from workbench.reports.material_check import MaterialCheck, open_material_check
from workbench.reports.report_meta import Issue
from workbench.rounds.control_reports import ControlReport, make_report

HEAD = "analyte,study,item,sigma_pt,expected,replicate_1,replicate_2\n"
EVEN = [(4.10, 4.11), (4.11, 4.10), (4.10, 4.10), (4.11, 4.11), (4.10, 4.11), (4.11, 4.10), (4.10, 4.10),
        (4.11, 4.11), (4.10, 4.11), (4.10, 4.10)]  # fmt: skip


def rows(
    analyte: str, pairs: list[tuple[object, object]], study: str = "homogeneity", **fixed: object
) -> str:
    sigma, expected = fixed.get("sigma", ""), fixed.get("expected", "")
    return "".join(
        f"{analyte},{study},B{no:02d},{sigma},{expected},{a},{b}\n" for no, (a, b) in enumerate(pairs, 1)
    )


def uneven() -> list[tuple[object, object]]:
    return [(6.0 + 0.1 * no, 6.01 + 0.1 * no) for no in range(10)]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("material") / "round.csv"
    answers: list[tuple[object, object]] = [("positive", "positive")] * 9 + [("negative", "positive")]
    path.write_text(
        HEAD
        + rows("K", list(EVEN))
        + rows("K", [(4.21, 4.22), (4.22, 4.21), (4.21, 4.21)], "stability").replace("B", "E")
        + rows("Glu", uneven())
        + rows("=HYPERLINK(1)", list(EVEN), sigma="")
        + rows("HBsAg", answers, expected="positive"),
        "utf-8",
    )
    return path


def opened(file: Path, locale: str = "zh_CN", **given: str) -> MaterialCheck:
    issue = Issue(issued_at="2026-05-20T10:00:00+08:00")
    return open_material_check(str(file), "2026-1", locale, issue, programme_no="1.1", **given)


def table(report: MaterialCheck, name: str) -> list[dict[str, str]]:
    part = next(t for s in report.data["sections"] for t in s["tables"] if t["id"] == name)
    keys = [column["key"] for column in part["columns"]]
    return [dict(zip(keys, (cell["text"] for cell in row), strict=True)) for row in part["rows"]]


def test_each_outcome_is_told_and_what_to_do_about_it(file: Path) -> None:
    report = opened(file, "en")
    told = {each["analyte"]: each["outcome"] for each in report.data["studies"]}
    assert told["K"] == {"homogeneity": "sufficient", "stability": "insufficient"}
    assert told["Glu"] == {"homogeneity": "insufficient", "stability": ""}
    assert told["=HYPERLINK(1)"]["homogeneity"] == "not_judged"
    assert told["HBsAg"]["homogeneity"] == "insufficient"
    lines = report.data["sections"][0]["lines"]
    assert lines[0] == "Homogeneity: 1 of 3 analytes are sufficiently homogeneous."
    assert any("Discard the batch" in line and "Glucose and HBsAg" in line for line in lines)


def test_sigma_comes_from_option_then_file_then_criterion(file: Path, tmp_path: Path) -> None:
    assert table(opened(file, "en"), "MC_sigma")[0]["source"].startswith("WS/T 403-2024")
    given = opened(file, "en", sigma_pt="K=0.05; Glu=9")
    assert table(given, "MC_sigma")[0] == {
        "item": "Potassium (mmol/L)", "sigma": "0.05000", "limit": "0.01500", "source": "given with the check",
    }  # fmt: skip
    own = tmp_path / "own.csv"
    own.write_text(HEAD + rows("K", list(EVEN), sigma="0.07"), "utf-8")
    assert table(opened(own, "en"), "MC_sigma")[0]["sigma"] == "0.07000"
    with pytest.raises(ParameterError, match="Na"):
        opened(own, "en", sigma_pt="Na=1")


@pytest.mark.parametrize("share", [1.0000004, 1.0, 0.9999996, 1.2, 0.4])
def test_printed_numbers_stand_as_their_verdict_says(tmp_path: Path, share: float) -> None:
    path = tmp_path / "edge.csv"
    path.write_text(HEAD + rows("Glu", uneven()), "utf-8")
    found = opened(path, "en", sigma_pt="Glu=1").data["studies"][0]["homogeneity"]
    sigma = found["s_s"] / 0.3 / share
    row = table(opened(path, "en", sigma_pt=f"Glu={sigma!r}"), "MC_homogeneity")[0]
    s_s, limit = float(row["ss"]), float(row["limit"])
    assert (row["verdict"] == "sufficient") == (s_s <= limit)
    assert row["verdict"] == (
        "sufficient" if share <= 1 else "sufficient (expanded)" if share < 1.01 else row["verdict"]
    )


def test_a_difference_exactly_at_the_limit_is_stable(tmp_path: Path) -> None:
    path = tmp_path / "edge.csv"
    later = rows("K", [(4.03, 4.03)], "stability").replace("B", "E")
    path.write_text(HEAD + rows("K", [(4.0, 4.0)] * 10) + later, "utf-8")
    assert 4.03 - 4.0 > 0.3 * 0.1
    report = opened(path, "en", sigma_pt="K=0.1")
    assert report.data["studies"][0]["outcome"]["stability"] == "sufficient"


def test_files_are_whole_escaped_and_the_same_each_time(file: Path, tmp_path: Path) -> None:
    values: dict[str, Any] = {
        "file": str(file), "programme_no": "1.1", "locale": "zh_CN", "issued_at": "2026-05-20T10:00:00+08:00",
    }  # fmt: skip
    made = [
        make_report(ControlReport("material_check.ipynb", values, tmp_path / name, "m"))
        for name in ("a", "b")
    ]
    for first, second in zip(*made, strict=True):
        assert first.read_bytes() == second.read_bytes()
    html, pdf, twin, long = (path.read_bytes() for path in made[0])
    assert pdf.startswith(b"%PDF")
    assert "不够均匀" in html.decode("utf-8")
    assert html.decode("utf-8").count("<svg") == 3
    held = json.loads(twin)
    assert len(held["studies"]) == 4
    found = list(csv.DictReader(io.StringIO(long.decode("utf-8-sig"))))
    assert len(found) == 2 * 43
    assert {row["analyte"] for row in found} == {"K", "Glu", "'=HYPERLINK(1)", "HBsAg"}
    assert [float(row["value"]) for row in found[:2]] == [4.10, 4.11]


def test_no_report_is_made_of_a_broken_file(tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_text(HEAD + rows("K", [(4.0, "x"), (4.0, 4.1)]), "utf-8")
    with pytest.raises(DataError, match="1 cells"):
        opened(path)


def test_the_figure_marks_the_item_that_scatters_and_the_end_of_the_round() -> None:
    shown = MaterialItems(
        "K", "mmol/L", ["1", "2", "3"], [[4.0, 4.1], [3.0, 5.0], [4.0, 4.0]], 1, 4.1, 0.1, 1
    )
    svg = material_items(shown, "en").svg
    assert len(re.findall('stroke="#9B1C1C"', svg)) == 3
    assert svg.count("stroke-dasharray") == 3
