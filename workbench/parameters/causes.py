"""How often each cause stands behind a failure: one YAML row a cause, with its source."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from workbench.errors import Problem
from workbench.parameters.home import project_root
from workbench.parameters.loading import Reader, raise_if_any
from workbench.parameters.policy import Strict
from workbench.parameters.yaml_text import fingerprint, yaml_files


class CausePrior(Strict):
    """One cause.

    Attributes
    ----------
    family : report, identity, systematic, random, organiser or none.
    prior : share among failed analytes. release : may be told to a laboratory.
    source : which survey, explained at the head of the file.
    linked : what a broken relation between linked analytes says of it: raises, lowers, or nothing.
    """

    cause: str
    family: Literal["report", "identity", "systematic", "random", "organiser", "none"]
    prior: float = Field(gt=0, lt=1)
    release: bool
    source: str
    linked: Literal["raises", "lowers", ""] = ""


def cause_priors(folder: Path | None = None) -> Mapping[str, CausePrior]:
    """Return cause -> prior from `parameters/causes/*.yaml`, cached until a file changes.

    Raises
    ------
    ParameterError
        with every problem of every file: file, line, column.

    Examples
    --------
    >>> cause_priors()["decimal_slip"].family
    'report'
    """
    return _cause_priors(fingerprint(yaml_files(folder or project_root() / "parameters" / "causes")))


def coded_cause_priors() -> Mapping[str, CausePrior]:
    """Return cause -> prior of coded results from `parameters/causes/coded/*.yaml`.

    Raises
    ------
    ParameterError
        with every problem of every file: file, line, column.

    Examples
    --------
    >>> coded_cause_priors()["sign_inversion"].family
    'report'
    """
    return cause_priors(project_root() / "parameters" / "causes" / "coded")


@lru_cache(maxsize=4)
def _cause_priors(files: tuple[tuple[str, int, int], ...]) -> Mapping[str, CausePrior]:
    out: dict[str, CausePrior] = {}
    problems: list[Problem] = []
    for name, *_ in files:
        reader = Reader(Path(name))
        for index, entry in enumerate(reader.mapping(("about", "causes")).get("causes") or []):
            row = reader.model(CausePrior, entry, ("causes", index))
            if row is not None and row.cause in out:
                reader.blame(f"cause {row.cause!r} is repeated", ("causes", index))
            elif row is not None:
                out[row.cause] = row
        problems += reader.problems
    raise_if_any(problems, "The shares of causes cannot be read")
    return out
