"""Files of the year -> the store: enrolment, receipts and claims, dispatch; what is kept out is kept and listed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.errors import DataError
from workbench.ingest.year_files import YearExpectations, YearFile, read_year_file
from workbench.parameters import RoundPlan, catalogue
from workbench.parameters.calendar import dispatch_calendar
from workbench.rounds.year_rules import RoundRecord, claim_rules, enrolment_rules, read_record, receipt_rules
from workbench.store import Store
from workbench.store.claims import OPEN, REPLACED, add_claims
from workbench.store.parcels import add_dispatch, add_receipts
from workbench.store.year_enrolments import add_enrolments, laboratory_codes, year_enrolments
from workbench.store.year_intakes import YearLoad, YearRun
from workbench.store.year_participants import add_enrolled

Adding = Callable[[Store, str, str, YearLoad], YearRun]


@dataclass(frozen=True)
class YearIntake:
    """What became of one file: the reader's report, the counts, and what was noticed on the way."""

    read: YearFile
    run: YearRun
    notes: tuple[str, ...] = ()

    def lines(self, locale: str = "en") -> list[str]:
        """One line of counts, then every problem with its place."""
        run = self.run
        head = (
            f"{self.read.file}: read {run.rows_read} = loaded {run.rows_loaded} + known {run.rows_known} + "
            f"rejected {run.rows_rejected}"
        )
        return [head, *(f"  {each}" for each in (*self.read.problems(locale), *self.notes))]

    def as_json(self) -> str:
        """The same as a JSON line."""
        facts = {
            "event": self.read.kind,
            "file": self.read.file,
            "sha256": self.read.sha256,
            "read": self.run.rows_read,
            "loaded": self.run.rows_loaded,
            "known": self.run.rows_known,
            "rejected": self.run.rows_rejected,
            "problems": [*(str(each) for each in self.read.problems("en")), *self.notes],
        }
        return json.dumps(facts, ensure_ascii=False)


def take_enrolments(
    store: Store, path: Path, year: int, received_at: datetime, register: bool = False
) -> YearIntake:
    """Enter an enrolment file of a year.

    Parameters
    ----------
    path : lab_code, programme_no, fee_settled; as wanted device_id, designated, year_state, reason, region,
        hospital_level.
    received_at : local time of arrival.
    register : take laboratories the store does not know as new ones; else they are kept out.

    Raises
    ------
    DataError
        when the file cannot be read at all.
    """
    held = year_enrolments(store, year)
    programmes = catalogue()
    restricted = frozenset(number for number, each in programmes.items() if each.restricted)
    known = None if register else laboratory_codes(store)
    rules = (enrolment_rules(held, restricted),)
    read = read_year_file(path, "enrolments", YearExpectations(known, frozenset(programmes), rules))
    new = read.rows[~read.rows["lab_code"].isin(laboratory_codes(store))]
    laboratories = new[["lab_code", "region", "hospital_level"]].drop_duplicates("lab_code")
    run = add_enrolments(store, year, _load(read, read.rows, received_at), laboratories)
    unsettled = read.rows[~read.rows["fee_settled"].astype(bool)]
    notes = [f"fee not settled: {row.lab_code} {row.programme_no}" for row in unsettled.itertuples()]
    return YearIntake(read, run, tuple(notes))


def _load(read: YearFile, rows: pd.DataFrame, received_at: datetime, rejected: bool = True) -> YearLoad:
    """Rows for the store; what was kept out goes with the first programme only."""
    kept_out = read.rejected_frame() if rejected else read.rejected_frame().iloc[:0]
    return YearLoad(rows, kept_out, read.file, read.sha256, received_at.replace(tzinfo=None))


