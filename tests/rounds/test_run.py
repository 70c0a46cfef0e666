"""The round run, end to end: the same bytes twice, killed and resumed, corrected and amended."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.rounds.round_fixture import N_LABORATORIES, fill, hashes, write_plan
from workbench.parameters import load_round
from workbench.rounds import planning
from workbench.rounds.planning import Wanted
from workbench.rounds.pool import Limits, run_tasks
from workbench.rounds.prepare import prepare_programme
from workbench.rounds.progress import Silent
from workbench.rounds.records import Record, load_records
from workbench.rounds.render import render
from workbench.rounds.run import RunOptions, run_round
from workbench.rounds.run_log import log_path, read_log
from workbench.rounds.tasks import ReportTask
from workbench.store import Submissions, add_submissions, open_store, round_inputs

pytestmark = pytest.mark.xdist_group("round-run")
FORMATS = 5


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plan of a round that has been run to its end."""
    path = fill(tmp_path_factory.mktemp("round"))
    result = run_round(load_round(path), RunOptions(workers=2))
    assert result.failures == ()
    return path


def copied(finished: Path, folder: Path, **changes: object) -> Path:
    """The same store, no outputs yet."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(finished.parent / "eqa.sqlite", folder / "eqa.sqlite")
    return write_plan(folder, f"sqlite:///{folder / 'eqa.sqlite'}", **changes)


def outputs(plan: Path) -> Path:
    return plan.parent / "outputs"


def participants(plan: Path) -> list[str]:
    inputs = round_inputs(open_store(load_round(plan).database), "2026-1", "1.4")
    return list(inputs.laboratories["lab_code"])


def test_every_report_exists_once_and_reconciles_with_the_manifest(finished: Path) -> None:
    folder = outputs(finished) / "2026-1" / "0104"
    manifest = json.loads((folder / "manifest.json").read_bytes())
    labs = participants(finished)
    assert 0 < len(labs) <= N_LABORATORIES
    wanted = len(labs) + 1 + 2
    assert manifest["counts"] == {"reports": wanted, "files": wanted * FORMATS, "amended": 0}
    on_disk = hashes(outputs(finished))
    recorded = {a["path"]: a["sha256"] for r in manifest["reports"] for a in r["files"].values()}
    assert len(recorded) == wanted * FORMATS
    assert {path: on_disk[path] for path in recorded} == recorded
    delivered = {p for p in on_disk if "/labs/" in p or p.split("/")[-1].startswith("programme")}
    assert delivered == set(recorded)


def test_run_again_makes_nothing(finished: Path) -> None:
    before = hashes(outputs(finished))
    result = run_round(load_round(finished), RunOptions(workers=1))
    assert (result.planned, result.made) == (0, 0)
    assert hashes(outputs(finished)) == before


def test_forced_without_a_change_leaves_the_issued_bytes(finished: Path) -> None:
    before = hashes(outputs(finished))
    lab = participants(finished)[0]
    options = RunOptions(Wanted(frozenset([lab]), force=True), workers=1)
    result = run_round(load_round(finished), options)
    assert (result.made, result.failures) == (0, ())
    assert result.unchanged >= 1
    assert hashes(outputs(finished)) == before


def test_a_damaged_file_is_restored(finished: Path) -> None:
    before = hashes(outputs(finished))
    lab = participants(finished)[1]
    victim = outputs(finished) / "2026-1" / "0104" / "labs" / f"{lab}.pdf"
    victim.write_bytes(victim.read_bytes()[:100])
    result = run_round(load_round(finished), RunOptions(workers=1))
    assert (result.planned, result.made, result.amended) == (1, 1, 0)
    assert hashes(outputs(finished)) == before


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")
def test_killed_in_the_middle_it_is_completed_with_the_same_bytes(finished: Path, tmp_path: Path) -> None:
    plan = copied(finished, tmp_path)
    command = [sys.executable, "-m", "workbench.cli", "run", str(plan), "--workers", "2", "--json"]
    records = outputs(plan) / "2026-1" / "0104"
    for least in (2, 6):
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        until = time.monotonic() + 90
        while process.poll() is None and len(load_records(records)) < least and time.monotonic() < until:
            time.sleep(0.01)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert len(load_records(records)) >= least
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    mine, theirs = (hashes(outputs(p) / "2026-1" / "0104") for p in (plan, finished))
    assert mine == theirs
    assert not list(records.glob(".staging/*"))
    assert not list(records.glob(".intents/*"))


def test_a_correction_amends_what_it_touches_and_keeps_the_rest(finished: Path, tmp_path: Path) -> None:
    plan = copied(finished, tmp_path)
    shutil.copytree(outputs(finished), outputs(plan), dirs_exist_ok=True)
    before = hashes(outputs(plan))
    lab = correct_one_result(load_round(plan).database)
    result = run_round(load_round(plan), RunOptions(workers=2))
    assert result.failures == ()
    assert result.amended == result.made > 0
    folder = outputs(plan) / "2026-1" / "0104"
    record = next(r for r in load_records(folder, f"LR.{lab}.zh_CN.json"))
    assert (record.version, record.report_number[-3:]) == (2, "-V2")
    twin = json.loads((folder / "labs" / f"{lab}.json").read_bytes())
    old = json.loads((folder / "labs" / f"{lab}.v1.json").read_bytes())
    assert twin["report"]["replaces"] == old["report"]["number"]
    assert old["report"]["number"].endswith("-V1")
    after = hashes(outputs(plan))
    for path, found in before.items():
        kept = path.replace(f"{lab}.", f"{lab}.v1.")
        if f"/labs/{lab}." in path:
            assert after[kept] == found, path
    amended = {r.subject for r in load_records(folder) if r.version == 2}
    assert lab in amended
    untouched = [p for p in before if "/labs/" in p and p.split("/")[-1].split(".")[0] not in amended]
    assert all(after[p] == before[p] for p in untouched)


def correct_one_result(database: str) -> str:
    """A new revision of one laboratory in which one result is another; returns its code."""
    store = open_store(database)
    inputs = round_inputs(store, "2026-1", "1.4")
    reported = inputs.results[
        (inputs.results["result_state"] == "reported") & (inputs.results["censor"] == 0)
    ]
    lab = str(reported["lab_code"].iloc[0])
    rows = inputs.results[inputs.results["lab_code"] == lab].copy()
    first = rows.index[rows["result_state"] == "reported"][0]
    rows.loc[first, ["raw", "value", "decimals"]] = ["9.87", 9.87, 2]
    returned = inputs.laboratories.set_index("lab_code").loc[lab, "returned_at"]
    head = inputs.laboratories[inputs.laboratories["lab_code"] == lab][
        ["lab_code", "received_on", "tested_on", "comment"]
    ]
    load = Submissions(head.assign(returned_at=returned, by_role="organiser"), rows.drop(columns="revision"))
    add_submissions(store, "2026-1", "1.4", load)
    return lab


def test_one_failing_report_is_named_and_the_others_are_made(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = copied(finished, tmp_path)
    labs = participants(finished)
    options = RunOptions(Wanted(frozenset(labs[:3])), workers=1)
    real = planning._with_parameters

    def spoilt(task, plan_):  # type: ignore[no-untyped-def]
        task = real(task, plan_)
        if task.subject == labs[1]:
            object.__setattr__(task, "parameters", dict(task.parameters) | {"programme_no": "9.9"})
        return task

    monkeypatch.setattr(planning, "_with_parameters", spoilt)
    result = run_round(load_round(plan), options)
    assert [labs[1] in f.report for f in result.failures] == [True]
    assert result.made == result.planned - 1
    for word in ("lab_round.ipynb", "open_lab_round(", "Traceback", "9.9"):
        assert word in result.failures[0].detail
    summary = (outputs(plan) / "2026-1" / "summary" / "run.html").read_text(encoding="utf-8")
    assert "部分失败" in summary
    assert "Traceback" not in summary
    events = read_log(log_path(outputs(plan), "2026-1"))
    assert [e["result"] for e in events if e.get("subject") == labs[1]] == ["failed"]
    assert [e["failed"] for e in events if e["event"] == "end"] == [1]
    assert not (outputs(plan) / "2026-1" / "0104" / "labs" / f"{labs[1]}.html").exists()


def test_the_log_has_one_event_a_report_with_its_times(finished: Path) -> None:
    events = read_log(log_path(outputs(finished), "2026-1"))
    run = [e for e in events if e["run"] == events[0]["run"]]
    reports = [e for e in run if e["event"] == "report"]
    assert [e["event"] for e in run] == ["start", *["report"] * len(reports), "end"]
    assert run[0]["reports"] == len(reports) == len(participants(finished)) + 3
    assert {e["result"] for e in reports} == {"made"}
    assert all(e["seconds"] > 0 and e["cpu_seconds"] > 0 for e in reports)
    assert reports[0]["kind"] == "PR"


def test_two_shards_at_the_same_time_make_the_plan_between_them(finished: Path, tmp_path: Path) -> None:
    plan = copied(finished, tmp_path, laboratories=5, languages={"zh_CN": "all"})
    command = [sys.executable, "-m", "workbench.cli", "run", str(plan), "--workers", "1", "--json", "--shard"]
    shards = [subprocess.Popen([*command, f"{i}/2"], stdout=subprocess.PIPE, text=True) for i in (1, 2)]
    counts = [json.loads(p.communicate(timeout=120)[0].splitlines()[-1]) for p in shards]
    assert [c["failed"] for c in counts] == [0, 0]
    assert [c["made"] for c in counts] != [6, 0] != [0, 6]
    assert sum(c["made"] for c in counts) == 6
    folder = outputs(plan) / "2026-1" / "0104"
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert manifest["counts"] == {"reports": 6, "files": 6 * FORMATS, "amended": 0}
    whole = hashes(outputs(finished))
    for path, digest in hashes(outputs(plan)).items():
        assert whole[path] == digest or path.endswith(("manifest.json", "plan.yaml")), path
    result = run_round(load_round(plan), RunOptions(workers=1))
    assert (result.planned, result.failures) == (0, ())


def test_a_report_that_passes_the_deadline_is_stopped_and_made_next_time(
    finished: Path, tmp_path: Path
) -> None:
    plan = copied(finished, tmp_path)
    lab = participants(finished)[2]
    wanted = Wanted(frozenset([lab]))
    slow = RunOptions(wanted, workers=1, limits=Limits(deadline_seconds=0.05))
    result = run_round(load_round(plan), slow)
    assert result.made == 0
    assert {f.error for f in result.failures} == {"stopped after 0.05 s"}
    folder = outputs(plan) / "2026-1" / "0104"
    assert not list(folder.glob("labs/*"))
    assert not list(folder.glob(".staging/*"))
    assert run_round(load_round(plan), RunOptions(wanted, workers=1)).complete
    assert (folder / "labs" / f"{lab}.pdf").exists()


def test_fifty_runs_of_one_laboratory_give_the_same_bytes(finished: Path, tmp_path: Path) -> None:
    lab = participants(finished)[0]
    plan = load_round(finished)
    ready = prepare_programme(plan, "1.4", outputs(finished), Silent())
    wanted = Wanted(frozenset([lab]), force=True)
    task = next(t for t in planning.plan_reports(plan, ready, outputs(finished), wanted) if t.subject == lab)
    places = [tmp_path / str(i) for i in range(50)]
    tasks = [dataclasses.replace(task, outputs=p, folder=p / "2026-1" / "0104") for p in places]
    done = list(run_tasks(render, tasks, workers=2))
    assert [o.error for o in done] == [""] * 50
    found = {tuple((name, a.sha256) for name, a in sorted(o.value.items())) for o in done}
    assert len(found) == 1
    assert dict(*found) == {n: a.sha256 for n, a in issued_record(task).files.items()}


def issued_record(task: ReportTask) -> Record:
    """What was issued in another process, with other hash seeds and another time of day."""
    (record,) = load_records(task.folder, f"LR.{task.subject}.{task.locale}.json")
    assert set(record.files) == {"html", "pdf", "xlsx", "json", "csv"}
    return record
