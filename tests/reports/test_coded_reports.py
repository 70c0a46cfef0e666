"""Reports of coded programmes: every family in both languages, numbers against the twin, nothing that names others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.reports.coded_stand_in import (
    CLEAN,
    LABS,
    LATE,
    OWN,
    ROUNDS,
    SILENT,
    evaluated,
    lab_report,
    programme_report,
)
from tests.reports.test_lab_round_sections import SECTIONS, printed_forms, tables
from workbench.display import Section
from workbench.errors import RenderError
from workbench.reports.coded_pictures import drug_rows
from workbench.reports.picture_slots import picture_of, picture_slots
from workbench.reports.twin import check_twin
from workbench.reports.workbook_sheets import sheets_of
from workbench.tables.coded import coded_detail_table
from workbench.wording import text, verdict

PROGRAMME_SECTIONS = (
    "conclusion", "participation", "overview", "detail", "trend", "failures", "adviser", "material", "criteria",
    "statistics", "findings", "provenance", "signoff", "results", "how_to_read",
)  # fmt: skip


def sections(kind: str, report: str, locale: str) -> list[Section]:
    of: Any = lab_report(kind, locale=locale) if report == "LR" else programme_report(kind, locale)
    names = SECTIONS if report == "LR" else PROGRAMME_SECTIONS
    return [section for section in (getattr(of, name)() for name in names) if section is not None]


def entry(kind: str, code: str, lab_code: str = OWN) -> dict[str, Any]:
    found: dict[str, Any] = next(
        e for e in lab_report(kind, lab_code).data["analytes"] if e["analyte"] == code
    )
    return found


def result(kind: str, code: str, sample: str) -> dict[str, Any]:
    found: dict[str, Any] = next(r for r in entry(kind, code)["results"] if r["sample"] == sample)
    return found


@pytest.mark.parametrize("kind", list(ROUNDS))
def test_twins_follow_the_schema_and_both_languages_agree(kind: str) -> None:
    for make in (lab_report, programme_report):
        zh, en = (json.loads(make(kind, locale=locale).twin().json_bytes) for locale in ("zh_CN", "en"))
        check_twin(zh)
        check_twin(en)
        assert [e["analyte"] for e in zh["analytes"]] == [e["analyte"] for e in en["analytes"]]
        assert [f["code"] for f in zh["findings"]] == [f["code"] for f in en["findings"]]


@pytest.mark.parametrize("kind", list(ROUNDS))
@pytest.mark.parametrize("report", ["LR", "PR"])
@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_every_section_shows_itself_fits_the_page_and_explains_its_dashes(
    kind: str, report: str, locale: str
) -> None:
    mark = text("why.dash", locale, why="")[:4]
    for section in sections(kind, report, locale):
        assert section.html()
        assert section.typst()
        for table in tables(section):
            assert table.needed_width_mm <= 175.0, table.id
            cells = [cell for row in table.rows for cell in row if not cell.blank]
            assert all(cell.text.strip() for cell in cells), table.id
            if any(cell.text == "–" for cell in cells) and not table.id.startswith("annex"):
                assert any(note.startswith(mark) for note in table.notes), table.id


@pytest.mark.parametrize("kind", list(ROUNDS))
def test_no_artefact_names_another_laboratory(kind: str) -> None:
    own = lab_report(kind)
    shown = own.twin().json_bytes.decode() + "".join(s.plain() for s in sections(kind, "LR", "zh_CN"))
    assert not [lab for lab in LABS if lab != OWN and lab in shown]
    everybody = programme_report(kind).twin().json_bytes.decode()
    assert not [lab for lab in LABS if lab in everybody]


@pytest.mark.parametrize("kind", list(ROUNDS))
def test_the_third_kit_is_too_small_to_be_shown(kind: str) -> None:
    for item in programme_report(kind).data["analytes"]:
        for kit in (item["coded"] or {"kits": []})["kits"]:
            assert kit["suppressed"] == (kit["members"] is None)
            assert kit["group"] is None or "K3" not in kit["group"]
            assert kit["members"] is None or kit["members"] >= 5


@pytest.mark.parametrize("kind", list(ROUNDS))
def test_the_workbook_has_no_empty_cell(kind: str) -> None:
    for of in (lab_report(kind), programme_report(kind)):
        for sheet in sheets_of(of.data):
            assert all(cell not in ("", None) for row in sheet.rows for cell in row), sheet.name


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_numbers_of_the_answers_are_in_the_twin(locale: str) -> None:
    of = lab_report("qualitative", locale=locale)
    forms = printed_forms(json.loads(of.twin().json_bytes))
    (block, *_) = of.detail().parts  # type: ignore[union-attr]
    (table,) = tables(block)
    assert all(cell.text in forms for row in table.rows for cell in row)


def test_a_false_negative_is_named_and_the_own_answer_stands_as_sent() -> None:
    wrong = result("qualitative", "HBsAg", "202615")
    assert wrong["printed"]["value"] == "阴性"
    assert wrong["coded"]["kind"] == "false_negative"
    assert wrong["printed"]["verdict"] == "■ 不可接受"
    sensitivity = entry("qualitative", "HBsAg")["coded"]["agreement"]["sensitivity"]
    assert (sensitivity["a"], sensitivity["n"]) == (1, 3)


def test_a_clean_laboratory_has_nothing_to_do() -> None:
    clean = lab_report("qualitative", CLEAN)
    assert clean.data["actions"] == []
    assert clean.response_form() is None


@pytest.mark.parametrize("kind", ["antigen", "genotype", "susceptibility"])
def test_a_critical_error_leads_page_one_and_the_action_list(kind: str) -> None:
    data = lab_report(kind).data
    assert data["verdict"]["critical"]
    assert data["conclusion"][1]["text"].startswith("◆")
    assert data["conclusion"][1]["code"] == "S03"
    first = data["actions"][0]
    assert first["analyte"] in data["verdict"]["critical"]
    assert first["printed"]["next_step"] == text("next_step.critical", "zh_CN")
    assert all(line["code"] != "S01" for line in data["conclusion"])


def test_not_tested_and_outside_the_kit_are_never_negative() -> None:
    assert result("panel", "HPV81", "202611")["state"] == "not_performed"
    assert result("panel", "HPV42", "202611")["reason"] == "NS-K"
    detail = lab_report("panel").detail()
    assert detail is not None
    types = {row[0].text: [cell.text for cell in row[1:]] for row in tables(detail)[0].rows}
    assert types["HPV81"] == ["0", "0", "–", "0", "–", "0"]
    assert types["HPV42"] == ["0", "0", "–", "0", "–", "5"]
    assert types["HPV18"][:2] == ["0", "1"]
    assert types["HPV33"][3] == "1"


def test_errors_of_susceptibility_have_their_own_denominators() -> None:
    totals = entry("susceptibility", "SUSC")["coded"]["totals"]
    assert [(totals[name]["a"], totals[name]["n"]) for name in ("ca", "ea", "vme", "me", "minor")] == [
        (5, 6), (5, 6), (1, 2), (0, 4), (0, 6),
    ]  # fmt: skip
    by_drug = programme_report("susceptibility").data["analytes"][1]["coded"]["drug_totals"]
    assert sum(part["vme"]["a"] for part in by_drug) == 1
    never_resistant = [part for part in by_drug if not part["vme"]["n"]]
    assert never_resistant
    assert all(part["printed"]["vme"] == "–" for part in never_resistant)


def test_grades_stand_in_clinical_order() -> None:
    counts = next(r for r in entry("ordinal", "PRO")["results"] if r["sample"] == "202614")["coded"]["counts"]
    assert [part["answer"] for part in counts["answers"]] == ["2+", "3+", "4+"]
    assert [part["position"] for part in counts["answers"]] == sorted(
        p["position"] for p in counts["answers"]
    )


def test_the_normalised_genotype_stands_beside_what_was_sent() -> None:
    swapped = result("genotype", "CYP2C19", "202612")
    assert swapped["printed"]["value"] == "*2/*1"
    assert swapped["coded"]["printed"]["answer"] == "*1/*2"
    assert swapped["signal"] == "acceptable"


def test_a_mixed_programme_keeps_both_kinds_and_no_mean_of_them() -> None:
    data = lab_report("mixed").data
    kinds = {e["analyte"]: e["family"] for e in data["analytes"]}
    assert set(kinds.values()) == {"quantitative", "qualitative"}
    summary = tables(lab_report("mixed").summary())[0]
    assert [row[1].text for row in summary.rows] == [
        text(f"family.{kind}", "zh_CN") for kind in kinds.values()
    ]
    assert sum(e["acceptable"] for e in data["analytes"]) == data["verdict"]["acceptable"]


@pytest.mark.parametrize("kind", list(ROUNDS))
def test_counts_of_a_programme_are_those_of_its_laboratories(kind: str) -> None:
    verdicts = evaluated(kind)[1].analyte_verdicts
    for item in programme_report(kind).data["analytes"]:
        own = verdicts[verdicts["analyte"] == item["analyte"]]["verdict"]
        assert item["pass_rate"]["a"] == (own == "pass").sum()
        assert item["pass_rate"]["n"] == own.isin(["pass", "fail"]).sum()


def test_wrong_answers_are_counted_by_kind() -> None:
    failures = {part["kind"]: part for part in programme_report("qualitative").data["failures"]}
    answers = evaluated("qualitative")[1].answers
    for kind in ("false_negative", "false_positive"):
        assert failures[kind]["n_results"] == (answers["kind"] == kind).sum()


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_indicators_pass_no_verdict(locale: str) -> None:
    words = [verdict("analyte", kind, locale) for kind in ("pass", "fail")]
    shown = "".join(section.plain() for section in sections("indicators", "LR", locale))
    assert not [word for word in words if word in shown]
    assert text("indicator.no_verdict", locale) in shown


def test_an_indicator_without_defect_is_not_called_six_sigma() -> None:
    data = lab_report("indicators").data
    own = next(e for e in data["analytes"] if e["analyte"] == "QI-IQC-COV")["coded"]["indicator"]
    assert own["numerator"] == 0
    assert own["percentile"] < 5
    assert own["outside"]
    times = [e["coded"]["indicator"] for e in data["analytes"] if e["coded"]["indicator"]["kind"] == "time"]
    assert times
    assert all(part["printed"]["sigma"] == "–" for part in times)


def test_trueness_shows_the_reference_with_its_uncertainty_and_the_bias_limit() -> None:
    parts = entry("trueness", "ALT")["trueness"]
    assert all(part["printed"]["limit"] == "±5.0" for part in parts)
    assert all(part["printed"]["reference"].endswith("± 0.40") for part in parts)
    assert {part["signal"] for part in parts} == {"action"}
    assert {part["signal"] for part in entry("trueness", "TP")["trueness"]} <= {"acceptable"}


def test_a_picture_is_shown_where_supplied_and_only_there() -> None:
    item = dict(entry("identification", "MORPH-BLOOD"))
    assert picture_slots(item, "zh_CN") == ()
    pixel = {"kind": "image/png", "data": "iVBORw0KGgo="}
    item["results"] = [{**item["results"][0], "picture": pixel}, *item["results"][1:]]
    (row,) = picture_slots(item, "zh_CN")
    assert len(row.figures) == 1
    assert item["results"][0]["coded"]["printed"]["expected"] not in row.figures[0].alt


def test_a_file_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "MORPH-BLOOD"
    place.mkdir()
    (place / "1.png").write_bytes(b"not a picture")
    with pytest.raises(RenderError, match="no image/png"):
        picture_of(tmp_path, "MORPH-BLOOD", "1")
    assert picture_of(tmp_path, "MORPH-BLOOD", "2") is None


def test_who_returned_nothing_sees_all_laboratories_and_no_detail() -> None:
    silent = lab_report("qualitative", SILENT)
    (table,) = tables(silent.summary())
    assert len(table.rows) == len(silent.reading.programme.codes)
    assert silent.detail() is None
    assert silent.data["verdict"]["score_percent"] == 0.0


def test_a_late_return_is_shown_and_counts_nothing() -> None:
    late = entry("qualitative", "HBsAg", LATE)
    assert late["acceptable"] == 0
    assert all(
        text("cell.zero_points", "zh_CN", verdict="")[-3:] in r["printed"]["verdict"] for r in late["results"]
    )
    assert {r["state"] for r in late["results"]} == {"late"}


def test_forward_and_reverse_group_stand_side_by_side() -> None:
    overview = lab_report("antigen").overview()
    assert overview is not None
    table = next(part for part in tables(overview) if part.id == "T-COMPAT")
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}
    assert rows["202613"][0] == "O / A"
    assert rows["202613"][-2:] == [text("cell.no", "zh_CN"), f"◆ {text('coded_verdict.critical', 'zh_CN')}"]
    assert rows["202611"][-2] == text("cell.yes", "zh_CN")


def test_marks_in_three_parts_have_their_columns() -> None:
    item = json.loads(json.dumps(entry("genotype", "CYP2C19")))
    assert all(column.key != "genotype_mark" for column in coded_detail_table(item, "2.1", "en").columns)
    for found in item["results"]:
        found["coded"]["detail"] |= {"genotype_mark": 2.0}
        found["coded"]["printed"] |= {
            "genotype_mark": "2.0",
            "interpretation_mark": "1.0",
            "clerical_mark": "2.0",
        }
    shown = coded_detail_table(item, "2.1", "en")
    assert shown.needed_width_mm <= 175.0
    place = [column.key for column in shown.columns].index("interpretation_mark")
    assert {row[place].text for row in shown.rows} == {"1.0"}


def test_categories_of_a_drug_are_drawn_with_reference_and_own() -> None:
    (row,) = drug_rows(entry("susceptibility", "SUSC"), "202611", "2.2.1", "en")
    assert len(row.figures) == 3
    assert "R" in row.figures[0].alt
    assert row.figures[0].data is not None
    first = row.figures[0].data.rows[0]
    assert [cell.text for cell in first][:2] == ["S", "1"]


def test_a_programme_that_counts_samples_lists_the_items_that_cost_it() -> None:
    data = lab_report("panel").data
    assert data["verdict"]["verdict"] == "unsatisfactory"
    assert {action["analyte"] for action in data["actions"]} == {"HPV18", "HPV33"}
    assert all(line["code"] != "S01" for line in data["conclusion"])


def test_a_panel_is_told_by_type_over_all_laboratories() -> None:
    detail = programme_report("panel").detail()
    types = {row[0].text: [cell.text for cell in row[1:]] for row in tables(detail)[0].rows}
    assert types["HPV18"][:3] == ["23", "1", "95.8% (23/24)"]
    assert types["HPV42"][-1] == "60"
    assert [block.title for block in detail.parts[1:]] == ["HPV-18 HPV18", "HPV-33 HPV33"]  # type: ignore[union-attr]


def test_a_drug_is_named_in_what_is_said_of_it() -> None:
    said = {sentence["code"]: sentence for sentence in entry("susceptibility", "SUSC")["sentences"]}
    assert "环丙沙星" in said["S40"]["text"]
    assert said["S40"]["params"]["drug"] in ("CIP", ["CIP"])


def test_critical_errors_stand_on_page_one_of_the_programme_without_a_name() -> None:
    lines = [line["text"] for line in programme_report("antigen").data["conclusion"]]
    assert any(line.startswith("◆") and "ABO-FWD (1)" in line for line in lines)
    assert text("conclusion.PR.no_watch", "zh_CN") not in lines
    confusion = programme_report("antigen").data["analytes"][0]["coded"]["confusion"]
    assert confusion["expected"] == ["A", "B", "AB", "O"]
