"""The tables of access: users, API keys, audit log and run-time settings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision: str | None = "0003"

ID = (sa.BigInteger, sa.Identity())
NOW = sa.text("now()")


def _role() -> sa.Column[str]:
    role = sa.Enum("admin", "viewer", name="role", native_enum=False, create_constraint=True, length=20)
    return sa.Column("role", role, nullable=False)


def _time(name: str, *, default: bool = False) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), nullable=not default, server_default=NOW if default else None
    )


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "users",
        sa.Column("id", *ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        _role(),
        sa.Column("password_hash", sa.Text, nullable=False),
        _time("created_at", default=True),
        _time("updated_at", default=True),
        _time("last_login_at"),
        sa.CheckConstraint("name = lower(name)", name=op.f("ck_users_name_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", *ID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        _role(),
        sa.Column("key_hash", sa.Text, nullable=False),
        sa.Column("prefix", sa.Text, nullable=False),
        _time("created_at", default=True),
        sa.Column("created_by", sa.Text),
        _time("last_used_at"),
        _time("revoked_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", *ID, nullable=False),
        _time("at", default=True),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("detail", JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
        sa.Column("address", sa.Text),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index(op.f("ix_audit_log_at"), "audit_log", ["at"])
    op.create_table(
        "settings",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", JSONB, nullable=False),
        _time("updated_at", default=True),
        sa.Column("updated_by", sa.Text),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_settings")),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("settings", "audit_log", "api_keys", "users"):
        op.drop_table(table)
