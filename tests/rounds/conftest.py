"""Kernel specifications for the tests of warm kernels."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


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
