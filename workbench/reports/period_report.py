"""A report over several programmes or rounds: the sections of its twin, with the furniture of every report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workbench.display import (
    Box,
    Cell,
    Column,
    Displayed,
    DocumentHead,
    EndMark,
    Facts,
    Line,
    Prose,
    Section,
    Table,
    Twin,
)
from workbench.errors import RenderError
from workbench.figures.agreement import ShareRow, shares
from workbench.reports.furniture import WATERMARKED, signatures
from workbench.reports.pictures import numbered
from workbench.reports.report_meta import ReportMeta
from workbench.reports.twin import sealed, sha256
from workbench.wording import date_text, round_text, text

BOXED = ("conclusion",)
"""Sections whose lines stand in a box."""


@dataclass(frozen=True)
class PeriodReport:
    """One report of kind LS, LA or PA.

    Parameters
    ----------
    built : the twin before it is sealed; `sections` holds all that is printed.
    meta : number, version, dates, people.
    programme : name of the programme of a PA; empty elsewhere.
    """

    built: Mapping[str, Any]
    meta: ReportMeta
    programme: str = ""

    @cached_property
    def _sealed(self) -> tuple[dict[str, Any], bytes, bytes]:
        return sealed({**self.built, "provenance": dict(self.built["provenance"])})

    @property
    def data(self) -> dict[str, Any]:
        """The twin: all that is printed, as data."""
        return self._sealed[0]

    @property
    def locale(self) -> str:
        """Language of the report."""
        return str(self.built["locale"])

    def twin(self) -> Twin:
        """The machine-readable copy; shows nothing, travels inside the files."""
        return Twin(self._sealed[1], self._sealed[2])

    def head(self) -> DocumentHead:
        """Title block and page furniture; what the report replaces, when it does."""
        locale, meta, kind = self.locale, self.meta, self.data["kind"]
        own, status = self.data["participant"], meta.issue.status
        subject = " · ".join(
            part for part in (own and own["lab_code"], self.programme, self._period()) if part
        )
        return DocumentHead(
            locale=locale,
            title=text(f"kind.{kind}", locale),
            organiser=meta.organiser,
            short_title=text(f"kind_short.{kind}", locale),
            report_number=meta.number,
            subject_line=subject,
            confidentiality=self._secrecy(),
            status=status,
            status_word=text(f"status.{status}", locale),
            watermark=text(f"watermark.{status}", locale) if status in WATERMARKED else "",
            issued_at=meta.issue.issued_at,
            parts=self._title_block(),
            kind=kind,
        )

    def _secrecy(self) -> str:
        """Who may read the report, as it stands at the head of every page."""
        own = self.data["participant"]
        if own:
            return text("notice.confidential", self.locale, lab_code=own["lab_code"])
        return text("notice.anonymous", self.locale)

    def _period(self) -> str:
        """The round or year in words; empty where the report has none, and then not shown."""
        period = str(self.data["round"])
        return (
            round_text(period, self.locale)
            if "-" in period
            else text("period.year", self.locale, year=period)
        )

    def _title_block(self) -> tuple[Displayed, ...]:
        """Label and value pairs, and what is replaced."""
        locale, meta, own = self.locale, self.meta, self.data["participant"]
        status = text(f"status.{meta.issue.status}", locale)
        pairs = [
            *([(text("head.programme", locale), self.programme)] if self.programme else []),
            *([(text("period.period", locale), period)] if (period := self._period()) else []),
            *([(text("head.lab_code", locale), own["lab_code"])] if own else []),
            (text("head.status", locale), f"{status}  V{meta.issue.version}"),
            (text("head.issued", locale), date_text(meta.issue.issued_at, locale, prose=True)),
        ]
        replaced = self.data["report"]["replaces"]
        box: tuple[Displayed, ...] = ()
        if replaced:
            line = Line(text("period.replaces", locale, number=replaced))
            box = (Box(text("notice.amendment.title", locale), (line,), tone="warning"),)
        contact = Facts(((text("head.contact", locale), meta.contact),), columns=1)
        return Facts(tuple(pairs), columns=3), contact, *box

    def section(self, name: str) -> Section:
        """One section of the twin by its id.

        Raises
        ------
        RenderError
            when the report has no such section.
        """
        part = next((each for each in self.data["sections"] if each["id"] == name), None)
        if part is None:
            known = ", ".join(each["id"] for each in self.data["sections"])
            raise RenderError(f"Report {self.data['kind']} has no section {name!r}; it has {known}.")
        lines = tuple(Line(line, strong=name in BOXED and i == 0) for i, line in enumerate(part["lines"]))
        parts: list[Displayed] = []
        if lines:
            parts.append(Box("", lines) if name in BOXED else Prose(lines))
        parts.extend(shown_table(table) for table in part["tables"])
        parts.extend(self._figures(name))
        return Section(name, part["title"], tuple(parts))

    def _figures(self, name: str) -> tuple[Displayed, ...]:
        """Scores or rates of a section as a figure, where it has any."""
        rows = [
            ShareRow(row["name"], row["a"], row["n"], row["low"], row["high"])
            for row in self.data.get("strips", {}).get(name, [])
        ]
        if len(rows) < 2:
            return ()
        figure = shares(rows, text(f"section.{self.data['kind']}.{name}", self.locale), self.locale, "SCORES")
        return (numbered(figure, "1", self.locale),)

    def provenance(self) -> Section:
        """The evaluations the report rests on, and the hash of the machine-readable copy."""
        part = next(each for each in self.data["sections"] if each["id"] == "provenance")
        digest = text("period.twin_sha256", self.locale, sha256=sha256(self._sealed[1]))
        tables = tuple(shown_table(table) for table in part["tables"])
        return Section("provenance", part["title"], (*tables, Prose((Line(digest),))))

    def signoff(self) -> Section:
        """Who prepared, reviewed and approved; the end mark."""
        parts = (*signatures(self.meta, self.locale), EndMark(text("notice.end", self.locale)))
        return Section("signoff", text(f"section.{self.data['kind']}.signoff", self.locale), parts)


def shown_table(part: Mapping[str, Any]) -> Table:
    """A table of the twin as it is displayed."""
    columns = tuple(
        Column(each["key"], each["heading"], align=each["align"], width_mm=each["width_mm"])
        for each in part["columns"]
    )
    rows = tuple(
        tuple(
            Cell(each["text"], tone=each["tone"], bold=each["bold"], blank=each.get("blank", False))
            for each in row
        )
        for row in part["rows"]
    )
    cards = part["id"] == "LS_actions"
    name = f"T-{part['id']}"
    return Table(name, part["caption"], columns, rows, notes=tuple(part["notes"]), cards_on_phone=cards)
