"""Templates of one library, where they differ from those of the settings."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from queueapp import name_template
from queueapp.name_template import TemplateKind

#: Where a library keeps its own templates, in `Library.options`.
OPTION = "rename"


class RenameOverrides(BaseModel):
    """Templates of one library; what is not given is as the settings say."""

    model_config = ConfigDict(extra="forbid")

    movie: str | None = Field(None, min_length=1, max_length=1000, description="Folder and name of a film")
    episode: str | None = Field(
        None, min_length=1, max_length=1000, description="Folders and name of an episode"
    )
    daily: str | None = Field(
        None, min_length=1, max_length=1000, description="… of an episode that is known by its day"
    )

    @field_validator("movie", "episode", "daily")
    @classmethod
    def _must_be_a_template(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is not None:
            name_template.parse(text, TemplateKind(info.field_name or ""))
        return text
