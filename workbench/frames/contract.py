"""What a frame's contract is: columns with kind and meaning, grain, key; and the checking of a table."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from workbench.errors import DataError, Problem

TEXT, NUMBER, INTEGER, FLAG, TIME = "text", "number", "integer", "flag", "time"


@dataclass(frozen=True)
class Column:
    """One column: its name, kind of value, meaning and unit; an optional one may be absent and is then empty."""

    name: str
    kind: str
    meaning: str
    optional: bool = False


@dataclass(frozen=True)
class Frame:
    """A table's contract: what one row is, which columns it has, which of them identify a row."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]

    def empty(self) -> pd.DataFrame:
        """A frame of no rows with the right columns and dtypes."""
        return pd.DataFrame({c.name: pd.Series(dtype=_DTYPES[c.kind]) for c in self.columns})

    def checked(self, table: pd.DataFrame) -> pd.DataFrame:
        """The same table in the contract's column order and dtypes; the index is renumbered.

        Raises
        ------
        DataError
            naming every missing column that is not optional, and key columns that repeat.
        """
        absent = [c for c in self.columns if c.optional and c.name not in table.columns]
        if absent:
            table = table.assign(**{c.name: "" if c.kind == TEXT else float("nan") for c in absent})
        missing = [name for name in self.names if name not in table.columns]
        if missing:
            raise DataError(
                f"Table {self.name!r} lacks columns.",
                [Problem(f"column {name!r} is missing", column=name) for name in missing],
            )
        table = table.reset_index(drop=True)
        out = pd.DataFrame(
            {c.name: _as_kind(table[c.name], c.kind) for c in self.columns}, index=table.index, copy=True
        )
        repeated = out.duplicated(list(self.key)) if self.key else pd.Series(False, index=out.index)
        if repeated.any():
            first = out.loc[repeated, list(self.key)].iloc[0].to_dict()
            raise DataError(f"Table {self.name!r}: {int(repeated.sum())} rows repeat the key, first {first}.")
        return out


_DTYPES = {TEXT: "str", NUMBER: "float64", INTEGER: "int64", FLAG: "bool", TIME: "datetime64[s]"}


def _as_kind(values: pd.Series, kind: str) -> pd.Series:
    """Cast to the contract's dtype; text that is missing becomes the empty string."""
    if values.dtype == _DTYPES[kind]:
        return values.fillna("") if kind == TEXT else values
    if kind == TEXT:
        return values.astype("object").where(values.notna(), "").astype(str).astype("str")
    if kind == INTEGER:
        return values.fillna(0).astype("int64")
    if kind == FLAG:
        return values.fillna(False).astype("bool")
    return values.astype(_DTYPES[kind])


def columns(*rows: tuple[str, str, str]) -> tuple[Column, ...]:
    """Columns from rows of name, kind, meaning."""
    return tuple(Column(*row) for row in rows)


def optional(*rows: tuple[str, str, str]) -> tuple[Column, ...]:
    """Columns that a table may lack: text is then empty, a quantity NaN."""
    return tuple(Column(*row, optional=True) for row in rows)


WHO = (
    ("lab_code", TEXT, "participant code"),
    ("device_id", TEXT, "device of a point-of-care programme, else empty"),
)
SYSTEM = (
    ("method", TEXT, "code of the measuring method registered for this round"),
    ("instrument", TEXT, "code of the instrument"),
    ("reagent", TEXT, "code of the reagent"),
    ("calibrator", TEXT, "code of the calibrator"),
)
