"""From the store to an evaluation that can be reported: freeze, evaluate once, save, hash the views."""

from __future__ import annotations

from pathlib import Path

from workbench.evaluation import RoundInputs, evaluate
from workbench.parameters import CriteriaBook, Programme, RoundPlan, catalogue, criteria, programme_folder
from workbench.rounds.planning import ProgrammeRound, database_url
from workbench.rounds.progress import Watcher
from workbench.rounds.records import as_json, write_atomically
from workbench.rounds.tasks import ALL
from workbench.rounds.versions import code_version, criteria_version
from workbench.store import (
    EvaluationMeta,
    SnapshotFrames,
    Store,
    evaluation_in_force,
    failing_laboratories,
    freeze,
    open_store,
    round_inputs,
    save_evaluation,
    view_hashes,
)


def prepare_programme(plan: RoundPlan, programme_no: str, outputs: Path, watcher: Watcher) -> ProgrammeRound:
    """Evaluate one programme of the round, or take the evaluation that is there already.

    Parameters
    ----------
    plan : the round.
    programme_no : the programme.
    outputs : root of all outputs.
    watcher : is told what was evaluated.

    Raises
    ------
    DataError
        when the store does not hold the programme-round.
    EvaluationError
        when it cannot be evaluated.
    """
    store = open_store(database_url(plan))
    folder = outputs / plan.round / programme_folder(programme_no)
    inputs = round_inputs(store, plan.round, programme_no)
    evaluation_id, snapshot_sha256 = evaluate_programme(store, inputs, folder, plan.as_of.isoformat())
    record = evaluation_in_force(store, plan.round, programme_no)
    assert record is not None
    watch_file = _watch_file(inputs, folder)
    watcher.say(
        "evaluated",
        programme=programme_no,
        evaluation=evaluation_id[:12],
        laboratories=len(inputs.laboratories),
    )
    head = {
        "round": plan.round,
        "programme_no": programme_no,
        "evaluation_id": evaluation_id,
        "snapshot_sha256": snapshot_sha256,
        "criteria_version": record.criteria_version,
        "code_version": record.code_version,
        "as_of": record.as_of,
    }
    failing = failing_laboratories(store, evaluation_id)
    return ProgrammeRound(
        programme_no, folder, evaluation_id, view_keys(store, evaluation_id), watch_file, head, failing
    )


def view_keys(store: Store, evaluation_id: str) -> dict[str, str]:
    """Participant code, and ALL for the programme's report -> hash of what the report depends on."""
    hashes = view_hashes(store, evaluation_id)
    return {code or ALL: key for code, key in hashes.items()}


def evaluate_programme(store: Store, inputs: SnapshotFrames, folder: Path, as_of: str) -> tuple[str, str]:
    """Freeze the inputs, evaluate them unless that was done, save; returns evaluation id and snapshot hash.

    Parameters
    ----------
    store : where the evaluation goes.
    inputs : the programme-round's frames.
    folder : the programme-round's output folder; the snapshot is kept below it.
    as_of : ISO time up to which data and criteria hold.
    """
    programme, book = catalogue()[inputs.programme_no], criteria()
    snapshot = freeze(inputs, folder / "snapshots")
    meta = EvaluationMeta(
        round=inputs.round_code,
        programme_no=inputs.programme_no,
        snapshot_sha256=snapshot.sha256,
        criteria_version=criteria_version(programme, book),
        code_version=code_version(),
        as_of=as_of,
        disclosure_min=programme.evaluation.disclosure_min if programme.evaluation else 5,
        criterion_lines=_criterion_lines(programme, book),
    )
    in_force = evaluation_in_force(store, meta.round, meta.programme_no)
    if in_force and in_force.evaluation_id == meta.evaluation_id:
        return meta.evaluation_id, snapshot.sha256
    round_ = RoundInputs.of(programme, inputs.round_code, book, inputs.frames(), inputs.closing_at)
    return save_evaluation(store, evaluate(round_), meta, inputs), snapshot.sha256


def _criterion_lines(programme: Programme, book: CriteriaBook) -> dict[str, str]:
    """Analyte -> one line that identifies its limit, for the comparison with other rounds."""
    limits = {code: programme.criterion(code, book) for code in programme.codes}
    return {code: limit.line for code, limit in limits.items() if limit}


def _watch_file(inputs: SnapshotFrames, folder: Path) -> Path:
    """Write the words that identify each participant: code and alias."""
    table = inputs.laboratories
    words = {
        code: [word for word in (code, alias) if word]
        for code, alias in zip(table["lab_code"], table["round_alias"], strict=True)
    }
    path = folder / ".watch.json"
    write_atomically(path, as_json(words))
    return path
