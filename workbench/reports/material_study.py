"""One analyte's material checked: which sigma_pt, what each check found, what follows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.errors import EvaluationError, ParameterError
from workbench.evaluation.assigned_values import sigma_at
from workbench.evaluation.rules import AnalyteRule
from workbench.ingest.material_files import MaterialStudy
from workbench.statistics.material_homogeneity import (
    CodedMaterialCheck,
    HomogeneityCheck,
    SingleMeasurementCheck,
    coded_homogeneity,
    homogeneity,
    homogeneity_without_replicates,
)
from workbench.statistics.material_stability import StabilityCheck, stability

ITEMS_ASKED = 10
"""ISO 13528:2022, Annex B: at least ten items; fewer are judged and said so."""
OUTCOMES = ("sufficient", "expanded", "insufficient", "not_judged")
"""Within the criterion, within the expanded one only, in neither, no sigma_pt."""


@dataclass(frozen=True)
class CheckedStudy:
    """One analyte with all that its checks found; unit of the file.

    Parameters
    ----------
    study : as read. sigma_pt : NaN for none. source : `option`, `file`, `criterion` or `none`.
    items : homogeneity of replicates. single : of single measurements. coded, coded_later : of answers.
    later : stability. trouble : why a check could not be made; "" when all were.
    """

    study: MaterialStudy
    sigma_pt: float
    source: str
    items: HomogeneityCheck | None = None
    single: SingleMeasurementCheck | None = None
    coded: CodedMaterialCheck | None = None
    coded_later: CodedMaterialCheck | None = None
    later: StabilityCheck | None = None
    trouble: str = ""

    @property
    def homogeneity_outcome(self) -> str:
        """One of the `OUTCOMES`."""
        if self.items is not None:
            return _outcome(self.items.criterion, self.items.is_sufficient, self.items.is_sufficient_expanded)
        if self.single is not None:
            return _outcome(self.single.criterion, self.single.is_sufficient, False)
        if self.coded is not None:
            return OUTCOMES[0] if self.coded.is_sufficient else OUTCOMES[2]
        return OUTCOMES[3]

    @property
    def stability_outcome(self) -> str:
        """One of the `OUTCOMES`; "" where no later items were measured."""
        if self.later is not None:
            return _outcome(self.later.criterion, self.later.is_stable, self.later.is_stable_expanded)
        if self.coded_later is not None:
            return OUTCOMES[0] if self.coded_later.is_sufficient else OUTCOMES[2]
        return ""

    @property
    def items_found(self) -> int:
        """Items of the homogeneity study."""
        return len(self.study.of("homogeneity")[1])


def checked_studies(
    studies: Sequence[MaterialStudy], given: Mapping[str, float], rules: Mapping[str, AnalyteRule]
) -> list[CheckedStudy]:
    """Check every analyte of a file.

    Parameters
    ----------
    given : sigma_pt by analyte; goes before the file's, which goes before the programme's criterion at the mean.
    rules : of the programme by analyte; empty without a programme.

    Raises
    ------
    ParameterError
        when `given` names an analyte that the file does not hold.
    """
    unknown = sorted(set(given) - {study.analyte for study in studies})
    if unknown:
        raise ParameterError(f"--sigma-pt names analytes the file does not hold: {', '.join(unknown)}.")
    return [checked_study(each, *_sigma(each, given, rules.get(each.analyte))) for each in studies]


def checked_study(study: MaterialStudy, sigma_pt: float, source: str) -> CheckedStudy:
    """All checks of one analyte; one that cannot be made says why."""
    if study.is_coded:
        return _coded(study)
    sigma = None if math.isnan(sigma_pt) else sigma_pt
    items = single = later = None
    trouble = ""
    try:
        if study.homogeneity and len(study.homogeneity[0]) == 1:
            flat = [row[0] for row in study.homogeneity]
            single = homogeneity_without_replicates(flat, sigma_pt=sigma)
        else:
            items = homogeneity(study.homogeneity, sigma_pt=sigma)
        if study.stability:
            later = stability(study.homogeneity, study.stability, sigma_pt=sigma)
    except EvaluationError as error:
        trouble = error.message
    return CheckedStudy(study, sigma_pt, source, items=items, single=single, later=later, trouble=trouble)


def sigmas_given(texts: Sequence[str]) -> dict[str, float]:
    """Analyte -> sigma_pt from texts ANALYTE=VALUE.

    Raises
    ------
    ParameterError
        naming the text that is not of that form, or whose value is not positive.

    Examples
    --------
    >>> sigmas_given(["K=0.08"])
    {'K': 0.08}
    """
    found = {}
    for text in texts:
        analyte, _, value = text.partition("=")
        try:
            sigma = float(value)
        except ValueError:
            sigma = math.nan
        if not (0 < sigma < math.inf):
            raise ParameterError(f"--sigma-pt {text}: write ANALYTE=VALUE with a positive value.")
        found[analyte.strip()] = sigma
    return found


def _coded(study: MaterialStudy) -> CheckedStudy:
    """The answers of both occasions."""
    first = coded_homogeneity(_flat(study.answers), study.expected) if study.answers else None
    later = coded_homogeneity(_flat(study.later_answers), study.expected) if study.later_answers else None
    trouble = "" if first is not None else "No item of the homogeneity study was read whole."
    return CheckedStudy(study, math.nan, "none", coded=first, coded_later=later, trouble=trouble)


def _flat(rows: Sequence[Sequence[str]]) -> list[str]:
    """All answers, item by item."""
    return [answer for row in rows for answer in row]


def _sigma(study: MaterialStudy, given: Mapping[str, float], rule: AnalyteRule | None) -> tuple[float, str]:
    """sigma_pt of one analyte and where it is from."""
    if study.analyte in given:
        return given[study.analyte], "option"
    if study.sigma_pt > 0:
        return study.sigma_pt, "file"
    values = [value for row in study.homogeneity for value in row]
    if rule is None or rule.criterion is None or not values:
        return math.nan, "none"
    sigma = sigma_at(rule, math.fsum(values) / len(values))
    return (sigma, "criterion") if sigma > 0 else (math.nan, "none")


def _outcome(criterion: float, within: bool, within_expanded: bool) -> str:
    if math.isnan(criterion):
        return OUTCOMES[3]
    return OUTCOMES[0] if within else OUTCOMES[1] if within_expanded else OUTCOMES[2]
