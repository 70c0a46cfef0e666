"""The report of one laboratory on one programme and round; one method per section.

Everything shown is made from the twin: paper, screen, workbook and data hold the same numbers.
"""

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
    Twin,
)
from workbench.parameters import catalogue, criteria
from workbench.reports import coded_sections, indicator_sections, pictures
from workbench.reports.amendment import further_changes
from workbench.reports.furniture import document_head, how_to_read, sign_off, title_block
from workbench.reports.indicator_parts import is_survey
from workbench.reports.lab_twin import lab_twin
from workbench.reports.prepared import prepared_round
from workbench.reports.reading import Reading
from workbench.reports.reply_form import reply_form
from workbench.reports.report_meta import Issue, plan_of, report_meta
from workbench.reports.twin import sealed, sha256
from workbench.store import laboratory_view
from workbench.tables import (
    actions_table,
    criteria_table,
    findings_table,
    groups_table,
    history_table,
    item_summary_table,
    material_table,
    overall_table,
    own_groups_table,
    provenance_table,
    sample_detail_table,
    target_values_table,
)
from workbench.tables.trueness import trueness_table
from workbench.wording import text

SYSTEM = ("method", "instrument", "reagent", "calibrator")
WATCHED = ("S17", "S18")
"""Sentences that put an item's chart into the history."""


def open_lab_round(
    database: str, round_code: str, programme_no: str, lab_code: str, locale: str, issue: Issue | None = None
) -> LabRound:
    """Open the report of one laboratory from the evaluation in force.

    Parameters
    ----------
    database : URL of the store; a relative SQLite path is taken from the project's folder.
    round_code, programme_no : for example "2026-1" and "1.1".
    lab_code : participant code.
    locale : `zh_CN` or `en`.
    issue : version, status, date of issue, replaced version; None: version 1, final, date of the plan.

    Raises
    ------
    DataError
        when the round has no evaluation, or the laboratory did not take part.
    ParameterError
        when no file plans the round, or the programme is not in the catalogue.
    """
    ready = prepared_round(database, round_code, programme_no)
    view = laboratory_view(ready.store, ready.shared, lab_code)
    issue = issue or Issue()
    plan = plan_of(round_code, database, issue.plan)
    meta = report_meta(plan, "LR", programme_no, lab_code, issue, locale)
    return LabRound(Reading(view, catalogue()[programme_no], criteria(), locale, meta, ready.rows))


