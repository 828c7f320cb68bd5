"""Titles that a downloader was told to get, described before there is a file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, BigId, CreatedAt, status_column
from queueapp.models.media import MatchState, MediaKind


class ExpectedTitle(Base):
    """One film or series to come, known by an id of a provider."""

    __tablename__ = "expected_titles"
    __table_args__ = (sa.UniqueConstraint("key"),)

    id: Mapped[BigId]
    #: Kind and strongest id, such as `movie tmdb 653`.
    key: Mapped[str]
    kind: Mapped[MediaKind] = mapped_column(status_column(MediaKind, "kind"))
    title: Mapped[str]
    year: Mapped[int | None]
    tmdb_id: Mapped[int | None]
    imdb_id: Mapped[str | None]
    tvdb_id: Mapped[int | None]
    downloader_id: Mapped[int | None] = mapped_column(
        sa.BigInteger, sa.ForeignKey("downloaders.id", ondelete="SET NULL")
    )
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB)
    match_state: Mapped[MatchState] = mapped_column(status_column(MatchState, "match_state"))
    added_at: Mapped[CreatedAt]
    described_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
