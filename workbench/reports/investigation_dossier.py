"""ID: the investigation dossier of one failed analyte of one laboratory; facts, causes, and the form to be filled in.

Of other laboratories it holds statistics without labels only: medians and counts of five and more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.display import Displayed, DocumentHead, EndMark, Facts, Line, Prose, Section
from workbench.errors import RenderError
from workbench.reports import coded_sections, pictures
from workbench.reports.cause_parts import (
    NO_CAUSES,
    RELEASES,
    USUAL,
    cause_parts,
    certainty_lines,
    excluded_parts,
    support_text,
    supposition_parts,
)
from workbench.reports.control_parts import control_charts, control_parts
from workbench.reports.dossier_forms import form_parts, shown_form
from workbench.reports.evidence_parts import (
    Part,
    clean_table,
    fact_lines,
    history_table,
    part_of,
    peers_table,
    returns_table,
    sign_matrix,
    table_part,
)
from workbench.reports.furniture import signatures
from workbench.reports.investigated_round import investigated_round
from workbench.reports.investigation_case import Case, open_case
from workbench.reports.lab_round import farthest_sample
from workbench.reports.period_parts import cell, period_twin, programme_name, section_part
from workbench.reports.period_report import PeriodReport
from workbench.reports.pictures import numbered
from workbench.reports.report_meta import Issue, period_meta, plan_of
from workbench.tables import sample_detail_table
from workbench.wording import date_text, join, text, time_text

KIND = "ID"
SCHEMA = "eqa-dossier/1.0"
LOG_BELOW = "---"
"""A line of the notes below which the log of the case stands."""

FORM_SECTIONS = ("checks", "classification", "patients", "actions", "effectiveness", "decision")


@dataclass(frozen=True)
class InvestigationDossier(PeriodReport):
    """One report of kind ID."""

    @property
    def _entry(self) -> Mapping[str, Any]:
        """The item as in the laboratory's report."""
        found: Mapping[str, Any] = self.data["analytes"][0]
        return found

    @property
    def _is_coded(self) -> bool:
        return self._entry["coded"] is not None

    def head(self) -> DocumentHead:
        """Title block and page furniture; a preliminary dossier is a draft made while the case is looked into."""
        head = super().head()
        draft = self.meta.issue.status == "preliminary"
        return replace(head, watermark=text("dossier.draft", self.locale)) if draft else head

    def _title_block(self) -> tuple[Displayed, ...]:
        """Whose, which item, when; until when the form is to be returned."""
        locale, meta, dates = self.locale, self.meta, self.data["dates"]
        missing = text("head.not_given", locale)
        own = self.data["participant"]
        pairs = (
            ("head.programme", self.programme),
            ("period.period", self._period()),
            ("app.analyte", self._entry["printed"]["name"]),
            ("head.lab_code", own["lab_code"]),
            ("head.device", self._entry["device_id"] or ""),
            ("head.status", f"{text(f'status.{meta.issue.status}', locale)}  V{meta.issue.version}"),
            ("head.received", date_text(dates["received"], locale) if dates["received"] else missing),
            ("head.tested", date_text(dates["tested"], locale) if dates["tested"] else missing),
            ("head.returned", time_text(dates["returned"], locale) if dates["returned"] else missing),
            ("head.issued", date_text(meta.issue.issued_at, locale)),
            ("dossier.due", date_text(meta.due, locale)),
        )
        shown = tuple((text(key, locale), value) for key, value in pairs if value)
        return Facts(shown, columns=3), Facts(((text("head.contact", locale), meta.contact),), columns=1)

    def _figures(self, name: str) -> tuple[Displayed, ...]:
        """The figures of the facts, or the fields of a form."""
        forms = tuple(shown_form(part) for part in self.data["forms"].get(name, ()))
        return (*self._pictures(), *forms) if name == "facts" else forms

    def _pictures(self) -> tuple[Displayed, ...]:
        """G2 of every sample, G4 and G3 side by side, G5 of the sample farthest out; of coded answers their block."""
        entry, locale = self._entry, self.locale
        if self._is_coded:
            return (coded_sections.item_block(entry, 1, entry["printed"]["name"], locale),)
        return (
            *pictures.distributions(entry, 1, locale),
            *pictures.histories([entry], self.data, locale),
            *pictures.groups(entry, farthest_sample(entry), 1, locale),
            *self._control_charts(),
        )

    def _control_charts(self) -> tuple[Displayed, ...]:
        """G19 of each level of the controls about the time of the round."""
        charts = control_charts(self.data["controls"], self.locale)
        return tuple(numbered(chart, f"5.{no}", self.locale) for no, chart in enumerate(charts, 1))

    def signoff(self) -> Section:
        """The laboratory's signature, the organiser's roles unless it is a draft, the log of the case, the end mark."""
        locale = self.locale
        forms = tuple(shown_form(part) for part in self.data["forms"]["signoff"])
        log = tuple(Line(line) for line in self.data["log"])
        signed = signatures(self.meta, locale) if self.meta.signed else ()
        parts = (*forms, *signed, *((Prose(log),) if log else ()))
        title = text("section.ID.signoff", locale)
        return Section("signoff", title, (*parts, EndMark(text("notice.end", locale))))


