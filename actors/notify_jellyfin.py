"""Tells one Jellyfin which folders a task changed."""

from __future__ import annotations

from typing import Any

from actors.notification import Notify, gather
from queueapp.execution.context import Context
from queueapp.models.player import PlayerKind
from queueapp.operations import operation
from queueapp.services.player import player_updates, players


@operation(
    "notify_jellyfin",
    payload=Notify,
    phase="playerSync",
    timeout_seconds=600,
    concurrency_key=lambda payload: f"player {payload.player_id}",
)
def perform(payload: Notify, context: Context) -> dict[str, Any]:
    """Tell a Jellyfin the folders that a task changed, in one call; it looks at them about a minute later."""
    told = gather(payload, context, PlayerKind.JELLYFIN)
    player = told.player
    spelt = player_updates.for_jellyfin(told.changed, players.mappings_of(player), player.name)
    if context.dry_run:
        context.log(f"Would tell {player.name} of {len(spelt.titles)} folders")
        return {"player": player.name, "would_tell": [path for path, _ in spelt.titles]}
    context.confirm_claim()
    calls = players.jellyfin(player).report_changed(spelt.titles)
    context.log(f"{player.name}: told of {len(spelt.titles)} folders")
    if spelt.missing:
        raise spelt.missing
    return {"player": player.name, "folders": len(spelt.titles), "calls": calls}
