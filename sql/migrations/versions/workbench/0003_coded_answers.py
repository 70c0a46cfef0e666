"""coded answers: what was expected, what was answered, how answers were distributed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_RATES = ("sensitivity", "sensitivity_low", "sensitivity_high")
_MORE_RATES = ("specificity", "specificity_low", "specificity_high", "a_score")


def upgrade() -> None:
    """Five new tables; nothing of before is touched."""
    op.create_table(
        "expected_answer",
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        *_texts("code", "accepted", "assigned_value_method", "detail"),
        sa.ForeignKeyConstraint(["item_id"], ["analyte_item.item_id"], name="fk_expected_answer_item_id"),
        sa.ForeignKeyConstraint(["sample_id"], ["sample.sample_id"], name="fk_expected_answer_sample_id"),
        sa.PrimaryKeyConstraint("sample_id", "item_id", name="pk_expected_answer"),
    )
    _evaluated(
        "evaluated_expected_answer",
        ("analyte", "sample"),
        *_texts("analyte", "sample", "code", "accepted", "assigned_value_method", "detail"),
    )
    _evaluated(
        "answer",
        ("lab_code", "device_id", "analyte", "sample"),
        *_texts("lab_code", "device_id", "analyte", "sample", "code", "answer", "target", "accepted"),
        *_texts("target_method", "target_level"),
        *_quantities("mark"),
        *_texts("kind"),
        sa.Column("critical", sa.Boolean(), nullable=False),
        *_quantities("distance", "quantity"),
        *_texts("detail"),
    )
    _evaluated(
        "answer_count",
        ("analyte", "sample", "peer_group_level", "peer_group", "answer"),
        *_texts("analyte", "sample", "peer_group_level", "peer_group", "answer"),
        *_counts("position", "count"),
    )
    _evaluated(
        "agreement",
        ("lab_code", "device_id", "analyte"),
        *_texts("lab_code", "device_id", "analyte"),
        *_counts("rounds", "positives", "positives_found", "negatives", "negatives_found"),
        *_quantities(*_RATES, *_MORE_RATES),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("agreement", "answer_count", "answer", "evaluated_expected_answer", "expected_answer"):
        op.drop_table(table)


def _evaluated(name: str, key: tuple[str, ...], *columns: sa.Column[object]) -> None:
    """One frame of an evaluation as a table."""
    op.create_table(
        name,
        sa.Column("evaluation_no", sa.Integer(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["evaluation_no"], ["evaluation.evaluation_no"], name=f"fk_{name}_evaluation_no"
        ),
        sa.PrimaryKeyConstraint("evaluation_no", *key, name=f"pk_{name}"),
        sqlite_with_rowid=False,
    )


def _texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _counts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _quantities(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Double(), nullable=True) for name in names]
