"""the limit an alert went beyond, and why it held."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Plain ADD COLUMN; alerts of before do not say."""
    op.add_column("control_alert", sa.Column("size_limit", sa.Double(), nullable=True))
    op.add_column("control_alert", sa.Column("limit_reason", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("control_alert", "limit_reason")
    op.drop_column("control_alert", "size_limit")
