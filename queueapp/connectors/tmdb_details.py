"""TMDB's JSON as `Details`: films, series and episodes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from queueapp.connectors.tmdb import NAME, Tmdb
from queueapp.media import language as languages
from queueapp.media.details import Collection, Details, NamedSeason, Person, Rating
from queueapp.media.matching import Candidate

#: Actors kept per title; TMDB lists extras by the hundred.
_MAX_ACTORS = 30
_PORTRAIT_SIZE = "h632"
_WRITING = ("Screenplay", "Writer", "Story", "Author", "Novel", "Teleplay")
#: How Kodi's add-on plays a video of YouTube.
_YOUTUBE = "plugin://plugin.video.youtube/play/?video_id="

Json = dict[str, Any]


def candidate(tmdb: Tmdb, found: Json) -> Candidate:
    """A search result, film or series, as something to match against."""
    return Candidate(
        provider=NAME,
        id=int(found["id"]),
        title=found.get("title") or found.get("name") or "",
        original_title=found.get("original_title") or found.get("original_name") or "",
        year=_year(found.get("release_date") or found.get("first_air_date")),
        overview=found.get("overview") or "",
        poster_url=tmdb.image_url(found.get("poster_path"), "w185"),
        popularity=float(found.get("popularity") or 0),
    )


def movie(tmdb: Tmdb, found: Json, *, trailers: bool = True) -> Details:
    """A film from `/movie/{id}` with what was appended."""
    crew = _list(found, "credits", "crew")
    collection = found.get("belongs_to_collection")
    return Details(
        kind="movie",
        source=NAME,
        title=found.get("title") or "",
        original_title=found.get("original_title") or "",
        original_language=languages.normalise(found.get("original_language")),
        tagline=found.get("tagline") or "",
        plot=found.get("overview") or "",
        year=_year(found.get("release_date")),
        premiered=found.get("release_date") or "",
        runtime_minutes=found.get("runtime") or None,
        certification=_movie_certification(tmdb.language, _list(found, "release_dates", "results")),
        status=found.get("status") or "",
        genres=_names(found.get("genres")),
        countries=_names(found.get("production_countries")),
        studios=_names(found.get("production_companies")),
        tags=_names(_list(found, "keywords", "keywords")),
        directors=_crew(crew, ("Director",)),
        writers=_crew(crew, _WRITING),
        actors=_actors(tmdb, _list(found, "credits", "cast")),
        ratings=_ratings(found),
        ids=_ids(found),
        collection=Collection(name=collection["name"], tmdb_id=collection["id"]) if collection else None,
        trailer=_trailer(found) if trailers else "",
    )


def show(tmdb: Tmdb, found: Json, *, trailers: bool = True) -> Details:
    """A series from `/tv/{id}` with what was appended."""
    runtimes = found.get("episode_run_time") or [None]
    return Details(
        kind="show",
        source=NAME,
        title=found.get("name") or "",
        original_title=found.get("original_name") or "",
        original_language=languages.normalise(found.get("original_language")),
        tagline=found.get("tagline") or "",
        plot=found.get("overview") or "",
        year=_year(found.get("first_air_date")),
        premiered=found.get("first_air_date") or "",
        ended=(found.get("last_air_date") or "") if found.get("status") in ("Ended", "Canceled") else "",
        runtime_minutes=runtimes[0],
        certification=_show_certification(tmdb.language, _list(found, "content_ratings", "results")),
        status=found.get("status") or "",
        genres=_names(found.get("genres")),
        countries=_names(found.get("production_countries")),
        studios=_names(found.get("networks")),
        tags=_names(_list(found, "keywords", "results")),
        writers=_names(found.get("created_by")),
        actors=_show_actors(tmdb, _list(found, "aggregate_credits", "cast")),
        ratings=_ratings(found),
        ids=_ids(found),
        trailer=_trailer(found) if trailers else "",
        seasons=[
            NamedSeason(number=int(season["season_number"]), name=season.get("name") or "")
            for season in found.get("seasons") or ()
        ],
    )


def episode(tmdb: Tmdb, found: Json, show_title: str) -> Details:
    """An episode as `/tv/{id}/season/{n}` lists it."""
    crew = found.get("crew") or []
    return Details(
        kind="episode",
        source=NAME,
        title=found.get("name") or "",
        show_title=show_title,
        plot=found.get("overview") or "",
        year=_year(found.get("air_date")),
        premiered=found.get("air_date") or "",
        runtime_minutes=found.get("runtime") or None,
        directors=_crew(crew, ("Director",)),
        writers=_crew(crew, _WRITING),
        actors=_actors(tmdb, found.get("guest_stars") or []),
        ratings=_ratings(found),
        ids={"tmdb": str(found["id"])},
        season=found.get("season_number"),
        episode=found.get("episode_number"),
    )


def _ids(found: Json) -> dict[str, str]:
    external = found.get("external_ids") or {}
    values = {
        "tmdb": found.get("id"),
        "imdb": found.get("imdb_id") or external.get("imdb_id"),
        "tvdb": external.get("tvdb_id"),
    }
    return {kind: str(value) for kind, value in values.items() if value}


def _actors(tmdb: Tmdb, cast: Iterable[Json]) -> list[Person]:
    return [
        Person(
            name=one["name"],
            role=one.get("character") or "",
            order=order,
            thumb_url=tmdb.image_url(one.get("profile_path"), _PORTRAIT_SIZE),
        )
        for order, one in enumerate(sorted(cast, key=lambda one: one.get("order", 9999)))
        if one.get("name")
    ][:_MAX_ACTORS]


def _show_actors(tmdb: Tmdb, cast: Iterable[Json]) -> list[Person]:
    """Of an actor's roles over all episodes the one played most often."""
    flat = []
    for one in cast:
        roles = sorted(one.get("roles") or [], key=lambda role: -(role.get("episode_count") or 0))
        flat.append({**one, "character": roles[0].get("character") if roles else ""})
    return _actors(tmdb, flat)


