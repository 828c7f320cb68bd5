"""Two operations that are always there, for checks and benchmarks: one does nothing, one waits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from queueapp.operations import operation

if TYPE_CHECKING:
    from queueapp.execution.context import Context

#: Seconds between two reports of progress.
REPORT_SECONDS = 0.5


class Noop(BaseModel):
    """Takes nothing."""

    model_config = ConfigDict(extra="forbid")


@operation("noop", payload=Noop, title=lambda payload: "Nothing")
def do_nothing(payload: Noop, context: Context) -> None:
    """Do nothing, to check that the queue works."""


class Sleep(BaseModel):
    """How long to wait."""

    model_config = ConfigDict(extra="forbid")

    seconds: float = Field(0.2, ge=0, le=3600, description="Seconds to wait")


@operation("sleep", payload=Sleep, timeout_seconds=3700, title=lambda payload: f"Sleep {payload.seconds:g} s")
def wait(payload: Sleep, context: Context) -> dict[str, float]:
    """Wait for some seconds, telling how far it is, to check that the queue works."""
    began = time.monotonic()
    while (waited := time.monotonic() - began) < payload.seconds:
        context.sleep(min(REPORT_SECONDS, payload.seconds - waited))
        if payload.seconds > REPORT_SECONDS:
            context.progress((time.monotonic() - began) / payload.seconds)
    return {"slept_seconds": round(time.monotonic() - began, 3)}
