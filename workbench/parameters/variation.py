"""Biological variation of analytes: one YAML row an analyte and matrix, with its document."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from pydantic import Field

from workbench.errors import Problem
from workbench.parameters.criteria import Matrix
from workbench.parameters.home import project_root
from workbench.parameters.loading import Reader, raise_if_any
from workbench.parameters.policy import Strict
from workbench.parameters.yaml_text import fingerprint, yaml_files


class Variation(Strict):
    """One analyte.

    Attributes
    ----------
    cv_within, cv_between : CV within and between subjects, per cent.
    document : explained at the head of the file. verified : compared with the document.
    """

    analyte: str
    matrix: Matrix
    cv_within: float = Field(ge=0)
    cv_between: float = Field(ge=0)
    document: str
    verified: bool


def variations(folder: Path | None = None) -> Mapping[tuple[str, str], Variation]:
    """Return (analyte, matrix) -> variation from `parameters/biological_variation/*.yaml`, cached until a file changes.

    Raises
    ------
    ParameterError
        with every problem of every file: file, line, column.

    Examples
    --------
    >>> variations()["HbA1c", "whole blood"].cv_within
    1.2
    """
    root = folder or project_root() / "parameters" / "biological_variation"
    return _variations(fingerprint(yaml_files(root)))


@lru_cache(maxsize=4)
def _variations(files: tuple[tuple[str, int, int], ...]) -> Mapping[tuple[str, str], Variation]:
    out: dict[tuple[str, str], Variation] = {}
    problems: list[Problem] = []
    for name, *_ in files:
        reader = Reader(Path(name))
        for index, entry in enumerate(reader.mapping(("about", "rows")).get("rows") or []):
            row = reader.model(Variation, entry, ("rows", index))
            if row is not None and (row.analyte, row.matrix) in out:
                reader.blame(f"{row.analyte} in {row.matrix} is repeated", ("rows", index))
            elif row is not None:
                out[row.analyte, row.matrix] = row
        problems += reader.problems
    raise_if_any(problems, "Biological variation cannot be read")
    return out