def open_investigation_dossier(
    database: str,
    case: tuple[str, str, str, str],
    locale: str,
    issue: Issue | None = None,
    *,
    notes: str = "",
    release: str = USUAL,
) -> InvestigationDossier:
    """Open the dossier of one laboratory x analyte.

    Parameters
    ----------
    database : URL of the store.
    case : round, number of the programme, participant code (a device after `#`), analyte code.
    locale : `zh_CN` or `en`.
    issue : version, status, date; a preliminary one is marked as a draft on every page.
    notes : lines of the organiser's notes; below a line `---` the log of the case.
    release : which causes are told: `usual` (at least likely, of a kind that may be told), `all` or `none`.

    Raises
    ------
    DataError
        when the round has no evaluation, or the laboratory no results of the analyte.
    RenderError
        for an unknown `release`.
    """
    if release not in RELEASES:
        raise RenderError(f"Causes are released as {', '.join(RELEASES)}, not {release!r}.")
    round_code, programme_no, lab_code, analyte = case
    issue = issue or Issue()
    found = open_case(
        investigated_round(database, round_code, programme_no), lab_code, analyte, locale, issue
    )
    plan = plan_of(round_code, database, issue.plan)
    meta = period_meta(plan, KIND, (round_code, programme_no, found.subject), issue, locale)
    if issue.status == "preliminary":
        meta = replace(meta, signed={})
    own, lab = found.lab_round.data, found.lab_code
    causes = cause_parts(found, release)
    suppositions = [] if release == NO_CAUSES else supposition_parts(found)
    written, _, log = notes.partition(f"\n{LOG_BELOW}\n")
    twin = period_twin(KIND, meta, locale, round_code, lab) | {
        "schema": SCHEMA,
        "programme": own["programme"],
        "participant": own["participant"] | {"device_id": found.device_id or None},
        "dates": own["dates"],
        "analytes": [found.entry],
        "causes": causes,
        "suppositions": suppositions,
        "forms": form_parts(causes, locale),
        "log": _lines(log),
        "controls": control_parts(found)["charts"],
        "sections": _sections(found, causes, suppositions, (_lines(written), release)),
        "provenance": _provenance(found, own),
    }
    return InvestigationDossier(twin, meta, programme_name(found.round.programme, locale))


def _lines(written: str) -> list[str]:
    """The lines that say something."""
    return [line.strip() for line in written.splitlines() if line.strip() not in ("", LOG_BELOW)]


def _provenance(case: Case, own: Mapping[str, Any]) -> dict[str, Any]:
    """The evaluation and the snapshot the dossier rests on."""
    record = case.round.record
    return {
        "evaluation_id": record.evaluation_id,
        "snapshot_sha256": record.snapshot_sha256,
        "criteria_version": record.criteria_version,
        "code_version": record.code_version,
        "as_of": record.as_of,
        "laboratory_report": own["report"]["number"],
    }


