"""The annual programme notice as files: one report a language."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workbench.errors import ParameterError
from workbench.parameters.notices import notice_plan
from workbench.rounds.control_reports import ControlReport
from workbench.wording import LOCALES

NOTEBOOK = "annual_notice.ipynb"


def notice_reports(
    year: int, locales: Sequence[str], folder: Path, preliminary: bool = False
) -> list[ControlReport]:
    """The notices of a year to be made; no language given is every one.

    Raises
    ------
    ParameterError
        naming a language that is not known; when the year's notice is not planned.
    """
    wrong = sorted(set(locales) - set(LOCALES))
    if wrong:
        raise ParameterError(f"There is no language {', '.join(wrong)}; known: {', '.join(LOCALES)}.")
    notice_plan(year)
    status = "preliminary" if preliminary else "final"
    return [
        ControlReport(
            NOTEBOOK, {"year": year, "locale": locale, "status": status}, folder, f"notice.{locale}"
        )
        for locale in locales or LOCALES
    ]
