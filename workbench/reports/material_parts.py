"""The parts of a report on the round's material: one study an analyte, and the tables made from them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.evaluation.rules import AnalyteRule
from workbench.reports.material_study import ITEMS_ASKED, OUTCOMES, CheckedStudy
from workbench.reports.period_parts import cell, table_part
from workbench.reports.report_meta import localised
from workbench.reports.twin import number
from workbench.wording import MISSING, join, significant, text

_TONES = {"insufficient": "bad", "expanded": "warning", "not_judged": "not_scored"}
_FIGURES, _FIGURES_MOST = 3, 9


def study_part(checked: CheckedStudy, rule: AnalyteRule | None, locale: str) -> dict[str, Any]:
    """All that was measured and found of one analyte, unrounded; None where there is no number."""
    study = checked.study
    analyte = rule.analyte if rule else None
    return {
        "analyte": study.analyte,
        "name": localised(analyte, "name", locale) if analyte else study.analyte,
        "unit": (analyte.unit or "") if analyte else "",
        "sigma_pt": number(checked.sigma_pt),
        "sigma_source": checked.source,
        "document": _document(rule) if checked.source == "criterion" else "",
        "expected": study.expected,
        "measured": [
            {"study": kind, "item": item, "values": list(values)}
            for kind in ("homogeneity", "stability")
            for values, item in zip(*study.of(kind), strict=True)
        ],
        "homogeneity": _numbers(checked.items or checked.single),
        "cochran": _numbers(checked.items.cochran) if checked.items else None,
        "coded": _numbers(checked.coded),
        "coded_later": _numbers(checked.coded_later),
        "stability": _numbers(checked.later),
        "outcome": {"homogeneity": checked.homogeneity_outcome, "stability": checked.stability_outcome},
        "trouble": checked.trouble,
    }


def conclusion_lines(studies: Sequence[Mapping[str, Any]], locale: str) -> list[str]:
    """The verdict of the whole, and for each outcome that asks for something whom it concerns and what to do."""
    lines = []
    for kind in ("homogeneity", "stability"):
        by_outcome = {
            outcome: [each["name"] for each in studies if each["outcome"][kind] == outcome]
            for outcome in OUTCOMES
        }
        counted = {outcome: len(names) for outcome, names in by_outcome.items()}
        good = counted["sufficient"] + counted["expanded"]
        judged = good + counted["insufficient"]
        if judged:
            lines.append(text(f"material.{kind}.count", locale, a=good, n=judged))
        elif not counted["not_judged"]:
            lines.append(text(f"material.{kind}.none", locale))
        for outcome in ("insufficient", "expanded", "not_judged"):
            if by_outcome[outcome]:
                named = join(by_outcome[outcome], locale)
                lines.append(text(f"material.{kind}.{outcome}", locale, list=named))
    few = [each["name"] for each in studies if _items(each) < ITEMS_ASKED]
    if few:
        lines.append(text("material.few", locale, list=join(few, locale), n=ITEMS_ASKED))
    return lines


def homogeneity_tables(studies: Sequence[Mapping[str, Any]], locale: str) -> list[dict[str, Any]]:
    """The criterion, then the tests beside it; none for materials of answers."""
    measured = [each for each in studies if each["homogeneity"] is not None]
    if not measured:
        return []
    specs = (
        ("item", "left", 32.0), ("size", "right", 18.0), ("mean", "right", 17.0), ("sx", "right", 15.0),
        ("sw", "right", 15.0), ("ss", "right", 15.0), ("limit", "right", 17.0), ("expanded", "right", 18.0),
        ("verdict", "left", 28.0),
    )  # fmt: skip
    notes = [text("material.ss_note", locale)]
    if any("sd" in each["homogeneity"] for each in measured):
        notes.append(text("material.single_note", locale))
    tables = [
        table_part("MC_homogeneity", specs, [_criterion_row(e, locale) for e in measured], locale, notes)
    ]
    tested = [each for each in measured if each["cochran"] is not None]
    if tested:
        of_tests = (
            ("item", "left", 40.0), ("f", "right", 18.0), ("f_critical", "right", 20.0), ("p", "right", 18.0),
            ("c", "right", 18.0), ("c_critical", "right", 20.0), ("finding", "left", 41.0),
        )  # fmt: skip
        rows = [_test_row(each, locale) for each in tested]
        tables.append(table_part("MC_tests", of_tests, rows, locale, [text("material.tests_note", locale)]))
    return tables


def stability_tables(studies: Sequence[Mapping[str, Any]], locale: str) -> list[dict[str, Any]]:
    """Means of both occasions; empty where nothing was measured again."""
    measured = [each for each in studies if each["stability"] is not None]
    if not measured:
        return []
    specs = (
        ("item", "left", 36.0), ("before", "right", 21.0), ("after", "right", 21.0), ("difference", "right", 21.0),
        ("limit", "right", 21.0), ("expanded", "right", 21.0), ("verdict", "left", 34.0),
    )  # fmt: skip
    return [table_part("MC_stability", specs, [_stability_row(each, locale) for each in measured], locale)]


def coded_tables(studies: Sequence[Mapping[str, Any]], locale: str) -> list[dict[str, Any]]:
    """Answers of materials without numbers, one row an occasion."""
    specs = (
        ("item", "left", 36.0), ("study", "left", 24.0), ("expected", "left", 28.0), ("right", "right", 18.0),
        ("other", "left", 41.0), ("verdict", "left", 28.0),
    )  # fmt: skip
    rows = [
        _coded_row(each, kind, part, locale)
        for each in studies
        for kind, part in (("homogeneity", "coded"), ("stability", "coded_later"))
        if each[part] is not None
    ]
    return [table_part("MC_coded", specs, rows, locale)] if rows else []


def sigma_table(studies: Sequence[Mapping[str, Any]], locale: str) -> dict[str, Any]:
    """sigma_pt of each analyte and where it is from."""
    specs = (
        ("item", "left", 50.0),
        ("sigma", "right", 26.0),
        ("limit", "right", 26.0),
        ("source", "left", 73.0),
    )
    rows = [
        (
            _named(each),
            significant(each["sigma_pt"], 4),
            significant(0.3 * each["sigma_pt"] if each["sigma_pt"] else None, 4),
            text(f"material.sigma.{each['sigma_source']}", locale, document=each["document"]),
        )
        for each in studies
        if not each["expected"]
    ]
    return table_part("MC_sigma", specs, rows, locale)


def measurement_table(studies: Sequence[Mapping[str, Any]], locale: str) -> dict[str, Any]:
    """Every replicate as it was read."""
    specs = (
        ("item", "left", 45.0),
        ("study", "left", 30.0),
        ("sample", "left", 30.0),
        ("values", "left", 70.0),
    )
    rows = [
        (
            _named(each),
            text(f"material.study.{row['study']}", locale),
            row["item"],
            "   ".join(v if isinstance(v, str) else f"{v:.12g}" for v in row["values"]),
        )
        for each in studies
        for row in each["measured"]
    ]
    return table_part("MC_measurements", specs, rows, locale)


def apart(value: float | None, limits: Iterable[float | None]) -> str:
    """A number with as many figures as it takes to stand on the printed side of every limit.

    Examples
    --------
    >>> apart(0.30004, [0.3]), apart(0.31, [0.3]), apart(None, [0.3])
    ('0.30004', '0.310', '–')
    """
    if value is None:
        return MISSING
    for figures in range(_FIGURES, _FIGURES_MOST):
        shown = significant(value, figures)
        if all(limit is None or _told_apart(value, limit, figures) for limit in limits):
            return shown
    return significant(value, _FIGURES_MOST)


def _told_apart(value: float, limit: float, figures: int) -> bool:
    """Whether both numbers are in print what they are to each other; so near that noise decides, they are equal."""
    near = math.isclose(value, limit, rel_tol=1e-9)
    return near or significant(value, figures) != significant(limit, figures)


def _criterion_row(each: Mapping[str, Any], locale: str) -> tuple[Any, ...]:
    """One analyte against both criteria."""
    found, outcome = each["homogeneity"], each["outcome"]["homogeneity"]
    single = "sd" in found
    between = found["sd"] if single else found["s_s"]
    limits = (found["criterion"], found.get("expanded_criterion"))
    return (
        _named(each),
        f"{found['items']}×{found.get('replicates', 1)}",
        significant(found["mean"], 5),
        significant(found["sd"] if single else found["s_x"], 3),
        MISSING if single else significant(found["s_w"], 3),
        MISSING if single else apart(between, limits),
        *(apart(limit, [between]) for limit in limits),
        _verdict("homogeneity", outcome, locale),
    )


def _test_row(each: Mapping[str, Any], locale: str) -> tuple[Any, ...]:
    """F test and Cochran's test of one analyte."""
    found, scatter = each["homogeneity"], each["cochran"]
    items = [row["item"] for row in each["measured"] if row["study"] == "homogeneity"]
    words = (
        cell(text("material.outlier", locale, item=items[scatter["index"]]), "warning")
        if scatter["is_outlier"]
        else text("material.no_outlier", locale)
    )
    return (
        _named(each),
        apart(found["f_statistic"], [found["f_critical"]]),
        apart(found["f_critical"], [found["f_statistic"]]),
        significant(found["f_p_value"], 2),
        apart(scatter["statistic"], [scatter["critical"]]),
        apart(scatter["critical"], [scatter["statistic"]]),
        words,
    )


