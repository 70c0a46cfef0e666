"""`workbench notice`: files of one language, and what is refused before anything is made."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from workbench.cli.commands import app
from workbench.errors import ParameterError


def test_one_language_makes_its_four_files(tmp_path: Path) -> None:
    words = [
        "notice",
        "--year",
        "2026",
        "--locale",
        "zh_CN",
        "--out",
        str(tmp_path),
        "--preliminary",
    ]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == [f"notice.zh_CN.{ending}" for ending in ("csv", "html", "json", "pdf")]
    assert all(name in done.output for name in made)
    assert (tmp_path / "notice.zh_CN.pdf").read_bytes().startswith(b"%PDF-1.7")
    assert "初步" in (tmp_path / "notice.zh_CN.html").read_text(encoding="utf-8")


def test_a_year_that_is_not_planned_makes_nothing(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["notice", "--year", "2099", "--out", str(tmp_path)])
    assert isinstance(done.exception, ParameterError)
    assert list(tmp_path.iterdir()) == []


def test_what_is_made_already_is_said(tmp_path: Path) -> None:
    words = ["notice", "--year", "2026", "--locale", "en", "--out", str(tmp_path)]
    for said in ("notice.en.pdf", "unchanged"):
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
        assert said in done.output
