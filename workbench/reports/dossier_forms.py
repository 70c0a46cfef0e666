"""The fields of an investigation dossier that are filled in by hand or typed: parts C to H, and the signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.display import Cell, Column, Table
from workbench.wording import text

_ACTION_COLUMNS = (("item", 30.0), ("action", 60.0), ("owner", 27.0), ("due", 25.0), ("evidence", 33.0))
_CHECK_COLUMNS = (("item", 85.0), ("found", 60.0), ("done", 30.0))
_FIELD_COLUMNS = (("item", 60.0), ("entry", 115.0))

WORTH_CHECKING = 0.05
"""Least support of a cause below the first whose check stands in the list."""

FORMS = {
    "checks": (_FIELD_COLUMNS, ("repeat", "repeat_sample", "checked_by")),
    "classification": (_FIELD_COLUMNS, ("class", "explanation")),
    "patients": (_FIELD_COLUMNS, ("period", "tests", "look_back", "corrected")),
    "actions": (_ACTION_COLUMNS, ("corrective", "preventive")),
    "effectiveness": (_FIELD_COLUMNS, ("remeasurement", "next_iqc", "next_round")),
    "decision": (_FIELD_COLUMNS, ("decision", "reviewer")),
    "signoff": (_FIELD_COLUMNS, ("signature",)),
}
"""Section -> columns and rows to be filled in; the rows are keys `form.ID.<row>`."""


def form_parts(causes: Sequence[Mapping[str, Any]], locale: str) -> dict[str, list[dict[str, Any]]]:
    """The forms of every section that has one.

    Parameters
    ----------
    causes : those that are told; each gives lines of the check-list of part C. Without any the usual order of checks.
    """
    out = {
        section: [_form(section, columns, [text(f"form.ID.{row}", locale) for row in rows], locale)]
        for section, (columns, rows) in FORMS.items()
    }
    checks = [
        text("dossier.check", locale, cause=each["printed"]["name"], check=each["check"])
        for each in causes
        if each["family"] not in ("none", "organiser")
        and (each["rank"] == 1 or each["support"] >= WORTH_CHECKING)
    ] or [
        text(f"form.ID.step.{step}", locale)
        for step in ("report", "sample", "instrument", "control", "trend")
    ]
    out["checks"].insert(0, _form("check_list", _CHECK_COLUMNS, checks, locale))
    return out


def _form(
    name: str, columns: Sequence[tuple[str, float]], rows: Sequence[str], locale: str
) -> dict[str, Any]:
    """One form as data."""
    return {
        "id": f"id_form_{name}",
        "caption": text("caption.id_form", locale),
        "columns": [
            {"key": key, "heading": text(f"table.id_form.{key}", locale), "width_mm": width}
            for key, width in columns
        ],
        "rows": list(rows),
    }


def shown_form(part: Mapping[str, Any]) -> Table:
    """A form as it is printed: the first column says what belongs there, the others are ruled fields."""
    heads = tuple(Column(each["key"], each["heading"], width_mm=each["width_mm"]) for each in part["columns"])
    fields = tuple(Cell("", blank=True, high=True) for _ in heads[1:])
    return Table(
        f"T-{part['id']}", part["caption"], heads, tuple((Cell(row), *fields) for row in part["rows"])
    )
