"""Which reports on internal quality control are made for a month, and the share cards beside them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from workbench.errors import DataError
from workbench.reports.iqc_evaluation import evaluated_months, year_to
from workbench.rounds.control_reports import ControlReport

KINDS = ("lab", "group", "quarter", "year")
SPANS = {"quarter": 3, "year": 12}
LINK_DAYS = 7
"""Days a share card's link works."""


@dataclass(frozen=True)
class ControlPlan:
    """What was asked for.

    Parameters
    ----------
    database, month : source and month (the last one of a quarter or year). kinds : of `KINDS`.
    laboratories : codes, empty for every one with points in the month. locale, organiser, issued_at : of all reports.
    rules, scheme : names. folder : below which files are written.
    """

    database: str
    month: str
    kinds: tuple[str, ...]
    laboratories: tuple[str, ...]
    locale: str
    organiser: str
    issued_at: str
    rules: str
    scheme: str
    folder: Path


def planned_reports(plan: ControlPlan) -> list[ControlReport]:
    """The reports of a plan; evaluates the year once, so that forked reports share it.

    Raises
    ------
    DataError
        naming kinds that do not exist and laboratories without a point in the year.
    """
    wrong = sorted(set(plan.kinds) - set(KINDS))
    if wrong:
        raise DataError(f"There is no report {', '.join(wrong)}; known: {', '.join(KINDS)}.")
    evaluated = evaluated_months(plan.database, year_to(plan.month), plan.rules, plan.scheme).warm()
    rows = evaluated.rows
    here = sorted(set(rows.loc[rows["month"] == plan.month, "lab_code"]))
    missing = sorted(set(plan.laboratories) - set(rows["lab_code"]))
    if missing:
        raise DataError(f"No control points in the year of {', '.join(missing)}.")
    common = {
        name: getattr(plan, name)
        for name in ("database", "locale", "organiser", "issued_at", "rules", "scheme")
    }
    reports = []
    for kind in plan.kinds:
        if kind == "group":
            values = common | {"month": plan.month}
            reports.append(
                ControlReport("iqc_month_group.ipynb", values, plan.folder, f"groups.{plan.locale}")
            )
            continue
        for code in plan.laboratories or here:
            reports.append(_of_laboratory(plan, kind, code, common))
    return reports


def _of_laboratory(plan: ControlPlan, kind: str, code: str, common: dict[str, Any]) -> ControlReport:
    """One laboratory's report of one kind."""
    folder = plan.folder / "labs"
    if kind == "lab":
        values = common | {"month": plan.month, "lab_code": code}
        return ControlReport("iqc_month_lab.ipynb", values, folder, f"{code}.{plan.locale}")
    values = common | {"last_month": plan.month, "months": SPANS[kind], "lab_code": code}
    return ControlReport("iqc_summary.ipynb", values, folder, f"{code}.{kind}.{plan.locale}")


def make_cards(folder: Path, base_url: str, made: Sequence[Path], issued_at: str) -> list[Path]:
    """A share card for every laboratory's month: of its worst compared row; and the list of links.

    Parameters
    ----------
    folder : where links.json is kept. base_url : where links start. made : files of reports, the JSON twins among them.

    Notes
    -----
    A token is drawn at random, says nothing, and is good for seven days. links.json tells the organiser's server which
    file a token opens; it is never part of a report.
    """
    from workbench.reports.share_card import CardLink, share_card

    expires = (datetime.fromisoformat(issued_at) + timedelta(days=LINK_DAYS)).date()
    links: dict[str, dict[str, str]] = {}
    cards = []
    for path in (p for p in made if p.suffix == ".json"):
        twin = json.loads(path.read_text(encoding="utf-8"))
        rows = [row for row in twin["rows"] if twin["kind"] == "IM" and row["sdi"] is not None]
        if not rows:
            continue
        token = secrets.token_urlsafe(12)
        worst = max(
            rows, key=lambda row: (row["grade"], abs(row["sdi"])) if row["grade"] != "N" else ("", 0.0)
        )
        card = path.with_suffix(".card.png")
        card.write_bytes(share_card(twin, worst, CardLink(f"{base_url.rstrip('/')}/{token}", expires)))
        links[token] = {"file": path.with_suffix(".html").name, "expires_on": expires.isoformat()}
        cards.append(card)
    (folder / "links.json").write_text(json.dumps(links, indent=1) + "\n", encoding="utf-8")
    return cards
