"""The investigation dossier: what the room of investigation finds, as it found it, and nothing of anybody else."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest

from tests.reports.investigation_fixture import CANARY, CODED, QUANTITIES, ROUNDS, filled
from tests.reports.test_lab_round_sections import tables
from workbench.errors import DataError, RenderError
from workbench.investigation.what_if import what_if
from workbench.parameters import catalogue, project_root
from workbench.reports.cause_parts import cause_parts, dots, excluded_parts
from workbench.reports.investigated_round import investigated_round
from workbench.reports.investigation_case import Case, open_case
from workbench.reports.investigation_dossier import InvestigationDossier, open_investigation_dossier
from workbench.reports.report_meta import Issue
from workbench.reports.workbook_forms import form_sheets
from workbench.rounds.control_reports import ControlReport, make_report
from workbench.store import Submissions, add_submissions, laboratory_view, open_store, round_inputs
from workbench.store.failures import borderline_analytes, failed_analytes
from workbench.store.submission_log import submission_log

NOW = "2026-05-20T10:00:00+08:00"
NOTES = "2026-05-19 09:00 reviewer: called the laboratory\n---\n2026-05-20 exported"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    return filled(tmp_path_factory.mktemp("investigation"))


@cache
def failures(database: str) -> list[tuple[str, str]]:
    """Laboratory and analyte of every failure with causes, the surest first."""
    found = investigated_round(database, ROUNDS[-1], QUANTITIES).investigation
    assert found is not None
    table = found.table([place for place in found.failures() if found.panel.failed[place]])
    first = table[table["rank"] == 1]
    ordered = first.sort_values(["undetermined", "probability", "lab_code"], ascending=[True, False, True])
    return list(zip(ordered["lab_code"], ordered["analyte"], strict=True))


def a_case(database: str, locale: str = "en", place: int = 0) -> Case:
    return open_case(investigated_round(database, ROUNDS[-1], QUANTITIES), *failures(database)[place], locale)


def dossier(
    database: str, locale: str = "en", release: str = "all", place: int = 0, status: str = "preliminary"
) -> InvestigationDossier:
    lab, analyte = failures(database)[place]
    issue = Issue(status=status, issued_at=NOW)
    case = (ROUNDS[-1], QUANTITIES, lab, analyte)
    return open_investigation_dossier(database, case, locale, issue, notes=NOTES, release=release)


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_the_notebook_shows_every_section_and_every_table_fits(database: str, locale: str) -> None:
    report = dossier(database, locale)
    path = project_root() / "notebooks" / "reports" / "investigation_dossier.ipynb"
    cells = json.loads(path.read_text("utf-8"))["cells"]
    tags = [tag for cell in cells for tag in cell["metadata"].get("tags", []) if tag.startswith("section:")]
    names = [part["id"] for part in report.data["sections"]]
    assert [tag.removeprefix("section:") for tag in tags] == [*names, "signoff"]
    for name in [*names, "signoff"]:
        section = report.signoff() if name == "signoff" else report.section(name)
        assert section.html()
        assert section.typst()
        for table in tables(section):
            assert table.needed_width_mm <= 175.0, table.id
            assert all(cell.blank or cell.text.strip() for row in table.rows for cell in row)
    head = report.head()
    assert head.watermark == {"zh_CN": "草稿", "en": "DRAFT"}[locale]
    assert re.fullmatch(r"[A-Z]+-ID-2026-1-0106-L\d{4}-[A-Za-z0-9.-]+-V1", head.report_number)


def test_causes_and_suppositions_are_those_of_the_investigation(database: str) -> None:
    case, report = a_case(database), dossier(database)
    assert case.ranking is not None
    assert case.place is not None
    assert [each["cause"] for each in report.data["causes"]] == [c.cause for c in case.ranking.causes]
    first = report.data["causes"][0]
    assert first["printed"]["support"] == f"{min(case.ranking.causes[0].probability, 0.99):.2f}"
    assert first["printed"]["dots"].count("●") == sum(
        first["support"] >= s for s in (0.05, 0.1, 0.25, 0.5, 0.95)
    )
    wanted = what_if(case.investigation, *case.place)
    shown = report.data["suppositions"]
    for name in ("what", "acceptable", "graded", "better", "worse"):
        assert [each[name] for each in shown] == wanted[name].tolist()
    assert [each["passes"] for each in shown] == [bool(x) for x in wanted["passes"]]


def test_no_supposition_counts_a_result_that_was_not_graded(database: str) -> None:
    found = investigated_round(database, ROUNDS[-1], QUANTITIES).investigation
    assert found is not None
    ungraded = 0
    for place in found.failures():
        graded = int(found.panel.graded[place])
        ungraded += graded < int(np.isfinite(found.panel.value[place]).sum())
        rows = what_if(found, *place)
        assert (rows["acceptable"] <= graded).all()
        assert rows["acceptable"].iloc[0] == found.panel.acceptable[place]
        told = [c.acceptable for c in found.investigate(*place).causes if c.acceptable is not None]
        assert all(0 <= n <= graded for n in told)
    assert ungraded


def test_every_cause_is_accounted_for_and_support_is_at_most_one(database: str) -> None:
    for place in range(min(5, len(failures(database)))):
        case = a_case(database, place=place)
        shown, others = cause_parts(case), excluded_parts(case)
        named = {each["cause"] for each in (*shown, *others)} | {e for c in shown for e in c["equivalents"]}
        assert named == set(case.investigation.priors)
        total = sum(each["support"] for each in shown) + sum(each["support"] or 0 for each in others)
        assert total <= 1.0 + 1e-4
        assert all(each["reason"] for each in others if each["tried"])


def test_a_laboratory_is_told_of_no_cause_that_is_not_released(database: str) -> None:
    told = dossier(database, release="usual")
    assert {each["may_be_told"] for each in told.data["causes"]} <= {True}
    assert not any(table["id"] == "id_excluded" for part in told.data["sections"] for table in part["tables"])
    last = dossier(database, release="usual", place=len(failures(database)) - 1)
    assert last.data["causes"] == []
    assert "conclusive" in json.dumps(last.data["sections"][1])
    assert dossier(database, release="none").data["suppositions"] == []
    with pytest.raises(RenderError, match="some"):
        dossier(database, release="some")


def test_words_of_likelihood_and_not_conclusive_always_stand_above_causes(database: str) -> None:
    for locale, words in (("zh_CN", ("可能", "非定论")), ("en", ("likel", "proves nothing"))):
        part = dossier(database, locale).data["sections"][1]
        said = json.dumps(part, ensure_ascii=False)
        assert all(word in said for word in words), said


def test_facts_are_those_of_the_laboratory_report(database: str) -> None:
    case, report = a_case(database), dossier(database)
    own = next(e for e in case.lab_round.data["analytes"] if e["analyte"] == case.analyte)
    assert report.data["analytes"] == [own]
    assert case.evaluated_alike
    assert report.data["log"] == ["2026-05-20 exported"]
    notes = next(part for part in report.data["sections"] if part["id"] == "notes")
    assert notes["lines"] == ["2026-05-19 09:00 reviewer: called the laboratory"]


def test_fields_to_be_typed_are_those_on_paper(database: str) -> None:
    report = dossier(database)
    sheets = {sheet.name: sheet for sheet in form_sheets(report.data)}
    assert len(sheets) == len(list(form_sheets(report.data)))
    on_paper = [
        row[0].text
        for name in (*report.data["forms"],)
        for table in tables(report.signoff() if name == "signoff" else report.section(name))
        for row in table.rows
        if table.id.startswith("T-id_form")
    ]
    typed = [
        row[0] for sheet in sheets.values() for row in sheet.rows if len(row) > 1 and set(row[1:]) == {""}
    ]
    assert typed == on_paper
    assert len(typed) >= 15


def test_coded_answers_have_facts_and_ranked_causes(database: str) -> None:
    found = investigated_round(database, ROUNDS[-1], CODED)
    rows = failed_analytes(found.store, found.record)
    rows = rows[rows["reason"] == ""]
    case = (ROUNDS[-1], CODED, str(rows["lab_code"].iloc[0]), str(rows["analyte"].iloc[0]))
    report = open_investigation_dossier(database, case, "en", Issue(issued_at=NOW), release="all")
    causes = report.data["causes"]
    assert 1 <= len(causes) <= 4
    assert all(0 < each["support"] <= 0.99 for each in causes)
    assert all(each["check"] and each["printed"]["evidence"] for each in causes)
    assert causes[0]["printed"]["name"] in json.dumps(report.data["sections"], ensure_ascii=False)
    assert report.section("facts").typst()
    with pytest.raises(DataError, match="nothing to investigate"):
        open_investigation_dossier(database, (*case[:3], "none"), "en")


def contents(paths: list[Path]) -> str:
    """Everything that can be read in the files, and what only a program reads."""
    texts = []
    for path in paths:
        if path.suffix == ".pdf":
            document = pypdfium2.PdfDocument(path)
            texts += [page.get_textpage().get_text_range() for page in document]
            texts += [
                document.get_attachment(n).get_data().tobytes().decode("utf-8", "replace")
                if hasattr(document.get_attachment(n).get_data(), "tobytes")
                else bytes(document.get_attachment(n).get_data()).decode("utf-8", "replace")
                for n in range(document.count_attachments())
            ]
        elif path.suffix == ".xlsx":
            book = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
            texts += [book.read(name).decode("utf-8", "replace") for name in book.namelist()]
        else:
            texts.append(path.read_text("utf-8"))
    return "\n".join(texts)


def test_no_file_holds_anything_of_another_laboratory(database: str, tmp_path: Path) -> None:
    lab, analyte = failures(database)[0]
    values: dict[str, Any] = {
        "database": database, "round_code": ROUNDS[-1], "programme_no": QUANTITIES, "lab_code": lab,
        "analyte": analyte, "locale": "en", "release": "all", "issued_at": NOW, "status": "preliminary",
    }  # fmt: skip
    made = [
        make_report(ControlReport("investigation_dossier.ipynb", values, tmp_path / name, "d", workbook=True))
        for name in ("a", "b")
    ]
    assert [path.suffix for path in made[0]] == [".html", ".pdf", ".json", ".csv", ".xlsx"]
    for first, second in zip(*made, strict=True):
        assert first.read_bytes() == second.read_bytes()
    everything = contents(made[0])
    found = investigated_round(database, ROUNDS[-1], QUANTITIES)
    others = found.inputs.laboratories
    own = others[others["lab_code"] == lab].iloc[0]
    others = others[others["lab_code"] != lab]
    assert everything.count(lab) > 10
    assert "DRAFT" in everything
    for code, alias in zip(others["lab_code"], others["round_alias"], strict=True):
        assert not re.search(rf"\b{re.escape(code)}\b", everything), code
        assert not re.search(rf"\b{re.escape(alias)}\b", everything) or alias == own["round_alias"], alias
    assert set(re.findall(CANARY + r"\w*", everything)) <= {CANARY + lab}


def test_the_record_of_returns_counts_what_a_correction_changed(database: str, tmp_path: Path) -> None:
    copy = tmp_path / "eqa.sqlite"
    shutil.copy(database.removeprefix("sqlite:///"), copy)
    store = open_store(copy)
    found = round_inputs(store, ROUNDS[-1], QUANTITIES)
    analyte, other = catalogue()[QUANTITIES].codes[:2]
    lab = found.results.loc[found.results["analyte"] == analyte, "lab_code"].iloc[0]
    body = found.results[found.results["lab_code"] == lab].drop(columns="revision")
    place = body.index[body["analyte"] == analyte][0]
    body.loc[place, ["raw", "value"]] = "9.99", 9.99
    head = found.laboratories[found.laboratories["lab_code"] == lab]
    head = head[["lab_code", "received_on", "tested_on", "returned_at", "comment"]]
    add_submissions(store, ROUNDS[-1], QUANTITIES, Submissions(head, body, source="correction"))
    log = submission_log(store, ROUNDS[-1], QUANTITIES, lab, analyte)
    assert log["revision"].tolist() == [1, 2]
    assert log["changed"].tolist() == [0, 1]
    assert submission_log(store, ROUNDS[-1], QUANTITIES, lab, other)["changed"].tolist() == [0, 0]
    store.close()


def test_failures_and_borderline_items_are_those_of_the_laboratories_views(database: str) -> None:
    found = investigated_round(database, ROUNDS[-1], QUANTITIES)
    rows, near = failed_analytes(found.store, found.record), borderline_analytes(found.store, found.record)
    for lab in found.inputs.laboratories["lab_code"].iloc[:10]:
        view = laboratory_view(found.store, found.record.evaluation_id, lab)
        verdicts = view.analyte_verdicts
        failed = set(verdicts.loc[verdicts["verdict"] == "fail", "analyte"])
        assert failed == set(rows.loc[rows["lab_code"] == lab, "analyte"])
        said = set(view.sentences.loc[view.sentences["code"] == "S17", "analyte"])
        assert said == set(near.loc[near["lab_code"] == lab, "analyte"])


def test_nobody_has_approved_a_draft(database: str) -> None:
    draft, final = dossier(database), dossier(database, status="final")
    assert draft.data["report"]["signed"] == {}
    assert "Approved" not in draft.signoff().html()
    assert set(final.data["report"]["signed"]) == {"prepared", "reviewed", "approved"}
    assert "Approved" in final.signoff().html()
    assert final.head().watermark == ""


def test_dots_rise_with_support() -> None:
    full = [dots(p / 100).count("●") for p in range(101)]
    assert full == sorted(full)
    assert {len(dots(p / 100)) for p in range(101)} == {5}
    assert (full[0], full[99]) == (0, 5)
