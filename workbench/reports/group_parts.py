"""The parts of a twin that hold peer groups, reduced to what may be disclosed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from workbench.frames import ALL_LABORATORIES
from workbench.reports.printed import Scale
from workbench.reports.reading import Reading, Row
from workbench.reports.twin import number
from workbench.wording import MISSING, count_rate, level_text, text

OTHERS = "others"
_STATISTICS = ("robust_mean", "robust_sd", "cv", "u")


def group_parts(
    reading: Reading, code: str, sample: str, target: float | None, own: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Groups of one item and sample: own first, then all laboratories and the others by n.

    Parameters
    ----------
    reading : the view and the parameters.
    code, sample : item and sample.
    target : the value deviations are taken from; None where the report has none.
    own : `level` and `group` of the laboratory's own group, empty in anonymous reports; `only` leaves
        out every group but this and all laboratories.

    Notes
    -----
    Groups below the disclosure minimum are merged into one line that only counts them. Groups of a
    rung nobody was judged by are left out, the widest rung is not.
    """
    scale = reading.scale(code)
    rows = reading.groups.get((code, sample), [])
    if own.get("only"):
        rows = [row for row in rows if row["peer_group_level"] == ALL_LABORATORIES or _is_own(row, own)]
    shown = [row for row in rows if not row["suppressed"] and row["n"] and _is_shown(row, own)]
    levels = {row["peer_group_level"] for row in shown}
    small = [row for row in rows if row["suppressed"] and row["peer_group_level"] in levels]
    parts = [_group_part(reading, row, target, own) for row in shown]
    parts.sort(key=lambda part: (not part["own"], -part["n"], part["level"], part["group"] or ""))
    return [*parts, _others(small, sample, scale)] if small and not own.get("only") else parts


def _is_own(row: Row, own: Mapping[str, Any]) -> bool:
    return bool(row["peer_group_level"] == own.get("level") and row["peer_group"] == own.get("group"))


def _is_shown(row: Row, own: Mapping[str, Any]) -> bool:
    """Whether a group belongs in the report."""
    level = row["peer_group_level"]
    return bool(level == ALL_LABORATORIES or row["used"] or level == own.get("level"))


def _group_part(reading: Reading, row: Row, target: float | None, own: Mapping[str, Any]) -> dict[str, Any]:
    """One group with its statistics, unrounded and printed."""
    scale = reading.scale(row["analyte"])
    graded, acceptable = int(row["n_graded"]), int(row["n_acceptable"])
    mean = number(row["robust_mean"])
    part: dict[str, Any] = {
        "sample": row["sample"],
        "level": row["peer_group_level"],
        "group": row["peer_group"] or None,
        "n": int(row["n"]),
        **{name: number(row[name]) for name in _STATISTICS},
        "percent_difference": 100 * (mean - target) / target if mean is not None and target else None,
        "acceptable": acceptable,
        "graded": graded,
        "own": _is_own(row, own),
        "fallback": bool(own.get("fallback")) and row["peer_group_level"] == own.get("level"),
        "suppressed": False,
    }
    part["why"] = _causes(part, target)
    part["printed"] = _forms(reading, part, scale)
    return part


def _causes(part: Mapping[str, Any], target: float | None) -> dict[str, str]:
    """Why a statistic of a group has no number."""
    why = {name: "zero_spread" for name in _STATISTICS if part[name] is None}
    if part["percent_difference"] is None:
        why["percent_difference"] = "zero_target" if target == 0 else "no_target"
    if not part["graded"]:
        why["pass_rate"] = "not_scored"
    return why


def _forms(reading: Reading, part: Mapping[str, Any], scale: Scale) -> dict[str, str]:
    """Printed forms of one group."""
    rate = scale.fixed(100 * part["acceptable"] / part["graded"], 1) if part["graded"] else MISSING
    return {
        "group": reading.names.group(part["level"], part["group"] or ""),
        "level": level_text(part["level"], scale.locale),
        "n": str(part["n"]),
        "robust_mean": scale.quantity(part["robust_mean"]),
        "robust_sd": scale.quantity(part["robust_sd"]),
        "cv": scale.cv(part["cv"]),
        "u": scale.uncertainty(part["u"]),
        "percent_difference": scale.fixed(part["percent_difference"], 1, signed=True),
        "pass_rate": rate,
    }


