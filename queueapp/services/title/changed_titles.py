"""What a task changed on the disk, for those who must be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from queueapp.media import paths
from queueapp.models.media import Media, MediaKind, MediaStatus
from queueapp.services.rename import journal


@dataclass(frozen=True)
class ChangedOnDisk:
    """A title whose files changed; paths as people read them, `folder` the film's or the whole show's."""

    kind: MediaKind
    title: str
    file: str | None
    folder: str
    is_gone: bool


def of_task(session: Session, task_id: int) -> list[ChangedOnDisk]:
    """The films, shows and episodes that a task published, took up, renamed or found gone."""
    show = aliased(Media)
    query = (
        sa.select(Media, show.folder)
        .outerjoin(show, show.id == Media.show_id)
        .where(sa.or_(Media.published_task_id == task_id, Media.last_task_id == task_id))
        .where(Media.kind != MediaKind.SEASON)
        .order_by(Media.id)
    )
    return [
        *_former_places(session, task_id),
        *(_changed(media, folder) for media, folder in session.execute(query)),
    ]


def _former_places(session: Session, task_id: int) -> list[ChangedOnDisk]:
    """Where titles lay that the task renamed: nothing of them is left there."""
    return [
        ChangedOnDisk(
            kind=MediaKind(one.kind),
            title=one.title,
            file=paths.readable(one.file) if one.file else None,
            folder=paths.readable(one.folder),
            is_gone=True,
        )
        for one in journal.former_titles(session, task_id)
    ]


def seconds_until_settled(session: Session, task_id: int, delay_seconds: int) -> float:
    """How long until nothing of a task has changed for `delay_seconds`; 0 when that is so."""
    age = sa.func.extract("epoch", sa.func.now() - sa.func.max(Media.published_at))
    seconds = session.scalars(sa.select(age).where(Media.published_task_id == task_id)).one()
    return max(delay_seconds - float(seconds), 0.0) if seconds is not None else 0.0


def folders(changed: Sequence[ChangedOnDisk]) -> list[str]:
    """The distinct folders in which something changed, for the log."""
    return list(dict.fromkeys(one.folder for one in changed))


def _changed(media: Media, show_folder: str | None) -> ChangedOnDisk:
    folder = show_folder or media.folder
    return ChangedOnDisk(
        kind=media.kind,
        title=media.title,
        file=paths.readable(media.main_path) if media.main_path else None,
        folder=paths.readable(folder),
        is_gone=media.status is MediaStatus.GONE,
    )
