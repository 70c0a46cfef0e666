"""Genotypes: exact, phenotype-equivalent, partial, wrong or critical; three-part marks.

Alleles are compared unordered after every name has been normalised; the normal form stands in the table, so
that a dispute can be settled on paper.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import EvaluationError
from workbench.evaluation.result_types.genotype_calls import Call, read_call
from workbench.parameters.loci import Locus

GRADES = ("exact", "equivalent", "partial", "wrong", "critical", "not_scored")
FULL_MARK = 2.0
"""UK NEQAS for Molecular Genetics: genotyping, interpretation and clerical accuracy, 2.00 each."""


@dataclass(frozen=True)
class GenotypeRule:
    """Decisions of the organiser.

    Attributes
    ----------
    partial_mark : mark (0 to 1) for the right variants without zygosity, or some of several.
    acceptable : grades of an acceptable answer.
    unreadable : a text that is no possible genotype is ``wrong`` or ``not_scored``.
    """

    partial_mark: float = 0.5
    acceptable: tuple[str, ...] = ("exact", "equivalent")
    unreadable: str = "wrong"


def compare_calls(answer: Call, expected: Call, locus: Locus) -> str:
    """Grade of one readable call against another: exact, equivalent, partial, wrong or critical.

    Notes
    -----
    Critical: another number of alleles (or presence of variants) with one of the locus's critical functions,
    for example a missed --SEA, or a sensitising EGFR mutation called wild type. Equivalent: another genotype
    with the same phenotype, or the wider group a kit reports. Partial: the right variants without zygosity, or
    some of several with nothing critical missed or added.

    Examples
    --------
    >>> from workbench.parameters.loci import loci
    >>> locus = loci()["CYP2C19"]
    >>> expected = read_call("*2/*2", locus)
    >>> [compare_calls(read_call(text, locus), expected, locus) for text in ("*2/*2", "*2/*3", "*1/*2")]
    ['exact', 'equivalent', 'critical']
    """
    if (answer.alleles, answer.zygosity) == (expected.alleles, expected.zygosity):
        return "exact"
    if _critical_counts(answer, locus) != _critical_counts(expected, locus):
        return "critical"
    if locus.kind == "diplotype":
        one, other = (locus.phenotype(*call.alleles) for call in (answer, expected))
        same = one is not None and other is not None and one.phenotype == other.phenotype
        return "equivalent" if same else "wrong"
    return _compare_variants(answer, expected, locus)


def _critical_counts(call: Call, locus: Locus) -> Counter[str]:
    """How many alleles (of a diplotype) or variants there are of each critical function."""
    functions = (locus.by_code[code].function for code in call.alleles)
    return Counter(function for function in functions if function in locus.critical_functions)


def _compare_variants(answer: Call, expected: Call, locus: Locus) -> str:
    """Sets of variants whose critical functions agree."""
    own = dict(zip(answer.alleles, answer.zygosity, strict=True))
    target = dict(zip(expected.alleles, expected.zygosity, strict=True))
    if set(own) == set(target):
        return _compare_zygosity(own, target, locus)
    wide_own, wide_target = (sorted(_group(code, locus) for code in codes) for codes in (own, target))
    stated = [code for code in (*own, *target) if locus.by_code[code].group]
    unresolved = [code for code in (set(own) ^ set(target)) if not locus.by_code[code].group]
    if wide_own == wide_target and stated and unresolved:
        return "equivalent"
    return "partial" if set(own) & set(target) else "wrong"


def _group(code: str, locus: Locus) -> str:
    return locus.by_code[code].group or code


def _compare_zygosity(own: Mapping[str, str], target: Mapping[str, str], locus: Locus) -> str:
    """The same variants; what was said of their zygosity."""
    differing = [code for code in target if target[code] and own[code] != target[code]]
    if not differing:
        return "exact"
    if all(not own[code] for code in differing):
        return "partial"
    grave = any(locus.by_code[code].function in locus.critical_functions for code in differing if own[code])
    return "critical" if grave else "wrong"


def grade_genotype(
    answers: Iterable[object],
    expected: Iterable[str],
    locus: Locus,
    others: Mapping[str, Locus] | None = None,
    rule: GenotypeRule | None = None,
) -> pd.DataFrame:
    """Grade written genotypes.

    Parameters
    ----------
    answers, expected : shape (n,), as written.
    others : all loci, so that an allele of another locus is told from an unknown one.

    Returns
    -------
    DataFrame
        Grain: one row per answer. ``expected`` and ``answer`` (recommended names; empty when unreadable),
        ``renamed`` (the text sent was another name), ``expected_phenotype``, ``phenotype``, ``grade`` (one of
        GRADES), ``mark`` (0 to 1, NaN when not scored), ``signal``, ``critical``, ``reason``.

    Raises
    ------
    EvaluationError
        when an expected genotype cannot be read.

    Notes
    -----
    "Not tested" and a missing answer are never a wild type: they are not scored, with their reason.

    References
    ----------
    EMQN and UK NEQAS for Molecular Genetics scoring: a critical genotyping error is poor performance.
    """
    settled = rule or GenotypeRule()
    frame = pd.DataFrame({"sent": [_text(a) for a in answers]}, dtype=object)
    frame["target"] = np.asarray(list(expected), dtype=object)
    targets = {text: _target(text, locus) for text in set(frame["target"])}
    calls = {text: read_call(text, locus, others) for text in set(frame["sent"])}
    pairs = list(zip(frame["sent"], frame["target"], strict=True))
    known = {pair: _row(pair[0], calls[pair[0]], targets[pair[1]], locus, settled) for pair in set(pairs)}
    out = pd.DataFrame([known[pair] for pair in pairs], columns=list(_COLUMNS), index=frame.index)
    return out.astype({"mark": float, "critical": bool, "renamed": bool})


_COLUMNS = (
    "expected",
    "answer",
    "renamed",
    "expected_phenotype",
    "phenotype",
    "grade",
    "mark",
    "signal",
    "critical",
    "reason",
)


def _text(value: object) -> str:
    missing = value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
    return "" if missing else str(value)


def _target(text: str, locus: Locus) -> Call:
    call = read_call(str(text), locus)
    if call.reason:
        raise EvaluationError(
            f"Expected genotype {text!r} of {locus.locus} cannot be read ({call.reason}). Correct the target, "
            "or add the allele to parameters/genotypes."
        )
    return call


def _phenotype(call: Call, locus: Locus) -> str:
    if call.reason or locus.kind != "diplotype":
        return ""
    found = locus.phenotype(*call.alleles)
    return found.phenotype if found else ""


def _row(sent: str, call: Call, target: Call, locus: Locus, rule: GenotypeRule) -> tuple[object, ...]:
    """The graded columns of one answer."""
    if call.reason in ("genotype_missing", "not_tested") or (call.reason and rule.unreadable == "not_scored"):
        grade = "not_scored"
    else:
        grade = "wrong" if call.reason else compare_calls(call, target, locus)
    marks = {
        "exact": 1.0,
        "equivalent": locus.equivalent_mark,
        "partial": rule.partial_mark,
        "not_scored": math.nan,
    }
    mark = marks.get(grade, 0.0)
    good = grade in rule.acceptable and mark > 0
    signal = "not_scored" if grade == "not_scored" else "acceptable" if good else "action"
    name = call.text(locus)
    renamed = bool(name) and name != sent.strip()
    seen = (_phenotype(target, locus), _phenotype(call, locus))
    return (target.text(locus), name, renamed, *seen, grade, mark, signal, grade == "critical", call.reason)


@dataclass(frozen=True)
class ThreePartRule:
    """Deductions from 2.0 in each part, never below 0.

    Attributes
    ----------
    interpretation : deduction by the kind of error in the interpretation; ``critical`` is poor performance.
    clerical : deduction per clerical error.

    References
    ----------
    UK NEQAS for Molecular Genetics, scoring: genotyping, interpretation, clerical accuracy, 2.00 each. The
    sizes of single deductions are the organiser's.
    """

    interpretation: Mapping[str, float]
    clerical: float = 0.5


THREE_PART = ThreePartRule({"correct": 0.0, "minor": 0.5, "major": 1.0, "critical": 2.0})


def three_part_marks(
    graded: pd.DataFrame,
    interpretation: Iterable[str],
    clerical_errors: Iterable[float],
    rule: ThreePartRule = THREE_PART,
) -> pd.DataFrame:
    """Marks for genotype, interpretation and clerical accuracy.

    Parameters
    ----------
    graded : of `grade_genotype`, shape (n,).
    interpretation : shape (n,), a key of the rule's deductions, or empty where no interpretation was asked for.
    clerical_errors : shape (n,), number of clerical errors; NaN where not assessed.

    Returns
    -------
    DataFrame
        Grain: one row per case. ``genotype_mark``, ``interpretation_mark``, ``clerical_mark`` (0 to 2; NaN where
        not assessed or not scored), ``poor`` (a critical genotype or interpretation).

    Raises
    ------
    EvaluationError
        on an interpretation the rule does not know.
    """
    words = [str(word) for word in interpretation]
    unknown = sorted({word for word in words if word and word not in rule.interpretation})
    if unknown:
        raise EvaluationError(f"Unknown interpretation {unknown}; allowed: {', '.join(rule.interpretation)}.")
    errors = np.asarray(list(clerical_errors), dtype=float)
    deducted = np.array([rule.interpretation[word] if word else math.nan for word in words], dtype=float)
    return pd.DataFrame(
        {
            "genotype_mark": FULL_MARK * graded["mark"].to_numpy(dtype=float),
            "interpretation_mark": np.maximum(FULL_MARK - deducted, 0.0),
            "clerical_mark": np.maximum(FULL_MARK - rule.clerical * errors, 0.0),
            "poor": graded["critical"].to_numpy(dtype=bool) | (np.array(words, dtype=object) == "critical"),
        },
        index=graded.index,
    )
