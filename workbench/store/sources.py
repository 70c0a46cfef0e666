"""Read an organiser's own database through the SQL files and the mapping of its site.

Their database is only read, never written. What comes out are our frames; what cannot be understood
comes out as quarantined rows with a reason.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from workbench.errors import DataError, Problem
from workbench.frames import FLAG, INTEGER, NUMBER, SNAPSHOT_FRAMES, TEXT, TIME, Frame
from workbench.store.connection import Store, open_store
from workbench.store.inputs import round_inputs
from workbench.store.programme_rounds import ProgrammeRound, save_programme_round
from workbench.store.source_mapping import SourceMapping, TableMapping, read_mapping
from workbench.store.stated_uncertainties import with_uncertainties
from workbench.store.submissions import IngestRun, Submissions, add_submissions

_FRAMES = {frame.name: frame for frame in SNAPSHOT_FRAMES}

GIVEN_FRAMES = (
    "enrolments",
    "samples",
    "material_checks",
    "reference_values",
    "expected_answers",
    "system_names",
)
"""Frames of a programme-round that a site may know before any result comes in."""
_NUMBER = re.compile(r"^([<>]?)\s*([+-]?\d+(?:\.(\d+))?)$")
_NOTHING = {TEXT: "", NUMBER: np.nan, INTEGER: 0, FLAG: False, TIME: pd.NaT}
_DEFAULTS = {"enrolment_state": "enrolled", "result_state": "reported"}


@dataclass(frozen=True)
class Source:
    """An organiser's database, opened for reading."""

    engine: Engine
    mapping: SourceMapping

    def table(self, name: str, round_code: str, programme_no: str) -> pd.DataFrame:
        """One of our tables for a programme-round, all columns text except dates.

        Raises
        ------
        DataError
            when the query fails, a column is missing or a date does not fit its format.
        """
        mapping = self.mapping.tables[name]
        params = {
            "source_round": self.mapping.rounds.get(round_code, round_code),
            "source_programme": self.mapping.programmes.get(programme_no, programme_no),
        }
        try:
            with self.engine.connect() as connection:
                statement = text(mapping.sql)
                used = {key: value for key, value in params.items() if f":{key}" in mapping.sql}
                result = connection.execute(statement, used)
                rows = pd.DataFrame([tuple(row) for row in result], columns=list(result.keys()))
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            raise DataError(f"Site {self.mapping.site}: the query of {name!r} failed: {cause}.") from error
        return _renamed(rows, mapping, f"{self.mapping.site}/{name}")

    def programme_round(self, round_code: str, programme_no: str) -> ProgrammeRound:
        """The programme-round as the site knows it."""
        head = self.table("round", round_code, programme_no)
        if len(head) != 1:
            raise DataError(f"Site {self.mapping.site}: {len(head)} rows for {round_code}, {programme_no}.")
        frames = {
            name: _as_frame(_FRAMES[name], self.table(name, round_code, programme_no))
            for name in GIVEN_FRAMES
            if name in self.mapping.tables
        }
        laboratories = self.table("laboratories", round_code, programme_no)
        row = head.iloc[0]
        shipped = row.get("shipped_at")
        return ProgrammeRound(
            round_code,
            programme_no,
            row["closing_at"].to_pydatetime(),
            laboratories,
            shipped_at=None if shipped is None or pd.isna(shipped) else shipped.to_pydatetime(),
            **frames,
        )

    def submissions(self, round_code: str, programme_no: str, known: ProgrammeRound) -> Submissions:
        """What laboratories returned; rows that the round does not know go to quarantine."""
        heads = self.table("submissions", round_code, programme_no)
        rows = self.table("results", round_code, programme_no)
        reasons = _reasons(rows, heads, known)
        kept = rows[reasons == ""]
        refused = pd.DataFrame(
            {
                "place": [f"{self.mapping.site}/results:{row + 1}" for row in rows.index[reasons != ""]],
                "reason": reasons[reasons != ""].tolist(),
                "content": [" | ".join(map(str, row)) for row in rows[reasons != ""].to_numpy()],
            }
        )
        submissions = heads[heads["lab_code"].isin(set(known.laboratories["lab_code"]))]
        results = _as_frame(_FRAMES["results"], with_uncertainties(reported_numbers(kept)))
        return Submissions(submissions, results, refused, source=self.mapping.site)


