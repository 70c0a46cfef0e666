"""Migration environment: the caller (`workbench.store.migration`) hands over connection and schema."""

from __future__ import annotations

from alembic import context

from workbench.store.migration import COMPARISON

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes["metadata"],
    **COMPARISON,
)
with context.begin_transaction():
    context.run_migrations()
