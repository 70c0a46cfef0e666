"""The notebooks run on a simulated round read from a store, by papermill and a plain kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.evaluation import RoundInputs, evaluate
from workbench.parameters import catalogue, criteria, project_root
from workbench.reports.lab_round import open_lab_round
from workbench.reports.twin import check_twin, sha256
from workbench.simulation import simulate_province
from workbench.store import (
    EvaluationMeta,
    ProgrammeRound,
    Submissions,
    add_submissions,
    open_store,
    round_inputs,
    save_evaluation,
    save_programme_round,
    upgrade,
)

PROGRAMME, ROUNDS = "1.4", ("2025-2", "2026-1")
TWIN, DOCUMENT, CSV = "application/vnd.eqa.report+json", "application/vnd.eqa.document+json", "text/csv"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """URL of a store with two evaluated rounds of one small programme."""
    store = upgrade(tmp_path_factory.mktemp("store") / "eqa.sqlite")
    programme = catalogue()[PROGRAMME]
    for (code, no), given in simulate_province([programme], ROUNDS, 7, 40).rounds.items():
        frames = (given.laboratories, given.enrolments, given.samples, given.material_checks)
        more = (given.reference_values, given.system_names)
        planned = ProgrammeRound(code, no, given.closing_at, *frames, *more)
        save_programme_round(store, planned, np.random.default_rng(1))
        for head, body in given.loads():
            add_submissions(store, code, no, Submissions(head, body.drop(columns=["revision"])))
        inputs = round_inputs(store, code, no)
        ready = RoundInputs.of(programme, code, criteria(), inputs.frames(), inputs.closing_at)
        meta = EvaluationMeta(code, no, "a" * 64, "c" * 64, "0.1.0", "2026-05-18T18:00:00+08:00")
        save_evaluation(store, evaluate(ready), meta, inputs)
    store.close()
    return store.url


def executed(name: str, database: str, **parameters: Any) -> Any:
    """The notebook after papermill ran it with these parameters."""
    papermill = pytest.importorskip("papermill")
    folder = project_root() / "notebooks" / "reports"
    given = {"database": database, "round_code": "2026-1", "programme_no": PROGRAMME, **parameters}
    return papermill.execute_notebook(
        str(folder / f"{name}.ipynb"),
        None,
        parameters=given,
        progress_bar=False,
        kernel_name="python3",
        cwd=str(folder),
    )


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells for output in cell.get("outputs", ())]


def data_of(notebook: Any, mime: str) -> str:
    (found,) = [o["data"][mime] for o in outputs(notebook) if mime in o.get("data", {})]
    return found if isinstance(found, str) else json.dumps(found)


def a_participant(database: str) -> str:
    """The first laboratory that returned something."""
    laboratories = round_inputs(open_store(database), "2026-1", PROGRAMME).laboratories
    return str(laboratories.loc[laboratories["revision"] > 0, "lab_code"].min())


def test_the_laboratory_notebook_shows_every_section_once(database: str) -> None:
    lab_code = a_participant(database)
    notebook = executed("lab_round", database, lab_code=lab_code, locale="en")
    assert {output["output_type"] for output in outputs(notebook)} <= {"execute_result", "display_data"}
    twin = json.loads(data_of(notebook, TWIN))
    check_twin(twin)
    assert twin["participant"]["lab_code"] == lab_code
    assert sha256(data_of(notebook, CSV).encode()) == twin["provenance"]["csv_sha256"]
    head = json.loads(data_of(notebook, DOCUMENT))
    assert (head["kind"], head["locale"], head["report_number"]) == ("LR", "en", twin["report"]["number"])
    shown = "".join(str(output["data"].get("text/html", "")) for output in outputs(notebook))
    for name in ("conclusion", "summary", "detail", "findings", "provenance", "signoff", "how-to-read"):
        assert shown.count(f'id="{name}"') == 1


def test_the_programme_notebook_runs_and_identifies_nobody(database: str) -> None:
    notebook = executed("programme_round", database)
    assert {output["output_type"] for output in outputs(notebook)} <= {"execute_result", "display_data"}
    twin = json.loads(data_of(notebook, TWIN))
    check_twin(twin)
    shown = "".join(json.dumps(output["data"]) for output in outputs(notebook))
    assert a_participant(database) not in shown


def test_by_hand_and_by_papermill_give_the_same_bytes(database: str) -> None:
    lab_code = a_participant(database)
    notebook = executed("lab_round", database, lab_code=lab_code, issued_at="")
    report = open_lab_round(database, "2026-1", PROGRAMME, lab_code, "zh_CN")
    assert data_of(notebook, TWIN).encode() == report.twin().json_bytes


def test_a_missing_database_names_the_next_step(tmp_path: Path) -> None:
    from workbench.errors import DataError

    with pytest.raises(DataError, match="workbench demo"):
        open_lab_round(f"sqlite:///{tmp_path}/none.sqlite", "2026-1", PROGRAMME, "L0001", "zh_CN")
