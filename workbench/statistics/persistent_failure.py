"""Persistent failure: rules over the latest rounds, written as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from workbench.statistics.estimates import ArrayLike


@dataclass(frozen=True)
class Condition:
    """At least so many failures among the latest rounds.

    Attributes
    ----------
    failures : rounds that must have failed.
    window : latest scored rounds looked at; fewer are looked at when there are fewer.
    severity : least severity that counts as failed: 1 failed or warning, 2 action.
    """

    failures: int
    window: int
    severity: int = 1


@dataclass(frozen=True)
class PersistenceRule:
    """A scheme's rule: persistent when any of its conditions holds.

    Attributes
    ----------
    conditions : tried in order; the first that holds is reported.
    source : where the rule was read.
    """

    conditions: tuple[Condition, ...]
    source: str


PERSISTENCE_RULES: Mapping[str, PersistenceRule] = MappingProxyType(
    {
        "two_of_three": PersistenceRule(
            (Condition(2, 2), Condition(2, 3)),
            "42 CFR 493.845(f): two consecutive or two of three consecutive events",
        ),
        "action_or_two_warnings": PersistenceRule(
            (Condition(1, 1, severity=2), Condition(2, 2)),
            "ISO 13528:2022, 9.4.2: action, or two consecutive warnings",
        ),
        "three_consecutive": PersistenceRule((Condition(3, 3),), "UK NEQAS Guildford peptide schemes"),
        "trace_elements": PersistenceRule(
            (Condition(3, 6), Condition(2, 4, severity=2)),
            "UK NEQAS trace elements: |z| > 2 in 3 of the last 6, or |z| > 3 in 2 of the last 4",
        ),
        "two_consecutive": PersistenceRule(
            (Condition(2, 2),), "UK NEQAS immunology: two successive distributions"
        ),
    }
)
"""Rules by name. Severity: 0 satisfactory, 1 failed or warning, 2 action."""


@dataclass(frozen=True)
class PersistenceVerdict:
    """Whether a rule holds now, and why.

    Attributes
    ----------
    is_persistent : one of its conditions holds.
    condition : the first that holds; None otherwise.
    rounds : scored rounds the rule could look at.
    """

    is_persistent: bool
    condition: Condition | None
    rounds: int


def persistence(severities: ArrayLike, rule: PersistenceRule) -> PersistenceVerdict:
    """Apply a rule to the rounds of one laboratory and analyte.

    Use it at the end of a round, for the letter to a laboratory that keeps failing.

    Parameters
    ----------
    severities : shape (n,), oldest first; 0 satisfactory, 1 failed or warning, 2 action; NaN or a negative
        number is a round that was not scored and does not count as a round.
    rule : one of `PERSISTENCE_RULES`, or your own.

    Returns
    -------
    PersistenceVerdict
        Counts of rounds, no unit; not persistent without a scored round.

    Notes
    -----
    Rounds that were not scored are skipped, so the latest rounds may lie far apart in time.

    References
    ----------
    As each rule's `source` says: 42 CFR 493.845(f); ISO 13528:2022, 9.4.2; UK NEQAS scheme rules.

    Examples
    --------
    Failed, passed, failed: two of three.

    >>> persistence([1, 0, 1], PERSISTENCE_RULES["two_of_three"]).is_persistent
    True
    """
    seen = np.asarray(severities, dtype=np.float64).ravel()
    seen = seen[seen >= 0]
    for condition in rule.conditions:
        latest = seen[-condition.window :]
        if int(np.sum(latest >= condition.severity)) >= condition.failures:
            return PersistenceVerdict(True, condition, seen.size)
    return PersistenceVerdict(False, None, seen.size)
