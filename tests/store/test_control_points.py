"""Control points in the store: once each, two tracks never counted twice, questions, targets, exclusions."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from tests.iqc.control_points import places, small_province
from workbench.errors import DataError
from workbench.iqc.allowed_errors import AllowedErrors
from workbench.iqc.comparison import comparison_rows
from workbench.iqc.control_table import control_table
from workbench.iqc.control_targets import targets_in_force
from workbench.parameters.iqc_schemes import comparison_schemes
from workbench.store import Store
from workbench.store.control_master import (
    control_master,
    control_series,
    control_targets,
    register_series,
    save_control_master,
    save_control_targets,
)
from workbench.store.control_points import (
    ControlLoad,
    ControlRun,
    add_control_points,
    close_questions,
    control_discrepancies,
    control_questions,
    exclude_control_points,
)
from workbench.store.control_tables import read_control_table

NO_QUESTIONS = pd.DataFrame(columns=["place", "reason", "sent", "content"])
NOW = datetime(2026, 5, 1)


def registered(store: Store, frame: pd.DataFrame) -> None:
    systems = [("instrument", code) for code in frame["instrument"].unique()]
    systems += [("reagent", code) for code in frame["reagent"].unique()]
    systems += [("calibrator", code) for code in frame["calibrator"].unique()]
    save_control_master(
        store,
        places(frame),
        pd.DataFrame(systems, columns=["kind", "code"]).assign(name_zh="", name_en=""),
        pd.DataFrame({"qc_lot": sorted(frame["qc_lot"].unique()), "material": "serum"}),
    )


def load(store: Store, frame: pd.DataFrame, name: str, questions: pd.DataFrame = NO_QUESTIONS) -> ControlRun:
    read = len(frame) + questions["place"].nunique()
    return add_control_points(store, ControlLoad(frame, questions, name, name, read, received_at=NOW))


@pytest.fixture
def frame() -> pd.DataFrame:
    return small_province(3, laboratories=7, days=40)


def one(**changes: object) -> pd.DataFrame:
    row = small_province(0, laboratories=1, days=2).iloc[:1].assign(run_no=1, replicate=1, **changes)
    return row.reset_index(drop=True)


def test_what_goes_in_comes_out(store: Store, frame: pd.DataFrame) -> None:
    registered(store, frame)
    run = load(store, frame, "a")
    assert (run.rows_read, run.rows_loaded, run.rows_known, run.rows_quarantined) == (
        len(frame),
        len(frame),
        0,
        0,
    )
    mine = read_control_table(store)
    direct = control_table(frame, places(frame))
    pd.testing.assert_frame_equal(mine.series, direct.series)
    for name in ("code", "lot", "run", "value", "counts"):
        np.testing.assert_array_equal(getattr(mine, name), getattr(direct, name))
    scheme = comparison_schemes()["default"]
    pd.testing.assert_frame_equal(
        comparison_rows(mine, scheme, AllowedErrors({})), comparison_rows(direct, scheme, AllowedErrors({}))
    )


def test_parts_can_be_read(store: Store, frame: pd.DataFrame) -> None:
    registered(store, frame)
    load(store, frame, "a")
    day = int(np.datetime64("2026-01-10").astype("datetime64[D]").astype(int))
    part = read_control_table(store, days=(day, day + 1), analytes=["K"], lab_code="L003")
    expected = frame[(frame["lab_code"] == "L003") & (frame["analyte"] == "K")]
    expected = expected[expected["run_at"].between("2026-01-10", "2026-01-12")]
    assert sorted(part.value) == sorted(expected["value"])


def test_the_same_source_again_changes_nothing(store: Store, frame: pd.DataFrame) -> None:
    registered(store, frame)
    first = load(store, frame, "a")
    again = load(store, frame, "a")
    assert again.repeated
    assert again.intake_id == first.intake_id
    other = load(store, frame, "b")
    assert (other.rows_loaded, other.rows_known) == (0, len(frame))
    assert len(read_control_table(store)) == len(frame)


def test_another_value_for_a_point_is_a_question(store: Store) -> None:
    registered(store, one())
    load(store, one(), "a")
    run = load(store, one(raw="9.9", value=9.9), "b")
    assert (run.rows_loaded, run.rows_quarantined) == (0, 1)
    asked = control_questions(store)
    assert asked["reason"].tolist() == ["contradicts"]
    assert asked["sent"].tolist() == ["9.9"]
    close_questions(store, asked[["intake_id", "row_no"]].itertuples(index=False, name=None))
    assert control_questions(store).empty


@pytest.mark.parametrize("first", ["automatic", "manual"])
def test_two_tracks_are_compared_and_counted_once(store: Store, first: str) -> None:
    tracks = {"automatic": one(raw="3.95", value=3.95), "manual": one(raw="3.59", value=3.59, track="manual")}
    registered(store, one())
    order = [first, *({"automatic", "manual"} - {first})]
    for name in order:
        assert load(store, tracks[name], name).rows_loaded == 1
    assert read_control_table(store).value.tolist() == [3.95]
    differing = control_discrepancies(store)
    assert differing[["automatic", "manual"]].values.tolist() == [["3.95", "3.59"]]
    both = pd.concat([t.assign(run_at=t["run_at"] + pd.Timedelta("1D")) for t in tracks.values()])
    assert load(store, both, "both").rows_loaded == 2
    assert read_control_table(store).value.tolist() == [3.95, 3.95]


def test_runs_without_a_number_are_numbered_by_time(store: Store) -> None:
    frame = (
        small_province(4, laboratories=1, days=9)
        .drop_duplicates(["analyte", "level"])
        .assign(run_no=0, replicate=1)
    )
    frame = frame[frame["analyte"] == "K"].reset_index(drop=True)
    registered(store, frame)
    start = pd.Timestamp("2026-03-01 08:00")
    assert len(frame) == 2
    frame["value"] = [3.9, 6.0]
    morning = frame.assign(run_at=[start, start + pd.Timedelta("2min")])
    evening = frame.assign(
        value=[4.0, 6.1],
        raw=["4.0", "6.1"],
        run_at=[start + pd.Timedelta("8h"), start + pd.Timedelta("8h5min")],
    )
    repeated = frame.iloc[:1].assign(run_at=start + pd.Timedelta("10min"), raw="5.5", value=5.5)
    load(store, evening, "evening")
    load(store, morning, "morning")
    load(store, repeated, "repeated")
    table = read_control_table(store)
    run = {float(v): int(r % 1000) for v, r in zip(table.value, table.run, strict=True)}
    assert len(run) == 5
    early, late = ({run[float(v)] for v in group["value"]} for group in (morning, evening))
    assert len(early) == len(late) == 1
    assert min(early) < run[5.5] < min(late)
    again = load(store, morning, "morning again")
    assert (again.rows_loaded, again.rows_known) == (0, len(morning))
    manual = morning.assign(track="manual", run_at=morning["run_at"] + pd.Timedelta("20min"))
    assert load(store, manual, "manual").rows_loaded == len(manual)
    assert len(read_control_table(store)) == len(table)


def test_questions_of_a_source_are_kept_with_what_was_sent(store: Store, frame: pd.DataFrame) -> None:
    registered(store, frame)
    questions = pd.DataFrame(
        {
            "place": ["7", "7", "9"],
            "reason": ["unknown_lot", "value_unreadable", "unknown_lot"],
            "sent": ["Z", "x", "Z"],
            "content": "{}",
        }
    )
    run = load(store, frame, "a", questions)
    assert run.rows_quarantined == 2
    assert len(control_questions(store)) == 3


def test_excluded_points_stay_and_do_not_count(store: Store, frame: pd.DataFrame) -> None:
    registered(store, frame)
    load(store, frame, "a")
    table = read_control_table(store)
    chosen = table.point[[3, 8]]
    with pytest.raises(DataError, match="proven cause"):
        exclude_control_points(store, chosen, " ", "organiser", NOW)
    exclude_control_points(store, chosen, "bubble", "organiser", NOW)
    exclude_control_points(store, chosen, "probe blocked", "organiser", NOW)
    again = read_control_table(store)
    assert len(again) == len(table)
    assert set(again.point[~again.counts]) == set(chosen)


def test_master_data_first(store: Store) -> None:
    frame = one()
    with pytest.raises(DataError, match="unknown"):
        load(store, frame, "a")
    registered(store, frame)
    with pytest.raises(DataError, match="unknown laboratories"):
        register_series(store, frame.assign(lab_code="L999"))
    register_series(store, frame)
    register_series(store, frame)
    assert len(control_series(store)) == 1
    master = control_master(store)
    row = frame.iloc[0]
    assert master.systems[row["lab_code"], row["analyte"], ""] == {
        (row["instrument"], row["reagent"], "", row["calibrator"])
    }
    assert master.lots == {row["qc_lot"]}


def test_the_most_specific_target_counts(store: Store, frame: pd.DataFrame) -> None:
    registered(store, frame)
    load(store, frame, "a")
    base = {"analyte": "K", "level": "1", "qc_lot": "A", "target_source": "maker"}
    rows = [
        {"lab_code": "", "instrument": "", "mean": 4.0, "sd": 0.1},
        {"lab_code": "", "instrument": "I1", "mean": 4.1, "sd": 0.1},
        {"lab_code": "L002", "instrument": "", "mean": 4.2, "sd": 0.1},
        {"lab_code": "L003", "instrument": "I1", "mean": 4.3, "sd": 0.1},
        {"lab_code": "L003", "instrument": "I0", "mean": 9.9, "sd": 0.1},
    ]
    targets = pd.DataFrame([base | row for row in rows])
    save_control_targets(store, targets)
    save_control_targets(store, targets)
    kept = control_targets(store)
    assert len(kept) == 5
    table = read_control_table(store)
    mean, _ = targets_in_force(table, kept)
    lots = np.asarray(table.lots)[table.lot]
    series = table.series.iloc[table.code].reset_index(drop=True)
    for row, m, lot in zip(series.itertuples(), mean, lots, strict=True):
        expected = {"L002": 4.2, "L003": 4.3}.get(row.lab_code, {"I0": 4.0, "I1": 4.1}[row.instrument])
        if row.analyte == "K" and row.level == "1" and lot == "A":
            assert m == expected
        else:
            assert np.isnan(m)
    own_mean, own_sd = targets_in_force(table, kept, own_from_first=20)
    assert np.isfinite(own_mean).sum() > np.isfinite(mean).sum()
    assert (own_sd[np.isfinite(own_mean)] > 0).all()
    with pytest.raises(DataError) as error:
        save_control_targets(store, targets.assign(qc_lot="Z", sd=0.0))
    assert len(error.value.problems) == 6
