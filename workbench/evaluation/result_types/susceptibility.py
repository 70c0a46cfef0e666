"""Antimicrobial susceptibility: category, MIC and zone of each organism-drug pair.

The category is judged by the breakpoints the laboratory declares (F25 where they are not the organiser's), from
the reference MIC or zone; a reference value next to a breakpoint cannot be graded (NS-B).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import EvaluationError
from workbench.evaluation.result_types.susceptibility_answers import (
    ReadMic,
    read_category,
    read_mic,
    read_zone,
)
from workbench.parameters.breakpoints import Breakpoint, BreakpointBook
from workbench.parameters.vocabularies import Vocabulary
from workbench.statistics.susceptibility import categorical_agreement_from_counts, essential_agreement

GRADES = ("agree", "minor", "major", "very_major", "not_scored")
REQUIRED = ("organism", "drug", "category", "standard", "year")
OPTIONAL = ("mic", "zone", "site", "reference_mic", "reference_zone", "reference_category")


@dataclass(frozen=True)
class SusceptibilityRule:
    """Decisions of the organiser.

    Attributes
    ----------
    marks : mark (0 to 1) by grade.
    margin_dilutions, margin_mm : a reference value whose neighbours this far off have another category is too
        near a breakpoint.
    near : near a breakpoint the pair is ``not_scored``, or each of the categories is accepted (``accept``).
    half_steps : MICs of gradient strips between two dilutions are rounded up.
    organiser : standard and year of the reference, for the note on another one.
    acceptable_from : least mark of an acceptable answer.

    References
    ----------
    ISO 20776-2; CLSI M52: very major, major and minor errors.
    """

    marks: Mapping[str, float]
    margin_dilutions: int = 1
    margin_mm: float = 1.0
    near: str = "not_scored"
    half_steps: bool = False
    organiser: tuple[str, int] = ("CLSI", 2024)
    acceptable_from: float = 1.0


SUSCEPTIBILITY = SusceptibilityRule({"agree": 1.0, "minor": 0.5, "major": 0.0, "very_major": 0.0})


def error_class(category: str, expected: str) -> str:
    """Error of one category against the expected one.

    Notes
    -----
    Very major: expected R, reported S. Major: expected S, reported R. Any other difference is minor: one of the
    two is I or SDD. EUCAST's I has meant "susceptible, increased exposure" since 2019.

    Examples
    --------
    >>> [error_class(*pair) for pair in (("S", "R"), ("R", "S"), ("I", "S"), ("SDD", "I"), ("R", "R"))]
    ['very_major', 'major', 'minor', 'minor', 'agree']
    """
    if category == expected:
        return "agree"
    return {("S", "R"): "very_major", ("R", "S"): "major"}.get((category, expected), "minor")


@dataclass(frozen=True)
class Wanted:
    """What is expected of one pair: the categories that are right, and why it cannot be graded."""

    category: str = ""
    accepted: tuple[str, ...] = ()
    intrinsic: bool = False
    reason: str = ""


def expected_category(
    row: Mapping[str, Any],
    limits: Breakpoint | None,
    intrinsic: bool,
    rule: SusceptibilityRule = SUSCEPTIBILITY,
) -> Wanted:
    """Expected category of one pair under one standard.

    Parameters
    ----------
    row : `reference_mic`, `reference_zone`, `reference_category`, as written; any may be missing.
    limits : breakpoints of the laboratory's standard; None where it has none.

    Notes
    -----
    Intrinsic resistance comes first, then the reference MIC, then the reference zone, then the reference
    category itself (which holds for the organiser's own standard).
    """
    if intrinsic:
        return Wanted("R", ("R",), intrinsic=True)
    stated, reason = read_category(row.get("reference_category"))
    if reason:
        raise EvaluationError(f"Reference category {row.get('reference_category')!r} is not S, SDD, I or R.")
    measured = _from_measurement(row, limits, rule)
    if measured is not None:
        return measured
    if stated:
        return Wanted(stated, (stated,))
    return Wanted(reason="no_breakpoint")


def _from_measurement(
    row: Mapping[str, Any], limits: Breakpoint | None, rule: SusceptibilityRule
) -> Wanted | None:
    """The category the reference MIC or zone has under the breakpoints; None where they give none."""
    if limits is None:
        return None
    mic = read_mic(row.get("reference_mic"), half_steps=True)
    zone, fault = read_zone(row.get("reference_zone"))
    if mic.reason or fault:
        raise EvaluationError(f"Reference value of {row.get('organism')} {row.get('drug')} cannot be read.")
    if mic.step is not None:
        steps = _possible_steps(mic)
        around = {limits.by_dilution(s + d) for s in steps for d in _span(rule.margin_dilutions)}
        own = {limits.by_dilution(s) for s in steps}
    elif not math.isnan(zone):
        around = {limits.by_zone(zone + side * rule.margin_mm) for side in (-1, 0, 1)}
        own = {limits.by_zone(zone)}
    else:
        return None
    if "" in own:
        return None
    return _settle(own, around - {""}, rule)


def _span(margin: int) -> range:
    return range(-margin, margin + 1)


def _possible_steps(mic: ReadMic) -> tuple[int, ...]:
    """Rungs an MIC may stand on: "<=" everything from far below, ">" from the next rung up."""
    step = mic.step or 0
    if mic.sign in ("<", "<="):
        return tuple(range(step - 8, step + (mic.sign == "<=")))
    if mic.sign in (">", ">="):
        return tuple(range(step + (mic.sign == ">"), step + 9))
    return (step,)


def _settle(own: set[str], around: set[str], rule: SusceptibilityRule) -> Wanted:
    """One category, or several near a breakpoint."""
    if len(own) == 1 and len(around) == 1:
        return Wanted(min(own), (min(own),))
    centre = min(own) if len(own) == 1 else ""
    if rule.near == "accept":
        return Wanted(centre or min(around), tuple(sorted(around)))
    return Wanted(centre, tuple(sorted(around)), reason="near_breakpoint")


def own_category(mic: ReadMic, zone: float, limits: Breakpoint | None) -> str:
    """Category of the laboratory's own measurement under its own standard; "" where undecided."""
    if limits is None:
        return ""
    if mic.step is not None:
        found = {limits.by_dilution(step) for step in _possible_steps(mic)}
        return min(found) if len(found) == 1 else ""
    return "" if math.isnan(zone) else limits.by_zone(zone)


@dataclass(frozen=True)
class SusceptibilityLists:
    """The lists pairs are read with: breakpoints, organisms (one or more vocabularies), drugs."""

    book: BreakpointBook
    organisms: tuple[Vocabulary, ...]
    drugs: Vocabulary

    def organism_path(self, name: str) -> tuple[str, ...]:
        """Codes from the widest group to the organism; empty when the name is not in the lists."""
        for vocabulary in self.organisms:
            found = vocabulary.named(name)
            if len(found) == 1:
                return vocabulary.path(found[0].code)
        return ()

    def drug(self, name: str) -> str:
        """Code of a drug; empty when unknown."""
        found = self.drugs.named(name)
        return found[0].code if len(found) == 1 else ""


def grade_susceptibility(
    pairs: pd.DataFrame, lists: SusceptibilityLists, rule: SusceptibilityRule = SUSCEPTIBILITY
) -> pd.DataFrame:
    """Grade organism-drug pairs.

    Parameters
    ----------
    pairs : one row per laboratory x isolate x drug. ``organism`` (expected organism, code or name), ``drug``,
        ``category`` (as sent), ``standard`` and ``year`` (as the laboratory declares); and as far as there are any
        ``mic``, ``zone`` (as sent), ``site``, ``reference_mic``, ``reference_zone``, ``reference_category``.

    Returns
    -------
    DataFrame
        Same rows and index. ``organism_code``, ``drug_code``, ``answer`` (category), ``expected`` (category),
        ``accepted`` (joined by "|"), ``intrinsic``, ``grade`` (one of GRADES), ``mark`` (NaN when not scored),
        ``signal``, ``critical`` (very major), ``essential`` (1.0 the MICs agree, 0.0 they do not, NaN without
        two MICs), ``contradicts_own`` (category and own MIC or zone do not go together), ``other_standard``
        (F25), ``reason``, ``measured_reason`` (why the MIC or zone could not be read).

    Notes
    -----
    The category is graded even when the MIC beside it cannot be read: `measured_reason` tells it, and the pair
    is left out of essential agreement.

    References
    ----------
    42 CFR 493.911(b): susceptibility responses are scored per drug.
    """
    missing = [name for name in REQUIRED if name not in pairs.columns]
    if missing:
        raise EvaluationError(f"Susceptibility pairs lack the columns {', '.join(missing)}.")
    full = pairs.reindex(columns=[*REQUIRED, *OPTIONAL])
    columns = [full[name].tolist() for name in full.columns]
    names = list(full.columns)
    cache: dict[tuple[str, ...], tuple[Any, ...]] = {}
    rows = []
    for values in zip(*columns, strict=True):
        key = tuple(repr(value) for value in values)
        if key not in cache:
            cache[key] = _grade_pair(dict(zip(names, values, strict=True)), lists, rule)
        rows.append(cache[key])
    out = pd.DataFrame(rows, columns=list(_COLUMNS), index=pairs.index)
    flags = ("intrinsic", "critical", "contradicts_own", "other_standard")
    return out.astype({"mark": float, "essential": float, **dict.fromkeys(flags, bool)})


_COLUMNS = (
    "organism_code",
    "drug_code",
    "answer",
    "expected",
    "accepted",
    "intrinsic",
    "grade",
    "mark",
    "signal",
    "critical",
    "essential",
    "contradicts_own",
    "other_standard",
    "reason",
    "measured_reason",
)


def _grade_pair(
    row: Mapping[str, Any], lists: SusceptibilityLists, rule: SusceptibilityRule
) -> tuple[Any, ...]:
    """The columns of one pair."""
    path, drug = lists.organism_path(_word(row["organism"])), lists.drug(_word(row["drug"]))
    answer, reason = read_category(row["category"])
    mic, (zone, zone_fault) = read_mic(row["mic"], half_steps=rule.half_steps), read_zone(row["zone"])
    standard, year = _word(row["standard"]), _year(row["year"])
    if not path or not drug:
        reason = "drug_unknown" if path else "organism_unknown"
    elif standard not in lists.book.standards:
        reason = reason or "standard_unknown"
    limits = lists.book.find(standard, year, path, drug, _word(row["site"])) if path and drug else None
    intrinsic = bool(path and drug) and lists.book.is_intrinsic(standard, path, drug)
    wanted = Wanted() if reason == "organism_unknown" else expected_category(row, limits, intrinsic, rule)
    grade = _grade(answer, wanted, reason)
    mark = math.nan if grade == "not_scored" else rule.marks[grade]
    signal = "acceptable" if mark >= rule.acceptable_from else "action"
    own = own_category(mic, zone, limits)
    return (
        path[-1] if path else "",
        drug,
        answer,
        wanted.category,
        "|".join(wanted.accepted),
        intrinsic,
        grade,
        mark,
        "not_scored" if grade == "not_scored" else signal,
        grade == "very_major",
        _essential(mic, read_mic(row["reference_mic"], half_steps=True)),
        bool(answer and own and answer != own and not intrinsic),
        (standard, year) != rule.organiser,
        reason or (wanted.reason if answer else ""),
        mic.reason or zone_fault,
    )


def _word(value: object) -> str:
    missing = value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
    return "" if missing else str(value).strip()


def _year(value: object) -> int:
    digits = _word(value).partition(".")[0]
    return int(digits) if digits.isdecimal() else 0


def _grade(answer: str, wanted: Wanted, reason: str) -> str:
    """Grade of one pair; whatever has a reason, or no answer, is not scored."""
    if reason or wanted.reason or not answer or not wanted.category:
        return "not_scored"
    return "agree" if answer in wanted.accepted else error_class(answer, wanted.category)


def _essential(mic: ReadMic, reference: ReadMic) -> float:
    """1.0 within one dilution, 0.0 not, NaN where one of the two is no MIC."""
    if mic.step is None or reference.step is None:
        return math.nan
    agrees = essential_agreement(2.0**mic.step, 2.0**reference.step, mic.sign, reference.sign)
    return float(bool(np.all(agrees)))


def susceptibility_rates(graded: pd.DataFrame, by: str = "drug_code") -> pd.DataFrame:
    """Agreement per drug (or another column), each rate with its own denominator.

    Parameters
    ----------
    graded : of `grade_susceptibility`; pairs that are not scored count for essential agreement only.

    Returns
    -------
    DataFrame
        Grain: one row per value of `by`. ``n`` (pairs scored), ``agree``, ``very_major``, ``major``, ``minor``
        (counts), ``resistant``, ``susceptible`` (expected R, expected S), ``agreement``, ``very_major_rate``,
        ``major_rate``, ``minor_rate`` (0 to 1; NaN without a denominator, F39), ``essential_n``,
        ``essential`` (rate of essential agreement, NaN without MICs), ``near`` (pairs left out as NS-B).
    """
    rows = [{by: value, **_rates(part)} for value, part in graded.groupby(by, sort=True)]
    return pd.DataFrame(rows, columns=[by, *_rates(graded.iloc[:0])])


def _rates(part: pd.DataFrame) -> dict[str, float | int]:
    scored = part[part["grade"] != "not_scored"]
    counts = {grade: int((scored["grade"] == grade).sum()) for grade in GRADES[:-1]}
    found = categorical_agreement_from_counts(
        n=len(scored),
        very_major=counts["very_major"],
        major=counts["major"],
        minor=counts["minor"],
        reference_resistant=int((scored["expected"] == "R").sum()),
        reference_susceptible=int((scored["expected"] == "S").sum()),
    )
    essential = part["essential"].dropna()
    return {
        "n": found.n,
        **counts,
        "resistant": found.resistant,
        "susceptible": found.susceptible,
        "agreement": found.agreement,
        "very_major_rate": found.very_major_rate,
        "major_rate": found.major_rate,
        "minor_rate": found.minor_rate,
        "essential_n": len(essential),
        "essential": float(essential.mean()) if len(essential) else math.nan,
        "near": int((part["reason"] == "near_breakpoint").sum()),
    }
