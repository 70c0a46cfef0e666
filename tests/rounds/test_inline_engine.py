"""The in-process engine files the same outputs in the notebook as papermill with a plain kernel."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.rounds.render import can_fork


@pytest.mark.skipif(not can_fork(), reason="the in-process engine needs fork; here plain kernels are used")
def test_both_engines_give_the_same_notebook(tmp_path: Path) -> None:
    script = Path(__file__).parent / "inline_torture.py"
    run = subprocess.run([sys.executable, script, tmp_path], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    answers = json.loads((tmp_path / "answers.json").read_text())
    assert len(answers["plain"]) > len(answers["plain"][0])
    for plain, inline in zip(answers["plain"], answers["inline"], strict=True):
        assert inline == plain
    errors = [o for cell in answers["inline"] for o in cell[2] or [] if o["output_type"] == "error"]
    assert [e["ename"] for e in errors] == ["ZeroDivisionError"]
