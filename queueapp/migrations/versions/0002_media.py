"""Libraries, their folders' digests, titles and their files."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision: str | None = "0001"

TIME = sa.DateTime(timezone=True)
EMPTY_LIST = sa.text("'[]'::jsonb")
KINDS = ("movie", "show", "season", "episode")
STATUSES = ("present", "gone")
EMPTY_OBJECT = sa.text("'{}'::jsonb")


def _one_of(constraint: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=op.f(constraint), native_enum=False, create_constraint=True, length=20)


def _now(name: str) -> sa.Column[Any]:
    return sa.Column(name, TIME, server_default=sa.func.now(), nullable=False)


def upgrade() -> None:
    """Create the tables."""
    _create_libraries()
    _create_media()
    _create_media_files()


def downgrade() -> None:
    """Drop the tables."""
    for table in ("media_files", "media", "library_folders", "libraries"):
        op.drop_table(table)


def _create_libraries() -> None:
    op.create_table(
        "libraries",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("kind", _one_of("ck_libraries_kind", "movies", "tv"), nullable=False),
        sa.Column("options", JSONB, server_default=EMPTY_OBJECT, nullable=False),
        _now("created_at"),
        _now("updated_at"),
        sa.Column("last_scan_at", TIME),
        sa.Column("last_scan_task_id", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_libraries")),
        sa.UniqueConstraint("path", name=op.f("uq_libraries_path")),
    )
    op.create_table(
        "library_folders",
        sa.Column("library_id", sa.BigInteger, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("library_id", "path", name=op.f("pk_library_folders")),
        sa.ForeignKeyConstraint(
            ["library_id"],
            ["libraries.id"],
            name=op.f("fk_library_folders_library_id_libraries"),
            ondelete="CASCADE",
        ),
    )


def _create_media() -> None:
    op.create_table(
        "media",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("library_id", sa.BigInteger, nullable=False),
        sa.Column("kind", _one_of("ck_media_kind", *KINDS), nullable=False),
        sa.Column("status", _one_of("ck_media_status", *STATUSES), server_default="present", nullable=False),
        sa.Column("parent_id", sa.BigInteger),
        sa.Column("show_id", sa.BigInteger),
        *_naming_columns(),
        *_place_columns(),
        *_phase_columns(),
        *_time_columns(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sa.ForeignKeyConstraint(
            ["library_id"], ["libraries.id"], name=op.f("fk_media_library_id_libraries"), ondelete="CASCADE"
        ),
        *(_within_media(column) for column in ("parent_id", "show_id")),
        sa.UniqueConstraint("library_id", "key", name=op.f("uq_media_library_id_key")),
        _check("gone_has_its_time", "(status = 'gone') = (gone_at IS NOT NULL)"),
        _check("part_of_a_show", "(kind IN ('season', 'episode')) = (show_id IS NOT NULL)"),
        _check("files_have_a_path", "(kind IN ('movie', 'episode')) = (main_path IS NOT NULL)"),
    )
    op.create_index("ix_media_library_id_unit", "media", ["library_id", "unit"])
    for column in ("parent_id", "show_id", "last_task_id", "published_task_id"):
        op.create_index(f"ix_media_{column}", "media", [column])
    op.create_index(
        "ix_media_unfinished",
        "media",
        ["library_id"],
        postgresql_where=sa.text("fingerprint IS DISTINCT FROM published_fingerprint"),
    )


def _within_media(column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], ["media.id"], name=op.f(f"fk_media_{column}_media"), ondelete="CASCADE"
    )


def _check(name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_media_{name}"))


def _naming_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("year", sa.Integer),
        sa.Column("parsed_title", sa.Text, nullable=False),
        sa.Column("parsed_year", sa.Integer),
        sa.Column("season_number", sa.Integer),
        sa.Column("episode_number", sa.Integer),
        sa.Column("episode_numbers", JSONB, server_default=EMPTY_LIST, nullable=False),
        sa.Column("absolute_number", sa.Integer),
        sa.Column("air_date", sa.Date),
    ]


def _place_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("own_folder", sa.Boolean, server_default=sa.true(), nullable=False),
        sa.Column("main_path", sa.Text),
        sa.Column("tmdb_id", sa.Integer),
        sa.Column("imdb_id", sa.Text),
        sa.Column("tvdb_id", sa.Integer),
        sa.Column("ids_source", _one_of("ck_media_ids_source", "match", "name", "nfo", "user")),
        sa.Column("fingerprint", sa.Text),
        sa.Column("analyzed_fingerprint", sa.Text),
        sa.Column("published_fingerprint", sa.Text),
        sa.Column("failed_fingerprint", sa.Text),
    ]


def _phase_columns() -> list[sa.Column[Any]]:
    match_states = _one_of("ck_media_match_state", "none", "matched", "unsure", "unmatched", "manual")
    return [
        sa.Column("streams", JSONB),
        sa.Column("metadata", JSONB, server_default=EMPTY_OBJECT, nullable=False),
        sa.Column("match_state", match_states, server_default="none", nullable=False),
        sa.Column("match_score", sa.Float),
        sa.Column("match_candidates", JSONB, server_default=EMPTY_LIST, nullable=False),
        sa.Column("locked_fields", JSONB, server_default=EMPTY_LIST, nullable=False),
        sa.Column("edits", JSONB, server_default=EMPTY_OBJECT, nullable=False),
        sa.Column("published_files", JSONB, server_default=EMPTY_OBJECT, nullable=False),
    ]


def _time_columns() -> list[sa.Column[Any]]:
    nullable = ("gone_at", "analyzed_at", "enriched_at", "published_at")
    return [
        _now("added_at"),
        _now("updated_at"),
        *(sa.Column(name, TIME) for name in nullable),
        sa.Column("published_task_id", sa.BigInteger),
        sa.Column("last_task_id", sa.BigInteger),
    ]


def _create_media_files() -> None:
    roles = ("main", "part", "version", "trailer", "extra", "subtitle", "nfo")
    op.create_table(
        "media_files",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("media_id", sa.BigInteger, nullable=False),
        sa.Column("role", _one_of("ck_media_files_role", *roles), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("part", sa.Integer),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("inode", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_files")),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.id"], name=op.f("fk_media_files_media_id_media"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("media_id", "path", name=op.f("uq_media_files_media_id_path")),
    )
    op.create_index("ix_media_files_path", "media_files", ["path"])
