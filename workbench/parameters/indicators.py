"""Quality indicators: what is counted over what, which direction is better, who must report it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from workbench.parameters.entry_files import EntryKind, read_entry_files
from workbench.parameters.home import project_root
from workbench.parameters.policy import Strict
from workbench.parameters.yaml_text import fingerprint, yaml_files

HospitalLevel = Literal["tertiary", "secondary", "primary", "other"]


class Indicator(Strict):
    """One indicator.

    Attributes
    ----------
    indicator : analyte code of the catalogue. document : where it is defined.
    kind : ``rate`` (a numerator of a denominator) or ``time`` (a median in minutes).
    better : ``low`` or ``high``: the direction of good.
    numerator_zh ... denominator_en : what is counted, of a rate.
    period_months : window over which it is counted.
    plausible_low, plausible_high : bounds outside which a figure is questioned; a share (0 to 1) or minutes.
    required : hospital levels that must report it.
    """

    indicator: str = Field(min_length=1)
    document: str
    zh: str
    en: str
    kind: Literal["rate", "time"]
    better: Literal["low", "high"]
    numerator_zh: str = ""
    numerator_en: str = ""
    denominator_zh: str = ""
    denominator_en: str = ""
    period_months: int = Field(ge=1)
    plausible_low: float | None = None
    plausible_high: float | None = None
    required: tuple[HospitalLevel, ...]


_KIND = EntryKind(Indicator, "indicators", ("about", "document", "period_months"))


def indicators(folder: Path | None = None) -> Mapping[str, Indicator]:
    """Return the indicators of `parameters/indicators/*.yaml` by code, cached until a file changes.

    Raises
    ------
    ParameterError
        with every problem: file, line, column.

    Examples
    --------
    >>> indicators()["QI-CRIT"].better
    'high'
    """
    place = folder or project_root() / "parameters" / "indicators"
    return _indicators(place, fingerprint(yaml_files(place)))


@lru_cache(maxsize=8)
def _indicators(folder: Path, files: tuple[tuple[str, int, int], ...]) -> dict[str, Indicator]:
    read = read_entry_files(folder, _KIND, "The indicators cannot be read")
    return {row.indicator: row for file in read for row in file.entries}


def required_indicators(level: str, book: Mapping[str, Indicator]) -> tuple[str, ...]:
    """Codes a laboratory of a hospital level must report, in file order; an unknown level is "other".

    >>> len(required_indicators("tertiary", indicators())), len(required_indicators("primary", indicators()))
    (19, 17)
    """
    known = level if level in ("tertiary", "secondary", "primary") else "other"
    return tuple(code for code, row in book.items() if known in row.required)
