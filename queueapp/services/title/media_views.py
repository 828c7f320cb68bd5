"""Titles as lists and pages show them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel

from queueapp.media.streams import Streams
from queueapp.models.image import Image
from queueapp.models.media import MatchState, Media, MediaKind, MediaStatus
from queueapp.models.media_file import FileRole, MediaFile
from queueapp.services.library.scan_reads import label_of


class MediaView(BaseModel):
    """A title in a list."""

    id: int
    library_id: int
    kind: MediaKind
    status: MediaStatus
    #: "Nosferatu (1922)", "Foundation S01E02".
    label: str
    title: str
    year: int | None
    show_id: int | None
    show_title: str | None
    season_number: int | None
    episode_numbers: list[int]
    air_date: date | None
    folder: str
    main_path: str | None
    match_state: MatchState
    resolution: str
    duration_seconds: float | None
    #: SHA-256 of the poster (or an episode's still) in the image cache; None while there is none.
    poster: str | None
    added_at: datetime
    updated_at: datetime
    gone_at: datetime | None
    published_at: datetime | None
    last_task_id: int | None


class MediaPage(BaseModel):
    """One page of titles."""

    media: list[MediaView]
    total: int
    limit: int
    offset: int
    next_cursor: str | None


class FileView(BaseModel):
    """A file of a title."""

    role: FileRole
    path: str
    part: int | None
    size_bytes: int


class ImageView(BaseModel):
    """A picture of a title; its bytes are asked for by their SHA-256."""

    id: int
    kind: str
    label: str
    provider: str
    url: str
    language: str
    width: int
    height: int
    votes: int
    selected: bool
    position: int
    sha256: str | None
    error: str | None


class PhaseView(BaseModel):
    """When a phase last finished for a title, and in which task where that is known."""

    phase: Literal["scan", "analyze", "enrich", "publish"]
    at: datetime | None
    task_id: int | None = None
    #: The files on disk are the ones that this phase saw.
    up_to_date: bool


class MediaDetail(MediaView):
    """A title with all that is known of it."""

    parsed_title: str
    parsed_year: int | None
    tmdb_id: int | None
    imdb_id: str | None
    tvdb_id: int | None
    ids_source: str | None
    match_score: float | None
    match_candidates: list[Any]
    locked_fields: list[str]
    edits: dict[str, Any]
    metadata: dict[str, Any]
    streams: Streams | None
    files: list[FileView]
    images: list[ImageView]
    #: Seasons of a show, episodes of a season.
    children: list[MediaView]
    history: list[PhaseView]
    published_files: list[str]
    failed: bool


def view_of(media: Media, show_title: str | None, poster: str | None) -> MediaView:
    """A title for a list."""
    return MediaView(**_fields(media, show_title, poster))


def detail_of(
    view: MediaView, media: Media, files: list[MediaFile], images: list[Image], children: list[MediaView]
) -> MediaDetail:
    """A title for its own page."""
    return MediaDetail(
        **dict(view),
        parsed_title=media.parsed_title,
        parsed_year=media.parsed_year,
        tmdb_id=media.tmdb_id,
        imdb_id=media.imdb_id,
        tvdb_id=media.tvdb_id,
        ids_source=media.ids_source.value if media.ids_source else None,
        match_score=media.match_score,
        match_candidates=media.match_candidates,
        locked_fields=media.locked_fields,
        edits=media.edits,
        metadata=media.metadata_,
        streams=_streams(media),
        files=[FileView.model_validate(one, from_attributes=True) for one in files],
        images=[ImageView.model_validate(one, from_attributes=True) for one in images],
        children=children,
        history=_history(media),
        published_files=sorted(media.published_files),
        failed=media.failed_fingerprint is not None and media.failed_fingerprint == media.fingerprint,
    )


def _fields(media: Media, show_title: str | None, poster: str | None) -> dict[str, Any]:
    streams = _streams(media)
    return {
        "id": media.id,
        "library_id": media.library_id,
        "kind": media.kind,
        "status": media.status,
        "label": label_of(media, show_title),
        "title": media.title,
        "year": media.year,
        "show_id": media.show_id,
        "show_title": show_title,
        "season_number": media.season_number,
        "episode_numbers": media.episode_numbers,
        "air_date": media.air_date,
        "folder": media.folder,
        "main_path": media.main_path,
        "match_state": media.match_state,
        "resolution": streams.resolution if streams else "",
        "duration_seconds": streams.duration_seconds if streams else None,
        "poster": poster,
        "added_at": media.added_at,
        "updated_at": media.updated_at,
        "gone_at": media.gone_at,
        "published_at": media.published_at,
        "last_task_id": media.last_task_id,
    }


def _streams(media: Media) -> Streams | None:
    return Streams.model_validate(media.streams) if media.streams else None


def _history(media: Media) -> list[PhaseView]:
    now = media.fingerprint
    published = media.published_fingerprint == now
    phases = [PhaseView(phase="scan", at=media.updated_at, task_id=media.last_task_id, up_to_date=True)]
    if media.main_path:
        analyzed = media.analyzed_fingerprint == now
        phases.append(PhaseView(phase="analyze", at=media.analyzed_at, up_to_date=analyzed))
    if media.kind is not MediaKind.SEASON:
        phases += [
            PhaseView(phase="enrich", at=media.enriched_at, up_to_date=media.enriched_at is not None),
            PhaseView(
                phase="publish", at=media.published_at, task_id=media.published_task_id, up_to_date=published
            ),
        ]
    return phases
