"""What reports over several programmes or rounds are built from: sections of lines and tables, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.parameters import Programme
from workbench.reports.report_meta import ReportMeta, localised
from workbench.wording import MISSING, text

SCHEMA = "eqa-period/1.0"
TONES = {"fail": "bad", "unsatisfactory": "bad", "unsuccessful": "bad", "not_scored": "not_scored"}
SURVEYS = ("indicator", "other")
"""Families nothing of which is passed or failed."""
SURVEY_TYPES = ("indicator_form", "iqc_comparison")
Column = tuple[str, str, float]
"""Key, alignment, width (mm)."""


def cell(shown: object, tone: str = "", *, bold: bool = False) -> dict[str, Any]:
    """One cell: its text, what it means, whether it stands out; nothing is a dash."""
    return {"text": str(shown) if shown not in (None, "") else MISSING, "tone": tone, "bold": bold}


def table_part(
    name: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Any]],
    locale: str,
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """One table: headings `period.<name>.<key>`, caption `caption.period.<name>`; cells as text or as `cell` gives them.

    Notes
    -----
    A table with a dash says what a dash stands for.
    """
    made = [[each if isinstance(each, dict) else cell(each) for each in row] for row in rows]
    dashed = any(each["text"].endswith(MISSING) for row in made for each in row)
    return {
        "id": name,
        "caption": text(f"caption.period.{name}", locale),
        "columns": [
            {"key": key, "heading": text(f"period.{name}.{key}", locale), "align": align, "width_mm": width}
            for key, align, width in columns
        ],
        "rows": made,
        "notes": [*notes, *([text("period.dash", locale)] if dashed else [])],
    }


def section_part(
    name: str, locale: str, lines: Sequence[str] = (), tables: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """One section, named by kind and section as in `LS.conclusion`: its title, lines of prose and tables."""
    _, _, anchor = name.partition(".")
    title = text(f"section.{name}", locale)
    return {"id": anchor, "title": title, "lines": list(lines), "tables": list(tables)}


def period_twin(kind: str, meta: ReportMeta, locale: str, period: str, lab_code: str = "") -> dict[str, Any]:
    """The head of a twin over several programmes or rounds; the report's own parts are added to it."""
    previous = meta.issue.previous()
    return {
        "schema": SCHEMA,
        "kind": kind,
        "locale": locale,
        "report": {
            "number": meta.number,
            "version": meta.issue.version,
            "status": meta.issue.status,
            "replaces": previous["report"]["number"] if previous else None,
            "issued_at": meta.issue.issued_at,
            "organiser": meta.organiser,
            "signed": {role: name for role, (name, _) in meta.signed.items()},
        },
        "programme": {"programme_no": "", "name_zh": "", "name_en": "", "iso17043": False},
        "round": period,
        "participant": {"lab_code": lab_code, "round_alias": None, "device_id": None} if lab_code else None,
        "analytes": [],
        "sections": [],
    }


def is_programme_of_surveys(programme: Programme) -> bool:
    """Whether nothing in a programme is passed or failed.

    Examples
    --------
    >>> from workbench.parameters import catalogue
    >>> is_programme_of_surveys(catalogue()["10.1"]), is_programme_of_surveys(catalogue()["1.1"])
    (True, False)
    """
    return all(analyte.result_type in SURVEY_TYPES for analyte in programme.analytes)


def programme_name(programme: Programme, locale: str) -> str:
    """Number and name of a programme with the mark of those within the scope of accreditation."""
    mark = " ※" if programme.iso17043 else ""
    return f"{programme.programme_no} {localised(programme, 'name', locale)}{mark}"
