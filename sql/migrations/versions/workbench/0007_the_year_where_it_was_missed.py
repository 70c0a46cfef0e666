"""the tables of 0004 in stores that had passed 0005 before 0004 stood in front of it."""

from __future__ import annotations

from alembic import op
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing, where 0004 has run."""
    if "year_intake" not in inspect(op.get_bind()).get_table_names():
        config = op.get_context().config
        assert config is not None
        ScriptDirectory.from_config(config).get_revision("0004").module.create_tables()


def downgrade() -> None:
    """Nothing: 0004 drops what it made."""
