"""Verdict words and the symbols before them. Symbol and word always stand together."""

from __future__ import annotations

from workbench.errors import WorkbenchError
from workbench.wording.catalogue import known, text

LEVELS = (
    "result_limit",
    "result_z",
    "result_coded",
    "result_identification",
    "analyte",
    "programme",
    "rounds",
)

_TONES = {
    "acceptable": "good",
    "pass": "good",
    "satisfactory": "good",
    "successful": "good",
    "warning": "warning",
    "action": "bad",
    "fail": "bad",
    "unsatisfactory": "bad",
    "unsuccessful": "bad",
    "not_scored": "not_scored",
    "too_few": "nothing",
}


def verdict_tone(value: str) -> str:
    """good, warning, bad, not_scored or nothing."""
    if value not in _TONES:
        raise WorkbenchError(f"{value!r} is no verdict; known are {', '.join(_TONES)}.")
    return _TONES[value]


def symbol(value: str, direction: float = 0, critical: bool = False) -> str:
    """The symbol of a verdict or signal.

    Parameters
    ----------
    value : signal, verdict or status, e.g. ``"action"``.
    direction : sign of the deviation; 0 or NaN: without direction.
    critical : a critical error.

    Examples
    --------
    >>> symbol("action", +1), symbol("action", -1), symbol("fail"), symbol("warning", 1), symbol("pass")
    ('▲', '▼', '■', '△', '○')
    """
    tone = "critical" if critical else verdict_tone(value)
    if tone in ("bad", "warning") and direction != 0 and direction == direction:
        tone += "_high" if direction > 0 else "_low"
    return text(f"symbol.{'bad' if tone == 'warning' else tone}", "zh_CN")


def verdict_word(level: str, value: str, locale: str) -> str:
    """The word of a verdict at a level: result_limit, result_z, analyte, programme or rounds."""
    key = f"verdict.{level}.{value}"
    if not known(key):
        raise WorkbenchError(f"No verdict {value!r} at level {level!r}; levels are {', '.join(LEVELS)}.")
    return text(key, locale)


def verdict(level: str, value: str, locale: str, direction: float = 0, critical: bool = False) -> str:
    """Symbol and word.

    >>> verdict("result_limit", "action", "zh_CN", direction=1), verdict("analyte", "fail", "en")
    ('▲ 不可接受', '■ Fail')
    """
    return f"{symbol(value, direction, critical)} {verdict_word(level, value, locale)}"
