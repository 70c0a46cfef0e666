"""A small programme-round, its returns and an evaluation made up for the store's tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.frames import EVALUATION_FRAMES, Frame
from workbench.store import (
    EvaluationMeta,
    ProgrammeRound,
    SnapshotFrames,
    Store,
    Submissions,
    add_submissions,
    open_store,
    round_inputs,
    save_evaluation,
    save_programme_round,
    upgrade,
)

DATABASES = [
    "sqlite",
    pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")]),
]
LABS = [f"L{n:04d}" for n in range(1, 13)]
NewUrl = Callable[..., str]
ANALYTES = ["K", "Mg", "Na"]
SAMPLES = ["2026111", "2026112"]


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of the current schema, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "eqa.db"
    upgrade(path).close()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(new_postgres_url: NewUrl) -> str:
    """The same on PostgreSQL."""
    url = new_postgres_url()
    upgrade(url).close()
    return url


@pytest.fixture
def sqlite_store(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Store]:
    """An empty store on SQLite."""
    store = open_store(Path(shutil.copy(migrated_sqlite, tmp_path / "eqa.db")))
    yield store
    store.close()


@pytest.fixture
def postgres_store(migrated_postgres: str, new_postgres_url: NewUrl) -> Iterator[Store]:
    """An empty store on PostgreSQL."""
    store = open_store(new_postgres_url(migrated_postgres))
    yield store
    store.close()


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store of the current schema, on each database."""
    name = "postgres_store" if request.param == "postgresql" else "sqlite_store"
    opened: Store = request.getfixturevalue(name)
    return opened


def rows(frame: Frame, table: pd.DataFrame) -> pd.DataFrame:
    """A table with the frame's missing columns filled with nothing."""
    nothing = {"text": "", "number": np.nan, "integer": 0, "flag": False, "time": pd.NaT}
    return frame.checked(
        table.assign(**{c.name: nothing[c.kind] for c in frame.columns if c.name not in table})
    )


def grid(**values: list[Any]) -> pd.DataFrame:
    """Every combination."""
    return pd.MultiIndex.from_product(list(values.values()), names=list(values)).to_frame(index=False)


@pytest.fixture(scope="session")
def evaluated_sqlite(migrated_sqlite: Path, office: Office) -> Path:
    """A database with one evaluated round, to be copied."""
    path = Path(shutil.copy(migrated_sqlite, migrated_sqlite.with_name("evaluated.db")))
    office.saved(open_store(path))
    return path


@pytest.fixture(scope="session")
def evaluated_postgres(migrated_postgres: str, new_postgres_url: NewUrl, office: Office) -> str:
    """The same on PostgreSQL."""
    url = new_postgres_url(migrated_postgres)
    store = open_store(url)
    office.saved(store)
    store.close()
    return url


