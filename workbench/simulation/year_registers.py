"""Registers of a simulated round: who enrolled, what left when, how it arrived, what was claimed. No chance in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from workbench.simulation.province import SimulatedRound

DAYS_OPEN = 23
"""Days from dispatch to closing."""

UNSETTLED_EVERY, UNSETTLED = 40, 7
"""Of so many laboratories in code order one has not settled its fee, the one at this place."""

LATE_PARCEL_DAYS = 5
"""A parcel that took so long was lost at first and sent again."""

_CLAIMS = (
    "lab_code",
    "sample",
    "claimed_on",
    "claim_kind",
    "claim_state",
    "replaced_on",
    "decided_on",
    "reason",
)


@dataclass(frozen=True)
class YearRegisters:
    """What the organiser's registers hold of one programme-round.

    Attributes
    ----------
    enrolments : lab_code, programme_no, device_id, year_state, fee_settled, designated, reason.
    dispatched_on : day the parcels left.
    receipts : lab_code, received_on, condition, reason; of laboratories that returned something.
    claims : lab_code, sample, claimed_on, claim_kind, claim_state, replaced_on, decided_on, reason, due_at.
    """

    enrolments: pd.DataFrame
    dispatched_on: date
    receipts: pd.DataFrame
    claims: pd.DataFrame


def year_registers(item: SimulatedRound, designated: bool) -> YearRegisters:
    """Derive the registers from a simulated round, so that both tell the same story.

    Parameters
    ----------
    designated : the programme is for designated laboratories only.

    Notes
    -----
    A planted sample fault is a claim of damage that could not be replaced. The first laboratory, by code, whose parcel
    took five days and who returned in time lost it and got another; the first with a day less claimed without cause.
    """
    left = item.closing_at.date() - timedelta(days=DAYS_OPEN)
    arrived = item.submissions.drop_duplicates("lab_code", keep="last").sort_values("lab_code")
    claims = _claims(item, arrived, pd.Timestamp(left))
    damaged = set(claims.loc[claims["claim_state"] == "sample_fault", "lab_code"])
    receipts = pd.DataFrame(
        {
            "lab_code": arrived["lab_code"],
            "received_on": arrived["received_on"],
            "condition": ["damaged" if code in damaged else "intact" for code in arrived["lab_code"]],
            "reason": "",
        }
    )
    return YearRegisters(_enrolments(item, designated), left, receipts, claims)


def _enrolments(item: SimulatedRound, designated: bool) -> pd.DataFrame:
    """One row per laboratory x device."""
    pairs = (
        item.enrolments[["lab_code", "device_id"]].drop_duplicates().sort_values(["lab_code", "device_id"])
    )
    place = pairs["lab_code"].str.extract(r"(\d+)$")[0].fillna("0").astype("int64") % UNSETTLED_EVERY
    return pairs.assign(
        programme_no=item.programme_no,
        year_state="enrolled",
        fee_settled=(place != UNSETTLED).astype(bool),
        designated=designated,
        reason="",
    ).reset_index(drop=True)


def _claims(item: SimulatedRound, arrived: pd.DataFrame, left: pd.Timestamp) -> pd.DataFrame:
    """Planted faults, one parcel replaced, one claim refused."""
    days = (arrived["received_on"].dt.normalize() - left).dt.days
    faults = item.truth[
        (item.truth["kind"] == "sample_fault") & item.truth["lab_code"].isin(arrived["lab_code"])
    ]
    received = arrived.set_index("lab_code")["received_on"].dt.normalize()
    rows: list[tuple[object, ...]] = []
    for lab, sample in faults[["lab_code", "sample"]].drop_duplicates().itertuples(index=False, name=None):
        day = received[lab]
        told = "瓶体破裂，无余样可补发"
        rows.append(
            (lab, sample, day, "damage", "sample_fault", pd.NaT, day + pd.Timedelta(days=1), told, pd.NaT)
        )
    in_time = (arrived["returned_at"] <= item.closing_at) & ~arrived["lab_code"].isin(set(faults["lab_code"]))
    third = left + pd.Timedelta(days=3)
    for lab in arrived.loc[in_time & (days == LATE_PARCEL_DAYS), "lab_code"].head(1):
        due = pd.Timestamp(item.closing_at) + (third - left)
        rows.append(
            (lab, "", third - pd.Timedelta(days=1), "loss", "replaced", third, third, "快递丢失，已补发", due)
        )
    for lab in arrived.loc[in_time & (days == LATE_PARCEL_DAYS - 1), "lab_code"].head(1):
        day, told = received[lab], "外包装受潮，样本完好可用"
        rows.append((lab, "", day, "damage", "refused", pd.NaT, day + pd.Timedelta(days=1), told, pd.NaT))
    frame = pd.DataFrame(rows, columns=[*_CLAIMS, "due_at"])
    times = ("claimed_on", "replaced_on", "decided_on", "due_at")
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in times})
