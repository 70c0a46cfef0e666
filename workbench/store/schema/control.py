"""Internal quality control: lots, series, points, targets, exclusions, questions, alerts."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
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

CONTROL_LOT = Table(
    "control_lot",
    METADATA,
    key("lot_id"),
    text("qc_lot", unique=True),
    text("material", default=""),
    Column("expires_on", DateTime),
)
"""One row per lot of control material; registered before any value of it."""

CONTROL_SERIES = Table(
    "control_series",
    METADATA,
    key("series_id"),
    link("lab_id", "laboratory.lab_id"),
    text("analyte"),
    text("level"),
    text("instrument"),
    text("reagent"),
    text("sub_type"),
    text("calibrator"),
    UniqueConstraint("lab_id", "analyte", "level", "instrument", "reagent", "sub_type", "calibrator"),
)
"""One row per laboratory x analyte x level x system: what a laboratory has registered or sent."""

CONTROL_INTAKE = Table(
    "control_intake",
    METADATA,
    key("intake_id"),
    text("source"),
    text("source_sha256", unique=True),
    Column("received_at", DateTime),
    Column("rows_read", Integer, nullable=False),
    Column("rows_loaded", Integer, nullable=False),
    Column("rows_known", Integer, nullable=False),
    Column("rows_quarantined", Integer, nullable=False),
    CheckConstraint("rows_read = rows_loaded + rows_known + rows_quarantined", name="counts_reconcile"),
)
"""One row per source; the same source again is not read again. `rows_known`: points that were there already."""

CONTROL_POINT = Table(
    "control_point",
    METADATA,
    key("point_id"),
    link("series_id", "control_series.series_id"),
    link("lot_id", "control_lot.lot_id"),
    Column("run", Integer, nullable=False),
    Column("replicate", SmallInteger, nullable=False),
    Column("is_manual", Boolean, nullable=False),
    Column("second", Integer, nullable=False),
    text("raw"),
    Column("value", Double),
    text("answer"),
    text("operator_flag"),
    text("message_id"),
    Column("in_use", Boolean, nullable=False),
    link("intake_id", "control_intake.intake_id"),
    UniqueConstraint("series_id", "run", "lot_id", "replicate", "is_manual"),
    CheckConstraint("replicate > 0", name="replicate_counts_from_one"),
)
"""One row per point and track. `run`: day since 1970-01-01 x 1000 + number of the run; `second` of the day. The manual
value of a point that also came automatically is kept, but not in use: compared, never counted twice."""

CONTROL_EXCLUSION = Table(
    "control_exclusion",
    METADATA,
    link("point_id", "control_point.point_id", primary_key=True),
    text("reason"),
    text("decided_by"),
    Column("decided_at", DateTime),
)
"""One row per point left out of statistics; the point stays and is drawn hollow."""

CONTROL_TARGET = Table(
    "control_target",
    METADATA,
    text("lab_code", primary_key=True),
    text("analyte", primary_key=True),
    text("level", primary_key=True),
    link("lot_id", "control_lot.lot_id", primary_key=True),
    text("instrument", primary_key=True),
    Column("mean", Double, nullable=False),
    Column("sd", Double, nullable=False),
    text("target_source"),
    sqlite_with_rowid=False,
)
"""One row per laboratory (empty: everybody) x analyte x level x lot x instrument (empty: every one)."""

CONTROL_QUESTION = Table(
    "control_question",
    METADATA,
    link("intake_id", "control_intake.intake_id", primary_key=True),
    Column("row_no", Integer, primary_key=True),
    text("place"),
    text("reason"),
    text("sent"),
    text("content"),
    text("state", server_default="open"),
)
"""One row per record kept out x reason; answered by registering what it names and reading again."""

CONTROL_ALERT = Table(
    "control_alert",
    METADATA,
    key("alert_id"),
    link("series_id", "control_series.series_id", index=True),
    link("point_id", "control_point.point_id"),
    text("cause"),
    text("action"),
    Column("size", Double),
    text("peer_group_level"),
    text("peer_group"),
    Column("moment", Integer, nullable=False),
    text("state", server_default="new"),
    text("note", server_default=""),
    Column("size_limit", Double),
    text("limit_reason", server_default=""),
    UniqueConstraint("point_id", "cause"),
)
"""One row per point x cause: a line of the rule set, or sdi. `moment`: seconds since 1970-01-01 of the point.
`size_limit`: of an SDI, the limit it went beyond; `limit_reason`: JSON object, whose limit that is and why."""

CONTROL_WATCH = Table(
    "control_watch",
    METADATA,
    text("watch", primary_key=True),
    Column("last_point_id", Integer, nullable=False),
)
"""One row per watch: the last point it has judged, written with the alerts of it."""

CONTROL_GROUP = Table(
    "control_group",
    METADATA,
    text("name", primary_key=True),
    text("owner", primary_key=True),
    text("stack"),
    Column("saved_at", DateTime),
)
"""One row per comparison group saved under a name. `stack`: JSON object, dimension -> value. `owner`: participant code,
empty for the organiser's."""

LABORATORY_TAG = Table(
    "laboratory_tag",
    METADATA,
    link("lab_id", "laboratory.lab_id", primary_key=True),
    text("tag", primary_key=True),
)
"""One row per laboratory x tag: what the organiser sorts laboratories by besides region and level."""
