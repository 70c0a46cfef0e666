"""`workbench calendar`: what leaves when, in catalogue order."""

from __future__ import annotations

from datetime import date

from workbench.parameters import Programme, catalogue
from workbench.parameters.calendar import dispatch_calendar


def print_calendar(year: int, today: date) -> None:
    """Print one line a month of dispatch and programme, then what is still to settle."""
    calendar = dispatch_calendar()
    programmes = list(catalogue().values())
    for month in range(1, 13):
        for programme in programmes:
            if month in calendar.months(programme):
                print(f"{year}-{month:02d} {_state(year, month, today):<7} {_named(programme)}")
    for programme in programmes:
        if not calendar.months(programme):
            why = "nothing sent" if calendar.sends_nothing(programme) else "to settle"
            print(f"{why:<15} {_named(programme)}")
    print(f"Damage or loss is claimed within {calendar.claim_days} days of dispatch.")


def _state(year: int, month: int, today: date) -> str:
    """Where a month lies against today."""
    if (year, month) == (today.year, today.month):
        return "due"
    return "past" if (year, month) < (today.year, today.month) else "planned"


def _named(programme: Programme) -> str:
    return f"{programme.programme_no:>5} {programme.name_en}"
