"""Reports that were issued: numbers are never reused, versions never overwritten."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Integer, Table, UniqueConstraint

from workbench.store.schema.metadata import METADATA, key, link, text

REPORT = Table(
    "report",
    METADATA,
    key("report_id"),
    text("number"),
    text("locale"),
    text("kind"),
    link("programme_round_id", "programme_round.programme_round_id"),
    link("lab_id", "laboratory.lab_id", nullable=True),
    link("evaluation_no", "evaluation.evaluation_no"),
    Column("version", Integer, nullable=False),
    text("status"),
    text("twin_sha256"),
    text("content_sha256"),
    Column("issued_at", DateTime, nullable=False),
    text("replaces", default=""),
    UniqueConstraint("number", "locale"),
)
"""One row per report number x locale; `content_sha256` is the laboratory's view hash at issue."""
