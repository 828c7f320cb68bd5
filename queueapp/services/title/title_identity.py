"""Which of a provider's titles is this one? By id first, else by name and year, never by guess."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from queueapp.connectors import tmdb_details
from queueapp.connectors.tmdb import Source, Tmdb
from queueapp.media.matching import Candidate, judge
from queueapp.models.media import MatchState, Media, MediaKind

Json = dict[str, Any]


@dataclass(frozen=True)
class Identity:
    """What is known of a title's identity; `found` is the provider's description when there is no doubt."""

    state: MatchState
    reason: str
    found: Json | None = None
    score: float | None = None
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True)
class _Ways:
    """TMDB's calls for one kind of title."""

    describe: Callable[[int], Json | None]
    search: Callable[[str, int | None], list[Json]]
    results_of_find: str


def identify(tmdb: Tmdb, media: Media) -> Identity:
    """Find a film or series at TMDB. Raises what the connector raises."""
    is_movie = media.kind is MediaKind.MOVIE
    ways = (
        _Ways(tmdb.movie, tmdb.search_movies, "movie_results")
        if is_movie
        else _Ways(tmdb.show, tmdb.search_shows, "tv_results")
    )
    return _by_id(tmdb, media, ways) or _by_name(tmdb, media, ways)


def _by_id(tmdb: Tmdb, media: Media, ways: _Ways) -> Identity | None:
    state = MatchState.MANUAL if media.match_state is MatchState.MANUAL else MatchState.MATCHED
    if media.tmdb_id and (found := ways.describe(media.tmdb_id)):
        return Identity(state, f"by its TMDB id {media.tmdb_id}", found, 1.0)
    if media.tmdb_id and state is MatchState.MANUAL:
        # Somebody said so: better nothing than a guess in its place.
        return Identity(
            MatchState.UNMATCHED, f"TMDB knows no title {media.tmdb_id}, which was chosen by hand"
        )
    sources: tuple[tuple[str | int | None, Source], ...] = (
        (media.imdb_id, "imdb_id"),
        (media.tvdb_id, "tvdb_id"),
    )
    for external_id, source in sources:
        results = tmdb.find(str(external_id), source).get(ways.results_of_find) if external_id else None
        if results and (found := ways.describe(int(results[0]["id"]))):
            return Identity(state, f"by its {source[:4].upper()} id {external_id}", found, 1.0)
    return None


def _by_name(tmdb: Tmdb, media: Media, ways: _Ways) -> Identity:
    title, year = media.parsed_title, media.parsed_year
    results = ways.search(title, year)
    verdict = judge(title, year, _candidates(tmdb, results))
    if verdict.chosen is None and year is not None:
        # Festival and release often lie in two years, and searches with a year are strict.
        results = list({one["id"]: one for one in [*results, *ways.search(title, None)]}.values())
        verdict = judge(title, year, _candidates(tmdb, results))
    if verdict.chosen and (found := ways.describe(verdict.chosen.id)):
        return Identity(
            MatchState.MATCHED, verdict.reason, found, verdict.chosen.score, tuple(verdict.candidates)
        )
    state = MatchState.UNSURE if verdict.candidates else MatchState.UNMATCHED
    best = verdict.candidates[0].score if verdict.candidates else None
    return Identity(state, verdict.reason, None, best, tuple(verdict.candidates))


def _candidates(tmdb: Tmdb, results: list[Json]) -> list[Candidate]:
    return [tmdb_details.candidate(tmdb, one) for one in results if one.get("id")]
