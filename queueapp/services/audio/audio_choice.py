"""The rules by which a file's default audio track is chosen: settings, the library's own, the task's own."""

from __future__ import annotations

from typing import Any

import pydantic
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from queueapp.config import Settings
from queueapp.media import language
from queueapp.media.audio_rules import AudioRules
from queueapp.models.library import Library
from queueapp.models.media import Media, MediaKind
from queueapp.services.audio.audio_overrides import OPTION, AudioOverrides, HardLinks
from queueapp.services.title.media_places import Place, title_of
from queueapp.services.title.title_facts import details_of


class AudioPolicy(BaseModel):
    """What decides about one file."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    rules: AudioRules
    hard_links: HardLinks
    keep_mtime: bool
    reserve_bytes: int
    skip_playing: bool = False
    media_id: int | None = None


def policy_for(session: Session, settings: Settings, place: Place, given: AudioOverrides) -> AudioPolicy:
    """The rules for one file, the title's original language among them when it is known."""
    audio = settings.audio
    media = title_of(session, place)
    chosen = _of_library(session, place) | given.model_dump(exclude_none=True)
    rules = AudioRules(
        languages=tuple(chosen.get("languages", audio.languages)),
        excluded_titles=chosen.get("excluded_titles", audio.excluded_titles),
        assumed_language=chosen.get("assumed_language", audio.assumed_language),
        original_language=_original_language(session, media) if media else "",
    )
    return AudioPolicy(
        rules=rules,
        hard_links=chosen.get("hard_links", audio.hard_links),
        keep_mtime=audio.keep_mtime,
        reserve_bytes=audio.reserve_mb * 1024 * 1024,
        skip_playing=audio.skip_playing,
        media_id=media.id if media else None,
    )


def _of_library(session: Session, place: Place) -> dict[str, Any]:
    library = session.get(Library, place.library_id) if place.library_id else None
    try:
        overrides = AudioOverrides.model_validate(library.options.get(OPTION) or {} if library else {})
    except pydantic.ValidationError:
        return {}
    return overrides.model_dump(exclude_none=True)


def _original_language(session: Session, media: Media) -> str:
    # An episode is in the language of its series, whose record says it.
    title = session.get(Media, media.show_id) if media.kind is MediaKind.EPISODE and media.show_id else media
    details = details_of(title) if title else None
    return language.normalise(details.original_language) if details else ""
