"""The font is found the same way everywhere, and no character prints as an empty box."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import RenderError
from workbench.reports.fonts import SETTING, find_fonts, font_set, missing_glyphs, require_glyphs


def test_the_pinned_package_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    fonts = find_fonts()
    assert fonts.family == "Noto Sans SC"
    assert not fonts.has_bold
    assert fonts.folders[0].name == "pylopdf_fonts_zh_cn"


def test_the_setting_wins_and_may_fail_clearly(tmp_path: Path) -> None:
    package = font_set("").folders[0]
    assert font_set(str(package)).characters == font_set("").characters
    with pytest.raises(RenderError, match=SETTING):
        font_set(str(tmp_path))


def test_an_unreadable_font_file_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "broken.otf").write_bytes(b"not a font")
    with pytest.raises(RenderError):
        font_set(str(tmp_path))


def test_every_symbol_of_the_reports_can_be_drawn() -> None:
    assert missing_glyphs("○△▽▲▼■◆□–◇●※‹›…±×≤≥−＜～μ℃‰σζχ⁻⁰₀₁⁹\u200b\n é Å 镁 钾 鎏 堃 喆") == []


def test_missing_glyphs_are_named_once_and_sorted() -> None:
    assert missing_glyphs("✗a✗🙂") == ["✗", "🙂"]
    with pytest.raises(RenderError) as caught:
        require_glyphs([("cell 3", "ok"), ("cell 4 (section:detail)", "✗"), ("cell 5", "🙂")])
    assert [str(problem) for problem in caught.value.problems] == [
        "cell 4 (section:detail): no glyph for ✗ (U+2717)",
        "cell 5: no glyph for 🙂 (U+1F642)",
    ]
