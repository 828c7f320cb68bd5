"""TMDB v3 as far as this program uses it, and its image server (source: developer.themoviedb.org)."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from tests.servers import pictures
from tests.servers.loopback import Loopback, Reply, Request

KEY = "test-key"
TOKEN = "test-token"

Json = dict[str, Any]


def movie(tmdb_id: int, title: str, year: int, **more: Any) -> Json:
    """A film as `/movie/{id}` gives it with everything appended."""
    return {
        "id": tmdb_id,
        "title": title,
        "original_title": more.pop("original_title", title),
        "original_language": "en",
        "overview": f"The plot of {title}.",
        "tagline": "",
        "release_date": f"{year}-03-04",
        "runtime": 94,
        "status": "Released",
        "genres": [{"id": 27, "name": "Horror"}],
        "production_countries": [{"iso_3166_1": "DE", "name": "Germany"}],
        "production_companies": [{"name": "Prana-Film"}],
        "belongs_to_collection": None,
        "vote_average": 7.7,
        "vote_count": 2000,
        "popularity": 10.0,
        "imdb_id": f"tt{tmdb_id:07d}",
        "poster_path": f"/p{tmdb_id}.jpg",
        "external_ids": {"imdb_id": f"tt{tmdb_id:07d}", "tvdb_id": None},
        "credits": {
            "cast": [{"name": "Max Schreck", "character": "Orlok", "order": 0, "profile_path": "/actor.jpg"}],
            "crew": [
                {"name": "F. W. Murnau", "job": "Director"},
                {"name": "Henrik Galeen", "job": "Screenplay"},
            ],
        },
        "release_dates": {
            "results": [{"iso_3166_1": "US", "release_dates": [{"certification": "PG", "type": 3}]}]
        },
        "keywords": {"keywords": [{"id": 1, "name": "vampire"}]},
        "videos": {
            "results": [{"site": "YouTube", "type": "Trailer", "key": "abc", "official": True}],
        },
        "images": {
            "posters": [_image(f"/p{tmdb_id}-{lang}.jpg", lang, 1000, 1500) for lang in ("de", "en")],
            "backdrops": [_image(f"/b{tmdb_id}.jpg", None, 1920, 1080)],
            "logos": [_image(f"/l{tmdb_id}.svg", "en", 500, 200), _image(f"/l{tmdb_id}.png", "en", 500, 200)],
        },
        **more,
    }


def show(tmdb_id: int, name: str, year: int, seasons: int = 1, **more: Any) -> Json:
    """A series as `/tv/{id}` gives it with everything appended."""
    numbers = range(seasons + 1)
    return {
        "id": tmdb_id,
        "name": name,
        "original_name": name,
        "original_language": "en",
        "overview": f"The plot of {name}.",
        "first_air_date": f"{year}-01-05",
        "last_air_date": f"{year + 1}-01-05",
        "status": "Ended",
        "episode_run_time": [45],
        "genres": [{"name": "Drama"}],
        "networks": [{"name": "Channel"}],
        "created_by": [{"name": "A Creator"}],
        "vote_average": 8.1,
        "vote_count": 50,
        "popularity": 5.0,
        "external_ids": {"imdb_id": f"tt9{tmdb_id:06d}", "tvdb_id": 500000 + tmdb_id},
        "content_ratings": {"results": [{"iso_3166_1": "US", "rating": "TV-14"}]},
        "aggregate_credits": {
            "cast": [
                {
                    "name": "An Actor",
                    "order": 0,
                    "profile_path": None,
                    "roles": [
                        {"character": "Guest", "episode_count": 1},
                        {"character": "Hero", "episode_count": 9},
                    ],
                }
            ]
        },
        "images": {"posters": [_image(f"/s{tmdb_id}.jpg", "en", 1000, 1500)], "backdrops": [], "logos": []},
        "videos": {"results": []},
        "keywords": {"results": []},
        "seasons": [
            {
                "season_number": number,
                "name": f"Season {number}" if number else "Specials",
                "air_date": f"{year + max(number - 1, 0)}-01-05",
            }
            for number in numbers
        ],
        **more,
    }


def season(show_id: int, number: int, episodes: int, year: int) -> Json:
    """A season as `/tv/{id}/season/{n}` gives it."""
    return {
        "season_number": number,
        "poster_path": f"/s{show_id}-{number}.jpg",
        "images": {"posters": []},
        "episodes": [
            {
                "id": show_id * 10000 + number * 100 + one,
                "season_number": number,
                "episode_number": one,
                "name": f"Chapter {one}",
                "overview": f"What happens in {one}.",
                "air_date": f"{year}-01-{4 + one:02d}",
                "runtime": 44,
                "still_path": f"/still{show_id}-{number}-{one}.jpg",
                "vote_average": 8.0,
                "vote_count": 3,
                "crew": [{"name": "A Director", "job": "Director"}],
                "guest_stars": [
                    {"name": "A Guest", "character": "Stranger", "order": 1, "profile_path": None}
                ],
            }
            for one in range(1, episodes + 1)
        ],
    }


class TmdbServer(Loopback):
    """TMDB with films and series of the test's choosing; answers carry an ETag and honour If-None-Match."""

    def __init__(self) -> None:
        super().__init__()
        self.movies: dict[int, Json] = {}
        self.shows: dict[int, Json] = {}
        self.seasons: dict[tuple[int, int], Json] = {}
        self.not_modified = 0

    @property
    def images_url(self) -> str:
        """The root of the image server, which is this one too."""
        return f"{self.url}/t/p"

    def api_requests(self) -> list[Request]:
        """The requests that were no pictures."""
        return [request for request in self.requests if not request.path.startswith("/t/p/")]

    def answer(self, request: Request) -> Reply:
        """Reply as TMDB does."""
        if request.path.startswith("/t/p/"):
            return self._picture(request.path)
        bearer = request.headers.get("authorization")
        if request.query.get("api_key") != KEY and bearer != f"Bearer {TOKEN}":
            return _failure(401, 7, "Invalid API key: You must be granted a valid key.")
        found = self._found(request)
        if found is None:
            return _failure(404, 34, "The resource you requested could not be found.")
        etag = f'W/"{hashlib.sha256(repr(found).encode()).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == etag:
            self.not_modified += 1
            return Reply(304, b"", {"ETag": etag})
        return Reply(200, found, {"ETag": etag})

    def _found(self, request: Request) -> Json | None:
        path, query = request.path, request.query
        if path == "/search/movie":
            return _page(_matching(self.movies.values(), "title", "release_date", query, "year"))
        if path == "/search/tv":
            return _page(
                _matching(self.shows.values(), "name", "first_air_date", query, "first_air_date_year")
            )
        if found := re.fullmatch(r"/find/(\w+)", path):
            return self._by_external_id(found[1])
        if found := re.fullmatch(r"/movie/(\d+)", path):
            return self.movies.get(int(found[1]))
        if found := re.fullmatch(r"/tv/(\d+)/season/(\d+)", path):
            return self.seasons.get((int(found[1]), int(found[2])))
        if found := re.fullmatch(r"/tv/(\d+)", path):
            return self.shows.get(int(found[1]))
        return None

    def _by_external_id(self, wanted: str) -> Json:
        def has(one: Json) -> bool:
            return wanted in (str(value) for value in one["external_ids"].values())

        return {
            "movie_results": [one for one in self.movies.values() if has(one)],
            "tv_results": [one for one in self.shows.values() if has(one)],
        }

    def _picture(self, path: str) -> Reply:
        if path.endswith(".png"):
            return Reply(200, pictures.png(seed=path), {"Content-Type": "image/png"})
        return Reply(200, pictures.jpeg(seed=path), {"Content-Type": "image/jpeg"})


def _image(path: str, language: str | None, width: int, height: int) -> Json:
    return {
        "file_path": path, "iso_639_1": language, "width": width, "height": height,
        "vote_average": 5.3, "vote_count": 4,
    }  # fmt: skip


def _matching(titles: Any, name: str, date: str, query: dict[str, str], year: str) -> list[Json]:
    wanted = query["query"].casefold().split()

    def fits(one: Json) -> bool:
        known_as = f"{one[name]} {one[f'original_{name}']}".casefold()
        return all(word in known_as for word in wanted)

    found = [one for one in titles if fits(one)]
    return [one for one in found if year not in query or one[date].startswith(query[year])]


def _page(results: list[Json]) -> Json:
    return {"page": 1, "results": results, "total_pages": 1, "total_results": len(results)}


def _failure(status: int, code: int, message: str) -> Reply:
    return Reply(status, {"success": False, "status_code": code, "status_message": message})
