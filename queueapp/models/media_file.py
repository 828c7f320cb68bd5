"""Files of a title: its video in one or several parts or versions, and what lies beside it."""

from __future__ import annotations

import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, BigId, status_column


class FileRole(enum.StrEnum):
    """What a file is to its title."""

    MAIN = "main"  #: the video, or its first part
    PART = "part"  #: a further part (cd2) of the video
    VERSION = "version"  #: another edition or resolution of the same title
    TRAILER = "trailer"
    EXTRA = "extra"
    SUBTITLE = "subtitle"
    NFO = "nfo"


class MediaFile(Base):
    """One file; a title has exactly one `main` file unless it is a show or a season."""

    __tablename__ = "media_files"

    id: Mapped[BigId]
    media_id: Mapped[int] = mapped_column(sa.BigInteger, sa.ForeignKey("media.id", ondelete="CASCADE"))
    role: Mapped[FileRole] = mapped_column(status_column(FileRole, "role"))
    #: Absolute, in the stored form of `queueapp.media.paths`.
    path: Mapped[str]
    #: 1, 2, … of a video in several parts.
    part: Mapped[int | None]
    size_bytes: Mapped[int] = mapped_column(sa.BigInteger)
    mtime_ns: Mapped[int] = mapped_column(sa.BigInteger)
    #: As reported by the file system modulo 2^63; used only to recognise moves.
    inode: Mapped[int] = mapped_column(sa.BigInteger)

    __table_args__ = (sa.UniqueConstraint("media_id", "path"), sa.Index("ix_media_files_path", "path"))
