"""What telling any kind of player has in common: when not to, how long to wait, and what changed."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from queueapp import errors
from queueapp.execution.context import Context
from queueapp.models.player import Player, PlayerKind
from queueapp.services.phase_config import PhaseConfig, PlayerSyncPhase
from queueapp.services.title import changed_titles
from queueapp.services.title.changed_titles import ChangedOnDisk


class Notify(BaseModel):
    """What a notification is given."""

    model_config = ConfigDict(extra="forbid")

    player_id: int = Field(ge=1, description="The player to tell")
    task_id: int | None = Field(
        None, ge=1, description="Tell what this task changed; empty: the item's own task"
    )


@dataclass(frozen=True)
class Notification:
    """A player and what it has to be told."""

    player: Player
    phase: PlayerSyncPhase
    changed: list[ChangedOnDisk]


def gather(payload: Notify, context: Context, kind: PlayerKind) -> Notification:
    """Read the player and what changed.

    Raises Skip when there is nobody or nothing to tell, RetryLater while changes are still being gathered.
    """
    phase = PhaseConfig.model_validate(context.meta.get("config") or {}).player_sync
    if not phase.notify:
        raise errors.Skip("telling players is switched off (playerSync.notify)")
    task_id = payload.task_id or context.task_id
    with context.transaction() as session:
        player = session.get(Player, payload.player_id)
        changed = changed_titles.of_task(session, task_id)
        wait = changed_titles.seconds_until_settled(session, task_id, phase.delay_seconds)
    if player is None or not player.enabled or player.kind is not kind:
        raise errors.Skip(f"there is no {kind.value} {payload.player_id} that wants to be told")
    if not changed:
        raise errors.Skip("nothing changed")
    if wait > 0 and not context.dry_run:
        raise errors.RetryLater(f"gathering changes for {phase.delay_seconds} s", wait, uses_attempt=False)
    places = changed_titles.folders(changed)
    context.log(f"{len(changed)} titles changed in {len(places)} folders")
    return Notification(player, phase, changed)
