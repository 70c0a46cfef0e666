"""The app that looks into failed laboratories, without a browser: list, causes, notes, draft dossier, unblinding."""

from __future__ import annotations

import base64
import json
import re
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.reports.investigation_fixture import CODED, QUANTITIES, ROUNDS, filled
from workbench.apps.drafts import Drafts
from workbench.apps.failed.app import InvestigationApp
from workbench.apps.failed.case_book import CaseBook, CaseKey
from workbench.apps.failed.model import (
    FAILED,
    NO_RESULT,
    PANELS,
    PASSED,
    Investigation,
    Own,
    Wanted,
    causes,
    evidence,
    excluded,
    facts,
    failed_listed,
    open_investigation,
    suppositions,
)
from workbench.apps.failed.unblinding import SHOWN, unblinded
from workbench.errors import DataError, RenderError
from workbench.investigation.what_if import corrected
from workbench.reports.investigated_round import investigated_round
from workbench.store import access_log, open_store, save_names, upgrade_names
from workbench.store.failures import failed_analytes

NAME = "第一人民医院 CANARY-NAME"
START = datetime(2026, 5, 20, 10, 0, tzinfo=timezone(timedelta(hours=8)))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    return filled(tmp_path_factory.mktemp("failed_lab"))


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory, database: str) -> str:
    path = tmp_path_factory.mktemp("names") / "names.sqlite"
    store = upgrade_names(path)
    codes = investigated_round(database, ROUNDS[-1], QUANTITIES).inputs.laboratories["lab_code"]
    save_names(store, pd.DataFrame({"lab_code": codes, "name": [f"{NAME} {code}" for code in codes]}))
    store.close()
    return str(store.url)


def model(database: str, locale: str = "en", programme_no: str = QUANTITIES) -> Investigation:
    return open_investigation(database, ROUNDS[-1], programme_no, locale)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


def app(database: str, folder: Path, **given: Any) -> InvestigationApp:
    values = {
        "database": database, "round_code": ROUNDS[-1], "programme_no": QUANTITIES, "locale": "en",
        "cases": str(folder),
    }  # fmt: skip
    return InvestigationApp(values | given, given.pop("now", Clock()))


def ranked(app: InvestigationApp) -> None:
    """Choose the first case with ranked causes."""
    chosen = [each for _, each in app.cases.list.options if each.family in ("systematic", "report", "random")]
    app.cases.list.value = chosen[0]


def test_the_list_has_every_failure_first_and_filters_leave_what_fits(database: str) -> None:
    shown = model(database)
    rows = failed_analytes(shown.round.store, shown.round.record)
    failed = shown.listed(Wanted(FAILED))
    listed = sorted((c.analyte, c.lab_code) for c in failed)
    assert listed == list(zip(rows["analyte"], rows["lab_code"], strict=True))
    absent = [c.family == NO_RESULT for c in failed]
    assert absent == sorted(absent)
    kinds = [each.kind for each in shown.cases]
    assert kinds == sorted(kinds)
    assert PASSED in kinds
    for family in {each.family for each in failed}:
        part = shown.listed(Wanted(FAILED, family))
        assert {each.family for each in part} == {family}
    assert sum(len(shown.listed(Wanted(FAILED, f))) for f in {c.family for c in failed}) == len(failed)
    first = failed[0]
    assert first in shown.listed(Wanted(FAILED, typed=first.lab_code.lower()))
    assert {c.analyte for c in shown.listed(Wanted(typed=first.analyte[:3]))} <= set(
        shown.round.programme.codes
    )
    assert shown.listed(Wanted(typed="nothing like it")) == ()


