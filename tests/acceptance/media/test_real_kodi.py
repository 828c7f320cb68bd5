"""A real Kodi takes up what was published, and hears of changes; skipped where no Kodi is installed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from queueapp import bootstrap
from queueapp.demo.video import Audio, make_video
from queueapp.ledger import reads
from queueapp.models.library import LibraryKind
from queueapp.models.player import PlayerKind
from queueapp.services.library import libraries
from queueapp.services.library.library_views import NewLibrary
from queueapp.services.player import players
from queueapp.services.player.player_views import NewPlayer
from tests.servers import real_kodi, tmdb
from tests.servers.real_kodi import RealKodi
from tests.servers.tmdb import TmdbServer
from tests.waiting import eventually
from tests.workers import run_worker

pytestmark = pytest.mark.skipif(real_kodi.program() is None, reason="no Kodi is installed")

FILM = [
    "title",
    "originaltitle",
    "year",
    "premiered",
    "uniqueid",
    "rating",
    "votes",
    "runtime",
    "genre",
    "cast",
]
FILM += ["art", "streamdetails", "director", "mpaa", "set", "trailer", "studio", "country", "tag", "file"]
AUDIO = [Audio("ger", default=True), Audio("eng")]


@pytest.fixture
def kodi() -> Iterator[RealKodi]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with RealKodi(port) as running:
        yield running


@pytest.fixture
def tmdb_server() -> Iterator[TmdbServer]:
    with TmdbServer() as server:
        collection = {
            "id": 9,
            "name": "Horror & Symphony Collection",
            "poster_path": None,
            "backdrop_path": None,
        }
        server.movies = {
            653: tmdb.movie(653, "Nosferatu <1922> & Friends", 1922, belongs_to_collection=collection),
            346: tmdb.movie(346, "Seven Samurai", 1954, original_title="七人の侍"),
        }
        server.shows[7] = tmdb.show(7, "Dark Rooms", 2011)
        server.seasons[7, 1] = tmdb.season(7, 1, 3, 2011)
        yield server


def scan(runtime: bootstrap.Runtime, library_id: int) -> None:
    task_id = libraries.scan_library(runtime, library_id, created_by="test").task_id

    def is_over() -> bool:
        with runtime.transaction() as session:
            return reads.get_task(session, task_id).status.value in ("completed", "failed")

    eventually(is_over, seconds=120, what="the scan")
    with runtime.transaction() as session:
        items = reads.list_items(session, task_id, limit=100)[0]
    assert {one.status.value for one in items} == {"completed"}, [(one.title, one.error) for one in items]


def add_library(runtime: bootstrap.Runtime, folder: Path, kind: LibraryKind) -> int:
    with runtime.transaction() as session:
        new = NewLibrary(name=kind.value, path=str(folder), kind=kind)
        return libraries.add_library(session, runtime.settings, new).id


def films(kodi: RealKodi) -> dict[str, dict[str, Any]]:
    found = kodi.call("VideoLibrary.GetMovies", properties=FILM).get("movies", [])
    return {Path(one["file"]).stem: one for one in found}


def has_taken_all_in(kodi: RealKodi) -> bool:
    """Whether Kodi knows the films and the episodes, and scans no more: it tells of rows whose art is still to come."""
    episodes = kodi.call("VideoLibrary.GetEpisodes").get("episodes", [])
    scans = kodi.call("XBMC.GetInfoBooleans", booleans=["Library.IsScanningVideo"])
    return len(films(kodi)) == 2 and len(episodes) == 3 and not scans["Library.IsScanningVideo"]


@pytest.mark.parametrize("separate_folders", [False, True])
def test_kodi_imports_what_was_published_and_hears_of_changes(
    runtime: bootstrap.Runtime,
    kodi: RealKodi,
    tmdb_server: TmdbServer,
    tmp_path: Path,
    separate_folders: bool,
) -> None:
    movies, tv = tmp_path / "movies", tmp_path / "tv"
    make_video(movies / "Nosferatu (1922) {tmdb-653}" / "Nosferatu.mkv", 2, AUDIO, cache=tmp_path / "made")
    make_video(movies / "七人の侍 (1954)" / "七人の侍 (1954).mkv", 2, AUDIO, cache=tmp_path / "made")
    season = tv / "Dark Rooms (2011)" / "Season 01"
    for name in ("Dark Rooms S01E01E02", "Dark Rooms S01E03"):
        make_video(season / f"{name}.mkv", 2, AUDIO, cache=tmp_path / "made")
    kodi.watch(movies, "movies", separate_folders=separate_folders)
    kodi.watch(tv, "tvshows")
    with runtime.transaction() as session:
        players.add_player(session, NewPlayer(name="Kodi", kind=PlayerKind.KODI, url=kodi.url))
    ids = [add_library(runtime, movies, LibraryKind.MOVIES), add_library(runtime, tv, LibraryKind.TV)]
    environ = {
        "QUEUEAPP_TMDB__BASE_URL": tmdb_server.url,
        "QUEUEAPP_TMDB__IMAGES_URL": tmdb_server.images_url,
        "QUEUEAPP_TMDB__API_KEY": tmdb.KEY,
    }
    with run_worker(runtime, environ=environ):
        for library_id in ids:
            scan(runtime, library_id)
        eventually(lambda: has_taken_all_in(kodi), seconds=60, what="films and episodes in Kodi")
        check_films(films(kodi))
        assert (season.parent / "season01-poster.jpg").exists(), sorted(season.parent.rglob("*"))
        eventually(lambda: check_series(kodi), seconds=30, what="the series as published")
        tmdb_server.movies[653]["title"] = "Nosferatu, Renamed"
        with runtime.transaction() as session:
            session.execute(sa.text("UPDATE provider_cache SET expires_at = now() - interval '1 day'"))
            session.execute(sa.text("UPDATE media SET published_fingerprint = NULL WHERE kind = 'movie'"))
        scan(runtime, ids[0])
        eventually(
            lambda: films(kodi).get("Nosferatu", {}).get("title") == "Nosferatu, Renamed",
            seconds=60,
            what="the new title in Kodi",
        )
    eventually(lambda: len(films(kodi)) == 2, what="both films, of which Kodi may be refreshing one")


def check_films(found: dict[str, dict[str, Any]]) -> None:
    nosferatu = found["Nosferatu"]
    assert (nosferatu["title"], nosferatu["year"]) == ("Nosferatu <1922> & Friends", 1922)
    assert nosferatu["premiered"] == "1922-03-04"
    assert nosferatu["uniqueid"] == {"tmdb": "653", "imdb": "tt0000653"}
    assert (round(nosferatu["rating"], 1), nosferatu["votes"]) == (7.7, "2000")
    # The streams say how long the file really is, and Kodi believes them before <runtime>.
    assert nosferatu["runtime"] == 2
    assert nosferatu["cast"][0]["name"] == "Max Schreck"
    assert nosferatu["cast"][0]["role"] == "Orlok"
    assert nosferatu["set"] == "Horror & Symphony Collection"
    assert {"poster", "fanart"} <= set(nosferatu["art"])
    assert nosferatu["art"]["poster"].endswith("-poster.jpg/")
    assert [one["language"] for one in nosferatu["streamdetails"]["audio"]] == ["ger", "eng"]
    samurai = found["七人の侍 (1954)"]
    assert (samurai["title"], samurai["originaltitle"], samurai["year"]) == (
        "Seven Samurai",
        "七人の侍",
        1954,
    )


def check_series(kodi: RealKodi) -> bool:
    [show] = kodi.call("VideoLibrary.GetTVShows", properties=["title", "uniqueid", "art", "year", "cast"])[
        "tvshows"
    ]
    assert (show["title"], show["year"]) == ("Dark Rooms", 2011)
    assert show["uniqueid"]["tvdb"] == "500007"
    assert "poster" in show["art"]
    [season] = kodi.call("VideoLibrary.GetSeasons", tvshowid=show["tvshowid"], properties=["art", "season"])[
        "seasons"
    ]
    assert "season01-poster.jpg" in season["art"].get("poster", "")
    properties = ["title", "season", "episode", "uniqueid", "firstaired", "art", "file"]
    episodes = kodi.call("VideoLibrary.GetEpisodes", properties=properties)["episodes"]
    assert sorted((one["season"], one["episode"], one["title"]) for one in episodes) == [
        (1, 1, "Chapter 1"),
        (1, 2, "Chapter 2"),
        (1, 3, "Chapter 3"),
    ]
    assert all("-thumb.jpg" in one["art"]["thumb"] for one in episodes)
    assert [one["uniqueid"]["tmdb"] for one in sorted(episodes, key=lambda one: one["episode"])] == [
        "70101", "70102", "70103",
    ]  # fmt: skip
    return True
