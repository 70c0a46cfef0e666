"""Head, rules, provenance and reading help that all reports on internal quality control share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.display import Displayed, DocumentHead, EndMark, Facts, Line, Prose, Section, Table
from workbench.reports.furniture import WATERMARKED
from workbench.reports.twin import sha256
from workbench.tables.control import rules_table
from workbench.wording import date_text, paragraphs, text


def iqc_head(twin: Mapping[str, Any], period: str, facts: Mapping[str, str], locale: str) -> DocumentHead:
    """Title block and furniture.

    Parameters
    ----------
    period : as printed. facts : further pairs, key of ``iqc.head`` -> text.
    """
    own, report = twin["participant"], twin["report"]
    pairs = {
        "period": period,
        **({"lab_code": own["lab_code"]} if own else {}),
        **facts,
        "status": f"{text('status.' + report['status'], locale)}  V{report['version']}",
        "issued": date_text(report["issued_at"], locale, prose=True),
    }
    number = ((text("iqc.head.number", locale), report["number"]),)
    shown = tuple((text(f"iqc.head.{key}", locale), value) for key, value in pairs.items())
    if own:
        subject = text("furniture.subject_iqc", locale, lab_code=own["lab_code"], period=period)
        secret = text("notice.confidential", locale, lab_code=own["lab_code"])
    else:
        subject, secret = (
            text("furniture.subject_iqc_all", locale, period=period),
            text("notice.anonymous", locale),
        )
    return DocumentHead(
        locale=locale,
        title=text(f"kind.{twin['kind']}", locale),
        organiser=twin["organiser"],
        short_title=text(f"kind_short.{twin['kind']}", locale),
        report_number=report["number"],
        subject_line=subject,
        confidentiality=secret,
        status=report["status"],
        status_word=text(f"status.{report['status']}", locale),
        watermark=text(f"watermark.{report['status']}", locale) if report["status"] in WATERMARKED else "",
        issued_at=report["issued_at"],
        parts=(Facts(shown, columns=3), Facts(number, columns=1)),
        kind=twin["kind"],
    )


def section(twin: Mapping[str, Any], name: str, *parts: Displayed | None) -> Section:
    """A section with its heading; parts that are not there are left out."""
    locale = twin["locale"]
    title = text(f"section.{twin['kind']}.{name}", locale)
    return Section(name, title, tuple(part for part in parts if part is not None))


def note(key: str, locale: str) -> Prose:
    """One sentence instead of a table that would be empty."""
    return Prose((Line(text(f"iqc.note.{key}", locale)),))


def table_or_note(table: Table | None, key: str, locale: str) -> Displayed:
    """The table, or the sentence that says why there is none."""
    return note(key, locale) if table is None else table


def criteria_section(twin: Mapping[str, Any], number: str) -> Section:
    """The rule set with its exact boundaries and conventions, and how groups and grades are made."""
    locale = twin["locale"]
    conventions = tuple(Line(line) for line in twin["rule_set"]["conventions"])
    target = Line(text("iqc.target_source", locale))
    scheme = tuple(Line(line) for line in twin["scheme"]["lines"])
    table = rules_table(twin["rule_set"], number, locale)
    return section(twin, "criteria", table, Prose((*conventions, target)), Prose(scheme))


def provenance_section(twin: Mapping[str, Any], json_bytes: bytes) -> Section:
    """Hashes of what the figures were made from, and of the machine-readable copy."""
    locale, made = twin["locale"], twin["provenance"]
    values = {
        "version": made["code_version"],
        "criteria": made["criteria_version"][:12],
        "rules": made["rule_set"],
        "scheme": made["scheme"],
    }
    lines = (
        text("iqc.provenance.points", locale, n=made["points"], hash=made["points_sha256"]),
        text("iqc.provenance.code", locale, **values),
        text("iqc.provenance.twin", locale, hash=sha256(json_bytes)),
    )
    return section(twin, "provenance", Prose(tuple(Line(line) for line in lines)))


def reading_section(twin: Mapping[str, Any]) -> Section:
    """The constant text, and the end of the report."""
    locale = twin["locale"]
    lines = tuple(Line(paragraph) for paragraph in paragraphs(f"howto.{twin['kind']}", locale))
    return section(twin, "how-to-read", Prose(lines), EndMark(text("notice.end", locale)))
