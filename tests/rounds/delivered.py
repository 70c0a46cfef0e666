"""One finished round on disk, opened as its readers open it.

Two programmes with one item and with many, three earlier rounds, a late return, a silent laboratory, a
withdrawn sample, groups that fall back, a correction that amends; a preliminary report beside it.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
from lxml import html as markup

from tests.rounds.round_fixture import hashes, write_plan
from tests.rounds.tagged_pdf import Report, read
from workbench.parameters import load_round
from workbench.rounds.demonstration import fill_demonstration
from workbench.rounds.planning import Wanted
from workbench.rounds.progress import Silent
from workbench.rounds.run import RunOptions, RunResult, run_round
from workbench.store import Submissions, add_submissions, open_store, round_inputs

N_LABORATORIES = 18
N_REPORTED = 9
"""Laboratories of each programme that get a report; all take part in its statistics."""
PROGRAMMES = ("1.4", "1.6", "2.1")
ROUND = "2026-1"
AMENDED = "1.4"
RARE = "4.71937"
"""A result that one laboratory alone has."""


@dataclass(frozen=True)
class Delivered:
    """The outputs of one round after a correction, and what was known before it.

    Parameters
    ----------
    outputs : root of the outputs.
    database : URL of the store.
    before : path -> hash of every file of the first run.
    first, second : results of the run and of the run after the correction.
    corrected : code of the laboratory whose result was corrected.
    preliminary : folder of one laboratory's preliminary report.
    log : what both runs said to their watcher.
    rare : a result that one laboratory alone sent.
    """

    outputs: Path
    database: str
    before: dict[str, str]
    first: RunResult
    second: RunResult
    corrected: str
    preliminary: Path
    log: str
    rare: str = RARE

    def folder(self, programme_no: str) -> Path:
        return self.outputs / ROUND / f"{int(programme_no[0]):02d}{int(programme_no[2:]):02d}"

    def reports(self, *kinds: str) -> list[Opened]:
        """Every report in force, laboratories first."""
        found = [
            Opened(path)
            for number in PROGRAMMES
            for where in ("labs/*.json", "programme*.json")
            for path in sorted(self.folder(number).glob(where))
            if ".v" not in path.name
        ]
        return [one for one in found if not kinds or one.twin["kind"] in kinds]


@dataclass(frozen=True)
class Opened:
    """One report by the path of its JSON."""

    path: Path

    @property
    def name(self) -> str:
        return f"{self.path.parent.parent.name}/{self.path.stem}"

    @property
    def twin(self) -> Any:
        return _twin(self.path)

    @property
    def locale(self) -> str:
        return str(self.twin["locale"])

    @property
    def pdf(self) -> Report:
        return read(self.path.with_suffix(".pdf"))

    @property
    def html(self) -> Any:
        return _html(self.path.with_suffix(".html"))

    @property
    def book(self) -> Any:
        return _book(self.path.with_suffix(".xlsx"))

    def beside(self, ending: str) -> Path:
        return self.path.with_suffix(ending)


@cache
def _twin(path: Path) -> Any:
    return json.loads(path.read_bytes())


@cache
def _book(path: Path) -> Any:
    return openpyxl.load_workbook(path)


@cache
def _html(path: Path) -> Any:
    return markup.fromstring(path.read_bytes(), parser=markup.HTMLParser(encoding="utf-8"))


class Listening(Silent):
    """Keeps what a run says."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, message: str, **facts: object) -> None:
        self.said.append(f"{message} {facts}")


def deliver(folder: Path) -> Delivered:
    """Fill a store, run its round, correct one result, run again; then one preliminary report."""
    database = f"sqlite:///{folder / 'eqa.sqlite'}"
    path = write_plan(folder, database, programmes=list(PROGRAMMES), laboratories=N_REPORTED)
    plan = load_round(path)
    fill_demonstration(plan, Silent(), N_LABORATORIES)
    plant(database)
    listening = Listening()
    first = run_round(plan, RunOptions(workers=2, watcher=listening))
    assert first.failures == ()
    before = hashes(folder / "outputs")
    lab = correct(database)
    remark(database, "1.6")
    second = run_round(plan, RunOptions(workers=2, watcher=listening))
    assert second.failures == ()
    preliminary = folder / "preliminary"
    shutil.rmtree(preliminary, ignore_errors=True)
    draft = write_plan(
        preliminary, database, programmes=[AMENDED], status="preliminary", languages={"zh_CN": "all"}
    )
    assert run_round(load_round(draft), RunOptions(Wanted(frozenset([lab])), workers=1)).failures == ()
    where = preliminary / "outputs" / ROUND / "0104" / "labs"
    return Delivered(
        folder / "outputs", database, before, first, second, lab, where, "\n".join(listening.said)
    )


