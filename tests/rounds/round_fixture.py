"""A small round in a temporary store, and what its outputs look like."""

from __future__ import annotations

import hashlib
from pathlib import Path

import yaml

from workbench.parameters import load_round, project_root
from workbench.rounds.demonstration import fill_demonstration
from workbench.rounds.progress import Silent

N_LABORATORIES = 14


def write_plan(folder: Path, database: str, **changes: object) -> Path:
    """A plan like the demonstration's with its own database and outputs, for one small programme."""
    plan = yaml.safe_load((project_root() / "parameters/rounds/demo-2026-1.yaml").read_text(encoding="utf-8"))
    plan |= {"database": database, "outputs": str(folder / "outputs"), "programmes": ["1.4"]}
    plan |= {"laboratories": "all", "languages": {"zh_CN": "all", "en": 1}} | changes
    path = folder / "plan.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(plan, allow_unicode=True, default_flow_style=False), encoding="utf-8")
    return path


def fill(folder: Path) -> Path:
    """A plan whose store holds a small simulated province."""
    path = write_plan(folder, f"sqlite:///{folder / 'eqa.sqlite'}")
    fill_demonstration(load_round(path), Silent(), N_LABORATORIES)
    return path


def hashes(outputs: Path) -> dict[str, str]:
    """Path -> hash of every delivered file (hidden working files and the run summary left out)."""
    found = {}
    for path in sorted(outputs.rglob("*")):
        parts = path.relative_to(outputs).parts
        if path.is_file() and not any(p.startswith(".") for p in parts) and "summary" not in parts:
            found["/".join(parts)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found
