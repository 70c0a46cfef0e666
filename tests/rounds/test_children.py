"""Children of one parent start equal: what one notebook does to its process no other one sees."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rounds.inline_children import STATE
from workbench.rounds.render import can_fork

pytestmark = pytest.mark.skipif(not can_fork(), reason="children are forked on Linux only")


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    folder = tmp_path_factory.mktemp("children")
    script = Path(__file__).parent / "inline_children.py"
    run = subprocess.run([sys.executable, script, folder], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads((folder / "state.json").read_text())


@pytest.mark.parametrize("what", sorted(STATE))
def test_the_next_child_sees_nothing_of(what: str, state: dict[str, dict[str, object]]) -> None:
    assert state["inside"][what] != state["before"][what], "the notebook did not change it; nothing is tested"
    assert state["after"][what] == state["before"][what]


def test_random_numbers_belong_to_the_report(state: dict[str, dict[str, object]]) -> None:
    assert state["other"]["random"] != state["before"]["random"]


def test_a_process_that_has_typeset_is_not_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The typesetter's threads stay behind in a fork: its child would wait for ever."""
    from workbench.reports import typst_pdf

    monkeypatch.setattr(typst_pdf._Engine, "started", True)
    assert not can_fork()
    monkeypatch.setattr(typst_pdf._Engine, "started", False)
    assert can_fork()
