"""Whether a player shows a file at this moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.connectors.jellyfin import Jellyfin
from queueapp.connectors.kodi import Kodi
from queueapp.media import path_mapping
from queueapp.models.player import Player, PlayerKind
from queueapp.services.player.players import mappings_of

#: Seconds that a player has to answer; one that is switched off must not hold up a batch.
PATIENCE_SECONDS = 3.0


def players_to_ask(session: Session) -> list[Player]:
    """The players that are told of changes, with what it takes to ask them after the session."""
    found = list(session.scalars(sa.select(Player).where(Player.enabled).order_by(Player.name)))
    for player in found:
        session.expunge(player)
    return found


def shown_by(players: Sequence[Player], paths: Sequence[str], warn: Callable[[str], None]) -> str | None:
    """The name of a player that shows a file, of which these are our spellings; None when none does.

    `warn` is told of a player that does not answer, which is taken to show nothing.
    """
    for player in players:
        theirs = [one for path in paths if (one := _spelt_by(player, path)) is not None]
        if not theirs:
            continue
        try:
            playing = _playing(player)
        except (errors.RetryLater, errors.Permanent) as error:
            warn(f"whether it is being played is not known: {error.message}")
            continue
        if any(path_mapping.is_same(one, their) for one in playing for their in theirs):
            return player.name
    return None


def _spelt_by(player: Player, path: str) -> str | None:
    try:
        return path_mapping.to_theirs(path, mappings_of(player), player.name)
    except path_mapping.NoMapping:
        return None  # it does not see the file, so it cannot show it


def _playing(player: Player) -> list[str]:
    try:
        if player.kind is PlayerKind.KODI:
            return Kodi(player.name, player.url, player.username, player.secret, PATIENCE_SECONDS).playing()
        return Jellyfin(player.name, player.url, player.secret, PATIENCE_SECONDS).playing()
    except (KeyError, TypeError, AttributeError):
        raise errors.Permanent(f"{player.name} does not answer as {player.kind.value} does") from None