def test_what_returned_nothing_is_listed_and_says_so(database: str, tmp_path: Path) -> None:
    shown = app(database, tmp_path)
    assert shown.model is not None
    absent = [each for each in shown.model.cases if each.family == NO_RESULT]
    shown.cases.list.value = absent[0]
    assert absent[0].lab_code in shown.facts.value
    assert "nothing to be looked into" in shown.frame.status


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_every_panel_and_table_of_a_case_is_shown(database: str, locale: str) -> None:
    shown = model(database, locale)
    each = next(c for c in shown.listed(Wanted(FAILED)) if c.family in ("systematic", "random", "report"))
    case = shown.case(each)
    assert case is shown.case(each)
    for panel in PANELS:
        assert all(part.html() for part in evidence(case, panel))
    assert len(evidence(case, "distribution")[0].html()) > 2000
    lines, table = causes(case)
    assert ("非定论" if locale == "zh_CN" else "proves nothing") in lines.html()
    assert len(table.html()) > 200
    assert case.entry["printed"]["name"] in facts(case)[1].html()
    others = excluded(case)
    assert others is not None
    assert len(others.rows) >= 5
    assert all(row[2].text.strip() for row in others.rows)


def test_an_own_supposition_is_what_the_room_of_investigation_reckons(database: str) -> None:
    shown = model(database)
    case = next(
        case
        for case in (shown.case(c) for c in shown.listed(Wanted(FAILED)) if c.family == "systematic")
        if case.cell is not None
    )
    assert case.place is not None
    assert case.cell is not None
    size = case.cell.size
    order = " ".join(str(n) for n in range(size, 0, -1))
    table = suppositions(case, Own(2.0, 0.5, order))
    wanted = corrected(case.investigation, *case.place, factor=2.0, minus=0.5, order=tuple(range(size))[::-1])
    assert table is not None
    assert table.rows[0][1].text == f"{wanted['acceptable'][0]}/{wanted['graded'][0]}"
    assert len(table.rows) == len(suppositions(case).rows) + 1  # type: ignore[union-attr]
    for wrong in (Own(0.0), Own(order="1 1"), Own(order="a b")):
        with pytest.raises(DataError, match="above zero"):
            suppositions(case, wrong)


def test_coded_answers_show_facts_and_ranked_causes(database: str, tmp_path: Path) -> None:
    shown = app(database, tmp_path, programme_no=CODED)
    assert shown.model is not None
    each = next(each for each in shown.model.cases if each.kind == FAILED and each.family != NO_RESULT)
    shown.cases.list.value = each
    assert "please verify" in shown.causes.value
    assert "●" in shown.causes.value
    assert len(shown.facts.value) > 1000
    for panel in PANELS:
        shown.panel.value = panel
        assert shown.evidence.value
    assert "nothing to be supposed" in shown.ifs.value


def test_next_goes_round_the_list_and_type_ahead_narrows_it(database: str, tmp_path: Path) -> None:
    shown = app(database, tmp_path)
    everything = len(shown.cases.list.options)
    shown.cases.typed.value = shown.cases.list.options[-1][1].analyte
    values = [value for _, value in shown.cases.list.options]
    assert 1 < len(values) < everything
    for expected in [*values[1:], values[0]]:
        shown.cases.next.click()
        assert shown.cases.chosen == expected
    shown.cases.typed.value = values[-1].lab_code
    assert {each.lab_code for _, each in shown.cases.list.options} == {values[-1].lab_code}
    shown.cases.typed.value = "zzz"
    assert shown.cases.list.options == ()
    assert "zzz" in shown.frame.status
    shown.cases.clear.click()
    assert len(shown.cases.list.options) == everything


