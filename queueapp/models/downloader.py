"""Downloaders: the Radarr and Sonarr instances that bring files in and tell us of it."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, BigId, CreatedAt, status_column


class DownloaderKind(enum.StrEnum):
    """The program a downloader runs."""

    RADARR = "radarr"
    SONARR = "sonarr"


class Downloader(Base):
    """One downloader. `api_key` opens its API to us, `webhook_key` our door to it."""

    __tablename__ = "downloaders"
    __table_args__ = (sa.Index("uq_downloaders_name", sa.text("lower(name)"), unique=True),)

    id: Mapped[BigId]
    #: Also the last part of its webhook's address.
    name: Mapped[str]
    kind: Mapped[DownloaderKind] = mapped_column(status_column(DownloaderKind, "kind"))
    #: `http://host:7878`; NULL for one that only sends webhooks.
    base_url: Mapped[str | None]
    api_key: Mapped[str | None]
    webhook_key: Mapped[str]
    #: `[{"ours": "/media/films", "theirs": "/movies"}]`
    path_mappings: Mapped[list[Any]] = mapped_column(server_default=sa.text("'[]'::jsonb"))
    enabled: Mapped[bool] = mapped_column(server_default=sa.true())
    #: When the webhook was last created or brought up to date from our side.
    registered_at: Mapped[datetime | None]
    #: Its history has been read up to here, by its own clock.
    history_read_until: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
