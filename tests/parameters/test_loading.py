"""Wrong YAML: every problem of every file at once, with file, line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import ParameterError
from workbench.parameters import catalogue, criteria, load_round, project_root

GOOD = """\
discipline: {category_no: 1, category_zh: 临床化学, category_en: Clinical chemistry}
defaults:
  evaluation: {n_min: 6}
programmes:
  - programme_no: "1.1"
    name_zh: 常规化学
    name_en: Routine chemistry
    rounds_per_year: 3
    matrix: serum/plasma
    result_type: quantitative
    evaluation:
      ladder: [[method], []]
      analytes:
        K: {n_min: 8}
    analytes:
      - {analyte: K, name_zh: 钾, name_en: Potassium, unit: mmol/L, decimals: 2}
"""


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def problems(folder: Path) -> list[tuple[str, int | None, int | str | None, str]]:
    with pytest.raises(ParameterError) as caught:
        catalogue(folder)
    assert caught.value.exit_code == 2
    return [(p.file or "", p.row, p.column, p.message) for p in caught.value.problems]


def test_a_good_file_loads(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", GOOD)
    programme = catalogue(tmp_path)["1.1"]
    assert programme.policy("K").n_min == 8  # type: ignore[union-attr]
    assert programme.evaluation.n_min == 6  # type: ignore[union-attr]
    assert programme.analytes[0].matrix == "serum/plasma"


def place(text: str, wanted: str) -> tuple[int, int]:
    """Line and column of a word, both from 1."""
    row, line = next((n, line) for n, line in enumerate(text.splitlines(), 1) if wanted in line)
    return row, line.index(wanted) + 1


def test_all_problems_of_all_files_at_once(tmp_path: Path) -> None:
    bad = GOOD.replace("decimals: 2", "decimals: two").replace("n_min: 8", "n_mim: 8")
    write(tmp_path, "a.yaml", bad)
    write(tmp_path, "b.yaml", "discipline: {category_no: 1}\nprogrammes:\n  - {programme_no: '1.1'\n")
    found = problems(tmp_path)
    assert any(f == "a.yaml" and (r, c) == place(bad, "8}") and "n_mim" in m for f, r, c, m in found)
    assert any(f == "a.yaml" and (r, c) == place(bad, "two") and "decimals" in m for f, r, c, m in found)
    assert any(f == "b.yaml" and "not YAML" in m for f, _, _, m in found)
    assert len(found) == 3


@pytest.mark.parametrize(
    ("old", "new", "row", "words"),
    [
        ("name_en: Routine chemistry", "name_fr: chimie", 5, "'name_en' is missing"),
        ("name_en: Routine chemistry", "name_en: x\n    name_en: y", 8, "repeated"),
        ('"1.1"', '"2.1"', 5, "does not belong to category"),
        ("K: {n_min: 8}", "Na: {n_min: 8}", 14, "unknown analyte 'Na'"),
        ("[[method], []]", "[[], [method]]", 12, "must be the last"),
        ("[[method], []]", "[[colour], []]", 12, "ladder"),
        ("matrix: serum/plasma", "matrix: tea", 9, "matrix"),
        ("rounds_per_year: 3", "rounds_per_year: 0", 8, "rounds_per_year"),
    ],
)
def test_each_mistake_is_named_at_its_line(tmp_path: Path, old: str, new: str, row: int, words: str) -> None:
    write(tmp_path, "a.yaml", GOOD.replace(old, new))
    found = problems(tmp_path)
    assert any(words in message for *_, message in found), found
    if words != "matrix":
        assert any(r == row for _, r, _, m in found if words in m), found


def test_repeated_programme_and_analyte(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", GOOD + GOOD.splitlines()[-1] + "\n")
    write(tmp_path, "b.yaml", GOOD)
    found = problems(tmp_path)
    assert ("a.yaml", 17, 9, "analyte 'K' is repeated") in found
    assert any(f == "b.yaml" and r == 5 and "defined twice" in m for f, r, _, m in found)


def test_change_of_a_file_is_seen(tmp_path: Path) -> None:
    file = write(tmp_path, "a.yaml", GOOD)
    assert catalogue(tmp_path)["1.1"].name_en == "Routine chemistry"
    file.write_text(GOOD.replace("Routine", "Ordinary routine"), encoding="utf-8")
    assert catalogue(tmp_path)["1.1"].name_en == "Ordinary routine chemistry"


def test_a_limit_without_its_numbers(tmp_path: Path) -> None:
    text = """\
authority: X
document: X
edition: 2024
defaults: {valid_from: 2024-01-01, verified: true, trust: high, matrix: urine, metric: eqa}
limits:
  - {analyte: K, kind: breakpoint, percent: 5, raw_text: "5 %"}
  - {analyte: Na, kind: percent, percent: -4, raw_text: "4 %"}
"""
    write(tmp_path, "x.yaml", text)
    with pytest.raises(ParameterError) as caught:
        criteria(tmp_path)
    messages = {p.row: p.message for p in caught.value.problems}
    assert "needs absolute, breakpoint, breakpoint_side" in messages[6]
    assert "above zero" in messages[7]


def test_the_demonstration_round() -> None:
    plan = load_round(project_root() / "parameters" / "rounds" / "demo-2026-1.yaml")
    assert plan.round == "2026-1"
    assert plan.programmes == ("1.1", "1.4", "1.6", "2.1")
    codes = [f"L{i:04d}" for i in range(1, 151)]
    assert len(plan.select_laboratories(codes)) == len(codes)
    languages = plan.select_languages(plan.select_laboratories(codes))
    assert {k: len(v) for k, v in languages.items()} == {"zh_CN": 150, "en": 150}
    assert plan.issued_at.isoformat() == "2026-05-20T10:00:00+08:00"
    assert set(plan.programmes) <= set(catalogue())


def test_a_wrong_round_is_refused_with_lines(tmp_path: Path) -> None:
    good = (project_root() / "parameters" / "rounds" / "demo-2026-1.yaml").read_text(encoding="utf-8")
    text = good.replace("short: EQA", "short: 省中心").replace("status: final", "status: finished")
    with pytest.raises(ParameterError) as caught:
        load_round(write(tmp_path, "r.yaml", text))
    lines = text.splitlines()
    rows = {p.row for p in caught.value.problems}
    assert {n for n, line in enumerate(lines, 1) if "省中心" in line or "finished" in line} == rows
    with pytest.raises(ParameterError, match="No round plan"):
        load_round(tmp_path / "none.yaml")


def test_whoever_prepares_cannot_approve(tmp_path: Path) -> None:
    good = (project_root() / "parameters" / "rounds" / "demo-2026-1.yaml").read_text(encoding="utf-8")
    with pytest.raises(ParameterError, match="cannot approve"):
        load_round(write(tmp_path, "r.yaml", good.replace("批准人（演示）", "编制人（演示）")))
