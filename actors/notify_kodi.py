"""Tells one Kodi what a task changed: refresh what it knows, scan for what is new."""

from __future__ import annotations

from typing import Any

from actors.notification import Notify, gather
from queueapp.connectors.kodi_update import KodiUpdate
from queueapp.execution.context import Context
from queueapp.models.player import PlayerKind
from queueapp.operations import operation
from queueapp.services.player import player_updates, players


@operation(
    "notify_kodi",
    payload=Notify,
    phase="playerSync",
    timeout_seconds=3600,
    concurrency_key=lambda payload: f"player {payload.player_id}",
)
def perform(payload: Notify, context: Context) -> dict[str, Any]:
    """Have a Kodi take up the titles that a task changed, one library job at a time."""
    told = gather(payload, context, PlayerKind.KODI)
    player = told.player
    spelt = player_updates.for_kodi(told.changed, players.mappings_of(player), player.name)
    if context.dry_run:
        context.log(f"Would tell {player.name} of {len(spelt.titles)} titles")
        return {"player": player.name, "would_tell": [title.file for title in spelt.titles]}
    context.confirm_claim()
    update = KodiUpdate(players.kodi(player), context.sleep, lambda text: context.progress(0.5, text))
    done = update.run(spelt.titles, clean_first=told.phase.clean_first)
    scanned = f"scanned {len(done.scanned)} folders"
    context.log(f"{player.name}: {done.refreshed} refreshed, {done.removed} removed, {scanned}")
    if spelt.missing:
        raise spelt.missing
    return {
        "player": player.name,
        "refreshed": done.refreshed,
        "removed": done.removed,
        "scanned": done.scanned,
        "cleaned": done.cleaned,
    }
