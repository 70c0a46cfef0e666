"""Test dates as laboratories write them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from workbench.ingest.numerals import narrow

_DATE = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]+.*)?|(\d{4})(\d{2})(\d{2})"
)
_SERIAL = re.compile(r"[2-7]\d{4}(?:\.\d+)?")
_SERIAL_ORIGIN = date(1899, 12, 30)


def read_date(text: str) -> tuple[datetime | None, tuple[str, ...]]:
    """A test date as written: year first, in the usual Chinese and ISO forms, or a day number.

    Notes
    -----
    Day-first and month-first dates cannot be told apart and are not read.

    Examples
    --------
    >>> read_date("2026年4月8日")[0], read_date("4/8/26")
    (datetime.datetime(2026, 4, 8, 0, 0), (None, ('test_date_unreadable',)))
    """
    plain = narrow(text).strip()
    if found := _DATE.fullmatch(plain):
        year, month, date_of_month = (int(part) for part in found.groups() if part)
        try:
            return datetime(year, month, date_of_month), ()
        except ValueError:
            return None, ("test_date_unreadable",)
    if _SERIAL.fullmatch(plain):
        moment = _SERIAL_ORIGIN + timedelta(days=int(float(plain)))
        return datetime(moment.year, moment.month, moment.day), ("test_date_serial",)
    return None, ("test_date_unreadable",)
