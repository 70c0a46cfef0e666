"""The rules once more by westgard-python 0.3.0 (development only): one run after the other, per material."""

from __future__ import annotations

import numpy as np
from westgard.history import evaluate_custom_rule_sequence
from westgard.models import (
    ControlObservation,
    CustomRuleSet,
    EvaluationScope,
    QCEvent,
    QCSeries,
    RuleName,
    RunIdentifier,
)

from workbench.iqc.streams import ControlStreams

PEER_NAMES = {
    "1_2s": "1_2s",
    "1_3s": "1_3s",
    "R_4s": "R_4s",
    "2_2s": "2_2s",
    "2of3_2s": "2of3_2s",
    "3_1s": "3_1s",
    "4_1s": "4_1s",
    "6x": "6_x",
    "8x": "8_x",
    "9x": "9_x",
    "10x": "10_x",
    "12x": "12_x",
    "7T": "7_T",
}
"""Our rule -> theirs; they have no 1_2.5s, 1_3.5s, EWMA and CUSUM."""
CURRENT = ("1_2s", "1_3s", "R_4s")
_SCOPES = (EvaluationScope.WITHIN_RUN, EvaluationScope.WITHIN_MATERIAL)


def peer_series(streams: ControlStreams) -> QCSeries:
    """One chart of ours as a series of theirs; replicates are not possible there."""
    events = []
    for run in np.unique(streams.run):
        here = np.flatnonzero(streams.run == run)
        number = RunIdentifier(str(int(run)))
        rows = tuple(
            ControlObservation("X", str(streams.series[k]), number, int(run) * 10 + j, float(streams.z[k]))
            for j, k in enumerate(here)
        )
        events.append(QCEvent(number, rows))
    return QCSeries(tuple(events))


def peer_rule_set(rules: tuple[str, ...] = tuple(PEER_NAMES)) -> CustomRuleSet:
    """Their rules without their gate, each over one material or one run."""
    return CustomRuleSet(
        current_run_rules=tuple(RuleName(PEER_NAMES[r]) for r in rules if r in CURRENT),
        history_rules=tuple(RuleName(PEER_NAMES[r]) for r in rules if r not in CURRENT),
        enabled_scopes=_SCOPES,
    )


def peer_violations(streams: ControlStreams, rules: tuple[str, ...]) -> dict[str, np.ndarray]:
    """By rule: shape (n,), the points that take part in a violation found at their own run.

    A violation of a history rule is put at the last point of its material; one of a run at all its points.
    """
    place = {(int(r), str(s)): k for k, (r, s) in enumerate(zip(streams.run, streams.series, strict=True))}
    last = {}
    found = {rule: np.zeros(len(streams), dtype=bool) for rule in rules}
    ours = {theirs: rule for rule, theirs in PEER_NAMES.items()}
    for event in evaluate_custom_rule_sequence(series=peer_series(streams), rule_set=peer_rule_set(rules)):
        run = int(event.event.run_id.value)
        last |= {o.material: (run, o.material) for o in event.event.observations}
        for violation in event.violations:
            rule = ours[violation.rule.value]
            if rule in CURRENT:
                for o in violation.triggering_observations:
                    found[rule][place[run, o.material]] = True
            else:
                material = violation.stream_name.rsplit(":", 1)[-1]
                found[rule][place[last[material]]] = True
    return found


def violations_by_run(streams: ControlStreams, rules: tuple[str, ...]) -> dict[str, dict[int, int]]:
    """By rule: number of run -> their violations, wherever their points stand."""
    found: dict[str, dict[int, int]] = {rule: {} for rule in rules}
    ours = {theirs: rule for rule, theirs in PEER_NAMES.items()}
    for event in evaluate_custom_rule_sequence(series=peer_series(streams), rule_set=peer_rule_set(rules)):
        for violation in event.violations:
            counts = found[ours[violation.rule.value]]
            run = int(event.event.run_id.value)
            counts[run] = counts.get(run, 0) + 1
    return found
