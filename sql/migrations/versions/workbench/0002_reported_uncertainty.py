"""the uncertainty a laboratory reports with a result."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ADDED = {"result": ("u_result", "coverage_factor"), "score": ("u_result", "expanded_u_result")}
"""Quantities that rows of before do not have: NULL."""


def upgrade() -> None:
    """Plain ADD COLUMN on both databases: no table is copied, rows of before are not rewritten."""
    op.add_column("result", sa.Column("u_raw", sa.Text(), nullable=False, server_default=""))
    for table, names in ADDED.items():
        for name in names:
            op.add_column(table, sa.Column(name, sa.Double(), nullable=True))


def downgrade() -> None:
    """Drop them; SQLite from 3.35 on does so in place, which keeps a table WITHOUT ROWID as it is."""
    for table, names in ADDED.items():
        for name in reversed(names):
            op.drop_column(table, name)
    op.drop_column("result", "u_raw")
