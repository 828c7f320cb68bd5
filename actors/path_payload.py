"""What payloads that name a file or folder have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from queueapp.errors import PathRefused
from queueapp.services.title.media_places import well_formed


def _well_formed(value: str) -> str:
    try:
        return well_formed(value)
    except PathRefused as refused:
        raise ValueError(refused.message) from None


MediaPath = Annotated[str, Field(min_length=1, max_length=4096), AfterValidator(_well_formed)]


class PathPayload(BaseModel):
    """A payload that names one file or folder, inside a library or an allowed root."""

    model_config = ConfigDict(extra="forbid")

    path: MediaPath = Field(description="The video file")
