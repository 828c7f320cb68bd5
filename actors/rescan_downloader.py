"""Tells Radarr or Sonarr that a title they manage bears other names now."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from queueapp.execution.context import Context
from queueapp.operations import operation
from queueapp.services.rename import managed


class RescanDownloader(BaseModel):
    """What telling a downloader is given."""

    model_config = ConfigDict(extra="forbid")

    downloader_id: int = Field(ge=1, description="The downloader to tell")
    media_id: int = Field(ge=1, description="The title that was renamed")
    former_folder: str = Field(max_length=4096, description="Where it lay before")


@operation(
    "rescan_downloader",
    payload=RescanDownloader,
    timeout_seconds=300,
    concurrency_key=lambda payload: f"downloader {payload.downloader_id}",
    public=False,
)
def perform(payload: RescanDownloader, context: Context) -> dict[str, Any]:
    """Have Radarr or Sonarr look at a renamed title again, where it lies now."""
    said = managed.tell(context, payload.downloader_id, payload.media_id, payload.former_folder)
    context.log(said)
    return {"message": said}
