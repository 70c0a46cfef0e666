"""What is offered: disciplines, programmes, analytes. One YAML file per discipline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Literal

from pydantic import Field, field_validator, model_validator

from workbench.parameters.criteria import CriteriaBook, Criterion, Matrix
from workbench.parameters.policy import CriterionRef, EvaluationPolicy, Strict

ResultType = Literal[
    "quantitative",
    "quantitative_log10",
    "trueness",
    "ordinal",
    "qualitative",
    "identification",
    "genotype",
    "ast",
    "antigen_typing",
    "indicator_form",
    "iqc_comparison",
]
QUANTITATIVE_TYPES = ("quantitative", "quantitative_log10", "trueness")


class UnitConversion(Strict):
    """An accepted input unit: value in the programme's unit = factor x value + offset."""

    unit: str
    factor: Decimal
    offset: Decimal = Decimal(0)
    note: str = ""

    @field_validator("factor")
    @classmethod
    def _is_positive(cls, value: Decimal) -> Decimal:
        if value <= 0:
            raise ValueError("factor must be above zero")
        return value


class Analyte(Strict):
    """One thing that is measured in one programme.

    Attributes
    ----------
    analyte : code, unique in its programme.
    unit : as printed in Chinese reports; empty for pure numbers (pH, INR) and for coded results.
    decimals : decimals of the reporting step; None for coded results.
    ucum, loinc : machine-readable unit and code, where settled.
    plausible_low, plausible_high : bounds outside which a reported number is questioned, in `unit`.
    criterion : replaces the programme's criterion for this analyte.
    categories : where a coded analyte's answers come from: a list of `parameters/categories`, lists of
        `parameters/vocabularies` joined by "|", or the panel of `parameters/genotypes` it is one type of.
    """

    analyte: str = Field(min_length=1)
    name_zh: str = Field(min_length=1)
    name_en: str = Field(min_length=1)
    result_type: ResultType
    matrix: Matrix
    unit: str = ""
    unit_zh: str = ""
    decimals: int | None = Field(default=None, ge=0, le=6)
    ucum: str | None = None
    loinc: str | None = None
    unit_conversions: tuple[UnitConversion, ...] = ()
    plausible_low: Decimal | None = None
    plausible_high: Decimal | None = None
    criterion: CriterionRef | None = None
    categories: str = ""
    to_settle: tuple[str, ...] = ()

    @property
    def is_quantitative(self) -> bool:
        """Whether results are numbers on a scale."""
        return self.result_type in QUANTITATIVE_TYPES

    @model_validator(mode="after")
    def _number_has_decimals(self) -> Analyte:
        if self.is_quantitative and self.decimals is None:
            raise ValueError(f"quantitative analyte {self.analyte} needs decimals")
        return self


class Programme(Strict):
    """One programme of the catalogue.

    Attributes
    ----------
    samples_per_year : None while the organiser has not decided.
    iso17043 : within the scope of accreditation. restricted : by invitation only.
    evaluation : the programme's policy, None where no quantitative rules apply.
    analyte_evaluation : policies of analytes that differ from it, by code.
    to_settle : what the organiser must confirm before the first real round.
    """

    programme_no: str
    category_no: int
    category_zh: str
    category_en: str
    name_zh: str
    name_en: str
    iso17043: bool = False
    restricted: bool = False
    samples_per_year: int | None = Field(default=None, ge=1)
    rounds_per_year: int = Field(ge=1)
    notes: str = ""
    to_settle: tuple[str, ...] = ()
    evaluation: EvaluationPolicy | None = None
    analyte_evaluation: dict[str, EvaluationPolicy] = Field(default_factory=dict)
    analytes: tuple[Analyte, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """Analyte codes in catalogue order."""
        return tuple(analyte.analyte for analyte in self.analytes)

    @property
    def samples_per_round(self) -> int | None:
        """Whole samples a round; None while undecided."""
        return (
            None if self.samples_per_year is None else max(1, self.samples_per_year // self.rounds_per_year)
        )

    def analyte(self, code: str) -> Analyte:
        """The analyte of that code; KeyError when the programme has none."""
        for analyte in self.analytes:
            if analyte.analyte == code:
                return analyte
        raise KeyError(f"programme {self.programme_no} has no analyte {code!r}")

    def policy(self, code: str) -> EvaluationPolicy | None:
        """The policy that holds for one analyte."""
        return self.analyte_evaluation.get(code, self.evaluation)

    def criterion_reference(self, code: str) -> CriterionRef | None:
        """Which limit holds for one analyte: its own entry, else its policy's."""
        own = self.analyte(code).criterion
        policy = self.policy(code)
        return own if own is not None else policy.criterion if policy else None

    def criterion(self, code: str, book: CriteriaBook) -> Criterion | None:
        """The limit of one analyte with its figures in the analyte's unit, or None."""
        reference = self.criterion_reference(code)
        if reference is None:
            return None
        found = book.for_reference(reference, self.analyte(code))
        return found and found.in_unit_of(self.analyte(code))


class Catalogue(Mapping[str, Programme]):
    """Programmes by number, in catalogue order (1.2 before 1.10)."""

    def __init__(self, programmes: Mapping[str, Programme]) -> None:
        self._programmes = {no: programmes[no] for no in sorted(programmes, key=programme_order)}

    def __getitem__(self, programme_no: str) -> Programme:
        return self._programmes[programme_no]

    def __iter__(self) -> Iterator[str]:
        return iter(self._programmes)

    def __len__(self) -> int:
        return len(self._programmes)


def programme_order(programme_no: str) -> tuple[int, ...]:
    """Sort key of a programme number.

    Examples
    --------
    >>> sorted(["1.10", "10.1", "1.2"], key=programme_order)
    ['1.2', '1.10', '10.1']
    """
    return tuple(int(part) if part.isdecimal() else 0 for part in programme_no.split("."))
