"""What comes out of an evaluation of one programme-round."""

from __future__ import annotations

from workbench.frames.coded import AGREEMENTS, ANSWER_COUNTS, ANSWERS
from workbench.frames.contract import FLAG, INTEGER, NUMBER, SYSTEM, TEXT, WHO, Frame, columns, optional

SCORES = Frame(
    "scores",
    "one row per laboratory x device x analyte x sample",
    ("lab_code", "device_id", "analyte", "sample"),
    columns(
        *WHO,
        ("analyte", TEXT, "analyte code"),
        ("sample", TEXT, "sample code"),
        ("raw", TEXT, "the result exactly as sent"),
        ("value", NUMBER, "analyte's unit"),
        ("decimals", INTEGER, "decimals of the reported number"),
        ("censor", INTEGER, "-1, 0, +1"),
        ("state", TEXT, "one of STATES"),
        ("reason", TEXT, "NS-N ... when not scored, else empty"),
        ("in_statistics", FLAG, "took part in the consensus"),
        ("assigned_value", NUMBER, "analyte's unit"),
        ("u_assigned_value", NUMBER, "standard uncertainty, analyte's unit"),
        ("assigned_value_method", TEXT, "algorithm_a, q_hampel, median_niqr, reference ..."),
        ("sigma_pt", NUMBER, "analyte's unit"),
        ("allowable_error", NUMBER, "allowed deviation at this target, analyte's unit (widened when F03)"),
        ("limit_low", NUMBER, "analyte's unit"),
        ("limit_high", NUMBER, "analyte's unit"),
        ("difference", NUMBER, "D = x - x_pt, analyte's unit"),
        ("percent_difference", NUMBER, "100 D / x_pt; NaN at x_pt = 0"),
        ("percent_allowed", NUMBER, "100 D / allowable_error, signed"),
        ("score_kind", TEXT, "z, z_prime or empty"),
        ("score", NUMBER, "the z or z' score"),
        ("zeta_score", NUMBER, "NaN unless the laboratory reported an uncertainty"),
        ("en_score", NUMBER, "NaN unless it did and the assigned value is independent of participants"),
        ("sdi", NUMBER, "(x - group mean) / group SD, robust"),
        ("percentile", NUMBER, "0-100, mid-rank within all laboratories"),
        ("peer_group_level", TEXT, "rung of the ladder used, dimensions joined by '+', or 'all'"),
        ("peer_group", TEXT, "codes of the group joined by '|'; empty at the widest rung"),
        ("peer_n", INTEGER, "results in the statistics of that group"),
        ("robust_mean", NUMBER, "of the group used"),
        ("robust_sd", NUMBER, "of the group used"),
        ("cv", NUMBER, "100 robust_sd / robust_mean, %"),
        ("all_n", INTEGER, "results in the statistics of all laboratories"),
        ("all_robust_mean", NUMBER, "robust mean of all laboratories"),
        ("signal", TEXT, "one of SIGNALS, by the rule that decides (limit or score)"),
        ("score_signal", TEXT, "class of the z or z' score, one of SIGNALS"),
        ("on_limit", FLAG, "exactly on an inclusive limit"),
    )
    + optional(
        ("u_result", NUMBER, "standard uncertainty the laboratory reported, analyte's unit; NaN without"),
        ("expanded_u_result", NUMBER, "U(x) = k u(x) with its own k, else k = 2; analyte's unit"),
    ),
)

GROUPS = Frame(
    "groups",
    "one row per analyte x sample x rung x group, the widest rung included",
    ("analyte", "sample", "peer_group_level", "peer_group"),
    columns(
        ("analyte", TEXT, "analyte code"),
        ("sample", TEXT, "sample code"),
        ("peer_group_level", TEXT, "rung"),
        ("peer_group", TEXT, "codes joined by '|'; empty at the widest rung"),
        ("n", INTEGER, "results in the statistics"),
        ("n_censored", INTEGER, "of them < or >"),
        ("robust_mean", NUMBER, "analyte's unit"),
        ("robust_sd", NUMBER, "analyte's unit"),
        ("cv", NUMBER, "%"),
        ("u", NUMBER, "standard uncertainty of the robust mean, analyte's unit"),
        ("estimator", TEXT, "algorithm_a, q_hampel, median_niqr"),
        ("iterations", INTEGER, "steps taken"),
        ("degenerate", FLAG, "spread zero or undefined"),
        ("assigned_value", NUMBER, "the target this group is judged by, analyte's unit"),
        ("u_assigned_value", NUMBER, "its standard uncertainty, analyte's unit"),
        ("assigned_value_method", TEXT, "how it was set"),
        ("sigma_pt", NUMBER, "analyte's unit"),
        ("allowable_error", NUMBER, "analyte's unit"),
        ("n_acceptable", INTEGER, "of the members' graded results"),
        ("n_graded", INTEGER, "members' graded results"),
        ("used", FLAG, "some laboratory was judged by this group"),
    ),
)

