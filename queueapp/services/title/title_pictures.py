"""The pictures of a title: keep what providers offer, choose, and fetch what is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.connectors import pictures
from queueapp.connectors.offered import Offered
from queueapp.media import artwork
from queueapp.media.artwork import ArtKind
from queueapp.media.image_cache import ImageCache
from queueapp.media.pictures import Checked
from queueapp.models.image import ChosenBy, Image
from queueapp.services.phase_config import EnrichmentPhase


@dataclass(frozen=True)
class Choice:
    """How pictures are chosen: the phase's numbers, and the title's own language."""

    phase: EnrichmentPhase
    original_language: str = ""


def keep_offered(session: Session, media_id: int, offered: Iterable[Offered]) -> None:
    """Store what is offered for a title now; what no provider offers any more and nobody chose goes."""
    by_key = {(one.kind, one.url): one for one in offered}
    rows = [
        {"media_id": media_id, **{name: value for name, value in asdict(one).items() if name != "season"}}
        for one in by_key.values()
    ]
    if rows:
        row = insert(Image).values(rows)
        said = ("label", "provider", "language", "votes", "vote_average")
        changes: dict[str, Any] = {name: row.excluded[name] for name in said} | {"error": None}
        for size in ("width", "height"):
            # What a provider does not say may have been measured at the download.
            changes[size] = sa.func.greatest(row.excluded[size], Image.__table__.c[size])
        session.execute(row.on_conflict_do_update(index_elements=["media_id", "kind", "url"], set_=changes))
    chosen_by_person = Image.selected_by.is_not_distinct_from(ChosenBy.USER)
    stale = sa.tuple_(Image.kind, Image.url).not_in(list(by_key)) if by_key else sa.true()
    session.execute(sa.delete(Image).where(Image.media_id == media_id, stale, ~chosen_by_person))


def select(session: Session, media_id: int, choice: Choice) -> None:
    """Choose the pictures to use; kinds in which a person chose are left alone, refused ones passed over.

    With `autoSelectAssets` off nothing is chosen, and what was chosen before stays.
    """
    if not choice.phase.auto_select_assets:
        return
    images = list(session.scalars(sa.select(Image).where(Image.media_id == media_id)))
    by_person = {image.kind for image in images if image.selected_by is ChosenBy.USER}
    free = [image for image in images if image.kind not in by_person]
    wanted = _chosen([image for image in free if image.error is None], choice)
    positions = {image.id: position for position, image in wanted}
    for image in free:
        image.selected = image.id in positions
        image.selected_by = ChosenBy.AUTO if image.selected else None
        image.position = positions.get(image.id, 0)
    session.flush()


def fetch_selected(
    transaction: Callable[[], AbstractContextManager[Session]],
    cache: ImageCache,
    media_id: int,
    choice: Choice,
    report: Callable[[str], None],
) -> list[str]:
    """Download chosen pictures that are not in the cache yet; a refused one gives way to the next best.

    Returns what is worth trying again, in words.
    """
    postponed: dict[str, str] = {}
    while True:
        with transaction() as session:
            select(session, media_id, choice)
            missing = [
                one
                for one in _selected(session, media_id)
                if _is_missing(cache, one) and one.url not in postponed
            ]
        if not missing:
            return list(postponed.values())
        for image in missing:
            report(f"fetching {image.kind}")
            try:
                fetched = pictures.fetch(image.url)
            except errors.RetryLater as error:
                postponed[image.url] = error.message
                continue
            except errors.Permanent as error:
                with transaction() as session:
                    _record_refused(session, image.id, error.message)
                continue
            cache.keep(fetched)
            with transaction() as session:
                _record_fetched(session, image.id, fetched)


def _chosen(images: Sequence[Image], choice: Choice) -> list[tuple[int, Image]]:
    phase = choice.phase
    limits = {
        ArtKind.POSTER.value: phase.max_poster,
        ArtKind.FANART.value: phase.max_fanart,
        ArtKind.CLEARLOGO.value: phase.max_logo,
        ArtKind.ACTOR.value: len(images),
    }
    chosen = artwork.choose(images, limits, phase.language, choice.original_language, phase.min_resolution)
    counts: dict[str, int] = {}
    placed: list[tuple[int, Image]] = []
    for image in chosen:
        placed.append((counts.setdefault(image.kind, 0), image))
        counts[image.kind] += 1
    return placed


def _selected(session: Session, media_id: int) -> Sequence[Image]:
    query = sa.select(Image).where(Image.media_id == media_id, Image.selected)
    return session.scalars(query.order_by(Image.kind, Image.position)).all()


def _is_missing(cache: ImageCache, image: Image) -> bool:
    if image.error is not None:
        return False
    if image.sha256 is None or image.content_type is None:
        return True
    return not cache.path(image.sha256, image.content_type).is_file()


def _record_fetched(session: Session, image_id: int, fetched: Checked) -> None:
    values = {
        "sha256": fetched.sha256,
        "content_type": fetched.content_type,
        "size_bytes": len(fetched.content),
        "width": sa.func.coalesce(sa.func.nullif(Image.width, 0), fetched.width),
        "height": sa.func.coalesce(sa.func.nullif(Image.height, 0), fetched.height),
        "downloaded_at": sa.func.now(),
        "error": None,
    }
    session.execute(sa.update(Image).where(Image.id == image_id).values(**values))


def _record_refused(session: Session, image_id: int, reason: str) -> None:
    session.execute(sa.update(Image).where(Image.id == image_id).values(error=reason))
