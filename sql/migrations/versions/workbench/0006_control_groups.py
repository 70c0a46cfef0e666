"""control groups and tags of laboratories."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "control_group",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("stack", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", "owner", name=op.f("pk_control_group")),
    )
    op.create_table(
        "laboratory_tag",
        sa.Column("lab_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lab_id"], ["laboratory.lab_id"], name=op.f("fk_laboratory_tag_lab_id")),
        sa.PrimaryKeyConstraint("lab_id", "tag", name=op.f("pk_laboratory_tag")),
    )


def downgrade() -> None:
    op.drop_table("laboratory_tag")
    op.drop_table("control_group")
