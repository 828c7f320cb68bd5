"""Players: add, change, remove, try out, and those a task has to tell."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.connectors.jellyfin import Jellyfin
from queueapp.connectors.kodi import Kodi
from queueapp.media.path_mapping import Mapping
from queueapp.models.player import Player, PlayerKind
from queueapp.services.player.player_views import HIDDEN, NewPlayer, PlayerChanges, PlayerTest, PlayerView
from queueapp.services.taken_names import refused_when_taken


def list_players(session: Session) -> list[PlayerView]:
    """All players by name."""
    return [PlayerView.of(player) for player in session.scalars(sa.select(Player).order_by(Player.name))]


def get_player(session: Session, player_id: int) -> PlayerView:
    """One player. Raises NotFound."""
    return PlayerView.of(load(session, player_id))


def add_player(session: Session, new: NewPlayer) -> PlayerView:
    """Add a player. Raises Conflict when its name is taken."""
    player = Player(**new.model_dump(mode="json") | {"kind": new.kind})
    with _name_taken(session, new.name):
        session.add(player)
        session.flush()
    return PlayerView.of(player)


def change_player(session: Session, player_id: int, changes: PlayerChanges) -> PlayerView:
    """Change what was given of a player. Raises NotFound, or Conflict when the new name is taken."""
    player = load(session, player_id)
    values: dict[str, Any] = changes.model_dump(mode="json", exclude_unset=True)
    if values.get("secret") == HIDDEN:
        del values["secret"]
    with _name_taken(session, values.get("name") or player.name):
        for name, value in values.items():
            if value is not None or name in ("username", "secret"):
                setattr(player, name, value)
        player.updated_at = sa.func.now()
        session.flush()
    session.refresh(player)
    return PlayerView.of(player)


def remove_player(session: Session, player_id: int) -> None:
    """Remove a player. Raises NotFound."""
    session.delete(load(session, player_id))
    session.flush()


def enabled_players(session: Session) -> list[PlayerView]:
    """The players that are told of changes, by name."""
    query = sa.select(Player).where(Player.enabled).order_by(Player.name)
    return [PlayerView.of(player) for player in session.scalars(query)]


def load(session: Session, player_id: int) -> Player:
    """The stored player with its secret, for those who talk to it. Raises NotFound."""
    player = session.get(Player, player_id)
    if player is None:
        raise errors.NotFound(f"there is no player {player_id}")
    return player


def mappings_of(player: Player) -> list[Mapping]:
    """How the player spells our folders."""
    return [Mapping(ours=one["ours"], theirs=one["theirs"]) for one in player.path_mappings]


def kodi(player: Player) -> Kodi:
    """The connector to a Kodi."""
    return Kodi(player.name, player.url, player.username, player.secret)


def jellyfin(player: Player) -> Jellyfin:
    """The connector to a Jellyfin."""
    return Jellyfin(player.name, player.url, player.secret)


def try_player(player: Player) -> PlayerTest:
    """Ask a player for its version, which needs the right address and credentials; a no is no error."""
    try:
        if player.kind is PlayerKind.KODI:
            version = kodi(player).version()
        else:
            version = str(jellyfin(player).system_info()["Version"])
    except (errors.RetryLater, errors.Permanent) as error:
        return PlayerTest(ok=False, message=error.message)
    except (KeyError, TypeError):
        return PlayerTest(ok=False, message=f"{player.url} does not answer as {player.kind.value} does")
    return PlayerTest(ok=True, message=f"{player.kind.value} {version} answers", version=version)


def _name_taken(session: Session, name: str) -> AbstractContextManager[None]:
    return refused_when_taken(session, "uq_players_name", f"there is a player named {name} already")
