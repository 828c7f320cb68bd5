"""Takes in what downloaders imported while their webhooks could not reach us."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from queueapp.errors import Skip
from queueapp.execution.context import Context, NewItem
from queueapp.models.downloader import Downloader
from queueapp.operations import operation
from queueapp.services.arr import downloader_contact


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
    """Read what Radarr and Sonarr imported since their last webhook, and take in what was missed."""
    if payload.downloader_id is None:
        return _each(context)
    with context.transaction() as session:
        downloader = session.get(Downloader, payload.downloader_id)
        since = downloader_contact.read_from(session, downloader) if downloader else None
        if downloader is not None:
            session.expunge(downloader)
    if downloader is None or since is None or not downloader.base_url or not downloader.api_key:
        raise Skip("there is no such downloader, or it has no address or no API key")
    records = downloader_contact.client(downloader).imports_since(since)
    if context.dry_run:
        return {"downloader": downloader.name, "imports": len(records), "dry_run": True}
    taken = downloader_contact.take_missed(context.runtime, downloader, records)
    for path in taken:
        context.log(f"{downloader.name} imported {path} while nobody listened")
    return {"downloader": downloader.name, "imports": len(records), "missed": taken[:1000]}


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
