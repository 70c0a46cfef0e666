"""What the comparison of internal quality control compares: the items of programme 10.2 and every other quantity."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from workbench.parameters.criteria import Matrix
from workbench.parameters.entry_files import EntryKind, read_entry_files
from workbench.parameters.home import project_root
from workbench.parameters.loading import catalogue
from workbench.parameters.policy import Strict
from workbench.parameters.programmes import Analyte
from workbench.parameters.yaml_text import fingerprint, yaml_files

COMPARISON_PROGRAMME = "10.2"


class ComparedItem(Strict):
    """One item of the programme's list.

    Attributes
    ----------
    item : code in programme 10.2. kind : ``value`` (a quantity or an ordinal answer) or ``signal`` (S/CO of a
        qualitative test, whose call must be right as well).
    panel_of : programme whose analytes it stands for; members : of these, empty for all.
    cutoff : S/CO from which a control is reactive. matrix, decimals : of a signal.
    """

    item: str = Field(min_length=1)
    kind: Literal["value", "signal"] = "value"
    panel_of: str = ""
    members: tuple[str, ...] = ()
    cutoff: float | None = Field(default=None, gt=0)
    matrix: Matrix = "other"
    decimals: int = Field(default=2, ge=0, le=6)


_KIND = EntryKind(ComparedItem, "items", ("about",))


def compared_items(folder: Path | None = None) -> Mapping[str, ComparedItem]:
    """Return the items of `parameters/iqc_items/*.yaml` by code, cached until a file changes.

    Raises
    ------
    ParameterError
        with every problem: file, line, column.

    Examples
    --------
    >>> compared_items()["HBsAg"].kind
    'signal'
    """
    place = folder or project_root() / "parameters" / "iqc_items"
    return _items(place, fingerprint(yaml_files(place)))


@lru_cache(maxsize=8)
def _items(folder: Path, files: tuple[tuple[str, int, int], ...]) -> dict[str, ComparedItem]:
    read = read_entry_files(folder, _KIND, "The compared items cannot be read")
    return {row.item: row for file in read for row in file.entries}


def programme_analytes() -> Mapping[str, Analyte]:
    """Analytes of programme 10.2, panels opened: code -> entry.

    Notes
    -----
    An item of serology is a quantity here: its S/CO, dimensionless.

    Examples
    --------
    >>> found = programme_analytes()
    >>> [code in found for code in ("CBC", "WBC", "INR", "HIV-Ab", "HbA1c")]
    [False, True, True, True, True]
    """
    found: dict[str, Analyte] = {}
    own = {a.analyte: a for a in catalogue()[COMPARISON_PROGRAMME].analytes}
    for row in compared_items().values():
        if row.kind == "signal":
            named = own[row.item]
            found[row.item] = named.model_copy(
                update={"result_type": "quantitative", "matrix": row.matrix, "decimals": row.decimals}
            )
            continue
        for analyte in catalogue()[row.panel_of].analytes:
            if not row.members or analyte.analyte in row.members:
                found[analyte.analyte] = analyte
    return found


def control_analytes() -> Mapping[str, Analyte]:
    """Every analyte whose controls can be taken in: those of 10.2, then quantities of other programmes by number.

    Notes
    -----
    A code that several programmes have is the first one's.
    """
    found = dict(programme_analytes())
    for programme in catalogue().values():
        for analyte in programme.analytes:
            if analyte.is_quantitative:
                found.setdefault(analyte.analyte, analyte)
    return found
