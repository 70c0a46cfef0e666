"""Quality-indicator forms: validity first, then percentiles by hospital level, sigma, and the funnel.

A figure that cannot be true (numerator above denominator) is not compared with anybody's; one that may not be
true (implausible) is kept, marked, and left out of the peers' percentiles.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import EvaluationError
from workbench.parameters.indicators import Indicator, required_indicators
from workbench.statistics.funnel import ACTION_LEVEL, funnel_limits, funnel_tail
from workbench.statistics.process_sigma import process_sigma
from workbench.statistics.ranks import percentile_rank

STATES = ("valid", "questioned", "invalid", "not_applicable", "missing")
PERCENTILES = (5, 25, 50, 75, 95)
REQUIRED = ("lab_code", "hospital_level", "indicator")
OPTIONAL = ("numerator", "denominator", "minutes", "window_start", "window_end")
_ALL = "all"
_DAYS_OF_MONTH = 30.44
_WINDOW_TOLERANCE_DAYS = 3


@dataclass(frozen=True)
class IndicatorRule:
    """Decisions of the organiser.

    Attributes
    ----------
    n_min : laboratories a hospital level needs for percentiles of its own (and for disclosure).
    funnel_level : two-sided probability of lying inside the funnel by chance.
    window : first and last day asked for; None: any window of the right length.
    """

    n_min: int = 5
    funnel_level: float = ACTION_LEVEL
    window: tuple[pd.Timestamp, pd.Timestamp] | None = None


def check_form(
    form: pd.DataFrame, book: Mapping[str, Indicator], rule: IndicatorRule | None = None
) -> pd.DataFrame:
    """Check every line of the forms.

    Parameters
    ----------
    form : one row per laboratory x indicator. ``lab_code``, ``hospital_level``, ``indicator``; ``numerator`` and
        ``denominator`` (counts) of a rate, ``minutes`` (median) of a time; ``window_start``, ``window_end``.

    Returns
    -------
    DataFrame
        Same rows and index. ``value`` (share 0 to 1, or minutes; NaN unless valid or questioned), ``state`` (one of
        STATES), ``reason``, ``signal``: acceptable (valid), warning (questioned), action (invalid, or missing
        though required), not_scored (not applicable, or missing and not required).

    Raises
    ------
    EvaluationError
        when columns are missing or an indicator is not in the book.

    References
    ----------
    临床检验专业医疗质量控制指标 (2015), 国卫办医函〔2015〕252号: definitions of numerator and denominator.
    """
    missing = [name for name in REQUIRED if name not in form.columns]
    unknown = sorted(set(form["indicator"]) - set(book)) if not missing else []
    if missing or unknown:
        raise EvaluationError(f"Indicator form: missing columns {missing}, unknown indicators {unknown}.")
    settled = rule or IndicatorRule()
    full = form.reindex(columns=[*REQUIRED, *OPTIONAL])
    rows = [_check(row, book[row["indicator"]], settled) for row in full.to_dict("records")]
    out = pd.DataFrame(rows, columns=["value", "state", "reason", "signal"], index=form.index)
    return out.astype({"value": float})


def _check(row: Mapping[Any, Any], indicator: Indicator, rule: IndicatorRule) -> tuple[float, str, str, str]:
    value, reason = _rate(row) if indicator.kind == "rate" else _time(row)
    required = row["hospital_level"] in indicator.required or (
        row["hospital_level"] not in ("tertiary", "secondary", "primary") and "other" in indicator.required
    )
    if reason in ("numerator_missing", "denominator_missing") and _is_blank(row):
        return math.nan, "missing", reason, "action" if required else "not_scored"
    if reason == "denominator_zero":
        return math.nan, "not_applicable", reason, "not_scored"
    if not reason and not _window_fits(row, indicator, rule):
        reason = "wrong_window"
    if reason:
        return math.nan, "invalid", reason, "action"
    low = -math.inf if indicator.plausible_low is None else indicator.plausible_low
    high = math.inf if indicator.plausible_high is None else indicator.plausible_high
    if not low <= value <= high:
        return value, "questioned", "implausible", "warning"
    return value, "valid", "", "acceptable"


def _is_blank(row: Mapping[Any, Any]) -> bool:
    return all(pd.isna(row[name]) for name in ("numerator", "denominator", "minutes"))


def _rate(row: Mapping[Any, Any]) -> tuple[float, str]:
    """Share and reason of a rate."""
    for name in ("numerator", "denominator"):
        if pd.isna(row[name]):
            return math.nan, f"{name}_missing"
    above, below = float(row["numerator"]), float(row["denominator"])
    if min(above, below) < 0 or not (above.is_integer() and below.is_integer()):
        return math.nan, "not_a_count"
    if below == 0:
        return math.nan, "numerator_above_denominator" if above > 0 else "denominator_zero"
    if above > below:
        return math.nan, "numerator_above_denominator"
    return above / below, ""


def _time(row: Mapping[Any, Any]) -> tuple[float, str]:
    """Minutes and reason of a time."""
    if pd.isna(row["minutes"]):
        return math.nan, "numerator_missing"
    minutes = float(row["minutes"])
    return (minutes, "") if minutes > 0 and math.isfinite(minutes) else (math.nan, "time_not_positive")


def _window_fits(row: Mapping[Any, Any], indicator: Indicator, rule: IndicatorRule) -> bool:
    """Whether the window is the one asked for, or of the length asked for; a form without dates is taken to be."""
    if pd.isna(row["window_start"]) or pd.isna(row["window_end"]):
        return True
    start, end = pd.Timestamp(row["window_start"]), pd.Timestamp(row["window_end"])
    if rule.window is not None:
        return bool(start == rule.window[0] and end == rule.window[1])
    days = (end - start).days + 1
    return abs(days - indicator.period_months * _DAYS_OF_MONTH) <= _WINDOW_TOLERANCE_DAYS


def missing_indicators(level: str, reported: Iterable[str], book: Mapping[str, Indicator]) -> tuple[str, ...]:
    """Required indicators of a hospital level that are not on the form.

    >>> from workbench.parameters.indicators import indicators
    >>> missing_indicators("primary", set(indicators()) - {"QI-CRIT", "QI-NEQA-PART"}, indicators())
    ('QI-CRIT',)
    """
    there = set(reported)
    return tuple(code for code in required_indicators(level, book) if code not in there)


def indicator_percentiles(
    form: pd.DataFrame, checked: pd.DataFrame, rule: IndicatorRule | None = None
) -> pd.DataFrame:
    """Percentiles of every indicator by hospital level and over all laboratories.

    Returns
    -------
    DataFrame
        Grain: one row per indicator x hospital level (and "all") with at least `n_min` valid figures. ``indicator``,
        ``hospital_level``, ``n``, ``p5`` ... ``p95`` (share or minutes, quantile type 7).

    References
    ----------
    Hyndman & Fan, Am Stat 1996;50:361, type 7.
    """
    settled = rule or IndicatorRule()
    frame = form[list(REQUIRED)].assign(value=checked["value"])[checked["state"] == "valid"]
    both = pd.concat([frame, frame.assign(hospital_level=_ALL)])
    rows = []
    for (code, level), part in both.groupby(["indicator", "hospital_level"], sort=True):
        if len(part) >= settled.n_min:
            rows.append((code, level, len(part), *np.quantile(part["value"], np.array(PERCENTILES) / 100)))
    return pd.DataFrame(rows, columns=["indicator", "hospital_level", "n", *(f"p{p}" for p in PERCENTILES)])


def indicator_positions(
    form: pd.DataFrame,
    checked: pd.DataFrame,
    book: Mapping[str, Indicator],
    rule: IndicatorRule | None = None,
) -> pd.DataFrame:
    """Where each figure stands: percentile oriented so that high is good, sigma, and the funnel.

    Returns
    -------
    DataFrame
        Same rows and index. ``percentile`` (0 to 100 among valid figures of the same hospital level, 100 best;
        NaN below `n_min` or without a valid figure), ``peer_n``, ``defects`` (events in the bad direction, rates
        only), ``dpmo``, ``sigma``, ``sigma_low``, ``sigma_high``, ``centre`` (share of all laboratories together),
        ``funnel_low``, ``funnel_high`` (limits of the share at this denominator), ``tail`` (exact probability of a
        figure this bad), ``outside`` (beyond the funnel on the bad side).

    Notes
    -----
    Of an indicator where high is good, what lacks to 100 % are the defects. Infinite sigma: no defect among n, see
    `sigma_low`.
    """
    settled = rule or IndicatorRule()
    out = pd.DataFrame(np.nan, index=form.index, columns=list(_POSITIONS))
    out["outside"] = False
    out["peer_n"] = 0
    levels = form["hospital_level"]
    for code in dict.fromkeys(form["indicator"]):
        rows = (form["indicator"] == code).to_numpy()
        own = rows & checked["state"].isin(["valid", "questioned"]).to_numpy()
        peers = rows & (checked["state"] == "valid").to_numpy()
        for level in dict.fromkeys(levels[rows]):
            here = (levels == level).to_numpy()
            _rank(
                out, checked["value"].to_numpy(), own & here, peers & here, (book[code].better, settled.n_min)
            )
        if book[code].kind == "rate":
            _sigma_and_funnel(out, form, own, peers, (book[code].better == "high", settled.funnel_level))
    return out.astype({"outside": bool, "peer_n": "int64"})


_POSITIONS = (
    "percentile",
    "peer_n",
    "defects",
    "dpmo",
    "sigma",
    "sigma_low",
    "sigma_high",
    "centre",
    "funnel_low",
    "funnel_high",
    "tail",
    "outside",
)


def _rank(
    out: pd.DataFrame, value: np.ndarray, own: np.ndarray, peers: np.ndarray, how: tuple[str, int]
) -> None:
    """Percentile of each figure among those of its hospital level."""
    better, n_min = how
    out.loc[own, "peer_n"] = int(peers.sum())
    if peers.sum() < n_min or not own.any():
        return
    rank = np.atleast_1d(percentile_rank(value[own], value[peers]))
    out.loc[own, "percentile"] = rank if better == "high" else 100.0 - rank


def _sigma_and_funnel(
    out: pd.DataFrame, form: pd.DataFrame, own: np.ndarray, peers: np.ndarray, how: tuple[bool, float]
) -> None:
    """Sigma of each laboratory's defects; funnel around the share of all valid laboratories together."""
    high_is_good, level = how
    counts = form[["numerator", "denominator"]].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    defects = counts[:, 1] - counts[:, 0] if high_is_good else counts[:, 0]
    found = [process_sigma(int(d), int(n)) for d, n in zip(defects[own], counts[own, 1], strict=True)]
    for name in ("defects", "dpmo", "sigma", "sigma_low", "sigma_high"):
        out.loc[own, name] = np.array([getattr(one, name) for one in found], dtype=float)
    if not peers.any():
        return
    centre = float(counts[peers, 0].sum() / counts[peers, 1].sum())
    low, high = funnel_limits(counts[own, 1], centre, level)
    as_low, as_high = funnel_tail(counts[own, 0], counts[own, 1], centre)
    out.loc[own, "centre"], out.loc[own, "funnel_low"], out.loc[own, "funnel_high"] = centre, low, high
    tail = as_low if high_is_good else as_high
    out.loc[own, "tail"] = tail
    out.loc[own, "outside"] = tail < 0.5 * (1.0 - level)


