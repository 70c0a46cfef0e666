"""What ordinal and qualitative answers share: reading them on the common scale, targets set beforehand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.errors import EvaluationError
from workbench.evaluation.coded_analytes import SEVERAL, CodedAnalyte, Expected
from workbench.evaluation.coded_round import system_of
from workbench.evaluation.criteria import ObjectArray
from workbench.parameters.categories import EQUIVOCAL, NEGATIVE, POSITIVE, WEAK, CategoryList
from workbench.parameters.coded_rules import CodedRules

EDUCATIONAL = "educational"
"""Key of an expected answer's detail: the sample is shown and not scored (NS-X)."""


@dataclass
class Targets:
    """Shape (R, S) each: target code, right codes, how it was set, NS code; and shape (R,) its rung."""

    target: ObjectArray
    accepted: ObjectArray
    method: ObjectArray
    reason: ObjectArray
    level: ObjectArray

    @classmethod
    def empty(cls, given: CodedAnalyte) -> Targets:
        """Nothing set yet."""

        def blank() -> ObjectArray:
            return np.full(given.shape, "", dtype=object)

        return cls(blank(), blank(), blank(), blank(), np.full(given.shape[0], "all", dtype=object))

    def set_expected(self, given: CodedAnalyte, known: CategoryList) -> None:
        """Targets that do not come from participants.

        Raises
        ------
        EvaluationError
            when an expected or accepted code is not on the list.
        """
        for place, sample in enumerate(given.samples):
            expected = given.expected.get(sample)
            if expected is None:
                continue
            code, accepted = _known(given, sample, expected, known)
            self.target[:, place] = code
            self.accepted[:, place] = SEVERAL.join(accepted)
            self.method[:, place] = expected.method
            if expected.detail.get(EDUCATIONAL):
                self.reason[:, place] = "NS-X"


def _known(
    given: CodedAnalyte, sample: str, expected: Expected, known: CategoryList
) -> tuple[str, tuple[str, ...]]:
    """Expected and accepted codes, each on the list."""
    texts = (expected.code, *expected.accepted)
    codes = [known.named(text) for text in texts]
    if not all(codes):
        strange = [text for text, code in zip(texts, codes, strict=True) if not code]
        raise EvaluationError(
            f"Expected answer {strange[0]!r} of {given.analyte.analyte}, sample {sample}, is not one of "
            f"{', '.join(known.codes)}."
        )
    return codes[0], tuple(dict.fromkeys(codes[1:]))


def answers_on_scale(given: CodedAnalyte, known: CategoryList) -> ObjectArray:
    """Shape (R, S), each answer as a code of the common scale; "" where the list does not know it.

    Notes
    -----
    The code that ingest matched is used; where there is none the text as sent is matched by the same list.
    """
    rows, samples = given.shape
    out = np.full((rows, samples), "", dtype=object)
    named: dict[str, str] = {}
    for row in range(rows):
        system = system_of(given, row)
        for place in range(samples):
            text = str(given.code[row, place] or given.raw[row, place])
            if not text:
                continue
            if text not in named:
                named[text] = text if text in known.grades else known.named(text)
            out[row, place] = known.on_common_scale(named[text], system) if named[text] else ""
    return out


def sides(known: CategoryList, rules: CodedRules) -> dict[str, str]:
    """Code -> negative, positive, equivocal or "" by the rule on weak positives."""
    weak = POSITIVE if rules.weak_positive == "positive" else EQUIVOCAL
    return {code: weak if side == WEAK else side for code, side in known.polarities.items()}


def opposite(answer: str, target: str) -> str:
    """Kind of the error where two sides of a cut-off are opposed, else "".

    >>> opposite("negative", "positive"), opposite("positive", "equivocal")
    ('false_negative', '')
    """
    return {(NEGATIVE, POSITIVE): "false_negative", (POSITIVE, NEGATIVE): "false_positive"}.get(
        (answer, target), ""
    )


def signal_of(mark: float) -> str:
    """Signal of a mark: full marks are acceptable, part marks a warning, none an action; NaN is not scored.

    >>> signal_of(1.0), signal_of(0.5), signal_of(0.0), signal_of(float("nan"))
    ('acceptable', 'warning', 'action', 'not_scored')
    """
    if np.isnan(mark):
        return "not_scored"
    return "acceptable" if mark >= 1.0 else "warning" if mark > 0 else "action"
