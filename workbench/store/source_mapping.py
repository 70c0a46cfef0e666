"""The mapping file of a site: which query gives which of our tables, and how its words become ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import ParameterError, Problem
from workbench.parameters.home import project_root
from workbench.parameters.yaml_text import YamlText

MAPPING_FILE = "source.yaml"

TABLES = ("round", "laboratories", "samples", "enrolments", "submissions", "results")
"""Tables that a site must give."""

OPTIONAL_TABLES = ("material_checks", "reference_values", "system_names")

_ENTRIES = ("query", "columns", "codes", "dates", "wide", "constants")


@dataclass(frozen=True)
class TableMapping:
    """One of our tables, from one query of the site.

    Parameters
    ----------
    sql : text of the query.
    columns : our column -> theirs.
    codes : our column -> their code -> ours.
    dates : our column -> format of the text.
    wide : our column -> their column -> code; such columns become rows with their text in `raw`.
    constants : our column -> one text for all rows.
    """

    sql: str
    columns: Mapping[str, str]
    codes: Mapping[str, Mapping[str, str]]
    dates: Mapping[str, str]
    wide: Mapping[str, Mapping[str, str]]
    constants: Mapping[str, str]


@dataclass(frozen=True)
class SourceMapping:
    """A site: its names of rounds and programmes, and its tables."""

    site: str
    rounds: Mapping[str, str]
    programmes: Mapping[str, str]
    tables: Mapping[str, TableMapping]


def sources_folder() -> Path:
    """The folder that holds one folder a site."""
    return project_root() / "sql" / "sources"


def sites() -> tuple[str, ...]:
    """Names of all sites."""
    return tuple(sorted(path.parent.name for path in sources_folder().glob(f"*/{MAPPING_FILE}")))


def read_mapping(site: str, folder: Path | None = None) -> SourceMapping:
    """Read the mapping and the queries of a site.

    Parameters
    ----------
    site : name of its folder.
    folder : where the folders of sites stand; None means `sql/sources`.

    Raises
    ------
    ParameterError
        with every wrong entry: file, line, column.
    """
    home = (folder or sources_folder()) / site
    path = home / MAPPING_FILE
    if not path.is_file():
        raise ParameterError(f"There is no site {site!r}.", [Problem("file not found", file=str(path))])
    yaml = YamlText(path, f"{site}/{MAPPING_FILE}")
    problems = yaml.problems or _problems(yaml, home)
    if problems:
        raise ParameterError(f"Site {site!r} cannot be read.", problems)
    data = yaml.data
    tables = {name: _table(entry, home) for name, entry in data["tables"].items()}
    return SourceMapping(site, data.get("rounds") or {}, data.get("programmes") or {}, tables)


def _problems(yaml: YamlText, home: Path) -> list[Problem]:
    """Everything wrong with the mapping."""
    data = yaml.data if isinstance(yaml.data, dict) else {}
    tables = data.get("tables")
    if not isinstance(tables, dict):
        return [yaml.problem("a mapping 'tables' is needed", ["tables"])]
    out = [yaml.problem(f"table {name!r} is missing", ["tables"]) for name in TABLES if name not in tables]
    for name, entry in tables.items():
        place = ["tables", name]
        if name not in (*TABLES, *OPTIONAL_TABLES):
            out.append(yaml.problem(f"{name!r} is none of our tables", place))
        if not isinstance(entry, dict):
            out.append(yaml.problem("query and columns are needed", place))
            continue
        out += [yaml.problem(f"unknown entry {key!r}", [*place, key]) for key in entry if key not in _ENTRIES]
        out += [yaml.problem(f"{key!r} is needed", place) for key in ("query", "columns") if key not in entry]
        if "query" in entry and not (home / entry["query"]).is_file():
            out.append(yaml.problem(f"there is no file {entry['query']!r}", [*place, "query"]))
    return out


def _table(entry: Mapping[str, Any], home: Path) -> TableMapping:
    sql = (home / entry["query"]).read_text(encoding="utf-8")
    others = (entry.get(name) or {} for name in _ENTRIES[2:])
    codes, dates, wide, constants = others
    return TableMapping(sql, entry["columns"], codes, dates, wide, constants)
