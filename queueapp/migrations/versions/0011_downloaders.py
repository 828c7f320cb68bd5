"""Downloaders, the webhooks received from them, and path mappings."""

from __future__ import annotations

revision = "0011"
down_revision: str | None = "0010"


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
