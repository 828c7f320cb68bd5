"""Store what enrichment found about a title, around what a person edited or locked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydantic
import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.media import nfo_facts, paths
from queueapp.media.details import Details
from queueapp.models.library import Library
from queueapp.models.media import IdsSource, MatchState, Media, MediaKind
from queueapp.services.title.enrichment import Description
from queueapp.services.title.nfo_place import nfo_path

_LARGEST_ID = 2**31 - 1


def details_of(media: Media) -> Details | None:
    """The stored details, None before the first enrichment."""
    try:
        return Details.model_validate(media.metadata_) if media.metadata_ else None
    except pydantic.ValidationError:
        return None


def edited(media: Media, fresh: Details) -> Details:
    """Fresh details with locked fields as they were before and a person's own values over all."""
    before = details_of(media)
    kept = {
        name: getattr(before, name)
        for name in media.locked_fields
        if before is not None and name in Details.model_fields
    }
    values = fresh.model_dump() | kept | media.edits
    try:
        return Details.model_validate(values)
    except pydantic.ValidationError:
        return fresh.model_copy(update=kept)


def store(session: Session, media_id: int, found: Description) -> None:
    """Write a description to its title: details, shown title and year, match, and ids it did not have."""
    media = session.get(Media, media_id, with_for_update=True)
    if media is None:
        return
    details = edited(media, found.details)
    always = {"kind": details.kind, "source": details.source}
    media.metadata_ = details.model_dump(mode="json", exclude_defaults=True) | always
    if details.title:
        media.title = details.title
    media.year = details.year or media.year
    media.match_score, media.match_candidates = found.score, found.candidates
    if media.match_state is not MatchState.MANUAL:
        media.match_state = found.state
    if found.state in (MatchState.MATCHED, MatchState.MANUAL):
        _store_ids(media, details)
    media.enriched_at = sa.func.now()
    media.updated_at = sa.func.now()
    session.flush()


def record_enriched(session: Session, media_id: int) -> None:
    """Note that a title was enriched now."""
    session.execute(sa.update(Media).where(Media.id == media_id).values(enriched_at=sa.func.now()))


def foreign_nfo(media: Media) -> list[Details]:
    """What an NFO beside the title says, unless we wrote it ourselves and nobody touched it since."""
    stored = nfo_path(media)
    if stored is None:
        return []
    try:
        path = Path(paths.on_disk(stored))
        stat = path.stat()
        if media.published_files.get(stored) == [stat.st_size, stat.st_mtime_ns]:
            return []
        return nfo_facts.read(path.read_bytes())
    except OSError:
        return []


def show_of(session: Session, media: Media) -> Media | None:
    """The show of an episode."""
    return session.get(Media, media.show_id) if media.show_id else None


def season_of(session: Session, media: Media) -> Media | None:
    """The season of an episode."""
    return (
        session.get(Media, media.parent_id) if media.kind is MediaKind.EPISODE and media.parent_id else None
    )


def root_of(session: Session, media: Media) -> str:
    """The root folder of a title's library, outside of which nothing is written."""
    return session.scalars(sa.select(Library.path).where(Library.id == media.library_id)).one()


def _store_ids(media: Media, details: Details) -> None:
    values: dict[str, Any] = {
        "tmdb_id": _number(details.ids.get("tmdb")),
        "imdb_id": details.ids.get("imdb"),
        "tvdb_id": _number(details.ids.get("tvdb")),
    }
    if media.kind is MediaKind.EPISODE:
        values = {"tmdb_id": values["tmdb_id"]}
    for name, value in values.items():
        if value and not getattr(media, name):
            setattr(media, name, value)
            media.ids_source = media.ids_source or IdsSource.MATCH


def _number(text: str | None) -> int | None:
    value = int(text) if text and text.isascii() and text.isdigit() else 0
    return value if 0 < value <= _LARGEST_ID else None