def _others(rows: list[Row], sample: str, scale: Scale) -> dict[str, Any]:
    """The groups too small to show, in one line."""
    fields = (*_STATISTICS, "percent_difference", "pass_rate")
    name = text("cell.small_groups", scale.locale, groups=len(rows))
    printed = dict.fromkeys(fields, MISSING)
    printed |= {"group": name, "level": level_text(rows[0]["peer_group_level"], scale.locale)}
    return {
        "sample": sample,
        "level": OTHERS,
        "group": None,
        "n": None,
        **dict.fromkeys((*_STATISTICS, "percent_difference"), None),
        "acceptable": None,
        "graded": None,
        "own": False,
        "fallback": False,
        "suppressed": True,
        "why": dict.fromkeys((*fields, "n"), "suppressed"),
        "printed": printed | {"n": scale.suppressed()},
    }


def own_group_part(groups: Iterable[Mapping[str, Any]], scale: Scale) -> dict[str, Any]:
    """The laboratory's group over all samples of the round: counts, mean deviation, share acceptable."""
    own = [group for group in groups if group["own"]]
    deviations = [group["percent_difference"] for group in own if group["percent_difference"] is not None]
    mean = sum(deviations) / len(deviations) if deviations else None
    graded = sum(group["graded"] for group in own)
    acceptable = sum(group["acceptable"] for group in own)
    counts = sorted({group["n"] for group in own})
    why = {} if own else dict.fromkeys(("peer_group", "level", "n"), "no_group")
    why |= {} if deviations else {"percent_difference": "no_target" if own else "no_group"}
    why |= {} if graded else {"pass_rate": "not_scored" if own else "no_group"}
    return {
        "n_low": counts[0] if counts else None,
        "n_high": counts[-1] if counts else None,
        "percent_difference": mean,
        "acceptable": acceptable,
        "graded": graded,
        "why": why,
        "printed": {
            "peer_group": own[0]["printed"]["group"] if own else MISSING,
            "level": own[0]["printed"]["level"] if own else MISSING,
            "n": span(counts, str, scale.locale),
            "percent_difference": scale.fixed(mean, 1, signed=True),
            "pass_rate": scale.fixed(100 * acceptable / graded, 1) if graded else MISSING,
        },
    }


def overall_parts(reading: Reading) -> list[dict[str, Any]]:
    """One part per item over all laboratories: results, share acceptable, range of the robust CV."""
    return [_overall(reading, code) for code in reading.positions]


def _overall(reading: Reading, code: str) -> dict[str, Any]:
    """All laboratories of one item."""
    scale = reading.scale(code)
    rows = [
        row
        for sample in reading.sample_codes
        for row in reading.groups.get((code, sample), [])
        if row["peer_group_level"] == ALL_LABORATORIES and not row["suppressed"]
    ]
    counts = [int(row["n"]) for row in rows if row["n"]]
    cvs = [cv for row in rows if (cv := number(row["cv"])) is not None]
    acceptable, graded = (sum(int(row[name]) for row in rows) for name in ("n_acceptable", "n_graded"))
    why = {"returned": "suppressed"} if not counts else {}
    why |= {} if graded else {"pass_rate": "suppressed"}
    measured = reading.analyte(code).is_quantitative
    why |= {} if cvs else {"cv_range": "suppressed" if measured else "coded"}
    return {
        "analyte": code,
        "n": max(counts, default=None),
        "acceptable": acceptable,
        "graded": graded,
        "cv_low": min(cvs, default=None),
        "cv_high": max(cvs, default=None),
        "why": why,
        "printed": {
            "name": reading.name(code),
            "unit": reading.unit(code),
            "returned": str(max(counts)) if counts else MISSING,
            "pass_rate": count_rate(acceptable, graded, scale.locale),
            "cv_range": span(cvs, scale.cv, scale.locale),
        },
    }


def span(values: Sequence[float], form: Callable[[float], str], locale: str) -> str:
    """Lowest and highest of some numbers in printed form; one number when they print alike."""
    if not values:
        return MISSING
    low, high = form(min(values)), form(max(values))
    return low if low == high else text("range", locale, low=low, high=high)
