"""The whole chain on real files, in a real worker: scan → analyze → enrich → publish → notify."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from queueapp import bootstrap
from queueapp.config import Settings
from queueapp.demo.video import Audio, make_video
from queueapp.ledger import reads
from queueapp.ledger.views import TaskView
from queueapp.models.library import LibraryKind
from queueapp.models.player import PlayerKind
from queueapp.services.library import libraries
from queueapp.services.library.library_views import NewLibrary
from queueapp.services.player import players
from queueapp.services.player.player_views import NewPlayer
from tests.servers import jellyfin, tmdb
from tests.servers.jellyfin import JellyfinServer
from tests.servers.kodi import KodiServer
from tests.servers.loopback import Reply
from tests.servers.tmdb import TmdbServer
from tests.waiting import eventually
from tests.workers import run_worker

TERMINAL = ("completed", "failed", "canceled")


@pytest.fixture
def kodi_server() -> Iterator[KodiServer]:
    with KodiServer("secret") as server:
        yield server


@pytest.fixture
def jellyfin_server() -> Iterator[JellyfinServer]:
    with JellyfinServer() as server:
        yield server


@pytest.fixture
def tv(tmp_path: Path) -> Path:
    """A series of three files, the first with two episodes."""
    season = tmp_path / "tv" / "Dark Rooms (2011)" / "Season 01"
    audio = [Audio("ger", default=True), Audio("eng")]
    for name in ("Dark.Rooms.S01E01-E02.720p", "Dark.Rooms.S01E03.720p", "Dark.Rooms.S01E04.720p"):
        make_video(season / f"{name}.mkv", audio=audio, cache=tmp_path / "made")
    return tmp_path / "tv"


def environment(server: TmdbServer) -> dict[str, str]:
    return {
        "QUEUEAPP_TMDB__BASE_URL": server.url,
        "QUEUEAPP_TMDB__IMAGES_URL": server.images_url,
        "QUEUEAPP_TMDB__API_KEY": tmdb.KEY,
        "QUEUEAPP_TMDB__RATE_PER_SECOND": "200",
    }


def add_players(runtime: bootstrap.Runtime, kodi: KodiServer, server: JellyfinServer) -> None:
    with runtime.transaction() as session:
        for kind, url, secret in (
            (PlayerKind.KODI, kodi.url, "secret"),
            (PlayerKind.JELLYFIN, server.url, jellyfin.KEY),
        ):
            players.add_player(session, NewPlayer(name=kind.value, kind=kind, url=url, secret=secret))


def finished(runtime: bootstrap.Runtime, task_id: int) -> TaskView:
    def terminal() -> TaskView | None:
        with runtime.transaction() as session:
            task = reads.get_task(session, task_id)
        return task if task.status.value in TERMINAL else None

    return eventually(terminal, seconds=90, what=f"the end of task {task_id}")  # type: ignore[return-value]


def items(runtime: bootstrap.Runtime, task_id: int) -> list[Any]:
    with runtime.transaction() as session:
        return reads.list_items(session, task_id, limit=100)[0]


def stamps(root: Path) -> dict[str, tuple[int, int]]:
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            stat = os.stat(os.path.join(folder, name))
            found[os.path.join(folder, name)] = (stat.st_mtime_ns, stat.st_ino)
    return found


def test_a_series_goes_through_the_whole_chain_and_players_are_told_once(
    runtime: bootstrap.Runtime,
    tmdb_server: TmdbServer,
    kodi_server: KodiServer,
    jellyfin_server: JellyfinServer,
    tv: Path,
) -> None:
    tmdb_server.shows[7] = tmdb.show(7, "Dark Rooms", 2011)
    tmdb_server.seasons[7, 1] = tmdb.season(7, 1, 4, 2011)
    tmdb_server.faults.append(Reply(429, {"status_code": 25}, {"Retry-After": "1"}))
    add_players(runtime, kodi_server, jellyfin_server)
    new = NewLibrary(name="TV", path=str(tv), kind=LibraryKind.TV)
    with run_worker(runtime, environ=environment(tmdb_server)):
        library, created = libraries.add_and_scan(runtime, new, created_by="test")
        task = finished(runtime, created.task_id)
        done = items(runtime, created.task_id)
        assert task.status.value == "completed", [(one.title, one.status, one.error) for one in done]
        assert sorted({one.type for one in done}) == [
            "analyze", "enrich", "notify_jellyfin", "notify_kodi", "publish", "scan",
        ]  # fmt: skip
        before = stamps(tv)
        again = libraries.scan_library(runtime, library.id, created_by="test")
        assert finished(runtime, again.task_id).status.value == "completed"
        assert [one.type for one in items(runtime, again.task_id)] == ["scan"]
    show = tv / "Dark Rooms (2011)"
    assert etree.parse(show / "tvshow.nfo").getroot().findtext("uniqueid[@type='tvdb']") == "500007"
    double = (show / "Season 01" / "Dark.Rooms.S01E01-E02.720p.nfo").read_text()
    assert double.count("<episodedetails>") == 2
    assert "<title>Chapter 2</title>" in double
    assert double.count("<language>ger</language>") == 2
    assert {path.name for path in show.glob("*.jpg")} == {"poster.jpg", "season01-poster.jpg"}
    assert len(list((show / "Season 01").glob("*-thumb.jpg"))) == 3
    assert kodi_server.state.scanned == [f"{show}/"]
    assert sorted(path for path, _ in jellyfin_server.updates) == [str(show)]
    assert stamps(tv) == before


def test_without_a_key_the_chain_completes_with_a_warning(
    runtime: bootstrap.Runtime, settings: Settings, tv: Path
) -> None:
    assert settings.tmdb.api_key is None
    new = NewLibrary(name="TV", path=str(tv), kind=LibraryKind.TV)
    with run_worker(runtime):
        _, created = libraries.add_and_scan(runtime, new, created_by="test")
        task = finished(runtime, created.task_id)
    assert task.status.value == "completed"
    assert task.warnings == ["No TMDB key is set: titles are described by what is on the disk"]
    show = tv / "Dark Rooms (2011)"
    assert etree.parse(show / "tvshow.nfo").getroot().findtext("title") == "Dark Rooms"
    assert len(list((show / "Season 01").glob("*.nfo"))) == 3
