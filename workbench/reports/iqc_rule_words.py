"""The rule set in force in words: every line with its exact boundary, every convention it is judged by."""

from __future__ import annotations

from typing import Any

from workbench.iqc.control_rules import CONTROL_RULES
from workbench.parameters.control_rules import RuleLine, RuleSet
from workbench.wording import text

CONVENTIONS = (
    *("boundary", "on_mean", "tie", "trend", "two_of_three", "across", "missing_level", "lot_change"),
    *("after_rejection", "gate"),
)
"""Fields of a rule set that decide where practice differs, in order of printing."""
_ONE_POINT = ("1_2s", "1_2.5s", "1_3s", "1_3.5s")
_ROWS = ("2_2s", "3_1s", "4_1s")


def rule_parts(rules: RuleSet, locale: str) -> dict[str, Any]:
    """Name, lines and conventions of a set."""
    return {
        "rule_set": rules.rule_set,
        "name": localised_name(rules, locale),
        "source": rules.source,
        "lines": [_line(line, rules, locale) for line in rules.rules],
        "conventions": [
            text(f"iqc.convention.{name}.{getattr(rules, name).replace('1_2s', 'one_2s')}", locale)
            for name in CONVENTIONS
        ],
    }


def localised_name(rules: RuleSet, locale: str) -> str:
    """The set's name in a language."""
    return rules.zh if locale == "zh_CN" else rules.en


def _line(line: RuleLine, rules: RuleSet, locale: str) -> dict[str, str]:
    """One line: its printed name, meaning and what a hit does."""
    rule = CONTROL_RULES[line.rule]
    beyond = text(f"iqc.beyond.{rules.boundary}", locale)
    limit = f"{rule.limit:g}" if rule.limit == rule.limit else ""
    if line.rule in _ONE_POINT:
        meaning = text("iqc.rule.one_point", locale, limit=limit, beyond=beyond)
    elif line.rule in _ROWS:
        meaning = text("iqc.rule.row", locale, n=rule.points, limit=limit, beyond=beyond)
    elif line.rule.endswith("x"):
        meaning = text("iqc.rule.side", locale, n=rule.points)
    else:
        key = {"R_4s": "r_4s", "2of3_2s": "two_of_three", "7T": "trend", "EWMA": "ewma", "CUSUM": "cusum"}[
            line.rule
        ]
        chosen = rule_limit(line)
        meaning = text(
            f"iqc.rule.{key}",
            locale,
            beyond=beyond,
            weight=f"{line.weight:g}",
            slack=f"{line.slack:g}",
            limit=chosen,
        )
    return {
        "rule": line.name,
        "name": line.rule.replace("_", "-"),
        "scope": text(f"iqc.scope.{line.where}", locale),
        "meaning": meaning,
        "action": text(f"iqc.action.{line.action}", locale),
    }


def rule_limit(line: RuleLine) -> str:
    """L of an EWMA, h of a CUSUM; the usual one where none is set."""
    usual = {"EWMA": 3.0, "CUSUM": 5.0}.get(line.rule)
    chosen = usual if line.limit is None else line.limit
    return "" if chosen is None else f"{chosen:g}"
