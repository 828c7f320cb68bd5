"""What the names of a title are made of, and the templates in force for a library."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pydantic

from queueapp import errors, name_template
from queueapp.config import Settings
from queueapp.media import film_names, paths
from queueapp.media.details import Details
from queueapp.media.rename_plan import Refused
from queueapp.media.streams import Streams
from queueapp.models.library import Library, LibraryKind
from queueapp.models.media import Media
from queueapp.name_template import BadTemplate, Template, TemplateKind, Value
from queueapp.services.rename.overrides import OPTION
from queueapp.services.title.title_facts import details_of

_ARTICLE = re.compile(r"^(The|A|An|Der|Die|Das|Le|La|Les|El|Los|Las|Il)\s+(.+)$", re.IGNORECASE)
_ONLY_SERIES = re.compile(r"\{(?:season|season_name|episode|absolute|air_date|show)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates for one library."""

    movie: Template
    episode: Template
    daily: Template

    def of_episode(self, media: Media) -> Template:
        """The template for an episode: that for days when no number is known."""
        return self.episode if media.episode_numbers else self.daily


def templates(settings: Settings, library: Library, given: str | None) -> Templates:
    """The templates in force: `given`, else the library's own, else those of the settings.

    Raises BadPayload for a bad one.
    """
    own = library.options.get(OPTION) or {}
    texts = {kind: own.get(kind.value) or getattr(settings.rename, kind.value) for kind in TemplateKind}
    if given is not None:
        kind = TemplateKind.MOVIE if library.kind is LibraryKind.MOVIES else TemplateKind.EPISODE
        check(given, kind)
        texts[kind] = given
        if kind is TemplateKind.EPISODE and "{air_date}" in given.lower():
            texts[TemplateKind.DAILY] = given
    read = {kind: name_template.parse(text, kind) for kind, text in texts.items()}
    return Templates(read[TemplateKind.MOVIE], read[TemplateKind.EPISODE], read[TemplateKind.DAILY])


def check(text: str, kind: TemplateKind) -> None:
    """Refuse a bad template that a request names. Raises BadPayload with its place."""
    try:
        name_template.parse(text, kind)
    except BadTemplate as bad:
        raise errors.BadPayload(str(bad), [{"loc": ["template"], "msg": str(bad)}]) from None


def kind_of(text: str) -> TemplateKind:
    """What a template seems to be for, where nothing else tells."""
    return TemplateKind.EPISODE if _ONLY_SERIES.search(text) else TemplateKind.MOVIE


def film_values(film: Media, path: str, part: int | None) -> dict[str, Value]:
    """The tokens of a film's file, or with an empty path those of its folder."""
    details = details_of(film)
    collection = details.collection.name if details and details.collection else None
    said = film_names.parse(paths.split_extension(paths.base_name(path))[0]) if path else None
    return {
        **_of_a_work(film, details),
        **_of_streams(film),
        "title": film.title,
        "collection": collection,
        "edition": said.edition.title() if said else None,
        "part": part,
    }


def show_values(show: Media) -> dict[str, Value]:
    """The tokens of a series' folder."""
    return {**_of_a_work(show, details_of(show)), "title": show.title, "show": show.title}


def season_values(show: Media, number: int | None) -> dict[str, Value]:
    """The tokens of a season's folder."""
    season = number or 0
    return show_values(show) | {"season": season, "season_name": f"Season {season}" if season else "Specials"}


def episode_values(show: Media, episode: Media, path: str, part: int | None) -> dict[str, Value]:
    """The tokens of an episode's file."""
    said = film_names.parse(paths.split_extension(paths.base_name(path))[0])
    return {
        **season_values(show, episode.season_number),
        **_of_streams(episode),
        "title": episode.title,
        "episode": list(episode.episode_numbers) or None,
        "absolute": episode.absolute_number,
        "air_date": _air_date(episode),
        "edition": said.edition.title(),
        "part": part,
    }


def refuse_incomplete(template: Template, values: Mapping[str, Value], label: str) -> None:
    """Raise Refused when a template needs what is not known of a title."""
    missing = template.missing(values)
    if missing:
        wanted = ", ".join(f"{{{one}}}" for one in dict.fromkeys(missing))
        raise Refused(f"the template {template.text} needs {wanted}, which is not known of {label}")


def distinguishing(path: str, number: int, taken: Sequence[str]) -> str:
    """What is added to the name of another version of a film, so that both stand side by side."""
    stem = paths.readable(paths.split_extension(paths.base_name(path))[0])
    found = re.search(r"(?i)\b(4320p|2160p|1440p|1080[pi]|720p|576[pi]|480[pi]|4k|8k)\b", stem)
    said = film_names.parse(stem).edition.title()
    label = " ".join(one for one in (said, found[1].lower() if found else "") if one)
    return label if label and label not in taken else f"version {number}"


def _of_a_work(media: Media, details: Details | None) -> dict[str, Value]:
    sort_title = (details.sort_title if details else "") or _ARTICLE.sub(r"\2, \1", media.title)
    first = next((one for one in sort_title if one.isalnum()), "")
    return {
        "original_title": (details.original_title if details else "") or media.title,
        "sort_title": sort_title,
        "first_letter": "0-9" if first.isdigit() else first.upper(),
        "year": media.year,
        "tmdb": str(media.tmdb_id or ""),
        "imdb": media.imdb_id or "",
        "tvdb": str(media.tvdb_id or ""),
    }


def _of_streams(media: Media) -> dict[str, Value]:
    try:
        streams = Streams.model_validate(media.streams or {})
    except pydantic.ValidationError:
        streams = Streams()
    return {
        "resolution": streams.resolution,
        "hdr": streams.video[0].hdr if streams.video else "",
        "video_codec": streams.video[0].codec if streams.video else "",
        "audio_codec": streams.audio[0].codec if streams.audio else "",
    }


def _air_date(episode: Media) -> str | None:
    if episode.air_date:
        return episode.air_date.isoformat()
    details = details_of(episode)
    return (details.premiered if details else "") or None
