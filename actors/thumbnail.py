"""Writes a frame of a video beside it as its thumbnail."""

from __future__ import annotations

import os
from typing import Any

from pydantic import Field

from actors.path_payload import PathPayload
from queueapp.execution.context import Context
from queueapp.media import paths
from queueapp.operations import operation
from queueapp.services.title.thumbnails import make_thumbnail


class Thumbnail(PathPayload):
    """What a thumbnail is given."""

    overwrite: bool = Field(False, description="Also when there is a thumbnail or a still already")


@operation(
    "thumbnail",
    payload=Thumbnail,
    isolated=True,
    timeout_seconds=900,
    concurrency_key=lambda payload: os.path.realpath(paths.on_disk(payload.path)),
    title=lambda payload: f"Thumbnail of {paths.readable(paths.base_name(payload.path))}",
)
def perform(payload: Thumbnail, context: Context) -> dict[str, Any]:
    """Write a frame of a video that shows something beside it, for episodes without a still."""
    return make_thumbnail(context, payload.path, overwrite=payload.overwrite)
