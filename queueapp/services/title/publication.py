"""What should stand beside a title: its NFO and its artwork, as paths and bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pydantic
import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.media import artwork_names, files, nfo, nfo_streams, paths
from queueapp.media.artwork import ArtKind
from queueapp.media.details import Details, Thumb
from queueapp.media.files import Target
from queueapp.media.image_cache import ImageCache
from queueapp.media.streams import Streams
from queueapp.models.image import ChosenBy, Image
from queueapp.models.media import Media, MediaKind
from queueapp.services.phase_config import PublishPhase
from queueapp.services.title.enrichment import local_details
from queueapp.services.title.nfo_place import lone_nfo, nfo_path
from queueapp.services.title.title_facts import details_of, root_of, season_of, show_of


@dataclass(frozen=True)
class PlannedFile:
    """One file that should stand there, `path` in the stored form; a person's choice replaces any other."""

    path: str
    content: bytes
    by_person: bool = False
    #: Another name under which players would find such a picture.
    rival: str | None = None


@dataclass(frozen=True)
class Plan:
    """All files of one title, inside `root`."""

    title: Media
    root: Path
    files: list[PlannedFile] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    #: Of a series: the digest of the enrichments that it was made from.
    enrichments: str | None = None
    #: False when artwork is switched off: then nothing published before is taken back.
    is_whole: bool = True


@dataclass(frozen=True)
class Loaded:
    """A title with all that publishing it needs, read in one short transaction."""

    media: Media
    show: Media | None
    season: Media | None
    root: str
    images: Sequence[Image]
    season_images: dict[int, list[Image]]
    #: Of a series: digest of the enrichments known before anything else was read.
    enrichments: str | None


def load(session: Session, media_id: int) -> Loaded | None:
    """Read a title with its relatives and selected pictures; None when it is not there."""
    media = session.get(Media, media_id)
    if media is None:
        return None
    is_show = media.kind is MediaKind.SHOW
    enrichments = _enrichments(session, media) if is_show else None
    show, season = show_of(session, media), season_of(session, media)
    by_season = _season_images(session, media) if is_show else {}
    images = _images(session, media.id)
    return Loaded(media, show, season, root_of(session, media), images, by_season, enrichments)


def is_due(session: Session, show: Media) -> bool:
    """Whether a series, or a season's artwork, changed since it was last published."""
    if show.published_at is None or show.published_fingerprint != show.fingerprint:
        return True
    return show.published_enrichments != _enrichments(session, show)


def _enrichments(session: Session, show: Media) -> str:
    """A digest that any enrichment of a series or one of its seasons changes.

    Times alone would not tell: a season may be enriched between the reading and the end of a publication.
    """
    part_of_it = sa.or_(
        Media.id == show.id, sa.and_(Media.show_id == show.id, Media.kind == MediaKind.SEASON)
    )
    rows = session.execute(sa.select(Media.id, Media.enriched_at).where(part_of_it).order_by(Media.id))
    return hashlib.sha256(repr([(one, at and at.timestamp()) for one, at in rows]).encode()).hexdigest()


def plan(loaded: Loaded, phase: PublishPhase, cache: ImageCache) -> Plan:
    """The files of a film, an episode or a series. Reads the NFO that stands there now. Raises Permanent."""
    media = loaded.media
    made = Plan(
        media,
        Path(paths.on_disk(loaded.root)),
        enrichments=loaded.enrichments,
        is_whole=phase.assets and phase.actors,
    )
    path = nfo_path(media)
    if path is None:
        made.notes.append("no tvshow.nfo: the show has no folder of its own")
        return made
    written = nfo.render(_entries(loaded), _existing_nfo(made, path))
    if written.mended:
        made.notes.append(f"{paths.base_name(path)} was damaged; what could be read of it was kept")
    made.files.append(PlannedFile(path, written.content))
    made.files.extend(_art(loaded, phase, cache, path))
    return made


def target_of(plan_: Plan, path: str) -> Target:
    """A planned path on the disk."""
    return _target(plan_, path)


def _target(plan_: Plan, path: str) -> Target:
    return Target(Path(paths.on_disk(path)), plan_.root)