def _sections(
    case: Case,
    causes: Sequence[Mapping[str, Any]],
    suppositions: Sequence[Mapping[str, Any]],
    said: tuple[Sequence[str], str],
) -> list[Part]:
    """All that is printed but the forms; `said` holds the notes and which causes are told."""
    locale = case.reading.locale
    notes, release = said
    controls = control_parts(case)
    evidence = [
        *clean_table(case),
        *history_table(case),
        *peers_table(case),
        *sign_matrix(case),
        *controls["tables"],
        *returns_table(case),
    ]
    if case.entry["coded"] is None:
        evidence.insert(0, part_of(sample_detail_table(case.entry, "1", locale)))
    forms = [section_part(f"ID.{name}", locale) for name in FORM_SECTIONS]
    provenance = [
        (text(f"dossier.provenance.{key}", locale), value)
        for key, value in _provenance(case, case.lab_round.data).items()
    ]
    specs = (("what", "left", 50.0), ("value", "left", 125.0))
    return [
        section_part("ID.facts", locale, [*fact_lines(case), *controls["lines"]], evidence),
        section_part("ID.causes", locale, *_causes(case, causes, release)),
        section_part("ID.suppositions", locale, *_suppositions(suppositions, locale)),
        section_part("ID.notes", locale, notes or [text("dossier.no_notes", locale)]),
        *forms,
        section_part("ID.provenance", locale, (), [table_part("id_provenance", specs, provenance, locale)]),
    ]


def _causes(case: Case, causes: Sequence[Mapping[str, Any]], release: str) -> tuple[list[str], list[Part]]:
    """Lines and tables of part B; a laboratory is told of nothing that was not released."""
    locale = case.reading.locale
    if release == NO_CAUSES or (release == USUAL and case.ranking is not None and not causes):
        return [text("dossier.not_released", locale)], []
    specs = (
        ("rank", "right", 9.0), ("cause", "left", 30.0), ("support", "left", 28.0), ("words", "left", 22.0),
        ("evidence", "left", 58.0), ("if", "left", 28.0),
    )  # fmt: skip
    rows = [
        (
            str(each["rank"]),
            cell(each["printed"]["name"], bold=each["rank"] == 1),
            f"{each['printed']['dots']} {each['printed']['support']}",
            each["printed"]["words"],
            each["printed"]["evidence"],
            each["printed"]["if"],
        )
        for each in causes
    ]
    tables = [table_part("id_causes", specs, rows, locale)] if rows else []
    if release != USUAL:
        tables += _excluded_table(case)
    lines = [text("dossier.intro", locale)] if release == USUAL and rows else certainty_lines(case)
    return lines, tables


def _excluded_table(case: Case) -> list[Part]:
    """What else was tried, and why it stands back; below it what could not be tried."""
    locale, parts = case.reading.locale, excluded_parts(case)
    rows = [(each["name"], support_text(each["support"]), each["reason"]) for each in parts if each["tried"]]
    untried = [each["name"] for each in parts if not each["tried"]]
    notes = [text("dossier.excluded.not_tried", locale, names=join(untried, locale))] if untried else []
    specs = (("cause", "left", 50.0), ("support", "right", 25.0), ("reason", "left", 100.0))
    return [table_part("id_excluded", specs, rows, locale, notes)] if rows else []


def _suppositions(parts: Sequence[Mapping[str, Any]], locale: str) -> tuple[list[str], list[Part]]:
    """The counterfactual table; what there is instead."""
    if not parts:
        return [text("dossier.no_suppositions", locale)], []
    specs = (
        ("what", "left", 95.0),
        ("score", "right", 20.0),
        ("verdict", "left", 25.0),
        ("change", "left", 35.0),
    )
    rows = [
        (
            each["printed"]["what"],
            each["printed"]["score"],
            cell(each["printed"]["verdict"], "" if each["passes"] else "bad"),
            each["printed"]["change"],
        )
        for each in parts
    ]
    return [], [table_part("id_suppositions", specs, rows, locale)]
