"""What the annual programme notice says beside the catalogue: `parameters/notices/<year>.yaml`."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

from pydantic import AwareDatetime, Field, model_validator

from workbench.errors import ParameterError
from workbench.parameters.home import project_root
from workbench.parameters.loading import Reader, catalogue, raise_if_any
from workbench.parameters.policy import Strict
from workbench.parameters.rounds import Organiser, Roles
from workbench.parameters.yaml_text import fingerprint


class Remark(Strict):
    """A remark on one programme in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class NoticePlan(Strict):
    """The notice of one year as its YAML file states it.

    Attributes
    ----------
    issued_at : date and time printed and written to files.
    enrol_from, enrol_until : first and last day of enrolment; None while they are not settled.
    enrolment_zh, enrolment_en : how to enrol; the contact is printed where they are empty.
    remarks : programme number -> remark printed in its row.
    """

    year: int = Field(ge=2000, le=2999)
    issued_at: AwareDatetime
    enrol_from: date | None = None
    enrol_until: date | None = None
    enrolment_zh: str = ""
    enrolment_en: str = ""
    organiser: Organiser
    roles: Roles
    remarks: dict[str, Remark] = Field(default_factory=dict)
    outside_providers_zh: str = "无"
    outside_providers_en: str = "none"

    @model_validator(mode="after")
    def _days_in_order(self) -> NoticePlan:
        if self.enrol_from and self.enrol_until and self.enrol_from > self.enrol_until:
            raise ValueError("enrolment ends before it begins")
        return self


def notice_file(year: int) -> Path:
    """Where the notice of a year is planned."""
    return project_root() / "parameters" / "notices" / f"{year}.yaml"


def notice_plan(year: int, file: Path | None = None) -> NoticePlan:
    """Return the plan of a year's notice, cached until its file changes.

    Raises
    ------
    ParameterError
        with every problem of the file: file, line, column; when there is none, or it is another year's.

    Examples
    --------
    >>> notice_plan(2026).organiser.short
    'EQA'
    """
    path = file or notice_file(year)
    if not path.is_file():
        raise ParameterError(
            f"No notice is planned at {path}; copy that of another year there and change year, dates and people."
        )
    plan = _plan(fingerprint([path]))
    if plan.year != year:
        raise ParameterError(f"{path} plans the notice of {plan.year}, not of {year}.")
    return plan


@lru_cache(maxsize=4)
def _plan(files: tuple[tuple[str, int, int], ...]) -> NoticePlan:
    reader = Reader(Path(files[0][0]))
    data = reader.mapping(tuple(NoticePlan.model_fields))
    plan = reader.model(NoticePlan, data, ()) if data and not reader.problems else None
    for number in plan.remarks if plan else ():
        if number not in catalogue():
            reader.blame(f"the catalogue has no programme {number!r}", ("remarks", number))
    raise_if_any(reader.problems, "The plan of the notice cannot be read")
    assert plan is not None
    return plan
