"""What the organiser prepares: laboratories, analytes, systems, rounds, samples, enrolment."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, DateTime, Double, Integer, Table, UniqueConstraint

from workbench.store.schema.metadata import METADATA, key, link, text

LABORATORY = Table(
    "laboratory",
    METADATA,
    key("lab_id"),
    text("lab_code", unique=True),
    text("region", default=""),
    text("hospital_level", default=""),
)
"""One row per laboratory. Its name is not here."""

ANALYTE_ITEM = Table(
    "analyte_item",
    METADATA,
    key("item_id"),
    text("programme_no"),
    text("analyte"),
    UniqueConstraint("programme_no", "analyte"),
)
"""One row per programme x analyte; unit, decimals and names are in the catalogue of `parameters`."""

SYSTEM_ITEM = Table(
    "system_item",
    METADATA,
    key("system_id"),
    text("kind"),
    text("code"),
    text("name_zh", default=""),
    text("name_en", default=""),
    UniqueConstraint("kind", "code"),
)
"""One row per method, instrument, reagent or calibrator."""

PROGRAMME_ROUND = Table(
    "programme_round",
    METADATA,
    key("programme_round_id"),
    text("round"),
    text("programme_no"),
    Column("shipped_at", DateTime),
    Column("closing_at", DateTime, nullable=False),
    UniqueConstraint("round", "programme_no"),
)
"""One row per programme x round; a result returned after `closing_at` is late."""

SAMPLE_MATERIAL = Table(
    "sample_material",
    METADATA,
    key("material_id"),
    text("material_lot"),
    text("matrix"),
    UniqueConstraint("material_lot", "matrix"),
)
"""One row per lot of material."""

SAMPLE = Table(
    "sample",
    METADATA,
    key("sample_id"),
    link("programme_round_id", "programme_round.programme_round_id"),
    text("sample"),
    Column("position", Integer, nullable=False),
    link("material_id", "sample_material.material_id"),
    Column("withdrawn", Boolean, nullable=False, default=False),
    text("reason", default=""),
    UniqueConstraint("programme_round_id", "sample"),
)
"""One row per sample of a programme-round."""

MATERIAL_CHECK = Table(
    "material_check",
    METADATA,
    link("sample_id", "sample.sample_id", primary_key=True),
    link("item_id", "analyte_item.item_id", primary_key=True),
    text("check_kind", primary_key=True),
    Column("n_items", Integer, nullable=False),
    Column("n_replicates", Integer, nullable=False),
    Column("s_s", Double),
    Column("s_w", Double),
    Column("limit_value", Double),
    Column("passed", Boolean, nullable=False),
)
"""One row per sample x analyte x check (homogeneity or stability)."""

REFERENCE_VALUE = Table(
    "reference_value",
    METADATA,
    link("sample_id", "sample.sample_id", primary_key=True),
    link("item_id", "analyte_item.item_id", primary_key=True),
    text("assigned_value_method"),
    Column("assigned_value", Double),
    Column("u_assigned_value", Double),
    text("traceability", default=""),
)
"""One row per sample x analyte that has a value not taken from participants."""

EXPECTED_ANSWER = Table(
    "expected_answer",
    METADATA,
    link("sample_id", "sample.sample_id", primary_key=True),
    link("item_id", "analyte_item.item_id", primary_key=True),
    text("code"),
    text("accepted", default=""),
    text("assigned_value_method"),
    text("detail", default=""),
)
"""One row per sample x analyte whose answer does not come from participants."""

PARTICIPATION = Table(
    "participation",
    METADATA,
    key("participation_id"),
    link("programme_round_id", "programme_round.programme_round_id"),
    link("lab_id", "laboratory.lab_id"),
    text("round_alias"),
    UniqueConstraint("programme_round_id", "lab_id"),
    UniqueConstraint("programme_round_id", "round_alias", name="uq_participation_round_alias"),
)
"""One row per laboratory of a programme-round, with the alias of that round only."""

ENROLMENT = Table(
    "enrolment",
    METADATA,
    link("participation_id", "participation.participation_id", primary_key=True),
    text("device_id", primary_key=True),
    link("item_id", "analyte_item.item_id", primary_key=True),
    link("method_id", "system_item.system_id", nullable=True),
    link("instrument_id", "system_item.system_id", nullable=True),
    link("reagent_id", "system_item.system_id", nullable=True),
    link("calibrator_id", "system_item.system_id", nullable=True),
    text("enrolment_state"),
    text("reason", default=""),
    sqlite_with_rowid=False,
)
"""One row per laboratory x device x analyte enrolled, with the systems registered for the round."""
