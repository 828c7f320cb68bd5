"""Makes the right audio track of a file the default."""

from __future__ import annotations

import os
from typing import Any

from pydantic import Field

from actors.path_payload import MediaPath
from queueapp.execution.context import Context
from queueapp.media import paths
from queueapp.operations import operation
from queueapp.services.audio.audio_overrides import AudioOverrides
from queueapp.services.audio.default_audio import set_default_audio


class Audio(AudioOverrides):
    """What a choice of the default audio track is given."""

    path: MediaPath = Field(description="The video file, MKV or MP4")


@operation(
    "audio",
    payload=Audio,
    isolated=True,
    timeout_seconds=6 * 3600,
    # Two names of one file are one file.
    concurrency_key=lambda payload: os.path.realpath(paths.on_disk(payload.path)),
    title=lambda payload: f"Default audio of {paths.readable(paths.base_name(payload.path))}",
)
def perform(payload: Audio, context: Context) -> dict[str, Any]:
    """Make the right audio track of an MKV or MP4 the default: by language and quality, never a commentary."""
    overrides = AudioOverrides(**payload.model_dump(exclude={"path"}))
    return set_default_audio(context, payload.path, overrides)
