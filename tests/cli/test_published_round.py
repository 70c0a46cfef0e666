"""A published round goes in through `workbench ingest` and comes out with the published scores.

Source: CONCALAB-UASD round EA-001-2025 (see tests/golden/test_evaluation_published_round.py). Everything
runs as a user would run it: an organiser's home folder with one programme, a plan, three commands.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from workbench.frames import ENROLMENTS, SAMPLES
from workbench.parameters import project_root
from workbench.store import (
    ProgrammeRound,
    evaluation_in_force,
    laboratory_view,
    open_store,
    programme_view,
    save_programme_round,
    upgrade,
)

ROUNDS = Path(__file__).parents[3] / "shared" / "rounds"
CLASSES = {"A": "acceptable", "C": "warning", "I": "action"}
ROUND, PROGRAMME, SAMPLE = "2025-1", "1.1", "EA-001"

pytestmark = pytest.mark.skipif(not ROUNDS.is_dir(), reason="the published round is not beside the project")


def published(name: str) -> pd.DataFrame:
    return pd.read_csv(ROUNDS / f"concalab-2025-{name}.csv", dtype=str)


def home_of(folder: Path) -> Path:
    """An organiser's home: its own catalogue of one programme, our SQL and notebooks."""
    results = published("results")
    items = [
        {
            "analyte": code,
            "name_zh": code,
            "name_en": code,
            "unit": rows["unit"].iloc[0].replace("Dl", "dL"),
            "decimals": 2,
        }
        for code, rows in results.groupby("analyte_code", sort=False)
    ]
    policy = {
        "ladder": [[]],
        "n_min": 12,
        "sigma_pt": {"kind": "robust_sd"},
        "score": "z",
        "score_decimals": 2,
    }
    entry = {
        "programme_no": PROGRAMME,
        "name_zh": "化学",
        "name_en": "Chemistry",
        "rounds_per_year": 1,
        "matrix": "serum/plasma",
        "result_type": "quantitative",
        "evaluation": policy,
        "analytes": items,
    }
    discipline = {"category_no": 1, "category_zh": "化学", "category_en": "Chemistry"}
    parameters = folder / "parameters"
    (parameters / "programmes").mkdir(parents=True)
    (parameters / "criteria").mkdir()
    (parameters / "programmes" / "01.yaml").write_text(
        yaml.safe_dump({"discipline": discipline, "programmes": [entry]}, allow_unicode=True),
        encoding="utf-8",
    )
    for name in ("sql", "notebooks"):
        (folder / name).symlink_to(project_root() / name)
    return folder


def plan_of(folder: Path) -> Path:
    text = (project_root() / "parameters/rounds/demo-2026-1.yaml").read_text(encoding="utf-8")
    plan = yaml.safe_load(text) | {
        "round": ROUND,
        "database": f"sqlite:///{folder / 'eqa.sqlite'}",
        "outputs": str(folder / "outputs"),
        "programmes": [PROGRAMME],
        "languages": {"en": "all"},
        "laboratories": "all",
    }
    path = folder / "plan.yaml"
    path.write_text(yaml.safe_dump(plan, allow_unicode=True), encoding="utf-8")
    return path


def enrol(url: str) -> None:
    """What the organiser knows before results come: participants, items, one sample."""
    results = published("results")
    codes = sorted(set(results["lab_code"]))
    enrolled = (
        results[["lab_code", "analyte_code"]].rename(columns={"analyte_code": "analyte"}).drop_duplicates()
    )
    for name in ENROLMENTS.names:
        if name not in enrolled:
            enrolled[name] = "enrolled" if name == "enrolment_state" else ""
    samples = SAMPLES.empty().reindex([0]).assign(sample=SAMPLE, position=1, withdrawn=False)
    samples = samples.fillna({"material_lot": "", "matrix": "", "reason": ""})
    participants = pd.DataFrame({"lab_code": codes})
    round_ = ProgrammeRound(ROUND, PROGRAMME, datetime(2026, 4, 24, 17), participants, enrolled, samples)
    save_programme_round(upgrade(url), round_, np.random.default_rng(1))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return home_of(tmp_path_factory.mktemp("organiser"))


def workbench(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "workbench.cli", *map(str, arguments)]
    environment = os.environ | {"WORKBENCH_HOME": str(home)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture(scope="module")
def ingested(home: Path) -> Path:
    plan = plan_of(home)
    url = f"sqlite:///{home / 'eqa.sqlite'}"
    assert workbench(home, "migrate", url).returncode == 0
    enrol(url)
    done = workbench(
        home,
        *("ingest", ROUNDS / "concalab-2025-results.csv", "--round", plan, "--programme", PROGRAMME),
        *("--constant", f"sample={SAMPLE}", "--constant", "received=2026-04-20T09:00"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "read 459 = loaded 402 + flagged 57 + quarantined 0" in done.stdout
    evaluated = workbench(home, "evaluate", plan)
    assert evaluated.returncode == 0, evaluated.stderr[-2000:]
    return home


def test_assigned_values_scores_and_classes_agree_as_printed(ingested: Path) -> None:
    store = open_store(f"sqlite:///{ingested / 'eqa.sqlite'}")
    record = evaluation_in_force(store, ROUND, PROGRAMME)
    assert record is not None
    groups = programme_view(store, record.evaluation_id).groups.set_index("analyte")
    expected = published("expected").set_index("analyte_code")
    assert len(groups) == len(expected) == 16
    for code, row in expected.iterrows():
        assert abs(groups.at[code, "robust_mean"] - float(row["x_pt"])) <= 0.005 + 1e-9
        assert abs(groups.at[code, "robust_sd"] - float(row["s_star"])) <= 0.005 + 1e-9
    wanted = published("expected-z")
    codes = sorted(set(wanted["lab_code"]))
    scores = pd.concat([laboratory_view(store, record.evaluation_id, code).scores for code in codes])
    merged = scores.merge(wanted, left_on=["lab_code", "analyte"], right_on=["lab_code", "analyte_code"])
    assert len(merged) == 459
    assert [round(z, 2) + 0.0 for z in merged["score"]] == merged["z"].astype(float).tolist()
    assert merged["signal"].tolist() == merged["classification"].map(CLASSES).tolist()


def test_its_report_is_made_too(ingested: Path) -> None:
    plan = ingested / "plan.yaml"
    made = workbench(
        ingested, "run", plan, "--only", published("results")["lab_code"].iloc[0], "--workers", 1
    )
    assert made.returncode == 0, made.stderr[-2000:]
    assert len(list((ingested / "outputs" / ROUND / "0101" / "labs").glob("*.en.pdf"))) == 1
