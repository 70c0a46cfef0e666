"""The parts of a trial as plain tables: the report on a change prints them, the app shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from workbench.parameters.variation import variations
from workbench.reports.criteria_trial import Trial
from workbench.reports.criterion_parts import limit_words
from workbench.reports.period_parts import cell, table_part
from workbench.reports.report_meta import localised
from workbench.tuning.goals import state_of_the_art, variation_goals
from workbench.tuning.pass_rates import DIVISIONS, pass_curve
from workbench.tuning.reachability import Guard
from workbench.wording import MISSING, level_text, percent, printed, significant, text

UNITS = ("result", "analyte", "programme")
HOSPITAL_LEVELS = ("tertiary", "secondary", "primary", "other")
FLIPS_SHOWN = 50
SORTS = ("round", "margin", "sample", "alias")
_GOOD = ("acceptable", "pass", "satisfactory")
Cell = tuple[str, str]
"""Outcome before and after."""


def change_table(trial: Trial, locale: str) -> dict[str, Any]:
    """One row per analyte: limit and document in force, limit tried; then the fields of the policy that differ."""
    specs = (
        ("item", "left", 42.0),
        ("before", "left", 50.0),
        ("document", "left", 33.0),
        ("after", "left", 50.0),
    )
    rows: list[tuple[Any, ...]] = []
    for old, new in zip(trial.before.rules, trial.after.rules, strict=True):
        shown = [_limit(rule.criterion, locale) for rule in (old, new)]
        document = old.criterion.document if old.criterion else MISSING
        rows.append((localised(old.analyte, "name", locale), shown[0], document, shown[1]))
    first = trial.before.rules[0].policy.model_dump(mode="json")
    for name, value in trial.candidate.policy.items():
        words = [policy_words(name, each, locale) for each in (first[name], value)]
        rows.append((text(f"app.tuning.{name}", locale), words[0], MISSING, words[1]))
    return table_part("CI_change", specs, rows, locale)


def policy_words(name: str, value: Any, locale: str) -> str:
    """A field of the policy in words, as the controls say it."""
    if name == "ladder":
        return " → ".join(level_text("+".join(rung) or "all", locale) for rung in value)
    if name == "persistence":
        given = value if isinstance(value, dict) else value.model_dump()
        return text("app.tuning.persistence_words", locale, **given)
    if isinstance(value, str):
        return text(f"app.tuning.{name}.{value}", locale)
    return printed(float(value), 0)


def matrix_table(trial: Trial, unit: str, locale: str) -> dict[str, Any]:
    """Counts before x after of one unit; changes stand out."""
    counts = trial.counts(unit)
    specs = (("before", "left", 55.0), *((f"c{i}", "right", 40.0) for i in range(3)))
    rows = [
        (outcome_words(old, locale), *(_count(int(counts.loc[old, new]), old, new) for new in counts.columns))
        for old in counts.index
    ]
    part = table_part("CI_matrix", specs, [], locale)
    made = table_part("CI_matrix", specs, rows, locale)
    for column, new in zip(part["columns"][1:], counts.columns, strict=True):
        column["heading"] = outcome_words(new, locale)
    caption = text("impact.matrix", locale, unit=text(f"unit_of_count.{unit}", locale))
    return part | {"rows": made["rows"], "caption": caption}


def outcome_words(outcome: str, locale: str) -> str:
    """An outcome of a result, analyte or programme in words."""
    return text(f"outcome.{outcome}", locale)


def rates_table(trial: Trial, by: str, name: str, locale: str) -> dict[str, Any]:
    """Pass rates in force and tried, largest change first.

    Parameters
    ----------
    by : `analyte`, `round` or `hospital_level`. name : of the table, for its words.
    """
    table = trial.rates((by,))
    if by != "round":
        order = (table["after"] - table["before"]).abs().sort_values(ascending=False, kind="stable").index
        table = table.loc[order]
    names = {rule.code: localised(rule.analyte, "name", locale) for rule in trial.before.rules}
    names |= {level: text(f"hospital_level.{level}", locale) for level in HOSPITAL_LEVELS}
    specs = (
        ("item", "left", 60.0), ("n", "right", 25.0), ("before", "right", 30.0), ("after", "right", 30.0),
        ("change", "right", 30.0),
    )  # fmt: skip
    rows = [
        (names.get(row[by], row[by]), row["n"], *_pair(row["before"], row["after"]))
        for row in table.to_dict("records")
    ]
    return table_part(name, specs, rows, locale)


def groups_table(trial: Trial, locale: str, most: int = 40) -> dict[str, Any]:
    """Pass rates by peer group: does the change hit one method?"""
    table = trial.group_rates()
    table = table[table["peer_group"] != ""].head(most)
    names = {rule.code: localised(rule.analyte, "name", locale) for rule in trial.before.rules}
    specs = (
        ("item", "left", 35.0), ("level", "left", 25.0), ("group", "left", 51.0), ("n", "right", 12.0),
        ("before", "right", 17.0), ("after", "right", 17.0), ("change", "right", 18.0),
    )  # fmt: skip
    rows = [
        (
            names[row["analyte"]],
            level_text(row["peer_group_level"], locale),
            trial.rounds.group_words(row["peer_group"]),
            row["n"],
            *_pair(row["before"], row["after"]),
        )
        for row in table.to_dict("records")
    ]
    return table_part("CI_groups", specs, rows, locale, [text("impact.groups_note", locale)])


def flips_table(
    trial: Trial, locale: str, chosen: Cell | None = None, sort: str = SORTS[0], most: int = FLIPS_SHOWN
) -> dict[str, Any]:
    """Results that count otherwise, by alias.

    Parameters
    ----------
    chosen : outcomes before and after of a result; None for all. sort : one of `SORTS`.
    """
    flips = chosen_flips(trial, chosen)
    flips = flips.sort_values(sort, kind="stable", ascending=sort != "margin")
    specs = (
        ("round", "left", 14.0), ("item", "left", 26.0), ("alias", "left", 15.0), ("sample", "left", 17.0),
        ("value", "right", 15.0), ("target", "right", 16.0), ("change", "left", 33.0), ("margin", "right", 15.0),
        ("why", "left", 24.0),
    )  # fmt: skip
    rules = {rule.code: rule for rule in trial.before.rules}
    rows = []
    for row in flips.head(most).to_dict("records"):
        analyte = rules[row["analyte"]].analyte
        tone = "bad" if row["direction"] == "worse" else ""
        rows.append(
            (
                row["round"],
                localised(analyte, "name", locale),
                row["alias"],
                row["sample"],
                printed(row["value"], analyte.decimals or 0),
                printed(row["target_after"], (analyte.decimals or 0) + 1),
                cell(text(f"flip.direction.{row['direction']}", locale), tone),
                printed(row["margin"], 0),
                text(f"flip.why.{row['why']}", locale),
            )
        )
    note = text("impact.flips_note", locale, n=min(most, len(flips)), all=len(flips))
    return table_part("CI_flips", specs, rows, locale, [note if rows else text("impact.no_flips", locale)])


def chosen_flips(trial: Trial, chosen: Cell | None) -> pd.DataFrame:
    """The flips of one cell of the matrix of results; warnings are acceptable, actions are failed."""
    flips = trial.flips
    if chosen is None:
        return flips
    names = {
        "acceptable": "acceptable",
        "warning": "acceptable",
        "action": "failed",
        "not_scored": "not_scored",
    }
    kept = (flips["before"].map(names) == chosen[0]) & (flips["after"].map(names) == chosen[1])
    return flips[kept]


def precedent_table(trial: Trial, analyte: str, locale: str) -> dict[str, Any]:
    """Every authority's limit on one analyte, on the same results."""
    table = trial.in_force.precedents[analyte]
    specs = (
        ("authority", "left", 32.0), ("limit", "left", 58.0), ("trust", "left", 20.0), ("rate", "right", 25.0),
        ("better", "right", 20.0), ("worse", "right", 20.0),
    )  # fmt: skip
    rows = [
        (
            cell(row["authority"], bold=bool(row["in_force"])),
            row["limit"],
            text(f"trust.{row['trust']}", locale),
            percent(row["pass_percent"]),
            int(row["better"]),
            int(row["worse"]),
        )
        for row in table.to_dict("records")
    ]
    notes = [text("impact.no_precedent", locale)] if len(rows) < 2 else []
    part = table_part("CI_precedent", specs, rows, locale, notes)
    name = localised(trial.rounds.programme.analyte(analyte), "name", locale)
    return part | {"caption": text("impact.precedent", locale, item=name)}


