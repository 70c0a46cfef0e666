"""Measurements of a round's material: items x replicates per analyte, from CSV or Excel.

An analyte whose rows name an expected answer is qualitative: its replicates are answers, not numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.errors import DataError, Problem
from workbench.ingest.cells import Cell, Sheet, cell_text
from workbench.ingest.files import read_sheets
from workbench.ingest.layout import Layout

STUDIES = ("homogeneity", "stability")
"""Studies a row may belong to; a file without the column `study` holds homogeneity only."""
MATERIAL_TEMPLATE = (
    "analyte,study,item,sigma_pt,expected,replicate_1,replicate_2\n"
    + "".join(f"K,homogeneity,{item},,,,\n" for item in range(1, 11))
    + "".join(f"K,stability,{item},,,,\n" for item in range(11, 14))
)
"""An empty file: ten items for homogeneity and three at the end of the round, in duplicate."""


@dataclass
class MaterialStudy:
    """One analyte's measurements, in the unit of the file; item i of `homogeneity` is `items[i]`.

    Parameters
    ----------
    analyte : code as written.
    items, later_items : labels of the homogeneity and stability items that were read whole.
    homogeneity, stability : rows of replicates; empty for a qualitative analyte.
    sigma_pt : from the file, NaN when it gives none.
    expected : answer that every item should give; empty for a quantity.
    answers, later_answers : rows of answers of a qualitative analyte.
    """

    analyte: str
    items: list[str] = field(default_factory=list)
    homogeneity: list[list[float]] = field(default_factory=list)
    stability: list[list[float]] = field(default_factory=list)
    sigma_pt: float = math.nan
    later_items: list[str] = field(default_factory=list)
    expected: str = ""
    answers: list[list[str]] = field(default_factory=list)
    later_answers: list[list[str]] = field(default_factory=list)

    @property
    def is_coded(self) -> bool:
        """Whether the replicates are answers."""
        return bool(self.expected)

    def of(self, kind: str) -> tuple[list[list[Any]], list[str]]:
        """Rows and labels of one of the `STUDIES`."""
        if kind == STUDIES[0]:
            return (self.answers if self.is_coded else self.homogeneity), self.items
        return (self.later_answers if self.is_coded else self.stability), self.later_items


def read_material_file(path: Path) -> tuple[list[MaterialStudy], list[Problem]]:
    """Read every sheet; an item with a bad cell is left out and named, all others load.

    Parameters
    ----------
    path : CSV or Excel with the headings analyte, item, replicate_1, replicate_2 ... and, as wanted,
        study, sigma_pt and expected (the answer of a qualitative material). Column order is free; the first
        filled row of a sheet is its header.

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
    given = {name: text for name, text in row.items() if name.startswith("replicate_")}
    expected = row.get("expected", "")
    values, found = _answers(given) if expected else _measurements(given)
    found += [(name, "must not be empty") for name in ("analyte", "item") if not row[name]]
    if kind not in STUDIES:
        found.append(("study", f"{row['study']!r} is none of {', '.join(STUDIES)}"))
    known = studies.get(row["analyte"])
    found += _sigma_trouble(row.get("sigma_pt", ""), known)
    if known is not None and known.expected != expected:
        found.append(("expected", f"{expected!r} where the first item of the analyte has {known.expected!r}"))
    else:
        found += _misfit(known, kind, row["item"], len(values))
    if found:
        return found
    study = studies.setdefault(row["analyte"], MaterialStudy(row["analyte"], expected=expected))
    sigma = _number(row.get("sigma_pt", ""))
    study.sigma_pt = sigma if sigma > 0 else study.sigma_pt
    rows, items = study.of(kind)
    rows.append(values)
    items.append(row["item"])
    return []


def _measurements(given: dict[str, str]) -> tuple[list[Any], list[tuple[str, str]]]:
    """Numbers of one item, and the cells that are none."""
    values = {name: _number(text) for name, text in given.items()}
    found = [
        (
            name,
            f"{given[name]!r} is not a number; the item is left out" if given[name] else "replicate missing",
        )
        for name, value in values.items()
        if math.isnan(value)
    ]
    return list(values.values()), found


def _answers(given: dict[str, str]) -> tuple[list[Any], list[tuple[str, str]]]:
    """Answers of one item, and the cells without one."""
    return list(given.values()), [(name, "answer missing") for name, text in given.items() if not text]


def _sigma_trouble(text: str, study: MaterialStudy | None) -> list[tuple[str, str]]:
    """What is wrong with the cell of sigma_pt, if anything."""
    sigma, known = _number(text), study.sigma_pt if study is not None else math.nan
    if text and (not sigma > 0 or (known > 0 and sigma != known)):
        return [("sigma_pt", f"{text!r} is not one positive number for the analyte")]
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
