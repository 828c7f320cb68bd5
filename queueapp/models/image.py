"""Pictures offered for a title, which of them are used, and where their bytes lie."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, BigId, CreatedAt, status_column


class ChosenBy(enum.StrEnum):
    """Who selected a picture; what a person chose is never changed by ranking."""

    AUTO = "auto"
    USER = "user"


class Image(Base):
    """One candidate picture. Its bytes lie in the image cache under their SHA-256 once downloaded."""

    __tablename__ = "images"

    id: Mapped[BigId]
    media_id: Mapped[int] = mapped_column(sa.BigInteger, sa.ForeignKey("media.id", ondelete="CASCADE"))
    #: A word of `queueapp.media.artwork.ArtKind`.
    kind: Mapped[str]
    #: The actor's name for portraits, else ''.
    label: Mapped[str] = mapped_column(server_default="")
    provider: Mapped[str]
    url: Mapped[str]
    language: Mapped[str] = mapped_column(server_default="")
    #: Pixels; 0 when the provider does not say.
    width: Mapped[int] = mapped_column(server_default="0")
    height: Mapped[int] = mapped_column(server_default="0")
    votes: Mapped[int] = mapped_column(server_default="0")
    vote_average: Mapped[float] = mapped_column(server_default="0")
    selected: Mapped[bool] = mapped_column(server_default=sa.false())
    selected_by: Mapped[ChosenBy | None] = mapped_column(status_column(ChosenBy, "selected_by"))
    #: Place among the selected ones of its kind, from 0: fanart.jpg, fanart1.jpg, …
    position: Mapped[int] = mapped_column(server_default="0")
    sha256: Mapped[str | None]
    content_type: Mapped[str | None]
    size_bytes: Mapped[int | None] = mapped_column(sa.BigInteger)
    #: Why the last download was refused, for people.
    error: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    downloaded_at: Mapped[datetime | None]

    __table_args__ = (
        sa.UniqueConstraint("media_id", "kind", "url"),
        sa.CheckConstraint("selected = (selected_by IS NOT NULL)", name="selected_by_someone"),
        sa.CheckConstraint("(sha256 IS NULL) = (downloaded_at IS NULL)", name="downloaded_has_its_time"),
        sa.Index("ix_images_sha256", "sha256"),
    )
