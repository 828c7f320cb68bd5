"""Operations that are hard to stop or to overtake, for the measures of the engine."""

from __future__ import annotations

import ctypes
import importlib
import time

from pydantic import BaseModel, ConfigDict

from benchmarks.systems.apps.this_system import Nothing
from queueapp.execution.context import Context
from queueapp.operations import operation


class Lasting(BaseModel):
    """How long it would take."""

    model_config = ConfigDict(extra="forbid")
    seconds: float = 60.0


@operation("benchmark_python", payload=Lasting, public=False)
def python(payload: Lasting, context: Context) -> None:
    """Compute, and never ask whether it is canceled."""
    until = time.monotonic() + payload.seconds
    while time.monotonic() < until:
        sum(range(1000))
        time.sleep(0.0005)


@operation("benchmark_program", payload=Lasting, public=False)
def program(payload: Lasting, context: Context) -> None:
    """Wait for a program."""
    context.run(["sleep", str(payload.seconds)], timeout_seconds=payload.seconds + 10)


@operation("benchmark_stuck", payload=Lasting, public=False, isolated=True)
def stuck(payload: Lasting, context: Context) -> None:
    """Sit in C code, where no interrupt of Python arrives."""
    ctypes.PyDLL(None).sleep(int(payload.seconds))


@operation("benchmark_busy", payload=Lasting, public=False)
def busy(payload: Lasting, context: Context) -> None:
    """Keep a thread for a while."""
    time.sleep(payload.seconds)


__all__ = ["Nothing", "busy", "program", "python", "stuck"]
importlib.import_module("actors")
