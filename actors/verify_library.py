"""Verifies every published title of a library, or of all."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from queueapp.execution.context import Context
from queueapp.operations import operation
from queueapp.services.title import upkeep


class VerifyLibrary(BaseModel):
    """What is verified."""

    model_config = ConfigDict(extra="forbid")

    library_id: int | None = Field(
        None, ge=1, description="The library whose titles are verified; empty: all"
    )


@operation(
    "verify_library",
    payload=VerifyLibrary,
    timeout_seconds=3600,
    title=lambda _: "Find the titles to verify",
    grows=True,
)
def perform(payload: VerifyLibrary, context: Context) -> dict[str, Any]:
    """Have NFO, artwork and cached pictures of every published title compared, and what was lost restored."""
    found = upkeep.verifications(context, payload.library_id)
    context.add_items(found)
    context.log(f"{len(found)} titles are to be verified")
    return {"titles": len(found)}
