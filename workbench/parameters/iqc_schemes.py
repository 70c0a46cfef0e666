"""How internal quality control is compared between laboratories: groups, statistics, grades, alerts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from workbench.parameters.entry_files import EntryKind, read_entry_files
from workbench.parameters.home import project_root
from workbench.parameters.policy import CriterionRef, Strict
from workbench.parameters.yaml_text import fingerprint, yaml_files

Dimension = Literal["instrument", "reagent", "sub_type", "qc_lot", "region", "hospital_level", "calibrator"]


class GradeBand(Strict):
    """A grade and how large |SDI| and CVR may be in it, both inclusive."""

    grade: str = Field(min_length=1)
    sdi: float = Field(gt=0)
    cvr: float = Field(gt=0)


class AlertLimit(Strict):
    """A limit of |SDI| for some: laboratories with a tag, or series that fit a comparison group saved under a name.

    Attributes
    ----------
    tag, group : one of them; a group is the organiser's own.
    sdi : |SDI| of the window above this raises an alert.
    """

    tag: str = ""
    group: str = ""
    sdi: float = Field(gt=0)

    @model_validator(mode="after")
    def _names_one(self) -> AlertLimit:
        if bool(self.tag) == bool(self.group):
            raise ValueError("name either a tag or a group")
        return self

    @property
    def source(self) -> str:
        """``tag:`` or ``group:`` and the name."""
        return f"tag:{self.tag}" if self.tag else f"group:{self.group}"


class AlertRule(Strict):
    """When the watch raises an alert besides rule hits.

    Attributes
    ----------
    sdi : |SDI| of the window above this raises an alert.
    limits : other limits, by tag and by named group.
    limit_wins : where several fit a series, `sdi` among them: ``strictest``: the smallest; ``most_specific``: the one
        with most conditions (`sdi` none, a tag one, a group one a filter), of equals the smallest.
    window_days, days : days the window reaches back, and how many of them must have points: one day never does.
    quiet_hours : the same cause at the same series is not told again within them.
    """

    sdi: float = Field(default=2.0, gt=0)
    limits: tuple[AlertLimit, ...] = ()
    limit_wins: Literal["strictest", "most_specific"] = "strictest"
    window_days: int = Field(default=28, ge=1)
    days: int = Field(default=5, ge=2)
    quiet_hours: int = Field(default=24, ge=0)

    @model_validator(mode="after")
    def _limits_can_apply(self) -> AlertRule:
        sources = [limit.source for limit in self.limits]
        twice = sorted({source for source in sources if sources.count(source) > 1})
        if twice:
            raise ValueError(f"more than one limit of {', '.join(twice)}")
        idle = [limit.source for limit in self.limits if limit.sdi >= self.sdi]
        if idle and self.limit_wins == "strictest":
            raise ValueError(
                f"the limit of {', '.join(idle)} is not below sdi {self.sdi:g} and never applies; "
                "make it smaller, or let the most_specific win"
            )
        return self


class ComparisonScheme(Strict):
    """One way to compare.

    Attributes
    ----------
    scheme : code. zh, en : names. source : where it comes from.
    ladder : stacks of dimensions, narrowest first; the first with enough laboratories is used. A stack without
        ``qc_lot`` compares over lots in per cent of the mean of each lot.
    weighting : group statistics of ``laboratories`` (each counts the same) or of ``points``.
    leave_one_out : a laboratory is compared with the others only.
    cvr_against : ``average`` of the laboratories' CVs or the ``pooled`` CV of the group.
    laboratories_shown : with fewer laboratories in a cell nothing is shown.
    laboratories_graded, points_graded : with fewer no SD of the group is shown, no grade is given.
    tea : sources of the allowable error, the first that has a limit is used.
    bands : grades by |SDI| and CVR, best first; a value on the border belongs to the better band.
    one_index, both_indices : grade where one index, or both, are beyond the last band.
    worst, worst_sdi, worst_sigma : the worst grade; |SDI| above, or sigma below, gives it at once.
    not_graded : mark of a row without a grade.
    one_day : ``left_out``: a grade beyond the bands that is better without the one day that moved most is that better
        one; ``counts``: every day counts.
    alerts : of the watch.
    """

    scheme: str = Field(min_length=1)
    zh: str
    en: str
    source: str = ""
    ladder: tuple[tuple[Dimension, ...], ...] = Field(min_length=1)
    weighting: Literal["laboratories", "points"] = "laboratories"
    leave_one_out: bool = True
    cvr_against: Literal["average", "pooled"] = "average"
    laboratories_shown: int = Field(default=3, ge=3)
    laboratories_graded: int = Field(default=5, ge=3)
    points_graded: int = Field(default=20, ge=2)
    tea: tuple[CriterionRef, ...] = ()
    bands: tuple[GradeBand, ...] = Field(min_length=1)
    one_index: str = "C"
    both_indices: str = "D"
    worst: str = "D"
    worst_sdi: float = Field(default=2.0, gt=0)
    worst_sigma: float = 2.0
    not_graded: str = "N"
    one_day: Literal["left_out", "counts"] = "left_out"
    alerts: AlertRule = AlertRule()

    @model_validator(mode="after")
    def _bands_widen(self) -> ComparisonScheme:
        for better, worse in zip(self.bands, self.bands[1:], strict=False):
            if worse.sdi < better.sdi or worse.cvr < better.cvr:
                raise ValueError(f"band {worse.grade} is narrower than the better band {better.grade}")
        return self

    @property
    def grades(self) -> tuple[str, ...]:
        """Every grade, best first, without the mark of rows that have none."""
        names = [*(band.grade for band in self.bands), self.one_index, self.both_indices, self.worst]
        return tuple(dict.fromkeys(names))


_KIND = EntryKind(ComparisonScheme, "schemes", ("about",))


def comparison_schemes(folder: Path | None = None) -> Mapping[str, ComparisonScheme]:
    """Return the schemes of `parameters/iqc_schemes/*.yaml` by code, cached until a file changes.

    Raises
    ------
    ParameterError
        with every problem: file, line, column.

    Examples
    --------
    >>> comparison_schemes()["default"].grades
    ('A', 'B', 'C', 'D')
    """
    place = folder or project_root() / "parameters" / "iqc_schemes"
    return _schemes(place, fingerprint(yaml_files(place)))


@lru_cache(maxsize=8)
def _schemes(folder: Path, files: tuple[tuple[str, int, int], ...]) -> dict[str, ComparisonScheme]:
    read = read_entry_files(folder, _KIND, "The comparison schemes cannot be read")
    return {row.scheme: row for file in read for row in file.entries}
