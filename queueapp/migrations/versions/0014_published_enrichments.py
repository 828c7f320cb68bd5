"""Which enrichments a series' publication was of, so that a later one is published however the clock stood."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision: str | None = "0013"


def upgrade() -> None:
    """Add the column; a series without it is published once more, which changes no file."""
    op.add_column("media", sa.Column("published_enrichments", sa.Text))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("media", "published_enrichments")