ANALYTE_VERDICTS = Frame(
    "analyte_verdicts",
    "one row per laboratory x device x analyte",
    ("lab_code", "device_id", "analyte"),
    columns(
        *WHO,
        ("analyte", TEXT, "analyte code"),
        *SYSTEM,
        ("acceptable", INTEGER, "a"),
        ("graded", INTEGER, "k"),
        ("score_percent", NUMBER, "100 a / k; NaN when k = 0"),
        ("pass_mark", NUMBER, "%"),
        ("verdict", TEXT, "one of VERDICTS"),
        ("reason", TEXT, "state or NS code when not graded as usual, else empty"),
        ("status", TEXT, "one of STATUSES, over rounds"),
        ("mean_percent_allowed", NUMBER, "signed mean of D as % of allowed"),
        ("sd_percent_allowed", NUMBER, "SD of it"),
        ("peer_group_level", TEXT, "rung used"),
        ("peer_group", TEXT, "group used"),
        ("peer_n", INTEGER, "smallest n over the samples"),
        ("fallback_from", TEXT, "the rung that was too small, or empty"),
        ("own_n", INTEGER, "results in the laboratory's own finest group"),
    ),
)

LABORATORY_VERDICTS = Frame(
    "laboratory_verdicts",
    "one row per laboratory",
    ("lab_code",),
    columns(
        ("lab_code", TEXT, "participant code"),
        ("acceptable", INTEGER, "a over all analytes"),
        ("graded", INTEGER, "k over all analytes"),
        ("score_percent", NUMBER, "100 a / k; NaN when k = 0"),
        ("verdict", TEXT, "one of PROGRAMME_VERDICTS"),
        ("status", TEXT, "one of STATUSES, over rounds"),
        ("n_pass", INTEGER, "analytes passed"),
        ("n_fail", INTEGER, "analytes failed"),
        ("n_not_scored", INTEGER, "analytes not scored"),
        ("return_state", TEXT, "returned, late, not_returned or excused"),
    ),
)

FINDINGS = Frame(
    "findings",
    "one row per finding; empty lab_code: concerns the programme, empty analyte or sample: all",
    (),
    columns(
        ("lab_code", TEXT, "participant code or empty"),
        ("analyte", TEXT, "analyte code or empty"),
        ("sample", TEXT, "sample code or empty"),
        ("code", TEXT, "F01 ... F46"),
        ("level", INTEGER, "3 major, 2 caution, 1 note, for the laboratory's report"),
        ("organiser_level", INTEGER, "the same for the organiser's reports, 0 when not shown there"),
        ("params", TEXT, "JSON object of the placeholders, unrounded numbers"),
    ),
)

SENTENCES = Frame(
    "sentences",
    "one row per sentence chosen for a laboratory, in the order of printing",
    ("lab_code", "device_id", "analyte", "position"),
    columns(
        *WHO,
        ("analyte", TEXT, "analyte code, empty for a sentence of the whole programme"),
        ("position", INTEGER, "1, 2, 3 ..."),
        ("code", TEXT, "S01 ... S70"),
        ("params", TEXT, "JSON object of the placeholders, unrounded numbers"),
    ),
)

HISTOGRAMS = Frame(
    "histograms",
    "one row per analyte x sample x rung x group x bin; only groups at the disclosure minimum or above",
    ("analyte", "sample", "peer_group_level", "peer_group", "bin"),
    columns(
        ("analyte", TEXT, "analyte code"),
        ("sample", TEXT, "sample code"),
        ("peer_group_level", TEXT, "rung; 'all' for the background"),
        ("peer_group", TEXT, "group"),
        ("bin", INTEGER, "0, 1, 2 ... on one grid per analyte x sample; first and last are tail bins"),
        ("low", NUMBER, "lower edge, analyte's unit"),
        ("high", NUMBER, "upper edge"),
        ("count", INTEGER, "results in the bin"),
        ("tail", FLAG, "collects everything beyond 1.5 times the limit"),
    ),
)

MODES = Frame(
    "modes",
    "one row per analyte x sample x mode of the density of all results",
    ("analyte", "sample", "mode"),
    columns(
        ("analyte", TEXT, "analyte code"),
        ("sample", TEXT, "sample code"),
        ("mode", INTEGER, "1, 2, 3 ... from low to high"),
        ("location", NUMBER, "analyte's unit"),
        ("share", NUMBER, "mass between the neighbouring minima, 0-1"),
        ("factor", TEXT, "grouping factor that separates the modes best, or empty"),
    ),
)

RECONCILIATION = Frame(
    "reconciliation",
    "one row per analyte, and one with an empty analyte for laboratories",
    ("analyte",),
    columns(
        ("analyte", TEXT, "analyte code or empty"),
        ("enrolled", INTEGER, "enrolled laboratories (x device)"),
        ("scored", INTEGER, "with at least one graded result returned"),
        ("not_scored", INTEGER, "returned, nothing graded"),
        ("not_returned", INTEGER, "nothing returned"),
        ("excused", INTEGER, "excused in time"),
        ("not_performed", INTEGER, "enrolled, test not offered"),
        ("late", INTEGER, "of the scored: returned late"),
    ),
)

EVALUATION_FRAMES = (
    SCORES,
    GROUPS,
    ANALYTE_VERDICTS,
    LABORATORY_VERDICTS,
    FINDINGS,
    SENTENCES,
    HISTOGRAMS,
    MODES,
    RECONCILIATION,
    ANSWERS,
    ANSWER_COUNTS,
    AGREEMENTS,
)
