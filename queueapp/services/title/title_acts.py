"""What a person has done with one title: describe it anew, or write its files again. Both are tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.connectors import tmdb
from queueapp.execution.rows import NewItem
from queueapp.models.media import Media, MediaKind, MediaStatus
from queueapp.models.provider_cache import CachedResponse
from queueapp.runtime import Runtime
from queueapp.services import enqueue, phase_config
from queueapp.services.enqueue import Created, NewTask
from queueapp.services.library import scan_reads
from queueapp.services.library.scan_reads import Unfinished
from queueapp.services.library.scanning import notifications
from queueapp.services.player import players

ENRICH = "enrich"
PUBLISH = "publish"


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, from where, and how."""

    by: str
    origin: str = ""
    dry_run: bool = False


def refresh(runtime: Runtime, media_id: int, asked: Asked, *, again: bool = False) -> Created:
    """Enqueue the description of a title, and of what is below it, by the providers' present answers.

    Publishing and telling the players follow in the same task. A refresh that is not finished yet is returned
    instead, unless `again` says that what it began with has changed since. Raises NotFound, WrongStatus.
    """
    with runtime.transaction() as session:
        media = load_present(session, media_id)
        forget_answers(session, media)
    key = None if again else f"refresh:media:{media_id}"
    return _enqueue(runtime, media, ENRICH, asked, key)


def publish(runtime: Runtime, media_id: int, asked: Asked, *, again: bool = False) -> Created:
    """Enqueue the writing of NFO and artwork of a title, and of what is below it, then tell the players.

    One that is not finished yet is returned instead, unless `again` says that what it began with has changed
    since. Raises NotFound, WrongStatus.
    """
    with runtime.transaction() as session:
        media = load_present(session, media_id)
    return _enqueue(runtime, media, PUBLISH, asked, None if again else f"publish:media:{media_id}")


def load_present(session: Session, media_id: int) -> Media:
    """A title whose files are there. Raises NotFound, and WrongStatus for one that is gone."""
    media = session.get(Media, media_id)
    if media is None:
        raise errors.NotFound(f"there is no title {media_id}")
    if media.status is MediaStatus.GONE:
        raise errors.WrongStatus("gone", f"the files of title {media_id} are gone")
    return media


def _enqueue(runtime: Runtime, media: Media, operation: str, asked: Asked, key: str | None) -> Created:
    with runtime.transaction() as session:
        titles = scan_reads.titles(session, with_parts(session, media))
        label = scan_reads.titles(session, [media.id])[0].label
        config = phase_config.snapshot(session)
        listeners = players.enabled_players(session) if config["playerSync"]["notify"] else []
    if not titles:
        raise errors.Conflict(f"{label} has nothing that could be worked on")
    group = media.show_id or media.id
    dry = asked.dry_run
    return enqueue.create_task(
        runtime,
        NewTask(
            type=operation,
            items=[*_items(titles, operation, group), *([] if dry else notifications(listeners))],
            title=f"{'Refresh' if operation == ENRICH else 'Publish'} {label}",
            created_by=asked.by,
            origin=asked.origin,
            meta={"config": config, "media_id": media.id, "library_id": media.library_id},
            dry_run=dry,
            dedup_key=f"{key}:dry" if key and dry else key,
            on_conflict="return",
        ),
    )


def _items(titles: Sequence[Unfinished], operation: str, group: int) -> list[NewItem]:
    more = {"group": group} if operation == PUBLISH else {}
    return [
        NewItem(operation, {"media_id": one.id, **more}, title=one.label, subject=one.label) for one in titles
    ]


def with_parts(session: Session, media: Media) -> list[int]:
    """The title and the present episodes below it; a season stands for its episodes."""
    parts = sa.select(Media.id).where(
        sa.or_(Media.parent_id == media.id, Media.show_id == media.id),
        Media.kind == MediaKind.EPISODE,
        Media.status == MediaStatus.PRESENT,
    )
    itself = [] if media.kind is MediaKind.SEASON else [media.id]
    return [*itself, *session.scalars(parts)]


def forget_answers(session: Session, media: Media) -> None:
    """Have the provider asked again (with ETags) about a title and its seasons."""
    show = session.get(Media, media.show_id) if media.show_id else media
    if show is None or show.tmdb_id is None:
        return
    word = "movie" if show.kind is MediaKind.MOVIE else "tv"
    paths = [f"/{word}/{show.tmdb_id}?", f"/tv/{show.tmdb_id}/season/"]
    session.execute(
        sa.update(CachedResponse)
        .where(
            CachedResponse.provider == tmdb.NAME,
            sa.or_(*(CachedResponse.request.startswith(path, autoescape=True) for path in paths)),
        )
        .values(expires_at=sa.func.now())
    )
