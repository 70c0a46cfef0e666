"""The cells the tables share, and tables without rows."""

from __future__ import annotations

import pytest

from workbench.display.table import PORTRAIT_MM
from workbench.tables import (
    actions_table,
    findings_table,
    groups_table,
    results_by_alias_table,
    sample_detail_table,
)
from workbench.tables.cells import dash_notes, item_cell, numbers_cell, verdict_cell
from workbench.wording import text


def test_verdicts_are_tinted_by_what_they_say_and_good_is_quiet() -> None:
    assert verdict_cell("■ 不合格", "fail").tone == "bad"
    assert verdict_cell("△ 有问题", "warning").tone == "warning"
    assert verdict_cell("□ 不予评价", "not_scored").tone == "not_scored"
    assert verdict_cell("○ 合格", "pass").tone == ""
    assert verdict_cell("○ 合格", "pass", [2, 5]).notes == ("2", "5")


def test_findings_beside_an_item_lead_to_the_list() -> None:
    assert (numbers_cell([2, 5]).text, numbers_cell([2, 5]).href) == ("2, 5", "#finding-2")
    assert numbers_cell([]).text == "–"


def test_each_cause_of_a_dash_is_explained_once() -> None:
    parts = [
        {"why": {"score": "late"}, "printed": {"score": "–"}},
        {"why": {"score": "late", "cv": "suppressed"}, "printed": {"score": "–", "cv": "2.1"}},
        {"why": {}, "printed": {"score": "1.20"}},
    ]
    assert dash_notes(parts, "en", ("score", "cv")) == (text("why.dash", "en", why=text("why.late", "en")),)


def test_unit_stands_beside_the_name_only_when_asked() -> None:
    entry = {"printed": {"name": "镁 Mg", "unit": "mmol/L"}}
    assert item_cell(entry).text == "镁 Mg"
    assert item_cell(entry, with_unit=True).text == "镁 Mg mmol/L"


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_tables_without_rows_say_so(locale: str) -> None:
    assert actions_table({"actions": []}, locale).notes == (text("prose.actions_empty", locale),)
    assert findings_table({"findings": []}, "5", locale).notes == (text("prose.no_findings", locale),)


def group(name: str, **changes: object) -> dict[str, object]:
    printed = dict.fromkeys(
        ("n", "robust_mean", "robust_sd", "cv", "u", "percent_difference", "pass_rate"), "1.0"
    )
    plain: dict[str, object] = {
        "sample": "S1", "own": False, "fallback": False, "suppressed": False, "why": {},
        "printed": printed | {"group": name, "level": "instrument"},
    }  # fmt: skip
    return plain | changes


def test_own_group_is_bold_and_a_fallback_is_marked() -> None:
    groups = [group("A", own=True, fallback=True), group("B"), group("others", suppressed=True)]
    entry = {"groups": groups, "disclosure_min": 5, "printed": {"name_and_unit": "K mmol/L"}}
    table = groups_table(entry, "S1", "4.1", "en")
    assert table.rows[0][0].text == "A ◇"
    assert all(cell.bold for cell in table.rows[0])
    assert not any(cell.bold for cell in table.rows[1])
    assert table.notes[0] == text("table.grp.note_fallback", "en")
    assert text("table.grp.note_suppressed", "en", n_min=5) in table.notes
    assert groups_table(entry, "S2", "4.1", "en").rows == ()


def test_the_annex_is_sorted_by_alias_with_symbol_and_result() -> None:
    samples = [
        {"sample": "S1", "raw": ["1.1", "1.0"], "signal": {"levels": ["acceptable"], "codes": [0, 0]}, "printed_symbol": ["○", "○"]},
        {
            "sample": "S2", "raw": ["2.1", ""], "signal": ["acceptable", "action"], "printed_symbol": ["○", "■"],
            "printed_value": [None, "Not returned"],
        },
    ]  # fmt: skip
    results = {"participants": [["A-100", None], ["B-200", "2"]], "samples": samples}
    entry = {"printed": {"name_and_unit": "K"}, "results": results}
    table = results_by_alias_table({"analytes": [entry]}, 0, "13.1", "en")
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["A-100", "○ 1.1", "○ 2.1"],
        ["B-200 2", "○ 1.0", "■ Not returned"],
    ]
    assert table.rows[1][2].tone == "bad"


def uncertain(zeta: float | None, en: float | None) -> dict[str, object]:
    fields = (
        "assigned_value",
        "range",
        "bias",
        "percent_allowed",
        "score",
        "n",
        "robust_mean",
        "cv",
        "all_robust_mean",
    )
    printed = dict.fromkeys((*fields, "value", "zeta", "en", "expanded_u_result", "verdict"), "1")
    scores = {"zeta_score": zeta, "en_score": en, "expanded_u_result": zeta}
    return {"sample": "S1", "signal": "acceptable", "findings": [], **scores, "why": {}, "printed": printed}


@pytest.mark.parametrize(
    ("zeta", "en", "shown"), [(None, None, []), (0.8, 0.4, ["zeta", "en"]), (0.8, None, ["zeta"])]
)
def test_zeta_and_en_have_columns_only_where_they_are(
    zeta: float | None, en: float | None, shown: list[str]
) -> None:
    entry = {
        "results": [uncertain(zeta, en)], "bias_kind": "percent_difference", "score_kind": "z",
        "printed": {"name_and_unit": "K mmol/L", "score_line": "1/1"},
    }  # fmt: skip
    table = sample_detail_table(entry, "2.1", "en")
    keys = [column.key for column in table.columns]
    assert [key for key in keys if key in ("zeta", "en")] == shown
    assert any("U you reported: S1 1." in note for note in table.notes) is bool(shown)
    assert table.needed_width_mm <= PORTRAIT_MM
    assert keys[-1] == "verdict"


def test_the_score_column_says_z_prime_when_it_is_one() -> None:
    entry = {
        "results": [uncertain(None, None)], "bias_kind": "difference", "score_kind": "z_prime",
        "printed": {"name_and_unit": "K mmol/L", "score_line": "1/1"},
    }  # fmt: skip
    headings = [column.heading for column in sample_detail_table(entry, "2.1", "en").columns]
    assert text("table.smp.z_prime", "en") in headings
    assert text("table.smp.difference", "en") in headings
