"""`report_vs_cli`: a laboratory's report, HTML and PDF, against the commands a user types today."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import playwright
import yaml

from tests.benchmarks.measure import Entry, compared, tree_cpu
from workbench.parameters import load_round, project_root
from workbench.rounds.demonstration import fill_demonstration
from workbench.rounds.progress import Silent
from workbench.store import open_store, round_inputs

PROGRAMME, N_OURS, N_PEER = "1.1", 100, 2
PLAIN = Path(__file__).parent / "plain_report.ipynb"
BIN = Path(sys.executable).parent


def chromium() -> Path | None:
    """The browser for the peer's PDF; installed by apt where that is possible."""
    for attempt in range(2):
        found = shutil.which("chromium") or shutil.which("chromium-browser")
        if found:
            return Path(found)
        if attempt or not shutil.which("apt-get") or os.geteuid() != 0:
            return None
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=False)
    return None


def browser_folder(browser: Path, folder: Path) -> Path:
    """A folder in which Playwright finds the system's Chromium under the name it looks for."""
    listing = Path(playwright.__file__).parent / "driver" / "package" / "browsers.json"
    names = {entry["name"]: entry["revision"] for entry in json.loads(listing.read_text())["browsers"]}
    for name, inner in (
        ("chromium-headless-shell", "chrome-headless-shell-linux64/chrome-headless-shell"),
        ("chromium", "chrome-linux64/chrome"),
    ):
        link = folder / f"{name.replace('-', '_')}-{names[name]}" / inner
        link.parent.mkdir(parents=True)
        link.symlink_to(browser)
        (link.parents[1] / "INSTALLATION_COMPLETE").touch()
    return folder


def plan_file(folder: Path) -> Path:
    """The demonstration's plan with its own store and outputs, one programme, HTML and PDF."""
    plan = yaml.safe_load((project_root() / "parameters/rounds/demo-2026-1.yaml").read_text(encoding="utf-8"))
    plan |= {
        "database": f"sqlite:///{folder / 'eqa.sqlite'}",
        "outputs": str(folder / "outputs"),
        "programmes": [PROGRAMME],
        "laboratories": "all",
        "languages": {"zh_CN": "all"},
        "formats": ["html", "pdf"],
    }
    path = folder / "plan.yaml"
    path.write_text(yaml.safe_dump(plan, allow_unicode=True), encoding="utf-8")
    return path


def ours(plan: Path, codes: list[str]) -> float:
    """CPU seconds a report of one `workbench run`, start of the process and its workers included."""
    only = [part for code in codes for part in ("--only", code)]
    shutil.rmtree(plan.parent / "outputs", ignore_errors=True)
    seconds = tree_cpu([[str(BIN / "workbench"), "run", str(plan), "--json", *only]], project_root())
    made = list((plan.parent / "outputs").rglob("labs/*.pdf"))
    if len(made) != len(codes):
        raise RuntimeError(f"{len(made)} of {len(codes)} reports were made")
    return seconds / len(codes)


def without_import_defect(folder: Path) -> dict[str, str]:
    """Environment in which jsonschema does not compile the grammars of internationalised addresses.

    Installing JupyterLab brings that checker, and every start of papermill and nbconvert pays for it.
    """
    blocked = folder / "blocked"
    blocked.mkdir()
    (blocked / "rfc3987_syntax.py").write_text('raise ImportError("left out")\n', encoding="utf-8")
    return {"PYTHONPATH": str(blocked)}


def peer(folder: Path, browsers: Path, code: str, more: Mapping[str, str] | None = None) -> float:
    """CPU seconds of papermill, nbconvert to HTML and nbconvert to PDF for one laboratory."""
    done = folder / f"{code}.ipynb"
    convert = [str(BIN / "jupyter"), "nbconvert", "--no-input", str(done)]
    commands = [
        [
            str(BIN / "papermill"),
            str(PLAIN),
            str(done),
            "-p",
            "lab_code",
            code,
            "-p",
            "database",
            str(folder / "eqa.sqlite"),
        ],
        [*convert, "--to", "html"],
        [*convert, "--to", "webpdf", "--WebPDFExporter.disable_sandbox=True"],
    ]
    environment = os.environ | {"PLAYWRIGHT_BROWSERS_PATH": str(browsers)} | dict(more or {})
    seconds = tree_cpu(commands, folder, environment)
    if not done.with_suffix(".pdf").exists() or not done.with_suffix(".html").exists():
        raise RuntimeError("the peer made no report")
    return seconds


def report_vs_cli() -> Entry | None:
    """Both ways in one run on the same store; None where there is no Chromium for the peer's PDF."""
    browser = chromium()
    if browser is None:
        return None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plan = plan_file(folder)
        fill_demonstration(load_round(plan), Silent())
        subprocess.run(
            [BIN / "workbench", "evaluate", plan], cwd=project_root(), check=True, capture_output=True
        )
        browsers = browser_folder(browser, folder / "browsers")
        inputs = round_inputs(open_store(folder / "eqa.sqlite"), "2026-1", PROGRAMME)
        codes = sorted(inputs.laboratories.query("revision > 0")["lab_code"])[:N_OURS]
        mine = [ours(plan, codes) for _ in range(2)]
        theirs = [peer(folder, browsers, code) for code in codes[:N_PEER]]
        spared = peer(folder, browsers, codes[0], without_import_defect(folder))
    what = (
        f"one laboratory x programme {PROGRAMME}, execute + HTML + PDF, whole process tree; ours: {N_OURS} reports "
        "of one `workbench run`, start included; peer: papermill + nbconvert html + nbconvert webpdf, plain "
        f"notebook of the same tables and figures; with the jsonschema import defect worked round {spared:.1f} "
        f"CPU s, {spared / statistics.median(mine):.1f}x"
    )
    return compared(mine, theirs, "CPU s per report", what)
