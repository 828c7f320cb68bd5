"""Validates pictures."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from actors.path_payload import MediaPath, PathPayload
from queueapp.execution.context import Context
from queueapp.media import paths
from queueapp.operations import operation
from queueapp.services.title import path_analysis


class Artwork(PathPayload):
    """What a check of pictures is given."""

    path: MediaPath = Field(description="A picture, a folder of pictures, or a video with pictures beside it")


@operation(
    "artwork",
    payload=Artwork,
    isolated=True,
    timeout_seconds=3600,
    max_attempts=2,
    title=lambda payload: f"Check the pictures of {paths.readable(paths.base_name(payload.path))}",
)
def perform(payload: Artwork, context: Context) -> dict[str, Any]:
    """Decode every picture of a folder, or beside a video, and report those that are damaged."""
    return path_analysis.artwork(context, payload.path)