@dataclass(frozen=True)
class LabRound:
    """One laboratory's report: its twin and the sections made from it.

    Parameters
    ----------
    reading : the laboratory's view, the parameters, the language, the report's own facts.

    Notes
    -----
    A section that does not apply is None, which a notebook cell shows as nothing: a participant that
    returned nothing gets page 1 and the furniture, the reply form exists only when something failed.
    """

    reading: Reading

    @cached_property
    def _sealed(self) -> tuple[dict[str, Any], bytes, bytes]:
        return sealed(lab_twin(self.reading))

    @property
    def data(self) -> dict[str, Any]:
        """The twin: all that is printed, unrounded and in printed form."""
        return self._sealed[0]

    @property
    def locale(self) -> str:
        """Language of the report."""
        return self.reading.locale

    @property
    def _detailed(self) -> bool:
        return bool(self.data["returned"])

    @property
    def _is_survey(self) -> bool:
        """Whether nothing in the report is passed or failed: quality indicators."""
        return is_survey(self.data["analytes"])

    def twin(self) -> Twin:
        """The machine-readable copy; shows nothing, travels inside the files."""
        return Twin(self._sealed[1], self._sealed[2])

    def head(self) -> DocumentHead:
        """Title block and page furniture; the amendment box when the report replaces another."""
        return document_head(self.data, self.reading, title_block(self.data, self.reading))

    def conclusion(self) -> Section:
        """The box of at most six lines: verdict, counts, what needs action, until when."""
        lines = tuple(
            Line(line["text"], line["code"] or "", line["strong"], line["tone"] or "")
            for line in self.data["conclusion"]
        )
        tones = {"unsatisfactory": "bad", "not_scored": "not_scored"}
        verdict = "" if self._is_survey else self.data["verdict"]["verdict"]
        tone = "bad" if self.data["verdict"]["critical"] else tones.get(verdict, "")
        box = Box("", lines, tone=tone)
        return self._section("conclusion", box)

    def actions(self) -> Section | None:
        """The items that need action, each with what went wrong and what to do first."""
        if not self._detailed or self._is_survey:
            return None
        if not self.data["actions"]:
            return self._section("actions", Prose((Line(text("prose.actions_empty", self.locale)),)))
        return self._section("actions", actions_table(self.data, self.locale))

    def summary(self) -> Section:
        """All items in one table; of all laboratories when this one returned nothing."""
        if not self._detailed:
            return self._section("summary", overall_table(self.data, self.locale))
        if self._is_survey:
            return self._section("summary", *indicator_sections.own_summary(self.data, self.locale))
        policy = self.reading.policy(self.data["analytes"][0]["analyte"])
        rules = [Line(text(f"notice.not_scored_rule.{policy.not_scored}", self.locale))]
        if policy.coded.counting == "samples":
            rules.append(Line(text("notice.counting_samples", self.locale)))
        return self._section("summary", item_summary_table(self.data, self.locale), Prose(tuple(rules)))

    def overview(self) -> Section | None:
        """Answers of coded items in one grid, deviations of quantities at a glance."""
        if not self._detailed:
            return None
        if self._is_survey:
            peers = indicator_sections.own_strip(self.data, self.locale)
            return Section("overview", self._title("overview_survey"), peers)
        measured = coded_sections.quantities_of(self.data["analytes"])
        strip = pictures.deviations({**self.data, "analytes": measured}, self.locale) if measured else ()
        parts = coded_sections.overview_parts(self.data, self.locale)
        title = text("section.LR.overview_coded", self.locale) if parts else self._title("overview")
        return Section("overview", title, (*parts, *strip))

    def detail(self) -> Section | None:
        """One block per item: samples, distributions, sentences."""
        if not self._detailed:
            return None
        if self._is_survey:
            figures = indicator_sections.own_funnels(self.data, self.locale)
            return Section("detail", self._title("detail_survey"), figures) if figures else None
        tables, quiet = coded_sections.detail_parts(self.data, self.locale)
        shown = [entry for entry in self.data["analytes"] if entry["analyte"] not in quiet]
        return self._section("detail", *tables, *(self._item(i, e) for i, e in enumerate(shown, 1)))

    def _item(self, no: int, entry: Mapping[str, Any]) -> Block:
        """The block of one item."""
        printed, locale = entry["printed"], self.locale
        if entry["coded"] is not None:
            return coded_sections.item_block(entry, no, _title(entry), locale)
        missing = text("head.not_given", locale)
        system = {name: printed[name] if entry[name] else missing for name in SYSTEM}
        unit = printed["unit"] or text("cell.none", locale)
        group = {"level": printed["group"], "names": printed["group_names"]}
        head = (
            Line(text("prose.detail_head", locale, unit=unit, **system)),
            Line(text("prose.detail_own_group", locale, **group)),
        )
        sentences = tuple(Line(sentence["text"], sentence["code"]) for sentence in entry["sentences"])
        parts: list[Displayed] = [Prose(head), sample_detail_table(entry, f"2.{no}", locale)]
        if entry["trueness"]:
            parts.append(trueness_table(entry, f"2.{no}.1", locale))
            parts.extend(pictures.bias(entry, f"2.{no}.1", locale))
        parts.extend(pictures.distributions(entry, no, locale))
        if sentences:
            parts.append(Prose(sentences))
        return Block(_title(entry), f"detail-{no}", tuple(parts), unbreakable=True)

    def comments(self) -> Section | None:
        """The laboratory's own remark and the comments of the organiser and its advisers."""
        lines = [Line(comment) for comment in self.reading.meta.comments]
        if self.data["remark"]:
            lines.insert(0, Line(text("prose.lab_comment", self.locale, text=self.data["remark"])))
        return self._section(
            "comments", Prose(tuple(lines) or (Line(text("prose.no_comments", self.locale)),))
        )

    def history(self) -> Section | None:
        """Scores of the last rounds; a chart for each item that failed or is watched."""
        if not self._detailed:
            return None
        if self._is_survey:
            return None
        agreement = coded_sections.history_parts(self.data, self.locale)
        if len(self.data["history_rounds"]) < 2:
            none = Prose((Line(text("prose.no_history", self.locale)),))
            return self._section("history", none, *agreement)
        watched = [entry for entry in self.data["analytes"] if needs_watching(entry)]
        charts = pictures.histories(watched, self.data, self.locale)
        return self._section("history", history_table(self.data, self.locale), *charts, *agreement)

    def groups(self) -> Section | None:
        """The own group of every item; all groups of each item that failed by its results."""
        if not self._detailed:
            return None
        if self._is_survey:
            return None
        measured = coded_sections.quantities_of(self.data["analytes"])
        failed = [entry for entry in measured if failed_by_result(entry)]
        blocks = (self._groups_of(no, entry) for no, entry in enumerate(failed, 1))
        table = own_groups_table(self.data["analytes"], "4", self.locale)
        kits = coded_sections.group_blocks(self.data, self.locale)
        return self._section("groups", table, *blocks, *kits)

    def _groups_of(self, no: int, entry: Mapping[str, Any]) -> Block:
        """Groups of a failed item at the sample that is farthest out."""
        sample = farthest_sample(entry)
        table = groups_table(entry, sample, f"4.{no}", self.locale)
        picture = pictures.groups(entry, sample, no, self.locale)
        return Block(_title(entry), f"groups-{no}", (table, *picture))

    def findings(self) -> Section | None:
        """What a reader must know, numbered."""
        if not self._detailed:
            return None
        table = findings_table(self.data, "5", self.locale)
        return self._section("findings", table, *further_changes(self.data, "5.1", self.locale))

    def criteria(self) -> Section | None:
        """Where targets and limits come from."""
        if not self._detailed:
            return None
        if self._is_survey:
            defined = indicator_sections.definitions(self.data, "6", self.locale)
            return Section("criteria", self._title("criteria_survey"), defined)
        tables = coded_sections.rules_tables(self.data, "6.1", self.locale)
        measured = {**self.data, "analytes": coded_sections.quantities_of(self.data["analytes"])}
        if measured["analytes"]:
            limits = criteria_table(measured, "7", self.locale)
            tables += [target_values_table(measured, "6", self.locale), limits]
        return self._section("criteria", *tables)

    def material(self) -> Section | None:
        """The samples as material."""
        return (
            self._section("material", material_table(self.data, "8", self.locale)) if self._detailed else None
        )

    def provenance(self) -> Section:
        """What the numbers can be traced to."""
        table = provenance_table(self.data, sha256(self._sealed[1]), "9", self.locale)
        return self._section("provenance", table, Prose((Line(text("notice.twin", self.locale)),)))

    def signoff(self) -> Section:
        """Who prepared, reviewed and approved; the end mark."""
        return self._section("signoff", *sign_off(self.reading), EndMark(text("notice.end", self.locale)))

    def response_form(self) -> Section | None:
        """The blank reply form; only when something failed."""
        if not self.data["actions"]:
            return None
        parts = reply_form(self.data, self.reading)
        return Section("annex-response", self._title("annex-response"), parts, page_break_before=True)

    def how_to_read(self) -> Section:
        """Half a page of constant text."""
        kinds = {entry["coded"] is None for entry in self.data["analytes"]} or {True}
        key = "QI" if self._is_survey else "LR" if True in kinds else "LR_coded"
        return self._section("how-to-read", how_to_read(key, self.locale))

    def _section(self, name: str, *parts: Displayed) -> Section:
        return Section(name, self._title(name), tuple(parts))

    def _title(self, name: str) -> str:
        return text(f"section.LR.{name}", self.locale)


def needs_watching(entry: Mapping[str, Any]) -> bool:
    """Whether an item failed by its results, or a sentence says that it drifts or is near its limit."""
    return failed_by_result(entry) or any(part["code"] in WATCHED for part in entry["sentences"])


def failed_by_result(entry: Mapping[str, Any]) -> bool:
    """Whether an item failed by what was measured, not by a rule on late or missing results."""
    return entry["verdict"] == "fail" and any(
        result["signal"] == "action" and result["value"] is not None for result in entry["results"]
    )


def farthest_sample(entry: Mapping[str, Any]) -> str:
    """The sample whose deviation takes the largest share of what is allowed; the first without any."""
    results = entry["results"]
    return str(max(results, key=lambda result: abs(result["percent_allowed"] or 0.0))["sample"])


def _title(entry: Mapping[str, Any]) -> str:
    """Name of an item, with its device where there are several."""
    return " · ".join(part for part in (entry["printed"]["name"], entry["device_id"]) if part)
