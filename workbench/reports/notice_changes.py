"""What an amended annual notice changes of the one it replaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.reports.notice_parts import Entry, all_programmes
from workbench.wording import join, text

KINDS = ("changed", "added", "removed")


def changes_of(previous: Mapping[str, Any], disciplines: Sequence[Entry]) -> dict[str, list[str]]:
    """Numbers of the programmes whose printed row is another one, is new or is gone.

    Parameters
    ----------
    previous : twin of the replaced notice, in the same language.
    """
    old, new = (
        {each["programme_no"]: each["printed"] for each in all_programmes(given)}
        for given in (previous["disciplines"], disciplines)
    )
    return {
        "changed": [number for number in new if number in old and new[number] != old[number]],
        "added": [number for number in new if number not in old],
        "removed": [number for number in old if number not in new],
    }


def change_lines(amendment: Mapping[str, Any], locale: str) -> list[str]:
    """The changes in words, and why they were made."""
    lines = [
        text(f"notice.AN.change.{kind}", locale, list=join(amendment[kind], locale))
        for kind in KINDS
        if amendment[kind]
    ]
    lines = lines or [text("notice.AN.change.elsewhere", locale)]
    reason = amendment["reason"]
    return [*lines, *([text("notice.AN.change.reason", locale, reason=reason)] if reason else [])]
