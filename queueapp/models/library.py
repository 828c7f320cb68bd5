"""Libraries: root folders of films or series, and what the last scan saw of each folder in them."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, BigId, CreatedAt, status_column


class LibraryKind(enum.StrEnum):
    """What a library holds."""

    MOVIES = "movies"
    TV = "tv"


class Library(Base):
    """A root folder. All paths in the database are in the stored form of `queueapp.media.paths`."""

    __tablename__ = "libraries"

    id: Mapped[BigId]
    name: Mapped[str]
    path: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[LibraryKind] = mapped_column(status_column(LibraryKind, "kind"))
    #: Overrides of phase configuration for this library, `{"scan": {...}, "publish": {...}}`.
    options: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'::jsonb"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    last_scan_at: Mapped[datetime | None]
    last_scan_task_id: Mapped[int | None] = mapped_column(sa.BigInteger)


class LibraryFolder(Base):
    """The digest of one folder's listing at its last scan; an equal digest means nothing to interpret."""

    __tablename__ = "library_folders"

    library_id: Mapped[int] = mapped_column(
        sa.BigInteger, sa.ForeignKey("libraries.id", ondelete="CASCADE"), primary_key=True
    )
    #: Relative to the library's root, '' for the root itself.
    path: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
