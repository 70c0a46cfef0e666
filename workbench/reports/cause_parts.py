"""What investigation says of one case, as plain data: ranked causes, those set aside with the reason, suppositions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from workbench.investigation.coded_scoring import score_now
from workbench.investigation.coded_statements import coded_check, coded_statement
from workbench.investigation.ranking import MOST, RankedCause, Ranking
from workbench.investigation.statements import cause_check, cause_statement, certainty
from workbench.investigation.what_if import what_if
from workbench.reports.investigation_case import Case
from workbench.reports.twin import number
from workbench.wording import MISSING, join, printed, text, verdict

STEPS = (0.05, 0.10, 0.25, 0.50, 0.95)
"""Least support of one to five dots."""

LEAST_SHOWN = 0.01
ALL_CAUSES, USUAL, NO_CAUSES = "all", "usual", "none"
RELEASES = (USUAL, ALL_CAUSES, NO_CAUSES)
"""Which causes a dossier tells: at least likely and of a kind that may be told, all, or none."""


def dots(support: float) -> str:
    """Support in five steps.

    Examples
    --------
    >>> [dots(p) for p in (0.99, 0.71, 0.18, 0.08, 0.02)]
    ['●●●●●', '●●●●○', '●●○○○', '●○○○○', '○○○○○']
    """
    full = sum(support >= least for least in STEPS)
    return "●" * full + "○" * (len(STEPS) - full)


def support_text(support: float) -> str:
    """Support as a number: never above 0.99, below 0.01 only that.

    Examples
    --------
    >>> support_text(0.9999), support_text(0.184), support_text(0.0004)
    ('0.99', '0.18', '<0.01')
    """
    if support < LEAST_SHOWN / 2:
        return f"<{LEAST_SHOWN}"
    return printed(min(support, MOST), 2)


def cause_parts(case: Case, release: str = ALL_CAUSES) -> list[dict[str, Any]]:
    """The ranked causes, the most probable first; those that are not told are left out.

    Parameters
    ----------
    release : one of `RELEASES`.
    """
    ranking = case.ranking
    if ranking is None:
        return []
    out = []
    for rank, cause in enumerate(ranking.causes, 1):
        support = cause.probability * (1.0 if rank == 1 else case.left_for_others)
        part = _cause_part(case, cause, support)
        undetermined = ranking.undetermined if rank == 1 else ""
        part["printed"]["words"] = _words(case, cause, undetermined, rank)
        part["rank"] = rank
        if release == ALL_CAUSES or (release == USUAL and part["may_be_told"] and not undetermined):
            out.append(part)
    return out


def _words(case: Case, cause: RankedCause, undetermined: str, rank: int) -> str:
    """The words for the first cause; a lower one has none unless it is probable of itself."""
    if rank == 1:
        return certainty(cause, undetermined, case.reading.locale)
    likely = cause.words and case.left_for_others == 1.0
    return certainty(cause, "", case.reading.locale) if likely else MISSING


def _cause_part(case: Case, cause: RankedCause, support: float) -> dict[str, Any]:
    """One cause with its sentence and what it would change."""
    locale = case.reading.locale
    samples, graded, sentence = _coded_evidence(case, cause) if case.coded_place else _evidence(case, cause)
    names = [text(f"cause.{each}", locale) for each in cause.equivalents]
    also = text("dossier.equivalents", locale, names=join(names, locale))
    return {
        "cause": cause.cause,
        "family": cause.family,
        "support": round(support, 6),
        "samples": [samples[sample] for sample in cause.samples],
        "reading": cause.reading,
        "parameters": {name: number(value) for name, value in cause.parameters.items()},
        "equivalents": list(cause.equivalents),
        "acceptable_if": cause.acceptable,
        "passes_if": cause.passes,
        "may_be_told": bool(cause.release and cause.words in ("likely", "very_likely")),
        "check": coded_check(cause.cause, locale) if case.coded_place else cause_check(cause.cause, locale),
        "printed": {
            "name": text(f"cause.{cause.cause}", locale),
            "support": support_text(support),
            "dots": dots(support),
            "evidence": f"{sentence} {also}" if names else sentence,
            "if": _outcome(cause.acceptable, graded, cause.passes, locale),
        },
    }


def _evidence(case: Case, cause: RankedCause) -> tuple[tuple[str, ...], int, str]:
    """Samples of the round, results graded, and what the numbers say of a cause."""
    panel = case.investigation.panel
    assert case.place is not None
    sentence = cause_statement(
        cause,
        panel.rules[case.place[1]],
        panel.samples,
        case.reading.locale,
        {cause.reading: _reading(case, cause)},
    )
    return panel.samples, int(panel.graded[case.place]), sentence


def _coded_evidence(case: Case, cause: RankedCause) -> tuple[tuple[str, ...], int, str]:
    """The same of coded answers."""
    panel = case.coded.panel
    assert case.coded_place is not None
    names = {code: case.reading.name(code) for code in panel.analytes}
    sentence = coded_statement(cause, panel, case.coded_place[1], case.reading.locale, names)
    return panel.samples, score_now(panel, *case.coded_place).graded, sentence


def _reading(case: Case, cause: RankedCause) -> str:
    """The printed name of what a cause reads the results as: another analyte, another group."""
    if cause.cause == "wrong_column":
        return case.reading.name(cause.reading)
    if cause.cause == "wrong_method_code":
        return group_name(case, cause.reading)
    return cause.reading


def group_name(case: Case, group: str) -> str:
    """The printed name of a group of the rung that gives the laboratory its clean target."""
    assert case.place is not None
    targets = case.investigation.targets
    rung = int(targets.rung[case.place])
    level = "+".join(targets.groups[case.place[1]][rung].rung) if rung >= 0 else ""
    return case.reading.names.group(level, group)


def _outcome(acceptable: int | None, graded: int, passes: bool | None, locale: str) -> str:
    """Score and verdict as they would be; a dash where nothing is repaired."""
    if acceptable is None:
        return MISSING
    return f"{acceptable}/{graded} {verdict('analyte', 'pass' if passes else 'fail', locale)}"


def certainty_lines(case: Case) -> list[str]:
    """What is said above the causes: that they are no verdict, and why none is named where none is."""
    locale, ranking = case.reading.locale, case.ranking
    if ranking is None:
        coded = not case.reading.analyte(case.analyte).is_quantitative
        return [text("dossier.no_causes_coded" if coded else "dossier.no_causes_few", locale)]
    lines = [text("dossier.intro", locale)]
    if ranking.undetermined:
        why = text(f"undetermined.{ranking.undetermined}", locale)
        lines.append(text("dossier.undetermined", locale, why=why))
        if ranking.family:
            family = text(f"cause_family.{ranking.family}", locale)
            lines.append(text("dossier.family", locale, family=family))
    return lines


def excluded_parts(case: Case) -> list[dict[str, Any]]:
    """Every other cause with its support and why it stands back; those that could not be tried come last."""
    ranking, cell = case.ranking, case.cell
    if ranking is not None and case.coded_place is not None:
        return _excluded_coded(case, ranking)
    if ranking is None or cell is None or case.place is None:
        return []
    shown = {cause.cause for cause in ranking.causes}
    shown |= {each for cause in ranking.causes for each in cause.equivalents}
    found = {each.cause: each for each in case.investigation.explanations(*case.place, cell)}
    before = int(cell.outside(cell.value).sum())
    out = []
    for cause, support in ranking.posterior.items():
        if cause in shown:
            continue
        repaired = found[cause].repaired if cause in found else None
        after = None if repaired is None else int(cell.outside(repaired).sum())
        out.append(_excluded(case, cause, support * case.left_for_others, (before, after)))
    tried = set(ranking.posterior) | shown
    return out + [
        {
            "cause": cause,
            "tried": False,
            "support": None,
            "reason": "",
            "name": text(f"cause.{cause}", case.reading.locale),
        }
        for cause in case.investigation.priors
        if cause not in tried
    ]


def _excluded_coded(case: Case, ranking: Ranking) -> list[dict[str, Any]]:
    """Every other cause of coded answers that was tried, with its support."""
    locale = case.reading.locale
    shown = {each for cause in ranking.causes for each in (cause.cause, *cause.equivalents)}
    return [
        {
            "cause": cause,
            "tried": True,
            "support": round(support, 6),
            "reason": text("dossier.excluded.less_likely", locale),
            "name": text(f"cause.{cause}", locale),
        }
        for cause, support in ranking.posterior.items()
        if cause not in shown
    ]


def _excluded(case: Case, cause: str, support: float, outside: tuple[int, int | None]) -> dict[str, Any]:
    """One cause that stands back."""
    locale, (before, after) = case.reading.locale, outside
    if after is None:
        reason = text("dossier.excluded.fits_badly", locale)
    elif after >= before:
        reason = text("dossier.excluded.repairs_nothing", locale, n=after)
    elif after:
        reason = text("dossier.excluded.leaves_some", locale, n=after, before=before)
    else:
        reason = text("dossier.excluded.less_likely", locale)
    name = text(f"cause.{cause}", locale)
    return {"cause": cause, "tried": True, "support": round(support, 6), "reason": reason, "name": name}


def supposition_parts(case: Case, rows: pd.DataFrame | None = None) -> list[dict[str, Any]]:
    """What score and verdict would be if ...; for display only.

    Parameters
    ----------
    rows : of `what_if` or `corrected`; None: the usual ones.
    """
    if case.cell is None or case.place is None:
        return []
    found = what_if(case.investigation, *case.place) if rows is None else rows
    return [_supposition(case, row) for row in found.to_dict("records")]


def _supposition(case: Case, row: Mapping[Any, Any]) -> dict[str, Any]:
    """One supposition."""
    locale, what = case.reading.locale, str(row["what"])
    analyte = case.reading.analyte(case.analyte)
    decimals = 3 if what == "divided" else (analyte.decimals or 0) + 1
    amount = float(row["amount"])
    shown = text(
        f"supposition.{what}",
        locale,
        amount=MISSING if math.isnan(amount) else printed(amount, decimals, locale=locale),
        unit=case.reading.unit(case.analyte),
        name=group_name(case, row["name"]) if what == "other_group" else row["name"],
    )
    better, worse = int(row["better"]), int(row["worse"])
    key = (
        "same"
        if not better and not worse
        else "both"
        if better and worse
        else "better"
        if better
        else "worse"
    )
    return {
        "what": what,
        "name": row["name"],
        "amount": number(amount),
        "acceptable": int(row["acceptable"]),
        "graded": int(row["graded"]),
        "passes": bool(row["passes"]),
        "better": better,
        "worse": worse,
        "printed": {
            "what": shown.strip(),
            "score": f"{row['acceptable']}/{row['graded']}",
            "verdict": verdict("analyte", "pass" if row["passes"] else "fail", locale),
            "change": text(f"dossier.change.{key}", locale, better=better, worse=worse),
        },
    }
