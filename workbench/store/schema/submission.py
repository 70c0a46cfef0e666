"""What comes in: ingest runs, submissions by revision, results, quarantine, and decisions on them."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Integer,
    SmallInteger,
    Table,
    UniqueConstraint,
)

from workbench.store.schema.metadata import METADATA, key, link, text

INGEST_RUN = Table(
    "ingest_run",
    METADATA,
    key("ingest_run_id"),
    link("programme_round_id", "programme_round.programme_round_id"),
    text("source"),
    text("source_sha256"),
    Column("received_at", DateTime),
    Column("rows_read", Integer, nullable=False),
    Column("rows_loaded", Integer, nullable=False),
    Column("rows_quarantined", Integer, nullable=False),
    Column("rows_flagged", Integer, nullable=False),
    CheckConstraint("rows_read = rows_loaded + rows_quarantined", name="counts_reconcile"),
    CheckConstraint("rows_flagged <= rows_loaded", name="flagged_are_loaded"),
)
"""One row per file or load; every row read is either loaded or quarantined."""

SUBMISSION = Table(
    "submission",
    METADATA,
    key("submission_id"),
    link("participation_id", "participation.participation_id"),
    Column("revision", Integer, nullable=False),
    link("ingest_run_id", "ingest_run.ingest_run_id"),
    Column("returned_at", DateTime, nullable=False),
    Column("received_on", DateTime),
    Column("tested_on", DateTime),
    text("by_role"),
    text("status"),
    text("comment", default=""),
    UniqueConstraint("participation_id", "revision"),
    CheckConstraint("revision > 0", name="revision_counts_from_one"),
)
"""One row per participation x revision; a correction is a new revision, always whole."""

RESULT = Table(
    "result",
    METADATA,
    link("submission_id", "submission.submission_id", primary_key=True),
    text("device_id", primary_key=True),
    link("item_id", "analyte_item.item_id", primary_key=True),
    link("sample_id", "sample.sample_id", primary_key=True),
    text("raw"),
    Column("value", Double),
    Column("decimals", SmallInteger, nullable=False),
    Column("censor", SmallInteger, nullable=False),
    text("code"),
    text("result_state"),
    text("flags"),
    text("u_raw", server_default=""),
    Column("u_result", Double),
    Column("coverage_factor", Double),
    CheckConstraint("censor in (-1, 0, 1)", name="censor_is_a_sign"),
    sqlite_with_rowid=False,
)
"""One row per submission x device x analyte x sample; `raw` and `u_raw` are the texts exactly as sent."""

QUARANTINE = Table(
    "quarantine",
    METADATA,
    link("ingest_run_id", "ingest_run.ingest_run_id", primary_key=True),
    Column("row_no", Integer, primary_key=True),
    text("place"),
    text("reason"),
    text("content"),
)
"""One row per row that was refused: where it stood, the reason code, its content as sent."""

DECISION = Table(
    "decision",
    METADATA,
    link("programme_round_id", "programme_round.programme_round_id", primary_key=True),
    Column("decision_no", Integer, primary_key=True, autoincrement=False),
    text("kind"),
    link("lab_id", "laboratory.lab_id", nullable=True),
    link("item_id", "analyte_item.item_id", nullable=True),
    link("sample_id", "sample.sample_id", nullable=True),
    text("reason"),
    text("by_role"),
    Column("decided_at", DateTime, nullable=False),
)
"""One row per decision of the organiser, numbered within the programme-round, never changed."""
