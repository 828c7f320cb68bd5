"""What a person does with a title by the API, and what enriching makes of it; no worker runs here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from actors.enrich import Enrich, perform
from queueapp.models.image import ChosenBy, Image
from queueapp.models.item import Item
from queueapp.models.media import MatchState, MediaStatus
from queueapp.models.player import Player, PlayerKind
from queueapp.services import api_keys
from tests.integration.actors.acting import Acting
from tests.integration.actors.conftest import Shelf
from tests.servers import tmdb
from tests.servers.tmdb import TmdbServer
from tests.web import web_app


@pytest.fixture
def api(shelf: Shelf) -> Iterator[FlaskClient]:
    """A program with an admin's key."""
    with shelf.runtime.transaction() as session:
        key = api_keys.create_key(session, "test", "admin")[1]
    with web_app(shelf.runtime) as app:
        client = app.test_client()
        client.environ_base["HTTP_X_API_KEY"] = key
        yield client


def _enrich(shelf: Shelf, media_id: int) -> None:
    perform(Enrich(media_id=media_id), Acting(shelf.runtime).as_context)


def _items(shelf: Shelf, task_id: int) -> list[tuple[str, dict[str, Any]]]:
    with shelf.runtime.transaction() as session:
        rows = session.scalars(sa.select(Item).where(Item.task_id == task_id).order_by(Item.index))
        return [(row.type, row.payload) for row in rows]


def _images(shelf: Shelf, media_id: int, kind: str) -> list[Image]:
    with shelf.runtime.transaction() as session:
        query = sa.select(Image).where(Image.media_id == media_id, Image.kind == kind)
        return list(session.scalars(query.order_by(Image.selected.desc(), Image.position, Image.id)))


def test_a_refresh_describes_a_title_anew_and_tells_the_players(api: FlaskClient, shelf: Shelf) -> None:
    with shelf.runtime.transaction() as session:
        session.add(Player(name="Living room", kind=PlayerKind.KODI, url="http://127.0.0.1:1"))
    film = shelf.film("Nosferatu", 1922)
    started = api.post(f"/api/media/{film}/refresh")
    assert started.status_code == 202
    task_id = started.get_json()["task_id"]
    kinds = [kind for kind, _ in _items(shelf, task_id)]
    assert kinds == ["enrich", "notify_kodi"]
    task = api.get(f"/api/queues/{task_id}").get_json()
    assert (task["title"], task["meta"]["media_id"]) == ("Refresh Nosferatu (1922)", film)
    assert "enrichment" in task["meta"]["config"]
    again = api.post(f"/api/media/{film}/refresh").get_json()
    assert again == {"task_id": task_id, "created": False}


def test_a_refresh_asks_the_provider_again(shelf: Shelf, api: FlaskClient, tmdb_server: TmdbServer) -> None:
    tmdb_server.movies[653] = tmdb.movie(653, "Nosferatu", 1922)
    film = shelf.film("Nosferatu", 1922, tmdb_id=653)
    _enrich(shelf, film)
    asked = tmdb_server.paths().count("/movie/653")
    _enrich(shelf, film)
    assert tmdb_server.paths().count("/movie/653") == asked
    api.post(f"/api/media/{film}/refresh")
    _enrich(shelf, film)
    assert tmdb_server.paths().count("/movie/653") == asked + 1


def test_a_show_goes_with_its_episodes(api: FlaskClient, shelf: Shelf) -> None:
    show = shelf.show("Foundation")
    season = shelf.season(show, 1)
    here = shelf.episode(show, season, [1])
    shelf.episode(show, season, [2], status=MediaStatus.GONE, gone_at=sa.func.now())
    task_id = api.post(f"/api/media/{show}/publish").get_json()["task_id"]
    items = _items(shelf, task_id)
    assert [(kind, payload["media_id"], payload["group"]) for kind, payload in items] == [
        ("publish", show, show),
        ("publish", here, show),
    ]
    of_season = api.post(f"/api/media/{season}/refresh", json={"dry_run": True}).get_json()["task_id"]
    assert _items(shelf, of_season) == [("enrich", {"media_id": here})]


def test_a_doubtful_film_is_matched_by_hand(api: FlaskClient, shelf: Shelf, tmdb_server: TmdbServer) -> None:
    tmdb_server.movies = {
        1: tmdb.movie(1, "The Thing", 1982),
        2: tmdb.movie(2, "The Thing", 2011),
    }
    film = shelf.film("The Thing")
    _enrich(shelf, film)
    offered = api.get(f"/api/media/{film}/candidates").get_json()
    assert offered["match_state"] == "unsure"
    assert {one["id"] for one in offered["matches"]} == {1, 2}
    chosen = api.put(f"/api/media/{film}/match", json={"tmdb_id": 2})
    assert chosen.status_code == 202
    assert _items(shelf, chosen.get_json()["task_id"])[0] == ("enrich", {"media_id": film})
    _enrich(shelf, film)
    media = shelf.media(film)
    assert (media.match_state, media.tmdb_id, media.year) == (MatchState.MANUAL, 2, 2011)
    api.put(f"/api/media/{film}/match", json={"tmdb_id": 1})
    _enrich(shelf, film)
    media = shelf.media(film)
    assert (media.tmdb_id, media.imdb_id, media.year) == (1, "tt0000001", 1982)


