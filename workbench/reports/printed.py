"""How the numbers of a report are printed: decimals, signs and classes that never contradict them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.reports.words import reason_text, value_text
from workbench.wording import (
    MISSING,
    consistent,
    consistent_range,
    printed,
    significant,
    symbol,
    text,
    verdict,
)

LIMIT_PERCENT = (-100.0, 100.0)
Z_BOUNDS = (-3.0, -2.0, 2.0, 3.0)
CV_FINE_BELOW = 1.0


@dataclass(frozen=True)
class Scale:
    """How the quantities of one item are printed.

    Parameters
    ----------
    decimals : of targets, means, standard deviations and limits: one more than is reported.
    locale : `zh_CN` or `en`.
    rounding : `half_even` or `half_up`.
    rule : `limit` or `z`, whichever decides; chooses the words.
    disclosure_min : groups below it show no statistics.
    """

    decimals: int
    locale: str
    rounding: str = "half_even"
    rule: str = "limit"
    disclosure_min: int = 5

    def quantity(self, value: float | None, *, signed: bool = False) -> str:
        """A quantity in the item's unit."""
        return self.fixed(value, self.decimals, signed=signed)

    def fixed(self, value: float | None, decimals: int, *, signed: bool = False) -> str:
        """A number with so many decimals; a dash where there is none."""
        return printed(value, decimals, signed, self.locale, self.rounding)

    def cv(self, value: float | None) -> str:
        """A coefficient of variation in %: one decimal, two below 1%."""
        return self.fixed(value, 1 if value is None or abs(value) >= CV_FINE_BELOW else 2)

    def uncertainty(self, value: float | None) -> str:
        """A standard uncertainty with two significant figures."""
        return significant(value, 2)

    def suppressed(self) -> str:
        """What the count of a group below the disclosure minimum shows."""
        return text("state.suppressed", self.locale, n_min=self.disclosure_min)


def result_forms(result: Mapping[str, Any], scale: Scale) -> tuple[dict[str, str], bool]:
    """The printed forms of one result, and whether one of them needed an extra decimal.

    Parameters
    ----------
    result : one result of the twin, unrounded.
    scale : how the item's quantities are printed.
    """
    mode = scale.rounding
    score, more_score = consistent(result["score"], 2, Z_BOUNDS, True, mode)
    share, more_share = consistent(result["percent_allowed"], 0, LIMIT_PERCENT, True, mode)
    own = result["value"]
    limits = result["limit_low"], result["limit_high"]
    shown_range, more_range = consistent_range(*limits, scale.decimals, own, scale.locale)
    boundaries = () if own is None else (own,)
    direction = result["difference"] or 0
    forms = {
        "value": value_text(result, scale.locale),
        "assigned_value": scale.quantity(result["assigned_value"]),
        "u_assigned_value": scale.uncertainty(result["u_assigned_value"]),
        "limit_low": consistent(limits[0], scale.decimals, boundaries, mode=mode)[0],
        "limit_high": consistent(limits[1], scale.decimals, boundaries, mode=mode)[0],
        "range": shown_range,
        "bias": _bias(result, scale),
        "percent_allowed": share,
        "score": score,
        "zeta": scale.fixed(result["zeta_score"], 2, signed=True),
        "en": scale.fixed(result["en_score"], 2, signed=True),
        "expanded_u_result": scale.uncertainty(result["expanded_u_result"]),
        **_group_forms(result, scale),
        "percentile": scale.fixed(result["percentile"], 0),
        "symbol": symbol(result["signal"], direction),
        "verdict": _verdict(result, scale, direction),
    }
    if result["reason"]:
        forms["reason"] = reason_text(result["reason"], scale.locale)
    return forms, more_score or more_share or more_range


def _verdict(result: Mapping[str, Any], scale: Scale, direction: float) -> str:
    """Symbol and word; a late result is judged for information and says that it counts nothing."""
    words = verdict(f"result_{scale.rule}", result["signal"], scale.locale, direction)
    return text("cell.zero_points", scale.locale, verdict=words) if result["state"] == "late" else words


def _group_forms(result: Mapping[str, Any], scale: Scale) -> dict[str, str]:
    """Statistics of the group and of all laboratories; a small group shows only that it is small."""
    group, everyone = result["group"], result["all"]
    hidden = result["why"].get("robust_mean") == "suppressed"
    count = scale.suppressed() if hidden else str(group["n"]) if group["n"] else MISSING
    return {
        "n": count,
        "robust_mean": scale.quantity(group["robust_mean"]),
        "cv": scale.cv(group["cv"]),
        "all_robust_mean": scale.quantity(everyone["robust_mean"]),
    }


def _bias(result: Mapping[str, Any], scale: Scale) -> str:
    """Difference in % or in the item's unit, whichever the limit of this item uses."""
    if result["bias_kind"] == "percent_difference":
        return scale.fixed(result["percent_difference"], 1, signed=True)
    return scale.quantity(result["difference"], signed=True)
