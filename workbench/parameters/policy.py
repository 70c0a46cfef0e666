"""How the results of a quantitative programme are judged. Every default here is a decision of the
organiser and can be changed in the programme's YAML entry, for the programme or for one analyte."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from workbench.parameters.coded_rules import CodedRules

Dimension = Literal["method", "instrument", "reagent", "calibrator"]


class Strict(BaseModel):
    """A model that never changes and refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CriterionRef(Strict):
    """Which limit applies: authority and metric; matrix and analyte are the analyte's own unless given."""

    authority: str
    metric: str
    matrix: str | None = None
    analyte: str | None = None
    edition: str | None = None


class SigmaRule(Strict):
    """How sigma_pt follows.

    `allowable_error`: allowed deviation / divisor. `robust_sd`: the round's own robust SD.
    `fixed`: `value` in the analyte's unit. `fixed_percent`: `value` per cent of the assigned value.

    References
    ----------
    ISO 13528:2022, clause 8; 4.3.2 for the divisor 3.
    """

    kind: Literal["allowable_error", "robust_sd", "fixed", "fixed_percent"] = "allowable_error"
    divisor: Decimal = Field(default=Decimal(3), gt=0)
    value: Decimal | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _value_is_given(self) -> SigmaRule:
        if self.kind.startswith("fixed") and self.value is None:
            raise ValueError(f"sigma_pt of kind {self.kind} needs a value")
        return self


class Persistence(Strict):
    """When failing repeatedly makes a laboratory unsuccessful: `consecutive` rounds in a row, or
    `failures` of the last `window` rounds."""

    window: int = Field(default=3, ge=1)
    failures: int = Field(default=2, ge=1)
    consecutive: int = Field(default=2, ge=1)


class PatternThresholds(Strict):
    """Thresholds of the interpretive sentences, in per cent of the allowed deviation unless named."""

    samples_min: int = Field(default=3, ge=2)
    constant_mean: float = 50.0
    constant_sd: float = 50.0
    random_sd: float = 60.0
    slope_p: float = Field(default=0.05, gt=0, lt=1)
    accident_others: float = 50.0
    near_limit: float = 80.0
    shift: float = 50.0
    blunder_share: float = Field(default=0.8, gt=0, le=1)
    blunder_tolerance_percent: float = Field(default=10.0, gt=0)


class EvaluationPolicy(Strict):
    """One programme's (or one analyte's) rules of evaluation.

    Attributes
    ----------
    ladder : rungs of peer grouping from narrow to wide; an empty rung is all laboratories.
    n_min : fewest results of a group that may set a target.
    assigned_value, stop : consensus estimator and its stopping rule.
    prefer_reference : a reference value, where there is one, replaces the consensus.
    sigma_pt, criterion : standard deviation for assessment; the limit. No criterion: no limit known.
    score : `limit` when the allowed deviation decides, `z` when the z score does.
    score_decimals : classify z after rounding to so many decimals; None: unrounded.
    target_decimals : resolve the limit at the target rounded to so many decimals; None: unrounded.
    pass_mark : per cent of acceptable results an analyte (and the programme) must reach.
    not_scored : ungraded samples are left out of both counts, or credited.
    not_performed, excused, sample_fault, late, not_returned, unreadable : how these states count.
    censored : a `<` or `>` result is judged as an interval where that decides, or never scored.
    u_negligible_sigma, u_negligible_limit, u_upper : bounds of u(x_pt) against sigma_pt and the limit.
    exclude_outliers, exclude_late, exclude_blunders, merge_devices : who takes part in the consensus.
    mode_share_min, censored_share_max, identical_share_max : shares that raise findings.
    disclosure_min : fewest results of a group whose statistics may be shown.
    rounding : how printed numbers are rounded.
    coded : rules of answers that are no quantities.

    References
    ----------
    ISO 13528:2022, 7.7 (consensus), 9.4 and Formula (10) (uncertainty), 4.3.2 (sigma_pt).
    """

    ladder: tuple[tuple[Dimension, ...], ...] = ((),)
    n_min: int = Field(default=6, ge=2)
    assigned_value: Literal["algorithm_a", "q_hampel", "median_niqr"] = "algorithm_a"
    stop: Literal["converged", "three_figures"] = "converged"
    prefer_reference: bool = False
    sigma_pt: SigmaRule = SigmaRule()
    criterion: CriterionRef | None = None
    score: Literal["limit", "z"] = "limit"
    score_decimals: int | None = Field(default=None, ge=0, le=6)
    target_decimals: int | None = Field(default=None, ge=0, le=8)
    pass_mark: float = Field(default=80.0, gt=0, le=100)
    not_scored: Literal["exclude", "credit"] = "exclude"
    not_performed: Literal["exclude", "zero"] = "exclude"
    excused: Literal["exclude"] = "exclude"
    sample_fault: Literal["exclude"] = "exclude"
    late: Literal["zero", "score"] = "zero"
    not_returned: Literal["zero", "exclude"] = "zero"
    unreadable: Literal["zero", "exclude"] = "zero"
    censored: Literal["interval", "not_scored"] = "interval"
    u_negligible_sigma: float = Field(default=0.3, gt=0)
    u_negligible_limit: float = Field(default=0.1, gt=0)
    u_upper: float = Field(default=0.7, gt=0)
    exclude_outliers: Literal["none", "three_sd"] = "none"
    exclude_late: bool = True
    exclude_blunders: bool = True
    merge_devices: bool = True
    mode_share_min: float = Field(default=0.10, gt=0, lt=1)
    censored_share_max: float = Field(default=0.25, gt=0, lt=1)
    identical_share_max: float = Field(default=0.5, gt=0, le=1)
    disclosure_min: int = Field(default=5, ge=1)
    rounding: Literal["half_even", "half_up"] = "half_even"
    persistence: Persistence = Persistence()
    patterns: PatternThresholds = PatternThresholds()
    coded: CodedRules = CodedRules()

    @model_validator(mode="after")
    def _ladder_is_sound(self) -> EvaluationPolicy:
        if len(set(self.ladder)) != len(self.ladder):
            raise ValueError("a rung of the ladder is repeated")
        if () in self.ladder[:-1]:
            raise ValueError("the rung of all laboratories ([]) must be the last")
        return self


CODED_POLICY = EvaluationPolicy(ladder=(("reagent",), ()))
"""Rules of coded answers where the catalogue gives none: shown beside those of the same kit, then of all."""
