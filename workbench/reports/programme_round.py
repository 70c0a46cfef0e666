"""The report of one programme and round over all participants, anonymous; one method per section."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workbench.display import (
    Block,
    Box,
    Displayed,
    DocumentHead,
    EndMark,
    Line,
    Prose,
    Section,
    Table,
    Twin,
)
from workbench.errors import DataError
from workbench.parameters import catalogue, criteria
from workbench.reports import coded_sections, indicator_sections, pictures
from workbench.reports.amendment import further_changes
from workbench.reports.furniture import document_head, how_to_read, sign_off, title_block
from workbench.reports.indicator_parts import is_survey
from workbench.reports.programme_twin import programme_twin
from workbench.reports.reading import Reading
from workbench.reports.report_meta import Issue, plan_of, report_meta
from workbench.reports.sources import opened_store
from workbench.reports.twin import sealed, sha256
from workbench.store import evaluation_in_force, programme_view
from workbench.tables import (
    ANNEX_MM,
    all_groups_table,
    checks_table,
    criteria_table,
    failures_table,
    findings_table,
    material_table,
    participation_table,
    parts_by_samples,
    pass_rates_table,
    programme_sample_table,
    provenance_table,
    results_by_alias_table,
    target_values_table,
    trend_table,
)
from workbench.wording import paragraphs, text

SUBJECT = "ALL"


def open_programme_round(
    database: str, round_code: str, programme_no: str, locale: str, issue: Issue | None = None
) -> ProgrammeRound:
    """Open the anonymous report of a programme from the evaluation in force.

    Parameters
    ----------
    database : URL of the store; a relative SQLite path is taken from the project's folder.
    round_code, programme_no : for example "2026-1" and "1.1".
    locale : `zh_CN` or `en`.
    issue : version, status, date of issue; None: version 1, final, date of the plan.

    Raises
    ------
    DataError
        when the round has no evaluation.
    ParameterError
        when no file plans the round, or the programme is not in the catalogue.
    """
    store = opened_store(database)
    record = evaluation_in_force(store, round_code, programme_no)
    if record is None:
        raise DataError(
            f"Programme {programme_no} of round {round_code} has no evaluation; evaluate it first."
        )
    view = programme_view(store, record.evaluation_id)
    issue = issue or Issue()
    plan = plan_of(round_code, database, issue.plan)
    meta = report_meta(plan, "PR", programme_no, SUBJECT, issue, locale)
    return ProgrammeRound(Reading(view, catalogue()[programme_no], criteria(), locale, meta))


@dataclass(frozen=True)
class ProgrammeRound:
    """One programme's report: its twin and the sections made from it.

    Parameters
    ----------
    reading : the anonymous view, the parameters, the language, the report's own facts.
    """

    reading: Reading

    @cached_property
    def _sealed(self) -> tuple[dict[str, Any], bytes, bytes]:
        return sealed(programme_twin(self.reading))

    @property
    def data(self) -> dict[str, Any]:
        """The twin: all that is printed, unrounded and in printed form."""
        return self._sealed[0]

    @property
    def locale(self) -> str:
        """Language of the report."""
        return self.reading.locale

    def twin(self) -> Twin:
        """The machine-readable copy; shows nothing, travels inside the files."""
        return Twin(self._sealed[1], self._sealed[2])

    def head(self) -> DocumentHead:
        """Title block and page furniture; the amendment box when the report replaces another."""
        return document_head(self.data, self.reading, title_block(self.data, self.reading))

    def conclusion(self) -> Section:
        """Participation, verdicts, items to watch."""
        lines = tuple(Line(line["text"], strong=line["strong"]) for line in self.data["conclusion"])
        return self._section("conclusion", Box("", lines))

    def participation(self) -> Section:
        """Enrolled equals the sum of the outcomes, item by item."""
        return self._section("participation", participation_table(self.data, "1", self.locale))

    def overview(self) -> Section:
        """Pass rates as a figure and the table of all items."""
        if is_survey(self.data["analytes"]):
            return self._section("overview", *indicator_sections.levels(self.data, self.locale))
        if not self.data["analytes"]:
            return self._section("overview", pass_rates_table(self.data, "2", self.locale))
        figures = pictures.all_pass_rates(self.data, self.locale)
        return self._section("overview", *figures, pass_rates_table(self.data, "2", self.locale))

    def detail(self) -> Section:
        """One block per item: samples, distributions, groups, spread."""
        if is_survey(self.data["analytes"]):
            figures = indicator_sections.all_funnels(self.data["analytes"], self.locale)
            return Section("detail", self._title("detail_survey"), figures)
        tables, quiet = coded_sections.programme_panel(self.data, self.locale)
        shown = [entry for entry in self.data["analytes"] if entry["analyte"] not in quiet]
        return self._section("detail", *tables, *(self._item(i, e) for i, e in enumerate(shown, 1)))

    def _item(self, no: int, entry: Mapping[str, Any]) -> Block:
        """The block of one item."""
        if entry["coded"] is not None:
            parts = coded_sections.programme_parts(entry, no, self.locale)
            return Block(entry["printed"]["name"], f"detail-{no}", tuple(parts))
        parts = [programme_sample_table(entry, f"3.{no}", self.locale)]
        parts.extend(pictures.anonymous_distributions(entry, no, self.locale))
        if entry["groups"]:
            parts.append(all_groups_table(entry, f"4.{no}", self.locale))
            parts.extend(pictures.groups(entry, widest_sample(entry), no, self.locale))
        parts.extend(pictures.spread_and_modes(entry, no, self.locale))
        return Block(entry["printed"]["name"], f"detail-{no}", tuple(parts))

    def trend(self) -> Section:
        """Pass rates of the last rounds."""
        if len(self.data["trend_rounds"]) < 2 or is_survey(self.data["analytes"]):
            return self._section("trend", Prose((Line(text("prose.no_history", self.locale)),)))
        return self._section("trend", trend_table(self.data, "pass_rate", "5", self.locale))

    def failures(self) -> Section:
        """Kinds of error, counted."""
        return self._section("failures", failures_table(self.data, "6", self.locale))

    def adviser(self) -> Section:
        """Comments of the advisers."""
        lines = tuple(Line(comment) for comment in self.reading.meta.comments)
        return self._section("adviser", Prose(lines or (Line(text("prose.no_comments", self.locale)),)))

    def material(self) -> Section:
        """Samples, homogeneity and stability in full."""
        tables: list[Displayed] = [material_table(self.data, "7", self.locale)]
        if self.data["material_checks"]:
            tables.append(checks_table(self.data, "8", self.locale))
        return self._section("material", *tables)

    def criteria(self) -> Section:
        """Where targets and limits come from."""
        if is_survey(self.data["analytes"]):
            defined = indicator_sections.definitions(self.data, "9", self.locale)
            return Section("criteria", self._title("criteria_survey"), defined)
        tables = coded_sections.rules_tables(self.data, "9.1", self.locale)
        measured = {**self.data, "analytes": coded_sections.quantities_of(self.data["analytes"])}
        if measured["analytes"]:
            limits = criteria_table(measured, "10", self.locale)
            tables += [target_values_table(measured, "9", self.locale), limits]
        return self._section("criteria", *tables)

    def statistics(self) -> Section:
        """The statistical procedures."""
        kinds = {entry["coded"] is None for entry in self.data["analytes"]} or {True}
        keys = [
            key for key, kind in (("statistics.PR", True), ("statistics.PR_coded", False)) if kind in kinds
        ]
        lines = tuple(Line(paragraph) for key in keys for paragraph in paragraphs(key, self.locale))
        return self._section("statistics", Prose(lines))

    def findings(self) -> Section:
        """What a reader must know, numbered."""
        table = findings_table(self.data, "11", self.locale)
        return self._section("findings", table, *further_changes(self.data, "11.1", self.locale))

    def provenance(self) -> Section:
        """What the numbers can be traced to."""
        table = provenance_table(self.data, sha256(self._sealed[1]), "12", self.locale)
        return self._section("provenance", table, Prose((Line(text("notice.twin", self.locale)),)))

    def signoff(self) -> Section:
        """Who prepared, reviewed and approved; the end mark."""
        return self._section("signoff", *sign_off(self.reading), EndMark(text("notice.end", self.locale)))

    def results(self) -> Section:
        """The annex: results of all participants by alias."""
        tables = tuple(part for i in range(len(self.data["analytes"])) for part in self._annex(i))
        return Section("results", self._title("results"), tables, page_break_before=True)

    def _annex(self, position: int) -> list[Table]:
        table = results_by_alias_table(self.data, position, f"13.{position + 1}", self.locale)
        return parts_by_samples(table, 0, ANNEX_MM, self.locale)

    def how_to_read(self) -> Section:
        """Half a page of constant text."""
        return self._section("how-to-read", how_to_read("PR", self.locale))

    def _section(self, name: str, *parts: Displayed) -> Section:
        return Section(name, self._title(name), tuple(parts))

    def _title(self, name: str) -> str:
        return text(f"section.PR.{name}", self.locale)


def widest_sample(entry: Mapping[str, Any]) -> str:
    """The sample at which groups differ most from the target; the first without groups."""
    spread = {sample["sample"]: 0.0 for sample in entry["samples"]}
    for group in entry["groups"]:
        deviation = abs(group["percent_difference"] or 0.0)
        spread[group["sample"]] = max(spread[group["sample"]], deviation)
    return max(spread, key=lambda sample: spread[sample])
