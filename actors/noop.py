"""Does nothing, for checks and benchmarks."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from queueapp.execution.context import Context
from queueapp.operations import operation


class Noop(BaseModel):
    """Takes nothing."""

    model_config = ConfigDict(extra="forbid")


@operation("noop", payload=Noop, title=lambda payload: "Nothing")
def perform(payload: Noop, context: Context) -> None:
    """Do nothing, to check that the queue works."""
