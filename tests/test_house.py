"""The house's own rules: one set of dependency ranges, size limits, names, nothing of the machine."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "workbench").rglob("*.py"))
MAX_MODULE, MAX_FUNCTION, MAX_ARGUMENTS = 400, 60, 6


def tracked() -> list[str]:
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("not a git checkout")
    return [name for name in listing.stdout.splitlines() if (ROOT / name).is_file()]


def requirements_of_project() -> list[str]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]


def test_environment_yml_and_pyproject_name_the_same_ranges() -> None:
    lines = (ROOT / "environment.yml").read_text().splitlines()
    pip = [line.split('"')[1] for line in lines if re.match(r'\s+- "', line)]
    assert pip == [*requirements_of_project(), "--editable ."]


def test_the_lock_holds_a_version_inside_every_range() -> None:
    text = (ROOT / "requirements.lock").read_text()
    locked = dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)", text, re.MULTILINE))
    for line in requirements_of_project():
        requirement = Requirement(line)
        assert Version(locked[requirement.name.lower()]) in requirement.specifier, line


def test_the_packages_fixed_by_the_users_are_there() -> None:
    names = {Requirement(line).name for line in requirements_of_project()}
    wanted = {"jupyterlab", "papermill", "nbconvert", "pandas", "seaborn", "sqlalchemy", "ipywidgets"}
    assert wanted <= names


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_modules_functions_and_signatures_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MAX_MODULE
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
        length = (node.end_lineno or 0) - body[0].lineno + 1
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        own = [a for a in arguments if a.arg not in ("self", "cls")]
        assert length <= MAX_FUNCTION, f"{node.name} has {length} lines"
        assert len(own) <= MAX_ARGUMENTS, f"{node.name} has {len(own)} arguments"


def test_public_names_have_a_docstring() -> None:
    bare = []
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if tree.body and not ast.get_docstring(tree):
            bare.append(path.name)
        for node in tree.body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and not ast.get_docstring(node):
                bare.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert not bare


def test_files_are_named_by_nouns_that_say_something() -> None:
    vague = re.compile(r"(utils?|helpers?|common|misc|manager)\.py$")
    assert not [path for path in SOURCES if vague.search(path.name)]


def test_top_level_folders_are_those_of_the_house() -> None:
    folders = {name.split("/")[0] for name in tracked() if "/" in name and not name.startswith(".")}
    assert folders <= {"notebooks", "parameters", "sql", "workbench", "tests", "outputs"}


def test_nothing_names_a_machine_or_a_package_index() -> None:
    words = re.compile(r"/root/|/home/[a-z]|/work/|files\.pythonhosted|pypi\.org|registry\.npmjs")
    found = []
    for name in tracked():
        if name == "tests/test_house.py" or Path(name).suffix in {".png", ".xls", ".xlsx", ".parquet"}:
            continue
        text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
        found += [f"{name}: {match.group()}" for match in words.finditer(text)]
    assert not found


def test_heavy_libraries_live_in_one_room_each() -> None:
    rooms = {
        "sqlalchemy": {"store"},
        "papermill": {"rounds"},
        "typst": {"reports"},
        "nbconvert": {"reports", "rounds"},
        "xlsxwriter": {"reports", "ingest"},
        "openpyxl": {"ingest"},
    }
    for path in SOURCES:
        room = path.relative_to(ROOT / "workbench").parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in names:
                allowed = rooms.get(name.split(".")[0])
                assert allowed is None or room in allowed, f"{path.name} imports {name}"
