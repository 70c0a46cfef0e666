"""What several test modules of this room share: kernel specifications, one delivered round."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.rounds.delivered import Delivered, deliver


@pytest.fixture
def warm_kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of a kernel specification served by the warm provisioner with a small preload."""
    folder = tmp_path / "kernels" / "warm"
    folder.mkdir(parents=True)
    config = {"preload": ["json", "decimal"]}
    spec = {
        "argv": ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Warm",
        "language": "python",
        "metadata": {"kernel_provisioner": {"provisioner_name": "workbench-warm", "config": config}},
    }
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    return "warm"


@pytest.fixture(scope="session")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    """One finished round for all tests of delivered files; they share an xdist group, so it runs once."""
    return deliver(tmp_path_factory.mktemp("delivered"))
