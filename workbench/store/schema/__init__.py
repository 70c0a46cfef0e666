"""Table definitions, one module per subject; the migrations in `sql/migrations` follow them."""

from __future__ import annotations

from workbench.store.schema import control, evaluation, programme_round, report, submission, year
from workbench.store.schema.identity import IDENTITY
from workbench.store.schema.metadata import METADATA

__all__ = ["IDENTITY", "METADATA", "control", "evaluation", "programme_round", "report", "submission", "year"]