def open_source(url: str, site: str, folder: Path | None = None) -> Source:
    """Open an organiser's database for reading.

    Parameters
    ----------
    url : SQLAlchemy URL, or the path of an SQLite file.
    site : folder of its queries and mapping.
    folder : where the folders of sites stand; None means `sql/sources`.

    Raises
    ------
    DataError, ParameterError
        when there is no such database or site, or the mapping is wrong.
    """
    return Source(_reading_engine(url), read_mapping(site, folder))


def import_source(
    store: Store, site: str, source_url: str, round_code: str, programme_no: str
) -> IngestRun | None:
    """Bring a programme-round and its returns from a site's database into the store.

    Laboratories whose return is in the store unchanged get no new revision, so that the import can be
    repeated. Aliases are drawn from the system's own randomness: a seed would let anyone repeat them.

    Returns
    -------
    Counts of the load; None when nothing was new.

    Raises
    ------
    DataError, ParameterError
        as `open_source`, `save_programme_round` and `add_submissions` do.
    """
    source = open_source(source_url, site)
    programme_round = source.programme_round(round_code, programme_no)
    save_programme_round(store, programme_round, np.random.default_rng())
    load = source.submissions(round_code, programme_no, programme_round)
    new = _changed(load, round_inputs(store, round_code, programme_no).results)
    if new.submissions.empty:
        return None
    return add_submissions(store, round_code, programme_no, new)


