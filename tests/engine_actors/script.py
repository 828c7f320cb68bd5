"""One operation whose payload says what is to happen, so that tests choose the outcome."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from queueapp import errors
from queueapp.execution.context import Context, NewItem
from queueapp.operations import operation


class Script(BaseModel):
    """What the item does."""

    model_config = ConfigDict(extra="forbid")

    do: Literal[
        "complete", "fail", "permanent", "skip", "retry_later", "wait", "spin", "program", "crash", "spawn",
        "fail_once", "huge", "hoard", "until", "native", "native_locked", "segfault", "exit", "tidy",
        "subprocess", "kill_thread", "grow", "loose",
    ] = "complete"  # fmt: skip
    #: appended to this file when the item starts: its index and attempt
    trace: str | None = None
    seconds: float = 0.0
    name: str = ""
    count: int = 0
    barrier: bool = False


@operation("script", payload=Script, timeout_seconds=60, max_attempts=3, backoff_seconds=0.2)
def perform(payload: Script, context: Context) -> dict[str, Any] | None:
    """Do what the payload says, for tests."""
    trace(payload, f"start {payload.name} {context.attempt} {os.getpid()} {time.time()}")
    outcome = ACTIONS[payload.do](payload, context)
    trace(payload, f"end {payload.name} {context.attempt} {os.getpid()} {time.time()}")
    return outcome


@operation("script_timed", payload=Script, timeout_seconds=0.5, max_attempts=1, backoff_seconds=0.1)
def perform_timed(payload: Script, context: Context) -> dict[str, Any] | None:
    """Do what the payload says within half a second, for tests."""
    return ACTIONS[payload.do](payload, context)


@operation(
    "script_isolated", payload=Script, timeout_seconds=30, max_attempts=2, backoff_seconds=0.1, isolated=True
)
def perform_isolated(payload: Script, context: Context) -> dict[str, Any] | None:
    """Do what the payload says in a process of its own, for tests."""
    return perform(payload, context)


@operation(
    "script_isolated_timed", payload=Script, timeout_seconds=0.5, max_attempts=1, isolated=True, public=False
)
def perform_isolated_timed(payload: Script, context: Context) -> dict[str, Any] | None:
    """Do what the payload says in a process of its own within half a second, for tests."""
    return perform(payload, context)


@operation("script_keyed", payload=Script, concurrency_key=lambda payload: payload.name)
def perform_keyed(payload: Script, context: Context) -> dict[str, Any] | None:
    """Do what the payload says, one at a time for each name, for tests."""
    return perform(payload, context)


@operation("script_limited", payload=Script, max_concurrency=2, lane="normal")
def perform_limited(payload: Script, context: Context) -> dict[str, Any] | None:
    """Do what the payload says, two at a time, for tests."""
    return perform(payload, context)


@operation("script_rated", payload=Script, rate_limit=5, max_attempts=1)
def perform_rated(payload: Script, context: Context) -> dict[str, Any] | None:
    """Do what the payload says, five a second, for tests."""
    return perform(payload, context)


def trace(payload: Script, line: str) -> None:
    """Append a line to the trace file; short appends are atomic."""
    if payload.trace:
        descriptor = os.open(payload.trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        os.write(descriptor, f"{line}\n".encode())
        os.close(descriptor)


def _complete(payload: Script, context: Context) -> dict[str, Any]:
    return {"name": payload.name, "attempt": context.attempt}


def _fail(payload: Script, context: Context) -> None:
    raise RuntimeError(f"failed on purpose: {payload.name}")


def _permanent(payload: Script, context: Context) -> None:
    raise errors.Permanent("never again")


def _skip(payload: Script, context: Context) -> None:
    raise errors.Skip("nothing to do")


def _retry_later(payload: Script, context: Context) -> None:
    if context.attempt == 1 and not Path(f"{payload.trace}.waited").exists():
        Path(f"{payload.trace}.waited").touch()
        raise errors.RetryLater("rate limited", payload.seconds, uses_attempt=False)


def _fail_once(payload: Script, context: Context) -> dict[str, Any]:
    if context.attempt == 1:
        raise RuntimeError("the first attempt fails")
    return {"attempt": context.attempt}


def _wait(payload: Script, context: Context) -> None:
    context.log("waiting")
    context.progress(0.5, "half way")
    context.sleep(payload.seconds)


def _spin(payload: Script, context: Context) -> None:
    end = time.monotonic() + payload.seconds
    while time.monotonic() < end:
        sum(range(100))


def _program(payload: Script, context: Context) -> dict[str, Any]:
    done = context.run(["sh", "-c", f"sleep {payload.seconds} & echo started; wait; echo done"])
    return {"output": done.stdout, "code": done.returncode}


def _crash(payload: Script, context: Context) -> None:
    time.sleep(payload.seconds)
    os.kill(os.getpid(), signal.SIGKILL)


def _huge(payload: Script, context: Context) -> dict[str, Any]:
    return {"text": "x" * 300_000}


def _native(payload: Script, context: Context) -> None:
    """Wait in C, where no exception of Python gets in."""
    ctypes.CDLL(None).sleep(int(payload.seconds))


def _native_locked(payload: Script, context: Context) -> None:
    """Wait in C and let no other thread of Python run meanwhile."""
    ctypes.PyDLL(None).sleep(int(payload.seconds))


def _segfault(payload: Script, context: Context) -> None:
    ctypes.string_at(0)


def _exit(payload: Script, context: Context) -> None:
    raise SystemExit(3)


def _tidy(payload: Script, context: Context) -> None:
    """Wait like code that knows nothing of the queue, and clean up."""
    try:
        time.sleep(payload.seconds)
    finally:
        trace(payload, f"tidied {payload.name} {context.attempt} {os.getpid()} {time.time()}")


def _subprocess(payload: Script, context: Context) -> None:
    """Wait for a program that the queue knows nothing of."""
    subprocess.run(["sh", "-c", f"sleep {payload.seconds}; true"], check=False)


def _kill_thread(payload: Script, context: Context) -> None:
    """End the thread that runs this, once it is idle."""
    thread = ctypes.c_ulong(threading.get_ident())

    def end() -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(SystemExit))

    threading.Timer(0.3, end).start()


MEMORY: list[bytes] = []


def _grow(payload: Script, context: Context) -> None:
    """Take megabytes for good."""
    MEMORY.append(b"x" * (payload.count * 1024**2))
    context.sleep(payload.seconds)


def _spawn(payload: Script, context: Context) -> dict[str, Any]:
    context.add_items(
        [
            NewItem("script", Script(name=f"child {n}", trace=payload.trace), title=f"Child {n}")
            for n in range(payload.count)
        ]
    )
    if payload.barrier:
        context.add_items([NewItem("script", Script(name="last", trace=payload.trace), barrier=True)])
    return {"spawned": payload.count}


def _loose(payload: Script, context: Context) -> None:
    """Add an item whose payload has text for a number and a number for a truth."""
    context.add_items([NewItem("script", {"name": "child", "count": "5", "barrier": 0})])


def _until(payload: Script, context: Context) -> None:
    while not Path(payload.name).exists():
        context.sleep(0.02)


def _hoard(payload: Script, context: Context) -> dict[str, Any]:
    return {"bytes": len(bytearray(payload.count))}


ACTIONS = {
    "complete": _complete, "fail": _fail, "permanent": _permanent, "skip": _skip, "retry_later": _retry_later,
    "wait": _wait, "spin": _spin, "program": _program, "crash": _crash, "spawn": _spawn, "fail_once": _fail_once,
    "huge": _huge, "native": _native, "native_locked": _native_locked, "segfault": _segfault,
    "hoard": _hoard, "until": _until,
    "exit": _exit, "tidy": _tidy, "subprocess": _subprocess, "kill_thread": _kill_thread, "grow": _grow,
    "loose": _loose,
}  # fmt: skip
