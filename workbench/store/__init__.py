"""The database: rounds, returns, evaluations, reports. The only room that knows SQL."""

from __future__ import annotations

from workbench.store.aliases import draw_aliases
from workbench.store.connection import Store, open_store
from workbench.store.decisions import Decision, add_decision
from workbench.store.evaluations import (
    EvaluationMeta,
    EvaluationRecord,
    evaluation_in_force,
    evaluations_of_round,
    failing_laboratories,
    save_evaluation,
)
from workbench.store.inputs import SnapshotFrames, round_inputs, with_decision
from workbench.store.issued_reports import IssuedReport, add_reports, issued_reports, number_is_used
from workbench.store.laboratory_names import (
    Access,
    LaboratoryName,
    access_log,
    laboratory_name,
    save_names,
)
from workbench.store.migration import upgrade, upgrade_names
from workbench.store.programme_rounds import ProgrammeRound, save_programme_round
from workbench.store.queries import query
from workbench.store.reading import read_frame, reading
from workbench.store.round_matrix import programme_counts
from workbench.store.snapshots import Snapshot, freeze, load_snapshot
from workbench.store.sources import Source, import_source, open_source
from workbench.store.submissions import IngestRun, Submissions, add_submissions
from workbench.store.view_hashes import view_hash, view_hashes
from workbench.store.views import RoundView, SharedView, laboratory_view, programme_view, shared_view

__all__ = [
    "Access",
    "Decision",
    "EvaluationMeta",
    "EvaluationRecord",
    "IngestRun",
    "IssuedReport",
    "LaboratoryName",
    "ProgrammeRound",
    "RoundView",
    "SharedView",
    "Snapshot",
    "SnapshotFrames",
    "Source",
    "Store",
    "Submissions",
    "access_log",
    "add_decision",
    "add_reports",
    "add_submissions",
    "draw_aliases",
    "evaluation_in_force",
    "evaluations_of_round",
    "failing_laboratories",
    "freeze",
    "import_source",
    "issued_reports",
    "laboratory_name",
    "laboratory_view",
    "load_snapshot",
    "number_is_used",
    "open_source",
    "open_store",
    "programme_counts",
    "programme_view",
    "query",
    "read_frame",
    "reading",
    "round_inputs",
    "save_evaluation",
    "save_names",
    "save_programme_round",
    "shared_view",
    "upgrade",
    "upgrade_names",
    "view_hash",
    "view_hashes",
    "with_decision",
]
