"""Plans of annual notices: what is wrong is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import ParameterError
from workbench.parameters.notices import notice_file, notice_plan


def written(folder: Path, **changes: tuple[str, str]) -> Path:
    """The plan of 2026 with some text replaced."""
    text = notice_file(2026).read_text(encoding="utf-8")
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    file = folder / "2026.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_year_without_a_plan_says_where_to_write_it() -> None:
    with pytest.raises(ParameterError, match=r"2099\.yaml"):
        notice_plan(2099)


def test_a_plan_of_another_year_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, year=("year: 2026", "year: 2025"))
    with pytest.raises(ParameterError, match="2025, not of 2026"):
        notice_plan(2026, file)


def test_a_remark_on_no_programme_is_named_with_its_line(tmp_path: Path) -> None:
    file = written(tmp_path, remark=('"6.1":', '"6.99":'))
    with pytest.raises(ParameterError) as caught:
        notice_plan(2026, file)
    (problem,) = caught.value.problems
    assert "6.99" in problem.message
    assert problem.row is not None


def test_enrolment_does_not_end_before_it_begins(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        first=("# enrol_from: 2026-01-05", "enrol_from: 2026-03-01"),
        last=("# enrol_until: 2026-02-13", "enrol_until: 2026-02-13"),
    )
    with pytest.raises(ParameterError) as caught:
        notice_plan(2026, file)
    assert "ends before it begins" in caught.value.problems[0].message
