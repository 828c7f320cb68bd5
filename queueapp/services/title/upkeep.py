"""What is done to whole libraries from time to time: which titles are to be verified, and which described anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.execution.context import Context
from queueapp.execution.rows import NewItem
from queueapp.models.library import Library
from queueapp.models.media import Media, MediaKind, MediaStatus
from queueapp.services.library import scan_reads
from queueapp.services.library.scanning import notifications
from queueapp.services.phase_config import PhaseConfig
from queueapp.services.player import players
from queueapp.services.title import title_acts

#: Titles read at a time.
_CHUNK = 500


def verifications(context: Context, library_id: int | None) -> list[NewItem]:
    """An item for each published title that verifies it. Raises Permanent for an unknown library."""
    query = sa.select(Media.id).where(Media.published_at.is_not(None), Media.kind != MediaKind.SEASON)
    found: list[NewItem] = []
    for ids in _pages(context, query, library_id):
        found += _items(context, "verify", ids)
    return found


def refreshes(context: Context, library_id: int | None, older_than_days: int) -> list[NewItem]:
    """An item for each title described longer ago than that, and for its episodes; players are told at the end.

    The providers are asked again what they answered before. Raises Permanent for an unknown library.
    """
    long_ago = sa.func.now() - sa.func.make_interval(0, 0, 0, older_than_days)
    query = sa.select(Media.id).where(
        Media.kind.in_([MediaKind.MOVIE, MediaKind.SHOW]), Media.enriched_at < long_ago
    )
    found: list[NewItem] = []
    for ids in _pages(context, query, library_id):
        with context.transaction() as session:
            titles = [session.get_one(Media, one) for one in ids]
            if not context.dry_run:
                for title in titles:
                    title_acts.forget_answers(session, title)
            parts = [part for title in titles for part in title_acts.with_parts(session, title)]
        found += _items(context, "enrich", parts)
    phase = PhaseConfig.model_validate(context.meta.get("config") or {}).player_sync
    if found and phase.notify and not context.dry_run:
        with context.transaction() as session:
            found += notifications(players.enabled_players(session))
    return found


def _pages(context: Context, query: sa.Select[int], library_id: int | None) -> Iterator[Sequence[int]]:
    """The ids of present titles that a query finds, some at a time."""
    with context.transaction() as session:
        _refuse_unknown(session, library_id)
    present = query.where(Media.status == MediaStatus.PRESENT).order_by(Media.id).limit(_CHUNK)
    if library_id is not None:
        present = present.where(Media.library_id == library_id)
    last = 0
    while True:
        context.check_canceled()
        with context.transaction() as session:
            ids = session.scalars(present.where(Media.id > last)).all()
        if not ids:
            return
        yield ids
        last = ids[-1]


def _refuse_unknown(session: Session, library_id: int | None) -> None:
    if library_id is not None and session.get(Library, library_id) is None:
        raise errors.Permanent(f"there is no library {library_id}")


def _items(context: Context, operation: str, ids: Sequence[int]) -> list[NewItem]:
    with context.transaction() as session:
        titles = scan_reads.titles(session, ids)
    return [NewItem(operation, {"media_id": one.id}, title=one.label, subject=one.label) for one in titles]
