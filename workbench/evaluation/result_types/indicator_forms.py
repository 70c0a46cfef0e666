"""Quality indicators in a round: forms are checked and compared, never passed or failed.

A rate is written as "numerator/denominator", a time as minutes. Sample codes are the periods asked for.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench.evaluation.coded_analytes import CodedAnalyte, CodedGrades, CodedSentence
from workbench.evaluation.coded_part import coded_part
from workbench.evaluation.coded_round import CodedRound
from workbench.evaluation.inputs import RoundInputs
from workbench.evaluation.parts import Part, ResultType
from workbench.evaluation.result_types.indicators import (
    IndicatorRule,
    check_form,
    form_contradictions,
    indicator_percentiles,
    indicator_positions,
)
from workbench.parameters.indicators import Indicator, indicators
from workbench.statistics.proportions import clopper_pearson_interval

_RATE = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*[/／]\s*(-?\d+(?:\.\d+)?)\s*")
_TIME = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*(?:min|minutes?|分钟|分)?\s*", re.IGNORECASE)
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
WORSE_THAN = 25.0
"""Percentile, 100 being best, below which a figure is on the worse side of three quarters of its peers."""


def read_figure(text: str, kind: str) -> tuple[float, float, float]:
    """Numerator, denominator and minutes of one cell; NaN for what is not there.

    Parameters
    ----------
    kind : ``rate`` or ``time``.

    Examples
    --------
    >>> read_figure("3/1250", "rate")[:2], read_figure("35 min", "time")[2]
    ((3.0, 1250.0), 35.0)
    """
    if kind == "rate" and (match := _RATE.fullmatch(text)):
        return float(match[1]), float(match[2]), math.nan
    if kind == "time" and (match := _TIME.fullmatch(text)):
        return math.nan, math.nan, float(match[1])
    return math.nan, math.nan, math.nan


def indicator_round(inputs: RoundInputs) -> Part:
    """Evaluate a round of quality-indicator forms.

    Notes
    -----
    Nothing is graded: every figure is a survey result (NS-X) with the validity of the figure as its kind, and with
    percentiles of its hospital level, sigma and funnel in the detail of the answer.
    """
    levels = inputs.laboratories.set_index("lab_code")["hospital_level"].to_dict()

    def grade(given: CodedAnalyte) -> CodedGrades:
        return grade_form(given, levels)

    return coded_part(inputs, grade, contradictions)


def grade_form(given: CodedAnalyte, levels: Mapping[str, str]) -> CodedGrades:
    """Check and compare one indicator.

    Parameters
    ----------
    levels : laboratory code -> hospital level.
    """
    book = indicators()
    code = given.analyte.analyte
    blank = CodedGrades.blank(given)
    blank["answer"] = np.full(given.shape, "", dtype=object)
    blank["reason"] = np.full(given.shape, "NS-X", dtype=object)
    quantity = np.full(given.shape, np.nan)
    sentences: list[CodedSentence] = []
    rule = IndicatorRule(n_min=given.policy.disclosure_min)
    for place in range(len(given.samples)):
        form = _form(given, place, levels, book[code])
        checked = check_form(form, book, rule)
        positions = indicator_positions(form, checked, book, rule)
        percentiles = indicator_percentiles(form, checked, rule)
        quantity[:, place] = checked["value"].to_numpy(dtype=float)
        sent = (form["text"] != "").to_numpy()
        blank["answer"][:, place] = np.where(sent, form["text"], "")
        shown = checked["state"].where(~checked["state"].isin(["valid", "not_applicable"]), "")
        blank["kind"][:, place] = np.where(sent, shown, "")
        details = _details(form, checked, positions, percentiles)
        blank["detail"][:, place] = [text if ok else "" for text, ok in zip(details, sent, strict=True)]
        sentences += _sentences(form, positions)
    # Figures are no answers to be counted: a distribution of them would name each laboratory's own.
    parts = np.empty(given.shape, dtype=object)
    parts.fill(())
    return CodedGrades(**blank, quantity=quantity, parts=parts, sentences=tuple(sentences))


def _form(given: CodedAnalyte, place: int, levels: Mapping[str, str], indicator: Indicator) -> pd.DataFrame:
    """One row per laboratory: the figure as `indicators.check_form` takes it, and the text as sent."""
    texts = [str(text or given.code[row, place]) for row, text in enumerate(given.raw[:, place])]
    figures = np.array([read_figure(text, indicator.kind) for text in texts], dtype=float).reshape(-1, 3)
    return pd.DataFrame(
        {
            "lab_code": given.labs,
            "hospital_level": [levels.get(str(lab), "other") for lab in given.labs],
            "indicator": indicator.indicator,
            "numerator": figures[:, 0],
            "denominator": figures[:, 1],
            "minutes": figures[:, 2],
            "text": texts,
        }
    )


def _details(
    form: pd.DataFrame, checked: pd.DataFrame, positions: pd.DataFrame, percentiles: pd.DataFrame
) -> list[str]:
    """JSON of each figure: state, reason, counts, position, percentiles of its level and of all."""
    by_level = {row.pop("hospital_level"): _plain(row) for row in percentiles.to_dict("records")}
    table = pd.concat(
        [
            checked[["state", "reason"]],
            form[["numerator", "denominator", "minutes"]],
            positions[list(_POSITIONS)],
        ],
        axis=1,
    )
    return [
        json.dumps(
            _plain(row) | {"hospital_level": level, "level": by_level.get(level), "all": by_level.get("all")},
            ensure_ascii=False,
        )
        for row, level in zip(table.to_dict("records"), form["hospital_level"].tolist(), strict=True)
    ]


def _plain(values: Mapping[Any, Any]) -> dict[str, Any]:
    """Values JSON can hold; NaN and infinities are null."""
    out: dict[str, Any] = {}
    for name, value in values.items():
        plain = value.item() if isinstance(value, np.generic) else value
        out[str(name)] = None if isinstance(plain, float) and not math.isfinite(plain) else plain
    return out


def _sentences(form: pd.DataFrame, positions: pd.DataFrame) -> list[CodedSentence]:
    """S60 worse than the peers and beyond chance, S61 no event among n."""
    out = []
    worse = (positions["percentile"] < WORSE_THAN) & positions["outside"]
    for row in np.flatnonzero(worse.to_numpy()).tolist():
        out.append(CodedSentence("S60", {}, row))
    none = (form["numerator"] == 0) & (form["denominator"] > 0) & (positions["defects"] == 0)
    for row in np.flatnonzero(none.to_numpy()).tolist():
        n = int(form["denominator"].iloc[row])
        out.append(CodedSentence("S61", {"d": n, "u": 100.0 * clopper_pearson_interval(0, n, 0.9)[1]}, row))
    return out


def contradictions(given: CodedRound) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """S62: figures of one form that contradict each other."""
    returns, book = given.returns, indicators()
    rows_of = {
        (str(lab), str(code)): row
        for row, (lab, code) in enumerate(zip(returns.lab_codes, returns.analyte_codes, strict=True))
    }
    for place in range(len(returns.samples)):
        lines = []
        for row, code in enumerate(returns.analyte_codes.tolist()):
            if returns.state[row, place] == "reported":
                figure = read_figure(str(returns.raw[row, place]), book[code].kind)
                lines.append((str(returns.lab_codes[row]), code, *figure))
        columns = ["lab_code", "indicator", "numerator", "denominator", "minutes"]
        found = form_contradictions(pd.DataFrame(lines, columns=columns))
        for lab, indicator, other in zip(found["lab_code"], found["indicator"], found["other"], strict=True):
            yield rows_of[lab, indicator], "S62", {"other": other}


INDICATOR_FORMS = ResultType("indicator_forms", ("indicator_form",), indicator_round)
