"""Enriching: sure matches, doubtful ones, edits and locks, artwork, and life without a key."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from actors.enrich import Enrich, perform
from queueapp import errors
from queueapp.media.image_cache import ImageCache
from queueapp.models.image import ChosenBy, Image
from queueapp.models.media import IdsSource, MatchState
from tests.integration.actors.acting import Acting
from tests.integration.actors.conftest import Shelf
from tests.servers import tmdb
from tests.servers.fanarttv import FanartTvServer
from tests.servers.loopback import Reply
from tests.servers.tmdb import TmdbServer


def enrich(shelf: Shelf, media_id: int, **more: Any) -> Acting:
    acting = Acting(shelf.runtime, **more)
    perform(Enrich(media_id=media_id), acting.as_context)
    return acting


def images(shelf: Shelf, media_id: int, **where: Any) -> list[Image]:
    with shelf.runtime.transaction() as session:
        query = sa.select(Image).filter_by(media_id=media_id, **where)
        return list(session.scalars(query.order_by(Image.kind, Image.position, Image.url)))


def test_a_film_is_matched_by_title_and_year(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    tmdb_server.movies = {
        653: tmdb.movie(653, "Nosferatu", 1922),
        426063: tmdb.movie(426063, "Nosferatu", 2024),
    }
    film = shelf.film("Nosferatu", 1922)
    acting = enrich(shelf, film)
    media = shelf.media(film)
    assert (media.match_state, media.match_score, media.tmdb_id) == (MatchState.MATCHED, 1.0, 653)
    assert (media.imdb_id, media.ids_source) == ("tt0000653", IdsSource.MATCH)
    assert media.metadata_["directors"] == ["F. W. Murnau"]
    assert media.metadata_["certification"] == "Rated PG"
    assert media.enriched_at is not None
    assert [(one.type, one.payload) for one in acting.added] == [
        ("publish", {"media_id": film, "group": film})
    ]
    assert acting.warnings == []


def test_a_known_id_is_believed_before_the_name(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    tmdb_server.movies[653] = tmdb.movie(653, "Nosferatu", 1922)
    film = shelf.film("Some Scene Name", 1999, tmdb_id=653, ids_source=IdsSource.NAME)
    enrich(shelf, film)
    media = shelf.media(film)
    assert (media.title, media.year, media.ids_source) == ("Nosferatu", 1922, IdsSource.NAME)
    assert not any(path.startswith("/search") for path in tmdb_server.paths())


def test_an_imdb_id_is_looked_up(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    tmdb_server.movies[653] = tmdb.movie(653, "Nosferatu", 1922)
    film = shelf.film("Whatever", None, imdb_id="tt0000653")
    enrich(shelf, film)
    assert shelf.media(film).tmdb_id == 653


def test_a_doubtful_film_keeps_candidates_and_its_own_name(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    tmdb_server.movies = {1: tmdb.movie(1, "Dune", 1984), 2: tmdb.movie(2, "Dune", 2021)}
    film = shelf.film("Dune")
    acting = enrich(shelf, film)
    media = shelf.media(film)
    assert (media.match_state, media.tmdb_id, media.title) == (MatchState.UNSURE, None, "Dune")
    assert {one["id"] for one in media.match_candidates} == {1, 2}
    assert "Not sure what" in acting.warnings[0]
    assert [one.type for one in acting.added] == ["publish"]


def test_a_film_nobody_knows_goes_on_with_local_facts(shelf: Shelf) -> None:
    film = shelf.film("Holiday Video", 2015)
    acting = enrich(shelf, film)
    media = shelf.media(film)
    assert (media.match_state, media.metadata_["source"]) == (MatchState.UNMATCHED, "local")
    assert [one.type for one in acting.added] == ["publish"]


def test_an_id_that_tmdb_does_not_know_falls_back_to_the_name(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    tmdb_server.movies[653] = tmdb.movie(653, "Nosferatu", 1922)
    film = shelf.film("Nosferatu", 1922, imdb_id="tt7777777")
    enrich(shelf, film)
    assert shelf.media(film).tmdb_id == 653


def test_edits_and_locked_fields_outlive_a_refresh(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    tmdb_server.movies[653] = tmdb.movie(653, "Nosferatu", 1922)
    film = shelf.film("Nosferatu", 1922)
    enrich(shelf, film)
    metadata = {**shelf.media(film).metadata_, "tagline": "Mine"}
    shelf.change(film, metadata_=metadata, locked_fields=["tagline"], edits={"title": "Orlok"})
    enrich(shelf, film)
    media = shelf.media(film)
    assert (media.metadata_["tagline"], media.metadata_["title"], media.title) == ("Mine", "Orlok", "Orlok")


def test_what_a_person_matched_stays_theirs(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    tmdb_server.movies[5] = tmdb.movie(5, "Another Film", 1980)
    film = shelf.film("Nosferatu", 1922, tmdb_id=5, ids_source=IdsSource.USER, match_state=MatchState.MANUAL)
    enrich(shelf, film)
    media = shelf.media(film)
    assert (media.match_state, media.title) == (MatchState.MANUAL, "Another Film")


def test_artwork_of_both_providers_is_ranked_fetched_and_kept_once(
    shelf: Shelf, tmdb_server: TmdbServer, fanarttv_server: FanartTvServer
) -> None:
    tmdb_server.movies[653] = tmdb.movie(653, "Nosferatu", 1922)
    fanarttv_server.art["/movies/653"] = {
        "name": "Nosferatu",
        "hdmovielogo": [fanarttv_server.image("logo", "en", 9)],
        "moviedisc": [fanarttv_server.image("disc", "00", 2, disc="1", disc_type="bluray")],
    }
    film = shelf.film("Nosferatu", 1922)
    enrich(shelf, film)
    chosen = images(shelf, film, selected=True)
    assert [one.kind for one in chosen] == [
        "actor",
        "clearlogo",
        "clearlogo",
        "discart",
        "fanart",
        "poster",
        "poster",
    ]
    assert all(one.sha256 and one.selected_by is ChosenBy.AUTO for one in chosen)
    posters = [one for one in chosen if one.kind == "poster"]
    assert posters[0].language == "en"
    assert not any(one.url.endswith(".svg") for one in images(shelf, film))
    cache = ImageCache.of(shelf.runtime.settings.data_dir)
    assert {path.stem for path in cache.files()} == {one.sha256 for one in chosen}
    pictures = [path for path in tmdb_server.paths() if path.startswith("/t/p/")]
    enrich(shelf, film)
    assert [path for path in tmdb_server.paths() if path.startswith("/t/p/")] == pictures


def test_a_refused_picture_gives_way_to_the_next_best(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    film_json = tmdb.movie(653, "Nosferatu", 1922)
    tmdb_server.movies[653] = film_json
    film = shelf.film("Nosferatu", 1922)
    config = {"config": {"enrichment": {"maxPoster": 1, "maxFanart": 0, "maxLogo": 0}}}
    answer = tmdb_server.answer

    def without_the_best(request: Any) -> Reply:
        return Reply(200, b"<html>") if "-en.jpg" in request.path else answer(request)

    tmdb_server.answer = without_the_best  # type: ignore[method-assign]
    enrich(shelf, film, meta=config)
    [poster] = images(shelf, film, selected=True, kind="poster")
    assert poster.language == "de"
    [refused] = [one for one in images(shelf, film, kind="poster") if one.error]
    assert refused.language == "en"


def test_pictures_that_do_not_come_are_tried_again_and_then_warned_of(
    shelf: Shelf, tmdb_server: TmdbServer
) -> None:
    tmdb_server.movies[653] = tmdb.movie(653, "Nosferatu", 1922)
    film = shelf.film("Nosferatu", 1922)
    answer = tmdb_server.answer

    def down(request: Any) -> Reply:
        return Reply(503, b"") if request.path.startswith("/t/p/") else answer(request)

    tmdb_server.answer = down  # type: ignore[method-assign]
    with pytest.raises(errors.RetryLater, match="pictures did not come"):
        enrich(shelf, film)
    acting = enrich(shelf, film, attempt=3)
    assert "did not come" in acting.warnings[0]
    assert [one.type for one in acting.added] == ["publish"]


def test_what_a_person_chose_is_not_ranked_away(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    tmdb_server.movies[653] = tmdb.movie(653, "Nosferatu", 1922)
    film = shelf.film("Nosferatu", 1922)
    enrich(shelf, film)
    with shelf.runtime.transaction() as session:
        for image in session.scalars(sa.select(Image).filter_by(media_id=film, kind="poster")):
            is_german = image.language == "de"
            image.selected, image.selected_by = is_german, ChosenBy.USER if is_german else None
    enrich(shelf, film)
    assert [one.language for one in images(shelf, film, kind="poster", selected=True)] == ["de"]


def test_without_auto_select_candidates_wait_for_a_person(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    tmdb_server.movies[653] = tmdb.movie(653, "Nosferatu", 1922)
    film = shelf.film("Nosferatu", 1922)
    enrich(shelf, film, meta={"config": {"enrichment": {"autoSelectAssets": False}}})
    assert len(images(shelf, film)) > 3
    assert images(shelf, film, selected=True) == []


def test_without_provider_assets_no_picture_is_asked_for(
    shelf: Shelf, tmdb_server: TmdbServer, fanarttv_server: FanartTvServer
) -> None:
    tmdb_server.movies[653] = tmdb.movie(653, "Nosferatu", 1922)
    film = shelf.film("Nosferatu", 1922)
    enrich(shelf, film, meta={"config": {"enrichment": {"fetchProviderAssets": False}}})
    assert images(shelf, film) == []
    assert fanarttv_server.requests == []
    assert shelf.media(film).metadata_["actors"]


def test_episodes_are_described_with_their_show_and_season(
    shelf: Shelf, tmdb_server: TmdbServer, fanarttv_server: FanartTvServer
) -> None:
    tmdb_server.shows[7] = tmdb.show(7, "Dark Rooms", 2011)
    tmdb_server.seasons[7, 1] = tmdb.season(7, 1, 3, 2011)
    fanarttv_server.art["/tv/500007"] = {
        "seasonposter": [
            fanarttv_server.image("s1", "en", 3, season="1"),
            fanarttv_server.image("s2", season="2"),
        ]
    }
    show = shelf.show("Dark Rooms")
    season = shelf.season(show, 1)
    double = shelf.episode(show, season, [1, 2])
    enrich(shelf, double)
    media = shelf.media(double)
    assert (media.title, media.tmdb_id) == ("Chapter 1", 70101)
    assert [one["title"] for one in media.metadata_["episodes"]] == ["Chapter 1", "Chapter 2"]
    assert shelf.media(show).tvdb_id == 500007
    assert shelf.media(show).metadata_["actors"][0]["role"] == "Hero"
    assert [one.kind for one in images(shelf, double, selected=True)] == ["thumb"]
    assert {one.provider for one in images(shelf, season)} == {"tmdb", "fanarttv"}
    before = len(tmdb_server.api_requests())
    enrich(shelf, shelf.episode(show, season, [3]))
    assert len(tmdb_server.api_requests()) == before


def test_an_episode_is_found_by_its_date(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    import datetime

    tmdb_server.shows[7] = tmdb.show(7, "Daily", 2011, seasons=2)
    tmdb_server.seasons[7, 2] = tmdb.season(7, 2, 3, 2012)
    show = shelf.show("Daily")
    daily = shelf.episode(show, shelf.season(show, 2), [1], air_date=datetime.date(2012, 1, 6))
    shelf.change(daily, season_number=None, episode_number=None, episode_numbers=[])
    enrich(shelf, daily)
    assert shelf.media(daily).metadata_["episode"] == 2


def test_episodes_of_an_unknown_show_have_local_facts(shelf: Shelf) -> None:
    show = shelf.show("Our Family")
    episode = shelf.episode(show, shelf.season(show, 1), [4])
    acting = enrich(shelf, episode)
    metadata = shelf.media(episode).metadata_
    assert (metadata["season"], metadata["episode"], metadata["show_title"]) == (1, 4, "Our Family")
    assert [one.type for one in acting.added] == ["publish"]


def test_without_a_key_nothing_is_asked_and_the_chain_goes_on(
    offline_shelf: Shelf, tmdb_server: TmdbServer
) -> None:
    film = offline_shelf.film("Nosferatu", 1922)
    acting = enrich(offline_shelf, film)
    assert acting.warnings == ["No TMDB key is set: titles are described by what is on the disk"]
    assert offline_shelf.media(film).metadata_["source"] == "local"
    assert [one.type for one in acting.added] == ["publish"]
    assert tmdb_server.requests == []


def test_without_a_key_somebody_elses_nfo_is_read(offline_shelf: Shelf) -> None:
    film = offline_shelf.film("Nosferatu", 1922)
    nfo = offline_shelf.root / "Nosferatu (1922)" / "movie.nfo"
    nfo.write_text("<movie><title>Nosferatu, eine Symphonie</title><plot>Orlok.</plot></movie>")
    enrich(offline_shelf, film)
    media = offline_shelf.media(film)
    assert (media.title, media.metadata_["plot"]) == ("Nosferatu, eine Symphonie", "Orlok.")


def test_a_removed_key_takes_nothing_away(shelf: Shelf, make_shelf: Any, tmdb_server: TmdbServer) -> None:
    tmdb_server.movies[653] = tmdb.movie(653, "Nosferatu", 1922)
    film = shelf.film("Nosferatu", 1922)
    enrich(shelf, film)
    settings = shelf.runtime.settings
    without = settings.tmdb.model_copy(update={"api_key": None})
    shelf.runtime.settings = settings.model_copy(update={"tmdb": without})
    enrich(shelf, film)
    assert shelf.media(film).metadata_["source"] == "tmdb"


def test_a_refused_key_is_a_warning_on_the_task_and_the_title_waits(
    shelf: Shelf, tmdb_server: TmdbServer
) -> None:
    tmdb_server.faults.append(Reply(401, {"status_code": 7}))
    acting = Acting(shelf.runtime)
    with pytest.raises(errors.CircuitOpen) as waiting:
        perform(Enrich(media_id=shelf.film("Nosferatu", 1922)), acting.as_context)
    assert not waiting.value.uses_attempt
    assert "check the key in the settings" in acting.warnings[0]


def test_a_dry_run_stores_nothing(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    tmdb_server.movies[653] = tmdb.movie(653, "Nosferatu", 1922)
    film = shelf.film("Nosferatu", 1922)
    acting = enrich(shelf, film, dry_run=True)
    assert shelf.media(film).metadata_ == {}
    assert images(shelf, film) == []
    assert any("Would store" in line for line in acting.lines)


def test_a_title_that_is_not_there_any_more_is_skipped(shelf: Shelf) -> None:
    with pytest.raises(errors.Skip):
        enrich(shelf, 424242)
