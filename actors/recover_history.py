"""Takes in what downloaders did while their webhooks could not reach us."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from queueapp.connectors import arr_history
from queueapp.connectors.arr_history import Happened, What
from queueapp.errors import Skip
from queueapp.execution.context import Context, NewItem
from queueapp.media import paths
from queueapp.models.downloader import Downloader
from queueapp.operations import operation
from queueapp.services.arr import downloader_contact, missed_events


class RecoverHistory(BaseModel):
    """What a recovery is given."""

    model_config = ConfigDict(extra="forbid")

    downloader_id: int | None = Field(
        None, ge=1, description="The downloader whose history is read; empty: all"
    )


@operation(
    "recover_history",
    payload=RecoverHistory,
    timeout_seconds=900,
    concurrency_key=lambda payload: str(payload.downloader_id or "all"),
    title=lambda payload: "Read the history of downloaders",
    grows=True,
)
def perform(payload: RecoverHistory, context: Context) -> dict[str, Any]:
    """Read what Radarr and Sonarr imported, renamed and deleted of late, and take in what was missed."""
    if payload.downloader_id is None:
        return _each(context)
    with context.transaction() as session:
        downloader = session.get(Downloader, payload.downloader_id)
        since = downloader_contact.read_from(session, downloader) if downloader else None
        if downloader is not None:
            session.expunge(downloader)
    if downloader is None or since is None or not downloader.base_url or not downloader.api_key:
        raise Skip("there is no such downloader, or it has no address or no API key")
    events = arr_history.read(downloader_contact.client(downloader).history_since(since))
    found = {"downloader": downloader.name, **_counts(events)}
    if context.dry_run:
        return {**found, "dry_run": True}
    taken = missed_events.take_missed(context.runtime, downloader, events)
    for one in taken:
        about = f"{one.before} to {one.path}" if one.before else one.path
        context.log(f"{downloader.name} {one.what.value} {paths.readable(about)} while nobody listened")
    return {**found, "missed": [paths.readable(one.path) for one in taken][:1000], "taken": _counts(taken)}


def _counts(events: Sequence[Happened]) -> dict[str, int]:
    """How many there are of each kind."""
    names = {What.IMPORTED: "imports", What.RENAMED: "renames", What.DELETED: "deletions"}
    return {name: sum(one.what is what for one in events) for what, name in names.items()}


def _each(context: Context) -> dict[str, Any]:
    with context.transaction() as session:
        found = [(one.id, one.name) for one in downloader_contact.with_history(session)]
    if not found:
        raise Skip("no downloader has an address and an API key")
    context.add_items(
        [
            NewItem("recover_history", {"downloader_id": number}, title=f"History of {name}")
            for number, name in found
        ]
    )
    return {"downloaders": [name for _, name in found]}
