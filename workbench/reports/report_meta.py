"""Which report this is: number, version, status, dates, people. Nothing here comes from results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.errors import DataError, ParameterError, RenderError
from workbench.parameters import Contact, RoundPlan, load_round, programme_folder, project_root
from workbench.parameters.rounds import Roles
from workbench.reports.sources import located

STATUSES = ("preliminary", "final", "amended", "withdrawn")
ROLES = ("prepared", "reviewed", "approved")


@dataclass(frozen=True)
class Issue:
    """One issue of a report.

    Parameters
    ----------
    version : 1, 2 ...
    status : preliminary, final, amended or withdrawn.
    issued_at : ISO 8601 with offset.
    previous_twin : path of the JSON of the version this one replaces; "" for none.
    reason : why a report was amended; "" for the constant wording.
    plan : path of the round's plan, from the project's folder; "" finds it by round and database.
    """

    version: int = 1
    status: str = "final"
    issued_at: str = ""
    previous_twin: str = ""
    reason: str = ""
    plan: str = ""

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise RenderError(f"Report status {self.status!r} is none of {', '.join(STATUSES)}.")
        if self.version < 1:
            raise RenderError(f"Report version {self.version} must be 1 or more.")

    def previous(self) -> dict[str, Any] | None:
        """The replaced twin, read from its file; None where there is none.

        Raises
        ------
        DataError
            when the file is missing or no twin.
        """
        if not self.previous_twin:
            return None
        path = Path(self.previous_twin)
        try:
            twin: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"The replaced report {path} cannot be read: {error}.") from error
        if "report" not in twin or "analytes" not in twin:
            raise DataError(f"{path} is no twin of a report; name the .json beside the replaced PDF.")
        return twin


@dataclass(frozen=True)
class ReportMeta:
    """What the title block, the furniture and the sign-off print.

    Parameters
    ----------
    number : report number, never reused.
    issue : version, status, date of issue, replaced version.
    organiser, contact : in the report's language.
    due, appeal_until : ISO dates of the corrective reply and of the appeal window; "" when not set.
    closing_at : ISO time of the closing of the round.
    signed : role -> (name, ISO date); what has not been recorded is left out.
    outside_providers : activities done by others, one line.
    comments : of the programme and its advisers, one paragraph each.
    """

    number: str
    issue: Issue
    organiser: str
    contact: str
    due: str = ""
    appeal_until: str = ""
    closing_at: str = ""
    signed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    outside_providers: str = ""
    comments: tuple[str, ...] = ()


def report_number(
    organiser: str, kind: str, period: str, programme_no: str, subject: str, version: int
) -> str:
    """The number of a report: ASCII, parts joined by hyphens; a report over several programmes names none.

    Examples
    --------
    >>> report_number("EQA", "LR", "2026-1", "1.1", "L0427", 1)
    'EQA-LR-2026-1-0101-L0427-V1'
    """
    parts = (organiser, kind, period, programme_folder(programme_no) if programme_no else "", subject)
    return "-".join([*filter(None, parts), f"V{version}"])


def period_meta(
    plan: RoundPlan, kind: str, subject: tuple[str, str, str], issue: Issue, locale: str
) -> ReportMeta:
    """The metadata of a report over several programmes or rounds, from the plan of the round it is made with.

    Parameters
    ----------
    subject : round or year; number of the programme, or ""; participant code or ALL.
    """
    issued = issue.issued_at or plan.issued_at.isoformat()
    return ReportMeta(
        number=report_number(plan.organiser.short, kind, *subject, issue.version),
        issue=replace(issue, issued_at=issued),
        organiser=localised(plan.organiser, "name", locale),
        contact=contact_line(plan.organiser.contact, locale),
        due=plan.correction_due.isoformat(),
        appeal_until=plan.appeal_until.isoformat(),
        closing_at=plan.closing_at.isoformat(),
        signed=signed_by(plan.roles, locale),
        outside_providers=localised(plan, "outside_providers", locale),
    )


def report_meta(
    plan: RoundPlan, kind: str, programme_no: str, subject: str, issue: Issue, locale: str
) -> ReportMeta:
    """The metadata of one report from the plan of its round."""
    own = plan.programme_plans.get(programme_no)
    comment = localised(own, "adviser_comment", locale) if own else ""
    issued = issue.issued_at or plan.issued_at.isoformat()
    return ReportMeta(
        number=report_number(plan.organiser.short, kind, plan.round, programme_no, subject, issue.version),
        issue=replace(issue, issued_at=issued),
        organiser=localised(plan.organiser, "name", locale),
        contact=contact_line(plan.organiser.contact, locale),
        due=plan.due(programme_no).isoformat(),
        appeal_until=plan.appeal_until.isoformat(),
        closing_at=plan.closing(programme_no).isoformat(),
        signed=signed_by(plan.roles, locale),
        outside_providers=localised(plan, "outside_providers", locale),
        comments=tuple(line for line in comment.splitlines() if line.strip()),
    )


def plan_of(round_code: str, database: str = "", path: str = "") -> RoundPlan:
    """The plan of a round: the file named, else the one in `parameters/rounds` that plans this round.

    Parameters
    ----------
    round_code, database : of several plans of one round, the one for this database is taken first.
    path : a file, absolute or from the project's folder.

    Raises
    ------
    ParameterError
        when no file plans the round.
    """
    if path:
        return load_round(project_root() / path)
    folder = project_root() / "parameters" / "rounds"
    plans = [plan for plan in map(load_round, sorted(folder.glob("*.yaml"))) if plan.round == round_code]
    if not plans:
        raise ParameterError(f"No file of {folder} plans the round {round_code!r}; write one and try again.")
    wanted = located(database)
    return next((plan for plan in plans if located(plan.database) == wanted), plans[0])


def localised(thing: object, name: str, locale: str) -> str:
    """The field `<name>_zh` or `<name>_en` of a model, whichever the locale reads."""
    return str(getattr(thing, f"{name}_{'zh' if locale == 'zh_CN' else 'en'}", "") or "")


def contact_line(contact: Contact, locale: str) -> str:
    """Office, telephone and address for mail, in one line."""
    parts = (localised(contact, "office", locale), contact.telephone, contact.email)
    return " · ".join(part for part in parts if part)


def signed_by(roles: Roles, locale: str) -> dict[str, tuple[str, str]]:
    """Name and ISO date of each role."""
    signed = {role: getattr(roles, role) for role in ROLES}
    return {role: (localised(own, "name", locale), own.signed_on.isoformat()) for role, own in signed.items()}
