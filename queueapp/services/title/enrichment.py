"""Describe a title: from TMDB and fanart.tv when it is known there for sure, else from what the disk says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from queueapp.connectors import fanarttv_pictures, tmdb_details, tmdb_pictures
from queueapp.connectors.fanarttv import FanartTv
from queueapp.connectors.offered import Offered
from queueapp.connectors.tmdb import Tmdb
from queueapp.media.artwork import ArtKind
from queueapp.media.details import Details, Kind, Thumb
from queueapp.models.media import MatchState, Media, MediaKind
from queueapp.services.phase_config import EnrichmentPhase
from queueapp.services.title.title_identity import Identity, identify

#: Addresses of pictures named in an NFO, per aspect.
_THUMBS_PER_ASPECT = 3
_KINDS: dict[MediaKind, Kind] = {
    MediaKind.MOVIE: "movie",
    MediaKind.SHOW: "show",
    MediaKind.EPISODE: "episode",
}
_ASPECTS = (ArtKind.POSTER, ArtKind.FANART, ArtKind.CLEARLOGO, ArtKind.LANDSCAPE)


@dataclass(frozen=True)
class Description:
    """What enrichment found: pictures of the title itself, and of its seasons by number."""

    details: Details
    state: MatchState
    reason: str
    score: float | None = None
    candidates: list[dict[str, Any]] = field(default_factory=list)
    pictures: list[Offered] = field(default_factory=list)


@dataclass(frozen=True)
class Providers:
    """The providers there are keys for; without TMDB nothing is described from outside."""

    tmdb: Tmdb
    fanarttv: FanartTv | None
    phase: EnrichmentPhase


def describe(providers: Providers, media: Media, existing: Sequence[Details]) -> Description:
    """A film or series as the providers describe it, or as the disk does while its identity is in doubt."""
    identity = identify(providers.tmdb, media)
    if identity.found is None:
        return _unknown(media, identity, existing)
    found, tmdb = identity.found, providers.tmdb
    trailers = providers.phase.max_trailer > 0
    is_movie = media.kind is MediaKind.MOVIE
    details = (tmdb_details.movie if is_movie else tmdb_details.show)(tmdb, found, trailers=trailers)
    offered: list[Offered] = []
    if providers.phase.fetch_provider_assets:
        offered = [*tmdb_pictures.of_title(tmdb, found), *_from_fanarttv(providers.fanarttv, details)]
        details = details.model_copy(update={"thumbs": _thumbs(offered)})
        offered += tmdb_pictures.of_actors(details.actors)
    return Description(details, identity.state, identity.reason, identity.score, [], offered)


def describe_episodes(tmdb: Tmdb, show: Media, media: Media, *, assets: bool) -> Description | None:
    """The episodes of one file, from their season's list; None when TMDB does not list them."""
    if show.tmdb_id is None:
        return None
    found = _episodes(tmdb, show, media)
    if not found:
        return None
    described = [tmdb_details.episode(tmdb, one, show.title) for one in found]
    details = described[0].model_copy(update={"episodes": described if len(described) > 1 else []})
    pictures = list(tmdb_pictures.of_episode(tmdb, found[0])) if assets else []
    return Description(details, MatchState.MATCHED, "by season and episode", 1.0, [], pictures)


def season_pictures(providers: Providers, show: Media, number: int) -> list[Offered]:
    """What both providers offer for one season of a series."""
    if show.tmdb_id is None or not providers.phase.fetch_provider_assets:
        return []
    found = providers.tmdb.season(show.tmdb_id, number) or {}
    offered = list(tmdb_pictures.of_season(providers.tmdb, found, number))
    if providers.fanarttv and show.tvdb_id:
        art = fanarttv_pictures.pictures(providers.fanarttv.show(show.tvdb_id))
        offered += [one for one in art if one.season == number]
    return offered


def local_details(media: Media, show: Media | None, existing: Iterable[Details]) -> Details:
    """What the disk alone says: the names, the ids, and an NFO that somebody else wrote."""
    numbers = media.episode_numbers or [media.episode_number]
    written = {one.episode: one for one in existing if one.kind == media.kind.value}
    if media.kind is not MediaKind.EPISODE:
        return _local(media, None, next(iter(written.values()), None))
    parts = [_local(media, show, written.get(number), number) for number in numbers]
    return parts[0].model_copy(update={"episodes": parts if len(parts) > 1 else []})


def _local(media: Media, show: Media | None, written: Details | None, number: int | None = None) -> Details:
    base = written or Details(kind=_KINDS[media.kind])
    ids = {"tmdb": media.tmdb_id, "imdb": media.imdb_id, "tvdb": media.tvdb_id}
    known: dict[str, Any] = {
        "source": "nfo" if written else "local",
        "title": base.title or media.title,
        "year": base.year or media.year,
        "ids": {**base.ids, **{kind: str(value) for kind, value in ids.items() if value}},
    }
    if media.kind is MediaKind.EPISODE:
        known |= {"season": media.season_number, "episode": number, "show_title": show.title if show else ""}
        known["premiered"] = base.premiered or (media.air_date.isoformat() if media.air_date else "")
    return base.model_copy(update=known)


def _unknown(media: Media, identity: Identity, existing: Sequence[Details]) -> Description:
    candidates = [one.model_dump(mode="json") for one in identity.candidates]
    details = local_details(media, None, existing)
    return Description(details, identity.state, identity.reason, identity.score, candidates)


def _from_fanarttv(fanarttv: FanartTv | None, details: Details) -> list[Offered]:
    if fanarttv is None:
        return []
    if details.kind == "movie":
        key = details.ids.get("tmdb") or details.ids.get("imdb")
        art = fanarttv.movie(key) if key else None
    else:
        art = fanarttv.show(int(details.ids["tvdb"])) if details.ids.get("tvdb") else None
    return [one for one in fanarttv_pictures.pictures(art) if one.season is None]


def _thumbs(offered: list[Offered]) -> list[Thumb]:
    found: list[Thumb] = []
    for aspect in _ASPECTS:
        urls = [one.url for one in offered if one.kind == aspect][:_THUMBS_PER_ASPECT]
        found += [Thumb(url=url, aspect=aspect.value) for url in urls]
    return found


def _episodes(tmdb: Tmdb, show: Media, media: Media) -> list[dict[str, Any]]:
    if media.season_number is not None and media.episode_number is not None:
        listed = _season_list(tmdb, show, media.season_number)
        by_number = {one.get("episode_number"): one for one in listed}
        numbers = media.episode_numbers or [media.episode_number]
        return [by_number[number] for number in numbers if number in by_number]
    if media.air_date is None:
        return []
    season = _season_of_date(tmdb, show, media.air_date.isoformat())
    listed = _season_list(tmdb, show, season) if season is not None else []
    return [one for one in listed if one.get("air_date") == media.air_date.isoformat()]


def _season_list(tmdb: Tmdb, show: Media, number: int) -> list[dict[str, Any]]:
    return list((tmdb.season(show.tmdb_id or 0, number) or {}).get("episodes") or [])


def _season_of_date(tmdb: Tmdb, show: Media, date: str) -> int | None:
    """The season that began last before a day."""
    seasons = (tmdb.show(show.tmdb_id or 0) or {}).get("seasons") or []
    begun = [one for one in seasons if one.get("season_number") and (one.get("air_date") or "9999") <= date]
    return max((int(one["season_number"]) for one in begun), default=None)
