"""What a scan needs to know of a library before and after it looked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from queueapp.media import fingerprints, paths
from queueapp.media.ids import Ids
from queueapp.media.labels import label
from queueapp.media.plan import KnownTitle
from queueapp.media.titles import FoundTitle
from queueapp.models.library import Library, LibraryFolder
from queueapp.models.media import Media, MediaKind, MediaStatus
from queueapp.models.media_file import FileRole, MediaFile
from queueapp.models.task import Task
from queueapp.states import TaskStatus

_WITH_FILES = (MediaKind.MOVIE, MediaKind.EPISODE)
_UNFINISHED_TASKS = (TaskStatus.QUEUED, TaskStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A title that the chain has yet to go through."""

    id: int
    kind: str
    label: str


def folder_digests(session: Session, library_id: int, unit: str | None = None) -> dict[str, str]:
    """The digest of each folder at its last scan, by stored relative path; only of `unit` if named."""
    query = sa.select(LibraryFolder.path, LibraryFolder.digest).where(LibraryFolder.library_id == library_id)
    if unit is not None:
        inside = LibraryFolder.path.startswith(f"{unit}/", autoescape=True) if unit else sa.false()
        query = query.where(sa.or_(LibraryFolder.path == unit, inside))
    return {row.path: row.digest for row in session.execute(query)}


def known_titles(
    session: Session, library: Library, units: Iterable[str], found: Iterable[FoundTitle]
) -> list[KnownTitle]:
    """The titles on record in `units`, and the shows and seasons on record of what was found there."""
    show = aliased(Media)
    parents = {paths.stored(one.key) for one in found if one.kind in ("show", "season")}
    parents |= {paths.stored(one.show_key) for one in found if one.show_key}
    query = (
        sa.select(Media, show.key, show.title, MediaFile)
        .outerjoin(show, show.id == Media.show_id)
        .outerjoin(MediaFile, sa.and_(MediaFile.media_id == Media.id, MediaFile.role == FileRole.MAIN))
        .where(
            Media.library_id == library.id,
            sa.or_(Media.unit == sa.any_(sa.literal(list(units), sa.ARRAY(sa.Text))),
                   Media.key == sa.any_(sa.literal(list(parents), sa.ARRAY(sa.Text)))),
        )
        .execution_options(yield_per=2000)
    )  # fmt: skip
    return [_known(library, *row) for row in session.execute(query)]


def count_present(session: Session, library_id: int) -> int:
    """How many titles with files the library has."""
    query = sa.select(sa.func.count()).where(
        Media.library_id == library_id, Media.status == MediaStatus.PRESENT, Media.kind.in_(_WITH_FILES)
    )
    return session.scalar(query) or 0


def unfinished_titles(
    session: Session, library_id: int, task_id: int, unit: str | None, changed: Iterable[int]
) -> list[Unfinished]:
    """Titles whose present files were not published yet, shows first.

    Left out are those that failed for good on the same files, and those another task still works on, unless
    they are among `changed`: these have been altered under that task's hands.
    """
    show = aliased(Media)
    busy = sa.exists().where(
        Task.id == Media.last_task_id, Task.id != task_id, Task.status.in_(_UNFINISHED_TASKS)
    )
    is_changed = Media.id == sa.any_(sa.literal(list(changed), sa.ARRAY(sa.BigInteger)))
    query = _labeled(show).where(
        Media.library_id == library_id,
        Media.status == MediaStatus.PRESENT,
        Media.fingerprint.is_distinct_from(Media.published_fingerprint),
        Media.fingerprint.is_distinct_from(Media.failed_fingerprint),
        Media.kind != MediaKind.SEASON,
        sa.or_(is_changed, ~busy),
    )
    if unit is not None:
        query = query.where(Media.unit == unit)
    return _unfinished(session, query)


def titles(session: Session, media_ids: Iterable[int]) -> list[Unfinished]:
    """These titles, whatever their state."""
    return _unfinished(session, _labeled(aliased(Media)).where(Media.id.in_(list(media_ids))))


def _unfinished(session: Session, query: sa.Select[Any]) -> list[Unfinished]:
    return [Unfinished(row.id, row.kind.value, _label(row, row.show_title)) for row in session.execute(query)]


def _labeled(show: type[Media]) -> sa.Select[Any]:
    """Titles with what their labels are made of, shows first."""
    return (
        sa.select(
            Media.id,
            Media.kind,
            Media.title,
            Media.year,
            show.title.label("show_title"),
            Media.season_number,
            Media.episode_numbers,
            Media.air_date,
        )
        .outerjoin(show, show.id == Media.show_id)
        .order_by(
            Media.kind != MediaKind.SHOW, Media.folder, Media.season_number, Media.episode_number, Media.id
        )
        .execution_options(yield_per=2000)
    )


def label_of(media: Media, show_title: str | None) -> str:
    """How a title is called in lists and logs."""
    return _label(media, show_title)


def _label(row: Any, show_title: str | None) -> str:
    return label(
        row.kind.value,
        row.title,
        row.year,
        show=show_title or "",
        season=row.season_number,
        episodes=row.episode_numbers,
        air_date=row.air_date.isoformat() if row.air_date else "",
    )


def _known(
    library: Library, media: Media, show_key: str | None, show_title: str | None, main: MediaFile | None
) -> KnownTitle:
    return KnownTitle(
        id=media.id,
        kind=media.kind.value,
        key=media.key,
        gone=media.status is MediaStatus.GONE,
        fingerprint=media.fingerprint,
        label=label_of(media, show_title),
        main_path=main.path[len(library.path) :].lstrip("/") if main else "",
        size_bytes=main.size_bytes if main else 0,
        mtime_ns=main.mtime_ns if main else 0,
        inode=main.inode if main else 0,
        show_key=show_key or "",
        ids=Ids(media.tmdb_id, media.imdb_id, media.tvdb_id),
        ids_source=media.ids_source.value if media.ids_source else None,
        own=fingerprints.own_files(media.published_files),
    )
