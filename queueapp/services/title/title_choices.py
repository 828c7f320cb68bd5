"""What a person decides about a title: which one it is, which pictures it has, which facts stay as they are."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.media.artwork import ArtKind
from queueapp.media.details import Details
from queueapp.models.image import ChosenBy, Image
from queueapp.models.media import IdsSource, MatchState, Media, MediaKind
from queueapp.runtime import Runtime
from queueapp.services.enqueue import Created
from queueapp.services.title import title_acts
from queueapp.services.title.title_acts import Asked, load_present

#: Facts that are measured, or not a person's to lock.
_NOT_LOCKABLE = {"kind", "source", "thumbs", "episodes", "season", "episode"}
#: Facts that can be locked, in the words of the metadata.
LOCKABLE = tuple(sorted(set(Details.model_fields) - _NOT_LOCKABLE))
_MATCHED_KINDS = (MediaKind.MOVIE, MediaKind.SHOW)


def choose_match(session: Session, media_id: int, tmdb_id: int | None) -> Media:
    """Say which title of TMDB a film or series is; None: find out again by the names.

    What the former match brought goes: ids, candidates and the pictures nobody chose are replaced at the next
    enrichment. Raises NotFound, WrongStatus, and Conflict for a season or an episode.
    """
    media = load_present(session, media_id)
    if media.kind not in _MATCHED_KINDS:
        raise errors.Conflict("only films and series are matched; seasons and episodes follow their series")
    media.tmdb_id, media.imdb_id, media.tvdb_id = tmdb_id, None, None
    media.ids_source = IdsSource.USER if tmdb_id else None
    media.match_state = MatchState.MANUAL if tmdb_id else MatchState.NONE
    media.match_score = 1.0 if tmdb_id else None
    media.enriched_at = None
    media.updated_at = sa.func.now()
    if not tmdb_id:
        media.title, media.year = media.parsed_title, media.parsed_year
    _forget_parts(session, media)
    session.flush()
    return media


def use_artwork(
    runtime: Runtime, media_id: int, kind: str, image_ids: Sequence[int], asked: Asked
) -> Created:
    """Use just these pictures of a kind, as `choose_artwork` does, and enqueue what puts them beside the files."""
    with runtime.transaction() as session:
        missing = choose_artwork(session, media_id, kind, image_ids)
    follows = title_acts.refresh if missing else title_acts.publish
    return follows(runtime, media_id, asked, again=True)


def choose_artwork(session: Session, media_id: int, kind: str, image_ids: Sequence[int]) -> bool:
    """Use just these pictures of a kind, in this order; none: let them be chosen by rank again.

    Returns whether they must be fetched first. Raises NotFound, WrongStatus, and BadPayload for a picture that is
    not the title's or not of the kind.
    """
    media = load_present(session, media_id)
    images = session.scalars(sa.select(Image).where(Image.media_id == media_id, Image.kind == kind)).all()
    unknown = set(image_ids) - {image.id for image in images}
    if unknown:
        message = f"title {media_id} is offered no {kind} {min(unknown)}"
        raise errors.BadPayload(message, [{"loc": ["image_ids"], "msg": message}])
    places = {image_id: place for place, image_id in enumerate(image_ids)}
    for image in images:
        image.selected = image.id in places
        image.selected_by = ChosenBy.USER if image.selected else None
        image.position = places.get(image.id, 0)
        image.error = None if image.selected else image.error
    missing = not image_ids or any(image.selected and image.sha256 is None for image in images)
    media.updated_at = sa.func.now()
    if media.kind is MediaKind.SEASON:
        # Its episodes fetch its pictures when it has not been enriched; its show writes them when it was since.
        media.enriched_at = None if missing else sa.func.now()
    session.flush()
    return missing


def set_locks(session: Session, media_id: int, fields: Sequence[str]) -> None:
    """Lock just these facts: enrichment leaves them as they are. Raises NotFound, BadPayload."""
    unknown = [name for name in fields if name not in LOCKABLE]
    if unknown:
        message = f"{unknown[0]!r} cannot be locked; one of {', '.join(LOCKABLE)}"
        raise errors.BadPayload(message, [{"loc": ["locked_fields"], "msg": message}])
    media = session.get(Media, media_id, with_for_update=True)
    if media is None:
        raise errors.NotFound(f"there is no title {media_id}")
    media.locked_fields = sorted(set(fields))
    media.updated_at = sa.func.now()
    session.flush()


def candidate_artwork(session: Session, media_id: int) -> dict[str, list[Image]]:
    """The pictures offered for a title by kind, those in use first, portraits of actors left out."""
    query = sa.select(Image).where(Image.media_id == media_id, Image.kind != ArtKind.ACTOR.value)
    best_first = (Image.selected.desc(), Image.position, Image.votes.desc(), Image.id)
    found: dict[str, list[Image]] = {}
    for image in session.scalars(query.order_by(Image.kind, *best_first)):
        found.setdefault(image.kind, []).append(image)
    return found


def _forget_parts(session: Session, media: Media) -> None:
    """Have the parts of a series described by its new match."""
    values = {"tmdb_id": None, "imdb_id": None, "tvdb_id": None, "enriched_at": None}
    session.execute(sa.update(Media).where(Media.show_id == media.id).values(**values))