def _crew(crew: Iterable[Json], jobs: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(one["name"] for one in crew if one.get("job") in jobs and one.get("name")))


def _ratings(found: Json) -> list[Rating]:
    value = float(found.get("vote_average") or 0)
    return (
        [Rating(name="themoviedb", value=value, votes=int(found.get("vote_count") or 0))] if value > 0 else []
    )


def _movie_certification(language: str, results: Iterable[Json]) -> str:
    by_country = {
        one.get("iso_3166_1"): next(
            (date["certification"] for date in one.get("release_dates") or () if date.get("certification")),
            "",
        )
        for one in results
    }
    return _certification(language, by_country)


def _show_certification(language: str, results: Iterable[Json]) -> str:
    return _certification(language, {one.get("iso_3166_1"): one.get("rating") or "" for one in results})


def _certification(language: str, by_country: dict[str | None, str]) -> str:
    """That of the language's country, else of the United States, in Kodi's `Rated` spelling by country."""
    country = language.rpartition("-")[2].upper() if "-" in language else language.upper()
    for code in (country, "US"):
        if by_country.get(code):
            return f"{code}:{by_country[code]}" if code != "US" else f"Rated {by_country[code]}"
    return ""


def _trailer(found: Json) -> str:
    videos = [
        one
        for one in _list(found, "videos", "results")
        if one.get("site") == "YouTube" and one.get("type") == "Trailer" and one.get("key")
    ]
    best = next((one for one in videos if one.get("official")), videos[0] if videos else None)
    return _YOUTUBE + best["key"] if best else ""


def _names(entries: Iterable[Json] | None) -> list[str]:
    return [one["name"] for one in entries or () if one.get("name")]


def _list(found: Json, part: str, name: str) -> list[Json]:
    return (found.get(part) or {}).get(name) or []


def _year(date: str | None) -> int | None:
    return int(date[:4]) if date and date[:4].isdigit() else None
