"""The pictures a title is offered, as a person chooses among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from queueapp.media import artwork
from queueapp.media.image_cache import ImageCache
from queueapp.models.image import ChosenBy, Image
from queueapp.models.media import Media, MediaKind
from queueapp.services.phase_config import EnrichmentPhase
from queueapp.services.title import title_choices


@dataclass(frozen=True)
class OfferedPicture:
    """One picture; `cached` is its SHA-256 when it has been fetched and is still there."""

    image: Image
    cached: str | None


@dataclass(frozen=True)
class OfferedKind:
    """The pictures of one kind: those in use in their order, then the others best first."""

    kind: str
    several: bool
    in_use: Sequence[OfferedPicture]
    others: Sequence[OfferedPicture]

    @property
    def chosen_by_hand(self) -> bool:
        """Whether a person chose, so that ranking leaves the kind alone."""
        return any(one.image.selected_by is ChosenBy.USER for one in self.in_use)


def offered(session: Session, media_id: int, phase: EnrichmentPhase, data_dir: Path) -> list[OfferedKind]:
    """What a title is offered, the kinds in the order of `ArtKind`, ranked as enrichment ranks."""
    media = session.get_one(Media, media_id)
    found = title_choices.candidate_artwork(session, media_id)
    original = str((media.metadata_ or {}).get("original_language") or "")
    cache = ImageCache.of(data_dir)
    kinds = []
    for kind in (each for each in artwork.ArtKind if each in found):
        in_use = [one for one in found[kind] if one.selected]
        others = [one for one in found[kind] if not one.selected]
        ranked = artwork.rank(others, phase.language, original, phase.min_resolution)
        several = may_be_several(kind, media.kind)
        kinds.append(OfferedKind(kind, several, _shown(cache, in_use), _shown(cache, ranked)))
    return kinds


def may_be_several(kind: str, of: MediaKind) -> bool:
    """Whether a title may have more than one picture of a kind; of a season only the first is written."""
    return kind in artwork.SEVERAL and of is not MediaKind.SEASON


def _shown(cache: ImageCache, images: Sequence[Image]) -> list[OfferedPicture]:
    return [OfferedPicture(one, one.sha256 if _is_cached(cache, one) else None) for one in images]


def _is_cached(cache: ImageCache, image: Image) -> bool:
    if image.sha256 is None or image.content_type is None:
        return False
    return cache.path(image.sha256, image.content_type).is_file()
