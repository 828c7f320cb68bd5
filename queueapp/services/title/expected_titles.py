"""Titles that a downloader was told to get: described before there is a file, so that its import is quick."""

from __future__ import annotations

from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from queueapp.media.details import Details
from queueapp.media.ids import Ids
from queueapp.models.expected_title import ExpectedTitle
from queueapp.models.media import MatchState, Media, MediaKind
from queueapp.services.title.enrichment import Description


def unfiled(kind: MediaKind, title: str, year: int | None, ids: Ids) -> Media:
    """A title that is not on record, as enrichment wants it to look one up."""
    return Media(
        kind=kind, title=title, year=year, parsed_title=title, parsed_year=year, tmdb_id=ids.tmdb,
        imdb_id=ids.imdb, tvdb_id=ids.tvdb, match_state=MatchState.NONE, episode_numbers=[],
    )  # fmt: skip


def keep(session: Session, media: Media, found: Description, downloader_id: int | None) -> int:
    """Store what is known of a title to come, over what was known before; returns its id."""
    details = found.details
    values: dict[str, Any] = {
        "key": key_of(media),
        "kind": media.kind,
        "title": details.title or media.title,
        "year": details.year or media.year,
        "tmdb_id": media.tmdb_id or _number(details, "tmdb"),
        "imdb_id": media.imdb_id or details.ids.get("imdb"),
        "tvdb_id": media.tvdb_id or _number(details, "tvdb"),
        "downloader_id": downloader_id,
        "metadata": details.model_dump(mode="json", exclude_defaults=True)
        | {"kind": details.kind, "source": details.source},
        "match_state": found.state,
    }
    row = insert(cast("sa.Table", ExpectedTitle.__table__)).values(**values)
    changes: dict[str, Any] = {name: row.excluded[name] for name in values if name != "key"}
    changes["described_at"] = sa.func.now()
    statement = row.on_conflict_do_update(index_elements=["key"], set_=changes)
    return int(session.execute(statement.returning(ExpectedTitle.id)).scalar_one())


def key_of(media: Media) -> str:
    """Kind and strongest id of a title, its name when it has none."""
    if media.tmdb_id:
        about = f"tmdb {media.tmdb_id}"
    elif media.tvdb_id:
        about = f"tvdb {media.tvdb_id}"
    else:
        about = f"imdb {media.imdb_id}" if media.imdb_id else f"{media.title} ({media.year})"
    return f"{media.kind.value} {about}"


def arrived(session: Session, titles: list[Media]) -> None:
    """Forget the expectation of titles that are here now."""
    for media in titles:
        same: sa.ColumnElement[bool] = sa.false()
        for name in ("tmdb_id", "tvdb_id", "imdb_id"):
            value = getattr(media, name)
            same = sa.or_(same, getattr(ExpectedTitle, name) == value) if value else same
        session.execute(sa.delete(ExpectedTitle).where(ExpectedTitle.kind == media.kind, same))


def _number(details: Details, name: str) -> int | None:
    text = details.ids.get(name) or ""
    return int(text) if text.isascii() and text.isdigit() and int(text) < 2**31 else None
