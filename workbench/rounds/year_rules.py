"""What speaks against a row of the year's files: rules that need the store's state and the calendar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from workbench.ingest.year_files import Rule
from workbench.parameters import RoundPlan
from workbench.parameters.calendar import dispatch_calendar
from workbench.store import Store, round_inputs
from workbench.store.claims import OPEN, REPLACED, round_claims
from workbench.store.parcels import RECEIPT_CONTENT, round_parcels
from workbench.store.year_enrolments import CONTENT, ENROLLED

Reasons = Iterator[tuple[str, str]]


@dataclass(frozen=True)
class RoundRecord:
    """A programme-round's participants, samples, parcels and claims as they stand.

    Parameters
    ----------
    parcels : laboratory -> row of `round_parcels`.
    claims : (laboratory, sample, day) -> row of `round_claims`.
    opens_at : the plan's day of dispatch, where none is recorded.
    """

    samples: frozenset[str]
    parcels: Mapping[str, Mapping[str, Any]]
    claims: Mapping[tuple[str, str, pd.Timestamp], Mapping[str, Any]]
    opens_at: pd.Timestamp | None

    def left(self, lab_code: str, claimed_on: pd.Timestamp | None = None) -> pd.Timestamp | None:
        """Day the parcel left: the last one, or the one before a replacement for an earlier claim."""
        row = self.parcels[lab_code]
        last, first = row["dispatched_on"], row["first_on"]
        if pd.isna(last):
            return self.opens_at
        earlier = claimed_on is not None and claimed_on < last and not pd.isna(first)
        found: pd.Timestamp = first if earlier else last
        return found

    def claim(self, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The claim a row is about, where it is there already."""
        return self.claims.get((row["lab_code"], row["sample"], row["claimed_on"]))

    def decided_on(self, row: Mapping[str, Any]) -> pd.Timestamp | None:
        """Day of the decision that holds, where it is the same one."""
        held = self.claim(row)
        same = held is not None and held["claim_state"] == row["claim_state"]
        return held["decided_on"] if held is not None and same else None

    def moved_deadline(self, lab_code: str, replaced_on: pd.Timestamp) -> pd.Timestamp:
        """The laboratory's deadline, as many days later as the replacement left later."""
        left = self.left(lab_code)
        assert left is not None
        moved: pd.Timestamp = self.parcels[lab_code]["due_at"] + max(replaced_on - left, pd.Timedelta(0))
        return moved


def read_record(store: Store, plan: RoundPlan, programme_no: str) -> RoundRecord:
    """Read what the rules need.

    Raises
    ------
    DataError
        when the programme-round is not in the store.
    """
    parcels = round_parcels(store, plan.round, programme_no)
    claims = round_claims(store, plan.round, programme_no)
    opens = plan.opening(programme_no)
    return RoundRecord(
        frozenset(round_inputs(store, plan.round, programme_no, arrow=False).samples["sample"]),
        {row["lab_code"]: row for row in parcels.to_dict("records")},
        {(row["lab_code"], row["sample"], row["claimed_on"]): row for row in claims.to_dict("records")},
        None if opens is None else pd.Timestamp(opens),
    )


def enrolment_rules(held: pd.DataFrame, restricted: frozenset[str]) -> Rule:
    """Designated laboratories only, where the programme is restricted; a change needs its reason.

    Parameters
    ----------
    held : the year's enrolments that hold. restricted : programmes of designated laboratories.

    Notes
    -----
    A laboratory loses its designation, or withdraws, by a row that changes what holds.
    """
    known = {(row["lab_code"], row["programme_no"], row["device_id"]): row for row in held.to_dict("records")}

    def rule(row: Mapping[str, Any]) -> Reasons:
        before = known.get((row["lab_code"], row["programme_no"], row["device_id"]))
        if before is None and row["programme_no"] in restricted and not row["designated"]:
            yield "not_designated", "designated"
        if before is None and row["year_state"] != ENROLLED:
            yield "nothing_to_withdraw", "year_state"
        if before is not None and any(row[name] != before[name] for name in CONTENT) and not row["reason"]:
            yield "reason_missing", "reason"

    return rule


def receipt_rules(records: Mapping[str, RoundRecord], today: date) -> Rule:
    """A receipt lies between dispatch and today; a change needs its reason."""

    def rule(row: Mapping[str, Any]) -> Reasons:
        record, lab = records[row["programme_no"]], row["lab_code"]
        if lab not in record.parcels:
            yield "not_in_round", "lab_code"
            return
        parcel, left = record.parcels[lab], record.left(lab)
        if row["received_on"].date() > today:
            yield "date_in_future", "received_on"
        first = parcel["first_on"] if not pd.isna(parcel["first_on"]) else left
        if first is not None and row["received_on"] < first:
            yield "received_before_dispatch", "received_on"
        changes = parcel["receipt_revision"] and any(row[n] != parcel[n] for n in RECEIPT_CONTENT)
        if changes and not row["reason"]:
            yield "reason_missing", "reason"

    return rule


def claim_rules(records: Mapping[str, RoundRecord], today: date) -> Rule:
    """A claim is in time and about a sample of the round; a decision is complete and taken once."""

    def rule(row: Mapping[str, Any]) -> Reasons:
        record = records[row["programme_no"]]
        if row["lab_code"] not in record.parcels:
            yield "not_in_round", "lab_code"
            return
        if row["sample"] and row["sample"] not in record.samples:
            yield "sample_unknown", "sample"
        if row["claimed_on"].date() > today:
            yield "date_in_future", "claimed_on"
        held = record.claim(row)
        if held is None:
            yield from _in_time(row, record)
        elif held["claim_state"] not in (OPEN, row["claim_state"]):
            yield "claim_decided", "claim_state"
        yield from _decision(row)

    return rule


def _in_time(row: Mapping[str, Any], record: RoundRecord) -> Reasons:
    """Within so many days of the dispatch of the parcel it is about."""
    left = record.left(row["lab_code"], row["claimed_on"])
    if left is None:
        yield "dispatch_unknown", "claimed_on"
    elif row["claimed_on"] < left:
        yield "claim_before_dispatch", "claimed_on"
    elif row["claimed_on"].date() > dispatch_calendar().claim_until(left.date()):
        yield "claim_late", "claimed_on"


def _decision(row: Mapping[str, Any]) -> Reasons:
    """A decision has its reason; a replacement its day."""
    if row["claim_state"] != OPEN and not row["reason"]:
        yield "reason_missing", "reason"
    if row["claim_state"] == REPLACED and pd.isna(row["replaced_on"]):
        yield "replacement_day_missing", "replaced_on"
    elif row["claim_state"] == REPLACED and row["replaced_on"] < row["claimed_on"]:
        yield "replaced_before_claim", "replaced_on"
