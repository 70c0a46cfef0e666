"""When the material of each programme leaves: `parameters/calendar/dispatch.yaml`."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from workbench.parameters.home import project_root
from workbench.parameters.loading import Reader, raise_if_any
from workbench.parameters.policy import Strict
from workbench.parameters.programmes import Programme
from workbench.parameters.yaml_text import fingerprint

Months = tuple[Annotated[int, Field(ge=1, le=12)], ...]
_KEYS = (
    "months_by_rounds",
    "months_by_programme",
    "claim_days",
    "receipt_days",
    "replacement_moves_deadline",
)


class DispatchCalendar(Strict):
    """The year's dispatch.

    Attributes
    ----------
    months_by_rounds : rounds a year -> months of dispatch, 1 to 12.
    months_by_programme : programme number -> months, before the rule by rounds; none: nothing is sent.
    claim_days : days after dispatch in which damage or loss may be claimed.
    receipt_days : days after dispatch from which a missing receipt is asked for.
    replacement_moves_deadline : a replaced parcel moves its laboratory's deadline by as many days as it left later.
    """

    months_by_rounds: dict[int, Months]
    months_by_programme: dict[str, Months] = Field(default_factory=dict)
    claim_days: int = Field(gt=0)
    receipt_days: int = Field(default=7, gt=0)
    replacement_moves_deadline: bool = True

    def months(self, programme: Programme) -> Months:
        """Months of dispatch; empty where nothing is sent or the organiser has not settled it."""
        own = self.months_by_programme.get(programme.programme_no)
        return self.months_by_rounds.get(programme.rounds_per_year, ()) if own is None else own

    def sends_nothing(self, programme: Programme) -> bool:
        """A programme of forms or data, said to be without material."""
        return self.months_by_programme.get(programme.programme_no) == ()

    def claim_until(self, dispatched: date) -> date:
        """Last day on which damage or loss may be claimed."""
        return dispatched + timedelta(days=self.claim_days)


def dispatch_calendar(file: Path | None = None) -> DispatchCalendar:
    """Return the calendar, cached until its file changes.

    Raises
    ------
    ParameterError
        with every problem of the file: file, line, column.

    Examples
    --------
    >>> dispatch_calendar().months_by_rounds[2]
    (4, 9)
    """
    return _calendar(fingerprint([file or project_root() / "parameters" / "calendar" / "dispatch.yaml"]))


@lru_cache(maxsize=4)
def _calendar(files: tuple[tuple[str, int, int], ...]) -> DispatchCalendar:
    reader = Reader(Path(files[0][0]))
    found = reader.model(DispatchCalendar, reader.mapping(_KEYS), ())
    raise_if_any(reader.problems, "The calendar cannot be read")
    assert found is not None
    return found
