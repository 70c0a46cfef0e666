"""Save limits that were tried as a dated criteria file with a reason; the parameters' own loader reads it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from workbench.errors import ParameterError, Problem
from workbench.parameters.criteria import Criterion

MIN_REASON = 20
"""Fewest characters of a reason."""

_FIELDS = (
    "analyte",
    "matrix",
    "metric",
    "kind",
    "percent",
    "absolute",
    "unit",
    "breakpoint",
    "breakpoint_side",
)


@dataclass(frozen=True)
class DraftFile:
    """Who saves what, from when, and why.

    Attributes
    ----------
    authority, document, edition, clause : how the limits are to be cited.
    valid_from : first day in force.
    reason : at least 20 characters; it stands at the head of the file.
    """

    authority: str
    document: str
    edition: str
    clause: str
    valid_from: date
    reason: str


def criteria_text(limits: Sequence[Criterion], draft: DraftFile) -> str:
    """The file as text, for a preview.

    Raises
    ------
    ParameterError
        when there is no limit, the reason is too short or something to be cited by is empty.
    """
    _refuse(limits, draft)
    lines = [
        f"authority: {_quoted(draft.authority)}",
        f"document: {_quoted(draft.document)}",
        f"edition: {_quoted(draft.edition)}",
        f"about: {_quoted(draft.reason)}",
        "defaults:",
        f"  valid_from: {draft.valid_from.isoformat()}",
        f"  clause: {_quoted(draft.clause)}",
        "  verified: false",
        "  trust: low",
        "limits:",
    ]
    return "\n".join([*lines, *(_row(each) for each in limits)]) + "\n"


def _refuse(limits: Sequence[Criterion], draft: DraftFile) -> None:
    """Name everything that is missing at once."""
    problems = [
        Problem(f"{name} is empty")
        for name in ("authority", "document", "edition")
        if not getattr(draft, name).strip()
    ]
    if len(draft.reason.strip()) < MIN_REASON:
        problems.append(Problem(f"the reason has fewer than {MIN_REASON} characters"))
    if not limits:
        problems.append(Problem("no limit was chosen"))
    if problems:
        raise ParameterError("The limits cannot be saved.", problems)


def _row(criterion: Criterion) -> str:
    """One limit on one line, numbers digit for digit."""
    parts = []
    for name in _FIELDS:
        value = getattr(criterion, name)
        if value not in (None, ""):
            parts.append(f"{name}: {value if name in _NUMBERS else _quoted(str(value))}")
    parts.append(f"inclusive: {str(criterion.inclusive).lower()}")
    parts.append(f"raw_text: {_quoted(criterion.raw_text)}")
    return "  - {" + ", ".join(parts) + "}"


_NUMBERS = ("percent", "absolute", "breakpoint")


def _quoted(text: str) -> str:
    """Text as a double-quoted YAML scalar."""
    return json.dumps(text, ensure_ascii=False)


def save_criteria(folder: Path, limits: Sequence[Criterion], draft: DraftFile) -> Path:
    """Write a criteria file into a folder; an existing one is never overwritten.

    Returns
    -------
    The file's path: authority and first day in force, a number behind where the name is taken.
    """
    text = criteria_text(limits, draft)
    stem = "".join(c if c.isalnum() else "_" for c in draft.authority.lower()).strip("_") or "limits"
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, 1000):
        tail = "" if number == 1 else f"_{number}"
        path = folder / f"{stem}_{draft.valid_from:%Y%m%d}{tail}.yaml"
        try:
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except FileExistsError:
            continue
        return path
    raise ParameterError(f"No free file name for {stem} in {folder.name}; tidy the folder.")
