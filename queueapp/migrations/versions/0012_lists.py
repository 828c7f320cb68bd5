"""TMDB users, their lists and the operations on them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision: str | None = "0011"

TIME = sa.DateTime(timezone=True)
OPERATIONS = ("create_list", "update_list", "delete_list", "clear_list", "add_item", "remove_item")
REASONS = ("outage", "circuit", "credentials", "pace")


def upgrade() -> None:
    """Create the tables."""
    _create_users()
    _create_lists()
    _create_operations()


def downgrade() -> None:
    """Drop the tables."""
    for table in ("tmdb_list_operations", "tmdb_lists", "tmdb_users"):
        op.drop_table(table)


def _one_of(constraint: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=op.f(constraint), native_enum=False, create_constraint=True, length=20)


def _now(name: str) -> sa.Column[Any]:
    return sa.Column(name, TIME, server_default=sa.func.now(), nullable=False)


def _belongs(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{to}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, ondelete="CASCADE")


def _create_users() -> None:
    kinds = _one_of("ck_tmdb_users_kind", "v4", "v3")
    statuses = _one_of("ck_tmdb_users_status", "pending", "connected", "refused")
    op.create_table(
        "tmdb_users",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("kind", kinds, nullable=False),
        sa.Column("status", statuses, server_default="pending", nullable=False),
        sa.Column("account_id", sa.Text),
        sa.Column("request_token", sa.Text),
        sa.Column("access_token", sa.Text),
        sa.Column("refused_at", TIME),
        sa.Column("refused_reason", sa.Text),
        sa.Column("connected_at", TIME),
        _now("created_at"),
        _now("updated_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tmdb_users")),
        sa.UniqueConstraint("kind", "account_id", name=op.f("uq_tmdb_users_kind_account_id")),
        sa.CheckConstraint(
            "status = 'pending' OR access_token IS NOT NULL", name=op.f("ck_tmdb_users_in_use_has_token")
        ),
        sa.CheckConstraint(
            "(status = 'refused') = (refused_at IS NOT NULL)", name=op.f("ck_tmdb_users_refused_has_time")
        ),
    )


def _create_lists() -> None:
    op.create_table(
        "tmdb_lists",
        sa.Column("id", sa.BigInteger, sa.Identity(start=1_000_000_001), nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("tmdb_list_id", sa.BigInteger),
        sa.Column("name", sa.Text),
        sa.Column("description", sa.Text),
        sa.Column("public", sa.Boolean),
        sa.Column("sort_by", sa.Text),
        sa.Column("item_count", sa.Integer),
        sa.Column("gone_at", TIME),
        sa.Column("gone_reason", sa.Text),
        _now("created_at"),
        _now("updated_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tmdb_lists")),
        sa.UniqueConstraint("user_id", "tmdb_list_id", name=op.f("uq_tmdb_lists_user_id_tmdb_list_id")),
        _belongs("tmdb_lists", "user_id", "tmdb_users"),
    )
    op.create_index(op.f("ix_tmdb_lists_user_id"), "tmdb_lists", ["user_id"])


def _create_operations() -> None:
    table = "tmdb_list_operations"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("operation_type", _one_of(f"ck_{table}_operation_type", *OPERATIONS), nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("list_id", sa.BigInteger, nullable=False),
        sa.Column("task_id", sa.BigInteger, nullable=False),
        sa.Column("movie_id", sa.BigInteger),
        sa.Column("data", JSONB, server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("in_flight", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("tries", sa.Integer, server_default="0", nullable=False),
        sa.Column("retry_count", sa.Integer, server_default="0", nullable=False),
        sa.Column("first_sent_at", TIME),
        sa.Column("last_retry_at", TIME),
        sa.Column("waits_for", _one_of(f"ck_{table}_waits_for", *REASONS)),
        sa.Column("namesakes", JSONB),
        sa.Column("cancel_reason", sa.Text),
        _now("inserted_at"),
        _now("updated_at"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("task_id", name=op.f(f"uq_{table}_task_id")),
        _belongs(table, "user_id", "tmdb_users"),
        _belongs(table, "list_id", "tmdb_lists"),
        _belongs(table, "task_id", "queue_tasks"),
    )
    op.create_index("ix_tmdb_list_operations_list_task", table, ["list_id", "task_id"])
    op.create_index("ix_tmdb_list_operations_user_id", table, ["user_id", sa.text("id DESC")])
