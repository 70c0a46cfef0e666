"""Findings and sentences from their rows: code and unrounded placeholders in, printed text out.

A placeholder's name says how its number is printed; text passes through. Codes that stand for words
(a rung, a reason, a signal) are looked up.
"""

from __future__ import annotations

from collections.abc import Mapping

from workbench.wording.catalogue import join, known, level_text, text
from workbench.wording.dates import date_text
from workbench.wording.numbers import Number, printed, significant

DISCLOSURE_MINIMUM = 5
"""Printed by F28 when the row does not say otherwise; the default of the evaluation policy."""

_SIGNED = ("m0", "m1", "m", "b")
_TWO_DECIMALS = ("ratio", "zmax", "sdi")
_ONE_DECIMAL = ("s", "sum", "p", "sigma")
_WORDS = {
    "level": "level",
    "why": "exclusion",
    "kind": "blunder",
    "treatment": "treatment",
    "reason": "reason",
    "factor": "level",
    "direction": "direction",
    "agreement": "agreement",
    "problem": "problem",
    "limit": "bias_limit",
    "uncertainty": "bias_uncertainty",
}
_OPPOSITE_CLASSES = {"F35": ("result_limit", "result_z")}


def finding_text(code: str, params: Mapping[str, object], locale: str) -> str:
    """The text of a finding.

    Parameters
    ----------
    code : F01 ... F46.
    params : placeholders, numbers unrounded.

    Examples
    --------
    >>> finding_text("F01", {"n": 3, "n_min": 6, "level": "instrument", "N": 46}, "en")
    'Own group has 3 laboratories (minimum 6); "instrument" (n = 46) is used.'
    """
    values = {"n_min": DISCLOSURE_MINIMUM} if code == "F28" else {}
    values.update(params)  # type: ignore[arg-type]
    return text(_variant("finding", code, params), locale, **_printed(code, values, locale))


def sentence_text(code: str, params: Mapping[str, object], locale: str) -> str:
    """The text of an interpretive sentence.

    >>> sentence_text("S12", {"m": 92.4}, "zh_CN")
    '各样本偏差方向一致（平均 +92%），提示恒定系统误差：建议核查校准、试剂批号、空白。'
    """
    return text(_variant("sentence", code, params), locale, **_printed(code, params, locale))


def _variant(kind: str, code: str, params: Mapping[str, object]) -> str:
    """The key: some codes have another wording when a placeholder is empty or names the case."""
    if code == "F05" and not params.get("factor"):
        return "finding.F05.no_factor"
    if code == "S10" and not (params.get("u1") and params.get("u2")):
        return "sentence.S10.decimal"
    case = f"{kind}.{code}.{params.get('pattern', '')}"
    return case if known(case) else f"{kind}.{code}"


def _printed(code: str, params: Mapping[str, object], locale: str) -> dict[str, str]:
    """Every placeholder as text."""
    return {name: _value(code, name, value, locale) for name, value in params.items()}


def _value(code: str, name: str, value: object, locale: str) -> str:
    """One placeholder as text, by its kind and name."""
    if isinstance(value, (list, tuple)):
        return join([_value(code, "", item, locale) for item in value], locale)
    if isinstance(value, bool) or value is None:
        return text("cell.yes" if value else "cell.no", locale)
    if isinstance(value, (int, float)):
        return _number(code, name, value)
    return _word(code, name, str(value), locale)


def _word(code: str, name: str, value: str, locale: str) -> str:
    """Text: a date, a code that stands for words, or itself."""
    if name in ("due", "date") and value[:4].isdigit():
        return date_text(value, locale, prose=True)
    if name == "level" or (name == "factor" and value):
        parts = value.split("+")
        return level_text(value, locale) if all(known(f"level.{part}") for part in parts) else value
    if code in _OPPOSITE_CLASSES and name in ("a", "b"):
        key = f"verdict.{_OPPOSITE_CLASSES[code]['ab'.index(name)]}.{value}"
    elif code == "F45" and name == "kind":
        key = f"error_kind.{value}"
    else:
        key = f"{_WORDS.get(name, '')}.{value}"
    return text(key, locale) if known(key) else value


def _number(code: str, name: str, value: Number) -> str:
    """A number: counts whole, deviations signed, ratios with the decimals their kind asks for."""
    if isinstance(value, int):
        return printed(value, 0, signed=name in _SIGNED)
    if name in _SIGNED:
        return printed(value, 1 if code in ("F24", "S13") else 0, signed=True)
    if name in _TWO_DECIMALS:
        return printed(value, 2)
    if name in _ONE_DECIMAL:
        return printed(value, 0 if float(value).is_integer() or code == "S14" else 1)
    if name == "pa":
        return printed(value, 0)
    return printed(value, 0) if float(value).is_integer() else significant(value, 3)
