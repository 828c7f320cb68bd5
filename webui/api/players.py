"""/api/players: the players that are told of changes."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel

from queueapp.services.player import players
from queueapp.services.player.player_views import NewPlayer, PlayerChanges, PlayerTest, PlayerView
from webui.api.resource import Id, Resource, answer
from webui.api.small_lists import Cut, SmallList, SmallListQuery, by_name
from webui.context import runtime
from webui.security import requires

api = Resource("players", "Kodi and Jellyfin. Secrets go in and never come out.", prefix="/api/players")


class PlayerPath(BaseModel):
    """Names one player."""

    player_id: Id


class PlayerList(SmallList):
    """All players."""

    players: list[PlayerView]


@api.get("", responses={200: PlayerList})
@requires("viewer")
def list_players(query: SmallListQuery) -> Response:
    """List the players."""
    with runtime().transaction() as session:
        views = players.list_players(session)
    cut = Cut(views, query, by_name)
    return answer(PlayerList(players=cut.shown, **cut.page))


@api.post("", responses={201: PlayerView})
@requires("admin")
def add_player(body: NewPlayer) -> Response:
    """Add a player."""
    with runtime().transaction() as session:
        view = players.add_player(session, body)
    return answer(view, 201, {"Location": f"/api/players/{view.id}"})


@api.get("/<id:player_id>", responses={200: PlayerView})
@requires("viewer")
def get_player(path: PlayerPath) -> Response:
    """Read one player."""
    with runtime().transaction() as session:
        return answer(players.get_player(session, path.player_id))


@api.patch("/<id:player_id>", responses={200: PlayerView})
@requires("admin")
def change_player(path: PlayerPath, body: PlayerChanges) -> Response:
    """Change what is given of a player."""
    with runtime().transaction() as session:
        return answer(players.change_player(session, path.player_id, body))


@api.delete("/<id:player_id>", responses={204: None})
@requires("admin")
def remove_player(path: PlayerPath) -> Response:
    """Remove a player."""
    with runtime().transaction() as session:
        players.remove_player(session, path.player_id)
    return Response(status=204)


@api.post("/<id:player_id>/test", responses={200: PlayerTest})
@requires("admin")
def try_player(path: PlayerPath) -> Response:
    """Ask a player for its version, to see whether address and credentials are right."""
    with runtime().transaction() as session:
        player = players.load(session, path.player_id)
        session.expunge(player)
    return answer(players.try_player(player))
