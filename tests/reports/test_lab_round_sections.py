"""A laboratory's report: sections, page 1, printed numbers against the twin, short report, amendment."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.reports.stand_in import CLEAN, FAILED, LATE, ODD_REMARK, SILENT, STATES, lab_view, reading_of
from workbench.display import Block, Section, Table
from workbench.errors import DataError, RenderError
from workbench.reports.lab_round import LabRound
from workbench.reports.report_meta import Issue
from workbench.wording import text

SECTIONS = (
    "conclusion", "actions", "summary", "overview", "detail", "comments", "history", "groups", "findings",
    "criteria", "material", "provenance", "signoff", "response_form", "how_to_read",
)  # fmt: skip


@cache
def report(lab_code: str = FAILED, locale: str = "zh_CN") -> LabRound:
    return LabRound(reading_of(lab_view(lab_code), "LR", lab_code, locale))


def sections(of: LabRound) -> list[Section]:
    made = [getattr(of, name)() for name in SECTIONS]
    return [section for section in made if section is not None]


def tables(node: Any) -> list[Table]:
    if isinstance(node, Table):
        return [node]
    return [table for part in getattr(node, "parts", ()) for table in tables(part)]


def printed_forms(node: Any) -> set[str]:
    """Every printed form and every sample, raw and count in a twin."""
    if isinstance(node, dict):
        return {form for child in node.values() for form in printed_forms(child)}
    if isinstance(node, list):
        return {form for child in node for form in printed_forms(child)}
    return {str(node)}


def test_sections_stand_in_their_order() -> None:
    assert [section.id for section in sections(report())] == [
        "conclusion", "actions", "summary", "overview", "detail", "comments", "history", "groups", "findings",
        "criteria", "material", "provenance", "signoff", "annex-response", "how-to-read",
    ]  # fmt: skip


def test_a_clean_laboratory_gets_no_reply_form_and_says_so() -> None:
    clean = report(CLEAN)
    assert clean.response_form() is None
    assert text("prose.actions_empty", "zh_CN") in clean.actions().plain()  # type: ignore[union-attr]


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_every_number_of_summary_and_samples_is_in_the_twin(locale: str) -> None:
    for lab_code in (FAILED, STATES, LATE):
        of = report(lab_code, locale)
        forms = printed_forms(json.loads(of.twin().json_bytes))
        for section in (of.summary(), of.detail()):
            for table in tables(section):
                for row in table.rows:
                    for cell in row:
                        assert cell.text in forms or re.search(r"[^\d.]", cell.text), (table.id, cell.text)
                        for figure in re.findall(r"[+−]?\d+\.\d+", cell.text):
                            assert any(figure in form for form in forms), (table.id, cell.text)


@pytest.mark.parametrize("lab_code", [FAILED, STATES, SILENT, LATE, CLEAN])
@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_no_cell_is_empty_and_every_dash_is_explained(lab_code: str, locale: str) -> None:
    mark = text("why.dash", locale, why="")[:4]
    for section in sections(report(lab_code, locale)):
        for table in tables(section):
            cells = [cell for row in table.rows for cell in row if not cell.blank]
            assert all(cell.text.strip() for cell in cells)
            if any(cell.text == "–" for cell in cells):
                assert any(note.startswith(mark) for note in table.notes), table.id


def test_tables_fit_an_upright_page() -> None:
    for section in sections(report(STATES, "en")):
        for table in tables(section):
            assert table.needed_width_mm <= 175.0, table.id


def test_the_box_has_six_lines_at_most_with_score_counts_and_due_date() -> None:
    for lab_code in (FAILED, STATES, LATE, SILENT, CLEAN):
        assert len(report(lab_code).data["conclusion"]) <= 6
    lines = [line["text"] for line in report().data["conclusion"]]
    verdict = report().data["verdict"]
    assert f"{verdict['acceptable']}/{verdict['graded']}" in lines[0]
    assert any("2026年6月19日" in line for line in lines)


def test_a_planted_constant_error_reaches_the_action_list() -> None:
    (action,) = report().data["actions"]
    assert action["analyte"] == "TC"
    assert action["printed"]["due"] == "2026-06-19"
    assert re.search("提示|可能|疑似|建议", action["printed"]["problem"])


def test_untrusted_text_stays_text() -> None:
    section = report().comments()
    assert section is not None
    bundle = section._repr_mimebundle_()
    assert "<script>" not in str(bundle["text/html"])
    assert ODD_REMARK in str(bundle["text/plain"])
    assert "#set page" not in re.sub(r'"(?:[^"\\]|\\.)*"', "", str(bundle["application/vnd.typst"]))


def test_nothing_returned_gives_the_short_report() -> None:
    short = report(SILENT)
    kept = [section.id for section in sections(short)]
    assert kept == ["conclusion", "summary", "comments", "provenance", "signoff", "how-to-read"]
    assert text("conclusion.LR.not_returned", "zh_CN") in short.conclusion().plain()


def test_findings_and_cells_point_at_each_other() -> None:
    data = report().data
    known = {finding["no"] for finding in data["findings"]}
    used = {no for entry in data["analytes"] for no in entry["findings"]}
    assert used <= known
    assert [finding["no"] for finding in data["findings"]] == list(range(1, len(known) + 1))
    levels = [finding["level"] for finding in data["findings"]]
    assert levels == sorted(levels, reverse=True)


def test_history_ends_with_this_round() -> None:
    history = report().history()
    assert history is not None
    (table,) = tables(history)
    assert [column.heading for column in table.columns[1:-1]] == ["2025-1", "2025-2", "2026-1"]


def test_no_rank_and_no_blame() -> None:
    for locale, words in (("zh_CN", "失误|责任|名次|排名"), ("en", r"\bfault\b|\bblame\b|place \d+ of")):
        for section in sections(report(FAILED, locale)):
            assert not re.search(words, section.plain()), section.id


def test_an_item_is_one_block_in_catalogue_order() -> None:
    detail = report().detail()
    assert detail is not None
    blocks = [part for part in detail.parts if isinstance(part, Block)]
    assert len(blocks) == len(report().data["analytes"]) == 7


def amended(tmp_path: Path, change: dict[str, str]) -> LabRound:
    """The report again, replacing one whose first item had other printed forms."""
    old = json.loads(report().twin().json_bytes)
    old["analytes"][0]["results"][0]["printed"] |= change
    path = tmp_path / "L0001.json"
    path.write_text(json.dumps(old), encoding="utf-8")
    issue = Issue(2, "amended", "2026-06-01T10:00:00+08:00", str(path), "样本 202611 的靶值更正")
    return LabRound(reading_of(lab_view(FAILED), "LR", FAILED, "zh_CN", issue))


def test_an_amended_report_names_what_it_replaces(tmp_path: Path) -> None:
    new = amended(tmp_path, {"assigned_value": "3.300"})
    part = new.data["amendment"]
    assert part["replaces"] == new.data["report"]["replaces"] == report().data["report"]["number"]
    (change,) = part["changes"]
    assert (change["field"], change["old"], change["new"]) == ("assigned_value", "3.300", "3.246")
    assert not part["verdicts_changed"]
    box = new.head().plain()
    for expected in ("2026年5月20日", "3.300 → 3.246", "靶值更正", "改变"):
        assert expected in box
    assert [f["code"] for f in new.data["findings"]].count("F27") == 1
    assert new.data["report"]["number"].endswith("-V2")


def test_a_changed_verdict_is_said(tmp_path: Path) -> None:
    assert amended(tmp_path, {"verdict": "○ 可接受"}).data["amendment"]["verdicts_changed"]


def test_a_missing_previous_report_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        Issue(2, "amended", "", str(tmp_path / "nowhere.json")).previous()
    with pytest.raises(RenderError, match="status"):
        Issue(1, "perhaps")


def test_more_than_ten_changes_are_counted_in_the_box_and_listed_with_the_findings(tmp_path: Path) -> None:
    old = json.loads(report().twin().json_bytes)
    for entry in old["analytes"][:3]:
        for result in entry["results"]:
            result["printed"]["assigned_value"] = "9.999"
    path = tmp_path / "L0001.json"
    path.write_text(json.dumps(old), encoding="utf-8")
    issue = Issue(2, "amended", "2026-06-01T10:00:00+08:00", str(path))
    new = LabRound(reading_of(lab_view(FAILED), "LR", FAILED, "zh_CN", issue))
    assert len(new.data["amendment"]["changes"]) == 15
    assert text("notice.amendment.rest", "zh_CN", n=5) in new.head().plain()
    findings = new.findings()
    assert findings is not None
    assert len(tables(findings)[-1].rows) == 5


def test_late_items_get_no_charts_and_no_group_blocks() -> None:
    late = report(LATE)
    groups, history = late.groups(), late.history()
    assert groups is not None
    assert history is not None
    assert len(groups.parts) == len(history.parts) == 1
    failing = report().groups()
    assert failing is not None
    assert [part.title for part in failing.parts if isinstance(part, Block)] == ["胆固醇 TC"]
