"""the year: enrolment, dispatch, receipt and claims, by revision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ("claim", "receipt", "dispatch", "year_enrolment", "year_rejection", "year_intake")


def upgrade() -> None:
    """Six new tables; nothing of before is touched."""
    create_tables()


def create_tables() -> None:
    """Everything of this revision."""
    counts = ("rows_read", "rows_loaded", "rows_known", "rows_rejected")
    op.create_table(
        "year_intake",
        _whole("intake_id"),
        *_texts("kind", "scope", "source", "source_sha256"),
        _time("received_at"),
        *(_whole(name) for name in counts),
        _check("year_intake", "counts_reconcile", "rows_read = rows_loaded + rows_known + rows_rejected"),
        sa.PrimaryKeyConstraint("intake_id", name=op.f("pk_year_intake")),
    )
    op.create_table(
        "year_rejection",
        _whole("intake_id"),
        _whole("row_no"),
        *_texts("place", "reason", "content"),
        _link("year_rejection", "intake_id", "year_intake.intake_id"),
        sa.PrimaryKeyConstraint("intake_id", "row_no", name=op.f("pk_year_rejection")),
    )
    _revised(
        "year_enrolment",
        ("lab_id", "programme_no", "year", "device_id"),
        _whole("lab_id"),
        *_texts("programme_no"),
        _whole("year"),
        *_texts("device_id"),
        _whole("revision"),
        *_texts("year_state"),
        sa.Column("fee_settled", sa.Boolean(), nullable=False),
        sa.Column("designated", sa.Boolean(), nullable=False),
        *_texts("reason"),
        _whole("intake_id"),
        _check("year_enrolment", "state_is_known", "year_state in ('enrolled', 'withdrawn')"),
        _link("year_enrolment", "lab_id", "laboratory.lab_id"),
        _link("year_enrolment", "intake_id", "year_intake.intake_id"),
    )
    _revised(
        "dispatch",
        ("participation_id",),
        _whole("participation_id"),
        _whole("revision"),
        _time("dispatched_on", nullable=False),
        _time("due_at"),
        *_texts("cause", "reason"),
        _check("dispatch", "cause_is_known", "cause in ('dispatch', 'correction', 'replacement')"),
        _link("dispatch", "participation_id", "participation.participation_id"),
    )
    _revised(
        "receipt",
        ("participation_id",),
        _whole("participation_id"),
        _whole("revision"),
        _time("received_on", nullable=False),
        *_texts("condition", "reason"),
        _whole("intake_id"),
        _check("receipt", "condition_is_known", "condition in ('intact', 'damaged', 'incomplete')"),
        _link("receipt", "participation_id", "participation.participation_id"),
        _link("receipt", "intake_id", "year_intake.intake_id"),
    )
    _create_claims()


def _create_claims() -> None:
    _revised(
        "claim",
        ("participation_id", "sample", "claimed_on"),
        _whole("participation_id"),
        *_texts("sample"),
        _time("claimed_on", nullable=False),
        _whole("revision"),
        *_texts("claim_kind", "claim_state"),
        _time("replaced_on"),
        _time("decided_on"),
        *_texts("reason"),
        _whole("intake_id"),
        _check("claim", "kind_is_known", "claim_kind in ('damage', 'loss')"),
        _check("claim", "state_is_known", "claim_state in ('open', 'replaced', 'sample_fault', 'refused')"),
        _link("claim", "participation_id", "participation.participation_id"),
        _link("claim", "intake_id", "year_intake.intake_id"),
    )


def downgrade() -> None:
    """Drop them."""
    for table in TABLES:
        op.drop_table(table)


def _revised(name: str, key: tuple[str, ...], *columns: sa.SchemaItem) -> None:
    """A table whose rows are numbered by revision within their key."""
    op.create_table(
        name,
        *columns,
        _check(name, "revision_counts_from_one", "revision > 0"),
        sa.PrimaryKeyConstraint(*key, "revision", name=op.f(f"pk_{name}")),
        sqlite_with_rowid=False,
    )


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _time(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(), nullable=nullable)


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _link(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))
