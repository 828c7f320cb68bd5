"""TMDB's images as pictures of our kinds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from queueapp.connectors.offered import Offered
from queueapp.connectors.tmdb import NAME, Tmdb
from queueapp.media import language
from queueapp.media.artwork import ArtKind
from queueapp.media.details import Person

#: Candidates kept per kind; TMDB lists hundreds for known films.
_MAX_PER_KIND = 40
#: Portraits offered per title.
_MAX_PORTRAITS = 10
_KINDS = {"posters": ArtKind.POSTER, "backdrops": ArtKind.FANART, "logos": ArtKind.CLEARLOGO}


def of_title(tmdb: Tmdb, found: dict[str, Any]) -> Iterator[Offered]:
    """Posters, backdrops and logos of a film or series; a backdrop with words is a landscape."""
    for name, kind in _KINDS.items():
        for image in ((found.get("images") or {}).get(name) or [])[:_MAX_PER_KIND]:
            worded = kind is ArtKind.FANART and bool(language.normalise(image.get("iso_639_1")))
            offered = _offered(tmdb, ArtKind.LANDSCAPE if worded else kind, image)
            if offered:
                yield offered


def of_season(tmdb: Tmdb, found: dict[str, Any], season: int) -> Iterator[Offered]:
    """The posters of a season; its main one first, which `images` may lack in other languages."""
    seen = {image.get("file_path") for image in (found.get("images") or {}).get("posters") or ()}
    images = list((found.get("images") or {}).get("posters") or ())
    if found.get("poster_path") and found["poster_path"] not in seen:
        images.insert(0, {"file_path": found["poster_path"]})
    for image in images[:_MAX_PER_KIND]:
        offered = _offered(tmdb, ArtKind.POSTER, image, season=season)
        if offered:
            yield offered


def of_episode(tmdb: Tmdb, found: dict[str, Any]) -> Iterator[Offered]:
    """The still of an episode."""
    url = tmdb.image_url(found.get("still_path"))
    if url:
        yield Offered(provider=NAME, kind=ArtKind.THUMB, url=url)


def of_actors(people: Iterable[Person]) -> Iterator[Offered]:
    """The portraits of the first actors; players fetch the rest by the addresses in the NFO."""
    for person in sorted(people, key=lambda one: one.order)[:_MAX_PORTRAITS]:
        if person.thumb_url:
            yield Offered(provider=NAME, kind=ArtKind.ACTOR, url=person.thumb_url, label=person.name)


def _offered(tmdb: Tmdb, kind: ArtKind, image: dict[str, Any], season: int | None = None) -> Offered | None:
    path = image.get("file_path") or ""
    # A logo may be an SVG, which players do not show.
    url = None if path.lower().endswith(".svg") else tmdb.image_url(path)
    if url is None:
        return None
    return Offered(
        provider=NAME,
        kind=kind,
        url=url,
        season=season,
        language=language.normalise(image.get("iso_639_1")),
        width=int(image.get("width") or 0),
        height=int(image.get("height") or 0),
        votes=int(image.get("vote_count") or 0),
        vote_average=float(image.get("vote_average") or 0),
    )
