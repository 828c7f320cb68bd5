"""Compares what stands beside a title with the database, and restores what was lost."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from actors.path_payload import MediaPath
from queueapp.errors import Skip
from queueapp.execution.context import Context
from queueapp.media import paths
from queueapp.operations import operation
from queueapp.services.title.media_places import file_to_work_on, title_of
from queueapp.services.title.verification import verify_title


class Verify(BaseModel):
    """What a verification is given: a title, or the file of one."""

    model_config = ConfigDict(extra="forbid")

    media_id: int | None = Field(None, ge=1, description="The title to verify")
    path: MediaPath | None = Field(None, description="Or its video file")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.media_id is None) == (self.path is None):
            raise ValueError("give either media_id or path")
        return self


def _title(payload: Verify) -> str:
    return f"Verify {paths.readable(paths.base_name(payload.path or '')) or f'title {payload.media_id}'}"


@operation("verify", payload=Verify, phase="publish", timeout_seconds=900, title=_title)
def perform(payload: Verify, context: Context) -> dict[str, Any]:
    """Compare NFO, artwork and picture cache of a title with the database, and restore what was lost."""
    return verify_title(context, payload.media_id or _title_at(context, payload.path or ""))


def _title_at(context: Context, path: str) -> int:
    with context.transaction() as session:
        title = title_of(session, file_to_work_on(session, context.settings, path))
    if title is None:
        raise Skip("it is the video of no title in a library", reason="no_title")
    return title.id
