"""Players on record: what people may see and change, and what trying one says."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from queueapp import errors
from queueapp.bootstrap import Runtime
from queueapp.models.player import Player, PlayerKind
from queueapp.services.player import players
from queueapp.services.player.player_views import HIDDEN, NewPlayer, PathMapping, PlayerChanges, PlayerView
from tests.servers import jellyfin
from tests.servers.jellyfin import JellyfinServer
from tests.servers.kodi import KodiServer


def add(runtime: Runtime, name: str = "Living room", **more: object) -> PlayerView:
    values = {"kind": "kodi", "url": "http://kodi.test:8080", "secret": "hunter2", **more}
    with runtime.transaction() as session:
        return players.add_player(session, NewPlayer.model_validate({"name": name, **values}))


def change(runtime: Runtime, player_id: int, **changes: object) -> PlayerView:
    with runtime.transaction() as session:
        return players.change_player(session, player_id, PlayerChanges.model_validate(changes))


def secret_of(runtime: Runtime, player_id: int) -> str | None:
    with runtime.transaction() as session:
        return session.scalar(sa.select(Player.secret).where(Player.id == player_id))


def test_a_secret_goes_in_and_never_comes_out(runtime: Runtime) -> None:
    added = add(runtime)
    with runtime.transaction() as session:
        shown = [added, players.get_player(session, added.id), *players.list_players(session)]
        shown += players.enabled_players(session)
    assert len(shown) == 4
    for view in shown:
        assert view.secret == HIDDEN
        assert "hunter2" not in view.model_dump_json()


def test_what_is_not_given_stays(runtime: Runtime) -> None:
    added = add(runtime, username="kodi", path_mappings=[PathMapping(ours="/a", theirs="/b")])
    changed = change(runtime, added.id, enabled=False)
    assert (changed.enabled, changed.username, changed.path_mappings) == (False, "kodi", added.path_mappings)
    assert secret_of(runtime, added.id) == "hunter2"
    assert changed.updated_at > added.updated_at


def test_the_hidden_secret_sent_back_changes_nothing_and_null_removes_it(runtime: Runtime) -> None:
    added = add(runtime)
    change(runtime, added.id, secret=HIDDEN)
    assert secret_of(runtime, added.id) == "hunter2"
    change(runtime, added.id, secret="new")
    assert secret_of(runtime, added.id) == "new"
    assert change(runtime, added.id, secret=None).secret is None


def test_two_players_of_one_name_are_refused(runtime: Runtime) -> None:
    add(runtime)
    with pytest.raises(errors.Conflict, match="Living room"):
        add(runtime)
    other = add(runtime, "Bedroom")
    with pytest.raises(errors.Conflict):
        change(runtime, other.id, name="Living room")


def test_a_player_that_is_not_there_is_not_found(runtime: Runtime) -> None:
    for act in (players.get_player, players.remove_player, players.load):
        with pytest.raises(errors.NotFound), runtime.transaction() as session:
            act(session, 424242)


def test_only_enabled_players_are_told(runtime: Runtime) -> None:
    add(runtime, "One", enabled=False)
    add(runtime, "Two")
    with runtime.transaction() as session:
        assert [player.name for player in players.enabled_players(session)] == ["Two"]


def test_a_removed_player_is_gone(runtime: Runtime) -> None:
    added = add(runtime)
    with runtime.transaction() as session:
        players.remove_player(session, added.id)
        assert players.list_players(session) == []


@pytest.mark.parametrize(
    "url", ["", "kodi:8080", "ftp://kodi", "http://user:pass@kodi", "http://", "javascript:x"]
)
def test_a_bad_address_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        NewPlayer(name="x", kind=PlayerKind.KODI, url=url)


def test_trying_a_player_needs_address_and_credentials() -> None:
    with KodiServer("right") as kodi, JellyfinServer() as server:
        tries = [
            Player(name="k", kind=PlayerKind.KODI, url=kodi.url, secret="right"),
            Player(name="k", kind=PlayerKind.KODI, url=kodi.url, secret="wrong"),
            Player(name="j", kind=PlayerKind.JELLYFIN, url=server.url, secret=jellyfin.KEY),
            Player(name="j", kind=PlayerKind.JELLYFIN, url=server.url, secret="wrong"),
            Player(name="j", kind=PlayerKind.JELLYFIN, url=kodi.url, secret=jellyfin.KEY),
            Player(name="k", kind=PlayerKind.KODI, url="http://127.0.0.1:1"),
        ]
        results = [players.try_player(one) for one in tries]
    assert [result.ok for result in results] == [True, False, True, False, False, False]
    assert (results[0].version, results[2].version) == ("20.1", "12.0.0")
    assert all(result.message for result in results)
    assert "wrong" not in " ".join(result.message for result in results)
