"""Waits, for checks and benchmarks."""

from __future__ import annotations

import time

from pydantic import BaseModel, ConfigDict, Field

from queueapp.execution.context import Context
from queueapp.operations import operation

#: Seconds between two reports of progress.
REPORT_SECONDS = 0.5


class Sleep(BaseModel):
    """How long to wait."""

    model_config = ConfigDict(extra="forbid")

    seconds: float = Field(0.2, ge=0, le=3600, description="Seconds to wait")


@operation("sleep", payload=Sleep, timeout_seconds=3700, title=lambda payload: f"Sleep {payload.seconds:g} s")
def perform(payload: Sleep, context: Context) -> dict[str, float]:
    """Wait for some seconds, telling how far it is, to check that the queue works."""
    began = time.monotonic()
    while (waited := time.monotonic() - began) < payload.seconds:
        context.sleep(min(REPORT_SECONDS, payload.seconds - waited))
        if payload.seconds > REPORT_SECONDS:
            context.progress((time.monotonic() - began) / payload.seconds)
    return {"slept_seconds": round(time.monotonic() - began, 3)}
