from __future__ import annotations

import shutil

from queueapp.services.player import players
from queueapp.services.player.player_views import NewPlayer
from tests.running_scan import RunningScan, ScannedLibrary


def add_players(films: ScannedLibrary) -> None:
    with films.runtime.transaction() as session:
        for name, kind, enabled in (
            ("Den", "kodi", True),
            ("Server", "jellyfin", True),
            ("Attic", "kodi", False),
        ):
            new = {"name": name, "kind": kind, "url": "http://127.0.0.1:1", "secret": "x", "enabled": enabled}
            players.add_player(session, NewPlayer.model_validate(new))


def told(running: RunningScan) -> list[tuple[str, str | None]]:
    barriers = [one for one in running.items if one.barrier]
    assert all(one.optional for one in barriers)
    return sorted((one.type, one.title) for one in barriers)


def test_each_enabled_player_is_told_once_and_last(films: ScannedLibrary) -> None:
    add_players(films)
    running = films.scan()
    assert told(running) == [("notify_jellyfin", "Tell Server"), ("notify_kodi", "Tell Den")]
    assert [one.barrier for one in running.items][-2:] == [True, True]


def test_no_player_is_told_when_nothing_changed(films: ScannedLibrary) -> None:
    add_players(films)
    films.scan()
    films.publish_all()
    assert films.scan().items == []


def test_players_are_told_of_a_deletion_alone(films: ScannedLibrary) -> None:
    add_players(films)
    films.scan()
    films.publish_all()
    shutil.rmtree(films.folder / "Heat (1995)")
    running = films.scan()
    assert running.chained == []
    assert len(told(running)) == 2


def test_nobody_is_told_when_player_sync_is_silent(films: ScannedLibrary) -> None:
    add_players(films)
    assert told(films.scan(meta={"config": {"playerSync": {"notify": False}}})) == []
