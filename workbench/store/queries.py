"""Named queries: one file of SQL each, in `sql/queries`; a folder of a dialect's name may replace one.

A file opens with comment lines of the form `-- word: text`:

    -- grain: one row per ...
    -- units: which column is in which unit
    -- frame: results                 the columns are those of a frame of the vocabulary, or
    -- columns: lab_code text, n integer
    -- params: programme_round_id integer, earlier integers

A parameter kind in the plural takes a list. Files select, join, filter and number rows; statistics
stay in Python, because databases define quantiles differently or not at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import TextualSelect, bindparam, column, text
from sqlalchemy.types import TypeEngine

from workbench.errors import DataError, Problem
from workbench.frames import EVALUATION_FRAMES, SNAPSHOT_FRAMES
from workbench.parameters.home import project_root
from workbench.store.schema.metadata import KIND_TYPES

FRAMES = {frame.name: frame for frame in (*SNAPSHOT_FRAMES, *EVALUATION_FRAMES)}
_HEADER = re.compile(r"^--\s*(grain|units|frame|columns|params):\s*(.*)$")
_MORE = re.compile(r"^--\s{3,}(.*)$")


@dataclass(frozen=True)
class NamedQuery:
    """One file: its text, its columns and its parameters with their kinds."""

    name: str
    sql: str
    grain: str
    units: str
    columns: tuple[tuple[str, str], ...]
    params: tuple[tuple[str, str], ...]

    def statement(self) -> TextualSelect:
        """The query with typed columns; list parameters expand."""
        clause = text(self.sql)
        for name, kind in self.params:
            listed = kind.endswith("s")
            sql_type: TypeEngine[Any] = KIND_TYPES[kind.removesuffix("s")]()
            clause = clause.bindparams(bindparam(name, type_=sql_type, expanding=listed))
        return clause.columns(*(column(name, KIND_TYPES[kind]()) for name, kind in self.columns))


def queries_folder() -> Path:
    """The folder of the named queries."""
    return project_root() / "sql" / "queries"


def query_names() -> tuple[str, ...]:
    """Names of all queries."""
    return tuple(sorted(path.stem for path in queries_folder().glob("*.sql")))


def query(name: str, dialect: str = "") -> TextualSelect:
    """Return a named query, or its replacement for a dialect.

    Parameters
    ----------
    name : file name without ".sql".
    dialect : e.g. "postgresql"; the file `<dialect>/<name>.sql` wins where it exists.

    Raises
    ------
    DataError
        when there is no such file, or its header is incomplete: file, row.
    """
    return named_query(name, dialect).statement()


def named_query(name: str, dialect: str = "") -> NamedQuery:
    """The same with its grain, units, columns and parameters."""
    own = queries_folder() / dialect / f"{name}.sql"
    path = own if dialect and own.is_file() else queries_folder() / f"{name}.sql"
    if not path.is_file():
        raise DataError(f"There is no query {name!r}.", [Problem("file not found", file=str(path))])
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int) -> NamedQuery:
    return parse_query(path.stem, path.read_text(encoding="utf-8"), str(path))


def parse_query(name: str, sql: str, shown: str) -> NamedQuery:
    """Read the header of a query.

    Raises
    ------
    DataError
        when grain, units or columns are missing, or a kind or frame is unknown.
    """
    header = _header(sql)
    problems = [
        Problem(f"the header lacks '-- {word}:'", file=shown, row=1)
        for word in ("grain", "units")
        if not header.get(word)
    ]
    columns = _columns(header, shown, problems)
    params = _pairs(header.get("params", ""))
    known = {*KIND_TYPES, *(f"{kind}s" for kind in KIND_TYPES)}
    for part, kind in (*columns, *params):
        if kind not in known:
            problems.append(Problem(f"{part!r} has the unknown kind {kind!r}", file=shown, row=1))
    if problems:
        raise DataError(f"Query {name!r} cannot be used.", problems)
    return NamedQuery(name, sql, header["grain"], header["units"], columns, params)


def _header(sql: str) -> dict[str, str]:
    """The header's words; an indented comment line carries the one before it on."""
    out: dict[str, str] = {}
    word = ""
    for line in sql.splitlines():
        if found := _HEADER.match(line):
            word = found[1]
            out[word] = found[2].strip()
        elif (more := _MORE.match(line)) and word:
            out[word] += " " + more[1].strip()
        elif not line.startswith("--"):
            break
    return out


def _columns(header: dict[str, str], shown: str, problems: list[Problem]) -> tuple[tuple[str, str], ...]:
    """Names and kinds of the columns: those of a frame first, then those listed."""
    listed = _pairs(header.get("columns", ""))
    name = header.get("frame", "")
    if name and name not in FRAMES:
        problems.append(Problem(f"there is no frame {name!r}", file=shown, row=1))
    if not name and not listed:
        problems.append(Problem("the header lacks '-- frame:' or '-- columns:'", file=shown, row=1))
    framed = tuple((c.name, c.kind) for c in FRAMES[name].columns) if name in FRAMES else ()
    return framed + listed


def _pairs(words: str) -> tuple[tuple[str, str], ...]:
    """'a text, b integer' as pairs; a missing kind is the empty string."""
    parts = [part.split() for part in words.split(",") if part.strip()]
    return tuple((part[0], part[1] if len(part) > 1 else "") for part in parts)
