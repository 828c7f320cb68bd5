"""Downloaders, the webhooks received from them, and titles they are to bring."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision: str | None = "0010"

Timestamp = sa.DateTime(timezone=True)
_SOURCES = ("match", "name", "nfo", "user")


def upgrade() -> None:
    """Create the tables, and admit ids of titles that come from a downloader."""
    _create_downloaders()
    _create_webhooks()
    _create_webhook_files()
    _create_expected_titles()
    _admit_sources("match", "name", "downloader", "nfo", "user")


def downgrade() -> None:
    """Drop the tables; ids from a downloader count as tagged in a name then."""
    op.execute("UPDATE media SET ids_source = 'name' WHERE ids_source = 'downloader'")
    _admit_sources(*_SOURCES)
    for table in ("expected_titles", "webhook_files", "webhooks", "downloaders"):
        op.drop_table(table)


def _admit_sources(*sources: str) -> None:
    op.drop_constraint(op.f("ck_media_ids_source"), "media", type_="check")
    names = ", ".join(f"'{one}'" for one in sources)
    op.create_check_constraint(op.f("ck_media_ids_source"), "media", f"ids_source IN ({names})")


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, Timestamp, nullable=False, server_default=sa.func.now())


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=op.f(name), native_enum=False, create_constraint=True, length=20)


def _downloader_id(table: str) -> tuple[sa.Column[object], sa.ForeignKeyConstraint]:
    return (
        sa.Column("downloader_id", sa.BigInteger),
        sa.ForeignKeyConstraint(
            ["downloader_id"],
            ["downloaders.id"],
            name=f"fk_{table}_downloader_id_downloaders",
            ondelete="SET NULL",
        ),
    )


def _create_downloaders() -> None:
    op.create_table(
        "downloaders",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", _one_of("ck_downloaders_kind", "radarr", "sonarr"), nullable=False),
        sa.Column("base_url", sa.Text),
        sa.Column("api_key", sa.Text),
        sa.Column("webhook_key", sa.Text, nullable=False),
        sa.Column("path_mappings", JSONB, nullable=False, server_default=sa.text("'[]'::jsonb")),
        sa.Column("enabled", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("registered_at", Timestamp),
        sa.Column("history_read_until", Timestamp),
        _now("created_at"),
        _now("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_downloaders"),
    )
    op.create_index("uq_downloaders_name", "downloaders", [sa.text("lower(name)")], unique=True)


def _create_webhooks() -> None:
    origins = _one_of("ck_webhooks_origin", "http", "spool", "history", "replay")
    outcomes = _one_of(
        "ck_webhooks_outcome", "received", "task", "duplicate", "recorded", "ignored", "waiting", "error"
    )
    op.create_table(
        "webhooks",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("receipt", sa.Uuid, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        *_downloader_id("webhooks"),
        sa.Column("origin", origins, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("title", sa.Text),
        _now("received_at"),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("outcome", outcomes, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("task_id", sa.BigInteger),
        sa.Column("duplicate_of", sa.BigInteger),
        sa.Column("replay_of", sa.BigInteger),
        sa.Column("story", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
        sa.UniqueConstraint("receipt", name="uq_webhooks_receipt"),
    )
    for column in ("event", "outcome", "source"):
        op.create_index(f"ix_webhooks_{column}", "webhooks", [column, "id"])
    for column in ("downloader_id", "received_at", "task_id"):
        op.create_index(f"ix_webhooks_{column}", "webhooks", [column])
    op.create_index(
        "ix_webhooks_story", "webhooks", ["story", "id"], postgresql_where=sa.text("story IS NOT NULL")
    )


def _create_webhook_files() -> None:
    op.create_table(
        "webhook_files",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("webhook_id", sa.BigInteger, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("mark", sa.Text),
        sa.Column("task_id", sa.BigInteger, nullable=False),
        _now("created_at"),
        sa.Column("missed_at", Timestamp),
        sa.Column("superseded", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_files"),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name="fk_webhook_files_webhook_id_webhooks", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_webhook_files_webhook_id", "webhook_files", ["webhook_id"])
    op.create_index("ix_webhook_files_place", "webhook_files", ["place", "id"])


def _create_expected_titles() -> None:
    kinds = _one_of("ck_expected_titles_kind", "movie", "show", "season", "episode")
    states = _one_of("ck_expected_titles_match_state", "none", "matched", "unsure", "unmatched", "manual")
    op.create_table(
        "expected_titles",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("kind", kinds, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("year", sa.Integer),
        sa.Column("tmdb_id", sa.Integer),
        sa.Column("imdb_id", sa.Text),
        sa.Column("tvdb_id", sa.Integer),
        *_downloader_id("expected_titles"),
        sa.Column("metadata", JSONB, nullable=False),
        sa.Column("match_state", states, nullable=False),
        _now("added_at"),
        _now("described_at"),
        sa.PrimaryKeyConstraint("id", name="pk_expected_titles"),
        sa.UniqueConstraint("key", name="uq_expected_titles_key"),
    )
