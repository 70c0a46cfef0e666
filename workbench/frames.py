"""The tables that pass between rooms: columns, dtypes, units and grain. The vocabulary, in one file.

A name here is the name in YAML, SQL, frames, Python arguments and Excel headers. Text columns are
pandas `category` or `str`, counts are integers, quantities are float64 with NaN for "not there".
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from workbench.errors import DataError, Problem

TEXT, NUMBER, INTEGER, FLAG, TIME = "text", "number", "integer", "flag", "time"

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


@dataclass(frozen=True)
class Column:
    """One column: its name, kind of value, meaning and unit."""

    name: str
    kind: str
    meaning: str


@dataclass(frozen=True)
class Frame:
    """A table's contract: what one row is, which columns it has, which of them identify a row."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]

    def empty(self) -> pd.DataFrame:
        """A frame of no rows with the right columns and dtypes."""
        return pd.DataFrame({c.name: pd.Series(dtype=_DTYPES[c.kind]) for c in self.columns})

    def checked(self, table: pd.DataFrame) -> pd.DataFrame:
        """The same table in the contract's column order and dtypes; the index is renumbered.

        Raises
        ------
        DataError
            naming every missing column, and key columns that repeat.
        """
        missing = [name for name in self.names if name not in table.columns]
        if missing:
            raise DataError(
                f"Table {self.name!r} lacks columns.",
                [Problem(f"column {name!r} is missing", column=name) for name in missing],
            )
        out = table.loc[:, self.names].reset_index(drop=True)
        for column in self.columns:
            out[column.name] = _as_kind(out[column.name], column.kind)
        repeated = out.duplicated(list(self.key)) if self.key else pd.Series(False, index=out.index)
        if repeated.any():
            first = out.loc[repeated, list(self.key)].iloc[0].to_dict()
            raise DataError(f"Table {self.name!r}: {int(repeated.sum())} rows repeat the key, first {first}.")
        return out


_DTYPES = {TEXT: "str", NUMBER: "float64", INTEGER: "int64", FLAG: "bool", TIME: "datetime64[s]"}


def _as_kind(values: pd.Series, kind: str) -> pd.Series:
    """Cast to the contract's dtype; text that is missing becomes the empty string."""
    if kind == TEXT:
        return values.astype("object").where(values.notna(), "").astype(str).astype("str")
    if kind == INTEGER:
        return values.fillna(0).astype("int64")
    if kind == FLAG:
        return values.fillna(False).astype("bool")
    return values.astype(_DTYPES[kind])


def _columns(*rows: tuple[str, str, str]) -> tuple[Column, ...]:
    return tuple(Column(*row) for row in rows)


_WHO = (
    ("lab_code", TEXT, "participant code"),
    ("device_id", TEXT, "device of a point-of-care programme, else empty"),
)
_SYSTEM = (
    ("method", TEXT, "code of the measuring method registered for this round"),
    ("instrument", TEXT, "code of the instrument"),
    ("reagent", TEXT, "code of the reagent"),
    ("calibrator", TEXT, "code of the calibrator"),
)

# ---- what goes into an evaluation: the snapshot of one programme-round --------------------------

LABORATORIES = Frame(
    "laboratories",
    "one row per laboratory enrolled in the programme-round",
    ("lab_code",),
    _columns(
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
    _columns(
        *_WHO,
        ("analyte", TEXT, "analyte code of the catalogue"),
        *_SYSTEM,
        ("enrolment_state", TEXT, "enrolled, not_performed or excused"),
        ("reason", TEXT, "reason of an excuse"),
    ),
)

RESULTS = Frame(
    "results",
    "one row per laboratory x device x analyte x sample: the current revision",
    ("lab_code", "device_id", "analyte", "sample"),
    _columns(
        *_WHO,
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
    ),
)

SAMPLES = Frame(
    "samples",
    "one row per sample of the programme-round, in vial order",
    ("sample",),
    _columns(
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
    _columns(
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
    _columns(
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
    _columns(
        ("decision_id", INTEGER, "number in the store"),
        ("kind", TEXT, "exclude_from_statistics, excuse, withdraw or keep"),
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
    _columns(
        *_WHO,
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
    _columns(
        *_WHO,
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
    _columns(
        ("kind", TEXT, "method, instrument, reagent or calibrator"),
        ("code", TEXT, "code"),
        ("name_zh", TEXT, "Chinese name"),
        ("name_en", TEXT, "English name"),
    ),
)

# ---- what comes out of an evaluation ------------------------------------------------------------

SCORES = Frame(
    "scores",
    "one row per laboratory x device x analyte x sample",
    ("lab_code", "device_id", "analyte", "sample"),
    _columns(
        *_WHO,
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
        ("en_score", NUMBER, "NaN unless the laboratory reported an uncertainty"),
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
    ),
)

GROUPS = Frame(
    "groups",
    "one row per analyte x sample x rung x group, the widest rung included",
    ("analyte", "sample", "peer_group_level", "peer_group"),
    _columns(
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
    _columns(
        *_WHO,
        ("analyte", TEXT, "analyte code"),
        *_SYSTEM,
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
    _columns(
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
    _columns(
        ("lab_code", TEXT, "participant code or empty"),
        ("analyte", TEXT, "analyte code or empty"),
        ("sample", TEXT, "sample code or empty"),
        ("code", TEXT, "F01 ... F42"),
        ("level", INTEGER, "3 major, 2 caution, 1 note, for the laboratory's report"),
        ("organiser_level", INTEGER, "the same for the organiser's reports, 0 when not shown there"),
        ("params", TEXT, "JSON object of the placeholders, unrounded numbers"),
    ),
)

SENTENCES = Frame(
    "sentences",
    "one row per sentence chosen for a laboratory, in the order of printing",
    ("lab_code", "device_id", "analyte", "position"),
    _columns(
        *_WHO,
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
    _columns(
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
    _columns(
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
    _columns(
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
)
