"""What the year's registers say about the returns of a programme-round: who may return, since when, until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from workbench.parameters import Programme
from workbench.store import Store
from workbench.store.parcels import round_parcels
from workbench.store.year_enrolments import ENROLLED, year_enrolments


@dataclass(frozen=True)
class YearTerms:
    """Terms by laboratory; whoever does not stand here returns on the terms of the round.

    Parameters
    ----------
    opened : day the parcel left, that of the replacement where there was one.
    due : last moment in time, where a replacement moved it.
    refused : lab_not_enrolled or lab_not_designated.
    warned : fee_unsettled.
    """

    opened: Mapping[str, date] = field(default_factory=dict)
    due: Mapping[str, date] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    warned: Mapping[str, str] = field(default_factory=dict)

    @property
    def first_opened(self) -> date | None:
        """Earliest day on which a parcel left; None where no dispatch is recorded."""
        return min(self.opened.values(), default=None)


def year_terms(store: Store, round_code: str, programme: Programme) -> YearTerms:
    """Read the terms of a programme-round.

    Notes
    -----
    A year without any enrolment of the programme is not kept as a register: nobody is refused then.
    """
    parcels = round_parcels(store, round_code, programme.programme_no)
    sent = parcels[parcels["dispatched_on"].notna()]
    moved = sent[sent["first_on"] != sent["dispatched_on"]]
    year = year_enrolments(store, int(round_code[:4]))
    own = year[year["programme_no"] == programme.programme_no]
    refused = _refused(list(parcels["lab_code"]), own, programme.restricted) if len(own) else {}
    held = own[own["year_state"] == ENROLLED]
    return YearTerms(
        opened={row.lab_code: row.dispatched_on.date() for row in sent.itertuples()},
        due={row.lab_code: row.due_at.to_pydatetime() for row in moved.itertuples()},
        refused=refused,
        warned=dict.fromkeys(held.loc[~held["fee_settled"], "lab_code"], "fee_unsettled"),
    )


def _refused(participants: list[str], own: pd.DataFrame, restricted: bool) -> dict[str, str]:
    """Participants whose returns are questions, with the reason."""
    held = own[own["year_state"] == ENROLLED]
    enrolled = set(held["lab_code"])
    designated = set(held.loc[held["designated"], "lab_code"])
    out = {code: "lab_not_enrolled" for code in participants if code not in enrolled}
    if restricted:
        out |= {code: "lab_not_designated" for code in participants if code in enrolled - designated}
    return out
