"""The catalogue of our tables, and the column types of the vocabulary.

Facts hold integer keys and the text a laboratory sent; names stand once, in small dimension tables.
Times are local and without a zone; quantities are doubles with NULL for "not there".
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, DateTime, Double, ForeignKey, Integer, MetaData, Table, Text

from workbench.frames import FLAG, INTEGER, NUMBER, TEXT, TIME, Frame

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
"""Constraints carry names, because a migration can only alter what it can name."""

METADATA = MetaData(naming_convention=NAMES)
"""Everything except laboratory names, which live in a store of their own (`identity`)."""

KIND_TYPES = {TEXT: Text, NUMBER: Double, INTEGER: Integer, FLAG: Boolean, TIME: DateTime}
"""SQL type of each kind of column of `workbench.frames`."""


def key(name: str) -> Column[int]:
    """An integer primary key that the database numbers."""
    return Column(name, Integer, primary_key=True)


def link(name: str, target: str, **options: Any) -> Column[int]:
    """An integer column that points at `target` ("table.column"); not NULL unless said."""
    return Column(name, Integer, ForeignKey(target), **{"nullable": False, **options})


def text(name: str, **options: Any) -> Column[str]:
    """A text column that is never NULL; absent text is the empty string."""
    return Column(name, Text, **{"nullable": False, **options})


def frame_table(name: str, frame: Frame) -> Table:
    """One frame of an evaluation as a table: `evaluation_no` before the frame's own columns.

    The primary key is the frame's key after `evaluation_no`, so one laboratory's rows lie together;
    a frame without a key is numbered by `row_no`.
    """
    numbered = [] if frame.key else [Column("row_no", Integer, primary_key=True)]
    own: list[Column[Any]] = [
        Column(
            column.name,
            KIND_TYPES[column.kind],
            primary_key=column.name in frame.key,
            nullable=column.kind in (NUMBER, TIME),
        )
        for column in frame.columns
    ]
    return Table(
        name,
        METADATA,
        link("evaluation_no", "evaluation.evaluation_no", primary_key=True),
        *numbered,
        *own,
        sqlite_with_rowid=False,
    )
