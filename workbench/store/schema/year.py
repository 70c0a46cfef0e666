"""The year: who enrolled, what left when, what arrived how, what was claimed. Rows are added, never changed."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, Integer, Table

from workbench.store.schema.metadata import METADATA, key, link, text

YEAR_INTAKE = Table(
    "year_intake",
    METADATA,
    key("intake_id"),
    text("kind"),
    text("scope"),
    text("source"),
    text("source_sha256"),
    Column("received_at", DateTime),
    Column("rows_read", Integer, nullable=False),
    Column("rows_loaded", Integer, nullable=False),
    Column("rows_known", Integer, nullable=False),
    Column("rows_rejected", Integer, nullable=False),
    CheckConstraint("rows_read = rows_loaded + rows_known + rows_rejected", name="counts_reconcile"),
)
"""One row per file or load that changed something or was rejected in part. `kind`: enrolments, dispatches, receipts or
claims; `scope`: year, or round; `rows_known`: rows that stand in the store already."""

YEAR_REJECTION = Table(
    "year_rejection",
    METADATA,
    link("intake_id", "year_intake.intake_id", primary_key=True),
    Column("row_no", Integer, primary_key=True),
    text("place"),
    text("reason"),
    text("content"),
)
"""One row per row kept out: where it stood, every reason code, its content as sent (JSON)."""

YEAR_ENROLMENT = Table(
    "year_enrolment",
    METADATA,
    link("lab_id", "laboratory.lab_id", primary_key=True),
    text("programme_no", primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    text("device_id", primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    text("year_state"),
    Column("fee_settled", Boolean, nullable=False),
    Column("designated", Boolean, nullable=False),
    text("reason"),
    link("intake_id", "year_intake.intake_id"),
    CheckConstraint("year_state in ('enrolled', 'withdrawn')", name="state_is_known"),
    CheckConstraint("revision > 0", name="revision_counts_from_one"),
    sqlite_with_rowid=False,
)
"""One row per laboratory x programme x year x device (empty: not asked for) x revision; the last one holds."""

DISPATCH = Table(
    "dispatch",
    METADATA,
    link("participation_id", "participation.participation_id", primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("dispatched_on", DateTime, nullable=False),
    Column("due_at", DateTime),
    text("cause"),
    text("reason"),
    CheckConstraint("cause in ('dispatch', 'correction', 'replacement')", name="cause_is_known"),
    CheckConstraint("revision > 0", name="revision_counts_from_one"),
    sqlite_with_rowid=False,
)
"""One row per participation x revision; the last one holds. `dispatched_on`: day, local; `due_at`: last moment of a return
in time of this laboratory, NULL for that of the programme-round. A replacement is a revision of its own."""

RECEIPT = Table(
    "receipt",
    METADATA,
    link("participation_id", "participation.participation_id", primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("received_on", DateTime, nullable=False),
    text("condition"),
    text("reason"),
    link("intake_id", "year_intake.intake_id"),
    CheckConstraint("condition in ('intact', 'damaged', 'incomplete')", name="condition_is_known"),
    CheckConstraint("revision > 0", name="revision_counts_from_one"),
    sqlite_with_rowid=False,
)
"""One row per participation x revision; the last one holds. `received_on`: day the parcel arrived, local."""

CLAIM = Table(
    "claim",
    METADATA,
    link("participation_id", "participation.participation_id", primary_key=True),
    text("sample", primary_key=True),
    Column("claimed_on", DateTime, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    text("claim_kind"),
    text("claim_state"),
    Column("replaced_on", DateTime),
    Column("decided_on", DateTime),
    text("reason"),
    link("intake_id", "year_intake.intake_id"),
    CheckConstraint("claim_kind in ('damage', 'loss')", name="kind_is_known"),
    CheckConstraint("claim_state in ('open', 'replaced', 'sample_fault', 'refused')", name="state_is_known"),
    CheckConstraint("revision > 0", name="revision_counts_from_one"),
    sqlite_with_rowid=False,
)
"""One row per participation x sample (empty: the whole parcel) x day of the claim x revision; the last one holds."""
