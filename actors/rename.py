"""Gives the files and folders of titles names by a template, or says what it would do."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from actors.path_payload import MediaPath
from queueapp import name_template
from queueapp.execution.context import Context
from queueapp.operations import operation
from queueapp.services.rename import names, renaming


class Rename(BaseModel):
    """What a rename is given: a title, a library, or a folder or file of one."""

    model_config = ConfigDict(extra="forbid")

    media_id: int | None = Field(None, ge=1, description="The title; a series with all its episodes")
    library_id: int | None = Field(None, ge=1, description="Or all titles of a library")
    path: MediaPath | None = Field(
        None, description="Or the titles whose files lie in this folder, or this file"
    )
    template: str | None = Field(
        None,
        min_length=1,
        max_length=1000,
        description="Folders and name, like {title} ({year})/{title} ({year}).{ext}; empty: as configured",
    )
    force: bool = Field(False, description="Also what Radarr or Sonarr manages; they are told to rescan")

    @field_validator("template")
    @classmethod
    def _must_be_a_template(cls, text: str | None) -> str | None:
        if text is not None:
            name_template.parse(text, names.kind_of(text))
        return text

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum(one is not None for one in (self.media_id, self.library_id, self.path)) != 1:
            raise ValueError("give one of media_id, library_id and path")
        return self


@operation(
    "rename",
    payload=Rename,
    phase="publish",
    timeout_seconds=3600,
    concurrency_key=lambda _: "one after another",
    grows=True,
    title=lambda payload: payload.path and f"Rename {payload.path}",
)
def perform(payload: Rename, context: Context) -> dict[str, Any]:
    """Rename files and folders of titles by a template, with all that belongs to them; a dry run gives the plan."""
    if payload.media_id is not None:
        return renaming.rename_title(context, payload.media_id, payload.template, force=payload.force)
    return renaming.rename_many(
        context, payload.library_id, payload.path, payload.template, force=payload.force
    )