def form_contradictions(form: pd.DataFrame) -> pd.DataFrame:
    """Figures of one form that contradict each other.

    Returns
    -------
    DataFrame
        Grain: one row per laboratory x contradiction. ``lab_code``, ``indicator``, ``other``, ``check``:
        ``part_above_whole`` (notified in time above notified at all), ``other_denominator`` (counts over the same
        total differ), ``time_above_total`` (a part of the turnaround longer than all of it).
    """
    rows = []
    for lab, part in form.groupby("lab_code", sort=True):
        lines = {row["indicator"]: row for row in part.to_dict("records")}
        rows += [(lab, *found) for found in _contradictions(lines)]
    return pd.DataFrame(rows, columns=["lab_code", "indicator", "other", "check"], dtype=object)


_SAME_TOTAL = (
    ("QI-SPTYPE", "QI-SPTUBE"),
    ("QI-SPTYPE", "QI-SPVOL"),
    ("QI-SPTYPE", "QI-REJ"),
    ("QI-CRIT", "QI-CRIT-T"),
)


def _contradictions(lines: Mapping[str, Mapping[Any, Any]]) -> Iterable[tuple[str, str, str]]:
    def figure(code: str, name: str) -> float:
        value = lines.get(code, {}).get(name, math.nan)
        return math.nan if pd.isna(value) else float(value)

    if figure("QI-CRIT-T", "numerator") > figure("QI-CRIT", "numerator"):
        yield "QI-CRIT-T", "QI-CRIT", "part_above_whole"
    for one, other in _SAME_TOTAL:
        totals = figure(one, "denominator"), figure(other, "denominator")
        if totals[0] != totals[1] and not any(math.isnan(total) for total in totals):
            yield other, one, "other_denominator"
    for code in ("QI-TAT-PRE", "QI-TAT-LAB"):
        if figure(code, "minutes") > figure("QI-TAT-TOT", "minutes"):
            yield code, "QI-TAT-TOT", "time_above_total"
