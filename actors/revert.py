"""Takes back what a finished task did to the files of titles."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from queueapp.execution.context import Context
from queueapp.operations import operation
from queueapp.services.rename import reverting


class Revert(BaseModel):
    """What taking back is given."""

    model_config = ConfigDict(extra="forbid")

    task_id: int | None = Field(
        None, ge=1, description="The finished task whose renames and files are taken back"
    )
    journal_id: int | None = Field(None, ge=1, description="Or just one title's part of it, by its journal")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.task_id is None) == (self.journal_id is None):
            raise ValueError("give either task_id or journal_id")
        return self


@operation(
    "revert",
    payload=Revert,
    phase="publish",
    timeout_seconds=3600,
    concurrency_key=lambda _: "one after another",
    grows=True,
    title=lambda payload: payload.task_id and f"Take back task {payload.task_id}",
)
def perform(payload: Revert, context: Context) -> dict[str, Any]:
    """Give files and folders their former names and put back what publish replaced, unless they changed since."""
    if payload.journal_id is not None:
        return reverting.revert(context, payload.journal_id)
    items = reverting.entries_of(context, payload.task_id or 0)
    context.add_items(items)
    return {"message": f"{len(items)} titles to take back", "titles": len(items)}
