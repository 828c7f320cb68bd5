"""Provider ids in folder and file names, and how ids from several places are weighed."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Plex writes {tmdb-1}, Jellyfin [tmdbid-1] or [tmdbid=1]; both spellings are met in either bracket.
_TAG = re.compile(r"[\[{(]\s*(tmdb|imdb|tvdb)(?:id)?\s*[-=:]\s*(tt\d{5,10}|\d{1,10})\s*[\]})]", re.IGNORECASE)
_BARE_IMDB = re.compile(r"[\[{(. _-](tt\d{7,9})(?=[\]}). _-]|$)")
_LARGEST = 2**31 - 1  # what the columns hold; no provider is near it


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids of one title at TMDB, IMDb and TVDB."""

    tmdb: int | None = None
    imdb: str | None = None
    tvdb: int | None = None

    def __bool__(self) -> bool:
        return bool(self.tmdb or self.imdb or self.tvdb)

    def over(self, weaker: Ids) -> Ids:
        """These ids, completed by weaker ones."""
        return Ids(self.tmdb or weaker.tmdb, self.imdb or weaker.imdb, self.tvdb or weaker.tvdb)


#: No id at all.
NONE = Ids()


def from_name(name: str) -> Ids:
    """The ids tagged in a name: `{tmdb-653}`, `[tmdbid-653]`, `{imdb-tt0013442}`, `[tvdbid=1234]`."""
    found: dict[str, str] = {}
    for kind, value in _TAG.findall(name):
        found.setdefault(kind.lower(), value.lower())
    if "imdb" not in found and (bare := _BARE_IMDB.search(name)):
        found["imdb"] = bare[1]
    return from_mapping(found)


def from_mapping(found: dict[str, str]) -> Ids:
    """Ids from `{"tmdb": "653", "imdb": "tt0013442"}`; values of the wrong shape are dropped."""
    imdb = found.get("imdb", "")
    return Ids(
        _number(found.get("tmdb")), imdb if re.fullmatch(r"tt\d+", imdb) else None, _number(found.get("tvdb"))
    )


def _number(text: str | None) -> int | None:
    value = int(text) if text and text.isascii() and text.isdigit() else 0
    return value if 0 < value <= _LARGEST else None
