"""TMDB users, their lists and the operations on them."""

from __future__ import annotations

revision = "0012"
down_revision: str | None = "0011"


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
