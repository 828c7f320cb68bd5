"""Indexes for large ledgers."""

from __future__ import annotations

revision = "0010"
down_revision: str | None = "0009"


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
