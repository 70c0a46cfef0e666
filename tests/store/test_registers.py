"""Names are apart and every reading of them is logged; report numbers are used once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from sqlalchemy.engine import make_url

from workbench.errors import DataError
from workbench.store import (
    Access,
    IssuedReport,
    access_log,
    add_reports,
    draw_aliases,
    issued_reports,
    laboratory_name,
    number_is_used,
    open_store,
    save_names,
    upgrade_names,
)

AT = datetime(2026, 5, 20, 10)
WHERE = "2026-1", "1.1"


def test_reading_a_name_is_logged_even_when_there_is_none(tmp_path):
    names = upgrade_names(tmp_path / "names.db")
    save_names(names, pd.DataFrame({"lab_code": ["L0001"], "name": ["市立医院"]}))
    save_names(names, pd.DataFrame({"lab_code": ["L0001"], "name": ["市立第一医院"]}))
    access = Access("dispatch office", "letter", AT)
    assert laboratory_name(names, "L0001", access).name == "市立第一医院"
    with pytest.raises(DataError, match="L0002"):
        laboratory_name(names, "L0002", access)
    with pytest.raises(DataError, match="state both"):
        laboratory_name(names, "L0001", replace(access, purpose=" "))
    log = access_log(names)
    assert log["lab_code"].tolist() == ["L0001", "L0002"]
    assert log["at"].tolist() == [pd.Timestamp(AT)] * 2


def test_report_numbers_are_used_once(store, office):
    report = IssuedReport(
        "EQA-LR-2026-1-0101-L0001-V1", "en", "LR", office.saved(store), 1, "final", "t", "c", AT, "L0001"
    )
    both = [report, replace(report, locale="zh_CN")]
    add_reports(store, *WHERE, both)
    assert number_is_used(store, report.number)
    assert not number_is_used(store, "EQA-LR-2026-1-0101-L0001-V2")
    found = issued_reports(store, *WHERE)
    assert found[["lab_code", "locale", "version"]].values.tolist() == [
        ["L0001", "en", 1],
        ["L0001", "zh_CN", 1],
    ]
    other = replace(report, number="EQA-LR-2026-1-0101-L0002-V1", lab_code="L0002")
    with pytest.raises(DataError, match="already in use"):
        add_reports(store, *WHERE, [other, report])
    with pytest.raises(DataError, match="L7777"):
        add_reports(store, *WHERE, [replace(other, lab_code="L7777")])
    assert len(issued_reports(store, *WHERE)) == 2


def test_aliases_are_unique_repeatable_and_run_out():
    codes = [f"L{n}" for n in range(2000)]
    drawn = draw_aliases(codes, np.random.default_rng(5))
    assert len(set(drawn.values())) == 2000
    assert draw_aliases(reversed(codes), np.random.default_rng(5)) == drawn
    assert draw_aliases(codes, np.random.default_rng(6)) != drawn
    assert not set(draw_aliases(["X"], np.random.default_rng(5), taken=drawn.values()).values()) & set(
        drawn.values()
    )
    with pytest.raises(DataError, match="aliases are free"):
        draw_aliases(map(str, range(24001)), np.random.default_rng(5))


def test_urls(tmp_path):
    assert open_store(tmp_path / "a.db").url == f"sqlite:///{tmp_path / 'a.db'}"
    assert make_url(open_store("postgresql://u:secret@h/d").url).password == "secret"
    with pytest.raises(DataError, match="no database URL"):
        open_store("://")
