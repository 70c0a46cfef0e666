"""The annual programme notice as files: one report a language; what is issued is amended, never overwritten."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench.errors import DataError, ParameterError
from workbench.parameters.notices import notice_plan
from workbench.reports.annual_notice import open_annual_notice
from workbench.reports.report_meta import Issue
from workbench.rounds.control_reports import FORMATS, ControlReport
from workbench.wording import LOCALES

NOTEBOOK = "annual_notice.ipynb"


@dataclass(frozen=True)
class NoticeRequest:
    """What was asked for.

    Parameters
    ----------
    year : of the notice. locales : languages; none is every one. folder : where the files are written.
    now : ISO 8601 with offset, time of issue of an amended notice. preliminary : not approved yet.
    reason : why a notice is amended.
    """

    year: int
    locales: Sequence[str]
    folder: Path
    now: str
    preliminary: bool = False
    reason: str = ""


def notice_reports(request: NoticeRequest) -> list[ControlReport]:
    """The notices to be made: those missing or changed.

    Raises
    ------
    ParameterError
        naming a language that is not known; when the year's notice is not planned.
    DataError
        when a notice is to be preliminary that has been issued.

    Notes
    -----
    A preliminary notice is made again. An issued one whose content would be another is kept beside the new one, as
    `notice.<locale>.v<version>`, and the new one says what it changes.
    """
    wrong = sorted(set(request.locales) - set(LOCALES))
    if wrong:
        raise ParameterError(f"There is no language {', '.join(wrong)}; known: {', '.join(LOCALES)}.")
    notice_plan(request.year)
    issues = {locale: _issue(request, locale) for locale in request.locales or LOCALES}
    return [_report(request, locale, issue) for locale, issue in issues.items() if issue]


def _report(request: NoticeRequest, locale: str, issue: Issue) -> ControlReport:
    values = {"year": request.year, "locale": locale, **asdict(issue)}
    return ControlReport(NOTEBOOK, values, request.folder, f"notice.{locale}")


def _issue(request: NoticeRequest, locale: str) -> Issue | None:
    """Version and status of the notice to be made in one language; None where nothing has changed."""
    twin = _twin(_file(request, locale, "json"))
    if twin is None or twin["report"]["status"] == "preliminary":
        return Issue(status="preliminary" if request.preliminary else "final")
    number, version = twin["report"]["number"], twin["report"]["version"]
    if request.preliminary:
        raise DataError(f"{number} has been issued; it can be amended, but not be preliminary again.")
    same = _as_issued(request, locale, twin)
    if _content(twin) == _content(open_annual_notice(request.year, locale, same).data):
        whole = all(_file(request, locale, ending).is_file() for ending in FORMATS)
        return None if whole else same
    for ending in FORMATS:
        if _file(request, locale, ending).is_file():
            shutil.copy2(_file(request, locale, ending), _file(request, locale, ending, version))
    replaced = str(_file(request, locale, "json", version))
    return Issue(version + 1, "amended", request.now, replaced, request.reason)


def _as_issued(request: NoticeRequest, locale: str, twin: dict[str, Any]) -> Issue:
    """The issue of a notice as it was made."""
    report = twin["report"]
    version = report["version"]
    replaced = str(_file(request, locale, "json", version - 1)) if report["replaces"] else ""
    reason = (twin["amendment"] or {}).get("reason", "")
    return Issue(version, report["status"], report["issued_at"], replaced, reason)


def _content(twin: dict[str, Any]) -> tuple[Any, ...]:
    """What a reader sees; files whose comments changed make no other notice."""
    shown = [part for part in twin["sections"] if part["id"] != "provenance"]
    return shown, twin["disciplines"], twin["report"]["organiser"], twin["report"]["signed"]


def _file(request: NoticeRequest, locale: str, ending: str, version: int = 0) -> Path:
    """A file of a notice: the current one, or an earlier version."""
    earlier = f".v{version}" if version else ""
    return (request.folder / f"notice.{locale}{earlier}.{ending}").resolve()


def _twin(path: Path) -> dict[str, Any] | None:
    """The twin of the notice that is there."""
    if not path.is_file():
        return None
    try:
        twin: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is no notice: {error}; move it away.") from error
    if twin.get("kind") != "AN":
        raise DataError(f"{path} is no annual programme notice; move it away.")
    return twin
