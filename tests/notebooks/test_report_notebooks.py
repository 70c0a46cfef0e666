"""Hygiene of the report notebooks: stripped, tagged, short, no logic."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from workbench.parameters import project_root
from workbench.wording import text

NOTEBOOKS = sorted((project_root() / "notebooks" / "reports").glob("*.ipynb"))
SECTION_CELLS_MOST, LINES_MOST, PARAMETERS_MOST = 15, 8, 12
FORBIDDEN = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.AsyncFor, ast.While, ast.ListComp,
    ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip


def load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def code_cells(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in load(path)["cells"] if cell["cell_type"] == "code"]


def tags(cell: dict[str, Any]) -> list[str]:
    found: list[str] = cell["metadata"].get("tags", [])
    return found


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def test_there_are_notebooks() -> None:
    assert {path.stem for path in NOTEBOOKS} >= {"lab_round", "programme_round"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestNotebook:
    def test_is_stripped(self, path: Path) -> None:
        for cell in code_cells(path):
            assert cell["outputs"] == []
            assert cell["execution_count"] is None

    def test_cells_are_few_short_and_tagged(self, path: Path) -> None:
        cells = code_cells(path)
        assert [tags(cell) for cell in cells[:2]] == [["parameters"], ["setup"]]
        assert len(cells) - 2 <= SECTION_CELLS_MOST
        assert len(source(cells[0]).splitlines()) <= PARAMETERS_MOST
        for cell in cells[1:]:
            assert len(source(cell).splitlines()) <= LINES_MOST
        for cell in cells[2:]:
            (tag,) = tags(cell)
            assert tag.startswith("section:")

    def test_parameters_are_typed_literals(self, path: Path) -> None:
        for statement in ast.parse(source(code_cells(path)[0])).body:
            assert isinstance(statement, ast.Assign)
            assert isinstance(statement.value, ast.Constant)
            assert isinstance(statement.value.value, (str, int, float, bool))

    def test_holds_no_logic_and_no_sql(self, path: Path) -> None:
        for cell in code_cells(path):
            for node in ast.walk(ast.parse(source(cell))):
                assert not isinstance(node, FORBIDDEN), ast.dump(node)[:80]
            assert not re.search(
                r"\b(select|insert|update|delete)\b\s.*\b(from|into|set)\b", source(cell), re.I
            )

    def test_metadata_says_what_it_makes(self, path: Path) -> None:
        said = load(path)["metadata"]["workbench"]
        assert set(said) >= {"audience", "kind", "result_types", "formats"}
        for cell in code_cells(path)[2:]:
            name = tags(cell)[0].removeprefix("section:")
            assert text(f"section.{said['kind']}.{name}", "en")

    def test_names_no_laboratory_outside_its_parameters(self, path: Path) -> None:
        for cell in code_cells(path)[1:]:
            assert not re.search(r"\bL\d{4}\b", source(cell))
