"""`tvshow.nfo` and the episodes' files: the elements of a series and of one episode."""

from __future__ import annotations

import json

from lxml import etree

from queueapp.media.details import Details, NamedSeason, StreamDetails
from queueapp.media.nfo_elements import Elements, optional, shared, stream_details, text_element

SHOW_ROOT = "tvshow"
EPISODE_ROOT = "episodedetails"
#: The words Kodi knows for a show's state, by TMDB's.
_STATUSES = {
    "returning series": "Returning Series",
    "in production": "In Production",
    "planned": "Planned",
    "pilot": "In Production",
    "canceled": "Cancelled",
    "cancelled": "Cancelled",
    "ended": "Ended",
}


def show_elements(details: Details) -> dict[str, Elements]:
    """The elements of a series by tag."""
    return {
        **shared(details),
        "showtitle": optional("showtitle", details.title),
        "premiered": optional("premiered", details.premiered),
        "year": optional("year", details.year),
        "enddate": optional("enddate", details.ended),
        "status": optional("status", _STATUSES.get(details.status.lower(), details.status)),
        "namedseason": [_named_season(season) for season in details.seasons if season.name],
        "episodeguide": optional("episodeguide", episode_guide(details.ids)),
    }


def episode_elements(details: Details, streams: StreamDetails | None) -> dict[str, Elements]:
    """The elements of one episode by tag; season and episode are always there."""
    return {
        **shared(details),
        "showtitle": optional("showtitle", details.show_title),
        "season": optional("season", details.season),
        "episode": optional("episode", details.episode),
        "aired": optional("aired", details.premiered),
        "premiered": optional("premiered", details.premiered),
        "year": optional("year", details.year),
        "fileinfo": stream_details(streams),
    }


def episode_guide(ids: dict[str, str]) -> str:
    """The JSON of ids that Kodi's scrapers read from `<episodeguide>` (source: Sonarr's KodiEpisodeGuide)."""
    known = {kind: ids[kind] for kind in ("tmdb", "tvdb", "imdb") if ids.get(kind)}
    return json.dumps(known, separators=(",", ":")) if known else ""


def _named_season(season: NamedSeason) -> etree._Element:
    return text_element("namedseason", season.name, number=str(season.number))
