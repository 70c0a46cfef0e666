"""Hashes that say by which program and which rules an evaluation was made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from workbench import __version__
from workbench.parameters import CriteriaBook, Programme, project_root

_JUDGING_ROOMS = ("statistics", "parameters", "evaluation", "frames")
_SHORT = 12


@cache
def code_version() -> str:
    """Program version and a hash of the source that sets targets and verdicts.

    A change of layout does not change it; a change of a formula does.
    """
    package = Path(__file__).parents[1]
    paths = [path for room in _JUDGING_ROOMS for path in sorted((package / room).rglob("*.py"))]
    return f"{__version__}+{_hash(package, paths)}"


@cache
def program_version() -> str:
    """The same of all there is: source, templates, words, notebooks. A change of layout changes it."""
    package = Path(__file__).parents[1]
    endings = {".py", ".po", ".j2", ".typ", ".css", ".html", ".json"}
    own = [p for p in sorted(package.rglob("*")) if p.suffix in endings and p.is_file()]
    notebooks = project_root() / "notebooks" / "reports"
    written = _hash(notebooks, sorted(notebooks.glob("*.ipynb")))
    return f"{__version__}+{_hash(package, own)}+{written}"


def _hash(folder: Path, paths: Iterable[Path]) -> str:
    """Hash of some files and their places in a folder."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:_SHORT]


def criteria_version(programme: Programme, criteria: CriteriaBook) -> str:
    """Hash of the programme's entry with its policy, and of the limits of all authorities.

    All of them, because a report also says where another authority's limit would change a verdict.
    """
    text = f"{programme.model_dump_json()}\n{criteria.version}"
    return hashlib.sha256(text.encode()).hexdigest()[:_SHORT]
