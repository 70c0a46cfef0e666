"""Drafts of monthly reports on internal quality control for an app: made in a process of their own."""

from __future__ import annotations

import json
import multiprocessing
import secrets
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from workbench.errors import DataError
from workbench.rounds.control_plan import LINK_DAYS
from workbench.rounds.control_reports import ControlReport, make_report

DRAFT_STATUS = "preliminary"


@dataclass(frozen=True)
class DraftRequest:
    """What a draft is made of.

    Parameters
    ----------
    database, month : source. lab_code : of a laboratory's report; empty: the groups'. locale, organiser, issued_at,
        rules, scheme : as of every report.
    """

    database: str
    month: str
    lab_code: str
    locale: str
    organiser: str
    issued_at: str
    rules: str
    scheme: str


@dataclass(frozen=True)
class CardRequest:
    """Which row of a month a share card shows, and where its link leads.

    Parameters
    ----------
    row : analyte, level, qc_lot, instrument and reagent. base_url : where links start; folder : where the report the
        link opens and links.json are kept, by the organiser's server only.
    """

    row: dict[str, str]
    base_url: str
    folder: str


def draft_files(request: DraftRequest) -> dict[str, bytes]:
    """The draft as HTML and PDF: file name -> content.

    Notes
    -----
    A fresh process makes it: the typesetter's threads and the notebook engine stay out of the app's own process.

    Raises
    ------
    RenderError
        naming notebook, section and cause. DataError without points in the month.
    """
    return _apart(_drafted, request)


def draft_card(request: DraftRequest, card: CardRequest) -> dict[str, bytes]:
    """The share card of one row as PNG, its report kept where the link leads; empty where the row has no SDI."""
    return _apart(_carded, request, card)


def _apart(work: Any, *given: Any) -> dict[str, bytes]:
    """Do work in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        found: dict[str, bytes] = pool.submit(work, *given).result()
    return found


def _planned(request: DraftRequest, folder: Path) -> ControlReport:
    values = {
        name: getattr(request, name) for name in ("database", "month", "locale", "organiser", "issued_at")
    }
    values |= {"rules": request.rules, "scheme": request.scheme, "status": DRAFT_STATUS}
    if request.lab_code:
        name = f"{request.lab_code}.{request.month}.{request.locale}.draft"
        return ControlReport("iqc_month_lab.ipynb", values | {"lab_code": request.lab_code}, folder, name)
    return ControlReport(
        "iqc_month_group.ipynb", values, folder, f"groups.{request.month}.{request.locale}.draft"
    )


def _drafted(request: DraftRequest) -> dict[str, bytes]:
    """Body of the process."""
    with tempfile.TemporaryDirectory() as folder:
        made = make_report(_planned(request, Path(folder)))
        return {path.name: path.read_bytes() for path in made if path.suffix in (".html", ".pdf")}


def _carded(request: DraftRequest, card: CardRequest) -> dict[str, bytes]:
    """Body of the process."""
    from workbench.reports.share_card import CardLink, share_card

    if not request.lab_code:
        raise DataError("A share card is of one laboratory.")
    folder = Path(card.folder)
    made = {path.suffix: path for path in make_report(_planned(request, folder))}
    twin = json.loads(made[".json"].read_text(encoding="utf-8"))
    fitting = [row for row in twin["rows"] if all(row[name] == value for name, value in card.row.items())]
    if not fitting or fitting[0]["sdi"] is None:
        return {}
    expires = (datetime.fromisoformat(request.issued_at) + timedelta(days=LINK_DAYS)).date()
    token = secrets.token_urlsafe(12)
    png = share_card(twin, fitting[0], CardLink(f"{card.base_url.rstrip('/')}/{token}", expires))
    _keep_link(folder, token, {"file": made[".html"].name, "expires_on": expires.isoformat()})
    return {f"share-card.{request.month}.png": png}


def _keep_link(folder: Path, token: str, link: dict[str, str]) -> None:
    """Add a link to those that are there."""
    path = folder / "links.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps(known | {token: link}, indent=1) + "\n", encoding="utf-8")
