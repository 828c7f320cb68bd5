"""Titles: films, shows, their seasons and episodes, with what each phase found out about them."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, BigId, CreatedAt, status_column


class MediaKind(enum.StrEnum):
    """What a title is; a season's parent is its show, an episode's parent its season."""

    MOVIE = "movie"
    SHOW = "show"
    SEASON = "season"
    EPISODE = "episode"


class MediaStatus(enum.StrEnum):
    """Whether a title's files were there at the last scan of their folder."""

    PRESENT = "present"
    GONE = "gone"


class MatchState(enum.StrEnum):
    """How sure enrichment is that it knows which title this is."""

    NONE = "none"  #: not looked for yet
    MATCHED = "matched"  #: by id, or by title and year with a score that leaves no doubt
    UNSURE = "unsure"  #: candidates are kept for a person to choose
    UNMATCHED = "unmatched"  #: the provider knows nothing like it
    MANUAL = "manual"  #: a person chose


class IdsSource(enum.StrEnum):
    """Where the provider ids came from, weakest first; a weaker source never overrides a stronger one."""

    MATCH = "match"  #: found by title and year
    NAME = "name"  #: tagged in a folder's or file's name
    DOWNLOADER = "downloader"  #: told by Radarr or Sonarr with the file
    NFO = "nfo"
    USER = "user"


_EMPTY_LIST = sa.text("'[]'::jsonb")
_EMPTY_OBJECT = sa.text("'{}'::jsonb")


class Media(Base):
    """One title.

    scan owns identity, place and fingerprint; analyze `streams`; enrich `metadata_`, the match and the shown
    title; publish the `published_*` columns. `title` and `year` are what people see: scan sets them from the
    names, enrichment betters them, and a later scan resets them only when the parsed name itself changed.
    """

    __tablename__ = "media"

    id: Mapped[BigId]
    library_id: Mapped[int] = mapped_column(sa.BigInteger, sa.ForeignKey("libraries.id", ondelete="CASCADE"))
    kind: Mapped[MediaKind] = mapped_column(status_column(MediaKind, "kind"))
    status: Mapped[MediaStatus] = mapped_column(
        status_column(MediaStatus, "status"), server_default=MediaStatus.PRESENT.value
    )
    #: Season of an episode, show of a season.
    parent_id: Mapped[int | None] = mapped_column(
        sa.BigInteger, sa.ForeignKey("media.id", ondelete="CASCADE")
    )
    #: Show of a season or an episode.
    show_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("media.id", ondelete="CASCADE"))

    title: Mapped[str]
    year: Mapped[int | None]
    parsed_title: Mapped[str]
    parsed_year: Mapped[int | None]
    season_number: Mapped[int | None]
    #: First of `episode_numbers`; NULL for an episode known only by its air date.
    episode_number: Mapped[int | None]
    #: All numbers of a multi-episode file, ascending.
    episode_numbers: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    absolute_number: Mapped[int | None]
    air_date: Mapped[date | None] = mapped_column(sa.Date)

    #: Identity inside the library, from names and place (see `queueapp.media.group`).
    key: Mapped[str]
    #: First path component under the root, '' for what lies in the root: the piece a scan looks at whole.
    unit: Mapped[str]
    #: Absolute folder of the title; for a show without its own folder that of its episodes.
    folder: Mapped[str]
    #: True when `folder` belongs to this title alone (movie.nfo and poster.jpg are safe there).
    own_folder: Mapped[bool] = mapped_column(server_default=sa.true())
    #: Absolute path of the main video file; NULL for shows and seasons.
    main_path: Mapped[str | None]

    tmdb_id: Mapped[int | None]
    imdb_id: Mapped[str | None]
    tvdb_id: Mapped[int | None]
    ids_source: Mapped[IdsSource | None] = mapped_column(status_column(IdsSource, "ids_source"))

    #: Digest of names, sizes and times of what the title is made of; NULL for seasons.
    fingerprint: Mapped[str | None]
    #: The fingerprint that analyze read, that publish finished, and that failed for good (not tried again).
    analyzed_fingerprint: Mapped[str | None]
    published_fingerprint: Mapped[str | None]
    failed_fingerprint: Mapped[str | None]
    #: Of a series: digest of its own and its seasons' enrichments that publish last wrote.
    published_enrichments: Mapped[str | None]

    #: `queueapp.media.streams.Streams` as JSON, NULL until analyzed.
    streams: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB, server_default=_EMPTY_OBJECT)
    match_state: Mapped[MatchState] = mapped_column(
        status_column(MatchState, "match_state"), server_default=MatchState.NONE.value
    )
    match_score: Mapped[float | None]
    match_candidates: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    #: Names of metadata fields enrichment must leave alone, and the values a person gave.
    locked_fields: Mapped[list[str]] = mapped_column(server_default=_EMPTY_LIST)
    edits: Mapped[dict[str, Any]] = mapped_column(server_default=_EMPTY_OBJECT)
    #: What publish wrote, `{absolute path: [size_bytes, mtime_ns]}`: scan knows its own files by it.
    published_files: Mapped[dict[str, Any]] = mapped_column(server_default=_EMPTY_OBJECT)

    added_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    gone_at: Mapped[datetime | None]
    analyzed_at: Mapped[datetime | None]
    enriched_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    #: Task whose publish last changed a file of this title.
    published_task_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    #: Task that last chained this title on, or marked it gone. No foreign key: tasks are pruned.
    last_task_id: Mapped[int | None] = mapped_column(sa.BigInteger)

    __table_args__ = (
        sa.UniqueConstraint("library_id", "key"),
        sa.CheckConstraint("(status = 'gone') = (gone_at IS NOT NULL)", name="gone_has_its_time"),
        sa.CheckConstraint("(kind IN ('season', 'episode')) = (show_id IS NOT NULL)", name="part_of_a_show"),
        sa.CheckConstraint(
            "(kind IN ('movie', 'episode')) = (main_path IS NOT NULL)", name="files_have_a_path"
        ),
        sa.Index("ix_media_library_id_unit", "library_id", "unit"),
        sa.Index("ix_media_parent_id", "parent_id"),
        sa.Index("ix_media_show_id", "show_id"),
        sa.Index("ix_media_last_task_id", "last_task_id"),
        sa.Index("ix_media_published_task_id", "published_task_id"),
        sa.Index(
            "ix_media_unfinished",
            "library_id",
            postgresql_where=sa.text("fingerprint IS DISTINCT FROM published_fingerprint"),
        ),
    )
