"""What is asked of libraries and shown of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from queueapp.models.library import LibraryKind
from queueapp.services.audio.audio_overrides import AudioOverrides
from queueapp.services.rename.overrides import RenameOverrides
from queueapp.strict_json import NOT_BLANK

#: A folder's path is never stripped: names may begin or end with spaces.
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NOT_BLANK)
]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewLibrary(_Asked):
    """A folder to add."""

    name: Name = Field(description="What it is called")
    path: str = Field(min_length=1, max_length=4096, description="Absolute path of the folder")
    kind: LibraryKind = Field(description="movies for films, tv for series")


class LibraryChanges(_Asked):
    """What may be changed of a library; what is not given stays."""

    name: Name | None = Field(None, description="What it is called")
    audio: AudioOverrides | None = Field(
        None,
        description="How its default audio tracks are chosen, where that differs from the settings; {}: nowhere",
    )
    rename: RenameOverrides | None = Field(
        None, description="Templates for its names, where they differ from the settings; {}: nowhere"
    )


class LibraryCounts(BaseModel):
    """Titles of a library by kind, without those that are gone."""

    movies: int = 0
    shows: int = 0
    episodes: int = 0
    gone: int = 0


class LibraryView(BaseModel):
    """A library as people see it."""

    id: int
    name: str
    path: str
    kind: LibraryKind
    created_at: datetime
    updated_at: datetime
    last_scan_at: datetime | None
    last_scan_task_id: int | None
    counts: LibraryCounts
    #: where the choice of default audio tracks differs from the settings
    audio: dict[str, Any] = {}
    #: templates for names that differ from the settings
    rename: dict[str, Any] = {}


class ScanTarget(BaseModel):
    """A folder that may be scanned; without a library when it only lies inside an allowed root."""

    path: str
    library_id: int | None
    kind: LibraryKind | None
