"""A publication is whole or absent whatever moment it is killed at, and never overwrites a version."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from workbench.errors import PublishError
from workbench.rounds import publish as publishing
from workbench.rounds.publish import artefact_of, publish, recover
from workbench.rounds.records import Record, load_records, sha256_of, write_manifest


class Killed(BaseException):
    """Stands for SIGKILL: not caught by anything below the test."""


def stage(outputs: Path, version: int) -> tuple[Path, Record]:
    staged = outputs / ".staging" / f"L0001-{version}"
    staged.mkdir(parents=True, exist_ok=True)
    files = {}
    for ending in ("html", "pdf", "json"):
        path = staged / f"L0001.{ending}"
        path.write_bytes(f"{ending} version {version}".encode())
        files[ending] = artefact_of(path, f"2026-1/0101/labs/L0001.{ending}")
    record = Record("LR", "1.1", "L0001", "zh_CN", version, f"key{version}", f"N-V{version}", "2026", files)
    return staged, record


def whole(outputs: Path, version: int) -> bool:
    labs = outputs / "2026-1/0101/labs"
    return all(
        (labs / f"L0001.{e}").exists() and (labs / f"L0001.{e}").read_text() == f"{e} version {version}"
        for e in ("html", "pdf", "json")
    )


def test_a_new_version_keeps_the_old_one_under_its_own_name(tmp_path: Path) -> None:
    folder = tmp_path / "2026-1/0101"
    first = publish(tmp_path, folder, *stage(tmp_path, 1), None)
    publish(tmp_path, folder, *stage(tmp_path, 2), first)
    assert whole(tmp_path, 2)
    assert (folder / "labs/L0001.v1.pdf").read_text() == "pdf version 1"
    assert [r.version for r in load_records(folder)] == [2]
    assert load_records(folder)[0].intact(tmp_path)
    assert not list((tmp_path / ".staging").iterdir())


@pytest.mark.parametrize("step", range(12))
def test_killed_at_any_file_operation_it_is_finished_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    folder = tmp_path / "2026-1/0101"
    first = publish(tmp_path, folder, *stage(tmp_path, 1), None)
    staged, record = stage(tmp_path, 2)
    count = itertools.count()
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if next(count) == step:
            raise Killed
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    try:
        publish(tmp_path, folder, staged, record, first)
        killed = False
    except Killed:
        killed = True
    monkeypatch.undo()
    recover(tmp_path, folder)
    records = load_records(folder)
    assert len(records) == 1
    assert records[0].intact(tmp_path)
    assert whole(tmp_path, records[0].version)
    if step > 0 or not killed:
        assert records[0].version == 2
        assert (folder / "labs/L0001.v1.html").read_text() == "html version 1"


def test_a_staged_file_that_changed_is_not_released(tmp_path: Path) -> None:
    staged, record = stage(tmp_path, 1)
    (staged / "L0001.pdf").write_text("other")
    with pytest.raises(PublishError, match=r"L0001\.pdf"):
        publish(tmp_path, tmp_path / "2026-1/0101", staged, record, None)
    assert not (tmp_path / "2026-1/0101/labs").exists()


def test_the_manifest_counts_what_is_recorded(tmp_path: Path) -> None:
    folder = tmp_path / "2026-1/0101"
    publish(tmp_path, folder, *stage(tmp_path, 1), None)
    path = write_manifest(folder, {"round": "2026-1"})
    before = sha256_of(path)
    assert b'"files": 3' in path.read_bytes()
    assert sha256_of(write_manifest(folder, {"round": "2026-1"})) == before


def test_names_of_replaced_versions() -> None:
    assert publishing.versioned("L1.pdf", 3) == "L1.v3.pdf"