def test_an_id_chosen_by_hand_that_nobody_knows_is_not_replaced_by_a_guess(
    api: FlaskClient, shelf: Shelf, tmdb_server: TmdbServer
) -> None:
    tmdb_server.movies[653] = tmdb.movie(653, "Nosferatu", 1922)
    film = shelf.film("Nosferatu", 1922)
    api.put(f"/api/media/{film}/match", json={"tmdb_id": 999})
    _enrich(shelf, film)
    assert shelf.media(film).tmdb_id == 999
    api.put(f"/api/media/{film}/match", json={"tmdb_id": None})
    _enrich(shelf, film)
    assert (shelf.media(film).tmdb_id, shelf.media(film).match_state) == (653, MatchState.MATCHED)


def test_pictures_are_chosen_by_hand_and_given_back_to_the_ranking(
    api: FlaskClient, shelf: Shelf, tmdb_server: TmdbServer
) -> None:
    tmdb_server.movies[653] = tmdb.movie(653, "Nosferatu", 1922)
    film = shelf.film("Nosferatu", 1922, tmdb_id=653)
    _enrich(shelf, film)
    offered = api.get(f"/api/media/{film}/candidates").get_json()["artwork"]
    assert "actor" not in offered
    by_rank = [one["id"] for one in offered["poster"] if one["selected"]]
    other = by_rank[-1]
    with shelf.runtime.transaction() as session:
        session.execute(sa.update(Image).where(Image.id == other).values(sha256=None, downloaded_at=None))
    chosen = api.put(f"/api/media/{film}/artwork", json={"kind": "poster", "image_ids": [other]})
    assert chosen.status_code == 202
    assert _items(shelf, chosen.get_json()["task_id"])[0][0] == "enrich"
    _enrich(shelf, film)
    [in_use] = [one for one in _images(shelf, film, "poster") if one.selected]
    assert (in_use.id, in_use.selected_by) == (other, ChosenBy.USER)
    assert in_use.sha256 is not None
    same = api.put(f"/api/media/{film}/artwork", json={"kind": "poster", "image_ids": [other]}).get_json()
    assert _items(shelf, same["task_id"])[0][0] == "publish"
    api.put(f"/api/media/{film}/artwork", json={"kind": "poster", "image_ids": []})
    _enrich(shelf, film)
    assert [one.id for one in _images(shelf, film, "poster") if one.selected] == by_rank


def test_locked_facts_outlive_enrichment(api: FlaskClient, shelf: Shelf, tmdb_server: TmdbServer) -> None:
    tmdb_server.movies[653] = tmdb.movie(653, "Nosferatu", 1922)
    film = shelf.film("Nosferatu", 1922, tmdb_id=653)
    shelf.change(film, metadata_={"kind": "movie", "plot": "Mine"})
    locked = api.put(f"/api/media/{film}/locks", json={"locked_fields": ["plot"]})
    assert (locked.status_code, locked.get_json()["locked_fields"]) == (200, ["plot"])
    _enrich(shelf, film)
    assert shelf.media(film).metadata_["plot"] == "Mine"


@pytest.mark.parametrize(
    ("method", "act", "body", "status"),
    [
        ("put", "match", {}, 422),
        ("put", "match", {"tmdb_id": 0}, 422),
        ("put", "match", {"tmdb_id": 2**31}, 422),
        ("put", "artwork", {"kind": "actor", "image_ids": []}, 422),
        ("put", "artwork", {"kind": "poster", "image_ids": [9999]}, 422),
        ("put", "locks", {"locked_fields": ["nothing"]}, 422),
        ("put", "locks", {"locked_fields": "plot"}, 422),
        ("post", "refresh", {"soon": True}, 422),
        ("post", "rewind", {}, 404),
    ],
)
def test_what_does_not_fit_is_refused(
    api: FlaskClient, shelf: Shelf, method: str, act: str, body: Any, status: int
) -> None:
    film = shelf.film("Nosferatu", 1922)
    assert getattr(api, method)(f"/api/media/{film}/{act}", json=body).status_code == status
    assert api.get("/api/queues").get_json()["total"] == 0


def test_a_title_that_is_gone_or_cannot_be_matched_says_so(api: FlaskClient, shelf: Shelf) -> None:
    gone = shelf.film("Lost", 1999, status=MediaStatus.GONE, gone_at=sa.func.now())
    assert api.post(f"/api/media/{gone}/refresh").get_json()["current_status"] == "gone"
    show = shelf.show("Foundation")
    season = shelf.season(show, 1)
    assert api.put(f"/api/media/{season}/match", json={"tmdb_id": 1}).status_code == 409
    assert api.post(f"/api/media/{season}/refresh").status_code == 409
    for method, act in (("post", "refresh"), ("post", "publish"), ("get", "candidates")):
        assert getattr(api, method)(f"/api/media/99999/{act}").status_code == 404


@pytest.mark.parametrize("order", ["title", "added_at", "year"])
def test_titles_page_by_cursor_without_gap_or_double(api: FlaskClient, shelf: Shelf, order: str) -> None:
    expected = {
        shelf.film(f"Film {number % 3}", 1990 + number % 2 if number else None) for number in range(7)
    }
    seen: list[int] = []
    query: dict[str, Any] = {"limit": 2, "order_by": order}
    while True:
        page = api.get("/api/media", query_string=query).get_json()
        seen += [one["id"] for one in page["media"]]
        if page["next_cursor"] is None:
            break
        shelf.film(f"Aaa new one {len(seen)}", 2099) if order == "title" else None
        query["cursor"] = page["next_cursor"]
    assert sorted(seen) == sorted(expected)
    assert api.get("/api/media?cursor=nonsense").status_code == 422
    other = "year" if order == "title" else "title"
    if "cursor" in query:
        assert (
            api.get("/api/media", query_string={"cursor": query["cursor"], "order_by": other}).status_code
            == 422
        )
