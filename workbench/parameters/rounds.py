"""The plan of one round: programmes, dates, database, languages, formats, who signs."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import AwareDatetime, Field, field_validator, model_validator

from workbench.errors import ParameterError
from workbench.parameters.loading import Reader, raise_if_any
from workbench.parameters.policy import Strict

Format = Literal["html", "pdf", "xlsx", "json", "csv"]
Locale = Literal["zh_CN", "en"]
Selection = Literal["all"] | int | tuple[str, ...]


class Contact(Strict):
    """Where participants turn."""

    office_zh: str
    office_en: str
    telephone: str = ""
    email: str = ""
    address_zh: str = ""
    address_en: str = ""


class Organiser(Strict):
    """Who issues the reports; `short` stands in report numbers, ASCII only."""

    name_zh: str
    name_en: str
    short: str = Field(pattern=r"^[A-Z0-9]{1,12}$")
    contact: Contact
    authority_zh: str = ""
    authority_en: str = ""


class Signature(Strict):
    """One signing person and day."""

    name_zh: str
    name_en: str
    signed_on: date


class Roles(Strict):
    """Prepared, reviewed, approved."""

    prepared: Signature
    reviewed: Signature
    approved: Signature

    @model_validator(mode="after")
    def _two_persons(self) -> Roles:
        if self.prepared.name_zh == self.approved.name_zh:
            raise ValueError("whoever prepares a report cannot approve it")
        return self


class ProgrammePlan(Strict):
    """What differs for one programme of the round."""

    opens_at: date | None = None
    closing_at: AwareDatetime | None = None
    correction_due: date | None = None
    laboratories: Selection | None = None
    adviser_comment_zh: str = ""
    adviser_comment_en: str = ""


class RoundPlan(Strict):
    """One round as its YAML file states it.

    Attributes
    ----------
    laboratories : "all", the first so many in code order, or a list of codes.
    languages : locale -> for whom a report in that language is made, selected likewise.
    opens_at : day the samples were sent out; a test date before it is another round's. None: not checked.
    summaries : reports over several programmes or rounds made after the others: LS, a laboratory's round; LA, its
        year; PA, a programme's year. With LA and PA the round is the last of its year.
    as_of : data and history up to this moment. issued_at : date and time printed and written to files.
    """

    round: str = Field(pattern=r"^\d{4}-\d{1,2}$")
    database: str
    programmes: tuple[str, ...] = Field(min_length=1)
    laboratories: Selection = "all"
    languages: dict[Locale, Selection] = Field(default={"zh_CN": "all"})
    formats: tuple[Format, ...] = ("html", "pdf", "xlsx", "json", "csv")
    status: Literal["preliminary", "final", "amended", "withdrawn"] = "final"
    outputs: str = "outputs"
    opens_at: date | None = None
    closing_at: AwareDatetime
    as_of: AwareDatetime
    issued_at: AwareDatetime
    correction_due: date
    appeal_until: date
    organiser: Organiser
    roles: Roles
    summaries: tuple[Literal["LS", "LA", "PA"], ...] = ()
    outside_providers_zh: str = "无"
    outside_providers_en: str = "none"
    programme_plans: dict[str, ProgrammePlan] = Field(default_factory=dict)

    @field_validator("laboratories", mode="before")
    @classmethod
    def _laboratories(cls, value: Any) -> Any:
        return _selection(value)

    @field_validator("languages", mode="before")
    @classmethod
    def _languages(cls, value: Any) -> Any:
        return {k: _selection(v) for k, v in value.items()} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _dates_in_order(self) -> RoundPlan:
        if not self.closing_at <= self.as_of <= self.issued_at:
            raise ValueError("closing_at, as_of and issued_at must follow one another")
        unknown = set(self.programme_plans) - set(self.programmes)
        if unknown:
            raise ValueError(
                f"programme_plans names programmes not in the round: {', '.join(sorted(unknown))}"
            )
        for number in self.programmes:
            opens = self.opening(number)
            if opens is not None and opens > self.closing(number).date():
                raise ValueError(f"programme {number} opens on {opens}, after it closes")
        return self

    def opening(self, programme_no: str) -> date | None:
        """Day the samples of one programme were sent out, where the plan says so."""
        plan = self.programme_plans.get(programme_no)
        return plan.opens_at if plan and plan.opens_at else self.opens_at

    def closing(self, programme_no: str) -> datetime:
        """Closing time of one programme."""
        plan = self.programme_plans.get(programme_no)
        return plan.closing_at if plan and plan.closing_at else self.closing_at

    def due(self, programme_no: str) -> date:
        """Date by which corrective replies of one programme are due."""
        plan = self.programme_plans.get(programme_no)
        return plan.correction_due if plan and plan.correction_due else self.correction_due

    def select_laboratories(self, lab_codes: list[str], programme_no: str | None = None) -> list[str]:
        """The laboratories a report is made for, in code order."""
        plan = self.programme_plans.get(programme_no or "")
        chosen = plan.laboratories if plan and plan.laboratories is not None else self.laboratories
        return selected(chosen, lab_codes)

    def select_languages(self, lab_codes: list[str]) -> dict[str, list[str]]:
        """Locale -> laboratories, of those given."""
        return {locale: selected(choice, lab_codes) for locale, choice in self.languages.items()}


def _selection(value: Any) -> Any:
    """Turn the text of a number into a number; leave the rest."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def selected(choice: Selection, lab_codes: list[str]) -> list[str]:
    """Apply a selection to laboratory codes.

    Examples
    --------
    >>> selected(2, ["L0003", "L0001", "L0002"]), selected(("L0003",), ["L0003", "L0001"])
    (['L0001', 'L0002'], ['L0003'])
    """
    ordered = sorted(lab_codes)
    if choice == "all":
        return ordered
    if isinstance(choice, int):
        return ordered[:choice]
    return [code for code in ordered if code in set(choice)]


def load_round(path: Path | str) -> RoundPlan:
    """Read one round's plan.

    Raises
    ------
    ParameterError
        with every problem of the file, or when it does not exist.
    """
    file = Path(path)
    if not file.is_file():
        raise ParameterError(f"No round plan at {file}; see parameters/rounds/.")
    reader = Reader(file)
    data = reader.mapping(tuple(RoundPlan.model_fields))
    plan = reader.model(RoundPlan, data, ()) if data and not reader.problems else None
    raise_if_any(reader.problems, f"The plan of the round {file.name} cannot be read")
    assert plan is not None
    return plan