def dispatch_round(
    store: Store, plan: RoundPlan, programmes: Sequence[str], on: date | None, reason: str = ""
) -> dict[str, tuple[int, int]]:
    """Enter who is enrolled as participants, and record that the parcels left.

    Parameters
    ----------
    programmes : numbers; those of the plan where empty.
    on : day; None takes the plan's.

    Returns
    -------
    Programme -> laboratories entered as participants, parcels recorded.

    Raises
    ------
    DataError
        naming a programme without a day, or when a recorded day is changed without a reason.

    Notes
    -----
    Aliases of new participants are drawn from the system's entropy: nobody can work them out.
    """
    out = {}
    for number in programmes or plan.programmes:
        day = on or plan.opening(number)
        if day is None:
            raise DataError(f"Programme {number}: say when it left, with --on or as opens_at in the plan.")
        programme = catalogue()[number]
        entered = add_enrolled(
            store, plan.round, number, programme.codes, np.random.default_rng(), programme.restricted
        )
        out[number] = entered, add_dispatch(store, plan.round, number, day, reason)
    return out


def take_receipts(store: Store, path: Path, plan: RoundPlan, received_at: datetime) -> YearIntake:
    """Enter a file of receipts: lab_code, programme_no, received_on; as wanted condition, reason.

    Raises
    ------
    DataError
        when the file cannot be read, or a programme of the plan is not in the store.
    """
    records = _records(store, plan)
    read = _read(store, path, "receipts", records, received_at)
    return _enter(store, plan, read, received_at, add_receipts)


def take_claims(store: Store, path: Path, plan: RoundPlan, received_at: datetime) -> YearIntake:
    """Enter a file of claims: lab_code, programme_no, claim_kind, claimed_on; as wanted sample, claim_state,
    replaced_on, decided_on, reason.

    Raises
    ------
    DataError
        when the file cannot be read, or a programme of the plan is not in the store.

    Notes
    -----
    A claim is late when it comes more days after the dispatch of its parcel than the calendar's parameters allow. A
    replacement moves the laboratory's deadline as they say.
    """
    records = _records(store, plan)
    read = _read(store, path, "claims", records, received_at)
    rows = [_decided(row, records, received_at) for row in read.rows.to_dict("records")]
    columns = [*read.rows.columns, "due_at"]
    placed = YearFile(
        read.file, read.sha256, read.kind, pd.DataFrame(rows, columns=columns), read.rejected, read.unknown
    )
    return _enter(store, plan, placed, received_at, add_claims)


def _decided(
    row: dict[str, object], records: dict[str, RoundRecord], received_at: datetime
) -> dict[str, object]:
    """A claim with the day of its decision and the deadline it leads to."""
    record, lab = records[str(row["programme_no"])], str(row["lab_code"])
    if row["claim_state"] != OPEN and pd.isna(row["decided_on"]):
        row["decided_on"] = record.decided_on(row) or pd.Timestamp(received_at.date())
    row["due_at"] = pd.NaT
    if row["claim_state"] == REPLACED and dispatch_calendar().replacement_moves_deadline:
        row["due_at"] = record.moved_deadline(lab, pd.Timestamp(row["replaced_on"]))
    return row


def _records(store: Store, plan: RoundPlan) -> dict[str, RoundRecord]:
    """What the store holds of the plan's programmes; the plan's own day of dispatch where it has none."""
    return {number: read_record(store, plan, number) for number in plan.programmes}


def _read(
    store: Store, path: Path, kind: str, records: dict[str, RoundRecord], received_at: datetime
) -> YearFile:
    rules = (receipt_rules if kind == "receipts" else claim_rules)(records, received_at.date())
    expected = YearExpectations(laboratory_codes(store), frozenset(records), (rules,))
    return read_year_file(path, kind, expected)


def _enter(store: Store, plan: RoundPlan, read: YearFile, received_at: datetime, add: Adding) -> YearIntake:
    """Enter the rows programme by programme; rows kept out are recorded once, with the first one."""
    runs = []
    by_programme = dict(list(read.rows.groupby("programme_no", sort=True)))
    for place, number in enumerate(sorted(by_programme) or plan.programmes[:1]):
        rows = by_programme.get(number, read.rows.iloc[:0])
        runs.append(add(store, plan.round, number, _load(read, rows, received_at, rejected=place == 0)))
    counts = [
        sum(getattr(run, name) for run in runs)
        for name in ("rows_read", "rows_loaded", "rows_known", "rows_rejected")
    ]
    return YearIntake(read, YearRun(*counts))
