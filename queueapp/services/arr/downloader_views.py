"""Downloaders as people send and see them; secrets go in and come out once at most."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from queueapp.models.downloader import Downloader, DownloaderKind
from queueapp.services.player.player_views import HIDDEN, Path, Url
from queueapp.strict_json import NOT_BLANK

#: The name is part of an address, so nothing that has a meaning there; these words have one here.
_RESERVED = frozenset({"received", "downloaders"})
#: Fewer characters than this are guessed too soon.
LEAST_KEY = 8


def _may_be_a_name(name: str) -> str:
    if name.lower() in _RESERVED or not name.isprintable() or name in (".", ".."):
        raise ValueError("this name is taken by the program itself, or cannot be part of an address")
    return name


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^/\\?#%;]+$"),
    Field(json_schema_extra={"allOf": [{"pattern": NOT_BLANK}]}),
    AfterValidator(_may_be_a_name),
]
Key = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=LEAST_KEY, max_length=200, pattern=r"^[!-~]+$")
]
ApiKey = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=r"^[ -~]*$")]


class DownloaderMapping(BaseModel):
    """One folder under both names."""

    model_config = ConfigDict(extra="forbid")

    ours: Path = Field(description="The folder as this program sees it")
    theirs: Path = Field(description="The same folder as the downloader spells it, such as D:\\Movies")


class NewDownloader(BaseModel):
    """A downloader to add."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(description="What people call it; also part of its webhook's address")
    kind: DownloaderKind = Field(description="The program it runs")
    base_url: Url | None = Field(None, description="Its root, such as http://host:7878; empty: webhooks only")
    api_key: ApiKey | None = Field(None, description="Its API key, from Settings → General")
    path_mappings: list[DownloaderMapping] = Field(
        [], max_length=100, description="Empty when both see the same paths"
    )
    webhook_key: Key | None = Field(
        None, description=f"What opens our door to it, {LEAST_KEY} characters or more; empty: one is made"
    )
    enabled: bool = Field(True, description="Whether its webhooks are taken and its history is read")


class DownloaderChanges(BaseModel):
    """What to change of a downloader; what is not given stays, a null address or API key is removed."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    base_url: Url | None = None
    api_key: ApiKey | None = None
    path_mappings: list[DownloaderMapping] | None = Field(None, max_length=100)
    webhook_key: Key | None = None
    enabled: bool | None = None


class DownloaderView(BaseModel):
    """A downloader as it is shown."""

    id: int
    name: str
    kind: DownloaderKind
    base_url: str | None
    api_key: str | None = Field(description=f"{HIDDEN} when set")
    webhook_key: str = Field(description=f"{HIDDEN}; only the answer that adds a downloader shows it")
    webhook_path: str = Field(description="Where it sends its webhooks, below this program's root")
    path_mappings: list[DownloaderMapping]
    enabled: bool
    registered_at: datetime | None
    history_read_until: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, downloader: Downloader) -> Self:
        """What may be shown of a stored downloader."""
        mappings = [DownloaderMapping.model_validate(one) for one in downloader.path_mappings]
        hidden = {
            "api_key": HIDDEN if downloader.api_key else None,
            "webhook_key": HIDDEN,
            "webhook_path": f"/webhooks/{downloader.name}",
            "path_mappings": mappings,
        }
        columns = {name: getattr(downloader, name) for name in cls.model_fields if name not in hidden}
        return cls(**columns | hidden)


class DownloaderTest(BaseModel):
    """What came of trying a downloader's address and API key."""

    ok: bool
    message: str
    version: str | None = None


class Registration(BaseModel):
    """What came of creating the webhook in the downloader."""

    ok: bool
    message: str
    notification_id: int | None = Field(None, description="The connection's id in the downloader")
    url: str | None = Field(None, description="The address the downloader now calls")
