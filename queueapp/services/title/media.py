"""Titles: list, search, read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from queueapp.errors import NotFound
from queueapp.media.artwork import ArtKind
from queueapp.models.image import Image
from queueapp.models.media import MatchState, Media, MediaKind, MediaStatus
from queueapp.models.media_file import MediaFile
from queueapp.services.title import media_cursor
from queueapp.services.title.media_views import MediaDetail, MediaPage, MediaView, detail_of, view_of

_SHOW = aliased(Media)


@dataclass(frozen=True, slots=True)
class MediaFilter:
    """Which titles; without `kind` films and shows, the top of the library."""

    library_id: int | None = None
    kind: Sequence[MediaKind] = (MediaKind.MOVIE, MediaKind.SHOW)
    status: Sequence[MediaStatus] = (MediaStatus.PRESENT,)
    match_state: Sequence[MatchState] = ()
    parent_id: int | None = None
    show_id: int | None = None
    #: Part of the title, as found or as known to the provider.
    q: str = ""


#: The orders of a list, by name.
ORDERS = media_cursor.ORDERS


def list_media(
    session: Session,
    chosen: MediaFilter,
    *,
    limit: int = 50,
    offset: int = 0,
    order_by: str = "title",
    cursor: str | None = None,
) -> MediaPage:
    """One page of the titles a filter admits; `order_by` is a key of ORDERS, `cursor` goes before
    `offset`. Raises BadPayload for a cursor that is none.
    """
    conditions = _conditions(chosen)
    total = session.scalar(sa.select(sa.func.count()).select_from(Media).where(*conditions)) or 0
    keys = ORDERS[order_by]
    query = _viewed().add_columns(*keys).where(*conditions).order_by(*keys).limit(limit + 1)
    if cursor:
        query = query.where(media_cursor.behind(cursor, order_by))
    rows = session.execute(query.offset(0 if cursor else offset)).all()
    last = rows[limit - 1][3:] if len(rows) > limit else None
    return MediaPage(
        media=[view_of(*row[:3]) for row in rows[:limit]],
        total=total,
        limit=limit,
        offset=offset,
        next_cursor=media_cursor.encode(order_by, last) if last is not None else None,
    )


def get_media(session: Session, media_id: int) -> MediaDetail:
    """One title with its files, streams, pictures, children and history. Raises NotFound."""
    row = session.execute(_viewed().where(Media.id == media_id)).first()
    if row is None:
        raise NotFound(f"there is no title {media_id}")
    files = session.scalars(
        sa.select(MediaFile).where(MediaFile.media_id == media_id).order_by(MediaFile.part, MediaFile.path)
    )
    images = session.scalars(
        sa.select(Image)
        .where(Image.media_id == media_id)
        .order_by(Image.kind, Image.selected.desc(), Image.position, Image.votes.desc(), Image.id)
    )
    return detail_of(view_of(*row), row[0], list(files), list(images), _children(session, media_id))


def _children(session: Session, media_id: int) -> list[MediaView]:
    order = (Media.season_number, Media.episode_number, Media.air_date, Media.id)
    return [
        view_of(*row)
        for row in session.execute(_viewed().where(Media.parent_id == media_id).order_by(*order))
    ]


def _viewed() -> sa.Select[Media, str, str | None]:
    poster = (
        sa.select(Image.sha256)
        .where(
            Image.media_id == Media.id,
            Image.kind.in_([ArtKind.POSTER, ArtKind.THUMB]),
            Image.selected,
            Image.sha256.is_not(None),
        )
        .order_by(Image.position, Image.id)
        .limit(1)
        .scalar_subquery()
    )
    return sa.select(Media, _SHOW.title, poster).outerjoin(_SHOW, _SHOW.id == Media.show_id)


def _conditions(chosen: MediaFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if chosen.library_id is not None:
        conditions.append(Media.library_id == chosen.library_id)
    if chosen.parent_id is not None:
        conditions.append(Media.parent_id == chosen.parent_id)
    if chosen.show_id is not None:
        conditions.append(Media.show_id == chosen.show_id)
    for column, wanted in (
        (Media.kind, chosen.kind),
        (Media.status, chosen.status),
        (Media.match_state, chosen.match_state),
    ):
        if wanted:
            conditions.append(column.in_(list(wanted)))
    if chosen.q:
        conditions.append(
            sa.or_(
                Media.title.icontains(chosen.q, autoescape=True),
                Media.parsed_title.icontains(chosen.q, autoescape=True),
            )
        )
    return conditions
