"""`workbench calendar`: what leaves when, in catalogue order; with --due what is due, and in a round with names."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from workbench.parameters import Programme, catalogue, load_round
from workbench.parameters.calendar import DispatchCalendar, dispatch_calendar
from workbench.rounds.planning import database_url
from workbench.rounds.year_due import Due, round_due
from workbench.store import open_store
from workbench.wording import join, text

NAMED_MOST = 10
"""Laboratories named in one line; the count is always whole."""


def print_calendar(year: int, today: date, locale: str) -> None:
    """Print one line a month of dispatch and programme, then what is still to settle."""
    calendar = dispatch_calendar()
    programmes = list(catalogue().values())
    for month in range(1, 13):
        for programme in programmes:
            if month in calendar.months(programme):
                state = text(f"calendar.state.{_state(year, month, today)}", locale)
                print(f"{year}-{month:02d} {state:<7} {_named(programme, locale)}")
    for programme in programmes:
        if not calendar.months(programme):
            why = "nothing_sent" if calendar.sends_nothing(programme) else "to_settle"
            print(f"{text(f'calendar.{why}', locale):<15} {_named(programme, locale)}")
    print(text("calendar.claims", locale, days=calendar.claim_days))


def print_due(plan_file: Path | None, today: date, locale: str) -> None:
    """Print what is due: the month's dispatches, and everything of a round where a plan is given."""
    if plan_file is None:
        lines = _dispatches(dispatch_calendar(), today, locale)
    else:
        plan = load_round(plan_file)
        lines = [_line(due, today, locale) for due in round_due(open_store(database_url(plan)), plan, today)]
    print("\n".join(lines or [text("calendar.due.none", locale, date=today)]))


def _dispatches(calendar: DispatchCalendar, today: date, locale: str) -> list[str]:
    word = text("calendar.due.dispatch_month", locale)
    due = [p for p in catalogue().values() if today.month in calendar.months(p)]
    return [f"{today:%Y-%m} {word} {_named(programme, locale)}" for programme in due]


def _line(due: Due, today: date, locale: str) -> str:
    """One thing due in words."""
    named = list(dict.fromkeys(due.lab_codes))[:NAMED_MOST]
    rest = len(set(due.lab_codes)) > NAMED_MOST
    names = join([*named, *([text("calendar.more", locale)] if rest else [])], locale)
    days = 0 if due.on is None else (due.on - today).days
    words = text(f"calendar.due.{due.kind}", locale, n=len(due.lab_codes), list=names, date=due.on, days=days)
    return f"{due.programme_no:>5} {words}"


def _state(year: int, month: int, today: date) -> str:
    """Where a month lies against today."""
    if (year, month) == (today.year, today.month):
        return "due"
    return "past" if (year, month) < (today.year, today.month) else "planned"


def _named(programme: Programme, locale: str) -> str:
    name = programme.name_zh if locale == "zh_CN" else programme.name_en
    return f"{programme.programme_no:>5} {name}"
