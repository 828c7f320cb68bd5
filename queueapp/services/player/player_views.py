"""Players as people send and see them; a secret goes in and never comes out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from queueapp.models.player import Player, PlayerKind
from queueapp.services.player.ipv6_hosts import REAL_HOST, real_host
from queueapp.strict_json import NOT_BLANK

#: Stands for a secret that is set; sent back unchanged it changes nothing.
HIDDEN = "***"

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=NOT_BLANK)
]
Url = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        pattern=r"^https?://(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(:[0-9]{1,5})?(/[!-~]*)?$",
        max_length=500,
    ),
    AfterValidator(real_host),
    Field(json_schema_extra={"allOf": [{"pattern": REAL_HOST}]}),
]
Path = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000, pattern=NOT_BLANK)
]


class PathMapping(BaseModel):
    """One folder under both names."""

    model_config = ConfigDict(extra="forbid")

    ours: Path = Field(description="The folder as this program sees it")
    theirs: Path = Field(description="The same folder as the player spells it, such as smb://nas/films/")


class NewPlayer(BaseModel):
    """A player to add."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(description="What people call it")
    kind: PlayerKind = Field(description="The program it runs")
    url: Url = Field(description="http://host:8080 of Kodi's web server, or the root of Jellyfin")
    username: str | None = Field(None, max_length=200, description="Kodi's user; Jellyfin needs none")
    secret: str | None = Field(None, max_length=500, description="Kodi's password or Jellyfin's API key")
    path_mappings: list[PathMapping] = Field(
        [], max_length=100, description="Empty when both see the same paths"
    )
    enabled: bool = Field(True, description="Whether it is told of changes")


class PlayerChanges(BaseModel):
    """What to change of a player; what is not given stays, a null secret is removed."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    url: Url | None = None
    username: str | None = Field(None, max_length=200)
    secret: str | None = Field(None, max_length=500)
    path_mappings: list[PathMapping] | None = Field(None, max_length=100)
    enabled: bool | None = None


class PlayerView(BaseModel):
    """A player as it is shown."""

    id: int
    name: str
    kind: PlayerKind
    url: str
    username: str | None
    secret: str | None = Field(description=f"{HIDDEN} when set")
    path_mappings: list[PathMapping]
    enabled: bool
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, player: Player) -> Self:
        """What may be shown of a stored player."""
        mappings = [PathMapping.model_validate(one) for one in player.path_mappings]
        columns = {name: getattr(player, name) for name in cls.model_fields}
        return cls(**columns | {"secret": HIDDEN if player.secret else None, "path_mappings": mappings})


class PlayerTest(BaseModel):
    """What came of trying a player's address and credentials."""

    ok: bool
    message: str
    version: str | None = None