def _stability_row(each: Mapping[str, Any], locale: str) -> tuple[Any, ...]:
    """Both means of one analyte, their difference and what is allowed."""
    found = each["stability"]
    limits = (found["criterion"], found["expanded_criterion"])
    return (
        _named(each),
        significant(found["mean_before"], 5),
        significant(found["mean_after"], 5),
        apart(found["difference"], limits),
        *(apart(limit, [found["difference"]]) for limit in limits),
        _verdict("stability", each["outcome"]["stability"], locale),
    )


def _coded_row(each: Mapping[str, Any], kind: str, part: str, locale: str) -> tuple[Any, ...]:
    """Answers of one occasion."""
    found = each[part]
    others = [f"{answer} ({n})" for answer, n in found["counts"].items() if answer != each["expected"]]
    return (
        each["name"],
        text(f"material.study.{kind}", locale),
        each["expected"],
        f"{found['items'] - len(found['different'])}/{found['items']}",
        join(others, locale) if others else text("material.no_others", locale),
        _verdict(kind, each["outcome"][kind], locale),
    )


def _verdict(kind: str, outcome: str, locale: str) -> dict[str, Any]:
    """The outcome in words; what is not sufficient stands out."""
    words = text(f"material.verdict.{kind}.{outcome}", locale)
    return cell(words, _TONES.get(outcome, ""), bold=outcome == "insufficient")


def _named(each: Mapping[str, Any]) -> str:
    """Name with unit."""
    return f"{each['name']} ({each['unit']})" if each["unit"] else str(each["name"])


def _items(each: Mapping[str, Any]) -> int:
    """Items of the first study."""
    return sum(row["study"] == "homogeneity" for row in each["measured"])


def _numbers(found: object) -> dict[str, Any] | None:
    """The plain fields of a result; NaN as None, nested results left out."""
    if found is None:
        return None
    out: dict[str, Any] = {}
    for name, value in vars(found).items():
        if isinstance(value, bool):
            out[name] = value
        elif isinstance(value, (int, float)):
            out[name] = number(value)
        elif isinstance(value, (tuple, dict)):
            out[name] = list(value) if isinstance(value, tuple) else dict(value)
    return out


def _document(rule: AnalyteRule | None) -> str:
    """Document and edition of the criterion."""
    if rule is None or rule.criterion is None:
        return ""
    document, edition = rule.criterion.document, rule.criterion.edition
    return document if edition in document else f"{document} {edition}"
