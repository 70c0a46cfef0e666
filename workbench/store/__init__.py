"""The database: rounds, returns, evaluations, reports. The only room that knows SQL."""

from __future__ import annotations

from workbench.store.aliases import draw_aliases
from workbench.store.connection import Store, open_store
from workbench.store.decisions import Decision, add_decision
from workbench.store.evaluations import (
    EvaluationMeta,
    EvaluationRecord,
    evaluation_in_force,
    evaluations,
    save_evaluation,
)
from workbench.store.inputs import SnapshotFrames, round_inputs
from workbench.store.migration import upgrade, upgrade_names
from workbench.store.programme_rounds import ProgrammeRound, save_programme_round
from workbench.store.queries import query
from workbench.store.reading import read_frame, reading
from workbench.store.snapshots import Snapshot, freeze, load_snapshot
from workbench.store.submissions import IngestRun, Submissions, add_submissions
from workbench.store.views import RoundView, laboratory_view, programme_view

__all__ = [
    "Decision",
    "EvaluationMeta",
    "EvaluationRecord",
    "IngestRun",
    "ProgrammeRound",
    "RoundView",
    "Snapshot",
    "SnapshotFrames",
    "Store",
    "Submissions",
    "add_decision",
    "add_submissions",
    "draw_aliases",
    "evaluation_in_force",
    "evaluations",
    "freeze",
    "laboratory_view",
    "load_snapshot",
    "open_store",
    "programme_view",
    "query",
    "read_frame",
    "reading",
    "round_inputs",
    "save_evaluation",
    "save_programme_round",
    "upgrade",
    "upgrade_names",
]
