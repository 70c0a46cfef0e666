"""Measurements of a round's material: items x replicates per analyte, from CSV or Excel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.errors import DataError, Problem
from workbench.ingest.cells import Cell, Sheet, cell_text
from workbench.ingest.files import read_sheets
from workbench.ingest.layout import Layout

STUDIES = ("homogeneity", "stability")
"""Studies a row may belong to; a file without the column `study` holds homogeneity only."""
MATERIAL_TEMPLATE = (
    "analyte,study,item,sigma_pt,replicate_1,replicate_2\n"
    + "".join(f"K,homogeneity,{item},,,\n" for item in range(1, 11))
    + "".join(f"K,stability,{item},,,\n" for item in range(11, 14))
)
"""An empty file: ten items for homogeneity and three at the end of the round, in duplicate."""


@dataclass
class MaterialStudy:
    """One analyte's measurements, in the unit of the file; item i of `homogeneity` is `items[i]`.

    Parameters
    ----------
    analyte : code as written.
    items, later_items : labels of the homogeneity and stability items that were read whole.
    homogeneity, stability : rows of replicates.
    sigma_pt : from the file, NaN when it gives none.
    """

    analyte: str
    items: list[str] = field(default_factory=list)
    homogeneity: list[list[float]] = field(default_factory=list)
    stability: list[list[float]] = field(default_factory=list)
    sigma_pt: float = math.nan
    later_items: list[str] = field(default_factory=list)

    def of(self, kind: str) -> tuple[list[list[float]], list[str]]:
        """Rows and labels of one of the `STUDIES`."""
        if kind == STUDIES[0]:
            return self.homogeneity, self.items
        return self.stability, self.later_items


def read_material_file(path: Path) -> tuple[list[MaterialStudy], list[Problem]]:
    """Read every sheet; an item with a bad cell is left out and named, all others load.

    Parameters
    ----------
    path : CSV or Excel with the headings analyte, item, replicate_1, replicate_2 ... and, as wanted,
        study and sigma_pt. Column order is free; the first filled row of a sheet is its header.

    Returns
    -------
    studies, problems
        Studies in the order of the file; one problem a bad cell.

    Raises
    ------
    DataError
        when the file is missing or not a table, or a sheet lacks a heading.
    """
    if not path.is_file():
        raise DataError(f"{path.name} does not exist.", [Problem("give the path of a file", file=str(path))])
    studies: dict[str, MaterialStudy] = {}
    problems: list[Problem] = []
    for sheet in read_sheets(path.read_bytes(), path.name, Layout()):
        _read_sheet(sheet, path.name, studies, problems)
    return list(studies.values()), problems


def _read_sheet(sheet: Sheet, file: str, studies: dict[str, MaterialStudy], problems: list[Problem]) -> None:
    """Add one sheet's rows; an empty sheet adds nothing."""
    filled = [(number, cells) for number, cells in sheet.rows if any(cell_text(cell) for cell in cells)]
    if not filled:
        return
    first, header = filled[0]
    headings = [cell_text(cell).casefold() for cell in header]
    missing = [name for name in ("analyte", "item", "replicate_1") if name not in headings]
    if missing:
        place = Problem(f"add the headings {', '.join(missing)}", file, sheet.name or None, first)
        raise DataError(f"{file} is not a file of material measurements.", [place])
    for number, cells in filled[1:]:
        found = _read_row(dict(zip(headings, _padded(cells, len(headings)), strict=False)), studies)
        problems += [Problem(text, file, sheet.name or None, number, column) for column, text in found]


def _padded(cells: Sequence[Cell], width: int) -> list[str]:
    """The texts of a row, with blanks up to the header's width."""
    texts = [cell_text(cell) for cell in cells]
    return texts + [""] * (width - len(texts))


def _read_row(row: dict[str, str], studies: dict[str, MaterialStudy]) -> list[tuple[str, str]]:
    """Add one item to its study, or return what is wrong with it by column."""
    kind = row.get("study", "").casefold() or STUDIES[0]
    values = {name: _number(text) for name, text in row.items() if name.startswith("replicate_")}
    found = [
        (name, f"{row[name]!r} is not a number; the item is left out" if row[name] else "replicate missing")
        for name, value in values.items()
        if math.isnan(value)
    ]
    found += [(name, "must not be empty") for name in ("analyte", "item") if not row[name]]
    if kind not in STUDIES:
        found.append(("study", f"{row['study']!r} is none of {', '.join(STUDIES)}"))
    sigma = _number(row.get("sigma_pt", ""))
    known = studies[row["analyte"]].sigma_pt if row["analyte"] in studies else math.nan
    if row.get("sigma_pt") and (not sigma > 0 or (known > 0 and sigma != known)):
        found.append(("sigma_pt", f"{row['sigma_pt']!r} is not one positive number for the analyte"))
    found += _misfit(studies.get(row["analyte"]), kind, row["item"], len(values))
    if found:
        return found
    study = studies.setdefault(row["analyte"], MaterialStudy(row["analyte"]))
    study.sigma_pt = sigma if sigma > 0 else study.sigma_pt
    rows, items = study.of(kind)
    rows.append(list(values.values()))
    items.append(row["item"])
    return []


def _misfit(study: MaterialStudy | None, kind: str, item: str, replicates: int) -> list[tuple[str, str]]:
    """What keeps a row from standing beside the rows of its study read before."""
    if study is None or kind not in STUDIES:
        return []
    rows, items = study.of(kind)
    found = [("item", f"{item!r} is repeated; the first is kept")] if item in items else []
    if rows and len(rows[0]) != replicates:
        found.append(("replicate_1", f"{replicates} replicates where the first item has {len(rows[0])}"))
    return found


def _number(text: str) -> float:
    """The finite number a text is, else NaN."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
