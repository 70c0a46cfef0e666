"""Laboratory names, in a store of their own, and the log of who read them."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, MetaData, Table

from workbench.store.schema.metadata import NAMES, key, text

IDENTITY = MetaData(naming_convention=NAMES)

LABORATORY_NAME = Table(
    "laboratory_name",
    IDENTITY,
    text("lab_code", primary_key=True),
    text("name"),
    text("address", default=""),
    text("contact", default=""),
)
"""One row per laboratory."""

ACCESS_LOG = Table(
    "access_log",
    IDENTITY,
    key("access_no"),
    Column("at", DateTime, nullable=False),
    text("who"),
    text("purpose"),
    text("lab_code"),
)
"""One row per name read; it holds the code, never the name."""
