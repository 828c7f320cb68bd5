"""Saved views, and acts that can be undone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision: str | None = "0008"


def upgrade() -> None:
    """Add the tables."""
    _saved_views()
    _undos()


def downgrade() -> None:
    """Take them away."""
    op.drop_table("undo_tasks")
    op.drop_table("undos")
    op.drop_table("saved_views")


def _saved_views() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
    )
    op.create_index(
        "uq_saved_views_owner_name", "saved_views", ["owner", sa.text("lower(name)")], unique=True
    )
    op.create_index("ix_saved_views_shared", "saved_views", ["id"], postgresql_where=sa.text("shared"))


def _undos() -> None:
    op.create_table(
        "undos",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("act IN ('delete', 'priority')", name=op.f("ck_undos_act")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_undos")),
    )
    op.create_index(op.f("ix_undos_expires_at"), "undos", ["expires_at"])
    op.create_table(
        "undo_tasks",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("former", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["token"], ["undos.token"], name=op.f("fk_undo_tasks_token_undos"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token", "task_id", name=op.f("pk_undo_tasks")),
    )
