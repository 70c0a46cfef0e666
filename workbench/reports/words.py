"""Names of groups and words of states, in the report's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.frames import ALL_LABORATORIES
from workbench.wording import MISSING, level_text, text


class SystemNames:
    """Names of methods, instruments, reagents and calibrators in one language.

    Parameters
    ----------
    rows : rows of the frame `system_names`.
    locale : `zh_CN` or `en`.
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]], locale: str) -> None:
        self.locale = locale
        column = "name_zh" if locale == "zh_CN" else "name_en"
        self._names = {(row["kind"], row["code"]): row[column] or row["code"] for row in rows}

    def of(self, kind: str, code: str) -> str:
        """The name of one thing; its code when the store has no name, a dash when there is no code."""
        return self._names.get((kind, code), code) or MISSING

    def group(self, level: str, group: str) -> str:
        """The name of a peer group, its parts joined; all laboratories at the widest rung."""
        if level in ("", ALL_LABORATORIES) or not group:
            return level_text(ALL_LABORATORIES, self.locale)
        pairs = zip(level.split("+"), group.split("|"), strict=False)
        return text("level.join", self.locale).join(self.of(kind, code) for kind, code in pairs)


def value_text(result: Mapping[str, Any], locale: str) -> str:
    """The laboratory's own result as sent, or the word of the state that stands for it."""
    state, raw = result["state"], str(result["raw"])
    if state == "late" and raw:
        return text("cell.late", locale, value=raw)
    if state == "unreadable":
        return text("cell.unreadable", locale, value=raw)
    if raw and state in ("scored", "censored", "not_scored", "survey"):
        return raw
    return text(f"state.{'not_returned' if state == 'late' else state}", locale)


def reason_text(reason: str, locale: str) -> str:
    """`NS-N too few comparable results`: the reason code with its words, or the word of a state."""
    if reason.startswith("NS-"):
        return f"{reason} {text(f'reason.{reason}', locale)}"
    return text(f"state.{reason}", locale)
