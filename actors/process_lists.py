"""The regular look of the TMDB list processor."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from queueapp.execution.context import Context
from queueapp.operations import operation
from queueapp.services.lists import acts


class ProcessLists(BaseModel):
    """What the look at list operations is given: nothing."""

    model_config = ConfigDict(extra="forbid")


@operation("process_lists", payload=ProcessLists, timeout_seconds=60, title=lambda _: "TMDB list processing")
def perform(payload: ProcessLists, context: Context) -> dict[str, Any]:
    """Let operations on TMDB lists go on whose reason to wait is over."""
    del payload
    found = acts.look(context.runtime, dry_run=context.dry_run)
    context.log(f"{found['pending']} operations wait, {found['woken']} of them go on now")
    return dict(found)
