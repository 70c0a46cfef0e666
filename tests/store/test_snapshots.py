"""Snapshots: same data, same bytes; any change is noticed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal

from workbench.errors import DataError
from workbench.frames import SNAPSHOT_FRAMES
from workbench.store import add_submissions, freeze, load_snapshot, round_inputs, snapshots

WHERE = "2026-1", "1.1"


@pytest.fixture
def inputs(sqlite_store, office):
    office.saved(sqlite_store, "2025-2")
    office.saved(sqlite_store)
    return round_inputs(sqlite_store, *WHERE)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_round_trip_and_same_bytes(inputs, tmp_path):
    first, second = freeze(inputs, tmp_path / "a"), freeze(inputs, tmp_path / "b")
    assert first.sha256 == second.sha256
    assert first.path.name == first.sha256[:12]
    assert contents(first.path) == contents(second.path)
    assert len(contents(first.path)) == len(SNAPSHOT_FRAMES) + 1
    loaded = load_snapshot(first.path, first.sha256)
    assert (loaded.round_code, loaded.programme_no, loaded.closing_at) == (*WHERE, inputs.closing_at)
    for name, frame in inputs.frames().items():
        assert_frame_equal(frame, loaded.frames()[name], check_exact=True)


def test_freezing_again_keeps_what_is_there_and_leaves_nothing_else(inputs, tmp_path):
    first = freeze(inputs, tmp_path)
    assert freeze(inputs, tmp_path) == first
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [first.path.name]


def test_changed_data_give_another_snapshot(inputs, sqlite_store, office, tmp_path):
    first = freeze(inputs, tmp_path)
    add_submissions(sqlite_store, *WHERE, office.returns(["L0002"], seed=8, at="2026-04-21"))
    assert freeze(round_inputs(sqlite_store, *WHERE), tmp_path).sha256 != first.sha256


def test_a_changed_or_missing_file_is_named(inputs, tmp_path):
    snapshot = freeze(inputs, tmp_path)
    changed = snapshot.path / "results.parquet"
    changed.write_bytes(changed.read_bytes()[:-1] + b"\x00")
    (snapshot.path / "samples.parquet").unlink()
    with pytest.raises(DataError) as caught:
        load_snapshot(snapshot.path)
    assert [Path(str(problem.file)).name for problem in caught.value.problems] == [
        "results.parquet",
        "samples.parquet",
    ]


def test_a_snapshot_from_before_a_frame_existed_loads_with_that_frame_empty(inputs, tmp_path, monkeypatch):
    before = tuple(f for f in SNAPSHOT_FRAMES if f.name not in snapshots.LATER)
    monkeypatch.setattr(snapshots, "SNAPSHOT_FRAMES", before)
    old = freeze(inputs, tmp_path)
    monkeypatch.undo()
    loaded = load_snapshot(old.path, old.sha256)
    assert loaded.expected_answers.empty
    assert loaded.answer_history.empty
    assert len(loaded.results) == len(inputs.results)


def test_a_changed_manifest_or_another_hash_is_refused(inputs, tmp_path):
    snapshot = freeze(inputs, tmp_path)
    with pytest.raises(DataError, match="not 777777777777"):
        load_snapshot(snapshot.path, "7" * 64)
    manifest = snapshot.path / "snapshot.json"
    edited = json.loads(manifest.read_text(encoding="utf-8")) | {"round": "2027-1"}
    manifest.write_text(json.dumps(edited), encoding="utf-8")
    with pytest.raises(DataError, match="was changed"):
        load_snapshot(snapshot.path)
    with pytest.raises(DataError, match="is no snapshot"):
        load_snapshot(tmp_path / "nowhere")


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_both_databases_freeze_to_the_same_hash(inputs, postgres_store, office, tmp_path):
    office.saved(postgres_store, "2025-2")
    office.saved(postgres_store)
    assert (
        freeze(round_inputs(postgres_store, *WHERE), tmp_path / "b").sha256
        == freeze(inputs, tmp_path / "a").sha256
    )
