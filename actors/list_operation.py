"""Carries out one operation on a list at TMDB."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from queueapp.execution.context import Context
from queueapp.operations import operation
from queueapp.services.lists import carry_out


class ListOperation(BaseModel):
    """What a list operation is given."""

    model_config = ConfigDict(extra="forbid")

    operation_id: int = Field(ge=1, description="The operation as /api/lists/operations knows it")
    list_id: int = Field(ge=1, description="The list it is about; one operation at a time on each")


@operation(
    "list_operation",
    payload=ListOperation,
    timeout_seconds=300,
    concurrency_key=lambda payload: f"list {payload.list_id}",
    public=False,
)
def perform(payload: ListOperation, context: Context) -> dict[str, Any]:
    """Do one thing to a list at TMDB: create, update, delete or clear it, add or remove a film."""
    if context.dry_run:
        context.log("Would ask TMDB")
        return {}
    return carry_out.run(context, payload.operation_id)
