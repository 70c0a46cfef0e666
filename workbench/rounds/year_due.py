"""What is due in a round on a day: dispatches, receipts, closing dates, claims, fees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from workbench.parameters import RoundPlan, catalogue
from workbench.parameters.calendar import dispatch_calendar
from workbench.store import Store
from workbench.store.claims import OPEN, round_claims
from workbench.store.parcels import round_parcels
from workbench.store.year_enrolments import ENROLLED, WITHDRAWN, year_enrolments


@dataclass(frozen=True)
class Due:
    """One thing that is due in a programme.

    Parameters
    ----------
    kind : not_entered, dispatch, receipt, closing, closed, claim or fee.
    lab_codes : whom it concerns; with a claim once for each claim.
    on : the day it hangs on; None where there is none.
    """

    programme_no: str
    kind: str
    lab_codes: tuple[str, ...]
    on: date | None = None


def round_due(store: Store, plan: RoundPlan, today: date) -> list[Due]:
    """Everything due in the programmes of a round, in their order.

    Raises
    ------
    DataError
        when a programme of the plan is not in the store.
    """
    year = year_enrolments(store, int(plan.round[:4]))
    out: list[Due] = []
    for number in plan.programmes:
        own = year[year["programme_no"] == number]
        parcels = round_parcels(store, plan.round, number)
        gone = set(own.loc[own["year_state"] == WITHDRAWN, "lab_code"]) - _enrolled(own)
        asked = parcels[~parcels["excused"] & ~parcels["lab_code"].isin(gone)]
        out += _enrolment_due(number, own, set(parcels["lab_code"]))
        out += _parcels_due(number, asked, plan.opening(number), today)
        out += _closings(number, asked, today)
        claims = round_claims(store, plan.round, number)
        waiting = claims[claims["claim_state"] == OPEN]
        if len(waiting):
            out.append(Due(number, "claim", tuple(waiting["lab_code"])))
    return out


def _enrolled(own: pd.DataFrame) -> set[str]:
    return set(own.loc[own["year_state"] == ENROLLED, "lab_code"])


def _enrolment_due(number: str, own: pd.DataFrame, present: set[str]) -> Iterator[Due]:
    """Laboratories to enter in the round, and fees to settle."""
    held = own[own["year_state"] == ENROLLED]
    allowed = held[held["designated"]] if catalogue()[number].restricted else held
    if missing := sorted(set(allowed["lab_code"]) - present):
        yield Due(number, "not_entered", tuple(missing))
    if unsettled := sorted(set(held.loc[~held["fee_settled"], "lab_code"])):
        yield Due(number, "fee", tuple(unsettled))


def _parcels_due(number: str, asked: pd.DataFrame, opens: date | None, today: date) -> Iterator[Due]:
    """Parcels that have not left, and parcels of which nothing was heard."""
    waiting = asked[asked["dispatched_on"].isna()]
    if len(waiting) and opens is not None and opens <= today:
        yield Due(number, "dispatch", tuple(waiting["lab_code"]), opens)
    patience = timedelta(days=dispatch_calendar().receipt_days)
    silent = asked[asked["dispatched_on"].notna() & asked["received_on"].isna() & asked["returned_at"].isna()]
    for left, rows in silent.groupby("dispatched_on"):
        day = pd.Timestamp(left).date()
        if day + patience <= today:
            yield Due(number, "receipt", tuple(rows["lab_code"]), day)


def _closings(number: str, asked: pd.DataFrame, today: date) -> Iterator[Due]:
    """Each closing day of the programme; those that are past only where a return is missing."""
    for day, rows in asked.groupby(asked["due_at"].dt.normalize()):
        on = pd.Timestamp(day).date()
        missing = tuple(rows.loc[rows["returned_at"].isna(), "lab_code"])
        if on >= today or missing:
            yield Due(number, "closing" if on >= today else "closed", missing, on)
