"""What every operation that follows a webhook is given: the title, and who told of it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from queueapp.media.ids import Ids
from queueapp.models.library import LibraryKind


class AboutTitle(BaseModel):
    """The film or series that a downloader told of."""

    model_config = ConfigDict(extra="forbid")

    downloader_id: int | None = Field(None, ge=1, description="The downloader whose path mappings hold")
    sender: str = Field("a downloader", max_length=200, description="Who told of it, for people")
    story: str | None = Field(None, max_length=500, description="The same for all that is told of one title")
    kind: LibraryKind | None = Field(None, description="Films or series")
    title: str | None = Field(None, max_length=1000, description="What the downloader calls it")
    year: int | None = Field(None, description="Its year")
    tmdb_id: int | None = Field(None, ge=1, description="Its id at TMDB")
    imdb_id: str | None = Field(None, max_length=20, description="Its id at IMDb")
    tvdb_id: int | None = Field(None, ge=1, description="Its id at TheTVDB")

    @property
    def ids(self) -> Ids:
        """Its ids at the providers."""
        return Ids(self.tmdb_id, self.imdb_id, self.tvdb_id)

    @property
    def key(self) -> str:
        """What keeps operations on one title from running at once."""
        return self.story or f"{self.sender} {self.title}"
