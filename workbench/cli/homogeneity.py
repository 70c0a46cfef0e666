"""`workbench homogeneity`: is the material alike and stable enough for the round?"""

from __future__ import annotations

import math
from pathlib import Path

from workbench.errors import DataError, EvaluationError, ParameterError
from workbench.ingest.material_files import MATERIAL_TEMPLATE, MaterialStudy, read_material_file
from workbench.statistics.material_homogeneity import homogeneity
from workbench.statistics.material_stability import stability

ITEMS_ASKED = 10
"""ISO 13528:2022, Annex B: at least ten items; fewer are judged and said so."""


def write_material_template(path: Path) -> None:
    """Write an empty file of measurements; an existing file is never replaced."""
    if path.exists():
        raise DataError(f"{path} exists already. Give another name.")
    path.write_text(MATERIAL_TEMPLATE, encoding="utf-8-sig")


def print_homogeneity(path: Path, given: list[str]) -> None:
    """Print one block an analyte; cells that could not be read end the command with exit code 3.

    Parameters
    ----------
    path : the file of measurements.
    given : "ANALYTE=VALUE", sigma_pt in the unit of the file; goes before the file's own.
    """
    sigmas = dict(_sigma(text) for text in given)
    studies, problems = read_material_file(path)
    unknown = sorted(set(sigmas) - {study.analyte for study in studies})
    if unknown:
        raise ParameterError(f"--sigma-pt names analytes the file does not hold: {', '.join(unknown)}.")
    for study in studies:
        sigma = sigmas.get(study.analyte, study.sigma_pt)
        print("\n".join([study.analyte, *_study_lines(study, None if math.isnan(sigma) else sigma)]))
    if problems:
        raise DataError(f"{path.name}: {len(problems)} cells could not be used.", problems)


def _sigma(text: str) -> tuple[str, float]:
    """Analyte and sigma_pt of one option."""
    analyte, _, value = text.partition("=")
    try:
        sigma = float(value)
    except ValueError:
        sigma = math.nan
    if not (0 < sigma < math.inf):
        raise ParameterError(f"--sigma-pt {text}: write ANALYTE=VALUE with a positive value.")
    return analyte.strip(), sigma


def _study_lines(study: MaterialStudy, sigma: float | None) -> list[str]:
    """Both checks of an analyte; one that cannot be made says why and leaves the others alone."""
    lines: list[str] = []
    try:
        lines += _homogeneity_lines(study, sigma)
        if study.stability:
            lines.append(_stability_line(study, sigma))
    except EvaluationError as error:
        lines.append(f"  not judged: {error.message}")
    return lines


def _homogeneity_lines(study: MaterialStudy, sigma: float | None) -> list[str]:
    """Cochran first, then the criterion, the expanded criterion and the F test."""
    found = homogeneity(study.homogeneity, sigma_pt=sigma)
    outlier = (
        f"item {study.items[found.cochran.index]} scatters more" if found.cochran.is_outlier else "no outlier"
    )
    few = [f"  only {found.items} items, the standard asks for {ITEMS_ASKED}"]
    return [
        *(few if found.items < ITEMS_ASKED else []),
        f"  items {found.items} x {found.replicates}, mean {found.mean:.6g}, s_x {found.s_x:.4g}, "
        f"s_w {found.s_w:.4g}, s_s {found.s_s:.4g}",
        f"  Cochran C {found.cochran.statistic:.4g}, critical {found.cochran.critical:.4g}: {outlier}",
        f"  s_s <= 0.3 sigma_pt: {_verdict(found.is_sufficient, found.criterion)}",
        f"  expanded criterion: {_verdict(found.is_sufficient_expanded, found.expanded_criterion)}",
        f"  F {found.f_statistic:.4g}, critical {found.f_critical:.4g}, p {found.f_p_value:.3g}",
    ]


def _stability_line(study: MaterialStudy, sigma: float | None) -> str:
    """The difference of the means and both criteria."""
    found = stability(study.homogeneity, study.stability, sigma_pt=sigma)
    return (
        f"  stability: difference {abs(found.difference):.4g}, "
        f"{_verdict(found.is_stable, found.criterion)}; "
        f"expanded {_verdict(found.is_stable_expanded, found.expanded_criterion)}"
    )


def _verdict(passes: bool, criterion: float) -> str:
    """A verdict with its limit; without sigma_pt none is given."""
    if math.isnan(criterion):
        return "not judged, no sigma_pt"
    return f"{'sufficient' if passes else 'NOT sufficient'} (limit {criterion:.4g})"
