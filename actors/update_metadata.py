"""Describes titles anew whose metadata is old."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from queueapp.errors import Skip
from queueapp.execution.context import Context
from queueapp.operations import operation
from queueapp.services.title import upkeep


class UpdateMetadata(BaseModel):
    """What is described anew."""

    model_config = ConfigDict(extra="forbid")

    library_id: int | None = Field(
        None, ge=1, description="The library whose titles are looked at; empty: all"
    )
    older_than_days: int = Field(
        30, ge=0, le=36500, description="Least age of what is known of a title, in days"
    )


@operation(
    "update_metadata",
    payload=UpdateMetadata,
    timeout_seconds=3600,
    title=lambda _: "Find the titles whose metadata is old",
    grows=True,
)
def perform(payload: UpdateMetadata, context: Context) -> dict[str, Any]:
    """Ask TMDB and fanart.tv again about titles described long ago, and publish what has changed."""
    if not (context.settings.tmdb.api_key or context.settings.tmdb.access_token):
        raise Skip("no TMDB key is set")
    found = upkeep.refreshes(context, payload.library_id, payload.older_than_days)
    context.add_items(found)
    titles = sum(one.type == "enrich" for one in found)
    context.log(f"{titles} titles were described more than {payload.older_than_days} days ago")
    return {"titles": titles}
