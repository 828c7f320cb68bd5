"""People of TMDB whose lists are kept here, with what lets us act for them."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, BigId, CreatedAt, status_column


class TmdbUserKind(enum.StrEnum):
    """Which of TMDB's APIs is used for a person's lists."""

    V4 = "v4"
    V3 = "v3"


class TmdbUserStatus(enum.StrEnum):
    """How far the connection is: asked for, in use, or refused by TMDB until the person connects again."""

    PENDING = "pending"
    CONNECTED = "connected"
    REFUSED = "refused"


class TmdbUser(Base):
    """One person of TMDB. The tokens are written by the connection and read by list operations alone."""

    __tablename__ = "tmdb_users"
    __table_args__ = (
        sa.UniqueConstraint("kind", "account_id"),
        sa.CheckConstraint("status = 'pending' OR access_token IS NOT NULL", name="in_use_has_token"),
        sa.CheckConstraint("(status = 'refused') = (refused_at IS NOT NULL)", name="refused_has_time"),
    )

    id: Mapped[BigId]
    name: Mapped[str | None]
    kind: Mapped[TmdbUserKind] = mapped_column(status_column(TmdbUserKind, "kind"))
    status: Mapped[TmdbUserStatus] = mapped_column(
        status_column(TmdbUserStatus, "status"), server_default="pending"
    )
    #: TMDB's own id of the account: an object id in v4, a number in v3.
    account_id: Mapped[str | None]
    #: What the person approves at TMDB; spent when the connection is complete.
    request_token: Mapped[str | None]
    #: The user access token of v4, or the session id of v3.
    access_token: Mapped[str | None]
    refused_at: Mapped[datetime | None]
    refused_reason: Mapped[str | None]
    connected_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
