"""The tables that pass between rooms: columns, dtypes, units and grain. The vocabulary, in one file.

A name here is the name in YAML, SQL, frames, Python arguments and Excel headers. Text columns are
pandas `category` or `str`, counts are integers, quantities are float64 with NaN for "not there".
"""

from __future__ import annotations

from workbench.frames.coded import AGREEMENTS, ANSWER_COUNTS, ANSWER_HISTORY, ANSWERS, EXPECTED_ANSWERS
from workbench.frames.contract import FLAG, INTEGER, NUMBER, TEXT, TIME, Column, Frame
from workbench.frames.outcome import (
    ANALYTE_VERDICTS,
    EVALUATION_FRAMES,
    FINDINGS,
    GROUPS,
    HISTOGRAMS,
    LABORATORY_VERDICTS,
    MODES,
    RECONCILIATION,
    SCORES,
    SENTENCES,
)
from workbench.frames.snapshot import (
    DECISIONS,
    ENROLMENTS,
    HISTORY,
    LABORATORIES,
    MATERIAL_CHECKS,
    REFERENCE_VALUES,
    RESULTS,
    SAMPLE_HISTORY,
    SAMPLES,
    SNAPSHOT_FRAMES,
    SYSTEM_NAMES,
)

ALL_LABORATORIES = "all"
"""Name of the widest rung of the peer-group ladder."""

STATES = (
    "scored",
    "not_returned",
    "not_performed",
    "late",
    "excused",
    "sample_fault",
    "censored",
    "unreadable",
    "not_scored",
    "survey",
)
SIGNALS = ("acceptable", "warning", "action", "not_scored")
VERDICTS = ("pass", "fail", "not_scored")
PROGRAMME_VERDICTS = ("satisfactory", "unsatisfactory", "not_scored")
STATUSES = ("successful", "unsuccessful", "too_few")

__all__ = [
    "AGREEMENTS",
    "ALL_LABORATORIES",
    "ANALYTE_VERDICTS",
    "ANSWERS",
    "ANSWER_COUNTS",
    "ANSWER_HISTORY",
    "DECISIONS",
    "ENROLMENTS",
    "EVALUATION_FRAMES",
    "EXPECTED_ANSWERS",
    "FINDINGS",
    "FLAG",
    "GROUPS",
    "HISTOGRAMS",
    "HISTORY",
    "INTEGER",
    "LABORATORIES",
    "LABORATORY_VERDICTS",
    "MATERIAL_CHECKS",
    "MODES",
    "NUMBER",
    "PROGRAMME_VERDICTS",
    "RECONCILIATION",
    "REFERENCE_VALUES",
    "RESULTS",
    "SAMPLES",
    "SAMPLE_HISTORY",
    "SCORES",
    "SENTENCES",
    "SIGNALS",
    "SNAPSHOT_FRAMES",
    "STATES",
    "STATUSES",
    "SYSTEM_NAMES",
    "TEXT",
    "TIME",
    "VERDICTS",
    "Column",
    "Frame",
]
