"""Acceptance limits: one YAML file per authority and edition, each limit with document and clause."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from pydantic import model_validator

from workbench.parameters.policy import CriterionRef, Strict

if TYPE_CHECKING:
    from workbench.parameters.programmes import Analyte

Kind = Literal["percent", "absolute", "greater_of", "breakpoint", "sd", "fixed_sigma", "qualitative"]
Matrix = Literal[
    "serum/plasma",
    "plasma",
    "whole blood",
    "blood (gas)",
    "blood",
    "urine",
    "CSF",
    "serum (electrophoresis)",
    "pleural/ascitic fluid",
    "stool",
    "swab",
    "microbial isolate",
    "smear",
    "DNA",
    "donor serum/plasma",
    "form",
    "other",
]
GROUP_SD = "SD"
"""Unit of a limit of kind sd that is so many standard deviations of the group."""
_NEEDS: dict[str, tuple[str, ...]] = {
    "percent": ("percent",),
    "absolute": ("absolute",),
    "greater_of": ("percent", "absolute"),
    "breakpoint": ("percent", "absolute", "breakpoint", "breakpoint_side"),
    "sd": ("absolute",),
    "fixed_sigma": ("absolute",),
    "qualitative": (),
}


class Criterion(Strict):
    """One limit as one document prints it.

    Attributes
    ----------
    authority, document, edition, clause : where it is printed.
    analyte, name, matrix, metric : what it limits; `analyte` is the catalogue's code, `name` the
        document's own word; `metric` is tea, eqa, cv, bias, comparability or rmsd.
    kind : percent (of the target), absolute, greater_of, breakpoint (absolute on the low side of
        `breakpoint`, percent on the other), sd (a standard deviation in `unit`, or with the unit "SD"
        so many SDs of the group), fixed_sigma, qualitative (no number).
    percent : per cent of the target. absolute, breakpoint : in `unit`.
    breakpoint_side : which side owns a target exactly at the breakpoint.
    inclusive : a deviation exactly on the limit is acceptable.
    scope : the part of the range, method or level the row is restricted to, empty for none.
    range_low, range_high, range_unit : targets for which the document states the limit.
    verified : checked against the document, or two independent transcriptions agree.
    trust : high, medium or low. raw_text : the limit as written. note : anything a reader must know.
    """

    authority: str
    document: str
    edition: str
    clause: str = ""
    analyte: str
    name: str = ""
    matrix: Matrix
    metric: Literal["tea", "eqa", "cv", "bias", "comparability", "rmsd", "alp"]
    kind: Kind
    percent: Decimal | None = None
    absolute: Decimal | None = None
    unit: str = ""
    unit_as_printed: str = ""
    breakpoint: Decimal | None = None
    breakpoint_side: Literal["low_owns", "high_owns"] | None = None
    inclusive: bool = True
    scope: str = ""
    range_low: Decimal | None = None
    range_high: Decimal | None = None
    range_unit: str = ""
    range_low_strict: bool = False
    valid_from: date
    verified: bool
    trust: Literal["high", "medium", "low"]
    raw_text: str
    note: str = ""

    @model_validator(mode="after")
    def _numbers_fit_kind(self) -> Criterion:
        lacking = [name for name in _NEEDS[self.kind] if getattr(self, name) is None]
        if lacking:
            raise ValueError(f"a criterion of kind {self.kind} needs {', '.join(lacking)}")
        for name in ("percent", "absolute", "breakpoint"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ValueError(f"{name} must be above zero")
        return self

    @property
    def line(self) -> str:
        """One line that identifies the criterion and its limit."""
        return f"{self.authority}-{self.edition} {self.metric} {self.analyte} [{self.matrix}] {self.raw_text}"

    def is_absolute_at(self, target: Decimal) -> bool:
        """Whether the absolute figure of a breakpoint limit applies at this target."""
        if self.breakpoint is None:
            return self.kind in ("absolute", "sd", "fixed_sigma")
        if self.breakpoint_side == "low_owns":
            return target <= self.breakpoint
        return target < self.breakpoint

    def states_limit_at(self, target: Decimal) -> bool:
        """Whether the target lies in the range for which the document states the limit."""
        if self.range_low is not None and (
            target < self.range_low or (self.range_low_strict and target == self.range_low)
        ):
            return False
        return self.range_high is None or target <= self.range_high

    def allowed_deviation(self, target: Decimal) -> Decimal | None:
        """Return the allowed deviation at a target, exactly, in the unit of the target.

        Parameters
        ----------
        target : assigned value, in the criterion's unit (see `in_unit_of`).

        Returns
        -------
        Decimal, never rounded; None for kinds without such a limit (sd, fixed_sigma, qualitative) and
        for targets outside the range for which the limit is stated.

        Notes
        -----
        A percentage is taken of the target's absolute value. `greater_of` is not `breakpoint`: the
        former takes the larger of both figures, the latter goes by the target alone.

        Examples
        --------
        >>> from workbench.parameters import criteria
        >>> potassium = criteria().find("WS/T 403", "K", "serum/plasma", "tea")
        >>> potassium.allowed_deviation(Decimal("3.30")), potassium.allowed_deviation(Decimal("3.31"))
        (Decimal('0.2'), Decimal('0.1986'))
        """
        if not self.states_limit_at(target):
            return None
        share = abs(target) * self.percent / 100 if self.percent is not None else None
        match self.kind:
            case "percent":
                return share
            case "absolute":
                return self.absolute
            case "greater_of":
                return max(share or Decimal(0), self.absolute or Decimal(0))
            case "breakpoint":
                return self.absolute if self.is_absolute_at(target) else share
            case _:
                return None

    def in_unit_of(self, analyte: Analyte) -> Criterion | None:
        """The same criterion with its absolute figures in the analyte's unit; None if there is no way.

        Notes
        -----
        A limit in per cent or in SDs of the group needs no unit. An offset between units (HbA1c) moves the
        breakpoint, not the deviation. Factors are those of the analyte's `unit_conversions`.
        """
        mine = {"unit": self.unit, "range_unit": self.range_unit}
        has_figure = self.absolute is not None or self.breakpoint is not None
        needed = {
            "unit": has_figure and not (self.kind == "sd" and self.unit == GROUP_SD),
            "range_unit": self.range_low is not None or self.range_high is not None,
        }
        update: dict[str, object] = {}
        for field, figures in _FIGURES.items():
            if not needed[field] or mine[field] == analyte.unit:
                continue
            conversion = next((c for c in analyte.unit_conversions if c.unit == mine[field]), None)
            if conversion is None:
                return None
            for name, is_a_level in figures:
                value = getattr(self, name)
                offset = conversion.offset if is_a_level else Decimal(0)
                update[name] = None if value is None else value * conversion.factor + offset
            update[field] = analyte.unit
        return self.model_copy(update=update) if update else self


_FIGURES = {
    "unit": (("absolute", False), ("breakpoint", True)),
    "range_unit": (("range_low", True), ("range_high", True)),
}
_TRUST_ORDER = {"high": 0, "medium": 1, "low": 2}


class CriteriaBook:
    """All limits of all authorities and editions, in file order.

    Parameters
    ----------
    rows : the limits.
    aliases : authority -> the document's own code -> the catalogue's code.
    """

    def __init__(self, rows: Iterable[Criterion], aliases: dict[str, dict[str, str]] | None = None) -> None:
        self.rows = tuple(rows)
        self.aliases = aliases or {}

    def __iter__(self) -> Iterator[Criterion]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def _by_key(self) -> dict[tuple[str, str, str, str], list[Criterion]]:
        out: dict[tuple[str, str, str, str], list[Criterion]] = {}
        for row in self.rows:
            out.setdefault((row.authority, row.analyte, row.matrix, row.metric), []).append(row)
        return out

    @cached_property
    def version(self) -> str:
        """SHA-256 of every limit, in hexadecimal: changes when any field of any limit does."""
        text = "\n".join(row.model_dump_json() for row in self.rows)
        return hashlib.sha256(text.encode()).hexdigest()

    def find(
        self, authority: str, analyte: str, matrix: str, metric: str, *, on: date | None = None
    ) -> Criterion | None:
        """Return the limit in force, or None.

        Parameters
        ----------
        authority, analyte, matrix, metric : the key; `analyte` is the catalogue's code.
        on : date on which it must be in force; None: the newest.

        Notes
        -----
        Rows restricted to a scope (low level, abnormal level, part of the range) are never returned
        here: see `find_all`. Of rows that remain the newest edition wins, then the better trust, then
        the order in the file.
        """
        rows = [
            row
            for row in self.find_all(authority, analyte, matrix, metric)
            if not row.scope and (on is None or row.valid_from <= on)
        ]
        return min(rows, key=lambda r: (-r.valid_from.toordinal(), _TRUST_ORDER[r.trust]), default=None)

    def find_all(self, authority: str, analyte: str, matrix: str, metric: str) -> tuple[Criterion, ...]:
        """Every row of that key, scopes and older editions included, in file order."""
        return tuple(self._by_key.get((authority, analyte, matrix, metric), ()))

    def for_reference(
        self, reference: CriterionRef, analyte: Analyte, *, on: date | None = None
    ) -> Criterion | None:
        """The limit a policy refers to, in the document's own unit; None when the book has none."""
        return self.find(
            reference.authority,
            reference.analyte or analyte.analyte,
            reference.matrix or analyte.matrix,
            reference.metric,
            on=on,
        )

    def others(self, reference: CriterionRef, analyte: Analyte) -> tuple[Criterion, ...]:
        """Limits of other authorities on the same analyte and matrix (tea, eqa or comparability)."""
        code, matrix = reference.analyte or analyte.analyte, reference.matrix or analyte.matrix
        authorities = sorted({row.authority for row in self.rows} - {reference.authority})
        found = (
            self.find(authority, code, matrix, metric)
            for authority in authorities
            for metric in ("tea", "eqa", "comparability")
        )
        return tuple(row for row in found if row is not None)
