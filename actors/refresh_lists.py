"""Takes in what lists a connected user has at TMDB."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from queueapp.execution.context import Context
from queueapp.operations import operation
from queueapp.services.lists import carry_out


class RefreshLists(BaseModel):
    """What taking lists in is given."""

    model_config = ConfigDict(extra="forbid")

    tmdb_user_id: int = Field(ge=1, description="The connected TMDB user")


@operation("refresh_lists", payload=RefreshLists, timeout_seconds=300, public=False)
def perform(payload: RefreshLists, context: Context) -> dict[str, Any]:
    """Take in what lists a connected user has at TMDB."""
    if context.dry_run:
        return {}
    return carry_out.take_in(context, payload.tmdb_user_id)