def _existing_nfo(made: Plan, path: str) -> bytes | None:
    """What stands at the NFO's place, else what a lone NFO of another name holds."""
    existing = files.read(_target(made, path))
    lone = lone_nfo(made.title) if existing is None else None
    return files.read(_target(made, lone)) if lone else existing


def _entries(loaded: Loaded) -> list[nfo.Entry]:
    media = loaded.media
    details = details_of(media) or local_details(media, loaded.show, [])
    streams = _streams(media)
    told = nfo_streams.stream_details(streams) if streams else None
    parts = details.episodes or [details]
    return [nfo.Entry(_completed(part, loaded, streams), told) for part in parts]


def _completed(details: Details, loaded: Loaded, streams: Streams | None) -> Details:
    """The details with what other rows know: the length, the show's title, the seasons' posters."""
    known: dict[str, object] = {"episodes": []}
    if streams and not details.runtime_minutes and details.kind != "show":
        known["runtime_minutes"] = nfo_streams.runtime_minutes(streams)
    if details.kind == "episode" and loaded.show is not None:
        known["show_title"] = loaded.show.title
    if details.kind == "show":
        posters = [
            Thumb(url=image.url, season=number)
            for number, images in sorted(loaded.season_images.items())
            for image in images
            if image.kind == ArtKind.POSTER
        ]
        known["thumbs"] = [*details.thumbs, *posters]
    return details.model_copy(update=known)


def _streams(media: Media) -> Streams | None:
    try:
        return Streams.model_validate(media.streams) if media.streams else None
    except pydantic.ValidationError:
        return None


def _art(loaded: Loaded, phase: PublishPhase, cache: ImageCache, nfo_file: str) -> Iterator[PlannedFile]:
    media = loaded.media
    for image in loaded.images:
        wanted = phase.actors if image.kind == ArtKind.ACTOR else phase.assets
        content = _content(cache, image) if wanted else None
        if content is None:
            continue
        path, rival = _place_of(media, image, nfo_file)
        yield PlannedFile(path, content, image.selected_by is ChosenBy.USER, rival)
    for number, images in loaded.season_images.items() if phase.assets else ():
        for image in (one for one in images if one.position == 0):
            content = _content(cache, image)
            if content is not None:
                extension = artwork_names.EXTENSIONS[image.content_type or ""]
                path = artwork_names.for_season(media.folder, number, image.kind, extension)
                yield PlannedFile(path, content, image.selected_by is ChosenBy.USER)


def _place_of(media: Media, image: Image, nfo_file: str) -> tuple[str, str | None]:
    """Where a picture goes, and the folder's name for it, under which somebody else's may stand."""
    extension = artwork_names.EXTENSIONS[image.content_type or ""]
    if image.kind == ArtKind.ACTOR:
        return artwork_names.for_actor(paths.parent(nfo_file), image.label, extension), None
    in_folder = artwork_names.for_folder(media.folder, image.kind, image.position, extension)
    if media.main_path is None:
        return in_folder, None
    path = artwork_names.for_file(media.main_path, image.kind, image.position, extension)
    return path, in_folder if media.kind is MediaKind.MOVIE and media.own_folder else None


def _content(cache: ImageCache, image: Image) -> bytes | None:
    return cache.read(image.sha256, image.content_type) if image.sha256 and image.content_type else None


def _images(session: Session, media_id: int) -> Sequence[Image]:
    query = sa.select(Image).where(Image.media_id == media_id, Image.selected, Image.sha256.is_not(None))
    return session.scalars(query.order_by(Image.kind, Image.position, Image.id)).all()


def _season_images(session: Session, show: Media) -> dict[int, list[Image]]:
    query = (
        sa.select(sa.func.coalesce(Media.season_number, 0), Image)
        .join(Image, Image.media_id == Media.id)
        .where(Media.show_id == show.id, Media.kind == MediaKind.SEASON, Media.season_number.is_not(None))
        .where(Image.selected, Image.sha256.is_not(None))
        .order_by(Media.season_number, Image.kind, Image.position, Image.id)
    )
    found: dict[int, list[Image]] = {}
    for number, image in session.execute(query):
        found.setdefault(number, []).append(image)
    return found
