"""AN: the annual programme notice, the catalogue as the organiser publishes it; made without a database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.display import Block, Displayed, DocumentHead, EndMark, Section, Table
from workbench.parameters import project_root
from workbench.parameters.calendar import dispatch_calendar
from workbench.parameters.notices import NoticePlan, notice_file, notice_plan
from workbench.parameters.yaml_text import yaml_files
from workbench.reports.furniture import signatures
from workbench.reports.notice_changes import change_lines, changes_of
from workbench.reports.notice_parts import disciplines_of, notice_csv, sections_of
from workbench.reports.period_parts import period_twin, section_part, table_part
from workbench.reports.period_report import PeriodReport
from workbench.reports.report_meta import (
    Issue,
    ReportMeta,
    contact_line,
    localised,
    report_number,
    signed_by,
)
from workbench.reports.twin import sealed, sha256
from workbench.wording import text

KIND = "AN"


@dataclass(frozen=True)
class AnnualNotice(PeriodReport):
    """The notice of one year: no participant, no results, a table a discipline."""

    @cached_property
    def _sealed(self) -> tuple[dict[str, Any], bytes, bytes]:
        return sealed(dict(self.built), notice_csv(self.built["disciplines"]))

    def _secrecy(self) -> str:
        """The notice is for everybody."""
        return text("notice.AN.public", self.locale)

    def head(self) -> DocumentHead:
        """Title block and page furniture; the title names the year."""
        return replace(super().head(), title=text("notice.AN.title", self.locale, year=self.data["round"]))

    def section(self, name: str) -> Section:
        """One section by its id; the programmes start a page, each discipline below a heading of its own."""
        shown = super().section(name)
        parts = tuple(self._headed(part) for part in shown.parts)
        return replace(shown, parts=parts, page_break_before=name == "programmes")

    def _headed(self, part: Displayed) -> Displayed:
        """A table of programmes below the name of its discipline; anything else as it is."""
        for each in self.built["disciplines"]:
            number = each["category_no"]
            if isinstance(part, Table) and part.id == f"T-AN_programmes_{number}":
                cards = replace(part, cards_on_phone=True)
                return Block(f"{number} {each['name']}", f"discipline-{number}", (cards,))
        return part

    def signoff(self) -> Section:
        """Who prepared, reviewed and approved the notice; the end mark."""
        table, _ = signatures(self.meta, self.locale)
        end = EndMark(text("notice.AN.end", self.locale))
        return Section("signoff", text("section.AN.signoff", self.locale), (table, end))


def open_annual_notice(year: int, locale: str, issue: Issue | None = None) -> AnnualNotice:
    """Open the annual programme notice.

    Parameters
    ----------
    year : its plan is `parameters/notices/<year>.yaml`, unless the issue names another file.
    locale : zh_CN or en.
    issue : version and status; without a time of issue that of the plan.

    Raises
    ------
    ParameterError
        when the year's notice is not planned, or parameters cannot be read.

    Examples
    --------
    >>> open_annual_notice(2026, "en").data["report"]["number"]
    'EQA-AN-2026-V1'
    """
    issue = issue or Issue()
    file = project_root() / issue.plan if issue.plan else notice_file(year)
    plan = notice_plan(year, file)
    meta = notice_meta(plan, issue, locale)
    calendar = dispatch_calendar()
    disciplines = disciplines_of(plan, calendar, locale)
    files = _hashes(file)
    sections = [
        *sections_of(plan, calendar, disciplines, locale),
        section_part("AN.provenance", locale, (), [_files_part(files, locale)]),
    ]
    previous = meta.issue.previous()
    amendment = {"reason": issue.reason, **changes_of(previous, disciplines)} if previous else None
    if amendment:
        sections[0]["lines"] += change_lines(amendment, locale)
    twin = period_twin(KIND, meta, locale, str(year)) | {
        "amendment": amendment,
        "disciplines": disciplines,
        "sections": sections,
        "provenance": {"files": files},
    }
    return AnnualNotice(twin, meta)


def notice_meta(plan: NoticePlan, issue: Issue, locale: str) -> ReportMeta:
    """Number, dates and people from the plan of the notice."""
    return ReportMeta(
        number=report_number(plan.organiser.short, KIND, str(plan.year), "", "", issue.version),
        issue=replace(issue, issued_at=issue.issued_at or plan.issued_at.isoformat()),
        organiser=localised(plan.organiser, "name", locale),
        contact=contact_line(plan.organiser.contact, locale),
        signed=signed_by(plan.roles, locale),
        outside_providers=localised(plan, "outside_providers", locale),
    )


def _hashes(plan: Path) -> dict[str, str]:
    """What a notice is made from, each with its hash; of the catalogue's files one hash over all."""
    folder = project_root() / "parameters"
    programmes = b"".join(path.read_bytes() for path in yaml_files(folder / "programmes"))
    calendar = folder / "calendar" / "dispatch.yaml"
    files = {f"{path.parent.name}/{path.name}": sha256(path.read_bytes()) for path in (calendar, plan)}
    return {"programmes/*.yaml": sha256(programmes)} | files


def _files_part(files: dict[str, str], locale: str) -> dict[str, Any]:
    """The files and their hashes."""
    return table_part("AN_files", (("file", "left", 50.0), ("sha256", "left", 125.0)), files.items(), locale)
