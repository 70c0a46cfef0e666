"""`workbench enrol`, `dispatch`, `receipts`, `claims`, `calendar --due`: a year from files to what counts."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.rounds.test_reported_uncertainty import LABS, PROGRAMME, ROUND, planned
from workbench.cli.commands import app
from workbench.ingest import Layout
from workbench.rounds.intake import Arrival, take_in
from workbench.store import Store, round_inputs, save_programme_round, upgrade
from workbench.store.claims import round_claims
from workbench.store.parcels import dispatch_log, round_parcels
from workbench.store.year_enrolments import year_enrolments
from workbench.store.year_intakes import year_rejections

PLAN = """
round: 2026-1
database: {database}
programmes: ["8.1"]
opens_at: 2026-04-01
closing_at: 2026-04-25T23:59:59+08:00
as_of: 2026-05-18T18:00:00+08:00
issued_at: 2026-05-20T10:00:00+08:00
correction_due: 2026-06-19
appeal_until: 2026-06-03
organiser:
  name_zh: 中心
  name_en: Centre
  short: EQA
  contact: {{office_zh: 办公室, office_en: Office}}
roles:
  prepared: {{name_zh: 甲, name_en: A, signed_on: 2026-05-18}}
  reviewed: {{name_zh: 乙, name_en: B, signed_on: 2026-05-19}}
  approved: {{name_zh: 丙, name_en: C, signed_on: 2026-05-20}}
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = upgrade(f"sqlite:///{tmp_path / 'eqa.db'}")
    save_programme_round(opened, planned(), np.random.default_rng(5))
    (tmp_path / "plan.yaml").write_text(PLAN.format(database=opened.url), encoding="utf-8")
    return opened


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def file(tmp_path: Path, name: str, *lines: str) -> Path:
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def enrolled(tmp_path: Path, store: Store) -> tuple[int, str]:
    """All but the last laboratory, the third without its fee, one that is new."""
    rows = [f"{code},8.1,{'no' if code == LABS[2] else 'yes'},yes" for code in [*LABS[:-1], "L0100"]]
    path = file(
        tmp_path, "enrol.csv", "lab_code,programme_no,fee_settled,designated", *rows, "L0101,8.1,yes,no"
    )
    return run("enrol", path, "--year", 2026, "--url", store.url, "--register", "--today", "2026-01-10")


