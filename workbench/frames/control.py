"""Internal quality control: the points, what a series is, the targets of a lot, and what was found."""

from __future__ import annotations

from workbench.frames.contract import FLAG, INTEGER, NUMBER, TEXT, TIME, Frame, columns

_MATERIAL = columns(
    ("analyte", TEXT, "analyte code of the catalogue"),
    ("level", TEXT, "level of the control material, 1 the lowest"),
)
_SYSTEM = columns(
    ("instrument", TEXT, "code of the instrument"),
    ("reagent", TEXT, "code of the reagent"),
    ("sub_type", TEXT, "version of the reagent where results differ by it, else empty"),
    ("calibrator", TEXT, "code of the calibrator"),
)

CONTROL_SERIES = Frame(
    "control_series",
    "one row per laboratory x analyte x level x system",
    ("lab_code", "analyte", "level", "instrument", "reagent", "sub_type", "calibrator"),
    columns(
        ("lab_code", TEXT, "participant code"),
        ("region", TEXT, "region code"),
        ("hospital_level", TEXT, "tertiary, secondary, primary or other"),
    )
    + _MATERIAL
    + _SYSTEM,
)

CONTROL_POINTS = Frame(
    "control_points",
    "one row per control value: a material measured once in a run",
    ("lab_code", "analyte", "level", *(c.name for c in _SYSTEM), "qc_lot", "run_at", "run_no", "replicate"),
    columns(("lab_code", TEXT, "participant code"))
    + _MATERIAL
    + _SYSTEM
    + columns(
        ("qc_lot", TEXT, "lot of the control material"),
        ("run_at", TIME, "time of measurement"),
        ("run_no", INTEGER, "number of the run on its day, from 1"),
        ("replicate", INTEGER, "number of the replicate in the run, from 1"),
        ("raw", TEXT, "the value exactly as sent"),
        (
            "value",
            NUMBER,
            "unit of the analyte; of a graded answer its place on the scale from 0; NaN for none",
        ),
        ("answer", TEXT, "reactive or non-reactive, or the code of a graded answer; else empty"),
        ("track", TEXT, "automatic (interface, message) or manual (form, file, code)"),
        ("operator_flag", TEXT, "what the operator marked, else empty"),
        ("message_id", TEXT, "file row, message or code that brought it"),
    ),
)

CONTROL_TARGETS = Frame(
    "control_targets",
    "one row per laboratory x analyte x level x lot x instrument",
    ("lab_code", "analyte", "level", "qc_lot", "instrument"),
    columns(("lab_code", TEXT, "participant code; empty for the maker's sheet, which holds for everybody"))
    + _MATERIAL
    + columns(
        ("qc_lot", TEXT, "lot of the control material"),
        ("instrument", TEXT, "code of the instrument; empty for every instrument"),
        ("mean", NUMBER, "target, unit of the analyte"),
        ("sd", NUMBER, "SD for control charts, unit of the analyte"),
        ("target_source", TEXT, "own, maker or group"),
    ),
)

CONTROL_EXCLUSIONS = Frame(
    "control_exclusions",
    "one row per control value left out of statistics",
    ("point_id",),
    columns(
        ("point_id", INTEGER, "number of the point in the store"),
        ("reason", TEXT, "why it was left out: a proven cause"),
        ("decided_by", TEXT, "role that decided"),
        ("decided_at", TIME, "time of the decision"),
    ),
)

CONTROL_COMPARISON = Frame(
    "control_comparison",
    "one row per laboratory x analyte x level x system x lot x month",
    ("lab_code", "analyte", "level", *(c.name for c in _SYSTEM), "qc_lot", "month"),
    columns(("lab_code", TEXT, "participant code"))
    + _MATERIAL
    + _SYSTEM
    + columns(
        ("qc_lot", TEXT, "lot of the control material"),
        ("month", TEXT, "year and month, 2026-04"),
        ("n", INTEGER, "points"),
        ("mean", NUMBER, "unit of the analyte"),
        ("sd", NUMBER, "unit of the analyte; NaN with fewer than two points"),
        ("cv", NUMBER, "per cent"),
        ("peer_group_level", TEXT, "dimensions of the group joined by +; empty where none is large enough"),
        ("peer_group", TEXT, "codes of the group joined by |"),
        ("group_laboratories", INTEGER, "laboratories of the group, its own one included"),
        ("group_points", INTEGER, "points of the others"),
        ("group_mean", NUMBER, "mean of the others; NaN where nothing is shown"),
        ("group_sd", NUMBER, "SD of the others; NaN where nothing is shown"),
        ("group_cv", NUMBER, "CV of the others by the scheme, per cent"),
        ("bias", NUMBER, "against the group, per cent"),
        ("sdi", NUMBER, "difference from the group's mean in the group's SDs"),
        ("cvr", NUMBER, "CV over the group's CV"),
        ("tea", NUMBER, "allowable total error, per cent"),
        ("tea_source", TEXT, "document and edition of the allowable error"),
        ("sigma", NUMBER, "(TEa - |bias|)/CV"),
        ("qgi", NUMBER, "|bias|/(1.5 CV)"),
        ("cumulative_n", INTEGER, "points of the lot up to the month"),
        ("cumulative_mean", NUMBER, "unit of the analyte"),
        ("cumulative_sd", NUMBER, "total SD of all points"),
        ("cumulative_sdi", NUMBER, "as sdi, of all months of the lot"),
        ("cumulative_cvr", NUMBER, "as cvr, of all months of the lot"),
        ("grade", TEXT, "grade of the scheme"),
        ("one_day", FLAG, "one day alone would have failed the row: the grade is that without it"),
    ),
)

CONTROL_HITS = Frame(
    "control_hits",
    "one row per point x line of the rule set",
    ("point_id", "rule"),
    columns(
        ("point_id", INTEGER, "number of the point in the store"),
        ("rule", TEXT, "line of the rule set, scope included"),
        ("action", TEXT, "warning or reject"),
        ("z", NUMBER, "SD"),
    ),
)
