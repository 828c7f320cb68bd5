"""Telling players: one call for all that a task changed, in the player's own paths, and nobody twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from actors import notify_jellyfin, notify_kodi
from actors.notification import Notify
from queueapp import errors
from queueapp.models.media import Media, MediaStatus
from queueapp.models.player import PlayerKind
from queueapp.services.player import players
from queueapp.services.player.player_views import NewPlayer, PathMapping
from tests.integration.actors.acting import Acting
from tests.integration.actors.conftest import Shelf
from tests.servers import jellyfin
from tests.servers.jellyfin import JellyfinServer
from tests.servers.kodi import KodiServer

TASK = 77


@pytest.fixture
def kodi_server() -> Iterator[KodiServer]:
    with KodiServer("secret") as server:
        yield server


@pytest.fixture
def jellyfin_server() -> Iterator[JellyfinServer]:
    with JellyfinServer() as server:
        yield server


def player(shelf: Shelf, kind: PlayerKind, url: str, secret: str, **more: Any) -> int:
    new = NewPlayer(name=f"My {kind.value}", kind=kind, url=url, secret=secret, **more)
    with shelf.runtime.transaction() as session:
        return players.add_player(session, new).id


def published(shelf: Shelf, media_id: int) -> None:
    with shelf.runtime.transaction() as session:
        values = {"published_task_id": TASK, "published_at": sa.func.now()}
        session.execute(sa.update(Media).where(Media.id == media_id).values(**values))


def tell(module: Any, shelf: Shelf, player_id: int, **more: Any) -> dict[str, Any]:
    acting = Acting(shelf.runtime, task_id=TASK, **more)
    result: dict[str, Any] = module.perform(Notify(player_id=player_id), acting.as_context)
    return result


def test_kodi_scans_for_new_films_in_its_own_spelling(offline_shelf: Shelf, kodi_server: KodiServer) -> None:
    film = offline_shelf.film("Nosferatu", 1922)
    offline_shelf.film("Untouched", 1999)
    published(offline_shelf, film)
    mapping = PathMapping(ours=str(offline_shelf.root), theirs="smb://nas/films/")
    kodi = player(offline_shelf, PlayerKind.KODI, kodi_server.url, "secret", path_mappings=[mapping])
    result = tell(notify_kodi, offline_shelf, kodi)
    assert result["scanned"] == ["smb://nas/films/Nosferatu (1922)/"]
    assert kodi_server.state.scanned == result["scanned"]


def test_kodi_refreshes_the_film_it_knows(offline_shelf: Shelf, kodi_server: KodiServer) -> None:
    film = offline_shelf.film("Nosferatu", 1922)
    published(offline_shelf, film)
    kodi_server.library["movie"][3] = offline_shelf.media(film).main_path or ""
    kodi = player(offline_shelf, PlayerKind.KODI, kodi_server.url, "secret")
    assert tell(notify_kodi, offline_shelf, kodi)["refreshed"] == 1


def test_episodes_of_a_new_show_are_one_scan(offline_shelf: Shelf, kodi_server: KodiServer) -> None:
    show = offline_shelf.show("Dark Rooms")
    season = offline_shelf.season(show, 1)
    for number in (1, 2, 3):
        published(offline_shelf, offline_shelf.episode(show, season, [number]))
    published(offline_shelf, show)
    kodi = player(offline_shelf, PlayerKind.KODI, kodi_server.url, "secret")
    tell(notify_kodi, offline_shelf, kodi)
    assert kodi_server.state.scanned == [f"{offline_shelf.root}/Dark Rooms/"]


def test_jellyfin_is_told_all_folders_in_one_call(
    offline_shelf: Shelf, jellyfin_server: JellyfinServer
) -> None:
    films = [offline_shelf.film(f"Film {number}", 2000) for number in range(3)]
    for film in films[:2]:
        published(offline_shelf, film)
    gone = {
        "status": MediaStatus.GONE,
        "gone_at": offline_shelf.media(films[2]).added_at,
        "last_task_id": TASK,
    }
    offline_shelf.change(films[2], **gone)
    told = player(offline_shelf, PlayerKind.JELLYFIN, jellyfin_server.url, jellyfin.KEY)
    assert tell(notify_jellyfin, offline_shelf, told)["calls"] == 1
    root = offline_shelf.root
    assert jellyfin_server.updates == [
        (f"{root}/Film 0 (2000)", "Modified"),
        (f"{root}/Film 1 (2000)", "Modified"),
        (f"{root}/Film 2 (2000)/Film 2 (2000).mkv", "Deleted"),
    ]


def test_a_missing_mapping_is_named_and_the_rest_told(
    offline_shelf: Shelf, jellyfin_server: JellyfinServer
) -> None:
    films = [offline_shelf.film("Mapped", 2000), offline_shelf.film("Elsewhere", 2001)]
    for film in films:
        published(offline_shelf, film)
    mapping = PathMapping(ours=f"{offline_shelf.root}/Mapped (2000)", theirs="/films/Mapped")
    told = player(
        offline_shelf, PlayerKind.JELLYFIN, jellyfin_server.url, jellyfin.KEY, path_mappings=[mapping]
    )
    with pytest.raises(errors.Permanent, match=r"no path mapping of My jellyfin covers .*Elsewhere"):
        tell(notify_jellyfin, offline_shelf, told)
    assert jellyfin_server.updates == [("/films/Mapped", "Modified")]


def test_a_player_that_is_off_is_tried_again_by_itself(
    offline_shelf: Shelf, jellyfin_server: JellyfinServer
) -> None:
    published(offline_shelf, offline_shelf.film("Nosferatu", 1922))
    kodi = player(offline_shelf, PlayerKind.KODI, "http://127.0.0.1:1", "secret")
    told = player(offline_shelf, PlayerKind.JELLYFIN, jellyfin_server.url, jellyfin.KEY)
    tell(notify_jellyfin, offline_shelf, told)
    with pytest.raises(errors.RetryLater, match="My kodi: cannot connect"):
        tell(notify_kodi, offline_shelf, kodi)
    assert len(jellyfin_server.requests) == 1


def test_with_notify_off_nobody_is_asked(offline_shelf: Shelf, kodi_server: KodiServer) -> None:
    published(offline_shelf, offline_shelf.film("Nosferatu", 1922))
    kodi = player(offline_shelf, PlayerKind.KODI, kodi_server.url, "secret")
    with pytest.raises(errors.Skip, match="switched off"):
        tell(notify_kodi, offline_shelf, kodi, meta={"config": {"playerSync": {"notify": False}}})
    assert kodi_server.requests == []


def test_changes_are_gathered_for_as_long_as_configured(
    offline_shelf: Shelf, kodi_server: KodiServer
) -> None:
    published(offline_shelf, offline_shelf.film("Nosferatu", 1922))
    kodi = player(offline_shelf, PlayerKind.KODI, kodi_server.url, "secret")
    config = {"config": {"playerSync": {"delaySeconds": 60}}}
    with pytest.raises(errors.RetryLater) as gathering:
        tell(notify_kodi, offline_shelf, kodi, meta=config)
    assert gathering.value.seconds == pytest.approx(60, abs=5)
    assert not gathering.value.uses_attempt
    with offline_shelf.runtime.transaction() as session:
        session.execute(sa.update(Media).values(published_at=sa.text("now() - interval '61 seconds'")))
    assert tell(notify_kodi, offline_shelf, kodi, meta=config)["scanned"]


def test_clean_first_cleans_once(offline_shelf: Shelf, kodi_server: KodiServer) -> None:
    published(offline_shelf, offline_shelf.film("Nosferatu", 1922))
    kodi = player(offline_shelf, PlayerKind.KODI, kodi_server.url, "secret")
    tell(notify_kodi, offline_shelf, kodi, meta={"config": {"playerSync": {"cleanFirst": True}}})
    assert kodi_server.state.cleaned == 1


def test_a_dry_run_tells_nobody(offline_shelf: Shelf, kodi_server: KodiServer) -> None:
    film = offline_shelf.film("Nosferatu", 1922)
    published(offline_shelf, film)
    kodi = player(offline_shelf, PlayerKind.KODI, kodi_server.url, "secret")
    result = tell(notify_kodi, offline_shelf, kodi, dry_run=True)
    assert result["would_tell"] == [offline_shelf.media(film).main_path]
    assert kodi_server.requests == []


@pytest.mark.parametrize("wrong", ["disabled", "removed", "of another kind"])
def test_a_player_that_does_not_want_to_be_told_is_skipped(
    offline_shelf: Shelf, kodi_server: KodiServer, wrong: str
) -> None:
    published(offline_shelf, offline_shelf.film("Nosferatu", 1922))
    kodi = player(offline_shelf, PlayerKind.KODI, kodi_server.url, "secret", enabled=wrong != "disabled")
    module = notify_jellyfin if wrong == "of another kind" else notify_kodi
    with pytest.raises(errors.Skip):
        tell(module, offline_shelf, kodi + (wrong == "removed"))
    assert kodi_server.requests == []


def test_nothing_changed_means_nothing_told(offline_shelf: Shelf, kodi_server: KodiServer) -> None:
    assert Path(offline_shelf.root).is_dir()
    kodi = player(offline_shelf, PlayerKind.KODI, kodi_server.url, "secret")
    with pytest.raises(errors.Skip, match="nothing changed"):
        tell(notify_kodi, offline_shelf, kodi)
