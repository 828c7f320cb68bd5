"""Pictures, the providers' cached answers, and players."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision: str | None = "0002"

TIME = sa.DateTime(timezone=True)


def _one_of(constraint: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=op.f(constraint), native_enum=False, create_constraint=True, length=20)


def _now(name: str) -> sa.Column[Any]:
    return sa.Column(name, TIME, server_default=sa.func.now(), nullable=False)


def upgrade() -> None:
    """Create the tables."""
    _create_images()
    _create_provider_cache()
    _create_players()


def downgrade() -> None:
    """Drop the tables."""
    for table in ("players", "provider_cache", "images"):
        op.drop_table(table)


def _create_images() -> None:
    op.create_table(
        "images",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("media_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("label", sa.Text, server_default="", nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("language", sa.Text, server_default="", nullable=False),
        sa.Column("width", sa.Integer, server_default="0", nullable=False),
        sa.Column("height", sa.Integer, server_default="0", nullable=False),
        sa.Column("votes", sa.Integer, server_default="0", nullable=False),
        sa.Column("vote_average", sa.Float, server_default="0", nullable=False),
        sa.Column("selected", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("selected_by", _one_of("ck_images_selected_by", "auto", "user")),
        sa.Column("position", sa.Integer, server_default="0", nullable=False),
        sa.Column("sha256", sa.Text),
        sa.Column("content_type", sa.Text),
        sa.Column("size_bytes", sa.BigInteger),
        sa.Column("error", sa.Text),
        _now("created_at"),
        sa.Column("downloaded_at", TIME),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_images")),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.id"], name=op.f("fk_images_media_id_media"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("media_id", "kind", "url", name=op.f("uq_images_media_id_kind_url")),
        sa.CheckConstraint(
            "selected = (selected_by IS NOT NULL)", name=op.f("ck_images_selected_by_someone")
        ),
        sa.CheckConstraint(
            "(sha256 IS NULL) = (downloaded_at IS NULL)", name=op.f("ck_images_downloaded_has_its_time")
        ),
    )
    op.create_index("ix_images_sha256", "images", ["sha256"])


def _create_provider_cache() -> None:
    op.create_table(
        "provider_cache",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("etag", sa.Text),
        sa.Column("body", JSONB),
        _now("fetched_at"),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_provider_cache")),
    )
    op.create_index("ix_provider_cache_expires_at", "provider_cache", ["expires_at"])


def _create_players() -> None:
    op.create_table(
        "players",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", _one_of("ck_players_kind", "kodi", "jellyfin"), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("username", sa.Text),
        sa.Column("secret", sa.Text),
        sa.Column("path_mappings", JSONB, server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("enabled", sa.Boolean, server_default=sa.true(), nullable=False),
        _now("created_at"),
        _now("updated_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_players")),
        sa.UniqueConstraint("name", name=op.f("uq_players_name")),
    )
