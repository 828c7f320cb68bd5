"""What is known of a title: the shape stored as `media.metadata` and written to NFO files."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["movie", "show", "episode"]


class _Part(BaseModel):
    # What an older version stored must stay readable, so unknown keys are dropped, not refused.
    model_config = ConfigDict(extra="ignore")


class Person(_Part):
    """An actor: `thumb_url` is the provider's portrait."""

    name: str
    role: str = ""
    order: int = 0
    thumb_url: str | None = None


class Rating(_Part):
    """A rating on Kodi's scale: 0 < value ≤ `maximum`."""

    name: str
    value: float
    votes: int = 0
    maximum: int = 10


class Collection(_Part):
    """The set a film belongs to; `tmdb_id` is asked at fanart.tv like a film's."""

    name: str
    overview: str = ""
    tmdb_id: int | None = None


class Thumb(_Part):
    """A picture at its provider, named in the NFO for players that fetch by themselves."""

    url: str
    aspect: str = "poster"
    season: int | None = None


class NamedSeason(_Part):
    """A season with a name of its own."""

    number: int
    name: str


class Details(_Part):
    """All facts of one title; an empty field means unknown, never "empty it"."""

    kind: Kind
    source: str = "local"
    title: str = ""
    original_title: str = ""
    original_language: str = ""
    sort_title: str = ""
    show_title: str = ""
    tagline: str = ""
    plot: str = ""
    outline: str = ""
    year: int | None = None
    premiered: str = Field("", description="yyyy-MM-dd; for an episode the day it was first shown")
    ended: str = ""
    runtime_minutes: int | None = None
    certification: str = ""
    status: str = ""
    genres: list[str] = []
    countries: list[str] = []
    studios: list[str] = []
    tags: list[str] = []
    directors: list[str] = []
    writers: list[str] = []
    actors: list[Person] = []
    ratings: list[Rating] = []
    ids: dict[str, str] = Field({}, description="by type: tmdb, imdb, tvdb")
    collection: Collection | None = None
    trailer: str = ""
    season: int | None = None
    episode: int | None = None
    seasons: list[NamedSeason] = []
    thumbs: list[Thumb] = []
    episodes: list[Details] = Field([], description="all episodes of a file that holds several")


class VideoStream(_Part):
    """One video stream, in the words of Kodi's streamdetails."""

    codec: str = ""
    aspect: float | None = None
    width: int | None = None
    height: int | None = None
    duration_seconds: int | None = None
    hdr_type: str = ""


class AudioStream(_Part):
    """One audio stream; `language` in any ISO 639 form."""

    codec: str = ""
    language: str = ""
    channels: int | None = None


class StreamDetails(_Part):
    """The streams of one file."""

    video: list[VideoStream] = []
    audio: list[AudioStream] = []
    subtitle_languages: list[str] = []


def default_id_type(ids: dict[str, str]) -> str | None:
    """The id a player should look a title up by: TMDB's, else IMDb's, else TVDB's, else any."""
    return next((kind for kind in ("tmdb", "imdb", "tvdb") if ids.get(kind)), next(iter(sorted(ids)), None))
