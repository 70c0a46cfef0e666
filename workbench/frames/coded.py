"""Tables of coded answers: what was expected, what was answered, how answers were distributed."""

from __future__ import annotations

from workbench.frames.contract import FLAG, INTEGER, NUMBER, TEXT, WHO, Frame, columns

EXPECTED_ANSWERS = Frame(
    "expected_answers",
    "one row per analyte x sample whose answer does not come from participants",
    ("analyte", "sample"),
    columns(
        ("analyte", TEXT, "analyte code"),
        ("sample", TEXT, "sample code"),
        ("code", TEXT, "expected answer on the common scale"),
        ("accepted", TEXT, "all right codes joined by '|'; empty: by the rule"),
        ("assigned_value_method", TEXT, "characterised, reference, expert ..."),
        ("detail", TEXT, "JSON object of further facts as the result type defines them, or empty"),
    ),
)

ANSWER_HISTORY = Frame(
    "answer_history",
    "one row per laboratory x device x analyte x sample of an earlier round, from the evaluations in force",
    ("lab_code", "device_id", "analyte", "round", "sample"),
    columns(
        *WHO,
        ("analyte", TEXT, "analyte code"),
        ("round", TEXT, "round code"),
        ("sample", TEXT, "sample code"),
        ("answer", TEXT, "answer on the common scale"),
        ("target", TEXT, "target code"),
        ("mark", NUMBER, "0-1; NaN when not scored"),
    ),
)

ANSWERS = Frame(
    "answers",
    "one row per laboratory x device x analyte x sample of a coded analyte; state and signal are in scores",
    ("lab_code", "device_id", "analyte", "sample"),
    columns(
        *WHO,
        ("analyte", TEXT, "analyte code"),
        ("sample", TEXT, "sample code"),
        ("code", TEXT, "code the text as sent stands for, else empty"),
        ("answer", TEXT, "answer on the common scale, after the crosswalk"),
        ("target", TEXT, "target code, empty where there is none"),
        ("accepted", TEXT, "right codes joined by '|'"),
        ("target_method", TEXT, "characterised, reference, expert or consensus"),
        ("target_level", TEXT, "rung whose answers set a consensus target"),
        ("mark", NUMBER, "0-1; NaN when not scored"),
        ("kind", TEXT, "what is wrong, e.g. false_negative; empty when right"),
        ("critical", FLAG, "an error that could harm a patient"),
        ("distance", NUMBER, "signed steps from the target; NaN without an order"),
        ("quantity", NUMBER, "S/CO, Ct ... reported beside the answer, never scored; NaN without"),
        ("detail", TEXT, "JSON object of what the result type shows beside the answer, or empty"),
    ),
)

ANSWER_COUNTS = Frame(
    "answer_counts",
    "one row per analyte x sample x rung x group x answer given",
    ("analyte", "sample", "peer_group_level", "peer_group", "answer"),
    columns(
        ("analyte", TEXT, "analyte code"),
        ("sample", TEXT, "sample code"),
        ("peer_group_level", TEXT, "rung"),
        ("peer_group", TEXT, "codes joined by '|'; empty at the widest rung"),
        ("answer", TEXT, "answer on the common scale"),
        ("position", INTEGER, "place in the order of the list of answers"),
        ("count", INTEGER, "results"),
    ),
)

AGREEMENTS = Frame(
    "agreements",
    "one row per laboratory x device x analyte with a cut-off: this round and the earlier ones together",
    ("lab_code", "device_id", "analyte"),
    columns(
        *WHO,
        ("analyte", TEXT, "analyte code"),
        ("rounds", INTEGER, "rounds counted, this one included"),
        ("positives", INTEGER, "scored samples whose target is positive"),
        ("positives_found", INTEGER, "of them reported positive"),
        ("negatives", INTEGER, "scored samples whose target is negative"),
        ("negatives_found", INTEGER, "of them reported negative"),
        ("sensitivity", NUMBER, "0-1; NaN without positives"),
        ("sensitivity_low", NUMBER, "Wilson 95 % interval"),
        ("sensitivity_high", NUMBER, "Wilson 95 % interval"),
        ("specificity", NUMBER, "0-1; NaN without negatives"),
        ("specificity_low", NUMBER, "Wilson 95 % interval"),
        ("specificity_high", NUMBER, "Wilson 95 % interval"),
        ("a_score", NUMBER, "right answers against the group's rate, on the scale of a z score"),
    ),
)
