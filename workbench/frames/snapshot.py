"""What goes into an evaluation: the snapshot of one programme-round."""

from __future__ import annotations

from workbench.frames.coded import ANSWER_HISTORY, EXPECTED_ANSWERS
from workbench.frames.contract import FLAG, INTEGER, NUMBER, SYSTEM, TEXT, TIME, WHO, Frame, columns, optional

LABORATORIES = Frame(
    "laboratories",
    "one row per laboratory enrolled in the programme-round",
    ("lab_code",),
    columns(
        ("lab_code", TEXT, "participant code"),
        ("round_alias", TEXT, "letter and three digits, redrawn for each programme and round"),
        ("region", TEXT, "region code"),
        ("hospital_level", TEXT, "tertiary, secondary, primary or other"),
        ("received_on", TIME, "date the samples arrived"),
        ("tested_on", TIME, "date of testing"),
        ("returned_at", TIME, "time of the current revision of the submission"),
        ("revision", INTEGER, "revision of the submission, 0 where nothing was returned"),
        ("late_days", INTEGER, "whole days after the closing date, 0 when in time"),
        ("comment", TEXT, "the laboratory's remark, untrusted text"),
    ),
)

ENROLMENTS = Frame(
    "enrolments",
    "one row per laboratory x device x analyte enrolled",
    ("lab_code", "device_id", "analyte"),
    columns(
        *WHO,
        ("analyte", TEXT, "analyte code of the catalogue"),
        *SYSTEM,
        ("enrolment_state", TEXT, "enrolled, not_performed or excused"),
        ("reason", TEXT, "reason of an excuse"),
    ),
)

RESULTS = Frame(
    "results",
    "one row per laboratory x device x analyte x sample: the current revision",
    ("lab_code", "device_id", "analyte", "sample"),
    columns(
        *WHO,
        ("analyte", TEXT, "analyte code"),
        ("sample", TEXT, "sample code as printed on the vial"),
        ("raw", TEXT, "the result exactly as sent, digit for digit"),
        ("value", NUMBER, "the number in the programme's unit; NaN where raw is no number"),
        ("decimals", INTEGER, "decimals of the reported number"),
        ("censor", INTEGER, "-1 for '<', +1 for '>', else 0"),
        ("code", TEXT, "code of a coded result, else empty"),
        ("result_state", TEXT, "reported, not_returned, unreadable or sample_fault"),
        ("flags", TEXT, "comma-separated codes of what ingest noted, e.g. unit_converted"),
        ("revision", INTEGER, "revision of the submission that holds this result"),
    )
    + optional(
        ("u_raw", TEXT, "the uncertainty exactly as sent; empty where none was"),
        ("u_result", NUMBER, "standard uncertainty, programme's unit; NaN where none can be used"),
        (
            "coverage_factor",
            NUMBER,
            "k as stated, 2 where U came without; NaN for a bare standard uncertainty",
        ),
    ),
)

SAMPLES = Frame(
    "samples",
    "one row per sample of the programme-round, in vial order",
    ("sample",),
    columns(
        ("sample", TEXT, "sample code"),
        ("position", INTEGER, "1, 2, 3 ..."),
        ("material_lot", TEXT, "lot of the material"),
        ("matrix", TEXT, "matrix and preparation, one phrase"),
        ("withdrawn", FLAG, "the organiser withdrew the sample"),
        ("reason", TEXT, "reason of the withdrawal"),
    ),
)

MATERIAL_CHECKS = Frame(
    "material_checks",
    "one row per analyte x sample x check (homogeneity or stability)",
    ("analyte", "sample", "check"),
    columns(
        ("analyte", TEXT, "analyte code"),
        ("sample", TEXT, "sample code"),
        ("check", TEXT, "homogeneity or stability"),
        ("n_items", INTEGER, "number of items g"),
        ("n_replicates", INTEGER, "replicates an item m"),
        ("s_s", NUMBER, "between-item SD, or absolute difference of means for stability; analyte's unit"),
        ("s_w", NUMBER, "within-item SD; analyte's unit"),
        ("limit", NUMBER, "the criterion; analyte's unit"),
        ("passed", FLAG, "s_s within the limit"),
    ),
)

REFERENCE_VALUES = Frame(
    "reference_values",
    "one row per analyte x sample that has a value not taken from participants",
    ("analyte", "sample"),
    columns(
        ("analyte", TEXT, "analyte code"),
        ("sample", TEXT, "sample code"),
        ("assigned_value_method", TEXT, "reference, formulation, certified or expert"),
        ("assigned_value", NUMBER, "analyte's unit"),
        ("u_assigned_value", NUMBER, "standard uncertainty, analyte's unit"),
        ("traceability", TEXT, "one phrase"),
    ),
)

DECISIONS = Frame(
    "decisions",
    "one row per decision of the organiser on a laboratory, analyte or sample",
    ("decision_id",),
    columns(
        ("decision_id", INTEGER, "number in the store"),
        (
            "kind",
            TEXT,
            "exclude_from_statistics, excuse, sample_fault, withdraw, keep, correct or accept_F..",
        ),
        ("lab_code", TEXT, "empty: all laboratories"),
        ("analyte", TEXT, "empty: all analytes"),
        ("sample", TEXT, "empty: all samples"),
        ("reason", TEXT, "why"),
        ("decided_at", TIME, "when"),
    ),
)

HISTORY = Frame(
    "history",
    "one row per laboratory x device x analyte x earlier round, from the evaluations in force",
    ("lab_code", "device_id", "analyte", "round"),
    columns(
        *WHO,
        ("analyte", TEXT, "analyte code"),
        ("round", TEXT, "round code"),
        ("acceptable", INTEGER, "acceptable results a"),
        ("graded", INTEGER, "graded results k"),
        ("score_percent", NUMBER, "100 a / k; NaN when nothing was graded"),
        ("verdict", TEXT, "pass, fail or not_scored"),
        ("mean_percent_allowed", NUMBER, "mean of D as % of the allowed deviation, signed"),
        ("criterion", TEXT, "one line that identifies the criterion in force then"),
    ),
)

SAMPLE_HISTORY = Frame(
    "sample_history",
    "one row per laboratory x device x analyte x sample of an earlier round",
    ("lab_code", "device_id", "analyte", "round", "sample"),
    columns(
        *WHO,
        ("analyte", TEXT, "analyte code"),
        ("round", TEXT, "round code"),
        ("sample", TEXT, "sample code"),
        ("percent_allowed", NUMBER, "D as % of the allowed deviation; NaN when not scored"),
    ),
)

SYSTEM_NAMES = Frame(
    "system_names",
    "one row per method, instrument, reagent or calibrator",
    ("kind", "code"),
    columns(
        ("kind", TEXT, "method, instrument, reagent or calibrator"),
        ("code", TEXT, "code"),
        ("name_zh", TEXT, "Chinese name"),
        ("name_en", TEXT, "English name"),
    ),
)

SNAPSHOT_FRAMES = (
    LABORATORIES,
    ENROLMENTS,
    RESULTS,
    SAMPLES,
    MATERIAL_CHECKS,
    REFERENCE_VALUES,
    DECISIONS,
    HISTORY,
    SAMPLE_HISTORY,
    SYSTEM_NAMES,
    EXPECTED_ANSWERS,
    ANSWER_HISTORY,
)
