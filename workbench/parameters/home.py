"""Where the project's own folders are: parameters, notebooks, outputs."""

from __future__ import annotations

import os
from pathlib import Path

from workbench.errors import ParameterError

HOME_VARIABLE = "WORKBENCH_HOME"


def project_root() -> Path:
    """Return the folder that holds `parameters/`, `notebooks/` and `outputs/`.

    Returns
    -------
    Absolute path: the folder named by the environment variable WORKBENCH_HOME, else the parent of the
    installed package, else the working directory or the nearest of its parents that holds the data.

    Raises
    ------
    ParameterError
        when none of them holds `parameters/programmes`.
    """
    named = os.environ.get(HOME_VARIABLE)
    here = Path.cwd()
    candidates = [Path(named)] if named else [Path(__file__).parents[2], here, *here.parents]
    for folder in candidates:
        if (folder / "parameters" / "programmes").is_dir():
            return folder.resolve()
    raise ParameterError(
        f"No folder with parameters/programmes found; set {HOME_VARIABLE} to the project folder."
        if named is None
        else f"{HOME_VARIABLE} names {named}, which holds no parameters/programmes."
    )


def programme_folder(programme_no: str) -> str:
    """Return the four-digit folder name of a programme: category and number, two digits each.

    Raises
    ------
    ParameterError
        when the number is not of the form "category.number".

    Examples
    --------
    >>> programme_folder("1.1"), programme_folder("10.2"), programme_folder("1.10")
    ('0101', '1002', '0110')
    """
    category, dot, number = programme_no.partition(".")
    if not (dot and category.isdecimal() and number.isdecimal()):
        raise ParameterError(f"Programme number {programme_no!r} is not of the form '1.1'.")
    return f"{int(category):02d}{int(number):02d}"
