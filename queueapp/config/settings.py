"""The whole of the settings, as one immutable object."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator

from queueapp.config import batch_sections, sections
from queueapp.config.sections import SECRET

POSTGRES_SCHEMES = ("postgresql://", "postgresql+psycopg://", "postgres://")
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")


def default_data_dir() -> Path:
    """The platform's folder for user data of this program."""
    return Path(platformdirs.user_data_dir("queueapp", appauthor=False))


class Settings(BaseModel):
    """All settings of one instance; made by `config.load` and never changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data_dir: Path = Field(default_factory=default_data_dir, description="Where this instance keeps its data")
    #: As libpq wants it (`postgresql://…`); None means the embedded server of `data_dir`.
    database_url: str | None = Field(None, description="PostgreSQL, as postgresql://…", **SECRET)
    #: None means the embedded server of `data_dir`.
    redis_url: str | None = Field(None, description="Redis, as redis://… or unix://…", **SECRET)
    admin_password: str | None = Field(None, description="Password of the first admin", **SECRET)
    web: sections.Web = Field(default_factory=sections.Web)
    worker: sections.Worker = Field(default_factory=sections.Worker)
    tasks: sections.Tasks = Field(default_factory=sections.Tasks)
    queue: sections.Queue = Field(default_factory=sections.Queue)
    paths: sections.Paths = Field(default_factory=sections.Paths)
    webhooks: sections.Webhooks = Field(default_factory=sections.Webhooks)
    tmdb: sections.Tmdb = Field(default_factory=sections.Tmdb)
    fanarttv: sections.FanartTv = Field(default_factory=sections.FanartTv)
    tools: sections.Tools = Field(default_factory=sections.Tools)
    batch: batch_sections.Batch = Field(default_factory=batch_sections.Batch)
    audio: batch_sections.Audio = Field(default_factory=batch_sections.Audio)
    rename: batch_sections.Rename = Field(default_factory=batch_sections.Rename)
    log: sections.Log = Field(default_factory=sections.Log)
    _config_file: Path | None = PrivateAttr(None)

    @property
    def config_file(self) -> Path | None:
        """The file these settings were read from."""
        return self._config_file

    def read_from(self, file: Path | None) -> Settings:
        """These settings, remembering the file they came from."""
        copy = self.model_copy()
        copy._config_file = file
        return copy

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().absolute()

    @field_validator("database_url")
    @classmethod
    def _as_libpq_wants_it(cls, url: str | None) -> str | None:
        if not url:
            return None
        for scheme in POSTGRES_SCHEMES:
            if url.startswith(scheme):
                return POSTGRES_SCHEMES[0] + url.removeprefix(scheme)
        raise ValueError("must start with postgresql://")

    @field_validator("redis_url")
    @classmethod
    def _known_scheme(cls, url: str | None) -> str | None:
        if not url:
            return None
        if not url.startswith(REDIS_SCHEMES):
            raise ValueError("must start with redis://, rediss:// or unix://")
        return url