def practice_table(trial: Trial, locale: str) -> dict[str, Any]:
    """What laboratories reach: robust CV of the groups, the limit in CVs, limits that 50 to 95 % just pass."""
    names = {rule.code: localised(rule.analyte, "name", locale) for rule in trial.before.rules}
    specs = (
        ("item", "left", 43.0), ("cv", "right", 22.0), ("limit", "right", 22.0), ("ratio", "right", 22.0),
        ("l50", "right", 16.0), ("l80", "right", 16.0), ("l90", "right", 16.0), ("l95", "right", 16.0),
    )  # fmt: skip
    rows = [
        (
            names[row["analyte"]],
            *(printed(row[key], 1) for key in ("group_cv", "limit_percent", "limit_in_cv")),
            *(printed(row[f"limit_for_{goal}"], 1) for goal in (50, 80, 90, 95)),
        )
        for row in state_of_the_art(trial.after, trial.passing).to_dict("records")
    ]
    return table_part("CI_practice", specs, rows, locale)


def variation_table(trial: Trial, locale: str) -> dict[str, Any] | None:
    """Limits from biological variation beside the limit that is tried; None where no analyte has a row."""
    specs = (
        ("item", "left", 35.0), ("level", "left", 24.0), ("cv", "right", 22.0), ("bias", "right", 22.0),
        ("limit", "right", 26.0), ("rate", "right", 22.0), ("document", "left", 24.0),
    )  # fmt: skip
    rows = []
    for position, rule in enumerate(trial.before.rules):
        held = variations().get((rule.code, rule.analyte.matrix))
        if held is None:
            continue
        archive = trial.archive
        own = trial.rows & (archive.analyte_of_block[archive.block] == position)
        curve = pass_curve(trial.after, "percent", own, trial.passing)
        for level, goal in variation_goals(held.cv_within, held.cv_between).items():
            rows.append(
                (
                    localised(rule.analyte, "name", locale),
                    text(f"impact.variation.{level}", locale),
                    printed(goal["cv"], 1),
                    printed(goal["bias"], 1),
                    printed(goal["total_error"], 1),
                    percent(float(curve.percent_at(goal["total_error"]))),
                    held.document + ("" if held.verified else " *"),
                )
            )
    notes = [text("impact.variation.note", locale)]
    return table_part("CI_variation", specs, rows, locale, notes) if rows else None


