"""`workbench homogeneity`: the published example, bad cells named, no verdict without sigma_pt."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from workbench.cli.commands import app
from workbench.errors import DataError, ParameterError
from workbench.ingest.material_files import read_material_file
from workbench.ingest.workbooks import write_table, written_workbook

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "iso13528_annexE.json"
HEAD = "analyte,study,item,sigma_pt,replicate_1,replicate_2\n"


def command(*words: object) -> str:
    done = CliRunner().invoke(app, ["homogeneity", *map(str, words)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def printed_number(printed: str, label: str) -> float:
    """The first number after a label."""
    found = re.search(re.escape(label) + r"([0-9.]+)", printed)
    assert found is not None
    return float(found.group(1))


def test_the_published_example_agrees(tmp_path: Path) -> None:
    if not REFERENCE.is_file():
        pytest.skip("shared reference numbers are not beside the project")
    cases = {case["id"]: case for case in json.loads(REFERENCE.read_text("utf-8"))["cases"]}
    case, later = cases["ISO-E2-homogeneity"], cases["ISO-E2-stability"]
    file = tmp_path / "arsenic.csv"
    rows = [f"As,homogeneity,{i},,{a},{b}\n" for i, (a, b) in enumerate(case["inputs"]["samples"])]
    rows += [f"As,stability,s{i},,{a},{b}\n" for i, (a, b) in enumerate(later["inputs"]["stability"])]
    file.write_text(HEAD + "".join(rows), "utf-8")
    printed = command(file, "--sigma-pt", f"As={case['expected']['sigma_pt']}")
    want = case["expected"]
    tolerance = case["tolerance"]["*"]
    for name in ("mean", "s_x", "s_w", "s_s"):
        assert printed_number(printed, f"{name} ") == pytest.approx(want[name], abs=tolerance)
    assert printed_number(printed, "limit ") == pytest.approx(want["check_value"], abs=tolerance)
    assert printed_number(printed, "difference ") == pytest.approx(later["expected"]["difference"], abs=1e-5)
    assert "only" not in printed
    assert "NOT sufficient" not in printed
    assert printed.count("sufficient") == 4


def test_bad_cells_are_named_at_once_and_the_rest_loads(tmp_path: Path) -> None:
    file = tmp_path / "k.csv"
    file.write_text(
        HEAD + "K,,1,0.1,4.0,4.1\nK,,2,,x,4.1\nK,,3,,4.0,\nK,later,4,,4.0,4.1\nK,,5,0.1,4.1,4.1\n", "utf-8"
    )
    studies, problems = read_material_file(file)
    assert [(problem.row, problem.column) for problem in problems] == [
        (3, "replicate_1"),
        (4, "replicate_2"),
        (5, "study"),
    ]
    assert studies[0].items == ["1", "5"]
    assert studies[0].sigma_pt == 0.1
    with pytest.raises(DataError, match="3 cells"):
        command(file)


def test_an_uneven_material_fails_and_none_is_judged_without_sigma(tmp_path: Path) -> None:
    file = tmp_path / "k.csv"
    file.write_text(HEAD + "".join(f"K,,{i},,{4 + i},{4 + i}\n" for i in range(10)), "utf-8")
    assert "not judged, no sigma_pt" in command(file)
    assert command(file, "--sigma-pt", "K=0.1").count("NOT sufficient") == 2
    with pytest.raises(ParameterError):
        command(file, "--sigma-pt", "0.1")


def test_the_template_is_read_back_as_missing_values(tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    command(file, "--template")
    studies, problems = read_material_file(file)
    assert studies == []
    assert len(problems) == 26
    with pytest.raises(DataError, match="exists"):
        command(file, "--template")


def test_sheets_of_a_workbook_must_agree_and_items_stand_once(tmp_path: Path) -> None:
    file = tmp_path / "k.xlsx"
    head = ["analyte", "item", "replicate_1", "replicate_2"]
    with written_workbook(file, "material") as workbook:
        write_table(workbook, "a", head, [["K", "1", "4.0", "4.1"], ["K", "1", "4.2", "4.1"]])
        write_table(workbook, "b", [*head, "replicate_3"], [["K", "2", "4.0", "4.1", "4.2"]])
    studies, problems = read_material_file(file)
    assert studies[0].homogeneity == [[4.0, 4.1]]
    assert [(problem.sheet, problem.row, problem.column) for problem in problems] == [
        ("a", 3, "item"),
        ("b", 2, "replicate_1"),
    ]


def test_too_few_items_are_judged_and_said_so(tmp_path: Path) -> None:
    file = tmp_path / "k.csv"
    file.write_text(HEAD + "".join(f"K,,{i},0.1,4.0,4.1\n" for i in range(9)), "utf-8")
    assert "only 9 items, the standard asks for 10" in command(file)
