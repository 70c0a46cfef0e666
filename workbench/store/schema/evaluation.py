"""Evaluations: who and when, what went in that a report shows, and every frame that came out."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, Index, Integer, Table

from workbench.frames import (
    AGREEMENTS,
    ANALYTE_VERDICTS,
    ANSWER_COUNTS,
    ANSWERS,
    EXPECTED_ANSWERS,
    FINDINGS,
    GROUPS,
    HISTOGRAMS,
    LABORATORIES,
    LABORATORY_VERDICTS,
    MATERIAL_CHECKS,
    MODES,
    RECONCILIATION,
    REFERENCE_VALUES,
    SAMPLES,
    SCORES,
    SENTENCES,
    SYSTEM_NAMES,
)
from workbench.store.schema.metadata import METADATA, frame_table, key, link, text

EVALUATION = Table(
    "evaluation",
    METADATA,
    key("evaluation_no"),
    text("evaluation_id", unique=True),
    link("programme_round_id", "programme_round.programme_round_id"),
    text("snapshot_sha256"),
    text("criteria_version"),
    text("code_version"),
    text("as_of"),
    Column("disclosure_min", Integer, nullable=False),
    Column("saved_at", DateTime),
    link("supersedes", "evaluation.evaluation_no", nullable=True, unique=True),
    CheckConstraint("disclosure_min > 0", name="disclosure_min_is_positive"),
)
"""One row per evaluation; the one in force is the one that no other supersedes."""

EVALUATION_BASIS = Table(
    "evaluation_basis",
    METADATA,
    link("evaluation_no", "evaluation.evaluation_no", primary_key=True),
    link("earlier_no", "evaluation.evaluation_no", primary_key=True),
)
"""The evaluations of earlier rounds that were in force when this one was made: its history."""

EVALUATION_CRITERION = Table(
    "evaluation_criterion",
    METADATA,
    link("evaluation_no", "evaluation.evaluation_no", primary_key=True),
    text("analyte", primary_key=True),
    text("criterion"),
)
"""One line per analyte that identifies the criterion applied."""

SCORE = frame_table("score", SCORES)
PEER_GROUP_STATISTIC = frame_table("peer_group_statistic", GROUPS)
PEER_GROUP_STATISTIC.append_column(Column("suppressed", Boolean, nullable=False))
ANALYTE_VERDICT = frame_table("analyte_verdict", ANALYTE_VERDICTS)
LABORATORY_VERDICT = frame_table("laboratory_verdict", LABORATORY_VERDICTS)
FINDING = frame_table("finding", FINDINGS)
SENTENCE = frame_table("sentence", SENTENCES)
HISTOGRAM = frame_table("histogram", HISTOGRAMS)
MODE = frame_table("density_mode", MODES)
RECONCILIATION_COUNT = frame_table("reconciliation", RECONCILIATION)
ANSWER = frame_table("answer", ANSWERS)
ANSWER_COUNT = frame_table("answer_count", ANSWER_COUNTS)
AGREEMENT = frame_table("agreement", AGREEMENTS)

Index("ix_finding_lab_code", FINDING.c.evaluation_no, FINDING.c.lab_code)

EVALUATED_LABORATORY = frame_table("evaluated_laboratory", LABORATORIES)
EVALUATED_SAMPLE = frame_table("evaluated_sample", SAMPLES)
EVALUATED_MATERIAL_CHECK = frame_table("evaluated_material_check", MATERIAL_CHECKS)
EVALUATED_REFERENCE_VALUE = frame_table("evaluated_reference_value", REFERENCE_VALUES)
EVALUATED_SYSTEM_NAME = frame_table("evaluated_system_name", SYSTEM_NAMES)
EVALUATED_EXPECTED_ANSWER = frame_table("evaluated_expected_answer", EXPECTED_ANSWERS)

OUTCOME_TABLES = {
    SCORES.name: SCORE,
    GROUPS.name: PEER_GROUP_STATISTIC,
    ANALYTE_VERDICTS.name: ANALYTE_VERDICT,
    LABORATORY_VERDICTS.name: LABORATORY_VERDICT,
    FINDINGS.name: FINDING,
    SENTENCES.name: SENTENCE,
    HISTOGRAMS.name: HISTOGRAM,
    MODES.name: MODE,
    RECONCILIATION.name: RECONCILIATION_COUNT,
    ANSWERS.name: ANSWER,
    ANSWER_COUNTS.name: ANSWER_COUNT,
    AGREEMENTS.name: AGREEMENT,
}
"""Frame of an evaluation -> its table."""

INPUT_TABLES = {
    LABORATORIES.name: EVALUATED_LABORATORY,
    SAMPLES.name: EVALUATED_SAMPLE,
    MATERIAL_CHECKS.name: EVALUATED_MATERIAL_CHECK,
    REFERENCE_VALUES.name: EVALUATED_REFERENCE_VALUE,
    SYSTEM_NAMES.name: EVALUATED_SYSTEM_NAME,
    EXPECTED_ANSWERS.name: EVALUATED_EXPECTED_ANSWER,
}
"""Frame of the snapshot that a report prints -> the table that keeps it as it was evaluated."""