def test_start_values_choose_the_case_and_the_link_leads_back_to_it(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = model(database).listed(Wanted(FAILED))[3]
    monkeypatch.setenv("QUERY_STRING", f"lab_code={wanted.lab_code}&analyte={wanted.analyte}&names=x")
    shown = app(database, tmp_path)
    assert shown.cases.chosen == wanted
    assert f"lab_code={wanted.lab_code}" in shown.here.value
    assert shown.given["names"] == ""


def test_notes_are_versions_that_stay_and_go_into_the_dossier_when_ticked(
    database: str, tmp_path: Path
) -> None:
    shown = app(database, tmp_path)
    ranked(shown)
    for words in ("called <b>them</b>", "waits for the lot number"):
        shown.notes.area.value = words
        shown.notes.add.click()
    shown.notes.version.value = 1
    assert shown.notes.area.value == "called <b>them</b>"
    shown.notes.area.value = "called them twice"
    shown.notes.add.click()
    key = shown.notes.key
    assert key is not None
    entries = shown.notes.book.entries(key)
    assert [(e.note, e.version) for e in entries if e.kind == "note"] == [(1, 1), (2, 1), (1, 2)]
    assert [e.text for e in shown.notes.book.notes(key)] == ["called them twice", "waits for the lot number"]
    shown.notes._ticks[2].value = False
    said = shown.notes.for_dossier()
    assert "called them twice" in said.partition("---")[0]
    assert "lot number" not in said
    assert "opened" in said.partition("---")[2]
    shown.notes.add.click()
    assert "was not kept" in shown.frame.status
    again = app(database, tmp_path, lab_code=key.lab_code, analyte=key.analyte)
    assert [e.text for e in again.notes.book.notes(key)] == ["called them twice", "waits for the lot number"]
    assert "<b>" not in "".join(box.children[1].value for box in again.notes.lines.children[:-1])


def test_many_writers_lose_no_note(tmp_path: Path) -> None:
    book, key = CaseBook(tmp_path), CaseKey("2026-1", "1.1", "L0001", "A/G")
    writers = [
        threading.Thread(target=lambda n=n: [book.write_note(key, f"{n}-{i}", "w", START) for i in range(10)])
        for n in range(4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    notes = book.notes(key)
    assert [note.note for note in notes] == list(range(1, 41))
    assert {note.text for note in notes} == {f"{n}-{i}" for n in range(4) for i in range(10)}
    assert book.path(key).parent == tmp_path / "2026-1" / "0101"
    with pytest.raises(DataError, match="no note 99"):
        book.write_note(key, "x", "w", START, 99)


def test_a_file_that_was_tampered_with_is_named(tmp_path: Path) -> None:
    book, key = CaseBook(tmp_path), CaseKey("2026-1", "1.1", "L0001", "K")
    book.write_note(key, "x", "w", START)
    book.path(key).write_text(book.path(key).read_text("utf-8") + "{broken\n", "utf-8")
    with pytest.raises(DataError, match="line 2"):
        book.entries(key)


def test_the_draft_is_the_report_notebook_with_these_notes(database: str, tmp_path: Path) -> None:
    shown = app(database, tmp_path)
    ranked(shown)
    shown.notes.area.value = "asked for the calibration record"
    shown.notes.add.click()
    shown.explain.click()
    assert "explained (2026-05-20 10:00)" in shown.facts.value
    shown.export.click()
    found = re.findall(r'download="([^"]+)" href="data:[^;]+;base64,([^"]+)"', shown.links.value)
    assert [name.rpartition(".")[2] for name, _ in found] == ["html", "pdf", "xlsx", "json", "csv"], (
        shown.frame.status
    )
    files = {name.rpartition(".")[2]: base64.b64decode(data) for name, data in found}
    twin = json.loads(files["json"])
    case = shown._case()
    assert case is not None
    assert twin["report"]["status"] == "preliminary"
    assert twin["report"]["number"].endswith(f"{case.lab_code}-{case.analyte}-V1")
    assert [each["cause"] for each in twin["causes"]] == [each.cause for each in case.ranking.causes]  # type: ignore[union-attr]
    assert "asked for the calibration record" in files["html"].decode("utf-8")
    assert "DRAFT" in files["html"].decode("utf-8")
    assert files["pdf"].startswith(b"%PDF")
    assert any("marked as explained" in line for line in twin["log"])
    assert shown.notes.book.events(shown.notes.key)[-1].kind == "exported"  # type: ignore[arg-type]


def test_a_name_needs_role_reason_and_code_and_is_logged_before_it_is_shown(names: str) -> None:
    store = open_store(names)
    good = ("reviewer", "asks for a repeat at once", "L0001")
    for wrong in (("", *good[1:]), (good[0], "too short", good[2]), (*good[:2], "L0002")):
        with pytest.raises(DataError):
            unblinded(names, "L0001", wrong, ("me", START), "en")
    with pytest.raises(DataError, match="not connected"):
        unblinded("", "L0001", good, ("me", START), "en")
    assert access_log(store).empty
    code = str(pd.read_sql("select min(lab_code) as c from laboratory_name", store.engine)["c"].iloc[0])
    found = unblinded(names, code, (*good[:2], code), ("me", START), "en")
    assert found.name == f"{NAME} {code}"
    log = access_log(store)
    assert log[["who", "purpose", "lab_code"]].to_numpy().tolist() == [
        ["me (reviewer)", "asks for a repeat at once", code]
    ]
    store.close()


def test_a_name_is_shown_for_a_while_and_enters_nothing_else(
    database: str, names: str, tmp_path: Path
) -> None:
    clock = Clock()
    shown = app(database, tmp_path, names=names, now=clock)
    shown.now = shown.notes.now = shown.unblinding.now = clock
    ranked(shown)
    panel, chosen = shown.unblinding, shown.cases.chosen
    assert chosen is not None
    panel.role.value, panel.reason.value, panel.code.value = "reviewer", "asks for a repeat at once", "L9999"
    panel.ask.click()
    assert "not that of the laboratory" in shown.frame.status
    assert NAME not in panel._words.value
    panel.code.value = chosen.lab_code
    panel.ask.click()
    assert NAME in panel._words.value
    assert panel.banner.layout.display == ""
    shown.notes.area.value = f"the laboratory is {panel.name}"
    shown.notes.add.click()
    assert "holds the name" in shown.frame.status
    clock.at += SHOWN - timedelta(seconds=1)
    panel.hide_if_over()
    assert NAME in panel._words.value
    clock.at += timedelta(seconds=2)
    panel.hide_if_over()
    assert panel._words.value == ""
    assert panel.banner.layout.display == "none"
    panel.code.value = chosen.lab_code
    panel.ask.click()
    shown.cases.next.click()
    assert panel._words.value == ""
    everything = "".join(path.read_text("utf-8") for path in tmp_path.rglob("*.jsonl"))
    assert NAME not in everything
    assert "unblinded" in everything
    views = (shown.facts, shown.causes, shown.evidence, shown.ifs, shown.excluded, shown.links, shown.here)
    assert all(NAME not in view.value for view in views)


def test_no_view_holds_the_code_of_another_laboratory(database: str, tmp_path: Path) -> None:
    shown = app(database, tmp_path)
    assert shown.model is not None
    others = set(shown.model.round.inputs.laboratories["lab_code"])
    for _ in range(4):
        shown.cases.next.click()
        own = shown.cases.chosen
        assert own is not None
        seen = "".join(view.value for view in (shown.facts, shown.causes, shown.ifs, shown.excluded))
        for panel in PANELS:
            shown.panel.value = panel
            seen += shown.evidence.value
        assert set(re.findall(r"\bL\d{4}\b", seen)) & others <= {own.lab_code}


def test_a_round_that_is_not_there_is_told_in_words(database: str, tmp_path: Path) -> None:
    shown = app(database, tmp_path, round_code="1999-1")
    assert "1999-1" in shown.frame.status
    assert "Traceback" not in shown.frame.status


def test_what_failed_is_listed_before_the_causes_are_known(database: str) -> None:
    early = failed_listed(database, ROUNDS[-1], QUANTITIES)
    late = model(database).listed(Wanted(FAILED))
    assert {each.label for each in early} == {each.label for each in late}
    assert failed_listed(database, "1999-1", QUANTITIES) == ()


def test_a_draft_that_cannot_be_made_says_why() -> None:
    with pytest.raises(RenderError, match="no database"):
        Drafts().files("investigation_dossier.ipynb", {"database": "sqlite:////nowhere/eqa.sqlite"})