def reported_numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with value, decimals, censor and result_state read from `raw`; empty cells are left out.

    Examples
    --------
    >>> table = reported_numbers(pd.DataFrame({"raw": ["5.10", "<0.5", "-", ""]}))
    >>> table[["value", "decimals", "censor", "result_state"]].values.tolist()
    [[5.1, 2, 0, 'reported'], [0.5, 1, -1, 'reported'], [nan, 0, 0, 'unreadable']]
    """
    kept = rows[rows["raw"].str.strip() != ""].reset_index(drop=True)
    found = [_NUMBER.match(raw.strip()) for raw in kept["raw"]]
    return kept.assign(
        value=[float(match[2]) if match else np.nan for match in found],
        decimals=[len(match[3] or "") if match else 0 for match in found],
        censor=[{"<": -1, ">": 1}.get(match[1], 0) if match else 0 for match in found],
        result_state=["reported" if match else "unreadable" for match in found],
        flags=["" if match else "not_a_number" for match in found],
    )


def _reading_engine(url: str) -> Engine:
    """An engine that cannot change the site's database."""
    parsed = make_url(open_store(url).url)
    if parsed.get_backend_name() != "sqlite":
        options = {"postgresql_readonly": True} if parsed.get_backend_name() == "postgresql" else {}
        return create_engine(parsed, execution_options=options)
    path = Path(parsed.database or "").absolute()
    if not path.is_file():
        raise DataError(f"There is no database file {path}.")
    uri = f"{path.as_uri()}?mode=ro"
    return create_engine("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True), poolclass=NullPool)


def _renamed(rows: pd.DataFrame, mapping: TableMapping, place: str) -> pd.DataFrame:
    """Their rows under our names, in our codes."""
    wide = [theirs for columns in mapping.wide.values() for theirs in columns]
    missing = [name for name in (*mapping.columns.values(), *wide) if name not in rows]
    if missing:
        problems = [Problem("the query does not return it", file=place, column=name) for name in missing]
        raise DataError("A column of the mapping is missing.", problems)
    table = rows.rename(columns={theirs: ours for ours, theirs in mapping.columns.items()})
    for column, codes in mapping.wide.items():
        table = table.melt(
            id_vars=list(mapping.columns), value_vars=list(codes), var_name=column, value_name="raw"
        )
        table[column] = table[column].map(codes)
    table = table.assign(**mapping.constants)
    for name in table.columns:
        table[name] = table[name].map(lambda cell: "" if pd.isna(cell) else str(cell)).astype("str")
    for name, codes in mapping.codes.items():
        table[name] = table[name].map(lambda code, codes=codes: codes.get(code, code))
    for name, form in mapping.dates.items():
        table[name] = _dates(table[name], form, place)
    return table


def _dates(values: pd.Series, form: str, place: str) -> pd.Series:
    """Text as times; all that do not fit at once."""
    times = pd.to_datetime(values.where(values != "", None), format=form, errors="coerce")
    wrong = times.isna() & (values != "")
    if wrong.any():
        problems = [
            Problem(f"{cell!r} does not fit {form!r}", file=place, row=int(row) + 1, column=str(values.name))
            for row, cell in values[wrong].items()
        ]
        raise DataError("Dates cannot be read.", problems)
    return times.astype("datetime64[s]")


def _as_frame(frame: Frame, table: pd.DataFrame) -> pd.DataFrame:
    """A table of texts as a frame of the vocabulary; absent columns hold their default."""
    filled = {c.name: _DEFAULTS.get(c.name, _NOTHING[c.kind]) for c in frame.columns if c.name not in table}
    out = table.assign(**filled)
    for column in frame.columns:
        if column.kind == FLAG and column.name in table:
            out[column.name] = out[column.name].isin(("1", "t", "true", "True"))
        elif column.kind in (NUMBER, INTEGER) and out[column.name].dtype == "str":
            out[column.name] = pd.to_numeric(out[column.name].where(out[column.name] != "", None))
    return frame.checked(out)


def _reasons(rows: pd.DataFrame, heads: pd.DataFrame, known: ProgrammeRound) -> pd.Series:
    """Why a row cannot be taken; empty where it can, and where the cell holds nothing."""
    reasons = pd.Series("", index=rows.index, dtype="object")
    checks = (
        ("lab_code", set(known.laboratories["lab_code"]), "laboratory_unknown"),
        ("lab_code", set(heads["lab_code"]), "submission_missing"),
        ("analyte", set(known.enrolments["analyte"]), "analyte_unknown"),
        ("sample", set(known.samples["sample"]), "sample_unknown"),
    )
    for name, codes, reason in checks:
        reasons[(reasons == "") & ~rows[name].isin(codes)] = reason
    key = ["lab_code", *(["device_id"] if "device_id" in rows else []), "analyte", "sample"]
    reasons[(reasons == "") & rows.duplicated(key)] = "repeated"
    reasons[rows["raw"].str.strip() == ""] = ""
    return reasons


def _changed(load: Submissions, held: pd.DataFrame) -> Submissions:
    """The load without laboratories whose results are held already, digit for digit."""
    new, old = _returns(load.results), _returns(held)
    changed = [code for code in load.submissions["lab_code"] if new.get(code) != old.get(code)]
    submissions = load.submissions[load.submissions["lab_code"].isin(changed)]
    results = load.results[load.results["lab_code"].isin(changed)]
    return replace(load, submissions=submissions, results=results)


def _returns(results: pd.DataFrame) -> dict[str, frozenset[tuple[str, ...]]]:
    """Laboratory -> its results as sent."""
    names = ["device_id", "analyte", "sample", "raw", "u_raw", "u_result", "coverage_factor"]
    texts = results[names].astype(str)
    return {
        str(code): frozenset(map(tuple, rows.to_numpy().tolist()))
        for code, rows in texts.groupby(results["lab_code"])
    }
