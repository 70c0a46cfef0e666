"""The report factory beside a competent script: cost of one report more, throughput, unchanged notebooks.

Every figure is that of one more report: a small and a large batch are run, start of all processes
included, and the difference is divided by the difference of their sizes.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.benchmarks.measure import Entry, compared, tree_cpu
from tests.benchmarks.reports import BIN, PROGRAMME, chromium, plan_file
from workbench.parameters import load_round, project_root
from workbench.rounds.demonstration import fill_demonstration
from workbench.rounds.progress import Silent
from workbench.store import open_store, round_inputs

HERE = Path(__file__).parent
OURS_SIZES, PEER_SIZES, THROUGHPUT_SIZES = (4, 24), (1, 4), (20, 80)
WANTED_PER_MINUTE, WANTED_LABORATORIES, CORES = 400.0, 1000, 2


@dataclass(frozen=True)
class Round:
    """A filled and evaluated store with its plan, and the codes of laboratories that returned results."""

    folder: Path
    plan: Path
    codes: tuple[str, ...]

    @property
    def database(self) -> str:
        return str(self.folder / "eqa.sqlite")


@cache
def evaluated_round() -> Round:
    """One for all entries of this module; removed at exit."""
    folder = Path(tempfile.mkdtemp(prefix="factory-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    plan = plan_file(folder)
    fill_demonstration(load_round(plan), Silent())
    subprocess.run([BIN / "workbench", "evaluate", plan], cwd=project_root(), check=True, capture_output=True)
    inputs = round_inputs(open_store(folder / "eqa.sqlite"), "2026-1", PROGRAMME)
    return Round(folder, plan, tuple(sorted(inputs.laboratories.query("revision > 0")["lab_code"])))


def one_more(cost: Callable[[int], float], sizes: tuple[int, int]) -> float:
    """Cost of one report more, from batches of two sizes."""
    small, large = sizes
    first, second = cost(small), cost(large)
    return (second - first) / (large - small)


def run_command(given: Round, n: int) -> list[str]:
    """`workbench run` for the first n laboratories into empty outputs."""
    shutil.rmtree(given.folder / "outputs", ignore_errors=True)
    only = [part for code in given.codes[:n] for part in ("--only", code)]
    return [str(BIN / "workbench"), "run", str(given.plan), "--json", "--workers", str(CORES), *only]


def count_made(folder: Path, n: int) -> None:
    """A benchmark of reports that were not made is worth nothing."""
    for ending in ("pdf", "html"):
        made = [p for p in folder.rglob(f"L*.{ending}") if p.stat().st_size > 10_000]
        if len(made) != n:
            raise RuntimeError(f"{len(made)} of {n} {ending} files were made")


def ours_cpu(n: int) -> float:
    """CPU seconds of one run of n reports."""
    given = evaluated_round()
    seconds = tree_cpu([run_command(given, n)], project_root())
    count_made(given.folder / "outputs", n)
    return seconds


def script_cpu(script: str, extra: Sequence[str], n: int) -> float:
    """CPU seconds of a script that makes n reports of the plain notebook in one process."""
    given = evaluated_round()
    folder = given.folder / "peer"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    command = [sys.executable, "-m", f"tests.benchmarks.{script}", given.database, str(folder), *extra]
    seconds = tree_cpu([[*command, *given.codes[:n]]], project_root())
    count_made(folder, n)
    return seconds


def peer_one_more(browser: Path) -> float:
    """CPU seconds of one more report of the competent script."""
    return one_more(lambda n: script_cpu("api_script", [str(browser)], n), PEER_SIZES)


def report_vs_api() -> Entry | None:
    """Our batch against the competent script, same store, HTML and PDF; None without Chromium."""
    browser = chromium()
    if browser is None:
        return None
    what = (
        f"one more laboratory x programme {PROGRAMME}, execute + HTML + PDF, whole process tree; ours: `workbench "
        f"run` of {OURS_SIZES[0]} and {OURS_SIZES[1]} reports; peer: one process, papermill with a plain kernel a "
        f"notebook, one HTMLExporter, one Chromium, {PEER_SIZES[0]} and {PEER_SIZES[1]} reports, plain notebook"
    )
    return compared([one_more(ours_cpu, OURS_SIZES)], [peer_one_more(browser)], "CPU s per report", what)


def unchanged_vs_api() -> Entry | None:
    """The plain seaborn notebook as it is: warm kernel and our exporters against the competent script."""
    browser = chromium()
    if browser is None:
        return None
    mine = one_more(lambda n: script_cpu("unchanged_script", [], n), PEER_SIZES)
    what = (
        "one more report of an unchanged seaborn notebook, execute + HTML + PDF, whole process tree; ours: papermill "
        "with the kernel `workbench`, wbhtml, wbpdf; peer: as in report_vs_api; both in one process, "
        f"{PEER_SIZES[0]} and {PEER_SIZES[1]} reports"
    )
    return compared([mine], [peer_one_more(browser)], "CPU s per report", what)


def reports_per_minute() -> Entry:
    """Throughput on two cores at small scale, and what it means for a province."""
    given = evaluated_round()
    seconds: dict[int, float] = {}

    def wall(n: int) -> float:
        command = run_command(given, n)
        start = time.monotonic()
        subprocess.run(command, cwd=project_root(), check=True, capture_output=True)
        seconds[n] = time.monotonic() - start
        count_made(given.folder / "outputs", n)
        return seconds[n]

    each = one_more(wall, THROUGHPUT_SIZES)
    small, large = THROUGHPUT_SIZES
    start_up = seconds[small] - small * each
    whole = start_up + WANTED_LABORATORIES * each
    rate = 60 * WANTED_LABORATORIES / whole
    what = (
        f"reports a minute, HTML + PDF, {CORES} workers, load before {os.getloadavg()[0]:.1f}; measured {small} "
        f"reports in {seconds[small]:.1f} s and {large} in {seconds[large]:.1f} s; projected, not measured: "
        f"{WANTED_LABORATORIES} in {whole:.0f} s; peer: what is wanted"
    )
    return Entry(
        round(rate, 1), WANTED_PER_MINUTE, round(rate / WANTED_PER_MINUTE, 2), "reports per minute", what
    )