def plant(database: str) -> None:
    """Before the run: forms of a number that a spreadsheet or a formatter would spoil."""
    rows = reported(database, "2.1")
    lab = rows["lab_code"].unique()[5]
    own = rows[rows["lab_code"] == lab]
    places = own[own["analyte"] == "RBC"].index[:3]
    sent = (("5.10", 5.10, 2, 0), ("<5", 5.0, 0, -1), (RARE, float(RARE), 5, 0))
    revise(database, "2.1", lab, dict(zip(places, sent, strict=True)))
    plant_states(database, rows[rows["lab_code"] == rows["lab_code"].unique()[3]])


def plant_states(database: str, own: pd.DataFrame) -> None:
    """One laboratory with every case of a cell that is not a plain number."""
    places = list(own[own["analyte"] == "WBC"].index[:3])
    states = [("", "not_returned"), ("", "sample_fault"), ("见备注", "unreadable")]
    changes = {at: (raw, float("nan"), 0, 0, state) for at, (raw, state) in zip(places, states, strict=True)}
    lab = str(own["lab_code"].iloc[0])
    revise(database, "2.1", lab, changes, without="MCHC")
    with sqlite3.connect(database.removeprefix("sqlite:///")) as connection:
        connection.execute(NOT_PERFORMED, {"round": ROUND, "lab": lab})
    connection.close()


NOT_PERFORMED = """
UPDATE enrolment SET enrolment_state = 'not_performed'
 WHERE item_id IN (SELECT item_id FROM analyte_item WHERE programme_no = '2.1' AND analyte = 'MCHC')
   AND participation_id IN (
       SELECT participation_id
         FROM participation JOIN programme_round USING (programme_round_id) JOIN laboratory USING (lab_id)
        WHERE round = :round AND programme_no = '2.1' AND lab_code = :lab)
"""


def correct(database: str) -> str:
    """After the run: one result of one laboratory becomes another."""
    rows = reported(database, AMENDED)
    lab = str(rows["lab_code"].iloc[0])
    revise(database, AMENDED, lab, {rows.index[0]: ("9.87", 9.87, 2, 0)})
    return lab


def remark(database: str, programme_no: str) -> None:
    """After the run: one laboratory sends a remark, which concerns nobody else."""
    rows = reported(database, programme_no)
    revise(
        database,
        programme_no,
        str(rows["lab_code"].iloc[-1]),
        {},
        comment="补充说明：样本 3 复溶后静置 30 分钟",
    )


def reported(database: str, programme_no: str) -> pd.DataFrame:
    """Plain numbers that laboratories returned in time."""
    inputs = round_inputs(open_store(database), ROUND, programme_no)
    late = inputs.laboratories.set_index("lab_code")["late_days"]
    rows = inputs.results
    in_time = rows["lab_code"].map(late) == 0
    return rows[(rows["result_state"] == "reported") & (rows["censor"] == 0) & in_time]


def revise(
    database: str,
    programme_no: str,
    lab: str,
    changes: Mapping[Any, tuple[Any, ...]],
    comment: str = "",
    without: str = "",
) -> None:
    """A new revision of one laboratory with some results replaced (raw, value, decimals, censor, state)."""
    store = open_store(database)
    inputs = round_inputs(store, ROUND, programme_no)
    rows = inputs.results[inputs.results["lab_code"] == lab].copy()
    for index, change in changes.items():
        names = ["raw", "value", "decimals", "censor", "result_state"]
        rows.loc[index, names[: len(change)]] = list(change)
    rows = rows[rows["analyte"] != without]
    head = inputs.laboratories[inputs.laboratories["lab_code"] == lab]
    returned = head["returned_at"].iloc[0]
    head = head[["lab_code", "received_on", "tested_on", "comment"]]
    head = head.assign(comment=head["comment"] + comment)
    load = Submissions(head.assign(returned_at=returned, by_role="organiser"), rows.drop(columns="revision"))
    add_submissions(store, ROUND, programme_no, load)