@pytest.fixture(params=DATABASES)
def evaluated_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store with one evaluated round, on each database; its id is that of `office.meta()`."""
    if request.param == "postgresql":
        model = request.getfixturevalue("evaluated_postgres")
        store = open_store(request.getfixturevalue("new_postgres_url")(model))
    else:
        store = open_store(
            Path(shutil.copy(request.getfixturevalue("evaluated_sqlite"), tmp_path / "eqa.db"))
        )
    yield store
    store.close()


@dataclass(frozen=True)
class Office:
    """Builds and saves made-up rounds."""

    def programme_round(self, round_code: str = "2026-1", **changes: Any) -> ProgrammeRound:
        enrolments = grid(lab_code=LABS, device_id=[""], analyte=ANALYTES)
        system = enrolments["lab_code"].str[-1].astype(int) % 3
        given = {
            "round": round_code,
            "programme_no": "1.1",
            "closing_at": datetime(int(round_code[:4]), 4 * int(round_code[-1]), 25),
            "laboratories": pd.DataFrame({"lab_code": LABS, "region": "R1", "hospital_level": "tertiary"}),
            "enrolments": enrolments.assign(
                method="M1",
                instrument="I" + system.astype(str),
                reagent="G1",
                calibrator="",
                enrolment_state="enrolled",
                reason="",
            ),
            "samples": pd.DataFrame(
                {
                    "sample": SAMPLES,
                    "position": [1, 2],
                    "material_lot": ["B1", "B2"],
                    "matrix": "冻干人血清",
                    "withdrawn": False,
                    "reason": "",
                }
            ),
            "material_checks": pd.DataFrame(
                {
                    "analyte": ["K", "K"],
                    "sample": SAMPLES,
                    "check": ["homogeneity", "stability"],
                    "n_items": 10,
                    "n_replicates": 2,
                    "s_s": [0.01, np.nan],
                    "s_w": [0.02, np.nan],
                    "limit": [0.1, 0.1],
                    "passed": True,
                }
            ),
            "reference_values": pd.DataFrame(
                {
                    "analyte": ["Na"],
                    "sample": [SAMPLES[0]],
                    "assigned_value_method": ["reference"],
                    "assigned_value": [140.25],
                    "u_assigned_value": [0.3],
                    "traceability": ["参考方法"],
                }
            ),
            "expected_answers": pd.DataFrame(
                {
                    "analyte": ["Mg"],
                    "sample": [SAMPLES[0]],
                    "code": ["POS"],
                    "accepted": ["POS|WEAK"],
                    "assigned_value_method": ["characterised"],
                    "detail": ['{"Ct": 28.5}'],
                }
            ),
            "system_names": pd.DataFrame(
                {"kind": ["instrument"], "code": ["I1"], "name_zh": ["仪器一"], "name_en": ["Instrument 1"]}
            ),
        }
        return ProgrammeRound(**{**given, **changes})

    def returns(
        self, labs: list[str] = LABS[:-1], *, seed: int = 1, at: str = "2026-04-20 10:30"
    ) -> Submissions:
        results = grid(lab_code=labs, device_id=[""], analyte=ANALYTES, sample=SAMPLES)
        values = np.random.default_rng(seed).normal(5.0, 0.1, len(results)).round(2)
        raw = pd.Series([f"{value:.2f}" for value in values])
        results = results.assign(
            raw=raw, value=values, decimals=2, censor=0, code="", result_state="reported", flags=""
        )
        if not labs:
            return Submissions(pd.DataFrame(columns=["lab_code", "returned_at"]), results)
        results.loc[0, ["raw", "value", "censor"]] = ["<0.5", 0.5, -1]
        results.loc[1, ["raw", "value", "result_state", "flags"]] = [
            "溶血, \t\"'x'\\N",
            np.nan,
            "unreadable",
            "not_a_number",
        ]
        submissions = pd.DataFrame(
            {
                "lab_code": labs,
                "returned_at": pd.Timestamp(at),
                "comment": "备注 <b>",
                "tested_on": pd.Timestamp("2026-04-19"),
            }
        )
        return Submissions(submissions, results, source="form.xlsx", source_sha256="0" * 64)

    def evaluation(self, inputs: SnapshotFrames) -> SimpleNamespace:
        """Frames that agree with each other, computed simply."""
        results = inputs.results.merge(inputs.enrolments, on=["lab_code", "device_id", "analyte"])
        cell = results.groupby(["analyte", "sample"])["value"].transform("median")
        scores = results.assign(
            state="scored",
            in_statistics=results["value"].notna(),
            assigned_value=cell,
            difference=results["value"] - cell,
            percent_allowed=100 * (results["value"] - cell) / 0.3,
            peer_group_level="all",
            peer_n=10,
            all_n=10,
            robust_mean=cell,
            signal="acceptable",
        )
        by_instrument = _groups(
            results.assign(peer_group_level="instrument", peer_group=results["instrument"])
        )
        everyone = _groups(results.assign(peer_group_level="all", peer_group=""))
        groups = pd.concat([everyone, by_instrument], ignore_index=True)
        verdicts = inputs.enrolments.assign(
            acceptable=2,
            graded=2,
            score_percent=100.0,
            verdict="pass",
            status="too_few",
            mean_percent_allowed=1.5,
        )
        labs = inputs.laboratories[["lab_code"]].assign(acceptable=6, graded=6, verdict="satisfactory")
        frames = {
            "scores": scores,
            "groups": groups,
            "analyte_verdicts": verdicts,
            "laboratory_verdicts": labs,
            "findings": _findings(),
            "sentences": labs[["lab_code"]].assign(
                device_id="", analyte="", position=1, code="S01", params="{}"
            ),
            "histograms": groups.assign(bin=0, low=0.0, high=1.0, count=groups["n"])[
                ["analyte", "sample", "peer_group_level", "peer_group", "bin", "low", "high", "count"]
            ],
            "modes": everyone[["analyte", "sample"]].assign(mode=1, location=5.0, share=1.0),
            "reconciliation": pd.DataFrame({"analyte": ["", *ANALYTES], "enrolled": 12}),
            "answers": _answers(results),
            "answer_counts": groups[["analyte", "sample", "peer_group_level", "peer_group"]].assign(
                answer="POS", position=1, count=groups["n"]
            ),
            "agreements": labs[["lab_code"]].assign(
                device_id="", analyte="Mg", rounds=1, positives=2, positives_found=2, sensitivity=1.0
            ),
        }
        return SimpleNamespace(**{frame.name: rows(frame, frames[frame.name]) for frame in EVALUATION_FRAMES})

    def meta(self, round_code: str = "2026-1", **changes: Any) -> EvaluationMeta:
        given = {
            "round": round_code,
            "programme_no": "1.1",
            "snapshot_sha256": "5" * 64,
            "criteria_version": "c1",
            "code_version": "0.1.0",
            "as_of": "2026-05-01",
            "criterion_lines": {"K": "WS/T 403-2024 K 6%"},
        }
        return EvaluationMeta(**{**given, **changes})

    def saved(self, store: Store, round_code: str = "2026-1", seed: int = 1) -> str:
        """A round saved, returned and evaluated; the evaluation id."""
        save_programme_round(store, self.programme_round(round_code), np.random.default_rng(3))
        at = f"{round_code[:4]}-0{4 * int(round_code[-1])}-20 10:30"
        add_submissions(store, round_code, "1.1", self.returns(seed=seed, at=at))
        inputs = round_inputs(store, round_code, "1.1")
        return save_evaluation(store, self.evaluation(inputs), self.meta(round_code), inputs)


def _groups(results: pd.DataFrame) -> pd.DataFrame:
    by = results.groupby(["analyte", "sample", "peer_group_level", "peer_group"])["value"]
    table = by.agg(n="count", robust_mean="median").reset_index()
    return table.assign(estimator="algorithm_a", n_acceptable=table["n"], n_graded=table["n"], used=True)


def _answers(results: pd.DataFrame) -> pd.DataFrame:
    """Every laboratory answered Mg; the text of all but the first is a canary."""
    own = results[results["analyte"] == "Mg"][["lab_code", "device_id", "analyte", "sample"]]
    detail = own["lab_code"].map(lambda code: "" if code == LABS[0] else "CANARY")
    return own.assign(code="+", answer="POS", target="POS", mark=1.0, critical=False, detail=detail)


def _findings() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "lab_code": ["", LABS[0], LABS[1], LABS[0]],
            "analyte": ["K", "", "", "Mg"],
            "code": ["F14", "F01", "F02", "F40"],
            "level": [2, 3, 3, 0],
            "organiser_level": [2, 0, 0, 3],
            "params": ['{"old": 25}', "{}", '{"note": "CANARY"}', "{}"],
        }
    )


@pytest.fixture(scope="session")
def office() -> Office:
    return Office()


@pytest.fixture(scope="session")
def labs() -> list[str]:
    return LABS
