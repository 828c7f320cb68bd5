"""Saved views, and deletions that can be undone."""

from __future__ import annotations

revision = "0009"
down_revision: str | None = "0008"


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
