"""Fetches metadata of a title that a downloader was told to get, ahead of its file."""

from __future__ import annotations

from typing import Any

from actors.told import AboutTitle
from queueapp import errors
from queueapp.connectors import fanarttv, tmdb
from queueapp.connectors.provider import Means
from queueapp.execution.context import Context
from queueapp.models.library import LibraryKind
from queueapp.models.media import MediaKind
from queueapp.operations import operation
from queueapp.services.phase_config import PhaseConfig
from queueapp.services.title import enrichment, expected_titles
from queueapp.services.title.enrichment import Providers


class Expect(AboutTitle):
    """What getting ready for a title is given."""


@operation(
    "expect",
    payload=Expect,
    phase="enrichment",
    timeout_seconds=600,
    concurrency_key=lambda payload: payload.key,
    public=False,
)
def perform(payload: Expect, context: Context) -> dict[str, Any]:
    """Fetch the metadata of a film or series ahead of its file, so that its import finds it at hand."""
    phase = PhaseConfig.model_validate(context.meta.get("config") or {}).enrichment
    means = Means(context.runtime.redis, context.transaction, context.sleep)
    connected = tmdb.connect(context.settings, means, phase.language)
    if connected is None:
        raise errors.Skip("no TMDB key is set: the title is described when its file comes")
    kind = MediaKind.SHOW if payload.kind is LibraryKind.TV else MediaKind.MOVIE
    media = expected_titles.unfiled(kind, payload.title or "", payload.year, payload.ids)
    providers = Providers(connected, fanarttv.connect(context.settings, means), phase)
    try:
        found = enrichment.describe(providers, media, [])
    except errors.CircuitOpen as closed:
        context.warn(closed.message)
        raise
    context.log(f"{found.details.title or payload.title}: {found.reason}")
    if not context.dry_run:
        with context.transaction() as session:
            expected_titles.keep(session, media, found, payload.downloader_id)
    return {"title": found.details.title, "match": found.state.value, "pictures": len(found.pictures)}
