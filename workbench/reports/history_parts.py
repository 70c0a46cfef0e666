"""The parts of a twin that look back: earlier rounds and earlier samples of one item."""

from __future__ import annotations

from typing import Any

from workbench.reports.reading import Reading, Row
from workbench.reports.twin import number
from workbench.wording import score_text, symbol

ROUNDS_SHOWN = 6
SAMPLES_SHOWN = 20


def history_rounds(reading: Reading) -> list[str]:
    """The last six rounds, this one last."""
    earlier = sorted({row["round"] for row in reading.rows("history")}, key=round_order)
    return [*earlier[-(ROUNDS_SHOWN - 1) :], reading.view.meta["round"]]


def round_order(round_code: str) -> tuple[int, ...]:
    """Sort key of a round code.

    Examples
    --------
    >>> sorted(["2025-10", "2026-1", "2025-2"], key=round_order)
    ['2025-2', '2025-10', '2026-1']
    """
    return tuple(int(part) for part in round_code.split("-") if part.isdecimal())


def history_parts(reading: Reading, verdict: Row) -> list[dict[str, Any]]:
    """Earlier rounds of one item (x device), oldest first."""
    own = reading.by_item("history").get((verdict["device_id"], verdict["analyte"]), [])
    return [_round_part(row) for row in sorted(own, key=lambda row: round_order(row["round"]))][
        -(ROUNDS_SHOWN - 1) :
    ]


def _round_part(row: Row) -> dict[str, Any]:
    """One earlier round."""
    score = number(row["score_percent"])
    shown = score_text(score)
    return {
        "round": row["round"],
        "acceptable": int(row["acceptable"]),
        "graded": int(row["graded"]),
        "score_percent": score,
        "verdict": row["verdict"],
        "mean_percent_allowed": number(row["mean_percent_allowed"]),
        "criterion": row["criterion"] or None,
        "printed": {
            "percent": shown,
            "plain": symbol(row["verdict"]) if score is None else shown.rstrip("%"),
            "score": f"{symbol(row['verdict'])} {shown.rstrip('%')}",
        },
    }


def sample_history_parts(reading: Reading, verdict: Row) -> list[dict[str, Any]]:
    """Earlier samples of one item (x device) in order of time, as many as a chart shows."""
    own = sorted(
        reading.by_item("sample_history").get((verdict["device_id"], verdict["analyte"]), []),
        key=lambda row: (round_order(row["round"]), row["sample"]),
    )
    return [
        {"round": row["round"], "sample": row["sample"], "percent_allowed": number(row["percent_allowed"])}
        for row in own[-SAMPLES_SHOWN:]
    ]
