"""Dates by language; symbol and word of every verdict."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
import pytest

from workbench.errors import WorkbenchError
from workbench.wording import LOCALES, date_text, level_text, round_text, symbol, time_text, verdict
from workbench.wording.catalogue import keys


def test_dates() -> None:
    assert date_text(date(2026, 5, 20), "zh_CN", prose=True) == "2026年5月20日"
    assert date_text(datetime(2026, 5, 20, 9, 5), "en", prose=True) == "20 May 2026"
    assert date_text(pd.Timestamp("2026-05-20"), "zh_CN") == date_text("2026-05-20", "en") == "2026-05-20"
    assert time_text("2026-05-20T14:30:00+08:00", "en") == "2026-05-20 14:30"
    assert date_text(pd.NaT, "en") == time_text("", "en") == "–"


def test_rounds_and_rungs() -> None:
    assert round_text("2026-2", "zh_CN") == "2026 年第 2 次"
    assert level_text("instrument+reagent", "en") == "instrument + reagent"


def test_every_verdict_has_symbol_and_word_in_both_languages() -> None:
    for key in keys("verdict."):
        _, level, value = key.split(".")
        for locale in LOCALES:
            mark, _, word = verdict(level, value, locale).partition(" ")
            assert len(mark) == 1
            assert word


def test_good_and_bad_never_share_a_symbol() -> None:
    assert (
        len(
            {
                symbol("acceptable"),
                symbol("action"),
                symbol("action", 1),
                symbol("action", -1),
                symbol("not_scored"),
            }
        )
        == 5
    )
    assert symbol("warning", -1) == "▽"
    assert symbol("action", float("nan")) == "■"
    assert symbol("fail", critical=True) == "◆"


def test_an_unknown_verdict_is_named() -> None:
    with pytest.raises(WorkbenchError, match="brilliant"):
        symbol("brilliant")
    with pytest.raises(WorkbenchError, match="analyte"):
        verdict("analyte", "action", "en")