def guard_words(guard: Guard, locale: str) -> str:
    """A warning in words, its numbers to three figures."""
    numbers = {name: significant(value, 3) for name, value in guard.numbers.items()}
    return text(f"guard.{guard.code}", locale, **numbers)


def summary_line(trial: Trial, locale: str) -> str:
    """How many verdicts on analytes turn, which way, and the group most of the worse are in."""
    counts = trial.counts("analyte")
    worse, better = int(counts.loc["pass", "fail"]), int(counts.loc["fail", "pass"])
    line = text("impact.summary", locale, worse=worse, better=better)
    unscored = int(counts.loc[["pass", "fail"], "not_scored"].sum())
    if unscored:
        line += text("impact.summary_unscored", locale, n=unscored)
    rows = trial.rows & (trial.before.verdict == 1) & (trial.after.verdict == 0)
    code, groups = DIVISIONS["peer_group"](trial.after)
    names = pd.Series(np.asarray(groups, dtype=object)[code[rows]], dtype=object)
    sizes = names[names != ""].value_counts()
    if len(sizes) and sizes.iloc[0] > 1:
        group = trial.rounds.group_words(str(sizes.index[0]))
        line += text("impact.summary_group", locale, n=int(sizes.iloc[0]), group=group)
    return line


def _limit(criterion: Any, locale: str) -> str:
    return limit_words(criterion, locale) if criterion is not None else text("criterion.none", locale)


def _count(n: int, old: str, new: str) -> dict[str, Any]:
    """A count; a change for the worse stands out."""
    if old == new or not n:
        return cell(str(n))
    return cell(str(n), "bad" if old in _GOOD and new != "not_scored" else "warning", bold=True)


def _pair(before: float, after: float) -> Sequence[Any]:
    """Both rates and their difference."""
    change = after - before
    tone = "bad" if np.isfinite(change) and change < 0 else ""
    return percent(before), percent(after), cell(percent(change, 1, signed=True), tone)


TABLES: dict[str, Callable[[Trial, str], dict[str, Any]]] = {
    "change": change_table,
    "rounds": lambda trial, locale: rates_table(trial, "round", "CI_rounds", locale),
    "groups": groups_table,
    "flips": flips_table,
}
"""What can be saved as a workbook besides the matrices."""
