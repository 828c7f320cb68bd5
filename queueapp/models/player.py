"""Players: the Kodi and Jellyfin instances that are told what changed."""

from __future__ import annotations

import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, BigId, CreatedAt, status_column


class PlayerKind(enum.StrEnum):
    """The program a player runs; there is one `notify_<kind>` operation for each."""

    KODI = "kodi"
    JELLYFIN = "jellyfin"


class Player(Base):
    """One player. `secret` (a password or an API key) is written by people and read by notify alone."""

    __tablename__ = "players"

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[PlayerKind] = mapped_column(status_column(PlayerKind, "kind"))
    #: `http://host:8080` of Kodi's web server, or the root of Jellyfin.
    url: Mapped[str]
    username: Mapped[str | None]
    secret: Mapped[str | None]
    #: `[{"ours": "/media/films", "theirs": "smb://nas/films"}]`
    path_mappings: Mapped[list[Any]] = mapped_column(server_default=sa.text("'[]'::jsonb"))
    enabled: Mapped[bool] = mapped_column(server_default=sa.true())
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
