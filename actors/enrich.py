"""Finds out what a title is and what it looks like: TMDB and fanart.tv, or the disk alone without a key."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from queueapp import errors
from queueapp.connectors import fanarttv, tmdb
from queueapp.connectors.provider import Means
from queueapp.execution.context import Context, NewItem
from queueapp.media.details import Details
from queueapp.media.image_cache import ImageCache
from queueapp.models.item import Item
from queueapp.models.media import MatchState, Media, MediaKind, MediaStatus
from queueapp.operations import operation
from queueapp.services.library.scan_reads import label_of
from queueapp.services.phase_config import EnrichmentPhase, PhaseConfig
from queueapp.services.title import enrichment, title_facts, title_pictures
from queueapp.services.title.enrichment import Description, Providers

#: From this attempt on, a picture that will not come no longer holds up its title.
_LAST_ATTEMPT_FOR_PICTURES = 3
_IN_DOUBT = (MatchState.UNSURE, MatchState.UNMATCHED)


class Enrich(BaseModel):
    """What an enrichment is given."""

    model_config = ConfigDict(extra="forbid")

    media_id: int = Field(ge=1, description="The title to describe")


@operation("enrich", payload=Enrich, phase="enrichment", timeout_seconds=900, isolated=True)
def perform(payload: Enrich, context: Context) -> dict[str, Any]:
    """Describe a title and choose its artwork by TMDB and fanart.tv, or by the disk when there is no key."""
    with context.transaction() as session:
        media = session.get(Media, payload.media_id)
        show = title_facts.show_of(session, media) if media else None
    if media is None or media.status is MediaStatus.GONE:
        raise errors.Skip("the title is not in the library any more")
    if media.kind is MediaKind.SEASON:
        raise errors.Skip("a season is described with its episodes")
    phase = PhaseConfig.model_validate(context.meta.get("config") or {}).enrichment
    providers = _connect(context, phase)
    try:
        result = (
            _locally(context, media, show) if providers is None else _from(providers, context, media, show)
        )
    except errors.CircuitOpen as closed:
        context.warn(closed.message)
        raise
    context.add_items([_publish(context, media, show)])
    return result


def _connect(context: Context, phase: EnrichmentPhase) -> Providers | None:
    means = Means(context.runtime.redis, context.transaction, context.sleep)
    connected = tmdb.connect(context.settings, means, phase.language)
    return Providers(connected, fanarttv.connect(context.settings, means), phase) if connected else None


def _locally(context: Context, media: Media, show: Media | None) -> dict[str, Any]:
    context.warn("No TMDB key is set: titles are described by what is on the disk")
    before = title_facts.details_of(media)
    if before is not None and before.source == tmdb.NAME:
        context.log("Kept what TMDB said before")
        return {"source": before.source, "title": media.title}
    details = enrichment.local_details(media, show, title_facts.foreign_nfo(media))
    _store(context, media, Description(details, MatchState.NONE, "no provider"))
    return {"source": details.source, "title": details.title}


def _from(providers: Providers, context: Context, media: Media, show: Media | None) -> dict[str, Any]:
    if media.kind is MediaKind.EPISODE and show is not None:
        found = _episode(providers, context, media, show)
    else:
        found = _title(providers, context, media)
    pictures = _pictures(providers, context, media, found)
    return {
        "source": found.details.source,
        "title": found.details.title,
        "match": found.state.value,
        "because": found.reason,
        "score": found.score,
        "candidates": found.candidates[:3],
        "pictures": pictures,
    }


def _title(providers: Providers, context: Context, media: Media) -> Description:
    """Describe a film or series and store that."""
    context.progress(0.1, f"looking for {media.title}")
    found = enrichment.describe(providers, media, title_facts.foreign_nfo(media))
    if found.state in _IN_DOUBT:
        context.warn(f"Not sure what “{media.title}” is, so local facts are used: {found.reason}")
    else:
        context.log(f"Matched {found.reason}")
    _store(context, media, found)
    return found


def _episode(providers: Providers, context: Context, media: Media, show: Media) -> Description:
    """Describe the episodes of a file, their show before them when nothing is known of it yet."""
    if show.enriched_at is None:
        show_found = _title(providers, context, show)
        _pictures(providers, context, show, show_found)
        with context.transaction() as session:
            show = title_facts.show_of(session, media) or show
    context.progress(0.4, "reading the season")
    found = enrichment.describe_episodes(
        providers.tmdb, show, media, assets=providers.phase.fetch_provider_assets
    )
    if found is None:
        details = enrichment.local_details(media, show, title_facts.foreign_nfo(media))
        reason = "its show is not matched" if show.tmdb_id is None else "TMDB does not list this episode"
        context.log(f"Local facts only: {reason}", level="warning")
        found = Description(details, MatchState.UNMATCHED, reason)
    _store(context, media, found)
    _season(providers, context, media, show)
    return found


def _season(providers: Providers, context: Context, media: Media, show: Media) -> None:
    """The pictures of an episode's season, once."""
    with context.transaction() as session:
        season = title_facts.season_of(session, media)
    if season is None or season.season_number is None or season.enriched_at is not None:
        return
    offered = enrichment.season_pictures(providers, show, season.season_number)
    details = Details(kind="show", source=tmdb.NAME, title=season.title, season=season.season_number)
    found = Description(details, show.match_state, "with its show", pictures=offered)
    _pictures(providers, context, season, found)
    if not context.dry_run:
        with context.transaction() as session:
            title_facts.record_enriched(session, season.id)


def _pictures(providers: Providers, context: Context, media: Media, found: Description) -> int:
    """Keep what is offered, choose and fetch; returns how many are offered."""
    if not providers.phase.fetch_provider_assets or context.dry_run:
        return len(found.pictures)
    context.progress(0.6, f"{len(found.pictures)} pictures offered")
    with context.transaction() as session:
        title_pictures.keep_offered(session, media.id, found.pictures)
    choice = title_pictures.Choice(providers.phase, found.details.original_language)
    cache = ImageCache.of(context.settings.data_dir)
    postponed = title_pictures.fetch_selected(
        context.transaction, cache, media.id, choice, lambda text: context.progress(0.8, text)
    )
    if postponed and context.attempt < _LAST_ATTEMPT_FOR_PICTURES:
        raise errors.RetryLater(f"{len(postponed)} pictures did not come: {postponed[0]}")
    if postponed:
        context.warn(f"{len(postponed)} pictures of “{media.title}” did not come: {postponed[0]}")
    return len(found.pictures)


def _store(context: Context, media: Media, found: Description) -> None:
    if context.dry_run:
        context.log(f"Would store “{found.details.title}” ({found.details.year}), {found.reason}")
        return
    with context.transaction() as session:
        title_facts.store(session, media.id, found)


def _publish(context: Context, media: Media, show: Media | None) -> NewItem:
    with context.transaction() as session:
        subject = session.scalar(sa.select(Item.subject).where(Item.id == context.item_id))
    # The names got better meanwhile; what belongs together in the task keeps one subject.
    label = subject or label_of(media, show.title if show else None)
    payload = {"media_id": media.id, "group": media.show_id or media.id}
    return NewItem("publish", payload, title=label, subject=label)
