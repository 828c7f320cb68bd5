"""The Movie Database, v3: the few calls that identify and describe a title."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from queueapp.config import Settings
from queueapp.connectors.provider import Means, Provider
from queueapp.connectors.response_cache import SEARCH_LIFE
from queueapp.media import language as languages

NAME = "tmdb"
_MOVIE_PARTS = "credits,images,videos,external_ids,release_dates,keywords"
_SHOW_PARTS = "aggregate_credits,content_ratings,external_ids,images,videos,keywords"

Source = Literal["imdb_id", "tvdb_id"]


@dataclass(frozen=True)
class Tmdb:
    """TMDB's v3 API in one language; the methods return its JSON, None for an unknown id."""

    provider: Provider
    language: str
    images_url: str

    def search_movies(self, title: str, year: int | None) -> list[dict[str, Any]]:
        """Films that a search for a title finds, first page; a year narrows it."""
        return self._search("/search/movie", title, {"year": year} if year else {})

    def search_shows(self, title: str, year: int | None) -> list[dict[str, Any]]:
        """Series that a search for a title finds, first page."""
        return self._search("/search/tv", title, {"first_air_date_year": year} if year else {})

    def movie(self, tmdb_id: int, *, revalidate: bool = False) -> dict[str, Any] | None:
        """A film with credits, images, videos, ids, certifications and keywords."""
        return self._details(f"/movie/{tmdb_id}", _MOVIE_PARTS, revalidate=revalidate)

    def show(self, tmdb_id: int, *, revalidate: bool = False) -> dict[str, Any] | None:
        """A series with credits, certifications, ids, images, videos and keywords."""
        return self._details(f"/tv/{tmdb_id}", _SHOW_PARTS, revalidate=revalidate)

    def season(self, show_id: int, number: int, *, revalidate: bool = False) -> dict[str, Any] | None:
        """A season with its episodes and posters."""
        return self._details(f"/tv/{show_id}/season/{number}", "images", revalidate=revalidate)

    def find(self, external_id: str, source: Source) -> dict[str, Any]:
        """What TMDB has under an id of IMDb or TVDB: `movie_results`, `tv_results`, …, empty when unknown."""
        params: dict[str, str | int] = {"external_source": source, "language": self.language}
        return dict(self.provider.get(f"/find/{external_id}", params, life=SEARCH_LIFE) or {})

    def image_url(self, file_path: str | None, size: str = "original") -> str | None:
        """The address of a picture; sizes as TMDB's `/configuration` lists them."""
        return f"{self.images_url.rstrip('/')}/{size}{file_path}" if file_path else None

    def _search(self, path: str, title: str, narrowed: dict[str, str | int]) -> list[dict[str, Any]]:
        params: dict[str, str | int] = {"query": title, "language": self.language, "include_adult": "false"}
        found = self.provider.get(path, {**params, **narrowed}, life=SEARCH_LIFE)
        return list((found or {}).get("results") or [])

    def _details(self, path: str, parts: str, *, revalidate: bool) -> dict[str, Any] | None:
        # `language` filters images too, so theirs are always named (TMDB: image-languages).
        spoken = dict.fromkeys([languages.normalise(self.language), "en", "null"])
        wanted = ",".join(code for code in spoken if code)
        params: dict[str, str | int] = {"language": self.language, "append_to_response": parts}
        params |= {"include_image_language": wanted, "include_video_language": wanted}
        found = self.provider.get(path, params, revalidate=revalidate)
        return dict(found) if found else None


def connect(settings: Settings, means: Means, language: str | None = None) -> Tmdb | None:
    """TMDB with the configured credentials; None when there are none, and then nothing is ever asked."""
    section = settings.tmdb
    if not (section.api_key or section.access_token):
        return None
    headers = {"Authorization": f"Bearer {section.access_token}"} if section.access_token else {}
    params = {"api_key": section.api_key} if section.api_key and not section.access_token else {}
    provider = Provider(means, NAME, section.base_url, section.rate_per_second, headers, params)
    return Tmdb(provider, _language(language, section.language), section.images_url)


def _language(wanted: str | None, configured: str) -> str:
    """The phase's language; the configured one where it says the same more exactly (`en-US` for `en`)."""
    if not wanted or languages.same(wanted, configured):
        return configured
    return wanted
