"""The sections of `queueapp.toml`: each key with its type, default and one line of what it does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Positive = Annotated[int, Field(ge=1)]
NotNegative = Annotated[int, Field(ge=0)]
#: A value that may also be given as `<key>_file`, and that no repr or log shows.
SECRET: dict[str, Any] = {"repr": False, "json_schema_extra": {"secret": True}}
#: Scheme, host and perhaps port, as browsers send it.
ORIGIN = re.compile(r"https?://[a-z0-9._\-\[\]:]+")
BaseUrl = Annotated[str, Field(pattern=r"^https?://[^\s/]+")]


class Section(BaseModel):
    """Base of all sections: unknown keys are refused, values do not change after the start."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Web(Section):
    """Where and how the web process listens."""

    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(8787, ge=1, le=65535, description="Port to listen on")
    processes: Positive = Field(1, description="Web processes; one serves a thousand live streams")
    base_path: str = Field("", description="Path prefix when served below a sub-path, such as /queue")
    trusted_proxies: NotNegative = Field(0, description="How many reverse proxies stand in front")
    https: bool = Field(False, description="Served over https: cookies are marked Secure")
    session_secret: str | None = Field(
        None, description="Signs sessions; made and kept in the database when not given", **SECRET
    )

    embed_origins: list[str] = Field(
        default_factory=list,
        description="Other sites whose pages may show the task manager, such as https://wall.example.org",
    )

    @field_validator("embed_origins")
    @classmethod
    def _must_be_origins(cls, origins: list[str]) -> list[str]:
        plain = [origin.rstrip("/").lower() for origin in origins]
        for origin in plain:
            if not ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"{origin} is not an origin: write scheme, host and port, as https://site:8443"
                )
        return plain

    @field_validator("base_path")
    @classmethod
    def _normalise_base_path(cls, path: str) -> str:
        stripped = path.strip("/")
        return f"/{stripped}" if stripped else ""


class Worker(Section):
    """How many workers `queueapp up` starts, and how they stop."""

    processes: Positive = Field(2, description="Worker processes that serve every lane")
    threads: Positive = Field(8, description="Threads of each worker process")
    priority_threads: Positive = Field(4, description="Threads of the process reserved for urgent lanes")
    grace_seconds: Positive = Field(30, description="Time a running item has to finish on a stop")
    cancel_kill_seconds: Positive = Field(
        30,
        description="Time after which a canceled item that cannot be stopped is given up, with its process",
    )
    memory_limit_mb: NotNegative = Field(
        0, description="Memory past which a worker finishes its items and is started anew; 0 is no limit"
    )
    niceness: int = Field(
        10,
        ge=0,
        le=19,
        description="How far workers step back for the processor; 0 is not at all",
    )

    @property
    def heavy_niceness(self) -> int:
        """How far isolated items and programs such as ffmpeg step back: further than the worker that watches them."""
        return min(self.niceness + 5, 19) if self.niceness else 0


class Tasks(Section):
    """Bounds on tasks, and how long finished ones are kept."""

    max_active: NotNegative = Field(0, description="Most tasks active at a time; 0 is no limit")
    retention_days: Positive = Field(30, description="Days a finished task is kept")
    cleanup_interval_hours: Positive = Field(24, description="Hours between two cleanups")


class Queue(Section):
    """The engine."""

    actors: str = Field("actors", description="Python package whose modules register the operations")


class Paths(Section):
    """Which folders requests may name besides the libraries."""

    allowed_roots: list[Path] = Field(default_factory=list, description="Folders requests may also name")

    @field_validator("allowed_roots")
    @classmethod
    def _must_be_absolute(cls, roots: list[Path]) -> list[Path]:
        for root in roots:
            if not root.is_absolute():
                raise ValueError(f"{root} is not an absolute path")
        return roots


class Webhooks(Section):
    """What Radarr and Sonarr tell us."""

    visible_seconds: NotNegative = Field(60, description="How long a file that was told of is waited for")
    gone_after_seconds: NotNegative = Field(
        30, description="How long after a deletion a title is looked for before it counts as gone"
    )
    keep_days: Positive = Field(30, description="Days a received webhook is kept")
    public_url: BaseUrl | None = Field(
        None, description="Where downloaders reach this program, such as http://nas:8787"
    )


class Tmdb(Section):
    """The Movie Database. Without a key, titles are described by local facts only."""

    base_url: BaseUrl = Field("https://api.themoviedb.org/3", description="Root of the v3 API")
    v4_base_url: BaseUrl | None = Field(
        None, description="Root of the v4 API, for lists; not given: that of v3 with 4 in place of the 3"
    )
    website_url: BaseUrl = Field(
        "https://www.themoviedb.org", description="Where people approve access to their lists"
    )
    images_url: BaseUrl = Field("https://image.tmdb.org/t/p", description="Root of the image server")
    api_key: str | None = Field(None, description="API key (v3)", **SECRET)
    access_token: str | None = Field(None, description="API read access token, instead of the key", **SECRET)
    language: str = Field("en-US", description="Language of titles and plots")
    rate_per_second: Positive = Field(20, description="Requests a second, all workers together")

    @property
    def lists_url(self) -> str:
        """Root of the v4 API."""
        v3 = self.base_url.rstrip("/")
        return (self.v4_base_url or f"{v3.removesuffix('/3')}/4").rstrip("/")


class FanartTv(Section):
    """fanart.tv, a second source of artwork."""

    base_url: BaseUrl = Field("https://webservice.fanart.tv/v3", description="Root of the v3 API")
    api_key: str | None = Field(None, description="Project API key", **SECRET)
    client_key: str | None = Field(None, description="Personal API key", **SECRET)
    rate_per_second: Positive = Field(2, description="Requests a second, all workers together")


class Tools(Section):
    """Programs that operations call; empty means: found on the PATH."""

    mkvpropedit: str | None = Field(None, description="Path of mkvpropedit")
    mkvmerge: str | None = Field(None, description="Path of mkvmerge; empty: beside mkvpropedit")
    ffmpeg: str | None = Field(None, description="Path of ffmpeg")
    ffprobe: str | None = Field(None, description="Path of ffprobe; empty: beside ffmpeg")


class Log(Section):
    """What the processes write to their logs."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level shown")
    format: Literal["text", "json"] = Field("text", description="Lines for people, or JSON for machines")
