"""Dates and times: in prose by language, in tables ISO 8601."""

from __future__ import annotations

from datetime import date, datetime

from workbench.wording.catalogue import text
from workbench.wording.numbers import MISSING


def _moment(value: date | str) -> date:
    """A date or time; ISO text is read."""
    if not isinstance(value, str):
        return value
    return datetime.fromisoformat(value) if len(value) > len("2026-05-20") else date.fromisoformat(value)


def _is_missing(value: date | str | None) -> bool:
    """True for None, the empty text and a missing time of pandas, which is not equal to itself."""
    return value is None or value == "" or value != value


def date_text(value: date | str | None, locale: str, prose: bool = False) -> str:
    """A date: ``2026-05-20`` in tables; ``2026年5月20日`` or ``20 May 2026`` in prose; a dash if missing.

    >>> date_text("2026-05-20", "zh_CN", prose=True), date_text("2026-05-20T14:30:00+08:00", "en", prose=True)
    ('2026年5月20日', '20 May 2026')
    >>> date_text(date(2026, 5, 20), "en"), date_text(None, "en")
    ('2026-05-20', '–')
    """
    if value is None or _is_missing(value):
        return MISSING
    day = _moment(value)
    if not prose:
        return f"{day:%Y-%m-%d}"
    month_name = text(f"date.month.{day.month}", locale)
    return text("date.prose", locale, year=day.year, month_name=month_name, day=day.day)


def time_text(value: datetime | str | None, locale: str = "zh_CN") -> str:
    """A local time of day: ``2026-05-20 14:30`` in both languages; a dash if missing.

    >>> time_text("2026-05-20T14:30:59+08:00")
    '2026-05-20 14:30'
    """
    return MISSING if value is None or _is_missing(value) else f"{_moment(value):%Y-%m-%d %H:%M}"


def round_text(round_code: str, locale: str) -> str:
    """A round code in words; a code of another shape stays as it is.

    >>> round_text("2026-1", "zh_CN"), round_text("2026-1", "en"), round_text("pilot", "en")
    ('2026 年第 1 次', '2026, round 1', 'pilot')
    """
    year, _, number = round_code.partition("-")
    if not (year.isdigit() and number.isdigit()):
        return round_code
    return text("head.round_name", locale, year=year, no=int(number))
