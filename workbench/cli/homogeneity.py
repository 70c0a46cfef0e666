"""`workbench homogeneity`: is the material alike and stable enough for the round?"""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path

from workbench.cli.options import MaterialRequest
from workbench.errors import DataError, ParameterError
from workbench.evaluation.rules import AnalyteRule, analyte_rules
from workbench.ingest.material_files import MATERIAL_TEMPLATE, read_material_file
from workbench.parameters import catalogue, criteria
from workbench.reports.material_study import (
    ITEMS_ASKED,
    CheckedStudy,
    checked_studies,
    sigmas_given,
)
from workbench.statistics.material_homogeneity import CodedMaterialCheck, HomogeneityCheck
from workbench.wording import LOCALES


def write_material_template(path: Path) -> None:
    """Write an empty file of measurements; an existing file is never replaced."""
    if path.exists():
        raise DataError(f"{path} exists already. Give another name.")
    path.write_text(MATERIAL_TEMPLATE, encoding="utf-8-sig")


def print_homogeneity(request: MaterialRequest) -> None:
    """Print one block an analyte; cells that could not be read end the command with exit code 3."""
    studies, problems = read_material_file(request.file)
    given, rules = sigmas_given(request.sigma_pt), _rules(request.programme)
    for checked in checked_studies(studies, given, rules):
        print("\n".join([checked.study.analyte, *_study_lines(checked)]))
    if problems:
        raise DataError(f"{request.file.name}: {len(problems)} cells could not be used.", problems)


def write_material_report(request: MaterialRequest, folder: Path) -> list[Path]:
    """Make the report in one language, or in both where none is asked for; returns the files."""
    from workbench.rounds.control_reports import ControlReport, make_report

    if not request.round_code:
        raise ParameterError("A report names the round of the material: give --round, for example 2026-1.")
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    parameters = {
        "file": str(request.file.resolve()),
        "round_code": request.round_code,
        "programme_no": request.programme,
        "sigma_pt": "; ".join(request.sigma_pt),
        "issued_at": request.issued_at or now,
    }
    made: list[Path] = []
    for locale in [request.locale] if request.locale else LOCALES:
        values = parameters | {"locale": locale}
        name = f"{request.file.stem}.material.{locale}"
        made += make_report(ControlReport("material_check.ipynb", values, folder.resolve(), name))
    return made


def _rules(programme_no: str) -> dict[str, AnalyteRule]:
    """The programme's rules by analyte; none without a programme."""
    if not programme_no:
        return {}
    return {rule.code: rule for rule in analyte_rules(catalogue()[programme_no], criteria())}


def _study_lines(checked: CheckedStudy) -> list[str]:
    """All checks of an analyte; one that could not be made says why and leaves the others alone."""
    few = checked.items_found < ITEMS_ASKED
    lines = [f"  only {checked.items_found} items, the standard asks for {ITEMS_ASKED}"] if few else []
    if checked.items is not None:
        lines += _homogeneity_lines(checked.items, checked.study.items)
    if checked.single is not None:
        found = checked.single
        lines += [
            f"  items {found.items} x 1, mean {found.mean:.6g}, s {found.sd:.4g} (holds the repeatability too)",
            f"  s <= 0.3 sigma_pt: {_verdict(found.is_sufficient, found.criterion)}",
        ]
    if checked.later is not None:
        later = checked.later
        lines.append(
            f"  stability: difference {abs(later.difference):.4g}, "
            f"{_verdict(later.is_stable, later.criterion)}; "
            f"expanded {_verdict(later.is_stable_expanded, later.expanded_criterion)}"
        )
    for name, coded in (("homogeneity", checked.coded), ("stability", checked.coded_later)):
        if coded is not None:
            lines.append(f"  {name}: {_coded_words(coded, checked.study.expected)}")
    if checked.trouble:
        lines.append(f"  not judged: {checked.trouble}")
    return lines


def _homogeneity_lines(found: HomogeneityCheck, items: list[str]) -> list[str]:
    """Cochran first, then the criterion, the expanded criterion and the F test."""
    outlier = f"item {items[found.cochran.index]} scatters more" if found.cochran.is_outlier else "no outlier"
    return [
        f"  items {found.items} x {found.replicates}, mean {found.mean:.6g}, s_x {found.s_x:.4g}, "
        f"s_w {found.s_w:.4g}, s_s {found.s_s:.4g}",
        f"  Cochran C {found.cochran.statistic:.4g}, critical {found.cochran.critical:.4g}: {outlier}",
        f"  s_s <= 0.3 sigma_pt: {_verdict(found.is_sufficient, found.criterion)}",
        f"  expanded criterion: {_verdict(found.is_sufficient_expanded, found.expanded_criterion)}",
        f"  F {found.f_statistic:.4g}, critical {found.f_critical:.4g}, p {found.f_p_value:.3g}",
    ]


def _coded_words(found: CodedMaterialCheck, expected: str) -> str:
    """How many answers are the expected one, and the verdict."""
    right = found.items - len(found.different)
    verdict = "sufficient" if found.is_sufficient else "NOT sufficient"
    return f"{right} of {found.items} answers are {expected}: {verdict}"


def _verdict(passes: bool, criterion: float) -> str:
    """A verdict with its limit; without sigma_pt none is given."""
    if math.isnan(criterion):
        return "not judged, no sigma_pt"
    return f"{'sufficient' if passes else 'NOT sufficient'} (limit {criterion:.4g})"
