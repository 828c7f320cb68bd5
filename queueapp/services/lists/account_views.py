"""TMDB users as people send and see them; tokens never come out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from queueapp.models.tmdb_user import TmdbUser, TmdbUserKind, TmdbUserStatus
from queueapp.strict_json import NOT_BLANK

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=NOT_BLANK)
]
Url = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^https?://[^\s\x85@]+$", max_length=1000)
]


class NewTmdbUser(BaseModel):
    """A person to connect."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = Field(None, description="What people call them; else TMDB's name for them")
    kind: TmdbUserKind = Field(
        TmdbUserKind.V4, description="Which of TMDB's APIs to use; v3 cannot change a list"
    )
    redirect_to: Url | None = Field(None, description="Where TMDB sends the person after the approval")


class TmdbUserView(BaseModel):
    """A connected person, or one who has not approved yet."""

    id: int
    name: str | None
    kind: TmdbUserKind
    status: TmdbUserStatus = Field(description="refused: TMDB no longer takes the token; connect again")
    account_id: str | None = Field(description="TMDB's id of the account")
    refused_at: datetime | None
    refused_reason: str | None
    connected_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, user: TmdbUser) -> Self:
        """What may be shown of a stored user."""
        return cls(**{name: getattr(user, name) for name in TmdbUserView.model_fields})


class Connection(TmdbUserView):
    """A connection that the person has to approve now."""

    approve_url: str = Field(description="Where the person approves; good for a quarter of an hour")


def label_of(user: TmdbUser) -> str:
    """A name for messages."""
    return user.name or f"TMDB user {user.id}"
