"""A small store for the apps: a simulated province of forty laboratories, four rounds of one programme."""

from __future__ import annotations

from pathlib import Path

from workbench.parameters import load_round, project_root
from workbench.rounds.demonstration import fill_demonstration
from workbench.rounds.progress import Silent

PROGRAMME = "1.6"


def small_store(folder: Path, programmes: tuple[str, ...] = (PROGRAMME,), laboratories: int = 40) -> str:
    """URL of a fresh store."""
    database = f"sqlite:///{folder / 'apps.sqlite'}"
    plan = load_round(project_root() / "parameters" / "rounds" / "demo-2026-1.yaml")
    own = plan.model_copy(update={"database": database, "programmes": programmes})
    fill_demonstration(own, Silent(), laboratories)
    return database
