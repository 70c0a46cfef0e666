"""`workbench iqc`: register, ingest, ask, watch a folder, evaluate; every command safe to repeat."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from workbench.cli.commands import app
from workbench.ingest import control_code
from workbench.simulation.control_year import (
    ControlYear,
    FaultPlan,
    YearSize,
    control_points_frame,
    simulate_control_year,
)
from workbench.store import open_store
from workbench.store.control_points import control_questions
from workbench.store.control_tables import read_control_table
from workbench.store.control_watch import control_alerts


@pytest.fixture(scope="module")
def year() -> ControlYear:
    size = YearSize(laboratories=8, days=45, instruments=1)
    return simulate_control_year(("K",), 9, size, FaultPlan(rate=0.2, days=20))


def command(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["iqc", *map(str, words)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


@pytest.fixture
def registered(tmp_path: Path, year: ControlYear) -> tuple[str, Path]:
    """Everything but lot B is registered."""
    series = year.table.series
    files = {
        "laboratories": series[["lab_code", "region", "hospital_level"]].drop_duplicates(),
        "systems": pd.DataFrame(
            [(k, code) for k in ("instrument", "reagent", "calibrator") for code in series[k].unique()],
            columns=["kind", "code"],
        ),
        "lots": pd.DataFrame({"qc_lot": ["A"]}),
        "series": series,
        "targets": year.targets[year.targets["qc_lot"] == "A"],
    }
    words: list[object] = []
    for name, frame in files.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
        words += [f"--{name}", tmp_path / f"{name}.csv"]
    url = f"sqlite:///{tmp_path / 'qc.sqlite'}"
    code, said = command("register", url, *words)
    assert code == 0
    assert "series 16" in said
    return url, tmp_path


def drop(folder: Path, frame: pd.DataFrame, name: str) -> Path:
    path = folder / name
    columns = ["lab_code", "analyte", "level", "qc_lot", "run_at", "run_no", "raw"]
    frame[columns].rename(columns={"raw": "value"}).assign(run_at=frame["run_at"].astype(str)).to_csv(
        path, index=False
    )
    return path


def test_from_files_to_alerts_and_tables(registered: tuple[str, Path], year: ControlYear) -> None:
    url, folder = registered
    frame = control_points_frame(year)
    path = drop(folder, frame, "points.csv")
    code, said = command("ingest", url, path, "--locale", "en")
    of_b = int((frame["qc_lot"] == "B").sum())
    assert code == 3
    assert f"read {len(frame)} = loaded {len(frame) - of_b} + known 0 + quarantined {of_b}" in said
    assert "control lot 'B' is not registered: which is it?" in said
    store = open_store(url)
    assert len(control_questions(store)) == of_b

    pd.DataFrame({"qc_lot": ["B"]}).to_csv(folder / "lot_b.csv", index=False)
    year.targets.to_csv(folder / "targets.csv", index=False)
    assert (
        command("register", url, "--lots", folder / "lot_b.csv", "--targets", folder / "targets.csv")[0] == 0
    )
    code, said = command("ingest", url, "--again", "--json")
    assert code == 0
    assert json.loads(said)["rows_loaded"] == of_b
    assert control_questions(store).empty
    assert len(read_control_table(store)) == len(frame)
    code, said = command("ingest", url, path)
    assert code == 3
    assert "(read before)" in said

    feed = folder / "alerts.jsonl"
    assert command("watch", url, "--once", "--feed", feed)[0] == 0
    alerts = control_alerts(store)
    assert len(alerts) > 5
    assert len(feed.read_text().splitlines()) == len(alerts)
    assert command("watch", url, "--once", "--feed", feed) == (0, "")

    code, said = command("evaluate", url, "--month", "2026-01", "--out", folder / "out")
    assert code == 0
    rows = pd.read_csv(folder / "out" / "2026-01" / "comparison.csv")
    assert set(rows["month"]) == {"2026-01"}
    assert len(rows) == 32
    assert rows["tea_source"].str.startswith("WS/T 403-2024").all()
    assert len(pd.read_csv(folder / "out" / "2026-01" / "hits.csv")) > 0


def test_a_folder_is_watched_file_by_file(registered: tuple[str, Path], year: ControlYear) -> None:
    url, folder = registered
    box = folder / "box"
    box.mkdir()
    frame = control_points_frame(year)
    first = frame[(frame["qc_lot"] == "A") & (frame["run_at"] < "2026-01-10")]
    drop(box, first, "week.csv")
    (box / "half.part").write_text("no file yet")
    shared = {"lab_code": "L0001", "run_at": "2026-01-10T08:00", "run_no": "1"}
    point = {"analyte": "K", "level": "1", "qc_lot": "A", "value": "9.99"}
    (box / "codes.txt").write_text(control_code(shared, [point]) + "\n")
    (box / "strange.csv").write_text("a,b\n1,2\n")
    code, said = command("watch", url, "--once", "--folder", box)
    assert code == 0
    assert f"judged {len(first) + 1}" in said
    assert "strange.csv lacks columns" in said
    again = command("watch", url, "--once", "--folder", box)[1]
    assert "judged" not in again
    assert "1_3.5s" in set(control_alerts(open_store(url))["cause"])


def test_unknown_names_of_sets_are_refused(registered: tuple[str, Path]) -> None:
    from workbench.errors import DataError

    with pytest.raises(DataError, match="known: "):
        command("watch", registered[0], "--once", "--rules", "nonsense")


def test_the_demonstration_can_be_repeated(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'demo.sqlite'}"
    words = ("demo", url, "--laboratories", 8, "--days", 30)
    first, again = command(*words), command(*words)
    assert first == again
    assert first[1].startswith(f"{8 * 6 * 2 * 30} control points")
    assert len(read_control_table(open_store(url))) == 8 * 6 * 2 * 30


def test_correlations_of_every_kind(tmp_path: Path) -> None:
    from workbench.errors import DataError

    url = f"sqlite:///{tmp_path / 'demo.sqlite'}"
    command("demo", url, "--laboratories", 8, "--days", 60)
    for words, pairs in (
        (("laboratories", "--analyte", "K", "--level", 1), 28),
        (("levels", "--analyte", "K", "--lab", "L0001"), 1),
        (("analytes", "--level", 1, "--lab", "L0001"), 15),
    ):
        code, said = command("correlate", url, "--by", *words, "--out", tmp_path / "pairs.csv")
        assert code == 0
        assert f"{pairs} pairs" in said
        found = pd.read_csv(tmp_path / "pairs.csv")
        assert (found["low"] <= found["r"]).all()
        assert found["r"].abs().is_monotonic_decreasing
        assert (found["n"] == 60).all()
    with pytest.raises(DataError, match="give lab_code"):
        command("correlate", url, "--by", "levels", "--analyte", "K")
