"""Internal control about the time of a round, as one case shows it: means beside the group, reading, charts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from workbench.display import Figure
from workbench.figures import control_chart
from workbench.investigation.evidence import relative_bias
from workbench.reports.control_evidence import EPOCH, LEAST_LABORATORIES, RoundControls
from workbench.reports.evidence_parts import Part, table_part
from workbench.reports.investigation_case import Case
from workbench.reports.twin import number
from workbench.wording import MISSING, date_text, printed, text

OFF, FINE, SPREADS = 0.8, 0.5, 4.0
"""A bias beyond 0.8 of the allowed error is off, below 0.5 it is fine; both differ beyond four spreads."""

CHART_DAYS = 45
"""Days before the end of the round that a chart shows."""


def control_parts(case: Case) -> dict[str, Any]:
    """Lines, tables and charts of the controls; empty where the laboratory has none of the analyte.

    Returns
    -------
    lines : reading. tables : means of each level and lot. charts : one per level, as the figure takes it.
    """
    controls = case.round.controls
    nothing: dict[str, Any] = {"lines": [], "tables": [], "charts": []}
    if controls is None or not controls.series(case.lab_code, case.analyte).size:
        return nothing
    return {
        "lines": _lines(case, controls),
        "tables": _table(case, controls),
        "charts": [
            _chart(case, controls, int(each)) for each in controls.series(case.lab_code, case.analyte)
        ],
    }


def control_charts(charts: list[dict[str, Any]], locale: str) -> tuple[Figure, ...]:
    """The charts of a case, those without points left out."""
    return tuple(control_chart(chart, locale) for chart in charts if chart["points"])


def _lines(case: Case, controls: RoundControls) -> list[str]:
    """What controls and round say together, and the step in the controls."""
    locale = case.reading.locale
    evidence = controls.evidence.get((case.lab_code, case.analyte))
    out = []
    if evidence is None or case.cell is None:
        out.append(text("dossier.controls.no_group", locale, n=LEAST_LABORATORIES))
    else:
        bias = relative_bias(case.cell.value, case.cell.target, case.cell.limit)
        key = reading_of(bias, evidence.bias, evidence.spread)
        values = {
            "eqa": printed(100 * bias, 0, signed=True),
            "iqc": printed(100 * evidence.bias, 0, signed=True),
        }
        out.append(text("dossier.controls.biases", locale, **values))
        out.append(text(f"dossier.controls.{key}", locale))
    step = controls.step(case.lab_code, case.analyte)
    if step is not None:
        day = date_text(EPOCH + timedelta(days=step.day), locale)
        out.append(text("dossier.controls.step", locale, day=day, size=printed(step.size, 1, signed=True)))
    return out


def reading_of(eqa: float, iqc: float, spread: float) -> str:
    """What the biases of round and controls say together: both_off, eqa_off, iqc_off or nothing_certain.

    Parameters
    ----------
    eqa, iqc : in allowed errors. spread : SD over laboratories of their difference.

    Examples
    --------
    >>> reading_of(1.4, 1.2, 0.1), reading_of(1.4, 0.1, 0.1), reading_of(0.1, 1.2, 0.1), reading_of(0.6, 0.6, 0.1)
    ('both_off', 'eqa_off', 'iqc_off', 'nothing_certain')
    """
    apart = abs(eqa - iqc) > SPREADS * spread
    if abs(eqa) > OFF and abs(iqc) > OFF and eqa * iqc > 0 and not apart:
        return "both_off"
    if abs(eqa) > OFF and abs(iqc) < FINE and apart:
        return "eqa_off"
    if abs(eqa) < FINE and abs(iqc) > OFF and apart:
        return "iqc_off"
    return "nothing_certain"


def _table(case: Case, controls: RoundControls) -> list[Part]:
    """Mean of each level and lot from three days before the opening to the deadline."""
    locale, found = case.reading.locale, controls.means
    own = found[(found["lab_code"] == case.lab_code) & (found["analyte"] == case.analyte)]
    decimals = (case.reading.analyte(case.analyte).decimals or 0) + 2
    rows = [
        (
            row["level"],
            row["qc_lot"],
            case.reading.names.of("instrument", row["instrument"]),
            str(row["n"]),
            printed(row["mean"], decimals, locale=locale),
            printed(row["group"], decimals, locale=locale),
            str(row["n_group"]) if row["n_group"] else MISSING,
            printed(100 * row["bias"], 1, signed=True, locale=locale),
        )
        for row in own.to_dict("records")
    ]
    specs = (
        ("level", "left", 15.0), ("qc_lot", "left", 25.0), ("instrument", "left", 45.0), ("n", "right", 12.0),
        ("mean", "decimal", 22.0), ("group", "decimal", 22.0), ("n_group", "right", 16.0), ("bias", "decimal", 18.0),
    )  # fmt: skip
    return [table_part("id_controls", specs, rows, locale)] if rows else []


def _chart(case: Case, controls: RoundControls, series: int) -> dict[str, Any]:
    """One level over the last weeks before the end of the round."""
    row = controls.table.series.iloc[series]
    since = (EPOCH + timedelta(days=controls.window[1] - CHART_DAYS)).isoformat()
    points = [
        point | {"value": number(point["value"])}
        for point in controls.points(series)
        if point["day"] >= since
    ]
    lots = list(dict.fromkeys(point["qc_lot"] for point in points))
    locale = case.reading.locale
    material = text("dossier.controls.material", locale, level=row["level"], lots=" → ".join(lots) or MISSING)
    return {
        "analyte": case.analyte,
        "level": str(row["level"]),
        "qc_lot": lots[-1] if lots else "",
        "instrument": str(row["instrument"]),
        "points": points,
        "printed": {"name": case.reading.name(case.analyte), "material": material},
    }
