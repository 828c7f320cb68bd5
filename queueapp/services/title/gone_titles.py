"""What a downloader says it deleted: titles whose files are really gone are marked so."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.errors import Permanent
from queueapp.media import paths
from queueapp.models.library import Library, LibraryFolder, LibraryKind
from queueapp.models.media import Media, MediaKind, MediaStatus
from queueapp.models.media_file import MediaFile
from queueapp.services.library import scan_reads, scan_writes

_WITH_FILES = (MediaKind.MOVIE, MediaKind.EPISODE)


def seconds_left(session: Session, told_at: datetime | None, grace_seconds: int) -> float:
    """How much of the time of grace is left."""
    if told_at is None:
        return 0.0
    passed = session.scalar(sa.select(sa.func.extract("epoch", sa.func.clock_timestamp() - told_at)))
    return max(grace_seconds - float(passed or 0.0), 0.0)


def refuse_unmounted(library: Library) -> None:
    """Raise Permanent when the library's root is not there or empty: then its disk is away, and nothing is gone."""
    try:
        with os.scandir(paths.on_disk(library.path)) as entries:
            if next(entries, None) is not None:
                return
            reason = "is empty"
    except OSError as error:
        reason = f"cannot be read: {(error.strerror or str(error)).lower()}"
    raise Permanent(f"{library.path} {reason}; is the disk mounted? Nothing was marked gone")


def titles_of(session: Session, library: Library, files: Sequence[str], folder: str | None) -> list[Media]:
    """The present titles made of these files, or lying in a folder; paths in the stored form."""
    of_files = sa.select(MediaFile.media_id).where(MediaFile.path.in_(files))
    below = sa.func.starts_with(Media.main_path, f"{folder}/") if folder else sa.false()
    query = sa.select(Media).where(
        Media.library_id == library.id,
        Media.status == MediaStatus.PRESENT,
        Media.kind.in_(_WITH_FILES),
        sa.or_(Media.main_path.in_(files), Media.id.in_(of_files), below),
    )
    return list(session.scalars(query.order_by(Media.id)))


def look(titles: Sequence[Media]) -> tuple[list[Media], list[Media]]:
    """Those whose main file is gone, and those whose file is still there. Raises Permanent when one cannot tell."""
    gone, there = [], []
    for title in titles:
        try:
            os.lstat(paths.on_disk(title.main_path or ""))
            there.append(title)
        except (FileNotFoundError, NotADirectoryError):
            gone.append(title)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise Permanent(f"{title.main_path} cannot be looked at: {reason}") from None
    return gone, there


def mark_gone(session: Session, library: Library, gone: Sequence[Media], task_id: int) -> None:
    """Mark titles gone, and have the next scan look at their folders with open eyes."""
    if not gone:
        return
    scan_writes.mark_gone(session, [one.id for one in gone], task_id)
    for unit in {one.unit for one in gone}:
        below = LibraryFolder.path.startswith(f"{unit}/", autoescape=True) if unit else sa.false()
        session.execute(
            sa.delete(LibraryFolder).where(
                LibraryFolder.library_id == library.id, sa.or_(LibraryFolder.path == unit, below)
            )
        )
    if library.kind is LibraryKind.TV:
        scan_writes.settle_shows(session, library.id)


def labels(session: Session, titles: Sequence[Media]) -> list[str]:
    """What people call these titles."""
    return [one.label for one in scan_reads.titles(session, [title.id for title in titles])]