def test_a_year_from_enrolment_to_what_counts(store: Store, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    code, said = enrolled(tmp_path, store)
    assert code == 3
    assert "enrol.csv: read 9 = loaded 8 + known 0 + rejected 1" in said
    assert "enrol.csv:10:designated: the programme is for designated laboratories only" in said
    assert f"fee not settled: {LABS[2]} 8.1" in said
    assert "read 9 = loaded 0 + known 8 + rejected 1" in enrolled(tmp_path, store)[1]
    assert year_rejections(store, "enrolments", "2026")["reason"].tolist() == ["not_designated"]

    due = run("calendar", "--due", "--round", plan, "--today", "2026-04-02")[1]
    assert "8.1 enrolled for the year, not entered in the round yet: 1 (L0100)" in due
    assert "8.1 dispatch due 2026-04-01, not recorded: 8" in due
    assert run("dispatch", plan) == (0, "  8.1 participants entered 1, parcels recorded 9\n")
    assert run("dispatch", plan) == (0, "  8.1 participants entered 0, parcels recorded 0\n")

    lines = [f"{lab},8.1,2026-04-03," for lab in LABS[:4]]
    bad = ["L0005,8.1,2026-03-31,", "X,8.1,2026-04-03,", "L0006,1.1,2026-04-03,", "L0006,8.1,2026-06-30,"]
    path = file(tmp_path, "receipts.csv", "lab_code,programme_no,received_on,condition", *lines, *bad)
    code, said = run("receipts", path, "--round", plan, "--today", "2026-04-10")
    assert code == 3
    assert "read 8 = loaded 4 + known 0 + rejected 4" in said
    assert year_rejections(store, "receipts", ROUND)["reason"].tolist() == [
        "received_before_dispatch",
        "lab_code_unknown",
        "programme_unknown",
        "date_in_future",
    ]
    assert run("receipts", path, "--round", plan, "--today", "2026-04-10", "--json")[1].startswith('{"event"')

    due = run("calendar", "--due", "--round", plan, "--today", "2026-04-10", "--locale", "zh_CN")[1]
    assert "2026-04-01 发样，尚未收到收样回执：5 家" in due
    assert "2026-04-25 截止，还有 15 天，未回报：9 家" in due
    assert f"参加费用尚未结清：1 家（{LABS[2]}）" in due


def test_claims_are_in_time_decided_once_and_change_what_counts(store: Store, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    run("dispatch", plan)
    header = "lab_code,programme_no,sample,claim_kind,claimed_on,claim_state,replaced_on,reason"
    path = file(
        tmp_path,
        "claims.csv",
        header,
        "L0001,8.1,,loss,2026-04-07,replaced,2026-04-09,快递丢失",
        "L0002,8.1,S2,damage,2026-04-05,sample_fault,,瓶破损",
        "L0003,8.1,,loss,2026-04-08,,,",
        "L0004,8.1,S9,damage,2026-04-05,replaced,,",
        "L0005,8.1,,loss,2026-04-06,open,,",
    )
    code, said = run("claims", path, "--round", plan, "--today", "2026-04-10")
    assert code == 3
    assert "read 5 = loaded 3 + known 0 + rejected 2" in said
    assert "claims.csv:4:claimed_on: claimed '2026-04-08', later than 6 days after dispatch" in said
    assert year_rejections(store, "claims", ROUND)["reason"].tolist() == [
        "claim_late",
        "sample_unknown,reason_missing,replacement_day_missing",
    ]
    assert "loaded 0 + known 3" in run("claims", path, "--round", plan, "--today", "2026-04-12")[1]
    assert len(dispatch_log(store, ROUND, PROGRAMME, "L0001")) == 2
    parcel = round_parcels(store, ROUND, PROGRAMME).set_index("lab_code").loc["L0001"]
    assert (parcel["dispatched_on"], parcel["due_at"]) == (
        pd.Timestamp("2026-04-09"),
        pd.Timestamp("2026-05-03 23:59:59"),
    )
    decisions = round_inputs(store, ROUND, PROGRAMME).decisions
    assert decisions[["kind", "lab_code", "sample"]].to_numpy().tolist() == [["sample_fault", "L0002", "S2"]]
    again = file(tmp_path, "again.csv", header, "L0002,8.1,S2,damage,2026-04-05,refused,,改判")
    assert "the claim is decided already" in run("claims", again, "--round", plan, "--today", "2026-04-12")[1]
    assert set(round_claims(store, ROUND, PROGRAMME)["claim_state"]) == {"replaced", "sample_fault", "open"}
    due = run("calendar", "--due", "--round", plan, "--today", "2026-04-30")[1]
    assert "claims of damage or loss to decide: 1 (L0005)" in due
    assert "closes 2026-05-03, in 3 days, not returned: 1" in due
    assert "closed 2026-04-25, not returned: 7" in due


def test_a_second_claim_counts_from_the_replacement(store: Store, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    run("dispatch", plan)
    header = "lab_code,programme_no,claim_kind,claimed_on,claim_state,replaced_on,reason"
    first = file(tmp_path, "first.csv", header, "L0001,8.1,loss,2026-04-07,replaced,2026-04-09,丢失")
    run("claims", first, "--round", plan, "--today", "2026-04-10")
    second = file(
        tmp_path, "second.csv", header, "L0001,8.1,damage,2026-04-15,,,", "L0002,8.1,damage,2026-04-15,,,"
    )
    code, said = run("claims", second, "--round", plan, "--today", "2026-04-16", "--json")
    facts = json.loads(said)
    assert code == 3
    assert (facts["loaded"], facts["rejected"]) == (1, 1)
    assert facts["problems"] == [
        "second.csv:3:claimed_on: claimed '2026-04-15', later than 6 days after dispatch"
    ]


def test_results_of_whom_the_year_does_not_know_are_kept_out(store: Store, tmp_path: Path) -> None:
    enrolled(tmp_path, store)
    lost = file(
        tmp_path,
        "lost.csv",
        "lab_code,programme_no,fee_settled,designated,reason",
        f"{LABS[1]},8.1,yes,no,停用参考系统",
    )
    assert run("enrol", lost, "--year", 2026, "--url", store.url)[0] == 0
    assert year_enrolments(store, 2026).set_index("lab_code").loc[LABS[1], "revision"] == 2
    rows = [f"{lab},Glu,S1,5.10,mmol/L,2026-04-05" for lab in (LABS[0], LABS[1], LABS[2], LABS[-1])]
    rows.append(f"{LABS[0]},Glu,S2,9.90,mmol/L,2026-03-31")
    results = file(tmp_path, "results.csv", "实验室编码,项目编码,样本编号,结果,单位,测定日期", *rows)
    run("dispatch", tmp_path / "plan.yaml", "--on", "2026-04-02")
    received = datetime(2026, 4, 20, 9, tzinfo=UTC)
    intake = take_in(store, ROUND, PROGRAMME, results, Arrival(received, date(2026, 3, 1)), Layout())
    assert intake.report.quarantined["reason"].tolist() == [
        "lab_not_designated",
        "lab_not_enrolled",
        "test_date_before_dispatch",
    ]
    assert intake.report.loaded[["lab_code", "flags"]].to_numpy().tolist() == [
        [LABS[0], ""],
        [LABS[2], "fee_unsettled"],
    ]


@pytest.mark.parametrize(("locale", "words"), [("en", "nothing sent"), ("zh_CN", "不发样")])
def test_the_calendar_speaks_both_languages(locale: str, words: str) -> None:
    code, said = run("calendar", "--year", 2026, "--today", "2026-06-10", "--locale", locale)
    assert code == 0
    assert words in said
    code, said = run("calendar", "--due", "--today", "2026-06-10", "--locale", locale)
    assert [line.split()[2] for line in said.splitlines()] == ["8.1", "8.2"] or locale == "en"
    assert len(said.splitlines()) == 2
