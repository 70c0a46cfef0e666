"""A year through files, with the user's own commands: rows of files are accounted for, reports are counted where they lie."""

from __future__ import annotations

import csv
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from workbench.rounds.control_reports import FORMATS
from workbench.store import open_store
from workbench.store.control_points import control_questions
from workbench.store.control_tables import read_control_table

LABORATORIES, ANALYTES, DAYS = 20, 4, 31


def command(*words: object) -> tuple[int, str]:
    """In a process of its own, as a user's: reports are made in forks, which threads of a test run would hold up."""
    line = [sys.executable, "-m", "workbench.cli", "iqc", *map(str, words)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout


def typed(line: str, *more: object) -> tuple[int, str]:
    """A printed command as a shell would read it: file patterns opened."""
    words = shlex.split(line)
    assert words[:2] == ["workbench", "iqc"]
    opened = [
        path
        for word in words[2:]
        for path in (sorted(map(str, Path(word).parent.glob(Path(word).name))) if "*" in word else [word])
    ]
    return command(*opened, *more)


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], list[tuple[int, str]]]:
    """Folder, the commands that `demo` printed, and what each of them said."""
    folder = tmp_path_factory.mktemp("year")
    url = f"sqlite:///{folder / 'qc.sqlite'}"
    size = ("--laboratories", LABORATORIES, "--analytes", ANALYTES, "--days", DAYS)
    code, said = command("demo", url, *size, "--files", folder / "files", "--mistake-every", 200)
    assert code == 0
    lines = [line for line in said.splitlines() if line.startswith("workbench iqc ")]
    assert [line.split()[2] for line in lines] == ["register", "ingest", "evaluate", "report"]
    more: list[tuple[object, ...]] = [
        (), ("--json",), ("--out", folder / "out"), ("--out", folder / "out", "--workers", 2),
    ]  # fmt: skip
    return folder, lines, [typed(line, *each) for line, each in zip(lines, more, strict=True)]


def rows_of(folder: Path) -> list[dict[str, str]]:
    rows = []
    for path in sorted((folder / "files" / "points").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows += list(csv.DictReader(file))
    return rows


Delivered = tuple[Path, list[str], list[tuple[int, str]]]


def test_every_row_of_the_files_is_stored_a_duplicate_or_rejected(delivered: Delivered) -> None:
    folder, _, said = delivered
    rows = rows_of(folder)
    keys = [(r["lab_code"], r["analyte"], r["level"], r["qc_lot"], r["run_at"]) for r in rows]
    unreadable = sum(row["value"].startswith("<") for row in rows)
    copies = len(keys) - len(set(keys))
    points = LABORATORIES * ANALYTES * 2 * DAYS
    assert copies > 20
    assert unreadable > 20
    assert len(rows) == points + copies
    code, output = said[1]
    assert code == 3
    runs = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    store = open_store(f"sqlite:///{folder / 'qc.sqlite'}")
    stored = len(read_control_table(store))
    assert sum(run["rows_read"] for run in runs) == len(rows)
    assert sum(run["rows_known"] for run in runs) == copies
    assert sum(run["rows_quarantined"] for run in runs) == unreadable == len(control_questions(store))
    assert stored == points - unreadable
    assert len(rows) == stored + copies + unreadable
    table = read_control_table(store, lab_code="L0007", analytes=["K"])
    sent = {
        (r["level"], r["qc_lot"], r["run_at"][:10]): float(r["value"])
        for r in rows
        if (r["lab_code"], r["analyte"]) == ("L0007", "K") and not r["value"].startswith("<")
    }
    days = table.day.astype("datetime64[D]").astype(str)
    levels = table.series["level"].to_numpy(str)[table.code]
    lots = [table.lots[k] for k in table.lot]
    found = dict(
        zip(zip(levels.tolist(), lots, days.tolist(), strict=True), table.value.tolist(), strict=True)
    )
    assert found == sent


def test_every_laboratory_has_its_report_in_every_format(delivered: Delivered) -> None:
    folder, _, said = delivered
    code, output = said[3]
    assert code == 0
    assert f"{LABORATORIES * len(FORMATS)} files, 0 reports failed" in output
    assert re.search(rf"{LABORATORIES} reports = {LABORATORIES} made \+ 0 stood already \+ 0 failed", output)
    labs = folder / "out" / "2026-01" / "labs"
    files = sorted(p.name for p in labs.iterdir())
    assert len(files) == LABORATORIES * len(FORMATS)
    rows = rows_of(folder)
    for number in range(1, LABORATORIES + 1):
        code_of = f"L{number:04d}"
        own = {e: (labs / f"{code_of}.zh_CN.{e}").read_bytes() for e in FORMATS}
        twin = json.loads(own["json"])
        readable = {
            (r["analyte"], r["level"], r["run_at"])
            for r in rows
            if r["lab_code"] == code_of and r["value"][0] != "<"
        }
        assert twin["counts"]["points"] == len(readable)
        assert own["pdf"].startswith(b"%PDF")
        assert code_of in own["html"].decode()
        others = {f"L{k:04d}".encode() for k in range(1, LABORATORIES + 1)} - {code_of.encode()}
        assert not any(other in own[e] for other in others for e in ("html", "json", "csv"))
    compared = pd.read_csv(folder / "out" / "2026-01" / "comparison.csv")
    assert compared["lab_code"].nunique() == LABORATORIES


def test_an_interrupted_batch_makes_only_what_is_missing(delivered: Delivered) -> None:
    folder, lines, _ = delivered
    labs = folder / "out" / "2026-01" / "labs"
    before = {p.name: p.stat().st_mtime_ns for p in labs.iterdir() if p.is_file()}
    (labs / "L0003.zh_CN.pdf").unlink()
    (folder / "out" / "2026-01" / ".labs.made" / "L0005.zh_CN").unlink()
    (folder / "out" / "2026-01" / ".labs.made" / "L0006.zh_CN").write_text("made of something else")
    code, output = typed(lines[3], "--out", folder / "out", "--workers", 2)
    assert code == 0
    assert f"{LABORATORIES} reports = 3 made + {LABORATORIES - 3} stood already + 0 failed" in output
    after = {p.name: p.stat().st_mtime_ns for p in labs.iterdir() if p.is_file()}
    assert set(after) == set(before)
    anew = {name.split(".")[0] for name in after if after[name] != before[name]}
    assert anew == {"L0003", "L0005", "L0006"}
    dated = ("--issued-at", "2027-01-05T10:00:00+08:00", "--lab", "L0001", "--out", folder / "out")
    assert "1 made + 0 stood already" in typed(lines[3], *dated)[1]


def test_the_same_files_again_change_nothing(delivered: Delivered) -> None:
    folder, lines, _ = delivered
    store = open_store(f"sqlite:///{folder / 'qc.sqlite'}")
    before = len(read_control_table(store))
    output = typed(lines[1], "--json")[1]
    assert all(json.loads(line)["repeated"] for line in output.splitlines())
    assert len(read_control_table(store)) == before
