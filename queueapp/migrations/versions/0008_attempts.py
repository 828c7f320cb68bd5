"""What each failed attempt of an item came to, and processes of a worker that cannot be killed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision: str | None = "0007"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("queue_items", sa.Column("attempts", JSONB(), nullable=True))
    op.add_column(
        "queue_workers",
        sa.Column("abandoned", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_column("queue_workers", "abandoned")
    op.drop_column("queue_items", "attempts")
