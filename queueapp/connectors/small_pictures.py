"""The small variants that image servers keep of their pictures, for previews."""

from __future__ import annotations

from queueapp.connectors import fanarttv, tmdb
from queueapp.media.artwork import ArtKind

#: TMDB's sizes (`/configuration`) next above what a preview shows.
_TMDB_SIZES = {ArtKind.POSTER: "w342", ArtKind.CLEARLOGO: "w500", ArtKind.THUMB: "w300"}
_TMDB_WIDE = "w780"


def addresses(provider: str, kind: str, url: str) -> list[str]:
    """Where to ask for a preview: the provider's small variant first, then the picture itself."""
    small = url
    if provider == tmdb.NAME:
        small = _replaced_last(url, "/original/", f"/{_TMDB_SIZES.get(ArtKind(kind), _TMDB_WIDE)}/")
    elif provider == fanarttv.NAME:
        small = url.replace("/fanart/", "/preview/", 1)
    return list(dict.fromkeys([small, url]))


def _replaced_last(text: str, part: str, by: str) -> str:
    before, found, after = text.rpartition(part)
    return f"{before}{by}{after}" if found else text
