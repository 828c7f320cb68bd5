"""Finds damage in a video by playing it to its end."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from actors.path_payload import PathPayload
from queueapp.execution.context import Context
from queueapp.media import paths
from queueapp.operations import operation
from queueapp.services.title import path_analysis


class Integrity(PathPayload):
    """What a check for damage is given."""

    decode: bool = Field(True, description="Decode every frame; off: only read all of it, which is faster")


@operation(
    "integrity",
    payload=Integrity,
    isolated=True,
    timeout_seconds=6 * 3600,
    max_attempts=2,
    title=lambda payload: f"Check {paths.readable(paths.base_name(payload.path))} for damage",
)
def perform(payload: Integrity, context: Context) -> dict[str, Any]:
    """Play a video to its end without showing it, and report any damage."""
    return path_analysis.integrity(context, payload.path, decode=payload.decode)
